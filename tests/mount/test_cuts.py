# SPDX-License-Identifier: MIT
# tests/mount/test_cuts.py - the connection is cut at a byte of a run's request
# or answer: what the user is told, and what ran
"""Each cut saves a program and reads what is said of it. Every 151st byte is
tried; with CUTS=1 in the environment (make check-cuts) every one, and the table
of outcomes is added to BUILD/cuts.txt.
"""
import collections
import http.client
import json
import os
import ssl

from case import FINAL, MountCase
from cutting import Cutter
from place import BUILD
from standin import Standin

STEP = 1 if os.environ.get("CUTS") else 151


class Front:
    """The stand-in, at the address of a proxy."""

    def __init__(self, server, url):
        self.server = server
        self.url = url

    def __getattr__(self, name):
        return getattr(self.server, name)


class SecureStandin(Standin):
    """Its control paths are behind TLS, too."""

    def ask(self, method, path, value=None):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=20, context=context)
        try:
            body = None if value is None else json.dumps(value)
            connection.request(method, "/_standin" + path, body=body)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


class Cuts:
    """Saves while the connection is cut."""

    time_limit_s = 60 if STEP > 1 else 3600
    starts_mounted = False
    scheme, more = "http", ""
    path = "run/cut.sh"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.secure()
        cls.cutter = Cutter(cls.server.port)
        url = f"{cls.scheme}://127.0.0.1:{cls.cutter.own_port}"
        cls.mount.server = Front(cls.server, url)
        cls.mount.options = "run_wait=30,timeout=10" + cls.more
        cls.mount.start()

    @classmethod
    def secure(cls):
        """Makes the server one with TLS."""

    @classmethod
    def tearDownClass(cls):
        cls.cutter.close()
        super().tearDownClass()

    def cut(self, direction, count):
        """(what the close said, status, may_have_run), how often it ran; None
        if the request or the answer is shorter."""
        code = f"echo {direction} {count}\n"
        self.cutter.arm(direction, count)
        closed = self.save_error(self.path, code)
        was_cut = self.cutter.disarm()
        job = self.path + ".job"
        self.wait_for(lambda: self.value(job, "status") in FINAL, code, 30)
        status = self.value(job, "status")
        may_have_run = "-"
        if status == "error":
            may_have_run = self.value(job, "may_have_run")
            self.assertTrue(self.read(job, "error").strip(), code)
        else:
            self.assertEqual(self.read(job, "stdout"),
                             f"{direction} {count}\n")
        ran = len([e for e in self.server.executions() if e["code"] == code])
        return ((closed or "ok", status, may_have_run), ran) if was_cut else (
            None, ran)

    def check(self, direction):
        """Cuts at one byte after the other, to the last."""
        table = collections.Counter()
        count = 0
        while True:
            self.server.reset_counts()
            told, ran = self.cut(direction, count)
            if told is None:
                self.assertEqual(ran, 1)
                break
            table[told, ran] += 1
            where = f"{direction} cut at {count}: {told}, ran {ran} times"
            self.assertLessEqual(ran, 1, where)
            if told[2] == "0":
                self.assertEqual(ran, 0, where)
            if told[1] == "completed":
                self.assertEqual(ran, 1, where)
            count += STEP
        self.assertGreater(sum(table.values()), 2)
        if STEP == 1:
            self.show(direction, table)

    def show(self, direction, table):
        """Adds the table to BUILD/cuts.txt."""
        with open(os.path.join(BUILD, "cuts.txt"), "a",
                  encoding="utf-8") as file:
            print(f"{type(self).__name__}, {direction}:", file=file)
            for (told, ran), count in sorted(table.items()):
                print(f"  {count:5} times: close {told[0]}, status {told[1]}, "
                      f"may_have_run {told[2]}; ran {ran} times", file=file)

    def test_the_request(self):
        self.check("request")

    def test_the_answer(self):
        self.check("answer")


class Run(Cuts, MountCase):
    """A run, over HTTP/1.1."""


class Job(Cuts, MountCase):
    """A job, whose id is in the answer."""

    path = "jobs/new/cut.sh"


class Tls(Cuts, MountCase):
    """The same within TLS, its handshakes included."""

    scheme = "https"

    @classmethod
    def secure(cls):
        folder = cls.place.folder("tls")
        cls.server.stop()
        cls.server = SecureStandin(cls.place, "--tls", folder)
        cls.more = f",cacert={folder}/ca.pem"
