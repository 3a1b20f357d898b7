# SPDX-License-Identifier: MIT
# tests/mount/test_faults.py - every kind of request against every fault
"""The cells of the matrix, a test each; see test_faults_lane.py."""
import os
import subprocess
import time
import unittest

from place import unmount, wait_until
from test_faults_lane import (SLOWNESS, TIMEOUT_S, Lane, MatrixCase, error_of,
                              lanes)


# ---- requests that run what is saved ----

RUN_ANSWER = {"success": True, "job_id": "0d2b49d6-1111-4222-8333-00000000abcd",
              "status": "completed", "stdout": "shaped\n", "stderr": "",
              "exit_code": 0, "language": "bash", "total_time_ms": 5,
              "network_mode": "zerotrust"}
SUBMIT_ANSWER = {"job_id": "0d2b49d6-1111-4222-8333-%012d",
                 "status": "pending", "created_at": "2026-01-31T10:00:00Z",
                 "language": "bash", "total_time_ms": 0}


class Run(Lane):
    """A save in run/: POST /execute."""

    kind, path, good = "run", "/execute", RUN_ANSWER
    folder = "run"

    def name(self, number):
        """The file that is saved."""
        return f"{self.folder}/cell{number}.sh"

    def script(self, number):
        """What is saved."""
        return f"echo {self.word(number)}\n"

    def word(self, number):
        """The word that it prints, which identifies it."""
        return f"{self.kind}-cell-{number}."

    def job(self, number):
        """Its job directory."""
        return self.name(number) + ".job"

    def attempt(self, number):
        return error_of(self.write, self.name(number), self.script(number))

    def meet(self, fault):
        error = self.attempt(self.number)
        if error:
            return error
        if fault.hangs:
            return self.meet_a_hang()
        return self.outcome()

    def outcome(self):
        """If a save takes longer than run_wait, readers of the result get
        its error."""
        return error_of(self.read, self.job(self.number) + "/stdout")

    def meet_a_hang(self):
        """A program may run for long: only readers wait. If the server goes
        away, the reader gets an error."""
        stdout = self.at(self.job(self.number), "stdout")
        reader = subprocess.Popen(["cat", stdout], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        try:
            reader.wait(0.3)
        except subprocess.TimeoutExpired:
            reader.kill()
            reader.wait(2 * SLOWNESS)
        self.check(os.listdir(self.at("run")) is not None, "ls")
        fd = os.open(stdout, os.O_RDONLY | os.O_NONBLOCK)
        try:
            self.equal(error_of(os.read, fd, 10), "EAGAIN", "a read of it")
        finally:
            os.close(fd)
        wait_until(self.sent, 30, "it was sent")
        self.check(self.sent() == 1, "sent more than once")
        self.server.stop()
        error = error_of(self.read, self.job(self.number) + "/stdout")
        self.check(error in ("ECONNRESET", "EPROTO"), f"the reader: {error}")
        return "ETIMEDOUT"

    def kept(self, number, fault, error):
        self.equal(self.read(self.name(number)), self.script(number),
                   "the script")
        executed = self.executed(self.word(number))
        self.check(executed <= 1, f"{executed} executions")
        if error:
            job = self.job(number)
            self.equal(self.read(job + "/status"), "error\n", "its status")
            reason = self.read(job + "/error")
            self.check(len(reason) > 4, "no reason in error")
            if fault.words and fault.words not in reason:
                raise AssertionError(f"{reason!r} is not the API's message")
            self.check(error in self.errors or fault.hangs,
                       "it is not in .unsandboxfs/errors")
        elif not fault.shape:
            self.equal(self.read(self.job(number) + "/stdout"),
                       self.word(number) + "\n", "its output")

    def again(self, number):
        self.server.ask("DELETE", "/executions")
        self.equal(self.attempt(number), None, "the next save")
        self.equal(self.read(self.job(number) + "/stdout"),
                   self.word(number) + "\n", "the next output")
        self.equal(self.executed(self.word(number)), 1, "its executions")

    def shape_errors(self, fault):
        # An unknown state, with a complete result.
        return {None, "EPROTO"} if fault.shape == "status" else {"EPROTO"}


class RunText(Run):
    """A #! script without extension: POST /run, after the close."""

    kind, path = "run_text", "/run"

    def name(self, number):
        return f"run/cell{number}"

    def script(self, number):
        return f"#!/bin/sh\necho {self.word(number)}\n"

    def attempt(self, number):
        error = super().attempt(number)
        # NAME.job exists as soon as it is closed.
        self.check(error or os.path.exists(self.at(self.job(number))),
                   "no job began")
        return error

    def meet_a_hang(self):
        time.sleep(0.35)  # until a possibly temporary file is sent
        return super().meet_a_hang()


class Upload(Run):
    """A run with input files."""

    kind = "upload"
    data = "0123456789abcde\n" * 100000

    def prepare(self, number):
        os.mkdir(self.at(f"run/in{number}"))
        self.write(f"run/in{number}/data.txt", self.data)

    def name(self, number):
        return f"run/in{number}/main.sh"

    def script(self, number):
        return f"wc -c <data.txt; : {self.word(number)}\n"

    def attempt(self, number):
        error = super().attempt(number)
        time.sleep(0.4)  # a project runs when nothing was written for 250 ms
        return error

    def kept(self, number, fault, error):
        self.equal(self.read(f"run/in{number}/data.txt") == self.data, True,
                   "the input file is whole")
        if error or fault.shape:
            super().kept(number, fault, error)

    def again(self, number):
        self.server.ask("DELETE", "/executions")
        self.equal(self.attempt(number), None, "the next save")
        self.equal(self.read(self.job(number) + "/stdout").strip(),
                   str(len(self.data)), "the next output")
        self.equal(self.executed(self.word(number)), 1, "its executions")


class Async(Run):
    """A save in jobs/new/: POST /execute/async."""

    kind, path, folder = "async", "/execute/async", "jobs/new"
    good = SUBMIT_ANSWER

    def fill(self, fault):
        """A new id, which the server does not know."""
        if fault.shape:
            self.good = dict(SUBMIT_ANSWER, job_id=SUBMIT_ANSWER["job_id"] %
                             self.number)

    def strike(self, fault):
        self.fill(fault)
        super().strike(fault)

    def meet(self, fault):
        return self.attempt(self.number)


class AsyncText(RunText):
    """A #! script saved in jobs/new/: POST /run/async."""

    kind, path, good = "async_text", "/run/async", SUBMIT_ANSWER

    def strike(self, fault):
        Async.fill(self, fault)
        super().strike(fault)

    def name(self, number):
        return f"jobs/new/cell{number}"

    def meet(self, fault):
        error = self.attempt(self.number)
        if error:
            return error
        status = self.job(self.number) + "/status"
        link = self.at(self.job(self.number))
        # The link has the API's id once the job is accepted.
        wait_until(lambda: self.read(status) == "error\n" or
                   not os.readlink(link).startswith("../local-"),
                   (5 + TIMEOUT_S) * SLOWNESS, "the job is known or refused")
        if self.read(status) != "error\n":
            return None
        return error_of(self.read, self.job(self.number) + "/stdout")


class Draft(Lane):
    """A draft of a job is committed: POST /execute/async at a rename."""

    kind, path, good = "draft", "/execute/async", SUBMIT_ANSWER

    def strike(self, fault):
        Async.fill(self, fault)
        super().strike(fault)

    def expected(self, fault):
        """rename(2) gives no EINVAL, which mv misreports."""
        return {"EBADR" if error == "EINVAL" else error
                for error in super().expected(fault)}

    def word(self, number):
        """What it prints."""
        return f"draft-cell-{number}."

    def prepare(self, number):
        os.mkdir(self.at(f"jobs/new/d{number}"))
        self.write(f"jobs/new/d{number}/main.sh",
                   f"cat in.txt; : {self.word(number)}\n")
        self.write(f"jobs/new/d{number}/in.txt", self.word(number))

    def attempt(self, number):
        return error_of(os.rename, self.at(f"jobs/new/d{number}"),
                        self.at(f"jobs/d{number}"))

    def kept(self, number, fault, error):
        executed = self.executed(self.word(number))
        self.check(executed <= 1, f"{executed} executions")
        if error:
            self.equal(self.read(f"jobs/new/d{number}/in.txt"),
                       self.word(number), "the draft's data")
            self.check(self.word(number) in self.read(
                f"jobs/new/d{number}/main.sh"), "the draft's program")
        else:
            self.check(not os.path.exists(self.at(f"jobs/new/d{number}")),
                       "the draft is still there")

    def again(self, number):
        if not os.path.exists(self.at(f"jobs/new/d{number}")):
            number += 10000
            self.prepare(number)
        self.server.ask("DELETE", "/executions")
        self.equal(self.attempt(number), None, "the next commit")
        self.equal(self.read(f"jobs/d{number}/stdout"), self.word(number),
                   "its output")
        self.equal(self.executed(self.word(number)), 1, "its executions")

    def shape_errors(self, fault):
        return Run.shape_errors(self, fault)


class Cancel(Lane):
    """A write to cancel: DELETE /jobs/ID."""

    kind, method, path = "cancel", "DELETE", "/jobs/ID"
    good = {"job_id": "x", "status": "cancelled", "stdout": ""}
    reads_answer = False

    def __init__(self, faults):
        super().__init__(faults)
        self.id = None

    def prepare(self, number):
        name = f"jobs/new/c{number}.sh"
        self.write(name, "echo begun; sleep 60\n")
        self.id = os.path.basename(os.readlink(self.at(name + ".job")))

    def attempt(self, number):
        return error_of(self.write, f"jobs/{self.id}/cancel", "1\n")

    def kept(self, number, fault, error):
        if fault.name == "restart":
            return
        self.check(self.read(f"jobs/{self.id}/status") in (
            "running\n", "pending\n", "cancelled\n"), "its status")

    def again(self, number):
        if self.read(f"jobs/{self.id}/status") != "cancelled\n":
            error = self.attempt(number)
            self.check(error in (None, "ENOENT", "ESRCH"), f"again: {error}")
        self.prepare(number)
        self.equal(self.attempt(number), None, "the next cancel")
        wait_until(lambda: self.read(f"jobs/{self.id}/status") ==
                   "cancelled\n", 5 * SLOWNESS, "its status")

    def expected(self, fault):
        if fault.name == "restart":  # the job is forgotten
            return {"ENOENT"}
        return super().expected(fault)


# ---- requests that change nothing ----

class Languages(Lane):
    """cat languages: GET /languages."""

    kind, method, path = "languages", "GET", "/languages"
    good = {"languages": ["bash", "python"], "aliases": {"sh": "bash"},
            "count": 2}
    changes = False

    def prepare(self, number):
        self.refresh()

    def attempt(self, number):
        return error_of(self.read, "languages")

    def again(self, number):
        self.refresh()
        self.check("python\n" in self.read("languages"), "the languages")

    def shape_errors(self, fault):
        # A bare list is accepted too; it has no member `status`; and names
        # of languages are not checked.
        return {None} if fault.shape in ("list", "status", "types") else {
            "EPROTO"}


class JobList(Lane):
    """ls jobs/: GET /jobs. If that fails, our own jobs are shown."""

    kind, method, path = "job_list", "GET", "/jobs"
    good = {"jobs": [{"job_id": "0d2b49d6-1111-4222-8333-000000009999",
                      "status": "running", "language": "bash",
                      "created_at": "2026-01-31T10:00:00Z"}], "count": 1}
    changes = False

    def open(self):
        super().open()
        self.write("jobs/new/own.sh", "echo own\n")
        self.read("jobs/new/own.sh.job/stdout")

    def prepare(self, number):
        self.refresh()

    def own(self):
        """The id of a job of this mount."""
        return os.path.basename(os.readlink(self.at("jobs/latest")))

    def attempt(self, number):
        names = os.listdir(self.at("jobs"))
        self.check({"new", "latest", self.own()} <= set(names),
                   f"listed are {names}")

    def again(self, number):
        other = f"0d2b49d6-1111-4222-8333-{number:012d}"
        self.refresh()
        self.server.answer("GET", "/jobs", {"jobs": [
            {"job_id": other, "status": "running", "language": "bash"}]})
        names = os.listdir(self.at("jobs"))
        self.check({other, self.own()} <= set(names), f"listed are {names}")

    def expected(self, fault):
        return {None}


class Detail(Lane):
    """Looking at another client's job: GET /jobs/ID."""

    kind, method, path = "detail", "GET", "/jobs/ID"
    good = {"job_id": "0d2b49d6-1111-4222-8333-00000000abcd", "exit_code": 0,
            "status": "completed", "stdout": "detail\n", "language": "bash"}
    changes = False

    def __init__(self, faults):
        super().__init__(faults)
        self.id = None

    def prepare(self, number):
        self.id = f"0d2b49d6-2222-4222-8333-{number:012d}"

    def attempt(self, number):
        # One request: reads return what the look-up received.
        return error_of(self.read, f"jobs/{self.id}/stdout")

    def again(self, number):
        self.id = f"0d2b49d6-3333-4222-8333-{number:012d}"
        self.server.answer("GET", "/jobs/" + self.id, {
            **self.good, "job_id": self.id})
        self.equal(self.read(f"jobs/{self.id}/stdout"), "detail\n", "the next")
        self.server.ask("DELETE", "/faults")

    def expected(self, fault):
        # No such job, if the answer comes from the server itself.
        errors = super().expected(fault)
        if None in errors and not fault.shape:
            return {"ENOENT"}
        if fault.name == "length_too_short":
            return {"EPROTO", "ENOENT"}  # the truncated answer is a refusal
        return errors

    def shape_errors(self, fault):
        return {None, "EPROTO"} if fault.shape == "status" else {"EPROTO"}


class Start(Lane):
    """The key is checked at start: POST /keys/validate."""

    kind, path = "start", "/keys/validate"
    good = {"valid": True, "public_key": "unsb-pk-test-0000-0000-0001",
            "tier": 3, "rate_per_minute": 1000, "burst": 100,
            "concurrency_limit": 10, "status": "active"}
    refused = {"status_401", "status_402", "status_403"}

    def remount(self, server=None, wrapper=()):
        """Nothing: the attempt starts the mount."""
        self.mount.server = server or self.server
        self.mount.wrapper = wrapper

    def attempt(self, number):
        """EXIT if it does not start; otherwise it must serve."""
        self.mount.end()
        with open(self.mount.log_path, "ab") as log:
            status = subprocess.run(
                self.mount.command(), env=self.mount.env, stdout=log,
                stderr=log, stdin=subprocess.DEVNULL, check=False,
                timeout=20 * SLOWNESS).returncode
        self.equal(self.mount.is_mounted(), status == 0, "a mount")
        if status:
            return f"EXIT {status}"
        self.write(f"run/data{number}.txt", "data\n")
        return None

    def kept(self, number, fault, error):
        if not error:
            self.equal(self.read(f"run/data{number}.txt"), "data\n", "data")
            daemons = self.mount.others()
            self.check(unmount(self.mount.path), "unmounting")
            for pid in daemons:
                self.equal(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]),
                           0, "its exit status")
        self.mount.start(20 * SLOWNESS)

    def again(self, number):
        self.write("run/start.sh", f"echo {number}\n")
        self.equal(self.read("run/start.sh.job/stdout"), f"{number}\n",
                   "a run")
        self.refresh()
        self.check(self.read("key/valid") == "1\n", "key/valid")

    def expected(self, fault):
        return {"EXIT 3"} if fault.name in self.refused else {None}


class Matrix(MatrixCase):
    """The requests that a user makes."""


Matrix.add_cells(lanes([Run, RunText, Upload, Async, AsyncText, Draft, Cancel,
                        Languages, JobList, Detail, Start]))

if __name__ == "__main__":
    unittest.main()
