# SPDX-License-Identifier: MIT
# tests/bench/bench_saved.py - files that people save, as on any disk
"""run/ with programs and data, beside tmpfs; and cp, tar and rm, beside others
that keep files on this disk. A save here is durable when its close returns;
passthrough_ll, rclone and sshfs leave that to the kernel."""
import os
import shutil
import tarfile

from bench import timed
from bench_values import files_under, lists, quiet, walker
from peers import Peers
from world import World

MIB = b"0123456789abcdef" * 65536


def looks(bench, world, peers):
    """A warm run/ of programs that ran, and of data."""
    count = bench.size(30, 200)
    for i in range(count):
        world.save(f"run/p{i}.sh", f"echo {i}\n")
        world.save(f"run/data{i}.txt", f"{i}\n" * 20)
    for i in range(count):
        world.read(f"run/p{i}.sh.job/stdout")
    copy = peers.tmpfs() + "/run"
    shutil.copytree(world.at("run"), copy, symlinks=True)
    paths = {None: world.at("run"), "tmpfs": copy}
    what = f"run/, {count} programs, {count} files"
    for command in ("ls -l", "ls -lR", "find"):
        calls = {peer: lists(*command.split(), path)
                 for peer, path in paths.items()}
        bench.compare(f"{command} of {what}", calls.pop(None), calls,
                      command + " run")
    calls = {peer: walker(bench, "stat", files_under(path))
             for peer, path in paths.items()}
    bench.compare(f"stat below {what}", calls.pop(None), calls,
                  "stat run/* run/*.job/*", unit="us")
    calls = {peer: walker(bench, "miss", [
        os.path.join(path, f"absent{i}") for i in range(100)], 20)
        for peer, path in paths.items()}
    bench.compare("name that is not in run/, warm", calls.pop(None), calls,
                  "stat run/no-such-name", unit="us")


def write_durably(source, target):
    """Copies a tree; each file and its name is on the disk when the next
    begins."""
    for folder, _, names in os.walk(source):
        path = os.path.normpath(os.path.join(
            target, os.path.relpath(folder, source)))
        os.makedirs(path, exist_ok=True)
        at = os.open(path, os.O_RDONLY)
        for name in names:
            with open(os.path.join(folder, name), "rb") as file, \
                    open(os.path.join(path, name), "wb") as new:
                new.write(file.read())
                new.flush()
                os.fsync(new.fileno())
            os.fsync(at)
        os.close(at)


class Changes:
    """The same work, again and again, in a new directory of each."""

    def __init__(self, bench, world, peers):
        self.bench, self.world = bench, world
        self.number = 0
        rclone = bench.peer("rclone", peers.rclone)
        self.tops = {
            None: world.at("run"),
            "disk": peers.folder("disk"),
            "passthrough_ll": bench.peer("passthrough_ll", peers.passthrough),
            "rclone (WebDAV)": rclone and rclone[0],
            "sshfs": bench.peer("sshfs", peers.sshfs)}
        self.tops = {peer: top for peer, top in self.tops.items() if top}
        self.source = world.place.folder("source")
        self.count = bench.size(60, 300)
        for i in range(self.count):
            with open(f"{self.source}/f{i}.txt", "w", encoding="ascii") as file:
                file.write(f"{i}\n" * (i % 200))

    def folder(self, top):
        """A new one."""
        self.number += 1
        path = os.path.join(top, f"new{self.number}")
        os.mkdir(path)
        return path

    def timed_in(self, top, call):
        """Seconds of call(a new directory)."""
        path = self.folder(top)
        took = timed(call, path)
        # It has a descriptor of all that the kernel knows.
        if top == self.tops.get("passthrough_ll"):
            quiet("rm", "-rf", path)
        return took

    def compare(self, name, command, call, durably=None, **more):
        """Measures it everywhere; and what makes each file durable, as here
        each close does, where that takes an fsync."""
        calls = {peer: (lambda top=top: call(top))
                 for peer, top in self.tops.items()}
        for peer in ("disk", "passthrough_ll"):
            if durably and peer in self.tops:
                calls[peer + ", with fsync"] = (
                    lambda top=self.tops[peer]: durably(top))
        self.bench.compare(name, calls.pop(None), calls, command, **more)

    def copy(self, top):
        """By cp, one process."""
        return self.timed_in(top, lambda path: quiet(
            "cp", "-r", self.source, path))

    def copy_durably(self, top):
        """Each file and its name is on the disk at its close."""
        return self.timed_in(top, lambda path: write_durably(
            self.source, path))

    def remove(self, top):
        """What cp made, and what is on the disk, as here it always is."""
        path = self.folder(top)
        quiet("cp", "-r", self.source, path)
        os.sync()
        return timed(quiet, "rm", "-rf", path)

    def untar(self, top):
        """Files in 30 directories."""
        return self.timed_in(top, lambda path: quiet(
            "tar", "xf", self.world.place.path + "/files.tar", "-C", path))

    def untar_durably(self, top):
        """The same files, each durable, without tar."""
        return self.timed_in(top, lambda path: write_durably(
            self.world.place.path + "/files", path))

    def make_tar(self, count):
        """What is unpacked."""
        folder = self.world.place.folder("files")
        for i in range(count):
            path = f"{folder}/d{i % 30}"
            os.makedirs(path, exist_ok=True)
            with open(f"{path}/f{i}.txt", "w", encoding="ascii") as file:
                file.write(f"{i}\n" * (i % 600))
        with tarfile.open(self.world.place.path + "/files.tar", "w") as tar:
            tar.add(folder, ".")

    def append(self, top, durably=False):
        """One byte to a large file."""
        path = os.path.join(top, "large.bin")
        if not os.path.exists(path):
            with open(path, "wb") as file:
                for _ in range(self.bench.size(16, 300)):
                    file.write(MIB)
            os.sync()

        def one():
            fd = os.open(path, os.O_WRONLY | os.O_APPEND)
            os.write(fd, b"x")
            if durably:
                os.fsync(fd)
            os.close(fd)
        return timed(one)

    def append_durably(self, top):
        """The same, on the disk when it returns."""
        return self.append(top, True)


def measure(bench):
    """All lines."""
    with World("saved", "run_wait=0", limit_s=900) as world, \
            Peers(world.place, bench.build) as peers:
        looks(bench, world, peers)
    with World("changes", limit_s=900) as world, \
            Peers(world.place, bench.build) as peers:
        changes = Changes(bench, world, peers)
        rounds = bench.size(2, 5)
        changes.compare(f"cp of {changes.count} small files",
                        "cp -r source run", changes.copy,
                        changes.copy_durably, rounds=rounds)
        changes.compare(f"rm -rf of {changes.count} small files",
                        "rm -rf run/new", changes.remove, rounds=rounds)
        count = bench.size(150, 3000)
        changes.make_tar(count)
        changes.compare(f"untar of {count:,} files",
                        "tar xf files.tar -C run/new", changes.untar,
                        changes.untar_durably, rounds=bench.size(2, 3))
        changes.compare("append of a byte to a large file",
                        "printf x >> run/large.bin", changes.append,
                        changes.append_durably, rounds=rounds)
