# SPDX-License-Identifier: MIT
# tests/mount/test_service.py - what systemd, signals and logs see of a daemon
import os
import signal
import socket
import stat
import subprocess
import unittest

from case import SLOWNESS
from mounted import PROGRAM
from standin import PUBLIC, SECRET
from starting import (CREDENTIALS, OTHER_PUBLIC, OTHER_SECRET, USAGE,
                      StartCase)


class Service(StartCase):
    """Notifications, the reading of keys, the log."""

    def setUp(self):
        super().setUp()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.settimeout(10 * SLOWNESS)

    def run_service(self, *flags, **more):
        """A daemon as systemd starts it; its stderr is a file."""
        path = self.write("stderr", "")
        self.log = open(path, "r+b")  # pylint: disable=consider-using-with
        self.addCleanup(self.log.close)
        info = os.fstat(self.log.fileno())
        env = dict(self.env, JOURNAL_STREAM=f"{info.st_dev}:{info.st_ino}",
                   **more)
        child = subprocess.Popen(  # pylint: disable=consider-using-with
            [PROGRAM, "-f", *flags, "-o", f"url={self.server.url},"
             f"state_dir={self.mount.state_dir}", self.mount.path], env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=self.log, cwd=self.place.path)
        self.addCleanup(child.wait)
        self.addCleanup(child.terminate)
        return child

    def notified(self):
        """The next notification."""
        return self.socket.recv(4096).decode()

    def keys(self, text):
        """Writes the accounts file; the environment has no keys."""
        self.without_keys()
        return self.write("home/.unsandbox/accounts.csv", text)

    def logged(self, words):
        """Waits for these words in .unsandboxfs/log."""
        self.wait_for(lambda: words in self.read(".unsandboxfs/log"), words)

    # ---- systemd ----

    def test_notifications(self):
        path = self.place.path + "/notify"
        for name, bound in ((path, path), ("@" + path, "\0" + path)):
            self.socket.close()
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.socket.settimeout(10 * SLOWNESS)
            self.socket.bind(bound)
            child = self.run_service(NOTIFY_SOCKET=name)
            self.assertEqual(self.notified(), "READY=1\nSTATUS=mounted")
            self.assert_works()
            child.send_signal(signal.SIGHUP)
            self.assertRegex(self.notified(),
                             r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
            self.assertEqual(self.notified(), "READY=1")
            child.terminate()
            self.assertEqual(self.notified(), "STOPPING=1")
            self.assertEqual(child.wait(10 * SLOWNESS), 0)
        os.unlink(path)

    def test_notification_of_an_outage(self):
        self.socket.bind(self.place.path + "/notify")
        self.addCleanup(os.unlink, self.place.path + "/notify")
        self.server.fault({"path": "/keys/validate", "status": 500})
        self.addCleanup(self.server.fault)
        self.run_service("-o", "timeout=1",
                         NOTIFY_SOCKET=self.place.path + "/notify")
        self.assertRegex(self.notified(),
                         "^READY=1\nSTATUS=mounted: .*mounted anyway")

    def test_watchdog(self):
        self.socket.bind(self.place.path + "/notify")
        self.addCleanup(os.unlink, self.place.path + "/notify")
        child = self.run_service(NOTIFY_SOCKET=self.place.path + "/notify",
                                 WATCHDOG_USEC="200000")
        got = [self.notified() for _ in range(6)]
        self.assertGreaterEqual(got.count("WATCHDOG=1"), 4, got)
        child.send_signal(signal.SIGSTOP)
        self.socket.settimeout(0.5)
        with self.assertRaises(TimeoutError):
            for _ in range(3):
                self.notified()
        child.send_signal(signal.SIGCONT)

    def test_credentials_of_systemd(self):
        """LoadCredential=: the file has an ACL: its mode does not matter."""
        self.without_keys()
        path = self.write("credentials/accounts.csv", f"{PUBLIC},{SECRET}\n",
                          mode=0o440)
        self.env["CREDENTIALS_DIRECTORY"] = os.path.dirname(path)
        self.assert_starts()
        self.assertEqual(self.config("credentials"), path + ", account 0")
        self.end_all()
        self.env["CREDENTIALS_DIRECTORY"] = self.place.path + "/cred"
        self.assert_fails(CREDENTIALS, "600",
                          options=f"accounts_file={path}")

    def test_lines_of_the_journal(self):
        """They have a priority, and name the mountpoint, not the program."""
        child = self.run_service()
        self.wait_for(self.mount.is_mounted, "the mount")
        self.assert_works()
        child.terminate()
        self.assertEqual(child.wait(10 * SLOWNESS), 0)
        self.log.seek(0)
        lines = self.log.read().decode().splitlines()
        for line in lines:
            self.assertRegex(line, f"^<[0-7]>{self.mount.path}: ")
            self.assertNotIn("unsandboxfs:", line)
        for words in ("mounted", "ended by Terminated", "unmounted"):
            self.assertIn(f"<6>{self.mount.path}: {words}", lines)

    # ---- the keys ----

    def test_keys_are_read_again(self):
        """SIGHUP; what runs or is saved is not touched."""
        self.keys(f"{PUBLIC},{SECRET}\n")
        self.assert_starts()
        (pid,) = self.daemons()
        self.save("run/kept.sh", "echo kept\n")
        self.keys(f"{PUBLIC},unsb-sk-wrong-wrong-wrong-wrong\n")
        os.kill(pid, signal.SIGHUP)
        self.logged("keys: read ")
        self.assertEqual(self.error_of(os.listdir, self.at("services")),
                         "EKEYREJECTED")
        self.keys(f"{PUBLIC},{SECRET}\n")
        os.kill(pid, signal.SIGHUP)
        self.wait_for(lambda: not self.error_of(
            os.listdir, self.at("services")), "the old key again")
        self.assertEqual(self.read("run/kept.sh.job/stdout"), "kept\n")

    def test_keys_that_cannot_be_read_again(self):
        """The old ones stay, and the log says why."""
        self.keys(f"{PUBLIC},{SECRET}\n")
        self.assert_starts()
        (pid,) = self.daemons()
        for text, mode, words in (
                (f"{OTHER_PUBLIC},{OTHER_SECRET}\n", 0o600,
                 "another public key"),
                (f"{PUBLIC},{SECRET}\n", 0o644, "chmod 600"),
                ("", 0o600, "has no account 0")):
            self.write("home/.unsandbox/accounts.csv", text, mode)
            os.kill(pid, signal.SIGHUP)
            self.logged(words)
            self.assert_works()

    def test_keys_of_the_environment(self):
        self.assert_starts()
        (pid,) = self.daemons()
        os.kill(pid, signal.SIGHUP)
        self.logged("the environment; mount again to change")
        self.assert_works()

    # ---- the log ----

    def test_log_file(self):
        path = self.place.path + "/u.log"
        self.addCleanup(os.unlink, path)
        for _ in range(2):  # it is appended to
            self.assert_starts(options="log_file=u.log")
            self.assert_works()
            self.end_all()
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertEqual(text.count("Z info: mounted\n"), 2)
        self.assertEqual(text.count("Z info: unmounted\n"), 2)
        self.assertNotIn(SECRET, text)
        self.assert_fails(USAGE, "log_file=/no/such/file: No such file",
                          options="log_file=/no/such/file")

    def test_a_log_file_that_was_rotated(self):
        """SIGHUP opens it again by its name, relative to where it began; if
        that fails, the old one goes on."""
        path, old = self.place.path + "/its.log", self.place.path + "/old.log"
        self.addCleanup(os.unlink, old)
        self.assert_starts(options="log_file=its.log")
        (pid,) = self.daemons()
        os.rename(path, old)
        os.mkdir(path)
        os.kill(pid, signal.SIGHUP)
        self.logged("its.log: Is a directory\n")
        os.rmdir(path)
        self.addCleanup(os.unlink, path)
        os.kill(pid, signal.SIGHUP)
        self.wait_for(lambda: os.path.exists(path), "the new file")
        self.end_all()
        with open(old, encoding="utf-8") as file:
            self.assertIn("its.log: Is a directory\n", file.read())
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.assertNotIn("Z info: mounted\n", text)
        self.assertIn("Z info: unmounted\n", text)

    def test_requests_are_logged_when_wanted(self):
        """SIGUSR2 switches it on, and off again."""
        self.assert_starts()
        (pid,) = self.daemons()
        self.read("languages")
        self.assertNotIn("GET /languages", self.read(".unsandboxfs/log"))
        os.kill(pid, signal.SIGUSR2)
        self.logged("requests to the API are logged\n")
        self.read("shells")
        self.logged("debug: GET /shells: 200")
        os.kill(pid, signal.SIGUSR2)
        self.logged("logged no longer")
        self.value("system/health/status")
        self.assertNotIn("GET /health", self.read(".unsandboxfs/log"))
        self.assertNotIn(SECRET, self.read(".unsandboxfs/log"))


if __name__ == "__main__":
    unittest.main()
