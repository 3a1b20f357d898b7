# SPDX-License-Identifier: MIT
# tests/mount/test_requests_limit.py - a server with a rate limit
"""With a limit of requests per minute and a burst of 10, listing, running and
following never fail: requests that a user waits for go first, polls last."""
import os
import subprocess
import threading

from case import MountCase, SLOWNESS

RUNS = 40
# The example key's limit of 60 a minute would take twice as long.
PER_MINUTE = int(os.environ.get("PER_MINUTE", 120))
LISTS = ("/services", "/sessions", "/snapshots", "/images", "/images/owned",
         "/images/shared", "/images/public", "/languages", "/shells",
         "/health", "/cluster", "/pools", "/stats")


class Limited(MountCase):
    """More requests at once than a minute allows."""

    options = "ttl_list=120,ttl_system=120"
    server_arguments = ("--rate", f"{PER_MINUTE}:10")
    time_limit_s = 120

    def run_one(self, number, wrong):
        """Saves a program, and waits for its output."""
        path = f"run/u{number}.sh"
        try:
            self.save(path, f"echo {number}\n")
            out = self.read(path + ".job/stdout")
        except OSError as error:
            out = str(error)
        if out != f"{number}\n":
            wrong.append(f"{path}: {out}")

    def runs(self):
        """Starts all runs at once; also returns the list of errors."""
        wrong = []
        runs = [threading.Thread(target=self.run_one, args=(i, wrong))
                for i in range(RUNS)]
        for run in runs:
            run.start()
        return runs, wrong

    def polls(self):
        """The number of polls so far."""
        counts = self.server.requests()
        return sum(count for what, count in counts.items()
                   if what in ("GET /jobs", "GET /jobs/ID",
                               "GET /services/ID/logs"))

    def stat(self, name):
        """A number of .unsandboxfs/stats."""
        for line in self.read(".unsandboxfs/stats").splitlines():
            if line.startswith(name + " "):
                return int(line.split()[-1])
        self.fail(f"stats has no {name}")

    def test_list_run_and_follow(self):
        self.server.ask("PUT", "/seed", {"snapshots": 100, "services": 5,
                                         "sessions": 3, "images": 1})
        self.shell("mkdir services/new/web")
        self.save("services/new/web/bootstrap", "#!/bin/bash\n"
                  "for i in {1..900}; do echo line $i; sleep 0.1; done\n")
        self.shell("mv services/new/web services/")
        self.save("jobs/new/long.sh", "sleep 20; echo long\n")
        self.server.reset()
        polls = self.polls()
        runs, wrong = self.runs()
        log = os.path.join(self.place.path, "followed")
        with open(log, "wb") as out:
            tail = subprocess.Popen(
                ["tail", "-f", "services/web/logs"], stdout=out, stderr=out,
                cwd=self.mount.path, stdin=subprocess.DEVNULL)
            lister = subprocess.Popen(
                ["ls", "-lR"], cwd=self.mount.path, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            for run in runs:
                run.join(100 * SLOWNESS)
                self.assertFalse(run.is_alive(), "a run has not ended")
            polls = self.polls() - polls
            self.assertEqual(self.read("jobs/new/long.sh.job/stdout"),
                             "long\n")
            listing = lister.communicate(timeout=60 * SLOWNESS)[0].decode()
            size = os.path.getsize(log)
            self.wait_for(lambda: os.path.getsize(log) > size,
                          "tail goes on", 20)
            self.assertIsNone(tail.poll(), "tail ended")
        finally:
            for child in tail, lister:
                child.kill()
                child.wait()
            lister.stdout.close()
        with open(log, encoding="utf-8") as lines:
            self.assertNotIn("tail:", lines.read())
        self.assertEqual(wrong, [])
        self.assertEqual(lister.returncode, 0, listing[-500:])
        self.assertEqual(listing.count("snapshot.json"), 100)
        counts = self.server.requests()
        self.assertEqual(counts.get("POST /execute"), RUNS)
        self.assertEqual({path: counts.get("GET " + path) for path in LISTS},
                         {path: 1 for path in LISTS})
        self.assertEqual(self.stat("answers_429"), 0)
        # Meanwhile the runs and the listing used up the limit.
        self.assertLessEqual(polls, 15)
