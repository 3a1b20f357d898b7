# SPDX-License-Identifier: MIT
# tests/outside/test_held.py - what no disk has, removed while it is held open
import os
import stat
import unittest

from case import MountCase


class Held(MountCase):
    """Directories and their settings, drafts and results."""

    def is_alive(self):
        """The daemon answers."""
        self.assertIsNone(self.mount.process.poll(), "the daemon ended")
        self.assertIn("run", os.listdir(self.mount.path))

    def hold(self, path):
        """A descriptor of a directory."""
        fd = os.open(self.at(path), os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, fd)
        return fd

    def fails_in(self, fd, *other_errors):
        """Nothing can be made in the directory, and nobody dies of it."""
        def create(name):
            os.close(os.open(name, os.O_WRONLY | os.O_CREAT, dir_fd=fd))

        with open(self.at("run/beside"), "wb"):
            pass
        calls = {
            "create": lambda: create("x"),
            "mkdir": lambda: os.mkdir("d", dir_fd=fd),
            "symlink": lambda: os.symlink("t", "l", dir_fd=fd),
            "link": lambda: os.link(self.at("run/beside"), "k",
                                    dst_dir_fd=fd),
            "rename into": lambda: os.rename(self.at("run/beside"), "r",
                                             dst_dir_fd=fd),
            "rename out": lambda: os.rename("x", self.at("run/out"),
                                            src_dir_fd=fd),
            "unlink": lambda: os.unlink("x", dir_fd=fd),
            "rmdir": lambda: os.rmdir("d", dir_fd=fd),
        }
        for what, call in calls.items():
            self.assertIn(self.error_of(call), (
                "ENOENT", "EPERM", "EXDEV", "EROFS", *other_errors), what)
            self.is_alive()
        # What .settings shows may still be there: it is on no disk.
        for call in (lambda: os.listdir(fd), lambda: os.fstat(fd),
                     lambda: create("ttl"), lambda: os.rename(
                         "ttl", self.at("run/out"), src_dir_fd=fd),
                     lambda: os.unlink("ttl", dir_fd=fd)):
            self.error_of(call)
            self.is_alive()

    def test_directory(self):
        os.mkdir(self.at("run/a"))
        fd = self.hold("run/a")
        os.rmdir(self.at("run/a"))
        self.assertEqual(os.fstat(fd).st_nlink, 0)
        self.assertEqual(os.listdir(fd), [])
        self.fails_in(fd)

    def test_settings_of_a_directory(self):
        os.mkdir(self.at("run/b"))
        folder, settings = self.hold("run/b"), self.hold("run/b/.settings")
        os.rmdir(self.at("run/b"))
        self.fails_in(settings)
        self.fails_in(folder)

    def test_a_setting(self):
        os.mkdir(self.at("run/c"))
        fd = os.open(self.at("run/c/.settings/ttl"), os.O_RDWR)
        os.rmdir(self.at("run/c"))
        self.error_of(os.write, fd, b"9\n")
        self.error_of(os.close, fd)
        self.is_alive()

    def test_directory_replaced_by_a_rename(self):
        os.mkdir(self.at("run/d"))
        os.mkdir(self.at("run/e"))
        folder, settings = self.hold("run/e"), self.hold("run/e/.settings")
        os.rename(self.at("run/d"), self.at("run/e"))
        self.fails_in(settings)
        self.fails_in(folder)

    def test_removed_below_a_removed_one(self):
        os.makedirs(self.at("run/f/g/h"))
        fds = [self.hold(path) for path in (
            "run/f", "run/f/.settings", "run/f/g", "run/f/g/h")]
        for path in ("run/f/g/h", "run/f/g", "run/f"):
            os.rmdir(self.at(path))
        for fd in fds:
            self.fails_in(fd)

    def test_removed_after_a_remount(self):
        """What is held is then of a mount that is gone."""
        os.mkdir(self.at("run/i"))
        self.mount.restart()
        fds = self.hold("run/i"), self.hold("run/i/.settings")
        os.rmdir(self.at("run/i"))
        for fd in fds:
            self.fails_in(fd)

    def test_draft_that_is_committed(self):
        os.mkdir(self.at("jobs/new/j"))
        self.save("jobs/new/j/main.sh", "echo draft\n")
        fds = self.hold("jobs/new/j"), self.hold("jobs/new/j/.settings")
        os.rename(self.at("jobs/new/j"), self.at("jobs/j"))
        self.save("jobs/new/beside.txt", "x")
        for fd in fds:
            self.error_of(os.link, self.at("jobs/new/beside.txt"), "k",
                          dst_dir_fd=fd)
            self.is_alive()
            self.fails_in(fd)
        self.assertEqual(self.read("jobs/j/stdout"), "draft\n")

    def test_draft_that_is_removed(self):
        os.mkdir(self.at("services/new/k"))
        draft, files = (self.hold("services/new/k"),
                        self.hold("services/new/k/files"))
        os.rmdir(self.at("services/new/k"))
        self.fails_in(files)
        for call in (lambda: os.mkdir("d", dir_fd=draft),
                     lambda: os.open("ports", os.O_WRONLY, dir_fd=draft),
                     lambda: os.unlink("ports", dir_fd=draft)):
            self.assertIn(self.error_of(call), ("ENOENT", "ESTALE"))
            self.is_alive()

    def test_results_of_a_program_that_is_removed(self):
        self.save("run/l.sh", "echo l\n")
        self.assertEqual(self.read("run/l.sh.job/stdout"), "l\n")
        fds = self.hold("run/l.sh.job"), self.hold("run/l.sh.job/artifacts")
        reader = os.open(self.at("run/l.sh.job/stdout"), os.O_RDONLY)
        self.addCleanup(os.close, reader)
        os.unlink(self.at("run/l.sh"))
        self.error_of(os.read, reader, 10)
        for fd in fds:  # the kernel's mkdir looks up nothing again on ESTALE
            self.fails_in(fd, "ESTALE")

    def test_working_directory(self):
        os.mkdir(self.at("run/m"))
        done = self.shell("cd run/m && rmdir ../m && ls -a && "
                          "! touch x 2>/dev/null && cd .. && ls -d .settings")
        self.assertTrue(done.endswith(".settings\n"))
        self.is_alive()

    def test_links_of_directories(self):
        """1, which says nothing, or 2 and each subdirectory: `find` and the
        like leave out what is beyond the number."""
        os.makedirs(self.at("run/n/o/p"))
        self.save("run/n/main.sh", "echo q\n")
        self.assertEqual(self.read("run/n/main.sh.job/stdout"), "q\n")
        for path in ("run", "run/n", "run/n/o", "run/n/o/p", "jobs/new"):
            folders = [name for name in os.listdir(self.at(path))
                       if stat.S_ISDIR(os.lstat(self.at(path, name)).st_mode)]
            self.assertIn(os.stat(self.at(path)).st_nlink,
                          (1, 2 + len(folders)), path)


if __name__ == "__main__":
    unittest.main()
