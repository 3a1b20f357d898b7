# SPDX-License-Identifier: MIT
# tests/mount/test_results.py - what is told of a job, what is kept of it, and
# cancelling it without a guess
import json
import os
import subprocess
import time
import unittest

from case import MountCase
from gate import Gate


class Going(MountCase):
    """Jobs that go on until the test ends."""

    def going_on(self, name, directory="run", ending=".sh"):
        """Starts one; returns its gate and its directory."""
        gate = Gate(self.place, self.id().split(".")[-1] + name)
        self.save(f"{directory}/{name}{ending}", f"echo begun\n{gate.wait}")
        keep = gate.stay_open
        self.addCleanup(lambda: os.close(keep()))
        return gate, f"{directory}/{name}{ending}.job"


class Cancel(Going):
    """A run over /execute has no id until it has ended."""

    def setUp(self):
        super().setUp()
        self.switch(early_answer=0)

    def list_jobs(self, *jobs):
        """The API lists these; a job is its id and what is not as usual."""
        self.server.answer("GET", "/jobs", {"jobs": [
            {"job_id": job_id, "status": "running", "language": "bash",
             "network_mode": "zerotrust",
             "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
             **other} for job_id, other in jobs], "count": len(jobs)})

    def deletions(self):
        """How many jobs were deleted."""
        return self.server.requests().get("DELETE /jobs/ID", 0)

    def check_refused(self, job, word):
        """Nothing is deleted, and errors says why."""
        self.assertEqual(self.save_error(job + "/cancel", "1\n"), "EBUSY")
        self.assertIn(word, self.read(".unsandboxfs/errors").splitlines()[-1])
        self.assertEqual(self.deletions(), 0)
        self.assertEqual(self.value(job, "status"), "running")

    def test_the_only_one_that_can_be_it(self):
        _, job = self.going_on("one")
        self.save(job + "/cancel", "1\n")
        self.assertEqual(self.deletions(), 1)
        self.assertEqual(self.read(job, "stdout"), "begun\n")

    def test_several_that_can_be_it(self):
        _, job = self.going_on("several")
        self.list_jobs(("aaaa", {}), ("bbbb", {}))
        self.check_refused(job, "guess")

    def test_none_that_can_be_it(self):
        _, job = self.going_on("none")
        hour = time.strftime("%Y-%m-%dT%H:%M:%SZ",
                             time.gmtime(time.time() - 3600))
        later = time.strftime("%Y-%m-%dT%H:%M:%SZ",
                              time.gmtime(time.time() + 3600))
        for other in ({"language": "python"}, {"network_mode": "semitrusted"},
                      {"created_at": hour}, {"created_at": later},
                      {"status": "completed"}):
            self.list_jobs(("aaaa", other))
            self.check_refused(job, "no job")

    def test_one_of_which_too_little_is_told(self):
        _, job = self.going_on("little")
        for member in ("language", "created_at"):
            self.list_jobs(("aaaa", {member: None}))
            self.check_refused(job, "sure")

    def test_one_that_was_known_before(self):
        self.list_jobs(("old", {}))
        self.save(".unsandboxfs/refresh", "1")
        self.assertIn("old", os.listdir(self.at("jobs")))
        _, job = self.going_on("known")
        self.list_jobs(("old", {}))
        self.check_refused(job, "no job")

    def test_two_runs_and_one_job(self):
        """It can be either of them."""
        _, one = self.going_on("first")
        _, two = self.going_on("second")
        self.list_jobs(("aaaa", {}))
        for job in (one, two):
            self.check_refused(job, "another run")


