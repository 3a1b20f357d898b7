# SPDX-License-Identifier: MIT
# tests/mount/test_vault.py - a service's env is sent, and stored nowhere
import os
import re
import subprocess
import unittest

from test_resources_life import SLEEP, ResourceCase

MARKER = "vault-marker-0123456789"
OTHER = "other-marker-9876543210"

TEXTS = {
    "plain": f"A={MARKER}\n",
    "comments_and_quotes": f"# one\n\nA=\"x  {MARKER}\" # two\nB='$HOME'\n",
    "no_newline_at_its_end": f"A={MARKER}",
    "blanks_and_tabs": f"  A = {MARKER} \t\n\t\n",
    "carriage_returns": f"A={MARKER}\r\nB=2\r\n",
    "utf8": f"A=größe-日本語-🐚-{MARKER}\n",
    "several_lines": f"A=\"{MARKER}\nsecond\"\n",
    "escapes": f"A=\"\\n\\t\\\\ \\u0041 {MARKER}\"\n",
    "the_most": f"A={MARKER}" + "x" * (65535 - len(MARKER) - 2) + "\n",
}


class VaultCase(ResourceCase):
    """Searches all places where a vault must not be."""

    starts_mounted = False

    @classmethod
    def setUpClass(cls):
        """With -d, which logs every request."""
        super().setUpClass()
        command = cls.mount.command
        cls.mount.command = lambda *flags: command("-d")
        cls.mount.start()
        cls.starts_mounted = True

    def assert_nowhere(self, *words):
        """Asserts that it is in no file of the state directory, the log or
        the mount's own files, and in no cached page."""
        self.shell("ls -lR . >/dev/null")
        for word in words:
            found = subprocess.run(
                ["grep", "-rlaF", "--", word, self.mount.state_dir,
                 self.mount.log_path, self.mount.home,
                 self.at(".unsandboxfs"), self.at("jobs"), self.at("run"),
                 self.at("snapshots"), self.at("images")],
                timeout=30, check=False, capture_output=True,
                stdin=subprocess.DEVNULL).stdout.decode()
            self.assertEqual(found, "", word)

    def memory_has(self, word):
        """Whether the daemon's writable memory contains it. A sanitizer's own
        memory, terabytes that are mostly not there, is left out."""
        base = f"/proc/{self.mount.pid}/"
        with open(base + "maps", encoding="utf-8") as maps, \
                open(base + "mem", "rb", 0) as memory:
            for start, end in re.findall(r"^(\w+)-(\w+) rw", maps.read(),
                                         re.M):
                start, end = int(start, 16), int(end, 16)
                if end - start > 256 << 20:
                    continue
                memory.seek(start)
                try:
                    if word.encode() in memory.read(end - start):
                        return True
                except OSError:  # unmapped meanwhile
                    pass
        return False

    def pages(self, path):
        """The number of its pages that the kernel caches."""
        return int(self.shell("fincore -no PAGES $1", path))

    def mode(self, path):
        """The permission bits of a file."""
        return os.stat(self.at(path)).st_mode & 0o7777


class Vault(VaultCase):
    """services/NAME/env."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        os.mkdir(os.path.join(cls.mount.path, "services/new/v"))
        with open(os.path.join(cls.mount.path, "services/new/v/bootstrap"),
                  "w", encoding="utf-8") as file:
            file.write(SLEEP)
        os.rename(os.path.join(cls.mount.path, "services/new/v"),
                  os.path.join(cls.mount.path, "services/v"))

    def check(self, text):
        """Writes it, checks the server, reads it twice; found nowhere."""
        self.read("services/v/env")
        self.server.reset()
        self.save("services/v/env", text)
        for _ in range(2):
            self.assertEqual(self.read_bytes("services/v/env"), text.encode())
        self.save("services/v/env", text)
        self.assertEqual(self.server.requests(), {
            "PUT /services/ID/env": 1, "POST /services/ID/env/export": 2})
        self.assertEqual(self.mode("services/v/env"), 0o600)
        self.assertEqual(self.pages("services/v/env"), 0)
        self.assertEqual(os.stat(self.at("services/v/env")).st_size,
                         len(text.encode()))
        self.assert_nowhere(MARKER)

    @unittest.skipUnless(os.geteuid() == 0, "reads another process's memory")
    def test_no_copy_in_memory(self):
        """What was sent is wiped: of ours, and in curl's buffers."""
        for count in 1, 100, 1500:
            self.save("services/v/env", "".join(
                f"A{n}={MARKER}-sent\n" for n in range(count)))
            self.wait_for(lambda: not self.memory_has(f"{MARKER}-sent"),
                          "what was written is wiped")
            self.assertIn(MARKER, self.read("services/v/env"))
            self.wait_for(lambda: not self.memory_has(f"{MARKER}-sent"),
                          "what was read is wiped")
        self.shell("for n in $(seq 300); do echo A$n=$1-sent; done "
                   ">services/v/env", MARKER)
        self.wait_for(lambda: not self.memory_has(f"{MARKER}-sent"),
                      "what was written in pieces is wiped")

    def test_added_to(self):
        self.save("services/v/env", f"A={MARKER}\n")
        self.shell("echo C=3 >> services/v/env")
        self.assertEqual(self.read("services/v/env"), f"A={MARKER}\nC=3\n")
        self.assert_nowhere(MARKER)

    def test_too_large(self):
        self.save("services/v/env", "A=1\n")
        self.server.reset()
        self.assertEqual(self.save_error("services/v/env",
                                         MARKER * 4000), "EFBIG")
        self.assert_requests({})
        self.assertIn("64 KiB", self.read(".unsandboxfs/errors"))
        self.assertEqual(self.read("services/v/env"), "A=1\n")
        self.assert_nowhere(MARKER)

    def test_refused(self):
        """A refused vault is found nowhere either."""
        self.save("services/v/env", f"A={MARKER}\n")
        self.server.reset()
        self.server.fault({"method": "PUT", "path": "/services/ID/env",
                           "status": 403, "body": {"error": "not yours"}})
        self.assertEqual(self.save_error("services/v/env", f"A={OTHER}\n"),
                         "EACCES")
        self.assertEqual(self.server.requests(), {"PUT /services/ID/env": 1})
        self.server.fault()
        self.assertIn("not yours", self.read(".unsandboxfs/errors"))
        self.assertEqual(self.read("services/v/env"), f"A={MARKER}\n")
        self.assert_nowhere(MARKER, OTHER)

    def test_emptied(self):
        self.save("services/v/env", f"A={MARKER}\n")
        self.server.reset()
        self.save("services/v/env", "")
        self.assertEqual(self.server.requests(),
                         {"DELETE /services/ID/env": 1})
        self.assertEqual(self.read("services/v/env"), "")

    def test_it_is_there_after_a_remount(self):
        self.save("services/v/env", f"A={MARKER}\n")
        self.mount.restart()
        self.assertEqual(self.read("services/v/env"), f"A={MARKER}\n")
        self.assert_nowhere(MARKER)


