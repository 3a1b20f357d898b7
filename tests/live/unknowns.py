# SPDX-License-Identifier: MIT
# tests/live/unknowns.py - what no description says, and may be seen
"""The seventeen lines of api.md part 15. Each is a function of what was seen:
it asks a little more if it must, and returns what is known now, or why it is
still unknown, in brackets."""
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
    """What the upgrade wants."""
    if "upgrade" not in seen.answers:
        return "(asked with --session only)"
    return seen.answers["upgrade"]


def statuses(seen):
    """Of what makes things."""
    names = {"POST /execute/async": "submitted", "DELETE /jobs/ID":
             "cancelled", "POST /sessions": "session"}
    return "; ".join(f"{name} {_status(seen.answers[key])}"
                     for name, key in names.items() if key in seen.answers) \
        + "; (redeploy, freeze, a name taken, a lock: not tried)"


def challenge(seen):
    """Whether anything asks for a code."""
    got = seen.answers.get("ended")
    if not got:
        return "(asked with --session only)"
    if got.status != 428:
        return f"DELETE /sessions/ID: {got.status}, no code asked for"
    return "DELETE /sessions/ID: 428 with " + ", ".join(sorted(got.json or {}))


def wasm(seen):
    """The shape of its result."""
    got = seen.api.ask("POST", "/execute", plain_rows.program(
        "int main(void) { return 0; }", "c", return_wasm_artifact=True))
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
    return f"in {', '.join(where) or 'none of the three'}; programs run in " \
           f"{lines[0]}; (names with .. : not tried)"


def session_words(seen):
    """Units and words of a session."""
    got = seen.answers.get("session_seen")
    if not got or not isinstance(got.json, dict):
        return "(asked with --session only)"
    return ", ".join(f"{name} {got.json[name]!r}" for name in (
        "status", "state", "expires_at", "remaining_ttl")
                     if name in got.json) + "; (wake_time: not tried)"


def unsigned(seen):
    """Who may ask without a key, and where stats are."""
    paths = ("/cluster", "/pools", "/stats", "/languages", "/shells")
    words = [f"{path} {_status(seen.api.ask('GET', path, how='not'))}"
             for path in paths]
    return "unsigned: " + ", ".join(words)


def logs(seen):
    """Which family of paths there is, on this host."""
    return ", ".join(f"{path} {_status(seen.api.ask('GET', path))}"
                     for path in ("/logs?source=all&lines=1",
                                  "/logs/all?lines=1", "/paas/logs?lines=1"))


def codes(seen):
    """Of errors; and which mention the clock."""
    old = seen.answers.get("old")
    text = old.body.decode(errors="replace").lower() if old else ""
    return "codes: " + (", ".join(sorted(seen.api.codes)) or "none") \
        + "; an old timestamp is " \
        + ("told as such" if "timestamp" in text else "not told as such")


def no_service(_seen):
    """Would cost."""
    return "(would need a service)"


def no_snapshot(_seen):
    """Would cost."""
    return "(would need a snapshot)"


def extras(seen):
    """Endpoints that others speak of."""
    return f"/keys/self {_status(seen.api.ask('GET', '/keys/self'))}; " \
           "(POST /image: costs; the audit log's path: not known)"


def deep_freeze(_seen):
    """Needs a key that has expired."""
    return "(would need a key that has expired)"


def openapi(seen):
    """The whole document, once."""
    got = seen.api.ask("GET", "/openapi", how="not")
    paths = got.json.get("paths") if isinstance(got.json, dict) else None
    if not KINDS["object"](paths):
        return f"/openapi: {_status(got)}, no paths in it"
    rows = {row.path.split("?")[0].replace("ID", "{}")
            for row in plain_rows.ROWS}
    new = sorted(path for path in paths if _shape(path) not in rows)
    return f"/openapi: {len(paths)} paths, beside those asked here: " \
           + (", ".join(new) or "none")


def _shape(path):
    return "/".join("{}" if part[:1] in ("{", ":") else part
                    for part in path.split("/"))


def clients(_seen):
    """Programs of others are read, not run."""
    return "(a matter of the clients, not of the API)"


UNKNOWNS = (signature, websocket, statuses, challenge, wasm, limits,
            input_folder, session_words, unsigned, logs, codes, no_service,
            no_snapshot, extras, deep_freeze, openapi, clients)


def is_known(text):
    """Whether it says more than why not."""
    return not text.startswith("(")