class Told(Going):
    """status, job.json and error."""

    def test_status_is_fresh_when_it_is_read(self):
        """Other jobs go on, so that nobody polls this one."""
        self.going_on("other", "jobs/new")
        gate, job = self.going_on("fresh", "jobs/new")
        self.wait_for(lambda: self.value(job, "status") == "running",
                      "running", 15)
        time.sleep(12)  # polls without a reader have slowed down
        gate.open()
        time.sleep(1.5)  # the program ends
        self.assertEqual(self.value(job, "status"), "completed")

    def test_walkers_ask_for_nothing(self):
        _, job = self.going_on("walked", "jobs/new")
        time.sleep(8)
        self.server.reset_counts()
        began = time.monotonic()
        for _ in range(5):
            self.shell("cp -r $1/ $2/copy; rm -r $2/copy; grep -r . $1 "
                       ">/dev/null; cat $1/stdout >/dev/null & kill $!",
                       job, self.place.path)
        self.assertLess(time.monotonic() - began, 10)
        self.assertLessEqual(sum(self.server.requests().values()), 4)

    def test_what_is_known_from_the_start(self):
        _, job = self.going_on("start")
        self.assertEqual(self.value(job, "language"), "bash")
        self.assertEqual(self.value(job, "network_mode"), "zerotrust")
        self.assertRegex(self.value(job, "created_at"), r"^\d{4}-\d\d-\d\dT")
        known = json.loads(self.read(job, "job.json"))
        self.assertEqual((known["status"], known["language"]),
                         ("running", "bash"))
        self.assertNotIn("completed_at", os.listdir(self.at(job)))

    def check_error(self, name, fault, may_have_run, words):
        """A run that fails so."""
        self.server.fault({"method": "POST", "path": "/execute", **fault})
        self.save_error(f"run/{name}.sh", "echo ran\n")
        job = f"run/{name}.sh.job"
        self.wait_for(lambda: self.value(job, "status") == "error", "error")
        self.assertEqual(self.value(job, "may_have_run"), may_have_run)
        text = self.value(job, "error")
        for word in words:
            self.assertIn(word, text)
        self.assertNotIn("save", text)
        known = json.loads(self.read(job, "job.json"))
        self.assertEqual(known["may_have_run"], may_have_run == "1")
        self.assertIsNotNone(self.error_of(self.read, job, "stdout"))
        # cp -r and its like get what there is.
        self.shell("rm -rf $2/copy; cp -r $1 $2/copy", job, self.place.path)
        self.assertEqual(os.path.getsize(self.place.path + "/copy/stdout"), 0)

    def test_outcomes(self):
        self.check_error("refused", {"status": 400, "body": {
            "message": "bad\u001b[1m program", "code": "E_BAD",
            "details": "line 3"}}, "0",
            ["bad", "E_BAD", "line 3", "nothing ran", "\\x1b"])
        self.check_error("unknown", {"close": "before", "after": True}, "1",
                         ["outcome is unknown", "may have run"])
        self.check_error("lost", {"status": 200, "body": "no json"}, "1",
                         ["result is lost", "may have run"])

    def test_not_sent(self):
        self.server.stop()
        self.addCleanup(self.server.start)
        self.save_error("run/unsent.sh", "echo ran\n")
        job = "run/unsent.sh.job"
        self.wait_for(lambda: self.value(job, "status") == "error", "error")
        self.assertEqual(self.value(job, "may_have_run"), "0")
        self.assertIn("not sent", self.value(job, "error"))

    def test_queued_when_the_mount_ends(self):
        """Of what was not sent, it is certain that it did not run."""
        self.switch(early_answer=0)  # else what was sent is followed
        self.server.limits(concurrency=1)
        self.addCleanup(self.server.limits, concurrency=0)
        self.mount.restart()  # it reads the limit
        _, going = self.going_on("sent")
        _, queued = self.going_on("queued")
        self.assertEqual(self.value(queued, "status"), "pending")
        self.mount.restart()
        for job, may_have_run in ((going, "1"), (queued, "0")):
            self.assertEqual(self.value(job, "status"), "error")
            self.assertEqual(self.value(job, "may_have_run"), may_have_run)
        self.assertIn("not sent", self.value(queued, "error"))

    def test_rerun(self):
        self.save("run/twice.sh", "echo twice\n")
        job = "run/twice.sh.job"
        self.assertEqual(self.read(job, "stdout"), "twice\n")
        for word in ("2\n", self.read(job, "rerun")):
            self.assertEqual(self.save_error(job + "/rerun", word), "EINVAL")
        self.save(job + "/rerun", "1\n")
        self.assertEqual(self.read(job, "stdout"), "twice\n")
        self.assertEqual(len(self.executions()), 2)
        self.mount.restart()
        self.save(job + "/rerun", "1\n")
        self.assertEqual(self.read(job, "stdout"), "twice\n")
        self.assertEqual(len(self.executions()), 3)

    def test_rerun_of_a_job(self):
        self.save("jobs/new/twice.sh", "echo twice\n")
        first = os.readlink(self.at("jobs/latest"))
        self.read("jobs", first, "exit_code")
        self.save(f"jobs/{first}/rerun", "1\n")
        second = os.readlink(self.at("jobs/latest"))
        self.assertNotEqual(first, second)
        self.assertEqual(self.read("jobs", second, "stdout"), "twice\n")
        self.assertEqual(self.read("jobs", first, "stdout"), "twice\n")


