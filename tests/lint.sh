#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/lint.sh - checks layout, includes and headers; runs other checkers
#
# usage: tests/lint.sh COMPILER FLAG...   the compiler and flags of the Makefile

set -u
shopt -s nullglob globstar

bad=0
fail() {
	echo "lint: $*" >&2
	bad=1
}

sources=({api,cache,fs,tests}/**/*.[ch])
headers=({api,cache,fs,tests}/**/*.h)

clang-format --dry-run -Werror "${sources[@]}" || fail "wrong layout; run: make format"

for header in "${headers[@]}"; do
	"$@" -fsyntax-only -x c "$header" || fail "$header does not compile alone"
done

# Each library is used in one folder only. (Which room calls which: layers.py.)
not_in() {
	local why=$1 pattern=$2 hits
	shift 2
	hits=$(grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*$pattern" \
		/dev/null "$@") && fail "$why:"$'\n'"$hits"
}
not_in 'only api/ may include curl and OpenSSL' '[<"](curl|openssl)/' \
	{cache,fs}/**/*.[ch]
not_in 'only fs/ may include libfuse' '[<"](fuse|fuse3/)' {api,cache}/*.[ch]

for source in "${sources[@]}"; do
	head -n 1 "$source" | grep -q 'SPDX-License-Identifier: MIT' ||
		fail "$source: the first line is not the SPDX line"
	sed -n 2p "$source" | grep -qF "$source - " ||
		fail "$source: the second line is not '$source - what it is'"
done

# cppcheck does not read system headers, so it does not understand loops over
# lists; the compilers report uninitialised variables and null pointers.
cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -I. -j2 \
	--enable=warning,portability -D_GNU_SOURCE \
	--suppress=missingIncludeSystem --suppress=unknownMacro \
	--suppress=uninitvar --suppress=nullPointerRedundantCheck \
	--suppress=deallocret "${sources[@]}" || fail cppcheck

for page in man/*.[15]; do
	# Other manuals need not be installed.
	mandoc -T lint "$page" 2>/dev/null | grep -v 'manual not found' &&
		fail "$page"
	groff -ww -mandoc -T utf8 -z "$page" 2>&1 | grep . && fail "$page"
done

# debian/control must have the packages that deps.sh installs for a build.
# shellcheck disable=SC2013 # a list of names
for package in $(sed -n "/^build='/,/'\$/s/build=\|'\|gcc\|libc6-dev//gp" tests/deps.sh); do
	grep -q "[ ,]$package\([ ,]\|\$\)" debian/control ||
		fail "debian/control does not build-depend on $package"
done

shellcheck .ci/* tests/**/*.sh || fail shellcheck

test $bad = 0 && echo "lint: clean"
exit $bad
