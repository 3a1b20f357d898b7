# SPDX-License-Identifier: MIT
# tests/mount/test_settings.py - settings of runs, by directory
import os
import shutil
import unittest

from case import MountCase

DEFAULTS = {"ttl": "60\n", "vcpu": "1\n", "network_mode": "zerotrust\n",
            "language": "\n", "return_artifact": "0\n",
            "return_wasm_artifact": "0\n", "main": "\n", "env": ""}

# Setting: accepted values (written, read), refused values.
VALUES = {
    "ttl": ([("1", "1"), ("900\n", "900"), (" 30 \n", "30")],
            ["0", "901", "-5", "ten", "1.5", "5 5", "5\n6\n"]),
    "vcpu": ([("1", "1"), ("8\n", "8")], ["0", "9", "two", "4x"]),
    "network_mode": ([("semitrusted\n", "semitrusted"),
                      ("zerotrust", "zerotrust")],
                     ["trusted", "SEMITRUSTED", "zerotrust semitrusted"]),
    "return_artifact": ([("1\n", "1"), ("0", "0")], ["2", "maybe", "-1"]),
    "return_wasm_artifact": ([("1\n", "1"), ("0", "0")], ["2", "x"]),
    "language": ([("python\n", "python"), ("brainfuck", "brainfuck")],
                 ["two words", "with\nnewline"]),
}

DOTENV = r"""# a comment
PLAIN=value
EMPTY=
export EXPORTED=yes
QUOTED="two  words"
SINGLE='it is $HOME'
EQUALS=a=b=c
UTF8=größe

"""


