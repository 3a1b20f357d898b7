# SPDX-License-Identifier: MIT
# tests/mount/test_requests.py - the number of requests that actions cost
"""The rows of tests/bench/rows.py at their short length: each is an action in
its own mount, with the requests that the server counted, and their limit."""
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
        """Fails with the counts that are over their limit."""
        counted = row(False)
        self.assertEqual(counted.trouble(), [], f"{counted.requests}")

    @classmethod
    def add_rows(cls):
        """Makes the tests."""
        for row in ROWS:
            setattr(cls, f"test_{row.__name__}",
                    lambda self, row=row: self.play(row))


Rows.add_rows()
