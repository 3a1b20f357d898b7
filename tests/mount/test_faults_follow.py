# SPDX-License-Identifier: MIT
# tests/mount/test_faults_follow.py - accepted jobs are polled to their end
"""The cells of the matrix for requests that no user makes: the polls. A
temporary fault, whichever it is, may cost time, but never a result."""
import errno
import os
import threading
import time
import unittest

from test_faults_lane import SLOWNESS, Lane, MatrixCase, error_of, lanes

STRIKES = 4  # more than one request is tried


class Follow(Lane):
    """The poll of one job that has a waiting reader: GET /jobs/ID."""

    kind, method, path = "follow", "GET", "/jobs/ID"
    changes = False
    seconds = 0.3

    def __init__(self, faults):
        super().__init__(faults)
        self.ids = []

    def word(self, number, which=0):
        """The output of a job."""
        return f"{self.kind}-cell-{number}.{which}"

    def submit(self, number, which=0):
        """Submits a job; returns its id."""
        name = f"jobs/new/f{number}.{which}.sh"
        self.write(name, f"sleep {self.seconds}; echo "
                         f"{self.word(number, which)}\n")
        return os.path.basename(os.readlink(self.at(name + ".job")))

    def prepare(self, number):
        self.ids = [self.submit(number)]
        self.good = {"job_id": self.ids[0], "status": "completed",
                     "stdout": self.word(number) + "\n", "stderr": "",
                     "exit_code": 0, "language": "bash", "total_time_ms": 9}

    def rule_path(self):
        return "/jobs/" + self.ids[0]

    def strike(self, fault):
        if fault.rule or fault.shape:
            fault.rule.setdefault("times", STRIKES)
        super().strike(fault)

    def attempt(self, number):
        return error_of(self.job_result, number, 0)

    def job_result(self, number, which):
        """Waits for the job's end; asserts that its result is complete."""
        job = f"jobs/{self.ids[which]}"
        self.equal((self.read(job + "/exit_code"),
                    self.read(job + "/status"), self.read(job + "/stdout")),
                   ("0\n", "completed\n", self.word(number, which) + "\n"),
                   "the result")

    def meet(self, fault):
        if not fault.rule and not fault.shape:
            time.sleep(1.5)
            self.relent(fault)
        return self.attempt(self.number)

    def kept(self, number, fault, error):
        if fault.name in ("refused", "restart"):  # the server forgot it
            self.check("forgotten" in self.read(
                f"jobs/{self.ids[0]}/error"), "the reason")
            return
        self.equal(self.executed(self.word(number)), 1, "executions")

    def again(self, number):
        pass  # the attempt ends with a good answer

    def expected(self, fault):
        return {"ENOENT"} if fault.name in ("refused", "restart") else {None}

    def most_sent(self, fault):
        return 30


class FollowList(Follow):
    """The poll of all jobs, while several have readers: GET /jobs."""

    kind, path = "follow_list", "/jobs"

    def rule_path(self):
        return self.path

    def prepare(self, number):
        self.ids = [self.submit(number, which) for which in range(2)]
        self.good = {"jobs": [{"job_id": job, "status": "running"}
                              for job in self.ids], "count": 2}

    def attempt(self, number):
        found = {}

        def wait(which):
            try:
                self.job_result(number, which)
                found[which] = None
            except OSError as error:
                found[which] = errno.errorcode[error.errno]
            except AssertionError as error:
                found[which] = str(error)

        threads = [threading.Thread(target=wait, args=(which,))
                   for which in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60 * SLOWNESS)
        self.equal(found[0], found[1], "both")
        return found[0]


class Following(MatrixCase):
    """The requests that the mount makes by itself."""


Following.add_cells(lanes([Follow, FollowList], 6))

if __name__ == "__main__":
    unittest.main()
