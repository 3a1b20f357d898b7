# SPDX-License-Identifier: MIT
# tests/mount/test_deploy.py - a service from its draft to its end, twice
"""By a short shell script, and by a program that can only write whole files
(with the directories above them), read files and list directories. Both send
the same requests."""
import base64
import json
import os
import unittest

from case import MountCase
from test_resources_life import SLEEP, ResourceCase, answers, free_port

HERE = os.path.dirname(os.path.abspath(__file__))
SITE = {"pages/index.html": "hello\n", "data/deep/x.bin": "\x00\x01"}
BOOT = """#!/bin/sh
echo "booting with ${{TOKEN:-nothing}}"
cd /tmp/input
python3 -u -m http.server --bind 127.0.0.1 {0} &
exec python3 -u -m http.server --bind 127.0.0.1 {1}
"""


class Agent:
    """What the tools of a simple agent can do."""

    def __init__(self, top):
        self.top = top

    def write(self, path, text):
        """A whole file; makes the directories above it."""
        path = os.path.join(self.top, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, path):
        """A whole file."""
        with open(os.path.join(self.top, path), encoding="utf-8") as file:
            return file.read()

    def list(self, path):
        """The names in a directory."""
        return os.listdir(os.path.join(self.top, path))


class Deploy(MountCase):
    """From nothing to nothing."""

    time_limit_s = 120

    def setUp(self):
        super().setUp()
        self.ports = [free_port(), free_port()]

    def check_sent(self):
        """The requests that change something, in order."""
        sent = [(c["method"], c["path"].split("/")[1],
                 "/".join(c["path"].split("/")[3:]), c["body"])
                for c in self.server.changes()
                if not c["path"].endswith("/env/export")]
        self.assertEqual([c[:3] for c in sent], [
            ("POST", "services", ""), ("PUT", "services", "env"),
            ("POST", "services", "redeploy"), ("POST", "services", "snapshot"),
            ("POST", "images", ""), ("POST", "images", "spawn"),
            ("DELETE", "services", ""), ("DELETE", "snapshots", ""),
            ("DELETE", "images", ""), ("DELETE", "services", "")])
        made, again, spawn = (json.loads(sent[i][3]) for i in (0, 2, 5))
        self.assertEqual((made["ports"], made["custom_domains"]),
                         (self.ports, ["site.example"]))
        self.assertEqual(made["bootstrap_content"], BOOT.format(*self.ports))
        self.assertEqual(self.files(made), SITE)
        self.assertEqual(sent[1][3], "TOKEN=secret\n")
        self.assertEqual(self.files(again), dict(
            SITE, **{"pages/index.html": "changed\n"}))
        self.assertEqual((spawn["name"], spawn["ports"]),
                         ("copy", self.ports))
        for folder in "services", "snapshots":
            self.assertLessEqual(set(os.listdir(self.at(folder))), {"new"})
        self.assertEqual(sorted(os.listdir(self.at("images"))),
                         ["owned", "public", "shared"])
        self.assertFalse(any(map(answers, self.ports)))

    @staticmethod
    def files(body):
        """The input files of a request."""
        return {f["filename"]: base64.b64decode(f["content"]).decode()
                for f in body["input_files"]}

    def test_by_a_script(self):
        site = Agent(self.place.folder("site"))
        for path, text in SITE.items():
            site.write(path, text)
        script = os.path.join(HERE, "deploy.sh")
        with open(script, encoding="utf-8") as file:
            self.assertLessEqual(len(file.readlines()), 36)
        self.assertEqual(self.shell(
            "sh $1 $PWD $2 $3 $4", script, site.top, *map(str, self.ports),
            seconds=60), "hello\nchanged\n")
        self.check_sent()

    def test_by_files_alone(self):
        agent = Agent(self.mount.path)
        draft = "services/new/site/"
        for path, text in SITE.items():
            agent.write(draft + "files/" + path, text)
        agent.write(draft + "bootstrap", BOOT.format(*self.ports))
        agent.write(draft + "env", "TOKEN=secret\n")
        agent.write(draft + "ports", "{}\n{}".format(*self.ports))
        agent.write(draft + "domains", "site.example")
        agent.write(draft + "commit", "1")
        self.assertEqual(agent.list("services/new"), [])
        self.wait_for(lambda: all(map(answers, self.ports)), "both ports")
        self.assertIn("booting", agent.read("services/site/logs"))
        for path, text in SITE.items():
            agent.write("services/site/files/" + path, text)
        agent.write("services/site/files/pages/index.html", "changed\n")
        agent.write("services/site/redeploy", "1")
        self.wait_for(lambda: "booting with secret" in agent.read(
            "services/site/logs"), "it boots again")
        agent.write("services/site/snapshots/before/locked", "0")
        agent.write("services/site/images/base/visibility", "private")
        agent.write("services/site/images/base/spawn",
                    "name=copy ports={},{}".format(*self.ports))
        self.assertIn("copy", agent.list("services"))
        for what in ("services/copy", "services/site/snapshots/before",
                     "services/site/images/base", "services/site"):
            agent.write(what + "/destroy", "1")
        self.check_sent()


