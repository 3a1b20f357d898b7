# SPDX-License-Identifier: MIT
# tests/outside/test_stress.py - stress-ng and fio, which verify what they do
import os
import re
import subprocess
import unittest

from case import MountCase

SECONDS = {"dentry": 3, "dir": 2, "fcntl": 2, "flock": 2, "getdent": 2,
           "open": 3, "rename": 3, "touch": 2, "utime": 2}
# stress-ng's own words for what it can stress; a second each, if not said.
STRESSORS = {
    "access": (), "chmod": (), "chown": (), "copy-file": (),
    "dentry": (), "dir": (), "dirdeep": ("--dirdeep-bytes", "4m"),
    "dirmany": (), "fallocate": ("--fallocate-bytes", "8m"),
    "fcntl": (), "filename": ("--filename-opts", "ext"), "flock": (),
    "fpunch": (), "getdent": (), "hdd": ("--hdd-bytes", "8m"), "link": (),
    "locka": (), "lockf": (), "lockofd": (),
    "mmap": ("--mmap-file", "--mmap-bytes", "4m"), "msync": (
        "--msync-bytes", "4m"), "open": (), "readahead": (
        "--readahead-bytes", "8m"), "rename": (), "revio": (
        "--revio-bytes", "8m"), "seek": ("--seek-size", "4m"),
    "sendfile": ("--sendfile-size", "1m"), "symlink": (), "sync-file": (
        "--sync-file-bytes", "4m"), "touch": (), "utime": (), "xattr": (),
}
SKIPPED = (3, 4)  # no resource for it, not implemented here


class Stress(MountCase):
    """One stressor after another in directories of run/."""

    time_limit_s = 90
    resets_server = False

    def stress(self, name, folder):
        """stress-ng's exit status and what it said."""
        os.makedirs(folder, exist_ok=True)
        done = subprocess.run(
            ["stress-ng", "--" + name, "1", *STRESSORS[name], "--verify",
             "--timeout", str(SECONDS.get(name, 1)), "--temp-path", folder,
             "--no-rand-seed", "--oomable"], capture_output=True,
            stdin=subprocess.DEVNULL, timeout=80, check=False, cwd=folder)
        return done.returncode, done.stdout.decode() + done.stderr.decode()

    def check_stressor(self, name):
        """It is content, and nothing of it is left."""
        folder = self.at("run", name)
        status, text = self.stress(name, folder)
        if status in SKIPPED:
            self.skipTest(text.strip().splitlines()[-1])
        self.assertEqual(status, 0, text)
        self.assertIsNone(re.search(r" fail: | error: ", text), text)
        self.assertEqual(os.listdir(folder), [])
        self.assertEqual(self.server.executions(), [])


for _name in STRESSORS:
    setattr(Stress, f"test_{_name.replace('-', '_')}",
            lambda self, name=_name: self.check_stressor(name))


class Fio(MountCase):
    """Blocks that hold their own checksum, in a directory of run/."""

    time_limit_s = 120
    resets_server = False

    def check_fio(self, *arguments, again=("--verify_only",)):
        """Writes and verifies; then again after a remount."""
        name = self.id().rsplit("_", 1)[-1]
        folder = self.at("run", name)
        os.makedirs(folder, exist_ok=True)
        command = ["fio", f"--name={name}", f"--directory={folder}",
                   "--verify=crc32c", "--verify_fatal=1", "--size=6m",
                   "--randrepeat=1", "--group_reporting", "--output-format=terse",
                   "--fallocate=none", *arguments]
        for more in ((), again):
            done = subprocess.run([*command, *more], capture_output=True,
                                  cwd=self.place.path, check=False, timeout=100,
                                  stdin=subprocess.DEVNULL)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.mount.restart()

    def test_fio_randpsync(self):
        self.check_fio("--rw=randwrite", "--bsrange=512-16k", "--numjobs=3",
                       "--ioengine=psync", "--fsync=64", "--bs_unaligned=0")

    def test_fio_seqpsync(self):
        self.check_fio("--rw=write", "--bs=128k", "--numjobs=2",
                       "--ioengine=psync", "--end_fsync=1")

    def test_fio_randmmap(self):
        self.check_fio("--rw=randwrite", "--bs=4k", "--numjobs=2",
                       "--ioengine=mmap")

    def test_fio_seqmmap(self):
        self.check_fio("--rw=write", "--bs=64k", "--numjobs=2",
                       "--ioengine=mmap")

    def test_fio_mixed(self):
        self.check_fio("--rw=randrw", "--bs=4k", "--numjobs=2",
                       "--ioengine=psync", "--verify_backlog=32", again=())


if __name__ == "__main__":
    unittest.main()
