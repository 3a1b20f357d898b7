# SPDX-License-Identifier: MIT
# tests/mount/test_start.py - command lines, exit statuses, what stays mounted
import os
import re
import signal
import subprocess

from case import MountCase
from mounted import PROGRAM, environment, with_keys
from place import processes_with, unmount

CHECKOUT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


class StartCase(MountCase):
    """Starts the program as a user does, in the background."""

    starts_mounted = False

    def tearDown(self):
        while self.mount.is_mounted():
            unmount(self.mount.path, lazy=True)
        self.gone()
        super().tearDown()

    def gone(self):
        """Waits until no daemon of this place is left."""
        self.wait_for(lambda: not self.daemons(), "the daemon is gone")

    def daemons(self):
        """The pids of what runs for this place's mountpoint."""
        return list(processes_with(self.mount.path))

    def command(self, *arguments, env=None, program=PROGRAM, **more):
        """Runs it; (exit status, what it said)."""
        done = subprocess.run(
            [program, *arguments], env=env or self.mount.env,
            cwd=self.place.path, stdin=subprocess.DEVNULL,
            capture_output=True, timeout=60, check=False, **more)
        return done.returncode, done.stderr.decode()

    def options(self, *more):
        """The -o that every start here needs."""
        return ",".join([f"url={self.server.url}",
                         f"state_dir={self.mount.state_dir}", *more])

    def mounted(self, *options, **more):
        """Mounts in the background; what it said."""
        status, said = self.command("-o", self.options(*options),
                                    self.mount.path, **more)
        self.assertEqual(status, 0, said)
        self.assertTrue(self.mount.is_mounted())
        return said

    def refused(self, status, pattern, *arguments, **more):
        """It ends with this status and one line, and nothing is mounted."""
        got, said = self.command(*arguments, **more)
        self.assertRegex(said, pattern)
        self.assertEqual((got, said.count("\n")), (status, 1), said)
        self.assertFalse(self.mount.is_mounted())
        self.assertEqual(self.daemons(), [])


class Statuses(StartCase):
    """Each kind of failure has its exit status and its one line."""

    def test_usage(self):
        for pattern, *arguments in (
                ("no mountpoint",),
                ("unknown option -x", "-x", "m"),
                ("unknown option -o acount;", "-o", "acount=1", "m"),
                ("-o run_wait=soon: wants seconds", "-o", "run_wait=soon",
                 "m"),
                ("-o cacert=/none: No such file", "-o", "cacert=/none",
                 self.mount.path)):
            with self.subTest(pattern):
                self.refused(2, pattern, *arguments)

    def test_help_and_version(self):
        done = subprocess.run([PROGRAM, "--help"], capture_output=True,
                              check=True)
        self.assertIn(b"-o url=URL", done.stdout)
        self.assertEqual(done.stderr, b"")
        done = subprocess.run([PROGRAM, "-V"], capture_output=True,
                              check=True)
        self.assertRegex(done.stdout, rb"^unsandboxfs \d+\.\d+\.\d+\n")

    def test_no_keys(self):
        self.refused(3, "no keys: set UNSANDBOX_PUBLIC_KEY",
                     "-o", self.options(), self.mount.path,
                     env=environment(self.mount.home))

    def test_rejected_key(self):
        env = with_keys(self.mount.env,
                        secret="unsb-sk-00000-00000-00000-00000")
        self.refused(3, "rejects the key", "-o", self.options(),
                     self.mount.path, env=env)

    def test_unsafe_accounts_file(self):
        path = os.path.join(self.place.path, "accounts.csv")
        with open(path, "w", encoding="ascii") as file:
            file.write("unsb-pk-test-0000-0000-0001,"
                       "unsb-sk-test0-vault-unlck-12345\n")
        os.chmod(path, 0o644)
        self.refused(3, re.escape(path), "-o",
                     self.options("account=0,accounts_file=accounts.csv"),
                     self.mount.path)
        os.chmod(path, 0o600)
        self.mounted("account=0,accounts_file=accounts.csv")

    def test_mountpoint(self):
        self.refused(4, "does not exist; to make it", "-o", self.options(),
                     self.mount.path + "x")
        self.refused(4, "is no directory", "-o", self.options(),
                     self.server.log_path)

    def test_state_directory(self):
        self.refused(5, "state directory", "-o",
                     f"url={self.server.url},state_dir=/proc/none",
                     self.mount.path)

    def test_unreachable_api_is_a_warning(self):
        status, said = self.command(
            "-o", f"url=http://127.0.0.1:1,state_dir={self.mount.state_dir}",
            self.mount.path)
        self.assertEqual((status, said.count("\n")), (0, 1), said)
        self.assertTrue(self.mount.is_mounted())
        self.assertIn("run", os.listdir(self.mount.path))


