# SPDX-License-Identifier: MIT
# tests/bench/program.py - how each benchmark runs and ends
"""Imported by the programs of this folder."""
import signal
import sys


def interrupted(_number, _frame):
    """Cleans up after SIGTERM as after Ctrl-C."""
    raise KeyboardInterrupt


def run(main):
    """Exits with the status of main(words)."""
    signal.signal(signal.SIGTERM, interrupted)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
