# SPDX-License-Identifier: MIT
# tests/mount/test_inputs.py - data files are sent with programs next to them
import hashlib
import os
import signal
import unittest

from case import MountCase


class Inputs(MountCase):
    """A file that does not run is an input file of its directory."""

    runs_each = True

    def folder(self, name, **files):
        """A directory of run/ with these files (__ stands for a dot)."""
        os.mkdir(self.at("run", name))
        for file, content in files.items():
            self.save(f"run/{name}/{file.replace('__', '.')}", content)
        return f"run/{name}"

    def inputs_of(self, path, code):
        """The names of the input files that were sent with a program."""
        self.save(path, code)
        self.read(path + ".job/exit_code")
        return sorted(self.server.executions()[-1]["input_files"])

    def test_they_arrive(self):
        folder = self.folder("arrive", a__csv="1,2\n", b="no ending\n",
                             empty__txt="")
        self.save(folder + "/cat.sh", "cat a.csv b; wc -c <empty.txt; "
                  "cat /tmp/input/a.csv; ls -d /tmp/b")
        self.assertEqual(self.read(folder, "cat.sh.job/stdout"),
                         "1,2\nno ending\n0\n1,2\n/tmp/b\n")
        self.assertEqual(sorted(self.server.executions()[0]["input_files"]),
                         ["a.csv", "b", "empty.txt"])
        self.assert_requests({"POST /execute": 1})

    def test_every_byte_arrives(self):
        data = os.urandom(3_000_000) + bytes(range(256)) + b"\0"
        folder = self.folder("bytes", blob__bin=data)
        self.save(folder + "/sum.py", "import hashlib\nprint(hashlib.sha1("
                  "open('blob.bin', 'rb').read()).hexdigest())")
        self.assertEqual(self.value(folder, "sum.py.job/stdout"),
                         hashlib.sha1(data).hexdigest())

    def test_of_the_directory_and_below_it(self):
        folder = self.folder("above", up__txt="up")
        os.mkdir(self.at(folder, "here"))
        self.save(folder + "/here/down.txt", "down")
        self.save(folder + "/here/p.sh", "true")
        self.assertEqual(self.inputs_of(folder + "/q.sh", "true"),
                         ["here/down.txt", "here/p.sh", "up.txt"])
        self.assertEqual(len(self.server.executions()), 1)

    def test_of_run_itself(self):
        self.save("run/d.txt", "d")
        self.folder("aside", aside__txt="x")
        self.assertEqual(self.inputs_of("run/p.sh", "true"), ["d.txt"])
        self.shell("rm run/d.txt run/p.sh")

    def test_other_programs_are_not_sent(self):
        folder = self.folder("others", one__sh="true", two__py="pass",
                             d__txt="d")
        self.save(folder + "/script", "#!/bin/sh\ntrue\n")
        self.wait_for(lambda: len(self.executions()) == 3, "all ran")
        self.assertEqual(self.inputs_of(folder + "/three.sh", "true"),
                         ["d.txt"])

    def test_what_never_runs_is_never_sent(self):
        folder = self.folder("never", d__txt="d")
        self.shell("cd $1; for n in .hidden x~ x.swp x.swo x.swx x.tmp x.bak "
                   "x.orig x.rej x.part x.vsctmp '#x#' 4913 sedAb12cd; do "
                   "echo x >\"$n\"; done", folder)
        self.assertEqual(self.inputs_of(folder + "/p.sh", "true"), ["d.txt"])

    def test_their_newest_content_is_sent(self):
        folder = self.folder("newest", d__txt="one\n")
        self.save(folder + "/p.sh", "cat d.txt")
        self.assertEqual(self.read(folder, "p.sh.job/stdout"), "one\n")
        self.shell("echo two >$1/d.txt", folder)
        self.settled()
        self.assertEqual(len(self.executions()), 1)
        self.shell("cp $1/p.sh $1/q.sh", folder)
        self.assertEqual(self.read(folder, "q.sh.job/stdout"), "two\n")

    def test_a_removed_one_is_not_sent(self):
        folder = self.folder("removed", a__txt="a", b__txt="b")
        self.shell("rm $1/a.txt; mv $1/b.txt $1/c.txt", folder)
        self.assertEqual(self.inputs_of(folder + "/p.sh", "true"), ["c.txt"])

    def test_hard_linked_twice(self):
        folder = self.folder("linked", a__txt="a")
        self.shell("ln $1/a.txt $1/b.txt", folder)
        self.save(folder + "/p.sh", "cat a.txt b.txt")
        self.assertEqual(self.read(folder, "p.sh.job/stdout"), "aa")

    def test_with_a_script_without_ending(self):
        """/run takes no input files, so it goes over /execute."""
        folder = self.folder("noending", d__txt="data\n")
        self.save(folder + "/tool", "#!/usr/bin/env bash\ncat d.txt\n")
        self.wait_for(lambda: os.path.exists(self.at(folder, "tool.job")),
                      "it")
        self.assertEqual(self.read(folder, "tool.job/stdout"), "data\n")
        self.assertEqual(self.executions()[0]["input_files"], ["d.txt"])

    def test_renamed_while_programs_are_saved(self):
        """What is sent is what was there at the close."""
        folder = self.folder("moving", **{"0__txt": "x" * 10_000_000},
                             a__txt="whole")
        names = [self.at(folder, name) for name in ("a.txt", "b.txt")]
        pid = os.fork()
        if pid == 0:
            while True:
                os.rename(*names)
                os.rename(*reversed(names))
        try:
            for number in range(10):
                self.save(f"{folder}/p{number}.sh", "cat a.txt b.txt")
                self.assertEqual(self.read(f"{folder}/p{number}.sh.job/"
                                           "stdout"), "whole")
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def test_in_jobs_new(self):
        self.save("jobs/new/d.txt", "data\n")
        self.addCleanup(os.unlink, self.at("jobs/new/d.txt"))
        self.save("jobs/new/p.sh", "cat d.txt")
        self.assertEqual(self.read("jobs/latest/stdout"), "data\n")

    def test_a_hundred_of_them(self):
        folder = self.folder("hundred")
        for number in range(100):
            self.save(f"{folder}/n{number}.txt", f"{number}\n")
        self.save(folder + "/p.sh", "cat n*.txt | sort -n | tail -n 1; "
                  "ls n*.txt | wc -l")
        self.assertEqual(self.read(folder, "p.sh.job/stdout"), "99\n100\n")


if __name__ == "__main__":
    unittest.main()
