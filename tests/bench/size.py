#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/bench/size.py - the tree at 10,000 and 100,000 snapshots
"""usage: tests/bench/size.py BUILD [COUNT...]

Measures for each count: a cold `ls`, a warm `ls -l`, a `find` by type, the
daemon's peak memory (of the first load, and of a changed list while the one
before is still in use) and the memory of the list itself (stats), each also per
resource. Also the longest time that other processes waited while a list was
loaded: those that stat a known file, read a file that the daemon has in memory,
or read a file that needs a request; the least of three loads, since other
programs on the machine only add to it; and the longest time that the daemon
worked without checking for other requests. All requests are counted: one a load.

Then, from each count to the next: the ratio of the costs per resource; 1.0 is
linear.
"""
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time

LOADS = 3
WAIT_LIMIT_S = 0.050
# The cost of a resource may not grow this much with ten times as many.
GROWTH_LIMIT = 2.0

AT_FDCWD = -100
AT_STATX_FORCE_SYNC = 0x2000
STATX_BASIC_STATS = 0x7ff
LIBC = ctypes.CDLL(None, use_errno=True)


def stat_anew(path):
    """A stat that the kernel does not answer from its caches."""
    room = ctypes.create_string_buffer(256)
    if LIBC.statx(AT_FDCWD, path.encode(), AT_STATX_FORCE_SYNC,
                  STATX_BASIC_STATS, room):
        raise OSError(ctypes.get_errno(), path)


def read_anew(path):
    """Reads a file that is not in the page cache."""
    fd = os.open(path, os.O_RDONLY)
    try:
        while os.read(fd, 4096):
            pass
    finally:
        os.close(fd)


# What other processes do meanwhile.
PROBES = {
    "stat README": lambda world: stat_anew(world.at("README")),
    "stat a service": lambda world: stat_anew(world.at("services", "web")),
    "read version": lambda world: read_anew(
        world.at(".unsandboxfs", "version")),
    "ask the API": lambda world: read_anew(
        world.at("system", "health", "status")),
}


class Prober:
    """Repeats one operation in the mount, and reports the time of the slowest
    one."""

    def __init__(self, probe, world):
        self.probe = probe
        self.world = world
        self.slowest_s = 0
        self.failed = None
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        try:
            while not self.ended.is_set():
                began = time.monotonic()
                self.probe(self.world)
                self.slowest_s = max(self.slowest_s,
                                     time.monotonic() - began)
                time.sleep(0.002)
        except OSError as error:
            self.failed = error

    def __enter__(self):
        self.thread.start()
        time.sleep(0.1)
        self.slowest_s = 0
        return self

    def __exit__(self, *_error):
        self.ended.set()
        self.thread.join(60)


def timed(world, command):
    """(seconds, output lines) of a command in the mount."""
    began = time.monotonic()
    with open(os.path.join(world.place.path, "out"), "w+b") as out:
        subprocess.run(**world.command(command), stdout=out, check=True,
                       timeout=300)
        took_s = time.monotonic() - began
        out.seek(0)
        lines = sum(1 for _ in out)
    return took_s, lines


