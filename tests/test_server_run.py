#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/test_server_run.py - programs run by the stand-in, and their jobs
import base64
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "server"))
import harness  # noqa: E402


def works(tool):
    """Whether it runs with another HOME, as in the stand-in."""
    try:
        return subprocess.run([tool, "--version"], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60,
                              env=dict(os.environ, HOME="/")).returncode == 0
    except OSError:
        return False


def pack(data):
    return base64.b64encode(data).decode()


PROGRAMS = [
    # language, tool, code, stdout
    ("python", "python3", "print(6 * 7)", "42\n"),
    ("bash", "bash", "echo $((6 * 7))", "42\n"),
    ("perl", "perl", 'print 6 * 7, "\\n"', "42\n"),
    ("awk", "awk", "BEGIN { print 6 * 7 }", "42\n"),
    ("c", "gcc", '#include <stdio.h>\nint main(void){printf("%d\\n",6*7);}',
     "42\n"),
    ("cpp", "g++", "#include <iostream>\nint main(){std::cout<<6*7<<'\\n';}",
     "42\n"),
    ("javascript", "node", "console.log(6 * 7)", "42\n"),
    ("node", "node", "console.log(6 * 7)", "42\n"),
    ("tcl", "tclsh", "puts [expr 6 * 7]", "42\n"),
    ("ruby", "ruby", "puts 6 * 7", "42\n"),
    ("php", "php", "echo 6 * 7, \"\\n\";", "42\n"),
    ("php", "php", "<?php echo 6 * 7, \"\\n\";", "42\n"),
    ("lua", "lua", "print(6 * 7)", "42\n"),
    ("java", "javac", "class M { public static void main(String[] a)"
     " { System.out.println(6 * 7); } }", "42\n"),
    ("rust", "rustc", 'fn main() { println!("{}", 6 * 7); }', "42\n"),
    ("fortran", "gfortran", "print '(I0)', 6 * 7\nend", "42\n"),
]


