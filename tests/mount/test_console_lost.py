# SPDX-License-Identifier: MIT
# tests/mount/test_console_lost.py - live shells whose connection breaks
import errno
import os
import select
import unittest

from cutter import Cutter
from place import Place
from standin import Standin
from test_console import ConsoleCase, Terminal

AWAY, FAILED, RESTARTS = b"\x03\xe9", b"\x03\xf3", b"\x03\xf4"


class LostCase(ConsoleCase):
    """The mount reaches the stand-in through a proxy."""

    starts_mounted = False
    cutter = certs = newest = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cutter = Cutter(cls.server, cls.certs)
        cls.mount.server = cls.cutter
        cls.mount.start()

    @classmethod
    def tearDownClass(cls):
        cls.cutter.reset()
        super().tearDownClass()
        cls.cutter.close()

    def setUp(self):
        super().setUp()
        self.cutter.reset()
        self.addCleanup(self.server.ask, "DELETE", "/faults")

    def terminal(self, folder=None):
        """A console in which something was printed."""
        folder = folder or self.session()
        self.newest = f"/{os.path.basename(folder)}/console "
        terminal = Terminal(os.path.join(folder, "console"))
        self.addCleanup(terminal.close)
        terminal.type("X=kept; echo one-$((1 + 1))\n")
        terminal.until(b"one-2")
        return terminal

    def lose(self, how, *arguments):
        """Breaks the connections, and waits until the mount has seen it of the
        newest: what is typed before that is lost."""
        before = self.losses()
        how(*arguments)
        self.wait_for(lambda: self.losses() > before, "the loss")

    def losses(self):
        """How many lines there are about the newest terminal, which is not
        the only one until the mount has closed those before."""
        return sum(self.newest in line for line in self.errors())

    def until_end(self, terminal):
        """Reads until the end of file; returns the last bytes."""
        while more := os.read(terminal.fd, 65536):
            terminal.output += more
        return terminal.output[-200:]

    def errors(self):
        """The lines about shells."""
        return [line for line in self.read(".unsandboxfs/errors").splitlines()
                if " SHELL " in line]


