#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/bench/requests.py - prints how many requests actions cost
"""usage: tests/bench/requests.py [-s] BUILD [ROW...]

Runs each row of tests/bench/rows.py through a real mount and prints the
server's counts and their limits; exits with 1 if a row is over its limit. -s:
the short rows of the tests. Long rows, which mostly wait, run in parallel.
"""
import concurrent.futures
import os
import sys

import program

WIDTH = 66


def lines_of(text):
    """A row's action, broken into lines."""
    line = ""
    for word in text.split():
        if len(line) + len(word) + 1 > WIDTH:
            yield line
            line = "  "
        line += (" " if line.strip() else "") + word
    yield line


def show(row, counted):
    """Prints one row; returns whether it is within its limit."""
    *before, last = lines_of(row.__doc__)
    for line in before:
        print(line)
    parts = ", ".join(f"{count} {what}" for what, count in sorted(
        counted.requests.items()))
    print(f"{last:{WIDTH}} {counted.limit:6} {counted.total:8}  {parts}")
    for what in counted.trouble():
        print(f"  over: {what}")
    sys.stdout.flush()
    return not counted.trouble()


def play(row, is_long):
    """Runs a row; one that ends in an error counts as over."""
    from rows import Counted
    try:
        return row(is_long)
    except Exception as error:  # in any case, the other rows run
        return Counted({}, {}, [f"{type(error).__name__}: {error}"])


def main(words):
    """Reads the command line; returns the exit status."""
    is_long = "-s" not in words
    words = [word for word in words if word != "-s"]
    if not words:
        print(__doc__, file=sys.stderr)
        return 2
    os.environ["BUILD"] = os.path.abspath(words[0])
    from rows import ROWS, idles, prompts
    rows = [row for row in ROWS if row.__name__ in words[1:] or not words[1:]]
    print(f"{'action':{WIDTH}} {'at most':>7} {'counted':>7}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        waiting = {row: pool.submit(play, row, is_long) for row in rows
                   if row in (idles, prompts)}
        good = [show(row, waiting[row].result() if row in waiting
                     else play(row, is_long)) for row in rows]
    print(f"{sum(good)} within their limits, {len(good) - sum(good)} over")
    return 0 if all(good) else 1


if __name__ == "__main__":
    program.run(main)
