# SPDX-License-Identifier: MIT
# tests/mount/case.py - base of every mount test: a server, a mount, limits
import contextlib
import errno
import faulthandler
import os
import signal
import subprocess
import sys
import threading
import time
import unittest

from mounted import IS_SANITIZED, Mounted
from place import (Place, abort, adopt_orphans, mounts_under, processes_with,
                   wait_until)
from standin import Standin

SLOWNESS = 4 if IS_SANITIZED else 1
FINAL = ("completed", "failed", "timeout", "cancelled", "error")


# What unittest calls them by.
PARTS_OF_A_TEST = "_callSetUp", "_callTestMethod", "_callTearDown"


class TestTimeout(Exception):
    """The test took too long."""


def give_up_after(seconds):
    """Ends this process, having shown where it is; tests/mount/run.py counts
    it as failed. It needs neither Python's lock nor a system call to end."""
    faulthandler.dump_traceback_later(seconds, exit=True, file=sys.stdout)


class MountCase(unittest.TestCase):
    """A class of tests with its own stand-in and mount."""

    options = ""
    server_arguments = ()
    # Of a test, or of each of its subtests: a test of hundreds is not late
    # because the machine is busy.
    time_limit_s = 60
    # Seconds until the daemon is killed, if the test still hangs.
    last_resort_s = 10
    # Seconds until the tests end, if this one hangs even then.
    given_up_s = 60
    # Whether to mount before the first test.
    starts_mounted = True
    # Whether to reset the server's counts before each test.
    resets_server = True
    # Whether each program in a directory of run/ runs on its own.
    runs_each = False

    place = server = mount = last_resort = None
    log_begin = 0
    is_late = False

    @classmethod
    def setUpClass(cls):
        adopt_orphans()
        signal.signal(signal.SIGALRM, cls._late)
        cls.place = Place(cls.__name__)
        try:
            cls.server = Standin(cls.place, *cls.server_arguments)
            cls.mount = Mounted(cls.place, cls.server, cls.options)
            if cls.starts_mounted:
                cls.mount.start(20 * SLOWNESS)
            if cls.runs_each:
                with open(os.path.join(cls.mount.path, "run/.settings/main"),
                          "w", encoding="utf-8") as setting:
                    setting.write("*\n")
        except BaseException:
            cls.place.close()
            raise

    @classmethod
    def tearDownClass(cls):
        signal.alarm(0)
        give_up_after(180 * SLOWNESS)
        cls.addClassCleanup(faulthandler.cancel_dump_traceback_later)
        wrong = cls.mount.stop()
        if cls.server.process.poll() is None:
            cls.server.stop()
        log = cls.mount.log()
        wrong += [f"left behind: {what}" for what in cls.place.close()]
        if wrong:
            raise AssertionError("\n".join([*wrong, "the daemon's log:", log]))

    @staticmethod
    def _late(_number, frame):
        """Raises an exception in the test, but none in what runs tests: a
        system call that does not end delivers the signal when it does."""
        MountCase.is_late = True
        while frame and frame.f_code.co_name not in PARTS_OF_A_TEST:
            frame = frame.f_back
        if frame:
            raise TestTimeout("the test took too long")

    def setUp(self):
        if self.starts_mounted:
            self._mount_again()
        self.log_begin = len(self.mount.log())
        if self.resets_server:
            self.server.reset()
        MountCase.is_late = False
        self.addCleanup(self._end_if_late)
        self._limit()

    def _limit(self):
        """From now on the test has its time."""
        self._limit_end()
        seconds = self.time_limit_s * SLOWNESS
        signal.alarm(seconds)
        # A request that the daemon never answers cannot be interrupted.
        seconds += self.last_resort_s
        self.last_resort = threading.Timer(seconds, self._end_by_force)
        self.last_resort.daemon = True
        self.last_resort.start()
        give_up_after(seconds + self.given_up_s)

    def _limit_end(self):
        signal.alarm(0)
        faulthandler.cancel_dump_traceback_later()
        if self.last_resort:
            self.last_resort.cancel()

    def _end_if_late(self):
        """The daemon may hang: the next test gets another one."""
        self._limit_end()
        if self.is_late:
            self._end_by_force()
            with contextlib.suppress(subprocess.TimeoutExpired):
                if self.mount.process:
                    self.mount.process.wait(10)

    @contextlib.contextmanager
    def subTest(self, *arguments, **parameters):
        """None follows one that took too long: unittest goes on after any
        exception, with a daemon that was killed."""
        with super().subTest(*arguments, **parameters):
            self._limit()
            yield
        if self.is_late:
            raise TestTimeout("a subtest took too long")

    def tearDown(self):
        trouble = self.mount.trouble()
        self.assertEqual(trouble, [], "the daemon's log")
        if self.starts_mounted:
            self.assertIsNone(self.mount.process.poll(), "the daemon ended")

    def _mount_again(self):
        """Mounts again, for use after a test that ended the daemon."""
        if self.mount.process.poll() is not None:
            if self.mount.is_mounted():
                subprocess.run(["fusermount3", "-uz", self.mount.path],
                               timeout=20, check=False)
            self.mount.start(20 * SLOWNESS)

    def _end_by_force(self):
        """Kills daemons, and ends all requests of their mounts."""
        if self.mount.process:
            self.mount.process.kill()
        for point in mounts_under(self.place.path):
            abort(point)
        for pid, line in processes_with(self.place.path).items():
            if os.path.basename(line.split(" ")[0]) == "unsandboxfs":
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def evidence(self):
        """Text that is shown with a failure."""
        lines = self.mount.log()[self.log_begin:].splitlines()
        return "the daemon's log:\n" + "\n".join(lines[-40:]) + "\n"

    def switch(self, **switches):
        """Sets switches of the server until the test ends."""
        before = self.server.ask("GET", "/switches")
        self.server.ask("PUT", "/switches", switches)
        self.addCleanup(self.server.ask, "PUT", "/switches",
                        {name: before[name] for name in switches})

    def is_switched(self, name):
        """Whether a switch of the server is on."""
        return bool(self.server.ask("GET", "/switches")[name])

    # ---- paths and files of the mount ----

    def at(self, *parts):
        """A path in the mount."""
        return os.path.join(self.mount.path, *parts)

    def save(self, path, content):
        """Writes a file of the mount like cp; raises the error of close."""
        if isinstance(content, str):
            content = content.encode()
        fd = os.open(self.at(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
                     0o644)
        try:
            while content:
                content = content[os.write(fd, content):]
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)

    def save_error(self, path, content):
        """The name of the save's errno, or None if it succeeded."""
        return self.error_of(self.save, path, content)

    @staticmethod
    def error_of(function, *arguments, **more):
        """The name of the errno that the call raised, or None."""
        try:
            function(*arguments, **more)
        except OSError as error:
            return errno.errorcode.get(error.errno, str(error.errno))
        return None

    def read(self, *parts):
        """The text of a file of the mount; waits like cat."""
        return self.read_bytes(*parts).decode()

    def read_bytes(self, *parts):
        """The bytes of a file of the mount."""
        with open(self.at(*parts), "rb", buffering=0) as file:
            pieces = []
            while piece := file.read(1 << 20):
                pieces.append(piece)
        return b"".join(pieces)

    def value(self, *parts):
        """The text of a one-value file without its newline."""
        text = self.read(*parts)
        self.assertTrue(text.endswith("\n"), f"{parts}: {text!r}")
        return text[:-1]

    def results(self, job):
        """(status, exit code, stdout) of a job; waits for its end."""
        code = self.value(job, "exit_code")
        return self.value(job, "status"), code, self.read(job, "stdout")

    # ---- programs, and requests to the server ----

    def shell(self, command, *arguments, seconds=30, **more):
        """Runs a bash command in the mount; fails if the command fails."""
        done = subprocess.run(
            ["bash", "-c", command, "bash", *arguments], cwd=self.mount.path,
            env=dict(os.environ, HOME=self.mount.home, LC_ALL="C.UTF-8"),
            stdin=subprocess.DEVNULL, capture_output=True,
            timeout=seconds * SLOWNESS, check=False, **more)
        self.assertEqual((done.returncode, done.stderr.decode(
            errors="replace")), (0, ""), command)
        return done.stdout.decode(errors="surrogateescape")

    def fails(self, command, *arguments, seconds=30):
        """The stderr of a bash command that must fail."""
        done = subprocess.run(
            ["bash", "-c", command, "bash", *arguments], cwd=self.mount.path,
            stdin=subprocess.DEVNULL, capture_output=True,
            timeout=seconds * SLOWNESS, check=False)
        self.assertNotEqual(done.returncode, 0, command)
        return done.stderr.decode(errors="replace")

    def executions(self, word=""):
        """The executions whose code contains word."""
        return [e for e in self.server.executions()
                if word in e.get("code", "")]

    def wait_for(self, condition, what, seconds=10):
        """Polls until condition() is true."""
        return wait_until(condition, seconds * SLOWNESS, what)

    def settled(self):
        """Waits long enough for a run that must not happen."""
        time.sleep(0.4)

    def assert_requests(self, expected):
        """Asserts the exact requests since the last reset."""
        self.assertEqual(self.server.requests(), expected)
