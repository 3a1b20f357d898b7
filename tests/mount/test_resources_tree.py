# SPDX-License-Identifier: MIT
# tests/mount/test_resources_tree.py - names, and requests
import os

from case import MountCase
from test_resources_life import ResourceCase


class Names(MountCase):
    """Names as the API may give them."""

    def test_all_show_up(self):
        names = ["web", "..", ".", "a/b", "new", "x" * 300, "two\nlines",
                 "twin", "twin", "", "id-0"]
        self.server.fault({
            "method": "GET", "path": "/services", "status": 200,
            "body": {"services": [{"id": f"id-{i}", "name": name,
                                   "state": "running"}
                                  for i, name in enumerate(names)]}})
        shown = set(os.listdir(self.at("services"))) - {"new"}
        self.assertEqual(len(shown), len(names), shown)
        ids = {self.value("services", name, "id") for name in shown}
        self.assertEqual(ids, {f"id-{i}" for i in range(len(names))})
        self.assertLess({"web", "a%2Fb", "%2E.", "twin~id-7", "twin~id-8"},
                        shown)
        self.assertEqual(os.readlink(self.at("services/id-0")), "web")


class Requests(ResourceCase):
    """What a look at many costs."""

    def test_requests(self):
        self.server.ask("PUT", "/seed", {"snapshots": 1000})
        self.shell("echo 1 > .unsandboxfs/refresh")
        self.server.reset()
        self.shell("ls -lR snapshots")
        self.shell("ls -lR snapshots")
        self.assert_requests({"GET /snapshots": 1})
