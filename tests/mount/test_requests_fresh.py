# SPDX-License-Identifier: MIT
# tests/mount/test_requests_fresh.py - when changes become visible
"""A change made elsewhere is visible when the cached answer expires, and at
once after a refresh; a change made through the mount is visible at once,
wherever it is shown. Answers that a change does not affect stay cached."""
import os
import time

from case import MountCase, SLOWNESS

TTL_S = 2
SLEEP = "#!/bin/bash\nsleep 1000\n"


class Fresh(MountCase):
    """A service and its snapshot, which are read before each test."""

    options = f"ttl_list={TTL_S},ttl_detail={TTL_S},allow_delete"

    def look(self, *folders):
        """Reads all twice, like `ls -lR`, to fill the kernel's caches."""
        for _ in range(2):
            out = self.shell("ls -lR \"$@\"", *(
                folders or ("services", "snapshots", "images")))
        return out

    def seed(self, **what):
        """Changes something on the server."""
        self.server.ask("PUT", "/seed", what)

    def names(self, folder):
        """The names in a directory."""
        return set(os.listdir(self.at(folder))) - {"new"}

    def seen(self, condition, what):
        """Asserts that it is visible soon after the answer expires."""
        began = time.monotonic()
        self.wait_for(condition, what, TTL_S + 2)
        self.assertLess(time.monotonic() - began, TTL_S + 1 * SLOWNESS, what)

    # ---- changes made elsewhere ----

    def test_new_outside(self):
        self.look()
        self.seed(services=[{"name": "outside"}], snapshots=1)
        before = self.names("snapshots")
        self.seen(lambda: "outside" in self.names("services"), "a service")
        self.seen(lambda: self.names("snapshots") != before or
                  len(before) == 1, "a snapshot")

    def test_looked_up_outside(self):
        """A name that was looked up before it existed."""
        self.look()
        path = self.at("services", "lookedup")
        self.assertFalse(os.path.exists(path))
        self.seed(services=[{"name": "lookedup"}])
        self.seen(lambda: os.path.exists(path), "the name")
        self.assertEqual(self.value(path, "state"), "running")

    def test_changed_outside(self):
        """The server's answer changes: a fault rule is the other state."""
        self.seed(services=[{"name": "other", "id": "unsb-service-other1"}])
        self.save(".unsandboxfs/refresh", "1\n")
        self.look()
        self.assertEqual(self.value("services/other/state"), "running")
        self.server.answer("GET", "/services", {"services": [
            {"service_id": "unsb-service-other1", "name": "other",
             "state": "frozen-for-long"}]}, times=0)
        self.seen(lambda: self.value("services/other/state")
                  == "frozen-for-long", "the state")
        self.assertEqual(os.path.getsize(self.at("services/other/state")),
                         len("frozen-for-long\n"))

    def test_refresh(self):
        for i in range(5):
            self.look()
            name = f"refreshed{i}"
            self.seed(services=[{"name": name}], snapshots=1)
            count = len(self.names("snapshots"))
            self.save(".unsandboxfs/refresh", "1\n")
            self.assertIn(name, self.names("services"))
            self.assertTrue(os.path.isdir(self.at("services", name)))
            self.assertIn(self.value("services", name, "state"),
                          ("running", "frozen"))
            self.assertGreaterEqual(len(self.names("snapshots")), count)

    # ---- changes made through the mount ----

    def test_value(self):
        self.seed(services=[{"name": "own"}])
        self.save(".unsandboxfs/refresh", "1\n")
        for state in ("frozen", "running") * 5:
            self.look("services")
            self.save("services/own/state", state + "\n")
            self.assertEqual(self.value("services/own/state"), state)
            self.assertEqual(os.path.getsize(self.at("services/own/state")),
                             len(state) + 1)
            self.assertIn(f'"{state}"', self.read("services/own/service.json"))

    def test_made_and_destroyed(self):
        for i in range(3):
            name = f"made{i}"
            self.look()
            self.shell(f"mkdir services/new/{name}")
            self.save(f"services/new/{name}/bootstrap", SLEEP)
            self.shell(f"mv services/new/{name} services/")
            self.assertIn(name, self.names("services"))
            self.assertNotIn(name, self.names("services/new"))
            self.look()
            self.save(f"services/{name}/destroy", "1\n")
            self.assertNotIn(name, self.names("services"))
            self.assertFalse(os.path.exists(self.at("services", name)))

    def test_snapshot(self):
        """It is listed in two directories, and disappears from both."""
        self.shell("mkdir services/new/source")
        self.save("services/new/source/bootstrap", SLEEP)
        self.shell("mv services/new/source services/")
        for i in range(3):
            self.look()
            before = self.names("snapshots")
            self.shell(f"mkdir services/source/snapshots/s{i}")
            new = self.names("snapshots") - before
            self.assertEqual(len(new), 1)
            new = new.pop()
            self.assertIn(f"s{i}", self.names("services/source/snapshots"))
            self.assertEqual(self.value("snapshots", new, "name"), f"s{i}")
            link = os.readlink(self.at(f"services/source/snapshots/s{i}"))
            self.assertEqual(os.path.basename(link), new)
            self.look()
            self.save(f"snapshots/{new}/destroy", "1\n")
            self.assertNotIn(new, self.names("snapshots"))
            self.assertNotIn(f"s{i}", self.names("services/source/snapshots"))
            self.assertFalse(os.path.lexists(
                self.at(f"services/source/snapshots/s{i}")))

    def test_removed(self):
        for i in range(3):
            self.seed(services=[{"name": f"gone{i}"}])
            self.save(".unsandboxfs/refresh", "1\n")
            self.look()
            os.rmdir(self.at(f"services/gone{i}"))
            self.assertNotIn(f"gone{i}", self.names("services"))
            self.assertFalse(os.path.exists(self.at(f"services/gone{i}")))

    def test_image_in_all_views(self):
        self.seed(images=[{"name": "seen", "id": "unsb-image-seen-0001"}])
        self.save(".unsandboxfs/refresh", "1\n")
        self.look("images")
        image = "unsb-image-seen-0001"
        self.assertIn(image, self.names("images/owned"))
        self.save(f"images/{image}/visibility", "public\n")
        self.assertEqual(self.value("images", image, "visibility"), "public")
        self.assertIn(image, self.names("images/public"))
        self.look("images")
        self.save(f"images/{image}/visibility", "private\n")
        self.assertNotIn(image, self.names("images/public"))
        self.save(f"images/{image}/destroy", "1\n")
        for folder in "images", "images/owned", "images/public":
            self.assertNotIn(image, self.names(folder))


