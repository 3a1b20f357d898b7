# SPDX-License-Identifier: MIT
# tests/mount/test_typed.py - commands that are typed, where no POST is taken
import glob
import os
import unittest

from test_console import ConsoleCase

REFUSALS = (404, 405, 426)


class TypedCase(ConsoleCase):
    """The API takes commands only over the WebSocket."""

    def refuse(self, status):
        """What a POST of a command is answered with."""
        self.server.fault(*({"method": "POST", "path": path, "status": status}
                            for path in ("/sessions/ID/execute",
                                         "/sessions/ID/shell",
                                         "/services/ID/execute")))
        self.addCleanup(self.server.ask, "DELETE", "/faults")

    def run_in(self, folder, command, name="c"):
        """Saves the command; returns exit code, stdout and stderr."""
        path = os.path.join(folder, "run", name)
        self.save(path, command)
        code = self.value(path + ".job", "exit_code")
        return (int(code), self.read_bytes(path + ".job", "stdout"),
                self.read_bytes(path + ".job", "stderr"))


class Typed(TypedCase):
    """A save waits for its command."""

    def test_told_apart(self):
        """Both outputs as they are, and the exit code."""
        for status in REFUSALS:
            with self.subTest(status):
                self.refuse(status)
                folder = self.session()
                self.assertEqual(self.run_in(
                    folder, "echo out; echo err >&2; false\n"),
                    (1, b"out\n", b"err\n"))
                self.assertEqual(self.run_in(folder, "printf '\\000\\r\\n\\377'"),
                                 (0, b"\0\r\n\xff", b""))
                self.assertEqual(self.run_in(folder, ":"), (0, b"", b""))

    def test_session_keeps(self):
        """Its shell runs each command itself."""
        self.refuse(426)
        folder = self.session()
        self.assertEqual(self.run_in(folder, "cd /usr; X='a  b'"),
                         (0, b"", b""))
        self.assertEqual(self.run_in(folder, 'pwd; echo "$X"; ls /tmp/.uns*'
                                     ' >/dev/null && echo here'),
                         (0, b"/usr\na  b\nhere\n", b""))
        terminal = os.path.join(folder, "console")
        with open(terminal, "r+b", buffering=0) as console:
            console.write(b"ls -A /tmp | grep -c uns-\n")
            output = b""
            while b"0\r\n" not in output:
                output += console.read(4096)

    def test_quoting(self):
        """What would mean something to a terminal or to a shell."""
        self.refuse(426)
        folder = self.session()
        for command, output in (
                ("echo \"it's\" '$HOME' `echo x` \\\\", b"it's $HOME x \\\n"),
                ("cat <<'E'\nunsb\n\ttab \x03\x04\nE", b"unsb\n\ttab \x03\x04\n"),
                ("#!/usr/bin/env python3\nprint(6 * 7)\n", b"42\n"),
                ("echo \u00e4\u4e2d", "\u00e4\u4e2d\n".encode()),
                ("echo '" + "x" * 20000 + "' | wc -c", b"20001\n"),
                ("head -c 300000 /dev/zero | tr '\\0' y", b"y" * 300000)):
            with self.subTest(command[:20]):
                self.assertEqual(self.run_in(folder, command)[1], output)

    def test_at_once(self):
        """One after the other in a shell, in the order of their saves."""
        self.refuse(426)
        folders = [self.session(), self.session()]
        for folder in folders:
            for number in range(4):
                self.save(os.path.join(folder, f"run/n{number}"),
                          f"X=${{X}}{number}; echo $X")
        for folder in folders:
            self.assertEqual(
                [self.read(folder, f"run/n{number}.job/stdout")
                 for number in range(4)], ["0\n", "01\n", "012\n", "0123\n"])

    def test_service(self):
        self.refuse(405)
        self.request("POST", "/services",
                     b'{"name":"typed","bootstrap":"sleep 1000"}')
        self.save(".unsandboxfs/refresh", "1")
        folder = self.at("services/typed")
        self.assertEqual(self.run_in(folder, "X=1; echo out; exit 3"),
                         (3, b"out\n", b""))
        self.assertEqual(self.run_in(folder, "echo \"<$X>\""),
                         (0, b"<>\n", b""))
        os.mkdir(os.path.join(folder, "run/project"))
        self.save(os.path.join(folder, "run/project/data"), "1")
        self.save(os.path.join(folder, "run/project/main.sh"), "cat data")
        # It has an input file.
        error = os.path.join(folder, "run/project/main.sh.job/error")
        self.wait_for(lambda: self.read(error), "the refusal")
        self.assertIn("nothing ran", self.read(error))

    def test_other_shells(self):
        """Those of POSIX."""
        self.refuse(426)
        for shell in ("sh", "zsh"):
            with self.subTest(shell):
                folder = self.session(shell)
                self.assertEqual(
                    self.run_in(folder, "echo out; echo err >&2; (exit 4)"),
                    (4, b"out\n", b"err\n"))

    def test_is_learned(self):
        """Of 405 and 426, which are about the path, and not of 404."""
        self.mount.restart()
        for status, asked in ((404, 2), (426, 0)):
            self.refuse(status)
            folder = self.session()
            self.assertEqual(self.run_in(folder, "echo 1")[1], b"1\n")
            self.server.reset_counts()
            self.assertEqual(self.run_in(folder, "echo 2")[1], b"2\n")
            self.assertEqual(sum(
                count for name, count in self.server.requests().items()
                if name.startswith("POST ")), asked)

    def test_fails(self):
        """Not a shell, and one that has ended."""
        self.refuse(426)
        folder = self.session()
        self.assertEqual(self.run_in(folder, "echo lost; exit 7")[0], 7)
        self.save(os.path.join(folder, "state"), "frozen\n")
        self.assertEqual(self.save_error(
            os.path.join(folder, "run/f"), "echo frozen"), "EBUSY")
        self.assertIn("unfreeze it first", self.read(folder, "run/f.job/error"))


