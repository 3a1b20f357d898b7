# SPDX-License-Identifier: MIT
# tests/mount/test_late.py - a test that hangs fails, and the rest goes on
import glob
import os
import subprocess
import sys
import unittest

from case import SLOWNESS
from place import BUILD, folder

HERE = os.path.dirname(os.path.abspath(__file__))


class Late(unittest.TestCase):
    """Runs tests that hang."""

    def run_tests(self, name, counts):
        """Runs them; returns what they print."""
        done = subprocess.run(
            [sys.executable, "-B", f"{HERE}/run.py", BUILD, "hanging." + name],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=200 * SLOWNESS, check=False)
        text = done.stdout.decode(errors="replace")
        self.assertEqual((done.returncode, text.splitlines()[-1]),
                         (1, counts), text)
        return text

    def test_the_others_go_on(self):
        text = self.run_tests("Late", "2 passed, 1 failed, 0 skipped")
        for line in ("the test took too long",
                     "a subtest took too long", "a mount again",
                     "all in time"):
            self.assertIn(line, text)
        self.assertNotIn("subtest 2", text)

    @unittest.skipUnless(os.geteuid() == 0, "umount -f needs root")
    def test_a_daemon_that_does_not_die(self):
        self.assertIn("ConnectionAbortedError", self.run_tests(
            "Immortal", "0 passed, 2 failed, 0 skipped"))

    def test_one_that_does_not_end(self):
        text = self.run_tests("Deaf", "0 passed, 1 failed, 0 skipped")
        self.assertIn("heard", text)
        self.assertIn("hanging.py", text)  # where it was
        self.assertEqual(glob.glob(folder() + "/mount-Deaf-*"), [])


if __name__ == "__main__":
    unittest.main()