class Programs(harness.Case):
    def test_languages(self):
        for language, tool, code, out in PROGRAMS:
            with self.subTest(language=language, code=code):
                got = self.api.run(language, code)
                if tool == "tclsh" and shutil.which(tool) or works(tool):
                    self.assertEqual((got["stdout"], got["stderr"],
                                      got["exit_code"]), (out, "", 0))
                    self.assertTrue(got["success"])
                elif not shutil.which(tool):
                    self.assertEqual(got["exit_code"], 127)
                    self.assertIn("nothing that runs", got["stderr"])
                self.assertEqual(got["status"], "completed")

    def test_fields(self):
        got = self.api.run("bash", "echo out; echo err >&2; exit 3")
        self.assertEqual((got["stdout"], got["stderr"], got["exit_code"],
                          got["success"], got["status"], got["language"],
                          got["network_mode"]),
                         ("out\n", "err\n", 3, False, "completed", "bash",
                          "zerotrust"))
        self.assertEqual(got["total_time_ms"], got["execution_time_ms"])
        self.assertNotIn("error", got)
        job = self.api("GET", "/jobs/" + got["job_id"]).json
        self.assertEqual(job["stdout"], "out\n")

    def test_refused(self):
        rows = [
            ({"code": "x"}, "MISSING_LANGUAGE"),
            ({"language": "bash"}, "MISSING_CODE"),
            ({"language": "bash", "code": ""}, "MISSING_CODE"),
            ({"language": "nix", "code": "x"}, "UNSUPPORTED_LANGUAGE"),
            ({"language": "bash", "code": "x", "ttl": 901}, "INVALID_TTL"),
            ({"language": "bash", "code": "x", "ttl": 0}, "INVALID_TTL"),
            ({"language": "bash", "code": "x", "vcpu": 9}, "INVALID_VCPU"),
            ({"language": "bash", "code": "x", "network_mode": "lan"},
             "INVALID_NETWORK_MODE"),
            ({"language": "bash", "code": "x", "env": {"A": 1}},
             "INVALID_ENV"),
            ({"language": "bash", "code": "x", "input_files": [
                {"filename": "../x", "content": ""}]}, "INVALID_INPUT_FILE"),
            ({"language": "bash", "code": "x", "input_files": [
                {"filename": "x", "content": "%"}]}, "INVALID_INPUT_FILE"),
        ]
        for body, code in rows:
            for path in ("/execute", "/execute/async"):
                with self.subTest(body=body, path=path):
                    got = self.api("POST", path, body)
                    self.assertEqual((got.status, got.json["code"]),
                                     (400, code))
                    for name in ("error", "message", "details"):
                        self.assertIsInstance(got.json[name], str)
        for body in (b"{", b"[1]", b"nonsense", b'{"code":"\xff"}'):
            got = self.api("POST", "/execute", body)
            self.assertEqual((got.status, got.json["code"]),
                             (400, "INVALID_JSON"))

    def test_shebang(self):
        rows = [("#!/bin/sh\necho hi", "bash"),
                ("#!/usr/bin/env python3\nprint('hi')", "python"),
                ("#!/usr/bin/python3.11 -u\nprint('hi')", "python"),
                ("#!/usr/bin/env -S perl -w\nprint \"hi\\n\"", "perl"),
                ("#!/usr/bin/awk -f\nBEGIN { print \"hi\" }", "awk")]
        for code, language in rows:
            with self.subTest(code=code):
                got = self.api("POST", "/run", code, kind="text/plain").json
                self.assertEqual((got["detected_language"], got["stdout"]),
                                 (language, "hi\n"))
        for code in ("echo hi", "", "#!", "#!/bin/nonesuch\n"):
            got = self.api("POST", "/run", code, kind="text/plain")
            self.assertEqual((got.status, got.json["code"]),
                             (400, "LANGUAGE_NOT_DETECTED"))
        got = self.api("POST", "/run?env=%7B%22A%22%3A%22b+c%22%7D&ttl=5",
                       "#!/bin/sh\necho $A", kind="text/plain")
        self.assertEqual(got.json["stdout"], "b c\n")
        got = self.api("POST", "/run/async?ttl=5", "#!/bin/sh\necho hi",
                       kind="text/plain").json
        self.assertEqual(self.api.wait(got["job_id"])["stdout"], "hi\n")

    def test_files_and_env(self):
        files = [{"filename": "a.txt", "content": pack(b"one\0two")},
                 {"name": "sub/b.txt\n", "content_base64": pack(b"three")}]
        got = self.api.run(
            "bash", "cat a.txt input/a.txt /tmp/a.txt /tmp/input/sub/b.txt;"
            ' echo "$A|$B"', input_files=files, env={"A": "1", "B": "x y"})
        self.assertEqual(got["stdout"],
                         "one\0two" * 3 + "three1|x y\n")

    def test_artifacts(self):
        got = self.api.run("bash", "mkdir -p /tmp/artifacts;"
                           " printf 'x\\0y' > /tmp/artifacts/f",
                           return_artifacts=True)
        for name in ("content_base64", "data", "content"):
            self.assertEqual(got["artifacts"][0][name], pack(b"x\0y"))
        self.assertEqual(got["artifacts"][0]["filename"], "f")
        got = self.api.run("c", "int main(void){return 0;}",
                           return_artifact=True)
        self.assertEqual(got["artifacts"][0]["filename"], "a.out")
        self.assertEqual(
            base64.b64decode(got["artifacts"][0]["data"])[:4], b"\x7fELF")
        self.assertNotIn("artifacts", self.api.run("bash", "true"))

    def test_every_byte(self):
        data = bytes(range(256)) * 3
        code = "import os\nos.write(1, bytes(range(256)) * 3)"
        got = self.api.run("python", code)
        self.assertEqual(got["stdout"], data.decode(errors="replace"))
        self.api.control("PUT", "/output", {"invalid_utf8": "raw"})
        try:
            got = self.api("POST", "/execute",
                           {"language": "python", "code": code})
            self.assertIn(bytes(range(128, 256)), got.body)
        finally:
            self.api.control("PUT", "/output", {"invalid_utf8": "replace"})
        every = "".join(map(chr, [*range(0xd800), *range(0xe000, 0x110000)]))
        got = self.api.run("python", "import sys\nsys.stdout.buffer.write("
                           "''.join(map(chr, [*range(0xd800),"
                           " *range(0xe000, 0x110000)])).encode())")
        self.assertTrue(got["stdout"] == every)

    def test_large_output_and_code(self):
        got = self.api.run("python", "import sys\nfor i in range(50):"
                           " sys.stdout.write('0123456789\\n' * 95326)")
        self.assertEqual(hashlib.md5(got["stdout"].encode()).digest(),
                         hashlib.md5(b"0123456789\n" * 95326 * 50).digest())
        got = self.api.run("bash", "#" * 5_000_000 + "\necho done")
        self.assertEqual(got["stdout"], "done\n")

    def test_ttl(self):
        began = time.monotonic()
        got = self.api.run("bash", "echo a; setsid sleep 60 & sleep 60",
                           ttl=1)
        self.assertEqual((got["status"], got["stdout"], got["success"],
                          got["exit_code"]), ("timeout", "a\n", False, 124))
        self.assertLess(time.monotonic() - began, 50)  # it sleeps for 60

    def test_own_signal(self):
        got = self.api.run("bash", "kill -TERM $$")
        self.assertEqual((got["exit_code"], got["status"]),
                         (143, "completed"))

    def test_isolation(self):
        if not self.api.control("GET", "")["sandbox"]:
            self.skipTest("the kernel allows no namespaces")
        got = self.api.run("bash", "ps ax | grep -c standi[n]; ls /tmp")
        self.assertEqual(got["stdout"].split(),
                         ["1", "artifacts", "main.sh"])
        self.assertEqual(self.api.run("bash", "touch /etc/x")["exit_code"], 1)
        code = ("import socket\ns = socket.socket()\n"
                f"s.connect(('127.0.0.1', {self.api.port}))")
        self.assertEqual(self.api.run("python", code)["exit_code"], 1)
        self.assertEqual(self.api.run(
            "python", code, network_mode="semitrusted")["exit_code"], 0)

    def test_memory(self):
        got = self.api.run("python", "x = bytearray(8 << 30)")
        self.assertIn("MemoryError", got["stderr"])

    def test_nothing_is_left(self):
        mark = f"86400.{os.getpid()}"
        self.api.run("bash", f"setsid -f sleep {mark}; exit 0")
        self.assertEqual(harness.sleepers(mark), [])


