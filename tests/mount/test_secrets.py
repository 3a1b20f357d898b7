# SPDX-License-Identifier: MIT
# tests/mount/test_secrets.py - the secret key is found nowhere
import os
import subprocess
import unittest

from case import MountCase
from place import files_below
from standin import SECRET

# Neither as it is nor in an encoded form.
TOKEN = "token-of-a-program-4711"
CODE = "otp-code-314159"


class Secrets(MountCase):
    """Not in the tree, the log, the state directory or /proc."""

    def use(self):
        """Makes requests of all kinds, some of them refused."""
        self.save("run/.settings/env", f"TOKEN={TOKEN}\n")
        self.save("run/use.sh", "echo used")
        self.read("run/use.sh.job/stdout")
        self.save("jobs/new/use.sh", "echo used")
        self.read("jobs/latest/exit_code")
        self.save(".unsandboxfs/otp", CODE + "\n")
        for rule in ({"status": 401}, {"status": 500}, {"garbage": True},
                     {"status": 428}, {"close": "before"}):
            self.server.fault({"path": "/execute", **rule})
            self.save_error("run/refused.sh", "x")
        self.server.fault()
        self.shell("cat languages $(find key -maxdepth 1 -type f) >/dev/null")

    def assert_nowhere(self, word, *paths):
        """Asserts that grep does not find it in these files."""
        found = subprocess.run(
            ["grep", "-rlaF", "--", word, *paths], timeout=60, check=False,
            capture_output=True, stdin=subprocess.DEVNULL).stdout.decode()
        self.assertEqual(found, "")

    def test_tree_and_log_and_state(self):
        self.use()
        self.assert_nowhere(SECRET, self.mount.path, self.mount.log_path,
                            self.mount.state_dir, self.mount.home)
        self.assert_nowhere(CODE, self.mount.path, self.mount.log_path,
                            self.mount.state_dir)

    def test_proc(self):
        self.use()
        pid = self.mount.pid
        self.assert_nowhere(SECRET, f"/proc/{pid}/cmdline",
                            f"/proc/{pid}/environ", f"/proc/{pid}/status")
        if os.getuid():  # unreadable: no debugger, no core file
            self.assertEqual(self.error_of(
                open, f"/proc/{pid}/mem", "rb"), "EACCES")
        with open(f"/proc/{pid}/limits", encoding="utf-8") as limits:
            (line,) = [l for l in limits if l.startswith("Max core file")]
        self.assertEqual(line.split()[4:6], ["0", "0"])

    def test_debug_log(self):
        """-d logs every request, but not the secret."""
        self.assertEqual(self.mount.unmount(), 0)
        start = self.mount.command
        self.mount.command = lambda *flags: start("-d")
        try:
            self.mount.start()
            self.use()
            self.assertIn("POST /execute", self.mount.log())
            for word in (SECRET, TOKEN, CODE):
                self.assert_nowhere(word, self.mount.log_path,
                                    self.mount.path + "/.unsandboxfs/log")
        finally:
            self.mount.command = start
            self.mount.restart()

    def test_state_is_the_owners_alone(self):
        self.use()
        saved = ("run", "jobs-new", "drafts", "services", "sessions")
        closed = []
        top = os.path.join(self.mount.state_dir, "unsandboxfs")
        for folder, folders, _ in os.walk(top):
            closed.append(folder)
            # What people saved has their modes, below a closed door.
            folders[:] = [name for name in folders if name not in saved]
        for folder in closed:
            self.assertEqual(os.lstat(folder).st_mode & 0o077, 0, folder)
        for file in files_below(top):
            if os.path.dirname(file.name) in closed:
                mode = os.fstat(file.fileno()).st_mode
                self.assertEqual(mode & 0o077, 0, file.name)

    def test_accounts_file_is_not_copied(self):
        """Only the path of the accounts file is shown."""
        folder = os.path.join(self.mount.home, ".unsandbox")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "accounts.csv")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w",
                  encoding="utf-8") as file:
            file.write(f"unsb-pk-test-0000-0000-0001,{SECRET}\n")
        env = self.mount.env
        self.mount.env = {k: v for k, v in env.items()
                          if not k.startswith("UNSANDBOX_")}
        try:
            self.mount.restart()
            self.assertIn(path, self.read(".unsandboxfs/config"))
            self.assert_nowhere(SECRET, self.mount.path, self.mount.log_path,
                                self.mount.state_dir)
        finally:
            self.mount.env = env
            os.unlink(path)
            self.mount.restart()


if __name__ == "__main__":
    unittest.main()
