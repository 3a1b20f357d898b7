# SPDX-License-Identifier: MIT
# tests/mount/test_not_offered.py - operations that the tree lacks are EPERM
import os
import unittest

from case import MountCase

# Calls on the mount, with their errno if it is not EPERM. For a file or a
# directory without write permission the kernel itself answers EACCES, except
# to root.
NOT_OFFERED = {
    "mkdir_in_the_root": lambda m: os.mkdir(m + "/new"),
    "mkdir_in_key": lambda m: os.mkdir(m + "/key/x"),
    "mkdir_in_unsandboxfs": lambda m: os.mkdir(m + "/.unsandboxfs/x"),
    "mkdir_in_jobs": lambda m: os.mkdir(m + "/jobs/x"),
    "file_in_the_root": lambda m: os.mknod(m + "/file"),
    "file_in_jobs": lambda m: os.mknod(m + "/jobs/file"),
    "unlink_of_README": lambda m: os.unlink(m + "/README"),
    "unlink_of_a_value": lambda m: os.unlink(m + "/key/tier"),
    "rmdir_of_run": lambda m: os.rmdir(m + "/run"),
    "rmdir_of_jobs": lambda m: os.rmdir(m + "/jobs"),
    "rmdir_of_new": lambda m: os.rmdir(m + "/jobs/new"),
    "rmdir_of_key": lambda m: os.rmdir(m + "/key"),
    "rename_of_README": lambda m: os.rename(m + "/README", m + "/run/README"),
    "rename_of_run": lambda m: os.rename(m + "/run", m + "/walk"),
    "rename_of_a_value": lambda m: os.rename(m + "/key/tier", m + "/key/t"),
    "rename_into_key": lambda m: os.rename(m + "/run/f.txt", m + "/key/f"),
    "rename_into_the_root": lambda m: os.rename(m + "/run/f.txt", m + "/f"),
    "rename_of_a_program_to_jobs": lambda m: os.rename(
        m + "/run/f.txt", m + "/jobs/f.txt"),
    "link_into_the_root": lambda m: os.link(m + "/run/f.txt", m + "/f"),
    "link_of_a_value": lambda m: os.link(m + "/key/tier", m + "/run/tier"),
    "symlink_in_the_root": lambda m: os.symlink("x", m + "/link"),
    "truncate_of_README": lambda m: os.truncate(m + "/README", 0),
    "chmod_of_README": lambda m: os.chmod(m + "/README", 0o600),
    "xattr_of_README": lambda m: os.setxattr(m + "/README", "user.x", b"1"),
    "mkfifo_in_the_root": lambda m: os.mkfifo(m + "/fifo"),
}


class NotOffered(MountCase):
    """EPERM, never EXDEV or ENOSYS, and without a request to the API."""

    def check(self, call):
        """Asserts that it is refused and changes nothing."""
        self.save("run/f.txt", "data\n")
        before = self.shell("ls -A . run jobs key .unsandboxfs jobs/new; "
                            "cat README key/tier")
        self.server.reset_counts()
        self.assertIn(self.error_of(call, self.mount.path),
                      ("EPERM", "EACCES", "ENOTSUP", "EOPNOTSUPP")
                      if "xattr" in self.id() else ("EPERM", "EACCES"))
        self.assert_requests({})
        self.assertEqual(self.shell(
            "ls -A . run jobs key .unsandboxfs jobs/new; "
            "cat README key/tier"), before)

    def test_writing_to_what_is_read_only(self):
        for path in ("README", "languages", "key/tier", ".unsandboxfs/stats",
                     ".unsandboxfs/version"):
            self.assertIn(self.save_error(path, "x"), ("EPERM", "EACCES"),
                          path)


for _name, _call in NOT_OFFERED.items():
    setattr(NotOffered, "test_" + _name,
            lambda self, call=_call: self.check(call))

if __name__ == "__main__":
    unittest.main()
