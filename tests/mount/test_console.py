# SPDX-License-Identifier: MIT
# tests/mount/test_console.py - the live shells of sessions and services
import errno
import fcntl
import hashlib
import hmac
import http.client
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import threading
import time
import unittest

from case import MountCase
from mounted import PROGRAM
from standin import PUBLIC, SECRET


class Terminal:
    """A console that is open for reading and writing."""

    def __init__(self, path, flags=0):
        self.fd = os.open(path, os.O_RDWR | flags)
        self.output = b""

    def type(self, text):
        """Types text."""
        os.write(self.fd, text.encode())

    def until(self, text):
        """Reads until it was printed."""
        while text not in self.output:
            more = os.read(self.fd, 65536)
            if not more:
                raise EOFError(self.output)
            self.output += more

    def close(self):
        """Closes it, once."""
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1


class ConsoleCase(MountCase):
    """Makes sessions."""

    def request(self, method, path, body=b""):
        """Sends a request of its own; returns its answer's JSON."""
        stamp = str(int(time.time()))
        signed = f"{stamp}:{method}:{path}:".encode() + body
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port)
        self.addCleanup(connection.close)
        connection.request(method, path, body, {
            "Authorization": f"Bearer {PUBLIC}", "X-Timestamp": stamp,
            "X-Signature": hmac.new(SECRET.encode(), signed,
                                    hashlib.sha256).hexdigest()})
        return json.loads(connection.getresponse().read())

    def session(self, shell="bash"):
        """Makes one; returns its directory."""
        answer = self.request("POST", "/sessions",
                              json.dumps({"shell": shell}).encode())
        self.save(".unsandboxfs/refresh", "1")
        return self.at("sessions", answer["session_id"])

    def destroy(self, folder):
        """Ends it behind the mount's back."""
        self.request("DELETE", "/sessions/" + os.path.basename(folder))


