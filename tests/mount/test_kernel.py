# SPDX-License-Identifier: MIT
# tests/mount/test_kernel.py - what the kernel may keep, and what it is told
"""The mount's count of the kernel's requests tells what was answered from the
kernel's own memory. What it keeps must be what there is: sizes and contents
agree, and what has gone, or is another thing of the same name, is seen."""
import os
import unittest

from case import MountCase

ROWS = [{"id": f"unsb-service-kern{i}", "name": f"svc{i}"} for i in range(5)]


class Kernel(MountCase):
    """Services that hold still."""

    options = "ttl_list=600,ttl_detail=600,allow_delete"

    def setUp(self):
        super().setUp()
        self.server.reset()
        self.server.ask("PUT", "/seed", {"services": ROWS, "snapshots": 20})
        self.save(".unsandboxfs/refresh", "1\n")

    def operations(self):
        """How many requests of the kernel there were so far."""
        for line in self.read(".unsandboxfs/stats").splitlines():
            if line.split()[0] == "operations":
                return int(line.split()[1])
        raise AssertionError("stats tells no operations")

    def cost(self, deed):
        """Those of a deed, less what asking for the count takes."""
        self.operations()
        before = self.operations()
        nothing = self.operations() - before
        deed()
        return self.operations() - before - 2 * nothing

    def outside(self, **changes):
        """A service's object in the list is another, as of now."""
        rows = []
        for row in ROWS:
            mine = {"service_id": row["id"], "name": row["name"],
                    "state": "running", "created_at": "2026-01-01T00:00:00Z"}
            if row["name"] in changes:
                mine.update(changes[row["name"]])
            if mine["name"]:
                rows.append(mine)
        self.server.answer("GET", "/services", {"services": rows}, times=0)

    def learn(self):
        """The mount asks for the list anew, and the kernel knows nothing of
        it: a change of another service's."""
        self.save("services/svc4/show_freeze_page", "1\n")
        os.listdir(self.at("services"))

    # ---- counts ----

    def test_attributes(self):
        paths = [self.at("services", f"svc{i}", name) for i in range(5)
                 for name in ("state", "id", "ports", "service.json")]
        for path in paths:
            os.stat(path)
        self.assertEqual(
            self.cost(lambda: [os.stat(path) for path in paths]), 0)

    def test_names(self):
        folder = self.at("snapshots")
        first = sorted(os.listdir(folder))
        self.assertGreaterEqual(len(first), 20)
        again = []
        # OPENDIR and RELEASEDIR, and perhaps GETATTR of the directory
        self.assertLessEqual(
            self.cost(lambda: again.extend(os.listdir(folder))), 3)
        self.assertEqual(sorted(again), first)

    def test_contents(self):
        path = self.at("services/svc0/service.json")
        text = self.read(path)
        self.assertEqual(self.read(path), text)
        again = []
        # OPEN and RELEASE, perhaps GETATTR of the atime, and no READ
        self.assertLessEqual(
            self.cost(lambda: again.append(self.read(path))), 3)
        self.assertEqual(again, [text])

    def test_absences(self):
        """What a prompt looks for: a name that can never be there."""
        paths = [self.at(folder, ".git") for folder in
                 ("", "system", "key", ".unsandboxfs", "services/svc0")]
        for path in 2 * paths:
            self.assertFalse(os.path.exists(path))
        self.assertEqual([self.cost(lambda path=path: os.path.exists(path))
                          for path in paths], [0] * len(paths))

    # ---- what is not so any more ----

    def test_size_and_content_agree(self):
        """Learnt before the kernel would ask again: longer, shorter, equal."""
        path = self.at("services/svc0/state")
        for state in ("running", "frozen-for-very-long", "off", "new"):
            self.outside(svc0={"state": state})
            self.learn()
            with open(path, encoding="utf-8") as file:
                size = os.fstat(file.fileno()).st_size
                self.assertEqual(file.read(), state + "\n")
                self.assertIn(size, (len(state) + 1,))
            self.assertEqual(os.path.getsize(path), len(state) + 1)
            self.shell("tar cf - services/svc0 | tar xOf - "
                       "services/svc0/state | grep -qx \"$1\"", state)

    def test_long_opened(self):
        """Who reads on sees one content or the other, never a cut one."""
        path = self.at("services/svc0/state")
        self.outside(svc0={"state": "running"})
        self.learn()
        with open(path, "rb", buffering=0) as file:
            self.assertEqual(file.read(), b"running\n")
            for state in (b"off", b"sleeping-deeply", b"off", b"waking-"):
                self.outside(svc0={"state": state.decode()})
                self.learn()
                self.assertEqual(self.read(path), state.decode() + "\n")
                file.seek(0)
                self.assertIn(file.read(), (b"running\n", state + b"\n"))

    def test_another_of_the_same_name(self):
        """Destroyed and made anew outside: the name is the new one's."""
        path = self.at("services/svc1/id")
        self.outside()
        self.learn()
        self.assertEqual(self.value(path), "unsb-service-kern1")
        self.outside(svc1={"service_id": "unsb-service-other9"})
        self.learn()
        self.assertEqual(self.value(path), "unsb-service-other9")
        self.assertEqual(self.value("services/svc1/name"), "svc1")

    def test_gone(self):
        self.outside()
        self.learn()
        os.stat(self.at("services/svc2/state"))
        self.outside(svc2={"name": ""})
        self.learn()
        for path in ("services/svc2", "services/svc2/state"):
            with self.assertRaises(FileNotFoundError):
                open(self.at(path), "rb").close()
        with self.assertRaises(FileNotFoundError):
            os.listdir(self.at("services/svc2"))
        with self.assertRaises(FileNotFoundError):
            os.mkdir(self.at("services/svc2/snapshots/never"))
        self.assertNotIn("svc2", os.listdir(self.at("services")))

    def test_names_change_while_they_are_read(self):
        """Who began to read goes on with what there was then; who comes later
        sees what there is."""
        folder = self.at("services")
        os.listdir(folder)
        with os.scandir(folder) as entries:
            first = next(entries).name
            self.outside(svc3={"name": "renamed"})
            self.learn()
            late = os.listdir(folder)
            names = {first} | {entry.name for entry in entries}
        self.assertIn("renamed", late)
        self.assertNotIn("svc3", late)
        self.assertLessEqual({f"svc{i}" for i in (0, 1, 2, 4)}, names)
        self.assertEqual(len(os.listdir(folder)), len(late))


if __name__ == "__main__":
    unittest.main()
