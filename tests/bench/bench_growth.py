# SPDX-License-Identifier: MIT
# tests/bench/bench_growth.py - how the costs grow with the counts
"""Resources, finished jobs, files, waiting readers, and runs under a limit."""
import os
import subprocess
import tempfile
import threading
import time

from bench import timed
from bench_far import start_here
from bench_values import quiet
from many_jobs import make_jobs
from world import World

COMMAND_STATS = "cat .unsandboxfs/stats"


class Curves:
    """Points by the curve's name."""

    def __init__(self, bench):
        self.bench, self.points, self.about = bench, {}, {}

    def add(self, name, unit, x, y, command):
        """One point."""
        self.points.setdefault(name, []).append((x, y))
        self.about[name] = unit, command

    def show(self):
        """All of them."""
        for name, points in self.points.items():
            unit, command = self.about[name]
            self.bench.table.curve(name, unit, points, command)


def resources(curves, count):
    """Snapshots in one list."""
    options = "ttl_list=3600,timeout=300,list_max=1G"
    with World("resources", options, seed={"snapshots": count},
               limit_s=600) as world:
        empty_kib = world.memory_kib()
        name = "resources"
        curves.add(f"{name}: cold ls", "ms", count, 1e3 * timed(
            quiet, "ls", "-f", world.at("snapshots")), "ls -f snapshots")
        curves.add(f"{name}: warm ls -l", "ms", count, 1e3 * timed(
            quiet, "ls", "-l", world.at("snapshots")), "ls -l snapshots")
        curves.add(f"{name}: memory of each", "bytes", count, 1024 *
                   (world.memory_kib() - empty_kib) / count,
                   "grep VmRSS /proc/PID/status")
        curves.add(f"{name}: longest turn", "ms", count,
                   world.stats()["longest_turn_us"] / 1e3, COMMAND_STATS)


def jobs(curves, count):
    """Jobs that have ended, in memory: a disk takes minutes to make them."""
    with World("jobs", "keep_jobs=1000000", limit_s=900) as world, \
            tempfile.TemporaryDirectory(dir="/dev/shm") as state:
        world.mount.unmount()
        world.mount.state_dir = state
        world.mount.start()
        if not make_jobs(world.mount, count):
            raise AssertionError("the records of jobs are of another form")
        curves.add("finished jobs: start", "ms", count, 1e3 * min(
            start_here(world) for _ in range(3)), "unsandboxfs u; ls u")
        curves.add("finished jobs: memory", "KiB", count, world.memory_kib(),
                   "grep VmRSS /proc/PID/status")
        curves.add("finished jobs: ls", "ms", count, 1e3 * timed(
            quiet, "ls", "-f", world.at("jobs")), "ls -f jobs")
        world.mount.unmount()


def files(curves, count):
    """Files of one directory of run/, put there while it is not mounted."""
    with World("files", limit_s=600) as world:
        world.save("run/first.txt", "x\n")
        world.mount.unmount()
        folder = next(path for path, _, names in os.walk(
            world.mount.state_dir) if "first.txt" in names)
        for i in range(1, count):
            with open(f"{folder}/f{i}.txt", "w", encoding="ascii") as file:
                file.write("x\n")
        world.mount.start()
        for word in "cold", "warm":
            curves.add(f"files in run/: {word} ls -l", "ms", count, 1e3 * timed(
                quiet, "ls", "-l", world.at("run")), "ls -l run")
        curves.add("files in run/: start", "ms", count,
                   1e3 * start_here(world), "unsandboxfs u; ls u")


def readers(curves, count):
    """Each a thread that waits for the end of the same job."""
    with World("readers", limit_s=300) as world:
        world.save("jobs/new/long.sh", "sleep 900\n")
        before_kib = world.memory_kib()
        with subprocess.Popen(
                [curves.bench.wait, str(count),
                 world.at("jobs/latest/exit_code")],
                stdout=subprocess.DEVNULL) as waiting:
            until = time.monotonic() + 60
            while world.stats()["operations_waiting"] < count and (
                    time.monotonic() < until):
                time.sleep(0.05)
            curves.add("waiting readers: memory of each", "bytes", count,
                       1024 * (world.memory_kib() - before_kib) / count,
                       "grep VmRSS /proc/PID/status")
            curves.add("waiting readers: ls beside them", "ms", count,
                       1e3 * min(timed(quiet, "ls", "-l",
                                       world.at(".unsandboxfs"))
                                 for _ in range(5)), "ls -l .unsandboxfs")

            def end():
                world.save("jobs/latest/cancel", "1\n")
                waiting.wait(120)
            curves.add("waiting readers: all answered", "ms", count,
                       1e3 * timed(end), "echo 1 > jobs/latest/cancel")
        if waiting.returncode:
            raise AssertionError(f"not all of {count} were answered")


def limited(curves, limits, seconds):
    """Runs that are sent in so many seconds, of those that were saved and that
    the limit allows; one mount for each, at the same time."""
    shares = {}

    def one(limit):
        with World(f"limited-{limit}", "run_wait=0", limit_s=300,
                   server=("--rate", f"{limit}:1")) as world:
            until = time.monotonic() + seconds
            i = 0
            while time.monotonic() < until:
                world.save(f"run/l{i}.sh", f"echo {i}\n")
                i += 1
                time.sleep(30 / limit)
            time.sleep(max(0, until - time.monotonic()))
            shares[limit] = world.server.requests().get(
                "POST /execute", 0) / min(i, max(1, limit * seconds / 60))
    threads = [threading.Thread(target=one, args=[limit]) for limit in limits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for limit in limits:
        curves.add("runs under a limit", "of 1", limit,
                   shares[limit], "cp t.sh run/, twice as often")


def measure(bench):
    """All curves."""
    curves = Curves(bench)
    bench.table.lacks("1,000,000 resources",
                      "the stand-in takes most of an hour to make them")
    parts = ((resources, (1000, 5000), (1000, 10000, 100000)),
             (jobs, (100, 1000), (100, 1000, 10000, 40000)),
             (files, (100, 1000), (100, 1000, 10000, 100000)),
             (readers, (10, 100), (10, 100, 1000, 10000)))
    for part, quick, whole in parts:
        for count in bench.size(quick, whole):
            began = time.monotonic()
            part(curves, count)
            print(f"{part.__name__} {count:,}: "
                  f"{time.monotonic() - began:.0f} s", flush=True)
    limited(curves, (60, 600) if bench.is_quick else (1.4, 60, 600),
            bench.size(10, 60))
    curves.show()
