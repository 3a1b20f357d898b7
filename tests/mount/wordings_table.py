# SPDX-License-Identifier: MIT
# tests/mount/wordings_table.py - answers that say the same in other words
"""For each line of api/API.md parts 13 and 14: answers that say the same in the
words of different sources, and what is done before the tree is read; or why
the wordings cannot be in an answer. Answers are recorded by request; several
answers to one request are sent in turn, the last one repeatedly."""

AT = 1736596800
ISO = "2025-01-11T12:00:00Z"
S, V, N, I, J = "sess_1", "svc_1", "snap_1", "img_1", "job_1"
COMMAND = "services/web/run/c"

BASE = {
    "sessions": {"session_id": S, "status": "running", "shell": "bash",
                 "network_mode": "zerotrust", "created_at": ISO,
                 "expires_at": "2030-01-01T00:00:00Z", "locked": False,
                 "vcpu": 1, "container_name": "unsb-vm-1"},
    "services": {"service_id": V, "name": "web", "state": "running",
                 "url": "https://web.on.unsandbox.com", "ports": [80, 443],
                 "network_mode": "zerotrust", "locked": False, "vcpu": 1,
                 "custom_domains": ["a.b", "c.d"], "created_at": ISO,
                 "unfreeze_on_demand": True, "show_freeze_page": False},
    "snapshots": {"snapshot_id": N, "name": "n", "source_type": "session",
                  "source_id": S, "size_bytes": 7, "locked": False,
                  "created_at": ISO},
    "images": {"image_id": I, "name": "n", "owner_api_key": "unsb-pk-o",
               "visibility": "private", "locked": False,
               "source_type": "service", "source_id": V, "size_bytes": 7,
               "created_at": ISO},
}
RESULT = {"success": True, "stdout": "out\n", "stderr": "err\n",
          "exit_code": 0, "job_id": J, "status": "completed",
          "language": "bash", "total_time_ms": 7,
          "network_mode": "zerotrust"}
KEY = {"valid": True, "public_key": "unsb-pk-k", "tier": 3,
       "rate_per_minute": 60, "burst": 10, "concurrency_limit": 2,
       "expires_at": "2030-01-01T00:00:00Z", "status": "active"}


def changed(value, fields):
    """The object with these members; None removes a member."""
    return {name: field for name, field in {**value, **fields}.items()
            if field is not None}


def some(kind, **fields):
    """One resource of this kind, in the list and alone."""
    one = changed(BASE[kind], fields)
    path = f"GET /{kind}"
    return {path: {kind: [one], "count": 1}, f"{path}/ID": one}


def listed(kind, answer):
    """Answers a list with this."""
    return {f"GET /{kind}": answer, f"GET /{kind}/ID": BASE[kind]}


def ran(**fields):
    """Answers a save in run/."""
    return {"POST /execute": changed(RESULT, fields)}


def key(**fields):
    """Answers the validation of the key."""
    return {"POST /keys/validate": changed(KEY, fields)}


def times(kind):
    """The same second in five formats."""
    return [some(kind, created_at=at) for at in (
        ISO, "2025-01-11T12:00:00.000Z", AT, str(AT), AT * 1000)]


class Row:
    """Wordings that give the same files below `paths` after `do`. `given` are
    values that are shown as the API gives them, so their text may differ. A
    file named `shows` must exist."""

    def __init__(self, paths, *wordings, do=None, given=(), shows=None):
        self.paths, self.shows = paths.split(), shows
        self.wordings, self.do, self.given = wordings, do, given


ONE_NAME = "one name in every source"
REQUEST = "a field of requests: no answer has it"
SHOWN = "each is a value of its own: a file of its own where the API gives it"
RUN = "cp \"$1\" run/p.sh && cat run/p.sh.job/exit_code"
JOB = "run/p.sh.job"
SUBMIT = "cp \"$1\" jobs/new/p.sh && cat jobs/latest/exit_code"
TOOK = {"total_time_ms": None}
PENDING = {"job_id": J, "status": "pending"}
JOBS = {"GET /jobs/ID": RESULT}
BYTES = {"filename": "f", "content_base64": "AAE="}

