# SPDX-License-Identifier: MIT
# tests/mount/test_many.py - a hundred jobs at once, and their requests
import os
import subprocess
import sys
import time
import unittest

from case import MountCase

JOBS = 100
WRITERS = 5

# Each writer saves its share, one file after the other.
WRITER = """
import sys
first, step, count, folder = *map(int, sys.argv[1:4]), sys.argv[4]
for number in range(first, count, step):
    with open(f"{folder}/n{number}.sh", "w") as file:
        file.write(f"echo {number} squared is $(({number} * {number}))\\n")
"""


class ManyCase(MountCase):
    """Saves a hundred programs at once, and checks their results."""

    time_limit_s = 120

    def save_all(self, directory):
        """Saves all of them, in several processes."""
        writers = [subprocess.Popen(
            [sys.executable, "-c", WRITER, str(first), str(WRITERS),
             str(JOBS), self.at(directory)]) for first in range(WRITERS)]
        for writer in writers:
            self.assertEqual(writer.wait(60), 0)

    def check_results(self, directory):
        """Every one has its own output."""
        for n in range(JOBS):
            self.assertEqual(self.read(f"{directory}/n{n}.sh.job/stdout"),
                             f"{n} squared is {n * n}\n")

    def check_executions(self, path):
        """Each ran once."""
        ran = self.server.executions()
        self.assertEqual(sorted(e["code"] for e in ran), sorted(
            f"echo {n} squared is $(({n} * {n}))\n" for n in range(JOBS)))
        self.assertEqual({e["path"] for e in ran}, {path})


class Jobs(ManyCase):
    """Each job is submitted once; polling costs one list a second."""

    def test_a_hundred_async_jobs(self):
        began = time.monotonic()
        self.save_all("jobs/new")
        self.check_results("jobs/new")
        seconds = time.monotonic() - began
        requests = self.server.requests()
        self.check_executions("/execute/async")
        self.assertEqual(requests.pop("POST /execute/async"), JOBS)
        self.assertLessEqual(requests.pop("GET /jobs/ID", 0), JOBS)
        self.assertLessEqual(requests.pop("GET /jobs", 0), seconds + 1)
        self.assertEqual(requests, {})
        self.check_listing()

    def check_listing(self):
        """jobs/ has each of them, under its own id."""
        ids = {os.readlink(self.at(f"jobs/new/n{n}.sh.job"))
               for n in range(JOBS)}
        self.assertEqual(len(ids), JOBS)
        self.assertLessEqual({i[3:] for i in ids},
                             set(os.listdir(self.at("jobs"))))


class Runs(ManyCase):
    """Each is one request."""

    def test_a_hundred_runs(self):
        self.save_all("run")
        self.check_results("run")
        self.check_executions("/execute")
        self.assert_requests({"POST /execute": JOBS})


if __name__ == "__main__":
    unittest.main()
