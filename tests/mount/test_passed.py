# SPDX-License-Identifier: MIT
# tests/mount/test_passed.py - /dev/fd/N: the caller has opened and mounted
# /dev/fuse, so that the program needs no privilege and no fusermount3
import array
import os
import shutil
import signal
import socket
import subprocess
import unittest

from case import SLOWNESS
from mounted import PROGRAM
from place import processes_with, unmount
from starting import MOUNTPOINT, USAGE, StartCase

CALLER_OPTIONS = "fsname=passed,subtype=unsandboxfs,default_permissions"


class Passed(StartCase):
    """The daemon gets a descriptor instead of a mountpoint."""

    def daemons(self):
        """Their command lines have no mountpoint, but the state directory."""
        self.place._reap()
        return {pid: line for pid, line
                in processes_with(self.mount.state_dir).items()
                if line.startswith(PROGRAM)}

    def passed(self, options=CALLER_OPTIONS):
        """Mounts as a caller does; returns the descriptor of /dev/fuse."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            subprocess.run(["fusermount3", "-o", options, "--",
                            self.mount.path], check=True, timeout=20,
                           pass_fds=[theirs.fileno()],
                           env={**self.env,
                                "_FUSE_COMMFD": str(theirs.fileno())})
            fds = array.array("i", [-1])
            _, ((_, _, data),), _, _ = ours.recvmsg(
                1, socket.CMSG_SPACE(fds.itemsize))
            fds = array.array("i", data[:fds.itemsize])
        return fds[0]

    def start_passed(self, fd, options="", **more):
        """Starts it with the descriptor, which this process then closes."""
        try:
            return self.start(options=options, point=f"/dev/fd/{fd}",
                              pass_fds=[fd], **more)
        finally:
            os.close(fd)

    def test_mount(self):
        """Neither PATH nor /dev/fuse are needed."""
        env = dict(self.env, PATH="/no/such")
        self.assertEqual(self.start_passed(self.passed(), env=env), (0, ""))
        self.assert_works()
        self.assertIn(" fuse.unsandboxfs passed ", self.mountinfo())

    def test_end(self):
        """An unmount ends the daemon. A signal, too, and then the caller has
        a dead mount, which another start replaces."""
        self.assertEqual(self.start_passed(self.passed()), (0, ""))
        (pid,) = self.daemons()
        os.kill(pid, signal.SIGTERM)
        self.wait_for(lambda: not self.daemons(), "the end")
        self.assertEqual(self.error_of(os.stat, self.mount.path), "ENOTCONN")
        self.assert_starts()
        self.assert_works()
        self.end_all()
        self.assertEqual(self.start_passed(self.passed()), (0, ""))
        self.assertTrue(unmount(self.mount.path))
        self.wait_for(lambda: not self.daemons(), "the end")

    def test_children_do_not_inherit_it(self):
        """Else the mount would hang, not die, when the daemon ends."""
        fd = self.passed()
        child = subprocess.Popen(  # pylint: disable=consider-using-with
            [PROGRAM, "run", "-o", f"url={self.server.url},"
             f"state_dir={self.mount.state_dir}", f"/dev/fd/{fd}", "--",
             "sh", "-c", f"test ! -e /proc/self/fd/{fd}"],
            env=self.env, pass_fds=[fd])
        os.close(fd)
        self.assertEqual(child.wait(20 * SLOWNESS), 0)

    def test_what_is_none(self):
        with open("/dev/null", "rb") as other:
            self.assert_fails(MOUNTPOINT, "not /dev/fuse",
                              point=f"/dev/fd/{other.fileno()}",
                              pass_fds=[other.fileno()])
        for point in ("/dev/fd/999", "/dev/fd/0"):
            self.assert_fails(MOUNTPOINT, [point, "not /dev/fuse"],
                              point=point)
        self.assert_fails(MOUNTPOINT, "does not exist", point="/dev/fd/0x")
        with open("/dev/fuse", "r+b", buffering=0) as fuse:
            self.assert_fails(MOUNTPOINT, "not mounted",
                              point=f"/dev/fd/{fuse.fileno()}",
                              pass_fds=[fuse.fileno()])
        for option in ("auto_unmount", "idle_exit=3"):
            self.assert_fails(USAGE, option.partition("=")[0], options=option,
                              point="/dev/fd/5")

    def test_check(self):
        fd = self.passed()
        try:
            self.assertEqual(self.start(
                "--check", f"--url={self.server.url}",
                f"--state_dir={self.mount.state_dir}", f"/dev/fd/{fd}",
                pass_fds=[fd]), (0, ""))
        finally:
            os.close(fd)
        self.assertIn(f"/dev/fd/{fd}: /dev/fuse, and mounted", self.stdout)
        self.assertTrue(unmount(self.mount.path, lazy=True))

    @unittest.skipUnless(os.getuid() == 0 and shutil.which("mount.fuse3"),
                         "mount(8) is root's")
    def test_drop_privileges(self):
        """mount.fuse3 mounts, and starts the daemon without a capability."""
        subprocess.run(
            ["mount", "-t", "fuse3", "-o", "drop_privileges,"
             "default_permissions,state_dir=" + self.mount.state_dir,
             f"{PROGRAM}#{self.server.url}", self.mount.path], check=True,
            timeout=20, env=self.env)
        self.assert_works()
        (pid,) = self.daemons()
        with open(f"/proc/{pid}/status", encoding="ascii") as lines:
            (held,) = [line.split()[1] for line in lines
                       if line.startswith("CapEff:")]
        self.assertEqual(int(held, 16), 0)


if __name__ == "__main__":
    unittest.main()
