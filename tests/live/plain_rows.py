# SPDX-License-Identifier: MIT
# tests/live/plain_rows.py - requests that cost nothing, and their answers
"""A row is a request, and what api/API.md says about the answer. Nothing here
costs more than a run of a few seconds."""
import base64
import contextlib
import time
import urllib.parse

import described as said
from described import Listed
from signed import uninterrupted

RUN_S = 10
FINAL = ("completed", "failed", "timeout", "cancelled")
NOBODY = "unsb-live-check-0000"


class Row:
    """One request; `of` is the collection whose first item it uses. check
    takes the JSON of a good answer, and returns what differs."""

    def __init__(self, method, path, answer, statuses=(200,), body=None, *,
                 of=None, name=None, after=None, makes=False, check=None,
                 **more):
        self.method, self.path, self.answer = method, path, answer
        self.statuses, self.body, self.of = statuses, body, of
        self.after, self.makes, self.more = after, makes, more
        self.check = check
        self.name = f"{method} {path}" + (f", {name}" if name else "")


def program(code, language="bash", **fields):
    """The body of a request to run it."""
    return {"language": language, "code": code, "ttl": RUN_S,
            "network_mode": "zerotrust", **fields}


# Shows where input files are, and the result of a program that fails.
PROBE = "\n".join((
    'pwd', 'for d in "$PWD" /tmp /tmp/input /root/input; do',
    'test -e "$d/probe.txt" && echo "input $d"; done',
    'mkdir -p /tmp/artifacts; echo kept > /tmp/artifacts/probe.out',
    'echo "$PROBE"; echo err >&2; exit 3'))
PROBE_BODY = program(
    PROBE, env={"PROBE": "from the environment"}, return_artifact=True,
    input_files=[{"filename": "probe.txt",
                  "content": base64.b64encode(b"x\n").decode()}])


def keep(name):
    """Keeps the answer for the unknowns."""
    def after(seen, got):
        seen.answers[name] = got
    return after


def keep_limit(seen, got):
    """Limits the requests to the key's rate."""
    seen.answers["key"] = got
    rate = (got.json or {}).get("rate_per_minute") if isinstance(
        got.json, dict) else None
    if isinstance(rate, (int, float)) and rate > 0:
        seen.api.allow(rate)


def keep_run(seen, got):
    """Keeps a run's id for the next row."""
    seen.answers["run"] = got
    seen.ids["run"] = (got.json or {}).get("job_id")


def keep_first(kind):
    """Keeps the id of the first item for later rows."""
    def after(seen, got):
        items = got.json.get(kind) if isinstance(got.json, dict) else got.json
        first = items[0] if isinstance(items, list) and items else {}
        seen.answers[kind] = got
        seen.ids[kind] = next(
            (first[name] for name in (kind[:-1] + "_id", "id")
             if isinstance(first, dict) and first.get(name)), None)
    return after


def keep_pool(seen, got):
    """Keeps the id of the first pool."""
    pools = got.json.get("pools") if isinstance(got.json, dict) else got.json
    first = pools[0] if isinstance(pools, list) and pools else None
    seen.ids["pools"] = first.get("id") if isinstance(first, dict) else None


def is_ignored(json):
    """The API has network_mode, and ignores network."""
    mode = json.get("network_mode")
    return [] if mode in (None, "zerotrust") else [f"network made it {mode}"]


def submitted(seen, got):
    """Makes sure that the job is cancelled in any case."""
    seen.answers["submitted"] = got
    job = (got.json or {}).get("job_id")
    seen.ids["job"] = job
    if job:
        seen.undo[f"job {job}"] = lambda: seen.api.remove(
            f"/jobs/{job}")


def cancelled(seen, got):
    """The job need not be cancelled again, if the answer says so."""
    seen.answers["cancelled"] = got
    if got.status in (200, 204, 404):
        seen.undo.pop(f"job {seen.ids['job']}", None)


def images(view=""):
    """The list of images, or one of its views."""
    return Row("GET", "/images" + view, Listed("images", said.IMAGE),
               after=None if view else keep_first("images"))


