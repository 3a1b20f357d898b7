#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/test_server_wire.py - keys, limits, faults and HTTP of the stand-in
import base64
import http.client
import json
import os
import select
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "server"))
import harness  # noqa: E402
from harness import PUBLIC  # noqa: E402

ERROR_FIELDS = {"error", "message", "code", "details"}


class Keys(harness.Case):
    strict = False

    def test_refused(self):
        now = int(time.time())
        rows = [
            ({"headers": {"Authorization": None}}, "MISSING_KEY"),
            ({"headers": {"Authorization": "Basic x"}}, "MISSING_KEY"),
            ({"key": "unsb-pk-nobody"}, "INVALID_KEY"),
            ({"headers": {"X-Signature": None}}, "MISSING_SIGNATURE"),
            ({"headers": {"X-Timestamp": None}}, "MISSING_SIGNATURE"),
            ({"stamp": "soon"}, "invalid_timestamp"),
            ({"stamp": now - 310}, "invalid_timestamp"),
            ({"stamp": now + 310}, "invalid_timestamp"),
            ({"secret": "unsb-sk-wrong"}, "invalid_signature"),
            ({"signed_path": "/other"}, "invalid_signature"),
            ({"signed_body": b"x"}, "invalid_signature"),
            ({"headers": {"X-Signature": "A" * 64}}, "invalid_signature"),
            ({"headers": {"X-Signature": ""}}, "invalid_signature"),
        ]
        for fields, code in rows:
            with self.subTest(fields=fields):
                got = self.api("GET", "/jobs", **fields)
                self.assertEqual((got.status, got.json["code"]), (401, code))
                self.assertLessEqual(ERROR_FIELDS, got.json.keys())
                self.assertEqual("timestamp" in got.body.decode(),
                                 code == "invalid_timestamp")
        for stamp in (now - 280, now + 280):
            self.assertEqual(self.api("GET", "/jobs", stamp=stamp).status,
                             200)

    def test_query_in_signature(self):
        rows = [  # path, is its query signed, does --strict accept it
            ("/jobs?limit=1", False, True),
            ("/jobs?limit=1", True, False),
            ("/services/x/logs?all=true", False, False),
            ("/services/x/logs?all=true", True, True),
        ]
        for path, with_query, in_strict in rows:
            with self.subTest(path=path, with_query=with_query):
                got = self.api("GET", path, signed_path=path if with_query
                               else path.partition("?")[0])
                self.assertEqual(got.status != 401,
                                 in_strict or not self.strict)

    def test_empty_json_in_signature(self):
        for body in (b"{}", b"[]"):
            got = self.api("POST", "/keys/validate", body, signed_body=b"")
            self.assertEqual(got.status, 401 if self.strict else 200)
            got = self.api("POST", "/keys/validate", body)
            self.assertEqual(got.status, 200)
        got = self.api("POST", "/keys/validate", b"{ }", signed_body=b"")
        self.assertEqual(got.status, 401)

    def test_clock(self):
        for skew in (360, -360):
            self.api.control("PUT", "/clock", {"skew_s": skew})
            got = self.api("GET", "/jobs")
            self.assertEqual(got.json["code"], "invalid_timestamp")
            self.assertEqual(self.api("GET", "/jobs",
                                      stamp=int(time.time()) + skew).status,
                             200)
            date = time.strftime("%a, %d %b %Y %H:%M",
                                 time.gmtime(time.time() + skew))
            self.assertIn(date, got.headers["Date"])
        self.api.control("PUT", "/clock", {"skew_s": 0})

    def test_key(self):
        got = self.api("POST", "/keys/validate").json
        self.assertEqual((got["valid"], got["public_key"], got["status"]),
                         (True, PUBLIC, "active"))
        self.assertIsInstance(got["tier"], int)
        got = self.api("POST", "/keys/validate", key="unsb-pk-x")
        self.assertEqual((got.status, got.json["valid"],
                          got.json["reason"]), (401, False, "invalid_key"))

    def test_unsigned(self):
        for path in ("/health", "/cluster", "/pools", "/stats"):
            link = self.api.connect()
            link.request("GET", path)
            self.assertEqual(link.getresponse().status, 200)
            link.close()
        link = self.api.connect()
        link.request("HEAD", "/health")
        reply = link.getresponse()
        self.assertEqual((reply.status, reply.read()), (200, b""))
        link.close()

    def test_lists(self):
        got = self.api("GET", "/languages").json
        self.assertEqual((got["count"], len(set(got["languages"]))),
                         (42, 42))
        self.assertEqual(got["aliases"]["js"], "javascript")
        got = self.api("GET", "/shells").json
        self.assertEqual(got["count"], len(got["shells"]))
        self.assertIn("bash", got["categories"]["unix"])

    def test_unknown_path(self):
        for method, path in (("GET", "/"), ("GET", "/nix"),
                             ("PATCH", "/jobs"), ("GET", "/jobs/a/b/c")):
            got = self.api(method, path)
            self.assertEqual((got.status, got.json["code"]),
                             (404, "NOT_FOUND"))


