# SPDX-License-Identifier: MIT
# tests/mount/test_live.py - make check-live, with a stand-in
import os
import re
import signal
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
for _folder in ("live", "server"):
    sys.path.insert(0, os.path.join(os.path.dirname(HERE), _folder))

from case import MountCase, SLOWNESS  # noqa: E402
from mounted import environment, with_keys  # noqa: E402
from place import BUILD, folder  # noqa: E402
import signed  # noqa: E402

LIVE = os.path.join(os.path.dirname(HERE), "live", "live.py")
PLAIN_MAX, MOUNTED_MAX = 75, 35  # a slow machine polls more often
SEED = {"sessions": 1, "services": 1, "snapshots": 1, "images": 1,
        "running_jobs": 1}

# A rule, and the lines that it must cause under the row's name.
DIFFERENCES = [
    ("GET /health", {"status": 200, "body": {"state": "ok"}},
     ["no status", "not described: state"]),
    ("GET /shells", {"status": 503, "body": {"error": "away for a while"}},
     ["status 503, not 200 (away for a while)"]),
    ("GET /languages", {"status": 200, "body": {
        "languages": "python", "count": 1}},
     ["languages is str, not list"]),
    ("GET /jobs", {"status": 200, "body": {"jobs": [
        {"job_id": "a", "status": "running", "colour": 1},
        {"job_id": 7, "status": "running", "colour": 2}]}},
     ["not described: item's colour", "item's job_id is int, not text"]),
    ("GET /sessions", {"status": 200, "body": []},
     ["the list is a bare array"]),
    ("GET /services", {"status": 200, "body": {"services": [], "count": 3}},
     ["count is not the number of items"]),
    ("GET /snapshots", {"status": 200, "body": {"snaps": []}},
     ["not described: snaps", "no list snapshots"]),
    ("GET /images", {"status": 200, "body": "<html>"},
     ["the answer is not JSON"]),
    ("GET /images/owned", {"status": 200, "body": ""},
     ["the answer is empty"]),
    ("GET /images/shared", {"close": "before"}, ["no answer: "]),
    ("GET /images/public", {"status": 200, "body": {"images": [
        {"image_id": "i", "name": "n", "created_at": "yesterday"}]}},
     ["item's created_at is str, not time"]),
    ("GET /pools", {"status": 200, "body": [1]},
     ["the answer is not an object"]),
    ("POST /execute", {"status": 200, "body": {
        "success": True, "stdout": "", "stderr": "", "exit_code": 0,
        "language": "bash", "artifacts": [{"path": "a"}]}},
     ["no artifact's filename or name", "not described: artifact's path"]),
    ("DELETE /jobs/ID", {"status": 409, "body": {}, "times": 1},
     ["status 409, not 200 or 204"]),
]


