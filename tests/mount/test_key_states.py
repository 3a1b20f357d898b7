# SPDX-License-Identifier: MIT
# tests/mount/test_key_states.py - a key that the API does not accept any more
"""The tree says what happened and what to do: in .unsandboxfs/errors, and in
key/, which can still be read."""
import json
import os
import unittest

from case import MountCase
from standin import PUBLIC
from starting import CREDENTIALS, StartCase

RENEW = f"https://unsandbox.com/keys/extend?key={PUBLIC}"
# The state of the key; the errno of a save and the API's words; values of
# key/; what is to be done.
STATES = {
    "expired": ("EKEYEXPIRED", "This API key has expired",
                {"renew_url": RENEW, "tier": "3", "public_key": PUBLIC,
                 "expires_at": "2026-01-31T23:59:59Z",
                 "expired_ago": "some days"}, f"renew it: {RENEW}"),
    "revoked": ("EKEYREJECTED", "This API key has been revoked",
                {"public_key": PUBLIC},
                "it will not work again: replace it by another key "
                "(UNSANDBOX_PUBLIC_KEY and UNSANDBOX_SECRET_KEY), then mount "
                "again"),
    "suspended": ("EACCES", "This API key is suspended",
                  {"public_key": PUBLIC}, "ask why at https://unsandbox.com"),
}
# Answers of /keys/validate of other sources: the reason, the message, the
# advice.
REFUSALS = [
    ({"status": 401, "body": {"valid": False, "reason": "expired",
                              "error": "Key has expired"}},
     "expired", "Key has expired", f"renew it: {RENEW}"),
    ({"status": 200, "body": {"valid": False, "reason": "expired",
                              "renew_url": "https://renew.example"}},
     "expired", "expired", "renew it: https://renew.example"),
    ({"status": 403, "body": {"error": "Account suspended"}},
     None, "Account suspended", "ask why at https://unsandbox.com"),
    ({"status": 401, "body": {"error": ":invalid_signature"}},
     None, ":invalid_signature", "the secret key is probably wrong: correct "
     "it (UNSANDBOX_PUBLIC_KEY and UNSANDBOX_SECRET_KEY), then mount again"),
    ({"status": 401, "body": "who are you?"},
     None, "who are you?", "check the keys (UNSANDBOX_PUBLIC_KEY and "
     "UNSANDBOX_SECRET_KEY), then mount again"),
]


class States(MountCase):
    """Each state while it is mounted, and afterwards."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A start that is still waiting for its key ends with the refusal.
        with open(os.path.join(cls.mount.path, "key/valid"), "rb") as valid:
            valid.read()

    def setUp(self):
        super().setUp()
        self.set("active")
        self.save(".unsandboxfs/refresh", "1")

    def set(self, state):
        """Changes the state of the key, as the API's owner would."""
        self.server.ask("PUT", "/key", {"state": state})

    def values(self):
        """The values in key/, by their names."""
        return {name: self.value("key", name)
                for name in os.listdir(self.at("key"))
                if os.path.isfile(self.at("key", name))
                and not name.endswith(".json")}

    def last_error(self):
        """The last line of .unsandboxfs/errors."""
        return self.read(".unsandboxfs/errors").splitlines()[-1]

    def check(self, state):
        """In the cache is that the key was valid."""
        error, words, values, advice = STATES[state]
        self.assertEqual(self.value("key/valid"), "1")
        self.assertNotIn("advice", os.listdir(self.at("key")))
        self.set(state)
        self.assertEqual(self.save_error("run/x.sh", "true\n"), error)
        line = self.last_error()
        self.assertIn(f" {error} {words}", line)
        self.assertTrue(line.endswith("; " + advice), line)
        shown = self.values()
        self.assertEqual(shown.pop("message"), state)
        self.assertEqual(shown, {"valid": "0", "reason": state,
                                 "advice": advice, **values})
        self.assertFalse(json.loads(self.read("key/key.json"))["valid"])
        self.shell("ls -l key; cat key/valid key/key.json")
        self.set("active")
        self.wait_for(lambda: self.value("key/valid") == "1",
                      "the key is valid again")
        self.assertNotIn("advice", os.listdir(self.at("key")))
        self.save("run/x.sh", "echo again\n")
        self.assertEqual(self.read("run/x.sh.job/stdout"), "again\n")

    def test_other_answers(self):
        for rule, reason, message, advice in REFUSALS:
            self.server.fault({"path": "/keys/validate", **rule})
            self.save(".unsandboxfs/refresh", "1")
            self.wait_for(lambda: self.value("key/valid") == "0",
                          "the key is refused")
            self.assertEqual(self.value("key/message"), message)
            self.assertEqual(self.value("key/advice"), advice)
            self.assertTrue(self.last_error().endswith("; " + advice))
            if reason:
                self.assertEqual(self.value("key/reason"), reason)
            self.server.fault()
            self.wait_for(lambda: self.value("key/valid") == "1",
                          "the key is accepted again")

    def test_another_failure_is_no_refusal(self):
        """Its own error is given, and not the last refusal."""
        self.set("revoked")
        self.save_error("run/x.sh", "true\n")
        self.assertEqual(self.value("key/valid"), "0")
        self.server.fault({"path": "/keys/validate", "status": 404})
        self.wait_for(lambda: self.error_of(self.read, "key/valid") ==
                      "ENOENT", "the answer is another one")


for _state in STATES:
    setattr(States, "test_" + _state,
            lambda self, state=_state: self.check(state))


class Start(StartCase):
    """A mount with such a key fails, and says the same."""

    def test_start(self):
        for state, (_, _, _, advice) in STATES.items():
            self.server.ask("PUT", "/key", {"state": state})
            self.assert_fails(CREDENTIALS, [PUBLIC, state, "; " + advice])
        self.server.ask("PUT", "/key", {"state": "active"})
        self.assert_starts()


if __name__ == "__main__":
    unittest.main()
