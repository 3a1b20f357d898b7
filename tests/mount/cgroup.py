# SPDX-License-Identifier: MIT
# tests/mount/cgroup.py - a limit of the memory that a daemon may use
import os
import time

# (the root of the hierarchy, its limit, what forbids to swap, counts)
KINDS = (
    ("/sys/fs/cgroup", "memory.max", ("memory.swap.max", "0"),
     "memory.peak", "memory.events"),
    ("/sys/fs/cgroup/memory", "memory.limit_in_bytes",
     ("memory.swappiness", "0"), "memory.max_usage_in_bytes",
     "memory.oom_control"),
)


class Cgroup:
    """A cgroup, of either version; only root can make one."""

    def __init__(self, size):
        """Raises OSError with what failed if there is none to be had."""
        wrong = []
        for root, limit, swap, peak, events in KINDS:
            self.path = f"{root}/unsandboxfs-{os.getpid()}"
            self.peak_name, self.events_name = peak, events
            try:
                os.mkdir(self.path)
            except OSError as error:
                wrong.append(f"mkdir {self.path}: {error.strerror}")
                continue
            if os.path.exists(f"{self.path}/{limit}"):
                self._write(limit, str(size))
                if os.path.exists(f"{self.path}/{swap[0]}"):
                    self._write(*swap)
                return
            os.rmdir(self.path)
            wrong.append(f"{root} does not control memory")
        raise OSError("; ".join(wrong))

    def _write(self, name, text):
        with open(f"{self.path}/{name}", "w", encoding="ascii") as file:
            file.write(text)

    def _read(self, name):
        with open(f"{self.path}/{name}", encoding="ascii") as file:
            return file.read()

    @property
    def wrapper(self):
        """What a command is to begin with to run in it."""
        return ("sh", "-c", 'echo $$ >"$0/cgroup.procs"; exec "$@"', self.path)

    def processes(self):
        """How many are in it."""
        return len(self._read("cgroup.procs").split())

    def peak(self):
        """The most that was used so far, files that were read included; None:
        this kernel does not tell."""
        if not os.path.exists(f"{self.path}/{self.peak_name}"):
            return None
        return int(self._read(self.peak_name))

    def kills(self):
        """How many processes were killed because there was no more."""
        counts = dict(line.split() for line in
                      self._read(self.events_name).splitlines())
        return int(counts["oom_kill"])

    def close(self):
        """Removes it, once its processes have ended."""
        for _ in range(100):
            if not self.processes():
                break
            time.sleep(0.1)
        os.rmdir(self.path)
