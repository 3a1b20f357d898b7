# SPDX-License-Identifier: MIT
# tests/mount/test_key_self.py - the key's own settings, contacts and audit log
"""Reading them, changing one member a request, and who gets one-time codes."""
import json
import os
import unittest

from standin import PUBLIC
from test_resources_life import ResourceCase

OWNER = "someone@example.com"
CONTACTS = "key/self/contacts"


class SelfCase(ResourceCase):
    """A mount that has asked for nothing yet."""

    def setUp(self):
        super().setUp()
        self.save(".unsandboxfs/refresh", "1")
        self.server.reset()

    def last_error(self):
        """The last line of .unsandboxfs/errors."""
        return self.read(".unsandboxfs/errors").splitlines()[-1]

    def sent(self):
        """What was sent since the last reset: method, path, object."""
        return [(change["method"], change["path"],
                 json.loads(change["body"] or "null"))
                for change in self.server.changes()
                if change["path"] != "/keys/validate"]


class Settings(SelfCase):
    """email and sudo_required, and what the API says besides."""

    def test_listing_key_asks_for_no_more(self):
        self.shell("ls . key; ls -l key >/dev/null; stat key/self")
        self.assert_requests({"POST /keys/validate": 1})

    def test_values(self):
        for name, value in (("email", OWNER), ("sudo_required", "0"),
                            ("tier", "3"), ("contacts_count", "1")):
            self.assertEqual(self.value("key/self", name), value)
        self.assertRegex(self.value("key/self/created_at"), r"^\d{4}-")
        self.assertEqual(json.loads(self.read("key/self/self.json"))["key"],
                         PUBLIC)
        self.assert_requests({"GET /keys/self": 1})

    def test_changes(self):
        """One member a request; what is there is not sent."""
        for name, first, second in (("email", OWNER, "else@example.com"),
                                    ("sudo_required", "0", "1")):
            path = f"key/self/{name}"
            self.server.reset()
            self.save(path, first + "\n")
            self.assertEqual(self.sent(), [])
            self.save(path, second + "\n")
            (method, where, body), = self.sent()
            self.assertEqual((method, where), ("PATCH", "/keys/self"))
            self.assertEqual(list(body), [name])
            self.assertEqual(self.value(path), second)
            self.shell(f"sed -i s/{second}/{first}/ {path}")
            self.assertEqual(self.value(path), first)
            self.assertEqual(len(self.sent()), 2)

    def test_wrong_values(self):
        for path, wrong in ((f"{CONTACTS}/{OWNER}", ["boss", "", "1"]),
                            ("key/self/sudo_required", ["2", "maybe", ""]),
                            ("key/self/email", ["me", "@", "", "a b@c",
                                                "a@b\nc@d"])):
            before = self.read(path)
            for text in wrong:
                self.assertEqual(self.save_error(path, text + "\n"),
                                 "EINVAL", (path, text))
                self.assertIn(path, self.last_error())
            self.assertEqual(self.read(path), before)
        self.assertEqual(self.sent(), [])

    def test_refused(self):
        self.server.fault({"method": "PATCH", "path": "/keys/self",
                           "status": 403, "body": {"error": "not you"}})
        self.assertEqual(self.save_error("key/self/sudo_required", "1"),
                         "EACCES")
        self.assertIn("not you", self.last_error())
        self.assertEqual(self.value("key/self/sudo_required"), "0")

    def test_an_api_without_these_calls(self):
        self.server.fault({"path": "/keys/self*", "status": 404})
        self.shell("ls -lR key; cat key/valid")
        self.assertNotIn("email", os.listdir(self.at("key/self")))

    def test_audit_log(self):
        self.make("noted")
        self.save("services/noted/locked", "1\n")
        line = self.read("key/self/audit_log").splitlines()[-1]
        one = self.value("services/noted/id")
        self.assertRegex(line, rf"^\d{{4}}-\S+ service\.lock {one} success "
                               r"127\.0\.0\.1$")
        self.assertEqual(self.server.requests()["GET /keys/self/audit-log"],
                         1)
        self.save("services/noted/locked", "0\n")

    def test_audit_log_of_others(self):
        """Whatever is in it, an entry is a line."""
        self.server.answer("GET", "/keys/self/audit-log", [
            {"action": "a\nb", "metadata": {"k": "v\n"}}, {}])
        self.assertEqual(self.read("key/self/audit_log"),
                         '- a\\x0ab - - - {"k":"v\\n"}\n- - - - -\n')

    def test_expired(self):
        """There is nothing to be seen, and nothing fails."""
        self.server.ask("PUT", "/key", {"state": "expired"})
        try:
            self.assertEqual(self.value("key/valid"), "0")
            self.shell("ls -lR key; grep -r . key; cp -r key $1",
                       self.place.folder("copy"))
            self.assertEqual(os.listdir(self.at("key/self")), [])
        finally:
            self.server.ask("PUT", "/key", {"state": "active"})


