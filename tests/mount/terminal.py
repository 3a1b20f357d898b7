# SPDX-License-Identifier: MIT
# tests/mount/terminal.py - an interactive program, driven through tmux
import os
import shlex
import subprocess

from case import SLOWNESS
from place import wait_until


class Terminal:
    """A program in its own terminal."""

    count = 0

    def __init__(self, place, folder, command, home, size=(80, 24)):
        Terminal.count += 1
        self.socket = os.path.join(place.path, f"tmux{Terminal.count}")
        env = {name: value for name, value in os.environ.items()
               if name not in ("TMUX", "EDITOR", "VISUAL", "VIMINIT")}
        env.update(HOME=home, TMPDIR=home, TERM="xterm", LC_ALL="C.UTF-8",
                   SHELL="/bin/sh")
        self.env = env
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", str(size[0]),
                   "-y", str(size[1]), "-c", folder,
                   "exec " + shlex.join(command))

    def _tmux(self, *arguments, check=True):
        return subprocess.run(
            ["tmux", "-S", self.socket, *arguments], env=self.env,
            stdin=subprocess.DEVNULL, capture_output=True, check=check,
            timeout=20).stdout.decode(errors="replace")

    def screen(self):
        """The text on the screen; empty once the program has ended."""
        return self._tmux("capture-pane", "-p", check=False)

    def history(self):
        """All that was shown, in whole lines; without what an editor drew on
        its own screen, once that has ended."""
        return self._tmux("capture-pane", "-p", "-J", "-S", "-", check=False)

    def wait(self, text, seconds=15):
        """Waits until the text is on the screen."""
        try:
            wait_until(lambda: text in self.screen(), seconds * SLOWNESS,
                       repr(text))
        except AssertionError as error:
            raise AssertionError(f"{error}; the screen:\n{self.screen()}") \
                from None

    def keys(self, *keys):
        """Types keys, by tmux's names, or literal text."""
        for key in keys:
            self._tmux("send-keys", key)

    def text(self, text):
        """Types the text literally."""
        self._tmux("send-keys", "-l", text)

    def resize(self, columns, rows):
        """Makes the terminal larger or smaller."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def ended(self, seconds=15):
        """Waits for the program to end."""
        try:
            wait_until(lambda: subprocess.run(
                ["tmux", "-S", self.socket, "has-session"], env=self.env,
                capture_output=True, check=False, timeout=20).returncode,
                seconds * SLOWNESS, "the program's end")
        except AssertionError as error:
            raise AssertionError(f"{error}; the screen:\n{self.screen()}") \
                from None

    def close(self):
        """Ends it by force."""
        self._tmux("kill-server", check=False)
