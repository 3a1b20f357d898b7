# SPDX-License-Identifier: MIT
# tests/server/replay_rows.py - the recorded requests, and their answers
"""From api/API.md part 16. UF, ORC, OC and TP2 are the makers' applications
and their typed client; a row names the one that sends its request."""
import base64
import re

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").fullmatch
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
NOW = 1000


def iso(value):
    return isinstance(value, str) and bool(ISO(value))


def uuid(value):
    return isinstance(value, str) and bool(UUID(value))


def made(kind):
    """An id as the API forms it."""
    shape = re.compile(f"unsb-{kind}-[0-9a-f]{{16}}")
    return lambda value: isinstance(value, str) and bool(
        shape.fullmatch(value))


def has(*wanted):
    """A list with an item that has these members."""
    return lambda value: isinstance(value, list) and any(
        all(item.get(name) == one for name, one in wanted)
        for item in value)


def exactly(*names):
    """An object with these members and no others."""
    return lambda value: isinstance(value, dict) and set(value) == set(names)


def data(*name):
    """An object in which these members have base64 of at least a byte."""
    return lambda value: isinstance(value, dict) and all(
        base64.b64decode(value.get(one, "")) for one in name)


class Row:
    """One request, what its answer must have, and what to keep of it."""

    def __init__(self, source, method, path, body=None, answer=None, *,
                 status=200, keep=None, polls=None, switches=None,
                 state=None, is_text=False, is_empty=False, **more):
        self.source, self.method, self.path = source, method, path
        self.body, self.answer, self.keep = body, answer or {}, keep
        self.statuses = status if isinstance(status, tuple) else (status,)
        self.polls, self.switches = polls, switches or {}
        self.state, self.is_text, self.is_empty = state, is_text, is_empty
        self.more = more

    def __str__(self):
        return f"{self.source}: {self.method} {self.path} {self.switches}"


LOUD = "echo out; echo err >&2; exit 3"
MAIN = "int main(void) { return 0; }"
LEAVE = "echo hi > /tmp/artifacts/left.txt"
TAR = "mkdir -p /root/artifacts && cd /root && echo t > artifacts/t.tar"
SERVE = "sleep 600"


def run(code, language="bash", **fields):
    return {"language": language, "code": code, **fields}


RUNS = [
    Row("UF", "POST", "/execute", run(LOUD), {
        "stdout": "out\n", "stderr": "err\n", "exit_code": 3,
        "success": False, "job_id": uuid, "language": "bash",
        "network_mode": "zerotrust", "total_time_ms": int}),
    Row("UF", "POST", "/execute", run("true", network="semitrusted"),
        {"network_mode": "zerotrust", "exit_code": 0}),
    Row("UF", "POST", "/execute", run("true", network_mode="zero_trust"),
        {"error": str}, status=400),
    Row("ORC", "POST", "/execute", run("echo $((6 * 7))", timeout=30),
        {"stdout": "42\n"}),
    Row("ORC", "POST", "/execute", run("true", ttl=900), {"exit_code": 0}),
    Row("ORC", "POST", "/execute", run("true", ttl=901), {"error": str},
        status=400),
    Row("ORC", "POST", "/execute", run("true", ttl="900"), status=400,
        is_text=True),
    Row("ORC", "POST", "/execute/async", run("echo later"),
        {"job_id": uuid, "status": "pending", "message": str},
        polls={"status": "completed", "stdout": "later\n", "exit_code": 0}),
    Row("OC", "POST", "/execute", run("exit 5"), {"job_id": uuid},
        polls={"status": "completed", "exit_code": 5, "success": False}),
    Row("OC", "POST", "/execute", run("echo half; sleep 9", ttl=1),
        {"status": "timeout", "error": str, "stdout": "half\n"}),
    Row("OC", "POST", "/execute", run(LEAVE, return_artifact=True), {
        "artifacts": [{"filename": "left.txt", "mime_type": str, "size": 3,
                       "content_base64": "aGkK"}], "artifact": None}),
    Row("OC", "POST", "/execute", run(MAIN, "c", return_artifact=True), {
        "artifact": data("data"), "artifacts": [data("content_base64")]}),
    Row("OC", "POST", "/execute", run(MAIN, "c", return_artifact=True), {
        "artifact": {"type": "base64", "filename": str, "data": str}}),
    Row("OC", "POST", "/execute", run("no C", "c", return_artifact=True),
        {"artifact": {"type": "error", "error": str, "data": None}}),
    Row("OC", "POST", "/execute/async", run("echo some; sleep 60"),
        {"job_id": uuid}, keep={"long": "job_id"}),
    Row("TP2", "GET", "/jobs/{long}", None, {
        "job_id": "{long}", "status": lambda s: s in ("pending", "running"),
        "language": "bash", "network_mode": "zerotrust", "created_at": iso,
        "exit_code": None}),
    Row("OC", "DELETE", "/jobs/{long}", None, {
        "job_id": "{long}", "status": "cancelled", "message": str,
        "stdout": str, "stderr": str, "success": False, "error": str}),
    Row("TP2", "GET", "/jobs/{long}", None, {
        "status": "cancelled", "created_at": iso, "started_at": iso,
        "completed_at": iso, "exit_code": int}),
    Row("TP2", "POST", "/execute", run(
        MAIN, "c", return_wasm_artifact=True), {
            "wasm_artifact": data("data"), "artifacts": None}),
    Row("TP2", "POST", "/execute", run(
        "1", "python", return_wasm_artifact=True), {
            "wasm_artifact": {"type": "error", "error": str}}),
    Row("TP2", "POST", "/run?network_mode=zerotrust&ttl=9&env="
        "%7B%22A%22%3A%22b%22%7D", "#!/bin/bash\necho $A",
        {"detected_language": "bash", "language": "bash", "stdout": "b\n"}),
    Row("TP2", "POST", "/run/async?ttl=9", "#!/bin/sh\necho",
        {"job_id": uuid, "status": "pending", "message": str,
         "detected_language": "bash"}),
]

