# SPDX-License-Identifier: MIT
# tests/mount/test_mutations.py - true answers, each changed in one place
"""Each answer of the stand-in is changed in one place after the other, and
what asks for it is read or done. The daemon lives, nothing hangs, each error
is one that such an answer may cause, nothing is done twice, and no name of a
directory is there twice or has control characters.

A sample is tried, of the seed SEED, or MUTATIONS of them; 0: all. ENDPOINT is
a regular expression of those that are tried, like "GET /jobs$".
"""
import errno
import os
import random
import re
import stat
import unittest

from case import FINAL, MountCase
from mutator import Mutator, changes

COUNT = int(os.environ.get("MUTATIONS", 40))
SEED = int(os.environ.get("SEED", 1))
ENDPOINT = os.environ.get("ENDPOINT", "")

# EPROTO: not understood. The others: what is not there is no error of ours.
ALLOWED = {errno.EPROTO, errno.ENOENT, errno.ENODATA, errno.EBADR,
           errno.EMSGSIZE, errno.EFBIG, errno.EOVERFLOW}
DIRECTORIES = ("services", "sessions", "snapshots", "images", "jobs", "key",
               "system", "languages", "languages.json", ".unsandboxfs")


class Mutations(MountCase):
    """Walks and actions while one answer is changed."""

    # All jobs that are kept are looked at after each change.
    options = "run_wait=20,keep_jobs=4"
    starts_mounted = False
    resets_server = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.ask("PUT", "/seed", {
            "services": [{"name": "web"}, {"name": "two"}],
            "sessions": 2, "snapshots": 2, "images": 2, "jobs": 2})
        cls.mutator = Mutator(cls.server)
        cls.mount.server = cls.mutator
        cls.mount.start()
        cls.number = 0

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.mutator.close()

    # ---- reading ----

    def look(self, path):
        """Reads a file or a tree; checks what it finds."""
        try:
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode):
                with open(path, "rb", buffering=0) as file:
                    while file.read(1 << 20):
                        pass
            elif stat.S_ISDIR(status.st_mode):
                names = os.listdir(path)
                self.check_names(path, names)
                for name in names:
                    if name != b"new":
                        self.look(os.path.join(path, name))
        except OSError as error:
            self.assertIn(error.errno, ALLOWED, f"{path}: {error}")

    def check_names(self, path, names):
        """No name is there twice, or steers a terminal."""
        self.assertEqual(len(names), len(set(names)), (path, sorted(names)))
        for name in names:
            # Bytes that are no UTF-8 are kept, but for C1 controls.
            text = re.sub(r"[\udca0-\udcff]", "",
                          name.decode(errors="surrogateescape"))
            self.assertTrue(text.isprintable(), (path, name))

    def refresh(self):
        """Nothing is served from a cache."""
        self.save(".unsandboxfs/refresh", "1\n")

    # ---- doing ----

    def run_program(self):
        """A run, whose result is read."""
        self.run_at("run")

    def run_job(self):
        """A job, which is asked for."""
        self.run_at("jobs/new")

    def run_at(self, folder):
        """Saves a program that must not run twice."""
        self.number += 1
        path, code = f"{folder}/m{self.number}.sh", f"echo {self.number}\n"
        error = self.save_error(path, code)
        self.assertIn(error, (None, "EPROTO", "EFBIG"), path)
        job = self.at(path + ".job")
        if os.path.isdir(job):
            self.read_result(job)
            self.look(os.fsencode(job))
            self.assertNotRegex(self.read_bytes(job, "job.json"),
                                rb"[\x00-\x09\x0b-\x1f]")
        self.assertEqual(len([e for e in self.server.executions()
                              if e["code"] == code]), 1, path)

    def read_result(self, job):
        """Its readers do not hang, and a true answer ends it."""
        error = self.error_of(self.read_bytes, job, "stdout")
        self.assertIn(error, (None, "EPROTO", "ENOENT"), job)
        if error:
            self.mutator.rule = None
        self.wait_for(lambda: self.value(job, "status") in FINAL, job, 40)

    def set_size(self):
        """A change of a service."""
        self.number += 1
        self.change("services/web/vcpu", f"{self.number % 8 + 1}\n")

    def set_state(self):
        """An action, and what undoes it: each is a request of its own."""
        for state in ("frozen\n", "running\n"):
            self.change("services/two/state", state)

    def change(self, path, text):
        """One write, which is sent at most once."""
        rule, self.mutator.rule = self.mutator.rule, None
        self.refresh()
        os.listdir(self.at("services"))
        self.mutator.rule = rule
        self.server.reset_counts()
        error = self.save_error(path, text)
        self.assertIn(error, (None, "EPROTO", "EFBIG", "ENOENT"), path)
        self.assertLessEqual(len(self.server.changes()), 1)

    # ---- all of it ----

    def learn(self):
        """{endpoint: what asks for it}, from a look without changes."""
        users = {}
        self.save("services/web/env", "A=1\n")  # no vault, no answer
        acts = {name: (lambda at=os.fsencode(self.at(name)): self.look(at))
                for name in DIRECTORIES}
        acts.update({act.__name__: act for act in (
            self.run_program, self.run_job, self.set_size, self.set_state)})
        for act in acts.values():
            self.refresh()
            self.mutator.asked.clear()
            act()
            for what in sorted(self.mutator.asked):
                users.setdefault(what, []).append(act)
        return users

    def rows(self, users):
        """Those that are tried."""
        rows = {}
        for what in sorted(w for w in users if re.match(ENDPOINT, w)):
            for name, path, kind in changes(self.mutator.seen.get(what, b"")):
                rows.setdefault(f"{what}: {name}", (what, path, kind))
        names = sorted(rows)
        if COUNT and COUNT < len(names):
            names = random.Random(SEED).sample(names, COUNT)
        return [(name, rows[name]) for name in names]

    def test_every_answer(self):
        users = self.learn()
        self.assertGreater(len(users), 15, sorted(users))
        rows = self.rows(users)
        for name, rule in rows:
            with self.subTest(change=name):
                count = self.mutator.count
                for act in users[rule[0]]:
                    self.refresh()
                    self.mutator.rule = rule
                    try:
                        act()
                    finally:
                        self.mutator.rule = None
                    self.assertIsNone(self.mount.process.poll(), name)
                    self.assertEqual(self.mount.trouble(), [], name)
                self.assertGreater(self.mutator.count, count, "not reached")
        if not COUNT:
            print(f"{len(rows)} changes of {len(users)} endpoints, "
                  f"{self.mutator.count} answers")


if __name__ == "__main__":
    unittest.main()
