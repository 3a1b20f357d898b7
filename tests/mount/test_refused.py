# SPDX-License-Identifier: MIT
# tests/mount/test_refused.py - refusals that need more than one answer
import os
import unittest

from refusal import PLACES, WORDS, RefusalCase, says


class Refused(RefusalCase):
    """Refusals that need more than one rule."""

    runs_each = True

    def test_unknown_language(self):
        os.mkdir(self.at("run/tlhIngan"))
        self.save("run/tlhIngan/.settings/language", "klingon\n")
        self.assertEqual(self.save_error("run/tlhIngan/p.py", "nuqneH\n"),
                         "EINVAL")
        self.check_told("run/tlhIngan/p.py.job", "POST /execute", "EINVAL",
                        "Unsupported language: klingon", 400)
        self.assertEqual(self.read("run/tlhIngan/p.py"), "nuqneH\n")

    def test_details_and_code_are_told(self):
        """In errors as in the job's error."""
        rule = says(422, "too odd")
        rule["body"]["details"] = {"field": "language"}
        self.server.fault({"method": "POST", "path": "/execute", **rule})
        self.assertEqual(self.save_error("run/odd.sh", "true\n"), "EINVAL")
        reason = 'too odd; {"field":"language"} (code SAID_SO)'
        self.check_told("run/odd.sh.job", "POST /execute", "EINVAL", reason,
                        422)

    def test_unknown_interpreter(self):
        """A #! script runs after a delay, so only the job has the error."""
        self.save("run/nosuch", "#!/usr/bin/env klingon\n1\n")
        self.wait_for(lambda: os.path.exists(self.at("run/nosuch.job")) and
                      self.value("run/nosuch.job/status") == "error",
                      "the refusal")
        self.assertEqual(self.error_of(self.read, "run/nosuch.job/stdout"),
                         "EINVAL")
        self.assertIn("EINVAL", self.read(".unsandboxfs/errors"))

    def test_ttl_out_of_range(self):
        for value in ("901", "0", "-1", "60s", "1e2", "99999999999999999999"):
            self.assertIn("Invalid argument", self.fails(
                f"echo {value} >run/.settings/ttl"))
            self.assertEqual(self.value("run/.settings/ttl"), "60")
        self.assert_requests({})

    def test_cp_names_the_reason(self):
        self.server.fault({"path": "/execute", **says(403)})
        source = self.place.path + "/x.py"
        self.assertIn("Permission denied", self.fails(
            'echo pass >"$1"; cp "$1" run/y.py', source))
        self.assertEqual(self.read("run/y.py"), "pass\n")

    def test_too_many_requests_with_time_to_wait(self):
        self.server.fault({"path": "/execute", "times": 1,
                           **says(429, Retry_After="1")})
        self.save("run/patient.py", "print('patient')\n")
        self.assertEqual(self.read("run/patient.py.job/stdout"), "patient\n")
        self.assert_requests({"POST /execute": 2})
        self.assertEqual(len(self.executions()), 1)

    def test_too_many_requests_without_time_to_wait(self):
        self.addCleanup(self.mount.restart)
        self.server.fault({"path": "/execute", **says(429, Retry_After="99")})
        self.assertEqual(self.save_error("run/eager.py", "pass\n"), "EBUSY")
        self.check_told("run/eager.py.job", "POST /execute", "EBUSY", WORDS,
                        429)
        self.assert_requests({"POST /execute": 1})

    def test_too_many_runs_at_a_time(self):
        self.server.fault({"path": "/execute", "status": 429, "body": {
            "error": "concurrency_limit_reached", "active_executions": 5,
            "message": "Too many at a time", "concurrency_limit": 5}})
        self.assertEqual(self.save_error("run/sixth.py", "pass\n"), "EDQUOT")
        self.assertIn("Too many at a time", self.read("run/sixth.py.job/error"))

    def test_unavailable_with_time_to_wait(self):
        self.server.fault({"path": "/execute/async", "times": 1,
                           **says(503, Retry_After="1")})
        self.save("jobs/new/patient.py", "print('patient')\n")
        self.assertEqual(self.read("jobs/latest/stdout"), "patient\n")
        self.assertEqual(self.server.requests()["POST /execute/async"], 2)
        self.assertEqual(len(self.executions()), 1)

    def test_answer_lost_after_the_run(self):
        """The program may have run, so it is not sent again."""
        for place, request in PLACES.items():
            self.server.reset()
            self.server.fault({"path": request[5:], "close": "before",
                               "after": True})
            self.assertEqual(self.save_error(place + "/lost.py", "pass\n"),
                             "ECONNRESET")
            self.assertIn("may have run",
                          self.read(place + "/lost.py.job/error"))
            self.assert_requests({request: 1})
            self.assertEqual(len(self.executions()), 1)

    def test_hang(self):
        """A run may take its ttl in addition to the time-out."""
        os.mkdir(self.at("run/hang"))
        self.save("run/hang/.settings/ttl", "1\n")
        for where in ("before", "headers"):
            self.server.fault({"path": "/execute*", "hang": where})
            self.server.reset_counts()
            for path in ("run/hang/p.py", "jobs/new/p.py"):
                self.assertEqual(self.save_error(path, "pass\n"),
                                 "ETIMEDOUT", (where, path))
                self.assertEqual(self.value(path + ".job/status"), "error")
                self.assertIn("may have run", self.read(path + ".job/error"))
            self.assert_requests({"POST /execute": 1,
                                  "POST /execute/async": 1})

    def test_dead_server(self):
        self.addCleanup(self.restart_server)
        self.server.stop()
        for path in ("run/dead.py", "jobs/new/dead.py"):
            self.assertEqual(self.save_error(path, "print('risen')\n"),
                             "ECONNREFUSED")
            self.assertEqual(self.value(path + ".job/status"), "error")
            self.assertNotIn("may have run", self.read(path + ".job/error"))
            self.assertEqual(self.read(path), "print('risen')\n")
            self.assertEqual(self.error_of(self.read, path + ".job/stdout"),
                             "ECONNREFUSED")
        self.assertIn("ECONNREFUSED", self.read(".unsandboxfs/errors"))
        self.restart_server()
        self.settled()
        self.assertEqual(self.executions(), [], "it ran by itself")
        self.shell("cp run/dead.py run/risen.py")
        self.assertEqual(self.read("run/risen.py.job/stdout"), "risen\n")

    def restart_server(self):
        """Starts the server again, if it is not running."""
        if self.server.process.poll() is not None:
            self.server.start()

    def test_key_that_is_revoked_at_run_time(self):
        self.addCleanup(self.change_keys)
        self.change_keys("--key", "unsb-pk-none-0000-0000-0001:unsb-sk-x")
        for path in ("run/revoked.py", "jobs/new/revoked.py"):
            self.assertEqual(self.save_error(path, "pass\n"), "EKEYREJECTED")
            self.assertEqual(self.read(path), "pass\n")
            self.assertEqual(self.value(path + ".job/status"), "error")

    def change_keys(self, *arguments):
        """Makes the server accept these keys."""
        self.server.stop()
        self.server.arguments = arguments
        self.server.start()

    def test_clock_that_differs_is_learned(self):
        self.addCleanup(self.server.ask, "PUT", "/clock", {"skew_s": 0})
        self.server.ask("PUT", "/clock", {"skew_s": -400})
        self.save("run/late.py", "print('in time')\n")
        self.assertEqual(self.read("run/late.py.job/stdout"), "in time\n")
        self.assertEqual(len(self.executions()), 1)


if __name__ == "__main__":
    unittest.main()
