# SPDX-License-Identifier: MIT
# tests/mount/test_tree.py - the account's and the mount's own files
import json
import os
import re
import unittest

from case import MountCase


class Tree(MountCase):
    """The root, README, languages, key/ and .unsandboxfs/."""

    def setUp(self):
        super().setUp()
        self.save(".unsandboxfs/refresh", "1")

    def test_root(self):
        names = set(os.listdir(self.mount.path))
        self.assertLessEqual({"README", "run", "jobs", "languages",
                              "languages.json", "key", ".unsandboxfs"}, names)
        self.assert_requests({})
        info = os.stat(self.mount.path)
        self.assertEqual(info.st_mode & 0o022, 0)
        self.assertEqual((info.st_uid, info.st_gid),
                         (os.getuid(), os.getgid()))

    def test_readme(self):
        text = self.read("README")
        self.assertTrue(text.endswith("\n"))
        self.assertLessEqual(len(text.splitlines()), 80, "one page")
        self.assertLessEqual(max(map(len, text.splitlines())), 80)
        for word in ("run/", "jobs/", "languages", "key/", ".unsandboxfs/",
                     ".settings/", "run/NAME.job"):
            self.assertIn(word, text)

    def test_languages(self):
        names = self.read("languages").splitlines()
        self.assertEqual(len(names), 42)
        self.assertLessEqual({"python", "bash", "c", "rust", "forth"},
                             set(names))
        answer = json.loads(self.read("languages.json"))
        self.assertEqual(sorted(answer["languages"]), sorted(names))
        self.assertEqual(answer["aliases"]["node"], "javascript")
        for _ in range(5):
            self.read("languages")
            os.stat(self.at("languages.json"))
        self.assert_requests({"GET /languages": 1})

    def test_languages_as_the_api_gives_them(self):
        """Languages as a bare list, and with strange names."""
        for answer in ({"languages": ["klingon", "größe"], "count": 2},
                       ["klingon", "größe"]):
            self.save(".unsandboxfs/refresh", "1")
            self.server.answer("GET", "/languages", answer)
            self.assertEqual(self.read("languages"), "klingon\ngröße\n")
        self.save(".unsandboxfs/refresh", "1")

    def test_key(self):
        names = os.listdir(self.at("key"))
        for name, pattern in {
                "valid": "1", "public_key": "unsb-pk-test-0000-0000-0001",
                "tier": r".+", "rate_per_minute": r"\d+", "burst": r"\d+",
                "concurrency_limit": r"\d+", "expires_at": r"\d{4}-.*",
                "status": "active"}.items():
            self.assertIn(name, names)
            self.assertRegex(self.value("key", name), f"^{pattern}$")
        self.assertTrue(json.loads(self.read("key/key.json"))["valid"])
        self.assert_requests({"POST /keys/validate": 1})

    def test_key_shows_what_the_api_says(self):
        self.server.answer("POST", "/keys/validate", {
            "valid": True, "tier": "Tier 3", "rate_per_minute": 77,
            "public_key": "unsb-pk-test-0000-0000-0001"})
        self.assertEqual(self.value("key/tier"), "Tier 3")
        self.assertEqual(self.value("key/rate_per_minute"), "77")
        self.assertFalse(os.path.exists(self.at("key/burst")))
        self.assertNotIn("burst", os.listdir(self.at("key")))
        self.save(".unsandboxfs/refresh", "1")
        self.assertIn("burst", os.listdir(self.at("key")))

    # ---- .unsandboxfs/ ----

    def test_version(self):
        self.assertRegex(self.read(".unsandboxfs/version"),
                         r"^\d+\.\d+\.\d+\n$")

    def test_config(self):
        lines = self.read(".unsandboxfs/config").splitlines()
        config = dict(line.partition(" ")[::2] for line in lines)
        self.assertEqual(config["url"], self.server.url)
        self.assertEqual(config["state_dir"], self.mount.state_dir)
        self.assertEqual(config["run_wait"], "1")
        self.assertEqual(config["timeout"], "30")
        self.assertEqual(config["allow_other"], "0")

    def stats(self):
        """The counters."""
        return {name: int(value) for name, value in (
            line.rsplit(" ", 1) for line in
            self.read(".unsandboxfs/stats").splitlines())}

    def test_metrics(self):
        """The counters, as Prometheus reads them."""
        self.save("run/metrics.sh", "echo metrics")
        self.assertEqual(self.read("run/metrics.sh.job/stdout"), "metrics\n")
        text = self.read(".unsandboxfs/metrics")
        for line in text.splitlines():
            self.assertRegex(
                line, r'^unsandboxfs_[a-z0-9_]+(\{[a-z]+="[^"\\]+"'
                r'(,[a-z]+="[^"\\]+")*\})? \d+$')
        self.assertRegex(text, r'(?m)^unsandboxfs_requests\{method="POST",'
                         r'path="/execute"\} [1-9]')
        names = re.findall(r"(?m)^unsandboxfs_(\w+) ", text)
        self.assertEqual(names, [
            line.split()[0] for line in
            self.read(".unsandboxfs/stats").splitlines()
            if not line.startswith("requests ")])

    def test_stats(self):
        before = self.stats()
        self.save("run/stats.sh", "echo stats")
        self.assertEqual(self.read("run/stats.sh.job/stdout"), "stats\n")
        self.read("languages")
        self.read("languages")
        after = self.stats()

        def grown(name):
            return after.get(name, 0) - before.get(name, 0)
        self.assertEqual(grown("requests POST /execute"), 1)
        self.assertEqual(grown("requests GET /languages"), 1)
        self.assertEqual(grown("answers_2xx"), 2)
        self.assertGreater(grown("cache_hits"), 0)
        self.assertGreater(grown("bytes_sent"), 10)
        self.assertEqual(after["readers_waiting"], 0)

    def test_log(self):
        self.assertRegex(self.read(".unsandboxfs/log").splitlines()[0],
                         r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \w+: ")

    def test_errors_keep_the_last_hundred(self):
        for number in range(103):
            self.server.fault({"path": "/execute", "status": 403, "body": {
                "error": f"no. {number}\nline\x1b[31m", "code": "NO"}})
            self.assertEqual(self.save_error("run/no.sh", "x"), "EACCES")
        lines = self.read(".unsandboxfs/errors").splitlines()
        self.assertEqual(len(lines), 100)
        for number, line in zip(range(3, 103), lines):
            self.assertIn(f"no. {number}", line)
            self.assertRegex(line, r"^\S+Z POST /execute 403 EACCES ")
            self.assertNotIn("\x1b", line)

    def test_refresh(self):
        self.read("languages")
        self.shell("ls .unsandboxfs/; cat .unsandboxfs/refresh; "
                   "touch .unsandboxfs/refresh")
        self.read("languages")
        self.assert_requests({"GET /languages": 1})
        self.save(".unsandboxfs/refresh", "1\n")
        self.read("languages")
        self.assert_requests({"GET /languages": 2})

    def test_otp(self):
        """The code is sent with the request that needs it, and never shown."""
        self.assertEqual(os.stat(self.at(".unsandboxfs/otp")).st_mode & 0o777,
                         0o600)
        self.server.fault({"path": "/execute", "times": 1, "status": 428,
                           "body": {"challenge_id": "c-1", "error": "OTP"}})
        self.assertEqual(self.save_error("run/otp.sh", "echo otp"), "EPERM")
        self.save(".unsandboxfs/otp", "123456\n")
        self.assertNotIn("123456", self.read(".unsandboxfs/otp"))
        self.save("run/otp.sh", "echo otp")
        self.assertEqual(self.read("run/otp.sh.job/stdout"), "otp\n")

    def test_an_api_that_is_away(self):
        """Cached answers are served; others fail with an errno."""
        self.read("languages")
        self.server.stop()
        try:
            self.assertEqual(len(self.read("languages").splitlines()), 42)
            self.assertEqual(self.error_of(self.read, "key/tier"),
                             "ECONNREFUSED")
            self.shell("ls . run jobs/new .unsandboxfs; cat README")
            self.assertIn("ECONNREFUSED", self.read(".unsandboxfs/errors"))
        finally:
            self.server.start()
        self.save(".unsandboxfs/refresh", "1")
        self.assertRegex(self.value("key/tier"), ".")


if __name__ == "__main__":
    unittest.main()
