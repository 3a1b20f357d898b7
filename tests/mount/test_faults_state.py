# SPDX-License-Identifier: MIT
# tests/mount/test_faults_state.py - damaged or full state directories
import json
import os
import re
import subprocess
import unittest

from case import SLOWNESS, MountCase
from mounted import Mounted, sealed
from place import mounts_under

UNUSABLE = 5  # the exit status


class StateCase(MountCase):
    """The messages of a start, and the files that survive."""

    starts_mounted = False

    def setUp(self):
        super().setUp()
        self.addCleanup(self.end)

    def end(self):
        """Ends the daemon in any state."""
        if self.mount.process and self.mount.process.poll() is None:
            self.mount.end()

    def try_start(self):
        """(exit status, message) of a start that should fail."""
        done = subprocess.run(self.mount.command("-f"), env=self.mount.env,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=20 * SLOWNESS, check=False)
        self.assertFalse(self.mount.is_mounted())
        return done.returncode, done.stderr.decode(errors="replace")

    def account(self, *parts):
        """A path in the account's state directory."""
        top = os.path.join(self.mount.state_dir, "unsandboxfs")
        return os.path.join(top, os.listdir(top)[0], *parts)


class Damaged(StateCase):
    """Damages one kind of file at a time."""

    def setUp(self):
        super().setUp()
        self.mount.state_dir = os.path.join(self.place.path,
                                            "state-" + self.id().split(".")[-1])
        self.mount.start(20 * SLOWNESS)
        self.save("run/a.sh", "echo a\n")
        self.assertEqual(self.read("run/a.sh.job/stdout"), "a\n")
        self.save("run/b.txt", "data\n")
        self.save("run/.settings/ttl", "7\n")
        self.save("jobs/new/c.sh", "echo c\n")
        self.assertEqual(self.read("jobs/new/c.sh.job/stdout"), "c\n")
        self.mount.end()
        self.server.reset()

    def spoil(self, folder, ending, bytes_, kept=()):
        """Puts these bytes into each such file in turn; the mount comes up,
        reports it, and keeps the other files."""
        names = [n for n in os.listdir(self.account(folder))
                 if n.endswith(ending)] if ending else [folder]
        self.assertTrue(names)
        for name in names:
            path = self.account(folder, name) if ending else self.account(name)
            with open(path, "rb") as file:
                before = file.read()
            with open(path, "wb") as file:
                file.write(bytes_ if isinstance(bytes_, bytes) else
                           bytes_(before))
            self.mount.start(20 * SLOWNESS)
            self.walk()
            self.save("run/new.sh", "echo new\n")
            self.assertEqual(self.read("run/new.sh.job/stdout"), "new\n")
            for kept_path in kept:
                self.read(kept_path)
            os.remove(self.at("run/new.sh"))
            self.assertEqual(self.mount.end(), 0)
            if ending:
                self.put_back(folder)
            with open(path, "wb") as file:
                file.write(before)

    def put_back(self, folder):
        """What a start has put aside gets its name again."""
        for name in os.listdir(self.account(folder)):
            if name.startswith("damaged-"):
                os.rename(self.account(folder, name), self.account(
                    folder, name[len("damaged-"):]))

    def walk(self):
        """Reads all files; there may be errors, but no crash."""
        for folder, _, names in os.walk(self.mount.path):
            for name in names:
                if not os.path.islink(os.path.join(folder, name)):
                    self.error_of(self.read, folder, name)
        self.assertIsNone(self.mount.process.poll(), "the daemon ended")

    def test_settings(self):
        for bytes_ in (b"", b"{", b"[1]", b'{"ttl":{},"/changed":7}', b"\xff"):
            self.spoil("run", ".settings", bytes_,
                       kept=["run/a.sh", "run/b.txt"])

    def test_records_of_jobs_empty(self):
        self.spoil("jobs", ".json", b"", kept=["run/a.sh", "run/b.txt"])

    def test_records_of_jobs_cut(self):
        self.spoil("jobs", ".json", lambda text: text[:len(text) // 2],
                   kept=["run/a.sh", "run/b.txt"])

    def test_records_of_jobs_of_another_shape(self):
        self.spoil("jobs", ".json", sealed(
            b'{"status":[],"output":{},"artifacts":1,'
            b'"fields":7,"hidden":[],"id":{}}'), kept=["run/a.sh"])

    def test_names_of_jobs(self):
        for bytes_ in (b"", b"[]", b'{"aliases":{"x":"y"},"latest":"z"}'):
            self.spoil("names.json", None, bytes_, kept=["run/a.sh"])

    def test_output_that_is_gone(self):
        for ending in (".stdout", ".answer", ".code"):
            self.spoil("jobs", ending, b"", kept=["run/a.sh", "run/b.txt"])

    def test_what_is_damaged_is_put_aside_and_told(self):
        """A flipped bit in a number of a record: it stays good JSON."""
        name = next(n for n in os.listdir(self.account("jobs"))
                    if n.endswith(".json"))
        number = name.split(".")[0]
        before = sorted(n for n in os.listdir(self.account("jobs"))
                        if n.startswith(number + "."))
        with open(self.account("jobs", name), "r+b") as file:
            record = file.read()
            file.seek(re.search(rb'"file":\d', record).end() - 1)
            file.write(bytes([record[file.tell()] ^ 1]))
        self.mount.start(20 * SLOWNESS)
        for told in ("log", "errors"):
            self.assertIn("damaged", self.read(".unsandboxfs", told))
        after = sorted(n for n in os.listdir(self.account("jobs"))
                       if n.startswith("damaged-"))
        self.assertEqual(after, ["damaged-" + n for n in before])
        self.assertGreaterEqual(len(after), 4)


class Others(StateCase):
    """A state directory that others could prepare."""

    def setUp(self):
        super().setUp()
        self.mount.state_dir = os.path.join(self.place.path,
                                            "state-" + self.id().split(".")[-1])

    def test_others_can_write_to_it(self):
        self.mount.start(20 * SLOWNESS)
        self.mount.end()
        for parts in ((), ("jobs",)):
            os.chmod(self.account(*parts), 0o777)
            status, said = self.try_start()
            self.assertEqual(status, UNUSABLE)
            self.assertIn("others can write to it; run: chmod go-w "
                          + self.account(*parts), said)
            os.chmod(self.account(*parts), 0o700)
        self.mount.start(20 * SLOWNESS)

    @unittest.skipUnless(os.geteuid() == 0, "changes an owner")
    def test_it_belongs_to_another_user(self):
        self.mount.start(20 * SLOWNESS)
        self.mount.end()
        os.chown(self.account(), 65534, -1)
        status, said = self.try_start()
        self.assertEqual(status, UNUSABLE)
        self.assertIn(self.account() + " belongs to another user", said)

    def test_links_in_place_of_files(self):
        """Nothing is written through a symbolic link."""
        victim = os.path.join(self.place.path, "victim")
        with open(victim, "w", encoding="utf-8") as file:
            file.write("precious\n")
        self.mount.start(20 * SLOWNESS)
        suffixes = ("stdout", "stdout", "stderr", "answer", "rest",
                    "json.tmp", "code")
        for number, suffix in enumerate(suffixes, 1):
            os.symlink(victim, self.account("jobs", f"{number}.{suffix}"))
        for path in ("jobs/new/a.sh", *(f"run/{n}.sh" for n in range(6))):
            try:
                # the fifth, whose .rest is a link, prints much
                self.save(path, "yes overwritten | head -c 80000\n"
                          if path == "run/3.sh" else "echo overwritten\n")
                self.read(path + ".job/stdout")
            except OSError:
                pass
        self.settled()
        self.mount.end()
        with open(victim, encoding="utf-8") as file:
            self.assertEqual(file.read(), "precious\n")


class Refused(StateCase):
    """A state directory that cannot be used."""

    def test_held_by_another_mount(self):
        self.mount.start(20 * SLOWNESS)
        other = Mounted(self.place, self.server, name="second")
        done = subprocess.run(other.command("-f"), env=other.env,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=20 * SLOWNESS, check=False)
        self.assertEqual(done.returncode, UNUSABLE)
        self.assertIn(f"process {self.mount.pid}".encode(), done.stderr)
        self.assertEqual(mounts_under(other.path), [])
        self.save("run/still.sh", "echo well\n")
        self.assertEqual(self.read("run/still.sh.job/stdout"), "well\n")

    def test_no_directory_but_a_file(self):
        self.mount.state_dir = os.path.join(self.place.path, "a-file")
        with open(self.mount.state_dir, "w", encoding="utf-8"):
            pass
        status, said = self.try_start()
        self.assertEqual(status, UNUSABLE)
        self.assertIn("state directory", said)

    @unittest.skipUnless(os.geteuid() == 0, "mounts")
    def test_read_only(self):
        folder = self.place.folder("readonly")
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True,
                       timeout=20)
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True,
                        timeout=20)
        self.mount.state_dir = folder
        self.mount.start(20 * SLOWNESS)
        self.mount.end()
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True,
                       timeout=20)
        status, said = self.try_start()
        self.assertEqual(status, UNUSABLE)
        self.assertIn("Read-only", said)

    def test_missing_is_made(self):
        self.mount.state_dir = os.path.join(self.place.path, "not", "there")
        self.mount.start(20 * SLOWNESS)
        self.save("run/a.txt", "x\n")
        self.assertTrue(os.path.isdir(self.mount.state_dir))

    def test_removed_while_mounted(self):
        self.mount.state_dir = os.path.join(self.place.path, "going")
        self.mount.start(20 * SLOWNESS)
        self.save("run/a.txt", "x\n")
        subprocess.run(["rm", "-rf", self.mount.state_dir], check=True,
                       timeout=20)
        self.assertIsNotNone(self.save_error("run/b.txt", "y\n"))
        self.assertIsNotNone(self.save_error("run/b.sh", "echo 1\n"))
        self.assertEqual(self.server.executions(), [])
        self.assertIn("README", os.listdir(self.mount.path))


