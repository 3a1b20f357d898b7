# SPDX-License-Identifier: MIT
# tests/mount/test_run.py - a script saved in run/ runs, over one request
import os
import unittest

from case import MountCase

ONE_RUN = {"POST /execute": 1}

# All file name extensions (api/API.md 8.2), and the language sent.
ENDINGS = {
    "py": "python", "js": "javascript", "ts": "typescript", "rb": "ruby",
    "php": "php", "pl": "perl", "sh": "bash", "r": "r", "R": "r",
    "lua": "lua", "go": "go", "rs": "rust", "c": "c", "cpp": "cpp",
    "cc": "cpp", "cxx": "cpp", "java": "java", "kt": "kotlin", "m": "objc",
    "cs": "csharp", "fs": "fsharp", "hs": "haskell", "ml": "ocaml",
    "clj": "clojure", "scm": "scheme", "ss": "scheme", "erl": "erlang",
    "ex": "elixir", "exs": "elixir", "jl": "julia", "d": "d", "nim": "nim",
    "zig": "zig", "v": "v", "cr": "crystal", "dart": "dart",
    "groovy": "groovy", "f90": "fortran", "f95": "fortran",
    "lisp": "commonlisp", "lsp": "commonlisp", "cob": "cobol", "tcl": "tcl",
    "raku": "raku", "pro": "prolog", "p": "prolog", "4th": "forth",
    "forth": "forth", "fth": "forth",
}

SHEBANGS = {
    "/bin/sh": "bash", "/usr/bin/env bash": "bash",
    "/usr/bin/python3": "python", "/usr/bin/env python3.11": "python",
    "/usr/bin/perl -w": "perl", "/usr/bin/env -S perl -w": "perl",
    "/usr/bin/env node": "javascript", "/usr/bin/awk -f": "awk",
}


