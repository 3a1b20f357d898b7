# SPDX-License-Identifier: MIT
# tests/mount/test_resource_drafts.py - drafts of services and sessions
import json
import os
import shutil
import stat
import unittest

from place import files_below
from test_resources_life import SLEEP, ResourceCase

# What a draft shows before anything is set.
DEFAULTS = {
    "services": {"bootstrap": "", "ports": "", "domains": "",
                 "network_mode": "semitrusted\n", "vcpu": "1\n",
                 "service_type": "\n", "env": "",
                 "unfreeze_on_demand": "1\n", "golden_image": "\n"},
    "sessions": {"shell": "bash\n", "network_mode": "zerotrust\n",
                 "ttl": "3600\n", "vcpu": "1\n", "audit": "0\n",
                 "multiplexer": "\n"},
}
# A value that can be set, and what the API gets.
SET = {
    "services": {"bootstrap": (SLEEP, {"bootstrap_content": SLEEP}),
                 "ports": ("80\n443\n", {"ports": [80, 443]}),
                 "domains": ("a.example\n",
                             {"custom_domains": ["a.example"]}),
                 "network_mode": ("zerotrust\n",
                                  {"network_mode": "zerotrust"}),
                 "vcpu": ("2\n", {"vcpu": 2}),
                 "service_type": ("tcp\n", {"service_type": "tcp"}),
                 "unfreeze_on_demand": ("0\n", {"unfreeze_on_demand": False}),
                 "golden_image": ("gold\n", {"golden_image": "gold"})},
    "sessions": {"shell": ("sh\n", {"shell": "sh"}),
                 "network_mode": ("semitrusted\n",
                                  {"network_mode": "semitrusted"}),
                 "ttl": ("60\n", {"ttl": 60}), "vcpu": ("4\n", {"vcpu": 4}),
                 "audit": ("1\n", {"audit": True}),
                 "multiplexer": ("tmux\n", {"multiplexer": "tmux"})},
}
WRONG = {"ports": "0\n", "network_mode": "open\n", "vcpu": "9\n",
         "unfreeze_on_demand": "maybe\n", "ttl": "x\n", "audit": "2\n",
         "shell": "two words\n", "bootstrap": b"\xff\xfe"}