SESSIONS = [
    Row("UF", "POST", "/sessions", {"network": "semitrusted", "image": "u"}, {
        "session_id": made("session"), "status": "running", "shell": "bash",
        "network_mode": "zerotrust", "websocket_url": str, "created_at": iso,
        "expires_at": iso}, keep={"session": "session_id"}),
    Row("ORC", "POST", "/sessions", {"language": "python", "ttl": 0},
        {"session_id": str, "remaining_ttl": 0, "expires_at": None},
        keep={"second": "session_id"}),
    Row("TP2", "POST", "/sessions", {"ttl": "3600"}, status=400,
        is_text=True),
    Row("UF", "GET", "/sessions", None, {"sessions": [{
        "session_id": str, "status": "running", "network_mode": "zerotrust",
        "remaining_ttl": lambda n: n in (3599, 3600), "container_name": str,
        "shell": "bash", "created_at": iso}]}),
    Row("UF", "POST", "/sessions/{session}/execute",
        {"command": "test -e /tmp/input || " + LOUD},
        {"stdout": "out\n", "stderr": "err\n", "exit_code": 3}),
    Row("ORC", "POST", "/sessions/{session}/execute", run("echo $((1 + 1))"),
        {"stdout": "2\n", "exit_code": 0}),
    Row("ORC", "POST", "/sessions/{session}/execute", {"language": "bash"},
        {"error": str}, status=400),
    Row("TP2", "POST", "/sessions/{session}/extend", {"seconds": 100},
        {"ttl": lambda n: n in (3699, 3700)}),
    Row("TP2", "POST", "/sessions/{session}/boost", {}, {
        "success": True, "message": str, "session": {
            "session_id": "{session}", "status": "running", "vcpu": 2}}),
    Row("TP2", "POST", "/sessions/{session}/unboost", {},
        {"success": True, "message": str, "session": {"vcpu": 1}}),
    Row("TP2", "POST", "/sessions/{session}/lock", {}, {"locked": True}),
    Row("TP2", "POST", "/sessions/{session}/unlock", {}, {"locked": False}),
    Row("TP2", "POST", "/sessions/{session}/snapshot", {"name": "now"}, {
        "snapshot_id": made("snapshot"), "name": "now", "created_at": iso,
        "source_id": "{session}", "source_type": "session",
        "size_bytes": int}, keep={"shot": "snapshot_id"}),
    Row("TP2", "POST", "/sessions/{session}/restore",
        {"snapshot_id": "{shot}"},
        {"session_id": "{session}", "status": "running"}),
    Row("TP2", "POST", "/sessions/{second}/restore",
        {"snapshot_id": "{shot}"},
        {"session_id": "{second}", "status": "running"}),
    Row("TP2", "POST", "/sessions/{session}/restore",
        {"snapshot_id": "unsb-snapshot-none"}, {"error": str}, status=404),
    Row("TP2", "POST", "/sessions/{session}/freeze", {},
        {"session_id": "{session}", "status": "frozen"}),
    Row("UF", "GET", "/sessions/{session}/shell", None, {"error": str},
        status=409),
    Row("TP2", "POST", "/sessions/{session}/unfreeze", {},
        {"session_id": "{session}", "status": "running",
         "unfreeze_time_ms": int}),
    Row("UF", "GET", "/sessions/unsb-session-none/shell", None,
        {"error": str}, status=404),
    Row("UF", "DELETE", "/sessions/{second}", None,
        {"session_id": "{second}", "status": "terminated"}),
]

