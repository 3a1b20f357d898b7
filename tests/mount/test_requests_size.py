# SPDX-License-Identifier: MIT
# tests/mount/test_requests_size.py - counts with ten thousand snapshots
"""The small part of `make bench` that does not depend on the speed of the
machine: names, requests, and memory."""
import os
import unittest

from case import IS_SANITIZED, MountCase

COUNT = 10000
SOURCES = 10
# Bytes per resource: of a load, of a replacement, of reading all.
BYTES_EACH = 3072
# Bytes per resource of only the list, from stats.
LIST_BYTES_EACH = 640


class LongCase(MountCase):
    """Counts and measurements."""

    time_limit_s = 120

    def stats(self):
        """{name: number} of .unsandboxfs/stats."""
        return {name: int(value) for name, _, value in (
            line.rpartition(" ") for line in
            self.read(".unsandboxfs/stats").splitlines())}

    def memory_kib(self):
        """The daemon's peak memory so far."""
        with open(f"/proc/{self.mount.pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1])
        return self.fail("no VmHWM")

    def lines(self, command):
        """The number of lines that a command prints."""
        return len(self.shell(command, seconds=60).splitlines())


class Size(LongCase):
    """A long list, with the default size of the cache."""

    options = "ttl_list=900"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.ask("PUT", "/seed", {"sessions": [
            {"id": f"unsb-session-seed-{i}", "name": f"s{i}"}
            for i in range(SOURCES)]})
        for _ in range(2):
            cls.server.ask("PUT", "/seed", {"snapshots": COUNT // 2})

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
        stats = self.stats()
        self.assertEqual(stats["resources"], COUNT)
        self.assertLess(stats["resources_bytes_each"], LIST_BYTES_EACH)
        self.assertEqual(stats["resources_bytes_each"],
                         stats["resources_bytes"] // COUNT)

    def test_1_of_one_session(self):
        """Snapshots of one source are found by name; two share one here."""
        self.lines("ls -f snapshots")
        folder = "sessions/unsb-session-seed-3/snapshots"
        self.assertEqual(self.lines(f"ls -f {folder}"), COUNT // SOURCES + 2)
        names = os.listdir(self.at(folder))
        self.assertEqual(len(set(names)), COUNT // SOURCES)
        for name in names[::COUNT // SOURCES // 5]:
            link = os.readlink(self.at(folder, name))
            self.assertEqual(self.value(folder, name, "id"),
                             os.path.basename(link))
            self.assertEqual(self.value(folder, name, "source_id"),
                             "unsb-session-seed-3")
            self.assertIn("~" + os.path.basename(link), name)
        self.assertFalse(os.path.lexists(self.at(folder, "nobody")))
        self.assert_requests({"GET /sessions": 1})

    @unittest.skipIf(IS_SANITIZED, "a sanitizer keeps freed memory")
    def test_2_memory_of_many_loads(self):
        """A list that changes repeatedly takes no more memory than two."""
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

    def test_3_a_list_that_is_left_open(self):
        """A reader of a directory continues with the list it opened."""
        with os.scandir(self.at("snapshots")) as entries:
            names = {next(entries).name}
            self.server.ask("PUT", "/seed", {"snapshots": 1})
            self.save(".unsandboxfs/refresh", "1\n")
            count = self.lines("ls -f snapshots") - 2
            names |= {entry.name for entry in entries}
        self.assertEqual(len(names), count - 1)


class SmallCache(LongCase):
    """A cache that fits some of the details, and no list."""

    options = "cache_size=64K,ttl_list=900,ttl_detail=900"
    size = 64 << 10
    count = 400

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.ask("PUT", "/seed", {"services": [
            {"id": f"unsb-service-{i}", "name": f"web{i}"}
            for i in range(cls.count)]})
        cls.server.ask("PUT", "/seed", {"snapshots": 2000})

    def list_briefly(self):
        """Makes the list contain only ids and names."""
        self.save(".unsandboxfs/refresh", "1\n")
        self.server.answer("GET", "/services", {"services": [
            {"id": f"unsb-service-{i}", "name": f"web{i}"}
            for i in range(self.count)]}, times=0)

    def read_all(self, names):
        """Asserts that each resource has its own value."""
        for i in names:
            self.assertIn(f"//web{i}.on.", self.read(
                "services", f"web{i}", "service.json"), i)

    def held(self):
        """Asserts that the cache is within its limit; returns the stats."""
        stats = self.stats()
        self.assertLessEqual(stats["cache_bytes"], self.size)
        return stats

    def test_1_details_go_and_come_again(self):
        self.list_briefly()
        self.read_all(range(self.count))
        evicted = self.held()["cache_evicted"]
        self.assertGreater(evicted, self.count // 2)
        self.assert_requests({"GET /services": 1,
                              "GET /services/ID": self.count})
        self.server.reset_counts()
        self.read_all(range(self.count - 10, self.count))
        self.assert_requests({})
        self.read_all(range(20))
        self.assert_requests({"GET /services/ID": 20})
        self.assertGreater(self.held()["cache_evicted"], evicted)

    def test_2_lists_are_asked_for_once(self):
        """A list that does not fit into the cache is not requested again."""
        names = self.shell("ls snapshots").split()
        self.assertEqual(len(names), 2000)
        self.assertEqual(self.lines("ls -l snapshots"), 2001)
        for name in names[::200]:
            self.assertEqual(self.value("snapshots", name, "id"), name)
        self.assert_requests({"GET /snapshots": 1})
        self.held()
        self.assertGreater(self.stats()["resources"], 2000)
        self.save(".unsandboxfs/refresh", "1\n")
        self.server.ask("PUT", "/seed", {"snapshots": 1})
        self.assertEqual(self.lines("ls -l snapshots"), 2002)
        self.assert_requests({"GET /snapshots": 2})

    def test_3_a_change_is_seen(self):
        """A change, where the list that it affects is not in the cache."""
        name = self.shell("ls snapshots").split()[7]
        self.assertEqual(self.value("snapshots", name, "locked"), "0")
        self.save(os.path.join("snapshots", name, "locked"), "1\n")
        self.assertEqual(self.value("snapshots", name, "locked"), "1")
        self.save(os.path.join("snapshots", name, "locked"), "0\n")
        self.assertEqual(self.value("snapshots", name, "locked"), "0")

    @unittest.skipIf(IS_SANITIZED, "a sanitizer keeps freed memory")
    def test_4_memory(self):
        """Evicted details leave nothing behind."""
        self.list_briefly()
        self.read_all(range(self.count))
        before = self.memory_kib()
        for _ in range(3):
            self.read_all(range(self.count))
        self.assertLess(self.memory_kib() - before, 1024)
        self.held()
