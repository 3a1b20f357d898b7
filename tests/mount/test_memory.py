# SPDX-License-Identifier: MIT
# tests/mount/test_memory.py - a daemon that runs out of memory
import json
import os
import resource
import subprocess
import unittest

from case import MountCase
from mounted import IS_SANITIZED
from starting import StartCase

MB = 1 << 20
# The message of the dynamic loader, if even the libraries do not fit.
LOADER_STATUS = 127


@unittest.skipIf(IS_SANITIZED, "a sanitizer reserves all address space")
class Limited(MountCase):
    """A memory limit, as with ulimit -v."""

    def limit(self, room):
        """Limits the daemon to so many more bytes."""
        with open(f"/proc/{self.mount.pid}/statm", encoding="ascii") as file:
            size = int(file.read().split()[0]) * resource.getpagesize()
        resource.prlimit(self.mount.pid, resource.RLIMIT_AS,
                         (size + room, resource.RLIM_INFINITY))

    def tearDown(self):
        if self.mount.process.poll() is None:
            resource.prlimit(self.mount.pid, resource.RLIMIT_AS,
                             (resource.RLIM_INFINITY,) * 2)
        super().tearDown()

    def check_goes_on(self):
        """Small requests work while memory is used up."""
        self.save("run/small.sh", "echo small\n")
        self.assertEqual(self.read("run/small.sh.job/stdout"), "small\n")
        self.assertIn("cache_size", self.read(".unsandboxfs/config"))
        self.assertEqual(self.read("run/small.sh"), "echo small\n")

    def test_an_answer_that_is_too_long(self):
        self.server.fault({"path": "/snapshots", "status": 200,
                           "fill": 60 * MB})
        self.limit(24 * MB)
        for _ in range(3):
            self.assertEqual(self.error_of(os.listdir, self.at("snapshots")),
                             "ENOMEM")
            self.check_goes_on()
        self.server.fault()
        self.save(".unsandboxfs/refresh", "1\n")
        self.assertEqual(os.listdir(self.at("snapshots")), [])

    def test_a_program_that_is_too_long(self):
        content = "#!/bin/sh\n" + "# " + "x" * (40 * MB) + "\n"
        self.limit(24 * MB)
        self.assertEqual(self.save_error("run/long.sh", content), "ENOMEM")
        self.check_goes_on()
        self.assertEqual(os.stat(self.at("run/long.sh")).st_size, len(content))

    def test_an_answer_to_a_run_that_is_too_long(self):
        self.server.fault({"path": "/execute", "status": 200,
                           "fill": 60 * MB})
        self.limit(24 * MB)
        # The close reports it, or the reader, if it takes long.
        self.save_error("run/out.sh", "echo out\n")
        self.assertEqual(self.error_of(self.read, "run/out.sh.job/stdout"),
                         "ENOMEM")
        self.server.fault()
        self.check_goes_on()

    def test_output_may_be_longer(self):
        """It is written to disk as it arrives."""
        self.limit(24 * MB)
        self.save("run/out.sh", "yes 0123456 | head -c 60000000\n"
                  "yes 0123456 | head -c 40000000 >&2\n")
        self.assertEqual(self.shell(
            "cksum <run/out.sh.job/stdout; cksum <run/out.sh.job/stderr"),
            self.shell("yes 0123456 | head -c 60000000 | cksum;"
                       "yes 0123456 | head -c 40000000 | cksum"))
        answer = json.loads(self.read("run/out.sh.job/job.json"))
        self.assertEqual((len(answer["stdout"]), len(answer["stderr"])),
                         (60000000, 40000000))
        self.save("jobs/new/out.sh", "yes 0123456 | head -c 60000000\n")
        self.assertEqual(self.shell("cksum <jobs/latest/stdout"),
                         self.shell("yes 0123456 | head -c 60000000 | cksum"))
        self.check_goes_on()

    def test_all_at_once(self):
        self.server.fault({"path": "/s*", "status": 200, "fill": 8 * MB})
        self.limit(16 * MB)
        readers = [subprocess.Popen(["ls", self.at(name)],
                                    stdout=subprocess.DEVNULL,
                                    stderr=subprocess.PIPE)
                   for name in ("snapshots", "sessions", "services") * 5]
        told = {reader.communicate(timeout=50)[1] for reader in readers}
        self.assertTrue(all(b"Cannot allocate memory" in line or
                            b"Protocol error" in line or not line
                            for line in told), told)
        self.server.fault()
        self.check_goes_on()


@unittest.skipIf(IS_SANITIZED, "a sanitizer reserves all address space")
class Starts(StartCase):
    """A start with too little memory reports it."""

    time_limit_s = 120

    def test_each_limit(self):
        outcomes = set()
        for megabytes in range(8, 160, 8):
            limit = (megabytes * MB,) * 2
            status, said = self.start(preexec_fn=lambda limit=limit: (
                resource.setrlimit(resource.RLIMIT_AS, limit)))
            with self.subTest(megabytes=megabytes, said=said):
                self.assertTrue(0 <= status <= 6 or status == LOADER_STATUS)
                self.assertTrue(status == 0 or said.strip())
            outcomes.add(status)
            self.end_all()
        self.assertGreater(len(outcomes), 1)
        self.assertIn(0, outcomes)


if __name__ == "__main__":
    unittest.main()
