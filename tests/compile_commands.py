#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/compile_commands.py - commands that make prints, as JSON for editors
"""usage: make -nB V=1 all | tests/compile_commands.py"""
import json
import os
import re
import sys

rows = []
for line in sys.stdin.read().replace("\\\n", " ").splitlines():
    if found := re.search(r" -c -o (\S+) (\S+\.c)$", line):
        rows.append({"directory": os.getcwd(), "command": " ".join(
            line.split()), "file": found[2], "output": found[1]})
json.dump(rows, sys.stdout, indent=1)
