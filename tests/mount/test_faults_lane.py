# SPDX-License-Identifier: MIT
# tests/mount/test_faults_lane.py - one kind of request meets every fault
"""For each cell of the matrix: the errno is the documented one; a request that
changes something was not sent too often; the daemon is alive; what was written
is complete; the next request without a fault works.

Each kind of request is a Lane with its own server and mount. All lanes work
through their faults in parallel, since they mostly wait. CELLS=REGEX runs only
the cells KIND__FAULT that it matches.
"""
import errno
import multiprocessing
import os
import re
import socket
import subprocess
import threading
import time
import traceback
import unittest

from mounted import IS_SANITIZED, Mounted
from place import Place, adopt_orphans, unmount, wait_until
from standin import Standin
from test_faults_table import FAULTS, NOT_YET, Fault, shaped

SLOWNESS = 4 if IS_SANITIZED else 1
TIMEOUT_S = 1.5 * SLOWNESS
CELL_LIMIT_S = 120 * SLOWNESS
# Of an action, a 2xx is success whatever its body.
UNREAD = ("empty", "html", "deep", "deep_objects", "not_utf8", "two_values",
          "length_too_short", "hundred_megabytes")
WANTED = re.compile(os.environ.get("CELLS", ""))


def error_of(function, *arguments):
    """The name of the errno that the call raised, or None."""
    try:
        function(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))
    return None


class LaneMount(Mounted):
    """A mount whose server can be made unreachable."""

    def _key_was_tried(self):
        return None  # nothing waits for that


