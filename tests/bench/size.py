#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/bench/size.py - the tree at 1,000, 10,000 and 100,000 snapshots
"""usage: tests/bench/size.py BUILD [COUNT...]

Per count: a cold `ls`, a warm `ls -l`, a `find` by type, the daemon's peak of
memory (of the first load, and of a changed list while the one before is still
held), each also per resource; and the longest that another reader waited while
a list was loaded: the least of three loads, since what else runs on the machine
only adds to it. The requests of all of it are counted: one a load.
"""
import os
import signal
import subprocess
import sys
import threading
import time

LOADS = 3
WAIT_LIMIT_S = 0.050


class Prober:
    """Reads a file of the mount that is answered from memory, all the time,
    and tells how long the slowest took."""

    def __init__(self, path):
        self.path = path
        self.slowest_s = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self.ended.is_set():
            began = time.monotonic()
            fd = os.open(self.path, os.O_RDONLY)
            os.read(fd, 100)
            os.close(fd)
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)
            time.sleep(0.001)

    def __enter__(self):
        self.thread.start()
        time.sleep(0.02)
        self.slowest_s = 0
        return self

    def __exit__(self, *_error):
        self.ended.set()
        self.thread.join(60)


def timed(world, command):
    """Seconds that a command in the mount takes; its lines."""
    began = time.monotonic()
    with open(os.path.join(world.place.path, "out"), "w+b") as out:
        subprocess.run(**world.command(command), stdout=out, check=True,
                       timeout=300)
        took_s = time.monotonic() - began
        out.seek(0)
        lines = sum(1 for _ in out)
    return took_s, lines


class Sizes:
    """What one count of snapshots came to."""

    def __init__(self, count):
        self.count = count
        self.cold_s = self.warm_s = self.find_s = float("inf")
        self.wait_s = self.wait_again_s = float("inf")
        self.peak_kib = self.again_kib = self.empty_kib = 0
        self.requests = {}
        self.wrong = []

    def measure(self, loads=LOADS):
        """Does it all."""
        from world import World
        with World("size", "ttl_list=900,timeout=120",
                   seed={"snapshots": self.count}, limit_s=600) as world:
            self.empty_kib = world.memory_kib()
            world.server.reset_counts()
            for i in range(loads):
                if i:
                    world.mount.restart()
                took_s, wait_s = self.load(world)
                self.cold_s = min(self.cold_s, took_s)
                self.wait_s = min(self.wait_s, wait_s)
            for _ in range(3):
                took_s, lines = timed(world, "ls -l snapshots")
                self.warm_s = min(self.warm_s, took_s)
            self.expect(lines, self.count + 1, "ls -l")
            self.find_s, lines = timed(
                world, "find snapshots -mindepth 1 -maxdepth 1 -type d")
            self.expect(lines, self.count, "find")
            self.peak_kib = world.memory_kib("VmHWM")
            for _ in range(loads):
                world.server.ask("PUT", "/seed", {"snapshots": 1})
                self.count += 1
                world.refresh()
                _, wait_s = self.load(world)
                self.wait_again_s = min(self.wait_again_s, wait_s)
            self.again_kib = world.memory_kib("VmHWM")
            self.requests = world.server.requests()
            self.requests.pop("POST /keys/validate", None)
            if self.requests != {"GET /snapshots": 2 * loads}:
                self.wrong.append(f"{self.requests} for {2 * loads} loads")

    def load(self, world):
        """A cold `ls`, and what it makes others wait; seconds of each."""
        with Prober(world.at(".unsandboxfs/version")) as prober:
            took_s, lines = timed(world, "ls -f snapshots")
        self.expect(lines, self.count + 2, "ls -f")
        return took_s, prober.slowest_s

    def expect(self, got, wanted, what):
        """A listing is whole."""
        if got != wanted:
            self.wrong.append(f"{what} showed {got} lines, not {wanted}")

    def show(self):
        """Prints a row, and one per resource."""
        each = 1e6 / self.count
        memory_kib = self.peak_kib - self.empty_kib
        again_kib = self.again_kib - self.empty_kib
        print(f"{self.count:9,} {self.cold_s * 1e3:9.0f} ms "
              f"{self.warm_s * 1e3:9.0f} ms {self.find_s * 1e3:9.0f} ms "
              f"{memory_kib / 1024:7.1f} MiB {again_kib / 1024:7.1f} MiB "
              f"{self.wait_s * 1e3:8.1f} ms {self.wait_again_s * 1e3:8.1f} ms")
        print(f"{'each':>9} {self.cold_s * each:9.1f} us "
              f"{self.warm_s * each:9.1f} us {self.find_s * each:9.1f} us "
              f"{memory_kib * 1024 / self.count:7.0f} B   "
              f"{again_kib * 1024 / self.count:7.0f} B", flush=True)

    def late(self):
        """Whether others waited for longer than they may."""
        wait_s = max(self.wait_s, self.wait_again_s)
        if wait_s <= WAIT_LIMIT_S:
            return []
        return [f"others waited {wait_s * 1e3:.0f} ms, "
                f"at most {WAIT_LIMIT_S * 1e3:.0f}"]


def main(words):
    """Reads the command line; the exit status."""
    if not words:
        print(__doc__, file=sys.stderr)
        return 2
    os.environ["BUILD"] = os.path.abspath(words[0])
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    counts = [int(word) for word in words[1:]] or [1000, 10000, 100000]
    print(f"{'':35} {'':12} {'peak memory, of':>23} {'others wait, at':>23}\n"
          f"{'snapshots':>9} {'cold ls':>12} {'warm ls -l':>12} {'find':>12} "
          f"{'one load':>11} {'the next':>11} {'one load':>11} {'the next':>11}",
          flush=True)
    bad = []
    for count in counts:
        sizes = Sizes(count)
        sizes.measure()
        sizes.show()
        bad += [f"{count:,}: {what}" for what in sizes.wrong + sizes.late()]
    for what in bad:
        print(f"over: {what}")
    return 1 if bad else 0


def interrupted(_number, _frame):
    """SIGTERM is cleaned up after as Ctrl-C is."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupted)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