SERVICES = [
    Row("TP2", "POST", "/services", {"ports": [8080]}, {"error": str},
        status=400),
    Row("UF", "POST", "/services", {"name": "web", "ports": "8080"},
        status=400, is_text=True),
    Row("UF", "POST", "/services", {
        "name": "web", "ports": [18080], "network": "zerotrust",
        "bootstrap": SERVE}, {
            "service_id": made("service"), "name": "web", "state": str,
            "url": "https://web.on.unsandbox.com", "ports": [18080]},
        status=(200, 201), keep={"service": "service_id"}),
    Row("UF", "POST", "/services", {"name": "web"}, {"error": str},
        status=409),
    Row("UF", "GET", "/services", None, {"services": [{
        "id": "{service}", "service_id": "{service}", "name": "web",
        "state": "running", "status": "running", "ports": [18080],
        "domain": "web.on.unsandbox.com", "locked": False,
        "created_at": iso}]}),
    Row("UF", "GET", "/services/{service}", None, {
        "network_mode": "semitrusted", "show_freeze_page": True,
        "unfreeze_on_demand": True, "ip": str, "health": str}),
    Row("UF", "POST", "/services/{service}/wake", {},
        {"service_id": "{service}", "state": "running"}),
    Row("UF", "POST", "/services/{service}/redeploy", {},
        {"service_id": "{service}", "state": str}),
    Row("UF", "POST", "/services/{service}/execute",
        {"command": TAR + "; exit 4", "timeout": 30000}, {"job_id": uuid},
        status=(200, 201, 202), polls={
            "status": "completed", "exit_code": 4, "artifacts": [
                {"filename": "t.tar", "data": "dAo="}]}),
    Row("UF", "POST", "/sessions/{service}/execute", {"command": LOUD},
        {"stdout": "out\n", "stderr": "err\n", "exit_code": 3}),
    Row("TP2", "POST", "/services/{service}/execute", {"command": LOUD},
        {"stdout": "out\n", "stderr": "err\n", "exit_code": 3},
        status=(200, 202)),
    Row("TP2", "GET", "/services/{service}/logs", None, {"log": str}),
    Row("TP2", "PATCH", "/services/{service}", {"vcpu": 2},
        {"success": True, "service_id": "{service}", "vcpu": 2}),
    Row("TP2", "PATCH", "/services/{service}", {"show_freeze_page": False},
        {"success": True, "service_id": "{service}",
         "show_freeze_page": False}),
    Row("TP2", "PATCH", "/services/{service}",
        {"vcpu": 3, "unfreeze_on_demand": False}, {"error": str}, status=400),
    Row("TP2", "GET", "/services/{service}", None,
        {"vcpu": 2, "unfreeze_on_demand": True, "show_freeze_page": False}),
    Row("TP2", "PUT", "/services/{service}/domains", {"add": ["a.org"]},
        {"success": True, "service_id": "{service}",
         "custom_domains": ["a.org"]}),
    Row("TP2", "POST", "/services/{service}/snapshot", {},
        {"snapshot_id": str, "source_type": "service"},
        keep={"service_shot": "snapshot_id"}),
    Row("TP2", "POST", "/services/{service}/restore",
        {"snapshot_id": "{service_shot}"},
        {"service_id": "{service}", "state": "running"}),
    Row("TP2", "GET", "/services/{service}/port?port=1", None,
        {"listening": False, "port": 1, "service_id": "{service}"}),
    Row("TP2", "GET", "/services/{service}/upgrade/progress", None, {
        "upgrading": False, "state": str, "progress": int,
        "current_version": str, "target_version": str}),
    Row("TP2", "GET", "/services/{service}/upgrade/logs?lines=5", None,
        {"log": str, "message": str}),
    Row("TP2", "PUT", "/services/{service}/env",
        {"env": {"A": "1", "B": "2"}},
        {"success": True, "env": {"A": "1", "B": "2"}}),
    Row("TP2", "PUT", "/services/{service}/env", {"env": {"B": "3 4"}},
        {"success": True, "env": {"A": "1", "B": "3 4"}}),
    Row("S2", "PUT", "/services/{service}/env", "A=1\nB='3 4'\n",
        {"count": 2, "message": str, "env": lambda v: v == {}},
        kind="text/plain"),
    Row("TP2", "DELETE", "/services/{service}/env", {"keys": ["A"]},
        {"success": True, "deleted": ["A"]}),
    Row("TP2", "POST", "/services/{service}/env/export", {},
        {"env": "B='3 4'\n"}),
    Row("TP2", "POST", "/services/{service}/freeze", {},
        {"service_id": "{service}", "state": "frozen"}),
    Row("UF", "GET", "/sessions/{service}/shell", None, {"error": str},
        status=409),
    Row("TP2", "POST", "/services/{service}/unfreeze", {},
        {"service_id": "{service}", "state": "running",
         "unfreeze_time_ms": int}),
]

