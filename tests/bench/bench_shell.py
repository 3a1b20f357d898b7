# SPDX-License-Identifier: MIT
# tests/bench/bench_shell.py - live shells: how fast, and how late their echo
"""What is sent to `cat` must come back unchanged. Beside ssh, as a pipe and with
a terminal; and beside a WebSocket of the test's own, which is the round trip of
a key."""
import hashlib
import hmac
import json
import os
import pty
import shutil
import subprocess
import sys
import threading
import time
import tty

from bench import timed
from peers import Missing, free_port
from place import end_with_parent, wait_until
from signed import Signed
from standin import PUBLIC, SECRET
from world import World

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "server"))
from websocket import WebSocket  # noqa: E402

PIECE = 65536
RAW = "stty raw -echo; echo ready-$((1 + 1)); exec cat\n"
READY = b"ready-2\n"


def session(world):
    """Makes one; returns its id."""
    answer = Signed(world).output("POST", "/sessions", '{"shell":"bash"}')
    world.refresh()
    return json.loads(answer)["session_id"]


def write_all(fd, data):
    """Writes it in pieces."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view[:PIECE]):]


def both_ways(to_fd, from_fd, data, first=b""):
    """Sends the data and receives it; returns the seconds. It must be the
    same."""
    began = time.monotonic()
    thread = threading.Thread(target=write_all, args=(to_fd, data))
    thread.start()
    digest, size = hashlib.sha256(first), len(first)
    while size < len(data):
        piece = os.read(from_fd, 2 * PIECE)
        if not piece:
            raise AssertionError(f"the end after {size} bytes")
        digest.update(piece)
        size += len(piece)
    thread.join()
    took = time.monotonic() - began
    if digest.digest() != hashlib.sha256(data).digest():
        raise AssertionError("what came back is not what was sent")
    return took


def until(fd, text):
    """Reads until it was printed; returns what follows it."""
    output = b""
    while text not in output:
        output += os.read(fd, PIECE)
    return output.split(text, 1)[1]


def through_console(world, data):
    """The seconds that the data take through a console."""
    fd = os.open(world.at("sessions", session(world), "console"), os.O_RDWR)
    try:
        os.write(fd, RAW.encode())
        return both_ways(fd, fd, data, until(fd, READY))
    finally:
        os.close(fd)


def through(command, data, begins=b""):
    """The same through the stdin and stdout of a command."""
    with subprocess.Popen(command, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as child:
        try:
            first = until(child.stdout.fileno(), begins) if begins else b""
            return both_ways(child.stdin.fileno(), child.stdout.fileno(),
                             data, first)
        finally:
            child.kill()


def through_terminal(data):
    """The same through a terminal of this machine, with nothing between."""
    main, other = pty.openpty()
    tty.setraw(other)
    with subprocess.Popen(["cat"], stdin=other, stdout=other) as child:
        os.close(other)
        try:
            return both_ways(main, main, data, b"")
        finally:
            child.kill()
            child.wait()
            os.close(main)


class Sshd:
    """An sshd of our own on a loopback port, for this user."""

    def __init__(self, place):
        program = shutil.which(
            "sshd", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        if not program:
            raise Missing("sshd is not installed (openssh-server)")
        self.folder = place.folder("ssh")
        self.port = free_port()
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "",
                            "-f", self.file(name)], check=True)
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        self.process = subprocess.Popen(
            [program, "-D", "-e", "-f", "/dev/null", "-p", str(self.port),
             "-o", "ListenAddress=127.0.0.1", "-o", "StrictModes=no", "-o",
             "PermitRootLogin=yes", "-o", "PidFile=none", "-h",
             self.file("host"), "-o",
             "AuthorizedKeysFile=" + self.file("user.pub")],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=end_with_parent)
        wait_until(lambda: subprocess.run(
            self.command("true"), check=False, stdin=subprocess.DEVNULL,
            capture_output=True).returncode == 0, 20, "a login by ssh")

    def file(self, name):
        """A path in its folder."""
        return os.path.join(self.folder, name)

    def command(self, *words):
        """The command that runs words by ssh."""
        return ["ssh", "-F", "/dev/null", "-p", str(self.port), "-i",
                self.file("user"), "-o", "LogLevel=ERROR", "-o",
                "StrictHostKeyChecking=no", "-o",
                "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-e",
                "none", *words[:-1], "127.0.0.1", words[-1]]

    def close(self):
        """Ends it."""
        self.process.terminate()
        self.process.wait(10)


def echo_console(world):
    """A function that types a key and waits for its echo, in a console."""
    fd = os.open(world.at("sessions", session(world), "console"), os.O_RDWR)
    os.write(fd, RAW.encode())
    until(fd, READY)

    def key():
        os.write(fd, b"k")
        os.read(fd, 16)
    return key, lambda: os.close(fd)


def echo_socket(world):
    """The same with a WebSocket of the test's own."""
    path = f"/sessions/{session(world)}/shell"
    stamp = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), f"{stamp}:GET:{path}:".encode(),
                         hashlib.sha256).hexdigest()
    shell = WebSocket(world.server.port, path, {
        "Authorization": f"Bearer {PUBLIC}", "X-Timestamp": stamp,
        "X-Signature": signature})
    shell.type(RAW)
    shell.until_output(READY)

    def key():
        before = len(shell.output)
        shell.type("k")
        while len(shell.output) == before:
            shell.frame()
    return key, shell.close


def speed(bench, world):
    """Much, both ways at the same time."""
    megabytes = bench.size(20, 100)
    data = os.urandom(1 << 20).replace(b"\x04", b"x") * megabytes
    sshd = bench.peer("ssh", Sshd, world.place)
    others = {"a bare terminal": lambda: through_terminal(data)}
    if sshd:
        others |= {
            "ssh, a pipe": lambda: through(
                sshd.command("echo ready-2; exec cat"), data, READY),
            "ssh, a terminal": lambda: through(
                sshd.command("-tt", RAW[:-1]), data, READY)}
    try:
        bench.compare(f"{megabytes} MB through a shell and back",
                      lambda: through_console(world, data), others,
                      "exec 3<>console; cat file >&3 & head -c SIZE <&3",
                      bench.size(3, 5), "s")
    finally:
        if sshd:
            sshd.close()


def echo(bench, world):
    """The time from a key to its echo."""
    console, socket = echo_console(world), echo_socket(world)
    bench.compare("a key's echo in a shell", lambda: timed(console[0]),
                  {"a WebSocket": lambda: timed(socket[0])},
                  "unsandboxfs shell", bench.size(100, 500))
    console[1]()
    socket[1]()


def memory(bench, world):
    """How the daemon grows while nobody reads."""
    fd = os.open(world.at("sessions", session(world), "console"), os.O_RDWR)
    try:
        os.write(fd, RAW.replace("exec cat", "exec yes").encode())
        until(fd, READY)
        time.sleep(1)
        before = world.memory_kib()
        time.sleep(bench.size(1, 5))
        bench.table.value("growth while nobody reads a shell",
                          world.memory_kib() - before, "KiB",
                          "exec 3<>console; echo yes >&3")
    finally:
        os.close(fd)


def measure(bench):
    """All of it."""
    with World("shell", limit_s=900) as world:
        speed(bench, world)
        echo(bench, world)
        memory(bench, world)
