# SPDX-License-Identifier: MIT
# tests/mount/recorded_table.py - answers that api/API.md part 16 records
"""Each row: answers of the API, and what the tree shows then. `{n}` is the
row's own name, in answers as in paths. What is shown is the text of a file,
None if there is no such file, or a list of names for a directory. A row whose
answer was read correctly before part 16 was known has a reason, `known`, why it
is here."""
import base64

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
