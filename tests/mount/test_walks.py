# SPDX-License-Identifier: MIT
# tests/mount/test_walks.py - reading everything changes nothing
import os
import shutil
import sys
import unittest

from case import MountCase

WALKS = {
    "find": "find . >/dev/null",
    "find_all": "find . -ls -xtype l -newer README -o -size +1M >/dev/null",
    "ls": "ls -lAR >/dev/null",
    "ls_with_links": "ls -LlAR --color=always >/dev/null",
    "grep": "grep -r 'no such text' . || test $? = 1",
    "grep_links": "grep -R 'no such text' run README key || test $? = 1",
    "tar": "tar c . >/dev/null",
    "tar_into_a_pipe": "tar c . | tar t >/dev/null",
    "tar_xattrs": "tar c --xattrs --acls . | wc -c >/dev/null",
    "rsync": "rsync -a . $1/",
    "rsync_all": "rsync -aHX --checksum . $1/ && rsync -aH . $1/",
    "cp": "cp -a . $1/",
    "cp_r": "cp -rL run README languages key $1/",
    "du": "du -a . >/dev/null; du -sh --apparent-size . >/dev/null",
    "cat_all": "find . -type f -exec cat {} + >/dev/null",
    "checksums": "find . -type f -exec sha1sum {} + >/dev/null",
    "file_ends": "find . -type f -exec tail -qn 1 {} + >/dev/null",
    "diff": "diff -r run run",
    "python": "python3 -c 'import os\nfor d, ds, fs in os.walk(\".\"):\n"
              " for f in fs: open(os.path.join(d, f), \"rb\").read()'",
    "cpio": "find . | cpio -o --quiet >/dev/null",
    "stat": "find . -exec stat -c %n {} + >/dev/null; stat -f . >/dev/null",
    "getfattr": "python3 -c 'import os\nfor d, ds, fs in os.walk(\".\"):\n"
                " for f in fs: os.listxattr(os.path.join(d, f), "
                "follow_symlinks=False)'",
    "realpath": "find . -exec realpath {} + >/dev/null",
    "globs": "echo * */* */*/* .[!.]* >/dev/null",
    "complete": "compgen -f ./ >/dev/null; compgen -f run/ >/dev/null",
}


class Walks(MountCase):
    """Asserts status 0, no stderr, and no request that changes anything."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        python = os.path.dirname(sys.executable)
        os.environ["PATH"] = python + ":" + os.environ["PATH"]

    def fill(self):
        """Creates programs that ran, ended jobs, data, drafts and links."""
        if os.path.exists(self.at("run/d")):
            return
        self.shell("""mkdir run/d run/d/e && echo data >run/d/data.csv &&
            echo 'echo one' >run/d/main.sh && cat run/d/main.sh.job/stdout &&
            ln -s data.csv run/d/link && echo 1 >run/d/.hidden &&
            ln run/d/data.csv run/d/e/hard && echo 9 >run/d/.settings/ttl &&
            mkdir run/f && echo 1 >run/f/.settings/return_artifact &&
            echo 'int main(void) { return 3; }' >run/f/main.c &&
            cat run/f/main.c.job/exit_code && echo 'exit 4' >jobs/new/j.sh &&
            cat jobs/latest/exit_code && mkdir jobs/new/draft &&
            echo x >jobs/new/draft/x.txt && mkdir jobs/new/gone &&
            echo 'echo a' >jobs/new/gone/main.sh && mv jobs/new/gone jobs/alias &&
            cat jobs/alias/exit_code""")

    def check_walk(self, name, command):
        """Walks twice, so that cached answers are read too."""
        word = command.split()[0]
        if not shutil.which(word) and word != "compgen":
            self.skipTest(f"no {word} here")
        self.fill()
        self.server.reset_counts()
        # The second walk reads cached answers.
        self.shell(f"{command}\n", self.place.folder(name))
        self.shell(f"{command}\n", self.place.folder(name + "2"))
        changes = {request: count for request, count in
                   self.server.requests().items()
                   if not request.startswith("GET ")
                   and request != "POST /keys/validate"}
        self.assertEqual(changes, {})

    def test_requests_of_a_walk(self):
        """A collection costs one request, however often it is read."""
        self.fill()
        self.save(".unsandboxfs/refresh", "1")
        self.server.reset_counts()
        for _ in range(3):
            self.shell("ls -lR . >/dev/null; grep -r x run jobs key "
                       "languages >/dev/null")
        self.assertEqual({request: count for request, count in
                          self.server.requests().items() if count > 1}, {})

    def test_a_copy_of_the_tree_is_the_tree(self):
        self.fill()
        folder = self.place.folder("copy")
        self.shell("""rsync -a --exclude .unsandboxfs . $1/ && diff -r
            --exclude .unsandboxfs . $1""".replace("\n", " "), folder)
        self.assertEqual(os.readlink(folder + "/jobs/alias"),
                         os.readlink(self.at("jobs/alias")))

    def test_a_copy_saved_back_runs_each_program_once(self):
        """cp -r of a directory of run/, without its results."""
        self.fill()
        folder = self.place.folder("back")
        self.shell("cp -r run/d $1/ && rm -r $1/d/*.job $1/d/e && "
                   "cp -r $1/d run/back && cat run/back/main.sh.job/stdout",
                   folder)
        self.assertEqual(len(self.executions("echo one")), 1)


for _name, _command in WALKS.items():
    setattr(Walks, "test_" + _name, lambda self, name=_name, command=_command:
            self.check_walk(name, command))

if __name__ == "__main__":
    unittest.main()
