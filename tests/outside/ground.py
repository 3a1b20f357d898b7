# SPDX-License-Identifier: MIT
# tests/outside/ground.py - runs one case in a directory, and records it
"""A case is a few lines of Python in which each call of the system is recorded
with what came of it: the result, or the name of the errno. A call that fails
ends nothing; what depends on its result is recorded as skipped. So the same
case can be run in a directory of the mount and in one of the disk, and the two
records compared.

Each case runs in a child process of its own: it may change its user, its
working directory and its umask, and leave descriptors open.
"""
import ctypes
import errno
import fcntl
import json
import mmap
import os
import signal
import stat
import sys
import time
import traceback

CASE_LIMIT_S = 30

RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT = 1, 2, 4
AT_FDCWD, AT_SYMLINK_FOLLOW, AT_EMPTY_PATH = -100, 0x400, 0x1000
AT_SYMLINK_NOFOLLOW = 0x100
KEEP_SIZE, PUNCH_HOLE, COLLAPSE, ZERO_RANGE, INSERT = 1, 2, 8, 16, 32

KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "link",
         stat.S_IFIFO: "fifo", stat.S_IFSOCK: "socket", stat.S_IFCHR: "chr",
         stat.S_IFBLK: "blk"}

FLAGS = {
    "R": os.O_RDONLY, "W": os.O_WRONLY, "RW": os.O_RDWR, "C": os.O_CREAT,
    "X": os.O_EXCL, "T": os.O_TRUNC, "A": os.O_APPEND, "DIR": os.O_DIRECTORY,
    "NOF": os.O_NOFOLLOW, "PATH": os.O_PATH, "TMP": os.O_TMPFILE,
    "NB": os.O_NONBLOCK, "SYNC": os.O_SYNC, "NOATIME": os.O_NOATIME,
}

libc = ctypes.CDLL(None, use_errno=True)
for _name in ("telldir", "opendir", "fdopendir"):
    getattr(libc, _name).restype = ctypes.c_long
libc.readdir.restype = ctypes.c_void_p


def checked(result):
    """The result of a call of libc; raises OSError."""
    if result < 0:
        raise OSError(ctypes.get_errno(), "libc")
    return result


def renameat2(old, new, flags=0, old_fd=AT_FDCWD, new_fd=AT_FDCWD):
    """rename with flags."""
    checked(libc.renameat2(old_fd, os.fsencode(old), new_fd, os.fsencode(new),
                           flags))


def linkat(old, new, flags=0, old_fd=AT_FDCWD, new_fd=AT_FDCWD):
    """link with flags."""
    checked(libc.linkat(old_fd, os.fsencode(old), new_fd, os.fsencode(new),
                        flags))


def fallocate(fd, mode, offset, length):
    """As the system call."""
    checked(libc.fallocate(fd, mode, ctypes.c_long(offset),
                           ctypes.c_long(length)))


class Stream:
    """An open directory of libc, read an entry at a time; `.` and `..` are
    told apart."""

    def __init__(self, path):
        self.dots = set()
        self.stream = libc.opendir(os.fsencode(path))
        if not self.stream:
            raise OSError(ctypes.get_errno(), "opendir")
        self.stream = ctypes.c_void_p(self.stream)

    def next(self):
        """The next name; None at the end."""
        while True:
            ctypes.set_errno(0)
            entry = libc.readdir(self.stream)
            if not entry:
                checked(-1 if ctypes.get_errno() else 0)
                return None
            name = os.fsdecode(ctypes.string_at(entry + 19))
            if name in (".", ".."):
                self.dots.add(name)
            else:
                return name

    def some(self, count=1 << 30):
        """So many names, or all that are left."""
        names = []
        while len(names) < count and (name := self.next()) is not None:
            names.append(name)
        return names

    def tell(self):
        """Where it stands."""
        return libc.telldir(self.stream)

    def seek(self, where):
        """Goes there."""
        libc.seekdir(self.stream, ctypes.c_long(where))

    def rewind(self):
        """Goes to the begin."""
        libc.rewinddir(self.stream)

    def close(self):
        """Ends it."""
        checked(libc.closedir(self.stream))


def name_of(number):
    """The name of an errno."""
    return errno.errorcode.get(number, str(number)).replace(
        "ENOTSUP", "EOPNOTSUPP")


class Missing:
    """Stands for the result of a call that failed."""


