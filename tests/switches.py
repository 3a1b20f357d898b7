#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/switches.py - mount tests with each switch of the stand-in on
"""usage: tests/switches.py BUILD [SWITCH...]

Runs the mount tests of runs, services and sessions with each switch on, and
with all of them, or with those named (several at once: one,two). The last line
printed is `N passed, N failed`.
"""
import os
import re
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = ["test_artifacts", "test_inputs", "test_jobs", "test_life",
         "test_resource_drafts", "test_resources_life", "test_results",
         "test_run", "test_sent", "test_vault"]
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed, \d+ skipped$", re.M)


def switches(build):
    """The switches that are on or off, without those for old clients."""
    text = subprocess.run([f"{build}/standin", "--help"], check=True,
                          capture_output=True, text=True).stdout
    return re.findall(r"^  ([a-z_]+) +(?!for old clients)\S", text.split(
        "Where sources disagree")[1], re.M) + ["all"]


def main(build, names):
    """Prints what failed, and counts."""
    passed = failed = 0
    for name in names or switches(build):
        done = subprocess.run(
            [sys.executable, "-B", f"{HERE}/mount/run.py", build, *TESTS],
            env=dict(os.environ, STANDIN_SWITCHES=name), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False)
        counts = COUNTS.findall(done.stdout)
        good, bad = map(int, counts[-1]) if counts else (0, 1)
        if done.returncode or bad:
            print(done.stdout)
        print(f"{name}: {good} passed, {bad} failed", flush=True)
        passed += good
        failed += bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if len(sys.argv) < 2:
            sys.exit(__doc__)
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except KeyboardInterrupt:
        sys.exit(130)
