# SPDX-License-Identifier: MIT
# tests/mount/test_check.py - --check: what is there and what is missing
import os
import signal
import time
import unittest

from standin import PUBLIC, SECRET
from starting import CREDENTIALS, MOUNTPOINT, STATE, StartCase

OTHER = 1


class Check(StartCase):
    """A line for each thing, with a mark, and the status of what fails."""

    def check(self, status, *arguments, point=True, **more):
        """Runs it; returns {name: [(mark, text)]}."""
        got, message = self.start(
            "--check", f"--url={self.server.url}",
            f"--state_dir={self.mount.state_dir}", *arguments,
            *([self.mount.path] if point else []), **more)
        self.assertEqual((got, message), (status, ""), self.stdout)
        self.assertNotIn(SECRET, self.stdout)
        lines = {}
        for line in self.stdout.splitlines():
            mark, name, text = line.split(None, 2)
            self.assertIn(mark, ("ok", "note", "FAIL"))
            lines.setdefault(name, []).append((mark, text))
        return lines

    def assert_line(self, lines, name, mark, words):
        """There is one line of this name, with this mark and these words."""
        (got,) = lines[name]
        self.assertEqual(got[0], mark, got)
        self.assertIn(words, got[1])

    def test_all_is_well(self):
        lines = self.check(0)
        for name, words in (("credentials", PUBLIC), ("key", "valid"),
                            ("clock", "agrees"), ("FUSE", "/dev/fuse"),
                            ("mountpoint", "can be mounted on"),
                            ("state", "MiB free")):
            self.assert_line(lines, name, "ok", words)
        self.assertEqual(self.mounts(), [])
        self.assert_requests({"POST /keys/validate": 1})
        self.assertNotIn("mountpoint", self.check(0, point=False))

    def test_while_it_is_mounted(self):
        self.assert_starts()
        lines = self.check(0)
        self.assert_line(lines, "mountpoint", "ok", "mounted (unsandbox)")
        self.assert_line(lines, "state", "note", "held by the mount of ")
        self.assert_works()

    def test_credentials(self):
        self.without_keys()
        lines = self.check(CREDENTIALS)
        self.assert_line(lines, "credentials", "FAIL", "no keys: set")
        self.assertNotIn("key", lines)
        self.assert_line(lines, "mountpoint", "ok", "")
        self.env["UNSANDBOX_PUBLIC_KEY"] = PUBLIC
        self.assert_line(self.check(CREDENTIALS), "credentials", "FAIL",
                         "is set; set both")

    def test_key(self):
        self.server.answer("POST", "/keys/validate", {
            "valid": True, "tier": 3, "rate_per_minute": 60, "concurrency": 5,
            "expires_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(
                time.time() + 5 * 86400 + 3600)),
            "renew_url": "https://renew.example"})
        lines = self.check(0)
        self.assertEqual([mark for mark, _ in lines["key"]], ["ok", "note"])
        self.assertIn("tier 3, 60 requests a minute, 5 runs",
                      lines["key"][0][1])
        self.assertEqual(lines["key"][1][1], "the key expires in 5 days; "
                         "renew it: https://renew.example")
        self.server.answer("POST", "/keys/validate", {
            "valid": True, "expires_at": "2999-01-01T00:00:00Z"})
        self.assertEqual(len(self.check(0)["key"]), 1)
        self.server.answer("POST", "/keys/validate",
                           {"valid": False, "reason": "expired"})
        self.assert_line(self.check(CREDENTIALS), "key", "FAIL",
                         "expired; renew it: https://unsandbox.com/keys/")

    def test_rejected_key(self):
        self.env["UNSANDBOX_SECRET_KEY"] = "unsb-sk-wrong-wrong-wrong-wrong"
        lines = self.check(CREDENTIALS)
        self.assert_line(lines, "key", "FAIL", self.server.url)
        self.assertNotIn("clock", lines)

    def test_api_that_is_away(self):
        lines = self.check(OTHER, "--url=http://127.0.0.1:1", "--timeout=1")
        self.assert_line(lines, "key", "FAIL", "http://127.0.0.1:1: ")
        self.assert_line(lines, "state", "ok", "")

    def test_mountpoint(self):
        for point, words in (("nowhere", "No such file"),
                             (self.write("f", ""), "not a directory")):
            self.assert_line(self.check(MOUNTPOINT, point, point=False),
                             "mountpoint", "FAIL", words)

    def test_dead_mount(self):
        """It is reported, and not changed."""
        self.assert_starts()
        (pid,) = self.daemons()
        os.kill(pid, signal.SIGKILL)
        self.wait_for(lambda: not self.daemons(), "the daemon's end")
        lines = self.check(MOUNTPOINT)
        self.assert_line(lines, "mountpoint", "FAIL", "a dead mount")
        self.assertEqual(self.mounts(), [self.mount.path])

    def test_state(self):
        path = self.write("file", "")
        lines = self.check(STATE, f"--state_dir={path}/below")
        self.assert_line(lines, "state", "FAIL", path)

    def test_the_first_failure_is_the_status(self):
        self.without_keys()
        self.check(CREDENTIALS, "nowhere", point=False)


if __name__ == "__main__":
    unittest.main()
