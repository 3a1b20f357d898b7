# SPDX-License-Identifier: MIT
# tests/mount/test_disk.py - run/ and jobs/new/ behave like a disk
import ctypes
import errno
import fcntl
import os
import struct
import unittest

from case import MountCase

RENAME_NOREPLACE, RENAME_EXCHANGE = 1, 2
_libc = ctypes.CDLL(None, use_errno=True)


def renameat2(old, new, flags):
    """rename with flags; raises OSError."""
    if _libc.renameat2(-100, os.fsencode(old), -100, os.fsencode(new), flags):
        raise OSError(ctypes.get_errno(), "renameat2")


class Disk:
    """Operations on files and directories, in the directory `base`."""

    base = ""

    def new(self, name="f.txt", content="content\n"):
        """Creates a directory and a file in it; returns the file's path."""
        folder = self.at(self.base, self.id().rsplit(".", 1)[-1])
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, name)
        self.save(os.path.relpath(path, self.mount.path), content)
        return path

    def beside(self, path, name):
        """Another name in the same directory."""
        return os.path.join(os.path.dirname(path), name)

    def bytes_of(self, path):
        """The content of the file."""
        with open(path, "rb") as file:
            return file.read()

    # ---- names ----

    def test_hard_links(self):
        path = self.new()
        link = self.beside(path, "g.txt")
        os.link(path, link)
        self.assertTrue(os.path.samefile(path, link))
        self.assertEqual(os.stat(path).st_nlink, 2)
        with open(link, "a", encoding="utf-8") as file:
            file.write("more\n")
        self.assertEqual(self.bytes_of(path), b"content\nmore\n")
        os.unlink(path)
        self.assertEqual(os.stat(link).st_nlink, 1)
        self.assertEqual(self.bytes_of(link), b"content\nmore\n")
        self.assertEqual(self.error_of(os.link, link, link), "EEXIST")

    def test_symbolic_links(self):
        path = self.new()
        link = self.beside(path, "s.txt")
        target = "f.txt"
        os.symlink(target, link)
        self.assertEqual(os.readlink(link), target)
        self.assertEqual(os.lstat(link).st_size, len(target))
        self.assertEqual(self.bytes_of(link), b"content\n")
        os.rename(link, self.beside(path, "t.txt"))
        os.unlink(self.beside(path, "t.txt"))
        self.assertTrue(os.path.exists(path))
        self.assertEqual(self.error_of(os.symlink, "x", path), "EEXIST")
        self.assertEqual(self.error_of(os.symlink, "x" * 4096, link),
                         "ENAMETOOLONG")

    def test_exclusive_creation(self):
        path = self.new()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        self.assertEqual(self.error_of(os.open, path, flags), "EEXIST")
        fd = os.open(self.beside(path, "new.txt"), flags)
        os.close(fd)
        self.assertEqual(self.bytes_of(path), b"content\n")

    def test_rename_noreplace(self):
        path = self.new()
        other = self.new("other.txt", "other\n")
        self.assertEqual(self.error_of(renameat2, path, other,
                                       RENAME_NOREPLACE), "EEXIST")
        self.assertEqual(self.bytes_of(other), b"other\n")
        renameat2(path, self.beside(path, "third.txt"), RENAME_NOREPLACE)
        self.assertFalse(os.path.exists(path))

    def test_rename_exchange(self):
        path = self.new()
        other = self.new("other.txt", "other\n")
        error = self.error_of(renameat2, path, other, RENAME_EXCHANGE)
        self.assertIn(error, (None, "EINVAL"))
        self.assertEqual({self.bytes_of(path), self.bytes_of(other)},
                         {b"content\n", b"other\n"})
        self.assertEqual(self.bytes_of(path) == b"other\n", error is None)

    def test_renames(self):
        path = self.new()
        other = self.new("other.txt", "other\n")
        with open(other, encoding="utf-8") as file:
            os.rename(path, other)
            self.assertEqual(file.read(), "other\n")
        self.assertEqual(self.bytes_of(other), b"content\n")
        os.rename(other, other)
        folder = self.beside(path, "folder")
        os.mkdir(folder)
        self.assertEqual(self.error_of(os.rename, other, folder), "EISDIR")
        self.assertEqual(self.error_of(os.rename, folder, other), "ENOTDIR")
        self.assertEqual(self.error_of(os.rename, folder, folder + "/in"),
                         "EINVAL")
        self.assertEqual(self.error_of(os.rename, path, other), "ENOENT")
        os.rename(other, folder + "/inside.txt")
        self.assertEqual(self.bytes_of(folder + "/inside.txt"), b"content\n")

    def test_directories(self):
        path = self.new()
        folder = self.beside(path, "d")
        os.mkdir(folder, 0o700)
        self.assertEqual(os.stat(folder).st_mode & 0o7777, 0o700)
        self.assertEqual(self.error_of(os.mkdir, folder), "EEXIST")
        self.assertEqual(self.error_of(os.unlink, folder),
                         "EISDIR")
        self.assertEqual(self.error_of(os.rmdir, path), "ENOTDIR")
        self.save(os.path.relpath(folder + "/x.txt", self.mount.path), "x")
        self.assertEqual(self.error_of(os.rmdir, folder), "ENOTEMPTY")
        os.unlink(folder + "/x.txt")
        os.rmdir(folder)
        self.assertFalse(os.path.exists(folder))

    def test_unlinked_while_open(self):
        path = self.new()
        fd = os.open(path, os.O_RDWR)
        os.unlink(path)
        os.pwrite(fd, b"C", 0)
        self.assertEqual(os.pread(fd, 100, 0), b"Content\n")
        self.assertEqual(os.fstat(fd).st_nlink, 0)
        os.close(fd)
        self.assertNotIn("f.txt", os.listdir(os.path.dirname(path)))

    # ---- attributes ----

    def test_modes(self):
        path = self.new()
        for mode in (0o600, 0o755, 0o444, 0o644):
            os.chmod(path, mode)
            self.assertEqual(os.stat(path).st_mode & 0o7777, mode)
        fd = os.open(self.beside(path, "m.txt"), os.O_WRONLY | os.O_CREAT,
                     0o640)
        self.assertEqual(os.fstat(fd).st_mode & 0o7777, 0o640)
        os.close(fd)

    def test_owners(self):
        path = self.new()
        info = os.stat(path)
        self.assertEqual((info.st_uid, info.st_gid),
                         (os.getuid(), os.getgid()))
        os.chown(path, os.getuid(), -1)
        if os.getuid() == 0:
            os.chown(path, 1234, 5678)
            info = os.stat(path)
            self.assertEqual((info.st_uid, info.st_gid), (1234, 5678))

    def test_times(self):
        path = self.new()
        os.utime(path, ns=(123_456_789_012_345_678, 987_654_321_987_654_321))
        info = os.stat(path)
        self.assertEqual(info.st_mtime_ns, 987_654_321_987_654_321)
        self.assertEqual(info.st_atime_ns, 123_456_789_012_345_678)
        os.utime(path, (0, 0))
        self.assertEqual(os.stat(path).st_mtime_ns, 0)
        os.utime(path)
        self.assertGreater(os.stat(path).st_mtime, 1_600_000_000)

    def test_times_move_with_changes(self):
        path = self.new()
        os.utime(path, (0, 0))
        folder = os.path.dirname(path)
        before = os.stat(folder).st_mtime_ns
        with open(path, "a", encoding="utf-8") as file:
            file.write("x")
        self.assertGreater(os.stat(path).st_mtime, 1_600_000_000)
        self.assertEqual(os.stat(folder).st_mtime_ns, before)
        self.new("another.txt")
        self.assertGreater(os.stat(folder).st_mtime_ns, before)
        changed = os.stat(path).st_ctime_ns
        os.chmod(path, 0o600)
        self.assertGreater(os.stat(path).st_ctime_ns, changed)

    def test_extended_attributes(self):
        path = self.new()
        os.setxattr(path, "user.a", b"1")
        os.setxattr(path, "user.b", b"\0binary\xff")
        self.assertEqual(sorted(os.listxattr(path)), ["user.a", "user.b"])
        self.assertEqual(os.getxattr(path, "user.b"), b"\0binary\xff")
        self.assertEqual(self.error_of(os.setxattr, path, "user.a", b"2",
                                       os.XATTR_CREATE), "EEXIST")
        self.assertEqual(self.error_of(os.setxattr, path, "user.c", b"2",
                                       os.XATTR_REPLACE), "ENODATA")
        os.setxattr(path, "user.a", b"", os.XATTR_REPLACE)
        self.assertEqual(os.getxattr(path, "user.a"), b"")
        os.removexattr(path, "user.a")
        self.assertEqual(self.error_of(os.getxattr, path, "user.a"),
                         "ENODATA")
        self.assertEqual(self.error_of(os.removexattr, path, "user.a"),
                         "ENODATA")
        os.rename(path, self.beside(path, "g.txt"))
        self.assertEqual(os.listxattr(self.beside(path, "g.txt")), ["user.b"])

    def test_other_extended_attributes(self):
        path = self.new()
        acl = struct.pack("<I" + 3 * "HHI", 2, 1, 6, 0xffffffff, 4, 4,
                          0xffffffff, 0x20, 4, 0xffffffff)
        # The kernel itself refuses these to users other than root.
        roots = {"EPERM"} if os.getuid() else set()
        for name, more in (("trusted.x", roots), ("security.x", roots),
                           ("system.posix_acl_access", set()),
                           ("nonsense.x", set())):
            self.assertIn(self.error_of(os.setxattr, path, name, acl),
                          {"EOPNOTSUPP", "ENOTSUP"} | more, name)
            self.assertIn(self.error_of(os.getxattr, path, name),
                          ("EOPNOTSUPP", "ENOTSUP", "ENODATA"))

    def test_extended_attributes_of_a_directory(self):
        folder = os.path.dirname(self.new())
        os.setxattr(folder, "user.d", b"x" * 1000)
        self.assertEqual(os.getxattr(folder, "user.d"), b"x" * 1000)

    # ---- content ----

    def test_truncation(self):
        path = self.new("f.txt", "0123456789")
        os.truncate(path, 4)
        self.assertEqual(self.bytes_of(path), b"0123")
        os.truncate(path, 6)
        self.assertEqual(self.bytes_of(path), b"0123\0\0")
        with open(path, "r+b") as file:
            file.truncate(2)
        self.assertEqual(self.bytes_of(path), b"01")
        self.assertEqual(self.error_of(os.truncate, path, 1 << 62), "EFBIG")

    def test_truncation_of_a_large_file(self):
        path = self.new("f.txt", "")
        cuts = (lambda: os.truncate(path, 5),
                lambda: os.close(os.open(path, os.O_WRONLY | os.O_TRUNC)),
                lambda: os.close(os.open(path, os.O_RDONLY | os.O_TRUNC)),
                lambda: os.truncate(path, 19 << 20))
        for cut, size in zip(cuts, (5, 0, 0, 19 << 20)):
            with open(path, "wb") as file:
                file.write(b"x" * (20 << 20))
                before = os.fstat(file.fileno()).st_mtime_ns
            cut()
            self.assertEqual(os.stat(path).st_size, size)
            self.assertGreater(os.stat(path).st_mtime_ns, before)
            self.assertEqual(self.bytes_of(path), b"x" * size)
        with open(path, "r+b") as file:
            file.truncate(7)
            self.assertEqual(os.fstat(file.fileno()).st_size, 7)

    def test_holes(self):
        path = self.new()
        with open(path, "wb") as file:
            file.seek(100_000)
            file.write(b"end")
        self.assertEqual(self.bytes_of(path), bytes(100_000) + b"end")

    def test_append_of_two_at_once(self):
        path = self.new("f.txt", "")
        one, two = (os.open(path, os.O_WRONLY | os.O_APPEND)
                    for _ in range(2))
        for fd, text in ((one, b"a\n"), (two, b"b\n"), (one, b"c\n")):
            os.write(fd, text)
        os.close(one)
        os.close(two)
        self.assertEqual(self.bytes_of(path), b"a\nb\nc\n")

    def test_fsync(self):
        path = self.new()
        fd = os.open(path, os.O_RDWR)
        os.pwrite(fd, b"D", 0)
        os.fsync(fd)
        os.fdatasync(fd)
        os.close(fd)
        folder = os.open(os.path.dirname(path), os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        self.assertEqual(self.bytes_of(path), b"Dontent\n")

    def test_locks(self):
        path = self.new()
        with open(path, "r+b") as one, open(path, "r+b") as two:
            fcntl.flock(one, fcntl.LOCK_EX)
            self.assertEqual(self.error_of(
                fcntl.flock, two, fcntl.LOCK_EX | fcntl.LOCK_NB), "EAGAIN")
            fcntl.flock(one, fcntl.LOCK_UN)
            fcntl.lockf(two, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def test_a_hundred_entries_are_all_listed(self):
        path = self.new()
        names = {f"{n:03d}-{'x' * 100}.txt" for n in range(300)}
        for name in names:
            with open(self.beside(path, name), "wb"):
                pass
        listed = os.listdir(os.path.dirname(path))
        self.assertEqual(len(listed), len(set(listed)))
        self.assertLessEqual(names, set(listed))
        inodes = {e.inode() for e in os.scandir(os.path.dirname(path))}
        self.assertEqual(len(inodes), len(listed))

    def test_names_that_go_while_they_are_listed(self):
        folder = os.path.dirname(self.new())
        names = {f"{n:03d}-{'x' * 100}.txt" for n in range(300)}
        for change in ("unlink", "rename", "rmdir"):
            for name in names:
                if change == "rmdir":
                    os.mkdir(os.path.join(folder, name))
                else:
                    with open(os.path.join(folder, name), "wb"):
                        pass
            with os.scandir(folder) as entries:
                seen = {next(entries).name}
                for name in names:
                    path = os.path.join(folder, name)
                    if change == "rename":
                        os.rename(path, os.path.join(folder, "one"))
                    else:
                        getattr(os, change)(path)
                seen |= {entry.name for entry in entries}
            self.assertLessEqual(seen, names | {"f.txt", "one"})
        self.assertLessEqual(set(os.listdir(folder)), {"f.txt", "one"})

    def test_calls_in_a_removed_directory(self):
        path = self.new()
        folder = self.at(self.base, "gone")  # which has settings
        os.mkdir(folder)
        held = os.open(folder, os.O_RDONLY)
        settings = os.open(folder + "/.settings", os.O_RDONLY)
        os.rmdir(folder)
        self.assertEqual(os.fstat(held).st_nlink, 0)
        flags = os.O_WRONLY | os.O_CREAT
        self.assertEqual(self.error_of(os.open, "x", flags, dir_fd=held),
                         "ENOENT")
        self.assertEqual(self.error_of(os.mkdir, "x", dir_fd=held), "ENOENT")
        self.assertEqual(self.error_of(os.link, path, "x", dst_dir_fd=held),
                         "ENOENT")
        self.assertEqual(self.error_of(os.rename, path, "x", dst_dir_fd=held),
                         "ENOENT")
        self.assertNotEqual(self.error_of(os.open, "ttl", flags,
                                          dir_fd=settings), None)
        self.assertEqual(os.listdir(held), [])
        os.close(held)
        os.close(settings)
        self.assertEqual(self.bytes_of(path), b"content\n")

    def test_setgid_directories(self):
        folder = self.beside(self.new(), "shared")
        os.mkdir(folder)
        os.chmod(folder, 0o2775)
        if os.geteuid() == 0:
            os.chown(folder, -1, 1234)
        os.mkdir(folder + "/below")
        with open(folder + "/file", "wb"):
            pass
        group = os.stat(folder).st_gid
        self.assertEqual(os.stat(folder + "/below").st_gid, group)
        self.assertEqual(os.stat(folder + "/file").st_gid, group)
        self.assertEqual(os.stat(folder + "/below").st_mode & 0o7000, 0o2000)

    def test_a_hole_takes_no_room(self):
        path = self.new("f.txt", "")
        with open(path, "r+b", buffering=0) as file:
            file.seek(1 << 30)
            file.write(b"end")
            self.assertLess(os.fstat(file.fileno()).st_blocks, 1000)
            file.seek(0)
            file.write(b"begin")
        self.assertLess(os.stat(path).st_blocks, 1000)
        with open(path, "rb") as file:
            self.assertGreater(os.lseek(file.fileno(), 1 << 20, os.SEEK_DATA),
                               1 << 29)

    def test_opened_for_reading_and_truncated(self):
        path = self.new()
        os.close(os.open(path, os.O_RDONLY | os.O_TRUNC))
        self.assertEqual(self.bytes_of(path), b"")

    def test_space(self):
        info = os.statvfs(self.mount.path)
        self.assertGreater(info.f_bavail, 0)
        self.assertGreater(info.f_favail, 1000)
        self.assertEqual(info.f_namemax, 255)

    def tearDown(self):
        super().tearDown()
        self.assertEqual(self.server.executions(), [])


class Run(Disk, MountCase):
    """run/."""

    base = "run"


class New(Disk, MountCase):
    """jobs/new/."""

    base = "jobs/new"


class ReadOnly(MountCase):
    """-o ro: nothing changes and nothing runs."""

    options = "ro"

    def test_read_only(self):
        for call in (lambda: self.save("run/x.sh", "echo x"),
                     lambda: os.mkdir(self.at("run/d")),
                     lambda: self.save("run/.settings/ttl", "5"),
                     lambda: self.save(".unsandboxfs/refresh", "1"),
                     lambda: os.setxattr(self.at("run"), "user.x", b""),
                     lambda: os.chmod(self.at("run"), 0o700)):
            self.assertEqual(self.error_of(call), errno.errorcode[
                errno.EROFS])
        self.assertIn("run/", self.read("README"))
        self.assert_requests({})


if __name__ == "__main__":
    unittest.main()