class Consoles(ConsoleCase):
    """Of sessions, mostly; a service's is the same."""

    def terminal(self, folder, flags=0):
        """Opens its console."""
        terminal = Terminal(os.path.join(folder, "console"), flags)
        self.addCleanup(terminal.close)
        return terminal

    def upgrades(self):
        """How often a WebSocket was asked for."""
        return sum(count for name, count in self.server.requests().items()
                   if name == "GET /sessions/ID/shell")

    def memory_kb(self):
        """The daemon's resident memory."""
        with open(f"/proc/{self.mount.process.pid}/status") as file:
            return int(next(line for line in file
                            if line.startswith("VmRSS")).split()[1])

    def test_dialogue(self):
        folder = self.session()
        terminal = self.terminal(folder)
        terminal.type("stty -echo; echo ready-$((1 + 1))\n")
        terminal.until(b"ready-2")
        terminal.type("X=5\n")
        terminal.type("echo $((X * 7))-$(tty | cut -c1-8)\n")
        terminal.until(b"35-/dev/pts")
        terminal.type("echo loo''ping; while :; do :; done\n")
        terminal.until(b"looping")
        terminal.type("\x03echo stopped: $?\n")
        terminal.until(b"stopped: 130")
        terminal.type("exit\n")
        while os.read(terminal.fd, 4096):
            pass
        with self.assertRaises(OSError) as refused:
            terminal.type("x")
        self.assertEqual(refused.exception.errno, errno.EIO)
        again = self.terminal(folder)
        again.type("echo new-$((1 + 1))-$X\n")
        again.until(b"new-2-")

    def test_other_shell(self):
        terminal = self.terminal(self.session("python3"))
        terminal.until(b">>> ")
        terminal.type("print(6 * 7)\n")
        terminal.until(b"42\r\n")

    def test_scripts(self):
        """A script that can only write and read."""
        folder = self.session()
        done = subprocess.run(
            ["sh", "-c", "echo 'echo by-$((1 + 1))' > console; "
             "timeout 5 tail -n +1 -f console"], cwd=folder,
            capture_output=True, timeout=30, check=False)
        self.assertIn(b"by-2", done.stdout)
        self.assertEqual(self.upgrades(), 1)
        with open(os.path.join(folder, "console"), "rb") as file:
            self.assertIn(b"by-2", file.read())

    def test_copied_back(self):
        """What was printed is not typed, as a backup that is copied back."""
        folder = self.session()
        terminal = self.terminal(folder)
        terminal.type("PS1='rea''dy> '; echo once-$((1 + 1))\n")
        terminal.until(b"ready> ")
        terminal.close()
        path = os.path.join(folder, "console")
        with open(path, "rb") as file:
            printed = file.read()
        with self.assertRaises(OSError) as refused:
            with open(path, "wb", buffering=0) as file:
                file.write(printed)
        self.assertEqual(refused.exception.errno, errno.EINVAL)
        with open(path, "wb") as file:
            pass
        with open(path, "rb") as file:
            self.assertEqual(file.read(), printed)

    def test_follow(self):
        folder = self.session()
        terminal = self.terminal(folder)
        terminal.type("PS1='rea''dy> '; echo first-$((1 + 1))\n")
        terminal.until(b"ready> ")
        with subprocess.Popen(["tail", "-f", "-n", "1", "console"], cwd=folder,
                              stdout=subprocess.PIPE) as tail:
            try:
                read = b""
                while b"ready> " not in read:  # the last line: it follows
                    read += os.read(tail.stdout.fileno(), 4096)
                terminal.type("echo second-$((1 + 1))\n")
                while b"second-2" not in read:
                    read += os.read(tail.stdout.fileno(), 4096)
                self.assertNotIn(b"first-2", read)
            finally:
                tail.kill()

    def test_looking_connects_nothing(self):
        folder = self.session()
        done = subprocess.run(["grep", "-r", "no such text", folder],
                              capture_output=True, timeout=20, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        with open(os.path.join(folder, "console"), "rb") as file:
            self.assertEqual(file.read(), b"")
        self.assertEqual(self.upgrades(), 0)

    def test_exec(self):
        folder = self.session()
        done = subprocess.run(
            ["bash", "-c", "exec 3<>console; echo 'echo me-$((1+1))' >&3; "
             "while read -r line <&3; do case $line in *me-2*) exit 5;; esac;"
             " done"], cwd=folder, timeout=30, check=False)
        self.assertEqual(done.returncode, 5)

    def test_nonblocking(self):
        terminal = self.terminal(self.session(), os.O_NONBLOCK)
        poll = select.poll()
        poll.register(terminal.fd, select.POLLIN)
        terminal.type("stty -echo; echo one-$((1 + 1))\n")
        while b"one-2" not in terminal.output:
            self.assertTrue(poll.poll(10000))
            terminal.output += os.read(terminal.fd, 4096)
        time.sleep(0.3)
        while poll.poll(0):
            os.read(terminal.fd, 4096)
        with self.assertRaises(BlockingIOError):
            os.read(terminal.fd, 4096)

    def test_waiting_read_and_write(self):
        """A read that waits holds up no write of the same descriptor, and
        can be interrupted."""
        terminal = self.terminal(self.session())
        terminal.type("stty -echo; echo one-$((1 + 1))\n")
        terminal.until(b"one-2")
        got = threading.Event()

        def reads():
            terminal.until(b"two-2")
            got.set()
        thread = threading.Thread(target=reads)
        thread.start()
        time.sleep(0.3)
        terminal.type("echo two-$((1 + 1))\n")
        self.assertTrue(got.wait(10))
        thread.join()

    def test_size(self):
        folder = self.session()
        with open(os.path.join(folder, "console.size")) as file:
            self.assertEqual(file.read(), "80x24\n")
        self.save(os.path.join(folder, "console.size"), "97x31\n")
        terminal = self.terminal(folder)
        terminal.type("stty size\n")
        terminal.until(b"31 97")
        self.save(os.path.join(folder, "console.size"), "133x44")
        terminal.type("stty size\n")
        terminal.until(b"44 133")
        for wrong in ("0x1", "12", "12x", "ax3", "-1x5", "1x2y", "99999x1"):
            with self.subTest(wrong), self.assertRaises(OSError) as refused:
                self.save(os.path.join(folder, "console.size"), wrong)
            self.assertEqual(refused.exception.errno, errno.EINVAL)

    def test_several(self):
        """Who has it open sees the same."""
        folder = self.session()
        one, other = self.terminal(folder), self.terminal(folder)
        one.type("echo both-$((1 + 1))\n")
        one.until(b"both-2")
        other.until(b"both-2")
        self.assertEqual(self.upgrades(), 1)

    def test_frozen(self):
        folder = self.session()
        self.save(os.path.join(folder, "state"), "frozen\n")
        with self.assertRaises(OSError) as refused:
            self.terminal(folder)
        self.assertEqual(refused.exception.errno, errno.EBUSY)
        with open(self.at(".unsandboxfs/errors")) as file:
            self.assertIn("unfreeze it first", file.read())
        self.save(os.path.join(folder, "state"), "running\n")
        self.terminal(folder).type("exit\n")

    def test_destroyed(self):
        folder = self.session()
        terminal = self.terminal(folder)
        terminal.type("echo one-$((1 + 1))\n")
        terminal.until(b"one-2")
        self.save(os.path.join(folder, "destroy"), "1\n")
        while os.read(terminal.fd, 4096):
            pass

    def test_authentication(self):
        """Every way that the API may demand, and none of them."""
        for number in range(4):
            with self.subTest(number):
                self.server.ask("PUT", "/switches", {"shell_auth": number})
                terminal = self.terminal(self.session())
                terminal.type("echo auth-$((1 + 1))\n")
                terminal.until(b"auth-2")
        self.server.ask("PUT", "/switches", {"shell_auth": 0})

    def test_both_directions(self):
        """20 MB each way, at once."""
        terminal = self.terminal(self.session())
        terminal.type("stty raw -echo; echo ready-$((1 + 1)); cat\n")
        terminal.until(b"ready-2\n")
        data = os.urandom(1 << 20).replace(b"\x04", b"x") * 20

        def writes():
            view = memoryview(data)
            while view:
                view = view[os.write(terminal.fd, view[:65536]):]
        thread = threading.Thread(target=writes)
        thread.start()
        digest, size = hashlib.sha256(), 0
        rest = terminal.output.split(b"ready-2\n", 1)[1]
        while True:
            digest.update(rest)
            size += len(rest)
            if size >= len(data):
                break
            rest = os.read(terminal.fd, 131072)
        thread.join()
        self.assertEqual(digest.digest(), hashlib.sha256(data).digest())

    def test_nobody_reads(self):
        """The server is held up, and the daemon's memory stays small."""
        terminal = self.terminal(self.session())
        terminal.type("stty raw -echo; yes\n")
        time.sleep(1.5)
        before = self.memory_kb()
        time.sleep(1.5)
        self.assertLess(self.memory_kb() - before, 2000)
        terminal.type("\x03")


class Shells(ConsoleCase):
    """`unsandboxfs shell`, in a terminal."""

    def command(self, *words):
        """Starts it with a pseudoterminal; returns its process and fd."""
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        fcntl.ioctl(slave, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 33, 99, 0, 0))
        before = termios.tcgetattr(slave)
        process = subprocess.Popen(
            [PROGRAM, "shell", *words], stdin=slave, stdout=slave,
            stderr=slave, start_new_session=True)
        self.addCleanup(process.wait, 10)
        self.addCleanup(process.kill)
        return process, master, slave, before

    def until(self, fd, text):
        """Reads from the terminal until it was printed."""
        output = b""
        while text not in output:
            output += os.read(fd, 65536)
        return output

    def test_shell(self):
        folder = self.session()
        process, fd, slave, before = self.command(folder)
        os.write(fd, b"stty size; echo in-$((1 + 1))\r")
        self.assertIn(b"33 99", self.until(fd, b"in-2"))
        fcntl.ioctl(slave, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 41, 71, 0, 0))
        os.kill(process.pid, signal.SIGWINCH)
        time.sleep(0.5)
        os.write(fd, b"stty size; echo in-$((1 + 2))\r")
        self.assertIn(b"41 71", self.until(fd, b"in-3"))
        os.write(fd, b"echo loo''ping; while :; do :; done\r")
        self.until(fd, b"looping")
        os.write(fd, b"\x03")
        os.write(fd, b"exit 7\r")
        self.assertEqual(process.wait(20), 7)
        self.assertEqual(termios.tcgetattr(slave), before)
        with open(os.path.join(folder, "console.exit_code")) as file:
            self.assertEqual(file.read(), "7\n")

    def test_leave(self):
        folder = self.session()
        process, fd, slave, before = self.command(folder)
        os.write(fd, b"X=5; echo in-$((1 + 1))\r")
        self.until(fd, b"in-2")
        os.write(fd, b"\r~.")
        self.assertIn(b"the shell goes on", self.until(fd, b"goes on"))
        self.assertEqual(process.wait(20), 0)
        self.assertEqual(termios.tcgetattr(slave), before)
        process, fd, _, _ = self.command(folder)
        os.write(fd, b"echo again-$X\r")
        self.until(fd, b"again-5")

    def test_ends(self):
        """However it ends, the terminal is as before."""
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV):
            with self.subTest(number):
                process, fd, slave, before = self.command(self.session())
                os.write(fd, b"echo in-$((1 + 1))\r")
                self.until(fd, b"in-2")
                self.assertNotEqual(termios.tcgetattr(slave), before)
                process.send_signal(number)
                self.assertEqual(process.wait(20), -number)
                self.assertEqual(termios.tcgetattr(slave), before)

    def test_mount_is_lost(self):
        """The terminal is restored, and the reason is printed."""
        process, fd, slave, before = self.command(self.session())
        os.write(fd, b"echo in-$((1 + 1))\r")
        self.until(fd, b"in-2")
        self.mount.end()
        self.until(fd, b"the mount has ended")
        self.assertEqual(process.wait(20), 1)
        self.assertEqual(termios.tcgetattr(slave), before)
        self.mount.start()

    def test_script(self):
        """Without a terminal: its input is typed, and Ctrl-D at the end."""
        done = subprocess.run(
            [PROGRAM, "shell", self.session()], input=b"echo in-$((1+1))\n",
            capture_output=True, timeout=30, check=False)
        self.assertIn(b"in-2", done.stdout)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_new_session(self):
        """It ends with its shell."""
        process, fd, _, _ = self.command(self.mount.path, "--shell",
                                         "python3")
        self.until(fd, b">>> ")
        self.assertEqual(self.value("sessions", f"shell-{process.pid}",
                                    "shell"), "python3")
        os.write(fd, b"import os; os._exit(5)\r")
        self.assertEqual(process.wait(20), 5)
        self.assertNotIn(f"shell-{process.pid}",
                         os.listdir(self.at("sessions")))
        self.assertEqual(os.listdir(self.at("sessions/new")), [])

    def test_new_session_ends(self):
        """It ends with the command, however that ends; also without a
        terminal."""
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV):
            with self.subTest(number):
                process, fd, slave, before = self.command(
                    self.mount.path, "--shell", "bash")
                os.write(fd, b"echo in-$((1 + 1))\r")
                self.until(fd, b"in-2")
                process.send_signal(number)
                self.assertEqual(process.wait(20), -number)
                self.assertEqual(termios.tcgetattr(slave), before)
                self.assertNotIn(f"shell-{process.pid}",
                                 os.listdir(self.at("sessions")))
        with subprocess.Popen(
                [PROGRAM, "shell", self.mount.path, "--shell", "bash"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            process.stdin.write(b"echo in-$((1 + 1))\n")
            process.stdin.flush()
            self.until(process.stdout.fileno(), b"in-2")
            process.terminate()
            self.assertEqual(process.wait(20), -signal.SIGTERM)
        self.assertNotIn(f"shell-{process.pid}",
                         os.listdir(self.at("sessions")))

    def test_refused(self):
        folder = self.session()
        self.save(os.path.join(folder, "state"), "frozen\n")
        for words, status, text in (
                ((), 2, b"usage"), (("--help",), 0, b"usage"),
                (("/nowhere",), 1, b"No such file"),
                (("/tmp",), 1, b"no live shell"),
                ((folder,), 1, b"busy")):
            with self.subTest(words):
                done = subprocess.run([PROGRAM, "shell", *words], timeout=30,
                                      capture_output=True, check=False)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertIn(text, done.stderr + done.stdout)


if __name__ == "__main__":
    unittest.main()
