# SPDX-License-Identifier: MIT
# tests/mount/test_no_run.py - what runs nothing
import os
import shlex
import sys
import unittest

import saves_table
from calls_table import PRELUDE
from test_saves import SaveCase

# Commands in a directory where p.sh has run once, with the variables of
# saves_table.
COMMANDS = {
    "touch": "touch p.sh; touch new.sh; touch -d yesterday p.sh",
    "chmod": "chmod 755 p.sh; chmod u-w p.sh; chmod 644 p.sh",
    "chown": "chown $(id -u):$(id -g) p.sh",
    "empty": ": >e.sh; cp /dev/null f.sh; printf '' | tee g.sh",
    "emptied": ": >p.sh",
    "emptied_by_truncate": "truncate -s 0 p.sh",
    "same_size": "truncate -s $(stat -c %s p.sh) p.sh",
    "rename": "mv p.sh q.sh; mv q.sh r.py; mv r.py p.sh",
    "rename_to_below": "mkdir d; mv p.sh d/; mv d/p.sh .",
    "rename_to_data_and_back": "mv p.sh p.txt; mv p.txt p.sh",
    "rename_over_another": "cp p.sh q.txt; mv p.sh q.txt; mv q.txt p.sh",
    "rename_of_a_directory": "mkdir d; mv p.sh d; mv d e; mv e/p.sh .",
    "reading": "cat p.sh; wc p.sh; cp p.sh $OUT/q.sh; od p.sh; file p.sh; "
               "grep -r x .; tar c . | wc -c",
    "reading_of_results": "ls -lR; find . -type f -exec cat {} +",
    "hard_link": "ln p.sh q.sh; rm p.sh; ln q.sh p.sh",
    "symbolic_link": "ln -s p.sh q.sh; cat q.sh; ln -s $NEW r.sh; cat r.sh",
    "removal": "rm p.sh; mkdir d; rmdir d",
    "removal_of_all": "rm -r p.sh; mkdir d; rm -rf d",
    "data": "cp $NEW d.txt; cp $NEW e; cp $NEW f.csv; cp $NEW Makefile",
    "dot": "cp $NEW .p.sh; mkdir .d; cp $NEW .d/p.sh; mkdir .d/e; "
           "cp $NEW .d/e/p.sh",
    "tilde": "cp $NEW p.sh~; cp $NEW p.sh.~1~; cp $NEW '~'",
    "swap": "cp $NEW p.swp; cp $NEW p.sh.swo; cp $NEW p.sh.swx",
    "temporary": "cp $NEW p.sh.tmp; cp $NEW p.sh.part; cp $NEW p.sh.vsctmp",
    "backup": "cp $NEW p.sh.bak; cp $NEW p.sh.orig; cp $NEW p.sh.rej",
    "auto_save": "cp $NEW '#p.sh#'; cp $NEW '##'",
    "lock_of_emacs": "ln -s me@here.4711 .#p.sh; rm .#p.sh",
    "digits": "printf '#!/bin/sh\\n#'$T >4913; cp 4913 0",
    "sed_name": "printf '#!/bin/sh\\n#'$T >sedAbC123",
    "dot_with_shebang": "printf '#!/bin/sh\\n#'$T >.p; "
                        "printf '#!/bin/sh\\n#'$T >p~",
    "no_shebang": "printf '# !/bin/sh\\n#'$T >p; printf '\\n#!/bin/sh' >q",
    "removed_before_it_settles": "printf '#!/bin/sh\\n#'$T >p; rm p",
    "renamed_before_it_settles": "printf '#!/bin/sh\\n#'$T >p; mv p p~",
    "flags": "dd if=/dev/null of=p.sh conv=notrunc status=none; "
             "dd if=/dev/null of=p.sh oflag=append conv=notrunc status=none",
    "sync": "sync p.sh; sync -d p.sh; sync -f .",
    "listing": "ls -la . p.sh.job; stat p.sh; du -a; getconf -a . "
               ">/dev/null; df .",
    "settings": "echo 5 >.settings/ttl; cat .settings/*; rm .settings/ttl",
    "compile": "printf 'all:; true\\n' >Makefile.in; test -r p.sh",
}