COPIES = [
    Row("TP2", "POST", "/snapshots", {
        "source_type": "session", "source_id": "{session}"},
        {"snapshot_id": str, "hot": False}, keep={"spare": "snapshot_id"}),
    Row("TP2", "GET", "/snapshots", None, {"snapshots": [{
        "id": "{shot}", "name": "now", "source_type": "session",
        "source_id": "{session}", "size_bytes": int, "locked": False}]}),
    Row("TP2", "GET", "/snapshots/{shot}", None, {"snapshot_id": "{shot}"}),
    Row("TP2", "POST", "/snapshots/{shot}/restore", {},
        {"snapshot_id": "{shot}", "status": str}),
    Row("TP2", "POST", "/snapshots/{service_shot}/clone",
        {"type": "service", "name": "copied"},
        {"service_id": made("service"), "name": "copied", "state": str}),
    Row("TP2", "POST", "/snapshots/{service_shot}/clone",
        {"type": "service"}, {"error": str}, status=400),
    Row("TP2", "DELETE", "/snapshots/{spare}", None,
        {"snapshot_id": "{spare}", "status": str}),
    Row("TP2", "POST", "/images", {
        "source_type": "session", "source_id": "{session}"},
        {"error": str}, status=400),
    Row("TP2", "POST", "/images", {
        "source_type": "service", "source_id": "{service}", "name": "im"}, {
            "id": made("image"), "name": "im", "description": str,
            "fingerprint": str, "source_type": "service",
            "source_id": "{service}", "owner_api_key": str, "node": str,
            "visibility": "private", "locked": False, "size_bytes": int,
            "trusted_keys": list, "created_at": iso}, keep={"image": "id"}),
    Row("TP2", "POST", "/images/{image}/lock", {},
        {"id": "{image}", "name": "im", "locked": True}),
    Row("TP2", "DELETE", "/images/{image}", None, {"error": str},
        status=(403, 409, 423)),
    Row("TP2", "POST", "/images/{image}/unlock", {},
        {"id": "{image}", "name": "im", "locked": False}),
    Row("TP2", "POST", "/images/{image}/grant", {"api_key": "unsb-pk-x"},
        {"id": "{image}", "trusted_keys": ["unsb-pk-x"]}),
    Row("TP2", "GET", "/images/owned", None,
        {"images": [{"id": "{image}", "trusted_keys": ["unsb-pk-x"]}]},
        switches={"lean_answers": 1}),
    Row("TP2", "POST", "/images/{image}/revoke", {"api_key": "unsb-pk-x"},
        {"id": "{image}", "trusted_keys": lambda v: v == []}),
    Row("TP2", "POST", "/images/{image}/visibility",
        {"visibility": "public"}, {"id": "{image}", "visibility": "public"}),
    Row("TP2", "POST", "/images/{image}/clone", {}, {
        "id": made("image"), "name": "im (copy)", "visibility": "private"},
        keep={"copy": "id"}),
    Row("TP2", "POST", "/images/{image}/spawn",
        {"name": "spawned", "ports": [18081]},
        {"service_id": str, "source_image": "{image}",
         "service": {"network_mode": "zerotrust"}}),
    Row("TP2", "POST", "/images/{copy}/transfer",
        {"to_api_key": "unsb-pk-x"},
        {"id": "{copy}", "owner_api_key": "unsb-pk-x"}),
    Row("TP2", "DELETE", "/images/{image}", None,
        {"success": True, "message": str}),
]

