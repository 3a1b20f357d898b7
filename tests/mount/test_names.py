# SPDX-License-Identifier: MIT
# tests/mount/test_names.py - strange names, and paths that lead elsewhere
import os
import unittest

from case import MountCase

# Names that a program may have; the second part is its extension.
NAMES = {
    "spaces": "a name  with spaces .sh",
    "leading_space": " leading.sh",
    "utf8": "größe-日本語-🐚.sh",
    "combining": "e\u0301.sh",
    "newline": "two\nlines.sh",
    "tab_and_escape": "\t\x1b[31mred\x07.sh",
    "quotes": "it's \"quoted\" `$(id)` $HOME;&|<>*?[x].sh",
    "backslash": "back\\slash\\.sh",
    "percent": "%2e%2e%2f%00.sh",
    "dash": "-rf.sh",
    "dots_inside": "a..b...sh.sh",
    "invalid_utf8": b"caf\xe9\xff.sh".decode("utf-8", "surrogateescape"),
    "as_a_number": "1e5.sh",
    "as_json": "{\"code\":\"x\"}.sh",
    "as_a_job": "a.job.sh",
    "new": "new.sh",
    "latest": "latest.sh",
    "longest_with_a_job": "l" * 248 + ".sh",
}


class Names(MountCase):
    """Each name works or is refused with the right errno."""

    runs_each = True

    def check_name(self, name, kind):
        """Programs and input files are saved, listed, renamed and removed."""
        path = os.path.join("run", kind)
        os.mkdir(self.at(path))
        content = f"echo {kind}\n"
        file = os.path.join(path, name)
        self.save(file, content)
        self.assertIn(name, os.listdir(self.at(path)))
        self.assertEqual(self.read(file), content)
        self.wait_for(lambda: len(self.executions()) == 1, "its run")
        if len(os.fsencode(name)) + 4 <= 255:
            self.assertEqual(self.read(file + ".job/stdout"), kind + "\n")
            self.assertIn(name + ".job", os.listdir(self.at(path)))
        os.rename(self.at(file), self.at(path, "plain.sh"))
        self.assertEqual(self.read(path, "plain.sh.job/stdout"), kind + "\n")
        self.assert_requests({"POST /execute": 1})
        os.unlink(self.at(path, "plain.sh"))
        self.assertEqual(os.listdir(self.at(path)), [])

    def test_name_of_256_bytes(self):
        for name in ("n" * 256, "日" * 86):
            self.assertEqual(self.save_error("run/" + name, "x"),
                             "ENAMETOOLONG")
            self.assertEqual(self.error_of(os.mkdir, self.at("run", name)),
                             "ENAMETOOLONG")
        self.assert_requests({})

    def test_name_that_is_too_long_for_its_job(self):
        """NAME.job must fit, so what would run is refused when it is made."""
        self.shell("mkdir run/long")
        for name in ("n" * 249 + ".sh", "日" * 83 + ".py"):
            path = "run/long/" + name
            self.assertGreater(len(name.encode()), 251)
            self.assertEqual(self.save_error(path, "x"), "ENAMETOOLONG")
            self.assertEqual(self.error_of(os.mknod, self.at(path)),
                             "ENAMETOOLONG")
            self.save("run/long/d.txt", "data")
            for call in os.rename, os.link:
                self.assertEqual(self.error_of(
                    call, self.at("run/long/d.txt"), self.at(path)),
                    "ENAMETOOLONG")
            self.assertEqual(sorted(os.listdir(self.at("run/long"))),
                             ["d.txt"])
        self.save("run/long/" + "d" * 255, "data")
        self.save("run/long/" + "d" * 251 + ".txt", "data")
        self.assertEqual(self.save_error("run/long/" + "s" * 252,
                                         "#!/bin/sh\n"), "ENAMETOOLONG")
        self.save("run/long/" + "l" * 248 + ".sh", "echo long\n")
        self.assertEqual(self.read("run/long", "l" * 248 + ".sh.job/stdout"),
                         "long\n")
        self.assertEqual(len(self.executions()), 1)

    def test_data_file_with_a_strange_name(self):
        """It is sent as an input file, under its own name."""
        os.mkdir(self.at("run/inputs"))
        names = ["with space.txt", "größe.csv", "it's $HOME.txt", "%41.txt"]
        for name in names:
            self.save("run/inputs/" + name, name)
        self.save("run/inputs/main.py", "for n in %r: print(open(n).read())"
                  % names)
        self.assertEqual(self.read("run/inputs/main.py.job/stdout").splitlines(),
                         names)
        self.assertEqual(sorted(self.executions()[0]["input_files"]),
                         sorted(names))

    def test_path_with_dots(self):
        self.save("run/../run/./dots.sh", "echo dots")
        self.assertEqual(self.read("run/.settings/../dots.sh.job/stdout"),
                         "dots\n")
        self.assert_requests({"POST /execute": 1})
        self.assertTrue(os.path.samefile(self.at("run/.."), self.mount.path))
        self.assertTrue(os.path.samefile(self.at(".."), self.place.path))
        self.assertEqual(self.error_of(os.mkdir, self.at("run/.")), "EEXIST")
        self.assertEqual(self.error_of(os.rmdir, self.at("run/.")), "EINVAL")
        self.assertEqual(self.error_of(os.stat, self.at("run/dots.sh/..")),
                         "ENOTDIR")

    def test_symlinks(self):
        """Programs follow symlinks; the mount itself never does."""
        secret = os.path.join(self.place.path, "outside.sh")
        with open(secret, "w", encoding="utf-8") as file:
            file.write("echo outside\n")
        os.symlink(secret, self.at("run/link.sh"))
        os.symlink("nowhere", self.at("run/dangling.sh"))
        os.symlink("../../../../etc/passwd", self.at("run/passwd.txt"))
        os.symlink(".", self.at("run/loop"))
        self.save("run/beside.sh", "ls")
        self.assertEqual(self.read("run/beside.sh.job/exit_code"), "0\n")
        self.assertEqual(self.executions()[0]["input_files"], [])
        self.assertRegex(self.read(".unsandboxfs/errors"),
                         "beside.sh 0 ELOOP .*passwd.txt")
        self.assertEqual(os.readlink(self.at("run/link.sh")), secret)
        self.assertEqual(self.read("run/link.sh"), "echo outside\n")
        self.assertEqual(self.error_of(os.stat, self.at("run/dangling.sh")),
                         "ENOENT")
        self.assertTrue(os.path.samefile(self.at("run/loop/loop/loop"),
                                         self.at("run")))
        self.shell("echo echo again >run/link.sh")  # writes outside
        with open(secret, encoding="utf-8") as file:
            self.assertEqual(file.read(), "echo again\n")
        self.settled()
        self.assertEqual(len(self.executions()), 1)

    def test_symlink_to_a_program(self):
        """A save through the link saves the program."""
        self.save("run/real.sh", "echo one")
        os.symlink("real.sh", self.at("run/alias.sh"))
        self.save("run/alias.sh", "echo two")
        self.assertEqual(self.read("run/real.sh.job/stdout"), "two\n")
        self.assertEqual([e["code"] for e in self.executions()],
                         ["echo one", "echo two"])

    def test_names_that_the_tree_has(self):
        for path in ("run/.settings", "jobs/new", "README", "languages"):
            self.assertEqual(self.error_of(os.mkdir, self.at(path)), "EEXIST")
        self.assertIn(self.save_error("run/.settings", "x"),
                      ("EISDIR", "EPERM"))
        self.assertIn(self.save_error("run/.settings/colour", "x"),
                      ("EPERM", "EACCES"))

    def test_names_of_jobs_are_the_mounts_own(self):
        """NAME.job cannot be created next to the program NAME."""
        self.save("run/own.sh", "echo own")
        self.assertEqual(self.read("run/own.sh.job/stdout"), "own\n")
        self.assertEqual(self.error_of(os.mkdir, self.at("run/own.sh.job")),
                         "EEXIST")
        self.assertIn(self.save_error("run/own.sh.job/stdout", "x"),
                      ("EACCES", "EPERM"))
        self.assertIn(self.save_error("run/own.sh.job/more", "x"),
                      ("EPERM", "EACCES"))
        self.assertIn(self.error_of(os.mkdir, self.at("run/own.sh.job/d")),
                      ("EPERM", "EACCES"))
        self.assertEqual(self.read("run/own.sh.job/stdout"), "own\n")

    def test_other_kinds_of_files(self):
        self.error_of(os.mkfifo, self.at("run/fifo.sh"))
        self.assertNotEqual(self.error_of(
            os.mknod, self.at("run/device.sh"), 0o020644, os.makedev(1, 3)),
            None)
        self.settled()
        self.assert_requests({})


for _kind, _name in NAMES.items():
    setattr(Names, "test_" + _kind, lambda self, name=_name, kind=_kind:
            self.check_name(name, kind))

if __name__ == "__main__":
    unittest.main()
