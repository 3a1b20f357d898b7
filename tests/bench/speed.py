#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/bench/speed.py - compares a warm mount, tmpfs and a minimal libfuse
"""usage: tests/bench/speed.py BUILD [SNAPSHOTS]

Compares the mount's snapshots/ (300 by default), a copy of it on tmpfs, and
tests/bench/bare.c with as many directories and files: the times of a warm stat,
an `ls -l`, an `ls -lR` and of reading a small file, as ratios. The three take
turns, and a ratio is the median of all rounds.
"""
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 9
NAMES = ("tmpfs", "bare", "mount")


class Tree:
    """One of the three filesystems."""

    def __init__(self, path, walk):
        self.path = path
        self.walk = walk
        self.files = "\n".join(sorted(
            os.path.join(folder, name) for folder, _, names in os.walk(path)
            for name in names if name not in ("source",))).encode() + b"\n"

    def _walk(self, word):
        done = subprocess.run([self.walk, word, "2"], input=self.files,
                              capture_output=True, check=True, timeout=120)
        return float(done.stdout)

    def _list(self, flags):
        began = time.monotonic()
        subprocess.run(["ls", flags, self.path], check=True, timeout=120,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        return (time.monotonic() - began) * 1e9

    def measure(self, what):
        """Nanoseconds, per file or in all."""
        if what in ("stat", "read"):
            return self._walk(what)
        return self._list(what.split()[1])


def compare(trees, what):
    """Measures one operation in all three, in turn; prints its row."""
    for tree in trees:
        tree.measure(what)
    rounds = [[tree.measure(what) for tree in trees] for _ in range(ROUNDS)]
    median = [statistics.median(column) for column in zip(*rounds)]
    by_tmpfs = statistics.median(row[2] / row[0] for row in rounds)
    by_bare = statistics.median(row[2] / row[1] for row in rounds)
    times = "".join(f"{ns / 1e3:10.1f} us" for ns in median)
    print(f"{what:8}{times} {by_tmpfs:12.2f} {by_bare:12.2f}", flush=True)


def wait_until_mounted(path, child):
    """Polls until the path exists."""
    until = time.monotonic() + 20
    while not os.path.ismount(path):
        if child.poll() is not None or time.monotonic() > until:
            raise AssertionError("bare is not mounted")
        time.sleep(0.01)


def measure_all(world, walk, bare, tmpfs):
    """Creates the other two, and prints the table."""
    from place import end_with_parent, unmount
    source = world.at("snapshots")
    copy = os.path.join(tmpfs, "list")
    shutil.copytree(source, copy, symlinks=True)
    folders = sorted(os.listdir(source))
    first = os.path.join(source, folders[0])
    files = [name for name in os.listdir(first) if name != "source"]
    size = sum(os.path.getsize(os.path.join(first, name))
               for name in files) // len(files)
    point = world.place.folder("bare")
    child = subprocess.Popen([bare, point, str(len(folders)), str(len(files)),
                              str(size)], preexec_fn=end_with_parent)
    try:
        wait_until_mounted(point, child)
        trees = [Tree(path, walk) for path in (
            copy, os.path.join(point, "list"), source)]
        print(f"{len(folders)} directories of {len(files)} files of {size} "
              f"bytes, medians of {ROUNDS} rounds")
        print(" " * 8 + "".join(f"{name:>13}" for name in NAMES)
              + f" {'mount/tmpfs':>12} {'mount/bare':>12}", flush=True)
        for what in ("stat", "read", "ls -l", "ls -lR"):
            compare(trees, what)
    finally:
        child.terminate()
        child.wait(20)
        unmount(point, lazy=True)


def main(words):
    """Reads the command line; returns the exit status."""
    if not words:
        print(__doc__, file=sys.stderr)
        return 2
    build = os.environ["BUILD"] = os.path.abspath(words[0])
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from world import World
    count = int(words[1]) if words[1:] else 300
    tmpfs = tempfile.mkdtemp(prefix="unsandboxfs-bench-", dir="/dev/shm")
    try:
        with World("speed", "ttl_list=3600,ttl_detail=3600",
                   seed={"snapshots": count}, limit_s=900) as world:
            measure_all(world, build + "/tests/bench/walk",
                        build + "/tests/bench/bare", tmpfs)
    finally:
        shutil.rmtree(tmpfs, ignore_errors=True)
    return 0


def interrupted(_number, _frame):
    """Cleans up after SIGTERM as after Ctrl-C."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupted)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
