# SPDX-License-Identifier: MIT
# tests/mount/test_requests.py - what costs how many requests
"""The rows of tests/bench/rows.py at their short length: each is an action in
a mount of its own, what the server counted, and the most that it may count."""
import os
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "bench"))

from case import TestTimeout  # noqa: E402
from rows import ROWS  # noqa: E402
from world import SLOWNESS  # noqa: E402

ROW_LIMIT_S = 60


class Rows(unittest.TestCase):
    """A test for each row."""

    def setUp(self):
        signal.signal(signal.SIGALRM, self._late)
        signal.alarm(ROW_LIMIT_S * SLOWNESS)
        self.addCleanup(signal.alarm, 0)

    @staticmethod
    def _late(_number, _frame):
        raise TestTimeout("the row took too long")

    def play(self, row):
        """Fails with what is over."""
        counted = row(False)
        self.assertEqual(counted.trouble(), [], f"{counted.requests}")

    @classmethod
    def add_rows(cls):
        """Makes the tests."""
        for row in ROWS:
            setattr(cls, f"test_{row.__name__}",
                    lambda self, row=row: self.play(row))


Rows.add_rows()
