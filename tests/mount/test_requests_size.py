# SPDX-License-Identifier: MIT
# tests/mount/test_requests_size.py - ten thousand snapshots, by counts
"""The small part of `make bench` that does not depend on how quick the machine
is: what is shown, what it costs in requests, and how much memory it takes."""
import os
import unittest

from case import IS_SANITIZED, MountCase

COUNT = 10000
# Of one load, of what it is replaced by, and of looking at all of it.
BYTES_EACH = 8192


class Size(MountCase):
    """A list as long as that, at the default size of the cache."""

    options = "ttl_list=900"
    time_limit_s = 120

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for _ in range(2):
            cls.server.ask("PUT", "/seed", {"snapshots": COUNT // 2})

    def memory_kib(self):
        """The daemon's peak so far."""
        with open(f"/proc/{self.mount.pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1])
        return self.fail("no VmHWM")

    def lines(self, command):
        """How many lines it prints."""
        return len(self.shell(command, seconds=60).splitlines())

    def test_1_counts(self):
        before = self.memory_kib()
        self.assertEqual(self.lines("ls -f snapshots"), COUNT + 2)
        self.assertEqual(self.lines("ls -l snapshots"), COUNT + 1)
        self.assertEqual(self.lines(
            "find snapshots -mindepth 1 -maxdepth 1 -type d"), COUNT)
        some = os.listdir(self.at("snapshots"))[::COUNT // 10]
        for name in some:
            self.assertEqual(self.value("snapshots", name, "id"), name)
            self.assertIn(name, self.read("snapshots", name, "snapshot.json"))
        self.assert_requests({"GET /snapshots": 1})
        if not IS_SANITIZED:
            each = (self.memory_kib() - before) * 1024 / COUNT
            self.assertLess(each, BYTES_EACH)

    @unittest.skipIf(IS_SANITIZED, "a sanitizer keeps what was freed")
    def test_2_memory_of_many_loads(self):
        """A list that changes again and again takes no more than two."""
        self.lines("ls -f snapshots")
        before = None
        for i in range(8):
            self.server.ask("PUT", "/seed", {"snapshots": 1})
            self.save(".unsandboxfs/refresh", "1\n")
            self.assertEqual(self.lines("ls -f snapshots"), COUNT + 3 + i)
            if i == 2:
                before = self.memory_kib()
        each = (self.memory_kib() - before) * 1024 / COUNT
        self.assertLess(each, BYTES_EACH / 8)
        self.assert_requests({"GET /snapshots": 8})