KEYS = [
    Row("UF", "POST", "/keys/validate", {}, {
        "valid": True, "public_key": str, "rate_per_minute": int,
        "burst": int, "concurrency_limit": int, "rate_limit": int,
        "concurrency": int, "max_sessions": int, "valid_for_human": str,
        "time_remaining": str, "expires_at": iso}),
    Row("UF", "GET", "/keys/self", None, {
        "key": str, "email": str, "sudo_required": False, "tier": int,
        "created_at": iso, "contacts_count": 1, "rate_per_minute": None}),
    Row("TP2", "PATCH", "/keys/self", {"email": "new@example.com"}, {
        "success": True, "key": {"key": str, "email": "new@example.com",
                                 "sudo_required": False}}),
    Row("TP2", "PATCH", "/keys/self", {"sudo_required": "yes"}, status=400,
        is_text=True),
    Row("TP2", "POST", "/keys/self/contacts",
        {"email": "a@example.com"}, {"success": True}),
    Row("TP2", "PATCH", "/keys/self/contacts/a%40example.com",
        {"role": "operator"}, {"success": True}),
    Row("TP2", "GET", "/keys/self/contacts", None, {"contacts": [
        {"email": "new@example.com", "role": "owner", "verified": bool,
         "created_at": iso},
        {"email": "a@example.com", "role": "operator", "verified": False,
         "invited_by": "new@example.com"}]}),
    Row("TP2", "DELETE", "/keys/self/contacts/a@example.com", None,
        {"success": True}),
    Row("TP2", "GET", "/keys/self/audit-log", None, {"count": int, "entries":
        [{"action": str, "client_ip": str, "metadata": dict,
          "resource_id": str, "resource_type": str, "timestamp": iso,
          "result": lambda r: r in ("success", "failure")}]}),
    Row("TP2", "POST", "/mint-token", {"ttl": 60},
        {"token": str, "expires_at": iso}, keep={"token": "token"}),
    Row("TP2", "POST", "/list-tokens", {},
        {"tokens": [{"token": "{token}", "expires_at": iso}]}),
    Row("TP2", "POST", "/revoke-token", {"token": "{token}"},
        {"success": True}),
    Row("TP2", "POST", "/list-tokens", {}, {"tokens": lambda v: v == []}),
    Row("TP2", "GET", "/cluster", None, {"mode": str, "version": str}),
    Row("TP2", "GET", "/stats", None, {
        "containers": int, "load_1min": str, "load_5min": str,
        "load_15min": str}),
    Row("TP2", "GET", "/pools", None, {"pools": [{"id": "pool-1"}]}),
    Row("TP2", "GET", "/pools/pool-1/stats", None, {
        "mode": str, "pool_size": int, "total_containers": int,
        "available": int, "allocated": int, "spawning": int,
        "network_mode": str, "load_avg": {
            "load1": str, "load5": str, "load15": str},
        "memory": {"total_mb": int, "used_mb": int, "available_mb": int,
                   "used_percent": int}, "network_breakdown": dict}),
    Row("POAS", "GET", "/keys/am-i-throttled", None, {
        "active_executions": int, "burst": int, "concurrency": int,
        "requests_used_in_last_60s": int, "should_throttle": False}),
    Row("UF", "GET", "/jobs", None, {
        "error": lambda e: "invalid_signature" in e,
        "code": "invalid_signature"}, status=401, secret="rotated"),
    Row("UF", "GET", "/jobs", None, {
        "error": lambda e: "invalid_timestamp" in e,
        "code": "invalid_timestamp"}, status=401, stamp=NOW),
]

