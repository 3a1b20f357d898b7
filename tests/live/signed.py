# SPDX-License-Identifier: MIT
# tests/live/signed.py - plain signed requests, limited in number and rate
"""Requests without a mount: each on its own connection, without redirects.
Their number is limited, and their rate to half of the key's."""
import contextlib
import http.client
import json
import signal
import socket
import ssl
import time
import urllib.parse

from harness import sign

BODY_MAX = 8 << 20
PATIENCE_S = 60
WAITS_MAX_S = 70
# Longer than a signature is valid (api/API.md 1.1).
TOO_OLD_S = 3600


class Unreachable(Exception):
    """There is no API at this address."""


class Refused(Exception):
    """Something that was created could not be removed."""


class TooMany(Exception):
    """More requests than allowed."""


class Answer:
    """An answer: its status, 0 if there was none, and its body."""

    def __init__(self, status, headers=None, body=b"", trouble=""):
        self.status, self.headers, self.body = status, headers or {}, body
        self.trouble = trouble
        try:
            self.json = json.loads(body) if body else None
        except ValueError:
            self.json = None

    def words(self):
        """The words of an error body."""
        if not isinstance(self.json, dict):
            return {}
        return {name: self.json[name] for name in (
            "error", "code", "message", "details", "reason")
                if isinstance(self.json.get(name), str)}


class Api:
    """Sends requests, and counts them."""

    def __init__(self, base, public, secret, requests_max):
        self.url = urllib.parse.urlsplit(base)
        self.public, self.secret = public, secret
        self.requests_max = requests_max
        self.count = 0
        self.pause_s = 1.0
        self.paces = True
        self.codes = set()
        self.next_at = 0.0

    # ---- one request ----

    def _signed(self, method, path, body, how):
        """The headers of authentication."""
        if how == "not":
            return {}
        stamp = str(int(time.time()) - (TOO_OLD_S if how == "old" else 0))
        covered = path if how == "query" else path.partition("?")[0]
        secret = self.secret + ("x" if how == "wrong" else "")
        return {"Authorization": f"Bearer {self.public}",
                "X-Timestamp": stamp,
                "X-Signature": sign(secret, stamp, method, covered, body)}

    def _connect(self):
        host, port = self.url.hostname, self.url.port
        if self.url.scheme == "https":
            return http.client.HTTPSConnection(
                host, port, timeout=PATIENCE_S,
                context=ssl.create_default_context())
        return http.client.HTTPConnection(host, port, timeout=PATIENCE_S)

    def _send(self, method, path, body, headers):
        if self.count >= self.requests_max:
            raise TooMany(f"more than {self.requests_max} requests")
        self.count += 1
        link = self._connect()
        try:
            link.request(method, self.url.path.rstrip("/") + path, body,
                         headers)
            got = link.getresponse()
            return Answer(got.status, got.headers, got.read(BODY_MAX))
        except (socket.gaierror, ConnectionRefusedError,
                ssl.SSLCertVerificationError) as error:
            raise Unreachable(str(error)) from error
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, trouble=str(error) or type(error).__name__)
        finally:
            link.close()

    def ask(self, method, path, body=None, *, how="path",
            kind="application/json", headers=None):
        """Sends it once, or once more after a 429. `how` is what is signed:
        the path, with the query, not at all, wrong or old."""
        data = b"" if body is None else body if isinstance(body, bytes) \
            else json.dumps(body).encode()
        for last in (False, True):
            self.wait()
            fields = self._signed(method, path, data, how)
            if data:
                fields["Content-Type"] = kind
            got = self._send(method, path, data, {**fields, **(headers or {})})
            self._learn(got, how)
            if got.status != 429 or last:
                break
        if got.status >= 400 and got.words().get("code"):
            self.codes.add(got.words()["code"])
        return got

    def remove(self, path):
        """DELETEs a resource, which may be gone already."""
        got = self.ask("DELETE", path)
        if got.status not in (200, 204, 404):
            raise Refused(f"DELETE: {got.status or got.trouble}")

    # ---- the rate of requests ----

    def wait(self):
        """Waits until the next request is due."""
        if self.paces:
            time.sleep(max(0.0, self.next_at - time.monotonic()))

    def _learn(self, got, how="path"):
        """Reads the limit from a signed request's answer."""
        def number(name):
            text = got.headers.get(name, "")
            return int(text) if text.isdigit() else None
        limit, left = number("X-RateLimit-Limit"), number(
            "X-RateLimit-Remaining")
        if limit:
            self.allow(limit)
        wait = self.pause_s
        if got.status == 429 or left == 0 and how in ("path", "query"):
            reset = number("X-RateLimit-Reset")
            wait = number("Retry-After") or (
                reset - time.time() if reset else WAITS_MAX_S)
        self.next_at = time.monotonic() + min(max(wait, 0), WAITS_MAX_S)

    def allow(self, a_minute):
        """Limits the rate to half of so many requests a minute."""
        self.pause_s = 120.0 / a_minute


@contextlib.contextmanager
def uninterrupted():
    """Blocks signals from creating something until it can be removed."""
    held = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, held)