class Contacts(SelfCase):
    """Contacts as files that hold their roles."""

    def tearDown(self):
        self.server.reset()
        self.save(".unsandboxfs/refresh", "1")
        for name in self.names():
            if name != OWNER:
                self.save(f"{CONTACTS}/{name}", "none\n")
        super().tearDown()

    def names(self):
        """The addresses that are listed."""
        return [name for name in os.listdir(self.at(CONTACTS))
                if name != "invite"]

    def test_life(self):
        other = "o.p+q@example.com"
        self.assertEqual(self.names(), [OWNER])
        self.assertEqual(self.value(CONTACTS, OWNER), "owner")
        self.assertEqual(self.value("key/self/contacts_count"), "1")
        self.server.reset()
        self.save(f"{CONTACTS}/invite", f"email={other} role=operator\n")
        self.assertEqual(self.sent(), [
            ("POST", "/keys/self/contacts",
             {"email": other, "role": "operator"})])
        self.assertEqual(sorted(self.names()), [other, OWNER])
        self.assertEqual(self.value("key/self/contacts_count"), "2")
        self.assertEqual(self.value(CONTACTS, other), "operator")
        self.server.reset()
        self.save(f"{CONTACTS}/{other}", "operator\n")
        self.assertEqual(self.sent(), [])
        self.save(f"{CONTACTS}/{other}", "reader\n")
        self.assertEqual(self.sent()[0][0], "PATCH")
        self.assertEqual(self.sent()[0][2], {"role": "reader"})
        self.assertEqual(self.value(CONTACTS, other), "reader")
        told = json.loads(self.read("key/self/contacts.json"))["contacts"]
        self.assertEqual(told[1]["invited_by"], OWNER)
        self.server.reset()
        self.save(f"{CONTACTS}/{other}", "none\n")
        self.assertEqual(self.sent()[0][0], "DELETE")
        self.assertEqual(self.names(), [OWNER])

    def test_invite_that_is_wrong(self):
        for text in ("1", "email=me", "role=reader", "email=a@b role=boss",
                     "name=x", self.read(CONTACTS, "invite")):
            self.assertEqual(self.save_error(f"{CONTACTS}/invite", text),
                             "EINVAL", text)
            self.assertIn("invite", self.last_error())
        self.assertIsNone(self.save_error(f"{CONTACTS}/invite", ""))
        self.assertEqual(self.sent(), [])

    def test_nothing_is_removed_or_made_by_accident(self):
        for call, path, words in (
                (os.unlink, f"{CONTACTS}/{OWNER}", "echo none > NAME@HOST"),
                (os.rmdir, CONTACTS, "it is part of this directory"),
                (os.mkdir, f"{CONTACTS}/a@b", "> invite adds a contact")):
            self.assertEqual(self.error_of(call, self.at(path)), "EPERM")
            self.assertIn(words, self.last_error())
        self.assertEqual(self.save_error(f"{CONTACTS}/a@b", "reader"),
                         "EPERM")
        self.fails("rm -rf key")
        self.assertEqual(self.sent(), [])

    def test_names(self):
        """An address that no file name can be; objects without one."""
        self.server.answer("GET", "/keys/self/contacts", [
            {"email": "a/b@c", "role": "reader"}, {"role": "owner"}, 7])
        self.assertEqual(self.names(), ["a%2Fb@c"])
        self.assertEqual(self.value(CONTACTS, "a%2Fb@c"), "reader")
        self.server.reset()
        self.assertEqual(self.save_error(f"{CONTACTS}/a%2Fb@c", "none"),
                         "ENOENT")
        self.assertEqual(self.sent(), [
            ("DELETE", "/keys/self/contacts/a%2Fb%40c", None)])


class Codes(SelfCase):
    """A 428 with each kind of contact."""

    # The contacts, and what errors says of the code.
    KINDS = {
        "owner": ([("o@x", "owner")],
                  "a code went to o@x (owner); write the code to "),
        "operator": ([("p@x", "operator")],
                     "a code went to p@x (operator); write the code to "),
        "both": ([("o@x", "owner"), ("p@x", "operator"), ("r@x", "reader")],
                 "a code went to o@x (owner), p@x (operator); write "),
        "reader": ([("r@x", "reader")],
                   "no contact of the key gets a code: write an address to "
                   "key/self/email, then do it again"),
        "without_address": ([(None, "owner")],
                            "no contact of the key gets a code"),
        "none": ([], "no contact of the key gets a code"),
    }

    def check(self, contacts, words):
        """Who gets it is known once the contacts were looked at."""
        self.server.fault(
            {"path": "/keys/self/contacts", "status": 200, "body": {
                "contacts": [{"email": email, "role": role}
                             for email, role in contacts]}},
            {"path": "/services/ID/redeploy", "status": 428,
             "body": {"challenge_id": "c", "error": "A code is wanted"}})
        path = "services/coded/redeploy"
        if not os.path.exists(self.at(path)):
            self.make("coded")
        self.assertEqual(self.save_error(path, "1"), "EPERM")
        self.assertIn("428 EPERM A code is wanted; owners and operators in "
                      "key/self/contacts get a code by e-mail; write the "
                      "code to .unsandboxfs/otp", self.last_error())
        listed = self.shell(f"ls {CONTACTS}; cat {CONTACTS}/*")
        for email, role in contacts:
            if email:
                self.assertIn(email, listed)
                self.assertIn(role, listed)
        self.assertEqual(self.save_error(path, "1"), "EPERM")
        self.assertIn("A code is wanted; " + words, self.last_error())


for _name, _row in Codes.KINDS.items():
    setattr(Codes, "test_" + _name,
            lambda self, row=_row: self.check(*row))

if __name__ == "__main__":
    unittest.main()
