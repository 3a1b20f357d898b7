# SPDX-License-Identifier: MIT
# tests/mount/standin.py - starts and controls the stand-in API server
import base64
import http.client
import json
import os
import re
import subprocess

from place import BUILD

PUBLIC = "unsb-pk-test-0000-0000-0001"
SECRET = "unsb-sk-test0-vault-unlck-12345"


class Standin:
    """A stand-in of the API on its own port."""

    wrapper = ()

    def __init__(self, place, *arguments, port=0):
        self.log_path = os.path.join(place.path, "standin.log")
        self.data = os.path.join(place.path, "standin.data")
        os.makedirs(self.data, exist_ok=True)
        self.arguments = arguments
        self.process = None
        self.port = port
        self.start()

    def start(self):
        """Starts it, on the same port if it ran before."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, os.path.join(BUILD, "standin"), "--port",
                 str(self.port), "--strict", "--exit-with-parent", "--data",
                 self.data, *self.arguments], stdout=subprocess.PIPE, stderr=log,
                stdin=subprocess.DEVNULL)
        line = self.process.stdout.readline().decode()
        found = re.match(r"listening on (https?://127\.0\.0\.1:(\d+))", line)
        if not found:
            raise RuntimeError(f"the stand-in did not start: {line!r}")
        self.url, self.port = found[1], int(found[2])

    def stop(self):
        """Ends it, so that the API cannot be reached."""
        self.process.terminate()
        try:
            status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait(10)
        self.process.stdout.close()
        return status

    def ask(self, method, path, value=None):
        """Sends a control request; returns the JSON of its answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=60)
        try:
            body = None if value is None else json.dumps(value)
            connection.request(method, "/_standin" + path, body=body)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {text!r}")
        return json.loads(text)

    def requests(self):
        """The requests since the last reset, like {"GET /jobs": 3}."""
        return self.ask("GET", "/requests")

    def changes(self):
        """The requests other than GET since the last reset, in order:
        method, path, body."""
        return self.ask("GET", "/changes")

    def executions(self):
        """The programs submitted since the last reset, in order."""
        return self.ask("GET", "/executions")

    def reset_counts(self):
        """Resets the counts."""
        self.ask("DELETE", "/requests")
        self.ask("DELETE", "/executions")

    def reset(self):
        """Resets the counts, and drops all faults."""
        self.reset_counts()
        self.ask("DELETE", "/faults")

    def fault(self, *rules):
        """Sets the fault rules; none: no faults."""
        self.ask("PUT", "/faults", list(rules))

    def answer(self, method, path, answer, **rule):
        """Answers the next such request with this JSON or these bytes."""
        body = answer if isinstance(answer, bytes) else json.dumps(
            answer, ensure_ascii=False, separators=(",", ":")).encode()
        self.fault({"method": method, "path": path, "status": 200, "times": 1,
                    "body_base64": base64.b64encode(body).decode(),
                    "headers": {"Content-Type": "application/json"}, **rule})

    def limits(self, **limits):
        """Sets concurrency, rate_per_minute and burst; 0: no limit."""
        self.ask("PUT", "/limits", limits)
