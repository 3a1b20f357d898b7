# SPDX-License-Identifier: MIT
# tests/desktop/test_savers.py - how each program saves, on each kind of file
"""The new text is saved, or the old one stays and a message says why. It is
never half of the new one, nor anything else."""
import os
import subprocess
import tempfile
import unittest

import savers_table
from case import SLOWNESS
from terminal import Terminal
from test_resources_life import ResourceCase

TEXTS = {
    "domains": "{}.example.com\nunchanged.example.com\n",
    "env": "A={}\nB=unchanged\n",
    "bootstrap": "echo {}\nsleep 1000\n",
    "main": "{}.sh\n",
    "p.sh": "echo {}\necho unchanged\n",
}

# What nobody may do here, or not beside values.
NOWHERE = {"python O_TMPFILE"}
BESIDE_VALUES = NOWHERE | {
    "python append to empty", "python mmap", "mv_from_below",
    "rsync_delayed"}
# A name that is no temporary one is taken for a mistake.
MISTYPED = {"mv_from_data_over"}
# In two steps, of which each is a save.
TWICE = {"append", "truncate and append"}


class SaverCase(ResourceCase):
    """A service, a draft of one, and what is done to a file of them."""

    time_limit_s = 240

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls()
        self.make("web")
        os.mkdir(self.at("services/new/draft"))

    def begin(self, path):
        """Writes the old text, and both texts outside; the variables of the
        ways."""
        base = os.path.basename(path)
        out = tempfile.mkdtemp(dir=self.place.path)
        for word, name in ("former", "old"), ("new", "new"):
            with open(f"{out}/{name}", "w", encoding="utf-8") as file:
                file.write(TEXTS[base].format(word))
        self.save(path, TEXTS[base].format("former"))
        self.server.reset()
        return dict(os.environ, F=base, OUT=out, OLD=out + "/old",
                    NEW=out + "/new", HOME=out, LC_ALL="C.UTF-8",
                    N=TEXTS[base].format("new").split("\n", maxsplit=1)[0])

    def check_saved(self, path, way):
        """The new text is there; what a descendant of the program has written
        is sent when that closes it."""
        new = TEXTS[os.path.basename(path)].format("new")
        self.wait_for(lambda: self.read(path) == new, f"{way} has saved {path}"
                      f", which holds {self.read(path)!r}")

    def clear(self, folder, names):
        """Removes what was left beside a file, such as backups."""
        for name in set(os.listdir(self.at(folder))) - set(names):
            path = self.at(folder, name)
            if os.path.isdir(path) and not name.endswith(".job"):
                os.rmdir(path)
            elif os.path.lexists(path) and not name.endswith(".job"):
                os.unlink(path)
        self.assertEqual(set(names) - set(os.listdir(self.at(folder))), set())

    def check_way(self, path, way, command, refused):
        """Saves in this way."""
        folder = os.path.dirname(path)
        env = self.begin(path)
        names = os.listdir(self.at(folder))
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", command], cwd=self.at(folder),
            env=env, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=180 * SLOWNESS, check=False)
        said = done.stderr.decode(errors="replace")
        if way in refused:
            self.assertTrue(done.returncode or said)
            self.assertEqual(self.read(path),
                             TEXTS[env["F"]].format("former"), said)
        else:
            self.assertEqual(done.returncode, 0, said)
            self.check_saved(path, way)
            if env["F"] == "domains":
                self.assertEqual(self.changed(), ["PUT"] * (
                    1 + (way in TWICE)), way)
        self.clear(folder, names)

    def changed(self):
        """The methods of the requests that changed something."""
        return [change["method"] for change in self.server.changes()]


