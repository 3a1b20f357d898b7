# SPDX-License-Identifier: MIT
# tests/mount/test_key_tokens.py - tokens of the key
"""They are minted, listed and revoked; found only by name, by nobody else,
and kept nowhere."""
import json
import os
import stat
import subprocess
import unittest

from case import MountCase

TOKENS = "key/tokens"


class Tokens(MountCase):
    """Each file of key/tokens/."""

    def setUp(self):
        super().setUp()
        for line in self.read(TOKENS, "list").splitlines():
            self.save(TOKENS + "/revoke", line.split()[0])
        self.server.reset()

    def bodies(self):
        """The objects that were sent since the last reset."""
        return [json.loads(change["body"]) for change in self.server.changes()]

    def test_life(self):
        self.assertIn("write 1 here", self.read(TOKENS, "mint"))
        self.save(TOKENS + "/mint", "ttl=60\n")
        self.assertEqual(self.bodies(), [{"ttl": 60}])
        token = self.value(TOKENS, "mint")
        self.assertRegex(token, "^unsb-token-")
        self.server.reset()
        self.save(TOKENS + "/mint", "1\n")
        self.assertEqual(self.bodies(), [{}])
        second = self.value(TOKENS, "mint")
        self.assertNotEqual(second, token)
        lines = self.read(TOKENS, "list").splitlines()
        self.assertEqual([line.split()[0] for line in lines], [token, second])
        self.assertRegex(lines[0], r" \d{4}-\d\d-\d\dT\S+Z$")
        self.server.reset()
        self.shell(f"echo {second} > {TOKENS}/revoke")
        self.assertEqual(self.bodies(), [{"token": second}])
        self.assertIn("write 1 here", self.read(TOKENS, "mint"))
        self.assertEqual(self.save_error(TOKENS + "/revoke", second),
                         "ENOENT")
        self.save(TOKENS + "/revoke", token)
        self.assertEqual(self.read(TOKENS, "list"), "")

    def test_modes(self):
        """Nobody else can look into it, and no walk finds it."""
        for name, mode in (("", 0o700), ("list", 0o400), ("mint", 0o600),
                           ("revoke", 0o600)):
            info = os.stat(self.at(TOKENS, name))
            self.assertEqual(stat.S_IMODE(info.st_mode), mode, name)
        self.assertNotIn("tokens", os.listdir(self.at("key")))
        self.server.reset()
        self.shell("grep -r . key >/dev/null; ls -lR key >/dev/null")
        self.assertNotIn("POST /list-tokens", self.server.requests())

    def test_kept_nowhere(self):
        self.save(TOKENS + "/mint", "1\n")
        token = self.value(TOKENS, "mint")
        for count in 1, 2:
            self.server.reset()
            self.assertIn(token, self.read(TOKENS, "list"))
            self.assertEqual(self.server.requests(),
                             {"POST /list-tokens": 1}, count)
        shown = self.shell("cat .unsandboxfs/*") + self.mount.log()
        self.assertNotIn(token, shown)
        self.mount.restart()
        self.assertIn("write 1 here", self.read(TOKENS, "mint"))
        kept = subprocess.run(["grep", "-rl", token, self.mount.state_dir],
                              capture_output=True, check=False).stdout
        self.assertEqual(kept, b"")

    def test_wrong_words(self):
        for name, texts in (("mint", ("ttl=0", "ttl=x", "x=1", "2", "\n",
                                      self.read(TOKENS, "mint"))),
                            ("revoke", ("two words", "\n", "a\x01",
                                        self.read(TOKENS, "revoke")))):
            self.server.reset()
            for text in texts:
                self.assertEqual(self.save_error(f"{TOKENS}/{name}", text),
                                 "EINVAL", text)
                self.assertIn(f"{TOKENS}/{name}", self.read(
                    ".unsandboxfs/errors").splitlines()[-1])
            self.assertIsNone(self.save_error(f"{TOKENS}/{name}", ""))
            self.assertEqual(self.server.changes(), [])

    def test_other_answers(self):
        """Lists of other forms, and an API that has no tokens."""
        for answer, text in ((["a", "b"], "a\nb\n"),
                             ({"tokens": [{"id": "a"}]}, "a\n"),
                             ({"tokens": []}, "")):
            self.server.answer("POST", "/list-tokens", answer)
            self.assertEqual(self.read(TOKENS, "list"), text)
        self.server.answer("POST", "/mint-token", {})
        self.assertEqual(self.save_error(TOKENS + "/mint", "1"), "EPROTO")
        self.server.fault({"path": "/mint-token", "status": 403})
        self.assertEqual(self.save_error(TOKENS + "/mint", "1"), "EACCES")
        self.server.fault({"path": "/list-tokens", "status": 404})
        self.assertEqual(self.error_of(self.read, TOKENS, "list"), "ENOENT")


if __name__ == "__main__":
    unittest.main()
