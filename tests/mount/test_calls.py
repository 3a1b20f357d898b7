# SPDX-License-Identifier: MIT
# tests/mount/test_calls.py - a save runs once, whatever system calls make it
import os
import shlex
import sys
import unittest

import saves_table
from calls_table import CALLS, EXECS, PRELUDE
from test_saves import SaveCase


class CallCase(SaveCase):
    """Saves by Python programs."""

    def check_calls(self, name, source):
        """Saves by these calls."""
        word = self.word_of(name)
        out = self.folder_of(word)
        path = f"run/{word}/p.sh"
        old = saves_table.OLD.format(word)
        new = saves_table.NEW.format(word)
        self.save(path, old)
        self.assertEqual(self.read(path + ".job/exit_code"), "0\n")
        program = os.path.join(out, "calls.py")
        with open(program, "w", encoding="utf-8") as file:
            file.write(PRELUDE + source)
        self.drive(shlex.join([sys.executable, "-B", program]), word, out)
        self.expect(word, old, new)
        self.assertEqual(self.read(path), new)
        self.assertEqual(self.read(path + ".job/stdout"),
                         new.replace("echo ", ""))


class Calls(CallCase):
    """Each row of the table: one execution, with the right content."""

    expected = {}

    def test_zz_nothing_ran_later(self):
        self.check_nothing_ran_later()


class Execs(CallCase):
    """The same, where execve closes the file."""

    expected = {}
    time_limit_s = 5
    last_resort_s = 2

    def test_zz_nothing_ran_later(self):
        self.check_nothing_ran_later()


def add_rows(case, table):
    """A test for each row."""
    for name, source in table.items():
        setattr(case, "test_" + name,
                lambda self, name=name, source=source:
                self.check_calls(name, source))


add_rows(Calls, CALLS)
add_rows(Execs, EXECS)

if __name__ == "__main__":
    unittest.main()
