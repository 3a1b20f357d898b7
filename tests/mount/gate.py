# SPDX-License-Identifier: MIT
# tests/mount/gate.py - lets a program wait for the test
import os


class Gate:
    """A FIFO that a program reads from, and that the test opens. The sandbox
    sees the machine's files read-only, which is enough to wait."""

    def __init__(self, place, name):
        self.path = os.path.join(place.path, name)
        os.mkfifo(self.path)

    @property
    def wait(self):
        """A line of bash that waits until it is opened."""
        return f"exec 9<{self.path}; exec 9<&-\n"

    def open(self):
        """Waits for the first waiting program, and releases all of them."""
        os.close(os.open(self.path, os.O_WRONLY))

    def stay_open(self):
        """Keeps the gate open until the returned descriptor is closed."""
        return os.open(self.path, os.O_RDWR)
