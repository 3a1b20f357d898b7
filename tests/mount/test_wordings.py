# SPDX-License-Identifier: MIT
# tests/mount/test_wordings.py - different wordings of answers give one tree
import os
import re
import stat
import unittest

from case import MountCase
from place import wait_until
from wordings_table import AT, BASE, KEY, NAMES, Row, TOPICS

# Files that show the whole answer, files that depend on the clock, and one that
# shows which of two members the API used.
SKIPPED = (".json", "ttl", "detected_language")
ERRORS = ".unsandboxfs/errors"


def rules(answers):
    """Makes rules of the recorded answers."""
    every = {"POST /keys/validate": KEY, "GET /jobs": {"jobs": []},
             "GET /images/ID/trusted": {"trusted_keys": []}}
    for kind, one in BASE.items():
        every[f"GET /{kind}"] = {kind: [one], "count": 1}
        every[f"GET /{kind}/ID"] = one
    for view in "owned", "shared", "public":
        every[f"GET /images/{view}"] = {"images": [], "count": 0}
    found = []
    for request, turns in {**every, **answers}.items():
        method, path = request.split()
        if not isinstance(turns, list) or request == "GET /jobs" or \
                request.endswith("/trusted"):
            turns = [turns]
        for i, turn in enumerate(turns):
            status, body = turn if isinstance(turn, tuple) else (200, turn)
            rule = {"method": method, "path": path, "status": status,
                    "body": body}
            if i + 1 < len(turns):
                rule["times"] = 1
            found.append(rule)
    return found


class Wordings(MountCase):
    """Each row: the same tree for all wordings, byte for byte."""

    starts_mounted = False
    time_limit_s = 60
    maxDiff = None
    looks = 0

    def look(self, row, answers):
        """The tree of a new mount with these answers."""
        Wordings.looks += 1
        self.mount.state_dir = os.path.join(self.place.path,
                                            f"state-{self.looks}")
        self.server.reset()
        self.server.fault(*rules(answers))
        self.mount.start()
        try:
            if row.do:
                self.shell(row.do, self.script)
            return {path: self.file(row, path) for top in row.paths
                    for path in self.walk(top)}
        finally:
            self.mount.unmount()

    def walk(self, top):
        """Every path at or below it, except for whole answers."""
        found = [top]
        for path in found:
            full = self.at(path)
            if os.path.isdir(full) and (path == top or
                                        not os.path.islink(full)):
                found += [os.path.join(path, name)
                          for name in sorted(os.listdir(full))
                          if not name.endswith(SKIPPED)]
        return found

    def file(self, row, path):
        """Everything that is visible of a path."""
        full = self.at(path)
        attributes = os.lstat(full)
        is_given = os.path.basename(path) in row.given
        seen = [oct(attributes.st_mode), attributes.st_nlink,
                None if is_given or path == ERRORS else attributes.st_size]
        if stat.S_ISREG(attributes.st_mode) and self.is_dated(row, path):
            seen.append(attributes.st_mtime)
        if stat.S_ISLNK(attributes.st_mode):
            seen.append(os.readlink(full))
        elif stat.S_ISREG(attributes.st_mode) and not is_given:
            seen.append(self.error_of(self.read, path) or
                        self.text(row, path))
        return seen

    @staticmethod
    def is_dated(row, path):
        """Whether its time is the resource's, not the current time."""
        parts = path.split("/")
        return not row.do and len(parts) == 3 and parts[0] in BASE and \
            parts[1] != "new" and parts[2] != "logs"

    def text(self, row, path):
        """Its content, without times at the beginning of lines."""
        text = self.read(path)
        # The mount says when it sent a job, unless the API does.
        if row.do and path.endswith("/created_at"):
            return "a time"
        if path == ERRORS:  # not all wordings have details and codes
            return [re.sub(r"(; at all)?( \(code \w+\))?$", "",
                           line.split(" ", 1)[1])
                    for line in text.splitlines()]
        return text

    def check(self, row):
        """Compares the first wording with each of the others."""
        self.script = os.path.join(self.place.path, "script")
        with open(self.script, "w", encoding="utf-8") as file:
            file.write("true\n")
        first = self.look(row, row.wordings[0])
        self.assertGreater(len(first), 1 if row.do else 3, first)
        if row.shows:
            self.assertIn(row.shows, map(os.path.basename, first))
        for other in row.wordings[1:]:
            second = self.look(row, other)
            self.assertEqual(*({path: seen[path] for path in seen
                                if first.get(path) != second.get(path)}
                               for seen in (first, second)), other)
        if "created_at" in row.given and not row.do:
            self.assertIn(AT, [seen[3] for seen in first.values()
                               if len(seen) > 3])

    def test_every_line(self):
        self.assertEqual(sorted(TOPICS), list(range(1, 46)))
        for name, row in {**NAMES, **TOPICS}.items():
            if not isinstance(row, Row):
                self.assertGreater(len(row), 15, name)
            elif len(row.wordings) < 2:
                self.fail(f"{name} has only one wording")


def add_rows():
    """A test for each row whose wordings can be in answers."""
    played = []
    for name, row in {**NAMES, **TOPICS}.items():
        if not isinstance(row, Row) or row in played:
            continue
        played.append(row)
        word = f"14 topic {name:02}" if isinstance(name, int) else name
        setattr(Wordings, "test_" + word.replace(" ", "_").replace(".", "_"),
                lambda self, row=row: self.check(row))


add_rows()
if __name__ == "__main__":
    unittest.main()
