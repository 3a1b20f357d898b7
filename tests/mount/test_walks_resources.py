# SPDX-License-Identifier: MIT
# tests/mount/test_walks_resources.py - walking a full tree changes nothing
import os
import re
import shutil
import subprocess
import threading
import time
import unittest

from case import SLOWNESS
from mounted import Mounted
from test_resources_life import SLEEP
from test_writable import Tree

WALKS = {
    "find": "find . -ls >/dev/null",
    "ls": "ls -lR . >/dev/null",
    "du": "du -a . >/dev/null",
    "tree": "tree -apugDs --inodes . >/dev/null",
    "grep": "grep -r -e 'no such text' . || test $? = 1",
    "tar": "tar cf - . | tar tf - >/dev/null",
    # It takes sizes before it opens files, which fetches a log.
    "cpio": "find . | cpio -o --quiet 2>&1 >/dev/null | "
            "grep -v '/logs grew, 3 new bytes not copied$' >&2 || test $? = 1",
    "rsync": "mkdir -p $1 && rsync -a . $1/",
    "cat": "find . -type f -exec cat {} + >/dev/null",
}

REMOVERS = {
    "rm": "rm -rf ./*",
    "busybox": "busybox rm -rf ./*",
    "python": "python3 -c 'import os, shutil\n"
              "for name in os.listdir():\n"
              "    shutil.rmtree(name, ignore_errors=True)'",
    "node": "node -e 'for (const name of fs.readdirSync(\".\")) try {"
            " fs.rmSync(name, {recursive: true, force: true}) }"
            " catch (error) { }'",
    "find": "find . -depth -delete",
}

# What find prints of each file: inode, mode, owner, size, times, target.
SEEN = "find . -printf '%p %i %m %U %G %s %T@ %C@ %n %l\\n' | sort"
# These show the current state of the mount, not of the API.
LIVE = (".unsandboxfs/stats", ".unsandboxfs/metrics", ".unsandboxfs/log",
        ".unsandboxfs/errors", ".unsandboxfs/config", "system/",
        "key/self/audit_log")

# While resources change, tar sees a directory grow, and cpio a file.
MAY_SAY = re.compile(
    r"cpio: File .* (was modified while being copied|grew, .* not copied)$|"
    r"tar: \./(run|jobs|services)(/new)?: file changed as we read it$|"
    r"tar: \./jobs/[-0-9a-f]{36}: file changed as we read it$|"  # it ended
    r"(tar|rsync error|rsync warning): .*(previous errors|have vanished|vanished"
    r" before)")


def is_reading(change):
    """Reads of vault and bootstrap, which are POST; and no other change."""
    return (change["path"].endswith("/env/export") or
            "cat /tmp/bootstrap.sh" in change["body"])


