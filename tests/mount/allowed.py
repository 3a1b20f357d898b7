# SPDX-License-Identifier: MIT
# tests/mount/allowed.py - what a disk may have after a power cut
"""POSIX: what was synced is there; of all that was not, anything may be there.
As every filesystem has it, a change of names is whole or not there at all, and
changes of one name are kept in their order."""


class Change:
    """Names that get other files in one step."""

    def __init__(self, slots, needs):
        self.slots = slots    # (directory, name) -> file, or None
        self.needs = needs    # changes without which it cannot be
        self.is_synced = False


class Names:
    """Names on a disk. A directory, and a file, is any object."""

    def __init__(self):
        self.base = {}        # (directory, name) -> file
        self.now = {}
        self.changes = []
        self.last = {}        # slot -> its last change
        self.last_move = None

    def put(self, directory, name, file):
        """It has been there all the time."""
        self.base[directory, name] = self.now[directory, name] = file

    def change(self, slots, moves_directory=False):
        """Some names change. Directories are moved in their order, or one
        could be in itself."""
        needs = {self.last[slot] for slot in slots if slot in self.last}
        if moves_directory and self.last_move:
            needs.add(self.last_move)
        change = Change(slots, needs)
        if moves_directory:
            self.last_move = change
        self.changes.append(change)
        self.last.update(dict.fromkeys(slots, change))
        self.now.update(slots)

    def move(self, old, new, exchanges, is_directory=False):
        """rename(2)."""
        one, other = self.now[old], self.now.get(new)
        if one is not other:
            self.change({old: other if exchanges else None, new: one},
                        is_directory)

    def sync(self, directory=None, count=None):
        """The first count changes that this directory (None: any) has a part
        in stay done."""
        for change in self.changes[:count]:
            if directory is None or any(slot[0] is directory
                                        for slot in change.slots):
                _sync(change)

    def possible(self, slot):
        """What this name may be of after a cut."""
        files = [self.base.get(slot)]
        for change in self.changes:
            if slot in change.slots:
                if change.is_synced:
                    files.clear()
                files.append(change.slots[slot])
        return files

    def halves(self):
        """Moves that can only be there or not, as pairs of two slots' files:
        no other change has a part in their names."""
        for change in self.changes:
            slots = list(change.slots)
            if len(slots) == 2 and not change.needs and all(
                    self.last[slot] is change for slot in slots):
                yield slots, [[self.base.get(slot) for slot in slots],
                              [change.slots[slot] for slot in slots]]

    def after_cut(self, random):
        """Names after a cut, at random."""
        chance, kept = random.choice((0, 0.5, 0.9, 1)), set()
        names = dict(self.base)
        for change in self.changes:
            if change.is_synced or (change.needs <= kept and
                                    random.random() < chance):
                kept.add(change)
                names.update(change.slots)
        return {slot: file for slot, file in names.items() if file}


def _sync(change):
    todo = [change]
    while todo:
        change = todo.pop()
        if not change.is_synced:
            change.is_synced = True
            todo.extend(change.needs)


def content_after_cut(random, synced, now):
    """Content after a cut, at random."""
    if synced == now or random.random() < 0.3:
        return now
    if random.random() < 0.5:
        return synced
    size = len(random.choice((synced, now)))
    parts = []
    for start in range(0, size, 512):
        part = random.choice((synced, now, b""))[start:start + 512]
        parts.append(part.ljust(min(512, size - start), b"\0"))
    return b"".join(parts)[:size]


def is_content_of(versions, found):
    """Whether a cut can have left this of a file that had these versions since
    it was synced."""
    if found in versions:
        return True
    if len(versions) < 2 or len(found) > max(map(len, versions)):
        return False
    rows = [version.ljust(len(found), b"\0") for version in versions]
    return all(byte == 0 or any(row[i] == byte for row in rows)
               for i, byte in enumerate(found))
