# SPDX-License-Identifier: MIT
# tests/mount/test_recordings.py - what is left of sessions that were recorded
import glob
import gzip
import os
import signal
import subprocess
import unittest

from case import SLOWNESS
from mounted import PROGRAM
from test_console import Terminal
from test_resources_life import ResourceCase

LOG = "session.log.gz"
ENDING = "DELETE /sessions/ID"


class RecordedCase(ResourceCase):
    """Sessions that the API records."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.server.ask, "DELETE", "/faults")

    def recorded(self, name):
        """Makes one; returns its id."""
        return os.readlink(self.at(self.session(name, audit="1\n")))

    def talk(self, session, words="by-$((40 + 2))"):
        """A dialogue in its console; what that printed."""
        terminal = Terminal(self.at("sessions", session, "console"))
        self.addCleanup(terminal.close)
        terminal.type(f"stty -echo; echo {words}\n")
        terminal.until(b"by-42\r\n")
        terminal.type("exit\n")
        while more := os.read(terminal.fd, 65536):
            terminal.output += more
        terminal.close()
        return terminal.output

    def recording(self, session):
        """What was recorded."""
        return gzip.decompress(self.read_bytes("sessions", session,
                                               "artifacts", LOG))

    def end(self, session):
        """Ends it."""
        self.save(f"sessions/{session}/destroy", "1\n")

    def deletes(self):
        """The paths, with their queries, of what was deleted."""
        return [change["path"] for change in self.server.changes()
                if change["method"] == "DELETE"]

    def is_there(self, *parts):
        """Whether the name is in its directory, and found."""
        *folder, name = parts
        is_found = os.path.lexists(self.at(*parts))
        self.assertEqual(name in os.listdir(self.at(*folder)), is_found)
        return is_found


class Recordings(RecordedCase):
    """A session that ends leaves its directory, with its recording."""

    def test_dialogue(self):
        session = self.recorded("talk")
        self.assertEqual(self.value("sessions", session, "audit"), "1")
        self.assertFalse(self.is_there("sessions", session, "artifacts"))
        printed = self.talk(session)
        self.server.reset()
        self.end(session)
        self.assertEqual(self.deletes(), [f"/sessions/{session}?audit=1"])
        for _ in range(2):
            self.assertIn(session, os.listdir(self.at("sessions")))
            self.assertEqual(self.recording(session), printed)
            self.assertIn(LOG, os.listdir(
                self.at("sessions", session, "artifacts")))
            self.assertEqual(self.value("sessions", session, "state"),
                             "terminated")
            self.assertFalse(self.is_there("sessions", session, "destroy"))
            self.assertFalse(self.is_there("sessions", session, "error"))
            self.assertEqual(os.readlink(self.at("sessions/talk")), session)
            self.assertEqual(self.recording("talk"), printed)
            self.assertFalse(self.is_there("jobs", session))
            self.mount.restart()
        self.shell(f"rm -r sessions/{session}")
        self.assertFalse(self.is_there("sessions", session))
        self.assertFalse(os.path.lexists(self.at("sessions/talk")))
        self.mount.restart()
        self.assertFalse(self.is_there("sessions", session))
        self.assertEqual(glob.glob(self.mount.state_dir + "/**/*artifact*",
                                   recursive=True), [])

    def test_made_with_it(self):
        """Both ways in which clients say it."""
        self.server.reset()
        self.recorded("made")
        made = [change for change in self.server.changes()
                if change["method"] == "POST"]
        self.assertEqual([change["path"] for change in made],
                         ["/sessions?audit=1"])
        self.assertIn('"audit"', made[0]["body"])

    def test_without(self):
        session = os.readlink(self.at(self.session("without")))
        self.assertEqual(self.value("sessions", session, "audit"), "0")
        self.server.reset()
        self.end(session)
        self.assertEqual(self.deletes(), [f"/sessions/{session}"])
        self.assertFalse(self.is_there("sessions", session))
        self.assertFalse(os.path.lexists(self.at("sessions/without")))

    def test_wanted_later(self):
        """Also of a session that others have made."""
        session = os.readlink(self.at(self.session("later")))
        self.server.reset()
        self.save(f"sessions/{session}/audit", "1\n")
        self.assertEqual(self.server.changes(), [])
        self.assertEqual(self.save_error(f"sessions/{session}/audit", "2\n"),
                         "EINVAL")
        self.mount.restart()
        self.assertEqual(self.value("sessions", session, "audit"), "1")
        self.end(session)
        self.assertIn("bash_history", os.listdir(
            self.at("sessions", session, "artifacts")))

    def test_not_wanted_any_more(self):
        session = self.recorded("changed")
        self.save(f"sessions/{session}/audit", "0\n")
        self.end(session)
        self.assertFalse(self.is_there("sessions", session))

    def test_same_name_again(self):
        """A script that makes one each night."""
        sessions = []
        for _ in range(2):
            sessions.append(self.recorded("nightly"))
            self.end(sessions[-1])
            self.assertEqual(self.recording("nightly"), b"")
        self.assertNotEqual(*sessions)
        self.shell(f"rm -r sessions/{sessions[0]}")
        self.assertEqual(os.readlink(self.at("sessions/nightly")),
                         sessions[1])
        self.assertEqual(self.recording(sessions[1]), b"")

    def test_open_directory(self):
        """What has the directory open sees it end."""
        session = self.recorded("open")
        os.listdir(self.at("sessions", session))
        seen = self.shell(
            f"cd sessions/{session}; ls artifacts 2>&1; cat state; "
            "echo 1 > destroy; ls artifacts; cat state")
        self.assertIn("bash_history\n" + LOG + "\nterminated\n", seen)

    def test_names(self):
        """Those that the API gives to files are made safe."""
        session = self.recorded("names")
        self.server.answer("DELETE", "/sessions/ID", {
            "status": "terminated", "artifacts": [
                {"filename": "../../up", "content_base64": "dXA="},
                {"filename": "a", "content_base64": "YQ=="},
                {"filename": "a", "content_base64": "Yg=="},
                {"filename": "\x1b[2J", "content_base64": "Yw=="}]}, times=1)
        self.end(session)
        names = os.listdir(self.at("sessions", session, "artifacts"))
        self.assertEqual(len(names), 4)
        self.assertIn("a", names)
        self.assertFalse([name for name in names
                          if "/" in name or "\x1b" in name])

    def test_removal(self):
        """rmdir and rm remove what is left, and nothing of what goes on."""
        goes_on = self.recorded("goes")
        self.assertEqual(self.error_of(os.rmdir,
                                       self.at("sessions", goes_on)), "EPERM")
        self.fails(f"rm -rf sessions/{goes_on}")
        self.assertEqual(self.value("sessions", goes_on, "state"), "running")
        ended = [self.recorded(f"ended{i}") for i in range(3)]
        for session in ended:
            self.end(session)
        self.server.reset()
        os.rmdir(self.at("sessions", ended[0]))
        os.unlink(self.at("sessions", ended[1], "artifacts", LOG))
        self.assertEqual(
            os.listdir(self.at("sessions", ended[1], "artifacts")),
            ["bash_history"])
        self.shell(f"rm -rf sessions/{ended[1]} sessions/{ended[2]}")
        for session in ended:
            self.assertFalse(self.is_there("sessions", session))
        self.assertEqual(self.server.changes(), [])
        self.assertTrue(self.is_there("sessions", goes_on))

    def test_state_of_an_ended_one(self):
        session = self.recorded("state")
        self.end(session)
        self.assertEqual(
            self.save_error(f"sessions/{session}/state", "frozen\n"), "ESRCH")
        self.assertIn("the session has ended", self.read(
            ".unsandboxfs/errors").splitlines()[-1])

    def shell_program(self, *arguments):
        """`unsandboxfs shell` with a script as its input."""
        return subprocess.run(
            [PROGRAM, "shell", self.mount.path, *arguments],
            input=b"echo by-$((40 + 2))\nexit 3\n", capture_output=True,
            timeout=30 * SLOWNESS, check=False)

    def test_program(self):
        """A session of its own that is recorded; the program tells where."""
        done = self.shell_program("--shell", "bash", "--audit")
        self.assertEqual(done.returncode, 3, done.stderr)
        said = done.stderr.decode()
        where = said.split("recording: ", 1)[1].splitlines()[0]
        self.assertTrue(where.startswith(self.mount.path + "/sessions/"), said)
        with gzip.open(os.path.join(where, LOG)) as log:
            self.assertIn(b"by-42", log.read())

    def test_program_that_failed(self):
        self.server.fault({"method": "DELETE", "path": "/sessions/ID",
                           "status": 500})
        done = self.shell_program("--shell", "bash", "--audit")
        self.assertNotIn(b"recording: ", done.stderr)
        self.assertIn(b"could not be ended", done.stderr)

    def test_options_of_the_program(self):
        for wrong in (["--audit"], ["--shell"], ["--audit", "--shell"],
                      ["--shell", "bash", "--audi"]):
            self.assertEqual(self.shell_program(*wrong).returncode, 2, wrong)


class Allowed(RecordedCase):
    """Where rmdir destroys, too."""

    options = "allow_delete"

    def test_twice(self):
        session = self.recorded("twice")
        self.assertEqual(self.error_of(os.rmdir, self.at("sessions", session)),
                         "ENOTEMPTY")
        self.assertIn("the session has ended", self.read(
            ".unsandboxfs/errors").splitlines()[-1])
        self.assertEqual(self.deletes()[-1], f"/sessions/{session}?audit=1")
        self.assertEqual(self.recording(session), b"")
        os.rmdir(self.at("sessions", session))
        self.assertFalse(self.is_there("sessions", session))
        self.assertEqual(self.server.requests()[ENDING], 1)


class Faults(RecordedCase):
    """Failures are reported, and nothing is lost silently."""

    def fails_with(self, session, error):
        """Ending it does."""
        self.server.reset_counts()
        self.assertEqual(self.save_error(f"sessions/{session}/destroy",
                                         "1\n"), error)

    def test_refused(self):
        """The session goes on, and nothing is left of the attempt."""
        session = self.recorded("refused")
        for status, error in ((403, "EACCES"), (422, "EINVAL")):
            self.server.fault({"method": "DELETE", "path": "/sessions/ID",
                               "status": status})
            self.fails_with(session, error)
            self.assertFalse(self.is_there("sessions", session, "error"))
            self.assertFalse(self.is_there("sessions", session, "artifacts"))
        self.server.ask("DELETE", "/faults")
        self.end(session)
        self.assertEqual(self.recording(session), b"")

    def test_server_error(self):
        """It may have ended: that is said where it is, and it can be tried
        again."""
        session = self.recorded("error")
        self.server.fault({"method": "DELETE", "path": "/sessions/ID",
                           "status": 500})
        self.fails_with(session, "EREMOTEIO")
        self.assertEqual(self.server.requests()[ENDING], 1)
        self.assertIn("it is unknown whether the session has ended",
                      self.value("sessions", session, "error"))
        self.assertEqual(self.value("sessions", session, "state"), "running")
        self.server.ask("DELETE", "/faults")
        self.end(session)
        self.assertEqual(self.recording(session), b"")
        self.assertFalse(self.is_there("sessions", session, "error"))

    def lost(self, session, error, **fault):
        """It has ended, and the answer is not usable."""
        self.server.fault({"method": "DELETE", "path": "/sessions/ID",
                           **fault})
        self.fails_with(session, error)
        self.assertEqual(self.server.requests()[ENDING], 1)
        self.assertTrue(self.is_there("sessions", session))
        said = self.value("sessions", session, "error")
        self.assertIn("recording is lost", said)
        self.assertIn("recording is lost", self.read(".unsandboxfs/errors"))
        self.mount.restart()
        self.assertEqual(self.value("sessions", session, "error"), said)
        self.assertEqual(
            os.listdir(self.at("sessions", session, "artifacts")), [])
        self.shell(f"rm -r sessions/{session}")
        self.assertFalse(self.is_there("sessions", session))
        self.server.ask("DELETE", "/faults")

    def test_lost(self):
        self.lost(self.recorded("cut"), "EPROTO", truncate=100)
        self.lost(self.recorded("closed"), "ECONNRESET", after=True,
                  close="before")
        self.lost(self.recorded("text"), "EPROTO", after=True, status=200,
                  body="OK")

    def test_none_given(self):
        """The API has recorded nothing."""
        session = self.recorded("none")
        self.server.answer("DELETE", "/sessions/ID",
                           {"status": "terminated"}, times=1)
        self.end(session)
        self.assertIn("no recording", self.value("sessions", session, "error"))
        self.assertIn("no recording", self.read(".unsandboxfs/errors"))

    def test_killed(self):
        """The daemon is killed before the answer comes."""
        session = self.recorded("killed")
        self.server.fault({"method": "DELETE", "path": "/sessions/ID",
                           "after": True, "hang": "before"})
        with subprocess.Popen(["sh", "-c", "echo 1 > destroy"],
                              cwd=self.at("sessions", session),
                              stderr=subprocess.DEVNULL) as writer:
            self.wait_for(lambda: self.server.requests().get(ENDING),
                          "the request was sent")
            self.mount.process.send_signal(signal.SIGKILL)
            self.mount.process.wait(20)
            writer.wait(20)
        subprocess.run(["fusermount3", "-uz", self.mount.path], timeout=20,
                       check=False)
        self.server.ask("DELETE", "/faults")
        self.mount.start(20 * SLOWNESS)
        self.assertTrue(self.is_there("sessions", session))
        self.assertIn("its recording is lost",
                      self.value("sessions", session, "error"))

    def test_interrupted(self):
        """A writer that is killed loses nothing."""
        session = self.recorded("interrupted")
        self.server.fault({"method": "DELETE", "path": "/sessions/ID",
                           "after": True, "delay_ms": 1500})
        with subprocess.Popen(["sh", "-c", "echo 1 > destroy"],
                              cwd=self.at("sessions", session),
                              stderr=subprocess.DEVNULL) as writer:
            self.wait_for(lambda: self.server.requests().get(ENDING),
                          "the request was sent")
            writer.kill()
            writer.wait(30)
        self.wait_for(lambda: self.is_there("sessions", session, "artifacts"),
                      "it has ended")
        self.assertEqual(self.recording(session), b"")


@unittest.skipUnless(os.geteuid() == 0, "mounts")
class FullDisk(RecordedCase):
    """A state directory with little room."""

    starts_mounted = False

    def setUp(self):
        super().setUp()
        self.disk = self.place.folder("small-" + self.id().split(".")[-1])
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs",
                        self.disk], check=True, timeout=20)
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk],
                        check=True, timeout=20)
        self.mount.state_dir = self.disk
        self.mount.start(20 * SLOWNESS)
        self.addCleanup(self.mount.end)

    def large(self, name):
        """A session with a recording of 3 MB."""
        session = self.recorded(name)
        self.server.answer("DELETE", "/sessions/ID", {
            "status": "terminated", "artifacts": [
                {"filename": LOG, "content_base64": "YWJj" * 1_000_000}]},
            times=1)
        return session

    def test_kept_in_memory(self):
        session = self.large("large")
        self.assertEqual(self.save_error(f"sessions/{session}/destroy",
                                         "1\n"), "ENOSPC")
        self.assertIn("only in memory",
                      self.value("sessions", session, "error"))
        self.assertEqual(self.error_of(
            os.listdir, self.at("sessions", session, "artifacts")), "ENOSPC")
        self.assertIn("only in memory", self.read(".unsandboxfs/errors"))
        subprocess.run(["mount", "-o", "remount,size=64m", self.disk],
                       check=True, timeout=20)
        self.assertEqual(os.listdir(
            self.at("sessions", session, "artifacts")), [LOG])
        self.assertFalse(self.is_there("sessions", session, "error"))
        self.mount.restart()
        self.assertEqual(self.read_bytes("sessions", session, "artifacts",
                                         LOG), b"abc" * 1_000_000)

    def test_lost_with_the_mount(self):
        session = self.large("gone")
        self.save_error(f"sessions/{session}/destroy", "1\n")
        self.mount.restart()
        self.assertIn("its recording is lost",
                      self.value("sessions", session, "error"))

    def test_nothing_is_sent(self):
        """Where not even the record has room, the session goes on."""
        session = self.recorded("goes")
        with open(self.disk + "/filler", "wb", 0) as file:
            self.error_of(lambda: [file.write(b"x" * 4096)
                                   for _ in range(1000)])
        self.server.reset_counts()
        self.assertEqual(self.save_error(f"sessions/{session}/destroy",
                                         "1\n"), "ENOSPC")
        self.assertNotIn(ENDING, self.server.requests())
        self.assertEqual(self.value("sessions", session, "state"), "running")
        os.remove(self.disk + "/filler")
        self.end(session)
        self.assertEqual(self.recording(session), b"")


if __name__ == "__main__":
    unittest.main()
