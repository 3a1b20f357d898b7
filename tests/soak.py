#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/soak.py - many clients, random operations and random faults
"""usage: tests/soak.py BUILD [SECONDS]

32 processes save, run, submit, cancel, read, list and remove, while the server
gets one random fault after the other. The errors must be those that the faults
explain; stored files must be complete; nothing may run twice; the daemon's
memory and descriptors must not grow after the first minute (or after half of
the time, if that is less). SEED=N repeats a run, as far as timing allows.
"""
import collections
import errno
import multiprocessing
import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "mount"))
if len(sys.argv) < 2:
    sys.exit(__doc__)
os.environ["BUILD"] = os.path.abspath(sys.argv[1])
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 600
SEED = int(os.environ.get("SEED", "0")) or int(time.time())

from mounted import IS_SANITIZED, Mounted  # noqa: E402
from place import Place, adopt_orphans  # noqa: E402
from standin import Standin  # noqa: E402

CLIENTS = 32
GROWTH_KB = 8 << 10
GROWTH_FDS = 16

FAULTS = [
    {"hang": "before"}, {"hang": "body"}, {"close": "before"},
    {"close": "headers"}, {"close": "body"}, {"close": "body", "reset": True},
    {"truncate": 9}, {"garbage": True}, {"delay_ms": 700},
    {"status": 200, "body": ""}, {"status": 200, "body": "<html>"},
    {"status": 200, "body": {"filler": None}},
    {"status": 200, "fill": 1 << 20},
    {"status": 302, "body": "",
     "headers": {"Location": "http://127.0.0.1:1/"}},
    {"status": 429, "headers": {"Retry-After": "0"}},
    *[{"status": number} for number in (400, 401, 403, 404, 409, 422, 429, 500,
                                        502, 503, 504)],
]

# Errors that the faults, or other clients, explain.
EXPLAINED = {errno.ETIMEDOUT, errno.ECONNRESET, errno.EPROTO, errno.EINVAL,
             errno.EKEYREJECTED, errno.EACCES, errno.ENOENT, errno.EBUSY,
             errno.EREMOTEIO, errno.ECONNREFUSED, errno.EDQUOT, errno.EAGAIN,
             errno.EPERM, errno.ESRCH}


class Wrong(Exception):
    """An error that the faults do not explain."""


class Client:
    """One client process."""

    def __init__(self, root, number, seed, until):
        self.root = root
        self.number = number
        self.random = random.Random(seed)
        self.until = until
        self.count = 0
        self.deeds = collections.Counter()
        self.errors = collections.Counter()
        self.saved = {}

    def at(self, *parts):
        """A path in the mount."""
        return os.path.join(self.root, *parts)

    def write(self, path, content):
        """Writes a file like cp."""
        with open(self.at(path), "wb", buffering=0) as file:
            file.write(content.encode())

    def read(self, path):
        """Reads a file like cat."""
        with open(self.at(path), "rb") as file:
            return file.read().decode()

    def tag(self):
        """A word that is used only once."""
        self.count += 1
        return f"c{self.number}n{self.count}e"

    # ---- operations of clients ----

    def run(self):
        """Saves a program, and reads its result."""
        tag, name = self.tag(), f"run/r{self.number}.sh"
        self.write(name, f"echo {tag}\n")
        got = self.read(name + ".job/stdout")
        if got not in (tag + "\n", ""):
            raise Wrong(f"{name}: {got!r}, not {tag}")

    def submit(self):
        """Submits, follows and removes a job."""
        tag, name = self.tag(), f"jobs/new/j{self.number}.sh"
        self.write(name, f"sleep 0.{self.random.randrange(5)}; echo {tag}\n")
        job = os.path.basename(os.readlink(self.at(name + ".job")))
        if self.random.random() < 0.2:
            self.write(f"jobs/{job}/cancel", "1\n")
        self.read(f"jobs/{job}/exit_code")
        os.rmdir(self.at("jobs", job))

    def data(self):
        """Writes a file that must be stored unchanged."""
        name, tag = f"run/d{self.number}.txt", self.tag()
        content = (tag + "\n") * self.random.choice((1, 100, 5000))
        self.saved.pop(name, None)
        self.write(name, content)
        self.saved[name] = content

    def check(self):
        """Checks a stored file."""
        for name, content in self.saved.items():
            if self.read(name) != content:
                raise Wrong(f"{name} does not have its content")

    def rename(self):
        """Replaces a file by rename."""
        part = f"run/m{self.number}.txt.part"
        self.write(part, self.tag())
        os.rename(self.at(part), self.at(f"run/m{self.number}.txt"))

    def look(self):
        """Reads lists and values."""
        path = self.random.choice((
            "run", "jobs", "services", "sessions", "snapshots", "images",
            "languages", "key/tier", "shells", ".unsandboxfs/stats",
            ".unsandboxfs/errors", "README"))
        full = self.at(path)
        os.listdir(full) if os.path.isdir(full) else self.read(path)

    def change(self):
        """Changes a service."""
        self.write("services/web/state", self.random.choice((
            "frozen\n", "running\n")))
        self.read("services/web/state")

    def remove(self):
        """Removes a file."""
        name = f"run/x{self.number}.sh"
        self.write(name, f"echo {self.tag()}\n")
        os.remove(self.at(name))

    def work(self, pipe):
        """Works until the time is over."""
        deeds = [self.run, self.run, self.submit, self.data, self.check,
                 self.rename, self.look, self.look, self.look, self.change,
                 self.remove]
        wrong = None
        while time.monotonic() < self.until and not wrong:
            deed = self.random.choice(deeds)
            self.deeds[deed.__name__] += 1
            try:
                deed()
            except OSError as error:
                name = errno.errorcode[error.errno]
                self.errors[name] += 1
                if error.errno not in EXPLAINED:
                    wrong = f"{deed.__name__}: {error}"
            except Wrong as error:
                wrong = str(error)
        pipe.send((self.deeds, self.errors, wrong))


