# SPDX-License-Identifier: MIT
# tests/mount/test_editors.py - real vim, nano and emacs, and what they save
import os
import shutil
import unittest

import saves_table
from terminal import Terminal
from test_saves import SaveCase


class Editors(SaveCase):
    """Changes the first word of p.sh's second line, and saves."""

    expected = {}

    def begin(self, name, *command):
        """Opens the editor with a p.sh that has run."""
        if not shutil.which(command[0]):
            self.skipTest(f"no {command[0]} here")
        word = self.word_of(name)
        self.folder_of(word)
        self.path = f"run/{word}/p.sh"
        self.old = saves_table.OLD.format(word)
        self.save(self.path, self.old)
        self.assertEqual(self.read(self.path + ".job/exit_code"), "0\n")
        terminal = Terminal(self.place, self.at(f"run/{word}"),
                            [*command, "p.sh"], self.mount.home)
        self.addCleanup(terminal.close)
        terminal.wait(f"echo {word} former")
        return word, terminal

    def saved(self, word, *news, runs=None):
        """Asserts that these contents ran, in this order."""
        self.expect(word, self.old, *(runs if runs is not None else news))
        self.assertEqual(self.read(self.path), news[-1])
        self.assertEqual(self.read(self.path + ".job/stdout"),
                         news[-1].replace("echo ", ""))
        self.assertEqual(
            [n for n in os.listdir(self.at(os.path.dirname(self.path)))
             if n.endswith(".swp") or n[0] == "#"], [])

    def changed(self, word, number=1):
        """The program with `number` letters added at its end."""
        return self.old + f"echo {word} more\n" * number

    # ---- vim ----

    def drive_vim(self, name, *arguments):
        """One save, then another in the same session, then :q."""
        word, vim = self.begin(name, "vim", "-n" if "noswap" in name else
                               "-N", *arguments)
        for number in (1, 2):
            vim.text("Go")
            vim.text(f"echo {word} more")
            vim.keys("Escape")
            vim.text(":w")
            vim.keys("Enter")
            vim.wait(f"{2 + number}L, ")
            self.assertEqual(self.read(self.path), self.changed(word, number))
        vim.text(":q")
        vim.keys("Enter")
        vim.ended()
        self.saved(word, self.changed(word), self.changed(word, 2))

    def test_vim(self):
        self.drive_vim("vim")

    def test_vim_without_swap_file(self):
        self.drive_vim("vim_noswap")

    def test_vim_backup(self):
        self.drive_vim("vim_backup", "--cmd", "set backup")
        self.assertEqual(self.read(self.path + "~"),
                         self.changed(self.word_of("vim_backup")))

    def test_vim_nowritebackup(self):
        self.drive_vim("vim_nowritebackup", "--cmd", "set nowritebackup")

    def test_vim_backupcopy_yes(self):
        self.drive_vim("vim_backupcopy_yes", "--cmd", "set backupcopy=yes")

    def test_vim_backupcopy_no(self):
        self.drive_vim("vim_backupcopy_no", "--cmd",
                       "set backup backupcopy=no")

    def test_vim_undofile(self):
        self.drive_vim("vim_undofile", "--cmd", "set undofile")

    def test_vim_autowrite_and_zz(self):
        word, vim = self.begin("vim_zz", "vim")
        vim.text("Go")
        vim.text(f"echo {word} more")
        vim.keys("Escape")
        vim.text("ZZ")
        vim.ended()
        self.saved(word, self.changed(word))

    def test_vim_new_file(self):
        word, vim = self.begin("vim_new", "vim")
        vim.text(":e q.sh")
        vim.keys("Enter")
        vim.wait("q.sh")
        vim.text("i")
        vim.text(f"echo {word} q")
        vim.keys("Escape")
        vim.text(":wq")
        vim.keys("Enter")
        vim.ended()
        self.expect(word, self.old, f"echo {word} q\n")

    def test_vim_quits_without_saving(self):
        word, vim = self.begin("vim_quit", "vim")
        vim.text("Goecho this is thrown away")
        vim.keys("Escape")
        vim.text(":q!")
        vim.keys("Enter")
        vim.ended()
        self.saved(word, self.old, runs=[])

    def test_vim_saves_without_a_change(self):
        """:w writes the file again, so it runs again."""
        word, vim = self.begin("vim_same", "vim")
        vim.text(":wq")
        vim.keys("Enter")
        vim.ended()
        self.saved(word, self.old)

    # ---- nano ----

    def drive_nano(self, name, *arguments):
        """One save by ^O, another at ^X."""
        word, nano = self.begin(name, "nano", "-I", *arguments)
        nano.keys("M-/", "End")
        nano.text(f"echo {word} more")
        nano.keys("C-o", "Enter")
        nano.wait("Wrote 3 lines")
        nano.keys("M-/", "End")
        nano.text(f"echo {word} more")
        nano.keys("C-x")
        nano.wait("Save modified buffer")
        nano.text("y")
        nano.wait("File Name to Write")
        nano.keys("Enter")
        nano.ended()
        self.saved(word, self.changed(word), self.changed(word, 2))

    def test_nano(self):
        self.drive_nano("nano")

    def test_nano_backup(self):
        self.drive_nano("nano_backup", "-B")
        self.assertEqual(self.read(self.path + "~"),
                         self.changed(self.word_of("nano_backup")))

    def test_nano_locking(self):
        self.drive_nano("nano_locking", "-G")

    def test_nano_quits_without_saving(self):
        word, nano = self.begin("nano_quit", "nano", "-I", "-G")
        nano.text("thrown away")
        nano.keys("C-x")
        nano.wait("Save modified buffer")
        nano.text("n")
        nano.ended()
        self.saved(word, self.old, runs=[])

    # ---- emacs ----

    def drive_emacs(self, name, *evaluate):
        """Two saves in one session."""
        word, emacs = self.begin(name, "emacs", "-nw", "-q", "--eval",
                                 "(progn (setq inhibit-startup-screen t) "
                                 + " ".join(evaluate) + ")")
        for number in (1, 2):
            emacs.keys("M->")
            emacs.text(f"echo {word} more")
            emacs.keys("Enter", "C-x", "C-s")
            self.wait_for(lambda number=number: self.read(self.path) ==
                          self.changed(word, number), "the save")
            emacs.wait("Wrote ")
        emacs.keys("C-x", "C-c")
        emacs.ended()
        self.saved(word, self.changed(word), self.changed(word, 2))

    def test_emacs(self):
        self.drive_emacs("emacs")

    def test_emacs_precious(self):
        self.drive_emacs("emacs_precious", "(setq file-precious-flag t)")

    def test_emacs_backup_by_copying(self):
        self.drive_emacs("emacs_copying", "(setq backup-by-copying t)")

    def test_emacs_without_backup_and_lock(self):
        self.drive_emacs("emacs_bare", "(setq make-backup-files nil)",
                         "(setq create-lockfiles nil)")

    def test_emacs_auto_saves(self):
        """#p.sh# is written, and nothing runs; then the save."""
        word, emacs = self.begin(
            "emacs_auto_save", "emacs", "-nw", "-q", "--eval",
            "(setq inhibit-startup-screen t)")
        emacs.keys("M->")
        emacs.text(f"echo {word} more")
        emacs.keys("Enter", "M-x")
        emacs.text("do-auto-save")
        emacs.keys("Enter")
        self.wait_for(lambda: os.path.exists(
            self.at(os.path.dirname(self.path), "#p.sh#")), "the auto-save")
        self.expect(word, self.old)
        emacs.keys("C-x", "C-s")
        emacs.wait("Wrote ")
        emacs.keys("C-x", "C-c")
        emacs.ended()
        self.saved(word, self.changed(word))

    def test_zz_nothing_ran_later(self):
        self.check_nothing_ran_later()


if __name__ == "__main__":
    unittest.main()
