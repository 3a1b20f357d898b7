# SPDX-License-Identifier: MIT
# tests/mount/test_crash.py - kill -9 of the daemon loses nothing
import glob
import os
import unittest

from case import MountCase
from gate import Gate


class Crash(MountCase):
    """The daemon is killed, and started again over its dead mount."""

    def kill(self):
        """kill -9 of the daemon; its mount is dead."""
        self.mount.process.kill()
        self.mount.process.wait(10)
        self.assertEqual(self.error_of(os.listdir, self.mount.path),
                         "ENOTCONN")

    def revive(self):
        """kill -9, then a new start."""
        self.kill()
        self.mount.start()

    def test_right_after_cp(self):
        source = os.path.join(self.place.path, "c.sh")
        with open(source, "w", encoding="utf-8") as file:
            file.write("echo crashed\n")
        self.shell('cp "$1" run/', source)
        self.revive()
        self.assertEqual(self.read("run/c.sh"), "echo crashed\n")
        self.assertIn(self.value("run/c.sh.job/status"),
                      ("completed", "error"))
        self.settled()
        self.assertEqual(len(self.executions()), 1)

    def test_result_that_was_read_stays(self):
        self.save("run/read.sh", "echo result; exit 6")
        before = self.results("run/read.sh.job")
        self.revive()
        self.assertEqual(self.results("run/read.sh.job"), before)
        self.assertEqual(len(self.executions()), 1)

    def test_another_file_with_its_number(self):
        """A disk gives the inode number of a deleted file to the next one,
        which may happen before a daemon that is killed has forgotten it."""
        for place, job in ("run", "run/old.sh.job"), ("jobs/new", None):
            self.save(f"{place}/old.sh", "echo old\n")
            job = job or "jobs/" + os.readlink(self.at("jobs/latest"))
            self.assertEqual(self.results(job)[2], "old\n")
            number = os.stat(self.at(place, "old.sh")).st_ino
            self.kill()
            name = {"run": "run", "jobs/new": "jobs-new"}[place]
            folder, = glob.glob(f"{self.mount.state_dir}/*/*/{name}")
            os.unlink(folder + "/old.sh")
            others = [f"other{n}.txt" for n in range(100)]
            for other in others:
                with open(f"{folder}/{other}", "x", encoding="utf-8"):
                    pass
            self.mount.start()
            self.assertEqual([other for other in others if os.path.exists(
                self.at(place, other + ".job"))], [])
            self.assertIn(number, [os.stat(self.at(place, other)).st_ino
                                   for other in others])
            path = self.at("jobs", os.path.basename(job))
            self.assertEqual(os.path.exists(path), place != "run")

    def test_run_under_way(self):
        gate = Gate(self.place, "run")
        self.save("run/way.sh", f"{gate.wait}echo end\n")
        self.assertEqual(self.value("run/way.sh.job/status"), "running")
        self.revive()
        self.assertEqual(self.value("run/way.sh.job/status"), "error")
        self.assertIn("echo end", self.read("run/way.sh"))
        self.assertIn("echo end", self.read("run/way.sh.job/code"))
        self.settled()
        self.assertEqual(len(self.executions()), 1)

    def test_job_under_way(self):
        gate = Gate(self.place, "job")
        self.save("jobs/new/way.sh", f"echo begin\n{gate.wait}echo end\n")
        job = os.readlink(self.at("jobs/latest"))
        self.revive()
        self.assertEqual(os.readlink(self.at("jobs/latest")), job)
        gate.open()
        self.assertEqual(self.results(f"jobs/{job}"),
                         ("completed", "0", "begin\nend\n"))
        self.assertEqual(len(self.executions()), 1)

    def test_killed_while_the_request_is_on_its_way(self):
        """The close was not answered, but the content is there."""
        self.server.fault({"path": "/execute/async", "delay_ms": 60000})
        pid = os.fork()
        if pid == 0:
            try:
                self.save("jobs/new/onway.sh", "echo on its way")
            finally:
                os._exit(0)
        self.wait_for(lambda: "POST /execute/async" in self.server.requests(),
                      "the request")
        self.kill()
        os.waitpid(pid, 0)
        self.server.fault()
        self.mount.start()
        self.assertEqual(self.read("jobs/new/onway.sh"), "echo on its way")
        self.assertEqual(self.value("jobs/new/onway.sh.job/status"), "error")
        self.settled()
        self.assertLessEqual(len(self.executions()), 1)

    def test_unsaved_bytes_do_not_run(self):
        fd = os.open(self.at("run/open.sh"), os.O_WRONLY | os.O_CREAT)
        os.write(fd, b"echo not saved\n")
        self.kill()
        self.error_of(os.close, fd)
        self.mount.start()
        self.settled()
        self.assertEqual(self.executions(), [])
        self.assertIn(os.path.exists(self.at("run/open.sh")), (True, False))
        self.save("run/open.sh", "echo saved\n")
        self.assertEqual(self.read("run/open.sh.job/stdout"), "saved\n")

    def test_fsync_keeps_what_was_not_closed(self):
        fd = os.open(self.at("run/synced.txt"), os.O_WRONLY | os.O_CREAT)
        os.write(fd, b"synced\n")
        os.fsync(fd)
        self.kill()
        self.error_of(os.close, fd)
        self.mount.start()
        self.assertEqual(self.read("run/synced.txt"), "synced\n")

    def test_what_was_removed_or_renamed_does_not_come_back(self):
        """Afterwards only the last names are there, and are input files."""
        chains = {
            "sed": "printf 1 > d; sed -i s/1/2/ d; mv d e",
            "link": "printf 2 > d; ln d e; rm d",
            "over": "printf 1 > d; printf 2 > t; mv t d; mv d e",
            "again": "printf 1 > d; rm d; printf 2 > d; mv d e",
            "folder": "mkdir f; printf 2 > f/d; mv f g; mv g/d e; rmdir g",
            "truncated": "printf 234 > d; truncate -s 1 d; mv d e",
            "exchanged": "printf 2 > d; printf 1 > x; mv d y; mv x d; "
                         "mv y e; rm d",
        }
        for name, chain in chains.items():
            with self.subTest(name):
                self.shell(f"mkdir run/{name}; cd run/{name}; {chain}")
        self.revive()
        for name in chains:
            with self.subTest(name):
                self.assertEqual(os.listdir(self.at("run", name)), ["e"])
                self.assertEqual(self.read(f"run/{name}/e"), "2")

    def test_again_and_again(self):
        """Every save that returned keeps name, content and settings."""
        expected = {}
        for turn in range(8):
            for number in range(4):
                path = f"run/turn{number}.txt"
                expected[path] = f"turn {turn} of {number}\n" * (turn + 1)
                self.save(path, expected[path])
            os.rename(self.at("run/turn0.txt"), self.at(f"run/t{turn}.txt"))
            expected[f"run/t{turn}.txt"] = expected.pop("run/turn0.txt")
            self.save(f"run/new{turn}.sh", f"echo {turn}\n")
            self.save("run/.settings/ttl", f"{turn + 1}\n")
            self.revive()
            self.assertEqual(self.value("run/.settings/ttl"), str(turn + 1))
            self.assertEqual(self.read(f"run/new{turn}.sh"), f"echo {turn}\n")
            self.assertEqual({path: self.read(path) for path in expected},
                             expected)
        self.settled()
        self.assertEqual(sorted(e["code"] for e in self.executions()),
                         [f"echo {turn}\n" for turn in range(8)])

    def test_twenty_jobs(self):
        gate = Gate(self.place, "twenty")
        for number in range(20):
            self.save(f"jobs/new/t{number}.sh",
                      f"echo {number}\n{gate.wait}echo {-number}\n")
        self.revive()
        self.addCleanup(os.close, gate.stay_open())
        for number in range(20):
            self.assertEqual(self.read(f"jobs/new/t{number}.sh.job/stdout"),
                             f"{number}\n{-number}\n")
        self.assertEqual(len(self.executions()), 20)

    def test_readers_are_released(self):
        gate = Gate(self.place, "released")
        self.save("jobs/new/wait.sh", gate.wait)
        pid = os.fork()
        if pid == 0:
            os._exit(7 if self.error_of(
                self.read, "jobs/latest/stdout") == "ECONNABORTED" else 1)
        self.wait_for(lambda: "readers_waiting 1" in
                      self.read(".unsandboxfs/stats"), "the reader")
        self.kill()
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 7)
        self.mount.start()
        gate.open()


if __name__ == "__main__":
    unittest.main()
