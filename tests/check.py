#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/check.py - runs tests of the given kinds, and counts them
"""usage: tests/check.py BUILD KIND...   with the kinds unit, script, mount

unit    every program of tests/unit/, which cmocka counts
script  every tests/test_*.py, run with BUILD as its argument
mount   tests/mount/run.py, run with BUILD as its argument

The counts of a script are its last `N passed, N failed` (`, N skipped` may
follow), or those of unittest and pytest. The last line printed is the sum.
"""
import glob
import os
import re
import signal
import subprocess
import sys
import threading
import time

TIME_LIMIT_S = {"unit": 120, "script": 600, "mount": 1500}
WORDS = ("passed", "failed", "skipped")


def count_cmocka(text):
    """Counts in cmocka's output, or None if it did not finish."""
    if not re.search(r"\[  PASSED  \] \d+ test", text):
        return None

    def number(word):
        return sum(map(int, re.findall(
            rf"\[  {word} *\] (\d+) test\(s\)", text)))
    return number("PASSED"), number("FAILED"), number("SKIPPED")


def count_script(text):
    """Counts in a script's last closing line, or None if it has none."""
    lines = re.findall(r"^(?:\w+: )?(\d+) passed, (\d+) failed"
                       r"(?:, (\d+) skipped)?\.?$", text, re.M)
    if lines:
        return tuple(int(n or 0) for n in lines[-1])
    ran = re.search(r"^Ran (\d+) tests? in ", text, re.M)
    if ran:
        bad = sum(map(int, re.findall(r"(?:failures|errors)=(\d+)", text)))
        skipped = sum(map(int, re.findall(r"skipped=(\d+)", text)))
        return int(ran[1]) - bad - skipped, bad, skipped
    if re.search(r"^=+ .*\b(passed|failed|error).* in [\d.]+s", text, re.M):
        last = text.strip().splitlines()[-1]

        def number(word):
            return sum(map(int, re.findall(rf"(\d+) {word}", last)))
        return (number("passed"), number("failed") + number("error"),
                number("skipped"))
    return None


def end(child):
    """Ends a test that takes too long or is no longer needed, with its
    children, which have some time to clean up."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
            child.wait(30)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass


def run(name, command, time_limit_s, env):
    """Runs command and shows its output; returns (returncode, output)."""
    print(f"--- {name}", flush=True)
    began = time.monotonic()
    child = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             start_new_session=True)
    late = threading.Timer(time_limit_s, end, [child])
    late.start()
    output = []
    try:
        for line in child.stdout:
            output.append(line.decode(errors="replace"))
            sys.stdout.write(output[-1])
            sys.stdout.flush()
        child.wait()
    finally:
        late.cancel()
        if child.poll() is None:
            end(child)
    took_s = time.monotonic() - began
    print(f"--- {name}: {took_s:.1f} s"
          f"{', which is too long' if took_s > time_limit_s else ''}")
    return child.returncode, "".join(output)


def commands(build, kinds):
    """Yields (kind, name, command, function that counts)."""
    if "unit" in kinds:
        for source in sorted(glob.glob("tests/unit/**/*.c", recursive=True)):
            name = source[:-2]
            yield ("unit", name.removeprefix("tests/unit/"),
                   [f"{build}/{name}"], count_cmocka)
    if "script" in kinds:
        for script in sorted(glob.glob("tests/test_*.py")):
            yield ("script", os.path.basename(script)[:-3],
                   [sys.executable, "-B", script, build], count_script)
    if "mount" in kinds and os.path.exists("tests/mount/run.py"):
        yield ("mount", "mount tests",
               [sys.executable, "-B", "tests/mount/run.py", build],
               count_script)


def main(build, kinds):
    env = dict(os.environ, BUILD=build, PYTHONDONTWRITEBYTECODE="1")
    # cmocka writes its counts to stdout, in the form that is read above.
    env["CMOCKA_MESSAGE_OUTPUT"] = "STDOUT"
    total = [0, 0, 0]
    bad = []
    for kind, name, command, count in commands(build, kinds):
        code, text = run(name, command, TIME_LIMIT_S[kind], env)
        counts = count(text)
        if counts is None or (code != 0 and counts[1] == 0):
            counts = counts or (0, 0, 0)
            counts = (counts[0], counts[1] + 1, counts[2])
            print(f"{name}: ended with status {code}")
        total = [a + b for a, b in zip(total, counts)]
        if counts[1]:
            bad.append(name)
    for name in bad:
        print(f"failed: {name}")
    words = [f"{n} {word}" for n, word in zip(total, WORDS)]
    print(", ".join(words if total[2] else words[:2]), flush=True)
    return 1 if total[1] or not total[0] else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except KeyboardInterrupt:
        sys.exit(130)