class Savers(SaverCase):
    """Programs that need no terminal."""

    def check_all(self, path, refused, ways):
        """Every way."""
        for way, command in ways.items():
            with self.subTest(way=way, path=path):
                self.check_way(path, way, command, refused)

    def test_program(self):
        self.check_all("run/p.sh", NOWHERE, savers_table.WAYS)

    def test_domains(self):
        self.check_all("services/web/domains", BESIDE_VALUES,
                       savers_table.ALL)

    def test_vault(self):
        self.check_all("services/web/env", BESIDE_VALUES,
                       savers_table.ALL)

    def test_bootstrap(self):
        """It cannot be empty, not even between two steps."""
        self.check_all("services/web/bootstrap", BESIDE_VALUES |
                       {"truncate and append"}, savers_table.ALL)

    def test_draft(self):
        self.check_all("services/new/draft/bootstrap",
                       BESIDE_VALUES | MISTYPED, savers_table.ALL)

    def test_setting(self):
        """Whose lines are checked one by one."""
        self.check_all("run/.settings/env", BESIDE_VALUES | MISTYPED |
                       {"python pwrite"}, savers_table.ALL)

    def test_setting_of_one_line(self):
        self.check_all("run/.settings/main", BESIDE_VALUES | MISTYPED |
                       {"python pwrite"}, savers_table.ALL)


class TerminalCase(SaverCase):
    """Drives an editor in a terminal."""

    paths = ("services/web/domains", "services/web/env",
             "services/web/bootstrap", "services/new/draft/bootstrap",
             "run/.settings/env", "run/p.sh")

    def drive(self, command, steps):
        """Changes the first word `former` to `new` in each file, and saves."""
        for path in self.paths:
            with self.subTest(command=command[0], path=path):
                folder = os.path.dirname(path)
                env = self.begin(path)
                names = os.listdir(self.at(folder))
                terminal = Terminal(self.place, self.at(folder),
                                    [*command, env["F"]], env["HOME"])
                try:
                    terminal.wait("former")
                    for kind, what in steps:
                        getattr(terminal, kind)(*what)
                    terminal.ended()
                finally:
                    terminal.close()
                self.check_saved(path, command[0])
                self.clear(folder, names)


class Editors(TerminalCase):
    """Those that `make check` installs."""

    def test_vi(self):
        """Those that know the commands of vi."""
        for command in (["vim", "-u", "NONE"], ["vim", "-n"],
                        ["vim", "-c", "set backup undofile"],
                        ["vim", "-c", "set backupcopy=no"],
                        ["vim", "-c", "set backupcopy=yes"],
                        ["busybox", "vi"]):
            self.drive(command, [
                ("text", [":1s/former/new/"]), ("keys", ["Enter"]),
                ("text", [":w"]), ("keys", ["Enter"]),
                ("text", [":q"]), ("keys", ["Enter"])])

    def test_nano(self):
        for options in [], ["-B"], ["-G", "-B"], ["-N"]:
            self.drive(["nano", "-I", *options], [
                ("keys", ["M-r"]), ("wait", ["Search (to replace)"]),
                ("text", ["former"]), ("keys", ["Enter"]),
                ("wait", ["Replace with"]),
                ("text", ["new"]), ("keys", ["Enter"]),
                ("wait", ["Replace this instance"]), ("text", ["y"]),
                ("keys", ["C-o", "Enter"]), ("wait", ["Wrote"]),
                ("keys", ["C-x"])])

    def test_emacs(self):
        for options in [], ["(setq file-precious-flag t)"], [
                "(setq backup-by-copying t)"]:
            self.drive(["emacs", "-nw", "-q", "--eval",
                        "(progn (setq inhibit-startup-screen t) "
                        + " ".join(options) + ")"], [
                ("keys", ["M-x"]), ("text", ["replace-string"]),
                ("keys", ["Enter"]), ("text", ["former"]),
                ("keys", ["Enter"]), ("text", ["new"]),
                ("keys", ["Enter"]), ("wait", ["Replaced 1 occurrence"]),
                ("keys", ["C-x", "C-c"]), ("wait", ["Save file"]),
                ("text", ["y"])])


if __name__ == "__main__":
    unittest.main()
