# SPDX-License-Identifier: MIT
# tests/outside/test_git.py - git at work in a directory of run/
import os
import unittest

from case import MountCase

ENVIRONMENT = """
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null LC_ALL=C
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a
export GIT_COMMITTER_EMAIL=a@b
git() { command git -c init.defaultBranch=main -c advice.detachedHead=false \
	-c gc.autoDetach=false -c core.fsync=all "$@"; }
clean() { test -z "$(git status --porcelain)" || { git status; exit 1; }; }
set -e
"""
# A history of 12 commits on 3 branches, of 200 files.
SOURCE = """
git init -q .
for commit in 1 2 3 4 5 6 7 8 9 10 11 12; do
	for i in $(seq 1 200); do
		test $((i % 12)) != $((commit % 12)) && test $commit != 1 && continue
		mkdir -p d$((i % 9))/e$((i % 4))
		seq $((i * commit)) $((i * commit + i)) >d$((i % 9))/e$((i % 4))/f$i.txt
	done
	ln -sf d$commit link; chmod +x d1/e1/f1.txt
	git add -A; git commit -qm "commit $commit"
	case $commit in 4) git branch old ;; 8) git branch older ;; esac
done
"""


class Git(MountCase):
    """The work tree and the repository are both in run/."""

    time_limit_s = 150
    resets_server = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        source = cls.place.folder("source")
        case = cls("test_clone_and_work")
        case.shell(f"cd {source};" + ENVIRONMENT + SOURCE, seconds=60)
        cls.source = source

    def git(self, commands):
        """Runs lines of shell in run/."""
        return self.shell("cd run;" + ENVIRONMENT + commands, seconds=120)

    def test_clone_and_work(self):
        self.git(f"""
git clone -q --no-hardlinks {self.source} work; cd work; clean
git fsck --full --strict 2>&1 | grep -v '^Checking' || :
for branch in origin/old main origin/older main; do
	git checkout -q $branch; clean
done
git checkout -q -b topic origin/older; seq 1 999 >d2/e2/new.txt
git status --porcelain | grep -q '?? d2/e2/new.txt'
git add -A; git commit -qm new; clean
seq 5 >>d2/e2/new.txt; git stash -q; clean; git stash pop -q
git commit -qam more; git checkout -q main; git merge -q -m merged topic; clean
git mv d2/e2/new.txt d3/moved.txt; git commit -qm moved; clean
git rm -q d3/moved.txt; git commit -qm removed; clean
git rebase -q origin/main topic; clean
git checkout -q main; git tag -a -m tagged v1; git gc -q; git fsck --full
git repack -qadf; git prune; git fsck --full --strict; clean
git diff --quiet v1 HEAD; git reset -q --hard v1~2; clean
git archive v1 | tar t | wc -l; git clean -qdfx; clean
git gc -q --aggressive --prune=now; git fsck --full; clean
""")
        self.mount.restart()
        self.git("cd work; clean; git fsck --full --strict; "
                 "git checkout -q origin/old; clean; git checkout -q main; "
                 "git log --oneline | wc -l; clean")
        self.assertEqual(self.server.executions(), [])

    def test_init_in_the_mount(self):
        self.git("mkdir here; cd here;" + SOURCE + "clean; git gc -q; clean; "
                 "git fsck --full --strict")
        mine, theirs = (self.shell(
            f"cd {path};" + ENVIRONMENT + "git rev-parse HEAD^{tree}; "
            "git ls-files -s")
            for path in (self.at("run/here"), self.source))
        self.assertEqual(mine, theirs)

    def test_worktrees_and_submodules(self):
        self.git(f"""
git clone -q --shared {self.source} main; cd main
git worktree add -q ../tree origin/old; cd ../tree; clean
git checkout -q -b there; date >now.txt; git add -A; git commit -qm now; clean
cd ../main; git worktree remove ../tree; git branch -D there -q; clean
git -c protocol.file.allow=always submodule --quiet add {self.source} sub
git commit -qm sub; clean; git fsck --full
""")

    def test_fetch_and_push(self):
        self.git(f"""
git clone -q --bare {self.source} bare; git clone -q bare one
git clone -q bare two
for i in 1 2 3; do
	cd one; echo $i >n$i.txt; git add -A; git commit -qm $i; git push -q; clean
	cd ../two; git pull -q --ff-only; clean; echo $i >m$i.txt; git add -A
	git commit -qm $i; git push -q; cd ../one; git pull -q --ff-only; clean
	cd ..
done
cd bare; git fsck --full; git gc -q; git fsck --full
""")
        self.assertEqual(sorted(n for n in os.listdir(self.at("run/one"))
                                if n[0] in "mn"),
                         ["m1.txt", "m2.txt", "m3.txt", "n1.txt", "n2.txt",
                          "n3.txt"])


if __name__ == "__main__":
    unittest.main()
