# SPDX-License-Identifier: MIT
# tests/mount/recorded_table.py - answers that api/API.md part 16 records
"""Each row: answers of the API, and what the tree shows then. `{n}` is the
row's own name, in answers as in paths. What is shown is the text of a file,
None if there is no such file, or a list of names for a directory. A row whose
answer was read correctly before part 16 was known has a reason, `known`, why it
is here."""
import base64

from wordings_table import BASE, ISO

TOOK = {"language": "bash", "network_mode": "zerotrust", "total_time_ms": 7}
RESULT = {"job_id": "{n}", "stdout": "out\n", "stderr": "err\n",
          "exit_code": 3, "success": False, **TOOK}
ENDED = {**RESULT, "status": "completed"}
COMPLETED = {"status": "completed\n", "exit_code": "3\n", "stdout": "out\n",
             "stderr": "err\n", "error": None}
NOT_EARLY = "must not be taken for an answer before the end"
IN_ARRAY = "clients have always read this one"


class Run:
    """The answer to a run call: its status and body; what GET /jobs/ID says
    after that, None: it is not asked; and what the job's directory shows."""

    def __init__(self, answer, later, shows, status=200, known=None):
        self.answer, self.later, self.shows = answer, later, shows
        self.status, self.known = status, known


# 16.3, and 16.6, 16.8 of commands: what each of the run calls may answer.
RUNS = {
    "job_id alone": Run({"job_id": "{n}"}, ENDED, COMPLETED),
    "created": Run({"job_id": "{n}"}, ENDED, COMPLETED, 201),
    "accepted": Run({"job_id": "{n}"}, ENDED, COMPLETED, 202),
    "empty status": Run({"job_id": "{n}", "status": ""}, ENDED, COMPLETED),
    "null status": Run({"job_id": "{n}", "status": None, "stdout": None},
                       ENDED, COMPLETED),
    "unknown status": Run({"job_id": "{n}", "status": "queued", "stdout": ""},
                          ENDED, COMPLETED),
    "pending": Run({"job_id": "{n}", "status": "pending", "message": "wait"},
                   ENDED, COMPLETED, known="every source has this answer"),
    "ended, no result": Run({"job_id": "{n}", "status": "completed"}, ENDED,
                            COMPLETED),
    "no answer in time": Run({"job_id": "{n}", "error": "gateway timeout"},
                             ENDED, COMPLETED, 504),
    "result, no status": Run(RESULT, None, COMPLETED, known=NOT_EARLY),
    "result, accepted": Run(ENDED, None, COMPLETED, 202, known=NOT_EARLY),
    "result, no id": Run({**RESULT, "job_id": None}, None, COMPLETED,
                         known=NOT_EARLY),
    "only output": Run({"stdout": "out\n", "stderr": "err\n"}, None,
                       {**COMPLETED, "exit_code": None}, known=NOT_EARLY),
    "timeout": Run(
        {"job_id": "{n}", "status": "timeout", "stdout": "part\n",
         "stderr": "", "error": "Execution timed out"}, None,
        {"status": "timeout\n", "stdout": "part\n",
         "error": "Execution timed out\n"}, known=NOT_EARLY),
    "failed": Run(
        {"job_id": "{n}"}, {"job_id": "{n}", "status": "failed",
                            "error": "No such image", "stdout": ""},
        {"status": "failed\n", "stdout": "", "error": "No such image\n"}),
    "early, then without status": Run({"job_id": "{n}"}, RESULT, COMPLETED),
}

ELF = base64.b64encode(b"\x7fELF\2\1\1 program").decode()
WASM = base64.b64encode(b"\0asm\1\0\0\0").decode()
TEXT = base64.b64encode(b"left\n").decode()


class Left:
    """Members of the answer to a run of {n}.c; names in artifacts/, which of
    them are programs, and the job's error."""

    def __init__(self, members, names, programs=(), error=None, known=None):
        self.answer = {**ENDED, **members}
        self.names, self.programs = names, list(programs)
        self.error, self.known = error, known


