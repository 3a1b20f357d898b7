#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/bench/peers.py - other filesystems to compare with
"""Each is mounted in a place, and ends with it. `peers.py sftp PORT` is a
server that runs sftp-server for each connection."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SFTP_SERVER = "/usr/lib/openssh/sftp-server"
EXAMPLES = "/usr/share/doc/libfuse3-dev/examples"


class Missing(Exception):
    """A peer that is not on this machine."""


def free_port():
    """A port of loopback that nobody uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Peers:
    """Starts peers in a place; used in a `with`."""

    def __init__(self, place, build):
        self.place, self.build = place, build
        self.children, self.folders, self.points = [], [], []
        self.number = 0
        self.env = dict(os.environ, HOME=place.path)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        from place import unmount
        for point in self.points:
            unmount(point, lazy=True)
        for child in reversed(self.children):
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(10)
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)

    def folder(self, name):
        """A new directory on the disk."""
        self.number += 1
        return self.place.folder(f"{name}{self.number}")

    def start(self, *command):
        """A process that ends with the peers."""
        from place import end_with_parent
        with open(self.place.path + "/peers.log", "ab") as log:
            try:
                child = subprocess.Popen(
                    command, preexec_fn=end_with_parent, stdout=log,
                    stderr=log, stdin=subprocess.DEVNULL, env=self.env)
            except FileNotFoundError as error:
                raise Missing(f"{error.filename} is not installed") from error
        self.children.append(child)
        return child

    def mount(self, point, *command):
        """A process that mounts; returns it when it has."""
        child = self.start(*command)
        until = time.monotonic() + 30
        while not os.path.ismount(point):
            if child.poll() is not None or time.monotonic() > until:
                raise Missing(f"{command[0]} does not mount: "
                              f"{self.last_words()}")
            time.sleep(0.001)
        self.points.append(point)
        return child

    def last_words(self):
        """The end of what they printed."""
        with open(self.place.path + "/peers.log", "rb") as log:
            return log.read()[-200:].decode(errors="replace").strip()

    # ---- what is mounted ----

    def tmpfs(self):
        """A directory in /dev/shm."""
        path = tempfile.mkdtemp(prefix="unsandboxfs-bench-", dir="/dev/shm")
        self.folders.append(path)
        return path

    def bare(self, *counts):
        """bare.c with so many directories, files and bytes; (path, child)."""
        point = self.folder("bare")
        child = self.mount(point, self.build + "/tests/bench/bare", point,
                           *map(str, counts))
        return os.path.join(point, "list"), child

    def passthrough(self):
        """libfuse's example passthrough_ll, of a directory on the disk."""
        source = EXAMPLES + "/passthrough_ll.c"
        program = self.place.path + "/passthrough_ll"
        if not os.path.exists(source):
            raise Missing(f"{source} is not there (libfuse3-dev)")
        if not os.path.exists(program):
            flags = subprocess.check_output(
                ["pkg-config", "--cflags", "--libs", "fuse3"], text=True)
            subprocess.run(["cc", "-O2", "-D_FILE_OFFSET_BITS=64", "-w", "-o",
                            program, source, *flags.split()], check=True)
        origin, point = self.folder("origin"), self.folder("passthrough")
        self.mount(point, program, "-f", "-o", f"source={origin}", point)
        return point

    def serve_sftp(self, _origin, far=(), near=()):
        """A server for sshfs; its port."""
        if not os.path.exists(SFTP_SERVER):
            raise Missing("sftp-server is not installed")
        return self.serve(near, lambda port: [
            *far, sys.executable, "-B", os.path.abspath(__file__), "sftp",
            str(port)])

    def mount_sftp(self, origin, port, near=()):
        """sshfs without ssh: straight to sftp-server; (path, child)."""
        point = self.folder("sshfs")
        return point, self.mount(point, *near, "sshfs", "-f", "-o",
                                 f"directport={port}", f"127.0.0.1:{origin}",
                                 point)

    def sshfs(self, origin=None, far=(), near=()):
        """Both."""
        origin = origin or self.folder("origin")
        return self.mount_sftp(origin, self.serve_sftp(origin, far, near),
                               near)[0]

    def serve_webdav(self, origin, far=(), near=()):
        """A server for rclone; its port."""
        return self.serve(near, lambda port: [
            *far, "rclone", "--config", "", "serve", "webdav", origin,
            "--addr", f"127.0.0.1:{port}"])

    def mount_webdav(self, _origin, port, near=()):
        """rclone mount; (path, child). SIGHUP makes it forget what it has
        listed."""
        point = self.folder("rclone")
        return point, self.mount(
            point, *near, "rclone", "--config", "", "mount", ":webdav:", point,
            "--webdav-url", f"http://127.0.0.1:{port}", "--vfs-cache-mode",
            "writes", "--cache-dir", self.folder("cache"))

    def rclone(self, origin=None, far=(), near=()):
        """Both."""
        origin = origin or self.folder("origin")
        return self.mount_webdav(origin, self.serve_webdav(origin, far, near),
                                 near)

    def serve(self, near, command):
        """Starts a server on a free port, and waits for it; the port."""
        port = free_port()
        self.start(*command(port))
        self.wait_for_port(port, near)
        return port

    def wait_for_port(self, port, near=()):
        """Until a server listens."""
        from place import wait_until
        wait_until(lambda: subprocess.run(
            [*near, "bash", "-c", f": < /dev/tcp/127.0.0.1/{port}"],
            stderr=subprocess.DEVNULL, check=False).returncode == 0, 20,
            f"a server on port {port}")


def answer_sftp(port):
    """Runs sftp-server for each connection, for ever."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.create_server(("127.0.0.1", port)) as server:
        while True:
            one, _ = server.accept()
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not os.fork():
                os.dup2(one.fileno(), 0)
                os.dup2(one.fileno(), 1)
                os.execv(SFTP_SERVER, [SFTP_SERVER])
            one.close()


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "sftp":
        sys.exit(__doc__)
    answer_sftp(int(sys.argv[2]))
