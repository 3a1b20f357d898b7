# SPDX-License-Identifier: MIT
# tests/bench/world.py - a server with many resources, and a mount of it
"""The start of every measurement: a private directory, a seeded stand-in, and a
mount that has requested only its key."""
import json
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "mount"))

from mounted import IS_SANITIZED, Mounted  # noqa: E402
from place import Place, adopt_orphans, end_with_parent  # noqa: E402
from standin import Standin  # noqa: E402

SEED_SLICE = 5000
SLOWNESS = 4 if IS_SANITIZED else 1


class Distance:
    """distance.py while it runs: words that start a command near or far."""

    def __init__(self, delay_ms):
        self.process = subprocess.Popen(
            [sys.executable, "-B", os.path.join(os.path.dirname(
                os.path.abspath(__file__)), "distance.py"), str(delay_ms)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=end_with_parent)
        paths = self.process.stdout.readline().split()
        if len(paths) != 2:
            _, why = self.process.communicate()
            raise OSError(why.strip().splitlines()[-1])
        self.near, self.far = (("nsenter", "--net=" + path) for path in paths)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.process.terminate()
        self.process.communicate()


class FarStandin(Standin):
    """A stand-in in the far network, by https."""

    def __init__(self, place, far, *arguments):
        self.wrapper = far
        super().__init__(place, *arguments)

    def ask(self, method, path, value=None):
        """By curl, which enters that network."""
        body = [] if value is None else ["--data-binary", "@-"]
        done = subprocess.run(
            [*self.wrapper, "curl", "-ksSf", "-X", method, *body,
             f"{self.url}/_standin{path}"], input=json.dumps(value).encode(),
            stdout=subprocess.PIPE, check=True, timeout=60)
        return json.loads(done.stdout)


class World:
    """Used in a `with`; it leaves nothing behind."""

    def __init__(self, name, options="", server=(), seed=None, limit_s=120,
                 distance=None):
        self.name = name
        self.options = options
        self.server_arguments = server
        self.seed = seed
        self.limit_s = limit_s * SLOWNESS
        self.distance = distance
        self.place = self.server = self.mount = self.last_resort = None

    def __enter__(self):
        adopt_orphans()
        self.place = Place("bench-" + self.name)
        try:
            self.server = self._server()
            for kind, what in (self.seed or {}).items():
                self._seed(kind, what)
            self.mount = Mounted(self.place, self.server, self.options)
            if self.distance:
                self.mount.wrapper = self.distance.near
            self.mount.start(20 * SLOWNESS)
        except BaseException:
            self.place.close()
            raise
        # A request that the daemon never answers cannot be interrupted.
        self.last_resort = threading.Timer(self.limit_s,
                                           self.mount.process.kill)
        self.last_resort.daemon = True
        self.last_resort.start()
        return self

    def _server(self):
        if not self.distance:
            return Standin(self.place, *self.server_arguments)
        tls = self.place.folder("tls")
        server = FarStandin(self.place, self.distance.far, "--tls", tls,
                            *self.server_arguments)
        self.options = ",".join(filter(None, (
            self.options, f"cacert={tls}/ca.pem")))
        return server

    def _seed(self, kind, what):
        """Seeds in slices, each of which is answered in time."""
        while isinstance(what, int) and what > SEED_SLICE:
            self.server.ask("PUT", "/seed", {kind: SEED_SLICE})
            what -= SEED_SLICE
        self.server.ask("PUT", "/seed", {kind: what})

    def __exit__(self, kind, error, trace):
        self.last_resort.cancel()
        wrong = self.mount.stop()
        if self.server.process.poll() is None:
            self.server.stop()
        log = self.mount.log()
        wrong += [f"left behind: {what}" for what in self.place.close()]
        if wrong and not error:
            raise AssertionError("\n".join([*wrong, "the daemon's log:", log]))

    def at(self, *parts):
        """A path in the mount."""
        return os.path.join(self.mount.path, *parts)

    def command(self, text, *arguments, **more):
        """The arguments that run a bash command in the mount."""
        more.setdefault("cwd", self.mount.path)
        return dict(args=["bash", "-c", text, "bash", *arguments],
                    env=dict(os.environ, HOME=self.mount.home,
                             LC_ALL="C.UTF-8"),
                    stdin=subprocess.DEVNULL, **more)

    def shell(self, text, *arguments, seconds=60, **more):
        """Runs a bash command in the mount, which must succeed and print
        nothing to stderr; returns its output."""
        done = subprocess.run(**self.command(text, *arguments, **more),
                              capture_output=True, check=False,
                              timeout=seconds * SLOWNESS)
        if done.returncode or done.stderr:
            raise AssertionError(f"{text}: status {done.returncode}, "
                                 f"{done.stderr.decode(errors='replace')}")
        return done.stdout.decode(errors="surrogateescape")

    def together(self, commands, seconds=60):
        """Runs bash commands in the mount in parallel; all must succeed.
        Returns their outputs."""
        children = [subprocess.Popen(**self.command(
            text), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            for text in commands]
        outputs = []
        try:
            for text, child in zip(commands, children):
                out, _ = child.communicate(timeout=seconds * SLOWNESS)
                outputs.append(out.decode(errors="replace"))
                if child.returncode:
                    raise AssertionError(f"{text}: status {child.returncode},"
                                         f" {outputs[-1][-400:]}")
        finally:
            for child in children:
                if child.poll() is None:
                    child.kill()
                    child.communicate()
        return outputs

    def save(self, path, content):
        """Writes a file of the mount like cp."""
        fd = os.open(self.at(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
                     0o644)
        try:
            os.write(fd, content.encode())
        finally:
            os.close(fd)

    def read(self, *parts):
        """The text of a file of the mount."""
        with open(self.at(*parts), "rb", buffering=0) as file:
            pieces = []
            while piece := file.read(1 << 20):
                pieces.append(piece)
        return b"".join(pieces).decode()

    def stats(self):
        """{name: number} of .unsandboxfs/stats."""
        found = {}
        for line in self.read(".unsandboxfs/stats").splitlines():
            name, _, value = line.rpartition(" ")
            found[name] = int(value)
        return found

    def refresh(self):
        """Drops all cached answers."""
        self.save(".unsandboxfs/refresh", "1\n")

    def memory_kib(self, line="VmRSS"):
        """The daemon's memory; VmHWM is its peak."""
        with open(f"/proc/{self.mount.pid}/status", encoding="ascii") as file:
            for text in file:
                if text.startswith(line + ":"):
                    return int(text.split()[1])
        raise KeyError(line)
