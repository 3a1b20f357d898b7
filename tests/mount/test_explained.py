# SPDX-License-Identifier: MIT
# tests/mount/test_explained.py - each refusal has its reason in errors
"""Tries on every directory and file of a full tree what can be refused. For
each EPERM and EINVAL the last line of .unsandboxfs/errors has the path that was
refused, as a user sees it, and the reason in words."""
import ctypes
import os
import re
import stat
import unittest

from test_writable import PLACES, Tree

LIBC = ctypes.CDLL(None, use_errno=True)
EXCHANGE = 2
COMMON = ("Operation not permitted", "Invalid argument")
# Where files are the user's own: what is written to them may run.
SAVED = re.compile(r"(run|jobs/new)(/(?!.*(\.settings|\.job)(/|$))|$)"
                   r"|(services|sessions)/[^/]+/run(/(?!.*(\.settings|\.job)"
                   r"(/|$))|$)|services/(new/)?[^/]+/files(/|$)"
                   r"|sessions/new/[^/]+/files(/|$)")


def exchange(old, new):
    """renameat2 with RENAME_EXCHANGE."""
    if LIBC.renameat2(-100, os.fsencode(old), -100, os.fsencode(new),
                      EXCHANGE):
        raise OSError(ctypes.get_errno(), old)


def allocate(path):
    """fallocate of the first bytes, which must be open for writing."""
    fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    try:
        if LIBC.fallocate(fd, 0, ctypes.c_long(0), ctypes.c_long(9)):
            raise OSError(ctypes.get_errno(), path)
    finally:
        os.close(fd)


def write_backwards(path):
    """Writes the end before the start."""
    fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    try:
        os.pwrite(fd, b"end", 7)
        os.pwrite(fd, b"start", 0)
    finally:
        os.close(fd)


class Explained(Tree):
    """Every row of the tree."""

    time_limit_s = 300

    def setUp(self):
        super().setUp()
        self.serial = 0
        self.refused_by = {}
        self.wrong = []

    def folders(self):
        """Every directory, as a path in the mount, with its entries."""
        found = {}
        for folder, folders, names in self.walk():
            found[os.path.relpath(folder, self.mount.path)] = folders + names
        return found

    def new(self, folder, form="zz{}"):
        """A path for a new name in a folder."""
        self.serial += 1
        return os.path.normpath(os.path.join(folder, form.format(
            self.serial)))

    def attempt(self, what, call, *paths):
        """Whether the call succeeded; paths are those it may be about."""
        error = self.error_of(call, *map(self.at, paths))
        if error not in ("EPERM", "EINVAL"):
            return error is None
        self.refused_by[what] = self.refused_by.get(what, 0) + 1
        line = self.read(".unsandboxfs/errors").splitlines()[-1]
        told = re.fullmatch(r"\S+ (\S+) (\S+) (\d+) (\S+) (.+)", line)
        if not told or told[4] != error or told[5] in COMMON or (
                told[3] == "0" and told[2] not in ["/" + p for p in paths]):
            self.wrong.append(f"{what} {' '.join(paths)}: {error}, but: "
                              f"{line}")
        return False

    def undo(self, call, path):
        """Removes what was made; a snapshot or an image stays."""
        self.error_of(call, self.at(path))

    # ---- what is tried ----

    def try_making(self, folder):
        """New names in a directory."""
        for form in "zz{}", ".settings", "zz{}.job":
            path = self.new(folder, form)
            if os.path.lexists(self.at(path)):
                continue
            if self.attempt("create", lambda p: os.close(os.open(
                    p, os.O_CREAT | os.O_EXCL | os.O_WRONLY)), path):
                self.undo(os.unlink, path)
            path = self.new(folder, form)
            if not folder.endswith(("snapshots", "images")) and self.attempt(
                    "mkdir", os.mkdir, path):
                self.undo(os.rmdir, path)
            path = self.new(folder, form)
            if self.attempt("symlink", lambda p: os.symlink("x", p), path):
                self.undo(os.unlink, path)
            self.attempt("mkfifo", os.mkfifo, self.new(folder, form))
            path = self.new(folder, form)
            if self.attempt("link into", lambda p: os.link(
                    self.at("run/a.sh"), p), path):
                self.undo(os.unlink, path)
            path = self.new(folder, form)
            if self.attempt("move in", os.rename, "run/free.txt", path):
                os.rename(self.at(path), self.at("run/free.txt"))

    def try_moving(self, folder, name):
        """One entry of a directory."""
        path = os.path.normpath(os.path.join(folder, name))
        mode = os.lstat(self.at(path)).st_mode
        for what, to in (("rename", self.new(folder)),
                         ("rename to .job", self.new(folder, "zz{}.job")),
                         ("move out", self.new("run")),
                         ("move to the root", self.new(""))):
            if to.startswith(path + "/"):
                continue  # the kernel's own EINVAL
            if self.attempt(what, os.rename, path, to):
                os.rename(self.at(to), self.at(path))
        if path != "run" and self.attempt("exchange", exchange, path,
                                          "run/free.txt"):
            exchange(self.at(path), self.at("run/free.txt"))
        if stat.S_ISREG(mode):
            to = self.new("run")
            if self.attempt("link", os.link, path, to):
                os.unlink(self.at(to))

    def try_changing(self, path):
        """Attributes and content."""
        mode = os.stat(self.at(path)).st_mode
        self.attempt("chmod", lambda p: os.chmod(p, mode & 0o777), path)
        self.attempt("utime", os.utime, path)
        if os.getuid() == 0:
            self.attempt("chown", lambda p: os.chown(p, os.getuid(), 7), path)
            self.error_of(os.chown, self.at(path), -1, os.getgid())
        if not stat.S_ISREG(mode) or SAVED.match(path):
            return
        self.attempt("truncate", lambda p: os.truncate(p, 3), path)
        if path.endswith("console") or not mode & 0o222:
            return
        self.attempt("nonsense", lambda p: self.save(p, "= \x01 x=\n"), path)
        if not path.endswith("/env"):
            self.attempt("backwards", write_backwards, path)
        self.attempt("fallocate", allocate, path)

    def try_removing(self, folder, name):
        """unlink or rmdir."""
        path = os.path.normpath(os.path.join(folder, name))
        try:
            mode = os.lstat(self.at(path)).st_mode
        except FileNotFoundError:
            return
        if stat.S_ISDIR(mode):
            self.attempt("rmdir", os.rmdir, path)
        else:
            self.attempt("unlink", os.unlink, path)

    def test_every_refusal(self):
        self.fill()
        self.save("run/free.txt", "x\n")
        os.makedirs(self.at("run/d/deep/er"))
        self.server.ask("PUT", "/seed", {"running_jobs": 1})
        self.save(".unsandboxfs/refresh", "1")
        tree = self.folders()
        self.assertGreater(len(tree), 60)
        for folder in tree:
            self.try_making(folder)
        for folder, names in tree.items():
            for name in names:
                self.try_moving(folder, name)
        for folder, names in tree.items():
            for name in names:
                self.try_changing(os.path.normpath(os.path.join(folder, name)))
        for folder, names in reversed(tree.items()):
            for name in names:
                self.try_removing(folder, name)
        self.assertEqual("\n".join(self.wrong), "")
        for what in ("create mkdir symlink mkfifo link rename chmod nonsense "
                     "fallocate unlink rmdir exchange backwards").split():
            self.assertIn(what, self.refused_by)
        self.assertGreater(sum(self.refused_by.values()), 1000)


if __name__ == "__main__":
    unittest.main()
