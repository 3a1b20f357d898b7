# SPDX-License-Identifier: MIT
# tests/mount/test_backup.py - backups of the whole mount, and copying them back
import glob
import json
import os
import re
import subprocess
import unittest

import test_walks_resources as walks
from test_writable import Tree

# $1 is the copy, an empty directory.
BACKUPS = {
    "cp": "cp -r . $1",
    "cp_a": "cp -a . $1",
    "rsync": "rsync -a . $1",
    "tar": "tar cf $1.tar . && tar xf $1.tar -C $1",
    "busybox": "busybox tar cf $1.tar . && tar xf $1.tar -C $1",
    "python": "python3 -c 'import shutil, sys\n"
              "shutil.copytree(\".\", sys.argv[1], symlinks=True, "
              "dirs_exist_ok=True)' $1",
}
# What is saved in these runs, as any save there does.
NOT_BACK = "$1/run $1/jobs/new $1/*/*/run"
JOB = re.compile(r"jobs/(?!new)[^/]+/|run/[^/]+\.job/")
MOVING = re.compile("/(last_activity|remaining_ttl|session.json)$|"
                    "sessions/[^/]+/ttl$")


class BackupCase(Tree):
    """While a run of 900 s and an asynchronous job go on."""

    count = walks.Walks.count

    def fill(self):
        if self.places:
            return
        super().fill()
        self.save("run/.settings/ttl", "900\n")
        self.save("run/long.sh", "echo began; sleep 900\n")
        self.save("jobs/new/slow.sh", "echo began; sleep 900\n")
        self.save("services/web/env", "A=1\nB=2\n")
        self.save("services/two/domains", "a.example.com\nb.example.com\n")
        self.shell("cat services/*/logs services/*/env >/dev/null; "
                   "head -n 1 jobs/latest/stdout; cat jobs/latest/status")

    def is_going(self, path):
        """Whether it is of a job that goes on."""
        status = os.path.join(os.path.dirname(path), "status")
        return bool(JOB.match(path)) and self.copied(status) == b"running\n"

    def copied(self, path):
        """What a program gets that copies a tree."""
        fd = os.open(self.at(path), os.O_RDONLY | os.O_NOFOLLOW)
        with open(fd, "rb", buffering=0) as file:
            return file.read()

    def back_up(self, name, command):
        """Makes a copy, and checks it; returns its path."""
        self.fill()
        folder = self.place.folder("copy-" + name)
        before = self.count()
        self.server.reset()
        self.shell(command, folder)
        self.assertEqual([change for change in self.server.changes()
                          if not walks.is_reading(change)], [])
        self.assertEqual(self.count(), before)
        self.check_copy(folder)
        return folder

    def check_copy(self, folder):
        """Every file is there, and whole."""
        count = 0
        for path, _ in self.files():
            if path.startswith(walks.LIVE) or "/.settings/" in path:
                continue
            with open(os.path.join(folder, path), "rb") as copy:
                content = copy.read()
            count += 1
            if path.endswith("/stdout") and self.is_going(path):
                self.assertIn(content, (b"", b"began\n"))
            elif path.endswith("/job.json"):
                self.assertEqual(json.loads(content)["language"], "bash")
            elif not MOVING.search(path):
                self.assertEqual(content, self.copied(path), path)
        self.assertGreater(count, 200)
        for path, content in (
                ("services/web/env", b"A=1\nB=2\n"),
                ("services/web/logs", b"up\n"),
                ("services/web/bootstrap", self.copied(
                    "services/web/bootstrap")),
                ("services/two/domains", b"a.example.com\nb.example.com\n"),
                ("run/a.sh.job/stdout", b"hi\n"),
                ("jobs/latest/status", b"running\n"),
                ("run/long.sh.job/status", b"running\n")):
            with open(os.path.join(folder, path), "rb") as copy:
                self.assertEqual(copy.read(), content, path)
        self.assertEqual(os.readlink(os.path.join(folder, "jobs/latest")),
                         os.readlink(self.at("jobs/latest")))

    def grow_old(self, folder):
        """Of each session in the copy, more is left than is by now."""
        kept = glob.glob(folder + "/sessions/*/ttl")
        self.assertGreater(len(kept), 1)
        for path in kept:
            with open(path, "r+", encoding="ascii") as file:
                text = file.read()
                file.seek(0)
                file.write(f"{int(text) + 100:<{len(text) - 1}}\n")

    def copy_back(self, command, folder):
        """Copies it onto the mount; returns the exit status and stderr."""
        before, values = self.count(), self.values()
        self.server.reset()
        done = subprocess.run(
            ["bash", "-c", command, "bash", folder], cwd=self.mount.path,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
            check=False)
        self.assertEqual([change for change in self.server.changes()
                          if not walks.is_reading(change)], [])
        self.assertEqual(self.count(), before)
        self.assertEqual(self.values(), values)
        return done.returncode, done.stderr.decode()

    def values(self):
        """What all resources are."""
        return {path: self.copied(path) for path, _ in self.files()
                if re.match("services|sessions|snapshots|images", path)
                and not MOVING.search(path) and ".job/" not in path}