class StrictKeys(Keys):
    options = ("--strict",)
    strict = True


class Limits(harness.Case):
    options = ("--rate", "60:3")

    def test_rate(self):
        left = []
        for _ in range(3):
            got = self.api("GET", "/jobs")
            self.assertEqual((got.status, got.headers["X-RateLimit-Limit"]),
                             (200, "60"))
            left.append(int(got.headers["X-RateLimit-Remaining"]))
        self.assertEqual(left, [2, 1, 0])
        got = self.api("GET", "/health")
        self.assertEqual((got.status, got.headers["X-RateLimit-Remaining"]),
                         (200, None))
        got = self.api("GET", "/jobs")
        self.assertEqual((got.status, got.json["error"]),
                         (429, "rate_limit_exceeded"))
        reset = int(got.headers["X-RateLimit-Reset"])
        self.assertIn(reset - int(time.time()), range(0, 4))
        time.sleep(1.1)
        self.assertEqual(self.api("GET", "/jobs").status, 200)
        self.api.control("PUT", "/limits", {"rate_per_minute": 0})
        for _ in range(5):
            self.assertEqual(self.api("GET", "/jobs").status, 200)


class Http(harness.Case):
    def test_counts(self):
        self.api.control("DELETE", "/requests")
        for path in ("/jobs", "/jobs/a", "/jobs/b?x=1", "/nix"):
            self.api("GET", path)
        self.api("POST", "/jobs/a/cancel")
        self.assertEqual(self.api.control("GET", "/requests"), {
            "GET /jobs": 1, "GET /jobs/ID": 2, "GET /nix": 1,
            "POST /jobs/ID/cancel": 1})

    def test_keep_alive(self):
        link = self.api.connect()
        for _ in range(3):
            self.api("GET", "/jobs", connection=link)
            first = link.sock.getsockname()
        self.api("GET", "/jobs", connection=link)
        self.assertEqual(link.sock.getsockname(), first)
        link.close()

    def raw(self, text, body=b"", wait=b""):
        with socket.create_connection(("127.0.0.1", self.api.port)) as s:
            s.settimeout(20)
            s.sendall(text)
            got = b""
            while wait and wait not in got:
                got += s.recv(1000)
            s.sendall(body)
            while True:
                more = s.recv(1 << 16)
                if not more:
                    return got
                got += more

    def head(self, body, *lines):
        stamp = str(int(time.time()))
        lines = ["POST /execute HTTP/1.1", "Host: x", "Connection: close",
                 "Authorization: Bearer " + PUBLIC, "X-Timestamp: " + stamp,
                 "X-Signature: " + harness.sign(harness.SECRET, stamp, "POST",
                                                "/execute", body), *lines]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def test_bodies(self):
        body = json.dumps({"language": "bash",
                           "code": "echo fine" + " " * 3_000_000}).encode()
        pieces = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 70000]),
                                             body[i:i + 70000])
                          for i in range(0, len(body), 70000))
        length = f"Content-Length: {len(body)}"
        rows = [("plain", [length], body, b""),
                ("chunked", ["Transfer-Encoding: chunked"],
                 pieces + b"0\r\n\r\n", b""),
                ("expect", [length, "Expect: 100-continue"], body,
                 b"100 Continue\r\n\r\n")]
        for name, lines, sent, wait in rows:
            with self.subTest(name=name):
                got = self.raw(self.head(body, *lines), sent, wait)
                self.assertIn(b"200 OK", got)
                self.assertIn(b'"stdout":"fine\\n"', got)

    def test_too_large(self):
        got = self.raw(self.head(b"", f"Content-Length: {300 << 20}",
                                 "Expect: 100-continue"))
        self.assertTrue(got.startswith(b"HTTP/1.1 413"), got)

    def test_waiting_blocks_nobody(self):
        threads = [threading.Thread(target=self.api.run, args=(
            "bash", "sleep 4")) for _ in range(50)]
        for thread in threads:
            thread.start()
        self.assertEqual(self.api("GET", "/jobs").status, 200)
        self.assertTrue(all(thread.is_alive() for thread in threads))
        for thread in threads:
            thread.join()


