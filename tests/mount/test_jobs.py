# SPDX-License-Identifier: MIT
# tests/mount/test_jobs.py - jobs/, its links, and forgetting jobs
import os
import re
import shutil
import time
import unittest

from case import MountCase
from gate import Gate


class Jobs(MountCase):
    """The directory of asynchronous jobs."""

    def submit(self, name, code="echo done\n"):
        """Saves a job; returns its directory."""
        self.save("jobs/new/" + name, code)
        return "jobs/" + os.readlink(self.at(f"jobs/new/{name}.job"))[3:]

    def finished(self, name, code="echo done\n"):
        """The same for a job that has ended."""
        job = self.submit(name, code)
        self.read(job, "exit_code")
        return job

    def going_on(self, name):
        """A job that runs until the test ends."""
        gate = Gate(self.place, name)
        job = self.submit(name + ".sh", f"echo begun\n{gate.wait}")
        self.addCleanup(self.error_of, self.save, job + "/cancel", "1")
        self.assertEqual(self.shell("head -n 1 $1/stdout", job), "begun\n")
        return job

    def test_links_to_the_newest(self):
        one = self.finished("n.sh", "echo 1")
        two = self.finished("n.sh", "echo 2")
        self.assertNotEqual(one, two)
        self.assertEqual(os.readlink(self.at("jobs/latest")), two[5:])
        self.assertEqual(self.read("jobs/new/n.sh.job/stdout"), "2\n")
        self.assertEqual(self.read(one, "stdout"), "1\n")
        self.assertEqual(self.read("jobs/new/n.sh"), "echo 2")
        self.finished("other.sh")
        self.assertNotEqual(os.readlink(self.at("jobs/latest")), two[5:])
        self.assertEqual(os.readlink(self.at("jobs/new/n.sh.job")),
                         "../" + two[5:])

    def test_close_returns_once_it_is_accepted(self):
        job = self.going_on("accepted")
        self.assertIn(self.value(job, "status"), ("pending", "running"))
        self.assertEqual(self.value(job, "id"), job[5:])
        self.assertEqual(self.executions()[0]["path"], "/execute/async")

    def test_states_pass(self):
        gate = Gate(self.place, "states")
        job = self.submit("states.sh", gate.wait)
        self.wait_for(lambda: self.value(job, "status") == "running",
                      "running", 15)
        gate.open()
        self.assertEqual(self.read(job, "exit_code"), "0\n")
        self.assertEqual(self.value(job, "status"), "completed")
        for name in ("created_at", "started_at", "completed_at"):
            self.assertRegex(self.value(job, name), r"^\d{4}-\d\d-\d\dT")

    def test_jobs_of_others_are_listed(self):
        """Jobs that the API lists but this mount did not submit."""
        job_id = "0a1b2c3d-0000-4000-8000-00000000beef"
        self.server.fault(
            {"method": "GET", "path": "/jobs", "status": 200, "body": {
                "jobs": [{"job_id": job_id, "status": "running", "language":
                          "ruby", "network_mode": "zerotrust", "created_at":
                          "2026-01-02T03:04:05Z"}], "count": 1}},
            {"method": "GET", "path": "/jobs/ID", "status": 200, "body": {
                "job_id": job_id, "status": "completed", "stdout": "theirs\n",
                "stderr": "", "exit_code": 3, "language": "ruby"}})
        self.save(".unsandboxfs/refresh", "1")
        self.assertIn(job_id, os.listdir(self.at("jobs")))
        self.assertEqual(self.read("jobs", job_id, "stdout"), "theirs\n")
        self.assertEqual(self.value("jobs", job_id, "exit_code"), "3")
        self.assertEqual(self.value("jobs", job_id, "language"), "ruby")
        self.assertNotIn("code", os.listdir(self.at("jobs", job_id)))

    def test_jobs_of_others_that_have_ended(self):
        """Their sizes are unknown until their detail is read."""
        job_id = "0a1b2c3d-0000-4000-8000-00000000f00d"
        job = {"job_id": job_id, "status": "completed"}
        self.server.fault(
            {"method": "GET", "path": "/jobs", "status": 200, "body": {
                "jobs": [job]}},
            {"method": "GET", "path": "/jobs/ID", "status": 200, "body": {
                **job, "stdout": "theirs\n", "exit_code": 0}})
        self.save(".unsandboxfs/refresh", "1")
        self.assertIn(job_id, os.listdir(self.at("jobs")))
        path = self.at("jobs", job_id, "stdout")
        self.assertEqual(os.stat(path).st_size, 0)
        self.assertEqual(self.read(path), "theirs\n")
        self.assertEqual(os.stat(path).st_size, 7)

    def test_names_of_others_that_would_escape(self):
        self.server.fault({"method": "GET", "path": "/jobs", "status": 200,
                           "body": {"jobs": [
                               {"job_id": name, "status": "running"} for name
                               in ("..", ".", "../x", "/etc", "a/b", "",
                                   "new", "latest", "good-one", "ctl\x1b[1m",
                                   "z" * 300)], "count": 11}})
        self.save(".unsandboxfs/refresh", "1")
        names = os.listdir(self.at("jobs"))
        self.assertIn("good-one", names)
        self.assertEqual(len(names), len(set(names)))
        for name in names:
            self.assertNotIn("/", name)
            self.assertLessEqual(len(os.fsencode(name)), 255)
        self.assertTrue(os.path.samefile(self.at("jobs/.."), self.mount.path))
        self.assertTrue(os.path.isdir(self.at("jobs/new/.settings")))

    def test_an_id_that_is_none(self):
        self.assertEqual(self.error_of(os.stat, self.at("jobs/no-such-job")),
                         "ENOENT")
        self.server.reset_counts()
        for _ in range(5):
            self.error_of(os.stat, self.at("jobs/no-such-job"))
        self.assert_requests({})

    def test_a_run_has_one_name(self):
        """A directory with two moves in the kernel when both are looked up."""
        self.save("run/one-name.sh", "echo 1\n")
        job = self.value("run/one-name.sh.job/id")
        for _ in range(2):
            self.assertEqual(self.error_of(os.stat, self.at("jobs", job)),
                             "ENOENT")
            self.assertNotIn(job, os.listdir(self.at("jobs")))
            self.assertEqual(self.read("run/one-name.sh.job/stdout"), "1\n")
            self.save(".unsandboxfs/refresh", "1")

    def test_a_finished_one_is_forgotten_by_rmdir(self):
        job = self.finished("rmdir.sh")
        os.rmdir(self.at(job))
        self.assertFalse(os.path.exists(self.at(job)))
        self.assertNotIn(job[5:], os.listdir(self.at("jobs")))
        self.assertFalse(os.path.lexists(self.at("jobs/latest"))
                         and os.readlink(self.at("jobs/latest")) == job[5:])
        self.assertEqual(self.read("jobs/new/rmdir.sh"), "echo done\n")
        self.mount.restart()
        self.assertNotIn(job[5:], os.listdir(self.at("jobs")))

    def test_and_by_what_deletes_recursively(self):
        for name, remove in (
                ("rm", lambda path: self.shell("rm -r $1", path)),
                ("rmtree", shutil.rmtree),
                ("find", lambda path: self.shell("find $1 -delete", path))):
            job = self.finished(f"by_{name}.sh")
            remove(self.at(job))
            self.assertFalse(os.path.exists(self.at(job)), name)
        self.assertEqual(self.server.requests().get("DELETE /jobs/ID", 0), 0)

    def check_busy(self, path):
        """A running job cannot be removed in any way."""
        self.assertEqual(self.error_of(os.rmdir, self.at(path)), "EBUSY")
        self.fails("rm -rf $1", path)
        self.error_of(shutil.rmtree, self.at(path))
        self.assertIn(self.value(path, "status"), ("pending", "running"))
        self.assertEqual(self.error_of(os.unlink, self.at(path, "stdout")),
                         "EBUSY")

    def test_one_that_goes_on_is_busy(self):
        job = self.going_on("busy")
        self.check_busy(job)
        self.save(job + "/cancel", "1")
        self.assertEqual(self.read(job, "stdout"), "begun\n")
        os.rmdir(self.at(job))

    def test_a_cancelled_one_says_so_at_once(self):
        for number in range(10):
            job = self.submit(f"at-once-{number}.sh", "sleep 60")
            self.save(job + "/cancel", "1")
            self.assertEqual(self.value(job, "status"), "cancelled")

    def test_a_run_that_goes_on_is_busy(self):
        gate = Gate(self.place, "run")
        self.save("run/busy.sh", gate.wait + "echo end\n")
        self.check_busy("run/busy.sh.job")
        gate.open()
        self.assertEqual(self.read("run/busy.sh.job/stdout"), "end\n")
        os.rmdir(self.at("run/busy.sh.job"))
        self.assertFalse(os.path.exists(self.at("run/busy.sh.job")))
        self.save("run/busy.sh", "echo again\n")
        self.assertEqual(self.read("run/busy.sh.job/stdout"), "again\n")

    def test_a_script_is_removed_while_it_runs(self):
        """The job continues without its script and its directory."""
        gate = Gate(self.place, "removed")
        self.save("run/removed.sh", gate.wait + "echo end\n")
        with open(self.at("run/removed.sh.job/stdout"), "rb") as stdout:
            os.unlink(self.at("run/removed.sh"))
            self.assertFalse(os.path.exists(self.at("run/removed.sh")))
            gate.open()
            self.assertEqual(stdout.read(), b"end\n")

    def test_files_of_a_job_are_not_to_be_written(self):
        job = self.finished("files.sh")
        for name in ("stdout", "status", "exit_code", "job.json", "code"):
            self.assertIn(self.save_error(f"{job}/{name}", "x"),
                          ("EPERM", "EACCES"), name)
        self.assertEqual(self.read(job, "stdout"), "done\n")

    def test_listing_of_many_is_one_request(self):
        for number in range(5):
            self.finished(f"many{number}.sh")
        self.save(".unsandboxfs/refresh", "1")
        self.server.reset_counts()
        began = time.monotonic()
        self.shell("ls -lR jobs; grep -r . jobs >/dev/null; ls jobs; ls jobs")
        seconds = int(time.monotonic() - began)  # each may send a request
        counts = self.server.requests()
        self.assertEqual(list(counts), ["GET /jobs"])
        self.assertLessEqual(counts["GET /jobs"], 1 + seconds)

    def test_job_json_is_the_whole_answer(self):
        job = self.finished("json.sh", "echo '\"quoted\"'")
        text = self.read(job, "job.json")
        self.assertTrue(text.endswith("}\n"))
        self.assertTrue(re.search(r'^  +"job_id": ?"', text, re.M), text)
        self.assertIn('\\"quoted\\"', text)


if __name__ == "__main__":
    unittest.main()