class Forgotten(Going):
    """keep_jobs, and rmdir."""

    options = "keep_jobs=3"

    def test_the_newest_are_kept(self):
        gate, going = self.going_on("going", "jobs/new")
        going = "jobs/" + os.readlink(self.at(going))[3:]
        jobs = []
        for number in range(5):
            self.save(f"jobs/new/n{number}.sh", f"echo {number}\n")
            jobs.append(os.readlink(self.at("jobs/latest")))
            self.read("jobs", jobs[-1], "exit_code")
        self.wait_for(lambda: not os.path.exists(self.at("jobs", jobs[1])),
                      "the oldest go")
        self.assertEqual(self.value(going, "status"), "running")
        for restart in (False, True):
            if restart:
                self.mount.restart()
            names = os.listdir(self.at("jobs"))
            self.assertEqual([job in names for job in jobs],
                             [False, False, True, True, True])
            self.assertEqual(self.read("jobs", jobs[2], "stdout"), "2\n")
        self.assertNotIn("n0.sh.job", os.listdir(self.at("jobs/new")))
        # The one that was submitted first ends last.
        gate.open()
        self.assertEqual(self.read(going, "stdout"), "begun\n")
        self.wait_for(lambda: not os.path.exists(self.at("jobs", jobs[2])),
                      "the next goes")
        self.assertEqual(self.read(going, "stdout"), "begun\n")

    def test_rmdir_of_one_that_goes_on(self):
        _, job = self.going_on("busy", "jobs/new")
        job = "jobs/" + os.readlink(self.at(job))[3:]
        self.assertEqual(self.error_of(os.rmdir, self.at(job)), "EBUSY")
        line = self.read(".unsandboxfs/errors").splitlines()[-1]
        self.assertIn("/" + job, line)
        self.assertIn("cancel", line)


class FullDisk(Going):
    """A state directory with little room."""

    starts_mounted = False

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("needs root to mount a small disk")
        self.disk = os.path.join(self.place.path, "small")
        os.mkdir(self.disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs",
                        self.disk], check=True)
        self.addCleanup(os.rmdir, self.disk)
        self.addCleanup(subprocess.run, ["umount", self.disk], check=True)
        self.mount.state_dir = self.disk
        self.mount.start(20)
        self.addCleanup(self.mount.end)

    def check_too_large(self, job):
        """It has ended, readers get the error, and nothing of it is kept."""
        self.wait_for(lambda: self.value(job, "status") == "error", "error")
        for name in ("stdout", "exit_code"):
            self.assertEqual(self.error_of(self.read, job, name), "ENOSPC")
        self.assertEqual(self.value(job, "may_have_run"), "1")
        self.assertLess(self.used(), 1 << 20)

    def used(self):
        """How many bytes are used on the disk."""
        disk = os.statvfs(self.disk)
        return (disk.f_blocks - disk.f_bfree) * disk.f_frsize

    def test_a_result_that_does_not_fit(self):
        for directory in ("run", "jobs/new"):
            self.save_error(f"{directory}/large.sh",
                            "head -c 6000000 /dev/zero | tr '\\0' x\n")
            self.check_too_large(f"{directory}/large.sh.job")
        self.server.reset_counts()
        time.sleep(5)
        self.assert_requests({})
        # The disk grows, and somebody asks.
        subprocess.run(["mount", "-o", "remount,size=64m", self.disk],
                       check=True)
        self.assertEqual(len(self.read("jobs/new/large.sh.job/stdout")),
                         6000000)
        self.assertEqual(self.value("jobs/new/large.sh.job", "status"),
                         "completed")

    def test_a_full_disk_can_be_read(self):
        self.save("run/small.sh", "echo small\n")
        self.assertEqual(self.read("run/small.sh.job/stdout"), "small\n")
        self.going_on("waits")
        with open(self.disk + "/filler", "wb", buffering=0) as file:
            self.error_of(lambda: [file.write(bytes(4096))
                                   for _ in range(4096)])
        self.assertEqual(self.read("run/small.sh.job/stdout"), "small\n")
        fd = os.open(self.at("run/waits.sh.job/stdout"),
                     os.O_RDONLY | os.O_NOFOLLOW)
        self.assertEqual(os.read(fd, 100), b"")
        os.close(fd)
        self.shell("ls -lR . >/dev/null; grep -rq small run")
        os.unlink(self.disk + "/filler")


if __name__ == "__main__":
    unittest.main()
