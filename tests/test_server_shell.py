#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/test_server_shell.py - the live shells of the stand-in
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "server"))
import harness  # noqa: E402
from harness import PUBLIC, SECRET, sign  # noqa: E402
from websocket import CONTINUATION, BINARY, Refused, WebSocket  # noqa: E402


class ShellCase(harness.Case):
    def session(self, **fields):
        answer = self.api("POST", "/sessions", {"shell": "bash", **fields})
        return answer.json["session_id"]

    def shell(self, ident, auth="headers", protocol=None, stamp=None):
        path = f"/sessions/{ident}/shell"
        stamp = str(stamp or int(time.time()))
        signature = sign(SECRET, stamp, "GET", path, b"")
        headers = {}
        if auth == "headers":
            headers = {"Authorization": f"Bearer {PUBLIC}",
                       "X-Timestamp": stamp, "X-Signature": signature}
        elif auth == "query":
            path += f"?auth={PUBLIC}&timestamp={stamp}&signature={signature}"
        shell = WebSocket(self.api.port, path, headers, protocol)
        self.addCleanup(shell.close)
        return shell


class Shells(ShellCase):
    def test_dialogue(self):
        shell = self.shell(self.session(), protocol="unsandbox-shell")
        self.assertEqual(shell.headers["sec-websocket-protocol"],
                         "unsandbox-shell")
        shell.say(type="resize", cols=97, rows=31)
        shell.type("stty size; tty -s && echo is-a-$((40 + 2))-tty\n")
        shell.until_output(b"is-a-42-tty")
        self.assertIn(b"31 97", shell.output)
        self.assertIn({"type": "resized", "cols": 97, "rows": 31}, shell.texts)
        shell.type("echo loo''ping; while :; do :; done\n")
        shell.until_output(b"looping")
        shell.type("\x03echo stopped: $?\n")
        shell.until_output(b"stopped: 130")
        shell.type("exit 7\n")
        shell.until(lambda: shell.closed is not None)
        self.assertIn({"type": "exit", "exit_code": 7}, shell.texts)

    def test_other_framing(self):
        shell = self.shell(self.session())
        shell.say(type="stdin", data="echo $((6 * 7))-by-json\n")
        shell.until_output(b"42-by-json")
        shell.say(type="ping")
        shell.say(type="unknown")
        shell.until(lambda: {"type": "pong"} in shell.texts)
        shell.send(BINARY, "echo in-$((1 + 1))", fin=False)
        shell.send(CONTINUATION, "-pieces\n")
        shell.until_output(b"in-2-pieces")

    def test_is_kept_when_detached(self):
        ident = self.session()
        shell = self.shell(ident)
        shell.type("X=kept; echo did-$((1 + 1))\n")
        shell.until_output(b"did-2")
        shell.close()
        shell = self.shell(ident)
        other = self.shell(ident)
        shell.type("echo $X-$((2 + 1))\n")
        shell.until_output(b"kept-3")
        other.until_output(b"kept-3")

    def test_detaches(self):
        ident = self.session(multiplexer="tmux")
        shell = self.shell(ident)
        shell.type("X=kept; echo did-$((1 + 1))\n")
        shell.until_output(b"did-2")
        shell.type("\x02d")
        shell.until(lambda: shell.closed is not None)
        self.assertIn({"type": "detached"}, shell.texts)
        shell = self.shell(ident)
        shell.type("echo $X-$((2 + 1))\n")
        shell.until_output(b"kept-3")

    def test_service(self):
        answer = self.api("POST", "/services", {
            "name": "shelly", "bootstrap": "sleep 1000"})
        ident = answer.json["service_id"]
        shell = self.shell(ident)
        shell.type("echo in-$((1 + 1))\n")
        shell.until_output(b"in-2")
        self.api("DELETE", f"/services/{ident}")
        shell.until(lambda: shell.closed is not None)

    def test_large_output(self):
        shell = self.shell(self.session())
        shell.type("stty raw -echo; head -c 20000000 /dev/zero | tr '\\0' x;"
                   " stty sane; echo e-$((1 + 1))\n")
        shell.until_output(b"e-2")
        self.assertEqual(shell.output.count(b"x"), 20000000 + 2)

    def test_refused(self):
        ident = self.session()
        rows = [("unsb-session-none", {}, 404),
                (ident, {"stamp": int(time.time()) - 360}, 401)]
        for name, how, status in rows:
            with self.subTest(name), self.assertRaises(Refused) as refused:
                self.shell(name, **how)
            self.assertEqual(refused.exception.status, status)
        self.assertEqual(self.api(
            "GET", f"/sessions/{ident}/shell").status, 426)
        self.api("POST", f"/sessions/{ident}/freeze", {})
        with self.assertRaises(Refused) as refused:
            self.shell(ident)
        self.assertEqual(refused.exception.status, 409)

    def test_authentication(self):
        ident = self.session()
        ways = ("headers", "query", "none")
        for number, takes in enumerate((ways, *((way,) for way in ways))):
            self.api.control("PUT", "/switches", {"shell_auth": number})
            for way in ways:
                with self.subTest(number=number, way=way):
                    if way in takes:
                        self.shell(ident, way).close()
                        continue
                    with self.assertRaises(Refused) as refused:
                        self.shell(ident, way)
                    self.assertEqual(refused.exception.status, 401)
        self.api.control("PUT", "/switches", {"shell_auth": 0})


if __name__ == "__main__":
    harness.main()
