# SPDX-License-Identifier: MIT
# tests/mount/busy_files.py - files and directories, whose daemon is killed
"""Random system calls in a directory of files that do not run. Each is also
done in a directory beside, on the disk: after a kill both are equal, but for
the call that was under way. After a power cut all that was synced is there."""
import ctypes
import os
import shutil

from allowed import Names, is_content_of
from busy import Busy, fsync, write

RENAME_EXCHANGE = 2
_libc = ctypes.CDLL(None, use_errno=True)


def exchange(one, other):
    """renameat2 with RENAME_EXCHANGE."""
    if _libc.renameat2(-100, one.encode(), -100, other.encode(),
                       RENAME_EXCHANGE):
        raise OSError(ctypes.get_errno(), "exchange", one)


def truncate_open(path, size):
    """ftruncate, then close."""
    fd = os.open(path, os.O_RDWR)
    try:
        os.ftruncate(fd, size)
    finally:
        os.close(fd)


def append(path, content):
    """Writes at the end."""
    write(path, content, os.O_APPEND)


def patch(path, content):
    """Writes over the begin."""
    write(path, content, 0)


def write_synced(path, content):
    """Writes, and calls fsync before the close."""
    write(path, content, sync=True)


class Data:
    """A file: what is in it, and what a cut may leave of it."""

    def __init__(self, now=b"", target=None):
        self.target = target
        self.now = now
        self.versions = [now]

    def set(self, now):
        """It is changed."""
        self.now = now
        self.versions.append(now)

    def sync(self):
        """It is durable."""
        self.versions = [self.now]


class Folder:
    """A directory; its name is used only once."""


