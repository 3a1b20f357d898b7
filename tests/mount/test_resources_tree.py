# SPDX-License-Identifier: MIT
# tests/mount/test_resources_tree.py - names, wordings, walks
import os

from case import MountCase
from test_resources_life import ResourceCase

# The same resources as two of the API's descriptions word them (api.md 13).
WORDINGS = {
    "sessions": (
        {"sessions": [{"session_id": "sess_1", "status": "running",
                       "shell": "bash", "network_mode": "zerotrust",
                       "created_at": "2025-01-11T12:00:00Z"}]},
        [{"id": "sess_1", "status": "running", "shell": "bash",
          "network": "zerotrust", "created_at": "1736596800"}]),
    "services": (
        {"services": [{"service_id": "svc_1", "name": "web", "url": "u",
                       "state": "running", "ports": [80, 443],
                       "network_mode": "zerotrust", "locked": False,
                       "custom_domains": ["a.b"], "created_at": 1736596800}],
         "count": 1},
        {"services": [{"id": "svc_1", "name": "web", "status": "running",
                       "url": "u", "ports": [80, 443], "domains": ["a.b"],
                       "network_mode": "zerotrust", "locked": 0,
                       "created_at": "2025-01-11T12:00:00.000Z"}]}),
    "snapshots": (
        {"snapshots": [{"snapshot_id": "snap_1", "name": "n", "size": 7,
                        "type": "session", "source_id": "sess_1",
                        "created_at": "1736596800"}]},
        {"snapshots": [{"id": "snap_1", "name": "n", "size_bytes": 7,
                        "source_type": "session", "source_id": "sess_1",
                        "created_at": 1736596800}]}),
    "images": (
        {"images": [{"image_id": "img_1", "name": "n", "owner_key": "k",
                     "visibility": "private", "created_at": "1736596800"}]},
        {"images": [{"id": "img_1", "name": "n", "owner_api_key": "k",
                     "visibility": "private", "created_at": 1736596800}]}),
}
SKIPPED = ("created_at", "sessions.json", "run", "snapshots", "trusted",
           "env", "bootstrap", "logs")


class Wordings(MountCase):
    """What the answers call things does not matter."""

    def tree(self, which):
        """Every value of each collection, by its path."""
        self.server.fault(*({"method": "GET", "path": f"/{name}",
                             "status": 200, "body": pair[which]}
                            for name, pair in WORDINGS.items()))
        self.shell("echo 1 > .unsandboxfs/refresh")
        found = {}
        for name in WORDINGS:
            one = [n for n in os.listdir(self.at(name))
                   if n not in ("new", "owned", "shared", "public")]
            self.assertEqual(len(one), 1, name)
            for file in sorted(os.listdir(self.at(name, one[0]))):
                path = os.path.join(name, one[0], file)
                if file in SKIPPED or file.endswith(".json"):
                    continue
                if os.path.islink(self.at(path)):
                    found[path] = os.readlink(self.at(path))
                else:
                    found[path] = (self.read(path),
                                   os.stat(self.at(path)).st_mtime_ns // 10**9
                                   if which == 0 else None)
        return found

    def test_both(self):
        first, second = self.tree(0), self.tree(1)
        self.assertEqual(sorted(first), sorted(second))
        for path, value in first.items():
            if isinstance(value, tuple):
                self.assertEqual(value[0], second[path][0], path)
                self.assertEqual(value[1], 1736596800, path)


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