class Lane:
    """One kind of request, its server and mount, and the faults it meets."""

    kind = None            # the name of the row
    method, path = "POST", None
    good = {}              # a good answer, from which wrong shapes are made
    options = ""
    changes = True         # the request changes something: it is sent once
    reads_answer = True    # False: status 200 is enough, with any body
    survives = ()          # faults that end well for this kind of request
    elsewhere = None       # the target of redirects: never reached

    def __init__(self, faults):
        self.faults = faults
        self.results = {}  # fault name -> list of what was wrong
        self.process = self.pipe = None
        self.number = 0
        self.place = self.server = self.mount = None
        self.other = None
        self.errors = ""

    # ---- what each kind of request defines ----

    def prepare(self, number):
        """Creates what must exist before the fault."""

    def attempt(self, number):
        """Makes the request; the name of its errno, None on success."""
        raise NotImplementedError

    def kept(self, number, fault, error):
        """Asserts that no written data is lost."""

    def again(self, number):
        """Asserts that the next request, without a fault, works."""
        raise NotImplementedError

    def expected(self, fault):
        """The correct errnos."""
        if fault.name in self.survives:
            return {None}
        if fault.shape == "strings" or not fault.shape:
            errors = fault.post if self.changes else fault.get
        else:
            errors = self.shape_errors(fault)
        if not self.reads_answer and (fault.shape or fault.name in UNREAD):
            return {None, *errors}
        return errors

    def shape_errors(self, fault):
        """The correct errnos for an answer of the wrong shape."""
        return fault.post

    def most_sent(self, fault):
        """How often the request may reach the server."""
        # Three tries, and curl's retries on dead connections.
        return fault.sent if self.changes else 4

    # ---- helpers ----

    def at(self, *parts):
        """A path in the mount."""
        return os.path.join(self.mount.path, *parts)

    def write(self, path, content):
        """Writes a file like cp."""
        fd = os.open(self.at(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
                     0o644)
        try:
            os.write(fd, content.encode())
        finally:
            os.close(fd)

    def read(self, path):
        """Reads a file like cat."""
        with open(self.at(path), "rb", buffering=0) as file:
            pieces = []
            while piece := file.read(1 << 20):
                pieces.append(piece)
        return b"".join(pieces).decode()

    def refresh(self):
        """Drops cached answers and errors."""
        self.write(".unsandboxfs/refresh", "1\n")

    def check(self, condition, what):
        """Asserts within a cell."""
        if not condition:
            raise AssertionError(what)

    def equal(self, got, wanted, what):
        """Asserts within a cell."""
        self.check(got == wanted, f"{what}: {got!r}, not {wanted!r}")

    def rule_path(self):
        """The requests that the fault affects."""
        return self.path

    def strike(self, fault):
        """Starts the fault."""
        if fault.name == "refused":
            self.server.stop()
        elif fault.name == "restart":
            self.server.stop()
            self.server.start()
        elif fault.name == "clock_six_minutes_off":
            self.server.ask("PUT", "/clock", {"skew_s": 360})
        elif fault.name == "tls_not_verified":
            self.remount(self.stranger())
        elif fault.name == "no_route":
            self.remount(wrapper=("unshare", "--net"))
        else:
            rule = dict(fault.rule)
            if fault.shape:
                rule.update(status=200, body_base64=shaped(self.good,
                                                           fault.shape),
                            headers={"Content-Type": "application/json"})
            if rule.get("headers", {}).get("Location"):
                port = self.elsewhere.getsockname()[1]
                rule["headers"] = {"Location": f"http://127.0.0.1:{port}/x"}
            self.server.fault({"method": self.method,
                               "path": self.rule_path(), **rule})

    def relent(self, fault):
        """Ends the fault."""
        if self.server.process.poll() is not None:
            self.server.start()
        if fault.name == "clock_six_minutes_off":
            self.server.ask("PUT", "/clock", {"skew_s": 0})
        if fault.name in ("tls_not_verified", "no_route"):
            self.remount()
        self.server.ask("DELETE", "/faults")

    def remount(self, server=None, wrapper=()):
        """Mounts again, with another server or in another network."""
        if self.mount.process.poll() is None:
            self.equal(self.mount.end(), 0, "its exit status")
        self.mount.server = server or self.server
        self.mount.wrapper = wrapper
        self.mount.start(20 * SLOWNESS)

    def stranger(self):
        """A server with a certificate of an unknown authority."""
        folder = os.path.join(self.place.path, "stranger")
        if not self.other:
            os.mkdir(folder)
            place = Place("faults-stranger")
            self.other = (place, Standin(place, "--tls", folder))
        return self.other[1]

    def sent(self):
        """How often the request reached the server."""
        counts = self.server.requests()
        return counts.get(f"{self.method} {self.path}", 0)

    def executed(self, word):
        """How many programs with this word ran."""
        return sum(word in e.get("code", "")
                   for e in self.server.executions())

    # ---- the work ----

    def open(self):
        """Starts the server and the mount."""
        self.place = Place("faults-" + self.kind)
        self.server = Standin(self.place)
        options = f"timeout={TIMEOUT_S},run_wait=0.5"
        self.mount = LaneMount(self.place, self.server, ",".join(filter(
            None, (options, self.options))))
        self.mount.start(20 * SLOWNESS)

    def close(self):
        """Ends both; returns what was wrong with them."""
        wrong = self.mount.stop() if self.mount else []
        if self.other:
            self.other[1].stop()
            wrong += self.other[0].close()
        if self.server and self.server.process.poll() is None:
            self.server.stop()
        return wrong + (self.place.close() if self.place else [])

    def start(self):
        """Runs in a separate process: the other descriptors of a process
        affect what its close means."""
        ours, theirs = multiprocessing.Pipe()
        self.pipe = ours
        self.process = multiprocessing.Process(target=self.run,
                                               args=(ours, theirs))
        self.process.start()
        theirs.close()

    def run(self, ours, pipe):
        """Runs all cells, and reports each."""
        ours.close()
        adopt_orphans()
        ended = []
        try:
            self.open()
            for fault in self.faults:
                wrong = self.cell(fault)
                # On a busy machine a time limit may pass: try once more.
                if wrong and wrong[0].startswith("the caller got ETIMEDOUT"):
                    wrong = self.cell(fault)
                pipe.send((fault.name, wrong))
        except KeyboardInterrupt:
            pass
        except BaseException:  # other errors count in each cell
            ended.append(traceback.format_exc())
        finally:
            ended += self.close()
        pipe.send((None, ended))

    def result(self, fault):
        """Waits for this cell; returns what was wrong."""
        while fault.name not in self.results and None not in self.results:
            try:
                name, wrong = self.pipe.recv()
            except EOFError:
                name, wrong = None, ["the lane ended"]
            self.results[name] = wrong
        return self.results.get(fault.name, ["it was not tried"])

    def ended(self):
        """What was wrong at the end of the lane."""
        while None not in self.results:
            self.result(Fault(None, ()))
        self.process.join()
        return self.results[None]

    def cell(self, fault):
        """What was wrong in this cell."""
        self.number += 1
        last_resort = threading.Timer(CELL_LIMIT_S, self.mount.process.kill)
        last_resort.start()
        wrong = []
        log_from = os.path.getsize(self.mount.log_path)
        began = time.monotonic()
        try:
            self.server.reset()
            self.do_cell(fault, wrong)
        except (AssertionError, OSError, RuntimeError, KeyError,
                subprocess.SubprocessError):
            wrong.append(traceback.format_exc())
        finally:
            last_resort.cancel()
        wrong += self.daemon_is_well()
        if wrong:
            wrong.append(f"after {time.monotonic() - began:.1f} s; the log:")
            with open(self.mount.log_path, "rb") as log:
                log.seek(log_from)
                wrong.append(log.read()[-3000:].decode(errors="replace"))
            self.heal()
        return wrong

    def do_cell(self, fault, wrong):
        """Runs one kind of request with one fault."""
        self.prepare(self.number)
        self.server.ask("DELETE", "/requests")
        try:
            self.strike(fault)
            error = self.meet(fault)
            sent = self.sent() if self.server.process.poll() is None else 0
            self.errors = self.read(".unsandboxfs/errors") if \
                self.mount.process.poll() is None else ""
        finally:
            self.relent(fault)
        if error not in self.expected(fault):
            wrong.append(f"the caller got {error}, not "
                         f"{sorted(map(str, self.expected(fault)))}")
        if sent > self.most_sent(fault):
            wrong.append(f"sent {sent} times")
        self.kept(self.number, fault, error)
        self.again(self.number)
        self.equal(error_of(self.elsewhere.accept), "EAGAIN",
                   "the target of a redirect was reached")

    def meet(self, fault):
        """Makes the request during the fault."""
        return self.attempt(self.number)

    def daemon_is_well(self):
        """What is wrong with the daemon."""
        if self.mount.process.poll() is not None:
            return [f"the daemon ended with {self.mount.process.returncode}"]
        return self.mount.trouble()

    def heal(self):
        """Cleans up, so that the next cell is not affected."""
        if self.server.process.poll() is not None:
            self.server.start()
        self.server.ask("PUT", "/clock", {"skew_s": 0})
        self.server.reset()
        if self.mount.process.poll() is not None or self.mount.wrapper:
            self.mount.process.terminate()
            self.mount.process.wait(10 * SLOWNESS)
            unmount(self.mount.path, lazy=True)
            self.remount()


def lanes(kinds, parts=1):
    """All lanes with their faults, each split into parts."""
    made = []
    for kind in kinds:
        faults = [fault for fault in FAULTS
                  if WANTED.search(f"{kind.kind}__{fault.name}") and (
                      WANTED.pattern or not NOT_YET.fullmatch(
                          f"{kind.kind}__{fault.name}"))]
        made += [kind(faults[part::parts]) for part in range(parts)
                 if faults[part::parts]]
    return made


class MatrixCase(unittest.TestCase):
    """A test for each cell; the lanes run once, in parallel."""

    lanes = ()

    @classmethod
    def setUpClass(cls):
        cls.elsewhere = socket.create_server(("127.0.0.1", 0))
        cls.elsewhere.setblocking(False)
        Lane.elsewhere = cls.elsewhere
        for lane in cls.lanes:
            lane.start()

    @classmethod
    def tearDownClass(cls):
        wrong = [line for lane in cls.lanes for line in lane.ended()]
        cls.elsewhere.close()
        if wrong:
            raise AssertionError("\n".join(wrong))

    def wait(self, lane, fault):
        """Waits for the cell; fails with what was wrong."""
        wrong = lane.result(fault)
        if wrong:
            self.fail("\n".join(wrong))

    @classmethod
    def add_cells(cls, made):
        """Makes the tests."""
        cls.lanes = made
        for lane in made:
            for fault in lane.faults:
                setattr(cls, f"test_{lane.kind}__{fault.name}",
                        lambda self, lane=lane, fault=fault: self.wait(
                            lane, fault))
