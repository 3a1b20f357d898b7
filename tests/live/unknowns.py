# SPDX-License-Identifier: MIT
# tests/live/unknowns.py - what is in no description, but the API shows
"""The seventeen lines of api/API.md part 15. Each is a function of the answers
so far: it sends more requests if it must, and returns what is known now, or,
in brackets, why it is still unknown."""
import plain_rows
from described import KINDS


def _status(got):
    return str(got.status) if got.status else f"no answer ({got.trouble})"


def signature(seen):
    """Whether the query is signed."""
    known = {how: _status(seen.api.ask("GET", "/jobs?limit=1", how=how))
             for how in ("path", "query")}
    return f"GET /jobs?limit=1: signed without the query {known['path']}, " \
           f"with it {known['query']}"


def websocket(seen):
    """What the WebSocket upgrade requires."""
    if "upgrade" not in seen.answers:
        return "(only with --session)"
    return seen.answers["upgrade"]


def statuses(seen):
    """Status codes of requests that create something."""
    names = {"POST /execute/async": "submitted", "DELETE /jobs/ID":
             "cancelled", "POST /sessions": "session"}
    return "; ".join(f"{name} {_status(seen.answers[key])}"
                     for name, key in names.items() if key in seen.answers) \
        + "; (redeploy, freeze, duplicate names, locks: not tried)"


def challenge(seen):
    """Whether a one-time code is required."""
    got = seen.answers.get("ended")
    if not got:
        return "(only with --session)"
    if got.status != 428:
        return f"DELETE /sessions/ID: {got.status}, no code required"
    return "DELETE /sessions/ID: 428 with " + ", ".join(sorted(got.json or {}))


def wasm(seen):
    """The form of a WebAssembly result."""
    got = seen.api.ask("POST", "/execute", plain_rows.program(
        "int main(void) { return 0; }", "c", return_wasm_artifact=True))
    if plain_rows.is_early(got):
        got = plain_rows.follow(seen, got)
    if got.status != 200 or not isinstance(got.json, dict):
        return f"C: {_status(got)}"
    shapes = [name + ": " + ", ".join(
        sorted(one) if isinstance(one, dict) else [type(one).__name__])
              for name, value in got.json.items() if "artifact" in name
              for one in (value if isinstance(value, list) else [value])]
    return "C: " + ("; ".join(shapes) or "no artifact")


def limits(seen):
    """What a failure and a time-out look like."""
    words = []
    for key, what in (("run", "exit 3"), ("timeout", "a time-out")):
        got = seen.answers.get(key)
        if got and isinstance(got.json, dict):
            words.append(what + ": " + ", ".join(
                f"{name} {got.json[name]!r}" for name in (
                    "status", "success", "exit_code", "stdout", "error")
                if name in got.json and (key, name) != ("run", "stdout")))
    return "; ".join(words) + "; (sizes and retention: not tried)"


def input_folder(seen):
    """Where input files are."""
    got = seen.answers.get("run")
    out = got.json.get("stdout") if got and isinstance(got.json, dict) else ""
    lines = (out or "").splitlines()
    where = [line[6:] for line in lines if line.startswith("input ")]
    if not lines:
        return "(the run gave nothing)"
    return f"in {', '.join(where) or 'none of the four'}; programs run in " \
           f"{lines[0]}; (names with .. : not tried)"


def session_words(seen):
    """Units and words of a session."""
    got = seen.answers.get("session_seen")
    if not got or not isinstance(got.json, dict):
        return "(only with --session)"
    more = seen.answers.get("extended")
    ttl = more.json.get("ttl") \
        if more and isinstance(more.json, dict) else None
    return ", ".join(f"{name} {got.json[name]!r}" for name in (
        "status", "state", "expires_at", "remaining_ttl")
                     if name in got.json) + \
        f"; extended by 1, {ttl!r} s are left; (wake_time: not tried)"


def unsigned(seen):
    """Paths that need no key, and the path of stats."""
    paths = ("/cluster", "/pools", "/stats", "/languages", "/shells")
    words = [f"{path} {_status(seen.api.ask('GET', path, how='not'))}"
             for path in paths]
    return "unsigned: " + ", ".join(words)


def logs(seen):
    """Which paths of logs exist on this host."""
    return ", ".join(f"{path} {_status(seen.api.ask('GET', path))}"
                     for path in ("/logs?source=all&lines=1",
                                  "/logs/all?lines=1", "/paas/logs?lines=1"))


def codes(seen):
    """Codes of errors, and whether they mention the clock."""
    old = seen.answers.get("old")
    text = old.body.decode(errors="replace").lower() if old else ""
    return "codes: " + (", ".join(sorted(seen.api.codes)) or "none") \
        + "; an old timestamp is " \
        + ("named in the error" if "timestamp" in text else "not named")


def no_service(_seen):
    """Not tried: it would cost money."""
    return "(would need a service)"


def no_snapshot(_seen):
    """Not tried: it would cost money."""
    return "(would need a snapshot)"


def extras(seen):
    """Endpoints that other sources mention."""
    return f"/keys/self {_status(seen.api.ask('GET', '/keys/self'))}; " \
           "(POST /image: not tried, it would cost money)"


def deep_freeze(_seen):
    """Not tried: it needs a key that has expired."""
    return "(would need a key that has expired)"


def openapi(seen):
    """The whole OpenAPI document, once."""
    got = seen.api.ask("GET", "/openapi", how="not")
    paths = got.json.get("paths") if isinstance(got.json, dict) else None
    if not KINDS["object"](paths):
        return f"/openapi: {_status(got)}, no paths in it"
    rows = {row.path.split("?")[0].replace("ID", "{}")
            for row in plain_rows.ROWS}
    new = sorted(path for path in paths if _shape(path) not in rows)
    return f"/openapi: {len(paths)} paths, not requested here: " \
           + (", ".join(new) or "none")


def _shape(path):
    return "/".join("{}" if part[:1] in ("{", ":") else part
                    for part in path.split("/"))


def clients(_seen):
    """Not tried: other clients are read, not run."""
    return "(about other clients, not about the API)"


UNKNOWNS = (signature, websocket, statuses, challenge, wasm, limits,
            input_folder, session_words, unsigned, logs, codes, no_service,
            no_snapshot, extras, deep_freeze, openapi, clients)


def is_known(text):
    """Whether the text says something other than why not."""
    return not text.startswith("(")
