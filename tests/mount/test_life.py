# SPDX-License-Identifier: MIT
# tests/mount/test_life.py - a resource's whole life, in shell scripts
"""Each paragraph of life/NAME.sh is a step of one shell. The comments `#>`
before it are the requests that it must send, in this order and without GETs:
    METHOD PATH [BODY]
with variables of the shell, as they are after the step. Answers are cached for
so long that time does not matter.
"""
import json
import os
import re
import subprocess
import unittest

from case import MountCase
from test_resources_life import free_port

HERE = os.path.dirname(os.path.abspath(__file__))
END = "-- the end of a step --"
OTHER = "unsb-pk-test-0000-0000-0002"
LIFE = "ttl_list=600,ttl_detail=600,negative_ttl=600"


class Shell:
    """A shell that runs steps one by one."""

    def __init__(self, folder, errors, **variables):
        self.errors = errors
        self.process = subprocess.Popen(
            ["sh"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=errors, text=True,
            env=dict(os.environ, LC_ALL="C.UTF-8", **variables))

    def run(self, text):
        """Runs a text under -e; returns its output, None if it failed."""
        self.process.stdin.write(f"set -e\n{text}\nset +e\necho '{END}'\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line == END + "\n":
                return "".join(lines)
            lines.append(line)
        return None

    def close(self):
        """Ends it."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)


def steps(name):
    """[(requests, text), ...] of the steps of a script."""
    with open(os.path.join(HERE, "life", name + ".sh"),
              encoding="utf-8") as file:
        paragraphs = re.split(r"\n\n(?=[^\t ])", file.read())[1:]
    for paragraph in paragraphs:
        lines = paragraph.splitlines()
        yield ([line[3:] for line in lines if line.startswith("#> ")],
               "\n".join(line for line in lines
                         if not line.startswith("#> ")))


def parsed(body):
    """Parses JSON, so that the order of members does not count."""
    try:
        return json.loads(body)
    except ValueError:
        return body.rstrip("\n")


class LifeCase(MountCase):
    """Runs a script."""

    options = LIFE
    time_limit_s = 120
    faults = ()

    def run_steps(self, name, **variables):
        """Each step succeeds, and sends the requests that it must."""
        folder = self.place.folder("tmp-" + name)
        self.save(".unsandboxfs/refresh", "1")
        with open(os.path.join(folder, "stderr"), "a+",
                  encoding="utf-8") as errors:
            is_lean = self.is_switched("lean_answers")
            shell = Shell(self.mount.path, errors, TMP=folder,
                          LEAN="1" if is_lean else "", **variables)
            self.addCleanup(shell.close)
            for wanted, text in steps(name):
                self.server.reset()
                self.server.fault(*self.faults)
                done = shell.run(text)
                errors.seek(0)
                if done is None:
                    self.fail(f"{text}\n{errors.read()}"
                              f"status {shell.process.wait(9)}")
                self.check_asked(shell, wanted, text)

    def check_asked(self, shell, wanted, text):
        """Compares with the requests that the server recorded."""
        told = shell.run("cat <<_END_\n" + "\n".join(wanted) + "\n_END_")
        words = [line.split(" ", 2) for line in told.splitlines() if line]
        reads = sorted(re.sub(r"/[a-z]+-[0-9a-z-]{10,}", "/ID", path)
                       for method, path, *_ in words if method == "GET")
        changes = [(method, path, parsed("".join(body)))
                   for method, path, *body in words if method != "GET"]
        self.assertEqual([(change["method"], change["path"],
                           parsed(change["body"]))
                          for change in self.server.changes()], changes, text)
        # What a lean list lacks is asked for.
        if self.is_switched("lean_answers"):
            return
        self.assertEqual(sorted(
            name.split()[1] for name, count in self.server.requests().items()
            if name.startswith("GET ") for _ in range(count)), reads, text)


class Life(LifeCase):
    """A resource of each kind."""

    def test_service(self):
        self.run_steps("service", PORT=str(free_port()))

    def test_session(self):
        self.run_steps("session")

    def test_image(self):
        """A snapshot."""
        self.run_steps("image", KEY="unsb-pk-aaaa-bbbb-cccc-dddd",
                       OTHER=OTHER)

    def test_fallback(self):
        """Calls that only other descriptions of the API have."""
        self.switch(openapi_only=0)
        self.faults = [{"method": method, "path": path, "status": 404,
                        "body": {"error": "Not found"}}
                       for method, path in (
                           ("POST", "/services/ID/freeze"),
                           ("POST", "/services/ID/unfreeze"),
                           ("POST", "/sessions/ID/freeze"),
                           ("POST", "/sessions/ID/unfreeze"),
                           ("PATCH", "/services/ID"))]
        self.run_steps("fallback")


class AllowDelete(LifeCase):
    """Destroys all by rmdir."""

    options = LIFE + ",allow_delete"

    def test_rmdir(self):
        self.run_steps("rmdir")


if __name__ == "__main__":
    unittest.main()
