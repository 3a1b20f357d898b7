# SPDX-License-Identifier: MIT
# tests/mount/test_system.py - pools, and whether the key's limits are reached
"""What costs a request of its own is found by its name, and by no walk."""
import json
import os
import unittest

from case import MountCase

POOL = "system/pools/pool-1"
STATS = {"mode": "pooled", "pool_size": 9, "total_containers": 8,
         "available": 7, "allocated": 2, "spawning": 1,
         "network_mode": "hybrid",
         "load_avg": {"load1": "0.10", "load5": "0.20", "load15": "0.30"},
         "memory": {"total_mb": 100, "used_mb": 25, "available_mb": 75,
                    "used_percent": 25.5}}
SHOWN = {"mode": "pooled", "pool_size": "9", "total_containers": "8",
         "available": "7", "allocated": "2", "spawning": "1",
         "network_mode": "hybrid", "load_1min": "0.10", "load_5min": "0.20",
         "load_15min": "0.30", "memory_total_mb": "100",
         "memory_used_mb": "25", "memory_available_mb": "75",
         "memory_used_percent": "25.5"}


class System(MountCase):
    """system/pools/ID/ and key/throttle/."""

    def setUp(self):
        super().setUp()
        self.server.reset()
        self.save(".unsandboxfs/refresh", "1")

    def values(self, path):
        """The values in a directory, by their names."""
        return {name: self.value(path, name)
                for name in os.listdir(self.at(path))
                if os.path.isfile(self.at(path, name))
                and not name.endswith(".json")}

    def test_pool(self):
        """The values that the list has cost no more than the list."""
        self.assertEqual(self.values(POOL), {
            **self.values(POOL), "host": "localhost", "status": "healthy",
            "vcpu_count": "8", "total": "1000"})
        self.assertNotIn("stats", os.listdir(self.at(POOL)))
        self.shell("ls -lR system/pools; grep -r . system/pools >/dev/null")
        self.assert_requests({"GET /pools": 1})

    def test_pool_stats(self):
        self.server.fault({"path": "/pools/ID/stats", "status": 200,
                           "body": STATS})
        self.assertEqual(self.values(POOL + "/stats"), SHOWN)
        self.assertEqual(json.loads(self.read(POOL, "stats/stats.json")),
                         STATS)
        self.assert_requests({"GET /pools": 1, "GET /pools/ID/stats": 1})

    def test_pools_of_other_answers(self):
        """Names that no file can have, and pools without one."""
        self.server.fault(
            {"path": "/pools", "status": 200, "body": [
                {"id": "a/b", "host": "h"}, {"name": "c"}, {}, 7]},
            {"path": "/pools/ID/stats", "status": 404})
        self.assertEqual(sorted(
            name for name in os.listdir(self.at("system/pools"))
            if os.path.isdir(self.at("system/pools", name))),
            ["a%2Fb", "c"])
        self.assertEqual(self.value("system/pools/a%2Fb/host"), "h")
        self.assertEqual(os.listdir(self.at("system/pools/c")), [])
        self.assertFalse(os.path.exists(self.at("system/pools/d")))
        self.assertEqual(self.error_of(
            self.read, "system/pools/c/stats/stats.json"), "ENOENT")

    def test_throttle(self):
        self.assertNotIn("throttle", os.listdir(self.at("key")))
        self.server.reset()
        shown = self.values("key/throttle")
        self.assertEqual(shown["should_throttle"], "0")
        self.assertEqual(shown["active_executions"], "0")
        self.assertRegex(shown["requests_used_in_last_60s"], r"^\d+$")
        self.assertFalse(json.loads(self.read("key/throttle/throttle.json"))
                         ["should_throttle"])
        self.assertEqual(set(self.server.requests()),
                         {"GET /keys/am-i-throttled"})

    def test_throttle_that_is_not_told(self):
        for status in 403, 404, 405:
            self.server.fault({"path": "/keys/am-i-throttled",
                               "status": status})
            self.save(".unsandboxfs/refresh", "1")
            self.assertEqual(os.listdir(self.at("key/throttle")), [])


if __name__ == "__main__":
    unittest.main()
