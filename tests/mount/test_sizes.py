# SPDX-License-Identifier: MIT
# tests/mount/test_sizes.py - sizes are correct, so copies are complete
import os
import subprocess
import unittest

from case import MountCase
from gate import Gate

# Prints whether the size of each file is the length of its content.
LIARS = r"""find run jobs README languages languages.json key -type f -printf '%s %p\n' |
while read -r size path; do
    test "$(cat "$path" | wc -c)" = "$size" || echo "$path: $size"
done"""


class Sizes(MountCase):
    """Sizes of finished results, of values, and of running jobs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        source = os.path.join(cls.place.path, "p.py")
        with open(source, "w", encoding="utf-8") as file:
            file.write("import sys\n"
                       "sys.stdout.write('0123456789abcde\\n' * 20000)\n"
                       "sys.stderr.write('e' * 5000)\nsys.exit(3)\n")

    def setUp(self):
        super().setUp()
        self.shell("cp $1 run/; cat run/p.py.job/exit_code",
                   self.place.path + "/p.py")

    def test_every_size_is_what_reading_gives(self):
        self.save("run/data.txt", "some data")
        self.save("jobs/new/j.sh", "echo j")
        self.read("jobs/latest/exit_code")
        self.assertEqual(self.shell(LIARS), "")

    def test_finished_results(self):
        for name, size in (("stdout", 320000), ("stderr", 5000),
                           ("exit_code", 2), ("status", 10)):
            info = os.stat(self.at("run/p.py.job", name))
            self.assertEqual(info.st_size, size, name)
            self.assertEqual(info.st_blocks, (size + 511) // 512, name)

    def test_copies_are_whole(self):
        """Copies by programs that use st_size, and by those that do not."""
        for number, command in enumerate((
                "rsync -a $1 $2/", "cp -a $1 $2/", "cp --sparse=always $1 $2",
                "tar c -C run/p.py.job stdout | tar x -C $2",
                "dd if=$1 of=$2/stdout bs=1000 status=none",
                "head -c 320000 $1 >$2/stdout", "tail -c 320000 $1 "
                ">$2/stdout", "sort -s -k 1,1 $1 >$2/stdout",
                "python3 -c 'import shutil, sys; shutil.copy(*sys.argv[1:])' "
                "$1 $2/stdout")):
            if "rsync" in command and not os.path.exists("/usr/bin/rsync"):
                continue
            folder = self.place.folder(f"{self.id()}{number}")
            self.shell(command + " && cat $1 | cmp - $2/stdout",
                       "run/p.py.job/stdout", folder)

    def test_comparisons(self):
        self.shell("cmp run/p.py $1 && cmp run/p.py run/p.py.job/code && "
                   "diff -r run/p.py.job run/p.py.job && "
                   "test $(wc -c <run/p.py.job/stdout) = 320000 && "
                   "test $(wc -l <run/p.py.job/stdout) = 20000 && "
                   "test $(git hash-object run/p.py.job/stdout) = "
                   "$(cat run/p.py.job/stdout | git hash-object --stdin)",
                   self.place.path + "/p.py")

    def test_maps(self):
        self.assertEqual(self.shell(
            "python3 -c 'import mmap\nwith open(\"run/p.py.job/stdout\", "
            "\"rb\") as f:\n print(mmap.mmap(f.fileno(), 0, prot=1)[-3:-1])'"),
            "b'de'\n")

    def test_a_second_rsync_finds_nothing_to_do(self):
        folder = self.place.folder(self.id())
        rsync = "rsync -ai --exclude .unsandboxfs run jobs README key $1/"
        self.assertIn("run/p.py.job/stdout", self.shell(rsync, folder))
        self.assertEqual(self.shell(rsync, folder), "")
        self.mount.restart()
        self.assertEqual(self.shell(rsync, folder), "")

    def test_while_it_goes_on(self):
        gate = Gate(self.place, "on")
        self.save("jobs/new/on.sh", f"echo 12345\n{gate.wait}echo 678\n")
        job = "jobs/new/on.sh.job"
        self.assertEqual(self.shell("head -n 1 $1/stdout", job), "12345\n")
        for name in ("stdout", "stderr", "exit_code"):
            self.assertEqual(os.stat(self.at(job, name)).st_size, 0, name)
        with open(self.at(job, "stdout"), "rb") as opened:
            self.assertEqual(os.fstat(opened.fileno()).st_size, 0)
        # What asks for the size finds nothing; what reads gets all of it.
        copies = self.place.folder("copies")
        self.shell("rsync -aL $1 $2/rsync; test ! -s $2/rsync",
                   job + "/stdout", copies)
        with subprocess.Popen(["cp", self.at(job, "stdout"),
                               copies + "/cp"]):
            gate.open()
        with open(copies + "/cp", encoding="utf-8") as copy:
            self.assertEqual(copy.read(), "12345\n678\n")
        self.assertEqual(self.read(job, "stdout"), "12345\n678\n")
        self.assertEqual(os.stat(self.at(job, "stdout")).st_size, 10)
        self.assertEqual(self.shell("rsync -a $1 $2; cat $2/stdout",
                                    job + "/stdout",
                                    self.place.folder(self.id())),
                         "12345\n678\n")

    def test_times_are_of_the_last_change(self):
        before = os.stat(self.at("run/p.py.job/stdout"))
        self.shell("cat run/p.py.job/*  >/dev/null 2>&1; ls -lR run; true")
        after = os.stat(self.at("run/p.py.job/stdout"))
        self.assertEqual((before.st_mtime_ns, before.st_ctime_ns),
                         (after.st_mtime_ns, after.st_ctime_ns))
        folder = os.stat(self.at("run")).st_mtime_ns
        self.save("run/newcomer.txt", "x")
        self.assertGreater(os.stat(self.at("run")).st_mtime_ns, folder)
        folder = os.stat(self.at("run")).st_mtime_ns
        self.save("run/fresh.sh", "true")
        self.read("run/fresh.sh.job/exit_code")
        self.assertGreater(os.stat(self.at("run")).st_mtime_ns, folder)
        self.assertLessEqual(before.st_mtime_ns,
                             os.stat(self.at("run/fresh.sh")).st_mtime_ns)

    def test_times_of_jobs_move_with_their_listing(self):
        before = os.stat(self.at("jobs")).st_mtime_ns
        self.save("jobs/new/t.sh", "true")
        self.read("jobs/latest/exit_code")
        self.assertGreater(os.stat(self.at("jobs")).st_mtime_ns, before)

    def test_inode_numbers_are_their_own(self):
        lines = self.shell("find . -printf '%i %p\n'").splitlines()
        numbers = [line.split()[0] for line in lines]
        self.assertEqual(len(numbers), len(set(numbers)))


if __name__ == "__main__":
    unittest.main()
