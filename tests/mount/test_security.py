# SPDX-License-Identifier: MIT
# tests/mount/test_security.py - the promises of SECURITY in unsandboxfs(1)
import base64
import os
import signal
import socket
import stat
import subprocess
import threading
import unittest

from case import SLOWNESS, MountCase
from mounted import IS_SANITIZED, PROGRAM, Mounted, environment
from place import files_below, unmount
from standin import PUBLIC, SECRET, Standin

NOBODY = 65534
ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m\u009b2J\r\nsecond line\x7f\x00end"


def as_nobody(*command, **more):
    """Runs it as a user who owns nothing."""
    return subprocess.run(command, user=NOBODY, group=NOBODY, extra_groups=[],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=20 * SLOWNESS, check=False, **more)


class Secret(MountCase):
    """The secret key is only where it is needed."""

    options = "timeout=2"

    def work(self):
        """Causes everything that is logged or stored."""
        self.save("run/a.sh", "echo ran\n")
        self.read("run/a.sh.job/stdout")
        self.save("jobs/new/b.sh", "echo ran\n")
        self.read("jobs/new/b.sh.job/stdout")
        self.server.fault({"method": "POST", "path": "/execute", "times": 1,
                           "status": 401, "body": {"error": "no"}})
        self.save_error("run/c.sh", "echo refused\n")
        os.listdir(self.at("services"))

    def test_in_no_file_of_the_mount_nor_of_the_state(self):
        self.work()
        for name in ("log", "errors", "config", "stats", "version", "otp",
                     "refresh"):
            self.assertNotIn(SECRET, self.read(".unsandboxfs", name), name)
        self.assertIn(PUBLIC, self.read(".unsandboxfs/config"))
        for file in files_below(self.mount.state_dir):
            self.assertNotIn(SECRET.encode(), file.read(), file.name)
        self.assertNotIn(SECRET, self.mount.log())

    def test_not_in_the_log_of_every_request(self):
        other = Mounted(self.place, self.server, "timeout=2", name="debug")
        other.state_dir += ".debug"
        with open(other.log_path, "wb") as log:
            daemon = subprocess.Popen(other.command("-d"), env=other.env,
                                      stdin=subprocess.DEVNULL, stdout=log,
                                      stderr=log)
        try:
            self.wait_for(lambda: os.path.exists(other.path + "/README"),
                          "it is mounted")
            with open(other.path + "/run/d.sh", "w", encoding="utf-8") as file:
                file.write("echo debug\n")
        finally:
            unmount(other.path)
            daemon.wait(20 * SLOWNESS)
        with open(other.log_path, "rb") as log:
            text = log.read()
        self.assertIn(b"/execute", text)
        self.assertNotIn(SECRET.encode(), text)
        self.assertNotIn(b"X-Signature", text)

    def test_in_no_argument_and_no_environment(self):
        names = ["cmdline"]
        if os.geteuid():  # not dumpable: its memory cannot be read
            self.assertEqual(self.error_of(
                open, f"/proc/{self.mount.pid}/environ", "rb"), "EACCES")
        else:
            names.append("environ")
        for name in names:
            with open(f"/proc/{self.mount.pid}/{name}", "rb") as file:
                self.assertNotIn(SECRET.encode(), file.read(), name)

    def test_there_is_no_option_for_it(self):
        for option in (f"secret={SECRET}", f"secret_key={SECRET}",
                       f"key={PUBLIC}:{SECRET}"):
            done = subprocess.run(
                [PROGRAM, "-f", "-o", option, self.mount.path],
                env=environment(self.mount.home), capture_output=True,
                stdin=subprocess.DEVNULL, timeout=20, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertNotIn(SECRET.encode(), done.stderr)

    @unittest.skipIf(IS_SANITIZED, "a sanitizer has its own rules")
    def test_not_dumpable_and_no_core(self):
        with open(f"/proc/{self.mount.pid}/limits", encoding="utf-8") as file:
            line = next(line for line in file if "core file" in line)
        self.assertEqual(line.split()[4:6], ["0", "0"])
        # Files of a process that is not dumpable belong to root.
        self.assertEqual(os.stat(f"/proc/{self.mount.pid}/environ").st_uid, 0)

    @unittest.skipUnless(os.geteuid() == 0, "needs another user")
    def test_no_other_user_reads_its_memory(self):
        for name in ("environ", "mem", "maps", "fd"):
            done = as_nobody("cat" if name != "fd" else "ls",
                             f"/proc/{self.mount.pid}/{name}")
            self.assertNotEqual(done.returncode, 0, name)
            self.assertIn(b"denied", done.stderr)

    def test_signal_that_dumps_leaves_no_core(self):
        before = set(os.listdir(self.place.path))
        self.mount.process.send_signal(signal.SIGABRT)
        self.mount.process.wait(20 * SLOWNESS)
        self.assertEqual(set(os.listdir(self.place.path)) - before, set())
        self._mount_again()


class Credentials(MountCase):
    """The sources of keys."""

    starts_mounted = False

    def refused(self, prepare, message):
        """Asserts that a file of keys is refused, and named."""
        path = os.path.join(self.place.path, "accounts.csv")
        if os.path.lexists(path):
            os.remove(path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"{PUBLIC},{SECRET}\n")
        os.chmod(path, 0o600)
        prepare(path)
        done = subprocess.run(
            [*self.mount.command("-f")[:-1], "-o",
             f"accounts_file={path},account=0", self.mount.path],
            env=environment(self.mount.home), capture_output=True,
            stdin=subprocess.DEVNULL, timeout=20 * SLOWNESS, check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(path.encode(), done.stderr)
        self.assertIn(message, done.stderr)
        self.assertNotIn(SECRET.encode(), done.stderr)
        self.assertFalse(self.mount.is_mounted())

    def test_modes_that_let_others_in(self):
        for mode in (0o604, 0o640, 0o602, 0o620, 0o644, 0o666, 0o777, 0o601):
            self.refused(lambda path, mode=mode: os.chmod(path, mode),
                         b"chmod 600")

    @unittest.skipUnless(os.geteuid() == 0, "needs another user")
    def test_of_another_user(self):
        self.refused(lambda path: os.chown(path, NOBODY, NOBODY),
                     b"another user")

    def test_no_file_at_all(self):
        self.refused(os.remove, b"No such file")

    def test_a_pipe(self):
        self.refused(lambda path: (os.remove(path), os.mkfifo(path, 0o600)),
                     b"not a regular file")


class Tls(MountCase):
    """TLS certificates are always verified."""

    starts_mounted = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = cls.place.folder("tls")
        cls.secure = Standin(_Sub(cls.place, "secure"), "--tls", cls.folder)
        cls.other = cls.place.folder("other")
        Standin(_Sub(cls.place, "stranger"), "--tls", cls.other).stop()

    @classmethod
    def tearDownClass(cls):
        cls.secure.stop()
        super().tearDownClass()

    def start(self, *options, url=None):
        """(exit status, message) of a start in the background."""
        done = subprocess.run(
            [PROGRAM, "-o", ",".join((
                f"url={url or self.secure.url},timeout=5",
                f"state_dir={self.mount.state_dir}", *options)),
             self.mount.path], env=self.mount.env, capture_output=True,
            stdin=subprocess.DEVNULL, timeout=30 * SLOWNESS, check=False)
        return done.returncode, done.stderr.decode()

    def tearDown(self):
        if self.mount.is_mounted():
            self.end()
        super().tearDown()

    def end(self):
        """Unmounts, and waits for the daemon."""
        daemons = self.mount.others()
        self.assertTrue(unmount(self.mount.path))
        for pid in daemons:
            os.waitpid(pid, 0)

    def test_the_right_authority(self):
        status, said = self.start(f"cacert={self.folder}/ca.pem")
        self.assertEqual((status, said), (0, ""))
        self.save("run/tls.sh", "echo over tls\n")
        self.assertEqual(self.read("run/tls.sh.job/stdout"), "over tls\n")
        self.end()

    def not_verified(self, *options, url=None):
        """Asserts that it mounts with a warning, and sends no key."""
        status, said = self.start(*options, url=url)
        self.assertEqual(status, 0)
        self.assertRegex(said, "(?i)certificate|ssl")
        self.assertEqual(self.save_error("run/tls.sh", "echo 1\n"), "EPROTO")
        self.end()

    def test_another_authority(self):
        self.not_verified(f"cacert={self.other}/ca.pem")

    def test_the_systems_authorities(self):
        self.not_verified()

    def test_a_name_that_the_certificate_lacks(self):
        with Forwarder(self.secure.port) as url:
            self.not_verified(f"cacert={self.folder}/ca.pem", url=url)

    def test_the_environment_turns_nothing_off(self):
        before = dict(self.mount.env)
        self.mount.env.update(CURL_SSL_NO_VERIFY="1", SSL_CERT_FILE=os.path.
                              join(self.other, "ca.pem"))
        try:
            self.not_verified(f"cacert={self.other}/ca.pem")
        finally:
            self.mount.env = before

    def test_plain_http_goes_to_loopback_alone(self):
        for url in ("http://api.unsandbox.com", "http://192.0.2.1:80",
                    "http://localhost.example.com", "http://127.0.0.1.nip.io",
                    "http://[2001:db8::1]", "ftp://127.0.0.1",
                    "file:///etc/passwd", "http://user@127.0.0.1",
                    "https://api.unsandbox.com/x", "http://0.0.0.0:1",
                    "http://2130706433.example"):
            status, said = self.start(url=url)
            self.assertEqual(status, 2, f"{url}: {said}")
            self.assertIn("http", said)
            self.assertFalse(self.mount.is_mounted())


class _Sub:
    """A directory of a place, for a second server."""

    def __init__(self, place, name):
        self.path = place.folder(name)


class Forwarder:
    """Leads from another address to a port of 127.0.0.1."""

    def __init__(self, port):
        self.port = port
        self.socket = socket.create_server(("127.0.0.2", 0))

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return f"https://127.0.0.2:{self.socket.getsockname()[1]}"

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def _serve(self):
        while True:
            try:
                near = self.socket.accept()[0]
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.port))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=pair,
                                 daemon=True).start()

    @staticmethod
    def _pass(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Answers(MountCase):
    """Data from the network controls nothing on this machine."""

    options = "timeout=2"

    def test_redirects_are_not_followed(self):
        with socket.create_server(("127.0.0.1", 0)) as elsewhere:
            elsewhere.setblocking(False)
            place = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/"
            for number in (301, 302, 303, 307, 308):
                self.server.fault({"method": "*", "path": "*",
                                   "status": number, "body": "",
                                   "headers": {"Location": place}})
                self.assertEqual(self.save_error("run/r.sh", "echo 1\n"),
                                 "EPROTO")
            self.assertEqual(self.error_of(elsewhere.accept), "EAGAIN")

    def test_artifacts_stay_in_their_directory(self):
        names = ["../up", "/etc/x", "..", ".", "", "a/b", "a\0b", "x" * 300,
                 "plain.txt", "../../../../../../tmp/unsandboxfs-escaped"]
        self.server.answer("POST", "/execute", {
            "success": True, "status": "completed", "exit_code": 0,
            "stdout": "", "job_id": "j-1", "artifacts": [
                {"filename": name, "content_base64": base64.b64encode(
                    str(n).encode()).decode()}
                for n, name in enumerate(names)]})
        self.save("run/art.sh", "echo 1\n")
        folder = self.at("run/art.sh.job/artifacts")
        self.wait_for(lambda: len(os.listdir(folder)) == len(names), "all")
        found = {}
        for name in os.listdir(folder):
            self.assertNotIn("/", name)
            self.assertNotIn(name, (".", ".."))
            found[self.read(folder, name)] = name
        self.assertEqual(set(found), {str(n) for n in range(len(names))})
        self.assertEqual(found["8"], "plain.txt")
        self.assertFalse(os.path.exists("/tmp/unsandboxfs-escaped"))
        top = os.path.join(self.mount.state_dir, "unsandboxfs")
        for file in files_below(top):
            self.assertRegex(os.path.basename(file.name), r"^[a-z0-9.]+$")

    def test_no_directory_has_a_name_twice(self):
        key = "unsb-pk-aaaa-bbbb-cccc-dddd"
        self.server.answer("GET", "/images", {"images": [
            {"id": "img-1", "name": "one", "trusted_keys": [key, key]}]},
                           times=0)
        self.save(".unsandboxfs/refresh", "1\n")
        with os.scandir(self.at("images/img-1/trusted")) as entries:
            self.assertEqual([entry.name for entry in entries], [key])

    def test_no_name_steers_a_terminal(self):
        names = ["a\x1b[2J", "b\u009b2J", "c\nd", "e\x7f"]
        self.server.answer("POST", "/execute", {
            "status": "completed", "exit_code": 0, "job_id": "j-9",
            "artifacts": [{"filename": name, "data": ""} for name in names]})
        self.save("run/steer.sh", "echo 1\n")
        self.server.answer("GET", "/jobs", {"jobs": [
            {"job_id": name, "status": "running"} for name in names]})
        self.server.answer("GET", "/services", {"services": [
            {"id": f"svc-{n}", "name": name}
            for n, name in enumerate(names)]})
        self.save(".unsandboxfs/refresh", "1\n")
        shown = [name for folder in ("run/steer.sh.job/artifacts", "jobs",
                                     "services")
                 for name in os.listdir(self.at(folder))]
        self.assertGreaterEqual(len(shown), len(names))
        for name in shown:
            self.assertTrue(name.isprintable(), repr(name))

    def test_job_ids_are_names_or_are_not_shown(self):
        ids = ["../x", "..", ".", "a/b", "", "new", "latest", "local-1",
               "x" * 300, "a\nb", "a\x1bb", ".hidden", "0d2b49d6-good"]
        self.server.answer("GET", "/jobs", {"jobs": [
            {"job_id": name, "status": "running"} for name in ids]}, times=0)
        self.save(".unsandboxfs/refresh", "1\n")
        names = set(os.listdir(self.at("jobs")))
        self.assertLessEqual({"new", "0d2b49d6-good"}, names)
        for name in names - {"new", "latest", "0d2b49d6-good"}:
            self.assertRegex(name, "^local-[0-9]+$")  # of other tests

    def test_a_job_id_is_encoded_in_its_url(self):
        self.server.answer("POST", "/execute/async", {
            "job_id": "../keys/validate?x#y z", "status": "pending"})
        self.save("jobs/new/odd.sh", "echo 1\n")
        self.wait_for(lambda: self.server.requests().keys() & {
            "GET /jobs/ID"}, "it is asked for", 15)
        self.assertEqual(self.server.requests().get("POST /keys/validate"),
                         None)
        name = os.path.basename(os.readlink(self.at("jobs/new/odd.sh.job")))
        self.assertRegex(name, "^local-[0-9]+$")

    def test_a_terminal_is_shown_no_escape(self):
        self.server.fault({"method": "*", "path": "/execute", "status": 400,
                           "body": {"error": ESCAPES, "code": ESCAPES}})
        self.assertEqual(self.save_error("run/e.sh", "echo 1\n"), "EINVAL")
        for path in ("run/e.sh.job/error", ".unsandboxfs/errors",
                     ".unsandboxfs/log"):
            text = self.read(path)
            self.assertIn("second line", text, path)
            for char in text:
                self.assertTrue(char == "\n" or char >= " " and not (
                    "\x7f" <= char <= "\x9f"), f"{path}: {text!r}")
            self.assertNotIn("\nsecond", text)
        self.assertNotIn("\x1b", self.mount.log())

    def test_a_start_says_no_escape(self):
        self.mount.end()
        self.server.fault({"method": "*", "path": "*", "status": 401,
                           "body": {"error": ESCAPES}})
        done = subprocess.run(self.mount.command(), env=self.mount.env,
                              capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=20 * SLOWNESS, check=False)
        self.server.reset()
        self.mount.start(20 * SLOWNESS)
        self.assertEqual(done.returncode, 3)
        self.assertNotIn(b"\x1b", done.stderr)
        self.assertEqual(done.stderr.count(b"\n"), 1)

    def test_an_answer_without_end_is_cut(self):
        self.server.fault({"method": "GET", "path": "/languages",
                           "endless": True})
        self.assertIn(self.error_of(self.read, "languages"),
                      ("EPROTO", "ETIMEDOUT"))
        with open(f"/proc/{self.mount.pid}/statm", encoding="utf-8") as file:
            resident = int(file.read().split()[1]) * 4096
        if not IS_SANITIZED:
            self.assertLess(resident, 64 << 20)


@unittest.skipUnless(os.geteuid() == 0, "needs another user")
class Others(MountCase):
    """Other users of the machine."""

    starts_mounted = False

    def mounted_with(self, options):
        """Mounts where other users can reach it."""
        path = self.mount.path
        while path != "/":  # its parent directories; restored at the end
            mode = stat.S_IMODE(os.stat(path).st_mode)
            if not mode & 0o001:
                os.chmod(path, mode | 0o001)
                self.addCleanup(os.chmod, path, mode)
            path = os.path.dirname(path)
        self.mount.options = options
        self.mount.start(20 * SLOWNESS)
        self.addCleanup(self.mount.end)

    def run_as_nobody(self, path):
        """Tries to save a program; returns the number of executions."""
        done = as_nobody("sh", "-c", f"echo 'echo mine' > {path}",
                         cwd=self.mount.path)
        self.settled()
        return done.returncode, self.server.executions()

    def test_without_allow_other_nobody_comes_in(self):
        self.mounted_with("timeout=5")
        done = as_nobody("ls", self.mount.path)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"denied", done.stderr)

    def test_allow_other_lets_read_and_not_run(self):
        self.mounted_with("allow_other")
        self.save("run/own.sh", "echo own\n")
        self.assertEqual(as_nobody("cat", self.at(
            "run/own.sh.job/stdout")).stdout, b"own\n")
        self.server.reset()
        for path in ("run/x.sh", "run/own.sh", "jobs/new/x.sh"):
            self.assertEqual(self.run_as_nobody(path)[1], [], path)
        for path in (".unsandboxfs/otp", ".unsandboxfs/refresh",
                     "run/own.sh.job/cancel", "run/.settings/ttl"):
            self.assertNotEqual(self.run_as_nobody(path)[0], 0, path)
        self.server.ask("PUT", "/seed", {"services": [{"name": "web"}]})
        self.save("services/web/env", "TOKEN=hidden\n")
        done = as_nobody("cat", self.at("services/web/env"))
        self.assertIn(b"denied", done.stderr)
        for path in ("services/web/destroy", "services/web/state",
                     "services/web/run/x.sh"):
            self.assertNotEqual(self.run_as_nobody(path)[0], 0, path)
        self.assertNotEqual(as_nobody("mkdir", self.at(
            "services/new/d")).returncode, 0)
        self.assertNotEqual(as_nobody("rm", self.at("run/own.sh")).returncode,
                            0)

    def test_umask_lets_others_run(self):
        self.mounted_with("allow_other,umask=000")
        status, executions = self.run_as_nobody("run/x.sh")
        self.assertEqual((status, len(executions)), (0, 1))

    def test_umask_keeps_others_out(self):
        self.mounted_with("allow_other,umask=077")
        self.assertNotEqual(as_nobody("ls", self.at("run")).returncode, 0)