NAMES = {
    "13.1 job id": ONE_NAME,
    "13.1 state": ONE_NAME,
    "13.1 duration": Row(
        JOB, ran(), ran(**TOOK, execution_time_ms=7),
        ran(**TOOK, execution_time=7), ran(**TOOK, duration_ms=7),
        ran(execution_time_ms=7, execution_time=7), do=RUN,
        shows="total_time_ms"),
    "13.1 output": Row(JOB, ran(), ran(stdout=None, output="out\n"), do=RUN),
    "13.1 error text": Row(JOB, ran(), {"POST /execute": {
        **RESULT, "error": None}}, do=RUN),
    "13.1 language": Row(JOB, ran(), ran(language=None,
                                         detected_language="bash"), do=RUN),
    "13.1 artifact name": Row(
        JOB, ran(artifacts=[BYTES]),
        ran(artifacts=[{"name": "f", "content_base64": "AAE="}]), do=RUN),
    "13.1 artifact data": Row(
        JOB, ran(artifacts=[BYTES]),
        ran(artifacts=[{"filename": "f", "data": "AAE=", "type": "base64"}]),
        ran(artifacts=[{"filename": "f", "content": "AAE=", "size": 2}]),
        do=RUN),
    "13.1 list": Row(
        "jobs", {**JOBS, "GET /jobs": {"jobs": [PENDING], "count": 1}},
        {**JOBS, "GET /jobs": [PENDING]}, shows="job_1"),
    "13.1 times": Row(
        JOB, ran(created_at=ISO, completed_at=ISO),
        ran(created_at=AT, completed_at=str(AT)), do=RUN,
        given=("created_at", "completed_at")),
    "13.2 id": Row("sessions", some("sessions"),
                   some("sessions", session_id=None, id=S),
                   some("sessions", id=S)),
    "13.2 container": ONE_NAME,
    "13.2 state": Row("sessions", some("sessions"),
                      some("sessions", status=None, state="running")),
    "13.2 time left": SHOWN,
    "13.2 multiplexer": REQUEST,
    "13.2 network": Row("sessions", some("sessions"), some(
        "sessions", network_mode=None, network="zerotrust")),
    "13.2 audit": REQUEST,
    "13.2 wake time": Row(
        "sessions",
        {"POST /sessions/ID/unfreeze": {"status": "running",
                                        "unfreeze_time_ms": 5}},
        {"POST /sessions/ID/unfreeze": {"status": "running",
                                        "wake_time": 5}},
        do="echo running > sessions/sess_1/state"),
    "13.2 RAM": ONE_NAME,
    "13.3 id": Row("services", some("services"),
                   some("services", service_id=None, id=V),
                   some("services", id=V)),
    "13.3 state": Row("services", some("services"),
                      some("services", state=None, status="running"),
                      some("services", status="running")),
    "13.3 domains": Row(
        "services", some("services"),
        some("services", custom_domains=None, domains=["a.b", "c.d"])),
    "13.3 bootstrap": REQUEST,
    "13.3 log": Row("services",
                    {"GET /services/ID/logs": {"log": "one\ntwo\n"}},
                    {"GET /services/ID/logs": {"logs": "one\ntwo\n"}},
                    {"GET /services/ID/logs": {"log": "one\ntwo\n",
                                               "logs": "one\ntwo\n"}}),
    "13.3 vault present": "its status is never requested: the export shows it",
    "13.3 vault text": Row(
        "services",
        {"POST /services/ID/env/export": {"env": "A=1\n"}},
        {"POST /services/ID/env/export": {"content": "A=1\n"}}),
    "13.3 source image": ONE_NAME,
    "13.3 disk": ONE_NAME,
    "13.3 lock": Row("services", some("services", locked=True),
                     some("services", locked=1)),
    "13.4 id": Row("snapshots", some("snapshots"),
                   some("snapshots", snapshot_id=None, id=N),
                   some("snapshots", id=N)),
    "13.4 kind of source": Row("snapshots", some("snapshots"), some(
        "snapshots", source_type=None, type="session")),
    "13.4 source": Row("snapshots", some("snapshots"), some(
        "snapshots", source_id=None, session_id=S)),
    "13.4 live or not": REQUEST,
    "13.4 size": Row("snapshots", some("snapshots"),
                     some("snapshots", size_bytes=None, size=7),
                     some("snapshots", size_bytes=None, size="7")),
    "13.4 clone kind": REQUEST,
    "13.5 id": Row("images", some("images"),
                   some("images", image_id=None, id=I),
                   some("images", id=I)),
    "13.5 owner": Row("images", some("images"), some(
        "images", owner_api_key=None, owner_key="unsb-pk-o")),
    "13.5 trusted key": REQUEST,
    "13.5 trusted list": Row(
        "images",
        {"GET /images/ID/trusted": {"trusted_keys": ["unsb-pk-t"]}},
        {"GET /images/ID/trusted": {"trusted": ["unsb-pk-t"]}},
        {"GET /images/ID/trusted": {"trusted": [{"api_key": "unsb-pk-t"}]}},
        {"GET /images/ID/trusted": ["unsb-pk-t"]}),
    "13.5 ports": REQUEST,
    "13.5 parallel jobs": Row("key", key(), key(
        concurrency_limit=None, concurrency=2)),
    "13.5 rate": Row("key", key(), key(rate_per_minute=None, rate_limit=60)),
    "13.5 expiry": Row("key", key(), key(
        expires_at=None, valid_through_datetime="2030-01-01T00:00:00Z")),
    "13.5 tier": Row("key", key(), key(tier="3")),
    "13.6 sessions": Row("sessions", *times("sessions"),
                         given=("created_at",)),
    "13.6 services": Row("services", *times("services"),
                         given=("created_at",)),
    "13.6 snapshots": Row("snapshots", *times("snapshots"),
                          given=("created_at",)),
    "13.6 images": Row("images", *times("images"), given=("created_at",)),
}