ROWS = RUNS + SESSIONS + SERVICES + COPIES + KEYS

AT_ONCE = {"early_answer": 1, "early_ms": 0}
ALONE = exactly("job_id")

SWITCH_ROWS = [
    Row("ORC", "POST", "/execute", run("echo hi; exit 2"), ALONE,
        switches=AT_ONCE, polls={"stdout": "hi\n", "exit_code": 2}),
    Row("OC", "POST", "/execute", run("echo hi"), {"exit_code": 0},
        switches={"early_answer": 1, "early_ms": 60000}),
    Row("ORC", "POST", "/execute/async", run("echo hi"), ALONE,
        switches=AT_ONCE, polls={"stdout": "hi\n"}),
    Row("TP2", "POST", "/run", "#!/bin/sh\necho hi", ALONE,
        switches=AT_ONCE, polls={"stdout": "hi\n"}),
    Row("ORC", "POST", "/sessions", {}, {"session_id": str},
        keep={"session": "session_id"}),
    Row("ORC", "POST", "/sessions/{session}/execute", run("echo hi; exit 2"),
        ALONE, switches=AT_ONCE, polls={
            "status": "completed", "stdout": "hi\n", "exit_code": 2}),
    Row("UF", "POST", "/services", {"name": "early"}, {"service_id": str},
        status=(200, 201), keep={"service": "service_id"}),
    Row("UF", "POST", "/services/{service}/execute", {"command": "echo hi"},
        ALONE, status=(200, 201, 202), switches=AT_ONCE,
        polls={"stdout": "hi\n"}),
    Row("UF", "POST", "/sessions/{service}/execute", {"command": "echo hi"},
        ALONE, switches=AT_ONCE, polls={"stdout": "hi\n"}),
    Row("TP2", "POST", "/execute", run("echo hi"),
        {"stdout": "hi\n", "status": None}, switches={"no_status": 1}),
    Row("TP2", "POST", "/execute", run("echo hi"), exactly(
        "job_id", "language", "network_mode", "stdout", "stderr",
        "exit_code", "total_time_ms", "success"),
        switches={"lean_answers": 1}),
    Row("UF", "POST", "/services/{service}/execute", {"command": "sleep 9"},
        ALONE, status=(200, 201, 202), switches={"lean_answers": 1},
        keep={"job": "job_id"}),
    Row("OC", "DELETE", "/jobs/{job}", None, {"status": "cancelled"}),
    Row("TP2", "GET", "/jobs", None, lambda v: v == [],
        switches={"bare_jobs": 1}),
    Row("UF", "GET", "/sessions", None, [{"session_id": "{session}"}],
        switches={"bare_lists": 1}),
    Row("UF", "GET", "/sessions", None, {"sessions": has(
        ("status", "running"), ("shell", "bash"))}),
    Row("UF", "GET", "/sessions", None, {"sessions": [
        {"service_id": None}, {"service_id": "{service}",
                               "session_id": "svc:{service}"}]},
        switches={"service_sessions": 1}),
    Row("UF", "POST", "/sessions/svc:{service}/execute",
        {"command": "echo hi"}, {"stdout": "hi\n"}),
    Row("ORC", "POST", "/sessions/{session}/execute", {"command": "true"},
        {"error": str}, status=400, switches={"session_code": 1}),
    Row("ORC", "POST", "/sessions/{session}/execute",
        run("echo code", command="echo command"), {"stdout": "code\n"},
        switches={"session_code": 1}),
    Row("OC", "POST", "/execute", run(MAIN, "c", return_artifact=True), {
        "artifacts": lambda v: v == [], "artifact": data("data")},
        switches={"artifact_apart": 1}),
    Row("OC", "POST", "/execute", run(LEAVE, return_artifact=True), {
        "artifacts": [exactly("type", "error")]},
        switches={"artifact_errors": 1}),
    Row("OC", "POST", "/execute", run(LEAVE, return_artifact=True), {
        "artifacts": [exactly("filename", "mime_type", "size",
                              "content_base64")]},
        switches={"lean_artifacts": 1}),
    Row("UF", "POST", "/services/{service}/execute", {"command": TAR}, {
        "artifacts": [exactly("filename", "type", "data")]}, status=202,
        switches={"lean_artifacts": 1}),
    Row("TP2", "GET", "/services/{service}/env", None, {
        "env": lambda v: v == {}}),
    Row("TP2", "PUT", "/services/{service}/env", {"env": {"A": "b c"}},
        {"success": True}),
    Row("TP2", "GET", "/services/{service}/env", None, {
        "env": {"A": "b c"}}, switches={"vault_values": 1}),
    Row("TP2", "PATCH", "/services/{service}", {"name": "other"},
        {"success": True, "name": "early"}),
    Row("RS", "PATCH", "/services/{service}", {"name": "renamed"},
        {"success": True, "name": "renamed"}, switches={"old_patch": 1}),
    Row("TP2", "GET", "/services/{service}", None, {"created_at": int},
        switches={"number_times": 1}),
    Row("TP2", "POST", "/keys/validate", {}, {"tier": str},
        switches={"tier_text": 1}),
    Row("TP2", "POST", "/keys/validate", {}, {
        "valid": True, "expires_at": lambda v: v is None},
        switches={"no_expiry": 1}),
    Row("TP1", "GET", "/health", None, {"error": str}, status=404,
        switches={"openapi_only": 1}),
    Row("UF", "POST", "/execute", run("true", network="semitrusted"),
        {"network_mode": "semitrusted"}, switches={"obey_network": 1}),
    Row("UF", "GET", "/jobs", None, lambda v: v == {
        "error": ":invalid_signature"}, status=401, secret="rotated",
        switches={"colon_words": 1}),
    Row("UF", "GET", "/jobs/none", None, status=404, is_text=True,
        switches={"text_errors": 1}),
    Row("UF", "POST", "/services/{service}/freeze", {}, is_text=True,
        switches={"text_actions": 1}),
    Row("UF", "POST", "/services/{service}/wake", {}, is_empty=True,
        switches={"empty_actions": 1}),
    Row("ORC", "DELETE", "/sessions/{session}", None, is_text=True,
        switches={"text_actions": 1}),
    Row("UF", "DELETE", "/services/{service}", None, is_empty=True,
        switches={"empty_actions": 1}),
]

