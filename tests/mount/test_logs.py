# SPDX-License-Identifier: MIT
# tests/mount/test_logs.py - a service's log, followed by tail -f
import json
import os
import selectors
import signal
import subprocess
import threading
import time
import unittest

from case import IS_SANITIZED, SLOWNESS
from test_resources_life import ResourceCase

# Each line is the time when it was printed, or is always the same.
TICKS = "for i in $(seq 200); do echo tick $i $EPOCHREALTIME; sleep 0.3; done\n"
SAME = "for i in $(seq 400); do echo GET /health 200; sleep 0.2; done\n"


class Tail:
    """tail -f, whose lines are read as they arrive."""

    def __init__(self, path, *flags):
        self.process = subprocess.Popen(
            ["tail", "-f", *flags, path], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        self.text = b""

    def line(self, seconds=30):
        """The next line, None at the end; fails if it is late."""
        limit = time.monotonic() + seconds * SLOWNESS
        while b"\n" not in self.text:
            left = limit - time.monotonic()
            if left < 0 or not self.selector.select(left):
                raise AssertionError(f"no line: {self.text!r}")
            piece = self.process.stdout.read()
            if piece == b"":
                return None
            self.text += piece or b""
        line, self.text = self.text.split(b"\n", 1)
        return line.decode()

    def close(self):
        """Ends it."""
        self.selector.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        self.process.stdout.close()


class Listings(threading.Thread):
    """Lists directories and reads files for as long as something goes on."""

    def __init__(self, case):
        super().__init__()
        self.case = case
        self.count = 0
        self.ended = threading.Event()

    def run(self):
        while not self.ended.wait(0.02):
            os.listdir(self.case.at("run"))
            self.case.read(".unsandboxfs/version")
            self.count += 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self.ended.set()
        self.join()


class Logs(ResourceCase):
    """services/NAME/logs."""

    options = "output_max=1G"  # the stand-in's answer has the log twice
    time_limit_s = 90

    def follow(self, name, *flags):
        """tail -f of a service's log."""
        tail = Tail(self.at("services", name, "logs"), *flags)
        self.addCleanup(tail.close)
        return tail

    def stat(self, name):
        """A number of .unsandboxfs/stats."""
        for line in self.read(".unsandboxfs/stats").splitlines():
            if line.startswith(name + " "):
                return int(line.split()[1])
        raise AssertionError(f"no {name}")

    def received(self):
        """The number of bytes that the mount received."""
        return self.stat("bytes_received")

    def log_file(self, name):
        """The path of the stand-in's log file."""
        return os.path.join(self.server.data, "service",
                            self.value("services", name, "id"), "log")

    def check_ticks(self, tail, count):
        """Asserts that the next lines arrive in order, not at the end."""
        last = None
        for _ in range(count):
            word, number, at = tail.line().split()
            late = time.time() - float(at)
            self.assertEqual(word, "tick")
            self.assertLess(late, 30 * SLOWNESS)
            if last:
                self.assertEqual(int(number), last + 1)
            last = int(number)

    def check_polls(self, began):
        """At most one request a second."""
        self.assertLess(self.server.requests().get("GET /services/ID/logs", 0),
                        time.monotonic() - began + 2)

    def wait_for_bytes(self, name, size):
        """Waits until so much was printed."""
        path = self.log_file(name)
        self.wait_for(lambda: os.path.exists(path) and
                      os.path.getsize(path) > size, "the log", 30)

    def test_through_20_mb(self):
        self.make("long", "#!/bin/bash\nseq 2800000\necho '(seq)'\n" + TICKS)
        self.wait_for_bytes("long", 20 << 20)
        tail = self.follow("long", "-n", "0")
        while not tail.line().startswith("tick"):
            pass
        self.server.reset()
        received, began = self.received(), time.monotonic()
        self.check_ticks(tail, 30)
        self.assertLess(self.received() - received, 500000)
        self.check_polls(began)

    @unittest.skipIf(IS_SANITIZED, "it takes as long as it takes")
    def test_200_mb_hold_up_nothing_else(self):
        """Others are answered all the while that a vast log is fetched and
        searched, and it is not in memory."""
        self.make("vast", "#!/bin/bash\necho up\nsleep 12\n" + TICKS)
        self.wait_for_bytes("vast", 2)
        block = "".join(f"a line of the log {i}\n" for i in range(50000))
        with open(self.log_file("vast"), "a", encoding="utf-8") as log:
            while log.tell() < 200 << 20:
                log.write(f"{log.tell()}\n{block}")
        with Listings(self) as listings:
            tail = self.follow("vast", "-n", "0")
            cksum = self.shell("cksum services/vast/logs", seconds=60)
            self.assertGreater(int(cksum.split()[1]), 200 << 20)
            while not tail.line(60).startswith("tick"):
                pass
            tail.process.terminate()
            tail.process.wait(10)
        self.assertGreater(listings.count, 20)
        with open(f"/proc/{self.mount.pid}/status", encoding="ascii") as file:
            peak = [line.split() for line in file
                    if line.startswith("VmHWM:")][0]
        self.assertLess(int(peak[1]), 32 << 10, peak)

    def test_a_log_that_repeats_itself(self):
        self.make("same", "#!/bin/bash\nseq 2800000\n"
                  "yes GET /health 200 | head -n 5000\n" + SAME)
        self.wait_for_bytes("same", 20 << 20)
        tail = self.follow("same", "-n", "0")
        while tail.line() != "GET /health 200":
            pass
        received, began = self.received(), time.monotonic()
        for _ in range(25):
            self.assertEqual(tail.line(4), "GET /health 200")
        self.assertLess(time.monotonic() - began, 8 * SLOWNESS)
        self.assertLess(self.received() - received, 4 << 20)

    def test_a_log_that_begins_again(self):
        """After a redeploy the log may be shorter: tail reports it."""
        self.make("again", "#!/bin/bash\nseq 1000\n" + TICKS)
        self.wait_for_bytes("again", 3900)
        tail = self.follow("again", "-n", "1")
        self.check_ticks(tail, 2)
        os.truncate(self.log_file("again"), 0)
        self.save("services/again/bootstrap",
                  "#!/bin/bash\necho new 1\nsleep 2\necho new 2\nsleep 129\n")
        lines = [tail.line()]
        while lines[-1] != "new 2":
            lines.append(tail.line())
        self.assertTrue([l for l in lines if "file truncated" in l], lines)
        self.assertIn("new 1", lines)

    def test_frozen_and_destroyed(self):
        """tail waits while the service is frozen, and ends with the service."""
        self.make("ends", "#!/bin/bash\n" + TICKS)
        tail = self.follow("ends", "-n", "1")
        self.check_ticks(tail, 2)
        self.shell("echo frozen > services/ends/state")
        time.sleep(1.2)  # what it printed before is read by then
        read = self.read("services/ends/logs")
        time.sleep(1.2)
        self.assertEqual(self.read("services/ends/logs"), read)
        self.shell("echo running > services/ends/state")
        for _ in range(5):
            self.assertIn("tick", tail.line())
        self.shell("echo 1 > services/ends/destroy")
        lines = []
        while (line := tail.line()) is not None:
            lines.append(line)
        self.assertIn("Stale file handle", lines[-2])
        self.assertEqual(lines[-1], "tail: no files remaining")

    def test_two_readers(self):
        """Readers of the same log share the requests."""
        self.make("two", "#!/bin/bash\n" + TICKS)
        tails = [self.follow("two", "-n", "1") for _ in range(5)]
        for tail in tails:
            self.check_ticks(tail, 1)
        self.server.reset()
        began = time.monotonic()
        for _ in range(10):
            for tail in tails:
                self.check_ticks(tail, 1)
        self.check_polls(began)

    def test_opened_by_many(self):
        """One request serves all readers, also new ones."""
        self.make("many", "#!/bin/bash\necho one\nsleep 1000\n")
        path = self.at("services/many/logs")
        self.wait_for(lambda: self.read(path), "it prints")
        self.server.reset()
        self.server.fault({"path": "/services/ID/logs", "delay_ms": 1500,
                           "after": True, "times": 1})
        cats = [subprocess.Popen(["cat", path], stdout=subprocess.PIPE)
                for _ in range(8)]
        self.assertEqual({cat.communicate()[0] for cat in cats}, {b"one\n"})
        self.assert_requests({"GET /services/ID/logs": 1})

    def test_past_an_outage(self):
        """Known lines are kept, and following continues after them."""
        self.make("past", "#!/bin/bash\necho one\nsleep 1000\n")
        self.wait_for(lambda: self.read("services/past/logs"), "it prints")
        tail = self.follow("past")
        self.assertEqual(tail.line(), "one")
        self.server.fault({"path": "/services/*", "status": 503})
        self.wait_for(lambda: self.stat("answers_5xx"), "it is asked for")
        self.assertEqual(self.read("services/past/logs"), "one\n")
        self.server.answer("GET", "/services/ID/logs",
                           {"log": "one\ntwo\n"}, times=0)
        self.assertEqual(tail.line(), "two")

    def test_of_the_api_itself(self):
        """Not listed, since the API refuses keys that are not a partner's."""
        self.assertNotIn("logs", os.listdir(self.at("system")))
        self.assertEqual(os.listdir(self.at("system/logs")),
                         ["all", "api", "portal", "pool"])
        self.shell("ls services")
        self.assertRegex(self.read("system/logs/api"), "(?m)^.*GET /services")
        self.assertRegex(self.read("system/logs/all"),
                         "(?m)^api .*GET /services")
        self.assertEqual(self.read("system/logs/portal"), "")
        self.assertEqual(self.read("system/logs/pool/n1"), "")
        nodes = os.listdir(self.at("system/logs/pool"))
        self.assertEqual(nodes, [pool["id"] for pool in json.loads(
            self.read("system/pools.json"))["pools"]])

    def test_of_the_api_itself_followed(self):
        tail = subprocess.Popen(
            ["tail", "-f", "-n", "0", self.at("system/logs/api")],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            self.wait_for(lambda: self.server.requests().get("GET /logs"),
                          "tail has looked")
            os.listdir(self.at("snapshots"))
            lines = b""
            while b"GET /snapshots" not in lines:
                lines += os.read(tail.stdout.fileno(), 4096)
        finally:
            tail.kill()
            tail.wait(5)
            self.assertEqual(tail.stderr.read(), b"")
            tail.stdout.close()
            tail.stderr.close()

    def test_of_the_api_itself_refused(self):
        self.server.fault({"method": "GET", "path": "/logs", "status": 403,
                           "body": {"error": "partners only"}})
        self.assertEqual(self.error_of(open, self.at("system/logs/all")),
                         "EACCES")
        self.assertIn("partners only", self.read(".unsandboxfs/errors"))


if __name__ == "__main__":
    unittest.main()