class Logs(harness.Case):
    def test_read(self):
        for path in ("/logs", "/logs/all", "/paas/logs?lines=2",
                     "/logs?source=all&since=5m", "/logs/api", "/logs/nix",
                     "/logs?source=api&grep=/nowhere",
                     "/logs/pool/a?level=err"):
            self.assertEqual(self.api("GET", path).status, 200)
        got = self.api("GET", "/logs/all").json
        self.assertEqual(got["sources"], ["api"])
        self.assertTrue(any("GET /paas/logs 200" in line["line"]
                            for line in got["lines"]))
        got = self.api("POST", "/paas/logs", {"source": "api", "lines": 2})
        self.assertEqual(len(got.json["lines"]), 2)
        self.assertNotIn("sources", got.json)
        self.assertEqual(self.api("GET", "/logs/nix").json["lines"], [])
        self.api.control("PUT", "/clock", {"skew_s": 200})
        got = self.api("GET", "/logs/api?since=1m").json["lines"]
        self.api.control("PUT", "/clock", {"skew_s": 0})
        self.assertEqual(got, [])
        self.api("GET", "/nowhere")
        for query in ("grep=/nowhere", "level=warning"):
            got = self.api("GET", "/logs/api?" + query).json["lines"]
            self.assertRegex(got[0], r" \[warning\] GET /nowhere 404$")

    def test_follow(self):
        for path in ("/logs/stream?source=all", "/logs/api/stream",
                     "/paas/logs/stream"):
            link = self.api.connect(10)
            stamp = str(int(time.time()))
            link.request("GET", path, headers={
                "Authorization": "Bearer " + PUBLIC, "X-Timestamp": stamp,
                "X-Signature": harness.sign(harness.SECRET, stamp, "GET",
                                            path, b"")})
            reply = link.getresponse()
            self.assertEqual(reply.headers["Content-Type"],
                             "text/event-stream")
            while True:
                self.api("GET", "/nowhere")
                line = reply.readline()
                if b"/nowhere" in line:
                    break
            self.assertTrue(line.startswith(b'data: {"source":"api",'))
            self.assertEqual(reply.readline(), b"\n")
            link.close()


