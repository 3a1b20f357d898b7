# SPDX-License-Identifier: MIT
# tests/bench/bench_weight.py - what it weighs, and what one save costs
import os
import re
import signal
import statistics
import subprocess
import threading

from bench import timed
from bench_runs import long_log, save_and_read, write
from bench_values import quiet
from world import World

SYNCS = ("fsync", "fdatasync", "syncfs")


def program(bench, world):
    """As it is packaged."""
    stripped = os.path.join(world.place.path, "stripped")
    quiet("strip", "-o", stripped, bench.build + "/unsandboxfs")
    bench.table.value("program, stripped", os.path.getsize(stripped) / 1024,
                      "KiB", "make install-strip")


def memory(bench, world):
    """Of a mount at rest."""
    with open(f"/proc/{world.mount.pid}/smaps_rollup",
              encoding="ascii") as lines:
        found = dict(re.findall(r"^(\w+): +(\d+)", lines.read(), re.M))
    for name, word in ("memory, idle", "Rss"), ("its private part",
                                                "Private_Dirty"):
        bench.table.value(name, int(found[word]), "KiB",
                          "cat /proc/PID/smaps_rollup")


class Traced:
    """strace of the daemon while something goes on; used in a `with`."""

    def __init__(self, world, *options):
        self.world, self.options = world, options
        self.out = os.path.join(world.place.path, "strace")

    def __enter__(self):
        self.child = subprocess.Popen(
            ["strace", "-f", "-o", self.out, *self.options, "-p",
             str(self.world.mount.pid)], stderr=subprocess.PIPE)
        self.child.stderr.readline()  # it is attached
        return self

    def __exit__(self, *_error):
        self.child.send_signal(signal.SIGINT)
        self.child.communicate()

    def counts(self):
        """{system call: how often}."""
        with open(self.out, encoding="ascii", errors="replace") as file:
            words = re.findall(
                r"^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?(\w+)$",
                file.read(), re.M)
        return {name: int(count) for count, name in words if name != "total"}


def calls(bench, world):
    """System calls, and how much a slow disk costs."""
    write(world, "t.sh", "echo hello\n")
    write(world, "t.txt", "x\n")
    count = bench.size(10, 50)

    def copy(i):  # by a process without children, whose files are looked at
        quiet("cp", os.path.join(world.place.path, "t.txt"),
              world.at(f"run/new{i}.txt"))
    kinds = {"program": lambda i: save_and_read(world),
             "new data file": copy, "data file": lambda i: copy(0)}
    for name, save in kinds.items():
        with Traced(world, "-c") as traced:
            for i in range(count):
                save(i)
        found = traced.counts()
        bench.table.value(f"system calls, save of a {name}",
                          sum(found.values()) / count, "", "strace -fc")
        bench.table.value(f"fsyncs, save of a {name}",
                          sum(found.get(each, 0) for each in SYNCS) / count, "",
                          "strace -fc")
    took_ms = []
    for delay_us in 1, 10000:
        with Traced(world, "-e", "trace=" + ",".join(SYNCS), "-e", "inject=" +
                    ",".join(SYNCS) + f":delay_exit={delay_us}"):
            took_ms.append(statistics.median(save_and_read(world) * 1e3
                                             for _ in range(count)))
    bench.table.value("10 ms more a fsync, save and read", took_ms[1] -
                      took_ms[0], "ms",
                      "strace -e inject=fsync:delay_exit=10000")


def followed(bench):
    """The longest turn of the loop, in which nobody is answered."""
    mib = bench.size(20, 200)
    with World("followed", "output_max=1G", limit_s=300) as world:
        long_log(world, "vast", mib)
        before_us = world.stats()["longest_turn_us"]
        with subprocess.Popen(
                ["tail", "-f", "-n", "1", world.at("services/vast/logs")],
                stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as tail:
            timer = threading.Timer(bench.size(4, 15), tail.terminate)
            timer.start()
            tail.stdout.read()
        turn_us = world.stats()["longest_turn_us"]
        assert turn_us >= before_us
        bench.table.value(f"longest turn, {mib} MB log that is followed",
                          turn_us / 1e3, "ms",
                          "tail -f logs; grep turn .unsandboxfs/stats")


def measure(bench):
    """All lines."""
    with World("weight", limit_s=600) as world:
        memory(bench, world)
        program(bench, world)
        calls(bench, world)
    followed(bench)
