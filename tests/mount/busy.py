# SPDX-License-Identifier: MIT
# tests/mount/busy.py - a worker in a mount whose daemon is killed
import errno
import os
import threading

# A system call whose daemon was killed.
KILLED = (errno.ENOTCONN, errno.ECONNABORTED)


class Busy:
    """Does things in a mount, in a thread, until the daemon is killed. A part
    of the mount belongs to it only. `flight` is what it is doing now."""

    def __init__(self, mount, name, random):
        self.mount, self.name, self.random = mount, name, random
        self.count, self.done, self.wrong = 0, 0, []
        self.flight = None
        self.thread = None
        self.is_resting = False

    def begin(self):
        """The mount is there."""
        self.is_resting = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def rest(self):
        """It begins nothing more."""
        self.is_resting = True

    def end(self, seconds):
        """Waits for it to have seen the kill; returns what went wrong."""
        self.rest()
        self.thread.join(seconds)
        if self.thread.is_alive():
            return [f"{self.name} hangs in {self.flight}"]
        return self.wrong

    def _run(self):
        try:
            while not self.is_resting:
                self.step()
                self.done += 1
        except OSError as error:
            if error.errno not in KILLED:
                self.wrong.append(f"{self.name}: {self.flight}: {error!r}")

    def at(self, *parts):
        """A path in the mount."""
        return os.path.join(self.mount.path, *parts)

    def tag(self):
        """A word that is used only once."""
        self.count += 1
        return f"{self.name}n{self.count}e"

    def step(self):
        """Does one thing."""
        raise NotImplementedError

    def check(self):
        """Whether all is there after a new start: a list of what is not."""
        raise NotImplementedError

    def write(self, path, content, flags=os.O_TRUNC | os.O_CREAT,
              sync=False):
        """Like cp, or with fsync."""
        write(self.at(path), content, flags, sync)

    def read(self, *parts):
        """The text of a file; None if there is none."""
        try:
            with open(self.at(*parts), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def sync(self, path):
        """fsync of a directory."""
        fsync(self.at(path))


def write(path, content, flags=os.O_TRUNC | os.O_CREAT, sync=False):
    """Writes a file in pieces, and closes it; raises the close's error."""
    fd = os.open(path, os.O_WRONLY | flags, 0o644)
    try:
        for start in range(0, len(content), 4096):
            os.write(fd, content[start:start + 4096])
        if sync:
            os.fsync(fd)
    except OSError:
        try:
            os.close(fd)
        except OSError:
            pass
        raise
    os.close(fd)


def fsync(path):
    """fsync of a file, or of a directory."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
