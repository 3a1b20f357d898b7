# SPDX-License-Identifier: MIT
# tests/mount/test_saves.py - each save runs exactly once, by any program
import os
import shutil
import subprocess
import unittest

import saves_table
from case import SLOWNESS, MountCase


class SaveCase(MountCase):
    """Counts the executions of each row by a word in its program."""

    resets_server = False
    runs_each = True
    expected = {}

    @staticmethod
    def word_of(name):
        """A word that is not part of any other row's word."""
        return f"__{name}__"

    def folder_of(self, word):
        """Creates a directory in run/, and one outside with both versions."""
        out = os.path.join(self.place.path, word)
        os.mkdir(out)
        os.mkdir(self.at("run", word))
        for name, text in {"old.sh": saves_table.OLD, "new.sh":
                           saves_table.NEW, "ab.sh": saves_table.OLD +
                           "echo {0} b\n"}.items():
            with open(os.path.join(out, name), "w", encoding="utf-8") as file:
                file.write(text.format(word))
        return out

    def drive(self, command, word, out):
        """Runs the command in the row's directory of run/."""
        done = self.start(word, out, ["bash", "-c", command])
        self.assertEqual((done.returncode, done.stderr.decode()), (0, ""))

    def start(self, word, out, arguments):
        """The same for any program, with any exit status."""
        env = dict(os.environ, T=word, OUT=out, OLD=out + "/old.sh",
                   NEW=out + "/new.sh", HOME=self.mount.home)
        return subprocess.run(
            arguments, cwd=self.at("run", word), env=env, check=False,
            stdin=subprocess.DEVNULL, capture_output=True,
            timeout=30 * SLOWNESS)

    def expect(self, word, *programs):
        """Asserts that these programs of the row ran, in this order, and no
        others; now, and when the class ends."""
        type(self).expected[word] = list(programs)
        ran = self.wait_for(
            lambda: self.enough(word, len(programs)),
            f"{len(programs)} executions of {word}, not {self.ran(word)}")
        self.assertEqual(ran, list(programs))

    def ran(self, word):
        """The programs of this row that have run so far."""
        return [e["code"] for e in self.executions(word)]

    def enough(self, word, count):
        """Whether that many have run; returns them."""
        ran = self.ran(word)
        return ran if len(ran) >= count else None

    def check_nothing_ran_later(self):
        """Called last: earlier results still hold."""
        self.settled()
        self.assertEqual({word: self.ran(word) for word in self.expected},
                         self.expected)


class Saves(SaveCase):
    """Each row of the table: one execution, with the right content."""

    expected = {}

    def check_way(self, way):
        """Saves in this way."""
        if not shutil.which(way.needs):
            self.skipTest(f"no {way.needs} here")
        word = self.word_of(way.name)
        out = self.folder_of(word)
        path = os.path.join("run", word, way.file)
        old = saves_table.OLD.format(word)
        if way.is_over:
            self.save(path, old)
            self.assertEqual(self.read(path + ".job/exit_code"), "0\n")
        self.drive(way.command, word, out)
        new = way.content.format(word)
        self.expect(word, *([old] if way.is_over else []), new)
        self.assertEqual(self.read(path), new)
        self.assertEqual(self.read(path + ".job/code"), new)
        if way.file == "p.sh":
            self.assertEqual(self.read(path + ".job/stdout"),
                             new.replace("echo ", ""))

    def test_zz_nothing_ran_later(self):
        self.check_nothing_ran_later()


def add_ways():
    """A test for each row."""
    for way in (saves_table.COPIES + saves_table.SHELL + saves_table.EDITS
                + saves_table.REPOSITORY):
        setattr(Saves, "test_" + way.name,
                lambda self, way=way: self.check_way(way))


add_ways()

if __name__ == "__main__":
    unittest.main()
