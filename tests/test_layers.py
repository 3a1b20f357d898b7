#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/test_layers.py - the check of the rooms finds upward calls and cycles
"""usage: tests/test_layers.py BUILD

Compiles small trees, each with one fault or none, and runs tests/layers.py.
"""
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))

CLEAN = {
    "api/api.h": "int api_call(void);",
    "api/call.c": '#include "api/api.h"\nint api_call(void) { return 1; }',
    "fs/base/log.c": "int log_line(void) { return 2; }",
    "fs/core/op.c": "int log_line(void);\nint api_call(void);\n"
                    "int op_start(void) { return log_line() + api_call(); }",
}


class Layers(unittest.TestCase):
    def check_tree(self, **more):
        """Runs the check on CLEAN and the given files; returns its lines."""
        with tempfile.TemporaryDirectory() as root:
            files = CLEAN | more.pop("files", {})
            for path, text in files.items():
                full = os.path.join(root, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "w", encoding="utf-8") as out:
                    out.write(text + "\n")
                if path.endswith(".c"):
                    to = os.path.join(root, "build", path[:-2] + ".o")
                    os.makedirs(os.path.dirname(to), exist_ok=True)
                    subprocess.run(["cc", "-I", root, "-c", "-o", to, full],
                                   check=True)
            done = subprocess.run(
                [sys.executable, "-B", f"{HERE}/layers.py", f"{root}/build",
                 root], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1 if done.stdout else 0)
            self.assertEqual(done.stderr, "")
            return done.stdout.splitlines()

    def test_clean(self):
        self.assertEqual(self.check_tree(), [])

    def test_upward_call(self):
        lines = self.check_tree(files={
            "fs/base/clock.c": "int op_start(void);\n"
                               "int clock_read(void) { return op_start(); }"})
        self.assertEqual(lines, [
            "layers: fs/base/clock.c uses op_start of fs/core/op.c"])

    def test_upward_data(self):
        lines = self.check_tree(files={
            "fs/tree/rows.c": "int tree_rows[3] = { 1 };",
            "fs/jobs/job.c": "extern int tree_rows[];\n"
                             "int job(void) { return tree_rows[0]; }"})
        self.assertEqual(lines, [
            "layers: fs/jobs/job.c uses tree_rows of fs/tree/rows.c"])

    def test_sideways_call(self):
        lines = self.check_tree(files={
            "fs/jobs/job.c": "int job_wait(void) { return 0; }",
            "fs/resources/resource.c":
                "int job_wait(void);\nint r(void) { return job_wait(); }"})
        self.assertEqual(lines, [
            "layers: fs/resources/resource.c uses job_wait of"
            " fs/jobs/job.c"])

    def test_upward_include(self):
        lines = self.check_tree(files={
            "fs/tree/tables.h": "struct row;",
            "fs/core/row.c": '#include "fs/tree/tables.h"\nint row;'})
        self.assertEqual(lines, [
            "layers: fs/core/row.c includes fs/tree/tables.h"])

    def test_private_header(self):
        lines = self.check_tree(files={
            "fs/jobs/run.h": "struct run;",
            "fs/tree/run.c": '#include "fs/jobs/run.h"\nint run;'})
        self.assertEqual(lines, [
            "layers: fs/tree/run.c includes fs/jobs/run.h, not"
            " fs/jobs/jobs.h"])

    def test_cycle(self):
        lines = self.check_tree(files={
            "api/a.c": "int b(void);\nint a(void) { return b(); }",
            "api/b.c": "int a(void);\nint b(void) { return a(); }"})
        self.assertEqual(lines, ["layers: a cycle: api/a.c api/b.c"])

    def test_unknown_room(self):
        lines = self.check_tree(files={"fs/attic/old.c": "int old;"})
        self.assertEqual(lines, ["layers: fs/attic/old.c is in no room"])

    def test_flat_file(self):
        lines = self.check_tree(files={"fs/flat.c": "int flat;"})
        self.assertEqual(lines, ["layers: fs/flat.c is in no room"])

    def test_no_objects(self):
        with tempfile.TemporaryDirectory() as root:
            done = subprocess.run(
                [sys.executable, "-B", f"{HERE}/layers.py", root, root],
                capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("build first", done.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
