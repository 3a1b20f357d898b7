# SPDX-License-Identifier: MIT
# tests/mount/test_readme.py - what the READMEs print works as printed
import os
import unittest

import transcript
from case import SLOWNESS, MountCase
from place import BUILD, processes_with
from test_resources_life import free_port

HERE = os.path.dirname(os.path.abspath(__file__))


def section(title):
    """A section of README.md in the checkout."""
    with open(os.path.join(HERE, "../../README.md"),
              encoding="utf-8") as file:
        return file.read().partition(f"## {title}\n")[2].partition(
            "\n## ")[0]


class MountReadme(MountCase):
    """README in the mount."""

    time_limit_s = 120
    fails = {"echo 901 > run/.settings/ttl"}

    def test_commands(self):
        shown = transcript.commands(self.read("README"), "  ")
        self.assertGreater(len(shown), 25)
        ran = transcript.run(shown, os.path.join(self.place.path, "readme.sh"),
                             100 * SLOWNESS, cwd=self.mount.path,
                             env=dict(os.environ, LC_ALL="C.UTF-8"))
        self.assertEqual(len(ran), len(shown))
        for each, (status, output) in zip(shown, ran):
            with self.subTest(command=each.command):
                self.assertEqual(status != 0, each.command in self.fails,
                                 output)
                self.assertTrue(each.matches(output),
                                f"{output!r}, not {each.printed}")
        self.assertEqual(os.listdir(self.at("services")), ["new"])
        self.assertEqual(os.listdir(self.at("snapshots")), [])


class FiveMinutes(MountCase):
    """README.md: a stand-in and a mount of one's own."""

    starts_mounted = False
    time_limit_s = 120
    fails = {"echo 901 > ~/u/run/.settings/ttl"}
    # What is among the output of each of them.
    words = {"echo 901 > ~/u/run/.settings/ttl": ["Invalid argument"],
             "cat ~/u/run/answer.py.job/stdout": ["42", "48", "48"],
             "cat ~/u/run/report/main.sh.job/stdout": ["hello"],
             "cat ~/u/run/report/main.sh.job/artifacts/sorted.txt": ["2\n40"],
             "cat ~/u/jobs/latest/stdout": ["step 1\nstep 2\nstep 3"],
             "cat ~/u/jobs/latest/stdout ~/u/jobs/latest/status": [
                 "cancelled"],
             "cat ~/u/.unsandboxfs/errors": ["klingon"]}

    def test_commands(self):
        shown = transcript.commands(section("Five minutes").replace(
            "8480", str(free_port())))
        self.assertGreater(len(shown), 30)
        # A person is slower than a script.
        shown[0].command += ("\nuntil grep -q listening standin.log; do "
                             "sleep .1; done")
        os.symlink(BUILD, os.path.join(self.place.path, "build"))
        ran = transcript.run(
            shown, os.path.join(self.place.path, "readme.sh"), 100 * SLOWNESS,
            cwd=self.place.path, env=dict(
                self.mount.env, HOME=self.place.folder("checkout")))
        self.assertEqual(len(ran), len(shown))
        self.wait_for(lambda: not processes_with(self.place.path + "/checkout"),
                      "the daemons have ended")
        words = {command: list(all_of) for command, all_of in
                 self.words.items()}
        for each, (status, output) in zip(shown, ran):
            with self.subTest(command=each.command):
                self.assertEqual(status != 0, each.command in self.fails,
                                 output)
                if words.get(each.command):
                    self.assertIn(words[each.command].pop(0), output)
        self.assertFalse(any(words.values()), words)


if __name__ == "__main__":
    unittest.main()
