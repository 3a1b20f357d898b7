#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/bench/house.py - what the house weighs, and how quick it is
"""usage: tests/bench/house.py [-r ROUNDS] BUILD [BUILD [ROW...]]

One table: lines by room, size of the stripped program, memory, and the time of
what people do in run/. With two builds both are measured in one run, in turn,
and the last column is the median of the rounds' ratios, the second build to
the first. The stand-in is the last build's. ROW is a begin of a row's name, as
`saves`; without one all are measured.
"""
import getopt
import glob
import os
import re
import signal
import statistics
import subprocess
import sys
import tarfile
import time

import program

FILES = 10000
JOBS = 10000
LARGE_BYTES = 600 << 20


# ---- one build ----

class Side:
    """A build, and what is mounted of it at the moment."""

    def __init__(self, build, name):
        self.build, self.name = os.path.abspath(build), name
        self.program = os.path.join(self.build, "unsandboxfs")
        self.source = os.path.dirname(self.build)
        self.world = None

    def open(self, server):
        """A mount of this build in a place of its own."""
        from mounted import Mounted
        from place import Place
        place = Place("house-" + self.name)
        self.world = mount = Mounted(place, server, "keep_jobs=1000000")
        ours = mount.command
        mount.command = lambda *flags: [
            self.program, *ours(*flags)[1:]]
        mount.start()

    def close(self):
        """Ends it, and removes all."""
        if not self.world:
            return
        wrong = self.world.stop() + self.world.place.close()
        self.world = None
        if wrong:
            raise AssertionError(f"{self.name}: {wrong}")

    def at(self, *parts):
        """A path in the mount."""
        return os.path.join(self.world.path, *parts)

    def folder(self, name):
        """A new directory of run/."""
        path = self.at("run", name)
        os.mkdir(path)
        return path

    def start(self):
        """Seconds until a daemon that is started answers."""
        self.world.unmount()
        began = time.monotonic()
        with open(self.world.log_path, "ab") as log:
            self.world.process = subprocess.Popen(
                self.world.command("-f"), env=self.world.env,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while not self.world.is_mounted():
            if self.world.process.poll() is not None:
                raise AssertionError(self.world.log())
            time.sleep(0.001)
        os.listdir(self.at("run"))
        return time.monotonic() - began

    def memory(self):
        """{Rss, Pss, Anonymous} of the daemon in KiB."""
        with open(f"/proc/{self.world.pid}/smaps_rollup",
                  encoding="ascii") as lines:
            return {word[0][:-1]: int(word[1]) for word in map(
                str.split, lines) if word[0] in ("Rss:", "Pss:", "Anonymous:")}


def save(path, content, flags=os.O_WRONLY | os.O_CREAT | os.O_TRUNC):
    """Writes a file as cp does."""
    fd = os.open(path, flags, 0o644)
    os.write(fd, content)
    os.close(fd)


def timed(call, *arguments):
    """Seconds that a call takes."""
    began = time.monotonic()
    call(*arguments)
    return time.monotonic() - began


def quiet(*command, **more):
    """Runs a program that must go well."""
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, **more)


# ---- the rows ----

