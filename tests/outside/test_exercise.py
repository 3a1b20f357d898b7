# SPDX-License-Identifier: MIT
# tests/outside/test_exercise.py - seeds of random operations on one file
"""SEEDS="7 8" runs these; LEAVE_OUT="kill truncate_path" leaves operations
out, COUNT is how many there are of a seed, SHOWN how many of the last ones are
printed where it fails."""
import os
import unittest

from case import MountCase
from exercise import Exercise
from place import unmount

SEEDS = [int(word) for word in os.environ.get("SEEDS", "1 2 3 4 5 6").split()]
COUNT = int(os.environ.get("COUNT", "3000"))
SHOWN = int(os.environ.get("SHOWN", "60"))
LEAVE_OUT = os.environ.get("LEAVE_OUT", "").split()


class Exercises(MountCase):
    """A file in run/ and one on the disk."""

    time_limit_s = 200
    resets_server = False

    def remount(self):
        """A clean end."""
        self.mount.restart()

    def kill(self, drop):
        """An end that nobody expects."""
        self.mount.process.kill()
        self.mount.process.wait(10)
        drop()
        unmount(self.mount.path, lazy=True)
        self.mount.start()

    def check_seed(self, seed):
        """Runs it; tells what led there where it fails."""
        disk = self.place.folder(f"disk{seed}")
        mount = self.at("run", f"seed{seed}")
        os.mkdir(mount)
        exercise = Exercise(seed, mount, disk, self.remount, self.kill)
        try:
            exercise.run(COUNT, LEAVE_OUT)
        except (AssertionError, OSError, ValueError) as error:
            steps = len(exercise.log)
            lines = "\n".join(f"{number}: {line}" for number, line in
                              list(enumerate(exercise.log))[-SHOWN:])
            self.fail(f"seed {seed}, operation {steps}: {error}\n"
                      f"the last operations:\n{lines}")


for _seed in SEEDS:
    setattr(Exercises, f"test_seed_{_seed}",
            lambda self, seed=_seed: self.check_seed(seed))

if __name__ == "__main__":
    unittest.main()
