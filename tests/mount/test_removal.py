# SPDX-License-Identifier: MIT
# tests/mount/test_removal.py - rm of programs and of their results
import os
import shutil
import unittest

from case import MountCase


class Removal(MountCase):
    """NAME.job goes with NAME, and a removal that names both succeeds."""

    runs_each = True

    def filled(self, where):
        """A directory with three programs that have run, and data."""
        os.makedirs(self.at(where), exist_ok=True)
        for name in "a.sh", "b.sh", "c.sh":
            self.save(f"{where}/{name}", "echo\n")
            self.read(f"{where}/{name}.job/exit_code")
        self.save(where + "/d.txt", "x")
        return where

    def test_rm_r_of_all(self):
        for number, command in enumerate((
                "cd $1; rm -r *", "cd $1; rm -rf *", "rm -r $1/*",
                "rm -r $1/*.sh $1/*.job $1/d.txt", "rm -r $1/*.job $1/*.sh $1/d.txt",
                "cd $1; busybox rm -r *", "rm -r $1", "rm -rf $1/",
                "find $1 -delete", "find $1 -mindepth 1 -maxdepth 1 "
                "-exec rm -r {} +", "cd $1; rm -r ./*",
                "busybox rm -r $1")):
            if "busybox" in command and not shutil.which("busybox"):
                continue
            folder = self.filled(f"run/all{number}")
            self.shell(command, folder)
            if os.path.exists(self.at(folder)):
                self.assertEqual(os.listdir(self.at(folder)), [], command)
                os.rmdir(self.at(folder))

    def test_rm_of_all_in_jobs_new(self):
        self.filled("jobs/new")
        self.shell("cd jobs/new; rm *")
        self.assertEqual(os.listdir(self.at("jobs/new")), [])

    def test_others_see_it_gone(self):
        folder = self.filled("run/gone")
        self.shell("rm $1/a.sh; [ ! -e $1/a.sh.job ] && "
                   "! ls -d $1/a.sh.job 2>/dev/null", folder)
        self.assertEqual(sorted(os.listdir(self.at(folder))),
                         ["b.sh", "b.sh.job", "c.sh", "c.sh.job", "d.txt"])
        self.assertEqual(self.error_of(os.rmdir, self.at(folder, "a.sh.job")),
                         "ENOENT")

    def test_saved_again_it_has_its_own_results(self):
        folder = self.filled("run/again")
        os.unlink(self.at(folder, "a.sh"))
        self.save(folder + "/a.sh", "echo new\n")
        self.assertEqual(self.read(folder, "a.sh.job/stdout"), "new\n")
        os.rmdir(self.at(folder, "a.sh.job"))
        self.assertNotIn("a.sh.job", os.listdir(self.at(folder)))


if __name__ == "__main__":
    unittest.main()
