# SPDX-License-Identifier: MIT
# tests/live/mounted_rows.py - checks through a mount
"""Each row is a function of a mount that returns what differs, or nothing. The
rows run four short programs, and cancel a fifth."""
import errno
import glob
import os
import subprocess
import time

PATIENCE_S = 60


class Tried:
    """A mount, and the results of commands in it."""

    def __init__(self, mount):
        self.mount = mount

    def shell(self, command):
        """(status, stdout, stderr) of a bash command in the mount."""
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.mount.path,
            stdin=subprocess.DEVNULL, capture_output=True,
            timeout=PATIENCE_S, check=False)
        return (done.returncode, done.stdout.decode(errors="replace"),
                done.stderr.decode(errors="replace"))

    def expect(self, command, *wanted):
        """What differs from one of these outputs."""
        try:
            status, out, err = self.shell(command)
        except subprocess.TimeoutExpired:
            return f"`{command}` takes more than {PATIENCE_S} s"
        if status:
            return f"`{command}`: {self.why(err)}"
        if wanted and out not in wanted:
            return f"`{command}` gives {out[:60]!r}, not {wanted[0]!r}"
        return None

    def why(self, err):
        """The last error, with the API's message."""
        with open(self.at(".unsandboxfs/errors"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        return (lines or [err.strip()])[-1][-120:]

    def at(self, *parts):
        """A path in the mount."""
        return os.path.join(self.mount.path, *parts)

    def cancel(self):
        """Cancels jobs that still run. One whose submission is under way can
        be cancelled as soon as the API has given it an id."""
        for path in glob.glob(self.at("jobs/new/*.job/cancel")) + glob.glob(
                self.at("run/**/*.job/cancel"), recursive=True):
            until = time.monotonic() + 5
            while time.monotonic() < until and not self.cancel_one(path):
                time.sleep(0.3)

    @staticmethod
    def cancel_one(path):
        """Cancels one job; whether it has ended or was removed."""
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write("1")
        except OSError as error:
            if error.errno not in (errno.ESRCH, errno.EBUSY, errno.ENOENT):
                raise
        try:
            with open(os.path.dirname(path) + "/status",
                      encoding="utf-8") as file:
                return file.read().strip() not in ("pending", "running")
        except OSError:
            return True

    def requests(self):
        """The number of requests that the mount has sent."""
        try:
            with open(self.at(".unsandboxfs/stats"),
                      encoding="utf-8") as file:
                return sum(int(line.split()[-1]) for line in file
                           if line.startswith(("requests ", "retries ",
                                               "resigned "))
                           and not line.startswith("requests_"))
        except OSError as error:
            return f"not reported: {errno.errorcode.get(error.errno)}"


def key(tried):
    """ls key, cat key/valid"""
    return tried.expect("ls key >/dev/null && cat key/valid", "1\n")


def words(tried):
    """cat languages shells"""
    return tried.expect("grep -qx python languages && grep -qx bash shells")


def lists(tried):
    """ls sessions services snapshots images"""
    return tried.expect("ls sessions services snapshots images >/dev/null")


def run(tried):
    """a script saved in run/"""
    return tried.expect(
        "echo 10 > run/.settings/ttl && echo 'echo out; echo err >&2; exit 4'"
        " > run/a.sh && cat run/a.sh.job/{stdout,stderr,exit_code,status}",
        "out\nerr\n4\ncompleted\n", "out\nerr\n4\nfailed\n")


def files(tried):
    """input file, environment and artifact of a script in run/"""
    return tried.expect(
        "mkdir -p run/d && echo 1 > run/d/.settings/return_artifact"
        " && echo WORD=hello > run/d/.settings/env && echo 5 > run/d/n.txt"
        " && echo 'f=$(ls n.txt /tmp/n.txt /tmp/input/n.txt 2>/dev/null |"
        " head -n 1); mkdir -p /tmp/artifacts; echo $WORD $(cat $f)"
        " > /tmp/artifacts/r.txt' > run/d/main.sh"
        " && cat run/d/main.sh.job/exit_code"
        " run/d/main.sh.job/artifacts/r.txt",
        "0\nhello 5\n")


def shebang(tried):
    """a script whose first line names its language"""
    return tried.expect(
        "printf '#!/usr/bin/env python3\\nprint(6 * 7)\\n' > run/c"
        " && for i in $(seq 30); do test -e run/c.job && break; sleep .1; done"
        " && cat run/c.job/stdout", "42\n")


def job(tried):
    """a script saved in jobs/new/, followed"""
    return tried.expect(
        "echo 10 > jobs/new/.settings/ttl"
        " && echo 'echo one; sleep 1; echo two' > jobs/new/d.sh"
        " && cat jobs/latest/{stdout,exit_code}", "one\ntwo\n0\n")


def cancel(tried):
    """a job that is cancelled"""
    return tried.expect(
        "echo 'sleep 8' > jobs/new/e.sh && echo 1 > jobs/latest/cancel"
        " && cat jobs/latest/{stdout,status}", "cancelled\n")


def refused(tried):
    """an unknown language"""
    wrong = tried.expect(
        "mkdir run/x && echo klingon > run/x/.settings/language")
    if wrong:
        return wrong
    # The close reports it, or, if the answer is late, the results do.
    status, _, _ = tried.shell(
        "cp run/a.sh run/x/main.sh && cat run/x/main.sh.job/exit_code")
    told = tried.expect("test -s run/x/main.sh.job/error")
    return told if status else "a program in klingon was accepted"


ROWS = (key, words, lists, run, files, shebang, job, cancel, refused)
