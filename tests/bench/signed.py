# SPDX-License-Identifier: MIT
# tests/bench/signed.py - the API by curl
"""What a script without the mount does. The signature is computed before the
clock starts: it is curl that is measured."""
import hashlib
import hmac
import subprocess
import time

from bench import run, timed
from standin import PUBLIC, SECRET


class Signed:
    """Requests of curl, each a process with a connection of its own."""

    def __init__(self, world, near=()):
        self.world, self.near = world, tuple(near)

    def command(self, method, path, body="", then=""):
        """The arguments of one request, piped into what comes then."""
        now = int(time.time())
        text = f"{now}:{method}:{path}:{body}"
        mac = hmac.new(SECRET.encode(), text.encode(),
                       hashlib.sha256).hexdigest()
        words = ["curl", "-sSf", "-X", method, "-H",
                 f"Authorization: Bearer {PUBLIC}", "-H", f"X-Timestamp: {now}",
                 "-H", f"X-Signature: {mac}", "-H",
                 "Content-Type: application/json"]
        if body:
            words += ["--data-binary", body]
        if self.world.distance:
            words += ["--cacert", self.world.place.path + "/tls/ca.pem"]
        words.append(self.world.server.url + path)
        return [*self.near, "bash", "-c", f'set -o pipefail; "$@" {then}',
                "bash", *words]

    def output(self, method, path, body="", then=""):
        """What it prints."""
        return run(self.command(method, path, body, then),
                   stdout=subprocess.PIPE)

    def timed(self, method, path, body="", then=""):
        """The seconds that it takes, output thrown away."""
        command = self.command(method, path, body, then)
        return timed(run, command, stdout=subprocess.DEVNULL)
