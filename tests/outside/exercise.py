# SPDX-License-Identifier: MIT
# tests/outside/exercise.py - random operations on one file, and on its twin
"""In the manner of fsx: every operation is done to a file of the mount and to
one of the disk, with the same arguments, and must give the same. The whole
content is compared at every look, which comes after one operation in four.

Python's memory maps, descriptors and names are all in use at the same time. A
remount closes them all; before a kill all is synced, so that all must be there
after it.
"""
import errno
import mmap
import os
import random

from ground import (KEEP_SIZE, PUNCH_HOLE, RENAME_EXCHANGE, RENAME_NOREPLACE,
                    ZERO_RANGE, describe, fallocate, renameat2)

SIZE_LIMIT = 200_000
NAMES = ("f", "g", "d/f", "d/g")
MODES = (os.O_RDWR, os.O_RDWR, os.O_RDONLY, os.O_WRONLY,
         os.O_RDWR | os.O_APPEND, os.O_WRONLY | os.O_APPEND)


class Difference(AssertionError):
    """The mount did otherwise than the disk."""


class Twin:
    """What is held open of the two."""

    def __init__(self, mount, disk, flags):
        self.mount, self.disk, self.flags = mount, disk, flags

    @property
    def reads(self):
        """Whether it can be read."""
        return self.flags & os.O_ACCMODE != os.O_WRONLY

    @property
    def writes(self):
        """Whether it can be written."""
        return self.flags & os.O_ACCMODE != os.O_RDONLY


