# SPDX-License-Identifier: MIT
# tests/live/session_rows.py - one session, created and destroyed
"""Only with --session: a session counts as one of the runs that the key may
have at a time."""
import base64
import os
import time

import described as said
from harness import sign
from plain_rows import Row, keep

LIFE_S = 60
# api/API.md 16.6: one of the two names is read, the other ignored.
COMMAND = {"command": "echo hi", "language": "bash", "code": "echo hi",
           "timeout": 5000}
# api/API.md 4.10: two paths may run a command.
MAY_RUN = (200, 202, 404, 405, 426)


def made(seen, got):
    """Makes sure that the session is destroyed in any case."""
    seen.answers["session"] = got
    json = got.json if isinstance(got.json, dict) else {}
    one = json.get("session_id") or json.get("id")
    seen.ids["session"] = one
    if one:
        seen.undo[f"session {one}, which ends by itself after {LIFE_S} s"] = \
            lambda: seen.api.remove(f"/sessions/{one}")


def ended(seen, got):
    """The session need not be destroyed again, if the answer says so."""
    seen.answers["ended"] = got
    if got.status in (200, 204, 404):
        for name in list(seen.undo):
            if name.startswith("session "):
                del seen.undo[name]


def command(path):
    """Runs a command with one of the two paths."""
    return Row("POST", "/sessions/ID/" + path, said.RESULT, MAY_RUN, COMMAND,
               of="session", after=keep(path))


def command_in(*names):
    """Runs a command that is only in these members."""
    return Row("POST", "/sessions/ID/execute", said.RESULT, (200, 202),
               {name: COMMAND[name] for name in names}, of="session",
               name="command in " + " and ".join(names))


ROWS = [
    Row("POST", "/sessions", said.SESSION, (200, 201),
        {"network_mode": "zerotrust", "ttl": LIFE_S, "shell": "bash"},
        after=made, makes=True),
    Row("GET", "/sessions/ID", said.SESSION, of="session",
        after=keep("session_seen")),
    command("execute"), command("shell"),
    command_in("command"), command_in("language", "code"),
    Row("POST", "/sessions/ID/extend", said.EXTENDED, of="session",
        body={"seconds": 1}, after=keep("extended")),
]
LAST = Row("DELETE", "/sessions/ID", said.ENDED, (200, 204, 404),
           of="session", after=ended, makes=True)


def upgrade(seen):
    """Opens the shell with and without credentials, and closes it."""
    one = seen.ids.get("session")
    if not one:
        return
    path = f"/sessions/{one}/shell"
    stamp = str(int(time.time()))
    proof = sign(seen.api.secret, stamp, "GET", path, b"")
    words = []
    for name, how, query in (
            ("bare", "not", ""), ("with headers", "path", ""),
            ("with auth", "not", f"?auth={seen.api.public}"
             f"&timestamp={stamp}&signature={proof}")):
        got = seen.api.ask("GET", path + query, how=how, headers={
            "Connection": "Upgrade", "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Protocol": "unsandbox-shell"})
        words.append(f"{name} {got.status or got.trouble}")
    seen.answers["upgrade"] = "upgrade: " + ", ".join(words)
