# SPDX-License-Identifier: MIT
# tests/mount/starting.py - starts the program, expecting failure or success
import os
import subprocess

from case import SLOWNESS, MountCase
from mounted import PROGRAM
from place import mounts_under, unmount, wait_until

USAGE, CREDENTIALS, MOUNTPOINT, STATE = 2, 3, 4, 5

OTHER_PUBLIC = "unsb-pk-othr-0000-0000-0002"
OTHER_SECRET = "unsb-sk-other-abcde-fghij-67890"


class StartCase(MountCase):
    """A class whose tests start the program themselves, as a daemon."""

    starts_mounted = False
    server_arguments = ("--key", "unsb-pk-test-0000-0000-0001:"
                        "unsb-sk-test0-vault-unlck-12345",
                        "--key", f"{OTHER_PUBLIC}:{OTHER_SECRET}")

    def setUp(self):
        super().setUp()
        self.addCleanup(self.end_all)
        self.env = dict(self.mount.env)

    def end_all(self):
        """Unmounts the test's mounts, so that their daemons end."""
        for path in self.mounts():
            self.assertTrue(unmount(path), path)
        wait_until(lambda: not self.daemons(), 10 * SLOWNESS,
                   "the daemons' end")

    def mounts(self):
        """Mountpoints of this test."""
        return mounts_under(self.place.path)

    def mountinfo(self):
        """The kernel's line about this mount."""
        path = self.mount.path.replace("\\", "\\134").replace(" ", "\\040")
        with open("/proc/self/mountinfo", encoding="utf-8") as lines:
            (line,) = [line for line in lines if f" {path} " in line]
        return line

    def daemons(self):
        """Processes of the program in this place."""
        self.place._reap()
        return {pid: line for pid, line in self.mount.others().items()
                if "unsandboxfs" in line}

    def start(self, *arguments, options="", point=None, **more):
        """Starts it with these arguments, or with the usual ones and these
        options; returns (status, stderr)."""
        if not arguments:
            usual = f"url={self.server.url},state_dir={self.mount.state_dir}"
            arguments = ["-o", usual + ("," + options if options else ""),
                         point or self.mount.path]
        more = {"env": self.env, "cwd": self.place.path, **more}
        done = subprocess.run([PROGRAM, *arguments], capture_output=True,
                              stdin=subprocess.DEVNULL, check=False,
                              timeout=20 * SLOWNESS, **more)
        self.stdout = done.stdout.decode()
        return done.returncode, done.stderr.decode()

    def assert_fails(self, status, words, *arguments, **more):
        """Asserts this exit status and one line with the words, and that
        nothing is left behind."""
        got, message = self.start(*arguments, **more)
        self.assertEqual((got, self.stdout), (status, ""), message)
        self.assertEqual(message.count("\n"), 1, message)
        self.assertTrue(message.startswith("unsandboxfs: "), message)
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, message)
        self.assertEqual(self.mounts(), [])
        self.assertEqual(self.daemons(), {})

    def assert_starts(self, *arguments, **more):
        """Asserts that it mounts without a message."""
        self.assertEqual(self.start(*arguments, **more), (0, ""))
        self.assertEqual(self.stdout, "")

    def assert_works(self, path=None):
        """Asserts that a program runs."""
        path = path or self.mount.path
        with open(f"{path}/run/works.sh", "w", encoding="utf-8") as file:
            file.write("echo works\n")
        with open(f"{path}/run/works.sh.job/stdout", encoding="utf-8") as out:
            self.assertEqual(out.read(), "works\n")

    def write(self, name, text, mode=0o600):
        """Creates a file in this test's place."""
        path = os.path.join(self.place.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        self.addCleanup(lambda: os.path.exists(path) and os.unlink(path))
        return path

    def without_keys(self):
        """Removes the keys from the environment."""
        for name in ("UNSANDBOX_PUBLIC_KEY", "UNSANDBOX_SECRET_KEY"):
            self.env.pop(name, None)

    def config(self, name):
        """A line of .unsandboxfs/config."""
        lines = self.read(".unsandboxfs/config").splitlines()
        return next(line.partition(" ")[2] for line in lines
                    if line.startswith(name + " "))
