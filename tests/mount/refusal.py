# SPDX-License-Identifier: MIT
# tests/mount/refusal.py - checks that a request was refused
from case import MountCase

WORDS = "Mercury is in retrograde"


def says(status, message=WORDS, **headers):
    """A rule: this status, with an error body like the API's."""
    rule = {"status": status, "body": {
        "error": message, "message": message, "code": "SAID_SO",
        "details": ""}}
    if headers:
        rule["headers"] = {k.replace("_", "-"): v for k, v in headers.items()}
    return rule


PLACES = {"run": "POST /execute", "jobs/new": "POST /execute/async"}


class RefusalCase(MountCase):
    """Tests whose refusals arrive before run_wait is over."""

    options = "timeout=2,run_wait=20"

    def check_told(self, job, request, error, words, status):
        """Checks the job's files and .unsandboxfs/errors."""
        self.assertEqual(self.value(job, "status"), "error")
        self.assertIn(words, self.value(job, "error"))
        for name in ("stdout", "stderr", "exit_code"):
            self.assertEqual(self.error_of(self.read, job, name), error, name)
        line = self.read(".unsandboxfs/errors").splitlines()[-1]
        self.assertRegex(line, rf"^\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\S* "
                               rf"{request} {status or '000|0|-'}")
        self.assertIn(f" {error} ", line)
        self.assertIn(words, line)