# 16.4
ARTIFACTS = {
    "files": Left({"artifacts": [
        {"filename": "a.txt", "mime_type": "text/plain", "size": 5,
         "content_base64": TEXT}]}, ["a.txt"], known=IN_ARRAY),
    "files of a service": Left({"artifacts": [
        {"type": "base64", "filename": "a.txt", "data": TEXT}]}, ["a.txt"],
        known=IN_ARRAY),
    "files by other names": Left({"artifacts": [
        {"name": "a.txt", "type": "text/plain", "content": TEXT}]}, ["a.txt"],
        known=IN_ARRAY),
    "program": Left({"artifact": {
        "type": "base64", "filename": "a.out", "data": ELF}},
        ["{n}"], ["{n}"]),
    "program without a name": Left({"artifact": {
        "type": "base64", "data": ELF}}, ["{n}"], ["{n}"]),
    "program in the array": Left({"artifacts": [
        {"filename": "a.out", "content_base64": ELF, "size": 15}]},
        ["a.out"], ["a.out"]),
    "program in both": Left({
        "artifact": {"type": "base64", "filename": "a.out", "data": ELF},
        "artifacts": [{"filename": "a.out", "content_base64": ELF},
                      {"filename": "a.txt", "content_base64": TEXT}]},
        ["a.txt", "{n}"], ["{n}"]),
    "WebAssembly": Left({"wasm_artifact": {
        "type": "base64", "filename": "main.wasm", "data": WASM}},
        ["{n}.wasm"]),
    "both": Left({"artifact": {"type": "base64", "data": ELF},
                  "wasm_artifact": {"type": "base64", "data": WASM}},
                 ["{n}", "{n}.wasm"], ["{n}"]),
    "null": Left({"artifact": None, "wasm_artifact": None,
                  "artifacts": None}, [], known="shows that null is nothing"),
    "no program": Left({"artifact": {"type": "error", "error": "too large"}},
                       [], error="too large\n"),
    "no WebAssembly": Left({
        "artifact": {"type": "base64", "data": ELF},
        "wasm_artifact": {"type": "error", "error": "not this language"}},
        ["{n}"], ["{n}"], "not this language\n"),
    "an error among files": Left({"artifacts": [
        {"type": "error", "filename": "b", "error": "it has gone"},
        {"filename": "a.txt", "content_base64": TEXT}]},
        ["a.txt"], error="b: it has gone\n"),
    "an error without a type": Left({"artifacts": [{"error": "it has gone"}]},
                                    [], error="it has gone\n"),
}


class Answer:
    """What a command prints in the mount, with these answers; or the error with
    which it fails. `errors` is in the last lines of .unsandboxfs/errors."""

    def __init__(self, answers, do, prints="", *, fails=None, errors="",
                 known=None):
        self.answers, self.do, self.prints = answers, do, prints
        self.fails, self.errors, self.known = fails, errors, known


def sessions(**members):
    """A list of a session and one other item."""
    shell = {"session_id": "x", "status": "running", "shell": "bash", **members}
    return {"GET /sessions": {"sessions": [BASE["sessions"], shell]}}


def log(answer):
    """A log in this answer."""
    return {"GET /services/ID/logs": answer}


IMAGE = {"id": "img_2", "name": "base", "fingerprint": "f", "locked": False,
         "visibility": "private", "size_bytes": 7, "created_at": ISO}
STATE = "echo frozen >services/web/state"
AGAIN = "echo 1 >services/web/redeploy"
READ = "cat services/web/logs"
LS = "ls -1d sessions/[^n]*"
ONE = "sessions/sess_1\n"

