# SPDX-License-Identifier: MIT
# tests/mount/transcript.py - runs the commands of a document as they are printed
import re
import subprocess

END = "-- the end of a command: "


class Shown:
    """A command of a document, and what it is said to print."""

    def __init__(self, command):
        self.command = command
        self.printed = []

    def matches(self, output):
        """Whether this is what it prints; `...` stands for anything."""
        pattern = ".*".join(map(re.escape, "".join(
            line + "\n" for line in self.printed).split("...")))
        return re.fullmatch(pattern, output, re.DOTALL) is not None


def commands(text, indent=""):
    """The commands of a document: lines that begin with `$ `, and the lines
    that they print, up to an empty one."""
    found, here = [], False
    for line in text.splitlines():
        if line.startswith(indent + "$ "):
            found.append(Shown(line[len(indent) + 2:]))
            here = True
        elif here and line.startswith(indent) and line.strip():
            found[-1].printed.append(line[len(indent):])
        else:
            here = False
    return found


def run(shown, path, seconds=100, **more):
    """Runs them in one shell; [(status, output), ...]. path: of a new file."""
    with open(path, "w", encoding="utf-8") as script:
        script.write("".join(f"{each.command}\necho \"{END}$?\"\n"
                             for each in shown))
    done = subprocess.run(
        ["bash", path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=seconds, check=False, **more)
    text = done.stdout.decode(errors="replace").replace("\r\n", "\n")
    return [(int(status), output) for output, status in re.findall(
        f"(.*?){END}(\\d+)\n", text, re.DOTALL)]