class Run(MountCase):
    """One save, one request, and its result."""

    def test_python_program(self):
        source = os.path.join(self.place.path, "sieve.py")
        with open(source, "w", encoding="utf-8") as file:
            file.write("n = [i for i in range(2, 60) if all(i % d for d in "
                       "range(2, i))]\nprint(*n, sep='\\n')\n")
        output = self.shell('cp "$1" run/ && cat run/sieve.py.job/stdout',
                            source)
        self.assertEqual(output.split(), """2 3 5 7 11 13 17 19 23 29 31 37 41
            43 47 53 59""".split())
        self.assert_requests(ONE_RUN)

    def test_shell_program(self):
        self.save("run/count.sh", "printf '%s|' $(seq 3); echo; echo e >&2\n")
        self.assertEqual(self.results("run/count.sh.job"),
                         ("completed", "0", "1|2|3|\n"))
        self.assertEqual(self.read("run/count.sh.job/stderr"), "e\n")
        self.assert_requests(ONE_RUN)

    def test_c_program(self):
        self.save("run/answer.c", '#include <stdio.h>\nint main(void)\n'
                  '{ return printf("%d\\n", 0x2a) - 3 + 7; }\n')
        self.assertEqual(self.results("run/answer.c.job"),
                         ("completed", "7", "42\n"))
        self.assert_requests(ONE_RUN)

    def test_read_by_many_programs_is_still_one_request(self):
        self.save("run/poem.sh", "echo roses; echo violets\n")
        got = self.shell("""cd run/poem.sh.job && cat stdout && tac stdout &&
            wc -l <stdout && dd if=stdout status=none && head -c 5 stdout &&
            ls -l >/dev/null && cat status exit_code && sha1sum stdout""")
        self.assertIn("roses\nviolets\nviolets\nroses\n2\n", got)
        self.assert_requests(ONE_RUN)

    def test_saved_again_runs_again(self):
        for number in range(3):
            self.save("run/again.sh", "echo again\n")
            self.assertEqual(self.read("run/again.sh.job/stdout"), "again\n",
                             number)
        self.assert_requests({"POST /execute": 3})

    def test_old_results_stay_for_who_holds_them(self):
        self.save("run/held.sh", "echo old\n")
        with open(self.at("run/held.sh.job/stdout"), encoding="utf-8") as old:
            self.save("run/held.sh", "echo new\n")
            self.assertEqual(self.read("run/held.sh.job/stdout"), "new\n")
            self.assertEqual(old.read(), "old\n")

    def test_empty_file_does_not_run(self):
        self.shell(": > run/empty.py; touch run/empty2.sh; cp /dev/null "
                   "run/empty3.pl")
        self.assertEqual(os.stat(self.at("run/empty.py")).st_size, 0)
        self.assertFalse(os.path.exists(self.at("run/empty.py.job")))
        self.assert_requests({})

    def test_five_megabytes_of_source(self):
        line = "# " + "x" * 77 + "\n"
        source = line * (5_300_000 // len(line)) + "print(__file__ > '')\n"
        path = os.path.join(self.place.path, "large.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(source)
        self.shell('cp "$1" run/ && cmp "$1" run/large.py && '
                   'cmp "$1" run/large.py.job/code', path)
        self.assertEqual(self.read("run/large.py.job/stdout"), "True\n")
        self.assertEqual([e["code_len"] for e in self.server.executions()],
                         [len(source)])
        self.assert_requests(ONE_RUN)

    def test_job_directory_tells_the_answer(self):
        self.save("run/fields.pl", "print 'x' x 3;")
        self.assertEqual(self.read("run/fields.pl.job/stdout"), "xxx")
        for name, text in {"status": "completed", "exit_code": "0",
                           "language": "perl",
                           "network_mode": "zerotrust"}.items():
            self.assertEqual(self.value("run/fields.pl.job", name), text)
        job_id = self.server.executions()[0]["job_id"]
        self.assertIn(f'"{job_id}"', self.read("run/fields.pl.job/job.json"))
        self.assertEqual(self.read("run/fields.pl.job/code"),
                         "print 'x' x 3;")

    def test_no_file_for_what_the_api_did_not_say(self):
        self.server.answer("POST", "/execute", {
            "success": True, "stdout": "few\n", "exit_code": 0})
        self.save("run/few.py", "pass")
        self.assertEqual(self.read("run/few.py.job/stdout"), "few\n")
        names = os.listdir(self.at("run/few.py.job"))
        for absent in ("error", "completed_at", "total_time_ms", "message"):
            self.assertNotIn(absent, names)


class Languages(MountCase):
    """The language that is sent to the API."""

    def language_sent(self, name, content):
        """Saves it; returns what the server received."""
        self.server.answer("POST", "/execute", {
            "success": True, "stdout": name, "stderr": "", "exit_code": 0,
            "status": "completed", "job_id": "j-" + name}, after=True)
        self.save("run/" + name, content)
        self.assertEqual(self.read(f"run/{name}.job/stdout"), name)
        sent = self.server.executions()
        self.assertEqual([e["code"] for e in sent], [content])
        return sent[0]["path"], sent[0]["language"]

    def test_other_endings_are_data(self):
        for name in ("d.txt", "e.h", "f.awk.in", "g.md", "h.json", "i.", "j.x"):
            self.save("run/" + name, "text\n")
        self.settled()
        self.assertEqual(self.server.executions(), [])


def add_language_tests():
    """One test for each extension, and for each #! line."""
    def by_ending(ending, language):
        def test(self):
            self.assertEqual(self.language_sent("prog." + ending, "1 2 3\n"),
                             ("/execute", language))
        return test

    def by_shebang(number, line, language):
        def test(self):
            path, sent = self.language_sent(f"prog{number}", f"#!{line}\n1\n")
            self.assertEqual(sent, language)
            self.assertIn(path, ("/run", "/execute"))
        return test
    for ending, language in ENDINGS.items():
        setattr(Languages, f"test_ending_{ending}",
                by_ending(ending, language))
    for number, (line, language) in enumerate(SHEBANGS.items()):
        setattr(Languages, f"test_shebang_{number}_{language}",
                by_shebang(number, line, language))


add_language_tests()

if __name__ == "__main__":
    unittest.main()