KEY_ROWS = [
    Row("UF", "POST", "/services", {"name": "paid"}, {"service_id": str},
        keep={"service": "service_id"}),
    Row("LL2", "POST", "/sessions", {}, {"error": str}, status=403,
        state={"state": "free"}),
    Row("LL2", "POST", "/services", {"name": "n"}, {"error": str},
        status=403),
    Row("LL2", "POST", "/execute", run("echo free"), {"stdout": "free\n"}),
    Row("BLOG", "POST", "/keys/validate", {}, {
        "valid": False, "reason": "expired", "public_key": str,
        "renew_url": lambda u: "/keys/extend?key=unsb-pk-" in u},
        state={"state": "expired"}),
    Row("BLOG", "GET", "/jobs", None, {"error": str, "reason": "expired"},
        status=401),
    Row("BLOG", "GET", "/services/{service}", None, {"state": "running"},
        state={"state": "active"}),
    Row("S2", "POST", "/execute", run("true"), {
        "error": str, "valid": False, "reason": "revoked"}, status=401,
        state={"state": "revoked"}),
    Row("S2", "GET", "/jobs", None, {"error": str, "reason": "suspended"},
        status=403, state={"state": "suspended"}),
    Row("UF", "GET", "/keys/self", None, {"sudo_required": True},
        state={"state": "active", "sudo": True}),
    Row("PRIV", "DELETE", "/services/{service}", None,
        {"challenge_id": str}, status=428),
    Row("PM", "GET", "/services/{service}", None, {"error": str}, status=404,
        key="unsb-pk-test-0000-0000-0002",
        secret="unsb-sk-other-vault-unlck-67890"),
]
