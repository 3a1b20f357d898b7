# SPDX-License-Identifier: MIT
# tests/mount/home.py - a user's home directory, with everything at its usual
# place: the program in PATH, the accounts file, ~/u to mount on
import os

from mounted import PROGRAM
from standin import PUBLIC, SECRET
from starting import StartCase


class HomeCase(StartCase):
    """A home directory in which everything is at its usual place."""

    def setUp(self):
        super().setUp()
        self.home = os.path.join(self.place.path, self._testMethodName)
        self.bin = self.home + "/bin"
        for folder in ("bin", "u", ".unsandbox", ".config/unsandboxfs"):
            os.makedirs(f"{self.home}/{folder}")
        os.symlink(PROGRAM, self.bin + "/unsandboxfs")
        self.put(".config/unsandboxfs/config", f"url={self.server.url}\n")
        self.put(".unsandbox/accounts.csv", f"{PUBLIC},{SECRET}\n")
        self.without_keys()
        self.env.update(HOME=self.home, PATH=self.bin + ":" +
                        os.environ["PATH"])
        for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
            self.env.pop(name, None)
        self.point = self.home + "/u"

    def put(self, name, text):
        """Writes a file in the home directory."""
        path = os.path.join(self.home, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o600)