class Settings(MountCase):
    """.settings/ of run/, of its directories, of jobs/new/ and of drafts."""

    def folder(self, name):
        """Creates a directory in run/; its path and its settings' path."""
        os.mkdir(self.at("run", name))
        return f"run/{name}", f"run/{name}/.settings"

    def sent(self, path, code="echo $0"):
        """The settings that the server received with a save."""
        self.save(path, code)
        self.read(path + ".job/exit_code")
        return self.server.executions()[-1]

    def test_defaults(self):
        for where in ("run", "jobs/new"):
            self.assertEqual(sorted(os.listdir(self.at(where, ".settings"))),
                             sorted(DEFAULTS))
            for name, value in DEFAULTS.items():
                self.assertEqual(self.read(where, ".settings", name), value)
        sent = self.sent("run/defaults.sh")
        self.assertEqual((sent["ttl"], sent["vcpu"], sent["network_mode"],
                          sent["env"], sent["return_artifact"]),
                         (60, 1, "zerotrust", {}, False))

    def test_directories_of_their_name(self):
        """Further down, and where there are no settings, they are ordinary:
        those of an Eclipse project with modules are copied."""
        tree = self.place.folder("eclipse")
        for module in "a/b", "core", "core/deep/er":
            os.makedirs(f"{tree}/{module}/.settings")
            with open(f"{tree}/{module}/.settings/jdt.prefs", "w",
                      encoding="ascii") as file:
                file.write(module)
        os.mkdir(self.at("services/new/eclipse"))
        os.listdir(self.at("services/new/eclipse/files"))
        for to in "run/project", "services/new/eclipse/files/project":
            os.mkdir(self.at(to))
            self.shell(f"cp -r $1/. {to}/ && diff -r $1 {to}", tree)
            self.assertIn(".settings", os.listdir(self.at(to, "core")))
            with self.assertRaises(FileExistsError):
                os.mkdir(self.at(to, "core/.settings"))
        self.shell("cp -r $1/core services/new/eclipse/files/ && "
                   "diff -r $1/core services/new/eclipse/files/core", tree)
        self.shell("rm -r services/new/eclipse/files/core")
        project = self.at("run/project")
        for old, new in (("core", "../core"), ("a/b", "../b")):
            self.assertEqual(self.error_of(
                os.rename, f"{project}/{old}", f"{project}/{new}"), "EPERM")
            self.assertIn(".settings", self.last_error())
        for refused in (lambda: open(project + "/a/.settings", "x"),
                        lambda: os.symlink("x", project + "/a/.settings"),
                        lambda: os.rename(project + "/core",
                                          project + "/.settings")):
            self.assertEqual(self.error_of(refused), "EPERM")
            self.assertIn(".settings", self.last_error())
        os.rename(project + "/core/.settings", project + "/core/renamed")
        os.rename(project + "/core/renamed", project + "/a/.settings")
        self.save("run/project/a/.settings/jdt.prefs", "changed")
        self.assertEqual(self.error_of(
            os.rmdir, project + "/a/.settings"), "ENOTEMPTY")
        self.shell("rm -r run/project/a/.settings")
        self.assertEqual(os.listdir(project + "/a"), ["b"])
        os.rename(project + "/core", project + "/a/core")
        self.shell("rm -r run/project")
        self.assertFalse(os.path.exists(project))

    def last_error(self):
        """The last line of .unsandboxfs/errors."""
        return self.read(".unsandboxfs/errors").splitlines()[-1]

    def test_they_are_sent(self):
        folder, settings = self.folder("sent")
        self.shell(f"""cd {settings} && echo 17 >ttl && echo 3 >vcpu &&
            echo semitrusted >network_mode && echo 1 >return_artifact &&
            echo 'A=b c' >env""")
        sent = self.sent(folder + "/main.sh")
        self.assertEqual((sent["ttl"], sent["vcpu"], sent["network_mode"],
                          sent["env"], sent["return_artifact"]),
                         (17, 3, "semitrusted", {"A": "b c"}, True))
        self.assertEqual(self.value(folder, "main.sh.job/network_mode"),
                         "semitrusted")

    def test_they_are_sent_with_a_shebang_as_well(self):
        folder, settings = self.folder("shebang")
        self.shell(f"cd {settings} && echo 19 >ttl && echo A=1 >env && "
                   "echo semitrusted >network_mode")
        self.save(folder + "/main", "#!/bin/bash\necho $A\n")
        self.wait_for(lambda: os.path.exists(self.at(folder, "main.job")), "it")
        self.assertEqual(self.read(folder, "main.job/stdout"), "1\n")
        sent = self.server.executions()[0]
        self.assertEqual((sent["ttl"], sent["env"], sent["network_mode"]),
                         (19, {"A": "1"}, "semitrusted"))

    def test_jobs_have_their_own(self):
        self.shell("echo 23 >jobs/new/.settings/ttl")
        self.addCleanup(self.shell, "rm jobs/new/.settings/ttl")
        self.assertEqual(self.value("run/.settings/ttl"), "60")
        self.save("jobs/new/own.sh", "true")
        self.read("jobs/latest/exit_code")
        self.assertEqual(self.server.executions()[0]["ttl"], 23)

    def test_they_are_inherited(self):
        self.addCleanup(self.shell, "rm -f run/.settings/*")
        self.shell("mkdir -p run/i; echo 100 >run/.settings/ttl; "
                   "echo 2 >run/i/.settings/vcpu")
        read = [self.value(f"run/{d}.settings/{s}") for d in
                ("", "i/") for s in ("ttl", "vcpu")]
        self.assertEqual(read, ["100", "1", "100", "2"])
        self.shell("echo 5 >run/i/.settings/ttl")
        sent = self.sent("run/i/main.sh")
        self.assertEqual((sent["ttl"], sent["vcpu"]), (5, 2))
        self.shell("rm run/i/.settings/ttl")
        self.assertEqual(self.value("run/i/.settings/ttl"), "100")
        self.assertEqual(self.sent("run/i/main.sh")["ttl"], 100)
        self.shell("rm run/.settings/ttl")
        self.assertEqual(self.value("run/i/.settings/ttl"), "60")

    def test_they_are_found_by_name_only(self):
        """In run/, jobs/new/ and the directories directly in them."""
        for top in ("run", "jobs/new"):
            os.makedirs(self.at(top, "named/deep"))
            self.addCleanup(shutil.rmtree, self.at(top, "named"))
            for where in (top, top + "/named"):
                self.assertNotIn(".settings", os.listdir(self.at(where)))
                self.assertTrue(os.path.isdir(self.at(where, ".settings")))
                self.assertEqual(self.error_of(
                    os.rmdir, self.at(where, ".settings")), "EPERM")
            below = self.at(top, "named/deep/.settings")
            self.assertFalse(os.path.lexists(below))
            self.assertEqual(self.error_of(open, below, "x"), "EPERM")

    def test_a_directory_moves_with_them(self):
        """Further down they hold, but are not to be found."""
        folder, settings = self.folder("moved")
        self.save(settings + "/ttl", "5\n")
        os.mkdir(self.at("run/below"))
        os.rename(self.at(folder), self.at("run/below/moved"))
        self.assertEqual(os.listdir(self.at("run/below/moved")), [])
        self.assertFalse(os.path.lexists(self.at("run/below/moved/.settings")))
        self.save("run/below/.settings/main", "moved/main.sh\n")
        self.assertEqual(self.sent("run/below/moved/main.sh")["ttl"], 5)
        os.rename(self.at("run/below/moved"), self.at(folder))
        self.assertEqual(self.value(settings, "ttl"), "5")

    def test_removal_goes_back_and_the_file_is_still_there(self):
        _, settings = self.folder("removal")
        for name, value in DEFAULTS.items():
            self.error_of(os.unlink, self.at(settings, name))
            self.assertEqual(self.read(settings, name), value, name)
            self.assertIn(name, os.listdir(self.at(settings)))

    def test_nothing_written_is_what_is_inherited(self):
        """For a value that cannot be empty, an empty line is nothing, too."""
        _, settings = self.folder("nothing_written")
        for name, value in (("ttl", "77"), ("vcpu", "2"), ("language", "c"),
                            ("network_mode", "semitrusted"),
                            ("return_artifact", "1"), ("main", "m.sh"),
                            ("env", "A=1")):
            before = self.read(settings, name)
            for how in (": >$1", "printf '' >$1", "truncate -s 0 $1",
                        "cp /dev/null $1", "> $1.tmp; mv $1.tmp $1"):
                self.save(f"{settings}/{name}", value + "\n")
                self.assertEqual(self.value(settings, name), value)
                self.shell(how, f"{settings}/{name}")
                self.assertEqual(self.read(settings, name), before, how)
            self.save(f"{settings}/{name}", value + "\n")
            self.shell("echo >$1", f"{settings}/{name}")
            self.assertEqual(self.read(settings, name), before, "echo")
        self.assertNotIn("nothing_written", self.read(".unsandboxfs/errors"))

    def test_env(self):
        folder, settings = self.folder("env")
        self.save(settings + "/env", DOTENV)
        self.assertEqual(self.sent(folder + "/main.sh")["env"], {
            "PLAIN": "value", "EMPTY": "", "EXPORTED": "yes",
            "QUOTED": "two  words", "SINGLE": "it is $HOME",
            "EQUALS": "a=b=c", "UTF8": "größe"})
        for bad in ("no equals sign\n", "=x\n", "A B=c\n"):
            self.assertEqual(self.save_error(settings + "/env", bad),
                             "EINVAL", bad)
            self.assertIn("PLAIN", self.read(settings, "env"))
        self.save(settings + "/env", "")
        self.assertEqual(self.sent(folder + "/main.sh")["env"], {})

    def test_env_in_quotes_over_lines(self):
        """A shell writes line by line: an open quote is not an error yet."""
        _, settings = self.folder("lines")
        env = settings + "/env"
        self.shell("""printf 'A="one\ntwo"\nB=3\n' >$1""", env)
        self.assertEqual(self.read(env), "A='one\ntwo'\nB=3\n")
        before = self.read(env)
        self.assertEqual(self.save_error(env, 'A="one\ntwo\n'), "EINVAL")
        self.assertEqual(self.read(env), before)
        for text in "A='x' y\nC=4\n", "x\nC=4\nD=5\n":
            self.fails("printf %b \"$2\" >$1", env, text)
            self.assertEqual(self.read(env), before, text)
            self.fails("{ echo \"$2\"; echo E=6; } >>$1", env, text)
            self.assertEqual(self.read(env), before, text)

    def test_language(self):
        """For every program here, with any extension; empty: detect it."""
        folder, settings = self.folder("language")
        self.save(settings + "/language", "perl\n")
        self.assertEqual(self.sent(folder + "/main.sh", "print 7")["language"],
                         "perl")
        self.assertEqual(self.read(folder, "main.sh.job/stdout"), "7")
        self.save(settings + "/language", "\n")
        self.assertEqual(self.sent(folder + "/main.sh")["language"], "bash")

    def test_sizes_are_true(self):
        _, settings = self.folder("sizes")
        self.save(settings + "/ttl", "777\n")
        for name in DEFAULTS:
            self.assertEqual(os.stat(self.at(settings, name)).st_size,
                             len(self.read(settings, name)), name)

    def test_written_by_editors_and_tools(self):
        """Written in place, appended and truncated by one descriptor."""
        _, settings = self.folder("tools")
        self.shell(f"""cd {settings} && printf 4 >ttl && printf 2 >>ttl &&
            tee vcpu <<<4 >/dev/null && cp vcpu return_artifact 2>/dev/null
            dd if=/dev/stdin of=network_mode status=none <<<semitrusted""")
        self.assertIn(self.value(settings, "ttl"), ("42", "2"))
        self.assertEqual(self.value(settings, "vcpu"), "4")
        self.assertEqual(self.value(settings, "return_artifact"), "0")
        self.assertEqual(self.value(settings, "network_mode"), "semitrusted")

    def test_a_setting_runs_nothing(self):
        _, settings = self.folder("nothing")
        self.shell(f"cd {settings}; echo 3 >ttl; rm ttl; touch ttl")
        self.settled()
        self.assert_requests({})


def add_values():
    """A test for each setting."""
    def check(name, good, bad):
        def test(self):
            _, settings = self.folder("values_" + name)
            for written, read in good:
                self.save(f"{settings}/{name}", written)
                self.assertEqual(self.value(settings, name), read)
            for value in bad:
                self.assertEqual(self.save_error(f"{settings}/{name}", value),
                                 "EINVAL", repr(value))
                self.assertEqual(self.value(settings, name), good[-1][1])
            self.assert_requests({})
        return test
    for name, row in VALUES.items():
        setattr(Settings, "test_values_of_" + name, check(name, *row))


add_values()

if __name__ == "__main__":
    unittest.main()