def usage(pid):
    """(resident kilobytes, descriptors, threads) of a process."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        values = dict(line.split(":", 1) for line in file)
    return (int(values["VmRSS"].split()[0]),
            len(os.listdir(f"/proc/{pid}/fd")), int(values["Threads"]))


class Soak:
    """The server, the mount, the clients, and the faults."""

    def __init__(self):
        self.place = Place("soak")
        self.server = Standin(self.place)
        self.mount = Mounted(self.place, self.server, "timeout=2,run_wait=1")
        self.random = random.Random(SEED)
        self.clients = []
        self.marks = []

    def start(self):
        """Starts all clients."""
        self.server.ask("PUT", "/seed", {"services": [{"name": "web"}],
                                         "snapshots": 50, "images": 20})
        self.mount.start()
        until = time.monotonic() + SECONDS
        for number in range(CLIENTS):
            client = Client(self.mount.path, number, self.random.random(),
                            until)
            ours, theirs = multiprocessing.Pipe()
            process = multiprocessing.Process(target=client.work,
                                              args=(theirs,), daemon=True)
            process.start()
            self.clients.append((process, ours))
        return until

    def set_faults(self):
        """Sets up to two random faults."""
        rules = [{"method": self.random.choice(("GET", "POST", "*")),
                  "path": self.random.choice(("*", "/execute*", "/jobs*",
                                              "/services*")),
                  "times": self.random.choice((1, 3, 10)),
                  **self.random.choice(FAULTS)}
                 for _ in range(self.random.randrange(3))]
        self.server.fault(*rules)

    def watch(self, until):
        """Sets faults, and measures the daemon."""
        began, told = time.monotonic(), 0
        while time.monotonic() < until:
            self.set_faults()
            time.sleep(self.random.uniform(0.2, 2))
            if self.mount.process.poll() is not None:
                raise Wrong(f"the daemon ended with "
                            f"{self.mount.process.returncode}")
            age = time.monotonic() - began
            self.marks.append((age, *usage(self.mount.pid)))
            if age - told >= 10:
                told = age
                print("%4d s: %d kB, %d descriptors, %d threads"
                      % self.marks[-1], flush=True)
        self.server.fault()

    def growth(self):
        """Growth of memory and descriptors since the warm-up."""
        warm = min(60, SECONDS / 2)
        late = [mark for mark in self.marks if mark[0] >= warm]
        quarter = max(1, len(late) // 4)

        def mean(marks, which):
            return sum(mark[which] for mark in marks) / len(marks)
        return [mean(late[-quarter:], which) - mean(late[:quarter], which)
                for which in (1, 2)]

    def problems(self):
        """Returns what was wrong, and prints the counts."""
        wrong, deeds, errors = [], collections.Counter(), collections.Counter()
        for process, pipe in self.clients:
            if not pipe.poll(60):
                wrong.append("a client hangs")
                process.kill()
                continue
            done, failed, what = pipe.recv()
            deeds += done
            errors += failed
            wrong += [what] if what else []
            process.join(10)
        ran = collections.Counter(e["code"].split()[-1]
                                  for e in self.server.executions())
        twice = [tag for tag, times in ran.items() if times > 1]
        if twice:
            wrong.append(f"ran twice: {twice[:5]}")
        kilobytes, descriptors = self.growth()
        if kilobytes > GROWTH_KB and not IS_SANITIZED:
            wrong.append("memory grows")
        if descriptors > GROWTH_FDS:
            wrong.append("descriptors grow")
        print(f"{sum(deeds.values())} operations: {dict(deeds)}\n"
              f"{sum(errors.values())} errors: {dict(errors)}\n"
              f"{sum(ran.values())} executions, none twice: {not twice}\n"
              f"growth: {kilobytes:.0f} kB, {descriptors:.1f} descriptors")
        return wrong

    def end(self):
        """Removes everything."""
        for process, _ in self.clients:
            process.kill()
        wrong = self.mount.stop()
        self.server.stop()
        return wrong + [f"left: {what}" for what in self.place.close()]


def main():
    """Runs the test."""
    print(f"SEED={SEED}, {CLIENTS} clients, {SECONDS} s", flush=True)
    adopt_orphans()
    soak = Soak()
    wrong = []
    try:
        soak.watch(soak.start())
        wrong += soak.problems()
    except Wrong as error:
        wrong.append(str(error))
    finally:
        wrong += soak.end()
    for what in wrong:
        print("wrong:", what)
    return 1 if wrong else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
