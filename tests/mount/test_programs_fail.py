# SPDX-License-Identifier: MIT
# tests/mount/test_programs_fail.py - programs that fail or are stopped
import itertools
import os
import signal
import unittest

from case import MountCase
from gate import Gate
from place import processes_with

FAILURES = {
    # name: (file, source, exit code, part of stderr)
    "exit_code": ("a.sh", "echo out; echo why >&2; exit 113", 113, "why\n"),
    "syntax_error": ("b.py", "def f(:\n  pass\n", 1, "SyntaxError"),
    "exception": ("c.py", "import sys\nsys.exit('no ' + 1 * 'luck')\n", 1,
                  "no luck\n"),
    "compiler_error": ("d.c", "int main(void) { return x; }\n", 1,
                       "error:"),
    "perl_dies": ("e.pl", "die \"perished\\n\";", 255, "perished\n"),
    "abort": ("f.c", "#include <stdlib.h>\nint main(void) { abort(); }\n",
              128 + signal.SIGABRT, ""),
    "unknown_command": ("g.sh", "no_such_command_here", 127, "not found"),
    "large_exit_code": ("h.py", "import os; os._exit(255)", 255, ""),
}


class ProgramsFail(MountCase):
    """The save succeeds, and the results show the failure."""

    numbers = itertools.count()

    def save_slow(self, name, directory="run", where="slow"):
        """Saves a program that prints a line and then sleeps for long; it
        has begun when this returns its sleep time."""
        gate = Gate(self.place, directory.replace("/", "-") + name)
        wait = f"sleep 600.{os.getpid()}{next(self.numbers)}"
        self.save(f"{directory}/{name}", f"echo first; echo {where} >&2\n"
                  f"{gate.wait}{wait}; echo last\n")
        gate.open()
        return wait

    def wait_for_end(self, wait):
        """Waits until the program with this sleep time is gone."""
        self.wait_for(lambda: wait not in processes_with(wait).values(),
                      "it is gone")

    def test_late_program_is_stopped_by_its_ttl(self):
        os.mkdir(self.at("run/late"))
        self.save("run/late/.settings/ttl", "1\n")
        self.save("run/late/main.sh", "echo begun; echo e >&2; sleep 601")
        self.assertEqual(self.read("run/late/main.sh.job/stdout"), "begun\n")
        self.assertEqual(self.read("run/late/main.sh.job/stderr"), "e\n")
        self.assertEqual(self.value("run/late/main.sh.job/status"), "timeout")
        self.assertEqual(self.value("run/late/main.sh.job/error"),
                         "The time to live is over")
        self.assertEqual(self.executions()[0]["ttl"], 1)

    def test_late_job_is_stopped_by_its_ttl(self):
        os.mkdir(self.at("jobs/new/late"))
        self.save("jobs/new/late/.settings/ttl", "1\n")
        self.save("jobs/new/late/main.sh", "echo begun; sleep 601")
        os.rename(self.at("jobs/new/late"), self.at("jobs/late"))
        self.assertEqual(self.read("jobs/late/stdout"), "begun\n")
        self.assertEqual(self.value("jobs/late/status"), "timeout")

    def test_job_is_cancelled_in_the_middle(self):
        wait = self.save_slow("cancelled.sh", "jobs/new")
        job = "jobs/" + os.readlink(self.at("jobs/latest"))
        self.wait_for(lambda: os.path.exists(self.at(job)) and
                      self.value(job, "status") == "running", "it runs")
        self.save(job + "/cancel", "1\n")
        self.assertEqual(self.read(job, "stdout"), "first\n")
        self.assertEqual(self.read(job, "stderr"), "slow\n")
        self.assertEqual(self.value(job, "status"), "cancelled")
        self.wait_for_end(wait)

    def test_run_is_cancelled_in_the_middle(self):
        wait = self.save_slow("cancelled.sh")
        job = "run/cancelled.sh.job"
        self.assertEqual(self.value(job, "status"), "running")
        self.save(job + "/cancel", "1\n")
        self.assertEqual(self.read(job, "stdout"), "first\n")
        self.assertEqual(self.read(job, "stderr"), "slow\n")
        self.assertEqual(self.value(job, "status"), "cancelled")
        self.wait_for_end(wait)
        self.assertEqual(self.read("run/cancelled.sh")[:11], "echo first;")

    def test_run_is_cancelled_at_the_api(self):
        """Cancelled by another client: the mount shows it too."""
        self.save_slow("stopped.sh", "jobs/new")
        job = "jobs/" + os.readlink(self.at("jobs/latest"))
        self.server.fault({"method": "GET", "path": "/jobs/ID", "times": 1,
                           "status": 200, "body": {
                               "job_id": job[5:], "status": "failed",
                               "stdout": "cut\n", "stderr": "",
                               "exit_code": 9, "error": "The host burnt"}})
        self.assertEqual(self.read(job, "stdout"), "cut\n")
        self.assertEqual(self.value(job, "status"), "failed")
        self.assertEqual(self.value(job, "error"), "The host burnt")
        self.assertEqual(self.value(job, "exit_code"), "9")

    def test_cancel_of_what_is_over_changes_nothing(self):
        self.save("run/over.sh", "echo done")
        self.assertEqual(self.read("run/over.sh.job/stdout"), "done\n")
        self.error_of(self.save, "run/over.sh.job/cancel", "1\n")
        self.assertEqual(self.results("run/over.sh.job"),
                         ("completed", "0", "done\n"))
        self.assert_requests({"POST /execute": 1})

    def test_reading_cancel_cancels_nothing(self):
        self.save_slow("read.sh")
        self.assertIn("write", self.read("run/read.sh.job/cancel"))
        self.assertEqual(self.value("run/read.sh.job/status"), "running")
        self.save("run/read.sh.job/cancel", "1\n")
        self.assertEqual(self.read("run/read.sh.job/stdout"), "first\n")


def add_failures():
    """A test for each row."""
    def check(file, source, code, words):
        def test(self):
            self.save("run/" + file, source)
            job = f"run/{file}.job"
            self.assertEqual(self.results(job)[:2],
                             ("completed", str(code)))
            self.assertIn(words, self.read(job, "stderr"))
            self.assertFalse(os.path.exists(self.at(job, "error")))
            self.assertEqual(self.value(job, "success"), "0")
            self.assert_requests({"POST /execute": 1})
        return test
    for name, row in FAILURES.items():
        setattr(ProgramsFail, "test_" + name, check(*row))


add_failures()

if __name__ == "__main__":
    unittest.main()