LOG = {"log": "one\n"}
NOT_HERE = (404, {"error": "Not found", "code": "NOT_FOUND"})
GROWS = {"GET /snapshots": [
    {"snapshots": [BASE["snapshots"]]},
    {"snapshots": [BASE["snapshots"], {**BASE["snapshots"], "name": "m",
                                       "snapshot_id": "snap_2"}]}]}
ENDS = {"GET /sessions": [{"sessions": [BASE["sessions"]]},
                          {"sessions": []}]}
FROZEN = some("services", state="frozen")

TOPICS = {
    1: Row("services", {"GET /services/ID/logs": LOG},
           {"GET /services/ID/logs": [(401, {
               "error": "Invalid signature", "code": "INVALID_SIGNATURE"}),
               LOG]}),
    2: REQUEST,
    3: Row("jobs/latest",
           {"POST /execute/async": PENDING, "GET /jobs/ID": RESULT},
           {"POST /execute/async": (202, PENDING), "GET /jobs/ID": RESULT},
           {"POST /execute/async": RESULT}, do=SUBMIT),
    4: NAMES["13.1 list"],
    5: REQUEST,
    6: REQUEST,
    7: REQUEST,
    8: NAMES["13.1 artifact data"],
    9: "in the sandbox: only a program there sees the path of its files",
    10: Row("services", {**FROZEN, "POST /services/ID/freeze": {
                "status": "frozen"}},
            {**FROZEN, "POST /services/ID/freeze": {"state": "frozen"}},
            {**FROZEN, "POST /services/ID/freeze": NOT_HERE,
             "POST /services/ID/sleep": {"state": "sleeping"}},
            {**FROZEN, "POST /services/ID/freeze": (405, {}),
             "POST /services/ID/sleep": {"state": "sleeping"}},
            do="echo frozen > services/web/state"),
    11: "our choice: POST /sessions/ID/snapshot, /services/ID/snapshot",
    12: "our choice: POST /snapshots/ID/restore",
    13: Row("sessions snapshots",
            {**GROWS, "POST /sessions/ID/snapshot": {
                "snapshot_id": "snap_2", "name": "m"}},
            {**GROWS, "POST /sessions/ID/snapshot": (201, {
                "id": "snap_2", "name": "m"})},
            do="mkdir sessions/sess_1/snapshots/m"),
    14: NAMES["13.3 state"],
    15: Row("services", some("services"),
            listed("services", {"services": [BASE["services"]]}),
            listed("services", {"services": [BASE["services"]],
                                "count": 99})),
    16: Row(COMMAND + ".job",
            {"POST /services/ID/execute": RESULT},
            {"POST /services/ID/execute": (202, RESULT)},
            {"POST /services/ID/execute": (202, PENDING),
             "GET /jobs/ID": RESULT},
            {"POST /services/ID/execute": (202, {
                "job_id": J, "status": "running"}),
             "GET /jobs/ID": [{"job_id": J, "status": "running",
                               "stdout": "ou"}, RESULT]},
            do=f"cp \"$1\" {COMMAND} && cat {COMMAND}.job/exit_code"),
    17: NAMES["13.3 log"],
    18: Row("services",
            {"PUT /services/ID/env": {"count": 1, "message": "kept"},
             "POST /services/ID/env/export": {"env": "A=1\n"}},
            {"PUT /services/ID/env": {"success": True},
             "POST /services/ID/env/export": {"env": "A=1\n"}},
            {"PUT /services/ID/env": (204, ""),
             "POST /services/ID/env/export": {"env": "A=1\n"}},
            do="echo A=1 > services/web/env"),
    19: NAMES["13.3 vault present"],
    20: NAMES["13.3 vault text"],
    21: "our choice: POST /images",
    22: "our choice: the view is in the path",
    23: Row("images",
            {"POST /images/ID/grant": {"trusted_keys": ["unsb-pk-t"]},
             "GET /images/ID/trusted": {"trusted_keys": ["unsb-pk-t"]}},
            {"POST /images/ID/grant": (204, ""),
             "GET /images/ID/trusted": {"trusted": ["unsb-pk-t"]}},
            do="touch images/img_1/trusted/unsb-pk-t"),
    24: NAMES["13.5 trusted list"],
    25: REQUEST,
    26: REQUEST,
    27: NAMES["13.6 services"],
    28: NAMES["13.5 tier"],
    29: NAMES["13.5 parallel jobs"],
    30: Row("services", some("services"), some("services", locked=0)),
    31: "about the live shell, which is not shown in files",
    32: "about the live shell, which is not shown in files",
    33: Row("sessions/sess_1/run/c.job",
            {"POST /sessions/ID/execute": RESULT},
            {"POST /sessions/ID/execute": NOT_HERE,
             "POST /sessions/ID/shell": RESULT},
            {"POST /sessions/ID/execute": (405, {}),
             "POST /sessions/ID/shell": RESULT},
            do="cp \"$1\" sessions/sess_1/run/c"
               " && cat sessions/sess_1/run/c.job/exit_code"),
    34: Row("services .unsandboxfs/errors",
            *({"DELETE /services/ID": (403, body)} for body in (
                {"error": "Not yours", "code": "FORBIDDEN"},
                {"error": "forbidden", "message": "Not yours"},
                {"error": "Not yours", "message": "Not yours",
                 "code": "FORBIDDEN", "details": "at all"},
                {"error": {"message": "Not yours", "code": "FORBIDDEN"}})),
            do="! echo 1 2>/dev/null > services/web/destroy"),
    35: "an address: that of -o url is used",
    36: "no file shows these logs",
    37: Row("jobs/latest",
            {"POST /execute/async": PENDING, "GET /jobs/ID": RESULT},
            {"POST /execute/async": PENDING,
             "GET /jobs/ID": [NOT_HERE, NOT_HERE, RESULT]}, do=SUBMIT),
    38: REQUEST,
    39: Row("services",
            {**some("services", vcpu=4), "PATCH /services/ID": {"vcpu": 4}},
            {**some("services", vcpu=4), "PATCH /services/ID": (405, {}),
             "POST /services/ID/resize": {"vcpu": 4}},
            do="echo 4 > services/web/vcpu"),
    40: "our choice: DELETE",
    41: "about the client: exit_code is the program's",
    42: "a default of the API: the value in force is shown",
    43: Row("sessions",
            {**some("sessions", locked=True),
             "POST /sessions/ID/lock": {"locked": True}},
            {**some("sessions", locked=None),
             "POST /sessions/ID/lock": {}},
            do="echo 1 > sessions/sess_1/locked"),
    44: Row("sessions",
            {**ENDS, "DELETE /sessions/ID": {"status": "terminated"}},
            {**ENDS, "DELETE /sessions/ID": {"status": "terminated",
                                             "artifacts": [BYTES]}},
            {**ENDS, "DELETE /sessions/ID": (204, "")},
            do="echo 1 > sessions/sess_1/destroy"),
    45: "about the client: it chooses the keys at start",
}
