# SPDX-License-Identifier: MIT
# tests/mount/test_signals.py - signals that come while a program waits
"""A signal that a program handles while it goes on, such as that of a timer,
does not make its system calls fail; one that shall end it does so at once."""
import signal
import subprocess
import sys
import unittest

from gate import Gate
from test_resources_life import ResourceCase

# Signals itself again and again, in system calls as C makes them: Python's own
# start again after EINTR. Prints what they return.
PROGRAM = """
import ctypes, errno, os, signal, sys, time
number, ends = getattr(signal, sys.argv[1]), sys.argv[2]
handled = 0
def handle(*_):
    global handled
    handled += 1
signal.signal(number, handle)
signal.siginterrupt(number, sys.argv[3] == "no restart")
if ends:
    signal.signal(getattr(signal, ends), handle)
    signal.siginterrupt(getattr(signal, ends), False)
else:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
libc = ctypes.CDLL(None, use_errno=True)
parent = os.getpid()
child = os.fork()
if not child:
    while os.getppid() == parent:
        os.kill(parent, number)
        time.sleep(0.02)
    os._exit(0)
def call(name, *args):
    result = getattr(libc, name)(*args)
    print(name, result if name in ("read", "close") and result >= 0 else
          result >= 0 or errno.errorcode[ctypes.get_errno()], flush=True)
    return result
try:
    exec(sys.argv[4])
finally:
    os.kill(child, signal.SIGKILL)
print("handled", handled > 0)
"""
READ = """
fd = call("open", b"services/web/env", os.O_RDONLY)
call("read", fd, ctypes.create_string_buffer(100), 100)
"""
WRITE = """
fd = os.open("services/web/domains", os.O_WRONLY | os.O_TRUNC)
os.write(fd, b"slow.example.com")
call("close", fd)
"""
FOLLOW = """
fd = call("open", b"jobs/latest/stdout", os.O_RDONLY)
call("read", fd, ctypes.create_string_buffer(100), 100)
"""
HANDLED = ("SIGALRM", "SIGCHLD", "SIGWINCH", "SIGPROF", "SIGIO", "SIGURG",
           "SIGUSR1", "SIGRTMIN")


class Signals(ResourceCase):
    """Of a program that has slow files open."""

    time_limit_s = 240

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls()
        self.make("web")
        self.save("services/web/env", "A=1\n")

    def start(self, number, what, ends="", flags="restart"):
        """Starts the program."""
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, number, ends, flags, what],
            stdout=subprocess.PIPE, cwd=self.mount.path, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_handled(self):
        """It goes on as if there were none."""
        self.server.fault(
            {"method": "*", "path": "/services/*", "delay_ms": 1500})
        for flags in "restart", "no restart":
            started = [(number, self.start(number, READ, flags=flags))
                       for number in HANDLED]
            for number, process in started:
                self.assertEqual(process.communicate(timeout=60)[0],
                                 "open True\nread 4\nhandled True\n", number)

    def test_handled_while_it_saves(self):
        """It is sent once, and the close succeeds."""
        self.server.reset()
        self.server.fault(
            {"method": "PUT", "path": "/services/*", "delay_ms": 1500})
        process = self.start("SIGALRM", WRITE, flags="no restart")
        self.assertEqual(process.communicate(timeout=60)[0],
                         "close 0\nhandled True\n")
        self.assertEqual(len(self.server.changes()), 1)
        self.assertEqual(self.value("services/web/domains"),
                         "slow.example.com")

    def ended(self, process, number):
        """Sends it once the program waits, which then must not wait on."""
        self.wait_for(lambda: "\noperations_waiting 0\n" not in
                      self.read(".unsandboxfs/stats"), "it waits")
        process.send_signal(number)
        said = process.communicate(timeout=60)[0]
        self.wait_for(lambda: "\noperations_waiting 0\n" in
                      self.read(".unsandboxfs/stats"), "nobody waits")
        return process.returncode, said

    def test_ended(self):
        """Also after signals that it handles."""
        self.server.fault(
            {"method": "*", "path": "/services/*", "hang": "before"})
        for name in "SIGINT", "SIGTERM", "SIGKILL", "SIGHUP", "SIGUSR2":
            number = getattr(signal, name)
            self.assertEqual(self.ended(self.start("SIGALRM", READ), number),
                             (-number, ""), name)
        for name in "SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGTSTP":
            self.assertEqual(self.ended(
                self.start("SIGALRM", READ.rpartition("call")[0], name),
                getattr(signal, name)),
                (0, "open EINTR\nhandled True\n"), name)

    def test_limited(self):
        """Of reads, only one that waits like a pipe's ends for an alarm."""
        gate = Gate(self.place, "limited")
        self.save("jobs/new/limited.sh", gate.wait)
        self.addCleanup(self.error_of, self.save,
                        "jobs/new/limited.sh.job/cancel", "1\n")
        process = self.start("SIGALRM", FOLLOW)
        self.assertEqual(process.communicate(timeout=60)[0],
                         "open True\nread EINTR\nhandled True\n")
        process = self.start("SIGCHLD", FOLLOW)
        self.assertEqual(process.stdout.readline(), "open True\n")
        self.wait_for(lambda: "\nreaders_waiting 1\n" in
                      self.read(".unsandboxfs/stats"), "it reads")
        gate.open()
        self.assertEqual(process.communicate(timeout=60)[0],
                         "read 0\nhandled True\n")


if __name__ == "__main__":
    unittest.main()
