# SPDX-License-Identifier: MIT
# tests/mount/test_slow_key.py - a key with one request in 42 seconds
"""Ten saves wait for their turn in order, whatever else is looked at, and
nobody is told of a 429. The test does not wait for minutes: when it has seen
that the runs wait, it gives the key a better rate."""
import os
import subprocess
import time
import unittest

from case import MountCase

SAVES = 10
PER_MINUTE = 60 / 42


class SlowKey(MountCase):
    """The free key's rate: one request in 42 seconds."""

    server_arguments = ("--rate", f"{PER_MINUTE}:1")
    time_limit_s = 150

    def statuses(self):
        """The states of all runs."""
        return [self.value(f"run/s{number}.sh.job/status")
                for number in range(SAVES)]

    def stat(self, name):
        """A number of .unsandboxfs/stats."""
        for line in self.read(".unsandboxfs/stats").splitlines():
            if line.startswith(name + " "):
                return int(line.split()[-1])
        self.fail(f"stats has no {name}")

    def test_ten_saves_wait_in_order(self):
        lister = subprocess.Popen(
            ["bash", "-c", "while :; do ls -l run >/dev/null; timeout 5 ls "
             "jobs services >/dev/null 2>&1; sleep .05; done"],
            cwd=self.mount.path, start_new_session=True,
            stdin=subprocess.DEVNULL)
        try:
            began = time.monotonic()
            for number in range(SAVES):
                self.save(f"run/s{number}.sh", f"echo {number}\n")
            self.assertLess(time.monotonic() - began, SAVES * 3)
            states = self.statuses()
            # The key's check at the start took the first request.
            self.assertLessEqual(len([s for s in states if s != "pending"]),
                                 1, states)
            time.sleep(2)
            self.assertLessEqual(len(self.server.executions()), 1)
            self.server.limits(rate_per_minute=6000, burst=100)
            for number in range(SAVES):
                self.assertEqual(self.read(f"run/s{number}.sh.job/stdout"),
                                 f"{number}\n")
        finally:
            os.killpg(lister.pid, 9)
            lister.wait()
        self.assertEqual([e["code"] for e in self.server.executions()],
                         [f"echo {number}\n" for number in range(SAVES)])
        self.assertEqual(self.statuses(), ["completed"] * SAVES)
        self.assertNotIn("429", self.read(".unsandboxfs/errors"))
        self.assertEqual(self.stat("answers_429"), 0)


if __name__ == "__main__":
    unittest.main()
