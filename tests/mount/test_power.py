# SPDX-License-Identifier: MIT
# tests/mount/test_power.py - power is cut, or the daemon is killed, while
# programs work in its mount
"""Workers save, rename, set, submit and commit, and know what had returned. At
a random moment the daemon is killed; "power" also takes from its disk what was
not synced (forgetful.py). After each start all that had returned is there,
nothing that was deleted is back, nothing ran twice, and nothing is told
wrongly. CUTS=N sets the number of each, SEED=N repeats the same choices."""
import os
import random
import time
import unittest

from busy_files import BusyFiles
from busy_runs import BusyDrafts, BusyJobs, BusyRuns, BusySettings
from case import SLOWNESS, MountCase
from forgetful import Forgetful
from mounted import IS_SANITIZED
from test_stall import build_stalled

CUTS = int(os.environ.get("CUTS", "20"))
SEED = int(os.environ.get("SEED", "0")) or int(time.time())


class Cuts(MountCase):
    """A mount that is cut, and its workers."""

    options = "keep_jobs=1000000"
    time_limit_s = 120 + 10 * CUTS
    starts_mounted = False
    longest_s = 0.15   # from a start to its cut

    def setUp(self):
        super().setUp()
        print(f"SEED={SEED} CUTS={CUTS}")
        self.random = random.Random(SEED)
        self.began = time.monotonic()
        self.mount.state_dir = os.path.join(self.place.path,
                                            self._testMethodName)
        beside = self.place.folder(self._testMethodName + ".beside")
        mine = self.mount, self.random
        self.files = [BusyFiles(self.mount, f"files{i}", random.Random(
            self.random.random()), beside) for i in range(2)]
        self.others = [
            kind(self.mount, name, random.Random(self.random.random()),
                 self.server)
            for kind, name in ((BusyRuns, "runs"), (BusyRuns, "more"),
                               (BusyJobs, "jobs"), (BusySettings, "set"),
                               (BusyDrafts, "drafts"))]
        self.workers = self.files + self.others

    def tearDown(self):
        if self.mount.process and self.mount.process.poll():
            self.mount.process = None  # it was killed, as it should be
        super().tearDown()

    def prepare(self):
        """The state directory, with what is there before the first cut."""
        self.mount.env.pop("LD_PRELOAD", None)
        self.mount.start(20 * SLOWNESS)
        for worker in self.workers:
            worker.prepare()
        self.assertEqual(self.mount.unmount(), 0)

    def life(self):
        """The daemon is started, works, and is killed."""
        self.mount.start(60 * SLOWNESS)
        for worker in self.workers:
            worker.begin()
        self.work()
        self.kill()
        wrong = []
        for worker in self.workers:
            wrong += worker.end(30 * SLOWNESS)
        return wrong

    def work(self):
        """Lets it work for a while."""
        time.sleep(self.random.uniform(0, self.longest_s) * SLOWNESS)

    def kill(self):
        """Ends the daemon."""
        self.mount.process.kill()
        self.mount.process.wait(60)

    def check(self, number, wrong, is_power):
        """The daemon is started, and all is compared."""
        self.mount.start(60 * SLOWNESS)
        for worker in self.files:
            wrong += worker.check_power() if is_power else worker.check_kill()
        for worker in self.others:
            wrong += worker.check()
        self.assertFalse(wrong, f"SEED={SEED}, after cut {number}:\n" +
                         "\n".join(wrong))
        self.kill()

    def finish(self, cuts):
        """All jobs end; nothing is left over."""
        self.mount.start(60 * SLOWNESS)
        jobs = next(each for each in self.others if isinstance(each, BusyJobs))
        self.wait_for(lambda: not jobs.check_end(), jobs.check_end, 30)
        self.assertEqual(self.mount.unmount(60 * SLOWNESS), 0)
        took = time.monotonic() - self.began
        done = {each.name: each.done for each in self.workers}
        print(f"{cuts} cuts in {took:.0f} s, {took / cuts:.2f} s each; "
              f"steps that had returned: {done}")


@unittest.skipIf(IS_SANITIZED, "sanitizers want to be loaded first")
class Power(Cuts):
    """Power is cut."""

    def cut_power(self, cuts, behind="", **environment):
        """This many times, also after what a start does."""
        self.prepare()
        disk = Forgetful(self.place, self.mount.state_dir)
        disk.begin()
        self.mount.env.update(disk.environment(behind), **environment)
        for number in range(cuts):
            wrong = self.life()
            disk.cut(self.random)
            self.check(number + 1, wrong, True)
            disk.cut(random.Random(0))
        self.finish(cuts)

    def test_power(self):
        self.cut_power(CUTS)


@unittest.skipIf(IS_SANITIZED, "sanitizers want to be loaded first")
class SlowPower(Power):
    """Each fsync takes half a second, and every second time the disk takes no
    changes for a while."""

    longest_s, frozen_s = (20, 10) if CUTS > 100 else (4, 2)

    def test_power(self):
        self.stalled = os.path.join(self.place.path, "stalled")
        self.cut_power(max(2, CUTS // 50), build_stalled(self.place),
                       STALLED=self.stalled, SLOW_MS="500")

    def work(self):
        is_frozen = self.random.random() < 0.5
        super().work()
        if is_frozen:
            with open(self.stalled, "w", encoding="ascii"):
                time.sleep(self.frozen_s)
            if self.random.random() < 0.5:
                os.remove(self.stalled)
                super().work()

    def kill(self):
        super().kill()
        if os.path.exists(self.stalled):
            os.remove(self.stalled)


class Kills(Cuts):
    """The daemon is killed; what it gave to the kernel is there."""

    def test_kills(self):
        self.prepare()
        for number in range(CUTS):
            self.check(number + 1, self.life(), False)
        self.finish(CUTS)


if __name__ == "__main__":
    unittest.main()
