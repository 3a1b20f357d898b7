#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/lint.sh - what a reader would mark: layout, layers, headers, checkers
#
# usage: tests/lint.sh COMPILER FLAG...   as the Makefile compiles with

set -u
shopt -s nullglob globstar

bad=0
fail() {
	echo "lint: $*" >&2
	bad=1
}

sources=({api,cache,fs,tests}/**/*.[ch])
headers=({api,cache,fs,tests}/**/*.h)

clang-format --dry-run -Werror "${sources[@]}" || fail "to lay it out: make format"

for header in "${headers[@]}"; do
	"$@" -fsyntax-only -x c "$header" || fail "$header does not compile alone"
done

# Each library has its one home. (Which room calls which: tests/layers.py.)
not_in() {
	local why=$1 pattern=$2 hits
	shift 2
	hits=$(grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*$pattern" \
		/dev/null "$@") && fail "$why:"$'\n'"$hits"
}
not_in 'curl and OpenSSL belong to api/' '[<"](curl|openssl)/' \
	{cache,fs}/**/*.[ch]
not_in 'libfuse belongs to fs/' '[<"](fuse|fuse3/)' {api,cache}/*.[ch]

for source in "${sources[@]}"; do
	head -n 1 "$source" | grep -q 'SPDX-License-Identifier: MIT' ||
		fail "$source: its first line is not SPDX"
	sed -n 2p "$source" | grep -qF "$source - " ||
		fail "$source: its second line does not say '$source - what it is'"
done

# It does not read the system's headers, so that a loop over a list looks like
# one over nothing: of uninitialised variables and null the compilers tell.
cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -I. -j2 \
	--enable=warning,portability -D_GNU_SOURCE \
	--suppress=missingIncludeSystem --suppress=unknownMacro \
	--suppress=uninitvar --suppress=nullPointerRedundantCheck \
	--suppress=deallocret "${sources[@]}" || fail cppcheck

for page in man/*.[15]; do
	mandoc -T lint -W warning "$page" || fail "$page"
done

shellcheck .ci/run tests/**/*.sh || fail shellcheck

test $bad = 0 && echo "lint: clean"
exit $bad
