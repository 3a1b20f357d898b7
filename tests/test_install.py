#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/test_install.py - where `make install` puts files, and that they work
"""usage: tests/test_install.py BUILD"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = os.path.abspath(sys.argv.pop(1) if len(sys.argv) > 1 else "build")
HELPERS = ("mount.unsandboxfs", "mount.fuse.unsandboxfs")
SHARE = "fs/program/share/"


def options():
    """The names of `--help all`: "url=", "ro"."""
    text = subprocess.run([BUILD + "/unsandboxfs", "--help", "all"],
                          check=True, capture_output=True, text=True).stdout
    return re.findall(r"^ *-o ([a-z_]+=?)", text, re.M)


class Install(unittest.TestCase):
    """In a directory whose name has a blank."""

    def setUp(self):
        self.place = tempfile.mkdtemp(prefix="install-", dir=BUILD)
        self.addCleanup(shutil.rmtree, self.place)
        self.root = self.place + "/a b"

    def make(self, target, **variables):
        """Runs make, for this root."""
        subprocess.run(["make", "-s", target,
                        "BUILD=" + os.path.relpath(BUILD),
                        "DESTDIR=" + self.root,
                        *(f"{n}={v}" for n, v in variables.items())],
                       check=True, timeout=300, stdin=subprocess.DEVNULL)

    def files(self):
        """All files below the root."""
        return sorted(os.path.relpath(os.path.join(where, name), self.root)
                      for where, _, names in os.walk(self.root)
                      for name in names)

    def test_places(self):
        for prefix, sbin, more in (
                ("/usr", "sbin", {}), ("/usr/local", "sbin", {}),
                ("/opt/u", "opt/u/sbin", {}),
                ("/opt/u v", "opt/u v/sbin", {}),
                ("/usr", "usr/sbin", {"SBINDIR": "/usr/sbin"})):
            self.make("install", PREFIX=prefix, **more)
            found = self.files()
            inside = prefix[1:]
            for name in (f"{inside}/bin/unsandboxfs",
                         f"{inside}/share/man/man1/unsandboxfs.1",
                         f"{inside}/share/man/man5/unsandboxfs.5",
                         f"{inside}/share/bash-completion/completions/"
                         "unsandboxfs",
                         f"{inside}/share/zsh/site-functions/_unsandboxfs",
                         f"{inside}/share/fish/vendor_completions.d/"
                         "unsandboxfs.fish",
                         f"{inside}/lib/systemd/system/unsandboxfs@.service",
                         f"{inside}/lib/systemd/user/unsandboxfs@.service",
                         *(f"{sbin}/{name}" for name in HELPERS)):
                self.assertIn(name, found)
            for name in HELPERS:
                self.assertEqual(os.readlink(f"{self.root}/{sbin}/{name}"),
                                 prefix + "/bin/unsandboxfs")
            program = f"{self.root}{prefix}/bin/unsandboxfs"
            self.assertEqual(os.stat(program).st_mode & 0o777, 0o755)
            size = os.path.getsize(program)
            self.make("install-strip", PREFIX=prefix, **more)
            self.assertLess(os.path.getsize(program), size)
            self.make("uninstall", PREFIX=prefix, **more)
            self.assertEqual(self.files(), [])

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd")
    def test_units(self):
        """systemd-analyze accepts them, and rates them as safe."""
        for kind in ("system", "user"):
            os.mkdir(f"{self.place}/{kind}")
            unit = f"{self.place}/{kind}/unsandboxfs@.service"
            name = "unsandboxfs@" + (".user" if kind == "user" else "")
            with open(f"{SHARE}{name}.service", encoding="utf-8") as source, \
                    open(unit, "w", encoding="utf-8") as out:
                out.write(source.read().replace("@BINDIR@", BUILD))
            done = subprocess.run(
                ["systemd-analyze", "verify", "--man=no", unit],
                capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("unsandboxfs", done.stderr)
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=yes",
             f"{self.place}/system/unsandboxfs@.service"],
            capture_output=True, text=True, timeout=60, check=False)
        level = re.search(r"exposure level for .*: ([0-9.]+)", done.stdout)
        self.assertLess(float(level[1]), 5.0)

    def test_the_unit_shares_its_mounts(self):
        """In a mount namespace of its own, the mount would be hidden."""
        with open(SHARE + "unsandboxfs@.service", encoding="utf-8") as unit:
            names = re.findall(r"^(\w+)=", unit.read(), re.M)
        for name in names:
            self.assertNotRegex(
                name, r"^(Private|ProtectSystem|ProtectHome|ProtectKernel|"
                r"ProtectControl|ProtectProc|ReadOnly|Inaccessible|TempFile|"
                r"BindPaths|RootDirectory|MountFlags)")

    # ---- completion ----

    def bash(self, *words):
        """What bash offers for the last word."""
        script = f"""
            source {SHARE}unsandboxfs.bash
            compopt() {{ :; }}
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
            _unsandboxfs "$1"; printf '%s\\n' "${{COMPREPLY[@]}}" """
        done = subprocess.run(
            ["bash", "-c", script, "bash", BUILD + "/unsandboxfs", *words],
            capture_output=True, text=True, check=True, timeout=60)
        self.assertEqual(done.stderr, "")
        return sorted(done.stdout.split())

    def test_bash(self):
        names = options()
        self.assertEqual(self.bash("-o", ""), sorted(names))
        self.assertEqual(self.bash("-o", "ro,tim"), ["ro,timeout="])
        self.assertEqual(self.bash("--run_w"), ["--run_wait="])
        self.assertEqual(self.bash("--"), sorted(
            "--" + name for name in [*names, "check", "help", "version"]))
        self.assertEqual(self.bash("-"), ["-V", "-d", "-f", "-h", "-o"])
        self.assertIn("tests/mount", self.bash("tests/m"))
        self.assertEqual(self.bash("she"), ["shell"])
        self.assertEqual(self.bash("shell", "--"),
                         ["--audit", "--help", "--shell"])
        self.assertIn("tests/mount", self.bash("shell", "tests/m"))
        self.assertNotIn("shell", self.bash("tests", "she"))

    @unittest.skipUnless(shutil.which("zsh"), "no zsh")
    def test_zsh(self):
        """zsh has compadd only while it completes; here it is a function."""
        script = f"""
            compset() {{ PREFIX=${{PREFIX##*,}} }}
            compadd() {{ while [[ $1 != -- ]] shift; shift; print -l -- $@ }}
            _directories() {{ :; }}
            words=("{BUILD}/unsandboxfs" $@); CURRENT=$#words
            PREFIX=$words[CURRENT]
            source {SHARE}_unsandboxfs"""
        names = options()
        for words, wanted in (
                (("-o", "ro,"), names),
                (("--",),
                 ["--" + n for n in [*names, "check", "help", "version"]]),
                (("-",), ["-d", "-f", "-h", "-o", "-V"]),
                (("she",), ["shell"]),
                (("shell", "-"), ["--audit", "--help", "--shell"])):
            done = subprocess.run(["zsh", "-fc", script, "zsh", *words],
                                  capture_output=True, text=True, check=True,
                                  timeout=60)
            self.assertEqual((done.stdout.split(), done.stderr), (wanted, ""))

    @unittest.skipUnless(shutil.which("fish"), "no fish")
    def test_fish(self):
        env = dict(os.environ, HOME=self.place,
                   PATH=BUILD + ":" + os.environ["PATH"])
        for line, wanted in (("unsandboxfs -o ", options()),
                             ("unsandboxfs --run", ["--run_wait="]),
                             ("unsandboxfs she", ["shell"]),
                             ("unsandboxfs shell --",
                              ["--audit", "--shell"])):
            done = subprocess.run(
                ["fish", "-c", f"source {SHARE}unsandboxfs.fish; "
                 f"complete -C '{line}'"], env=env, capture_output=True,
                text=True, check=True, timeout=60)
            got = [each.split("\t")[0] for each in done.stdout.splitlines()]
            for name in wanted:
                self.assertIn(name, got)


if __name__ == "__main__":
    unittest.main()
