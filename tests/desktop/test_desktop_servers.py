# SPDX-License-Identifier: MIT
# tests/desktop/test_desktop_servers.py - servers give the mount's files whole
import getpass
import os
import re
import socket
import subprocess
import unittest

import test_walks_resources as walks
from case import SLOWNESS
from mounted import Mounted
from place import end_with_parent
from servers_table import SERVERS
from test_resources_life import ResourceCase, free_port

BOOTSTRAP = "#!/bin/bash\necho up\n" + "# a comment\n" * 400 + "sleep 1000\n"
LONG = "seq 100000\n"
NOT_ROOT = "" if os.getuid() else (
    "setpriv --reuid=65534 --inh-caps=-all,+dac_override "
    "--ambient-caps=-all,+dac_override")
UNSIZED = re.compile("services/[^/]+/(logs|env|bootstrap)$")


class Servers(ResourceCase):
    """Nothing of a service was read before it is asked of a server."""

    time_limit_s = 300
    options = "allow_other" if os.getuid() == 0 else ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dirs = {name: cls.place.folder("of-" + re.sub(r"\W", "-", name))
                    for name in SERVERS}
        self = cls()
        self.save("run/long.sh", LONG)
        self.read("run/long.sh.job/exit_code")
        self.make_elsewhere()
        for name in SERVERS:
            self.shell(f"mkdir services/{self.service(name)}/snapshots/s")
        os.listdir(self.at("services"))

    def make_elsewhere(self):
        """Makes a service for each server, of which this mount knows only
        what lists tell."""
        other = Mounted(self.place, self.server, name="other")
        other.state_dir += "-other"
        other.start(20 * SLOWNESS)
        mount, type(self).mount = self.mount, other
        try:
            for name in SERVERS:
                self.make(self.service(name), BOOTSTRAP, env="A=1\nB=two\n")
        finally:
            type(self).mount = mount
            wrong = other.stop()
        self.assertEqual(wrong, [])

    @staticmethod
    def service(name):
        """The service that this server is the first to read."""
        return "of-" + re.sub(r"\W", "-", name)

    def files(self, name):
        """{path: content}"""
        folder = "services/" + self.service(name)
        return {
            f"{folder}/logs": "up\n", f"{folder}/env": "A=1\nB=two\n",
            f"{folder}/bootstrap": BOOTSTRAP,
            f"{folder}/name": self.service(name) + "\n",
            f"{folder}/snapshots/s/name": "s\n",
            "run/long.sh": LONG, "run/long.sh.job/code": LONG,
            "run/long.sh.job/exit_code": "0\n",
            "run/long.sh.job/stdout": "".join(
                f"{n}\n" for n in range(1, 100001)),
            "run/long.sh.job/stderr": "",
            "languages": None, "README": None,
        }

    def start(self, name):
        """Starts it; returns the environment of its client."""
        server, folder = SERVERS[name], self.dirs[name]
        values = {"D": folder, "M": self.mount.path, "PORT": str(free_port()),
                  "USER": getpass.getuser(),
                  "MORE": server.more}
        env = dict(os.environ, **values, NOT_ROOT=NOT_ROOT, HOME=folder,
                   CONF=folder + "/conf", LC_ALL="C.UTF-8",
                   PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")
        if not server.command:
            return env
        config = server.config
        for word, value in values.items():
            config = config.replace(f"@{word}@", value)
        with open(env["CONF"], "w", encoding="utf-8") as conf:
            conf.write(config)
        with open(folder + "/output", "wb") as output:
            child = subprocess.Popen(
                ["bash", "-c", "exec " + server.command], env=env, cwd=folder,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, preexec_fn=end_with_parent)
        self.addCleanup(child.wait, 60 * SLOWNESS)
        self.addCleanup(child.terminate)
        self.wait_for(lambda: child.poll() is not None or self.listens(
            values["PORT"]), "it listens", 60)
        self.assertIsNone(child.poll(), self.output(name))
        return env

    @staticmethod
    def listens(port):
        """Whether a server listens there."""
        try:
            socket.create_connection(("127.0.0.1", int(port)), 5).close()
        except OSError:
            return False
        return True

    def output(self, name):
        """What a server has said."""
        folder, said = self.dirs[name], ""
        for file in "output", "log":
            if os.path.isfile(f"{folder}/{file}"):
                with open(f"{folder}/{file}", encoding="utf-8",
                          errors="replace") as lines:
                    said += lines.read()
        return said

    def get(self, name, path, env):
        """The bytes that a client gets."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", SERVERS[name].get], cwd="/",
            env=dict(env, P=path), stdin=subprocess.DEVNULL,
            capture_output=True, timeout=120 * SLOWNESS, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode() +
                         self.output(name))
        return done.stdout.decode()

    def check(self, name):
        """Gets every file, twice."""
        env = self.start(name)
        self.server.reset()
        for path, content in self.files(name).items():
            unsized = UNSIZED.search(path) and SERVERS[name].asks_first
            for time in "first", "second":
                with self.subTest(server=name, path=path, time=time):
                    got = self.get(name, path, env)
                    if content is None:
                        content = self.read(path)
                    self.assertEqual(got, "" if unsized else content)
                    unsized = unsized and not self.read(path)
        self.assertEqual([change for change in self.server.changes()
                          if not walks.is_reading(change)], [])


def add_tests(servers):
    """A test for each."""
    for name in servers:
        setattr(Servers, "test_" + re.sub(r"\W", "_", name),
                lambda self, name=name: self.check(name))


add_tests(SERVERS)

if __name__ == "__main__":
    unittest.main()