class Walks(Tree):
    """A full tree, read and removed."""

    def count(self):
        """The number of resources of each kind on the server."""
        state = self.server.ask("GET", "")
        return {kind: state[kind] for kind in
                ("sessions", "services", "snapshots", "images")}

    def check_walk(self, name, command):
        """Walks twice; asserts no message, and no change."""
        if not shutil.which(name):
            self.skipTest(f"no {name} here")
        self.fill()
        before = self.count()
        folder = self.place.folder("copy-" + name)
        self.server.reset()
        for _ in range(2):
            self.shell(command, folder)
        self.assertEqual([c for c in self.server.changes()
                          if not is_reading(c)], [])
        self.assertEqual(self.count(), before)

    def test_while_it_lives(self):
        """Runs jobs, lets logs grow, creates and destroys resources."""
        self.fill()
        self.make("talks", "#!/bin/bash\nfor i in $(seq 900); do "
                  "echo line $i; sleep 0.05; done\n")
        stop = threading.Event()
        # A program's results disappear when it runs again, and a draft when
        # it is committed.
        went = ["live", "services/new", "sessions/new"]

        def live():
            for i in range(1000):
                if stop.is_set():
                    return
                self.shell(f"echo 'sleep 0.2; echo {i}' >run/live{i % 3}.sh; "
                           f"echo 'sleep 0.3; echo {i}' >jobs/new/live.sh; "
                           f"cd services/new; mkdir come{i}; "
                           f"echo '{SLEEP}' >come{i}/bootstrap; "
                           f"mv come{i} ..; cd ../..; "
                           "tail -n 1 services/talks/logs")
                # While it ran, the API listed it among all jobs.
                went.append(self.value(f"run/live{i % 3}.sh.job/id"))
                if i > 3:
                    went.append(f"come{i - 4}")
                    self.shell(f"echo 1 >services/come{i - 4}/destroy")

        thread = threading.Thread(target=live)
        thread.start()
        try:
            for name, command in WALKS.items():
                if shutil.which(name):
                    self.check_live_walk(name, command, went)
        finally:
            stop.set()
            thread.join()

    def check_live_walk(self, name, command, went):
        """Asserts that messages are only about files that disappeared."""
        done = subprocess.run(
            ["bash", "-c", command, "bash", self.place.folder("l-" + name)],
            cwd=self.mount.path, stdin=subprocess.DEVNULL,
            capture_output=True, timeout=60, check=False)

        def said():
            return [line for line in done.stderr.decode().splitlines()
                    if not any(gone in line for gone in went)
                    and not MAY_SAY.match(line)]
        until = time.monotonic() + 10 * SLOWNESS
        while said() and time.monotonic() < until:
            time.sleep(0.2)  # what went may not be noted yet
        self.assertEqual(said(), [], name)
        if not done.stderr and name != "tree":  # which tells it by its status
            self.assertEqual(done.returncode, 0, name)

    def test_twice_the_same(self):
        """Contents, sizes, times and numbers, also after a remount."""
        self.fill()
        self.shell("find . -type f -exec cat {} + >/dev/null")
        first = self.seen()
        self.assertEqual(self.seen(), first)
        bytes_first = self.bytes()
        self.assertEqual(self.bytes(), bytes_first)
        self.shell("echo 4 >services/web/vcpu; echo frozen >sessions/q/state;"
                   "echo 1 >services/web/images/b/locked")
        self.shell("ls -lR . >/dev/null")
        first, bytes_first = self.seen(), self.bytes()
        self.mount.restart()
        self.shell("cat services/*/logs >/dev/null")
        self.assertEqual(self.seen(), first)
        self.assertEqual(self.bytes(), bytes_first)

    def seen(self):
        """The output of find."""
        return [line for line in self.shell(SEEN).splitlines()
                if not line.startswith(tuple("./" + name for name in LIVE))
                and not re.match(r"\S+/(ttl|last_activity) "
                                 r"|\S+/services/[a-z]+/bootstrap ", line)]

    def bytes(self):
        """The content of every file."""
        return {path: re.sub(rb'"(remaining_ttl|last_activity)": \d+', b"",
                             self.read_bytes(path))
                for path, _ in self.files() if not path.startswith(LIVE)
                and not path.endswith(("/ttl", "/last_activity"))
                and not re.match("services/[a-z]+/bootstrap$", path)}

    def test_changed_while_away(self):
        """A change while unmounted gets the time of its discovery."""
        self.fill()
        times = {name: os.stat(self.at("services", name)).st_mtime
                 for name in ("web", "two")}
        self.assertEqual(self.mount.unmount(), 0)
        other = Mounted(self.place, self.server, name="other")
        other.state_dir += "-other"
        other.start()
        try:
            with open(other.path + "/services/web/vcpu", "w",
                      encoding="utf-8") as file:
                file.write("7\n")
        finally:
            self.assertEqual(other.stop(), [])
        self.mount.start()
        self.assertGreater(os.stat(self.at("services/web")).st_mtime,
                           times["web"])
        self.assertEqual(os.stat(self.at("services/two")).st_mtime,
                         times["two"])

    def test_times_outlive_a_kill(self):
        """Times of files that were seen before."""
        self.fill()
        self.shell("echo 5 >services/two/vcpu")
        seen = os.stat(self.at("services/two")).st_mtime_ns
        self.assertNotEqual(seen % 10**9, 0)  # our time
        self.wait_for(lambda: str(seen % 10**9) in self.written_times(),
                      "the time is on disk", 30)
        self.mount.process.kill()
        self.mount.process.wait(10)
        self.mount.start()
        self.assertEqual(os.stat(self.at("services/two")).st_mtime_ns, seen)

    def account(self):
        """The account's part of the state directory."""
        top = os.path.join(self.mount.state_dir, "unsandboxfs")
        account, = os.listdir(top)
        return os.path.join(top, account)

    def written_times(self):
        """The record of times, as a kill leaves it."""
        with open(os.path.join(self.account(), "times.json.last"),
                  encoding="utf-8") as file:
            return file.read()

    def records(self):
        """{name: when it was written} of the records of collections."""
        return {file.name: file.stat().st_mtime_ns
                for file in os.scandir(self.account())
                if file.name in ("collections.json", "times.json")}

    def test_a_walk_writes_no_record(self):
        """Not even the first one, in which all names are new."""
        before = self.records()
        self.server.ask("PUT", "/seed", {"services": [
            {"id": f"unsb-service-seed-{i}", "name": f"s{i}"}
            for i in range(3)]})
        self.shell("find services snapshots images sessions -ls")
        self.assertIn("s2", os.listdir(self.at("services")))
        self.assertEqual(self.records(), before)

    def test_copies(self):
        """Copies by tar and rsync equal the output of cat."""
        self.fill()
        folder = self.place.folder("copies")
        self.shell("""mkdir $1/tar $1/rsync && rsync -a snapshots images $1/rsync
            tar cf - snapshots images | tar xf - -C $1/tar""", folder)
        count = 0
        for path, _ in self.files():
            if (not path.startswith(("snapshots/", "images/")) or
                    "/.settings/" in path):
                continue
            count += 1
            for tool in "tar", "rsync":
                with open(os.path.join(folder, tool, path), "rb") as copy:
                    self.assertEqual(copy.read(), self.read_bytes(path), path)
        self.assertGreater(count, 100)
        for link in "source", "images/i":
            path = os.path.join(self.places["SNAPSHOT"], link)
            self.assertEqual(os.readlink(os.path.join(folder, "tar", path)),
                             os.readlink(self.at(path)))
        again = self.shell("rsync -ai --dry-run snapshots images $1/rsync",
                           folder)
        self.assertEqual(again, "")