class Sizes:
    """The measurements for one number of snapshots."""

    def __init__(self, count):
        self.count = count
        self.cold_s = self.warm_s = self.find_s = float("inf")
        self.waits_s = dict.fromkeys(PROBES, float("inf"))
        self.peak_kib = self.again_kib = self.empty_kib = 0
        self.list_bytes = 0
        self.turn_s = 0
        self.requests = {}
        self.wrong = []

    def measure(self, loads=LOADS):
        """Measures everything."""
        from world import World
        with World("size", "ttl_list=900,ttl_system=0,timeout=120",
                   limit_s=600, seed={"services": [{"name": "web"}],
                                      "snapshots": self.count}) as world:
            self.empty_kib = world.memory_kib()
            world.server.reset_counts()
            for i in range(loads):
                if i:
                    world.mount.restart()
                os.listdir(world.at("services"))
                self.cold_s = min(self.cold_s, self.load(world))
            self.look(world)
            for _ in range(loads):
                world.server.ask("PUT", "/seed", {"snapshots": 1})
                self.count += 1
                world.refresh()
                os.listdir(world.at("services"))
                self.load(world)
            self.again_kib = world.memory_kib("VmHWM")
            self.turn_s = world.stats()["longest_turn_us"] / 1e6
            self.requests = world.server.requests()
            self.check_requests(2 * loads)

    def look(self, world):
        """Reads the loaded list, and measures the memory."""
        self.peak_kib = world.memory_kib("VmHWM")
        for _ in range(3):
            took_s, lines = timed(world, "ls -l snapshots")
            self.warm_s = min(self.warm_s, took_s)
        self.expect(lines, self.count + 1, "ls -l")
        self.find_s, lines = timed(
            world, "find snapshots -mindepth 1 -maxdepth 1 -type d")
        self.expect(lines, self.count, "find")
        stats = world.stats()
        self.expect(stats["resources"], self.count + 1, "stats")
        self.list_bytes = stats["resources_bytes"]

    def load(self, world):
        """Seconds of a cold `ls`, and the wait that it causes others."""
        probers = {name: Prober(probe, world)
                   for name, probe in PROBES.items()}
        for prober in probers.values():
            prober.__enter__()
        try:
            took_s, lines = timed(world, "ls -f snapshots")
        finally:
            for prober in probers.values():
                prober.__exit__()
        self.expect(lines, self.count + 2, "ls -f")
        for name, prober in probers.items():
            if prober.failed:
                self.wrong.append(f"{name}: {prober.failed}")
            self.waits_s[name] = min(self.waits_s[name], prober.slowest_s)
        return took_s

    def check_requests(self, loads):
        """One for each load of a list, and those of the last prober."""
        for name in ("POST /keys/validate", "GET /health"):
            self.requests.pop(name, None)
        wanted = {"GET /snapshots": loads, "GET /services": loads}
        if self.requests != wanted:
            self.wrong.append(f"{self.requests}, not {wanted}")

    def expect(self, got, wanted, what):
        """Checks that a listing is complete."""
        if got != wanted:
            self.wrong.append(f"{what} showed {got}, not {wanted}")

    def each(self):
        """The cost of a resource: microseconds, and bytes."""
        memory_kib = self.peak_kib - self.empty_kib
        again_kib = self.again_kib - self.empty_kib
        return {"cold ls": self.cold_s * 1e6 / self.count,
                "warm ls -l": self.warm_s * 1e6 / self.count,
                "find": self.find_s * 1e6 / self.count,
                "one load": memory_kib * 1024 / self.count,
                "the next": again_kib * 1024 / self.count,
                "the list": self.list_bytes / self.count}

    def show(self):
        """Prints the cost of all, and of one."""
        each = self.each()
        print(f"\n{self.count:,} snapshots")
        for name, value in each.items():
            total = value * self.count
            if name in ("cold ls", "warm ls -l", "find"):
                print(f"  {name:15} {total / 1e3:9.0f} ms  {value:9.1f} us")
            else:
                print(f"  {name:15} {total / 2**20:9.1f} MiB {value:8.0f} B")
        for name, wait_s in self.waits_s.items():
            print(f"  {name:15} {wait_s * 1e3:9.1f} ms  at most")
        print(f"  {'longest turn':15} {self.turn_s * 1e3:9.1f} ms  of work",
              flush=True)

    def late(self):
        """The operations that waited too long."""
        waits_s = {**self.waits_s, "longest turn": self.turn_s}
        return [f"{name} waited {wait_s * 1e3:.0f} ms, at most "
                f"{WAIT_LIMIT_S * 1e3:.0f}"
                for name, wait_s in waits_s.items() if wait_s > WAIT_LIMIT_S]


def growth(smaller, larger):
    """Prints the ratios of costs; returns those that are too high."""
    before, after = smaller.each(), larger.each()
    ratios = {name: after[name] / before[name] for name in before}
    print(f"\none of {larger.count:,} to one of {smaller.count:,}")
    for name, ratio in ratios.items():
        print(f"  {name:15} {ratio:9.2f}", flush=True)
    return [f"{name}: one costs {ratio:.1f} times as much"
            for name, ratio in ratios.items() if ratio > GROWTH_LIMIT]


def main(words):
    """Reads the command line; returns the exit status."""
    if not words:
        print(__doc__, file=sys.stderr)
        return 2
    os.environ["BUILD"] = os.path.abspath(words[0])
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    counts = [int(word) for word in words[1:]] or [10000, 100000]
    bad = []
    before = None
    for count in counts:
        sizes = Sizes(count)
        sizes.measure()
        sizes.show()
        bad += [f"{count:,}: {what}" for what in sizes.wrong + sizes.late()]
        if before:
            bad += growth(before, sizes)
        before = sizes
    for what in bad:
        print(f"over: {what}")
    return 1 if bad else 0


def interrupted(_number, _frame):
    """Cleans up after SIGTERM as after Ctrl-C."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupted)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