def describe(info):
    """A stat without what two disks never have in common. A directory has 1
    link in the mount, as on btrfs: .settings and NAME.job/ are in it as well,
    and a program that counts subdirectories by it would miss them."""
    kind = KINDS[stat.S_IFMT(info.st_mode)]
    links = info.st_nlink
    if kind == "dir":
        links = "some" if links else 0
    text = (f"{kind} {stat.S_IMODE(info.st_mode):o} links={links} "
            f"{info.st_uid}:{info.st_gid}")
    return text if kind == "dir" else f"{text} size={info.st_size}"


def shorten(text):
    """Long contents and names are told by their length and begin."""
    return text if len(text) < 200 else f"{text[:60]}...({len(text)})"


def normal(value):
    """A result as text."""
    if isinstance(value, os.stat_result):
        return describe(value)
    if isinstance(value, os.statvfs_result):
        return f"namemax={value.f_namemax}"
    if isinstance(value, (list, set)):
        value = sorted(value) if isinstance(value, set) else value
        return shorten(str([str(item) for item in value]))
    if isinstance(value, (Stream, mmap.mmap)):
        return "ok"
    return shorten(repr(value))


def _open(path, flags=0, mode=0o644, **more):
    return os.open(path, flags, mode, **more)


def _listdir(path="."):
    return sorted(os.listdir(path))


def _kinds(path="."):
    """Names with their d_type."""
    return sorted(f"{e.name} " + (
        "dir" if e.is_dir(follow_symlinks=False) else
        "link" if e.is_symlink() else "file") for e in os.scandir(path))


def _content(path):
    with open(path, "rb") as file:
        return file.read()


def _map(fd, length, shared=True, write=True, offset=0):
    return mmap.mmap(fd, length, mmap.MAP_SHARED if shared else
                     mmap.MAP_PRIVATE, mmap.PROT_READ |
                     (mmap.PROT_WRITE if write else 0), offset=offset)


def _put(area, offset, data):
    area[offset:offset + len(data)] = data


def _same(one, two):
    return os.path.samestat(os.lstat(one), os.lstat(two))


def _run(path, *arguments):
    """The exit status of a program; OSError where it cannot be executed."""
    pid = os.posix_spawn(path, [path, *arguments], os.environ)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


CALLS = {
    "content": _content, "open": _open, "kinds": _kinds, "listdir": _listdir,
    "scandir": os.scandir,
    "mmap": _map, "put": _put, "same": _same, "opendir": Stream, "run": _run,
    "renameat2": renameat2, "linkat": linkat, "fallocate": fallocate,
    "flock": fcntl.flock, "lockf": fcntl.lockf, "fcntl": fcntl.fcntl,
}
for _name in ("close read pread write pwrite lseek truncate ftruncate mkdir "
              "rmdir unlink rename link symlink readlink stat lstat fstat "
              "chmod fchmod chown lchown fchown utime access mkfifo mknod "
              "chdir fchdir getxattr setxattr listxattr removexattr fsync "
              "fdatasync umask dup copy_file_range sendfile statvfs writev "
              "preadv getcwd posix_fadvise sync").split():
    CALLS[_name] = getattr(os, _name)
# A descriptor's number is nothing to compare.
QUIET = {"open", "dup", "umask", "scandir"}


class Recorder:
    """What a case sees, and what came of it."""

    def __init__(self):
        self.log = []
        self.names = {
            **{name: self._recorded(name, call)
               for name, call in CALLS.items()}, **FLAGS,
            "NOREPLACE": RENAME_NOREPLACE, "EXCHANGE": RENAME_EXCHANGE,
            "WHITEOUT": RENAME_WHITEOUT, "KEEP": KEEP_SIZE,
            "PUNCH": PUNCH_HOLE, "ZERO": ZERO_RANGE, "COLLAPSE": COLLAPSE,
            "INSERT": INSERT, "FOLLOW": AT_SYMLINK_FOLLOW,
            "EMPTY_PATH": AT_EMPTY_PATH,
            "os": os, "fcntl_": fcntl, "stat_": stat, "signal": signal,
            "note": self.note, "make": self.make, "by": self.by,
            "touched": self.touched, "tick": self.tick, "self_": self,
        }

    def _recorded(self, name, call):
        def wrapped(*arguments, **more):
            label = self._label(name, arguments, more)
            if any(isinstance(a, Missing)
                   for a in (*arguments, *more.values())):
                self.log.append([label, "skipped"])
                return Missing()
            try:
                result = call(*arguments, **more)
            except OSError as error:
                self.log.append([label, name_of(error.errno)])
                return Missing()
            self.log.append([label, "ok" if name in QUIET
                             else normal(result)])
            return result
        return wrapped

    @staticmethod
    def _label(name, arguments, more):
        words = [shorten(repr(a)) for a in arguments if not isinstance(
            a, (Missing, Stream, mmap.mmap))]
        words += [f"{key}={value!r}" for key, value in more.items()
                  if not key.endswith("fd")]
        return f"{name}({', '.join(words)})"

    def note(self, what, value):
        """Records a value of the case's own."""
        self.log.append([what, normal(value)])

    @staticmethod
    def make(path, content=b"content\n", mode=None):
        """A file that the case begins with."""
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.write(fd, content)
        os.close(fd)
        if mode is not None:
            os.chmod(path, mode)

    @staticmethod
    def tick():
        """Longer than a disk's clock takes to go on."""
        time.sleep(0.012)

    def touched(self, path, call, *arguments, **more):
        """Which times of path a call moves."""
        before, steps = os.lstat(path), len(self.log)
        self.tick()
        call(*arguments, **more)
        after = os.lstat(path)
        moved = [name for name in ("mtime", "ctime") if getattr(
            after, f"st_{name}_ns") != getattr(before, f"st_{name}_ns")]
        done = self.log[-1][0] if len(self.log) > steps else call.__name__
        self.note(f"times of {path} moved by {done}", moved)

    def by(self, uid, code, groups=()):
        """Runs a part of the case in another process, if it is root's then as
        this user."""
        log = in_child(lambda: self._as(uid, groups, code))
        self.log += [[f"[{uid}] {label}", result] for label, result in log]

    def _as(self, uid, groups, code):
        if os.getuid() == 0:
            os.setgroups(list(groups))
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        return play(code)


