# SPDX-License-Identifier: MIT
# tests/mount/test_switches.py - the other side of every disagreement at once
"""Where sources disagree about the API, the stand-in has a switch for each
side. `make check-switches` tries each of them with more tests."""
import unittest

import test_life


class AllOn(test_life.Life):
    """The lives of resources, with every switch on."""

    server_arguments = ("--switch", "all")


if __name__ == "__main__":
    unittest.main()
