# SPDX-License-Identifier: MIT
# tests/mount/test_bytes.py - every byte of a program's output arrives
import glob
import json
import os
import random
import subprocess
import sys
import unittest

from case import MountCase
from gate import Gate

# Programs that print the same bytes here and in the sandbox.
ALL_UTF8 = """import sys
sys.stdout.buffer.write("".join(chr(c) for c in range(0x110000)
    if not 0xd800 <= c < 0xe000).encode())
"""
NULS = """import sys
sys.stdout.buffer.write(b"\\0" * 5000 + b"a\\0b\\n" + b"\\0")
sys.stderr.buffer.write(b"\\0e\\0")
"""
ESCAPES = r"""import sys
sys.stdout.write("".join(map(chr, range(128))) + '"\\/\\u0041\\\\u\x7f\u2028')
"""
FIFTY_MB = """import sys
for i in range(52):
    sys.stdout.buffer.write((b"%d line of %d \\xe2\\x82\\xac\\n" % (i, i * i)
                             * 70000)[:1 << 20])
"""
INVALID = """import sys
sys.stdout.buffer.write(b"caf\\xe9 \\xff\\xfe \\xc3( \\xe2\\x82 \\xed\\xa0\\x80 "
                        b"\\xf4\\x90\\x80\\x80 \\xc0\\x80 end\\n")
"""


def printed_by(source):
    """The output of the same program on this machine."""
    return subprocess.run([sys.executable, "-c", source], check=True,
                          timeout=60, capture_output=True).stdout


