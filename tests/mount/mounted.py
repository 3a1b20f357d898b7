# SPDX-License-Identifier: MIT
# tests/mount/mounted.py - unsandboxfs, mounted in a private directory
import contextlib
import os
import re
import signal
import subprocess

from place import (BUILD, end_with_parent, mounts_under, processes_with,
                   unmount, wait_until)
from standin import PUBLIC, SECRET

PROGRAM = os.path.join(BUILD, "unsandboxfs")
IS_SANITIZED = bool(re.search(r"build-.*(address|undefined|thread)", BUILD))

# Words that are not in the log of a healthy daemon.
TROUBLE = re.compile(rb"Sanitizer|runtime error:|ERROR: |Assertion|"
                     rb"core dumped|==\d+==")


def environment(home, **more):
    """The daemon's environment, without the user's own account."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("UNSANDBOX", "XDG_"))}
    env.update(HOME=home, LC_ALL="C.UTF-8", **more)
    return env


def with_keys(env, public=PUBLIC, secret=SECRET):
    """The environment with keys in it."""
    return dict(env, UNSANDBOX_PUBLIC_KEY=public, UNSANDBOX_SECRET_KEY=secret)


def sealed(record):
    """The record of a job with its hash, which is FNV-1a."""
    value = 0xcbf29ce484222325
    for byte in record:
        value = (value ^ byte) * 0x100000001b3 % 2 ** 64
    return record + b"\n%016x\n" % value


class Mounted:
    """A daemon and its mountpoint; it may be started more than once."""

    def __init__(self, place, server, options="", name="u"):
        self.place = place
        self.server = server
        self.options = options
        self.home = os.path.join(place.path, "home")
        os.makedirs(self.home, exist_ok=True)
        self.state_dir = os.path.join(place.path, "state")
        self.path = place.folder(name)
        self.log_path = os.path.join(place.path, name + ".log")
        self.sanitizer_log = os.path.join(place.path, name + ".san")
        self.env = with_keys(environment(self.home, **self._sanitizers()))
        self.process = None
        self.wrapper = ()

    def _sanitizers(self):
        kinds = ("ASAN", "LSAN", "TSAN", "UBSAN")
        return {kind + "_OPTIONS": ":".join(filter(None, (
            os.environ.get(kind + "_OPTIONS", ""),
            f"log_path={self.sanitizer_log}", "exitcode=99",
            "print_stacktrace=1"))) for kind in kinds}

    def command(self, *flags):
        """The command that starts it."""
        options = f"url={self.server.url},state_dir={self.state_dir}"
        if self.options:
            options += "," + self.options
        return [*self.wrapper, PROGRAM, *flags, "-o", options, self.path]

    def start(self, seconds=20):
        """Starts it in the foreground and waits until it answers and has
        checked its key."""
        tried = self._key_was_tried()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command("-f"), env=self.env, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd=self.place.path,
                preexec_fn=end_with_parent)
        wait_until(self._answers, seconds, "the mount answers")
        wait_until(lambda: tried is None or self._key_was_tried() > tried,
                   seconds, "the key was tried")

    def _key_was_tried(self):
        """The number; None if it cannot be read."""
        process = getattr(self.server, "process", None)
        if process is None or process.poll() is not None:
            return None
        return self.server.requests().get("POST /keys/validate", 0)

    def _answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"unsandboxfs ended with status "
                               f"{self.process.returncode}:\n{self.log()}")
        try:
            return self.is_mounted() and os.listdir(self.path)
        except OSError:  # the dead mount that will be replaced
            return False

    def is_mounted(self):
        """Whether something is mounted there, alive or dead."""
        return self.path in mounts_under(self.path)

    @property
    def pid(self):
        """The pid of the daemon itself, not of a wrapper."""
        return self.process.pid

    def unmount(self, seconds=10):
        """Unmounts like a user; returns the daemon's exit status."""
        if not unmount(self.path):
            raise AssertionError("fusermount3 -u failed")
        return self.process.wait(seconds)

    def end(self, number=signal.SIGTERM, seconds=10):
        """Ends the daemon by a signal; returns its exit status."""
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def restart(self):
        """Unmounts and mounts again."""
        status = self.unmount()
        if status:
            raise AssertionError(f"the daemon ended with status {status}")
        self.start()

    def stop(self):
        """Ends it, by force if necessary; returns what was wrong."""
        wrong = []
        if self.process and self.process.poll() is None:
            if self._lost_its_stdin():
                wrong.append("the daemon closed descriptor 0")
            if not self.is_mounted() or not unmount(self.path):
                unmount(self.path, lazy=True)
                self.process.terminate()
            try:
                self.process.wait(15 if not IS_SANITIZED else 60)
            except subprocess.TimeoutExpired:
                wrong.append("the daemon had to be killed")
                self.process.kill()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(10)
        if self.process and self.process.returncode:
            wrong.append(f"the daemon ended with {self.process.returncode}")
        return wrong + self.trouble()

    def _lost_its_stdin(self):
        """A descriptor that was never set closes 0, then anything's."""
        try:
            return os.readlink(f"/proc/{self.pid}/fd/0") != os.devnull
        except FileNotFoundError:
            return os.path.isdir(f"/proc/{self.pid}/fd")

    def log(self):
        """Its stderr and the output of a sanitizer."""
        text = b""
        for name in sorted(os.listdir(self.place.path)):
            path = os.path.join(self.place.path, name)
            if path == self.log_path or path.startswith(self.sanitizer_log):
                with open(path, "rb") as file:
                    text += file.read()
        return text.decode(errors="replace")

    def trouble(self):
        """Lines of the log that no healthy daemon writes."""
        return [line for line in self.log().splitlines()
                if TROUBLE.search(line.encode())][:5]

    def others(self):
        """Processes whose command line has this mountpoint."""
        return processes_with(self.path)
