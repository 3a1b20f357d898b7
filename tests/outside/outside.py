#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/outside/outside.py - runs what others test file systems with
"""usage: tests/outside/outside.py [-v] BUILD [NAME...]

NAME is a file (test_git), a class (test_compare.Rename) or a test of it;
without one every test_*.py runs, one after the other, each in a process of its
own. The last line printed is `N passed, N failed, N skipped`.
"""
import getopt
import glob
import os
import re
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "mount")]

from place import end_with_parent  # noqa: E402
from run import interrupted, run_here  # noqa: E402

TIME_LIMIT_S = 600


def run_file(build, name, flags):
    """Runs one in a process of its own; (passed, failed, skipped)."""
    began = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-B", os.path.abspath(__file__), "--here", *flags,
         build, name], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, preexec_fn=end_with_parent)
    try:
        text = child.communicate(timeout=TIME_LIMIT_S)[0].decode(
            errors="replace")
    except BaseException:
        child.terminate()
        child.wait(30)
        raise
    counts = re.findall(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", text,
                        re.M)
    if child.returncode or not counts or flags:
        print(text)
    counts = [int(n) for n in counts[-1]] if counts else [0, 1, 0]
    print(f"{name}: {counts[0]} passed, {counts[1]} failed "
          f"({time.monotonic() - began:.0f} s)", flush=True)
    return counts


def main():
    """Reads the command line; the exit status."""
    options, words = getopt.gnu_getopt(sys.argv[1:], "v", ["here"])
    flags = ["-v"] if ("-v", "") in options else []
    if not words:
        print(__doc__, file=sys.stderr)
        return 2
    build, *names = words
    os.environ["BUILD"] = os.path.abspath(build)
    signal.signal(signal.SIGTERM, interrupted)
    if ("--here", "") in options:
        return run_here(names, 2 if flags else 1)
    names = names or [os.path.basename(path)[:-3] for path in
                      sorted(glob.glob(HERE + "/test_*.py"))]
    counts = [run_file(build, name, flags) for name in names]
    passed, failed, skipped = map(sum, zip(*counts))
    words = [f"{passed} passed", f"{failed} failed"]
    print(", ".join(words + ([f"{skipped} skipped"] if skipped else [])))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
