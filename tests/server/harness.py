# SPDX-License-Identifier: MIT
# tests/server/harness.py - starts a stand-in, and signs requests to it
"""For the tests of the stand-in itself. A script is run as
    python3 tests/test_server_x.py [BUILD]
and starts BUILD/standin (default: build) in a temporary directory.
"""
import hashlib
import hmac
import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = os.environ.get("BUILD", "build")
PUBLIC = "unsb-pk-test-0000-0000-0001"
SECRET = "unsb-sk-test0-vault-unlck-12345"
OTHER = "unsb-pk-test-0000-0000-0002"
OTHER_SECRET = "unsb-sk-other-vault-unlck-67890"


def sign(secret, stamp, method, path, body):
    text = f"{stamp}:{method}:{path}:".encode() + body
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def sleepers(seconds):
    """The pids of `sleep SECONDS`. Reads the arguments only of processes
    called sleep, because reading those of a process that waits for a mount
    may block."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm") as file:
                if file.read() != "sleep\n":
                    continue
            with open(f"/proc/{pid}/cmdline") as file:
                if seconds in file.read().split("\0"):
                    found.append(int(pid))
        except OSError:
            pass
    return found


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Standin:
    """build/standin on a free port; stop() ends it and checks its status."""

    def __init__(self, *options, folder=None):
        self.folder = folder or tempfile.mkdtemp(prefix="test-server-")
        self.is_folder_kept = bool(folder)
        self.log = open(os.path.join(self.folder, "stderr"), "ab+")
        self.process = subprocess.Popen(
            [os.path.join(BUILD, "standin"), "--exit-with-parent", *options],
            stdout=subprocess.PIPE, stderr=self.log,
            env=dict(os.environ, TMPDIR=self.folder))
        line = self.process.stdout.readline().decode()
        if "listening on http" not in line:
            raise AssertionError(f"did not start: {line!r}")
        self.url = line.split()[-1]
        self.port = int(self.url.rsplit(":", 1)[1])
        self.context = None

    def stop(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        code = self.process.wait(30)
        self.process.stdout.close()
        self.log.seek(0)
        said = self.log.read().decode(errors="replace")
        self.log.close()
        left = [n for n in os.listdir(self.folder) if n.startswith("standin-")]
        if not self.is_folder_kept:
            shutil.rmtree(self.folder)
        if sig != signal.SIGKILL:
            assert code == 0, f"ended with {code}: {said}"
            assert not left, f"left behind: {left}"
        for word in ("Sanitizer", "runtime error"):
            assert word not in said, said

    def connect(self, timeout=120):
        if self.context:
            return http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=timeout, context=self.context)
        return http.client.HTTPConnection("127.0.0.1", self.port,
                                          timeout=timeout)

    def trust(self, ca):
        self.context = ssl.create_default_context(cafile=ca)

    def __call__(self, method, path, body=b"", *, headers=None, key=PUBLIC,
                 secret=SECRET, signed_path=None, signed_body=None,
                 stamp=None, agent="test/1", kind="application/json",
                 connection=None):
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        elif isinstance(body, str):
            body = body.encode()
        stamp = str(int(time.time()) if stamp is None else stamp)
        fields = {
            "Authorization": f"Bearer {key}", "X-Timestamp": stamp,
            "X-Signature": sign(secret, stamp, method,
                                signed_path or path.partition("?")[0],
                                body if signed_body is None else signed_body),
            "Content-Type": kind}
        if agent:
            fields["User-Agent"] = agent
        fields.update(headers or {})
        link = connection or self.connect()
        link.request(method, path, body,
                     {k: v for k, v in fields.items() if v is not None})
        reply = link.getresponse()
        answer = Answer(reply.status, reply.headers, reply.read())
        if not connection:
            link.close()
        return answer

    def control(self, method, path, body=None):
        link = self.connect()
        link.request(method, "/_standin" + path,
                     b"" if body is None else json.dumps(body).encode())
        reply = link.getresponse()
        text = reply.read()
        link.close()
        if reply.status != 200:
            raise AssertionError(f"{method} {path}: {text}")
        return json.loads(text)

    def faults(self, *rules):
        self.control("PUT", "/faults", list(rules))

    def run(self, language, code, **fields):
        answer = self("POST", "/execute",
                      dict(fields, language=language, code=code))
        if answer.status != 200:
            raise AssertionError(answer)
        return answer.json

    def submit(self, language, code, **fields):
        answer = self("POST", "/execute/async",
                      dict(fields, language=language, code=code))
        if answer.status != 200:
            raise AssertionError(answer)
        return answer.json["job_id"]

    def wait(self, job, seconds=60):
        until = time.monotonic() + seconds
        while True:
            got = self("GET", f"/jobs/{job}").json
            if got["status"] not in ("pending", "running"):
                return got
            if time.monotonic() > until:
                raise AssertionError(got)
            time.sleep(0.05)


class Case(unittest.TestCase):
    """One server for all the tests of a class."""
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.api = Standin("--port", "0", *cls.options)

    @classmethod
    def tearDownClass(cls):
        cls.api.stop()

    def until(self, what, seconds=10):
        end = time.monotonic() + seconds
        while True:
            got = what()
            if got:
                return got
            self.assertLess(time.monotonic(), end, "it did not happen")
            time.sleep(0.02)


def main():
    global BUILD
    if len(sys.argv) > 1 and os.path.exists(
            os.path.join(sys.argv[1], "standin")):
        BUILD = sys.argv.pop(1)
    unittest.main(module="__main__")
