#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/mount/run.py - finds the mount tests, runs them, counts them
"""usage: tests/mount/run.py [-v] [-j N] BUILD [NAME...]

NAME is a file (test_saves), a class (test_saves.Saves) or a test
(test_saves.Saves.test_cp); without one every test_*.py runs. Each file runs
in a process of its own, N (2) at a time.
"""
import getopt
import glob
import os
import re
import signal
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from place import close_places_of, end_with_parent  # noqa: E402


class Result(unittest.TextTestResult):
    """Shows the daemon's log with each failure."""

    def _exc_info_to_string(self, err, test):
        text = super()._exc_info_to_string(err, test)
        case = getattr(test, "test_case", test)
        return text + (case.evidence() if hasattr(case, "evidence") else "")


def run_here(names, verbosity):
    """Runs the tests in this process and prints their counts."""
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    result = unittest.TextTestRunner(
        stream=sys.stdout, resultclass=Result, verbosity=verbosity).run(suite)
    bad = {getattr(test, "test_case", test).id()
           for test, _ in result.failures + result.errors}
    skipped = len(result.skipped)
    passed = max(result.testsRun - len(bad) - skipped, 0)
    print(f"{passed} passed, {len(bad)} failed, {skipped} skipped")
    return 1 if bad else 0


class Runner:
    """Runs files in parallel, and prints the output of each at its end."""

    def __init__(self, build, flags):
        self.command = [sys.executable, "-B", os.path.abspath(__file__),
                        "--here", *flags, build]
        self.running = {}
        self.total = [0, 0, 0]

    def start(self, name):
        """Starts the tests of this name."""
        output = _unnamed_file()
        child = subprocess.Popen([*self.command, name], stdout=output,
                                 stderr=subprocess.STDOUT,
                                 stdin=subprocess.DEVNULL,
                                 preexec_fn=end_with_parent)
        self.running[child] = (name, output, time.monotonic())

    def wait(self):
        """Waits for one of them to end."""
        while True:
            for child in list(self.running):
                if child.poll() is not None:
                    self._ended(child)
                    return
            time.sleep(0.05)

    def _ended(self, child):
        name, output, began = self.running.pop(child)
        output.seek(0)
        text = output.read().decode(errors="replace")
        output.close()
        counts = re.findall(r"^(\d+) passed, (\d+) failed, (\d+) skipped$",
                            text, re.M)
        took = time.monotonic() - began
        if not counts:
            print(f"{name}: ended with status {child.returncode}")
            close_places_of(child.pid)
            self.total[1] += 1
        else:
            self.total = [a + int(b) for a, b in zip(self.total, counts[-1])]
        if child.returncode or not counts:
            print(text)
        print(f"{name}: {', '.join(counts[-1]) if counts else '-'} "
              f"({took:.1f} s)", flush=True)

    def end(self):
        """Interrupts running tests; each cleans up after itself."""
        for child in self.running:
            child.terminate()
        for child in self.running:
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()


def _unnamed_file():
    fd = os.memfd_create("output")
    return os.fdopen(fd, "w+b")


def run_all(build, names, flags, jobs):
    """Runs each name in a process of its own, jobs at a time."""
    runner = Runner(build, flags)
    try:
        for name in names:
            while len(runner.running) >= jobs:
                runner.wait()
            runner.start(name)
        while runner.running:
            runner.wait()
    except KeyboardInterrupt:
        runner.end()
        raise
    passed, failed, skipped = runner.total
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or not passed else 0


def interrupted(_number, _frame):
    """Cleans up after SIGTERM as after Ctrl-C."""
    raise KeyboardInterrupt


def main():
    """Reads the command line."""
    options, words = getopt.gnu_getopt(sys.argv[1:], "vj:", ["here"])
    flags = ["-v"] if ("-v", "") in options else []
    if not words:
        print(__doc__, file=sys.stderr)
        return 2
    build, *names = words
    os.environ["BUILD"] = os.path.abspath(build)
    signal.signal(signal.SIGTERM, interrupted)
    # A shell's background job ignores them, and so would all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    if ("--here", "") in options:
        return run_here(names, 2 if flags else 1)
    if not names:
        names = [os.path.basename(path)[:-3]
                 for path in sorted(glob.glob(HERE + "/test_*.py"))]
    jobs = int(dict(options).get("-j", 2))
    return run_all(build, names, flags, jobs)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
