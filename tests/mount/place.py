# SPDX-License-Identifier: MIT
# tests/mount/place.py - a private directory, and the processes in it
"""A Place leaves no process, mount or file behind, however the tests end. It
is never under /tmp, where vim and others save differently."""
import atexit
import contextlib
import ctypes
import glob
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
MNT_FORCE = 1
MNT_DETACH = 2

_libc = ctypes.CDLL(None)
_open_places = []


def folder():
    """The parent of places: the build, unless that is under /tmp."""
    build = os.path.realpath(os.environ.get("BUILD", "build"))
    if not build.startswith("/tmp/"):
        return build
    path = os.path.expanduser("~/.cache/unsandboxfs-tests")
    os.makedirs(path, exist_ok=True)
    return path


def adopt_orphans():
    """Adopts daemons that leave their parent, so we can wait for them."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_with_parent():
    """In a new child: asks for SIGTERM when the tests end or are killed."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def mounts_under(path):
    """The mountpoints at or under path, the deepest first."""
    with open("/proc/self/mountinfo", encoding="utf-8",
              errors="surrogateescape") as lines:
        points = [re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)),
                         line.split()[4]) for line in lines]
    return sorted((p for p in points if (p + "/").startswith(path + "/")),
                  key=len, reverse=True)


def processes_with(text):
    """{pid: command line} of processes whose line has text."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in words and int(pid) != os.getpid():
            found[int(pid)] = words.strip()
    return found


def wait_until(condition, seconds, what):
    """Polls until condition() is true, and returns its value.

    A missing file counts as false: an editor that saves by rename leaves
    such moments.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            value = condition()
        except FileNotFoundError:
            value = None
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.01)


def unmount(path, lazy=False):
    """fusermount3 -u; returns whether it succeeded."""
    with open(os.devnull, "r+b") as null:
        child = subprocess.Popen(["fusermount3", "-uz" if lazy else "-u",
                                  path], stdin=null, stdout=null, stderr=null)
    try:
        return child.wait(20) == 0
    except subprocess.TimeoutExpired:
        child.kill()  # it may not die before its request is answered
        return False


def abort(path):
    """Ends a mount and all requests that wait in it. A daemon that was killed
    may live on: a thread of it that waits in the kernel for such a request
    keeps the connection open."""
    if _libc.umount2(os.fsencode(path), MNT_FORCE | MNT_DETACH):
        unmount(path, lazy=True)


class Place:
    """A private directory for one class of tests."""

    def __init__(self, name):
        self.path = tempfile.mkdtemp(prefix=f"mount-{name}-", dir=folder())
        os.symlink(str(os.getpid()), self.path + "/.owner")
        _open_places.append(self)

    def folder(self, name):
        """A new directory of this name in it."""
        path = os.path.join(self.path, name)
        os.mkdir(path)
        return path

    def _unmount(self):
        for point in mounts_under(self.path):
            if not unmount(point) and not unmount(point, lazy=True):
                abort(point)

    def _end(self, number, seconds):
        """Signals remaining processes; returns whether all ended in time."""
        for pid in processes_with(self.path):
            try:
                os.kill(pid, number)
            except OSError:
                pass
        until = time.monotonic() + seconds
        while processes_with(self.path) and time.monotonic() < until:
            self._reap()
            time.sleep(0.02)
        self._reap()
        return not processes_with(self.path)

    @staticmethod
    def _reap():
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass

    def close(self):
        """Removes everything; returns what should not have been there."""
        if self not in _open_places:
            return []
        _open_places.remove(self)
        self._unmount()
        left = list(processes_with(self.path).values())
        if left and not self._end(signal.SIGTERM, 3):
            self._end(signal.SIGKILL, 3)
        self._unmount()
        if not mounts_under(self.path):
            remove(self.path)
        if os.path.exists(self.path):
            left.append(self.path)
        return left


def close_places_of(pid):
    """Closes what a process has left that ended without doing so."""
    for owner in glob.glob(folder() + "/mount-*/.owner"):
        if os.readlink(owner) == str(pid):
            place = Place.__new__(Place)
            place.path = os.path.dirname(owner)
            _open_places.append(place)
            place.close()


def files_below(path):
    """Every regular file below a directory, open for reading bytes; files
    that go meanwhile are none."""
    for folder, _, names in os.walk(path):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                found = os.path.join(folder, name)
                if stat.S_ISREG(os.lstat(found).st_mode):
                    with open(found, "rb") as file:
                        yield file


def remove(path):
    """Like rm -rf, but also removes copies that have the modes of the mount,
    whose directories are not writable."""
    for folder, folders, _ in os.walk(path):
        for name in folders:
            if not os.path.islink(os.path.join(folder, name)):
                os.chmod(os.path.join(folder, name), 0o700)
    shutil.rmtree(path, ignore_errors=True)


@atexit.register
def close_all():
    """Closes all places, also after an interrupted run."""
    for place in list(_open_places):
        place.close()