class Lost(LostCase):
    """What lives on is taken up again."""

    def test_taken_up(self):
        terminal = self.terminal()
        for number in (2, 3, 4):
            before = len(self.errors())
            self.lose(self.cutter.cut)
            terminal.type(f"echo $X-$((1 + {number}))\n")
            terminal.until(f"kept-{1 + number}".encode())
            self.assertIn("ECONNRESET the connection was lost; it is attached "
                          "again", self.errors()[-1])
            self.assertGreater(len(self.errors()), before)
        self.assertEqual(len(self.cutter.attempts), 4)

    def test_reader_waits(self):
        """A read that waits goes on, and so does one that polls."""
        terminal = self.terminal()
        os.set_blocking(terminal.fd, False)
        self.cutter.refuses = True
        self.cutter.cut()
        self.wait_for(lambda: len(self.cutter.attempts) > 2, "two attempts")
        with self.assertRaises(BlockingIOError):
            while os.read(terminal.fd, 65536):
                pass
        with self.assertRaises(BlockingIOError):
            os.write(terminal.fd, b"x")
        self.cutter.refuses = False
        poll = select.poll()
        poll.register(terminal.fd, select.POLLOUT)
        self.assertTrue(poll.poll(30000))
        terminal.type("echo $X-$((1 + 1))\n")
        os.set_blocking(terminal.fd, True)
        terminal.until(b"kept-2")

    def test_close_frames(self):
        """Any but a normal one is a loss."""
        for code in (AWAY, FAILED, RESTARTS):
            with self.subTest(code):
                terminal = self.terminal()
                self.lose(self.cutter.inject, b"\x88\x02" + code)
                terminal.type("echo $X-$((1 + 1))\n")
                terminal.until(b"kept-2")
                self.assertIn(f"closed the connection: code "
                              f"{int.from_bytes(code, 'big')}",
                              "\n".join(self.errors()[-2:]))
                terminal.close()
        for frame in (b"\x88\x02\x03\xe8", b"\x88\x00"):
            with self.subTest(frame):
                terminal = self.terminal()
                count = len(self.cutter.attempts)
                self.cutter.inject(frame)
                self.until_end(terminal)
                self.assertEqual(len(self.cutter.attempts), count)

    def test_back_off(self):
        """More time each time, and one line in errors for all."""
        terminal = self.terminal()
        before = len(self.errors())
        self.cutter.refuses = True
        self.cutter.attempts = []
        self.cutter.cut()
        self.wait_for(lambda: len(self.cutter.attempts) >= 5, "attempts", 30)
        times = self.cutter.attempts[:5]
        for number, first in enumerate(times[:-1]):
            self.assertGreaterEqual(times[number + 1] - first,
                                    0.55 * 2 ** number)
        self.assertEqual(len(self.errors()) - before, 1)
        self.cutter.refuses = False
        terminal.type("echo $X-$((1 + 1))\n")
        terminal.until(b"kept-2")

    def test_refused_for_a_while(self):
        """An error of the server does not end it; it may say when to retry."""
        for rule in ({"status": 500, "times": 2}, {"status": 429, "times": 1},
                     {"status": 503, "times": 1,
                      "headers": {"Retry-After": "1"}}):
            with self.subTest(rule):
                terminal = self.terminal()
                self.server.fault({"method": "GET",
                                   "path": "/sessions/ID/shell", **rule})
                self.lose(self.cutter.cut)
                terminal.type("echo $X-$((1 + 1))\n")
                terminal.until(b"kept-2")
                self.assertIn(f" {rule['status']} ", self.errors()[-2])
                terminal.close()

    def test_refused_for_good(self):
        """The end, after one attempt."""
        for status, name in ((403, "EACCES"), (404, "ENOENT"), (409, "EBUSY"),
                             (426, "EOPNOTSUPP")):
            with self.subTest(status):
                terminal = self.terminal()
                self.server.fault({"method": "GET", "status": status,
                                   "path": "/sessions/ID/shell",
                                   "body": {"error": "no more"}})
                self.cutter.attempts = []
                self.cutter.cut()
                self.until_end(terminal)
                self.server.ask("DELETE", "/faults")
                self.assertIn(f" {status} {name} no more", self.errors()[-1])
                # Each way of authentication.
                self.assertEqual(len(self.cutter.attempts),
                                 3 if status == 403 else 1)
                with self.assertRaises(OSError) as refused:
                    terminal.type("x")
                self.assertEqual(refused.exception.errno, errno.EIO)

    def test_has_ended_meanwhile(self):
        """A session that does not live on: the end of file."""
        folder = self.session()
        terminal = self.terminal(folder)
        self.cutter.holds = True
        self.destroy(folder)
        self.cutter.holds = False
        self.cutter.cut()
        self.until_end(terminal)
        self.assertIn(" 404 ENOENT ", self.errors()[-1])

    def test_cut_refusal(self):
        """A refusal whose body is cut is the refusal."""
        self.server.fault({"method": "GET", "path": "/sessions/ID/shell",
                           "status": 409, "body": {"error": "x" * 500},
                           "truncate": 10})
        with self.assertRaises(OSError) as refused:
            self.terminal()
        self.assertEqual(refused.exception.errno, errno.EBUSY)

    def test_nobody_writes(self):
        """A handle that only reads sees the end."""
        folder = self.session()
        self.terminal(folder).close()
        count = len(self.cutter.attempts)
        self.cutter.cut()
        self.wait_for(lambda: "the connection was lost" in
                      (self.errors() or [""])[-1], "the loss")
        self.assertEqual(len(self.cutter.attempts), count)
        self.assertIn("one-2", self.read(folder, "console"))


class Secure(LostCase):
    """The same over TLS, whose records may be received in part."""

    @classmethod
    def setUpClass(cls):
        place = Place("certs")
        cls.addClassCleanup(place.close)
        cls.certs = place.folder("tls")
        Standin(place, "--tls", cls.certs).stop()
        cls.options = f"cacert={cls.certs}/ca.pem"
        super().setUpClass()

    def test_taken_up(self):
        terminal = self.terminal()
        self.lose(self.cutter.cut)
        terminal.type("echo $X-$((1 + 1))\n")
        terminal.until(b"kept-2")

    def test_much(self):
        """More than is kept is printed before anything of it is read."""
        terminal = self.terminal()
        terminal.type("stty -echo; seq 200000; echo end-$((1 + 1))\n")
        self.wait_for(lambda: os.stat(os.path.join(
            f"/proc/self/fd/{terminal.fd}")).st_size > 100000, "output")
        terminal.until(b"end-2")
        self.assertIn(b"".join(b"%d\r\n" % number
                               for number in range(1, 200001)),
                      terminal.output)


