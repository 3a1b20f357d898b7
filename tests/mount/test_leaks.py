# SPDX-License-Identifier: MIT
# tests/mount/test_leaks.py - valgrind finds no leak in a hundred runs
import os
import re
import shutil
import unittest

from case import MountCase
from mounted import IS_SANITIZED


@unittest.skipIf(IS_SANITIZED, "a sanitizer finds leaks itself")
@unittest.skipUnless(shutil.which("valgrind"), "no valgrind here")
class Leaks(MountCase):
    """A mount, a hundred runs, everything else once, an unmount."""

    starts_mounted = False
    time_limit_s = 150

    def start_in_valgrind(self):
        """The daemon, many times slower."""
        self.report = os.path.join(self.place.path, "valgrind.txt")
        self.mount.wrapper = (
            "valgrind", "--quiet", "--leak-check=full", "--num-callers=20",
            "--show-leak-kinds=definite,indirect", "--error-exitcode=98",
            "--errors-for-leak-kinds=definite,indirect",
            f"--log-file={self.report}")
        self.mount.start(60)

    def use(self):
        """Runs, jobs, refusals, settings, drafts, walks, a waiting reader."""
        self.shell("""set -e
            for i in $(seq 90); do echo "echo $i" >run/r.sh
                cat run/r.sh.job/stdout; done >/dev/null
            for i in $(seq 10); do echo "exit $i" >jobs/new/j$i.sh; done
            cat jobs/new/j*.job/exit_code >/dev/null
            mkdir run/d; echo 5 >run/d/.settings/ttl
            echo A=1 >run/d/.settings/env; echo x >run/d/in.txt
            echo 'cat in.txt' >run/d/main.sh; cat run/d/main.sh.job/stdout
            mkdir jobs/new/d; echo true >jobs/new/d/main.sh; mv jobs/new/d jobs/a
            cat jobs/a/exit_code; rm jobs/a; rm -r run/d
            printf '#!/bin/sh\\n' >run/s; mv run/s run/t; ln run/t run/u
            ln -s t run/v; rm run/u; sed -i s/1/2/ run/r.sh
            ls -lR >/dev/null; grep -r x . >/dev/null; echo 1 \
                >.unsandboxfs/refresh; timeout 1 cat jobs/none || :
            """.replace("timeout 1 cat jobs/none || :",
                        "(cat jobs/none || :) 2>/dev/null"), seconds=120)
        self.server.fault({"path": "/execute", "status": 403})
        self.assertEqual(self.save_error("run/no.sh", "x"), "EACCES")
        self.server.fault({"path": "/execute", "status": 200, "body": "x"})
        self.assertEqual(self.save_error("run/no.sh", "x"), "EPROTO")
        self.server.fault()
        os.setxattr(self.at("run/r.sh"), "user.x", b"1")

    def test_no_leak(self):
        self.start_in_valgrind()
        self.use()
        status = self.mount.unmount(60)
        with open(self.report, encoding="utf-8") as file:
            report = file.read()
        # It does not know openat2, which the program can do without.
        report = re.sub(r"--(\d+)-- WARNING: unhandled \S+ syscall: 437\n"
                        r"(?:==\1== .*\n)*(?:--\1-- .*\n)*", "", report)
        self.assertEqual((status, re.sub(r"^==\d+== *", "", report,
                                         flags=re.M)), (0, ""))


if __name__ == "__main__":
    unittest.main()
