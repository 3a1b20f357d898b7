#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/fuzz/run.sh - runs each fuzz target for a number of seconds
#
# usage: tests/fuzz/run.sh BUILD SECONDS   findings are left in BUILD/found

set -eu

build=$1
seconds=$2
found=$build/found
mkdir -p "$found"
# A small quarantine and short stacks save time. Run an input that fails again
# without this, for full stacks.
export ASAN_OPTIONS="quarantine_size_mb=8:malloc_context_size=1"
bad=0
for source in tests/fuzz/*.c; do
	name=$(basename "$source" .c)
	test "$name" != replay || continue
	mkdir -p "$build/corpus/$name"
	# For these, weighing inputs would take as long as running them.
	case $name in
	operations | state) weigh=0 ;;
	*) weigh=1 ;;
	esac
	if "$build/tests/fuzz/$name" -max_total_time="$seconds" \
		-max_len=4096 -timeout=10 -rss_limit_mb=2048 \
		-entropic="$weigh" -print_final_stats=1 \
		-artifact_prefix="$found/$name-" \
		"$build/corpus/$name" "tests/fuzz/corpus/$name" \
		>"$build/$name.log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' \
			"$build/$name.log")
		echo "$name: $seconds s, $runs inputs, nothing found"
	else
		bad=$((bad + 1))
		echo "$name: failed; the end of $build/$name.log:"
		tail -n 30 "$build/$name.log"
	fi
done
exit "$((bad > 0))"