class Draft(VaultCase):
    """The env of a draft of a service."""

    def draft(self, name):
        """Creates a draft with a bootstrap."""
        os.mkdir(self.at("services/new", name))
        self.save(f"services/new/{name}/bootstrap", SLEEP)
        return f"services/new/{name}"

    def check_file(self, name, command):
        """A command fills it; found nowhere, and sent to the vault."""
        draft = self.draft(name)
        self.shell(f"cd {draft} && {command}")
        self.assertEqual(self.read(draft, "env"), f"A={MARKER}\n")
        self.assertEqual(self.mode(draft + "/env"), 0o600)
        self.assertEqual(self.pages(draft + "/env"), 0)
        self.assertEqual(self.read(draft, "bootstrap"), SLEEP)
        self.assert_nowhere(MARKER)
        self.shell(f"mv {draft} services/")
        self.assertEqual(self.read("services", name, "env"), f"A={MARKER}\n")
        self.assert_nowhere(MARKER)

    def test_it_does_not_outlive_the_mount(self):
        draft = self.draft("left")
        self.save(draft + "/env", f"A={MARKER}\n")
        self.save(draft + "/vcpu", "2\n")
        self.mount.restart()
        self.assertEqual(self.read(draft, "env"), "")
        self.assertEqual(self.read(draft, "vcpu"), "2\n")
        self.assert_nowhere(MARKER)
        self.shell(f"rm -r {draft}")

    def test_too_large(self):
        draft = self.draft("large")
        self.save(draft + "/env", "A=1\n")
        self.server.reset()
        self.assertEqual(self.save_error(draft + "/env", MARKER * 4000),
                         "EFBIG")
        self.assert_requests({})
        self.assertIn("64 KiB", self.read(".unsandboxfs/errors"))
        self.assertEqual(self.read(draft, "env"), "A=1\n")
        self.assert_nowhere(MARKER)
        self.shell(f"rm -r {draft}")

    @unittest.skipUnless(os.geteuid() == 0, "reads another process's memory")
    def test_no_copy_in_memory(self):
        """What was replaced, removed or committed is wiped."""
        draft = self.draft("wiped")
        for word in "replaced", "removed":
            self.save(draft + "/env", f"A={MARKER}-{word}\n")
        os.unlink(self.at(draft, "env"))
        self.save(draft + "/env", f"A={MARKER}-sent\n")
        self.shell(f"mv {draft} services/")
        for word in "replaced", "removed", "sent":
            self.wait_for(lambda word=word: not self.memory_has(
                f"{MARKER}-{word}"), word)


WRITERS = {
    "echo": f"echo A={MARKER} >env",
    "append": f"printf A= >env; echo {MARKER} >>env",
    "cp": f"echo A={MARKER} >$HOME/e; cp $HOME/e env && rm $HOME/e",
    "lines": f"{{ printf A=; echo {MARKER}; }} >env",
}


def _vault(text):
    return lambda self: self.check(text)


for _kind, _text in TEXTS.items():
    setattr(Vault, "test_" + _kind, _vault(_text))
for _kind, _command in WRITERS.items():
    setattr(Draft, "test_" + _kind, lambda self, name="d" + _kind.replace(
        "_", "-"), command=_command: self.check_file(name, command))

if __name__ == "__main__":
    unittest.main()
