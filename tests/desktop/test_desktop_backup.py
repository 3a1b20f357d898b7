# SPDX-License-Identifier: MIT
# tests/desktop/test_desktop_backup.py - backups by restic and borg
import unittest

import test_backup

BACKUPS = {
    "restic": "export RESTIC_PASSWORD=x RESTIC_REPOSITORY=$1.repository; "
              "restic -q init && restic -q backup . && restic -q restore "
              "latest --target $1",
    "borg": "borg init -e none $1.repository && borg create "
            "$1.repository::a . && cd $1 && borg extract $1.repository::a",
}


class Backup(test_backup.BackupCase):
    """As tests/mount/test_backup.py, by programs with many dependencies."""

    def check(self, name):
        """A copy by it is whole, and nothing is changed by copying back."""
        folder = self.back_up(name, BACKUPS[name])
        for command in "rsync -a $1/ .", "cp -r $1/. .":
            self.copy_back(f"rm -rf {test_backup.NOT_BACK}; {command}", folder)

    def test_restic(self):
        self.check("restic")

    def test_borg(self):
        self.check("borg")


if __name__ == "__main__":
    unittest.main()