@unittest.skipUnless(os.geteuid() == 0, "mounts")
class Full(StateCase):
    """No space left."""

    def setUp(self):
        super().setUp()
        self.folder = os.path.join(self.place.path, "small")
        os.makedirs(self.folder, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs",
                        self.folder], check=True, timeout=20)
        self.mount.state_dir = os.path.join(self.folder, "state")
        self.mount.start(20 * SLOWNESS)
        self.addCleanup(subprocess.run, ["umount", "-l", self.folder],
                        check=True, timeout=20)
        self.addCleanup(self.end)

    def fill(self):
        """Uses up all space."""
        with open(os.path.join(self.folder, "filler"), "wb", 0) as file:
            self.error_of(lambda: [file.write(b"x" * 4096)
                                   for _ in range(1000)])

    def free(self):
        """Frees the space."""
        os.remove(os.path.join(self.folder, "filler"))

    def test_a_file_that_is_too_large(self):
        self.save("run/kept.txt", "kept\n")
        self.assertEqual(self.save_error("run/large.txt", "x" * (4 << 20)),
                         "ENOSPC")
        self.assertEqual(self.read("run/kept.txt"), "kept\n")
        os.remove(self.at("run/large.txt"))
        self.save("run/next.sh", "echo next\n")
        self.assertEqual(self.read("run/next.sh.job/stdout"), "next\n")

    def test_nothing_runs_that_cannot_be_kept(self):
        self.save("run/a.sh", "echo old\n")
        self.assertEqual(self.read("run/a.sh.job/stdout"), "old\n")
        self.server.reset()
        self.fill()
        self.assertEqual(self.save_error("run/a.sh", "echo new\n" +
                                         "#" * 200_000), "ENOSPC")
        self.settled()
        self.assertEqual(self.server.executions(), [])
        self.free()
        self.save("run/a.sh", "echo newer\n")
        self.assertEqual(self.read("run/a.sh.job/stdout"), "newer\n")

    def test_what_was_kept_stays_over_a_remount(self):
        self.save("run/a.txt", "old\n")
        self.fill()
        # Like editors: what cannot be written does not replace the old.
        self.assertEqual(self.save_error("run/a.txt.new", "new" * 9999),
                         "ENOSPC")
        self.mount.process.kill()
        self.mount.process.wait(10)
        self.free()
        self.mount.start(20 * SLOWNESS)
        self.assertEqual(self.read("run/a.txt"), "old\n")

    def test_a_start_without_room(self):
        self.save("run/a.txt", "old\n")
        self.mount.end()
        self.fill()
        self.mount.start(20 * SLOWNESS)
        self.assertEqual(self.read("run/a.txt"), "old\n")
        self.free()

    def test_long_results_are_read(self):
        """job.json, too, whose output is put in when it is read."""
        self.save("run/long.sh", "yes 0123456789 | head -c 300000\n")
        self.assertEqual(len(self.read("run/long.sh.job/stdout")), 300000)
        self.fill()
        for _ in range(2):
            answer = json.loads(self.read("run/long.sh.job/job.json"))
            self.assertEqual(len(answer["stdout"]), 300000)
            self.assertEqual(len(self.read("run/long.sh.job/stdout")), 300000)
            self.mount.restart()

    def test_a_result_without_room_is_told(self):
        self.save("run/big.py", "import time; time.sleep(1.5)\n"
                  "print('x' * 4_000_000)\n")
        self.fill()
        self.assertEqual(self.error_of(self.read, "run/big.py.job/stdout"),
                         "ENOSPC")
        self.assertEqual(self.read("run/big.py.job/status"), "error\n")
        self.free()
        self.save("run/a.sh", "echo a\n")
        self.assertEqual(self.read("run/a.sh.job/stdout"), "a\n")


if __name__ == "__main__":
    unittest.main()
