#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/coverage.sh - shows how much of api/, cache/ and fs/ the tests ran
#
# usage: tests/coverage.sh BUILD   a build with --coverage that was tested.
# Prints the lines of each file that no test ran, and a table by folder.

set -eu

find "$1/api" "$1/cache" "$1/fs" -name '*.gcda' -print0 |
	xargs -0 gcov --json-format --stdout 2>/dev/null |
	python3 -c '
import collections, json, sys

lines = collections.defaultdict(dict)
for text in sys.stdin:
    for file in json.loads(text)["files"]:
        if file["file"].startswith(("api/", "cache/", "fs/")):
            counts = lines[file["file"]]
            for line in file["lines"]:
                number = line["line_number"]
                counts[number] = counts.get(number, 0) + line["count"]


def spans(numbers):
    """1-3 7 9-12"""
    found = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return " ".join("%d" % a if a == b else "%d-%d" % (a, b)
                    for a, b in found)


folders = collections.defaultdict(lambda: [0, 0])
for name, counts in lines.items():
    for key in (name.split("/")[0] + "/", "all"):
        folders[key][0] += sum(count > 0 for count in counts.values())
        folders[key][1] += len(counts)
for name, counts in sorted(lines.items()):
    missed = [number for number, count in counts.items() if not count]
    if missed:
        print("%-28s %4.0f %%  not run: %s" % (
            name, 100 - 100 * len(missed) / len(counts), spans(missed)))
print()
for name, (ran, total) in sorted(folders.items(), key=lambda f: f[0] == "all"):
    print("%-8s %5d of %5d lines, %5.1f %%" % (
        name, ran, total, 100 * ran / max(1, total)))
'