class Faults(harness.Case):
    """Each row: a rule, and what a client receives."""

    def ask(self, timeout=1):
        """(status, body), or the name of the error."""
        stamp = str(int(time.time()))
        link = self.api.connect(timeout)
        try:
            link.request("POST", "/execute", b'{"language":"x","code":"x"}', {
                "Authorization": "Bearer " + PUBLIC, "X-Timestamp": stamp,
                "X-Signature": harness.sign(
                    harness.SECRET, stamp, "POST", "/execute",
                    b'{"language":"x","code":"x"}')})
            reply = link.getresponse()
            return reply.status, reply.read()
        except (TimeoutError, OSError, http.client.HTTPException) as err:
            return type(err).__name__
        finally:
            link.close()

    def test_rules(self):
        real = self.ask()
        self.assertEqual(real[0], 400)
        body = real[1]
        raw = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
        rows = [
            ({"status": 503, "body": "x"}, (503, b"x")),
            ({"status": 503, "body": ""}, (503, b"")),
            ({"status": 200, "body": {"a": [None, 1]}},
             (200, b'{"a":[null,1]}')),
            ({"status": 200, "body_base64": "/w=="}, (200, b"\xff")),
            ({"fill": 20}, (200, b'{"filler":"xxxxxxx"}')),
            ({"truncate": 5}, "IncompleteRead"),
            ({"truncate": 0, "status": 200, "body": "x"}, "IncompleteRead"),
            ({"content_length": 3}, (400, body[:3])),
            ({"content_length": 999}, "IncompleteRead"),
            ({"close": "before"}, "RemoteDisconnected"),
            ({"close": "headers"}, (200, b"")),
            ({"close": "body"}, "IncompleteRead"),
            ({"close": "body", "reset": True}, None),
            ({"hang": "before"}, "TimeoutError"),
            ({"hang": "headers"}, "TimeoutError"),
            ({"hang": "body"}, "TimeoutError"),
            ({"endless": True}, "TimeoutError"),
            ({"garbage": True}, "BadStatusLine"),
            ({"raw_base64": base64.b64encode(raw).decode()}, (200, b"hi")),
            ({"delay_ms": 2500}, "TimeoutError"),
            ({"delay_ms": 200}, real),
            ({"drip_ms": 10}, real),
        ]
        for rule, want in rows:
            with self.subTest(rule=rule):
                self.api.faults(dict(rule, path="/execute", times=1))
                got = self.ask() if rule != {"endless": True} else \
                    self.ask_endless()
                if want:
                    self.assertEqual(got, want)
                else:
                    self.assertIsInstance(got, str)
                self.assertEqual(self.ask(), real)

    def ask_endless(self):
        with socket.create_connection(("127.0.0.1", self.api.port)) as s:
            s.sendall(b"POST /execute HTTP/1.1\r\nHost: x\r\n"
                      b"Content-Length: 0\r\n\r\n")
            got = 0
            while got < 10_000_000:
                piece = s.recv(1 << 20)
                if not piece:
                    return "it ended"
                got += len(piece)
        return "TimeoutError"

    def test_which_requests_match(self):
        rows = [
            ({"method": "GET"}, "POST", "/jobs/a/cancel", False),
            ({"method": "POST"}, "POST", "/jobs/a/cancel", True),
            ({"path": "/jobs/*"}, "GET", "/jobs/a", True),
            ({"path": "/jobs/*"}, "GET", "/jobs", False),
            ({"path": "/jobs/ID"}, "GET", "/jobs/a", True),
            ({"path": "/jobs/a"}, "GET", "/jobs/a", True),
            ({"path": "/jobs/b"}, "GET", "/jobs/a", False),
            ({"path": "/jobs"}, "GET", "/jobs?limit=1", True),
            ({}, "GET", "/nix", True),
        ]
        for rule, method, path, matches in rows:
            with self.subTest(rule=rule, path=path):
                self.api.faults(dict(rule, status=599))
                got = self.api(method, path).status
                self.assertEqual(got == 599, matches)
        self.api.faults({"status": 598, "times": 2}, {"status": 599})
        self.assertEqual([self.api("GET", "/jobs").status
                          for _ in range(4)], [598, 598, 599, 599])
        self.api.control("DELETE", "/faults")
        self.assertEqual(self.api("GET", "/jobs").status, 200)

    def test_headers(self):
        for after in (False, True):
            self.api.faults({"status": 302, "after": after, "headers": {
                "Location": "http://127.0.0.1:1/"}})
            got = self.api("GET", "/jobs")
            self.assertEqual(
                {k: v for k, v in got.headers.items()},
                {"Location": "http://127.0.0.1:1/", "Content-Length": "2",
                 "Content-Type": "application/json"})
        self.api.control("DELETE", "/faults")

    def test_what_is_carried_out(self):
        rows = [({"status": 503}, 0), ({"status": 503, "after": True}, 1),
                ({"close": "before"}, 0),
                ({"close": "before", "after": True}, 1),
                ({"hang": "headers"}, 0), ({"truncate": 3}, 1),
                ({"close": "body"}, 1), ({"delay_ms": 10}, 1),
                ({"garbage": True, "after": True}, 1)]
        for rule, want in rows:
            with self.subTest(rule=rule):
                self.api.control("DELETE", "/executions")
                self.api.control("DELETE", "/requests")
                self.api.faults(dict(rule, times=1))
                link = self.api.connect(1)
                try:
                    self.api("POST", "/execute", {
                        "language": "bash", "code": "true"}, connection=link)
                except (OSError, http.client.HTTPException):
                    pass
                link.close()
                self.assertEqual(len(self.api.control("GET", "/executions")),
                                 want)
                self.assertEqual(self.api.control("GET", "/requests"),
                                 {"POST /execute": 1})

    def test_changes_are_noted(self):
        self.api.control("DELETE", "/requests")
        body = {"language": "bash", "code": "echo ö"}
        self.api("POST", "/execute", body)
        self.api("GET", "/jobs")
        self.api("DELETE", "/jobs/none")
        noted = self.api.control("GET", "/changes")
        self.assertEqual([(n["method"], n["path"]) for n in noted],
                         [("POST", "/execute"), ("DELETE", "/jobs/none")])
        self.assertEqual(json.loads(noted[0]["body"]), body)
        self.assertEqual(noted[1]["body"], "")
        self.api.control("DELETE", "/requests")
        self.assertEqual(self.api.control("GET", "/changes"), [])

    def test_bad_rules(self):
        for rules in ({}, [1], [{"stat": 1}], [{"hang": "here"}],
                      [{"times": -1}], [{"delay_ms": -1}],
                      [{"body_base64": "%"}],
                      [{"status": 99}], [{"headers": {"a": 1}}]):
            with self.subTest(rules=rules), \
                    self.assertRaises(AssertionError):
                self.api.control("PUT", "/faults", rules)