class Bytes(MountCase):
    """stdout has the bytes that the program wrote."""

    time_limit_s = 90

    def tearDown(self):
        self.server.ask("PUT", "/output", {"invalid_utf8": "replace"})
        super().tearDown()

    def in_json(self, name, member):
        """What job.json has under this name; its size is right."""
        path = f"run/{name}.py.job/job.json"
        text = self.read_bytes(path)
        self.assertEqual(os.stat(self.at(path)).st_size, len(text))
        value = json.loads(text.decode(errors="surrogateescape"))[member]
        return value.encode(errors="surrogateescape")

    def run_and_compare(self, name, source):
        """read, cmp and the file size agree with the bytes."""
        expected = printed_by(source)
        path = os.path.join(self.place.path, name + ".expected")
        with open(path, "wb") as file:
            file.write(expected)
        self.save(f"run/{name}.py", source)
        stdout = f"run/{name}.py.job/stdout"
        self.assertTrue(self.read_bytes(stdout) == expected)
        self.assertEqual(os.stat(self.at(stdout)).st_size, len(expected))
        self.shell('cmp "$1" "$2" && cat "$2" | cmp - "$1"', path, stdout)
        self.assertTrue(self.in_json(name, "stdout") == expected)
        self.assert_requests({"POST /execute": 1})
        return expected

    def test_all_of_utf8(self):
        self.assertEqual(len(self.run_and_compare("utf8", ALL_UTF8)), 4382592)

    def test_nul_bytes(self):
        self.assertEqual(len(self.run_and_compare("nul", NULS)), 5005)
        self.assertEqual(self.read_bytes("run/nul.py.job/stderr"),
                         b"\0e\0")

    def test_what_json_escapes(self):
        self.run_and_compare("escapes", ESCAPES)

    def test_fifty_megabytes(self):
        self.assertEqual(len(self.run_and_compare("large", FIFTY_MB)),
                         52 << 20)

    def test_invalid_utf8_as_it_is(self):
        self.server.ask("PUT", "/output", {"invalid_utf8": "raw"})
        self.run_and_compare("raw", INVALID)

    def test_invalid_utf8_as_the_answer_gives_it(self):
        self.save("run/replaced.py", INVALID)
        got = self.read("run/replaced.py.job/stdout")
        self.assertIn("caf\ufffd \ufffd\ufffd ", got)
        self.assertTrue(got.endswith(" end\n"))

    def test_invalid_utf8_in_an_answer_of_an_async_job(self):
        self.server.ask("PUT", "/output", {"invalid_utf8": "raw"})
        self.save("jobs/new/raw.py", INVALID)
        self.assertEqual(self.read_bytes("jobs/latest/stdout"),
                         printed_by(INVALID))

    def test_escapes_that_are_no_characters(self):
        """A lone surrogate, a pair of them, an escaped slash and NUL."""
        self.server.answer("POST", "/execute", (
            rb'{"success":true,"exit_code":0,"status":"completed","stdout":'
            rb'"a\/b \ud83d\ude00 \u0000 [\ud800] \u00e9","stderr":""}'))
        self.save("run/escaped.py", "pass")
        got = self.read_bytes("run/escaped.py.job/stdout")
        self.assertTrue(got.startswith("a/b \U0001f600 \0 [".encode()), got)
        self.assertTrue(got.endswith("] \u00e9".encode()), got)

    def test_long_members_in_job_json(self):
        """Whatever members have the output, alike or not, whole after a
        remount too; and nothing of them is stored twice."""
        same, other = "\u20ac\n" * 70000, '"\\\0' * 30000
        answers = ({"stdout": same, "output": same, "stderr": other},
                   {"stdout": same, "output": other, "stderr": ""},
                   {"output": other}, {"stdout": same, "stderr": same})
        for number, members in enumerate(answers):
            answer = {"success": True, "exit_code": 0, "status": "completed",
                      "z": [1.5, {}], **members}
            self.server.answer("POST", "/execute",
                               json.dumps(answer).encode())
            self.save(f"run/long{number}.py", "pass")
            expected = members.get("stdout", members.get("output"))
            self.assertEqual(self.read(f"run/long{number}.py.job/stdout"),
                             expected)
        kept = sorted(glob.glob(self.mount.state_dir + "/*/*/jobs/*.rest"),
                      key=os.path.getmtime)[-len(answers):]
        self.assertEqual([os.stat(path).st_size > 1000 for path in kept],
                         [False, True, False, False])
        for _ in range(2):
            for number, members in enumerate(answers):
                for member, value in members.items():
                    got = self.in_json(f"long{number}", member).decode()
                    self.assertEqual(got, value, (number, member))
                self.assertEqual(self.in_json(f"long{number}", "status"),
                                 b"completed")
            self.mount.restart()

    def test_job_json_is_read_at_any_place(self):
        self.save("run/any.py", "import sys\n"
                  "sys.stdout.write('\u20ac\\n\"\\0x' * 40000)\n"
                  "sys.stderr.write('\\\\' * 70000)\n")
        self.assertEqual(len(self.read_bytes("run/any.py.job/stderr")), 70000)
        whole = self.read_bytes("run/any.py.job/job.json")
        self.assertEqual(len(json.loads(whole)["stdout"]), 200000)
        choose = random.Random(7)
        with open(self.at("run/any.py.job/job.json"), "rb", 0) as file:
            for size in (1, 7, 4096, 65536, 200000):
                for _ in range(40):
                    place = choose.randrange(len(whole) + 10)
                    self.assertEqual(os.pread(file.fileno(), size, place),
                                     whole[place:place + size])
        self.assertEqual(self.shell("tail -c 90000 run/any.py.job/job.json"
                                    "| cksum; dd if=run/any.py.job/job.json "
                                    "bs=999 status=none | cksum"),
                         self.shell("cat run/any.py.job/job.json | tail -c "
                                    "90000 | cksum; cat run/any.py.job/"
                                    "job.json | cksum"))

    def test_long_output_of_a_job_that_runs(self):
        """job.json is whole all the time; both outputs may be the same."""
        gate = Gate(self.place, "long")
        line = "yes '0\t\"\u20ac' | head -c 600000"
        self.save("jobs/new/long.sh", f"{line}\n{line} >&2\n{gate.wait}"
                  f"{line}\necho end >&2\n")
        half = subprocess.run(["sh", "-c", line], check=True,
                              stdout=subprocess.PIPE).stdout
        with open(self.at("jobs/latest/stdout"), "rb", 0) as file:
            seen = b""
            while len(seen) < len(half):
                seen += file.read(1 << 20)
            self.assertEqual(seen, half)
            for name in ("stdout", "stderr"):
                text = self.read_bytes("jobs/latest/job.json")
                self.assertEqual(json.loads(text)[name].encode(), half)
            self.assertEqual(json.loads(text)["status"], "running")
            gate.open()
            while more := file.read(1 << 20):
                seen += more
        self.assertEqual(seen, half + half)
        text = self.read_bytes("jobs/latest/job.json")
        self.assertEqual(json.loads(text)["stdout"].encode(), seen)
        self.assertEqual(json.loads(text)["stderr"].encode(), half + b"end\n")
        self.assertEqual(os.stat(self.at("jobs/latest/job.json")).st_size,
                         len(text))
        self.assertEqual(self.read_bytes("jobs/latest/stderr"),
                         half + b"end\n")

    def test_job_json_of_a_poll_goes(self):
        """What polls left of the answer has no use at the end."""
        gate = Gate(self.place, "polled")
        self.save("jobs/new/polled.sh", "yes 0123456789 | head -c 200000\n"
                  f"{gate.wait}yes 0123456789 | head -c 200000\n")
        with open(self.at("jobs/latest/stdout"), "rb", 0) as file:
            self.assertEqual(file.read(10), b"0123456789")
            kept = glob.glob(self.mount.state_dir + "/*/*/jobs/*.answer")
            gate.open()
            while file.read(1 << 20):
                pass
        self.assertEqual(os.stat(self.at("jobs/latest/stdout")).st_size,
                         400000)
        text = self.read_bytes("jobs/latest/job.json")
        self.assertEqual(len(json.loads(text)["stdout"]), 400000)
        self.wait_for(lambda: len(glob.glob(
            self.mount.state_dir + "/*/*/jobs/*.answer")) < len(kept),
            "N.answer is removed")

    def test_job_json_is_opened_by_many(self):
        """Their pieces are counted one after another, not one in another."""
        self.save("run/many.sh", "yes 0123456789 | head -c 1000000\n")
        self.assertEqual(len(self.read("run/many.sh.job/stdout")), 1000000)
        one = self.shell("cksum <run/many.sh.job/job.json")
        self.assertEqual(self.shell(
            "seq 300 | xargs -P 150 -I {} sh -c "
            "'cksum <run/many.sh.job/job.json' | sort | uniq -c").split(),
            ["300", *one.split()])

    def test_job_json_after_a_kill(self):
        """Output just as long as what is in one file, or in two."""
        for size in (65535, 65536, 65537):
            self.save(f"run/k{size}.sh", f"yes 01234567 | head -c {size}\n")
            self.assertEqual(len(self.read(f"run/k{size}.sh.job/stdout")),
                             size)
        self.mount.process.kill()
        self.mount.process.wait(10)
        self.mount.start()
        for size in (65535, 65536, 65537):
            job = f"k{size}.sh"
            self.assertEqual(self.read(f"run/{job}.job/status"),
                             "completed\n")
            text = self.read_bytes(f"run/{job}.job/job.json")
            self.assertEqual(len(json.loads(text)["stdout"]), size)
            self.assertEqual(os.stat(self.at(f"run/{job}.job/job.json"))
                             .st_size, len(text))

    def test_script_that_is_not_utf8(self):
        """A #! script is sent unchanged, over /run."""
        script = b"#!/bin/sh\nprintf '\xe9\\n' | od -An -tx1\n"
        self.save("run/latin1", script)
        self.wait_for(lambda: os.path.exists(self.at("run/latin1.job")),
                      "the run began")
        self.assertEqual(self.read("run/latin1.job/stdout").split(),
                         ["e9", "0a"])
        self.assertEqual(self.read_bytes("run/latin1.job/code"), script)

    def test_script_with_a_binary_tail(self):
        script = b"echo head; exit 0\n" + bytes(range(256)).decode(
            "latin-1").encode() + b"\0\0"
        self.save("run/tail.sh", script)
        self.assertEqual(self.read("run/tail.sh.job/stdout"), "head\n")
        self.assertEqual(self.executions()[0]["code_len"], len(script))
        self.assertEqual(self.read_bytes("run/tail.sh.job/code"), script)


if __name__ == "__main__":
    unittest.main()
