# SPDX-License-Identifier: MIT
# tests/mount/test_hang.py - a server that hangs does not hang the mount
import os
import signal
import subprocess
import time
import unittest

from case import SLOWNESS, MountCase
from place import processes_with, wait_until

NOTHING = {"method": "*", "path": "*", "hang": "before"}
MANY = 50


class Hang(MountCase):
    """A server that takes requests and never answers."""

    options = "timeout=60,run_wait=30"
    time_limit_s = 60
    names = 1000  # no name twice

    def setUp(self):
        super().setUp()
        self.waiting = []
        os.listdir(self.at("run"))

    def tearDown(self):
        for process in self.waiting:
            process.kill()
            process.wait(10)
            process.stdout.close()
        super().tearDown()

    def wait_in(self, *command):
        """A process that will wait in the mount."""
        process = subprocess.Popen(
            command, cwd=self.mount.path if "-c" in command else "/",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        self.waiting.append(process)
        return process

    def fifty_wait(self):
        """Processes that read, save, look up, list and write."""
        self.server.fault(NOTHING)
        kinds = [
            "echo 'echo 1' > run/h$0.sh", "echo 'echo 1' > jobs/new/h$0.sh",
            "ls services", "ls snapshots", "ls images/owned", "ls sessions"]
        Hang.names += MANY
        for number in range(MANY):
            self.wait_in("bash", "-c", kinds[number % len(kinds)],
                         f"{Hang.names + number}")
        # The kernel lets some of them wait for others without a request.
        self.wait_for(lambda: self.parked() >= MANY // 2, "they wait")
        time.sleep(0.3 * SLOWNESS)
        self.assertEqual(len(self.running()), MANY, "not all of them wait")

    def parked(self):
        """How many operations wait, according to the mount."""
        for line in self.read(".unsandboxfs/stats").splitlines():
            if line.startswith("operations_waiting "):
                return int(line.split()[1])
        return 0

    def running(self):
        """The processes that have not ended."""
        return [p for p in self.waiting if p.poll() is None]

    def test_fifty_wait_and_a_listing_answers_at_once(self):
        self.fifty_wait()
        began = time.monotonic()
        for _ in range(20):
            os.listdir(self.at("run"))
            os.stat(self.at("README"))
            os.statvfs(self.mount.path)
            self.read(".unsandboxfs/version")
        self.assertLess(time.monotonic() - began, 5 * SLOWNESS)
        self.assertEqual(len(self.running()), MANY)

    def test_each_of_fifty_can_be_killed(self):
        self.fifty_wait()
        for number, process in enumerate(self.waiting):
            began = time.monotonic()
            process.send_signal(signal.SIGTERM if number % 2 else
                                signal.SIGKILL)
            process.wait(10 * SLOWNESS)
            self.assertLess(time.monotonic() - began, 5 * SLOWNESS)
        self.wait_for(lambda: processes_with(self.mount.path).keys() ==
                      {self.mount.pid}, "only the daemon is left")
        self.assertEqual(len(os.listdir(self.at("run"))) > 0, True)

    def one_of_many(self, *command):
        """Many use one name; each can be killed, the last one first."""
        for _ in range(8):
            self.wait_in(*command)
            time.sleep(0.05)
        time.sleep(1.5 * SLOWNESS)
        self.assertEqual(len(self.running()), 8)
        for process in reversed(self.waiting):
            began = time.monotonic()
            process.kill()
            process.wait(10 * SLOWNESS)
            self.assertLess(time.monotonic() - began, 5 * SLOWNESS)

    def test_who_uses_the_same_name_can_be_killed(self):
        self.server.fault(NOTHING)
        self.one_of_many("cat", self.at("languages"))

    def evidence(self):
        left = [" ".join(p.args[-1:]) + f": {p.poll()}" for p in self.waiting]
        return f"{left}\n" + super().evidence()

    def ends(self, how):
        """Ends the mount in under 2 s with 50 requests in flight."""
        self.fifty_wait()
        began = time.monotonic()
        how()
        status = self.mount.process.wait(10 * SLOWNESS)
        took = time.monotonic() - began
        self.assertEqual(status, 0)
        self.assertLess(took, 2 * SLOWNESS)
        for process in self.waiting:
            process.wait(2 * SLOWNESS)
        self.assertFalse(self.mount.is_mounted())
        self.server.reset()
        self.mount.start(20 * SLOWNESS)

    def test_ended_by_sigterm(self):
        self.ends(lambda: self.mount.process.send_signal(signal.SIGTERM))

    def test_ended_by_sigint(self):
        self.ends(lambda: self.mount.process.send_signal(signal.SIGINT))

    def test_ended_by_a_lazy_fusermount(self):
        self.ends(lambda: (
            subprocess.run(["fusermount3", "-uz", self.mount.path],
                           check=True, timeout=5 * SLOWNESS),
            [p.kill() for p in self.waiting]))

    def waits_for_nobody(self, command):
        """Unmounts an idle mount whose own requests hang."""
        self.server.fault(NOTHING)
        waiting = self.wait_in("cat", self.at("languages"))
        self.wait_for(self.parked, "it waits")
        waiting.kill()
        waiting.wait(5 * SLOWNESS)
        began = time.monotonic()
        subprocess.run([*command, self.mount.path], check=True,
                       timeout=10 * SLOWNESS)
        self.assertEqual(self.mount.process.wait(10 * SLOWNESS), 0)
        self.assertLess(time.monotonic() - began, 2 * SLOWNESS)
        self.server.reset()
        self.mount.start(20 * SLOWNESS)

    def test_fusermount(self):
        self.waits_for_nobody(["fusermount3", "-u"])

    @unittest.skipUnless(os.geteuid() == 0, "umount needs root")
    def test_umount(self):
        self.waits_for_nobody(["umount"])

    def test_statfs_asks_nothing(self):
        self.server.ask("DELETE", "/requests")
        for _ in range(10):
            room = os.statvfs(self.mount.path)
            self.assertGreater(room.f_bavail * room.f_frsize, 1 << 30)
            self.assertGreater(room.f_ffree, 10000)
        subprocess.run(["df", self.mount.path], check=True,
                       stdout=subprocess.DEVNULL, timeout=10)
        self.assertEqual(self.server.requests(), {})

    def test_a_start_does_not_wait_for_ever(self):
        self.mount.end()
        self.server.fault(NOTHING)
        began = time.monotonic()
        self.mount.options = "timeout=2"
        done = subprocess.run(self.mount.command(), env=self.mount.env,
                              capture_output=True, timeout=30 * SLOWNESS,
                              stdin=subprocess.DEVNULL, check=False)
        self.mount.options = self.options
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"mounted anyway", done.stderr)
        self.assertLess(time.monotonic() - began, 12 * SLOWNESS)
        daemon = self.mount.others()
        subprocess.run(["fusermount3", "-u", self.mount.path], check=True,
                       timeout=10)
        for pid in daemon:
            os.waitpid(pid, 0)
        self.server.reset()
        self.mount.start(20 * SLOWNESS)


class Dead(MountCase):
    """A daemon that was killed."""

    def kill(self):
        """The mount remains, dead."""
        self.mount.process.kill()
        self.mount.process.wait(10)

    def start_again(self):
        """Starts another daemon over the dead mount."""
        with open(self.mount.log_path, "ab") as log:
            self.mount.process = subprocess.Popen(
                self.mount.command("-f"), env=self.mount.env, stdout=log,
                stderr=log, stdin=subprocess.DEVNULL)
        wait_until(lambda: self.error_of(os.listdir, self.mount.path) is None
                   and os.path.exists(self.at("README")), 20 * SLOWNESS,
                   "it answers")

    def test_a_dead_mount_is_replaced(self):
        for _ in range(3):
            self.save("run/kept.txt", "kept\n")
            self.kill()
            self.assertEqual(self.error_of(os.listdir, self.mount.path),
                             "ENOTCONN")
            self.start_again()
            self.assertEqual(self.read("run/kept.txt"), "kept\n")
        with open("/proc/self/mountinfo", encoding="utf-8") as lines:
            mounts = [line for line in lines
                      if line.split()[4] == self.mount.path]
        self.assertEqual(len(mounts), 1)

    def test_who_waited_is_told(self):
        self.server.fault({**NOTHING, "path": "/languages"})
        waiting = subprocess.Popen(["cat", self.at("languages")],
                                   stdin=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        self.kill()
        self.assertEqual(waiting.wait(5 * SLOWNESS), 1)
        self.server.reset()
        self.start_again()

    def test_a_live_mount_is_not_replaced(self):
        done = subprocess.run(self.mount.command(), env=self.mount.env,
                              capture_output=True, timeout=20,
                              stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn(b"mounted there already", done.stderr)


class AutoUnmount(MountCase):
    """-o auto_unmount"""

    options = "auto_unmount"

    def tearDown(self):
        self.mount.process = None  # it was killed

    def test_killed_and_gone(self):
        self.assertTrue(self.mount.is_mounted())
        self.mount.process.kill()
        self.mount.process.wait(10)
        self.wait_for(lambda: not self.mount.is_mounted(),
                      "the mount is gone")
        self.assertEqual(os.listdir(self.mount.path), [])
        self.wait_for(lambda: not processes_with(self.mount.path),
                      "who unmounted it has ended")


if __name__ == "__main__":
    unittest.main()
