# SPDX-License-Identifier: MIT
# tests/mount/test_command.py - a mount for one command; a mount nobody uses
import os
import resource
import signal
import subprocess
import time
import unittest

from case import SLOWNESS
from gate import Gate
from mounted import PROGRAM
from place import unmount
from starting import CREDENTIALS, MOUNTPOINT, USAGE, StartCase


class Command(StartCase):
    """unsandboxfs run MOUNTPOINT -- COMMAND, and -o run=COMMAND."""

    def usual(self):
        """Options of every mount here."""
        return (f"--url={self.server.url}",
                f"--state_dir={self.mount.state_dir}")

    def run_command(self, *command, options=()):
        """Returns (status, stderr); stdout is self.stdout."""
        return self.start("run", *self.usual(), *options, self.mount.path,
                          "--", *command)

    def assert_left_nothing(self):
        """It is unmounted when the command returns."""
        self.assertEqual(self.mounts(), [])
        self.assertEqual(self.daemons(), {})

    def test_status_and_output(self):
        script = "echo 'echo $((6*7))' > u/run/a.sh; cat u/run/a.sh.job/stdout"
        for status in (0, 1, 77):
            got = self.run_command("sh", "-c", f"{script}; exit {status}")
            self.assertEqual((*got, self.stdout), (status, "", "42\n"))
            self.assert_left_nothing()
            got = self.start(*self.usual(), self.mount.path, "-o",
                             f"run={script}; exit {status}")
            self.assertEqual((*got, self.stdout), (status, "", "42\n"))
            self.assert_left_nothing()

    def test_arguments_are_kept(self):
        got = self.run_command("printf", "%s|", "--", "-f", "a b", "")
        self.assertEqual((*got, self.stdout), (0, "", "--|-f|a b||"))

    def test_no_such_command(self):
        status, message = self.run_command("no-such-command")
        self.assertEqual(status, 127)
        self.assertEqual(message, "unsandboxfs: no-such-command: No such file "
                         "or directory\n")
        self.assert_left_nothing()
        self.assertEqual(self.run_command("/etc/passwd")[0], 126)

    def test_command_that_a_signal_ends(self):
        self.assertEqual(self.run_command("sh", "-c", "kill -9 $$")[0], 137)
        self.assert_left_nothing()

    def test_mount_that_fails(self):
        """The command does not run."""
        self.assert_fails(MOUNTPOINT, "does not exist", "run", *self.usual(),
                          "nowhere", "--", "echo", "ran")
        self.without_keys()
        self.assert_fails(CREDENTIALS, "no keys", "run", *self.usual(),
                          self.mount.path, "--", "echo", "ran")

    def test_words_in_the_wrong_place(self):
        """Nothing is mounted that would stay."""
        usual, path = self.usual(), self.mount.path
        for words in (("run", *usual, path), ("run", *usual, path, "--"),
                      (*usual, "run", path, "--", "true")):
            self.assert_fails(USAGE, "usage: unsandboxfs run [options] ",
                              *words)
            self.assert_left_nothing()

    def test_limits_are_the_callers(self):
        """What protects the daemon is not the command's."""
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self.run_command("sh", "-c", "ulimit -n; ulimit -c; yes | head -n 1;"
                         "grep SigIgn /proc/self/status")
        core = resource.getrlimit(resource.RLIMIT_CORE)[0]
        lines = self.stdout.split("\n")
        self.assertEqual(lines[0], str(soft))
        self.assertEqual(lines[1], "unlimited" if core < 0 else
                         str(core // 512))
        self.assertEqual(int(lines[3].split()[1], 16) &
                         (1 << signal.SIGPIPE - 1), 0)

    def test_directory_that_is_left_in_use(self):
        got = self.run_command("sh", "-c", "cd u/run && { sleep 5 & }")
        self.assertEqual(got, (0, ""))
        self.assert_left_nothing()

    def test_killed(self):
        """Whatever ends the command's parent, nothing stays mounted."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with subprocess.Popen(
                    [PROGRAM, "run", *self.usual(), self.mount.path, "--",
                     "sleep", "60"], env=self.env, cwd=self.place.path,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True) as child:
                self.wait_for(lambda: self.mount.path in self.mounts(),
                              "the mount")
                time.sleep(0.3)
                child.send_signal(number)
                child.wait(10 * SLOWNESS)
                self.wait_for(lambda: not self.mounts(), "the end")
                try:
                    os.killpg(child.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.wait_for(lambda: not self.daemons(), "the daemon's end")

    def test_mountpoint_of_that_name(self):
        """`run` without a command is a directory."""
        point = self.place.folder("run")
        self.addCleanup(os.rmdir, point)
        self.assertEqual(self.start("run", *self.usual()), (0, ""))
        self.assertEqual(self.mounts(), [point])
        self.end_all()


class Idle(StartCase):
    """-o idle_exit."""

    def ends(self, seconds=20):
        """Waits until nothing is mounted."""
        self.wait_for(lambda: not self.mounts() and not self.daemons(),
                      "the end", seconds * SLOWNESS)

    def test_unused(self):
        began = time.monotonic()
        self.assert_starts(options="idle_exit=0.5")
        self.ends()
        self.assertGreater(time.monotonic() - began, 0.4)

    def test_used(self):
        """Neither a reader, a run, nor a shell in it is cut off."""
        self.assert_starts(options="idle_exit=0.5,run_wait=0")
        self.save("run/x.sh", "echo x\n")
        with open(self.at("run/x.sh"), encoding="utf-8") as file:
            time.sleep(2)
            self.assertEqual(file.read(), "echo x\n")
        gate = Gate(self.place, "idle")
        self.save("run/gate.sh", gate.wait + "echo done\n")
        time.sleep(2)
        self.assertEqual(self.mounts(), [self.mount.path])
        fd = gate.stay_open()
        self.assertEqual(
            self.read("run/gate.sh.job/stdout").splitlines()[-1], "done")
        os.close(fd)
        with subprocess.Popen(["sleep", "2"], cwd=self.at("run")) as shell:
            time.sleep(1.7)
            self.assertEqual(self.mounts(), [self.mount.path])
            shell.wait()
        self.ends()

    def test_without(self):
        self.assert_starts()
        time.sleep(1)
        self.assertEqual(self.mounts(), [self.mount.path])
        self.assertTrue(unmount(self.mount.path))


if __name__ == "__main__":
    unittest.main()
