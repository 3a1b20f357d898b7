# SPDX-License-Identifier: MIT
# tests/mount/test_drafts.py - a program and its files, committed by mv
import os
import unittest

from case import MountCase


class Drafts(MountCase):
    """jobs/new/DIR, moved to jobs/."""

    def draft(self, name, **files):
        """Creates a draft with these files (__ stands for a dot)."""
        os.mkdir(self.at("jobs/new", name))
        for file, content in files.items():
            self.save(f"jobs/new/{name}/{file.replace('__', '.')}", content)
        return self.at("jobs/new", name)

    def commit(self, name, alias=None):
        """mv jobs/new/DRAFT jobs/ALIAS."""
        os.rename(self.at("jobs/new", name), self.at("jobs", alias or name))
        return f"jobs/{alias or name}"

    def test_program_and_input_files(self):
        self.draft("sum", main__py="print(sum(map(int, open('n.txt'))))\n",
                   n__txt="1\n20\n300\n")
        self.assertEqual(self.server.changes(), [])  # other jobs are polled
        self.shell("mv jobs/new/sum jobs/")
        self.assertEqual(self.results("jobs/sum"), ("completed", "0", "321\n"))
        sent = self.server.executions()
        self.assertEqual([(e["path"], e["input_files"], e["language"])
                          for e in sent],
                         [("/execute/async", ["n.txt"], "python")])
        self.assertFalse(os.path.exists(self.at("jobs/new/sum")))

    def test_alias_is_a_link_to_the_id(self):
        self.draft("linked", main__sh="echo linked")
        job = self.commit("linked", "by another name")
        target = os.readlink(self.at(job))
        self.assertEqual(target, self.server.executions()[0]["job_id"])
        self.assertIn(target, os.listdir(self.at("jobs")))
        self.assertIn("by another name", os.listdir(self.at("jobs")))
        self.assertEqual(os.readlink(self.at("jobs/latest")), target)
        self.assertEqual(self.read(job, "stdout"), "linked\n")
        self.assertEqual(self.read(job, "code"), "echo linked")

    def test_main_is_the_program_among_several(self):
        self.draft("several", main__py="import lib; lib.f()\n",
                   lib__py="def f(): print('lib', open('x.sh').read())\n",
                   x__sh="echo no")
        job = self.commit("several")
        self.assertEqual(self.read(job, "stdout"), "lib echo no\n")
        self.assertEqual(sorted(self.server.executions()[0]["input_files"]),
                         ["lib.py", "x.sh"])

    def test_shebang_is_a_program(self):
        self.draft("shebang", main="#!/bin/bash\ncat data.txt\n",
                   data__txt="some\n")
        self.assertEqual(self.read(self.commit("shebang"), "stdout"), "some\n")

    def test_settings_of_a_draft(self):
        self.draft("set", main__sh="echo $WHO")
        self.shell("cd jobs/new/set/.settings; echo 11 >ttl; echo WHO=me >env")
        self.assertEqual(self.read(self.commit("set"), "stdout"), "me\n")
        self.assertEqual(self.server.executions()[0]["ttl"], 11)

    def test_what_editors_leave_is_not_sent(self):
        self.draft("clean", main__sh="ls -a | grep -c clutter", )
        self.shell("cd jobs/new/clean; for n in .clutter clutter~ "
                   "clutter.bak '#clutter#' clutter.swp; do echo x >$n; done")
        self.assertEqual(self.read(self.commit("clean"), "stdout"), "0\n")
        self.assertEqual(self.server.executions()[0]["input_files"], [])

    def check_refused(self, name, error):
        """The mv fails, and the draft is unchanged."""
        files = self.shell("cd jobs/new/$1; find . -type f -exec head {} +",
                           name)
        self.assertEqual(self.error_of(self.commit, name), error)
        self.assertEqual(self.shell(
            "cd jobs/new/$1; find . -type f -exec head {} +", name), files)
        self.assertFalse(os.path.lexists(self.at("jobs", name)))

    def test_refused_by_the_api(self):
        self.draft("refused", main__sh="echo kept", d__txt="data")
        self.server.fault({"path": "/execute/async", "status": 402, "body": {
            "error": "Out of credit", "message": "Out of credit"}})
        self.check_refused("refused", "EACCES")
        self.assertIn("Out of credit", self.read(".unsandboxfs/errors"))
        self.server.fault()
        self.assertEqual(self.read(self.commit("refused"), "stdout"),
                         "kept\n")

    def test_refused_for_its_language(self):
        self.draft("klingon", main__sh="Qapla'")
        self.save("jobs/new/klingon/.settings/language", "klingon")
        self.check_refused("klingon", "EBADR")

    def test_refused_without_an_answer(self):
        self.draft("unheard", main__sh="echo unheard")
        self.server.fault({"path": "/execute/async", "close": "before"})
        self.check_refused("unheard", "ECONNRESET")
        self.assert_requests({"POST /execute/async": 1})

    def test_refused_without_a_program(self):
        for name, files in (("none", {"a__txt": "x"}), ("empty", {}),
                            ("two", {"main__sh": "true", "main__py": "1"}),
                            ("aside", {"a__sh": "true"})):
            self.draft(name, **files)
            self.check_refused(name, "ENODATA")
            self.assertIn("main", self.read(".unsandboxfs/errors"))
        self.assertEqual(self.server.changes(), [])  # other jobs are polled

    def test_refused_for_a_taken_name(self):
        self.draft("one", main__sh="true")
        self.draft("other", main__sh="true")
        self.commit("one", "taken")
        for name in ("latest", "new", os.readlink(self.at("jobs/taken"))):
            self.assertIn(self.error_of(self.commit, "other", name),
                          ("EEXIST", "ENOTDIR", "ENOTEMPTY", "EPERM"), name)
        self.assertEqual(len(self.server.executions()), 1)

    def test_draft_is_renamed_and_removed(self):
        self.draft("old", main__sh="echo old", x__txt="x")
        self.shell("mv jobs/new/old jobs/new/young; cat jobs/new/young/main.sh")
        self.assertEqual(self.server.changes(), [])  # other jobs are polled
        self.shell("rm -r jobs/new/young")
        self.assertFalse(os.path.exists(self.at("jobs/new/young")))
        self.draft("full", main__sh="echo")
        self.assertIn(self.error_of(os.rmdir, self.at("jobs/new/full")),
                      (None, "ENOTEMPTY"))
        self.assertEqual(self.server.changes(), [])  # other jobs are polled

    def test_held_open_while_it_is_committed(self):
        self.save("jobs/new/beside.txt", "x")
        self.addCleanup(os.unlink, self.at("jobs/new/beside.txt"))
        self.draft("held", main__sh="echo held")
        held = os.open(self.at("jobs/new/held"), os.O_RDONLY)
        self.assertEqual(self.read(self.commit("held"), "stdout"), "held\n")
        for call in (lambda: os.link(self.at("jobs/new/beside.txt"), "x",
                                     dst_dir_fd=held),
                     lambda: os.mkdir("x", dir_fd=held),
                     lambda: os.open("x", os.O_WRONLY | os.O_CREAT,
                                     dir_fd=held)):
            self.assertEqual(self.error_of(call), "ENOENT")
        os.close(held)

    def test_saves_in_a_draft_run_nothing(self):
        self.draft("quiet", main__sh="echo one", q__py="print(2)")
        self.shell("cd jobs/new/quiet; echo echo two >main.sh; mv main.sh r.sh; "
                   "sed -i s/two/three/ r.sh; chmod 755 r.sh")
        self.settled()
        self.assertEqual(self.server.changes(), [])  # other jobs are polled

    def test_the_next_draft_of_the_name_replaces_the_link(self):
        for text in "1", "2", "3":
            self.draft("nightly", main__sh="echo " + text)
            self.shell("mv jobs/new/nightly jobs/")
            self.assertEqual(self.read("jobs/nightly/stdout"), text + "\n")
            self.assertEqual(os.listdir(self.at("jobs")).count("nightly"), 1)
        self.draft("nightly", main__sh="echo 4")
        self.shell("echo 1 >jobs/new/nightly/commit")
        self.assertEqual(self.read("jobs/nightly/stdout"), "4\n")
        self.assertEqual(len(self.server.executions()), 4)

    def test_commit(self):
        folder = self.draft("done", main__sh="cat a/d.txt")
        os.mkdir(folder + "/a")
        self.save("jobs/new/done/a/d.txt", "deep\n")
        self.assertNotIn("commit", os.listdir(folder))
        self.assertIn("1", self.read("jobs/new/done/commit"))
        for wrong in "0\n", "yes\n", self.read("jobs/new/done/commit"):
            self.assertEqual(self.save_error("jobs/new/done/commit", wrong),
                             "EINVAL")
        self.assertEqual(self.server.changes(), [])  # other jobs are polled
        self.save("jobs/new/done/commit", "1\n")
        self.assertEqual(self.read("jobs/done/stdout"), "deep\n")
        self.assertFalse(os.path.exists(folder))
        self.assertEqual(self.server.executions()[0]["input_files"],
                         ["a/d.txt"])

    def test_commit_is_refused(self):
        self.draft("nomain", a__txt="x")
        self.assertEqual(self.save_error("jobs/new/nomain/commit", "1\n"),
                         "ENODATA")
        self.draft("nocredit", main__sh="true")
        self.server.fault({"path": "/execute/async", "status": 402})
        self.assertEqual(self.save_error("jobs/new/nocredit/commit", "1\n"),
                         "EACCES")
        self.assertEqual(os.listdir(self.at("jobs/new/nocredit")),
                         ["main.sh"])
        self.server.fault()
        self.save("jobs/new/nocredit/commit", "1\n")
        self.assertTrue(os.path.islink(self.at("jobs/nocredit")))

    def test_only_drafts_have_commit(self):
        self.draft("deep", main__sh="true")
        os.mkdir(self.at("jobs/new/deep/lib"))
        os.mkdir(self.at("run/nocommit"))
        for where in ("jobs/new", "jobs/new/deep/lib", "run", "run/nocommit"):
            self.assertFalse(os.path.lexists(self.at(where, "commit")), where)

    def test_names_that_are_no_utf8(self):
        name = os.fsdecode(b"caf\xe9")
        self.draft(name, main__sh="echo latin")
        self.commit(name)
        self.assertEqual(self.read("jobs", name, "stdout"), "latin\n")
        self.assertIn(name, os.listdir(self.at("jobs")))
        self.mount.restart()
        self.assertEqual(self.read("jobs", name, "stdout"), "latin\n")
        os.unlink(self.at("jobs", name))
        self.assertNotIn(name, os.listdir(self.at("jobs")))

    def test_latest_is_the_newest_save(self):
        """Also one that was refused: nobody reads another job's output."""
        self.save("jobs/new/good.sh", "echo good\n")
        self.read("jobs/latest/exit_code")
        good = os.readlink(self.at("jobs/latest"))
        self.server.fault({"path": "/execute/async", **{"status": 402}})
        self.assertEqual(self.save_error("jobs/new/bad.sh", "true\n"),
                         "EACCES")
        self.assertNotEqual(os.readlink(self.at("jobs/latest")), good)
        self.assertEqual(self.value("jobs/latest/status"), "error")
        self.draft("refuseddraft", main__sh="true")
        bad = os.readlink(self.at("jobs/latest"))
        self.assertEqual(self.error_of(self.commit, "refuseddraft"), "EACCES")
        self.assertNotIn(os.readlink(self.at("jobs/latest")), (good, bad))
        self.assertEqual(self.value("jobs/latest/status"), "error")
        self.server.fault()
        self.assertEqual(os.readlink(self.at("jobs/new/good.sh.job")),
                         "../" + good)


if __name__ == "__main__":
    unittest.main()