ROWS = [
    Row("POST", "/keys/validate", said.KEY, body={}, after=keep_limit),
    Row("GET", "/keys/self", said.SELF),
    Row("GET", "/keys/self/contacts", Listed("contacts", said.CONTACT)),
    Row("GET", "/keys/self/audit-log", Listed("entries", said.ENTRY)),
    Row("POST", "/list-tokens", Listed("tokens", said.TOKEN), body={}),
    Row("GET", "/health", said.HEALTH, how="not"),
    Row("GET", "/languages", said.LANGUAGES, after=keep("languages")),
    Row("GET", "/shells", said.SHELLS, after=keep("shells")),
    Row("GET", "/jobs", Listed("jobs", said.JOB, may_be_bare=True)),
    Row("GET", "/sessions", Listed("sessions", said.SESSION),
        after=keep_first("sessions")),
    Row("GET", "/sessions/ID", said.SESSION, of="sessions"),
    Row("GET", "/services", Listed("services", said.SERVICE),
        after=keep_first("services")),
    Row("GET", "/services/ID", said.SERVICE, of="services"),
    Row("GET", "/services/ID/logs", said.LOG, of="services"),
    Row("GET", "/services/ID/port?port=80", said.PORT, of="services",
        how="query"),
    Row("GET", "/services/ID/upgrade/progress", said.UPGRADE,
        of="services"),
    Row("GET", "/services/ID/upgrade/logs", said.UPGRADE_LOG,
        of="services"),
    Row("GET", "/services/ID/env", said.VAULT, (200, 404), of="services"),
    Row("GET", "/snapshots", Listed("snapshots", said.SNAPSHOT), (200, 403),
        after=keep_first("snapshots")),
    Row("GET", "/snapshots/ID", said.SNAPSHOT, of="snapshots"),
    images(), images("/owned"), images("/shared"), images("/public"),
    Row("GET", "/images/ID", said.IMAGE, of="images"),
    Row("GET", "/images/ID/trusted", said.TRUSTED, of="images"),
    Row("GET", "/cluster", said.CLUSTER),
    Row("GET", "/pools", said.POOLS, after=keep_pool),
    Row("GET", "/pools/ID/stats", said.POOL, of="pools"),
    Row("GET", "/stats", said.STATS, after=keep("stats")),
    Row("POST", "/execute", said.RESULT, body=PROBE_BODY, after=keep_run,
        name="fails with 3"),
    Row("GET", "/jobs/ID", said.JOB, of="run"),
    Row("POST", "/execute", said.RESULT, body={
        "language": "bash", "code": "true", "network": "semitrusted"},
        name="network is ignored", check=is_ignored),
    Row("POST", "/execute", said.RESULT, body=program(
        "int main(void) { return 0; }", "c", return_artifact=True),
        name="compiles"),
    Row("POST", "/execute", said.RESULT, after=keep("timeout"),
        body=program("echo before; sleep 5; echo after", ttl=1),
        name="takes too long"),
    Row("POST", "/run", said.RESULT, body=b"#!/bin/sh\necho shebang\n",
        kind="text/plain"),
    Row("POST", "/execute/async", said.SUBMITTED, (200, 202),
        body=program("sleep 8"), after=submitted, makes=True),
    Row("DELETE", "/jobs/ID", said.JOB, (200, 204), of="job",
        after=cancelled),
    Row("GET", f"/jobs/{NOBODY}", said.ERROR, (404,)),
    Row("GET", f"/sessions/{NOBODY}", said.ERROR, (404,)),
    Row("GET", f"/services/{NOBODY}", said.ERROR, (404,)),
    Row("GET", f"/{NOBODY}", said.ERROR, (404,)),
    Row("POST", "/execute", said.ERROR, (400, 422),
        body=program("x", language="klingon"), name="no such language"),
    Row("POST", "/execute", said.ERROR, (400, 422),
        body=program("true", ttl=901), name="ttl of 901"),
    Row("GET", "/jobs", said.ERROR, (401,), how="wrong",
        name="wrongly signed", after=keep("wrong")),
    Row("GET", "/jobs", said.ERROR, (401,), how="old",
        name="signed an hour ago", after=keep("old")),
]


def judge(row, got, wording):
    """What differs from the description."""
    if got.trouble:
        return [f"no answer: {got.trouble}"]
    if got.status not in row.statuses:
        words = got.words()
        why = words.get("message") or words.get("error") or ""
        return [f"status {got.status}, not "
                f"{' or '.join(map(str, row.statuses))}"
                + (f" ({why[:60]})" if why else "")]
    if got.status == 204 and not got.body:
        return []
    if got.json is None:
        return ["the answer is not JSON" if got.body else
                "the answer is empty"]
    if got.status >= 400:
        return said.compare(got.json, said.ERROR, wording)
    if isinstance(row.answer, Listed):
        return said.compare_list(got.json, row.answer, wording)
    return said.compare(got.json, row.answer, wording) + artifacts_of(
        got.json, wording) + (row.check(got.json) if row.check else [])


def artifacts_of(json, wording):
    """What differs in the artifacts of a result."""
    wrong = []
    if not isinstance(json, dict):
        return wrong
    for one in json.get("artifacts") or []:
        wrong += said.compare(one, said.ARTIFACT, wording, "artifact's ")
    for name in ("artifact", "wasm_artifact"):
        if json.get(name):
            wrong += said.compare(json[name], said.ARTIFACT, wording,
                                  f"the {name}'s ")
    return wrong


def is_early(got):
    """Whether the answer to a run came before its result (16.3)."""
    json = got.json if isinstance(got.json, dict) else {}
    return 200 <= got.status < 300 and bool(json.get("job_id")) and \
        json.get("exit_code") is None and not json.get("stdout") and \
        json.get("status") not in FINAL


def follow(seen, got):
    """The result of a run that was answered early."""
    path = "/jobs/" + urllib.parse.quote(got.json["job_id"], safe="")
    for _ in range(2 * RUN_S):
        seen.api.wait()
        later = seen.api.ask("GET", path)
        json = later.json if isinstance(later.json, dict) else {}
        if later.status != 200 or json.get("status") in FINAL or \
                json.get("exit_code") is not None:
            return later
        time.sleep(0.5)
    return got


def play(seen, row):
    """Sends it; returns what differs, None if there is no such item."""
    path = row.path
    if row.of:
        if not seen.ids.get(row.of):
            return None
        path = path.replace("ID", urllib.parse.quote(
            seen.ids[row.of], safe=""))
    seen.api.wait()
    with uninterrupted() if row.makes else contextlib.nullcontext():
        got = seen.api.ask(row.method, path, row.body, **row.more)
        was_early = row.answer is said.RESULT and is_early(got)
        if was_early:
            got = follow(seen, got)
        if row.after and got.status:
            row.after(seen, got)
    wording = {"answered": {"before the end"}} if was_early else {}
    wrong = judge(row, got, wording)
    seen.wordings[row.name] = {k: sorted(v) for k, v in wording.items()}
    return wrong
