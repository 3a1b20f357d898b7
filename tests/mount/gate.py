# SPDX-License-Identifier: MIT
# tests/mount/gate.py - makes a program wait for the test, not the other way
import os


class Gate:
    """A FIFO that a program reads from, and that the test opens. The sandbox
    sees the machine's files read-only, which is enough to wait for one."""

    def __init__(self, place, name):
        self.path = os.path.join(place.path, name)
        os.mkfifo(self.path)

    @property
    def wait(self):
        """A line of bash that waits until it is opened."""
        return f"exec 9<{self.path}; exec 9<&-\n"

    def open(self):
        """Lets those go on that wait, and waits for the first of them."""
        os.close(os.open(self.path, os.O_WRONLY))

    def stay_open(self):
        """Nobody waits any more; a descriptor to be closed in the end."""
        return os.open(self.path, os.O_RDWR)