class Trusted(MountCase):
    """Trusted keys of an image are requested only if no answer has them."""

    options = "ttl_list=600,ttl_detail=600"
    images = [f"unsb-image-trust-{i}" for i in range(3)]

    def list_images(self, **more):
        """Sets the server's list."""
        self.server.fault()
        self.server.answer("GET", "/images", {"images": [
            {"image_id": image, "name": image, "visibility": "private",
             "source_type": "service", "created_at": "2026-01-02T03:04:05Z",
             **more} for image in self.images]}, times=0)

    def setUp(self):
        super().setUp()
        self.server.ask("PUT", "/seed", {"images": [
            {"id": image, "name": image} for image in self.images]})
        self.save(".unsandboxfs/refresh", "1\n")

    def test_from_the_list(self):
        self.list_images(trusted_keys=["unsb-pk-told"])
        self.server.reset_counts()
        out = self.shell("ls -lR images")
        self.assertEqual(out.count("unsb-pk-told"), len(self.images))
        self.assertNotIn("GET /images/ID/trusted", self.server.requests())
        self.list_images(trusted_keys=["unsb-pk-told", "unsb-pk-new"])
        trusted = f"images/{self.images[0]}/trusted"
        self.shell(f"touch {trusted}/unsb-pk-new")
        self.assertEqual(set(os.listdir(self.at(trusted))),
                         {"unsb-pk-told", "unsb-pk-new"})

    def test_from_a_detail(self):
        trusted = f"images/{self.images[0]}/trusted"
        self.shell(f"touch {trusted}/unsb-pk-kept")
        self.list_images(visibility=None)
        self.save(".unsandboxfs/refresh", "1\n")
        self.assertEqual(self.value("images", self.images[0], "visibility"),
                         "private")
        self.server.reset_counts()
        self.assertEqual(os.listdir(self.at(trusted)), ["unsb-pk-kept"])
        self.assertNotIn("GET /images/ID/trusted", self.server.requests())
        self.shell(f"rm {trusted}/unsb-pk-kept")
        self.assertEqual(os.listdir(self.at(trusted)), [])

    def test_of_others(self):
        """If the API refuses to show them, there are none, and no error."""
        self.server.answer("GET", "/images/ID/trusted",
                           {"error": "not yours"}, times=0, status=403)
        self.assertIn(self.images[0], self.shell("ls -lR images"))
        self.assertEqual(os.listdir(self.at(
            f"images/{self.images[0]}/trusted")), [])


class Untouched(MountCase):
    """A write drops the cached answers that it affects, and no others."""

    options = "ttl_list=600,ttl_detail=600,ttl_system=600"

    def test_only_what_is_untrue(self):
        self.server.ask("PUT", "/seed", {
            "services": [{"name": "own"}, {"name": "other"}], "sessions": 2,
            "snapshots": 2, "images": 2})
        self.shell("ls -lR >/dev/null; cat key/tier system/stats.json "
                   ">/dev/null")
        self.server.reset()
        self.save("services/own/state", "frozen\n")
        self.shell("ls -lR >/dev/null; cat key/tier system/stats.json "
                   ">/dev/null")
        counts = self.server.requests()
        counts.pop("GET /jobs", None)
        self.assertLessEqual(counts.pop("GET /services/ID", 0), 1)
        self.assertEqual(counts, {"POST /services/ID/freeze": 1,
                                  "GET /services": 1})
        self.server.reset()
        self.save("run/a.sh", "echo 1\n")
        self.assertEqual(self.read("run/a.sh.job/stdout"), "1\n")
        self.shell("ls -lR >/dev/null")
        counts = self.server.requests()
        counts.pop("GET /jobs", None)
        self.assertEqual(counts, {"POST /execute": 1})
