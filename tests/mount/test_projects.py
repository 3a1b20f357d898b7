# SPDX-License-Identifier: MIT
# tests/mount/test_projects.py - a directory of run/ is one program
import os
import shutil
import subprocess
import time
import unittest

from case import MountCase
from gate import Gate


class Projects(MountCase):
    """run/DIR: main.* runs, everything else goes along."""

    def tree(self, name, **files):
        """Files in a directory outside the mount (__ is a dot, then a slash)."""
        top = os.path.join(self.place.path, "src-" + name)
        for file, content in files.items():
            self.put(top, file.replace("___", "/").replace("__", "."), content)
        return top

    @staticmethod
    def put(top, path, content):
        """One file, with its directories."""
        path = os.path.join(top, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes)
                       else content.encode())

    def copied(self, name, how="cp -r $1 run/$2", **files):
        """The tree, copied to run/NAME in one of many ways."""
        self.shell(how, self.tree(name, **files), name)
        return "run/" + name

    def sent(self):
        """The input files of the last execution."""
        return sorted(self.server.executions()[-1]["input_files"])

    def only_run(self):
        """The one execution that there was, also a moment later."""
        self.wait_for(self.server.executions, "a run")
        self.settled()
        ran = self.server.executions()
        self.assertEqual(len(ran), 1, ran)
        return ran[0]

    # ---- one run, however it is copied ----

    WAYS = {
        "cp": "cp -r $1 run/$2",
        "cp_a": "cp -a $1 run/$2",
        "rsync": "rsync -a $1/ run/$2",
        "rsync_delayed": "rsync -a --delay-updates $1/ run/$2",
        "tar": "mkdir run/$2; tar c -C $1 . | tar x -C run/$2",
        "find": "cd $1; find . -type d -exec mkdir -p $OLDPWD/run/$2/{} ';' ;"
                " find . -type f -exec cp {} $OLDPWD/run/$2/{} ';'",
        "main_first": "mkdir -p run/$2/lib; cp $1/main.py run/$2/; "
                      "cp $1/lib/* run/$2/lib/; cp $1/data.txt run/$2/",
        "python": "python3 -c 'import shutil, sys; "
                  "shutil.copytree(sys.argv[1], sys.argv[2])' $1 run/$2",
        "slowly": "mkdir run/$2; for f in main.py data.txt; do sleep .05; "
                  "cp $1/$f run/$2/; done; sleep .05; mkdir run/$2/lib; "
                  "sleep .05; cp $1/lib/* run/$2/lib/",
        "staged": "cp -r $1 run/.$2; sleep .4; mv run/.$2 run/$2",
    }

    def check_way(self, name, how):
        """Copied in this way it runs once, with everything."""
        if not shutil.which(how.split()[0].split("_")[0]):
            self.skipTest("no such program")
        path = self.copied(
            name, how, data__txt="d", lib___util__py="X = 'u'\n",
            lib___other__py="print('no')\n",
            main__py="import sys, os\n"
            "sys.path.insert(0, '.')\n"
            "from lib.util import X\n"
            "print(X + open('data.txt').read())\n")
        self.assertEqual(self.read(path, "main.py.job/stdout"), "ud\n")
        self.only_run()
        self.assertEqual(self.sent(), ["data.txt", "lib/other.py",
                                       "lib/util.py"])
        self.assertEqual(self.server.requests(), {"POST /execute": 1})

    def test_the_job_is_there_at_once(self):
        path = self.copied("atonce", main__sh="echo here\n")
        self.assertEqual(self.shell("cat $1/main.sh.job/stdout", path),
                         "here\n")

    def test_close_does_not_wait_for_the_run(self):
        gate = Gate(self.place, "noclose")
        os.mkdir(self.at("run/noclose"))
        self.save("run/noclose/main.sh", gate.wait + "echo end\n")
        gate.open()
        self.assertEqual(self.read("run/noclose/main.sh.job/stdout"), "end\n")

    def test_main_without_ending(self):
        path = self.copied("noending", main="#!/bin/bash\ncat d.txt\n",
                           d__txt="d\n")
        self.assertEqual(self.read(path, "main.job/stdout"), "d\n")

    def test_saved_again_it_runs_again(self):
        path = self.copied("again", main__sh="cat lib.sh\n", lib__sh="one\n")
        self.assertEqual(self.read(path, "main.sh.job/stdout"), "one\n")
        self.save(path + "/lib.sh", "two\n")
        self.settled()
        self.assertEqual(len(self.server.executions()), 1)
        self.shell("sed -i s/cat/tac/ $1/main.sh", path)
        self.assertEqual(self.read(path, "main.sh.job/stdout"), "two\n")
        self.assertEqual(len(self.server.executions()), 2)

    def test_saved_twice_while_it_is_copied_it_runs_once(self):
        os.mkdir(self.at("run/twice"))
        self.save("run/twice/main.sh", "echo first\n")
        self.save("run/twice/main.sh", "echo second\n")
        self.assertEqual(self.read("run/twice/main.sh.job/stdout"),
                         "second\n")
        self.only_run()

    def test_another_directory_does_not_delay_it(self):
        self.tree("busy", main__sh="true\n")
        os.mkdir(self.at("run/busy"))
        self.shell("cp -r $1 run/calm; for i in {1..15}; do echo $i >"
                   "run/busy/x; sleep .1; [ -s run/calm/main.sh.job/"
                   "exit_code ] && [ $(cat run/calm/main.sh.job/status) = "
                   "completed ] && exit; done; exit 3",
                   self.tree("calm", main__sh="true\n"))

    # ---- what goes along ----

    def test_what_goes_along(self):
        path = self.copied(
            "along", main__sh="true\n", a___b___c___d__txt="deep",
            Makefile="all:\n", x__py="pass\n", script="#!/bin/sh\n",
            core___x__txt="in core", empty__txt="", year___n__csv="1")
        os.mkdir(self.at(path, "2024"))
        self.save(path + "/2024/n.csv", "2")
        self.shell("cp $1/main.sh $1/again.sh; cp $1/again.sh $1/main.sh",
                   path)
        self.read(path, "main.sh.job/exit_code")
        self.assertEqual(self.sent(), sorted([
            "2024/n.csv", "Makefile", "a/b/c/d.txt", "again.sh",
            "core/x.txt", "empty.txt", "script", "x.py", "year/n.csv"]))

    def test_what_never_goes(self):
        names = [".git/HEAD", ".env", "x~", "x.swp", "x.swo", "x.swx",
                 "x.tmp", "x.bak", "x.bck", "x.orig", "x.rej", "x.part",
                 "x.save", "x.pyc", "x.vsctmp", "x___jb_old___",
                 "x___jb_tmp___", "#x#", "4913", "sedAb12cd", "Thumbs.db",
                 "desktop.ini", "core", "__pycache__/a.txt",
                 "lib/__pycache__/m.pyc", "lib/.hidden/main.py", "lib/core",
                 "lib/y~"]
        top = self.tree("never", main__sh="true\n", lib___a__txt="a")
        for name in names:
            self.put(top, name, "x")
        self.shell("cp -r $1 run/never", top)
        self.read("run/never/main.sh.job/exit_code")
        self.assertEqual(self.sent(), ["lib/a.txt"])
        self.assertEqual(
            sorted(os.listdir(self.at("run/never"))),
            sorted(os.listdir(top) + ["main.sh.job"]))

    def test_links_to_what_is_inside(self):
        top = self.tree("links", main__sh="cat to.txt d/deep.txt up\n",
                        real___a__txt="a\n", real___deep__txt="deep\n")
        os.symlink("real/a.txt", top + "/to.txt")
        os.symlink("real", top + "/d")
        os.symlink("../real/a.txt", top + "/real/.skipped")
        os.symlink("real/../real/a.txt", top + "/up")
        self.shell("cp -r $1 run/links", top)
        self.assertEqual(self.read("run/links/main.sh.job/stdout"),
                         "a\ndeep\na\n")
        self.assertEqual(self.sent(), ["d/a.txt", "d/deep.txt", "real/a.txt",
                                       "real/deep.txt", "to.txt", "up"])

    def check_refused(self, name, link, target, word):
        """The run is refused, and the link is named."""
        top = self.tree(name, main__sh="true\n", a___b__txt="x")
        os.symlink(target, os.path.join(top, link))
        self.shell("cp -r $1 run/$2", top, name)
        self.wait_for(lambda: self.value(
            f"run/{name}/main.sh.job/status") == "error", "refused")
        self.assertIn(link, self.read(f"run/{name}/main.sh.job/error"))
        self.assertIn(word, self.read(f"run/{name}/main.sh.job/error"))
        self.assertIn(link, self.read(".unsandboxfs/errors"))
        self.assert_requests({})
        os.unlink(self.at("run", name, link))
        self.shell("cat $1/main.sh >$1/t.txt; cp $1/t.txt $1/main.sh",
                   "run/" + name)
        self.read(f"run/{name}/main.sh.job/exit_code")

    def test_a_link_that_leads_out(self):
        self.check_refused("outside", "hosts", "/etc/hosts", "out of")

    def test_a_link_that_climbs_out(self):
        self.check_refused("climbs", "a/up.txt", "../../up.txt", "out of")

    def test_a_link_to_nothing(self):
        self.check_refused("nothing", "gone", "no-such-file", "to nothing")

    def test_a_link_to_the_directory_it_is_in(self):
        self.check_refused("cycle", "a/self", "..", "symbolic links")

    def test_a_name_that_is_no_utf8(self):
        path = self.copied("latin", main__sh="true\n")
        with open(os.path.join(os.fsencode(self.at(path)), b"caf\xe9.txt"),
                  "wb") as file:
            file.write(b"x")
        self.save(path + "/main.sh", "true; true\n")
        self.wait_for(lambda: self.value(path, "main.sh.job/status")
                      == "error", "refused")
        self.assertIn(b"caf\xe9", self.read_bytes(path, "main.sh.job/error"))
        self.assertRegex(self.read(".unsandboxfs/errors"), "EILSEQ .*caf")
        self.assertEqual(self.error_of(self.read, path, "main.sh.job/stdout"),
                         "EILSEQ")

    def test_what_is_too_large_is_named(self):
        top = self.tree("large", main__sh="true\n", small__txt="x")
        for name, size in ("lib/huge.bin", 200 << 20), ("big.bin", 100 << 20):
            self.put(top, name, "")
            os.truncate(os.path.join(top, name), size)
        self.shell("cp -r --sparse=always $1 run/large", top, seconds=60)
        self.wait_for(lambda: self.value("run/large/main.sh.job/status")
                      == "error", "refused", 30)
        self.assertIn("lib/huge.bin", self.read("run/large/main.sh.job/error"))
        self.assertRegex(self.read(".unsandboxfs/errors"),
                         "EFBIG .*lib/huge.bin")
        self.assertEqual(self.error_of(
            self.read, "run/large/main.sh.job/stdout"), "EFBIG")
        self.assert_requests({})
        self.shell("rm -r run/large")

    def test_too_large_for_the_api(self):
        self.server.fault({"path": "/execute", "status": 413, "body": {
            "error": "Payload too large"}})
        self.copied("toolarge", main__sh="true\n", x__bin="x" * 100_000)
        self.wait_for(lambda: self.value("run/toolarge/main.sh.job/status")
                      == "error", "refused")
        self.assertIn("x.bin", self.read("run/toolarge/main.sh.job/error"))
        self.assertRegex(self.read(".unsandboxfs/errors"), "EFBIG .*x.bin")

    def test_deep_ones(self):
        path = self.copied("deep", main__sh="find . -name leaf.txt | wc -c\n")
        self.read(path, "main.sh.job/exit_code")
        below = path + "/" + "/".join(["d" * 20] * 30)
        os.makedirs(self.at(below))
        self.save(below + "/leaf.txt", "x")
        self.shell("sed -i 's/wc/wc /' $1/main.sh", path)
        self.wait_for(lambda: len(self.server.executions()) == 2, "a run")
        self.assertEqual(self.read(path, "main.sh.job/exit_code"), "0\n")
        self.assertIn(below[len(path) + 1:] + "/leaf.txt", self.sent())

    # ---- .settings/main ----

    def test_setting_main(self):
        os.mkdir(self.at("run/set"))
        os.mkdir(self.at("run/set/src"))
        self.save("run/set/.settings/main", "src/app.py\n")
        self.assertEqual(self.value("run/set/.settings/main"), "src/app.py")
        self.save("run/set/main.py", "print('not this')\n")
        self.save("run/set/src/app.py", "print(open('main.py').read(), "
                  "end='')\n")
        self.assertEqual(self.read("run/set/src/app.py.job/stdout"),
                         "print('not this')\n")
        self.only_run()
        self.assertEqual(self.sent(), ["main.py"])
        for wrong in ("/abs", "../x", "a/../b", "a//b", "./x", "a/"):
            self.assertEqual(self.save_error("run/set/.settings/main", wrong),
                             "EINVAL", wrong)
        self.assertEqual(self.value("run/set/.settings/main"), "src/app.py")

    def test_setting_main_to_every_program(self):
        os.mkdir(self.at("run/each"))
        self.save("run/each/.settings/main", "*\n")
        self.save("run/each/d.txt", "d")
        os.mkdir(self.at("run/each/lib"))
        self.save("run/each/lib/u.py", "pass")
        self.save("run/each/a.sh", "echo a\n")
        self.save("run/each/b.sh", "echo b\n")
        self.assertEqual(self.read("run/each/a.sh.job/stdout"), "a\n")
        self.assertEqual(self.read("run/each/b.sh.job/stdout"), "b\n")
        self.assertEqual([sorted(e["input_files"])
                          for e in self.server.executions()],
                         [["d.txt", "lib/u.py"]] * 2)

    def test_setting_main_in_run_itself(self):
        self.save("run/.settings/main", "*\n")
        try:
            os.mkdir(self.at("run/all"))
            self.save("run/all/a.sh", "echo a\n")
            self.assertEqual(self.read("run/all/a.sh.job/stdout"), "a\n")
        finally:
            os.unlink(self.at("run/.settings/main"))
        self.assertEqual(self.read("run/all/.settings/main"), "\n")

    def test_two_mains(self):
        self.copied("both", main__py="print(1)\n", main__sh="echo 2\n")
        for name in "main.py", "main.sh":
            self.wait_for(lambda name=name: self.value(
                f"run/both/{name}.job/status") == "error", "refused")
            self.assertIn(".settings/main",
                          self.read(f"run/both/{name}.job/error"))
        self.assert_requests({})
        self.save("run/both/.settings/main", "main.sh\n")
        self.shell("cp run/both/main.sh run/both/t; cat run/both/t >"
                   "run/both/main.sh")
        self.assertEqual(self.read("run/both/main.sh.job/stdout"), "2\n")

    def test_a_program_without_main_leaves_a_line(self):
        os.mkdir(self.at("run/nomain"))
        self.save("run/nomain/tool.py", "print(1)\n")
        self.settled()
        self.assert_requests({})
        self.assertIn("tool.py: kept as an input file",
                      self.read(".unsandboxfs/log"))

    # ---- names that go or change before it starts ----

    def test_main_is_removed_before_it_starts(self):
        for name, command in (("rm", "rm $1/main.sh"),
                              ("mv", "mv $1/main.sh $1/x.txt"),
                              ("over", ": >$1/e.txt; "
                               "mv $1/e.txt $1/main.sh")):
            os.mkdir(self.at("run/gone" + name))
            self.save(f"run/gone{name}/main.sh", "echo no\n")
            self.shell(command, "run/gone" + name)
        self.settled()
        self.assert_requests({})

    def test_the_directory_is_renamed_before_it_starts(self):
        os.mkdir(self.at("run/before"))
        self.save("run/before/main.sh", "echo moved\n")
        os.rename(self.at("run/before"), self.at("run/after"))
        self.assertEqual(self.read("run/after/main.sh.job/stdout"), "moved\n")
        self.only_run()
        os.rename(self.at("run/after"), self.at("run/later"))
        self.only_run()

    def test_a_copy_of_a_project_runs(self):
        self.copied("one", main__sh="cat d.txt\n", d__txt="d\n")
        self.assertEqual(self.read("run/one/main.sh.job/stdout"), "d\n")
        self.shell("mkdir run/two; cp run/one/*.* run/two/ 2>&1 | cat")
        self.assertEqual(self.read("run/two/main.sh.job/stdout"), "d\n")

    def test_unmounted_before_it_starts(self):
        os.mkdir(self.at("run/unmount"))
        self.save("run/unmount/main.sh", "echo unmount\n")
        self.mount.restart()
        self.assertEqual(self.read("run/unmount/main.sh"), "echo unmount\n")
        if self.executions("unmount"):
            return
        self.assertEqual(self.value("run/unmount/main.sh.job/status"),
                         "error")

    # ---- whole programs of several files ----

    def test_c_with_headers(self):
        path = self.copied(
            "c", main__c='#include <stdio.h>\n#include "lib/one.h"\n'
            'int main(void) { printf("%d\\n", ONE); return 0; }\n',
            lib___one__h="#define ONE 1\n", other__c="int f(void);\n")
        self.assertEqual(self.read(path, "main.c.job/stdout"), "1\n")
        self.only_run()

    def test_python_package(self):
        """With modules that could run, data, compiled files and metadata."""
        top = self.tree(
            "package", main__py="import sys\nsys.path.insert(0, '.')\n"
            "from shop.cart import total\nprint(total('shop/prices.csv'))\n",
            pyproject__toml="[project]\nname = 'shop'\n",
            shop___cart__py="from . import tax\n\n\ndef total(path):\n"
            "    with open(path) as file:\n        return tax.add(sum("
            "map(int, file)))\n",
            shop___tax__py="def add(x):\n    return x * 2\n",
            shop___prices__csv="20\n1\n", setup__py="raise SystemExit(9)\n",
            tests___test_cart__py="raise SystemExit(8)\n")
        for name in ("shop/__init__.py", "shop/__main__.py",
                     "shop/__pycache__/tax.cpython-311.pyc",
                     "shop.egg-info/PKG-INFO", ".venv/bin/python"):
            self.put(top, name, "")
        self.shell("cp -r $1 run/package", top)
        self.assertEqual(self.read("run/package/main.py.job/stdout"), "42\n")
        self.only_run()
        self.assertEqual(self.sent(), [
            "pyproject.toml", "setup.py", "shop.egg-info/PKG-INFO",
            "shop/__init__.py", "shop/__main__.py", "shop/cart.py",
            "shop/prices.csv", "shop/tax.py", "tests/test_cart.py"])

    def test_node_with_modules(self):
        if not shutil.which("node"):
            self.skipTest("no node here")
        top = self.tree("node", main__js="console.log(require('./node_modules"
                        "/dep').x + require('./lib/a.js'))\n",
                        lib___a__js="module.exports = 'a'\n",
                        package__json="{}\n")
        self.put(top, "node_modules/dep/index.js", "exports.x = 'dep'\n")
        self.put(top, "node_modules/dep/cli.js", "#!/usr/bin/env node\n")
        os.makedirs(top + "/node_modules/.bin")
        os.symlink("../dep/cli.js", top + "/node_modules/.bin/dep")
        for number in range(60):
            self.put(top, f"node_modules/m{number}/index.js", "x\n")
        self.shell("cp -r $1 run/node", top)
        self.assertEqual(self.read("run/node/main.js.job/stdout"), "depa\n")
        self.only_run()

    def test_git_checkout(self):
        if not shutil.which("git"):
            self.skipTest("no git here")
        top = self.tree("git", main__sh=". lib/f.sh; f\n",
                        lib___f__sh="f() { echo f; }\n")
        subprocess.run(
            "git init -q . && git add . && git -c user.name=a -c "
            "user.email=a@b commit -qm a", shell=True, cwd=top, check=True)
        self.shell("git clone -q $1 run/git 2>/dev/null", top)
        self.assertEqual(self.read("run/git/main.sh.job/stdout"), "f\n")
        self.only_run()
        self.assertEqual(self.sent(), ["lib/f.sh"])


for way, command in Projects.WAYS.items():
    setattr(Projects, "test_by_" + way,
            lambda self, way=way, command=command: self.check_way(
                way, command))

if __name__ == "__main__":
    unittest.main()