class Later(TypedCase):
    """A save does not wait for its run."""

    options = "run_wait=0"

    def start(self, command=": >/tmp/begun; while :; do :; done"):
        """A command that has begun; the next one waits for it."""
        self.refuse(426)
        folder = self.session()
        first = os.path.join(folder, "run/s")
        self.save(first, command)
        begun = os.path.join(self.server.data, "session", "*", "tmp", "begun")
        self.wait_for(lambda: glob.glob(begun), "it has begun")
        self.addCleanup(lambda: [os.unlink(path) for path in glob.glob(begun)])
        return folder, first

    def test_cancel(self):
        """It is interrupted, and the next one runs."""
        folder, first = self.start()
        self.save(first + ".job/cancel", "1\n")
        self.assertEqual(self.value(first + ".job/status"), "cancelled")
        self.assertEqual(self.run_in(folder, "echo next"),
                         (0, b"next\n", b""))

    def test_cancel_is_repeated(self):
        """What misses a Ctrl-C, as a program that was just forked can, gets
        another."""
        folder, first = self.start(
            "bash -c 'trap \"trap - INT\" INT; : >/tmp/begun; "
            "while :; do sleep 1000; done'")
        self.save(first + ".job/cancel", "1\n")
        self.assertEqual(self.value(first + ".job/status"), "cancelled")
        self.assertEqual(self.run_in(folder, "ls -A /tmp | grep -c uns-"),
                         (0, b"3\n", b""))  # its own

    def test_unmount(self):
        """What was typed may have run."""
        _, first = self.start()
        self.mount.restart()
        self.assertIn(self.value(first + ".job/status"),
                      ("error", "failed"))
        self.assertIn("may", self.read(first + ".job/error"))


if __name__ == "__main__":
    unittest.main()
