# SPDX-License-Identifier: MIT
# tests/mount/test_xattrs.py - user.unsandbox.*: what is known of a directory
import os
import unittest

from case import MountCase

PREFIX = "user.unsandbox."
NOT_SUPPORTED = ("ENOTSUP", "EOPNOTSUPP")
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"


class Xattrs(MountCase):
    """They are read without a request, and do not prevent a copy."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.ask("PUT", "/seed", {"services": [{"name": "web"}]})

    def attributes(self, path):
        """As getfattr -d shows them; sends nothing."""
        before = self.server.requests()
        got = {name.removeprefix(PREFIX): os.getxattr(path, name).decode()
               for name in os.listxattr(path)}
        self.assertEqual(self.server.requests(), before)
        return got

    def test_of_a_job(self):
        self.save("run/x.sh", "exit 3\n")
        self.read("run/x.sh.job/stdout")
        self.assertEqual(self.attributes(self.at("run/x.sh.job")), {
            "id": self.value("run/x.sh.job/id"),
            "status": self.value("run/x.sh.job/status")})
        self.assertEqual(self.attributes(self.at("run/x.sh")), {})
        self.assertEqual(self.attributes(self.at("run/x.sh.job/stdout")), {})

    def test_of_resources_and_answers(self):
        state = self.value("services/web/state")
        got = self.attributes(self.at("services/web"))
        self.assertRegex(got.pop("fetched_at"), TIME)
        self.assertEqual(got, {"id": self.value("services/web/id"),
                               "status": state, "stale": "0"})
        for path in ("services", "key", "system/health"):
            os.listdir(self.at(path))
            got = self.attributes(self.at(path))
            self.assertRegex(got.pop("fetched_at"), TIME, path)
            self.assertEqual(got, {"stale": "0"}, path)
        for path in ("", "run", "services/web/state", "services/new"):
            self.assertEqual(self.attributes(self.at(path)), {}, path)

    def test_what_was_never_asked(self):
        """Nothing is known, and asking for attributes asks nobody."""
        self.mount.restart()
        self.server.reset_counts()
        for path in ("services", "sessions", "images"):
            self.assertEqual(self.attributes(self.at(path)), {}, path)
        self.assertEqual(self.server.requests(), {})

    def test_of_a_state_that_changes(self):
        os.listdir(self.at("services/web"))
        for state in ("frozen", "running"):
            self.save("services/web/state", state)
            self.assertEqual(self.value("services/web/state"), state)
            self.assertEqual(self.attributes(
                self.at("services/web"))["status"], state)

    def test_as_the_system_calls_have_it(self):
        path = self.at("services/web")
        self.value("services/web/state")
        name = PREFIX + "id"
        for other, errors in ((PREFIX + "colour", ("ENODATA",)),
                              ("user.colour", NOT_SUPPORTED),
                              ("security.x", ("ENODATA", *NOT_SUPPORTED))):
            self.assertIn(self.error_of(os.getxattr, path, other), errors)
        self.assertEqual(self.error_of(
            os.getxattr, self.at("services/web/state"), name), "ENODATA")
        # What a copy with all attributes does.
        for path in (path, self.at("services/web/ports"), self.at("run/..")):
            os.setxattr(path, name, b"another")
            os.removexattr(path, name)
            self.assertIn(self.error_of(os.setxattr, path, "user.x", b""),
                          NOT_SUPPORTED)
        self.assertEqual(self.attributes(self.at("services/web"))["id"],
                         self.value("services/web/id"))

    def copied(self, name, command):
        """Copies services/web and a job by the command, with attributes where
        the disk has them; then back into run/ and onto a draft."""
        out = os.path.join(self.place.path, name)
        self.shell("mkdir $1; " + command.format("services/web", "$1/web") +
                   "&&" + command.format("run/x.sh.job", "$1/job"), out)
        os.chmod(out + "/job", 0o755)
        if self.disk_has_them():
            self.assertEqual(
                os.getxattr(out + "/web", PREFIX + "id").decode(),
                self.value("services/web/id"))
            self.assertIn(PREFIX + "status", os.listxattr(out + "/job"))
            # What people have set is kept, on files and on directories.
            os.setxattr(out + "/job/stdout", "user.mine", b"1")
        self.shell(command.format("$1/job", "run/" + name + ".d"), out)
        if self.disk_has_them():
            self.assertEqual(os.getxattr(
                self.at("run", name + ".d/stdout"), "user.mine"), b"1")

    def disk_has_them(self):
        """Whether the disk below keeps attributes of users."""
        return not self.error_of(os.setxattr, self.place.path, "user.x", b"")

    def test_copies(self):
        self.save("run/x.sh", "echo x\n")
        self.read("run/x.sh.job/stdout")
        self.save("run/.settings/main", "none")
        for name, command in (
                ("cp", "cp -a {} {}"), ("cp_all", "cp -r --preserve=all {} {}"),
                ("rsync", "rsync -aX {}/ {}/"),
                ("tar", "mkdir -p {1} && tar c --xattrs -C {0} . |"
                        "tar x --xattrs --xattrs-include='*' -C {1}")):
            with self.subTest(name):
                self.copied(name, command)

    def test_copy_onto_rows(self):
        """A resource's directory onto a draft, whose values are rows."""
        out = os.path.join(self.place.path, "draft")
        self.shell("mkdir services/new/copy $1; cp -a services/web/ports $1/;"
                   "cp -a $1/. services/new/copy/;"
                   "rsync -rX services/web/ports services/new/copy/", out)

    def test_stale(self):
        """By a descriptor: to find the path, the list is asked for again."""
        self.mount.options = "ttl_list=0.2"
        self.addCleanup(setattr, self.mount, "options", "")
        self.mount.restart()
        self.value("services/web/state")
        fd = os.open(self.at("services"), os.O_RDONLY)
        self.addCleanup(os.close, fd)
        self.wait_for(lambda: self.attributes(fd)["stale"] == "1", "stale")
        first = self.attributes(fd)["fetched_at"]
        self.wait_for(lambda: self.value("services/web/state") and
                      self.attributes(fd)["fetched_at"] > first, "fresh")

    def test_while_the_api_is_away(self):
        """What is shown anyway is marked as stale."""
        self.mount.options = "ttl_list=0.2,timeout=1"
        self.addCleanup(setattr, self.mount, "options", "")
        self.mount.restart()
        self.assertEqual(self.value("services/web/state"), "running")
        self.server.fault({"path": "/services", "status": 500})
        self.addCleanup(self.server.fault)
        path = self.at("services/web")
        self.wait_for(lambda: os.stat(path) and os.getxattr(
            path, PREFIX + "stale") == b"1", "stale")
        self.assertEqual(os.getxattr(path, PREFIX + "status"), b"running")


if __name__ == "__main__":
    unittest.main()
