# SPDX-License-Identifier: MIT
# tests/mount/test_sudo.py - requests for which the API wants a one-time code
"""All calls of api/API.md 11.1, and any other call that is answered with 428:
without a code it fails with EPERM, and the error says what to do; a wrong code
fails; the right one works once."""
import os
import stat
import subprocess

from test_resources_life import ResourceCase

KINDS = ("sessions", "services", "snapshots", "images")


class SudoCase(ResourceCase):
    """A server that asks for codes; two resources of each kind."""

    server_arguments = ("--sudo",)

    def resource(self, kind, name):
        """Creates a resource; returns its path."""
        if kind == "sessions":
            self.shell(f"mkdir sessions/new/{name} && "
                       f"mv sessions/new/{name} sessions/")
        elif kind == "services":
            self.make(name)
        elif kind == "snapshots":
            self.make("snapped-" + name)
            where = f"services/snapped-{name}/snapshots"
            self.shell(f"mkdir {where}/{name}")
            return os.path.normpath(os.path.join(
                where, os.readlink(self.at(where, name))))
        else:
            self.make("published-" + name)
            where = f"services/published-{name}/images"
            self.shell(f"mkdir {where}/{name}")
            return os.path.normpath(os.path.join(
                where, os.readlink(self.at(where, name))))
        return f"{kind}/{name}"

    def refused(self, command):
        """Asserts EPERM, and that the last error says why."""
        before = len(self.read(".unsandboxfs/errors").splitlines())
        self.assertIn("not permitted", self.fails(command))
        lines = self.read(".unsandboxfs/errors").splitlines()
        self.assertEqual(len(lines), before + 1, lines)
        return lines[-1]

    def code(self):
        """The last one-time code that the server sent by mail."""
        return self.server.ask("GET", "")["last_otp"]

    def check(self, command, holds):
        """Tries without a code, with a wrong one, with that one again, and
        with the right one; holds() is true until then."""
        for _ in range(2):
            line = self.refused(command)
            self.assertRegex(line, " 428 EPERM ")
            self.assertIn("write the code to .unsandboxfs/otp", line)
            self.assertTrue(holds())
            wrong = f"{(int(self.code()) + 1) % 1000000:06}"
            self.shell(f"echo {wrong} > .unsandboxfs/otp")
            self.assertRegex(self.refused(command), " 403 EPERM ")
            self.assertTrue(holds())
        self.assertIn(" 428 EPERM ", self.refused(command))
        self.shell(f"echo {self.code()} > .unsandboxfs/otp; {command}")
        self.assertFalse(holds())

    def lives(self, path):
        """Whether it still exists, according to a fresh list."""
        self.shell("echo 1 > .unsandboxfs/refresh")
        return os.path.exists(self.at(path))

    def is_locked(self, path):
        """Whether it is still locked."""
        self.shell("echo 1 > .unsandboxfs/refresh")
        return self.value(path, "locked") == "1"


class Sudo(SudoCase):
    """Each kind, by writes to its files."""

    time_limit_s = 120

    def destroy(self, kind):
        """Destroys one; its code is not valid for the next."""
        one, two = self.resource(kind, "one"), self.resource(kind, "two")
        self.check(f"echo 1 > {one}/destroy", lambda: self.lives(one))
        self.assertIn(" 428 ", self.refused(f"echo 1 > {two}/destroy"))
        self.assertTrue(self.lives(two))

    def unlock(self, kind):
        """Unlocking needs a code; locking does not."""
        one = self.resource(kind, "shut")
        self.shell(f"echo 1 > {one}/locked")
        self.check(f"echo 0 > {one}/locked", lambda: self.is_locked(one))

    def test_code_is_shown_nowhere(self):
        path = self.resource("services", "quiet")
        self.refused(f"echo 1 > {path}/destroy")
        code = self.code()
        otp = self.at(".unsandboxfs/otp")
        self.assertEqual(stat.S_IMODE(os.stat(otp).st_mode), 0o600)
        self.shell(f"echo {code} > .unsandboxfs/otp")
        self.assertIn("one-time code", self.read(".unsandboxfs/otp"))
        shown = self.shell("cat .unsandboxfs/*") + self.mount.log()
        self.assertNotIn(code, shown.replace(
            self.read(".unsandboxfs/stats"), ""))
        kept = subprocess.run(["grep", "-rlw", code, self.mount.state_dir],
                              capture_output=True, check=False).stdout
        self.assertEqual(kept, b"")
        self.shell(f"echo 1 > {path}/destroy")

    def test_code_that_is_none(self):
        for code in "two\nlines", "\x01", "1" * 200:
            self.assertEqual(self.save_error(".unsandboxfs/otp", code),
                             "EINVAL")

    def test_code_is_taken_back(self):
        path = self.resource("services", "back")
        self.refused(f"echo 1 > {path}/destroy")
        self.shell(f"echo {self.code()} > .unsandboxfs/otp; "
                   "echo > .unsandboxfs/otp")
        self.assertIn(" 428 ", self.refused(f"echo 1 > {path}/destroy"))
        self.assertTrue(self.lives(path))

    def test_anything_may_ask(self):
        path = self.resource("services", "any")
        for request, command in (
                ("POST /services/ID/redeploy", f"echo 1 > {path}/redeploy"),
                ("PATCH /services/ID", f"echo 2 > {path}/vcpu"),
                ("PUT /services/ID/env",
                 f"dd status=none of={path}/env <<< A=1"),
                ("POST /services/ID/snapshot",
                 f"mkdir {path}/snapshots/any")):
            method, where = request.split()
            self.server.reset()
            self.server.fault({
                "method": method, "path": where, "status": 428, "times": 1,
                "body": {"challenge_id": "c", "error": "Show a code"}})
            line = self.refused(command)
            self.assertIn("Show a code; ", line)
            self.assertIn("; write the code to", line)
            self.shell(f"echo 123456 > .unsandboxfs/otp; {command}")
            self.assertEqual(self.server.requests()[request], 2)


for _kind in KINDS:
    setattr(Sudo, f"test_destroy_{_kind}",
            lambda self, kind=_kind: self.destroy(kind))
    if _kind != "sessions":  # the API's own programs unlock it without a code
        setattr(Sudo, f"test_unlock_{_kind}",
                lambda self, kind=_kind: self.unlock(kind))


class SudoByRmdir(SudoCase):
    """The same with allow_delete, by rmdir."""

    options = "allow_delete"

    def test_rmdir(self):
        for kind in KINDS:
            path = self.resource(kind, "gone")
            path = os.path.relpath(os.path.realpath(self.at(path)),
                                   self.mount.path)
            self.check(f"rmdir {path}", lambda: self.lives(path))