class Drafts(ResourceCase):
    """Directories that hold what can be set, as in configfs."""

    number = 0

    def new(self, kind="services", **values):
        """Makes a draft with a new name, and sets these values."""
        type(self).number += 1
        path = f"{kind}/new/{self._testMethodName[5:25]}-{self.number}"
        os.mkdir(self.at(path))
        for name, value in values.items():
            self.save(f"{path}/{name}", value)
        return path

    def commit(self, path, name=None):
        """mv KIND/new/NAME KIND/."""
        kind, _, own = path.split("/")
        os.rename(self.at(path), self.at(kind, name or own))
        return f"{kind}/{name or own}"

    def sent(self):
        """The bodies of the requests that created something."""
        return [json.loads(change["body"]) for change in self.server.changes()
                if change["method"] == "POST" and change["path"] in (
                    "/services", "/sessions", "/sessions?audit=1")]

    def last_error(self):
        """The last line of .unsandboxfs/errors."""
        return self.read(".unsandboxfs/errors").splitlines()[-1]

    def test_a_new_draft_has_its_values(self):
        for kind, values in DEFAULTS.items():
            path = self.new(kind)
            self.assertEqual(sorted(os.listdir(self.at(path))),
                             sorted([*values, "files", "commit"]))
            for name, text in values.items():
                self.assertEqual(self.read(path, name), text, name)
            self.assertEqual(os.listdir(self.at(path, "files")), [])
            mode = os.stat(self.at(path, "commit")).st_mode
            self.assertEqual(stat.S_IMODE(mode), 0o644)
        mode = os.stat(self.at(self.new(), "env")).st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        self.assert_requests({})

    def test_each_value_is_sent_and_nothing_else(self):
        for kind, values in SET.items():
            for name, (text, expected) in values.items():
                with self.subTest(kind=kind, name=name):
                    path = self.new(kind, **{name: text})
                    self.assertEqual(self.read(path, name), text)
                    self.server.reset()
                    made = self.commit(path)
                    if kind == "services":
                        expected = {**expected, "name": made.split("/")[1]}
                    sent = self.sent()
                    if self.is_switched("signed_query"):
                        del sent[:-1]  # the other signature was refused
                    self.assertEqual(sent, [expected])

    def test_a_session_needs_nothing(self):
        self.commit(self.new("sessions"))
        self.assertEqual(self.sent(), [{}])

    def test_wrong_values(self):
        for kind, values in DEFAULTS.items():
            path = self.new(kind)
            for name in set(WRONG) & set(values):
                error = "EILSEQ" if name == "bootstrap" else "EINVAL"
                self.assertEqual(
                    self.save_error(f"{path}/{name}", WRONG[name]), error)
                self.assertIn(name, self.last_error())
                self.assertEqual(self.read(path, name), values[name])
        self.assertIn("write error", self.fails(
            f"echo x > {self.new()}/ports"))

    def test_rm_goes_back_to_the_default(self):
        path = self.new(ports="80\n", env="A=b\n")
        for name in "ports", "env":
            os.unlink(self.at(path, name))
            self.assertEqual(self.read(path, name), "")

    def test_other_names(self):
        path = self.new()
        for call in (lambda: self.save(f"{path}/prots", "80"),
                     lambda: os.mkdir(self.at(path, "prots"))):
            self.assertEqual(self.error_of(call), "EPERM")
            self.assertRegex(self.last_error(),
                             r"/prots 0 EPERM .* bootstrap ports domains ")
        self.assertEqual(self.save_error("services/new/file.sh", "x"),
                         "EPERM")
        self.assertFalse(os.path.lexists(self.at(path, "prots")))

    def test_input_files_have_paths(self):
        path = self.new(bootstrap=SLEEP)
        self.shell(f"cd {path}/files; mkdir -p lib/deep; echo 1 > a.txt; "
                   "echo 2 > lib/deep/b.sh; ln -s lib/deep/b.sh c")
        self.assert_requests({})
        self.commit(path)
        self.assertEqual({file["filename"]: file["content"]
                          for file in self.sent()[0]["input_files"]},
                         {"a.txt": "MQo=", "lib/deep/b.sh": "Mgo=",
                          "c": "Mgo="})
        self.assertFalse(os.path.exists(self.at(path)))

    def test_commit_file(self):
        path = self.new(bootstrap=SLEEP)
        name = os.path.basename(path)
        for text in self.read(path, "commit"), "yes", "0":
            self.assertEqual(self.save_error(f"{path}/commit", text),
                             "EINVAL")
        self.assertIsNone(self.save_error(f"{path}/commit", ""))
        self.assert_requests({})
        self.shell(f"echo 1 > {path}/commit")
        self.assertEqual(self.value("services", name, "state"), "running")
        self.assertNotIn(name, os.listdir(self.at("services/new")))
        path = self.new("sessions", shell="sh\n")
        self.save(f"{path}/commit", "1")
        name = os.path.basename(path)
        self.assertEqual(os.readlink(self.at("sessions", name)),
                         self.value("sessions", name, "id"))
        self.assertEqual(self.value("sessions", name, "shell"), "sh")

    def test_without_anything_set(self):
        path = self.new()
        self.assertEqual(self.error_of(self.commit, path), "ENODATA")
        self.assertIn("ENODATA nothing is set", self.last_error())
        self.assertEqual(self.save_error(f"{path}/commit", "1"), "ENODATA")
        self.assertEqual(self.sent(), [])
        self.assertTrue(os.path.isdir(self.at(path)))

    def test_taken_names(self):
        self.make("taken")
        for name in "taken", "new":
            path = self.new(bootstrap=SLEEP)
            self.assertIn(self.error_of(self.commit, path, name),
                          ("EEXIST", "ENOTEMPTY"), name)
            self.assertEqual(self.read(path, "bootstrap"), SLEEP)
        self.assertEqual(self.error_of(
            os.mkdir, self.at(path)), "EEXIST")

    def test_refused_it_is_as_it_was(self):
        path = self.new(bootstrap=SLEEP, ports="81\n", env="A=b\n")
        self.save(f"{path}/files/f", "data")
        for status, of_mv, of_commit in (
                (400, "EBADR", "EINVAL"), (403, "EACCES", "EACCES"),
                (500, "EREMOTEIO", "EREMOTEIO")):
            self.server.fault({"method": "POST", "path": "/services",
                               "status": status, "body": {"error": "no luck"}})
            self.server.reset()
            self.server.fault({"method": "POST", "path": "/services",
                               "status": status, "body": {"error": "no luck"}})
            self.fails(f"mv {path} services/")
            self.assertEqual(len(self.sent()), 1, "mv asks once")
            self.assertEqual(self.error_of(self.commit, path), of_mv)
            self.assertEqual(self.save_error(f"{path}/commit", "1"),
                             of_commit)
            self.assertIn("no luck", self.read(".unsandboxfs/errors"))
            self.assertEqual([self.read(path, name) for name in (
                "bootstrap", "ports", "env", "files/f")],
                             [SLEEP, "81\n", "A=b\n", "data"])
        self.server.fault()
        self.assertEqual(self.read(self.commit(path), "env"), "A=b\n")

    def test_it_goes_on_after_a_vault_that_was_refused(self):
        path = self.new(bootstrap=SLEEP, env="A=secret\n")
        name = os.path.basename(path)
        self.server.fault({"method": "PUT", "path": "*", "status": 500,
                           "body": {"error": "no vault"}})
        self.assertEqual(self.error_of(self.commit, path), "EREMOTEIO")
        self.assertRegex(self.last_error(), f"{name} was created .*again")
        self.assertEqual(self.read(path, "env"), "A=secret\n")
        self.assertEqual(self.error_of(self.commit, path, "other"), "EPERM")
        self.server.reset()
        self.commit(path)
        self.assertEqual(self.sent(), [])
        self.assertEqual(self.read("services", name, "env"), "A=secret\n")
        self.assertFalse(os.path.exists(self.at(path)))

    def test_it_goes_on_after_a_remount(self):
        path = self.new(bootstrap=SLEEP, env="A=secret\n")
        name = os.path.basename(path)
        self.server.fault({"method": "PUT", "path": "*", "status": 500,
                           "body": {"error": "no vault"}})
        self.assertEqual(self.error_of(self.commit, path), "EREMOTEIO")
        self.server.reset()
        self.mount.restart()
        self.assertEqual(self.read(path, "bootstrap"), SLEEP)
        self.assertEqual(self.read(path, "env"), "")
        self.assertEqual(self.error_of(self.commit, path), "ENODATA")
        self.assertIn("env is kept only in memory", self.last_error())
        self.save(f"{path}/env", "A=again\n")
        self.commit(path)
        self.assertEqual(self.sent(), [])
        self.assertEqual(self.read("services", name, "env"), "A=again\n")

    def test_values_outlive_the_mount_but_not_env(self):
        path = self.new(bootstrap=SLEEP, ports="82\n", env="A=gone-1234\n")
        self.save(f"{path}/files/f", "data")
        number = os.stat(self.at(path)).st_ino
        self.new()
        changed = os.stat(self.at("services/new")).st_mtime_ns
        self.mount.restart()
        self.assertEqual(os.stat(self.at(path)).st_ino, number)
        self.assertEqual(os.stat(self.at("services/new")).st_mtime_ns,
                         changed)
        self.assertEqual([self.read(path, name) for name in (
            "bootstrap", "ports", "env", "files/f")],
                         [SLEEP, "82\n", "", "data"])
        self.assertEqual(self.error_of(self.commit, path), "ENODATA")
        os.unlink(self.at(path, "env"))
        self.commit(path)
        for file in files_below(self.mount.state_dir):
            self.assertNotIn(b"gone-1234", file.read(), file.name)

    def test_rename_and_removal(self):
        path = self.new(ports="83\n")
        number = os.stat(self.at(path)).st_ino
        self.shell(f"mv {path} services/new/renamed; "
                   "cat services/new/renamed/ports")
        self.assertEqual(os.stat(self.at("services/new/renamed")).st_ino,
                         number)
        self.assertFalse(os.path.exists(self.at(path)))
        self.shell("echo x > services/new/renamed/files/f; "
                   "rmdir services/new/renamed")
        for remove in (lambda path: self.shell(f"rm -r {path}"),
                       lambda path: shutil.rmtree(self.at(path))):
            path = self.new(ports="84\n", env="A=b\n")
            self.shell(f"cd {path}/files; mkdir d; echo x > d/f")
            remove(path)
            self.assertFalse(os.path.exists(self.at(path)))
        self.assertEqual(self.error_of(
            os.rename, self.at(self.new()), self.at("sessions/new/x")),
            "EPERM")
        self.assert_requests({})

    def test_a_copy_of_a_draft(self):
        path = self.new(bootstrap=SLEEP, ports="85\n")
        self.shell(f"cd {path}/files; mkdir d; echo x > d/f")
        self.shell(f"mkdir services/new/copy && cd {path} && "
                   "for f in *; do test $f = commit || "
                   "cp -r $f ../copy/; done")
        self.assertEqual(self.read("services/new/copy/files/d/f"), "x\n")
        self.commit("services/new/copy")
        self.assertEqual(self.sent()[0]["ports"], [85])

    def test_a_directory_in_files_at_once(self):
        """Nobody has looked at files/ before: it exists anyway, but
        may be made, too, as cp -r does."""
        new = self.at("services/new")
        for name in ("first", "files"):
            for below in ("assets", "files/files"):
                os.mkdir(f"{new}/{name}")
                os.makedirs(f"{new}/{name}/files/{below}")
                shutil.rmtree(f"{new}/{name}")
            os.mkdir(f"{new}/{name}")
            os.mkdir(f"{new}/{name}/files/one")
            with open(f"{new}/{name}/files/one/f", "x", encoding="utf-8"):
                pass
            os.mkdir(f"{new}/{name}-made")
            os.mkdir(f"{new}/{name}-made/files")
            shutil.copytree(f"{new}/{name}/files", f"{new}/{name}-copy/files")
            self.assertTrue(os.path.exists(f"{new}/{name}-copy/files/one/f"))

    def test_what_is_made_shows_its_bootstrap(self):
        name = os.path.basename(self.commit(self.new(bootstrap=SLEEP)))
        self.server.reset()
        self.assertIn("bootstrap", os.listdir(self.at("services", name)))
        self.assertEqual(self.read("services", name, "bootstrap"), SLEEP)
        self.assertEqual(self.server.changes(), [])


if __name__ == "__main__":
    unittest.main()
