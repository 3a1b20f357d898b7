# SPDX-License-Identifier: MIT
# tests/mount/test_waiting.py - reading results waits like reading a pipe
import os
import select
import signal
import subprocess
import time
import unittest

from case import SLOWNESS, MountCase
from gate import Gate


class Waiting(MountCase):
    """Readers of a running job."""

    def start_job(self, name, *pieces, directory="jobs/new"):
        """Starts a job that runs pieces of bash with a gate after each;
        returns the gates and the job's directory."""
        gates = [Gate(self.place, f"{name}.{i}") for i in range(len(pieces))]
        self.save(f"{directory}/{name}.sh", "".join(
            piece + "\n" + gate.wait for piece, gate in zip(pieces, gates)))
        self.addCleanup(self.cancel, f"{directory}/{name}.sh.job")
        return gates, f"{directory}/{name}.sh.job"

    def cancel(self, job):
        """Opens all gates, in any state of the job."""
        self.error_of(self.save, job + "/cancel", "1\n")

    def start(self, *command):
        """Starts a command in the mount, with a pipe for its output."""
        child = subprocess.Popen(command, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, cwd=self.mount.path,
                                 stdin=subprocess.DEVNULL)
        self.addCleanup(child.stderr.close)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        return child

    def wait_for_readers(self, count):
        """Waits until so many reads wait in the daemon."""
        self.wait_for(lambda: f"\nreaders_waiting {count}\n" in
                      self.read(".unsandboxfs/stats"), f"{count} readers")

    # ---- cat ----

    def test_cat_follows_a_job_to_its_end(self):
        gates, job = self.start_job("follow", *[
            f"echo line {i}" for i in range(1, 5)])
        cat = self.start("cat", job + "/stdout")
        for i, gate in enumerate(gates, 1):
            self.assertEqual(cat.stdout.readline(), b"line %d\n" % i)
            self.assertEqual(self.value(job, "status"), "running")
            self.assertEqual(select.select([cat.stdout], [], [], 0)[0], [])
            gate.open()
        self.assertEqual(cat.stdout.read(), b"")
        self.assertEqual(cat.wait(5), 0)
        self.assertEqual(self.results(job), (
            "completed", "0", "line 1\nline 2\nline 3\nline 4\n"))

    def test_a_line_a_second(self):
        self.save("jobs/new/steps.sh",
                  "for i in 1 2 3; do echo $i; sleep 1; done")
        began = time.monotonic()
        cat = self.start("cat", "jobs/latest/stdout")
        came = [(cat.stdout.readline(), time.monotonic() - began)
                for _ in range(3)]
        self.assertEqual([line for line, _ in came], [b"1\n", b"2\n", b"3\n"])
        for number, (_, at) in enumerate(came):
            self.assertLess(at, number + 2.5 * SLOWNESS)
        self.assertEqual(cat.wait(5 * SLOWNESS), 0)

    def test_several_readers_of_one_job(self):
        """Readers of different files of a job all wait for its end."""
        gates, job = self.start_job("several", *[
            f"echo line {i}" for i in range(1, 4)])
        readers = [self.start("cat", f"{job}/{name}") for name in
                   ("stdout", "exit_code", "exit_code", "stderr")]
        self.wait_for_readers(4)
        for i, gate in enumerate(gates, 1):
            self.assertEqual(readers[0].stdout.readline(), b"line %d\n" % i)
            gate.open()
        self.assertEqual([reader.stdout.read() for reader in readers],
                         [b"", b"0\n", b"0\n", b""])

    def test_stderr_and_exit_code_wait_as_well(self):
        (gate,), job = self.start_job("both", "echo e >&2; trap 'exit 3' EXIT")
        errors = self.start("cat", job + "/stderr")
        code = self.start("cat", job + "/exit_code")
        self.assertEqual(errors.stdout.readline(), b"e\n")
        self.assertIsNone(code.poll())
        gate.open()
        self.assertEqual(code.stdout.read(), b"3\n")
        self.assertEqual(errors.stdout.read(), b"")

    def test_run_gives_its_output_at_its_end(self):
        (gate,), job = self.start_job("late", "echo late", directory="run")
        cat = self.start("cat", job + "/stdout")
        self.wait_for_readers(1)
        self.assertEqual(self.value(job, "status"), "running")
        gate.open()
        self.assertEqual(cat.stdout.read(), b"late\n")
        self.assertEqual(cat.wait(5), 0)
        self.assert_requests({"POST /execute": 1})

    def test_head_ends_early(self):
        _, job = self.start_job("head", "echo one")
        self.assertEqual(self.shell("head -n 1 $1/stdout", job), "one\n")
        self.assertEqual(self.value(job, "status"), "running")

    def test_readers_from_anywhere(self):
        (gate,), job = self.start_job("places", "echo 0123456789")
        from_3 = self.start("tail", "-c", "+4", job + "/stdout")
        by_bytes = self.start("dd", "bs=3", f"if={job}/stdout", "status=none")
        gate.open()
        self.assertEqual(from_3.stdout.read(), b"3456789\n")
        self.assertEqual(by_bytes.stdout.read(), b"0123456789\n")

    def test_a_reader_keeps_the_run_that_it_opened(self):
        (gate,), job = self.start_job("first", "echo first", directory="run")
        cat = self.start("cat", job + "/stdout")
        self.wait_for_readers(1)
        self.save("run/first.sh", "echo second")
        self.assertEqual(self.read(job, "stdout"), "second\n")
        gate.open()
        self.assertEqual(cat.stdout.read(), b"first\n")

    def test_a_cancel_ends_the_readers(self):
        _, job = self.start_job("ended", "echo before")
        cat = self.start("cat", job + "/stdout")
        self.assertEqual(cat.stdout.readline(), b"before\n")
        self.save(job + "/cancel", "1\n")
        self.assertEqual(cat.wait(5 * SLOWNESS), 0)

    # ---- interrupted ----

    def check_signal(self, name, number, file):
        """A waiting cat ends at once when it is interrupted."""
        (gate,), job = self.start_job(name, "true")
        cat = self.start("cat", f"{job}/{file}")
        self.wait_for_readers(1)
        cat.send_signal(number)
        self.assertEqual(cat.wait(10), -number)
        self.wait_for_readers(0)
        gate.open()
        self.assertEqual(self.results(job), ("completed", "0", ""))

    def test_ctrl_c(self):
        self.check_signal("int", signal.SIGINT, "stdout")

    def test_sigterm(self):
        self.check_signal("term", signal.SIGTERM, "exit_code")

    def test_sigkill(self):
        self.check_signal("kill", signal.SIGKILL, "stderr")

    def test_timeout_1_cat_exit_code(self):
        _, job = self.start_job("timeout", "true")
        began = time.monotonic()
        self.assertEqual(self.fails(f"timeout 1 cat {job}/exit_code; "
                                    "test $? != 124"), "")
        self.assertLess(time.monotonic() - began, 2 * SLOWNESS)

    # ---- without waiting ----

    def test_nonblocking_reads(self):
        (one, two), job = self.start_job("nonblock", "true", "echo data")
        for name in ("stdout", "stderr", "exit_code"):
            fd = os.open(self.at(job, name), os.O_RDONLY | os.O_NONBLOCK)
            self.addCleanup(os.close, fd)
            self.assertEqual(self.error_of(os.read, fd, 10), "EAGAIN", name)
        one.open()
        fd = os.open(self.at(job, "stdout"), os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, fd)
        self.assertTrue(select.select([fd], [], [], 10 * SLOWNESS)[0])
        self.assertEqual(os.read(fd, 100), b"data\n")
        self.assertEqual(self.error_of(os.read, fd, 10), "EAGAIN")
        two.open()
        self.assertTrue(select.select([fd], [], [], 10 * SLOWNESS)[0])
        self.assertEqual(os.read(fd, 10), b"")

    def test_who_walks_a_tree_does_not_wait(self):
        _, job = self.start_job("walked", "echo data")
        done = self.shell("timeout 10 grep -rs . \"$1\" | grep -c :", job)
        self.assertGreater(int(done), 3)
        for name in ("stdout", "exit_code"):
            fd = os.open(self.at(job, name), os.O_RDONLY | os.O_NONBLOCK |
                         os.O_NOFOLLOW)
            self.addCleanup(os.close, fd)
            self.assertEqual(os.read(fd, 10), b"", name)
        self.shell("grep -r 'no such text' \"$1\" || test $? = 1", job)

    def test_nonblocking_reader_gets_its_bytes(self):
        """A reader that retries without using poll."""
        _, job = self.start_job("asking", "echo data")
        fd = os.open(self.at(job, "stdout"), os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, fd)
        self.wait_for(lambda: self.error_of(self.read_into, fd) is None,
                      "data")
        self.assertEqual(self.got, b"data\n")

    def read_into(self, fd):
        """Reads once, and keeps the result."""
        self.got = os.read(fd, 100)

    def check_poll(self, name, wait):
        """Ready when there is output, and at the end."""
        (one, two), job = self.start_job(name, "true", "echo data")
        fd = os.open(self.at(job, "stdout"), os.O_RDONLY)
        self.addCleanup(os.close, fd)
        self.assertFalse(wait(fd, 0.2))
        one.open()
        self.assertTrue(wait(fd, 10 * SLOWNESS))
        self.assertEqual(os.read(fd, 100), b"data\n")
        self.assertFalse(wait(fd, 0.2))
        two.open()
        self.assertTrue(wait(fd, 10 * SLOWNESS))
        self.assertEqual(os.read(fd, 100), b"")

    def test_poll(self):
        def wait(fd, seconds):
            poll = select.poll()
            poll.register(fd, select.POLLIN)
            return poll.poll(seconds * 1000)
        self.check_poll("poll", wait)

    def test_select(self):
        self.check_poll("select", lambda fd, seconds:
                        select.select([fd], [], [], seconds)[0])

    def test_epoll(self):
        def wait(fd, seconds):
            with select.epoll() as epoll:
                epoll.register(fd, select.EPOLLIN)
                return epoll.poll(seconds)
        self.check_poll("epoll", wait)

    def test_poll_of_an_exit_code(self):
        (gate,), job = self.start_job("code", "true")
        with open(self.at(job, "exit_code"), "rb", buffering=0) as code:
            poll = select.poll()
            poll.register(code, select.POLLIN)
            self.assertEqual(poll.poll(200), [])
            gate.open()
            self.assertTrue(poll.poll(10000 * SLOWNESS))
            self.assertEqual(code.read(10), b"0\n")

    # ---- nothing else waits ----

    def test_all_else_answers_at_once(self):
        (_,), job = self.start_job("slow", "echo printed")
        (_,), run = self.start_job("slower", "true", directory="run")
        for path in (job + "/stdout", job + "/exit_code", run + "/stdout"):
            self.start("cat", path)
        self.wait_for_readers(3)
        for command in ("ls -lR run languages key .unsandboxfs README",
                        "ls -l jobs jobs/ jobs/latest/ $1/ $2/",
                        "cat $1/status $2/status $1/job.json $2/job.json",
                        "cat README languages run/.settings/* key/tier",
                        "stat $1/stdout $2/stdout $1/exit_code",
                        "echo x >run/data.txt; mkdir run/more; rmdir run/more",
                        "df . >/dev/null; du -s run/.settings"):
            began = time.monotonic()
            self.shell(command, job, run)
            self.assertLess(time.monotonic() - began, 10 * SLOWNESS, command)
        self.save("run/meanwhile.sh", "echo meanwhile")
        self.assertEqual(self.read("run/meanwhile.sh.job/stdout"),
                         "meanwhile\n")

    def test_sizes_while_it_goes_on(self):
        (gate,), job = self.start_job("sizes", "echo 12345")
        with open(self.at(job, "stdout"), "rb", buffering=0) as stdout:
            self.assertEqual(stdout.read(100), b"12345\n")
        self.assertEqual(os.stat(self.at(job, "stdout")).st_size, 0)
        gate.open()
        self.assertEqual(self.read(job, "exit_code"), "0\n")
        self.assertEqual(os.stat(self.at(job, "stdout")).st_size, 6)
        self.assertEqual(os.stat(self.at(job, "exit_code")).st_size, 2)


class Stopped(MountCase):
    """A daemon that is stopped for longer than its time limit."""

    options = "timeout=2"

    def test_an_answer_waits_for_it(self):
        self.server.fault({"method": "POST", "path": "/execute/async",
                           "after": True, "delay_ms": 500})
        source = os.path.join(self.place.path, "late.sh")
        with open(source, "w", encoding="utf-8") as file:
            file.write("echo late\n")
        copy = subprocess.Popen(["cp", source, self.at("jobs/new/late.sh")],
                                stdin=subprocess.DEVNULL)
        self.addCleanup(copy.kill)
        self.wait_for(lambda: self.server.requests().get(
            "POST /execute/async"), "the job was submitted")
        self.mount.process.send_signal(signal.SIGSTOP)
        time.sleep(4)
        self.mount.process.send_signal(signal.SIGCONT)
        self.assertEqual(copy.wait(20 * SLOWNESS), 0)
        self.assertEqual(self.results("jobs/new/late.sh.job"),
                         ("completed", "0", "late\n"))
        self.assertEqual(len(self.executions()), 1)


if __name__ == "__main__":
    unittest.main()
