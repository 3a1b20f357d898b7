# SPDX-License-Identifier: MIT
# tests/bench/bench_values.py - looking around: names, attributes, small values
"""Warm, beside tmpfs and the smallest libfuse filesystem; and a long list,
cold, beside curl, sshfs and rclone."""
import os
import shutil
import signal
import subprocess

from bench import run, timed
from peers import Peers
from signed import Signed
from world import World


def quiet(*command, **more):
    """Runs a program that must succeed."""
    run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **more)


def walker(bench, word, paths, rounds=2, wrapper=()):
    """A function that walks paths, and returns the seconds for each."""
    text = "".join(path + "\n" for path in paths).encode()

    def walk():
        done = subprocess.run([*wrapper, bench.walk, word, str(rounds)],
                              input=text, capture_output=True, check=True,
                              timeout=120)
        return float(done.stdout) / 1e9
    return walk


def files_under(path):
    """The files, without links, of which some lead nowhere."""
    return sorted(os.path.join(folder, name)
                  for folder, _, names in os.walk(path) for name in names
                  if name != "source")


def lists(*command):
    """A function that runs a command that lists."""
    return lambda: timed(quiet, *command)


def warm(bench, world, peers):
    """The same tree in all three."""
    source = world.at("snapshots")
    copy = peers.tmpfs() + "/list"
    shutil.copytree(source, copy, symlinks=True)
    folders = sorted(os.listdir(source))
    first = files_under(os.path.join(source, folders[0]))
    size = sum(map(os.path.getsize, first)) // len(first)
    bare, child = peers.bare(len(folders), len(first), size)
    trees = {None: source, "tmpfs": copy, "bare libfuse": bare}
    files = {peer: files_under(path) for peer, path in trees.items()}

    def compare(name, command, call, unit="us"):
        calls = {peer: call(path, files[peer])
                 for peer, path in trees.items()}
        here = calls.pop(None)
        bench.compare(name, here, calls, command, unit=unit)

    for name, command, word in (
            ("stat of a value, warm", "stat snapshots/*/*", "stat"),
            ("read of a value, warm", "cat snapshots/*/*", "read")):
        compare(name, command,
                lambda path, found, word=word: walker(bench, word, found))
    compare("name that is not there, warm", "stat snapshots/ID/no-such-name",
            lambda path, found: walker(bench, "miss", [
                f"{os.path.dirname(each)}/absent" for each in found[::20]],
                20))
    for command in ("ls -l", "ls -lR", "grep -rc x"):
        words = ["bash", "-c", f'{command} "$1" || test $? = 1', "bash"]
        compare(f"{command} of {len(folders)} snapshots, warm",
                f"{command} snapshots",
                lambda path, found, words=words: lists(*words, path), "ms")
    upcalls(bench, world, bare, child)


def on_one_cpu(pid, cpus):
    """All threads of a process on these CPUs."""
    for task in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(task), cpus)


def upcalls(bench, world, bare, child):
    """A request that the kernel does not answer itself."""
    count = 2000
    here = [world.at("README")] * count
    there = [os.path.join(bare, "0", "0")] * count
    bench.compare("upcall, two CPUs", walker(bench, "sync", here, 1),
                  {"bare libfuse": walker(bench, "sync", there, 1)},
                  "statx(AT_STATX_FORCE_SYNC)", unit="us")
    everywhere = os.sched_getaffinity(0)
    one = {min(everywhere)}
    taskset = ("taskset", "-c", str(min(one)))
    for pid in (world.mount.pid, child.pid):
        on_one_cpu(pid, one)
    bench.compare("upcall, one CPU", walker(bench, "sync", here, 1, taskset),
                  {"bare libfuse": walker(bench, "sync", there, 1, taskset)},
                  "taskset -c 0 statx(AT_STATX_FORCE_SYNC)", unit="us")
    for pid in (world.mount.pid, child.pid):
        on_one_cpu(pid, everywhere)
    misses(bench, world, bare)


def misses(bench, world, bare):
    """Each name is new."""
    number = [0]

    def first(path):
        number[0] += 1
        names = [f"{path}/absent-{number[0]}-{i}" for i in range(200)]
        return timed(lambda: [os.path.exists(name) for name in names]) / 200

    bench.compare("name that is not there, first",
                  lambda: first(world.at("snapshots")),
                  {"bare libfuse": lambda: first(bare)},
                  "stat snapshots/no-such-name", unit="us")


def listing(bench, name, world, peers, near=(), far=()):
    """All names of a long list, cold."""
    path = world.at("snapshots")
    origin = peers.folder("origin")
    for entry in os.listdir(path):
        with open(os.path.join(origin, entry), "w", encoding="ascii"):
            pass
    signed = Signed(world, near)

    def here():
        world.refresh()
        return timed(quiet, "ls", path)
    rclone = bench.peer("rclone", peers.rclone, origin, far, near)

    def there():
        rclone[1].send_signal(signal.SIGHUP)
        return timed(quiet, "ls", rclone[0])

    def by_sshfs():
        point = peers.sshfs(origin, far, near)
        return timed(quiet, "ls", point)
    has_sshfs = bench.peer("sshfs", peers.sshfs, origin, far, near)
    bench.compare(name, here, {
        "curl": lambda: signed.timed("GET", "/snapshots"),
        "rclone (WebDAV)": rclone and there,
        "sshfs": has_sshfs and by_sshfs}, "ls snapshots", bench.size(2, 5))


def measure(bench):
    """All lines."""
    with World("values", "ttl_list=3600,ttl_detail=3600", limit_s=900,
               seed={"snapshots": bench.size(50, 300)}) as world, \
            Peers(world.place, bench.build) as peers:
        warm(bench, world, peers)
    count = bench.size(3000, 10000)
    with World("list", limit_s=300, seed={"snapshots": count}) as world, \
            Peers(world.place, bench.build) as peers:
        listing(bench, f"ls of {count:,} entries, cold", world, peers)
    bench.table.lacks("s3fs", "the S3 servers of Debian, radosgw and "
                      "swift-proxy, need a cluster to store in")