class Daemon(StartCase):
    """What runs after the command has ended."""

    def pid(self):
        """Of the one daemon."""
        pids = self.daemons()
        self.assertEqual(len(pids), 1, pids)
        return pids[0]

    def test_leaves_the_terminal(self):
        self.assertEqual(self.mounted(), "")
        pid = self.pid()
        self.assertEqual(os.getsid(pid), pid)
        self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), "/")
        for fd in "012":
            self.assertEqual(os.readlink(f"/proc/{pid}/fd/{fd}"), "/dev/null")

    def test_forgets_the_environment_s_keys(self):
        self.mounted()
        with open(f"/proc/{self.pid()}/environ", "rb") as file:
            self.assertNotIn(b"unsb-", file.read())

    def test_dumps_no_core(self):
        self.mounted()
        with open(f"/proc/{self.pid()}/limits", encoding="ascii") as file:
            self.assertRegex(file.read(), r"Max core file size +0 +0 ")

    def test_without_standard_descriptors(self):
        def close_all():
            for fd in range(3):
                os.close(fd)
        status = subprocess.Popen(
            [PROGRAM, "-o", self.options(), self.mount.path],
            env=self.mount.env, preexec_fn=close_all).wait(60)
        self.assertEqual(status, 0)
        self.save("run/x.sh", "echo well")
        self.assertEqual(self.read("run/x.sh.job/stdout"), "well\n")

    def test_signals_end_it(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                self.mounted()
                os.kill(self.pid(), number)
                self.gone()
                self.assertFalse(self.mount.is_mounted())

    def test_interrupted_start(self):
        self.server.fault({"method": "POST", "path": "/keys/validate",
                           "times": 0, "hang": "before"})
        command = subprocess.Popen(
            [PROGRAM, "-o", self.options(), self.mount.path],
            env=self.mount.env, stderr=subprocess.DEVNULL,
            start_new_session=True)
        self.wait_for(self.mount.is_mounted, "the mount is there")
        os.killpg(command.pid, signal.SIGINT)
        self.assertNotEqual(command.wait(10), 0)
        self.gone()
        self.assertFalse(self.mount.is_mounted())

    def test_remounts_at_once(self):
        for _ in range(10):
            self.mounted()
            self.assertTrue(unmount(self.mount.path))

    def test_a_live_mount_is_refused(self):
        self.mounted()
        status, said = self.command("-o", self.options(), self.mount.path)
        self.assertEqual(status, 4)
        self.assertIn("mounted there already", said)

    def test_a_dead_mount_is_replaced(self):
        self.mounted()
        os.stat(self.mount.path)  # which the kernel then knows for long
        os.listdir(self.mount.path)
        os.kill(self.pid(), signal.SIGKILL)
        self.gone()
        self.assertTrue(self.mount.is_mounted())
        self.mounted()
        self.assertIn("run", os.listdir(self.mount.path))
        with open("/proc/self/mountinfo", encoding="utf-8") as lines:
            self.assertEqual(sum(line.split()[4] == self.mount.path
                                 for line in lines), 1)


class Mount8(StartCase):
    """As mount(8) and fstab call it."""

    def helper(self):
        """A name that mount(8) would call."""
        path = os.path.join(self.place.path, "mount.unsandboxfs")
        if not os.path.islink(path):
            os.symlink(PROGRAM, path)
        return path

    def test_helper(self):
        status, said = self.command(
            "work,1", self.mount.path, "-n", "-v", "-t", "unsandboxfs", "-o",
            self.options("rw,noauto,nofail,_netdev,user=joe,x-a.b=c,noexec"),
            program=self.helper())
        self.assertEqual((status, said), (0, ""))
        with open("/proc/self/mountinfo", encoding="utf-8") as lines:
            line = next(line for line in lines
                        if line.split()[4] == self.mount.path)
        for word in (" fuse.unsandboxfs work,1 ", "nosuid", "nodev", "noexec",
                     "default_permissions"):
            self.assertIn(word, line)

    def test_fake(self):
        status, said = self.command("work", self.mount.path, "-f", "-o",
                                    self.options(), program=self.helper())
        self.assertEqual((status, said), (0, ""))
        self.assertFalse(self.mount.is_mounted())

    def test_source_is_the_url(self):
        status, said = self.command(
            self.server.url, self.mount.path, "-o",
            f"state_dir={self.mount.state_dir}")
        self.assertEqual((status, said), (0, ""))
        self.assertEqual(self.read(".unsandboxfs/config").count(
            f"\nurl {self.server.url}\n"), 1)

    def test_read_only(self):
        self.mounted("ro")
        self.assertEqual(self.save_error("run/x.sh", "echo no"), "EROFS")


class Readme(StartCase):
    """The tour of README.md: every command works as printed."""

    def test_tour(self):
        with open(os.path.join(CHECKOUT, "README.md"),
                  encoding="utf-8") as file:
            tour = re.search(r"^## Five minutes$(.*?)^## ", file.read(),
                             re.M | re.S)[1]
        commands = re.findall(r"^\$ (.*)$", tour, re.M)
        self.assertGreater(len(commands), 30)
        script = self.script(commands)
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.place.path,
            env=environment(self.place.path), stdin=subprocess.DEVNULL,
            capture_output=True, timeout=60, check=False)
        output = done.stdout.decode()
        self.assertEqual(done.returncode, 0, output + done.stderr.decode())
        for text in ("\n42\n", "\n48\n", "\nhello\n", "\n2\n40\n", "step 3\n",
                     "cancelled\n", "Unsupported language: klingon\n"):
            self.assertIn(text, output)

    def script(self, commands):
        """The commands as a script that stops at what must not fail, on a
        port that is free, with the programs that are tested."""
        port = self.server.port
        self.server.stop()
        lines = ["set -e", "trap 'set +e; fusermount3 -uzq ~/u; kill %1' EXIT"]
        for command in commands:
            command = command.replace("build/", os.path.dirname(PROGRAM) + "/")
            command = command.replace("8480", str(port))
            lines.append(f"echo; echo '$' {command!r}"
                         if "'" not in command else "echo")
            if " 901 " in command:
                command = f"! {command}"
            lines.append(command)
            if "standin" in command:
                lines.append("sleep 1")
        return "\n".join(lines)