def play(code):
    """The record of a case that runs here."""
    recorder = Recorder()
    try:
        exec(compile(code, "<case>", "exec"), recorder.names)
    except Exception as error:  # a fault of the case, or an odd result
        line = traceback.extract_tb(error.__traceback__)[-1]
        recorder.log.append([f"raised at line {line.lineno}", repr(error)])
    return recorder.log


def in_child(function, limit_s=CASE_LIMIT_S):
    """What function() returns, of JSON, in a child process."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(limit_s)
            os.close(reading)
            text = json.dumps(function()).encode()
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(text)
            os._exit(0)
        except BaseException:
            traceback.print_exc(file=sys.stderr)
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status or not text:
        return [["the case's process", f"ended with {status}"]]
    return json.loads(text)


def play_in(folder, code):
    """The record of a case in a new directory, and the tree that it left: of
    another process, so that the caller never waits for a mount."""
    def case():
        os.umask(0o022)
        os.chdir(folder)
        return play(code)

    def there():
        os.mkdir(folder)
        os.chmod(folder, 0o755)
        return in_child(case), tree(folder)
    result = in_child(there, CASE_LIMIT_S + 10)
    return result if len(result) == 2 else (result, {})


def _file_of(path, kind):
    if kind == "link":
        return " -> " + shorten(os.readlink(path))
    if kind == "file":
        return " " + shorten(repr(_content(path)))
    return ""


def _xattrs_of(path):
    pairs = [(name, os.getxattr(path, name, follow_symlinks=False))
             for name in sorted(os.listxattr(path, follow_symlinks=False))
             if name.startswith("user.")]
    return " " + shorten(repr(pairs)) if pairs else ""


def tree(folder):
    """{path: what is there} of all below a directory, itself included."""
    found, first = {}, {}

    def look(path, name, entry):
        info = os.lstat(path)
        kind = KINDS[stat.S_IFMT(info.st_mode)]
        text = describe(info) + _file_of(path, kind)
        if kind != "link":
            text += _xattrs_of(path)
        if kind != "dir" and info.st_nlink > 1:
            text += " = " + first.setdefault(info.st_ino, name)
        if entry and entry.inode() != info.st_ino:
            text += ", listed under another inode number"
        found[name] = text
        if kind == "dir":
            for each in sorted(os.scandir(path), key=lambda e: e.name):
                look(each.path, os.path.join(name, each.name), each)
    look(folder, ".", None)
    return found


def differences(disk, mount, allowed):
    """Lines that tell where the two records differ; `allowed` is {call:
    {results}} that the mount may give instead."""
    lines = []
    for (label, wanted), (_, got) in zip(disk, mount):
        if wanted != got and got not in allowed.get(
                label.split("(")[0].split()[-1], ()):
            lines.append(f"{label}: {got}, on the disk {wanted}")
    if len(disk) != len(mount):
        lines.append(f"{len(mount)} steps, on the disk {len(disk)}")
    return lines


def tree_differences(disk, mount):
    """Lines that tell where the two trees differ."""
    return [f"{name}: {mount.get(name)}, on the disk {disk.get(name)}"
            for name in sorted({*disk, *mount})
            if disk.get(name) != mount.get(name)]
