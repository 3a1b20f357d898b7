# SPDX-License-Identifier: MIT
# tests/mount/test_stall.py - a state directory on a disk that stalls
import os
import subprocess
import unittest

from case import SLOWNESS, MountCase
from mounted import IS_SANITIZED

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stalled.c")


def build_stalled(place):
    """The path of the library."""
    library = os.path.join(place.path, "stalled.so")
    if not os.path.exists(library):
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, SOURCE,
                        "-D_FILE_OFFSET_BITS=64", "-ldl"], check=True)
    return library


@unittest.skipIf(IS_SANITIZED, "sanitizers want to be loaded first")
class StallCase(MountCase):
    """A daemon with a disk that tests can stall."""

    starts_mounted = False
    environment = {}

    def setUp(self):
        super().setUp()
        self.stalled = os.path.join(self.place.path, "stalled")
        library = build_stalled(self.place)
        self.mount.env.update(self.environment, LD_PRELOAD=library,
                              STALLED=self.stalled)
        self.addCleanup(self.thaw)
        if not self.mount.process or self.mount.process.poll() is not None:
            self.mount.start()

    def freeze(self):
        """From now on the disk takes no changes."""
        self.settled()  # it is not tried again within milliseconds
        with open(self.stalled, "w", encoding="ascii"):
            pass

    def thaw(self):
        """It does again."""
        if os.path.exists(self.stalled):
            os.remove(self.stalled)

    def begin(self, command):
        """Starts a bash command in the mount."""
        child = subprocess.Popen(["bash", "-c", command], cwd=self.mount.path,
                                 stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        return child


class Frozen(StallCase):
    """No change is taken for a while."""

    def prepare(self, folder):
        """Results, and files in a directory where nothing will change."""
        self.shell(f"""mkdir run/{folder} run/{folder}.busy
            echo 'echo ran' >run/{folder}/main.sh
            cat run/{folder}/main.sh.job/stdout >/dev/null
            echo 'yes long | head -c 90000' >run/{folder}.sh
            cat run/{folder}.sh.job/stdout >/dev/null
            echo 1 >run/{folder}.busy/old.txt
            ls services languages >/dev/null""")

    def change(self, folder):
        """Commands that change something, under way."""
        busy = f"run/{folder}.busy"
        return [self.begin(command) for command in (
            f"echo 'echo new' >{busy}/main.sh", f"rm {busy}/old.txt",
            f"mkdir {busy}/folder", "echo 3 >run/.settings/ttl",
            "mkdir services/new/draft")]

    def assert_readers_are_served(self, folder):
        """All that can be read is read, but in directories that the kernel
        has locked for a change."""
        self.shell(f"""ls . services languages run/{folder} >/dev/null
            cat run/{folder}/main.sh run/{folder}/main.sh.job/stdout \
                run/{folder}/main.sh.job/status .unsandboxfs/stats \
                run/{folder}.sh.job/job.json \
                run/.settings/ttl README >/dev/null""")

    def test_readers_are_served(self):
        self.prepare("read")
        self.freeze()
        changes = self.change("read")
        self.settled()
        self.assert_readers_are_served("read")
        self.assertEqual([child.poll() for child in changes], [None] * 5)
        self.thaw()
        self.assertEqual([child.wait(20 * SLOWNESS) for child in changes],
                         [0] * 5)
        self.assertEqual(sorted(os.listdir(self.at("run/read.busy"))),
                         ["folder", "main.sh", "main.sh.job"])
        self.assertEqual(self.read("run/read.busy/main.sh.job/stdout"),
                         "new\n")
        self.assertEqual(self.value("run/.settings/ttl"), "3")
        self.assertEqual(len(self.executions("echo new")), 1)

    def test_sigterm(self):
        """The mount is gone at once, the daemon when the disk is back."""
        self.prepare("end")
        self.freeze()
        changes = self.change("end")
        self.settled()
        self.mount.process.terminate()
        self.wait_for(lambda: not self.mount.is_mounted(), "the unmount")
        for child in changes:
            child.wait(20 * SLOWNESS)
        self.assertIsNone(self.mount.process.poll())
        self.thaw()
        self.assertEqual(self.mount.process.wait(20 * SLOWNESS), 0)
        self.mount.start()
        self.assertEqual(self.read("run/end/main.sh"), "echo ran\n")
        self.assertEqual(self.read("run/end/main.sh.job/stdout"), "ran\n")
        self.assertEqual(len(self.executions("echo ran")), 1)


class Slow(StallCase):
    """Each fsync takes half a second."""

    environment = {"SLOW_MS": "500"}

    def test_saves_wait_and_nobody_else(self):
        saves = [self.begin(f"echo 'echo {n}' >run/s{n}.sh")
                 for n in range(5)]
        self.shell("ls . services languages; cat .unsandboxfs/stats")
        self.assertIn(None, [child.poll() for child in saves])
        self.assertEqual([child.wait(60 * SLOWNESS) for child in saves],
                         [0] * 5)
        for number in range(5):
            self.assertEqual(self.read(f"run/s{number}.sh.job/stdout"),
                             f"{number}\n")
        self.assertEqual(len(self.executions()), 5)


if __name__ == "__main__":
    unittest.main()