class Removers(Tree):
    """Deleting the whole tree destroys no resource."""

    count = Walks.count

    def check_remover(self, name, command):
        """Asserts that the API still has and lists its resources."""
        if not shutil.which(name):
            self.skipTest(f"no {name} here")
        self.fill()
        self.save("run/to_go.sh", "echo")
        before = self.count()
        self.server.reset()
        subprocess.run(["bash", "-c", command], cwd=self.mount.path,
                       stdin=subprocess.DEVNULL, capture_output=True,
                       timeout=60, check=False)
        self.assertEqual([c for c in self.server.changes()
                          if "/revoke" not in c["path"]], [])
        self.assertEqual(self.count(), before)
        if name != "node":  # it stops at its first error
            self.assertEqual(os.listdir(self.at("run")), [])
        self.assertEqual(self.value("services/web/name"), "web")
        self.assertEqual(len(os.listdir(self.at("snapshots"))),
                         before["snapshots"])


for _name, _command in WALKS.items():
    setattr(Walks, "test_" + _name, lambda self, name=_name, command=_command:
            self.check_walk(name, command))
for _name, _command in REMOVERS.items():
    setattr(Removers, "test_" + _name,
            lambda self, name=_name, command=_command:
            self.check_remover(name.replace("python", "python3"), command))

if __name__ == "__main__":
    unittest.main()
