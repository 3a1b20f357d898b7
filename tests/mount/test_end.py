# SPDX-License-Identifier: MIT
# tests/mount/test_end.py - the daemon ends promptly when it is told to
import os
import signal
import subprocess
import sys
import time
import unittest

from case import IS_SANITIZED, SLOWNESS, MountCase
from gate import Gate
from place import unmount

# Waits in one way, and prints the result.
READER = "import sys\ntry: print(open(sys.argv[1]).read())\n" \
         "except OSError as error: print(error.errno)\n"
POLLER = "import select, sys\np = select.poll()\n" \
         "p.register(open(sys.argv[1]))\nprint(bool(p.poll(60000)))\n"


# A disk whose fsync takes 5 s while a file is there.
SLOW_DISK = r"""
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
static void wait_for_disk(void)
{
	const char *slow = getenv("SLOW_DISK");
	if (slow && access(slow, F_OK) == 0)
		sleep(5);
}
int fsync(int fd) { wait_for_disk(); return syscall(SYS_fsync, fd); }
int fdatasync(int fd) { wait_for_disk(); return syscall(SYS_fdatasync, fd); }
"""


class End(MountCase):
    """SIGTERM, SIGINT and fusermount3 -u, with and without readers."""

    def setUp(self):
        super().setUp()
        self.children = []
        self.addCleanup(self.end_children)

    def end_children(self):
        """Asserts that no waiting process is left."""
        for child in self.children:
            child.kill()
            child.wait()
            child.stdout.close()

    def wait_in(self, path, program=READER):
        """A process that waits for the path."""
        self.children.append(subprocess.Popen(
            [sys.executable, "-c", program, self.at(path)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL))

    def start_waiting(self):
        """Starts a job and a run, and processes that wait for them."""
        name = self.id().rsplit(".", 1)[-1]
        gate = Gate(self.place, name)
        self.save(f"jobs/new/{name}.sh", "echo begun\n" + gate.wait)
        self.save(f"run/{name}.sh", gate.wait)
        for path in (f"jobs/new/{name}.sh.job/stdout", "jobs/latest/stderr",
                     "jobs/latest/exit_code", f"run/{name}.sh.job/stdout"):
            self.wait_in(path)
        self.wait_for(lambda: "\nreaders_waiting 4\n" in
                      self.read(".unsandboxfs/stats"), "they wait")
        return gate

    def assert_ended(self, began):
        """Asserts an end with status 0 and no mount; the daemon waits 2 s for
        the disk at most, and this machine may be busy."""
        self.assertEqual(self.mount.process.wait(10 * SLOWNESS), 0)
        self.assertLess(time.monotonic() - began, 5 * SLOWNESS)
        self.assertFalse(self.mount.is_mounted())
        self.assertEqual(os.listdir(self.mount.path), [])

    def tearDown(self):
        self._mount_again()
        super().tearDown()

    def test_while_a_save_goes_to_disk(self):
        """The worker frees the work that it has when the end comes."""
        for round_ in range(6):
            size = 8 << 20
            names = [f"big{round_}-{i}.sh" for i in range(4)]
            for name in names:
                self.children.append(subprocess.Popen(
                    ["dd", "if=/dev/zero", "bs=1M", f"count={size >> 20}",
                     "of=" + self.at("run", name)], stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
            self.wait_for(lambda n=names: any(
                os.path.exists(self.at("run", name)) and
                os.path.getsize(self.at("run", name)) == size for name in n),
                "one is written")
            began = time.monotonic()
            self.mount.process.send_signal(signal.SIGTERM)
            self.assert_ended(began)
            self._mount_again()

    def test_unmount(self):
        began = time.monotonic()
        self.assertTrue(unmount(self.mount.path))
        self.assert_ended(began)

    def in_private_namespace(self, *command):
        """A process with its own copy of all mounts."""
        user = ["-r"] if os.geteuid() else []
        child = subprocess.Popen(
            ["unshare", *user, "-m", "--propagation", "private", *command],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL)
        self.children.append(child)
        self.wait_for(lambda: os.readlink(f"/proc/{child.pid}/ns/mnt") !=
                      os.readlink("/proc/self/ns/mnt") and open(
                          f"/proc/{child.pid}/comm", encoding="utf-8").read()
                      != "unshare\n", "it has a namespace of its own")
        return child

    def test_copy_in_a_private_namespace(self):
        """It gets no news of an unmount, and keeps the kernel's side of the
        mount alive. It holds up neither the end nor the next mount."""
        self.in_private_namespace("sleep", "600")
        for _ in range(2):
            began = time.monotonic()
            self.assertTrue(unmount(self.mount.path))
            self.assert_ended(began)
            self.mount.start()
            self.in_private_namespace("sleep", "600")
        self.save("run/after.sh", "echo after\n")
        self.assertEqual(self.read("run/after.sh.job/stdout"), "after\n")

    def test_reader_in_a_private_namespace(self):
        """What it has open is served until it closes it."""
        self.save("run/script.sh", "echo some text\n")
        reader = self.in_private_namespace(
            "sh", "-c", 'exec 3<"$1"; echo open; sleep 2; cat <&3', "sh",
            self.at("run/script.sh"))
        self.assertEqual(reader.stdout.readline(), b"open\n")
        self.assertTrue(unmount(self.mount.path))
        self.assertEqual(reader.communicate(timeout=20 * SLOWNESS)[0],
                         b"echo some text\n")
        self.assert_ended(time.monotonic())

    @unittest.skipUnless(os.geteuid() == 0, "needs root to bind")
    def test_bound_elsewhere(self):
        """The mount lives as long as it is mounted anywhere."""
        other = self.place.folder("bound")
        self.addCleanup(os.rmdir, other)
        subprocess.run(["mount", "--bind", self.mount.path, other], check=True)
        self.assertTrue(unmount(self.mount.path))
        time.sleep(0.5)
        with open(f"{other}/run/bound.sh", "w", encoding="ascii") as file:
            file.write("echo bound\n")
        with open(f"{other}/run/bound.sh.job/stdout", encoding="ascii") as out:
            self.assertEqual(out.read(), "bound\n")
        began = time.monotonic()
        subprocess.run(["umount", other], check=True)
        self.assert_ended(began)

    def check_signal(self, number):
        """Readers are released, and the daemon ends."""
        self.start_waiting()
        self.wait_in("jobs/latest/stderr", POLLER)
        began = time.monotonic()
        self.mount.process.send_signal(number)
        self.assert_ended(began)
        for child in self.children:
            child.communicate(timeout=5 * SLOWNESS)

    def test_sigterm(self):
        self.check_signal(signal.SIGTERM)

    def test_sigint(self):
        self.check_signal(signal.SIGINT)

    def test_unmount_is_refused_while_somebody_reads(self):
        """It is busy, as a disk would be; readers get all their bytes."""
        gate = self.start_waiting()
        self.assertFalse(unmount(self.mount.path))
        self.addCleanup(os.close, gate.stay_open())
        got = [child.communicate(timeout=20 * SLOWNESS)[0]
               for child in self.children]
        self.assertEqual(got, [b"begun\n\n", b"\n", b"0\n\n", b"\n"])
        began = time.monotonic()
        self.assertTrue(unmount(self.mount.path))
        self.assert_ended(began)

    def test_lazy_unmount_lets_readers_finish(self):
        gate = self.start_waiting()
        self.assertTrue(unmount(self.mount.path, lazy=True))
        self.addCleanup(os.close, gate.stay_open())
        got = [child.communicate(timeout=20 * SLOWNESS)[0]
               for child in self.children]
        self.assertEqual(got, [b"begun\n\n", b"\n", b"0\n\n", b"\n"])
        self.assert_ended(time.monotonic())

    def test_sigterm_while_a_close_waits(self):
        self.server.fault({"path": "/execute*", "delay_ms": 30000})
        name = self.at("jobs/new/slow.sh")
        self.children.append(subprocess.Popen(
            ["sh", "-c", f"echo true >{name}"], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT))
        self.wait_for(lambda: "POST /execute/async" in self.server.requests(),
                      "the request")
        began = time.monotonic()
        self.mount.process.terminate()
        self.assert_ended(began)
        self.children[0].communicate(timeout=5 * SLOWNESS)
        self.server.fault()
        self.mount.start()
        self.assertEqual(self.read("jobs/new/slow.sh"), "true\n")
        self.settled()
        self.assertEqual(len(self.executions()), 0)

    @unittest.skipIf(IS_SANITIZED, "sanitizers want to be loaded first")
    def test_sigterm_with_a_slow_disk(self):
        """It unmounts at once, and ends when the disk has what was saved."""
        self.assertEqual(self.mount.unmount(), 0)
        library, slow = (f"{self.place.path}/slow{end}" for end in (".so", ""))
        subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o",
                        library], input=SLOW_DISK.encode(), check=True)
        env = dict(self.mount.env)
        self.addCleanup(self.mount.env.update, LD_PRELOAD="")
        self.mount.env.update(env, LD_PRELOAD=library, SLOW_DISK=slow)
        self.mount.start()
        with open(slow, "w", encoding="ascii"):
            pass
        self.children.append(subprocess.Popen(
            ["sh", "-c", f"echo kept >{self.at('run/slow.txt')}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        path = self.at("run/slow.txt")
        self.wait_for(lambda: os.path.exists(path) and os.path.getsize(path),
                      "it is written")
        time.sleep(0.3)
        os.unlink(slow)
        began = time.monotonic()
        self.mount.process.terminate()
        self.wait_for(lambda: not self.mount.is_mounted(), "the unmount", 2)
        self.assertIsNone(self.mount.process.poll())
        self.assertEqual(self.mount.process.wait(20 * SLOWNESS), 0)
        self.assertGreater(time.monotonic() - began, 2)
        self.mount.env["LD_PRELOAD"] = ""
        self.mount.start()
        self.assertEqual(self.read("run/slow.txt"), "kept\n")

    def test_sigterm_with_a_hanging_api(self):
        self.server.fault({"path": "*", "hang": "before"})
        self.save(".unsandboxfs/refresh", "1")
        self.wait_in("languages")
        self.wait_for(lambda: "GET /languages" in self.server.requests(),
                      "the request")
        began = time.monotonic()
        self.mount.process.terminate()
        self.assert_ended(began)
        self.server.fault()

    def test_sigterm_twice(self):
        self.start_waiting()
        began = time.monotonic()
        self.mount.process.terminate()
        self.mount.process.terminate()
        self.assert_ended(began)

    def test_sigterm_with_a_shell_in_it(self):
        """A working directory keeps the mount busy, but not the daemon."""
        self.children.append(subprocess.Popen(
            ["sleep", "600"], cwd=self.at("run"), stdout=subprocess.PIPE))
        began = time.monotonic()
        self.mount.process.terminate()
        self.assert_ended(began)

    def test_sigterm_right_after_a_save(self):
        """Saved files are there, and ran at most once."""
        self.save("run/data.txt", "kept")
        self.save("run/settles", "#!/bin/sh\necho settles\n")
        began = time.monotonic()
        self.mount.process.terminate()
        self.assert_ended(began)
        self.mount.start()
        self.assertEqual(self.read("run/data.txt"), "kept")
        self.assertEqual(self.read("run/settles"),
                         "#!/bin/sh\necho settles\n")
        self.settled()
        self.assertLessEqual(len(self.executions()), 1)

    def test_killed_while_mounting(self):
        """The daemon is told to end before it is ready."""
        self.assertEqual(self.mount.unmount(), 0)
        with subprocess.Popen(self.mount.command("-f"), env=self.mount.env,
                              stdin=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as child:
            child.terminate()
            child.wait(10)
        self.assertFalse(self.mount.is_mounted())


if __name__ == "__main__":
    unittest.main()