class House:
    """All measurements of one or two builds."""

    def __init__(self, builds, rounds, wanted):
        self.sides = [Side(build, name) for build, name in zip(
            builds, "ab" if builds[1:] else "a")]
        self.rounds = rounds
        self.wanted = wanted
        self.number = 0
        self.server = self.place = None

    def is_wanted(self, *names):
        """Whether one of these rows was asked for."""
        return not self.wanted or any(name.startswith(word) for name in names
                                      for word in self.wanted)

    def show(self, name, columns, unit, digits=1):
        """A row: of each side the values of all rounds."""
        cells = [f"{statistics.median(c):12,.{digits}f}" if c else f"{'-':>12}"
                 for c in columns]
        ratio = ""
        if len(columns) == 2 and all(columns) and min(columns[0]) > 0:
            ratio = f"{statistics.median(b / a for a, b in zip(*columns)):8.2f}"
        print(f"{name:34}{''.join(cells)} {unit:6}{ratio}", flush=True)

    def row(self, name, call, unit="ms", scale=1e3, rounds=None):
        """Measures it on each side in turn; the first round is a rehearsal
        where there are several."""
        if not self.is_wanted(name):
            return
        rounds = rounds or self.rounds
        columns = [[] for _ in self.sides]
        for number in range(rounds):
            self.number += 1
            order = list(zip(self.sides, columns))
            for side, column in order[::-1 if number % 2 else 1]:
                column.append(call(side) * scale)
        self.show(name, columns, unit)

    # ---- without a mount ----

    def lines(self):
        """Of api/, cache/ and each room of fs/."""
        if not self.is_wanted("lines"):
            return
        counts = []
        for side in self.sides:
            count = {}
            for path in glob.glob(side.source + "/**/*.[ch]", recursive=True):
                room = os.path.dirname(os.path.relpath(path, side.source))
                if room.split("/")[0] in ("api", "cache", "fs"):
                    with open(path, "rb") as file:
                        count[room] = count.get(room, 0) + sum(1 for _ in file)
            count["in all"] = sum(count.values())
            counts.append(count)
        rooms = sorted(set().union(*counts), key=lambda room: (
            room == "in all", room))
        for room in rooms:
            self.show(f"lines {room}", [[count[room]] if room in count else []
                                        for count in counts], "", 0)

    def size(self):
        """Of the program as it is packaged."""
        stripped = os.path.join(self.place.path, "stripped")

        def one(side):
            quiet("strip", "-o", stripped, side.program)
            return os.path.getsize(stripped)
        self.row("size of the stripped program", one, "KiB", 1 / 1024, 1)

    def memory(self, when):
        """Three rows."""
        names = {name: f"memory {when}, {name}"
                 for name in ("Rss", "Pss", "Anonymous")}
        found = [side.memory() for side in self.sides]
        for kind, name in names.items():
            if self.is_wanted(name):
                self.show(name, [[each[kind]] for each in found], "KiB", 0)

    # ---- in a mount ----

    def small_saves(self, side, count=1000):
        """Each a new file of 200 bytes, durable at its close."""
        folder = side.folder(f"saves{self.number}-{count}")
        return timed(lambda: [save(f"{folder}/f{i}.txt", b"x" * 200)
                              for i in range(count)])

    def saves_again(self, side):
        """The same files, saved over what they held."""
        folder = side.at("run", "again")
        os.makedirs(folder, exist_ok=True)
        return timed(lambda: [save(f"{folder}/f{i % 10}.txt", b"y" * 200)
                              for i in range(1000)])

    def program_saves(self, side):
        """Each close waits for what the stand-in answers."""
        folder = side.folder(f"programs{self.number}")
        return timed(lambda: [save(f"{folder}/p{i}.sh", b"echo %d\n" % i)
                              for i in range(200)])

    def untar(self, side):
        """3,000 files in 30 directories."""
        folder = side.folder(f"tar{self.number}")
        return timed(lambda: quiet("tar", "xf", self.place.path + "/files.tar",
                                   "-C", folder))

    def make_tar(self):
        """What is unpacked."""
        folder = self.place.folder("files")
        for i in range(3000):
            path = f"{folder}/d{i % 30}"
            os.makedirs(path, exist_ok=True)
            save(f"{path}/f{i}.txt", b"%d\n" % i * (i % 600))
        with tarfile.open(self.place.path + "/files.tar", "w") as tar:
            tar.add(folder, ".")

    def append(self, side):
        """One byte to the end of 600 MB."""
        path = side.at("run", "large.bin")
        if not os.path.exists(path):
            with open(path, "wb") as file:
                for _ in range(LARGE_BYTES >> 20):
                    file.write(b"0123456789abcdef" * 65536)
        return timed(save, path, b"x", os.O_WRONLY | os.O_APPEND)

    def calls(self, side):
        """The daemon's system calls for each small save."""
        out = os.path.join(self.place.path, "strace")
        count = 200
        with subprocess.Popen(
                ["strace", "-c", "-f", "-o", out, "-p", str(side.world.pid)],
                stderr=subprocess.PIPE) as tracer:
            tracer.stderr.readline()  # it is attached
            self.small_saves(side, count)
            tracer.send_signal(signal.SIGINT)
            tracer.communicate()
        with open(out, encoding="ascii") as file:
            total = re.findall(r"^100\.00 .*? (\d+) +(?:\d+ )?total$",
                               file.read(), re.M)
        return int(total[0]) / count

    def fill(self, side):
        """10,000 files in one directory of run/."""
        folder = side.folder("many")
        for i in range(FILES):
            save(f"{folder}/f{i}.txt", b"%d\n" % i)

    def list_all(self, side):
        """ls -lR of them."""
        return timed(lambda: quiet("ls", "-lR", side.at("run")))

    def start(self, side):
        """Until it answers."""
        return side.start()

    def measure(self):
        """Everything, in one table."""
        if len(self.sides) == 2:
            print(f"{'':34}{'first':>12}{'second':>12} {'':6}{'ratio':>8}")
        self.lines()
        self.size()
        self.with_mounts(self.quick)
        if self.is_wanted("memory with", "ls -lR", "start with 10,000 files"):
            self.with_mounts(self.many)
        if self.is_wanted("start with 10,000 jobs", "memory with 10,000 jobs"):
            self.with_mounts(self.jobs)

    def with_mounts(self, function):
        """Runs it while each side is mounted."""
        try:
            for side in self.sides:
                side.open(self.server)
            function()
        finally:
            for side in self.sides:
                side.close()

    def quick(self):
        """What needs nothing to be there."""
        self.memory("idle")
        self.row("start with nothing", self.start)
        self.row("saves of 1,000 new files", self.small_saves)
        self.row("saves of 1,000 over old ones", self.saves_again)
        self.row("system calls a save", self.calls, "calls", 1, 3)
        self.row("programs, 200 saved and run", self.program_saves, rounds=3)
        if self.is_wanted("untar of 3,000 files"):
            self.make_tar()
            self.row("untar of 3,000 files", self.untar)
        self.row("append of a byte to 600 MB", self.append)

    def many(self):
        """With 10,000 files."""
        for side in self.sides:
            self.fill(side)
        self.row("ls -lR of 10,000 files", self.list_all)
        self.memory("with 10,000 files")
        self.row("start with 10,000 files", self.start)

    def jobs(self):
        """With 10,000 finished jobs."""
        from many_jobs import make_jobs
        if all([make_jobs(side.world, JOBS) for side in self.sides]):
            self.row("start with 10,000 jobs", self.start)
            self.memory("with 10,000 jobs")
        else:
            print("start with 10,000 jobs: their records are of another form")

    def run(self):
        """With a stand-in for all; leaves nothing."""
        from place import Place, adopt_orphans
        from standin import Standin
        adopt_orphans()
        self.place = Place("house")
        try:
            self.server = Standin(self.place)
            self.measure()
        finally:
            self.place.close()


def main(words):
    """Reads the command line; the exit status."""
    options, words = getopt.getopt(words, "r:")
    builds = [word for word in words if os.path.isdir(word)]
    if not 1 <= len(builds) <= 2:
        print(__doc__, file=sys.stderr)
        return 2
    os.environ["BUILD"] = os.path.abspath(builds[-1])
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
        os.path.abspath(__file__))), "mount"))
    House(builds, int(dict(options).get("-r", 5)), words[len(builds):]).run()
    return 0


if __name__ == "__main__":
    program.run(main)
