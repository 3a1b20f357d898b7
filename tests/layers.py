#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/layers.py - fails for an include or a call from a room to one above it
"""usage: tests/layers.py BUILD [ROOT]

Reads the includes of the sources below ROOT (the current folder) and the
symbols of the objects in BUILD. Prints each include and each symbol that a
room uses from one that it may not call, and each cycle among units of api/ and
of cache/. If there are any, the exit status is 1.
"""
import collections
import glob
import os
import re
import subprocess
import sys

# What each room may call, in addition to itself.
BASE = ["fs/base", "cache", "api"]
CORE = ["fs/core", *BASE]
MAY_CALL = {
    "api": [],
    "cache": ["api"],
    "fs/base": ["cache", "api"],
    "fs/files": ["fs/base", "api"],
    "fs/core": ["fs/files", *BASE],
    "fs/resources": CORE,
    "fs/jobs": ["fs/files", *CORE],
    "fs/drafts": ["fs/jobs", "fs/resources", "fs/files", *CORE],
    "fs/tree": ["fs/drafts", "fs/jobs", "fs/resources", "fs/files", *CORE],
    "fs/ops": ["fs/tree", "fs/drafts", "fs/jobs", "fs/resources", "fs/files",
               *CORE],
    "fs/mount": ["fs/ops", "fs/tree", "fs/drafts", "fs/jobs", "fs/resources",
                 "fs/files", *CORE],
    "fs/program": ["fs/mount", "fs/ops", "fs/tree", "fs/drafts", "fs/jobs",
                   "fs/resources", "fs/files", *CORE],
}
LAYERS = ("api", "cache", "fs")
# The one header of a room that other rooms include: the contract.
PUBLIC = {room: f"{room}/{os.path.basename(room)}.h" for room in MAY_CALL}
PUBLIC["fs/ops"] = "fs/ops/operations.h"
FLAT = ("api", "cache")  # rooms whose units form no cycle


def room_of(path):
    """The room of a source or an object, or None."""
    folder = os.path.dirname(path)
    return folder if folder in MAY_CALL else None


def sources(root):
    """The sources below api/, cache/ and fs/, as paths from the root."""
    return sorted(os.path.relpath(path, root) for layer in LAYERS
                  for path in glob.glob(f"{root}/{layer}/**/*.[ch]",
                                        recursive=True))


def includes(root):
    """Yields (unit, included header) of every source in a room."""
    for unit in filter(room_of, sources(root)):
        with open(os.path.join(root, unit), encoding="utf-8") as source:
            for header in re.findall(r'^\s*#\s*include\s*"([^"]+)"',
                                     source.read(), re.M):
                yield unit, header


def symbols(build, root):
    """({symbol: unit that defines it}, [(unit, symbol that it uses)]). Objects
    whose source was removed are ignored."""
    homes, used = {}, []
    for path in sorted(glob.glob(f"{build}/**/*.o", recursive=True)):
        unit = os.path.relpath(path, build)[:-2] + ".c"
        if not room_of(unit) or not os.path.exists(f"{root}/{unit}"):
            continue
        table = subprocess.run(["nm", path], capture_output=True, text=True,
                               check=True).stdout
        for line in table.splitlines():
            words = line.split()
            if words[-2] == "U":
                used.append((unit, words[-1]))
            elif words[-2] in "BCDRTVW":
                homes[words[-1]] = unit
    return homes, used


def cycles(edges):
    """The strongly connected parts with more than one unit (Tarjan)."""
    index, low, stack, parts = {}, {}, [], []

    def visit(unit):
        index[unit] = low[unit] = len(index)
        stack.append(unit)
        for to in edges[unit]:
            if to not in index:
                visit(to)
                low[unit] = min(low[unit], low[to])
            elif to in stack:
                low[unit] = min(low[unit], index[to])
        if low[unit] == index[unit]:
            at = stack.index(unit)
            part = sorted(stack[at:])
            del stack[at:]
            if len(part) > 1:
                parts.append(part)

    for unit in sorted(edges):
        if unit not in index:
            visit(unit)
    return parts


def main(build, root="."):
    bad = [f"{unit} is in no room" for unit in sources(root)
           if not room_of(unit)]
    for unit, header in includes(root):
        room, to = room_of(unit), room_of(header)
        if to and to != room and to not in MAY_CALL[room]:
            bad.append(f"{unit} includes {header}")
        elif to and to != room and header != PUBLIC[to]:
            bad.append(f"{unit} includes {header}, not {PUBLIC[to]}")
    homes, used = symbols(build, root)
    if not homes:
        bad.append(f"{build} has no objects: build first")
    edges = collections.defaultdict(set)
    for unit, symbol in used:
        home = homes.get(symbol)
        if not home or home == unit:
            continue
        room, to = room_of(unit), room_of(home)
        if to != room and to not in MAY_CALL[room]:
            bad.append(f"{unit} uses {symbol} of {home}")
        if to == room and room in FLAT:
            edges[unit].add(home)
            edges[home].update()
    for part in cycles(edges):
        bad.append("a cycle: " + " ".join(part))
    for line in bad:
        print(f"layers: {line}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
