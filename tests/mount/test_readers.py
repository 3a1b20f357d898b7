# SPDX-License-Identifier: MIT
# tests/mount/test_readers.py - a thousand readers of two hundred jobs
import os
import threading
import unittest

from case import MountCase
from gate import Gate
from mounted import IS_SANITIZED

JOBS = 200
READERS = 1000
SYNCING = 20  # threads that wait for the disk come and go


class Readers(MountCase):
    """Readers cost the daemon no thread, and little memory."""

    time_limit_s = 120

    def daemon(self):
        """(threads, memory in kB) of the daemon."""
        with open(f"/proc/{self.mount.pid}/status", encoding="utf-8") as file:
            fields = dict(line.split(":", 1) for line in file)
        return (int(fields["Threads"]), int(fields["VmRSS"].split()[0]))

    def start_jobs(self):
        """Starts jobs; their directories, and the gate they wait at."""
        gate = Gate(self.place, "gate")
        for number in range(JOBS):
            self.save(f"jobs/new/j{number}.sh", f"echo begin {number}\n"
                      f"{gate.wait}echo end {number}\n")
        return gate, [f"jobs/new/j{n}.sh.job/stdout" for n in range(JOBS)]

    def start_readers(self, paths, results):
        """Starts threads that read each path several times."""
        threading.stack_size(256 << 10)
        self.addCleanup(threading.stack_size, 0)
        def reader(number):
            try:
                results[number] = self.read(paths[number % JOBS])
            except OSError as error:
                results[number] = error
        threads = [threading.Thread(target=reader, args=[i], daemon=True)
                   for i in range(READERS)]
        for thread in threads:
            thread.start()
        return threads

    def waiting(self):
        """The number of reads that wait in the daemon."""
        stats = dict(line.rsplit(" ", 1) for line in self.read(
            ".unsandboxfs/stats").splitlines())
        return int(stats["readers_waiting"])

    def test_a_thousand_readers(self):
        gate, paths = self.start_jobs()
        self.wait_for(lambda: self.server.ask("GET", "")["active_jobs"] ==
                      JOBS, "all run", 30)
        before = self.daemon()
        results = [None] * READERS
        threads = self.start_readers(paths, results)
        # Readers whose job was polled have one line, and wait for the next.
        self.wait_for(lambda: self.waiting() == READERS, "all wait", 30)
        during = self.daemon()
        self.assertLess(during[0], before[0] + SYNCING, "threads")
        if not IS_SANITIZED:
            self.assertLess(during[1] - before[1], 16 << 10, "kB of memory")
        self.assertIn("README", self.shell("ls"))
        self.addCleanup(os.close, gate.stay_open())
        for thread in threads:
            thread.join(90)
        self.assertEqual(results, [
            f"begin {i % JOBS}\nend {i % JOBS}\n" for i in range(READERS)])
        self.assertEqual(self.waiting(), 0)
        self.assertLess(self.daemon()[0], before[0] + SYNCING, "threads")


if __name__ == "__main__":
    unittest.main()