ANSWERS = {
    # 16.2: an answer need not be JSON, and may be empty.
    "deleted, text": Answer({"DELETE /sessions/ID": (200, "OK")},
                            "echo 1 >sessions/sess_1/destroy"),
    "deleted, empty": Answer(
        {"DELETE /services/ID": (200, "")}, "echo 1 >services/web/destroy",
        known="an empty answer was always enough"),
    "frozen, text": Answer({"POST /services/ID/freeze": (200, "OK")}, STATE),
    "frozen, HTML": Answer({"POST /services/ID/freeze": (202, "<p>ok</p>")},
                           STATE),
    "redeployed, text": Answer({"POST /services/ID/redeploy": (200, "OK")},
                               AGAIN),
    "changed, text": Answer({"PATCH /services/ID": (200, "OK")},
                            "echo 3 >services/web/vcpu"),
    "domains, text": Answer({"PUT /services/ID/domains": (200, "OK")},
                            "echo e.f >services/web/domains"),
    "vault, text": Answer({"POST /services/ID/env/export": {"env": ""},
                           "PUT /services/ID/env": (200, "OK")},
                          "echo A=1 >services/web/env"),
    "locked, text": Answer({"POST /sessions/ID/lock": (200, "OK")},
                           "echo 1 >sessions/sess_1/locked"),
    "refused, text": Answer(
        {"POST /services/ID/redeploy": (400, "ports must be a list\n")},
        AGAIN, fails="Invalid argument", errors="ports must be a list"),
    "refused, HTML": Answer(
        {"POST /services/ID/redeploy": (500, "<h1>Oops</h1>")}, AGAIN,
        fails="Remote I/O error", errors="HTTP 500",
        known="a page is no message for people"),
    "locked, in text": Answer(
        {"DELETE /services/ID": (409, "The service is locked")},
        "echo 1 >services/web/destroy", fails="Operation not permitted",
        errors="The service is locked"),
    "created, but how": Answer(
        {"POST /services": (200, "OK")},
        "mkdir services/new/w; echo true >services/new/w/bootstrap; "
        "mv services/new/w services/w",
        fails="Protocol error", errors="not JSON",
        known="without its id nothing can be shown of it"),
    # 16.6: shells of services among the sessions.
    "shell with svc:": Answer(sessions(session_id="svc:svc_1"), LS, ONE),
    "shell with a service's id": Answer(
        sessions(session_id="unsb-service-0123456789abcdef"), LS, ONE),
    "session of a service": Answer(
        sessions(service_id="svc_1"), LS, ONE + "sessions/x\n",
        known="with an id of its own it is a session"),
    # 16.8: all members that a log was read from.
    "log": Answer(log({"log": "a\nb\n"}), READ, "a\nb\n", known=IN_ARRAY),
    "logs": Answer(log({"logs": "a\nb\n"}), READ, "a\nb\n", known=IN_ARRAY),
    "log in stdout": Answer(log({"stdout": "a\nb\n"}), READ, "a\nb\n",
                            known=IN_ARRAY),
    "log in output": Answer(log({"output": "a\nb\n"}), READ, "a\nb\n"),
    "log in lines": Answer(log({"lines": ["a", "b"]}), READ, "a\nb\n",
                           known=IN_ARRAY),
    "log as an array": Answer(log([["a", "b"]]), READ, "a\nb\n"),
    # 16.9: the list does not tell what an image was made of.
    "image of a service": Answer(
        {"POST /images": IMAGE,
         "GET /images": [{"images": []}, {"images": [IMAGE]}]},
        "ls services/web/images; mkdir services/web/images/base; "
        "ls services/web/images; "
        "readlink services/web/images/base",
        "base\n../../../images/img_2\n"),
    "image, after a remount": Answer(
        {"GET /images": [[IMAGE]]}, "ls services/web/images", "base\n"),
    # 16.10
    "pools as an array": Answer(
        {"GET /pools": [[{"id": "pool-1"}, {"id": "pool-2"}]]},
        "ls system/logs/pool", "pool-1\npool-2\n"),
    # 16.1: these two come last, since the mount remembers that.
    "signature": Answer(
        {"GET /shells": (401, {"error": ":invalid_signature"})}, "cat shells",
        fails="Key was rejected", errors=":invalid_signature; the secret key",
        known="any text was kept"),
    "signature somewhere": Answer(
        {"GET /languages": (401, {"errors": [{"w": "invalid_signature"}]})},
        "cat languages", fails="Key was rejected",
        errors="the secret key is probably wrong"),
}
