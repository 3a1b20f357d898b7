# SPDX-License-Identifier: MIT
# tests/mount/test_recorded_answers.py - recorded answers, and what they show
import json
import os
import unittest

from case import MountCase
from recorded_table import ANSWERS, ARTIFACTS, RUNS
from test_wordings import rules

SCRIPT = "#!/bin/sh\necho out\n"
# Each run call, the file that is saved, and its job. `{n}` is the row's name.
CALLS = {
    "POST /execute": ("run/{n}.sh", "run/{n}.sh.job"),
    "POST /run": ("run/{n}", "run/{n}.job"),
    "POST /execute/async": ("jobs/new/{n}.sh", "jobs/latest"),
    "POST /sessions/ID/execute": ("sessions/sess_1/run/{n}",
                                  "sessions/sess_1/run/{n}.job"),
    "POST /services/ID/execute": ("services/web/run/{n}",
                                  "services/web/run/{n}.job"),
}


class Recorded(MountCase):
    """Plays each row; all in one mount."""

    time_limit_s = 240
    runs_each = True
    number = 0

    def filled(self, value):
        """The value with the row's own name."""
        return json.loads(json.dumps(value).replace("{n}", self.name))

    def begin(self):
        """A name for the row, which no other had."""
        Recorded.number += 1
        self.name = f"row-{Recorded.number}"
        self.server.reset()

    def look(self, path):
        """What is shown: a text, names, or None."""
        full = self.at(path)
        if os.path.isdir(full):
            return sorted(os.listdir(full))
        return self.read(path) if os.path.exists(full) else None

    def run_row(self, call, row):
        """One answer to one of the run calls."""
        self.begin()
        answers = {call: (row.status, self.filled(row.answer))}
        if row.later:
            answers["GET /jobs/ID"] = self.filled(row.later)
        self.server.fault(*rules(answers))
        path, job = (each.format(n=self.name) for each in CALLS[call])
        self.save(path, SCRIPT)
        self.look(job + "/stdout")  # waits for the end
        shown = {name: self.look(f"{job}/{name}") for name in row.shows}
        self.assertEqual(shown, row.shows)
        asked = self.server.requests()
        self.assertEqual((asked.get(call), bool(asked.get("GET /jobs/ID"))),
                         (1, bool(row.later)), asked)

    def artifact_row(self, row):
        """One shape of artifacts."""
        self.begin()
        self.server.fault(*rules({"POST /execute": self.filled(row.answer)}))
        self.save(f"run/{self.name}.c", "int main(void) { return 3; }\n")
        job = f"run/{self.name}.c.job"
        self.assertEqual(self.value(job, "exit_code"), "3")
        shown = self.look(job + "/artifacts")
        self.assertEqual(shown, sorted(self.filled(row.names)))
        modes = {name: os.stat(self.at(job, "artifacts", name)).st_mode & 0o777
                 for name in shown}
        self.assertEqual([name for name in shown if modes[name] == 0o755],
                         self.filled(row.programs), modes)
        for name in shown:
            self.assertIn(self.read_bytes(job, "artifacts", name), (
                b"\x7fELF\2\1\1 program", b"\0asm\1\0\0\0", b"left\n"))
        self.assertEqual(self.look(job + "/error"), row.error)
        if row.error:
            self.assertIn(row.error.strip(),
                          self.read(".unsandboxfs/errors"))

    def test_answers(self):
        """Each row of the table, in its order."""
        for name, row in ANSWERS.items():
            with self.subTest(name):
                self.answer_row(name, row)

    def answer_row(self, name, row):
        """A command, and what it prints."""
        self.begin()
        self.server.fault(*rules(row.answers))
        if "remount" in name:
            self.mount.restart()
        self.save(".unsandboxfs/refresh", "1")
        before = len(self.read(".unsandboxfs/errors").splitlines())
        if row.fails:
            self.assertIn(row.fails, self.fails(row.do))
        else:
            self.assertEqual(self.shell(row.do), row.prints)
        told = self.read(".unsandboxfs/errors").splitlines()[before:]
        if row.errors:
            self.assertIn(row.errors, "\n".join(told))
        else:
            self.assertEqual(told, [])


def add_rows():
    """A test for each call and for each shape."""
    def check_call(self, call):
        for name, row in RUNS.items():
            with self.subTest(name):
                self.run_row(call, row)

    for call in CALLS:
        word = call.split(" ")[1].strip("/").replace("/", "_").lower()
        setattr(Recorded, f"test_run_{word}",
                lambda self, call=call: check_call(self, call))
    for name, row in ARTIFACTS.items():
        setattr(Recorded, "test_artifacts_" + name.replace(" ", "_"),
                lambda self, row=row: self.artifact_row(row))


add_rows()
if __name__ == "__main__":
    unittest.main()