class Files(ResourceCase):
    """files/ of a service."""

    folder = "services/assets/files"

    def redeployed(self):
        """The names of the input files of the last redeploy."""
        bodies = [json.loads(change["body"]) for change in
                  self.server.changes() if "/redeploy" in change["path"]]
        return sorted(file["filename"] for file
                      in bodies[-1].get("input_files", []))

    def test_files(self):
        identity = self.make("assets")
        self.server.reset()
        self.save("services/assets/redeploy", "1")
        self.assertEqual(self.redeployed(), [])
        self.shell("mkdir -p $1/a/b; echo x >$1/a/b/c; echo y >$1/y~; "
                   "ln -s a/b/c $1/link; echo z >$1/main.sh", self.folder)
        self.settled()
        self.assertEqual(self.server.executions(), [])
        self.save("services/assets/redeploy", "1")
        self.assertEqual(self.redeployed(), ["a/b/c", "link", "main.sh"])
        self.mount.restart()
        self.shell("rm $1/link $1/main.sh", self.folder)
        self.save("services/assets/bootstrap", SLEEP + "# again\n")
        self.assertEqual(self.redeployed(), ["a/b/c"])
        saved = os.path.join(self.mount.state_dir, "unsandboxfs")
        found = [path for path, _, _ in os.walk(saved) if path.endswith(
            f"/services/{identity}/files")]
        self.assertEqual(len(found), 1)
        self.save("services/assets/destroy", "1")
        self.wait_for(lambda: not os.path.exists(found[0]), "they go")

    def test_what_cannot_be_sent(self):
        self.make("assets")
        self.server.reset()
        for name, make, error in (
                (b"caf\xe9", lambda path: open(path, "wb").close(), "EILSEQ"),
                (b"evil", lambda path: os.symlink("/etc/hosts", path),
                 "ELOOP"),
                (b"huge", lambda path: [open(path, "wb").close(),
                                        os.truncate(path, 300 << 20)],
                 "EFBIG")):
            path = os.fsencode(self.at(self.folder)) + b"/" + name
            make(path)
            self.assertEqual(self.save_error("services/assets/redeploy", "1"),
                             error)
            line = self.read(".unsandboxfs/errors").splitlines()[-1]
            self.assertIn(f"/{self.folder} 0 {error}", line)
            self.assertIn(name.decode("latin-1").encode(
                "ascii", "backslashreplace").decode(), line)
            os.unlink(path)
        self.assertEqual([c for c in self.server.changes()
                          if "/redeploy" in c["path"]], [])
        self.save("services/assets/redeploy", "1")
        self.save("services/assets/destroy", "1")


if __name__ == "__main__":
    unittest.main()