class Wrong(LostCase):
    """A server that sends invalid frames breaks only that console."""

    def test_nonsense(self):
        other = self.terminal()
        for name, sent in (
                ("masked", b"\x82\x81kkkka"), ("reserved", b"\xc2\x01a"),
                ("opcode", b"\x83\x00"), ("long ping", b"\x89\x7e\x01\x00"),
                ("oversized", b"\x82\x7f" + b"\xff" * 8),
                ("HTTP", b"HTTP/1.1 500 X\r\n\r\n"),
                ("not UTF-8", b"\x81\x02\xc3("),
                ("noise", os.urandom(64) + b"\x83\x00")):
            with self.subTest(name):
                with self.cutter.lock:
                    kept, self.cutter.shells = self.cutter.shells, []
                terminal = self.terminal()
                self.cutter.inject(sent)
                with self.cutter.lock:
                    self.cutter.shells += kept
                if name == "noise":  # it may be a frame that never ends
                    terminal.close()
                    continue
                self.until_end(terminal)
                self.assertIn("EPROTO the server's frames are not WebSocket "
                              "frames", self.errors()[-1])
        other.type("echo $X-$((1 + 1))\n")
        other.until(b"kept-2")

    def test_slow(self):
        """A byte at a time, from the first one on."""
        self.cutter.drips = True
        terminal = self.terminal()
        terminal.type("seq 300; echo $X-$((1 + 1))\n")
        terminal.until(b"kept-2")
        self.assertIn(b"\n299\r\n300\r\n", terminal.output)

    def test_floods(self):
        """Pings without end, and an answer that nobody reads."""
        terminal = self.terminal()
        other = self.terminal()
        with self.cutter.lock:
            kept, self.cutter.shells = self.cutter.shells[1:], \
                self.cutter.shells[:1]
        self.cutter.inject(b"\x89\x7d" + b"p" * 125)
        self.cutter.shells += kept
        other.type("echo $X-$((1 + 1))\n")
        other.until(b"kept-2")
        terminal.close()


class Keys(LostCase):
    """The messages are those of requests."""

    def setUp(self):
        super().setUp()
        self.server.ask("PUT", "/switches", {"shell_auth": 1})
        self.addCleanup(self.server.ask, "PUT", "/switches",
                        {"shell_auth": 0})

    def test_clock(self):
        """A clock six minutes off is learned from the refusal."""
        folder = self.session()
        os.listdir(folder)
        self.server.ask("PUT", "/clock", {"skew_s": 360})
        self.addCleanup(self.server.ask, "PUT", "/clock", {"skew_s": 0})
        before = len(self.cutter.attempts)
        terminal = self.terminal(folder)
        self.assertEqual(len(self.cutter.attempts) - before, 2)
        terminal.close()
        self.assertNotIn("EKEYREJECTED", "\n".join(self.errors()))

    def test_key(self):
        """An expired and a revoked key."""
        for state in ("expired", "revoked", "suspended"):
            with self.subTest(state):
                folder = self.session()
                os.listdir(folder)
                self.server.ask("PUT", "/key", {"state": state})
                try:
                    name = self.error_of(self.terminal, folder)
                    self.save(".unsandboxfs/refresh", "1")
                    self.error_of(os.listdir, self.at("services"))
                finally:
                    self.server.ask("PUT", "/key", {"state": "active"})
                    self.save(".unsandboxfs/refresh", "1")
                lines = self.read(".unsandboxfs/errors").splitlines()
                shell = [line.split(None, 3)[3] for line in lines
                         if " SHELL " in line][-1]
                other = [line.split(None, 3)[3] for line in lines
                         if " GET /services " in line][-1]
                self.assertEqual(shell, other)
                self.assertEqual(shell.split()[1], name)


if __name__ == "__main__":
    unittest.main()
