# SPDX-License-Identifier: MIT
# tests/mount/test_sudo.py - what the API asks a one-time code for
"""Everything that api.md 11.1 names, and whatever else is answered with 428:
without a code EPERM, which says what to do; a wrong one fails; the right one
serves once."""
import os
import stat
import subprocess

from test_resources_life import ResourceCase

KINDS = ("sessions", "services", "snapshots", "images")


class SudoCase(ResourceCase):
    """A server that asks, and one resource of each kind, made twice."""

    server_arguments = ("--sudo",)

    def resource(self, kind, name):
        """The path of a new one."""
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
            source = self.make("published-" + name)
            self.shell(f"mkdir images/new/{name} && echo {source} > "
                       f"images/new/{name}/.settings/source_id && "
                       f"mv images/new/{name} images/")
        return f"{kind}/{name}"

    def refused(self, command):
        """It is not permitted, and the last error says why."""
        before = len(self.read(".unsandboxfs/errors").splitlines())
        self.assertIn("not permitted", self.fails(command))
        lines = self.read(".unsandboxfs/errors").splitlines()
        self.assertEqual(len(lines), before + 1, lines)
        return lines[-1]

    def code(self):
        """The one-time code that the server mailed last."""
        return self.server.ask("GET", "")["last_otp"]

    def check(self, command, holds):
        """Without a code, with a wrong one, with that again, with the right
        one; holds() is true until then."""
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
        """Whether it is still there, by a list that is fresh."""
        self.shell("echo 1 > .unsandboxfs/refresh")
        return os.path.exists(self.at(path))

    def is_locked(self, path):
        """Whether it is still locked."""
        self.shell("echo 1 > .unsandboxfs/refresh")
        return self.value(path, "locked") == "1"


class Sudo(SudoCase):
    """Each kind, by its files."""

    time_limit_s = 120

    def destroy(self, kind):
        """One of the kind, and the code not for the next."""
        one, two = self.resource(kind, "one"), self.resource(kind, "two")
        self.check(f"echo 1 > {one}/destroy", lambda: self.lives(one))
        self.assertIn(" 428 ", self.refused(f"echo 1 > {two}/destroy"))
        self.assertTrue(self.lives(two))

    def unlock(self, kind):
        """Of a locked one; locking needs no code."""
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
            self.assertIn("Show a code; write the code to", line)
            self.shell(f"echo 123456 > .unsandboxfs/otp; {command}")
            self.assertEqual(self.server.requests()[request], 2)


for _kind in KINDS:
    setattr(Sudo, f"test_destroy_{_kind}",
            lambda self, kind=_kind: self.destroy(kind))
    if _kind != "sessions":  # which the API's own programs unlock freely
        setattr(Sudo, f"test_unlock_{_kind}",
                lambda self, kind=_kind: self.unlock(kind))


class SudoByRmdir(SudoCase):
    """The same, where rmdir destroys."""

    options = "allow_delete"

    def test_rmdir(self):
        for kind in KINDS:
            path = self.resource(kind, "gone")
            path = os.path.relpath(os.path.realpath(self.at(path)),
                                   self.mount.path)
            self.check(f"rmdir {path}", lambda: self.lives(path))