class BusyFiles(Busy):
    """One worker."""

    def __init__(self, mount, name, random, beside):
        super().__init__(mount, name, random)
        self.top = f"run/{name}"
        self.beside = os.path.join(beside, name)
        self.root, self.names = Folder(), Names()
        os.mkdir(self.beside)

    def prepare(self):
        """Once, while nothing is cut."""
        os.mkdir(self.at(self.top))
        self.sync(self.top)

    # ---- what is there ----

    def paths(self):
        """path -> (slot, what is there)."""
        inside = {}
        for slot, what in self.names.now.items():
            if what:
                inside.setdefault(slot[0], []).append((slot, what))
        found, todo = {}, [("", self.root)]
        while todo:
            path, folder = todo.pop()
            for slot, what in inside.get(folder, ()):
                below = path + "/" + slot[1]
                found[below] = slot, what
                if isinstance(what, Folder):
                    todo.append((below, what))
        return found

    def pick(self, kind):
        """A path of this kind, its slot and what is there; or None."""
        found = [(path, *each) for path, each in self.paths().items()
                 if isinstance(each[1], kind) and
                 not getattr(each[1], "target", None)]
        return self.random.choice(found) if found else None

    def place(self, name=None):
        """A directory, and a path in it: of a few names, or this one."""
        folders = [("", self.root)] + [
            (path, what) for path, (_, what) in self.paths().items()
            if isinstance(what, Folder)]
        path, folder = self.random.choice(folders)
        name = name or f"f{self.random.randrange(5)}.txt"
        return path + "/" + name, (folder, name)

    def content(self):
        """Some, which is used only once."""
        line = (self.tag() + "\n").encode()
        return line * self.random.choice((1, 9, 300, 3000))

    # ---- one step ----

    def step(self):
        deeds = [self.save, self.save, self.save, self.change, self.change,
                 self.cut_by_path, self.rename, self.rename, self.exchange,
                 self.link, self.unlink, self.mkdir, self.rmdir,
                 self.move_folder, self.symlink, self.sync_folder,
                 self.sync_file]
        self.random.choice(deeds)()

    def do(self, function, *given, versions=()):
        """Calls it with paths in the mount, and on the disk beside. versions
        is what a kill in the middle may leave: [file, content, ...]."""
        def paths(top):
            return [top + each if isinstance(each, str) else each
                    for each in given]
        self.flight = (function, given, versions)
        function(*paths(self.at(self.top)))
        if function is not fsync:
            function(*paths(self.beside))
        self.flight = None

    def sync_names(self, slot):
        """A close has made the names durable, up to the top."""
        parents = {what: each for _, (each, what) in self.paths().items()}
        folder = slot[0]
        while folder:
            self.names.sync(folder)
            folder = parents[folder][0] if folder in parents else None

    def save(self):
        """Writes all of a file, new or not."""
        path, slot = self.place()
        file, content = self.names.now.get(slot), self.content()
        if isinstance(file, Folder) or (file and file.target):
            return
        if not file:
            file = Data()
            self.names.change({slot: file})
        self.alter(self.random.choice((write, write_synced)), path, slot,
                   content, content, b"")

    def change(self):
        """Changes a file in place."""
        found = self.pick(Data)
        if not found:
            return
        path, slot, file = found
        content = self.content()
        size = self.random.randrange(len(file.now) + 100)
        deed = self.random.choice((append, patch, truncate_open))
        if deed is append:
            self.alter(deed, path, slot, content, file.now + content)
        elif deed is patch:
            self.alter(deed, path, slot, content,
                       content + file.now[len(content):])
        else:
            self.alter(deed, path, slot, size,
                       file.now[:size].ljust(size, b"\0"))

    def alter(self, deed, path, slot, given, content, *between):
        """The close makes it durable, with its name."""
        file = self.names.now[slot]
        before = list(file.versions)
        for version in (*between, content):
            file.set(version)
        self.do(deed, path, given, versions=(path, *before, *between, content))
        file.sync()
        self.sync_names(slot)

    def cut_by_path(self):
        """truncate(2), which an fsync makes durable."""
        found = self.pick(Data)
        if found:
            path, _, file = found
            size = self.random.randrange(len(file.now) + 100)
            file.set(file.now[:size].ljust(size, b"\0"))
            self.do(os.truncate, path, size, versions=(path, *file.versions))

    def sync_file(self):
        """fsync of a file: of what is in it."""
        found = self.pick(Data)
        if found:
            self.do(fsync, found[0])
            found[2].sync()

    def sync_folder(self):
        """fsync of a directory: of the names in it."""
        path, (folder, _) = self.place("x")
        self.do(fsync, os.path.dirname(path))
        self.names.sync(folder)

    def rename(self):
        """mv of a file, often over another one."""
        found, (path, slot) = self.pick(Data), self.place()
        if found and not isinstance(self.names.now.get(slot), Folder):
            self.names.move(found[1], slot, False)
            self.do(os.rename, found[0], path)

    def exchange(self):
        """Two files exchange their names."""
        one, other = self.pick(Data), self.pick(Data)
        if one and one[0] != other[0]:
            self.names.move(one[1], other[1], True)
            self.do(exchange, one[0], other[0])

    def link(self):
        """A file gets one more name."""
        found, (path, slot) = self.pick(Data), self.place()
        if found and not self.names.now.get(slot):
            self.names.change({slot: found[2]})
            self.do(os.link, found[0], path)

    def unlink(self):
        """rm."""
        found = self.pick(Data)
        if found:
            self.names.change({found[1]: None})
            self.do(os.unlink, found[0])

    def symlink(self):
        """ln -s; what it leads to does not matter."""
        path, slot = self.place(f"l{self.random.randrange(2)}")
        if self.names.now.get(slot):
            self.names.change({slot: None})
            self.do(os.unlink, path)
        else:
            target = self.tag()
            self.names.change({slot: Data(target=target)})
            self.do(_symlink, path, target.encode())

    def mkdir(self):
        """A new directory, but not too many."""
        path, slot = self.place(self.tag())
        if path.count("/") < 4 and len(self.paths()) < 40:
            self.names.change({slot: Folder()})
            self.do(os.mkdir, path)

    def rmdir(self):
        """rmdir of an empty one."""
        for path, (slot, what) in self.paths().items():
            if isinstance(what, Folder) and not any(
                    each for (folder, _), each in self.names.now.items()
                    if folder is what):
                self.names.change({slot: None}, True)
                self.do(os.rmdir, path)
                return

    def move_folder(self):
        """mv of a directory, which gets a new name, elsewhere."""
        found, (path, slot) = self.pick(Folder), self.place(self.tag())
        if found and not path.startswith(found[0] + "/"):
            self.names.move(found[1], slot, False, True)
            self.do(os.rename, found[0], path)

    # ---- after the new start ----

    def check_kill(self):
        """Both are equal, but for what was under way."""
        here, beside = tree(self.at(self.top)), tree(self.beside)
        flight, self.flight = self.flight, None
        if here != beside and flight:
            function, given, versions = flight
            if function is not fsync:
                self._half(function, given, versions)
            beside = tree(self.beside)
        if here == beside:
            self._adopt()
            return []
        return [f"{self.name}: in flight: {flight}"[:300]] + [
            f"{path}: {str(here.get(path))[:200]} is not "
            f"{str(beside.get(path))[:200]}"
            for path in sorted({*here, *beside})
            if here.get(path) != beside.get(path)]

    def _half(self, function, given, versions):
        """What was under way is done beside, as far as it came here."""
        paths = [self.beside + each if isinstance(each, str) else each
                 for each in given]
        if not versions:
            function(*paths)
            return
        path = self.at(self.top) + versions[0]
        if not os.path.lexists(path):
            return
        with open(path, "rb") as file:
            found = file.read()
        if is_content_of(list(versions[1:]), found):
            write(paths[0], found)

    def check_power(self):
        """What was synced is there, what was deleted is not."""
        wrong, found = [], {}
        self._compare("", self.root, wrong, found)
        for slots, both in self.names.halves():
            pair = [found.get(slot, False) for slot in slots]
            if False not in pair and None in pair and not any(
                    all(_fits(each, there) for each, there in zip(way, pair))
                    for way in both):
                wrong.append(f"{self.name}: half of a move: {slots} {pair}")
        if not wrong:
            self._adopt()
        return wrong

    def _compare(self, path, folder, wrong, found):
        there = set(os.listdir(self.at(self.top) + path))
        known = {slot[1] for slot in {*self.names.base, *self.names.now}
                 if slot[0] is folder}
        for name in sorted(there | known):
            what = look(self.at(self.top) + path + "/" + name)
            found[folder, name] = what
            fits = [each for each in self.names.possible((folder, name))
                    if _fits(each, what)]
            if not fits:
                possible = [vars(each) if isinstance(each, Data) else each
                            for each in self.names.possible((folder, name))]
                wrong.append(f"{self.name}{path}/{name} is "
                             f"{str(what)[:200]}, not one of "
                             f"{str(possible)[:600]}")
            elif isinstance(fits[0], Folder):
                self._compare(path + "/" + name, fits[0], wrong, found)

    def _adopt(self):
        """What was found goes on, and is on the disk."""
        self.flight, self.names, self.root = None, Names(), Folder()
        shutil.rmtree(self.beside)
        shutil.copytree(self.at(self.top), self.beside, symlinks=True)
        files = {}

        def enter(path, folder):
            for entry in os.scandir(self.at(self.top) + path):
                below = path + "/" + entry.name
                what = look(entry.path)
                if what is Folder:
                    what = Folder()
                    enter(below, what)
                elif isinstance(what, bytes):
                    what = files.setdefault(entry.inode(), Data(what))
                    first = files.setdefault(what, below)
                    if first != below:
                        os.unlink(self.beside + below)
                        os.link(self.beside + first, self.beside + below)
                else:
                    what = Data(target=what)
                self.names.put(folder, entry.name, what)
        enter("", self.root)


def _symlink(path, target):
    os.symlink(target, path)


def _fits(expected, found):
    if expected is None or found is None:
        return expected is found
    if isinstance(expected, Folder):
        return found is Folder
    if expected.target:
        return found == expected.target
    return isinstance(found, bytes) and is_content_of(
        expected.versions, found)


def look(path):
    """None, Folder, the bytes of a file or the target of a link."""
    if os.path.islink(path):
        return os.readlink(path)
    if os.path.isdir(path):
        return Folder
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def tree(top):
    """path -> what is there, and under which names."""
    found, same = {}, {}
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(folder, name)
            names = same.setdefault(os.lstat(path).st_ino, [])
            names.append(path[len(top):])
            found[path[len(top):]] = [look(path), names]
    for names in same.values():
        names.sort()
    return found
