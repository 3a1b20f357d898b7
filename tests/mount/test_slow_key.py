# SPDX-License-Identifier: MIT
# tests/mount/test_slow_key.py - a key with one request in 42 seconds
"""Ten saves wait for their turn in order, whatever else is looked at, and
nobody is told of a 429. The order is seen with a faster key, whose requests
have so little time that most runs get no turn in time at first, too; with
RATE_S=42 in the environment it is the slow key's own, in eight minutes."""
import os
import signal
import subprocess
import time
import unittest

from case import MountCase

SAVES = 10
RATE_S = float(os.environ.get("RATE_S", "1.5"))


class KeyCase(MountCase):
    """Saves ten programs while somebody lists directories all the time."""

    time_limit_s = 120
    refusals = 0  # that the mount may meet, and tells nobody

    def setUp(self):
        super().setUp()
        lister = subprocess.Popen(
            ["bash", "-c", "while :; do ls -l run >/dev/null; timeout 5 ls "
             "jobs services >/dev/null 2>&1; sleep .1; done"],
            cwd=self.mount.path, start_new_session=True,
            stdin=subprocess.DEVNULL)

        def end():
            os.killpg(lister.pid, signal.SIGKILL)
            lister.wait()
        self.addCleanup(end)
        for number in range(SAVES):
            self.save(f"run/s{number}.sh", f"echo {number}\n")

    def states(self):
        """The states of all runs."""
        return [self.value(f"run/s{number}.sh.job/status")
                for number in range(SAVES)]

    def stat(self, name):
        """A number of .unsandboxfs/stats."""
        for line in self.read(".unsandboxfs/stats").splitlines():
            if line.startswith(name + " "):
                return int(line.split()[-1])
        self.fail(f"stats has no {name}")

    def check_no_refusal(self):
        """No run and no error has a word of the limit."""
        self.assertNotIn("error", self.states())
        self.assertNotIn("POST", self.read(".unsandboxfs/errors"))
        self.assertLessEqual(self.stat("answers_429"), self.refusals)


class SlowKey(KeyCase):
    """The free key's rate: one request in 42 seconds."""

    server_arguments = ("--rate", f"{60 / 42}:1")

    def test_they_wait(self):
        """The key's check at the start took the first request."""
        time.sleep(3)
        self.assertEqual(self.states(), ["pending"] * SAVES)
        self.assertEqual(self.server.executions(), [])
        self.check_no_refusal()
        self.save("run/s3.sh.job/cancel", "1")
        self.assertEqual(self.value("run/s3.sh.job/status"), "cancelled")


class BriskKey(KeyCase):
    """One request in RATE_S seconds, and 3 seconds for each."""

    server_arguments = ("--rate", f"{60 / RATE_S}:1")
    options = "timeout=2"
    # The key's rate is told as a whole number: a faster one, then.
    refusals = 0 if (60 / RATE_S).is_integer() else 3
    time_limit_s = int(120 + 2 * SAVES * RATE_S)

    def setUp(self):
        self.save("run/.settings/ttl", "1\n")
        super().setUp()

    def test_they_run_in_order(self):
        for number in range(SAVES):
            self.assertEqual(self.read(f"run/s{number}.sh.job/stdout"),
                             f"{number}\n")
        self.assertEqual([e["code"] for e in self.server.executions()],
                         [f"echo {number}\n" for number in range(SAVES)])
        self.assertEqual(self.states(), ["completed"] * SAVES)
        self.check_no_refusal()


class Refused(MountCase):
    """A 429 that nobody expected, and no time to wait for its end."""

    options = "timeout=2"

    def test_it_is_sent_again(self):
        self.save("run/.settings/ttl", "1\n")
        self.server.fault({"path": "/execute", "times": 1, "status": 429,
                           "body": {"error": "slow down"},
                           "headers": {"Retry-After": "5"}})
        for name in "first", "second":
            self.save(f"run/{name}.sh", f"echo {name}\n")
        self.assertEqual(self.read("run/first.sh.job/stdout"), "first\n")
        self.assertEqual(self.read("run/second.sh.job/stdout"), "second\n")
        self.assertEqual(len(self.server.executions()), 2)
        self.assertEqual(self.read(".unsandboxfs/errors"), "")


if __name__ == "__main__":
    unittest.main()