class Exercise:
    """One seed."""

    # How often each comes.
    WEIGHTS = {
        "write": 14, "read": 10, "append": 4, "truncate_path": 4,
        "truncate_fd": 5, "open": 8, "open_truncated": 1, "close": 6, "dup": 1,
        "sync": 4, "map_shared": 9, "map_read": 6, "map_write": 9,
        "map_sync": 2, "map_private": 2, "unmap": 2, "punch": 3, "zero": 2,
        "allocate": 2, "keep_size": 1, "copy": 2, "holes": 3, "rename": 3,
        "rename_other": 1, "exchange": 2, "noreplace": 1, "link": 1,
        "unlink": 2, "replace": 1, "chmod": 1, "times": 1, "xattr": 1,
        "remount": 0.5, "kill": 0.4}

    def __init__(self, seed, mount, disk, remount, kill):
        self.random = random.Random(seed)
        self.roots = (mount, disk)
        self.remounts = {"remount": remount, "kill": kill}
        self.open, self.maps = [], []
        self.names = ["f"]  # of the file itself
        self.other = "g"    # of another, which is for renames
        self.log = []
        self.serial = 0
        for root in self.roots:
            os.mkdir(os.path.join(root, "d"))
            for name in ("f", "g"):
                with open(os.path.join(root, name), "wb") as file:
                    file.write(name.encode() * 100)

    # ---- doing one thing twice ----

    def both(self, call, *pairs):
        """Calls it for the mount and for the disk; what both gave. Each of
        pairs is (for the mount, for the disk)."""
        results = []
        for arguments in zip(*pairs):
            try:
                results.append(call(*arguments))
            except OSError as error:
                results.append(errno.errorcode.get(error.errno, error.errno))
        if results[0] != results[1]:
            raise Difference(f"{self.told(results[0])}, on the disk "
                             f"{self.told(results[1])}")
        return results[0]

    @staticmethod
    def told(result):
        """A result for people."""
        text = repr(result)
        return text if len(text) < 100 else f"{text[:80]}...({len(text)})"

    def paths(self, name):
        """The pair of paths of a name."""
        return tuple(os.path.join(root, name) for root in self.roots)

    def size(self):
        """Of the file, as the disk has it."""
        return os.stat(self.paths(self.names[0])[1]).st_size

    def data(self, longest=9000):
        """Bytes that tell when they were written."""
        self.serial += 1
        word = b"<%d>" % self.serial
        length = self.random.choice((1, 2, 100, 4096, self.random.randint(
            1, longest), self.random.randint(1, longest)))
        return (word * (length // len(word) + 1))[:length]

    def place(self, beyond=5000):
        """An offset, mostly within the file."""
        return self.random.choice((
            0, self.random.randint(0, self.size()),
            self.random.randint(0, self.size()),
            min(self.random.randint(0, self.size() + beyond), SIZE_LIMIT)))

    def some(self, wanted):
        """An open twin that can do what is wanted, or None."""
        fit = [twin for twin in self.open if getattr(twin, wanted)]
        return self.random.choice(fit) if fit else None

    # ---- the operations: each gives a line of the log, or None ----

    def do_write(self):
        twin = self.some("writes")
        if not twin or twin.flags & os.O_APPEND:
            return None
        data, offset = self.data(), self.place()
        yield f"pwrite {len(data)} at {offset}"
        self.both(lambda fd: os.pwrite(fd, data, offset),
                  (twin.mount, twin.disk))

    def do_append(self):
        twins = [t for t in self.open if t.flags & os.O_APPEND]
        if not twins or self.size() > SIZE_LIMIT:
            return
        twin, data = self.random.choice(twins), self.data()
        yield f"append {len(data)}"
        self.both(lambda fd: os.write(fd, data), (twin.mount, twin.disk))

    def do_read(self):
        twin = self.some("reads")
        if twin:
            offset, length = self.place(), self.random.randint(1, 20000)
            yield f"pread {length} at {offset}"
            self.both(lambda fd: os.pread(fd, length, offset),
                      (twin.mount, twin.disk))

    def do_truncate_path(self):
        length, name = self.place(), self.random.choice(self.names)
        yield f"truncate {name} to {length}"
        self.unmap_behind(length)
        self.both(lambda path: os.truncate(path, length), self.paths(name))

    def do_truncate_fd(self):
        twin = self.some("writes")
        if twin:
            length = self.place()
            yield f"ftruncate to {length}"
            self.unmap_behind(length)
            self.both(lambda fd: os.ftruncate(fd, length),
                      (twin.mount, twin.disk))

    def do_open(self, more=0):
        if len(self.open) >= 6:
            yield from self.do_close()
        flags = self.random.choice(MODES) | more
        name = self.random.choice(self.names)
        yield f"open {name} {flags:#o}"
        self.open.append(Twin(*(os.open(path, flags)
                                for path in self.paths(name)), flags))

    def do_open_truncated(self):
        self.unmap_behind(0)
        yield from self.do_open(os.O_TRUNC)

    def do_close(self):
        if self.open:
            twin = self.open.pop(self.random.randrange(len(self.open)))
            yield "close"
            self.both(os.close, (twin.mount, twin.disk))

    def do_dup(self):
        if self.open:
            twin = self.random.choice(self.open)
            yield "dup, and close the first"
            fds = os.dup(twin.mount), os.dup(twin.disk)
            self.both(os.close, (twin.mount, twin.disk))
            twin.mount, twin.disk = fds

    def do_sync(self):
        if self.open:
            twin = self.random.choice(self.open)
            call = self.random.choice((os.fsync, os.fdatasync))
            yield call.__name__
            self.both(call, (twin.mount, twin.disk))

    def do_map_shared(self):
        twin = self.some("reads")
        if twin and twin.writes and self.size() and len(self.maps) < 3:
            length = self.random.randint(1, self.size())
            yield f"mmap {length}"
            self.maps.append(tuple(mmap.mmap(fd, length)
                                   for fd in (twin.mount, twin.disk)))

    def do_map_read(self):
        if self.maps:
            pair = self.random.choice(self.maps)
            at = self.random.randint(0, len(pair[0]) - 1)
            to = min(at + self.random.randint(1, 9000), len(pair[0]))
            yield f"read of the map, {at} to {to}"
            self.both(lambda area: area[at:to], pair)

    def do_map_write(self):
        if self.maps:
            pair = self.random.choice(self.maps)
            at = self.random.randint(0, len(pair[0]) - 1)
            data = self.data()[:len(pair[0]) - at]
            yield f"write to the map, {len(data)} at {at}"
            for area in pair:
                area[at:at + len(data)] = data
            if self.random.random() < 0.4:
                yield "msync"
                self.both(lambda area: area.flush(), pair)

    def do_map_sync(self):
        if self.maps:
            yield "msync"
            self.both(lambda area: area.flush(), self.random.choice(self.maps))

    def do_map_private(self):
        twin = self.some("reads")
        if twin and self.size():
            length = self.random.randint(1, self.size())
            yield f"private map of {length}, written to"

            def private(fd):
                with mmap.mmap(fd, length, mmap.MAP_PRIVATE) as area:
                    area[length // 2:length // 2 + 1] = b"P"
                    return area[:]
            self.both(private, (twin.mount, twin.disk))

    def do_unmap(self):
        if self.maps:
            yield "munmap"
            for area in self.maps.pop(self.random.randrange(len(self.maps))):
                area.close()

    def allocate(self, what, mode):
        """fallocate in one of its modes."""
        twin = self.some("writes")
        if twin:
            offset, length = self.place(), self.random.randint(1, 20000)
            yield f"{what} {length} at {offset}"
            self.both(lambda fd: fallocate(fd, mode, offset, length),
                      (twin.mount, twin.disk))

    def do_punch(self):
        yield from self.allocate("punch", PUNCH_HOLE | KEEP_SIZE)

    def do_zero(self):
        yield from self.allocate("zero", ZERO_RANGE | self.random.choice(
            (0, KEEP_SIZE)))

    def do_allocate(self):
        if self.size() < SIZE_LIMIT:
            yield from self.allocate("allocate", 0)

    def do_keep_size(self):
        yield from self.allocate("allocate, keep the size", KEEP_SIZE)

    def do_copy(self):
        twin, into = self.some("reads"), self.some("writes")
        if twin and into and not into.flags & os.O_APPEND:
            length = self.random.randint(1, 9000)
            one, two = self.place(0), self.place()
            yield f"copy_file_range {length} from {one} to {two}"
            self.both(lambda a, b: os.copy_file_range(a, b, length, one, two),
                      (twin.mount, twin.disk), (into.mount, into.disk))

    def do_holes(self):
        """What is reported as a hole must be zeros; where there are data
        differs from disk to disk. What was written to a map is synced first,
        since the kernel asks the daemon without doing so."""
        twin = self.some("reads")
        if not twin:
            return
        yield "SEEK_HOLE and SEEK_DATA"
        fd, at, size = twin.mount, 0, self.size()
        os.fsync(fd)
        while at < size:
            try:
                data = os.lseek(fd, at, os.SEEK_DATA)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                data = size
            data = min(data, size)
            if data < at or os.pread(twin.disk, data - at, at).strip(b"\0"):
                raise Difference(f"{at} to {data} is told to be a hole")
            if data == size:
                break
            at = os.lseek(fd, data, os.SEEK_HOLE)
            if not data < at <= size:
                raise Difference(f"the hole after {data} is at {at}")

    def do_rename(self):
        old = self.random.choice(self.names)
        new = self.random.choice(NAMES)
        if new in self.names or new == self.other:
            return
        yield f"rename {old} {new}"
        self.both(os.rename, self.paths(old), self.paths(new))
        self.names[self.names.index(old)] = new

    def do_rename_other(self):
        new = self.random.choice(NAMES)
        if new not in self.names and new != self.other:
            yield f"rename the other {self.other} {new}"
            self.both(os.rename, self.paths(self.other), self.paths(new))
            self.other = new

    def do_exchange(self):
        name = self.random.choice(self.names)
        yield f"exchange {name} {self.other}"
        self.both(lambda a, b: renameat2(a, b, RENAME_EXCHANGE),
                  self.paths(name), self.paths(self.other))
        self.names[self.names.index(name)], self.other = self.other, name

    def do_noreplace(self):
        name = self.random.choice(self.names)
        yield f"rename {name} {self.other}, but do not replace it"
        self.both(lambda a, b: renameat2(a, b, RENAME_NOREPLACE),
                  self.paths(name), self.paths(self.other))

    def do_link(self):
        name, new = self.names[0], self.random.choice(NAMES)
        yield f"link {name} {new}"
        if self.both(os.link, self.paths(name), self.paths(new)) is None:
            self.names.append(new)

    def do_unlink(self):
        if len(self.names) > 1:
            name = self.names.pop(self.random.randrange(len(self.names)))
            yield f"unlink {name}"
            self.both(os.unlink, self.paths(name))

    def do_replace(self):
        """As editors save: what was open goes on without a name."""
        if len(self.names) > 1:
            return
        data = self.data()
        yield f"write {self.other} of {len(data)}, rename it to the file"

        def replace(other, name):
            with open(other, "wb") as file:
                file.write(data)
            os.rename(other, name)
            with open(other, "wb") as file:
                file.write(b"other")
        self.both(replace, self.paths(self.other), self.paths(self.names[0]))
        self.look_at_open()
        self.close_all()

    def do_chmod(self):
        mode = self.random.choice((0o644, 0o600, 0o755, 0o640))
        yield f"chmod {mode:o}"
        self.both(lambda path: os.chmod(path, mode), self.paths(self.names[0]))

    def do_times(self):
        ns = self.random.randint(0, 2 * 10**18)
        yield f"utime {ns}"

        def times(path):
            os.utime(path, ns=(ns, ns + 1))
            return os.stat(path).st_mtime_ns
        self.both(times, self.paths(self.names[0]))

    def do_xattr(self):
        value = self.data(1000)[:1000]
        yield f"setxattr of {len(value)}"

        def attribute(path):
            os.setxattr(path, "user.x", value)
            return os.getxattr(path, "user.x")
        self.both(attribute, self.paths(self.names[0]))

    def do_remount(self):
        yield "remount"
        self.close_all()
        self.remounts["remount"]()

    def do_kill(self):
        yield "sync, kill -9 and mount again"
        for pair in self.maps:
            self.both(lambda area: area.flush(), pair)
        for twin in self.open:
            os.fsync(twin.mount)
        self.remounts["kill"](self.drop_all)

    # ---- what is open ----

    def unmap_behind(self, length):
        """No map may reach behind the end of the file."""
        for pair in [p for p in self.maps if len(p[0]) > length]:
            self.maps.remove(pair)
            for area in pair:
                area.close()

    def close_all(self):
        """Nothing is open any more."""
        self.unmap_behind(0)
        while self.open:
            twin = self.open.pop()
            self.both(os.close, (twin.mount, twin.disk))

    def drop_all(self):
        """The same, of a mount that is dead."""
        for pair in self.maps:
            for area in pair:
                area.close()
        for twin in self.open:
            for fd in (twin.mount, twin.disk):
                try:
                    os.close(fd)
                except OSError:
                    pass
        self.maps, self.open = [], []

    # ---- comparing ----

    def look_at_open(self):
        """What each descriptor gives is the same."""
        for twin in self.open:
            self.both(lambda fd: describe(os.fstat(fd)),
                      (twin.mount, twin.disk))
            if twin.reads:
                self.both(lambda fd: os.pread(fd, 2 * SIZE_LIMIT, 0),
                          (twin.mount, twin.disk))

    def look(self):
        """Names, attributes and content are the same."""
        for folder in (".", "d"):
            self.both(lambda path: sorted(os.listdir(path)),
                      self.paths(folder))
        for name in (*self.names, self.other):
            self.both(lambda path: describe(os.stat(path)), self.paths(name))
        mount, disk = (open(path, "rb") for path in
                       self.paths(self.random.choice(self.names)))
        with mount, disk:
            one, two = mount.read(), disk.read()
        if one != two:
            first = next((i for i, (a, b) in enumerate(zip(one, two))
                          if a != b), min(len(one), len(two)))
            raise Difference(
                f"{len(one)} bytes, on the disk {len(two)}; the first that "
                f"differs is {first}: {one[first:first + 20]!r}, on the disk "
                f"{two[first:first + 20]!r}")

    def run(self, count, leave_out=()):
        """So many operations."""
        names = [name for name in self.WEIGHTS if name not in leave_out]
        weights = [self.WEIGHTS[name] for name in names]
        done = 0
        try:
            while done < count:
                name = self.random.choices(names, weights)[0]
                steps = getattr(self, "do_" + name)()
                for line in steps or ():
                    self.log.append(line)
                    done += 1
                if name in self.remounts or self.random.random() < 0.25:
                    self.look()
            self.look_at_open()
            self.close_all()
            self.look()
        finally:
            self.drop_all()
