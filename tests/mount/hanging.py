# SPDX-License-Identifier: MIT
# tests/mount/hanging.py - tests that hang, which test_late.py runs
import os
import signal
import threading
import unittest
from unittest import mock

from case import MountCase, TestTimeout


class HangingCase(MountCase):
    """Stops its daemon, so that nothing in the mount ends."""

    time_limit_s = 3
    last_resort_s = given_up_s = 2

    def stop(self):
        """The daemon does nothing any more."""
        os.kill(self.mount.pid, signal.SIGSTOP)


class Late(HangingCase):
    """Ends by force."""

    def test_1_in_a_subtest(self):
        for number in range(3):
            with self.subTest(number=number):
                print("subtest", number, flush=True)
                if number == 1:
                    self.stop()
                    self.shell("cat languages")

    def test_2_the_next_one_has_a_mount(self):
        self.assertIn("bash", self.read("languages"))
        print("a mount again", flush=True)

    def test_3_each_subtest_has_its_time(self):
        for number in range(6):
            with self.subTest(number=number):
                self.settled()
                self.settled()
        print("all in time", flush=True)


class Immortal(HangingCase):
    """Its daemon does not die when it is killed."""

    def test(self):
        """The daemon has taken the request that this process waits for, so
        that no signal ends the wait."""
        self.server.fault({"method": "*", "path": "*", "hang": "before"})
        threading.Timer(1, self.stop).start()
        with mock.patch.object(self.mount.process, "kill"), \
                mock.patch("case.processes_with", return_value={}):
            self.read("languages")


class Deaf(HangingCase):
    """Goes on waiting whatever happens."""

    def test(self):
        while True:
            try:
                signal.pause()
            except TestTimeout:
                print("heard", flush=True)


if __name__ == "__main__":
    unittest.main()
