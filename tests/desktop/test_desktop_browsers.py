# SPDX-License-Identifier: MIT
# tests/desktop/test_desktop_browsers.py - looking around changes nothing
"""Programs that show directories, driven as by a person: they show a file's
text, and neither run nor change anything."""
import os
import unittest

import test_walks_resources as walks
from terminal import Terminal
from test_resources_life import ResourceCase

VIM = [("text", ["/@F@"]), ("keys", ["Enter", "Enter"]), ("wait", ["@T@"]),
       ("text", [":q!"]), ("keys", ["Enter"])]
# The command, in the file's directory, and what is done in its terminal; @F@
# is the file's name, @T@ its text, @OUT@ a directory to copy to.
BROWSERS = {
    "mc": (["mc", "-u", "-d", ".", "@OUT@"], [
        ("wait", ["@F@"]), ("keys", ["C-s"]), ("text", ["@F@"]),
        ("keys", ["Escape", "Escape", "F3"]), ("wait", ["@T@"]),
        ("keys", ["F10"]), ("wait", ["UP--DIR"]), ("keys", ["F5"]),
        ("wait", ["Copy file"]), ("keys", ["Enter"]), ("copied", ["@F@"]),
        ("keys", ["F10"])]),
    "mcview": (["mcview", "@F@"], [("wait", ["@T@"]), ("keys", ["F10"])]),
    "ranger": (["ranger", "--clean", "--selectfile=@F@"], [
        ("wait", ["@F@"]), ("text", ["i"]), ("wait", ["@T@"]),
        ("text", ["q"]), ("text", ["Q"])]),
    "lf": (["lf", "@F@"], [
        ("wait", ["@F@"]), ("text", ["i"]), ("wait", ["@T@"]),
        ("text", ["q"]), ("wait", ["@F@"]), ("text", ["q"])]),
    "nnn": (["nnn", "-d"], [
        ("wait", ["@F@"]), ("text", ["/@F@"]), ("keys", ["Enter"]),
        ("text", ["e"]), ("wait", ["@T@"]), ("text", [":q!"]),
        ("keys", ["Enter"]), ("wait", ["@F@"]), ("text", ["Q"])]),
    "vifm": (["vifm", ".", "@OUT@"], [
        ("wait", ["@F@"]), ("text", ["/@F@"]), ("keys", ["Enter"]),
        ("text", ["e"]), ("wait", ["@T@"]), ("text", ["q"]),
        ("text", ["yy"]), ("keys", ["Tab"]), ("text", ["p"]),
        ("copied", ["@F@"]), ("text", [":qa!"]), ("keys", ["Enter"])]),
    "emacs": (["emacs", "-nw", "-q", "."], [
        ("wait", ["@F@"]), ("keys", ["C-s"]), ("text", ["@F@"]),
        ("keys", ["Enter"]), ("text", ["v"]), ("wait", ["@T@"]),
        ("text", ["q"]), ("keys", ["C-x", "C-c"])]),
    "vim": (["vim", "-N", "-u", "NONE", "-c", "runtime plugin/netrwPlugin.vim",
             "-c", "edit ."], [("wait", ["@F@"]), *VIM]),
    "nvim": (["nvim", "."], [("wait", ["@F@"]), *VIM]),
    "less": (["less", "@F@"], [("wait", ["@T@"]), ("text", ["q"])]),
}
BOOTSTRAP = "#!/bin/bash\necho 'it is up'\nsleep 1000\n"
# A path, and the first line of its text.
FILES = {
    "run/data.csv": "some,data", "run/p.sh.job/code": "echo one more line",
    "run/p.sh.job/stdout": "one more line",
    "services/web/logs": "it is up", "services/web/bootstrap": "#!/bin/bash",
    "services/web/env": "A=a secret", "services/web/service.json": "{",
    "services/web/snapshots/snap/snapshot.json": "{", "languages": "bash",
}


class Browsers(ResourceCase):
    """On each kind of file."""

    time_limit_s = 240

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls()
        self.save("run/p.sh", "echo one more line\n")
        self.read("run/p.sh.job/exit_code")
        self.save("run/data.csv", "some,data\n")
        self.make("web", BOOTSTRAP, env="A=a secret\n")
        self.shell("mkdir services/web/snapshots/snap")

    def names(self):
        """All names in the directories that are browsed."""
        return {folder: sorted(os.listdir(self.at(folder)))
                for folder in map(os.path.dirname, FILES)}

    def browse(self, name, path):
        """Looks at this file."""
        folder, base = os.path.split(path)
        home = self.place.folder("home" + str(Terminal.count))
        command, steps = BROWSERS[name]
        os.mkdir(home + "/copies")

        def filled(word):
            return word.replace("@F@", base).replace(
                "@T@", FILES[path]).replace("@OUT@", home + "/copies")

        terminal = Terminal(self.place, self.at(folder),
                            [filled(word) for word in command], home,
                            (120, 60))
        try:
            for kind, what in steps:
                if kind == "copied":
                    self.wait_copied(f"{home}/copies/{base}", path)
                else:
                    getattr(terminal, kind)(*map(filled, what))
            terminal.ended(60)
        finally:
            terminal.close()

    def wait_copied(self, copy, path):
        """The copy is whole."""
        def is_whole():
            with open(copy, "rb") as file:
                return file.read() == self.read_bytes(path)
        self.wait_for(is_whole, f"{copy} is like {path}", 30)

    def check(self, name):
        """Each kind."""
        self.server.reset()
        names = self.names()
        for path in FILES:
            with self.subTest(browser=name, path=path):
                self.browse(name, path)
        self.assertEqual([change for change in self.server.changes()
                          if not walks.is_reading(change)], [])
        self.assertEqual(self.names(), names)


def add_tests():
    """A test for each."""
    for name in BROWSERS:
        setattr(Browsers, "test_" + name,
                lambda self, name=name: self.check(name))


add_tests()

if __name__ == "__main__":
    unittest.main()
