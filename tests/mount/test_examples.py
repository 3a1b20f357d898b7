# SPDX-License-Identifier: MIT
# tests/mount/test_examples.py - the examples of README and man pages, run as
# they are printed
import os
import re
import subprocess
import unittest

from case import SLOWNESS
from home import HomeCase

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
FENCE = re.compile(r"^```(\w*) ?(\S*)\n(.*?)^```$", re.M | re.S)
# Of "Five minutes": what the API refuses.
REFUSED = ("echo 901 > ~/u/run/.settings/ttl",)

# Whether this user may have a namespace with a mount of its own.
MAY_UNSHARE = not subprocess.run(
    ["unshare", "--user", "--map-root-user", "--mount", "true"],
    capture_output=True, check=False, timeout=20).returncode

REPORT = """\
import sys
print("report")
"""


def section(text, title):
    """The text of a Markdown section."""
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.M | re.S)[1]


def commands(block):
    """[(command, the output that is printed below it)] of a block."""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def manual(name):
    """The literal blocks of a man page's section EXAMPLES, by the sentence
    that is above each."""
    with open(f"{ROOT}/man/{name}", encoding="utf-8") as file:
        text = file.read().partition(".Sh EXAMPLES\n")[2]
    text = re.split(r"^\.Sh ", text, flags=re.M)[0]
    return {title.strip(): block.replace("\\e", "\\").replace("\\&", "")
            for title, block in re.findall(
                r"([^\n]+:)\n\.Bd [^\n]*\n(.*?)^\.Ed$", text, re.M | re.S)}


class Examples(HomeCase):
    """In one home directory each."""

    def bash(self, lines, folder=None):
        """Runs the lines in one shell, as a user types them; returns (output,
        exit status) of each."""
        script = "exec 2>&1\n" + "".join(
            f"{line}\nprintf '\\0%d\\0' $?\n" for line in lines)
        done = subprocess.run(["bash", "-c", script], env=self.env,
                              stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.PIPE, cwd=folder or self.home,
                              timeout=50 * SLOWNESS)
        parts = done.stdout.decode().split("\0")
        self.assertEqual(len(parts), 2 * len(lines) + 1, parts)
        return list(zip(parts[::2], map(int, parts[1::2])))

    def check(self, rows):
        """Asserts that each command succeeds, and prints what is below it."""
        got = self.bash([command for command, _ in rows])
        for (command, lines), (output, status) in zip(rows, got):
            self.assertEqual((output, status), (
                "".join(line + "\n" for line in lines), 0), command)

    # ---- README ----

    def test_recipes(self):
        """Each console block, and each file by its name."""
        with open(ROOT + "/README.md", encoding="utf-8") as file:
            text = section(file.read(), "Recipes")
        self.assertGreater(len(FENCE.findall(text)), 8)
        self.assert_starts(self.point)
        for kind, name, block in FENCE.findall(text):
            if kind == "console":
                self.check([row for row in commands(block) if MAY_UNSHARE
                            or not row[0].startswith("unshare ")])
            else:
                self.put(name, block)
        self.put("report.py", REPORT)
        self.cron(self.home + "/report.cron")
        with open(self.home + "/report.txt", encoding="utf-8") as file:
            self.assertEqual(file.read(), "report\n")
        self.assertEqual(self.mounts(), [])

    def cron(self, path):
        """Runs the command of a crontab with the environment that cron gives
        it."""
        env = {"HOME": self.home, "LOGNAME": "joe", "SHELL": "/bin/sh"}
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                if found := re.match(r"(\w+)=(.*)", line):
                    env[found[1]] = found[2]
                    continue
                self.assertRegex(line, r"^30 5 \* \* \* ")
                command = line.split(None, 5)[5].strip()
        self.assertEqual(env["PATH"].split(":")[0], "/usr/local/bin")
        env["PATH"] = env["PATH"].replace("/usr/local/bin", self.bin)
        done = subprocess.run(["/bin/sh", "-c", command], env=env, check=False,
                              capture_output=True, timeout=20 * SLOWNESS)
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, b"", b""))

    def test_in_short(self):
        """In this order, but for what needs a session of systemd."""
        with open(ROOT + "/README.md", encoding="utf-8") as file:
            rows = re.findall(r"^- .*: `(.*)`$",
                              section(file.read(), "In short"), re.M)
        self.assertEqual(len(rows), 10)
        self.assertEqual(rows.pop(), "systemctl --user enable --now "
                         "unsandboxfs@u")
        self.put("hello.py", "print('hello')\n")
        got = self.bash(rows)
        self.assertEqual([row for row, (_, status) in zip(rows, got)
                          if status], [], got)
        self.assertEqual([got[i][0] for i in (2, 3, 4)],
                         ["hello\n", "0\n", "hello\n"])
        self.assertEqual(self.mounts(), [])

    def test_five_minutes(self):
        """They succeed, but for what the API is to refuse."""
        with open(ROOT + "/README.md", encoding="utf-8") as file:
            text = section(file.read(), "Five minutes")
        rows = [command for kind, _, block in FENCE.findall(text) if not kind
                for command, _ in commands(block)]
        self.assertGreater(len(rows), 30)
        self.assertEqual(rows[0][:16], "build/standin --")
        # Our stand-in has another port, and stops by itself.
        rows = [row.replace("http://127.0.0.1:8480", self.server.url)
                .replace("build/unsandboxfs", "unsandboxfs")
                for row in rows[1:] if row != "kill %1"]
        for command, (output, status) in zip(rows, self.bash(rows)):
            self.assertEqual(status == 0, command not in REFUSED,
                             (command, output))
        self.assertEqual(self.mounts(), [])

    # ---- man pages ----

    def test_unsandboxfs_5(self):
        """In a mount, with programs of these names."""
        self.assert_starts(self.point)
        self.put("fib.c", "#include <stdio.h>\n"
                 "int main(void) { puts(\"1 1 2 3\"); return 7; }\n")
        self.put("sales.csv", "40\n2\n")
        self.put("sum.py", "print(sum(map(int, open('sales.csv'))))\n")
        self.put("train.py", "print('trained')\n")
        blocks = manual("unsandboxfs.5")
        self.assertEqual(len(blocks), 3)
        last = {}
        for title, block in blocks.items():
            for command, _ in commands(block):
                command = re.sub(r"(?<=\s)(run|jobs)/", r"~/u/\1/", command)
                ((output, status),) = self.bash([command])
                self.assertEqual(status, 0, (command, output))
            last[title.split()[0]] = output
        self.assertEqual(last, {"Run": "1 1 2 3\n7\n", "With": "42\n",
                                "In": "trained\n"})

    def test_unsandboxfs_1(self):
        blocks = manual("unsandboxfs.1")
        rows = {title.split(",")[0].split(" ")[0]: commands(block)
                for title, block in blocks.items() if block[0] == "$"}
        self.put("report.py", REPORT)
        self.check_lines(rows["Check"])
        self.check(rows["Mount"])
        script = blocks[next(t for t in blocks if t.startswith("which"))]
        self.assertEqual(self.bash([script.removeprefix("$ ")]), [("", 0)])
        with open(self.home + "/report.txt", encoding="utf-8") as file:
            self.assertEqual(file.read(), "report\n")
        self.assertEqual(self.mounts(), [])

    def check_lines(self, rows):
        """--check: the lines begin as printed."""
        ((command, lines),) = rows
        ((output, status),) = self.bash([command])
        self.assertEqual(status, 0, output)
        got = output.splitlines()
        self.assertEqual([line.split()[:2] for line in got],
                         [line.split()[:2] for line in lines])


if __name__ == "__main__":
    unittest.main()
