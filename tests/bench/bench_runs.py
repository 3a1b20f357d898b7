# SPDX-License-Identifier: MIT
# tests/bench/bench_runs.py - programs that run, and their output
"""Beside curl, each of whose requests is a process with a new connection."""
import json
import os
import statistics
import subprocess
import time

from bench import run, timed
from bench_values import quiet
from signed import Signed
from world import World

PRINTED = " | jq -j .stdout"


def body(code):
    """The body of a run."""
    return json.dumps({"language": "bash", "code": code})


def save_and_read(world, name="t.sh"):
    """Seconds from cp to the end of cat."""
    return timed(quiet, "bash", "-c", 'cp "$1" run/ && cat "run/$2.job/stdout"',
                 "bash", os.path.join(world.place.path, name), name,
                 cwd=world.mount.path)


def write(world, name, code):
    """A script outside of the mount."""
    with open(os.path.join(world.place.path, name), "w",
              encoding="ascii") as file:
        file.write(code)


def trivial(bench, world, where="", near=()):
    """The shortest script."""
    signed = Signed(world, near)
    write(world, "t.sh", "echo hello\n")
    bench.compare("save and read of a script" + where,
                  lambda: save_and_read(world),
                  {"curl, jq": lambda: signed.timed(
                      "POST", "/execute", body("echo hello\n"), PRINTED)},
                  "cp t.sh run/; cat run/t.sh.job/stdout",
                  bench.size(4, 15))
    # The server closes each connection, as it does one that was idle.
    world.server.fault({"method": "POST", "path": "/execute", "after": True,
                        "headers": {"Connection": "close"}})
    bench.compare("the same on a new connection" + where,
                  lambda: save_and_read(world),
                  {"curl, jq": lambda: signed.timed(
                      "POST", "/execute", body("echo hello\n"), PRINTED)},
                  "cp t.sh run/; cat run/t.sh.job/stdout",
                  bench.size(4, 15))
    world.server.fault()


def many(bench, world):
    """8 runs at a time."""
    signed = Signed(world)
    count = bench.size(20, 200)
    source = world.place.folder("many")
    for i in range(count):
        write(world, f"many/m{i}.sh", f"echo {i}\n")
    world.server.limits(concurrency=8)

    def here():
        return timed(quiet, "bash", "-c", 'cp "$1"/* run/ && '
                     "cat run/m*.job/stdout", "bash", source,
                     cwd=world.mount.path)

    def there():
        commands = [signed.command("POST", "/execute", body(f"echo {i}\n"),
                                   PRINTED) for i in range(count)]
        running = []

        def all_of_them():
            for command in commands:
                if len(running) >= 8:
                    running.pop(0).communicate()
                running.append(subprocess.Popen(
                    command, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL))
            for child in running:
                child.communicate()
            running.clear()
        return timed(all_of_them)
    bench.compare(f"{count} scripts, 8 at a time", here, {"curl, jq": there},
                  "cp *.sh run/; cat run/*.job/stdout", bench.size(2, 3))
    world.server.limits(concurrency=0)


def output(bench, world):
    """Megabytes that a program prints."""
    signed = Signed(world)
    mib = bench.size(10, 50)
    code = f"yes 0123456789abcde | head -c {mib << 20}\n"
    write(world, "o.sh", code)
    bench.compare(f"{mib} MB of output, run to printed",
                  lambda: save_and_read(world, "o.sh"),
                  {"curl, jq": lambda: signed.timed(
                      "POST", "/execute", body(code), PRINTED)},
                  "cp o.sh run/; cat run/o.sh.job/stdout", bench.size(2, 3))


def log_path(world, name):
    """The stand-in's file of a service's log."""
    ident = world.read("services", name, "id").strip()
    return os.path.join(world.server.data, "service", ident, "log")


def long_log(world, name, mib):
    """A service whose log is so long."""
    draft = world.at("services", "new", name)
    os.mkdir(draft)
    world.save(f"services/new/{name}/bootstrap", "#!/bin/bash\nsleep 300\n")
    os.rename(draft, world.at("services", name))
    block = "".join(f"a line of the log {i}\n" for i in range(50000))
    path = log_path(world, name)
    until = time.monotonic() + 30
    while not os.path.exists(path) and time.monotonic() < until:
        time.sleep(0.05)
    with open(path, "a", encoding="ascii") as log:
        while log.tell() < mib << 20:
            log.write(f"{log.tell()}\n{block}")


def logs(bench, world):
    """A long log, read whole; each round as it is now."""
    signed = Signed(world)
    mib = bench.size(10, 50)
    long_log(world, "logged", mib)
    ident = world.read("services", "logged", "id").strip()

    def here():
        world.refresh()
        return timed(quiet, "cat", world.at("services/logged/logs"))
    bench.compare(f"{mib} MB of a log, read", here, {
        "curl": lambda: signed.timed("GET", f"/services/{ident}/logs?all=true"),
    }, "cat services/logged/logs", bench.size(2, 3))


def ends(bench, world):
    """From the end of a program to its output, which is waited for."""
    signed = Signed(world)
    code = "sleep 0.3; date +%s.%N\n"
    write(world, "end.sh", code)

    def here():
        text = run(["bash", "-c", 'cp "$1" run/ >/dev/null & sleep 0.1; '
                    "cat run/end.sh.job/stdout", "bash",
                    world.place.path + "/end.sh"], cwd=world.mount.path,
                   stdout=subprocess.PIPE)
        return time.time() - float(text)

    def there():
        text = signed.output("POST", "/execute", body(code), PRINTED)
        return time.time() - float(text)
    bench.compare("a run's end to its reader, run/", here,
                  {"curl, jq": there}, "cat run/end.sh.job/stdout")


def in_background(bench, world):
    """The same of jobs; and how many requests they cost."""
    for seconds in bench.size((1.3,), (0.5, 1.3, 3.1)):
        code = f"sleep {seconds}; date +%s.%N\n"
        late = []
        rounds = bench.size(5, 12)
        world.server.reset_counts()
        for _ in range(rounds):
            world.save("jobs/new/end.sh", code)
            ended = float(world.read("jobs/new/end.sh.job/stdout"))
            late.append(time.time() - ended)
        polls = sum(count for what, count in world.server.requests().items()
                    if what.startswith("GET /jobs"))
        command = f"cp end.sh jobs/new/; cat jobs/latest/stdout ({seconds} s)"
        bench.table.value(f"end of a job of {seconds} s to its reader",
                          statistics.median(late) * 1e3, "ms", command)
        bench.table.value(f"the last third of {rounds} such jobs",
                          statistics.median(late[-rounds // 3:]) * 1e3, "ms",
                          command)
        bench.table.value("polls for each", polls / rounds, "", command)


def measure(bench):
    """All lines."""
    with World("runs", limit_s=900) as world:
        trivial(bench, world)
        ends(bench, world)
        many(bench, world)
        output(bench, world)
        logs(bench, world)
        in_background(bench, world)
