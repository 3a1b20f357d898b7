# SPDX-License-Identifier: MIT
# tests/mount/test_remount.py - a remount changes nothing
import json
import os
import subprocess
import unittest

from case import MountCase
from gate import Gate
from mounted import sealed

# Inode, times, size, mode, links, type, path. Not of system/, which shows this
# machine's load.
FIND = ("find . -path ./.unsandboxfs -prune -o -path './system/*' -prune -o "
        "-printf '%i %T@ %C@ %s %m %n %y %l %p\\n' | sort")


class Remount(MountCase):
    """Compares before and after a remount."""

    def assert_same(self, prepare=lambda: None):
        """Asserts that find prints the same before and after."""
        before = self.shell(FIND).splitlines()
        self.assertGreater(len(before), 20)
        self.mount.restart()
        prepare()
        self.assertEqual(self.shell(FIND).splitlines(), before)

    def test_scripts_and_results(self):
        self.save("run/kept.py", "print('kept')\n")
        self.assertEqual(self.read("run/kept.py.job/stdout"), "kept\n")
        self.save("jobs/new/kept.sh", "echo kept too; echo e >&2; exit 4\n")
        self.assertEqual(self.read("jobs/latest/exit_code"), "4\n")
        job = os.readlink(self.at("jobs/latest"))
        files = {path: self.read(path) for path in (
            "run/kept.py", "run/kept.py.job/stdout", "run/kept.py.job/status",
            "run/kept.py.job/code", "run/kept.py.job/job.json",
            "jobs/new/kept.sh", f"jobs/{job}/stdout", f"jobs/{job}/stderr",
            f"jobs/{job}/exit_code", f"jobs/{job}/job.json")}
        self.server.reset_counts()
        self.mount.restart()
        self.assertEqual({path: self.read(path) for path in files}, files)
        self.assertEqual(os.readlink(self.at("jobs/latest")), job)
        self.assertEqual(os.readlink(self.at("jobs/new/kept.sh.job")),
                         "../" + job)
        self.settled()
        self.assertEqual(self.executions(), [])

    def test_find_prints_the_same(self):
        self.shell("""cd run && mkdir -p a/b && echo data >a/data.csv &&
            echo more >a/b/.hidden && ln a/data.csv a/linked.csv &&
            ln -s data.csv a/symlink && chmod 600 a/data.csv &&
            touch -d 2001-02-03 a/b && echo 'echo hello' >a/main.sh &&
            cat a/main.sh.job/stdout && touch -d 1999-12-31 a/main.sh &&
            echo 30 >a/.settings/ttl && echo A=1 >.settings/env &&
            cp a/main.sh ../jobs/new/ && cat ../jobs/new/main.sh.job/stdout &&
            mkdir ../jobs/new/draft && echo x >../jobs/new/draft/x.txt""")
        self.read("jobs/latest/exit_code")
        self.assert_same()
        self.assert_same()

    def test_find_prints_the_same_after_a_look_at_nothing(self):
        """Inode numbers do not depend on the order of look-ups."""
        self.save("run/order.sh", "echo order")
        self.assertEqual(self.read("run/order.sh.job/stdout"), "order\n")
        self.assert_same(lambda: self.shell(
            "cat run/order.sh.job/stderr; stat README jobs/new key/tier"))

    def test_attributes(self):
        self.save("run/attributes.txt", "x")
        path = self.at("run/attributes.txt")
        os.setxattr(path, "user.origin", b"here\0there")
        os.utime(path, ns=(1_000_000_001, 2_000_000_003))
        os.chmod(path, 0o640)
        before = os.stat(path)
        self.mount.restart()
        after = os.stat(path)
        for name in ("st_ino", "st_mode", "st_mtime_ns", "st_ctime_ns",
                     "st_uid", "st_gid", "st_nlink", "st_size"):
            self.assertEqual(getattr(after, name), getattr(before, name), name)
        self.assertEqual(after.st_mtime_ns, 2_000_000_003)
        self.assertEqual(os.getxattr(path, "user.origin"), b"here\0there")

    def test_job_that_goes_on_is_followed(self):
        gate = Gate(self.place, "followed")
        self.save("jobs/new/long.sh", f"echo before\n{gate.wait}echo after\n")
        job = os.readlink(self.at("jobs/latest"))
        self.assertEqual(self.shell("head -n 1 jobs/latest/stdout"),
                         "before\n")
        self.mount.restart()
        self.assertIn(self.value(f"jobs/{job}/status"),
                      ("pending", "running"))
        gate.open()
        self.assertEqual(self.results(f"jobs/{job}"),
                         ("completed", "0", "before\nafter\n"))
        self.assertEqual(len(self.executions()), 1)

    def test_job_that_ended_meanwhile(self):
        gate = Gate(self.place, "meanwhile")
        self.save("jobs/new/meanwhile.sh", f"{gate.wait}echo done; exit 5\n")
        job = os.readlink(self.at("jobs/latest"))
        self.assertEqual(self.mount.unmount(), 0)
        gate.open()
        self.wait_for(lambda: not self.server.ask("GET", "")["active_jobs"],
                      "its end")
        self.mount.start()
        self.assertEqual(self.results(f"jobs/{job}"),
                         ("completed", "5", "done\n"))

    def test_run_under_way_says_error_and_is_not_run_again(self):
        gate = Gate(self.place, "underway")
        self.save("run/underway.sh", f"echo begun\n{gate.wait}echo end\n")
        self.assertEqual(self.value("run/underway.sh.job/status"), "running")
        self.mount.restart()
        self.assertEqual(self.value("run/underway.sh.job/status"), "error")
        self.assertGreater(len(self.value("run/underway.sh.job/error")), 10)
        self.assertNotEqual(
            self.error_of(self.read, "run/underway.sh.job/stdout"), None)
        self.assertIn("echo begun", self.read("run/underway.sh"))
        self.settled()
        self.assertEqual(len(self.executions()), 1)

    def test_a_file_that_was_never_saved_as_a_program(self):
        """A file stored without a run does not run at the next mount."""
        self.shell("cp README run/data.txt; cp README run/.hidden.sh; "
                   "touch run/empty.sh")
        self.mount.restart()
        self.assertEqual(self.read("run/data.txt"), self.read("README"))
        self.shell("mv run/data.txt run/data.md; chmod 755 run/empty.sh")
        self.settled()
        self.assertEqual(self.executions(), [])

    def test_renames_and_removals(self):
        self.save("run/one.sh", "echo one")
        self.assertEqual(self.read("run/one.sh.job/stdout"), "one\n")
        self.save("run/two.sh", "echo two")
        self.assertEqual(self.read("run/two.sh.job/stdout"), "two\n")
        os.rename(self.at("run/one.sh"), self.at("run/uno.sh"))
        os.unlink(self.at("run/two.sh"))
        self.mount.restart()
        names = os.listdir(self.at("run"))
        self.assertIn("uno.sh", names)
        self.assertIn("uno.sh.job", names)
        for gone in ("one.sh", "one.sh.job", "two.sh", "two.sh.job"):
            self.assertNotIn(gone, names)
        self.assertEqual(self.read("run/uno.sh.job/stdout"), "one\n")

    def test_truncated_by_path(self):
        self.save("run/cut.txt", "0123456789")
        os.truncate(self.at("run/cut.txt"), 4)
        self.save("run/reads.sh", "cat cut.txt\n")
        self.assertEqual(self.read("run/reads.sh.job/stdout"), "0123")
        self.mount.restart()
        self.assertEqual(self.read("run/cut.txt"), "0123")

    def test_saved_files_are_plain_files(self):
        self.save("run/plain.txt", "plain\n")
        os.makedirs(self.at("run/folder/below"))
        self.save("run/folder/below/main.sh", "echo plain")
        top = os.path.join(self.mount.state_dir, "unsandboxfs")
        account = os.path.join(top, os.listdir(top)[0])
        for path, text in (("run/plain.txt", "plain\n"),
                           ("run/folder/below/main.sh", "echo plain")):
            with open(os.path.join(account, path), encoding="utf-8") as file:
                self.assertEqual(file.read(), text)

    def copy_state(self):
        """Mounts a copy (cp -a) of the state directory in which all records
        of jobs name the inode of run/other.txt."""
        before = self.mount.state_dir
        self.assertEqual(self.mount.unmount(), 0)
        self.mount.state_dir = before + "-copied"
        subprocess.run(["cp", "-a", before, self.mount.state_dir], check=True)
        top = os.path.join(self.mount.state_dir, "unsandboxfs")
        account = os.path.join(top, os.listdir(top)[0])
        other = os.stat(os.path.join(account, "run/other.txt")).st_ino
        for name in os.listdir(os.path.join(account, "jobs")):
            if name.endswith(".json"):
                path = os.path.join(account, "jobs", name)
                with open(path, "rb") as file:
                    record = json.loads(file.readline())
                record["file"] = other
                with open(path, "wb") as file:
                    file.write(sealed(json.dumps(record).encode()))
        self.mount.start()

        def back():
            self.mount.unmount()
            self.mount.state_dir = before
            self.mount.start()
        self.addCleanup(back)

    def test_copied_state(self):
        """Files have other inode numbers in a copy: no job is another file's,
        and those of jobs/ stay."""
        self.save("run/other.txt", "other")
        self.save("run/first.sh", "echo first")
        self.assertEqual(self.read("run/first.sh.job/stdout"), "first\n")
        self.save("jobs/new/second.sh", "echo second")
        self.assertEqual(self.read("jobs/latest/stdout"), "second\n")
        job = os.readlink(self.at("jobs/latest"))
        born = os.stat(self.at("run")).st_mtime_ns
        self.copy_state()
        self.assertEqual(self.read("run/first.sh"), "echo first")
        self.assertEqual(self.read(f"jobs/{job}/stdout"), "second\n")
        self.assertEqual(os.stat(self.at("run")).st_mtime_ns, born)
        for name in os.listdir(self.at("run")):
            self.assertNotIn(".job", name)
        self.assertNotIn("second.sh.job", os.listdir(self.at("jobs/new")))
        self.assertEqual(
            self.read(".unsandboxfs/log").count("is a copy: results"), 1)
        self.save("run/first.sh", "echo again")
        self.assertEqual(self.read("run/first.sh.job/stdout"), "again\n")
        self.mount.restart()
        self.assertEqual(self.read("run/first.sh.job/stdout"), "again\n")
        self.assertNotIn("other.txt.job", os.listdir(self.at("run")))
        self.assertEqual(self.read(f"jobs/{job}/stdout"), "second\n")
        self.assertNotIn("is a copy", self.read(".unsandboxfs/log"))

    def test_settings(self):
        self.shell("mkdir run/set; echo 7 >run/set/.settings/ttl; "
                   "printf 'A=1\\nB=two words\\n' >run/set/.settings/env")
        self.mount.restart()
        self.assertEqual(self.value("run/set/.settings/ttl"), "7")
        self.save("run/set/main.sh", "echo $A $B")
        self.assertEqual(self.read("run/set/main.sh.job/stdout"),
                         "1 two words\n")
        self.assertEqual(self.executions()[0]["ttl"], 7)

    def test_without_the_api(self):
        """Stored files are shown while the API cannot be reached."""
        self.save("run/alone.sh", "echo alone")
        self.assertEqual(self.read("run/alone.sh.job/stdout"), "alone\n")
        self.assertEqual(self.mount.unmount(), 0)
        self.server.stop()
        try:
            self.mount.start()
            self.assertEqual(self.read("run/alone.sh"), "echo alone")
            self.assertEqual(self.read("run/alone.sh.job/stdout"), "alone\n")
        finally:
            self.server.start()


if __name__ == "__main__":
    unittest.main()
