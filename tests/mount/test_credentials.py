# SPDX-License-Identifier: MIT
# tests/mount/test_credentials.py - which keys a mount uses, or why it has none
import os
import unittest

from standin import PUBLIC, SECRET
from starting import CREDENTIALS, OTHER_PUBLIC, OTHER_SECRET, StartCase

ONE = f"{PUBLIC},{SECRET}\n"
OTHER = f"{OTHER_PUBLIC},{OTHER_SECRET}\n"


class Credentials(StartCase):
    """The environment, the accounts file, and status 3."""

    def accounts(self, text, name="home/.unsandbox/accounts.csv", mode=0o600):
        """An accounts file; the environment has no keys."""
        self.without_keys()
        return self.write(name, text, mode)

    def assert_account(self, public, **more):
        """Asserts that it mounts with this key."""
        self.assert_starts(**more)
        self.assertEqual(self.config("public_key"), public)
        self.assertEqual(self.value("key/public_key"), public)
        self.end_all()

    def test_environment(self):
        self.accounts(OTHER)
        self.env.update(self.mount.env)
        self.assert_account(PUBLIC)

    def test_home(self):
        self.accounts(ONE)
        self.assert_account(PUBLIC)

    def test_working_directory(self):
        self.accounts(OTHER, "accounts.csv")
        self.assert_account(OTHER_PUBLIC)

    def test_home_comes_before_the_working_directory(self):
        self.accounts(OTHER, "accounts.csv")
        self.accounts(ONE)
        self.assert_account(PUBLIC)

    def test_rows(self):
        """Lines that are skipped, and extra fields of a line."""
        self.accounts(f"# public,secret\n\nname,key\n{PUBLIC},{SECRET},mine,"
                      f"x\n  \n#{OTHER}{OTHER_PUBLIC},{OTHER_SECRET}\r\n")
        self.assert_account(PUBLIC)
        self.assert_account(PUBLIC, options="account=0")
        self.assert_account(OTHER_PUBLIC, options="account=1")
        self.env["UNSANDBOX_ACCOUNT"] = "1"
        self.assert_account(OTHER_PUBLIC)
        self.assert_account(PUBLIC, options="account=0")

    def test_account_comes_before_the_environment(self):
        self.accounts(ONE + OTHER)
        self.env.update(self.mount.env)
        self.assert_account(OTHER_PUBLIC, options="account=1")

    def test_accounts_file(self):
        self.accounts(ONE)
        path = self.accounts(OTHER, "elsewhere/my accounts")
        self.assert_account(OTHER_PUBLIC, options=f"accounts_file={path}")

    def test_none(self):
        self.without_keys()
        self.assert_fails(CREDENTIALS, "UNSANDBOX_PUBLIC_KEY")

    def test_half_of_a_pair(self):
        """It does not silently use another account."""
        for name in ("UNSANDBOX_PUBLIC_KEY", "UNSANDBOX_SECRET_KEY"):
            self.accounts(OTHER)
            self.env.update(self.mount.env)
            del self.env[name]
            self.assert_fails(CREDENTIALS, "is set; set both")

    def test_no_such_row(self):
        path = self.accounts(ONE)
        self.assert_fails(CREDENTIALS, path, options="account=1")

    def test_no_such_file(self):
        self.accounts(ONE)
        self.assert_fails(CREDENTIALS, "/no/such/file",
                          options="accounts_file=/no/such/file")

    def test_file_without_rows(self):
        path = self.accounts("# nothing yet\nsomething,else\n")
        self.assert_fails(CREDENTIALS, path)

    def test_file_that_others_may_read(self):
        for mode in (0o644, 0o640, 0o604, 0o620):
            path = self.accounts(ONE, mode=mode)
            self.assert_fails(CREDENTIALS, [path, "600"])

    @unittest.skipUnless(os.getuid() == 0, "needs two users")
    def test_file_of_someone_else(self):
        path = self.accounts(ONE)
        os.chown(path, 1234, 1234)
        self.assert_fails(CREDENTIALS, path)

    def test_file_that_is_a_directory(self):
        path = self.place.folder("directory.csv")
        self.without_keys()
        self.assert_fails(CREDENTIALS, path, options=f"accounts_file={path}")

    def test_messages_have_no_secret(self):
        path = self.accounts(f"{PUBLIC},{SECRET}\n", mode=0o644)
        _, message = self.start()
        self.assertIn(path, message)
        self.assertNotIn(SECRET, message)

    # ---- the API's verdict ----

    def test_rejected_key(self):
        self.env["UNSANDBOX_SECRET_KEY"] = "unsb-sk-wrong-wrong-wrong-wrong"
        self.assert_fails(CREDENTIALS, "key")

    def test_unknown_key(self):
        self.env["UNSANDBOX_PUBLIC_KEY"] = "unsb-pk-none-0000-0000-0009"
        self.assert_fails(CREDENTIALS, "key")

    def test_key_that_is_not_valid(self):
        for reason in ("expired", "suspended", "invalid_key"):
            self.server.answer("POST", "/keys/validate",
                               {"valid": False, "reason": reason})
            self.assert_fails(CREDENTIALS, reason.split("_")[0])

    def test_rejected_in_the_foreground(self):
        self.env["UNSANDBOX_SECRET_KEY"] = "unsb-sk-wrong-wrong-wrong-wrong"
        status, message = self.start("-f", "-o", f"url={self.server.url},"
                                     f"state_dir={self.mount.state_dir}",
                                     self.mount.path)
        self.assertEqual(status, CREDENTIALS, message)
        self.assertEqual(self.mounts(), [])

    # ---- an API that cannot be reached is a warning ----

    def assert_warns(self, **more):
        """It mounts with one line of warning; saved files are there."""
        status, message = self.start(**more)
        self.assertEqual(status, 0, message)
        self.assertEqual(message.count("\n"), 1, message)
        self.assertEqual(self.mounts(), [self.mount.path])
        self.assertIn("run/", self.read("README"))
        self.assertEqual(self.save_error("run/.settings/ttl", "60"), None)

    def test_refused_connection(self):
        self.server.stop()
        try:
            self.assert_warns()
        finally:
            self.server.start()
        self.assert_works()

    def test_no_such_host(self):
        self.assert_warns(options="url=https://no-such-host.invalid")

    def test_hang(self):
        self.server.fault({"path": "/keys/validate", "hang": "before"})
        self.assert_warns(options="timeout=1")
        self.assert_works()

    def test_broken_api(self):
        for rule in ({"status": 500}, {"status": 503}, {"garbage": True},
                     {"close": "before"}, {"status": 200, "body": "<html>"}):
            self.server.fault({"path": "/keys/validate", **rule})
            self.assert_warns(options="timeout=2")
            self.server.fault()
            self.assert_works()
            self.end_all()


if __name__ == "__main__":
    unittest.main()
