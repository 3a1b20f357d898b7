# SPDX-License-Identifier: MIT
# tests/desktop/test_desktop_savers.py - editors and tools that few have
import os
import subprocess
import unittest

import test_savers
from place import end_with_parent
from test_resources_life import free_port

NVIM = "nvim --headless -u NONE -es -c 'set {}' -c 1s/former/new/ -c wq $F"
SSH = ("-i $KEYS/user -o StrictHostKeyChecking=no -o UserKnownHostsFile="
       "/dev/null -o LogLevel=ERROR -P $PORT")
WAYS = {
    "nvim": NVIM.format("noswapfile"),
    "nvim backup": NVIM.format("backup backupdir=."),
    "nvim backupcopy=no": NVIM.format("backup backupcopy=no backupdir=."),
    "nvim backupcopy=yes": NVIM.format("backup backupcopy=yes backupdir=."),
    "nvim swapfile": NVIM.format("swapfile directory=."),
    "kakoune": "kak -n -ui dummy -e \"execute-keys '%sformer<ret>cnew<esc>'; "
               "write; quit\" $F",
    "jed": "jed -batch -n $F -f 'bob(); replace(\"former\", \"new\"); "
           "save_buffer(); exit_jed();' >/dev/null",
    "sponge": "sed s/former/new/ $F | sponge $F",
    "gawk -i inplace": "gawk -i inplace '{sub(/former/, \"new\"); print}' $F",
    "gio save": "gio save $F <$NEW",
    "gio save -b": "gio save -b $F <$NEW",
    "gio save -c": "gio save -c $F <$NEW || gio save $F <$NEW",
    "gio copy": "gio copy $NEW $F",
    "gio copy -b": "gio copy -b $NEW $F",
    "gio move": "cp $NEW $OUT/m; gio move $OUT/m $F",
    "unzip": "cp $NEW $OUT/$F; (cd $OUT; zip -q z $F); unzip -qo $OUT/z",
    "dos2unix": "sed s/former/new/ $F | unix2dos >$F.tmp; dos2unix -n "
                "$F.tmp $F >$OUT/said",
    "scp": f"scp {SSH} $NEW localhost:$PWD/$F",
    "scp -O": f"scp -O {SSH} $NEW localhost:$PWD/$F",
    "scp -p": f"scp -p {SSH} $NEW localhost:$PWD/$F",
    "sftp put": f"echo put $NEW $PWD/$F | sftp -q -b - {SSH} localhost "
                ">/dev/null",
    "sftp rename": f"printf 'put %s .%s.x\\nrename .%s.x %s\\n' $NEW $F $F $F "
                   f"| sed 's: \\.: '$PWD'/.:g; s: '$F'$: '$PWD/$F':' | "
                   f"sftp -q -b - {SSH} localhost >/dev/null",
}
# Its temporary name is taken for a mistake.
MISTYPED = {"dos2unix"}


class Savers(test_savers.SaverCase):
    """As tests/desktop/test_savers.py."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        keys = cls.place.folder("keys")
        for name in "host", "user":
            subprocess.run(["ssh-keygen", "-q", "-N", "", "-f",
                            f"{keys}/{name}"], check=True, timeout=60)
        port = free_port()
        cls.made = os.getuid() == 0 and not os.path.exists("/run/sshd")
        if cls.made:
            os.mkdir("/run/sshd", 0o755)
        with open(keys + "/log", "wb") as log:
            cls.sshd = subprocess.Popen(
                ["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h",
                 f"{keys}/host", "-p", str(port), "-o", "StrictModes=no",
                 "-o", f"AuthorizedKeysFile={keys}/user.pub", "-o",
                 "ListenAddress=127.0.0.1", "-o", "PidFile=none", "-o",
                 "Subsystem=sftp internal-sftp"], stdin=subprocess.DEVNULL,
                stderr=log, preexec_fn=end_with_parent)
        os.environ.update(PORT=str(port), KEYS=keys)
        cls().wait_for(lambda: cls.is_listening(keys), "sshd listens")

    @staticmethod
    def is_listening(keys):
        """Whether sshd has said so."""
        with open(keys + "/log", encoding="utf-8") as log:
            return "listening" in log.read()

    @classmethod
    def tearDownClass(cls):
        cls.sshd.terminate()
        cls.sshd.wait(20)
        if cls.made:
            os.rmdir("/run/sshd")
        super().tearDownClass()

    def check_all(self, path, refused):
        """Every way."""
        for way, command in WAYS.items():
            with self.subTest(way=way, path=path):
                self.check_way(path, way, command, refused)

    def test_program(self):
        self.check_all("run/p.sh", ())

    def test_domains(self):
        self.check_all("services/web/domains", ())

    def test_vault(self):
        self.check_all("services/web/env", ())

    def test_bootstrap(self):
        self.check_all("services/web/bootstrap", ())

    def test_draft(self):
        self.check_all("services/new/draft/bootstrap", MISTYPED)

    def test_setting(self):
        self.check_all("run/.settings/env", MISTYPED)


class Editors(test_savers.TerminalCase):
    """In a terminal."""

    def test_nvim(self):
        self.drive(["nvim", "-u", "NONE", "-c", "set backup undofile"], [
            ("text", [":1s/former/new/"]), ("keys", ["Enter"]),
            ("text", [":wq"]), ("keys", ["Enter"])])

    def test_joe(self):
        self.drive(["joe"], [
            ("keys", ["C-k"]), ("text", ["f"]), ("text", ["former"]),
            ("keys", ["Enter"]), ("text", ["r"]), ("keys", ["Enter"]),
            ("text", ["new"]), ("keys", ["Enter"]), ("text", ["y"]),
            ("keys", ["C-k"]), ("text", ["x"])])

    def test_micro(self):
        self.drive(["micro"], [
            ("keys", ["C-e"]), ("text", ["replaceall former new"]),
            ("keys", ["Enter"]), ("wait", ["Replaced 1"]),
            ("keys", ["C-s"]), ("keys", ["C-q"])])

    def test_ne(self):
        self.drive(["ne"], [
            ("keys", ["Escape"]), ("text", [":Find former"]),
            ("keys", ["Enter"]), ("keys", ["Escape"]),
            ("text", [":ReplaceOnce new"]), ("keys", ["Enter"]),
            ("wait", ["new"]), ("keys", ["Escape"]), ("text", [":Exit"]),
            ("keys", ["Enter"])])

    def test_mcedit(self):
        self.drive(["mcedit", "-u"], [
            ("keys", ["F4"]), ("wait", ["replacement"]), ("text", ["former"]),
            ("keys", ["Tab"]), ("text", ["new"]), ("keys", ["Enter"]),
            ("wait", ["Confirm replace"]), ("keys", ["Enter"]),
            ("wait", ["new"]), ("keys", ["F2"]), ("keys", ["Enter"]),
            ("keys", ["F10"])])


if __name__ == "__main__":
    unittest.main()
