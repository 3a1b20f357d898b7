# SPDX-License-Identifier: MIT
# tests/mount/test_names_resources.py - strange ids and names from the API
import os
import unittest
from urllib.parse import quote

from case import MountCase

KINDS = ("sessions", "services", "snapshots", "images")
# The directory's own entries.
OURS = {"sessions": {"new"}, "services": {"new"},
        "images": {"owned", "shared", "public"}}

# Ids and names that do not look like ids and names.
STRANGE = [
    "..", ".", "...", "/", "a/b", "../../etc/passwd", "new", "owned",
    "public", ".settings", ".hidden", "two\nlines", "\x1b[31mred\x07", "~",
    "a~b", "%2E%2E", "a%2Fb", "-rf", " blank ", "größe-日本語-🐚", "a b?c#d&e=f",
    "x" * 255, "y" * 256, "z" * 300, "ü" * 128, "\\", "\"'`$(id)", "*",
    "1", "latest", "run", "destroy", "id-0",
]

# The other fields of each, so that no further request is needed.
FULL = {"state": "running", "url": "u", "ports": [80], "custom_domains": [],
        "network_mode": "zerotrust", "created_at": "2025-01-11T12:00:00Z",
        "shell": "bash", "source_type": "service", "source_id": "svc",
        "size_bytes": 7, "bootstrap_content": "true", "locked": False}


class Names(MountCase):
    """All are listed, none hides another, none leaves its directory."""

    def told(self, **lists):
        """Makes the API list these."""
        self.server.fault(*(
            {"method": "GET", "path": "/" + kind.replace("__", "/"),
             "status": 200, "body": {kind.partition("__")[0]: [
                 {**FULL, **item} for item in items]}}
            for kind, items in lists.items()))
        self.save(".unsandboxfs/refresh", "1")
        self.server.reset_counts()

    def shown(self, folder):
        """The names of the API's resources."""
        return [name for name in os.listdir(self.at(folder))
                if name not in OURS.get(folder, ())]

    def check_shown(self, folder, count):
        """Asserts so many names, none of which leads out; returns them."""
        shown = self.shown(folder)
        self.assertEqual(len(shown), len(set(shown)))
        self.assertEqual(len(shown), count, shown)
        self.assertNotIn("", shown)
        for name in shown:
            self.assertNotRegex(name, r"[/\x00-\x1f\x7f]|^\.")
            self.assertLessEqual(len(os.fsencode(name)), 255)
            path = os.path.realpath(self.at(folder, name))
            self.assertTrue(path.startswith(
                os.path.realpath(self.mount.path) + "/"), name)
        self.shell('find "$1/" -name trusted -prune -o -ls >/dev/null', folder)
        return shown

    def check_ids(self, kind):
        """Strange ids: each is requested unchanged."""
        # What is not in the list, the details are asked for.
        items = [{"id": raw, "name": "n" + quote(raw), "description": "",
                  "source_type": "", "source_id": "", "owner_key": ""}
                 for raw in [*STRANGE, "", "..", "new"]]
        self.told(**{kind: items})
        shown = self.check_shown(kind, len(STRANGE))
        ids = {self.read(kind, name, "id")[:-1]: name for name in shown}
        self.assertEqual(set(ids), set(STRANGE))
        self.told(**{kind: items[::-1]})
        self.assertEqual(set(self.shown(kind)), set(shown))
        for raw, name in ids.items():
            self.assertEqual(self.read(kind, name, "id")[:-1], raw)
            self.server.reset_counts()
            error = self.save_error(f"{kind}/{name}/locked", "1")
            asked = [change["path"] for change in self.server.changes()]
            if raw in (".", ".."):  # which a URL cannot have
                self.assertEqual((error, asked), ("EPROTO", []))
                self.assertIn("an id that no request can have",
                              self.read(".unsandboxfs/errors"))
            else:
                self.assertEqual(asked,
                                 [f"/{kind}/{quote(raw, safe='')}/lock"])

    def test_names_of_services(self):
        names = [*STRANGE, "twin", "twin", "", "web"]
        items = [{"id": f"id-{i}", "name": name}
                 for i, name in enumerate(names)]
        self.told(services=items)
        shown = self.check_shown("services", len(names))
        ids = {self.value("services", name, "id"): name for name in shown}
        self.assertEqual(set(ids), {item["id"] for item in items})
        self.assertLess({"web", "a%2Fb", "%2E.", "größe-日本語-🐚", "-rf"},
                        set(shown))
        for item in items:
            name = ids[item["id"]]
            self.assertEqual(self.read("services", name, "name")[:-1],
                             item["name"])
            if item["name"] in ("twin", "", "new", "id-0"):
                self.assertTrue(name.endswith("~" + item["id"]), name)
            self.assertEqual(os.readlink(self.at("services", item["id"])),
                             name)
        self.told(services=items[::-1])
        self.assertEqual(set(self.shown("services")), set(shown))

    def test_names_of_snapshots(self):
        """Snapshots in the directory of their source."""
        names = [*STRANGE, "twin", "twin", "", "web"]
        self.told(services=[{"id": "svc", "name": "web", "state": "running"}],
                  snapshots=[{"id": f"id-{i}", "name": name}
                             for i, name in enumerate(names)])
        shown = self.check_shown("services/web/snapshots", len(names))
        self.assertEqual({os.readlink(self.at("services/web/snapshots", name))
                          for name in shown},
                         {f"../../../snapshots/id-{i}"
                          for i in range(len(names))})
        self.assertEqual({self.read("services/web/snapshots", name,
                                    "name")[:-1] for name in shown},
                         set(names))

    def test_keys_of_an_image(self):
        keys = [key for key in STRANGE if len(key.encode()) < 256]
        self.server.fault(
            {"method": "GET", "path": "/images", "status": 200,
             "body": {"images": [{"id": "img", "name": "n"}]}}, *({"method": "GET", "path": path, "status": 200,
               "body": {"id": "img", "trusted_keys": keys}}
              for path in ("/images/ID", "/images/ID/trusted")))
        self.save(".unsandboxfs/refresh", "1")
        shown = self.check_shown("images/img/trusted", len(keys))
        self.assertNotIn("..", shown)
        for name in shown:
            self.server.reset_counts()
            self.error_of(os.unlink, self.at("images/img/trusted", name))
            (change,) = self.server.changes()
            self.assertEqual(change["path"], "/images/img/revoke")

    def test_views_of_images(self):
        for view in "owned", "shared", "public":
            self.told(**{f"images__{view}": [{"id": raw, "name": "n"}
                                             for raw in STRANGE]})
            shown = self.check_shown("images/" + view, len(STRANGE))
            self.assertEqual({os.readlink(self.at("images", view, name))
                              for name in shown},
                             {"../" + name for name in shown})


for _kind in KINDS:
    setattr(Names, "test_ids_of_" + _kind,
            lambda self, kind=_kind: self.check_ids(kind))

if __name__ == "__main__":
    unittest.main()
