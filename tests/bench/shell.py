#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/bench/shell.py - how fast a live shell is, and how late its echo
"""usage: tests/bench/shell.py BUILD [MEGABYTES]

Sends MEGABYTES (100 by default) to `cat` and back, which must arrive unchanged:
through a console, and through `ssh localhost` as a pipe and with a terminal, if
there is an sshd. Prints the speeds, and that of the console as a ratio. Then the
time from a key to its echo: through the console, and through a WebSocket of the
test's own, which is the round trip; and what the mount adds to it. Last, how the
daemon grows while a reader does not read.
"""
import hashlib
import hmac
import http.client
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time

PIECE = 65536
KEYS = 300
ROUNDS = 3
RAW = "stty raw -echo; echo ready-$((1 + 1)); exec cat\n"
READY = b"ready-2\n"


def session(world):
    """Makes one; returns its id."""
    from standin import PUBLIC, SECRET
    body = b'{"shell":"bash"}'
    stamp = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), f"{stamp}:POST:/sessions:".encode()
                         + body, hashlib.sha256).hexdigest()
    connection = http.client.HTTPConnection("127.0.0.1", world.server.port)
    connection.request("POST", "/sessions", body, {
        "Authorization": f"Bearer {PUBLIC}", "X-Timestamp": stamp,
        "X-Signature": signature})
    ident = json.loads(connection.getresponse().read())["session_id"]
    connection.close()
    world.refresh()
    return ident


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


class Sshd:
    """An sshd of our own on a loopback port, for this user."""

    def __init__(self, place):
        self.folder = place.folder("ssh")
        self.port = 40022
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "",
                            "-f", os.path.join(self.folder, name)], check=True)
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        self.process = subprocess.Popen(
            [shutil.which("sshd") or "/usr/sbin/sshd", "-D", "-e", "-f",
             "/dev/null", "-p", str(self.port), "-o",
             "ListenAddress=127.0.0.1", "-o", "StrictModes=no", "-o",
             "PermitRootLogin=yes", "-o", "PidFile=none", "-h",
             os.path.join(self.folder, "host"), "-o", "AuthorizedKeysFile="
             + os.path.join(self.folder, "user.pub")],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def command(self, *words):
        """The command that runs words by ssh."""
        return ["ssh", "-F", "/dev/null", "-p", str(self.port), "-i",
                os.path.join(self.folder, "user"), "-o", "LogLevel=ERROR",
                "-o", "StrictHostKeyChecking=no", "-o",
                "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-e",
                "none", *words]

    def works(self):
        """Whether one can log in."""
        for _ in range(30):
            if subprocess.run(self.command("127.0.0.1", "true"), check=False,
                              stdin=subprocess.DEVNULL,
                              capture_output=True).returncode == 0:
                return True
            time.sleep(0.1)
        return False

    def close(self):
        """Ends it."""
        self.process.terminate()
        self.process.wait(10)


def measure_speed(world, megabytes):
    """Prints the speeds."""
    data = os.urandom(1 << 20).replace(b"\x04", b"x") * megabytes
    rows = [("console", lambda: through_console(world, data))]
    sshd = None
    if shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin"):
        sshd = Sshd(world.place)
    if sshd and sshd.works():
        rows += [("ssh, a pipe", lambda: through(
            sshd.command("127.0.0.1", "echo ready-2; exec cat"), data, READY)),
            ("ssh, a terminal", lambda: through(
                sshd.command("-tt", "127.0.0.1", RAW[:-1]), data, READY))]
    else:
        print("no sshd here to compare with")
    print(f"{megabytes} MB each way at the same time, medians of {ROUNDS} "
          f"rounds")
    try:
        rounds = [[megabytes / run() for _, run in rows]
                  for _ in range(ROUNDS)]
        for i, (name, _) in enumerate(rows):
            speed = statistics.median(row[i] for row in rounds)
            ratio = statistics.median(row[0] / row[i] for row in rounds)
            print(f"  {name:20}{speed:8.1f} MB/s   console/{name}: "
                  f"{ratio:.2f}", flush=True)
    finally:
        if sshd:
            sshd.close()


def echo_console(world):
    """A function that types a key and waits for its echo, in a console."""
    fd = os.open(world.at("sessions", session(world), "console"), os.O_RDWR)
    os.write(fd, b"stty -echo raw; echo ready-$((1 + 1)); exec cat\n")
    until(fd, READY)

    def key():
        os.write(fd, b"k")
        os.read(fd, 16)
    return key, lambda: os.close(fd)


def echo_socket(world):
    """The same with a WebSocket of our own."""
    from standin import PUBLIC, SECRET
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
        os.path.abspath(__file__))), "server"))
    from websocket import WebSocket
    path = f"/sessions/{session(world)}/shell"
    stamp = str(int(time.time()))
    shell = WebSocket(world.server.port, path, {
        "Authorization": f"Bearer {PUBLIC}", "X-Timestamp": stamp,
        "X-Signature": hmac.new(SECRET.encode(), f"{stamp}:GET:{path}:".encode(),
                                hashlib.sha256).hexdigest()})
    shell.type("stty -echo raw; echo ready-$((1 + 1)); exec cat\n")
    shell.until_output(READY)

    def key():
        before = len(shell.output)
        shell.type("k")
        while len(shell.output) == before:
            shell.frame()
    return key, shell.close


def measure_echo(world):
    """Prints the time of an echo: the two ways take turns."""
    ways = [echo_console(world), echo_socket(world)]
    times = ([], [])
    for _ in range(KEYS):
        for (key, _), found in zip(ways, times):
            began = time.monotonic()
            key()
            found.append((time.monotonic() - began) * 1e3)
    for _, close in ways:
        close()
    console, socket = map(statistics.median, times)
    print(f"a key's echo, median of {KEYS}: console {console:.2f} ms, "
          f"WebSocket {socket:.2f} ms, added {console - socket:.2f} ms",
          flush=True)


def measure_memory(world):
    """Prints how the daemon grows while nobody reads."""
    fd = os.open(world.at("sessions", session(world), "console"), os.O_RDWR)
    try:
        os.write(fd, RAW.replace("exec cat", "exec yes").encode())
        until(fd, READY)
        time.sleep(1)
        before = world.memory_kib()
        time.sleep(3)
        print(f"nobody reads for 3 s: the daemon grows by "
              f"{world.memory_kib() - before} KiB", flush=True)
    finally:
        os.close(fd)


def main(words):
    """Reads the command line; returns the exit status."""
    if not words:
        print(__doc__, file=sys.stderr)
        return 2
    os.environ["BUILD"] = os.path.abspath(words[0])
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from world import World
    megabytes = int(words[1]) if words[1:] else 100
    with World("shell", limit_s=900) as world:
        measure_speed(world, megabytes)
        measure_echo(world)
        measure_memory(world)
    return 0


def interrupted(_number, _frame):
    """Cleans up after SIGTERM as after Ctrl-C."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupted)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