@unittest.skipIf(IS_SANITIZED, "a sanitizer keeps freed memory")
class Memory(MountCase):
    """The bytes that a secret was overwritten with."""

    starts_mounted = True

    @unittest.skipUnless(os.geteuid() == 0, "reads another process's memory")
    def test_the_secret_is_in_memory_no_more_often_than_it_must(self):
        self.save("run/a.sh", "echo 1\n")
        self.read("run/a.sh.job/stdout")
        self.assertLessEqual(self.count(SECRET.encode()), 1)

    @unittest.skipUnless(os.geteuid() == 0, "reads another process's memory")
    def test_a_one_time_code_does_not_stay(self):
        code = b"code-8261-5530-xq"
        self.save(".unsandboxfs/otp", code.decode() + "\n")
        self.save(".unsandboxfs/otp", "\n")
        self.assertEqual(self.count(code), 0)

    def count(self, word):
        """How often the word is in the daemon's writable memory."""
        found = 0
        with open(f"/proc/{self.mount.pid}/maps", encoding="utf-8") as maps, \
                open(f"/proc/{self.mount.pid}/mem", "rb", 0) as memory:
            for line in maps:
                span, flags = line.split()[:2]
                if not flags.startswith("rw"):
                    continue
                start, end = (int(part, 16) for part in span.split("-"))
                if end - start > 256 << 20:
                    continue
                memory.seek(start)
                try:
                    found += memory.read(end - start).count(word)
                except OSError:
                    pass
        return found


if __name__ == "__main__":
    unittest.main()
