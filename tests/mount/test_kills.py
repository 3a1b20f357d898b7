# SPDX-License-Identifier: MIT
# tests/mount/test_kills.py - the daemon is killed at random moments
"""Processes save scripts, submit jobs, write data and rename files, and record
what succeeded. The daemon is killed with SIGKILL at random moments and started
again over its dead mount; then the files are compared with the records.
KILLS=N sets the number of kills, SEED=N repeats the same moments."""
import collections
import multiprocessing
import os
import random
import re
import signal
import time
import unittest

import busy
from case import SLOWNESS, MountCase
from mounted import IS_SANITIZED, Mounted
from place import wait_until

KILLS = int(os.environ.get("KILLS", "40" if IS_SANITIZED else "200"))
SEED = int(os.environ.get("SEED", "0")) or int(time.time())
WORKERS = 4


class Revenant(Mounted):
    """A mount that can be started over its own dead mount."""

    def kill(self):
        """Kills the daemon."""
        self.process.kill()
        self.process.wait(10)


class Worker:
    """A process that works in the mount, and records what succeeded."""

    def __init__(self, mount, log_path, number, seed, gate):
        self.mount = mount
        self.number = number
        self.random = random.Random(seed)
        self.gate = gate      # open: work; closed: rest
        self.resting = multiprocessing.Event()
        self.log_path = log_path
        self.log = open(log_path, "ab", buffering=0)
        self.count = 0
        self.process = multiprocessing.Process(target=self.run, daemon=True)

    def note(self, word, path, tag, size=0, seconds=0.0):
        """Records one line, outside the mount."""
        self.log.write(f"{word} {path} {tag} {size} {seconds:.3f}\n".encode())

    def run(self):
        """Works until it is ended."""
        deeds = [self.script, self.script, self.submit, self.data, self.data,
                 self.move, self.move_to_run, self.append]
        while True:
            if not self.gate.is_set():
                self.resting.set()
                self.gate.wait()
                self.resting.clear()
            try:
                self.random.choice(deeds)()
            except OSError:
                time.sleep(0.005)

    def tag(self):
        """A name that is used only once."""
        self.count += 1
        return f"w{self.number}n{self.count}e"

    def deed(self, path, tag, content, function):
        """Records the begin of an action, and its end if it succeeded."""
        self.note("begun", path, tag, len(content))
        began = time.monotonic()
        function()
        self.note("ended", path, tag, len(content), time.monotonic() - began)

    def write(self, path, content, flags=os.O_TRUNC, sync=False):
        """Writes like cp, or with fsync."""
        busy.write(os.path.join(self.mount, path), content,
                   os.O_CREAT | flags, sync)

    def script(self):
        """Saves a script that runs."""
        path, tag = f"run/s{self.number}.{self.random.randrange(3)}.sh", \
            self.tag()
        content = f"echo {tag}\n".encode()
        self.deed(path, tag, content, lambda: self.write(path, content))

    def submit(self):
        """Submits an asynchronous job, but not too many."""
        if self.random.random() > 0.3:
            return
        path, tag = f"jobs/new/a{self.number}.{self.random.randrange(3)}.sh", \
            self.tag()
        content = f"sleep 0.0{self.random.randrange(9)}; echo {tag}\n".encode()
        self.deed(path, tag, content, lambda: self.write(path, content))

    def filler(self, tag):
        """Data that shows whether it is complete."""
        size = self.random.choice((1, 100, 5000, 70000))
        return (tag + "\n").encode() * (size // len(tag) + 1)

    def data(self):
        """Writes a file that does not run."""
        path, tag = f"run/d{self.number}.{self.random.randrange(3)}.txt", \
            self.tag()
        content, sync = self.filler(tag), self.random.random() < 0.3
        self.deed(path, tag, content,
                  lambda: self.write(path, content, sync=sync))

    def move(self):
        """Replaces a file by rename, like editors."""
        path, tag = f"run/m{self.number}.{self.random.randrange(3)}.txt", \
            self.tag()
        content, part = self.filler(tag), f"run/m{self.number}.txt.part"
        self.write(part, content)
        self.deed(path, tag, content, lambda: os.rename(
            os.path.join(self.mount, part), os.path.join(self.mount, path)))

    def move_to_run(self):
        """Saves a script by rename."""
        path, tag = f"run/r{self.number}.{self.random.randrange(2)}.sh", \
            self.tag()
        content = f"echo {tag}\n".encode()
        part = f"run/r{self.number}.sh.part"
        self.write(part, content)
        self.deed(path, tag, content, lambda: os.rename(
            os.path.join(self.mount, part), os.path.join(self.mount, path)))

    def append(self):
        """Opens without O_TRUNC, writes all, then truncates."""
        path, tag = f"run/p{self.number}.txt", self.tag()
        content = self.filler(tag)

        def act():
            fd = os.open(os.path.join(self.mount, path),
                         os.O_RDWR | os.O_CREAT, 0o644)
            try:
                os.pwrite(fd, content, 0)
                os.ftruncate(fd, len(content))
            finally:
                os.close(fd)
        self.deed(path, tag, content, act)


def whole(tag, size, path):
    """The content that belongs to the tag."""
    if path.startswith("run/") and path.endswith(".sh"):
        return f"echo {tag}\n".encode()
    return (tag + "\n").encode() * (size // (len(tag) + 1))


class Kills(MountCase):
    """SIGKILL at random moments."""

    time_limit_s = 60 + KILLS * 2
    starts_mounted = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mount = Revenant(cls.place, cls.server, name="v")

    def setUp(self):
        super().setUp()
        print(f"SEED={SEED} KILLS={KILLS}")
        self.random = random.Random(SEED)
        self.gate = multiprocessing.Event()
        self.workers = []
        self.read_to = {}
        self.last = {}         # path -> (tag, size, seconds) that succeeded
        self.open = {}         # path -> [(tag, size)] that may have succeeded
        self.ended = {}        # tag -> path of all that succeeded
        self.checked = 0

    def tearDown(self):
        for worker in self.workers:
            if worker.process.pid:
                worker.process.kill()
                worker.process.join()
            worker.log.close()
        super().tearDown()

    def rest(self):
        """Pauses all workers, and reads their records."""
        self.gate.clear()
        for worker in self.workers:
            self.assertTrue(worker.resting.wait(30 * SLOWNESS),
                            "a worker is held")
        for worker in self.workers:
            with open(worker.log_path, "rb") as log:
                log.seek(self.read_to.get(worker.number, 0))
                lines = log.read()
            self.read_to[worker.number] = self.read_to.get(
                worker.number, 0) + len(lines)
            for line in lines.decode().splitlines():
                self.noted(*line.split())

    def noted(self, word, path, tag, size, seconds):
        """Takes one line of a worker's records."""
        if word == "begun":
            self.open.setdefault(path, []).append((tag, int(size)))
        else:
            self.last[path] = (tag, int(size), float(seconds))
            self.open[path] = []
            self.ended[tag] = path

    def check_files(self):
        """Each file has the last recorded content, or one begun since."""
        for path in {*self.last, *self.open}:
            may_be = list(self.open.get(path, ()))
            told = self.last.get(path)
            try:
                content = self.read_bytes(path)
            except FileNotFoundError:
                self.assertIsNone(told, f"{path} is gone, told was {told}")
                continue
            if told:
                may_be.append(told[:2])
                self.checked += 1
            if not told and not content:
                continue  # created, and not yet written
            found = [tag for tag, size in may_be if self.is_whole(
                content, tag, size, path)]
            if not found and self.open.get(path) and self.is_overwritten(
                    content, may_be, path):
                continue
            self.assertTrue(found, f"{path} is {content[:80]!r} of "
                            f"{len(content)} bytes, not one of {may_be}")
            if told and found[0] == told[0] and not self.open.get(path):
                self.check_result(path, *told)

    @staticmethod
    def is_whole(content, tag, size, path):
        """Whether it is the complete content of the tag."""
        if path.startswith("jobs/"):
            return content.endswith(f"echo {tag}\n".encode()) and len(
                content) == size
        return content == whole(tag, size, path)

    @staticmethod
    def is_overwritten(content, may_be, path):
        """Whether a kill can have left this in the middle of writing in
        place: parts of what it was and of what it should become."""
        if re.match(r"run/[mr]\d", path):
            return False  # these are renamed
        known = {f"{word}{tag}".encode() for tag, _ in may_be
                 for word in ("", "echo ")} | {b""}
        cut = [line for line in content.split(b"\n") if line not in known]
        return len(cut) <= len(may_be)

    def check_result(self, path, tag, _size, seconds):
        """A run whose end was recorded has its result."""
        if path.startswith("run/s") and seconds < 0.9:
            job = path + ".job"
            self.assertEqual((self.value(job, "status"),
                              self.read(job, "stdout")),
                             ("completed", tag + "\n"), path)

    def check_names(self):
        """No file is shown or stored that no worker has created."""
        known = {os.path.basename(path) for path in
                 {*self.last, *self.open}}
        for name in os.listdir(self.at("run")):
            name = name.removesuffix(".job")
            self.assertTrue(name in known or name.endswith(".part"), name)

        def left():
            return [name for folder in ("jobs", "removed")
                    for name in os.listdir(os.path.join(
                        self.mount.state_dir, "unsandboxfs",
                        self.server_key(), folder))
                    if folder == "removed" or
                    name.endswith((".tmp", ".damaged"))]
        wait_until(lambda: not left(), 5 * SLOWNESS, "no half file is left")

    def server_key(self):
        """The name of the account's state directory."""
        return os.listdir(os.path.join(self.mount.state_dir,
                                       "unsandboxfs"))[0]

    def check_executions(self):
        """Recorded saves ran once; others at most once."""
        ran = collections.Counter(
            execution["code"].split()[-1]
            for execution in self.server.executions())
        self.assertEqual([tag for tag, times in ran.items() if times > 1], [])
        for tag, path in self.ended.items():
            if path.startswith(("run/s", "jobs/")):
                self.assertEqual(ran[tag], 1, f"{path} {tag}")
            elif path.endswith(".txt"):
                self.assertEqual(ran[tag], 0, f"{path} {tag}")
        return sum(ran.values())

    def check_jobs(self):
        """Every accepted job has ended."""
        results = {}
        for name in os.listdir(self.at("jobs")):
            if name in ("new", "latest") or name.startswith("local-"):
                continue
            job = f"jobs/{name}"
            if not os.path.exists(self.at(job, "code")):
                continue  # killed before the answer: it is in the API's list
            results[self.read(job, "code").split()[-1]] = (
                self.value(job, "exit_code"), self.value(job, "status"),
                self.read(job, "stdout"))
        accepted = [tag for tag, path in self.ended.items()
                    if path.startswith("jobs/")]
        for tag in accepted:
            self.assertEqual(results.get(tag), ("0", "completed", tag + "\n"))
        return len(accepted)

    def test_kills(self):
        self.mount.start(20 * SLOWNESS)
        for number in range(WORKERS):
            log = os.path.join(self.place.path, f"worker{number}.notes")
            self.workers.append(Worker(self.mount.path, log, number,
                                       self.random.random(), self.gate))
        for worker in self.workers:
            worker.process.start()
        for kill in range(KILLS):
            self.gate.set()
            time.sleep(self.random.uniform(0, 0.15) * SLOWNESS)
            if self.random.random() < 0.2:  # and while it starts
                self.mount.kill()
                self.start_and_kill()
            else:
                self.mount.kill()
            self.rest()
            self.mount.start(20 * SLOWNESS)
            try:
                self.check_files()
                self.check_names()
            except AssertionError as error:
                raise AssertionError(f"SEED={SEED}, after kill {kill + 1}: "
                                     f"{error}") from error
        executed = self.check_executions()
        accepted = self.check_jobs()
        self.assertGreater(len(self.ended), KILLS)
        print(f"{KILLS} kills, {len(self.ended)} saves that had returned, "
              f"{self.checked} looks at them, {executed} executions, "
              f"{accepted} accepted jobs at their end")

    def start_and_kill(self):
        """A start that may be killed before it is ready."""
        self.mount.start(20 * SLOWNESS) if self.random.random() < 0.3 else \
            self.spawn()
        time.sleep(self.random.uniform(0, 0.05) * SLOWNESS)
        self.mount.kill()

    def spawn(self):
        """A start without waiting for it."""
        try:
            self.mount.start(0)
        except (AssertionError, RuntimeError):
            pass


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
    unittest.main()
