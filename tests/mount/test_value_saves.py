# SPDX-License-Identifier: MIT
# tests/mount/test_value_saves.py - values that programs save in their own ways
"""Names beside values, and removing them; the programs are in
tests/desktop/test_savers.py."""
import errno
import os
import signal
import subprocess
import tempfile

from case import MountCase

class ValueSaves(MountCase):
    """Of a service, a draft of one, and of settings."""

    time_limit_s = 240
    # What a value holds, by where it is.
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        os.mkdir(os.path.join(cls.mount.path, "services/new/web"))
        with open(os.path.join(cls.mount.path,
                               "services/new/web/bootstrap"), "w") as file:
            file.write("sleep 1000\n")
        os.rename(os.path.join(cls.mount.path, "services/new/web"),
                  os.path.join(cls.mount.path, "services/web"))
        os.mkdir(os.path.join(cls.mount.path, "services/new/draft"))

    def test_anew(self):
        """rm, then O_EXCL, as install and cp --remove-destination do."""
        self.save("run/.settings/ttl", "50\n")
        os.unlink(self.at("run/.settings/ttl"))
        fd = os.open(self.at("run/.settings/ttl"),
                     os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(fd, b"51\n")
        os.close(fd)
        self.assertEqual(self.value("run/.settings/ttl"), "51")
        self.shell("echo 52 >/tmp/ttl-$$; cp --remove-destination /tmp/ttl-$$ "
                   "run/.settings/ttl; echo 53 >/tmp/ttl-$$; "
                   "install /tmp/ttl-$$ run/.settings/ttl; rm /tmp/ttl-$$")
        self.assertEqual(self.value("run/.settings/ttl"), "53")
        self.shell("rm run/.settings/ttl; cat run/.settings/ttl")
        with self.assertRaises(FileExistsError):
            os.mkdir(self.at("run/.settings/ttl"))

    def test_refused(self):
        """What the API refuses is rename's error, and the old value stays."""
        self.save("run/.settings/ttl", "60\n")
        with open(self.at("run/.settings/ttl.tmp"), "w") as file:
            file.write("100000\n")
        with self.assertRaises(OSError) as refused:
            os.rename(self.at("run/.settings/ttl.tmp"),
                      self.at("run/.settings/ttl"))
        self.assertEqual(refused.exception.errno, errno.EBADR)
        self.assertEqual(self.value("run/.settings/ttl"), "60")
        os.unlink(self.at("run/.settings/ttl.tmp"))
        for path in ("run/.settings/tttl", "services/new/draft/typo"):
            with self.subTest(path), self.assertRaises(PermissionError):
                open(self.at(path), "w").close()
            self.assertIn("/" + path.rsplit("/", 1)[1],
                          self.value(".unsandboxfs/errors"))

    def test_removed(self):
        """A value that is removed and not created anew is unchanged."""
        self.save("services/web/domains", "stays.example.com\n")
        self.shell("rm services/web/domains")
        self.assertEqual(self.value("services/web/domains"),
                         "stays.example.com")
        self.wait_for(lambda: "services/web/domains 0 EPERM a value "
                      "cannot be removed" in self.read(".unsandboxfs/errors"),
                      "rm of a value is explained")
        for name in "id", "destroy", "redeploy", "restore_from", "console":
            self.assertEqual(self.error_of(
                os.unlink, self.at("services/web", name)), "EPERM", name)
        self.assertEqual(self.error_of(
            os.rmdir, self.at("services/web/domains")), "ENOTDIR")
        self.assertEqual(self.value("services/web/domains"),
                         "stays.example.com")

    def test_killed(self):
        """Half of a value is not saved."""
        self.save("services/web/domains", "stays.example.com\n")
        self.server.reset_counts()
        for how in "O_TRUNC", "O_CREAT|os.O_EXCL":
            for _ in range(10):
                done = subprocess.run(
                    ["python3", "-c", "import os, signal, sys\n"
                     "if 'EXCL' in sys.argv[1]: os.unlink('domains')\n"
                     f"fd = os.open('domains', os.O_WRONLY|os.{how})\n"
                     "os.write(fd, b'half.example.com')\n"
                     "os.kill(os.getpid(), signal.SIGKILL)", how],
                    cwd=self.at("services/web"), timeout=30, check=False)
                self.assertEqual(done.returncode, -signal.SIGKILL)
        self.assertEqual(self.value("services/web/domains"),
                         "stays.example.com")
        self.assertEqual(self.server.changes(), [])

    def test_link(self):
        """A second name is a copy in memory, of what can be written."""
        self.save("services/web/domains", "linked.example.com\n")
        self.server.reset_counts()
        folder = self.at("services/web")
        os.link(folder + "/domains", folder + "/domains~")
        self.assertEqual(self.value("services/web/domains~"),
                         "linked.example.com")
        for name in "domains~", "vcpu":
            self.assertEqual(self.error_of(
                os.link, folder + "/domains", folder + "/" + name), "EEXIST")
        for old, new in (("services/web/id", "services/web/id~"),
                         ("services/web/domains", "services/new/d~"),
                         ("services/web/domains", "services/new/draft/vcpu~")):
            self.assertEqual(self.error_of(
                os.link, self.at(old), self.at(new)), "EPERM", new)
            self.assertIn(new, self.read(".unsandboxfs/errors"))
        self.assertEqual(self.server.changes(), [])
        self.save("services/web/domains~", "over.example.com\n")
        os.rename(folder + "/domains~", folder + "/domains")
        self.assertEqual(self.value("services/web/domains"),
                         "over.example.com")

    def test_looked_at_while_gone(self):
        """That another process stats the value meanwhile changes nothing."""
        path = self.at("services/web/domains")
        for how in ("os.unlink('domains')",
                    "os.rename('domains', 'domains~')"):
            with self.subTest(how):
                self.save(path, "a-long-former.example.com\n")
                os.stat(path)
                with subprocess.Popen(
                        ["python3", "-c", f"import os\n{how}\nprint(flush="
                         "True)\ninput()\nfd = os.open('domains', os.O_CREAT "
                         "| os.O_WRONLY)\nos.write(fd, b'b.c\\n')"],
                        cwd=self.at("services/web"), stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE) as child:
                    child.stdout.readline()
                    os.stat(path)
                    child.communicate(b"\n", timeout=30)
                self.assertEqual(child.returncode, 0)
                self.assertEqual(self.read(path), "b.c\n")
        self.assertEqual(self.read(path + "~"), "a-long-former.example.com\n")
        os.unlink(path + "~")

    def test_moved_away(self):
        """Where the value was moved to is its former text, at once and
        after it was created anew, however often."""
        path = self.at("services/web/domains")
        for former, new in ("a", "bb"), ("bb", "ccc"):
            self.save(path, f"{former}.example.com\n")
            os.stat(path)
            os.rename(path, path + "~")
            self.assertEqual(self.read(path + "~"), f"{former}.example.com\n")
            self.assertEqual(os.path.getsize(path), len(former) + 13)
            self.save(path, f"{new}.example.com\n")
            self.assertEqual(self.read(path + "~"), f"{former}.example.com\n")
            self.assertEqual(os.path.getsize(path + "~"), len(former) + 13)
            self.assertEqual(self.read(path), f"{new}.example.com\n")
            os.unlink(path + "~")

    def test_read_while_written(self):
        """The value that was moved away is read while the new is written."""
        for name, old, new in (
                ("services/web/domains", "former.example.com\nb.example.com\n",
                 "changed.example.com\nb.example.com\n"),
                ("services/web/env", "A=former\nB=2\n",
                 "A=changed\nB=2\n"),
                ("run/.settings/env", "A=former\nB=2\n",
                 "A=changed\nB=2\n")):
            with self.subTest(name):
                self.save(name, old)
                folder, base = os.path.split(self.at(name))
                self.shell("cat " + self.at(name))
                subprocess.run(
                    ["python3", "-c", "import fileinput\n"
                     "with fileinput.input(%r, inplace=True) as lines:\n"
                     "    for line in lines: print(line.replace("
                     "'former', 'changed'), end='')" % base], cwd=folder,
                    check=True, timeout=30)
                self.assertEqual(self.read(name), new)

    def test_copied_draft(self):
        """cp -r makes a draft of a folder, with its files/."""
        folder = tempfile.mkdtemp(dir=self.place.path)
        self.shell(f"cd {folder}; mkdir -p d/files/lib; echo 'sleep 9' "
                   "> d/bootstrap; echo 8080 > d/ports; echo x > "
                   "d/files/lib/a; echo A=1 > d/env")
        self.shell(f"cp -r {folder}/d services/new/copied")
        self.assertEqual(self.value("services/new/copied/ports"), "8080")
        self.assertEqual(self.value("services/new/copied/files/lib/a"), "x")
        self.assertEqual(self.value("services/new/copied/env"), "A=1")
        self.shell("echo 1 > services/new/copied/commit")
        self.assertEqual(self.value("services/copied/ports"), "8080")

    def test_scratch(self):
        """A name beside a value is a file in memory until it is dropped."""
        path = self.at("services/web/notes.txt")
        with open(path, "w+") as file:
            file.write("hello")
            file.seek(8192)
            file.write("end")
            file.flush()
            os.fchmod(file.fileno(), 0o640)
            file.seek(0)
            self.assertEqual(len(file.read()), 8195)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        os.utime(path, (5, 6))
        self.assertEqual(os.stat(path).st_mtime, 6)
        os.truncate(path, 3)
        with open(path, "a") as file:
            file.write("lo")
        os.rename(path, path + "2")
        with open(path + "2") as file:
            self.assertEqual(file.read(), "hello"[:3] + "lo")
        self.assertIn("notes.txt2", os.listdir(self.at("services/web")))
        with self.assertRaises(OSError) as refused, open(path, "w") as file:
            file.write("x" * (5 << 20))
        self.assertEqual(refused.exception.errno, errno.EFBIG)
        os.unlink(path)
        with open(path + "2") as file:
            os.unlink(path + "2")
            self.assertEqual(file.read(), "hello"[:3] + "lo")
        with self.assertRaises(FileNotFoundError):
            os.stat(path + "2")