# Python programs, with the prelude of calls_table.
PROGRAMS = {
    "open_without_write": """
put("p.sh", W, b"")
put("p.sh", RW, b"")
put("p.sh", W | A, b"")
put("p.sh", W | C, b"")
os.close(os.dup(os.open("p.sh", W)))
""",
    "open_of_what_may_not_be": """
try:
    put("p.sh", W | C | X, b"x")
except FileExistsError:
    pass
""",
    "write_of_nothing": """
fd = os.open("p.sh", W)
os.write(fd, b"")
os.pwrite(fd, b"", 100)
os.ftruncate(fd, os.fstat(fd).st_size)
os.fsync(fd)
os.close(fd)
""",
    "attributes_by_descriptor": """
fd = os.open("p.sh", RW)
os.fchmod(fd, 0o755)
os.fchown(fd, os.getuid(), os.getgid())
os.utime(fd, (1, 2))
os.fdatasync(fd)
os.close(fd)
""",
    "extended_attributes": """
os.setxattr("p.sh", "user.mime_type", b"text/x-sh")
os.getxattr("p.sh", "user.mime_type")
os.listxattr("p.sh")
os.removexattr("p.sh", "user.mime_type")
""",
    "shared_map_that_is_read": """
fd = os.open("p.sh", R)
area = mmap.mmap(fd, 5, prot=mmap.PROT_READ)
assert area[:5] == b"echo "
area.close()
""",
    "probe_of_gedit": """
probe = os.open("p.sh", W)
put(".goutputstream-X", W | C | X)
os.close(probe)
os.unlink(".goutputstream-X")
""",
    "unlinked_before_its_close": """
fd = os.open("q.sh", W | C)
os.write(fd, new)
os.unlink("q.sh")
os.close(fd)
""",
    "truncated_and_left_so": """
fd = os.open("p.sh", W)
os.write(fd, new)
os.ftruncate(fd, 0)
os.close(fd)
""",
}

# A writer that is killed has not saved.
KILLS = {
    f"killed_by_{number}{suffix}": f"""
import signal
{prepare}
fd = os.open("p.sh", W | T)
os.write(fd, new[:half])
{keep}
os.kill(os.getpid(), signal.{number})
time.sleep(60)
"""
    for number in ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGABRT")
    for suffix, prepare, keep in (
        ("", "signal.signal(signal.SIGINT, signal.SIG_DFL)", ""),
        ("_with_threads", "signal.signal(signal.SIGINT, signal.SIG_DFL)",
         "for i in range(4): threading.Thread(target=time.sleep, args=[60], "
         "daemon=True).start()"),
        ("_with_a_duplicate", "signal.signal(signal.SIGINT, signal.SIG_DFL)",
         "os.dup(fd)"))
}


class NoRun(SaveCase):
    """p.sh runs once, and nothing runs after that."""

    expected = {}

    def prepare(self, name):
        """Creates a directory in which p.sh has run."""
        word = self.word_of(name)
        out = self.folder_of(word)
        old = saves_table.OLD.format(word)
        self.save(f"run/{word}/p.sh", old)
        self.assertEqual(self.read(f"run/{word}/p.sh.job/exit_code"), "0\n")
        return word, out, old

    def check_command(self, name, command):
        """Runs the command, and asserts that no program runs."""
        word, out, old = self.prepare(name)
        self.drive("{ " + command + "; } >/dev/null", word, out)
        self.expect(word, old)

    def check_program(self, name, source):
        """Runs the Python program, and asserts that no program runs."""
        word, out, old = self.prepare(name)
        self.drive(shlex.join([sys.executable, "-B",
                               self.python_file(out, source)]), word, out)
        self.expect(word, old)

    @staticmethod
    def python_file(out, source):
        """Creates a file with the Python program."""
        path = os.path.join(out, "program.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(PRELUDE + source)
        return path

    def check_kill(self, name, source):
        """A killed writer's bytes are kept, and run after the next save."""
        word, out, old = self.prepare(name)
        self.assertLess(self.start(word, out, [
            sys.executable, "-B", self.python_file(out, source)]).returncode,
            0, "it was not killed")
        new = saves_table.NEW.format(word)
        self.assertEqual(self.read(f"run/{word}/p.sh"),
                         new[:len(new) // 2])
        self.expect(word, old)
        self.save(f"run/{word}/p.sh", new)
        self.expect(word, old, new)

    def test_zz_nothing_ran_later(self):
        self.check_nothing_ran_later()


def add_rows(kind, check, table):
    """A test for each row."""
    for name, row in table.items():
        setattr(NoRun, f"test_{kind}_{name}",
                lambda self, name=name, row=row: check(
                    self, f"{kind}_{name}", row))


add_rows("command", NoRun.check_command, COMMANDS)
add_rows("program", NoRun.check_program, PROGRAMS)
add_rows("writer", NoRun.check_kill, KILLS)

if __name__ == "__main__":
    unittest.main()
