# SPDX-License-Identifier: MIT
# tests/mount/test_kernel.py - the kernel's caches, and their invalidation
"""The mount's count of FUSE requests shows what the kernel answered from its
caches. The caches must be correct: sizes and contents agree, and resources
that are gone, or replaced by others of the same name, are noticed."""
import os
import unittest

from case import MountCase

ROWS = [{"id": f"unsb-service-kern{i}", "name": f"svc{i}"} for i in range(5)]


class Kernel(MountCase):
    """Services that do not change."""

    options = "ttl_list=600,ttl_detail=600,allow_delete"
    learned = 1

    def setUp(self):
        super().setUp()
        self.server.reset()
        self.server.ask("PUT", "/seed", {"services": ROWS, "snapshots": 20})
        self.save(".unsandboxfs/refresh", "1\n")

    def operations(self):
        """The number of FUSE requests so far."""
        for line in self.read(".unsandboxfs/stats").splitlines():
            if line.split()[0] == "operations":
                return int(line.split()[1])
        raise AssertionError("stats has no operations")

    def cost(self, deed):
        """The requests of an action, without those for the count."""
        self.operations()
        before = self.operations()
        nothing = self.operations() - before
        deed()
        return self.operations() - before - 2 * nothing

    def outside(self, **changes):
        """Replaces a service's object in the server's list."""
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
        """Makes the mount fetch the list without the kernel's knowledge: by
        a change of another service."""
        Kernel.learned ^= 1  # another value: what is there sends nothing
        self.save("services/svc4/show_freeze_page", f"{self.learned}\n")
        os.listdir(self.at("services"))

    # ---- counts ----

    def test_names_that_are_not_in_run(self):
        paths = {word: self.at("run/kern-" + word) for word in (
            "file", "dir", "moved", "linked", "symlink", "later.sh.job")}
        for path in paths.values():
            self.assertFalse(os.path.exists(path))
        job = paths.pop("later.sh.job")
        self.assertEqual(self.cost(lambda: [
            os.path.exists(path) for path in paths.values()]), 0)
        # The first of them is created; the others come from it.
        self.save("run/kern-file", "here\n")
        os.mkdir(paths["dir"])
        os.link(paths["file"], paths["linked"])
        os.symlink("kern-file", paths["symlink"])
        os.rename(paths["file"], paths["moved"])
        for word in "moved", "linked", "symlink":
            self.assertEqual(os.path.exists(paths[word]), word != "symlink")
        self.assertEqual(self.read("run/kern-moved"), "here\n")
        self.assertEqual(os.readlink(paths["symlink"]), "kern-file")
        self.assertFalse(os.path.exists(paths["file"]))
        self.assertEqual(os.listdir(paths["dir"]), [])
        # A job appears without a request for its name.
        self.save("run/kern-later.sh", "echo later\n")
        with open(job + "/stdout", encoding="ascii") as file:
            self.assertEqual(file.read(), "later\n")

    def test_attributes(self):
        paths = [self.at("services", f"svc{i}", name) for i in range(5)
                 for name in ("created_at", "id", "ports", "service.json",
                              "domains", "locked", "state", "vcpu")]
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
        """What a shell prompt looks up: a name that can never exist."""
        paths = [self.at(folder, ".git") for folder in
                 ("", "system", "key", ".unsandboxfs", "services/svc0")]
        for path in 2 * paths:
            self.assertFalse(os.path.exists(path))
        self.assertEqual([self.cost(lambda path=path: os.path.exists(path))
                          for path in paths], [0] * len(paths))

    # ---- invalidation ----

    def test_size_and_content_agree(self):
        """Changes before a cache time-out: longer, shorter, same length."""
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
        """A reader sees the old or the new content, never a truncated one."""
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
        """Destroyed and created again elsewhere: its name is the new one."""
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
        """A reader continues with the old content; a later reader sees the
        new content."""
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
