# SPDX-License-Identifier: MIT
# tests/mount/test_console_many.py - many live shells, and much at once
import os
import select
import unittest

from test_console import ConsoleCase, Terminal

COUNT = 50


class Many(ConsoleCase):
    """Fifty sessions, each with its console open."""

    time_limit_s = 120

    def threads(self):
        """Those of the daemon."""
        return len(os.listdir(f"/proc/{self.mount.pid}/task"))

    def until_all(self, terminals, texts):
        """Reads from all at once, until each has printed its text."""
        waiting = {terminal.fd: (terminal, text.encode())
                   for terminal, text in zip(terminals, texts)}
        poll = select.poll()
        for fd in waiting:
            poll.register(fd, select.POLLIN)
        while waiting:
            for fd, _ in poll.poll():
                terminal, text = waiting[fd]
                terminal.output += os.read(fd, 65536)
                if text in terminal.output:
                    poll.unregister(fd)
                    del waiting[fd]

    def test_fifty(self):
        folders = [self.session() for _ in range(COUNT)]
        threads = self.threads()
        terminals = [Terminal(os.path.join(folder, "console"))
                     for folder in folders]
        for terminal in terminals:
            self.addCleanup(terminal.close)
        for number, terminal in enumerate(terminals):
            terminal.type(f"stty -echo; echo number-$(({number} * 7))-\n")
        self.until_all(terminals, [f"number-{number * 7}-"
                                   for number in range(COUNT)])
        # Each prints 100 KB while the others do.
        for terminal in terminals:
            terminal.type("seq -s, 20000; echo done-$((1 + 1))\n")
        self.until_all(terminals, ["done-2"] * COUNT)
        numbers = ",".join(map(str, range(1, 20001))).encode()
        for terminal in terminals:
            self.assertIn(numbers, terminal.output)
        self.assertEqual(self.threads(), threads)
        self.assertEqual(self.server.requests()["GET /sessions/ID/shell"],
                         COUNT)


if __name__ == "__main__":
    unittest.main()