class Jobs(harness.Case):
    def test_life(self):
        job = self.api.submit("bash", "echo a; sleep 1; echo b")
        listed = self.api("GET", "/jobs").json
        self.assertIn(job, [j["job_id"] for j in listed["jobs"]])
        self.assertEqual(listed["count"], len(listed["jobs"]))
        got = self.until(lambda: (lambda j: j["stdout"] and j)(
            self.api("GET", "/jobs/" + job).json))
        self.assertEqual((got["status"], got["stdout"]), ("running", "a\n"))
        self.assertNotIn("exit_code", got)
        got = self.api("GET", f"/jobs/{job}/wait").json
        self.assertEqual((got["status"], got["stdout"]), ("completed",
                                                          "a\nb\n"))
        self.assertNotIn(job, [j["job_id"] for j in
                               self.api("GET", "/jobs").json["jobs"]])

    def test_incomplete_characters_are_held_back(self):
        job = self.api.submit("bash", "printf 'a\\303'; sleep 1;"
                              " printf '\\251'")
        got = self.until(lambda: (lambda j: j["stdout"] and j)(
            self.api("GET", "/jobs/" + job).json))
        self.assertEqual(got["stdout"], "a")
        self.assertEqual(self.api.wait(job)["stdout"], "aé")

    def test_cancel(self):
        for method, tail in (("DELETE", ""), ("POST", "/cancel")):
            job = self.api.submit("bash", "echo a; sleep 60; echo b")
            self.until(lambda: self.api("GET", "/jobs/" + job)
                       .json["stdout"])
            got = self.api(method, f"/jobs/{job}{tail}").json
            self.assertEqual((got["status"], got["stdout"], got["success"]),
                             ("cancelled", "a\n", False))
            self.assertEqual(self.api("GET", "/jobs/" + job).json["status"],
                             "cancelled")
            got = self.api("DELETE", "/jobs/" + job)
            self.assertEqual(got.status, 200)

    def test_unknown(self):
        for method, path in (("GET", "/jobs/x"), ("DELETE", "/jobs/x"),
                             ("POST", "/jobs/x/cancel"),
                             ("GET", "/jobs/x/wait")):
            self.assertEqual(self.api(method, path).status, 404)

    def test_times(self):
        job = self.api.run("bash", "true")["job_id"]
        got = self.api("GET", "/jobs/" + job).json
        self.assertRegex(got["completed_at"], r"^\d{4}-\d\d-\d\dT.*Z$")
        got = self.api("GET", "/jobs/" + job, agent="un-cli/2.0").json
        self.assertIsInstance(got["completed_at"], int)

    def test_many(self):
        jobs = []

        def submit():
            jobs.append(self.api.submit("bash", "echo a; sleep 2; echo b"))

        def in_threads(what, rows):
            threads = [threading.Thread(target=what, args=r) for r in rows]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        in_threads(submit, [()] * 200)
        self.assertEqual(len(set(jobs)), 200)
        good = []

        def wait(job):
            got = self.api("GET", f"/jobs/{job}/wait").json
            good.append(got["stdout"] == "a\nb\n")
        in_threads(wait, [(job,) for job in jobs + jobs[:100]])
        self.assertEqual(good, [True] * 300)

    def test_executions(self):
        self.api.control("DELETE", "/executions")
        job = self.api.submit("bash", "echo 1", env={"A": "b"}, ttl=7,
                              vcpu=2, network_mode="semitrusted",
                              input_files=[{"filename": "f", "content": ""}])
        self.api.run("python", "#" * 5000)
        first, second = self.api.control("GET", "/executions")
        self.assertEqual(first, {
            "job_id": job, "path": "/execute/async", "language": "bash",
            "code_sha256": hashlib.sha256(b"echo 1").hexdigest(),
            "code_len": 6, "code": "echo 1", "input_files": ["f"],
            "env": {"A": "b"}, "ttl": 7, "vcpu": 2,
            "network_mode": "semitrusted", "return_artifact": False})
        self.assertNotIn("code", second)

    def test_seeded(self):
        self.api.control("PUT", "/seed", {"jobs": [
            {"job_id": "old-one", "stdout": "x\n", "exit_code": 2}],
            "running_jobs": [{"job_id": "slow-one"}]})
        self.assertEqual(self.api("GET", "/jobs/old-one").json["exit_code"],
                         2)
        self.assertEqual(self.api("GET", "/jobs/slow-one").json["status"],
                         "running")
        self.assertEqual(self.api("DELETE", "/jobs/slow-one")
                         .json["status"], "cancelled")