class LiveCase(MountCase):
    """A class with a stand-in; the check itself mounts."""

    starts_mounted = False
    time_limit_s = 120

    def start(self, *flags, keys=True, url=None):
        """Starts the check."""
        env = environment(self.mount.home, BUILD=BUILD)
        return subprocess.Popen(
            [sys.executable, "-B", LIVE, "--url", url or self.server.url,
             "--no-pause", *flags, BUILD],
            env=with_keys(env) if keys else env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def live(self, *flags, **more):
        """Runs the check; its status and output."""
        with self.start(*flags, **more) as check:
            try:
                out = check.communicate(timeout=90 * SLOWNESS)[0]
            finally:
                check.kill()
        return check.returncode, out

    def assert_nothing_left(self):
        """Asserts that no place, mount, run or session is left."""
        left = [name for name in os.listdir(folder())
                if name.startswith("mount-live-")]
        self.assertEqual(left, [])
        state = self.server.ask("GET", "")
        self.assertEqual((state["active_jobs"], state["sessions"]),
                         (self.running, self.sessions), state)

    def setUp(self):
        super().setUp()
        self.count()

    def count(self):
        """Resources that exist before the check."""
        state = self.server.ask("GET", "")
        self.running, self.sessions = state["active_jobs"], state["sessions"]


class AsDescribed(LiveCase):
    """A server that matches its description."""

    def test_same(self):
        self.server.ask("PUT", "/seed", SEED)
        self.count()
        status, out = self.live("--session")
        self.assertEqual(status, 0, out)
        plain, mounted = map(int, re.search(
            r"^\d\d rows as described, 0 differ, 0 skipped; (\d+) "
            r"requests, and (\d+) of the mount$", out, re.M).groups())
        self.assertLessEqual(plain, PLAIN_MAX)
        self.assertLessEqual(mounted, MOUNTED_MAX)
        self.assertEqual(sum(self.server.requests().values()),
                         plain + mounted)
        self.assertEqual(re.findall(r"^ *(\d+)\. ", out, re.M),
                         [str(n) for n in range(1, 18)])
        self.assertIn("wording: concurrency_limit concurrency_limit+con",
                      re.sub(r"account_id \S+; ", "", out))
        self.assert_nothing_left()

    def test_answers_before_the_end(self):
        """The job is followed, and the wording says so."""
        self.switch(early_answer=1, early_ms=0)
        status, out = self.live()
        self.assertEqual(status, 0, out)
        told = re.findall(r"^ +wording: .*answered before the end", out, re.M)
        self.assertEqual(len(told), 5, out)
        self.assertIn("/tmp/input, /root/input;", out)
        self.assert_nothing_left()

    def test_no_keys(self):
        status, out = self.live(keys=False)
        self.assertEqual(status, 3)
        self.assertIn("UNSANDBOX_SECRET_KEY", out)
        self.assertIn("https://unsandbox.com", out)
        self.assert_requests({})

    def test_keys_are_refused(self):
        self.server.fault({"method": "POST", "path": "/keys/validate",
                           "status": 200, "body": {"valid": False,
                                                   "reason": "expired"}})
        status, out = self.live()
        self.assertEqual(status, 3, out)
        self.assertIn("refused", out)
        self.assert_requests({"POST /keys/validate": 1})

    def test_nobody_there(self):
        status, out = self.live(url="http://127.0.0.1:1")
        self.assertEqual(status, 4, out)
        self.assertIn("refused", out)

    def test_one_too_many(self):
        self.server.fault({"method": "GET", "path": "/shells", "times": 1,
                           "status": 429, "headers": {"Retry-After": "1"}})
        status, out = self.live()
        self.assertEqual(status, 0, out)
        self.assertEqual(self.server.requests()["GET /shells"], 4)


class Differs(LiveCase):
    """Each kind of difference is reported."""

    def test_each(self):
        self.server.fault(*({"method": name.split()[0],
                             "path": name.split()[1], **rule}
                            for name, rule, _ in DIFFERENCES))
        status, out = self.live()
        self.assertEqual(status, 1, out)
        for name, _, lines in DIFFERENCES:
            found = re.search(rf"^DIFFERS  {re.escape(name)}(?:,.*)?\n"
                              rf"((?: +.*\n)*)", out, re.M)
            self.assertIsNotNone(found, name + "\n" + out)
            for line in lines:
                self.assertIn(" " * 13 + line, found[1], name)
        self.assertRegex(out, r"DIFFERS  mount: a script saved in run/")
        self.server.reset()
        self.assert_nothing_left()

    def test_wording_is_told(self):
        self.server.fault({
            "method": "GET", "path": "/services", "status": 200,
            "body": {"services": [{"id": "s", "name": "n", "status": "up",
                                   "created_at": "1736596800"}]}})
        out = self.live()[1]
        self.assertIn("wording: item's created_at numeric text; "
                      "item's service_id id; item's state status; "
                      "list object", out)

    def test_what_is_known_now(self):
        """Differences in answers that the stand-in does not give itself."""
        self.server.fault(
            {"method": "GET", "path": "/openapi", "status": 200, "body": {
                "paths": {"/sessions/{id}": {}, "/jobs": {}, "/audit": {},
                          "/sessions/{id}/audit": {}}}},
            {"method": "GET", "path": "/keys/self", "status": 200,
             "body": {"valid": True}},
            {"method": "GET", "path": "/languages", "status": 401,
             "body": {"error": "who?", "code": "NO_KEY"}},
            {"method": "GET", "path": "/paas/logs", "status": 404})
        out = self.live()[1]
        for line in ("16. /openapi: 4 paths, not requested here: /audit, "
                     "/sessions/{id}/audit",
                     "14. /keys/self 200; ",
                     " 9. unsigned: /cluster 200, /pools 200, /stats 200, "
                     "/languages 401, /shells 401",
                     "10. /logs?source=all&lines=1 200, /logs/all?lines=1 200"
                     ", /paas/logs?lines=1 404",
                     " 1. GET /jobs?limit=1: signed without the query 200, "
                     "with it 401",
                     " 6. exit 3: status 'completed', success False, "
                     "exit_code 3; a time-out: status 'timeout'"):
            self.assertIn("\n " + line, out)
        self.assertRegex(out, r"\n 11\. codes: .*NO_KEY.*; an old timestamp "
                              r"is named in the error\n")

    def test_cannot_be_removed(self):
        self.server.fault({"method": "DELETE", "path": "/sessions/ID",
                           "status": 428, "body": {"challenge_id": "c"}})
        status, out = self.live("--session")
        self.assertEqual(status, 5, out)
        self.assertRegex(out, "left behind: session .* ends by itself")
        self.assertIn("428 with challenge_id", out)


class Interrupted(LiveCase):
    """An interrupted check first removes what it created."""

    def check(self, request, times, number):
        """Ends it with a signal after so many requests of this kind."""
        method, path = request.split()
        self.server.fault({"method": method, "path": path, "delay_ms": 700,
                           "after": True})
        with self.start("--session") as check:
            self.wait_for(lambda: self.server.requests().get(request, 0) >=
                          times, request, 60)
            check.send_signal(number)
            out = check.communicate(timeout=60 * SLOWNESS)[0]
        self.assertEqual(check.returncode, 130, out)
        self.server.fault()
        self.assert_nothing_left()

    def test_while_a_job_is_made(self):
        self.check("POST /execute/async", 1, signal.SIGTERM)
        self.assertEqual(self.server.requests().get("DELETE /jobs/ID"), 1)

    def test_while_a_session_is_made(self):
        self.check("POST /sessions", 1, signal.SIGINT)
        self.assertEqual(self.server.requests().get("DELETE /sessions/ID"),
                         1)

    def test_while_mounted(self):
        self.check("POST /execute/async", 3, signal.SIGHUP)


class Pace(unittest.TestCase):
    """The check uses at most half of the key's rate."""

    def test_half(self):
        api = signed.Api("http://127.0.0.1:1", "p", "s", 9)
        api.allow(60)
        self.assertEqual(api.pause_s, 2)
        api._learn(signed.Answer(200, {"X-RateLimit-Limit": "30"}))
        self.assertEqual(api.pause_s, 4)
        began = time.monotonic()
        spent = signed.Answer(200, {"X-RateLimit-Remaining": "0"})
        api._learn(spent, "not")
        self.assertLess(api.next_at - began, 9)
        api._learn(spent)
        self.assertGreater(api.next_at - began, 60)
        api.next_at = began + 0.3
        api.wait()
        self.assertGreaterEqual(time.monotonic() - began, 0.3)
        api.paces = False
        api.next_at = began + 1000
        api.wait()
        self.assertLess(time.monotonic() - began, 900)