class Backup(BackupCase):
    """By programs that all systems have."""

    def test_back_by_cp(self):
        """What can only be read is refused by name, and an action with its
        reason."""
        folder = self.back_up("back-cp", BACKUPS["cp"])
        self.grow_old(folder)
        status, said = self.copy_back(f"rm -rf {NOT_BACK}; cp -r $1/. .",
                                      folder)
        self.assertEqual(status, 1)
        for line in said.splitlines():
            self.assertRegex(
                line, "Permission denied$|symbolic link.*not permitted$|"
                "cannot remove.*not permitted$|"
                "error writing.*Invalid argument$")

    def test_back_by_rsync(self):
        """Nothing differs, so nothing is refused. Counters go on."""
        folder = self.back_up("back-rsync", BACKUPS["rsync"])
        self.assertEqual(self.copy_back(
            "rsync -a --exclude .unsandboxfs $1/ .", folder), (0, ""))
        trusted = os.path.join(self.places["IMAGE"], "trusted/")
        self.assertEqual(self.copy_back(
            f"rsync -a $1/{trusted} {trusted}", folder), (0, ""))

    def test_back_by_rsync_that_copies_all(self):
        """Without times, rsync saves each value by way of another name."""
        folder = self.back_up("back-all", BACKUPS["cp"])
        self.grow_old(folder)
        status, said = self.copy_back(f"rm -rf {NOT_BACK}; rsync -a $1/ .",
                                      folder)
        self.assertEqual(status, 23)
        self.assertNotIn("/domains", said)
        self.assertNotIn("/vcpu", said)
        self.assertNotIn("/env", said)

    def test_log_that_grows(self):
        """Who copies it has one size from beginning to end, whoever else
        follows it; a reader that asks for more gets more."""
        self.make("talks", "#!/bin/bash\nfor i in $(seq 2000); do "
                  "echo line $i; sleep 0.05; done\n")
        path = self.at("services/talks/logs")
        self.wait_for(lambda: self.read("services/talks/logs"), "a line")
        self.assertGreater(os.stat(path).st_size, 0)
        with subprocess.Popen(["tail", "-f", path],
                              stdout=subprocess.PIPE) as tail:
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                size = os.fstat(fd).st_size
                self.assertGreater(size, 0)
                text = os.read(fd, size - 1)
                read = 0
                while read < size + 100:
                    read += len(os.read(tail.stdout.fileno(), 4096))
                text += os.read(fd, 1)
                self.assertEqual(os.fstat(fd).st_size, size)
                self.assertEqual(len(text), size)
                self.assertGreater(os.fstat(fd).st_size, size)
                self.assertLessEqual(
                    os.fstat(fd).st_size,
                    int(self.shell("stat -c %s $1", path)))
            finally:
                tail.kill()
                os.close(fd)
        self.save("services/talks/destroy", "1")


for _name, _command in BACKUPS.items():
    setattr(Backup, "test_" + _name, lambda self, name=_name,
            command=_command: self.back_up(name, command))

if __name__ == "__main__":
    unittest.main()
