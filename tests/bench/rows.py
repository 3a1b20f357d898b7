# SPDX-License-Identifier: MIT
# tests/bench/rows.py - actions, and how many requests they may cost
"""Each row is an action through a real mount, with the requests that the server
counted, and their limits.

The tests run a short form of each row (tests/mount/test_requests.py), and
`make bench-requests` the full length.
"""
import json
import time

from world import World


class Counted:
    """The result of a row."""

    def __init__(self, requests, limits, wrong=()):
        self.requests = requests  # {"GET /services": 1}
        self.limits = limits      # the same; requests not in it are not allowed
        self.wrong = list(wrong)  # other errors

    @property
    def total(self):
        """The number of all requests."""
        return sum(self.requests.values())

    @property
    def limit(self):
        """The limit of that number."""
        return sum(self.limits.values())

    def trouble(self):
        """The counts that are over their limits."""
        over = [f"{count} {what}, at most {self.limits.get(what, 0)}"
                for what, count in sorted(self.requests.items())
                if count > self.limits.get(what, 0)]
        return over + self.wrong


def starts(is_long):
    """mount, `ls` of the root"""
    with World("starts") as world:
        world.shell("ls")
        return Counted(world.server.requests(), {"POST /keys/validate": 1})


def lists(is_long):
    """`ls -lR snapshots/`, 1,000 snapshots whose list has every field"""
    count = 1000 if is_long else 200
    with World("lists", "ttl_list=60", seed={"snapshots": count}) as world:
        world.server.reset_counts()
        out = world.shell("ls -lR snapshots/")
        wrong = [] if out.count("snapshot.json") == count else ["not all"]
        return Counted(world.server.requests(),
                       {"GET /snapshots": 1, "GET /images": 1}, wrong)


def lists_again(is_long):
    """the same again within the time to live; by 64 processes at once"""
    count = 1000 if is_long else 50
    with World("again", "ttl_list=900", seed={"snapshots": count},
               limit_s=600) as world:
        world.shell("ls -lR snapshots/")
        world.server.reset_counts()
        world.shell("ls -lR snapshots/")
        world.together(["ls -lR snapshots/ >/dev/null"] * 64, seconds=300)
        return Counted(world.server.requests(), {})


def cats_at_once(is_long):
    """64 processes `cat services/web/state` at once, cold"""
    with World("cats", seed={"services": [{"name": "web"}]}) as world:
        world.server.reset_counts()
        # A slow answer, so that all requests come before it.
        world.server.fault({"path": "/services", "delay_ms": 1500,
                            "after": True, "times": 1})
        out = world.together(["cat services/web/state"] * 64)
        wrong = [] if set(out) == {"running\n"} else [f"read {set(out)}"]
        return Counted(world.server.requests(), {"GET /services": 1}, wrong)


def details(is_long):
    """`ls services/`, then `cat` of 5 files of each of 20 services whose list
    lacks 3 of the fields"""
    names = [f"web-{i}" for i in range(20)]
    seed = {"services": [{"id": f"unsb-service-{name}", "name": name}
                         for name in names]}
    # The fields in the list; the other three are only in the details.
    listed = {"services": [{
        "service_id": f"unsb-service-{name}", "name": name, "state": "running",
        "ports": [80], "vcpu": 1, "created_at": "2025-01-02T03:04:05Z"}
        for name in names]}
    with World("details", "ttl_list=60,ttl_detail=60", seed=seed) as world:
        world.server.reset_counts()
        world.server.fault({"method": "GET", "path": "/services",
                            "status": 200, "body": json.dumps(listed),
                            "headers": {"Content-Type": "application/json"}})
        world.shell("ls services/")
        wrong = []
        for name in names:
            files = [f"services/{name}/{file}" for file in (
                "name", "state", "url", "network_mode", "domains")]
            out = world.shell("cat " + " ".join(files))
            if not out.startswith(f"{name}\nrunning\nhttps://{name}."):
                wrong.append(f"{name}: {out!r}")
        return Counted(world.server.requests(),
                       {"GET /services": 1, "GET /services/ID": 20}, wrong)


def copies(is_long):
    """`rsync -a snapshots/ backup/` twice, 1,000 snapshots, the time to live
    over in between"""
    count, ttl_s = (1000, 40) if is_long else (100, 6)
    with World("copies", f"ttl_list={ttl_s}", seed={"snapshots": count},
               limit_s=300) as world:
        world.server.reset_counts()
        backup = world.place.folder("backup")
        rsync = "rsync -a --out-format='%i %n' snapshots/ \"$1\""
        began = time.monotonic()
        first = world.shell(rsync, backup, seconds=ttl_s)
        time.sleep(max(0, began + ttl_s + 1 - time.monotonic()))
        second = world.shell(rsync, backup, seconds=ttl_s)
        wrong = []
        if first.count("/snapshot.json\n") != count:
            wrong.append("the first copied not all")
        if second:
            wrong.append(f"the second copied {second.splitlines()[:5]}")
        return Counted(world.server.requests(),
                       {"GET /snapshots": 2, "GET /images": 2}, wrong)


def runs(is_long):
    """50 runs through `run/`"""
    with World("runs") as world:
        world.server.reset_counts()
        for i in range(50):
            world.save("run/a.sh", f"echo {i}\n")
            if world.read("run/a.sh.job/stdout") != f"{i}\n":
                return Counted({}, {}, [f"run {i} printed otherwise"])
        return Counted(world.server.requests(), {"POST /execute": 50})


def waits(is_long):
    """50 asynchronous jobs of 5 s, all waited for"""
    with World("waits") as world:
        world.server.reset_counts()
        began = time.monotonic()
        for i in range(50):
            world.save(f"jobs/new/a{i}.sh", f"sleep 5; echo {i}\n")
        out = world.together([f"cat jobs/new/a{i}.sh.job/"
                              "{stdout,stderr,exit_code}" for i in range(50)])
        polls = int(time.monotonic() - began) + 1
        time.sleep(3)  # nothing is running: no more polls
        wrong = [] if out == [f"{i}\n0\n" for i in range(50)] else [
            f"read {out}"]
        requests = world.server.requests()
        # There is one poll of any kind a second.
        details_more = max(requests.get("GET /jobs/ID", 0) - 50, 0)
        return Counted(requests, {"POST /execute/async": 50,
                                  "GET /jobs/ID": 50 + details_more,
                                  "GET /jobs": max(polls - details_more, 0)},
                       wrong)


def prompts(is_long):
    """a shell prompt that runs `ls` in the mount every second for a minute,
    time to live 10 s"""
    second = 1 if is_long else 0.1
    with World("prompts", f"ttl_list={int(10 * second)}",
               seed={"snapshots": 20}) as world:
        world.server.reset_counts()
        began = time.monotonic()
        for i in range(60):
            world.shell("ls", cwd=world.at("snapshots"))
            time.sleep(max(0, began + (i + 1) * second - time.monotonic()))
        over = (time.monotonic() - began) / (60 * second)
        return Counted(world.server.requests(),
                       {"GET /snapshots": int(6 * over) + 1})


def idles(is_long):
    """an idle mount with no job running, for 5 minutes"""
    with World("idles", limit_s=400, seed={"services": 3}) as world:
        world.shell("ls services")
        world.save("run/a.sh", "echo 1\n")
        world.read("run/a.sh.job/stdout")
        world.server.reset_counts()
        time.sleep(300 if is_long else 20)
        return Counted(world.server.requests(), {})


ROWS = (starts, lists, lists_again, cats_at_once, details, copies, runs,
        waits, prompts, idles)
