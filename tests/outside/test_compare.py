# SPDX-License-Identifier: MIT
# tests/outside/test_compare.py - each case in the mount, and on the disk
import os
import unittest

import cases_content
import cases_names
import cases_open
import cases_rename
import cases_users
from case import MountCase, TestTimeout
from ground import differences, play_in, tree, tree_differences

# What the mount answers otherwise: by case, why, and {call: {results that it may
# give instead}}; the trees are then not compared.
NO_SPECIAL = "unsandboxfs(5): files, directories and symbolic links alone"
FUSE_CALLS = "the kernel's FUSE passes only punch, zero and keep-size on"
EXPECTED = {
    "special_files": (NO_SPECIAL, {"mkfifo": {"EPERM"}, "listdir": {"[]"}}),
    "special_fifo_by_mknod": (NO_SPECIAL, {"mknod": {"EPERM"},
                                           "listdir": {"[]"}}),
    "special_socket": (NO_SPECIAL, {"bind": {"1"}, "mknod": {"EPERM"},
                                    "listdir": {"[]"}}),
    "special_devices": (NO_SPECIAL, {
        "mknod": {"EPERM"}, "listdir": {"[]", "['w']"},
        "renameat2": {"EINVAL"}}),
    "special_unnamed": ("libfuse 3.14 has no O_TMPFILE", {
        "open": {"EOPNOTSUPP"}, "write": {"skipped"}, "fstat": {"skipped"},
        "linkat": {"ENOENT"}, "listdir": {"[]"}}),
    "acl_not_kept": ("unsandboxfs(5): no ACLs", {"setxattr": {"EOPNOTSUPP"}}),
    "xattr_of_other_namespaces": ("unsandboxfs(5): user.* alone", {
        "setxattr": {"EOPNOTSUPP"}}),
    "fallocate_collapse": (FUSE_CALLS, {"fallocate": {"EOPNOTSUPP"}}),
    "fallocate_insert": (FUSE_CALLS, {"fallocate": {"EOPNOTSUPP"}}),
}


class Compare(MountCase):
    """A directory of run/ beside one of the disk that keeps the state."""

    base = "run"
    tables = ()
    # Its state directory is to be on the same disk.
    on_disk = "disk"
    done = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.done = []
        cls.place.folder(cls.on_disk)

    def check_case(self, name, code):
        """Runs it in both."""
        disk = os.path.join(self.place.path, self.on_disk, name)
        mount = self.at(self.base, name)
        _, allowed = EXPECTED.get(name, ("", {}))
        wanted, wanted_tree = play_in(disk, code)
        self.assertTrue(wanted_tree, f"on the disk: {wanted}")
        try:
            got, got_tree = play_in(mount, code)
        except TestTimeout:
            self.mount.process.kill()
            raise
        lines = differences(wanted, got, allowed)
        if self.mount.process.poll() is not None:
            lines = lines[:3] + ["the daemon ended with "
                                 f"{self.mount.process.returncode}"]
        elif not allowed:
            lines += tree_differences(wanted_tree, got_tree)
        if lines:
            self.fail("\n".join(["", *lines]))
        if not allowed:
            self.done.append((name, disk, mount))

    def check_again(self):
        """What was as on the disk is still so."""
        lines = []
        for name, disk, mount in self.done:
            try:
                lines += [f"{name}: {line}" for line in tree_differences(
                    tree(disk), tree(mount))]
            except OSError as error:
                lines.append(f"{name}: {error}")
        if lines:
            self.fail("\n".join(["", *lines]))

    def evidence(self):
        """The log, but not the directories."""
        return super().evidence()[-1500:]


class OfUsers(Compare):
    """A mount that other users may enter."""

    options = "allow_other"


def add_cases(into, *tables):
    """A test for each case of the tables, and what follows them."""
    for table in tables:
        for name, code in table.items():
            def test(self, name=name, code=code):
                self.check_case(name, code)
            setattr(into, f"test_{name}", test)


class Open(Compare):
    """cases_open.py"""


class Rename(Compare):
    """cases_rename.py"""


class Names(Compare):
    """cases_names.py"""


class Content(Compare):
    """cases_content.py"""


@unittest.skipIf(os.getuid(), "becomes other users")
class Users(OfUsers):
    """cases_users.py"""


for _class, _table in ((Open, cases_open.CASES), (Rename, cases_rename.CASES),
                       (Names, cases_names.CASES),
                       (Content, cases_content.CASES),
                       (Users, cases_users.CASES)):
    add_cases(_class, _table)

    def _after_a_remount(self):
        self.mount.restart()
        self.check_again()

    def _after_a_kill(self):
        self.mount.process.kill()
        self.mount.process.wait(10)
        self.mount.start()
        self.check_again()

    _class.test_zz1_all_is_there_after_a_remount = _after_a_remount
    _class.test_zz2_all_is_there_after_a_kill = _after_a_kill
del _class  # else the loader finds the last one twice

if __name__ == "__main__":
    unittest.main()
