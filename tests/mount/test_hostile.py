# SPDX-License-Identifier: MIT
# tests/mount/test_hostile.py - answers made to take all memory or disk
import base64
import functools
import gzip
import os
import unittest

from case import SLOWNESS, MountCase
from cgroup import Cgroup
from mounted import IS_SANITIZED
from place import files_below

MB = 1 << 20
HEADERS = {"Content-Type": "application/json"}


def many(unit, size, around="%s"):
    """JSON of an array of so many bytes."""
    items = ",".join([unit] * (size // (len(unit) + 1)))
    return (around % f"[{items}]").encode()


@functools.cache
def packed(body):
    """The body as gzip."""
    return gzip.compress(body, 6)


RUN = '{"status":"completed","exit_code":0,"stdout":"","job_id":"j","x":%s}'
DEEP = "[" * 60 + "%s" + "]" * 60

# (name, body, whether it is sent packed)
BODIES = [
    ("empty arrays, packed", many("[]", 60 * MB), True),
    ("empty arrays", many("[]", 3 * MB), False),
    ("empty objects, packed", many("{}", 60 * MB), True),
    ("empty objects", many("{}", 3 * MB), False),
    ("numbers", many("1", 3 * MB), False),
    ("strings", many('""', 3 * MB), False),
    ("objects of one member", many('{"":0}', 3 * MB), False),
    ("resources without a name", many('{"id":""}', 3 * MB), False),
    ("a list of lists", many("[[]]", 3 * MB, '{"snapshots":%s}'), False),
    ("a member of arrays", many("[]", 60 * MB, RUN), True),
    ("artifacts of nothing", many("{}", 3 * MB, '{"status":"completed",'
                                  '"exit_code":0,"artifacts":%s}'), False),
    ("sixty deep, then wide", many("1", 3 * MB, DEEP), False),
    ("a run with that", many("1", MB // 2, RUN % DEEP), False),
    ("250 deep", b"[" * 250 + b"1" + b"]" * 250, False),
    ("a thousand deep", b'{"a":' * 1000 + b"1" + b"}" * 1000, True),
    ("blanks, packed", b"{}" + b" " * (80 * MB), True),
    ("output of blanks, packed", b'{"status":"completed","exit_code":0,'
     b'"stdout":"' + b"x" * (20 * MB) + b'"}', True),
    ("one name a million times",
     many('"a":1', 3 * MB).replace(b"[", b"{").replace(b"]", b"}"), False),
    ("many names", ("{" + ",".join(
        f'"{n:x}":1' for n in range(200_000)) + "}").encode(), False),
]

PATHS = [("GET", "/snapshots", "snapshots"), ("GET", "/jobs", "jobs"),
         ("GET", "/cluster", "system/cluster.json")]


@unittest.skipIf(IS_SANITIZED, "a sanitizer reserves all address space")
class Small(MountCase):
    """The daemon never needs 256 MB; where root can make a cgroup, it gets no
    more."""

    options = "timeout=20,ttl_list=0,ttl_detail=0,ttl_static=0,ttl_system=0"
    time_limit_s = 240
    starts_mounted = False
    cgroup = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        try:
            cls.cgroup = Cgroup(256 * MB)
            cls.addClassCleanup(cls.cgroup.close)
            cls.mount.wrapper = cls.cgroup.wrapper
        except OSError as error:
            print(f"no cgroup, only VmHWM: {error}")
        cls.mount.start(20 * SLOWNESS)

    def used(self, name):
        """A value of /proc/PID/status in bytes."""
        with open(f"/proc/{self.mount.pid}/status", encoding="ascii") as file:
            line = next(line for line in file if line.startswith(name))
        return int(line.split()[1]) * 1024

    def state_size(self):
        """The bytes in the state directory."""
        return sum(os.fstat(file.fileno()).st_size
                   for file in files_below(self.mount.state_dir))

    def strike(self, method, path, body, is_packed):
        """The server answers so from now on."""
        headers = dict(HEADERS)
        if is_packed:
            body = packed(body)
            headers["Content-Encoding"] = "gzip"
        self.server.fault({"method": method, "path": path, "status": 200,
                           "body_base64": base64.b64encode(body).decode(),
                           "headers": headers})

    def check_goes_on(self, what):
        """It is there, and works."""
        self.server.fault()
        self.assertIsNone(self.mount.process.poll(), what)
        if self.cgroup:
            self.assertEqual(self.cgroup.processes(), 1)
            self.assertEqual(self.cgroup.kills(), 0)
        self.save("run/small.sh", "echo small\n")
        self.assertEqual(self.read("run/small.sh.job/stdout"), "small\n")
        self.assertLess(self.used("VmHWM"), 256 * MB)
        with open(f"/proc/{self.mount.pid}/clear_refs", "w",
                  encoding="ascii") as file:
            file.write("5\n")

    def test_everything_that_reads(self):
        for name, body, is_packed in BODIES:
            for method, path, file in PATHS:
                with self.subTest(body=name, path=path):
                    self.strike(method, path, body, is_packed)
                    full = self.at(file)
                    self.error_of(os.listdir if os.path.isdir(full) else
                                  self.read, full)
                    self.check_goes_on((name, path))

    def test_the_reason_is_named(self):
        for body, is_packed, reason in (
                (b"{}" + b" " * (20 * MB), True, "more than 100 times"),
                (b"{}" + b" " * (9 * MB), False, "answer_max"),
                (b"[" * 65 + b"]" * 65, False, "nested too deep"),
                (many("[]", 3 * MB), False, "too many values")):
            self.strike("GET", "/cluster", body, is_packed)
            self.save(".unsandboxfs/refresh", "1\n")
            self.assertEqual(self.error_of(self.read, "system/cluster.json"),
                             "EPROTO")
            self.assertIn(reason, self.read(".unsandboxfs/errors"))

    def test_a_run(self):
        for number, (name, body, is_packed) in enumerate(BODIES):
            with self.subTest(body=name):
                before = self.state_size()
                self.strike("POST", "/execute", body, is_packed)
                path = f"run/r{number}.sh"
                self.save_error(path, "echo 1\n")
                self.error_of(self.read, path + ".job/job.json")
                self.error_of(os.listdir, self.at(path + ".job/artifacts"))
                self.assertLess(self.state_size() - before,
                                5 * len(body) + MB)
                self.check_goes_on(name)


class Many(Small):
    """The same, by true answers of a full account."""

    options = "ttl_list=600"  # on a slow machine they are not read again
    server_arguments = ("--data", "")
    test_everything_that_reads = test_the_reason_is_named = test_a_run = None

    def test_a_hundred_thousand_of_each(self):
        kinds = {"snapshots": "size_bytes", "services": "state"}
        self.server.ask("PUT", "/seed", dict.fromkeys(kinds, 100_000))
        for folder, file in kinds.items():
            names = set(os.listdir(self.at(folder))) - {"new"}
            self.assertEqual(len(names), 100_000, folder)
            for name in sorted(names)[::30_000]:
                self.assertNotEqual(self.read(folder, name, file), "")
            self.check_goes_on(folder)


if __name__ == "__main__":
    unittest.main()
