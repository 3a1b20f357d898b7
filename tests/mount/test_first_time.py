# SPDX-License-Identifier: MIT
# tests/mount/test_first_time.py - someone uses the program for the first time,
# at a terminal; what the terminal shows is in first_time.txt
"""With RECORD=1 in the environment, the recording is written anew."""
import os
import re
import shutil
import unittest

from home import HomeCase
from mounted import BUILD
from terminal import Terminal

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDING = os.path.join(HERE, "first_time.txt")


class FirstTime(HomeCase):
    """Installs, checks, mounts, runs, edits with vim, unmounts."""

    time_limit_s = 120

    def setUp(self):
        super().setUp()
        shutil.rmtree(self.bin)
        os.unlink(self.home + "/.unsandbox/accounts.csv")
        root = os.path.dirname(os.path.dirname(HERE))
        build = os.path.relpath(BUILD, root)
        self.put(".profile", f"export PATH='{self.home}/.local/bin':$PATH "
                 f"MAKEFLAGS='-- BUILD={build}' PS1='$ '\n"
                 "unset MAKELEVEL MFLAGS\n")
        self.terminal = Terminal(self.place, root, [
            "env", *self.clean(), f"ENV={self.home}/.profile", "sh", "-i"],
            self.home, size=(400, 24))
        self.addCleanup(self.terminal.close)

    def clean(self):
        """Words for env(1) that remove what the harness needs itself."""
        return [word for name in os.environ
                if name.startswith(("UNSANDBOX", "XDG_", "MAKE"))
                for word in ("-u", name)]

    def recording(self):
        """What was typed and shown, a line for each line."""
        return self.terminal.history().rstrip().split("\n")

    def type(self, command, wait=True):
        """Types a command, and waits for the next prompt."""
        number = self.recording().count("$ " + command)
        self.terminal.text(command)
        self.terminal.keys("Enter")
        self.wait_for(lambda: not wait or (
            self.recording().count("$ " + command) > number and
            self.recording()[-1] == "$"), command, 30)

    def same(self, lines):
        """Without what differs from machine to machine."""
        text = "\n".join(lines) + "\n"
        for pattern, word in (
                (re.escape(self.home), "/home/joe"),
                (re.escape(self.server.url), "https://api.unsandbox.com"),
                (r"\d+ MiB free", "4711 MiB free"),
                (r"(/dev/fuse can be used); .*", r"\1; allow_other is allowed"),
                (r"(tier [^,]+), .*", r"\1, 7 requests a minute")):
            text = re.sub(pattern, word, text)
        return text

    @unittest.skipUnless(shutil.which("vim"), "no vim here")
    def test_first_time(self):
        self.wait_for(lambda: self.recording()[-1] == "$", "a shell")
        for command in (
                'make install PREFIX="$HOME/.local"',
                "unsandboxfs --check ~/u",
                "umask 077; mkdir -p ~/.unsandbox",
                "echo unsb-pk-test-0000-0000-0001,"
                "unsb-sk-test0-vault-unlck-12345 > ~/.unsandbox/accounts.csv",
                "unsandboxfs --check ~/u",
                "unsandboxfs ~/u",
                "ls ~/u",
                "echo 'print(6 * 7)' > ~/u/run/answer.py",
                "cat ~/u/run/answer.py.job/stdout"):
            self.type(command)
        self.type("vim ~/u/run/answer.py", wait=False)
        self.terminal.wait("1L, 13B")
        self.terminal.text("A  # twice")
        self.terminal.keys("Escape")
        self.terminal.text(":s/7/8/")
        self.terminal.keys("Enter")
        self.terminal.wait("print(6 * 8)  # twice")
        self.terminal.text(":wq")
        self.terminal.keys("Enter")
        self.wait_for(lambda: self.recording()[-1] == "$", "vim ends", 30)
        for command in ("cat ~/u/run/answer.py.job/stdout",
                        "fusermount3 -u ~/u", "ls -A ~/u"):
            self.type(command)
        got = self.same(self.recording()[:-1])
        if os.environ.get("RECORD"):
            with open(RECORDING, "w", encoding="utf-8") as file:
                file.write(got)
        with open(RECORDING, encoding="utf-8") as file:
            self.assertEqual(got, file.read())


if __name__ == "__main__":
    unittest.main()
