# SPDX-License-Identifier: MIT
# tests/mount/test_console_programs.py - what people and scripts use live
# shells with: expect, socat, vim, top
import os
import shutil
import subprocess
import unittest

from case import SLOWNESS
from mounted import PROGRAM
from terminal import Terminal
from test_console import ConsoleCase

# Each wait that is too long, or an early end, has a status of its own.
EXPECT = r"""
log_user 0
set timeout %d
proc wait_for {text} {
    expect {
        -ex $text {}
        timeout { puts stderr "no $text"; exit 97 }
        eof { puts stderr "the end, not $text"; exit 98 }
    }
}
# What has just been forked may not be in the foreground yet, so the shell itself
# loops; python3 may not be in its sleep yet.
proc interrupt_until {text} {
    global timeout
    set longer $timeout
    set timeout 2
    for {set i 0} {$i < $longer} {incr i} {
        send "\003"
        expect {
            -ex $text { set timeout $longer; return }
            timeout {}
            eof { puts stderr "the end, not $text"; exit 98 }
        }
    }
    puts stderr "no $text"
    exit 96
}
proc wait_end {} {
    expect {
        eof {}
        timeout { puts stderr "no end"; exit 99 }
    }
}
"""

BASH = r"""
send "PS1='rea''dy> '\r"
wait_for "ready> "
send "echo \$((6 * 7))-by-bash\r"
wait_for "42-by-bash"
wait_for "ready> "
send "echo \$((1 + 1))-asks; read -r line; echo \"<\$line>\"\r"
wait_for "2-asks"
send "a line\r"
wait_for "<a line>"
wait_for "ready> "
send "echo \$((1 + 1))-loops; while :; do :; done\r"
wait_for "2-loops"
interrupt_until "ready> "
send "echo \$((1 + 1))-after\r"
wait_for "2-after"
wait_for "ready> "
send "exit\r"
wait_end
"""

PYTHON = r"""
wait_for ">>> "
send "print(6 * 7, 'by', 'python')\r"
wait_for "42 by python"
wait_for ">>> "
send "for i in range(3): print('i', i)\r\r"
wait_for "i 2"
wait_for ">>> "
send "import time; print(1 + 1, 'sleeps'); time.sleep(1000)\r"
wait_for "2 sleeps"
interrupt_until "KeyboardInterrupt"
wait_for ">>> "
send "exit()\r"
wait_end
"""


class Scripts(ConsoleCase):
    """Without a person."""

    def expect(self, spawn, dialogue):
        """Runs a dialogue by expect(1)."""
        if not shutil.which("expect"):
            self.skipTest("no expect here")
        done = subprocess.run(
            ["expect", "-c", EXPECT % (30 * SLOWNESS) + spawn + dialogue],
            capture_output=True, timeout=50 * SLOWNESS, check=False,
            stdin=subprocess.DEVNULL)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def dialogues(self, spawn):
        """With a shell and with python3."""
        for shell, dialogue in (("bash", BASH), ("python3", PYTHON)):
            with self.subTest(shell):
                folder = self.session(shell)
                self.expect(spawn.format(folder=folder, program=PROGRAM),
                            dialogue)

    def test_expect_command(self):
        """`unsandboxfs shell`."""
        self.dialogues("spawn {program} shell {folder}\n")

    def test_expect_console(self):
        """The file itself."""
        self.dialogues("spawn -open [open {folder}/console r+]\n")

    def test_expect_socat(self):
        """As the manual page says."""
        if not shutil.which("socat"):
            self.skipTest("no socat here")
        self.dialogues("spawn socat -,raw,echo=0 "
                       "open:{folder}/console,rdwr\n")


class Screens(ConsoleCase):
    """Full-screen programs, in tmux, compared with the same without a
    mount."""

    time_limit_s = 120
    SIZES = ((80, 24), (97, 31))

    def screen(self, command, size):
        """A terminal of this size that runs the command."""
        if not shutil.which(command[0]):
            self.skipTest(f"no {command[0]} here")
        terminal = Terminal(self.place, "/", command, self.mount.home, size)
        self.addCleanup(terminal.close)
        return terminal

    def live(self, size):
        """A shell that is attached, in a terminal of this size."""
        terminal = self.screen([PROGRAM, "shell", self.session()], size)
        terminal.text("PS1='rea''dy> '; clear\n")
        terminal.wait("ready>")
        return terminal

    def text(self):
        """A file with more lines than any of the screens."""
        path = os.path.join(self.place.path, "text")
        with open(path, "w") as file:
            for i in range(200):
                file.write(f"line {i:3} " + "word \u00e4\u4e2d " * (i % 20)
                           + "\n")
        return path

    def same(self, terminals, what):
        """Waits until both show the same, which holds the text."""
        def screens():
            return [terminal.screen() for terminal in terminals]

        def are_same():
            one, other = screens()
            return one == other and what in one
        try:
            self.wait_for(are_same, f"equal screens with {what!r}", 30)
        except AssertionError:
            one, other = screens()
            self.assertEqual(one, other)
            raise

    def test_vim(self):
        vim = ["vim", "-u", "NONE", "-i", "NONE", "-N", "-n", "-R",
               "+set ruler number laststatus=2 title& ttyfast", self.text()]
        for size in self.SIZES:
            with self.subTest(size):
                here = self.screen(
                    ["env", "TERM=xterm-256color", "LANG=C.UTF-8", *vim],
                    size)
                there = self.live(size)
                there.text("cd /; LC_ALL=C.UTF-8 exec " + " ".join(
                    f"'{word}'" for word in vim) + "\n")
                both = (here, there)
                self.same(both, "line   0")
                for terminal in both:
                    terminal.text("100Gzt$")
                self.same(both, "line 110")
                for columns, rows in ((61, 17), (110, 40), size):
                    for terminal in both:
                        terminal.resize(columns, rows)
                    self.same(both, "line 101")
                for terminal in both:
                    terminal.text(":vsplit\n:1\n")
                self.same(both, "line   3")
                for terminal in both:
                    terminal.text(":qa!\n")
                    terminal.ended()

    def test_top(self):
        """Its numbers change, so its layout is looked at."""
        for size in self.SIZES:
            with self.subTest(size):
                terminal = self.live(size)
                terminal.text("exec top\n")
                for columns, rows in (size, (61, 17), (110, 40), size):
                    terminal.resize(columns, rows)
                    try:
                        self.wait_for(lambda c=columns, r=rows: self.is_top(
                            terminal.screen(), c, r), "top", 30)
                    except AssertionError:
                        self.fail(f"top at {columns}x{rows}:\n"
                                  + terminal.screen())
                terminal.text("q")
                terminal.ended()

    @staticmethod
    def is_top(screen, columns, rows):
        """Whether it is the screen of top, of this size."""
        lines = screen.rstrip("\n").split("\n")
        heads = [i for i, line in enumerate(lines)
                 if line.split()[:2] == ["PID", "USER"]]
        summary = "\n".join(lines[:6])
        return (heads == [6] and lines[0].startswith("top - ")
                and "Tasks:" in summary and "%Cpu" in summary
                and "Mem" in summary and len(lines) <= rows
                and max(map(len, lines)) <= columns
                and (columns < 69 or lines[6].endswith(" COMMAND"))
                and len(lines) > 8)


if __name__ == "__main__":
    unittest.main()
