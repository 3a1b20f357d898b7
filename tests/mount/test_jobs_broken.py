# SPDX-License-Identifier: MIT
# tests/mount/test_jobs_broken.py - jobs whose answers cannot be understood
import os
import time
import unittest

from case import MountCase

# In the place of a job's answer.
BROKEN = {
    "a number": b"0",
    "too deep": b'{"status":"completed","stderr":' + b"[" * 70 + b"]" * 70
                + b"}",
    "no state": b"{}",
}


class JobsBroken(MountCase):
    """Readers learn of it; few requests are sent; a true answer ends it."""

    def break_jobs(self, body):
        """Answers every request of a job with it."""
        self.server.answer("GET", "/jobs/ID", body, times=1000000)

    def sent(self):
        """How many requests of jobs and of their list there were."""
        counts = self.server.requests()
        return sum(count for what, count in counts.items()
                   if what.startswith("GET /jobs"))

    def test_own(self):
        for name, body in BROKEN.items():
            with self.subTest(answer=name):
                self.break_jobs(body)
                self.save("jobs/new/own.sh", "echo done\n")
                job = self.at("jobs/new/own.sh.job")
                self.assertEqual(self.error_of(self.read, job, "stdout"),
                                 "EPROTO")
                self.assertEqual(self.error_of(self.read, job, "exit_code"),
                                 "EPROTO")
                self.assertIn("EPROTO", self.read(".unsandboxfs/errors"))
                self.server.fault()
                self.wait_for(
                    lambda: self.value(job, "status") == "completed", name, 30)
                self.assertEqual(self.read(job, "stdout"), "done\n")

    def test_readers_of_the_state(self):
        """However often it is read."""
        self.break_jobs(b"0")
        self.save("jobs/new/state.sh", "echo done\n")
        job = self.at("jobs/new/state.sh.job")
        self.wait_for(lambda: self.value(job, "status") and self.sent() > 2,
                      "polls")
        self.server.reset_counts()
        began = time.monotonic()
        for _number in range(300):
            self.value(job, "status")
        seconds = time.monotonic() - began
        self.assertLessEqual(self.sent(), 3 + seconds)

    def test_foreign(self):
        """A job that ended, and of which only its line is known."""
        name = "0a1b2c3d-0000-4000-8000-00000000beef"
        job = {"job_id": name, "status": "completed"}
        rules = [{"method": "GET", "path": "/jobs", "status": 200,
                  "body": {"jobs": [job]}},
                 {"method": "GET", "path": "/jobs/ID", "status": 200,
                  "body": []}]
        self.server.fault(*rules)
        self.save(".unsandboxfs/refresh", "1\n")
        self.assertIn(name, os.listdir(self.at("jobs")))
        began = time.monotonic()
        for _number in range(100):
            for value in ("stdout", "job.json"):
                self.assertEqual(self.error_of(
                    self.read, "jobs", name, value), "EPROTO")
        seconds = time.monotonic() - began
        self.assertLessEqual(self.sent(), 4 + 2 * seconds)
        rules[1]["body"] = {**job, "stdout": "theirs\n"}
        self.server.fault(*rules)
        self.wait_for(lambda: self.error_of(
            self.read, "jobs", name, "stdout") is None, name, 30)
        self.assertEqual(self.read("jobs", name, "stdout"), "theirs\n")


if __name__ == "__main__":
    unittest.main()
