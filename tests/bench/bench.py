#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/bench/bench.py - how quick the mount is, beside others
"""usage: tests/bench/bench.py [-q] BUILD [GROUP...]

Measures the mount and its peers in turn, and prints a line for each pair: the
median here, the median there, and the median and quartiles of the ratios of
the rounds. Then how the costs grow. Writes BUILD/bench.md and BUILD/bench.svg.
A peer that is not on this machine is named as missing. -q takes fewer rounds,
of less. GROUP is one of values, saved, runs, shell, far, weight, growth; without
one all are measured.

The machine is part of every figure; only ratios of one run can be compared.
"""
import getopt
import os
import subprocess
import sys
import threading
import time
import traceback

import program

GROUPS = ("values", "saved", "runs", "shell", "far", "weight", "growth")


def timed(call, *arguments, **more):
    """Seconds that a call takes."""
    began = time.monotonic()
    call(*arguments, **more)
    return time.monotonic() - began


def run(command, limit_s=300, **more):
    """Like subprocess.run with check; the program is killed after limit_s.
    (subprocess looks for the end of one that has a timeout after 0.5 ms, 1, 2,
    4 and so on, up to each 50 ms: all that was measured would be 7.5, 15.5,
    31.5, 63.5 or 113.5 ms.)"""
    with subprocess.Popen(command, **more) as child:
        late = threading.Timer(limit_s, child.kill)
        late.start()
        try:
            out, _ = child.communicate()
        finally:
            late.cancel()
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command, out)
    return out


class Bench:
    """What the groups share."""

    def __init__(self, build, is_quick):
        from table import Table
        self.build, self.is_quick = build, is_quick
        self.table = Table()
        self.walk = build + "/tests/bench/walk"
        self.wait = build + "/tests/bench/wait"

    def size(self, quick, whole):
        """One of two sizes."""
        return quick if self.is_quick else whole

    def peer(self, name, call, *arguments, **more):
        """What a peer's start returns; None if it is missing."""
        from peers import Missing
        try:
            return call(*arguments, **more)
        except (Missing, AssertionError, OSError) as error:
            self.table.lacks(name, error)
            return None

    def compare(self, name, here, others, command, rounds=None, unit="ms"):
        """Measures all in turn, after one round that does not count. Each is a
        function that returns its seconds; a peer may be None."""
        scale = {"ms": 1e3, "us": 1e6, "s": 1}[unit]
        others = {peer: call for peer, call in others.items() if call}
        calls = {None: here, **others}
        rounds = rounds or self.size(3, 9)
        found = {peer: [] for peer in calls}
        for number in range(rounds + 1):
            order = list(calls) if number % 2 else list(calls)[::-1]
            for peer in [peer for peer in order if peer in calls]:
                value = self.one(name, peer, calls) * scale
                if number:
                    found[peer].append(value)
        others = [peer for peer in others if peer in calls]
        for peer in others:
            self.table.ratio(name, peer, list(zip(found[None], found[peer])),
                             unit, command)
        if not others:
            self.table.value(name, sorted(found[None])[rounds // 2], unit,
                             command)

    def one(self, name, peer, calls):
        """One measurement. A peer that fails is named, and left out from then
        on."""
        try:
            return calls[peer]()
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            if peer is None:
                raise
            self.table.lacks(f"{peer}, {name}", error)
            del calls[peer]
            return 0

    def run(self, groups):
        """Measures the groups; returns the exit status."""
        for group in groups:
            try:
                __import__("bench_" + group).measure(self)
            except Exception as error:  # the others are measured in any case
                traceback.print_exc()
                self.table.fails(group, f"{type(error).__name__}: {error}")
        self.table.write(self.build)
        return 1 if self.table.failed else 0


def main(words):
    """Reads the command line; returns the exit status."""
    options, words = getopt.getopt(words, "q")
    groups = words[1:] or GROUPS
    if not words or set(groups) - set(GROUPS):
        print(__doc__, file=sys.stderr)
        return 2
    build = os.environ["BUILD"] = os.path.abspath(words[0])
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import world  # the path of the tests' modules
    assert world
    return Bench(build, bool(options)).run(groups)


if __name__ == "__main__":
    program.run(main)
