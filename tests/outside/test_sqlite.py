# SPDX-License-Identifier: MIT
# tests/outside/test_sqlite.py - a database in run/, whose writers are killed
import os
import sqlite3
import subprocess
import sys
import unittest

from case import MountCase
from place import end_with_parent

# Commits without end, and tells of each once it is durable.
WRITER = """
import sqlite3, sys
path, mode = sys.argv[1:]
base = sqlite3.connect(path, timeout=30, isolation_level=None)
base.execute(f"pragma journal_mode={mode}")
base.execute("pragma synchronous=full")
base.execute("pragma wal_autocheckpoint=20")
base.execute("create table if not exists rows "
             "(number integer primary key, half int, content blob)")
base.execute("create index if not exists halves on rows (half)")
last = base.execute("select max(number) from rows").fetchone()[0] or 0
while True:
    base.execute("begin immediate")
    for half in (0, 1):
        base.execute("insert or replace into rows values (?, ?, "
                     "randomblob(2000))", (2 * last + half, half))
    if last % 7 == 0:
        base.execute("delete from rows where number < ?", (last - 200,))
    base.execute("commit")
    print(2 * last + 1, flush=True)
    last += 1
"""


class Sqlite(MountCase):
    """Each journal mode; kills of the writer and of the daemon."""

    time_limit_s = 90
    resets_server = False

    def write(self, path, mode, commits, kill):
        """A writer that is killed; the last number that it told."""
        with subprocess.Popen(
                [sys.executable, "-c", WRITER, path, mode],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                preexec_fn=end_with_parent) as writer:
            last = -1
            for _ in range(commits):
                last = int(writer.stdout.readline())
            kill(writer)
            rest = writer.stdout.read().split()
        return int(rest[-1]) if rest else last

    def check_base(self, path, last):
        """It is whole, and has all that was committed."""
        base = sqlite3.connect(path, timeout=30)
        try:
            self.assertEqual(base.execute(
                "pragma integrity_check").fetchall(), [("ok",)])
            self.assertEqual(base.execute(
                "pragma quick_check").fetchall(), [("ok",)])
            found = base.execute("select max(number) from rows").fetchone()[0]
            self.assertGreaterEqual(found, last)
            self.assertEqual(found % 2, 1, "half a transaction")
            even, odd = (base.execute(
                "select count(*) from rows where half = ?", (half,)
            ).fetchone()[0] for half in (0, 1))
            self.assertLessEqual(abs(even - odd), 1)
        finally:
            base.close()

    def check_mode(self, mode):
        """Kills the writer some times, then the daemon, then remounts."""
        os.makedirs(self.at("run", mode), exist_ok=True)
        path = self.at("run", mode, "base.db")
        for commits in (3, 17, 40):
            last = self.write(path, mode, commits,
                              lambda writer: writer.kill())
            self.check_base(path, last)

        def kill_daemon(writer):
            self.mount.process.kill()
            self.mount.process.wait(10)
            writer.kill()
        last = self.write(path, mode, 30, kill_daemon)
        self.mount.start()
        self.check_base(path, last)
        last = self.write(path, mode, 10, lambda writer: writer.kill())
        self.mount.restart()
        self.check_base(path, last)

    def test_vacuum_and_two_writers(self):
        """As much as several programs do with one file."""
        path = self.at("run", "vacuum.db")
        one, two = (sqlite3.connect(path, timeout=30) for _ in range(2))
        one.execute("create table t (a integer primary key, b text)")
        for number in range(300):
            base = (one, two)[number % 2]
            base.execute("insert into t values (?, ?)",
                         (number, "x" * (number * 7)))
            if number % 30 == 0 or number > 290:
                base.commit()
                (two, one)[number % 2].commit()
            else:
                base.commit()
        one.execute("delete from t where a % 3 = 0")
        one.commit()
        one.execute("vacuum")
        self.assertEqual(two.execute("select count(*) from t").fetchone(),
                         (200,))
        for base in (one, two):
            self.assertEqual(base.execute(
                "pragma integrity_check").fetchall(), [("ok",)])
            base.close()


for _mode in ("wal", "delete", "truncate", "persist"):
    setattr(Sqlite, f"test_{_mode}",
            lambda self, mode=_mode: self.check_mode(mode))

if __name__ == "__main__":
    unittest.main()
