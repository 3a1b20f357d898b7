# SPDX-License-Identifier: MIT
# tests/mount/test_forgotten.py - what a power cut must leave, case by case
import os
import unittest

from case import MountCase
from forgetful import Forgetful
from mounted import IS_SANITIZED


class Nothing:
    """Of what was not synced, nothing is there."""

    @staticmethod
    def choice(each):
        """No changes of names."""
        return each[0]

    @staticmethod
    def random():
        """The content that was synced."""
        return 0.4


class NamesAlone(Nothing):
    """Names reach the disk before the content that they lead to."""

    @staticmethod
    def choice(each):
        """All changes of names."""
        return each[-1]


def each_way(test):
    """Runs the test on a new disk for each way to forget."""
    def run(self):
        for way in Nothing(), NamesAlone():
            with self.subTest(type(way).__name__):
                self.begin(way)
                try:
                    test(self)
                finally:
                    self.assertEqual(self.mount.unmount(), 0)
                    self.server.reset()
    return run


@unittest.skipIf(IS_SANITIZED, "sanitizers want to be loaded first")
class Forgotten(MountCase):
    """A power cut right after something has returned."""

    starts_mounted = False

    def setUp(self):
        super().setUp()
        self.disk = self.way = None

    def tearDown(self):
        if self.mount.process and self.mount.process.poll() is None:
            self.mount.unmount()
        super().tearDown()

    def begin(self, way):
        """A mount on a disk that forgets in this way."""
        name = f"{self._testMethodName}.{type(way).__name__}"
        place, self.way = self.place.folder(name), way
        self.mount.state_dir = os.path.join(place, "state")
        self.disk = Forgetful(_In(place), self.mount.state_dir)
        self.disk.begin()
        self.mount.env.update(self.disk.environment())
        self.mount.start()

    def cut(self):
        """Power is cut, and comes back."""
        self.mount.process.kill()
        self.mount.process.wait(10)
        self.disk.cut(self.way)
        self.mount.start()

    def sync(self, path):
        """fsync of a directory."""
        fd = os.open(self.at(path), os.O_RDONLY)
        os.fsync(fd)
        os.close(fd)

    def draft(self, path, name):
        """A draft of a service, or of a job."""
        os.mkdir(self.at(path, name))
        if path == "jobs/new":
            self.save(f"{path}/{name}/main.sh", "echo draft\n")
        else:
            self.save(f"{path}/{name}/bootstrap", "echo draft\n")

    @each_way
    def test_drafts_outlive_the_making_of_another(self):
        self.draft("services/new", "one")
        os.mkdir(self.at("services/new/two"))
        self.cut()
        self.assertEqual(self.read("services/new/one/bootstrap"),
                         "echo draft\n")

    @each_way
    def test_a_draft_that_was_committed_does_not_come_back(self):
        way = type(self.way).__name__
        for kind in "services", "jobs":
            self.draft(kind + "/new", way)
            os.rename(self.at(kind, "new", way), self.at(kind, way))
        self.cut()
        for kind in "services", "jobs":
            self.assertNotIn(way, os.listdir(self.at(kind, "new")))
        self.assertIn(way, os.listdir(self.at("services")))

    @each_way
    def test_a_draft_that_was_removed_does_not_come_back(self):
        self.draft("services/new", "gone")
        os.rmdir(self.at("services/new/gone"))
        self.sync("services/new")
        self.cut()
        self.assertEqual(os.listdir(self.at("services/new")), [])

    @each_way
    def test_a_draft_has_no_files_of_a_lost_one(self):
        account = os.path.join(self.mount.state_dir, "unsandboxfs")
        self.draft("services/new", "first")
        old = os.path.join(account, os.listdir(account)[0], "drafts/2")
        os.makedirs(old)
        with open(old + "/old.txt", "w", encoding="ascii"):
            pass
        self.draft("services/new", "second")
        self.assertEqual(
            os.listdir(self.at("services/new/second/files")), [])

    @each_way
    def test_a_job_outlives_the_removal_of_its_program(self):
        self.save("jobs/new/job.sh", "echo kept\n")
        job = "jobs/" + os.readlink(self.at("jobs/latest"))
        self.assertEqual(self.results(job), ("completed", "0", "kept\n"))
        os.unlink(self.at("jobs/new/job.sh"))
        self.cut()
        self.assertEqual(self.read(job, "code"), "echo kept\n")
        self.assertEqual(self.results(job), ("completed", "0", "kept\n"))
        self.assertEqual(len(self.executions("kept")), 1)

    @each_way
    def test_a_job_that_was_removed_does_not_come_back(self):
        self.save("jobs/new/job.sh", "echo gone\n")
        job = "jobs/" + os.readlink(self.at("jobs/latest"))
        self.assertEqual(self.results(job), ("completed", "0", "gone\n"))
        os.rmdir(self.at(job))
        self.sync("jobs")
        self.cut()
        self.assertFalse(os.path.exists(self.at(job)))

    @each_way
    def test_settings_and_ids(self):
        os.mkdir(self.at("run/set"))
        self.save("run/set/.settings/ttl", "7\n")
        self.save("jobs/new/id.sh", "echo id\n")
        job = self.value("jobs/new/id.sh.job/id")
        self.cut()
        self.assertEqual(self.value("run/set/.settings/ttl"), "7")
        self.assertEqual(self.value("jobs/new/id.sh.job/id"), job)
        self.assertEqual(self.results(f"jobs/{job}"),
                         ("completed", "0", "id\n"))


class _In:
    """A place in a place."""

    def __init__(self, path):
        self.path = path

    def folder(self, name):
        """A new directory in it."""
        os.mkdir(os.path.join(self.path, name))
        return os.path.join(self.path, name)


if __name__ == "__main__":
    unittest.main()