class Plain(harness.Case):
    """Runs as if the kernel allowed no namespaces."""
    options = ("--plain",)

    def test_without_namespaces(self):
        self.assertEqual(self.api.control("GET", "")["sandbox"], 0)
        got = self.api.run("bash", "cat f input/f; pwd; echo x > artifacts/y",
                           return_artifact=True, input_files=[
                               {"filename": "f", "content": "aGk="}])
        self.assertRegex(got["stdout"], "^hihi/.*/run/")
        self.assertEqual(got["artifacts"][0]["filename"], "y")
        name = f"standin-{os.getpid()}"
        got = self.api.run("bash", "mkdir -p /tmp/artifacts;"
                           f" echo z > /tmp/artifacts/{name}",
                           return_artifact=True)
        self.assertIn(name, [a["filename"] for a in got["artifacts"]])
        self.assertFalse(os.path.exists(f"/tmp/artifacts/{name}"))
        mark = f"86400.{os.getpid()}"
        got = self.api.run("bash", f"setsid -f sleep {mark}; kill -9 $$")
        self.assertEqual(got["exit_code"], 137)
        self.assertEqual(harness.sleepers(mark), [])
        got = self.api.run("bash", f"setsid sleep {mark} & sleep {mark}",
                           ttl=1)
        self.assertEqual(got["status"], "timeout")
        self.assertEqual(harness.sleepers(mark), [])
        one = self.api("POST", "/sessions").json["id"]
        for command, out in (("x=5; cd ..", ""), ("echo $x", "5\n")):
            got = self.api("POST", f"/sessions/{one}/execute",
                           {"command": command}).json
            self.assertEqual(got["stdout"], out)


class Small(harness.Case):
    options = ("--concurrency", "2", "--output-limit", "1000")

    def test_concurrency(self):
        jobs = [self.api.submit("bash", "sleep 60") for _ in range(2)]
        for path in ("/execute", "/execute/async", "/sessions"):
            got = self.api("POST", path, {"language": "bash", "code": "x"})
            self.assertEqual(
                (got.status, got.json["error"],
                 got.json["active_executions"],
                 got.json["concurrency_limit"]),
                (429, "concurrency_limit_reached", 2, 2))
        for job in jobs:
            self.api("DELETE", "/jobs/" + job)
        self.assertEqual(self.api.run("bash", "echo 1")["stdout"], "1\n")

    def test_output_limit(self):
        got = self.api.run("bash", "while :; do echo y; done")
        self.assertEqual((got["status"], len(got["stdout"])),
                         ("failed", 1000))


if __name__ == "__main__":
    harness.main()
