# SPDX-License-Identifier: MIT
# tests/mount/forgetful.py - a disk that a power cut can be made of
"""The daemon's disk is a directory. forgetful.c tells what the daemon did to
it; a cut rebuilds it with what was synced, and at random with what was not."""
import os
import shutil
import subprocess

from allowed import Names, content_after_cut

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "forgetful.c")


class Thing:
    """A file, or a directory."""

    def __init__(self, number, is_directory, synced=b""):
        self.number = number
        self.is_directory = is_directory
        self.synced = synced


class Forgetful:
    """A disk, in two directories: what the daemon sees, and what it forgets."""

    def __init__(self, place, state_dir):
        self.root = state_dir
        self.own = place.folder("forgetful")
        self.library = self.own + ".so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.library,
                        SOURCE, "-D_FILE_OFFSET_BITS=64", "-ldl"], check=True)
        os.makedirs(self.root, 0o700, exist_ok=True)
        self.names, self.things, self.top = None, {}, None

    def environment(self, behind=""):
        """For the daemon; behind is another such library."""
        return {"LD_PRELOAD": f"{self.library} {behind}".strip(),
                "FORGETFUL": self.own}

    def begin(self):
        """What is there now is on the disk."""
        for name in os.listdir(self.own):
            path = os.path.join(self.own, name)
            if os.path.isdir(path):
                shutil.rmtree(path)
            else:
                os.remove(path)
        for name in ("kept", "content"):
            os.mkdir(os.path.join(self.own, name))
        self.names, self.things = Names(), {}
        self.top = self._walk(self.root)

    def _walk(self, path):
        found = self.things[os.stat(path).st_ino] = Thing(
            os.stat(path).st_ino, True)
        for entry in os.scandir(path):
            number = entry.inode()
            if entry.is_dir(follow_symlinks=False):
                thing = self._walk(entry.path)
            elif number in self.things:
                thing = self.things[number]
            else:
                thing = self.things[number] = Thing(
                    number, False, None if entry.is_symlink()
                    else _read(entry.path))
            self.names.put(found, entry.name, thing)
        return found

    # ---- the log ----

    def _replay(self):
        begun = {}
        with open(self.own + "/log", encoding="utf-8",
                  errors="surrogateescape") as log:
            for line in log:
                word, *given = line.rstrip("\n").split("\t")
                if word == "begin":
                    begun[given[0]] = (*given[1:], len(self.names.changes))
                elif word == "end":
                    self._sync(given[0], *begun[given[0]])
                else:
                    getattr(self, "_" + word)(*given)

    def _new(self, parent, name, number, kind):
        """A new file, or a new name of one."""
        number = int(number)
        known = self.things.get(number)
        if not known or known.is_directory or kind == "d":
            self.things[number] = Thing(number, kind == "d",
                                        b"" if kind == "f" else None)
        self.names.change({(self.things[int(parent)], name):
                           self.things[number]})

    def _gone(self, parent, name):
        slot = self.things[int(parent)], name
        self.names.change({slot: None},
                          self.names.now[slot].is_directory)

    def _move(self, parent, name, new_parent, new_name, flags):
        old = self.things[int(parent)], name
        self.names.move(old, (self.things[int(new_parent)], new_name),
                        flags == "2", self.names.now[old].is_directory)

    def _sync(self, number, inode, is_all, count):
        content = os.path.join(self.own, "content", number)
        if is_all == "1":
            self.names.sync(count=count)
            for thing in self.things.values():
                if os.path.exists(f"{content}.{thing.number}"):
                    thing.synced = _read(f"{content}.{thing.number}")
        elif int(inode) in self.things:
            thing = self.things[int(inode)]
            if thing.is_directory:
                self.names.sync(thing, count)
            elif thing.synced is not None:
                thing.synced = _read(content)

    # ---- the cut ----

    def cut(self, random):
        """Rebuilds the disk; the daemon was killed."""
        self._replay()
        old = os.path.join(self.own, "old")
        os.rename(self.root, old)
        paths = {}
        for folder, folders, files in os.walk(self.own):
            for name in folders + files:
                path = os.path.join(folder, name)
                paths[os.lstat(path).st_ino] = path
        inside = {}
        for (parent, name), thing in self.names.after_cut(random).items():
            inside.setdefault(parent, []).append((name, thing))
        self._build(random, self.top, self.root, inside, paths)
        self.begin()

    def _build(self, random, thing, path, inside, paths):
        """Makes it under this path."""
        before = paths.get(thing.number)
        if not thing.is_directory:
            os.link(before, path, follow_symlinks=False)
            if thing.synced is not None:
                _change(path, lambda now: content_after_cut(
                    random, thing.synced, now))
                thing.synced = _read(path)
            return
        os.mkdir(path, 0o700)
        for name, each in inside.get(thing, ()):
            self._build(random, each, os.path.join(path, name), inside, paths)
        if before and os.path.isdir(before):
            shutil.copystat(before, path)


def _read(path):
    with open(path, "rb") as file:
        return file.read()


def _change(path, function):
    """Changes the content; the times stay."""
    before, times = _read(path), os.stat(path)
    after = function(before)
    if after != before:
        with open(path, "r+b") as file:
            file.truncate(0)
            file.write(after)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
