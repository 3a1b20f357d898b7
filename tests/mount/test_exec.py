# SPDX-License-Identifier: MIT
# tests/mount/test_exec.py - a program that starts while its file is closed
import os
import resource
import subprocess
import sys
import unittest

from case import SLOWNESS
from test_resources_life import ResourceCase

# The parent's many descriptors take the daemon a while to look through; it then
# looks at the child, of which /proc tells nothing until its execve has closed
# the file.
PARENT = """
import os, sys, time
null = os.open("/dev/null", os.O_RDONLY)
for _ in range(int(sys.argv[2])):
    os.dup(null)
for _ in range(10):
    fd = os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC)
    os.write(fd, b"a.example.com\\nb.example.com\\n")
    time.sleep(0.05)
    begin, end = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(fd, 1)
        os.closerange(fd + 3, fd + 9)
        os.read(begin, 1)
        time.sleep(0.01)
        os.execv("/bin/true", ["true"])
    os.write(end, b"x")
    os.close(fd)
    os.waitpid(child, 0)
    os.close(begin)
    os.close(end)
"""


class Exec(ResourceCase):
    """Both closes are answered."""

    time_limit_s = 120

    def run_parent(self, path):
        """Saves by a process with many descriptors, and by its child."""
        most = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 20000)
        child = subprocess.Popen(
            [sys.executable, "-c", PARENT, self.at(path), str(most - 100)],
            stdin=subprocess.DEVNULL, preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_NOFILE, (most, most)))
        self.addCleanup(child.kill)
        self.assertEqual(child.wait(60 * SLOWNESS), 0)

    def test_value(self):
        self.make("web")
        self.run_parent("services/web/domains")
        self.assertEqual(self.read("services/web/domains"),
                         "a.example.com\nb.example.com\n")

    def test_draft(self):
        os.mkdir(self.at("services/new/d"))
        self.run_parent("services/new/d/domains")
        self.assertEqual(self.read("services/new/d/domains"),
                         "a.example.com\nb.example.com\n")


if __name__ == "__main__":
    unittest.main()