class Tls(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="test-server-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.api = harness.Standin("--tls", self.folder)
        self.addCleanup(self.api.stop)
        self.api.trust(os.path.join(self.folder, "ca.pem"))

    def test_https(self):
        self.assertTrue(self.api.url.startswith("https://"))
        for host in ("localhost", "127.0.0.1", "api.unsandbox.com",
                     "unsandbox.com"):
            with socket.create_connection(("127.0.0.1",
                                           self.api.port)) as s, \
                    self.api.context.wrap_socket(s, server_hostname=host):
                pass
        with self.assertRaises(ssl.SSLCertVerificationError):
            with socket.create_connection(("127.0.0.1",
                                           self.api.port)) as s, \
                    self.api.context.wrap_socket(s, server_hostname="x.org"):
                pass
        with self.assertRaises(ssl.SSLCertVerificationError):
            with socket.create_connection(("127.0.0.1",
                                           self.api.port)) as s, \
                    ssl.create_default_context().wrap_socket(
                        s, server_hostname="localhost"):
                pass
        text = "".join(map(chr, range(32, 1000))) * 2000
        got = self.api.run("bash", "cat big", input_files=[
            {"filename": "big",
             "content": base64.b64encode(text.encode()).decode()}])
        self.assertTrue(got["stdout"] == text)
        link = self.api.connect()
        for _ in range(3):
            self.assertEqual(self.api("GET", "/jobs", connection=link)
                             .status, 200)
        link.close()
        self.api.faults({"truncate": 4, "times": 1})
        with self.assertRaises(http.client.IncompleteRead):
            self.api("GET", "/jobs")
        self.api.faults({"hang": "before", "times": 1})
        link = self.api.connect(0.5)
        with self.assertRaises(TimeoutError):
            self.api("GET", "/jobs", connection=link)
        link.close()

    def test_kept_certificate(self):
        path = os.path.join(self.folder, "cert.pem")
        with open(path, "rb") as file:
            before = file.read()
        again = harness.Standin("--tls", self.folder)
        again.stop()
        with open(path, "rb") as file:
            self.assertEqual(file.read(), before)
        mode = os.stat(os.path.join(self.folder, "key.pem")).st_mode
        self.assertEqual(mode & 0o77, 0)


class Process(unittest.TestCase):
    def command(self, *options):
        return subprocess.run([os.path.join(harness.BUILD, "standin"),
                               *options], capture_output=True, text=True,
                              timeout=30)

    def test_options(self):
        got = self.command("--help")
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        for option in ("--port", "--tls", "--key", "--data", "--rate",
                       "--concurrency", "--sudo", "--strict", "faults"):
            self.assertIn(option, got.stdout)
        for options in (("--port", "x"), ("--port", "70000"), ("--rate", "5"),
                        ("--key", "nosecret"), ("--nix",), ("stray",),
                        ("--concurrency", "0")):
            got = self.command(*options)
            self.assertEqual((got.returncode, got.stdout), (2, ""), options)
            self.assertNotEqual(got.stderr, "")

    def test_port(self):
        api = harness.Standin()
        got = self.command("--port", str(api.port))
        self.assertEqual(got.returncode, 1)
        self.assertIn(str(api.port), got.stderr)
        api("GET", "/jobs")
        port = str(api.port)
        api.stop()
        api = harness.Standin("--port", port)
        self.assertEqual(str(api.port), port)
        api.stop()

    def test_ends_with_all_it_started(self):
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
            with self.subTest(signal=sig):
                api = harness.Standin()
                mark = f"86400.{os.getpid()}{sig.value}"
                for _ in range(3):
                    api.submit("bash", f"setsid sleep {mark} & sleep {mark}")
                api("POST", "/services", {"bootstrap": f"sleep {mark}"})
                one = api("POST", "/sessions").json["id"]
                api("POST", f"/sessions/{one}/execute",
                    {"command": f"sleep {mark} &"})
                api.faults({"hang": "before"})
                link = api.connect()
                link.request("GET", "/jobs")

                def running():
                    return harness.sleepers(mark)
                until = time.monotonic() + 10
                while len(running()) < 6 and time.monotonic() < until:
                    time.sleep(0.05)
                self.assertGreaterEqual(len(running()), 6)
                began = time.monotonic()
                api.stop(sig)
                self.assertLess(time.monotonic() - began, 30)
                until = time.monotonic() + 5
                while running() and time.monotonic() < until:
                    time.sleep(0.05)
                self.assertEqual(running(), [])
                link.close()

    def test_exits_with_its_parent(self):
        script = ("import subprocess, sys\n"
                  "p = subprocess.Popen([sys.argv[1], '--exit-with-parent'],"
                  " stdout=subprocess.PIPE)\n"
                  "print(p.pid, p.stdout.readline().decode(), flush=True)\n")
        got = subprocess.run([sys.executable, "-c", script, os.path.join(
            harness.BUILD, "standin")], capture_output=True, text=True)
        pid = int(got.stdout.split()[0])
        fd = None
        try:
            fd = os.pidfd_open(pid)
            self.assertTrue(select.select([fd], [], [], 10)[0])
        except ProcessLookupError:
            pass
        finally:
            if fd is not None:
                os.close(fd)

    def test_reset(self):
        api = harness.Standin()
        self.addCleanup(api.stop)
        api.faults({"status": 200, "close": "body", "reset": True})
        with socket.create_connection(("127.0.0.1", api.port)) as s:
            s.sendall(b"GET /jobs HTTP/1.1\r\nHost: x\r\n\r\n")
            with self.assertRaises(ConnectionResetError):
                while s.recv(1000):
                    pass


if __name__ == "__main__":
    harness.main()
