# SPDX-License-Identifier: MIT
# tests/mount/test_resources_tree.py - names and walks
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


class Walks(ResourceCase):
    """Programs that walk the whole tree."""

    time_limit_s = 120

    def count(self):
        """How many of each kind the server has."""
        state = self.server.ask("GET", "")
        return [state[kind] for kind in
                ("sessions", "services", "snapshots", "images")]

    def test_walks(self):
        self.make("w")
        self.shell("mkdir services/w/snapshots/s; echo bash > sessions/new/q")
        before = self.count()
        target = self.place.folder("copies")
        for command in ("find . -ls", "ls -lR .", "du -s .", "grep -r x .",
                        f"tar cf {target}/t.tar .", "find . -type l -ls",
                        f"rsync -a snapshots images {target}/"):
            self.shell(command + " >/dev/null || test $? = 1"
                       if command.startswith("grep")
                       else command + " >/dev/null")
        walk = "find sessions services snapshots images -ls"
        self.assertEqual(self.shell(walk), self.shell(walk))
        for name in os.listdir(self.at("snapshots")):
            for file in os.listdir(self.at("snapshots", name)):
                path = os.path.join("snapshots", name, file)
                if os.path.isfile(self.at(path)):
                    with open(os.path.join(target, path), "rb") as copy:
                        self.assertEqual(copy.read(), self.read_bytes(path))
        self.fails("rm -rf services sessions snapshots images")
        self.assertEqual(self.count(), before)
        self.assertEqual(self.error_of(os.open, self.at("services/w/url"),
                                       os.O_WRONLY), "EACCES")

    def test_requests(self):
        self.server.ask("PUT", "/seed", {"snapshots": 1000})
        self.shell("echo 1 > .unsandboxfs/refresh")
        self.server.reset()
        self.shell("ls -lR snapshots")
        self.shell("ls -lR snapshots")
        self.assert_requests({"GET /snapshots": 1})
