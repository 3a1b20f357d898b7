# SPDX-License-Identifier: MIT
# tests/mount/test_concurrency.py - no more runs at a time than the key allows
"""Runs beyond that limit are queued, are pending, and can be cancelled."""
import os
import signal
import subprocess
import unittest

from case import MountCase
from gate import Gate

LIMIT = 2


class Key(MountCase):
    """A key that allows two runs at a time."""

    server_arguments = ("--concurrency", str(LIMIT))

    def setUp(self):
        super().setUp()
        self.refused = self.refusals()

    def refusals(self):
        """How often the API refused because of its limit."""
        for line in self.read(".unsandboxfs/stats").splitlines():
            if line.startswith("answers_429 "):
                return int(line.split()[1])
        return self.fail("no answers_429")

    def start(self, name, directory="run"):
        """Saves a program that waits at a gate; returns gate and job."""
        gate = Gate(self.place, f"{self._testMethodName}-{name}")
        self.save(f"{directory}/{name}.sh", f"echo {name}\n" + gate.wait)
        job = f"{directory}/{name}.sh.job"
        self.addCleanup(self.error_of, self.save, job + "/cancel", "1\n")
        return gate, job

    def status(self, job):
        """Its current status."""
        return self.value(job, "status")

    def going(self):
        """How many programs the server is running."""
        return self.server.ask("GET", "")["active_jobs"]

    def ran(self):
        """The programs that the server received, in order."""
        return [e["code"].split()[1] for e in self.executions()]

    def assert_none_refused(self):
        """Asserts that the server's limit was never reached."""
        self.assertEqual(self.refusals(), self.refused)


class Queue(Key):
    """As many programs run as the key allows."""

    def test_in_order_and_pending(self):
        self.server.ask("PUT", "/seed", {"services": [{"name": "web"}]})
        places = ["run", "jobs/new", "jobs/new", "run", "run", "jobs/new",
                  "jobs/new", "run"]
        names = [f"p{i}" for i in range(len(places))]
        jobs = [self.start(*pair) for pair in zip(names, places)]
        for i, (gate, _) in enumerate(jobs):
            going = min(i + LIMIT, len(jobs))
            self.wait_for(lambda n=going: len(self.ran()) == n, "the next")
            self.assertEqual(self.ran(), names[:going])
            self.assertLessEqual(self.going(), LIMIT)
            self.assertEqual({self.status(job) for _, job in jobs[going:]},
                             {"pending"} if jobs[going:] else set())
            gate.open()
        for name, (_, job) in zip(names, jobs):
            self.assertEqual(self.results(job),
                             ("completed", "0", name + "\n"))
        self.assert_none_refused()

    def test_many_at_once(self):
        """Saves by parallel processes are all accepted."""
        self.shell("""for i in {1..12}; do
            { echo "echo $i" >run/m$i.sh; cat run/m$i.sh.job/stdout; } &
            { echo "echo $i" >jobs/new/m$i.sh
              cat jobs/new/m$i.sh.job/stdout; } &
            done >$1/out; wait; test $(sort -n $1/out | uniq -c |
            grep -c '^ *2 ') = 12""", self.place.path, seconds=60)
        self.assert_none_refused()

    def test_what_is_cancelled_leaves_the_queue(self):
        jobs = [self.start(f"c{i}", place) for i, place in enumerate(
            ["run", "jobs/new", "run", "jobs/new", "run"])]
        for _, job in jobs[2:4]:
            self.save(job + "/cancel", "1\n")
            self.assertEqual(self.status(job), "cancelled")
            self.assertEqual(self.read(job, "stdout"), "")
        jobs[0][0].open()
        jobs[4][0].open()
        self.assertEqual(self.results(jobs[4][1]), ("completed", "0", "c4\n"))
        jobs[1][0].open()
        self.assertEqual(self.status(jobs[2][1]), "cancelled")
        self.assertEqual(self.ran(), ["c0", "c1", "c4"])

    def test_what_ends_by_cancel_makes_room(self):
        """A job that ends by cancel makes room for one of either kind."""
        jobs = [self.start(f"e{i}", "jobs/new") for i in range(4)]
        for i in range(2):
            self.save(jobs[i][1] + "/cancel", "1\n")
        for gate, job in jobs[2:]:
            gate.open()
            self.assertEqual(self.value(job, "exit_code"), "0")

    def test_a_draft_whose_mv_is_interrupted(self):
        """A draft that was not moved does not run."""
        jobs = [self.start(f"d{i}") for i in range(LIMIT)]
        self.shell("mkdir jobs/new/waits; echo echo no > jobs/new/waits/main.sh")
        with subprocess.Popen(["mv", "jobs/new/waits", "jobs/"],
                              cwd=self.mount.path,
                              stderr=subprocess.DEVNULL) as move:
            self.wait_for(lambda: "\noperations_waiting 1\n" in
                          self.read(".unsandboxfs/stats"), "mv waits")
            move.send_signal(signal.SIGINT)
        self.assertTrue(os.path.exists(self.at("jobs/new/waits/main.sh")))
        self.assertFalse(os.path.lexists(self.at("jobs/waits")))
        for gate, job in jobs:
            gate.open()
            self.value(job, "exit_code")
        self.save("run/last.sh", "echo last\n")
        self.assertEqual(self.read("run/last.sh.job/stdout"), "last\n")
        self.assertEqual(self.ran(), ["d0", "d1", "last"])
        self.shell("mv jobs/new/waits jobs/")
        self.assertEqual(self.read("jobs/waits/stdout"), "no\n")


class LessRoom(Key):
    """Sessions and other mounts also use up the key's limit."""

    def test_what_is_refused_waits(self):
        """A run waits until one of this mount's runs ends."""
        self.server.limits(concurrency=1)
        self.addCleanup(self.server.limits, concurrency=LIMIT)
        jobs = [self.start(f"s{i}", place) for i, place in enumerate(
            ["run", "jobs/new", "run"])]
        self.wait_for(lambda: self.status(jobs[1][1]) == "pending", "it waits")
        for i, (gate, job) in enumerate(jobs):
            gate.open()
            self.assertEqual(self.results(job), ("completed", "0", f"s{i}\n"))
        self.assertEqual(self.ran(), ["s0", "s1", "s2"])
        self.assertLessEqual(self.refusals() - self.refused, 2)

    def test_and_is_tried_again(self):
        """Room may become free without the mount knowing."""
        self.server.limits(concurrency=1)
        self.addCleanup(self.server.limits, concurrency=LIMIT)
        jobs = [self.start(f"t{i}") for i in range(2)]
        self.wait_for(lambda: self.status(jobs[1][1]) == "pending", "it waits")
        self.server.limits(concurrency=LIMIT)
        jobs[1][0].open()
        self.assertEqual(self.results(jobs[1][1]), ("completed", "0", "t1\n"))
        jobs[0][0].open()


if __name__ == "__main__":
    unittest.main()
