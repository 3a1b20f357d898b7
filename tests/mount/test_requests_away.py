# SPDX-License-Identifier: MIT
# tests/mount/test_requests_away.py - an API that cannot be reached for a while
"""Meanwhile, cached answers are listed and read, others fail within the time
limit, and a save fails with the cause. The first good answer ends the outage,
without a remount. Each kind of outage is a test."""
import os
import threading
import time

from case import MountCase, SLOWNESS

TIMEOUT_S = 2 * SLOWNESS
ANY = {"path": "*"}


class Away(MountCase):
    """Answers expire at once, so that the mount would send a request for each
    look-up."""

    options = f"ttl_list=0.05,ttl_detail=0.05,timeout={TIMEOUT_S}"

    def setUp(self):
        super().setUp()
        self.server.ask("PUT", "/seed", {
            "snapshots": 3, "services": [{"name": self._testMethodName}]})
        self.shell("echo 1 > .unsandboxfs/refresh")
        self.known = os.path.join("services", self._testMethodName)
        self.listing = self.names()
        self.assertEqual(self.value(self.known, "state"), "running")
        self.save("run/before.sh", "echo before\n")
        self.assertEqual(self.read("run/before.sh.job/stdout"), "before\n")
        time.sleep(0.1)

    def names(self):
        """The cached contents, with their sizes."""
        return self.shell("ls -l services snapshots; ls -l \"$1\" | "
                          "grep -v logs", os.path.join(
                              "services", self._testMethodName))

    def timed(self, function, *arguments):
        """(name of the errno, seconds)."""
        began = time.monotonic()
        error = self.error_of(function, *arguments)
        return error, time.monotonic() - began

    def away(self, errors, save_errors=None, at_once=True):
        """Checks the mount during the outage."""
        limit_s = 1 * SLOWNESS if at_once else TIMEOUT_S + 1.5 * SLOWNESS
        began = time.monotonic()
        self.assertEqual(self.names(), self.listing)
        self.assertEqual(self.value(self.known, "state"), "running")
        self.assertEqual(self.read("run/before.sh.job/stdout"), "before\n")
        self.assertLess(time.monotonic() - began,
                        TIMEOUT_S + 3 * SLOWNESS, "cached reads")
        self.assertIn("cache_stale", self.read(".unsandboxfs/stats"))
        self.assertGreater(self.stat("cache_stale"), 0)

        error, took_s = self.timed(self.read, "images/owned/nothing/name")
        self.assertIn(error, errors)
        self.assertLess(took_s, TIMEOUT_S + 1.5 * SLOWNESS, "uncached name")
        error, took_s = self.timed(self.save, "run/away.sh", "echo away\n")
        self.assertIn(error, save_errors or errors)
        self.assertLess(took_s, limit_s, "a save")
        error, took_s = self.timed(self.save, "jobs/new/away.sh", "echo j\n")
        self.assertIn(error, save_errors or errors)
        self.assertLess(took_s, limit_s, "a submission")
        # When a pause of the back-off ends, the first look-up tries the API
        # again, and no other one does until the next, longer pause ends.
        for tried in range(2):
            error, took_s = self.timed(
                self.save, os.path.join(self.known, "state"), "frozen\n")
            self.assertIn(error, save_errors or errors)
            if took_s < limit_s:
                break
            self.assertLess(took_s, TIMEOUT_S + 1.5 * SLOWNESS, "a change")
            self.assertEqual(tried, 0, "a change after the one that tried")

    def stat(self, name):
        """A number of .unsandboxfs/stats."""
        for line in self.read(".unsandboxfs/stats").splitlines():
            if line.startswith(name + " "):
                return int(line.split()[-1])
        return self.fail(f"stats has no {name}")

    def back(self):
        """Asserts that everything works again soon, without a remount."""
        self.server.ask("PUT", "/seed",
                        {"services": [{"name": "back-" +
                                       self._testMethodName}]})
        # A failure is cached for a second at most.
        self.wait_for(lambda: self.error_of(
            os.listdir, self.at("services")) is None,
                      "what failed is listed again", 11)
        self.wait_for(lambda: "back-" + self._testMethodName
                      in os.listdir(self.at("services")),
                      "what is new is seen", 11)
        self.save("run/back.sh", "echo back\n")
        self.assertEqual(self.results("run/back.sh.job"),
                         ("completed", "0", "back\n"))
        self.wait_for(lambda: self.error_of(
            self.read, "images/owned/nothing/name") == "ENOENT",
                      "what failed is asked for again", 2)
        self.save(os.path.join(self.known, "state"), "frozen\n")
        self.assertEqual(self.value(self.known, "state"), "frozen")

    def test_stopped(self):
        self.server.stop()
        try:
            self.away({"ECONNREFUSED"})
        finally:
            self.server.start()
        # The stand-in keeps its resources in its data directory.
        self.back()

    def test_errors_of_the_server(self):
        self.server.fault({**ANY, "status": 500})
        self.away({"EREMOTEIO"})
        self.server.fault()
        self.back()

    def test_unavailable(self):
        self.server.fault({**ANY, "status": 503})
        self.away({"EREMOTEIO"})
        self.server.fault()
        self.back()

    def test_hang(self):
        self.server.fault({**ANY, "hang": "before"})
        # A run may take long: its save returns after run_wait, and the run
        # continues.
        self.away({"ETIMEDOUT"}, {"ETIMEDOUT", None}, at_once=False)
        self.server.fault()
        self.back()

    def test_half_answers(self):
        self.server.fault({**ANY, "close": "body"})
        # The list is requested three times before the change is sent.
        self.away({"ECONNRESET", "EPROTO", "EREMOTEIO"},
                  {"ECONNRESET", "EPROTO", "EREMOTEIO", None}, at_once=False)
        self.server.fault()
        self.back()

    def test_readers_are_not_held_up(self):
        """One request hangs: requests that do not need it are answered."""
        self.server.fault({"path": "/images/owned", "hang": "before"})
        stuck = threading.Thread(
            target=self.error_of,
            args=(os.listdir, self.at("images/owned")))
        stuck.start()
        began = time.monotonic()
        for _ in range(20):
            self.assertEqual(self.names(), self.listing)
        self.assertEqual(self.value(self.known, "state"), "running")
        self.assertLess(time.monotonic() - began, 10 * SLOWNESS)
        stuck.join(20 * SLOWNESS)
        self.assertFalse(stuck.is_alive())
