# SPDX-License-Identifier: MIT
# tests/mount/test_sent.py - how a program that is not plain text is sent
import os
import unittest

from case import MountCase


class Sent(MountCase):
    """Programs that are not UTF-8, and commands that start with #!."""

    def test_latin_1_goes_over_run(self):
        code = b"# -*- coding: latin-1 -*-\nprint(len('caf\xe9'))\n"
        self.save("run/latin.py", code)
        self.assertEqual(self.read("run/latin.py.job/stdout"), "4\n")
        self.assert_requests({"POST /run": 1})
        self.assertEqual(self.read_bytes("run/latin.py.job/code"), code)

    def test_latin_1_with_its_own_interpreter(self):
        code = b"#!/usr/bin/python3\n# coding: latin-1\nprint(len('\xe9'))\n"
        self.save("run/own.py", code)
        self.assertEqual(self.read("run/own.py.job/stdout"), "1\n")
        self.assert_requests({"POST /run": 1})

    def test_latin_1_as_a_job(self):
        self.save("jobs/new/latin.sh", b"echo -n caf\xe9 | wc -c\n")
        self.assertEqual(self.read("jobs/latest/stdout").strip(), "4")
        self.assertEqual(self.server.requests()["POST /run/async"], 1)

    def test_utf8_goes_over_execute(self):
        self.save("run/utf8.sh", "echo caf\u00e9\n")
        self.assertEqual(self.read("run/utf8.sh.job/stdout"), "caf\u00e9\n")
        self.assert_requests({"POST /execute": 1})

    def check_refused(self, path, name, word="UTF-8"):
        """The save was refused with EILSEQ, which names the file."""
        self.assertIn(word, self.read_bytes(path + ".job/error").decode(
            errors="replace"))
        last = self.read(".unsandboxfs/errors").splitlines()[-1]
        self.assertRegex(last, "EILSEQ .*" + name)
        self.assert_requests({})

    def test_latin_1_with_input_files(self):
        self.save("run/d.txt", "x")
        try:
            self.assertEqual(self.save_error("run/in.py", b"# \xe9\n"),
                             "EILSEQ")
            self.check_refused("run/in.py", "in.py")
        finally:
            os.unlink(self.at("run/d.txt"))

    def test_latin_1_in_env(self):
        self.save("run/.settings/env", b"GOOD=1\nWHO=caf\xe9\n")
        try:
            self.assertEqual(self.save_error("run/env.sh", "echo\n"),
                             "EILSEQ")
            self.check_refused("run/env.sh", "WHO")
        finally:
            os.unlink(self.at("run/.settings/env"))

    def test_an_input_file_with_a_latin_1_name(self):
        name = os.fsdecode(b"caf\xe9.txt")
        self.save("run/" + name, "x")
        try:
            self.assertEqual(self.save_error("run/named.sh", "echo\n"),
                             "EILSEQ")
            self.check_refused("run/named.sh", "caf")
        finally:
            os.unlink(self.at("run", name))

    def test_an_unknown_interpreter_with_input_files(self):
        """They are not left out in silence."""
        self.save("run/d.txt", "x")
        self.assertEqual(self.save_error("run/tool", "#!/opt/klingon\n"),
                         "EINVAL")
        os.unlink(self.at("run/d.txt"))
        self.assertIn("not known", self.read("run/tool.job/error"))
        self.assert_requests({})

    def web(self):
        """A service and a session to run commands in."""
        if not os.path.exists(self.at("services/web")):
            self.server.ask("PUT", "/seed", {"services": 1, "sessions": 1})
            self.save(".unsandboxfs/refresh", "1")
        service = next(name for name in os.listdir(self.at("services"))
                       if name != "new")
        session = next(name for name in os.listdir(self.at("sessions"))
                       if name != "new")
        return f"services/{service}/run", f"sessions/{session}/run"

    def test_commands_that_start_with_shebang(self):
        for run in self.web():
            code = (b"#!/usr/bin/env python3\n# coding: latin-1\n"
                    b"import sys\nprint(len('caf\xe9') * 2)\nsys.exit(3)\n")
            self.save(run + "/script", code)
            self.assertEqual(self.results(run + "/script.job")[1:],
                             ("3", "8\n"))
            self.assertEqual(self.save_error(run + "/c", b"echo \xe9\n"),
                             "EILSEQ")

    def test_projects_of_commands(self):
        service, session = self.web()
        os.mkdir(self.at(service, "p"))
        os.mkdir(self.at(service, "p/lib"))
        self.save(service + "/p/main", "cat /tmp/input/lib/d.txt\n")
        self.save(service + "/p/lib/d.txt", "sent along\n")
        self.assertEqual(self.read(service, "p/main.job/stdout"),
                         "sent along\n")
        os.mkdir(self.at(session, "p"))
        self.save(session + "/p/main.sh", "echo alone\n")
        self.assertEqual(self.read(session, "p/main.sh.job/stdout"),
                         "alone\n")
        self.save(session + "/p/d.txt", "x")
        self.save(session + "/p/main.sh", "echo not alone\n")
        self.wait_for(lambda: self.value(session, "p/main.sh.job/status")
                      == "error", "refused")
        self.assertEqual(self.error_of(
            self.read, session, "p/main.sh.job/stdout"), "ENOTSUP")
        self.assertIn("input files", self.read(session,
                                               "p/main.sh.job/error"))

    def test_data_leaves_a_line_in_the_log(self):
        for name in "line.csv", "Makefile", "jobs.txt":
            top = "jobs/new" if name == "jobs.txt" else "run"
            self.save(f"{top}/{name}", "x\n")
            self.assertIn(f"{top}/{name}: no known ending and no #!: kept as "
                          "an input file", self.read(".unsandboxfs/log"))
            os.unlink(self.at(top, name))
        lines = self.read(".unsandboxfs/log").count("kept as an input")
        self.save("run/quiet.sh", "true\n")
        self.save("run/.hidden", "true\n")
        self.save("run/quiet.sh~", "true\n")
        self.assertEqual(self.read(".unsandboxfs/log").count(
            "kept as an input"), lines)


if __name__ == "__main__":
    unittest.main()
