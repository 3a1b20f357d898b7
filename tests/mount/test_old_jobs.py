# SPDX-License-Identifier: MIT
# tests/mount/test_old_jobs.py - a job that another replaced is not seen again
"""The kernel may keep a finished job's names for ever; so what it has kept of
NAME.job must be forgotten when NAME runs again, or is renamed or removed."""
import ctypes
import itertools
import os
import subprocess
import sys
import unittest

from case import MountCase

AT_FDCWD = -100
RENAME_EXCHANGE = 2

LOOK = """import contextlib, os, sys
os.nice(19)
while True:
    with contextlib.suppress(OSError):
        os.stat(sys.argv[1] + ".job/stdout")
        os.listdir(sys.argv[1] + ".job")
"""


def exchange(one, other):
    """renameat2 with RENAME_EXCHANGE."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD,
                      os.fsencode(other), RENAME_EXCHANGE):
        raise OSError(ctypes.get_errno(), "renameat2")


class OldJob(MountCase):
    """Each way to save and rename, then each way to look, at once."""

    numbers = itertools.count(1)

    def text(self):
        """A program whose output has a length of its own."""
        number = next(self.numbers)
        return (f"printf %0{number}d 0; mkdir -p /tmp/artifacts; echo {number}"
                " | tee /tmp/artifacts/out.txt > /dev/stderr")

    def output(self, name):
        """The length of the output of what the file contains now."""
        return int(self.read("run", name).split("%0")[1].split("d")[0])

    def warm(self, name):
        """Lets the kernel keep as much as it can."""
        for _ in range(2):
            for folder, _, names in os.walk(self.at("run", name + ".job")):
                for each in names:
                    os.stat(os.path.join(folder, each))
                    with open(os.path.join(folder, each), "rb") as file:
                        file.read()
            os.listdir(self.at("run"))

    # ---- ways to look ----

    def by_stat(self, job):
        """By stat alone."""
        return os.stat(self.at(job, "stdout")).st_size

    def by_read(self, job):
        """By open and read."""
        return len(self.read(job, "stdout"))

    def by_other_file(self, job):
        """By a file that may not have been there before."""
        return int(self.read(job, "stderr"))

    def by_artifact(self, job):
        """By a file further down, which is not there before the end."""
        try:
            return int(self.read(job, "artifacts/out.txt"))
        except FileNotFoundError:
            return self.by_stat(job)

    def by_list(self, job):
        """By a descriptor of the directory."""
        fd = os.open(self.at(job), os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.assertIn("stdout", os.listdir(fd))
            return os.stat("stdout", dir_fd=fd).st_size
        finally:
            os.close(fd)

    def by_shell(self, job):
        """By a shell that goes there."""
        return len(self.shell('cd "$1" && cat stdout', job))

    LOOKS = ("stat", "read", "other_file", "artifact", "list", "shell")

    # ---- ways to save ----

    def overwrite(self, path):
        """As cp does."""
        self.save(path, self.text())

    def append(self, path):
        """A line more, with the output's length in the first."""
        with open(self.at(path), "r+b", buffering=0) as file:
            file.write(self.text().encode())

    def replace(self, path):
        """As editors do."""
        self.save("run/.new", self.text())
        os.rename(self.at("run/.new"), self.at(path))

    def sed(self, path):
        """As sed -i does."""
        self.shell('sed -i "s,.*,$2," "$1"', path, self.text())

    def recreate(self, path):
        """Removed, and created anew."""
        os.unlink(self.at(path))
        self.save(path, self.text())

    def trade(self, path):
        """Exchanged with another, which has run."""
        self.save("run/other.sh", self.text())
        self.warm("other.sh")
        exchange(self.at("run/other.sh"), self.at(path))

    SAVES = ("overwrite", "append", "replace", "sed", "recreate", "trade")

    def setUp(self):
        super().setUp()
        self.save("run/.settings/return_artifact", "1\n")

    def test_after_a_save(self):
        self.overwrite("run/a.sh")
        for how, look in itertools.product(self.SAVES, self.LOOKS):
            with self.subTest(save=how, look=look):
                self.warm("a.sh")
                getattr(self, how)("run/a.sh")
                found = getattr(self, "by_" + look)("run/a.sh.job")
                # A rename returns before the program has ended.
                self.assertIn(found, (0, self.output("a.sh")))

    def test_after_rerun(self):
        self.save("run/t.sh", "date +%s%N")
        for _ in range(10):
            self.warm("t.sh")
            before = self.read("run/t.sh.job/stdout")
            self.save("run/t.sh.job/rerun", "1\n")
            self.assertGreater(int(self.read("run/t.sh.job/stdout")),
                               int(before))

    def test_after_a_rename(self):
        for look in self.LOOKS[:-1]:
            with self.subTest(look=look):
                self.overwrite("run/a.sh")
                self.warm("a.sh")
                os.rename(self.at("run/a.sh"), self.at("run/b.sh"))
                find = getattr(self, "by_" + look)
                self.assertEqual(self.error_of(find, "run/a.sh.job"), "ENOENT")
                self.assertEqual(find("run/b.sh.job"), self.output("b.sh"))
                self.warm("b.sh")
                os.unlink(self.at("run/b.sh"))
                self.assertEqual(self.error_of(find, "run/b.sh.job"), "ENOENT")

    def test_second_name(self):
        for look in self.LOOKS[:-1]:
            with self.subTest(look=look):
                self.overwrite("run/a.sh")
                os.link(self.at("run/a.sh"), self.at("run/b.sh"))
                find = getattr(self, "by_" + look)
                for name in ("a", "b", "a"):
                    self.warm(name + ".sh")
                    self.assertEqual(find(f"run/{name}.sh.job"),
                                     self.output("a.sh"))
                os.unlink(self.at("run/a.sh"))
                self.assertEqual(self.error_of(find, "run/a.sh.job"), "ENOENT")
                self.assertEqual(find("run/b.sh.job"), self.output("b.sh"))
                os.unlink(self.at("run/b.sh"))

    def test_removed_job(self):
        self.overwrite("run/a.sh")
        self.warm("a.sh")
        self.shell("rm -r run/a.sh.job")
        self.assertEqual(self.error_of(self.by_stat, "run/a.sh.job"),
                         "ENOENT")

    def test_who_has_it_open_keeps_it(self):
        self.overwrite("run/a.sh")
        self.warm("a.sh")
        size = self.output("a.sh")
        with open(self.at("run/a.sh.job/stdout"), "rb") as file:
            self.overwrite("run/a.sh")
            self.assertEqual(os.fstat(file.fileno()).st_size, size)
            self.assertEqual(len(file.read()), size)
            self.assertEqual(self.by_read("run/a.sh.job"),
                             self.output("a.sh"))

    def test_who_has_its_directory_open_keeps_it(self):
        self.overwrite("run/a.sh")
        self.warm("a.sh")
        size = self.output("a.sh")
        folder = os.open(self.at("run/a.sh.job"), os.O_RDONLY)
        self.addCleanup(os.close, folder)
        self.overwrite("run/a.sh")
        os.fstat(folder)
        self.assertIn("stdout", os.listdir(folder))
        self.assertEqual(os.stat("stdout", dir_fd=folder).st_size, size)
        with open("stderr", encoding="ascii", opener=lambda name, flags:
                  os.open(name, flags, dir_fd=folder)) as file:
            self.assertEqual(int(file.read()), size)
        self.assertEqual(self.by_read("run/a.sh.job"), self.output("a.sh"))

    def test_who_has_it_open_is_told_alone(self):
        for change in ('mv "$1" run/b.sh', 'rm "$1"'):
            with self.subTest(change=change):
                self.overwrite("run/a.sh")
                self.warm("a.sh")
                job = self.at("run/a.sh.job")
                folder = os.open(job, os.O_RDONLY | os.O_DIRECTORY)
                self.addCleanup(os.close, folder)
                with open(job + "/stdout", "rb") as file:
                    self.shell(change, "run/a.sh")
                    os.fstat(file.fileno())
                    os.fstat(folder)
                    os.listdir(folder)
                    os.stat("stdout", dir_fd=folder)
                    for name in ("stdout", ".", "exit_code"):
                        self.shell('test ! -e "$1"', f"{job}/{name}")

    def test_who_works_in_it_keeps_it(self):
        for change in ("mv a.sh b.sh", "ln a.sh b.sh; rm a.sh",
                       "mkdir d; mv a.sh d"):
            with self.subTest(change=change):
                self.overwrite("run/a.sh")
                self.warm("a.sh")
                size = self.output("a.sh")
                out = self.shell(
                    'cd run/a.sh.job; (cd .. && eval "$1"); ls -l . artifacts'
                    " > /dev/null && find . > /dev/null && cat stdout"
                    " exit_code > /dev/null && cat artifacts/out.txt", change)
                self.assertEqual(int(out), size)
                self.shell("rm -r run/[bd]*")

    def test_saved_by_a_child(self):
        self.overwrite("run/a.sh")
        self.warm("a.sh")
        size = int(self.shell(
            'mkfifo "$HOME/go"; exec 4<> "$HOME/go"; rm "$HOME/go"\n'
            '{ (read <&4; printf %s "$2" >&3) & } 3> "$1"; echo >&4; wait\n'
            'stat -c %s "$1.job/stdout"', "run/a.sh", self.text()))
        self.assertIn(size, (0, self.output("a.sh")))

    def test_another_looks_while_it_is_renamed(self):
        names = [self.at("run", name) for name in ("a.sh", "b.sh")]
        self.overwrite("run/a.sh")
        lookers = [subprocess.Popen([sys.executable, "-c", LOOK, name])
                   for name in names * 2]
        try:
            for number in range(1500):
                old, new = names[::(-1) ** number]
                os.rename(old, new)
                for name in ("/stdout", "", "/exit_code"):
                    self.assertEqual(self.error_of(
                        os.stat, old + ".job" + name), "ENOENT", number)
                os.stat(new + ".job/stdout")
        finally:
            for looker in lookers:
                looker.kill()
                looker.wait()

    def test_walk_of_a_job_that_is_forgotten(self):
        """By a descriptor of its directory, as tar walks."""
        self.save("jobs/new/w.sh", "echo x")
        job = os.path.realpath(self.at("jobs/new/w.sh.job"))
        self.read(job, "stdout")
        names = os.listdir(job)
        fd = os.open(job, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.stat("stdout", dir_fd=fd)
            self.shell('rmdir "$1"', job)
            for name in names * 2:
                self.assertEqual(self.error_of(os.stat, name, dir_fd=fd),
                                 "ENOENT", name)
        finally:
            os.close(fd)

    def test_job_of_jobs(self):
        self.save("jobs/new/j.sh", "echo x")
        job = os.path.realpath(self.at("jobs/new/j.sh.job"))
        self.read(job, "stdout")
        self.shell('ls -lR "$1"; ls -lR "$1"', job)
        self.shell('rmdir "$1"', job)
        self.assertEqual(self.error_of(os.stat, job + "/stdout"), "ENOENT")

    def test_looking_again_costs_no_request_of_the_kernel(self):
        self.overwrite("run/a.sh")
        self.warm("a.sh")
        before = self.upcalls()
        for _ in range(50):
            self.by_stat("run/a.sh.job")
        self.assertLess(self.upcalls() - before, 10)

    def upcalls(self):
        """No fewer than the requests of the kernel that the daemon read."""
        with open(f"/proc/{self.mount.pid}/io", encoding="ascii") as file:
            return int(dict(line.split(": ") for line in file)["syscr"])


if __name__ == "__main__":
    unittest.main()
