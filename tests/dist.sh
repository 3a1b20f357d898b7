#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/dist.sh - makes the archive of a release, and packages for Fedora of it
#
# usage: tests/dist.sh BUILD VERSION [rpm]
#
# BUILD/unsandboxfs-VERSION.tar.gz has what is committed, and must build. All
# files that have the version must have this one. With `rpm`, rpmlint must accept
# the spec file, and rpmbuild makes packages with it in BUILD/rpm.

set -eu

mkdir -p "$1"
build=$(cd "$1" && pwd)
name=unsandboxfs-$2
spec=fs/program/share/unsandboxfs.spec
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "dist: $*" >&2
	exit 1
}

grep -q "^unsandboxfs ($2) " debian/changelog ||
	fail "debian/changelog does not have $2"
grep -q "^Version: *$2\$" $spec || fail "$spec does not have $2"
grep -q "^## $2 (20..-..-..)\$" NEWS.md || fail "NEWS.md does not have $2 and its date"
grep -q '^## Unreleased' NEWS.md && echo "dist: NEWS.md has unreleased changes"
test -z "$(git status --porcelain)" || echo "dist: there are uncommitted changes"

git archive --prefix="$name/" -o "$build/$name.tar.gz" HEAD
tar -xzf "$build/$name.tar.gz" -C "$work"
make -s -C "$work/$name" build/unsandboxfs >"$work/log" 2>&1 || {
	tail -n 20 "$work/log"
	fail "$name.tar.gz does not build"
}
echo "$build/$name.tar.gz"
test "${3-}" = rpm || exit 0

rpmlint "$spec" >"$work/log" 2>&1 || {
	cat "$work/log"
	fail "rpmlint"
}
# --nodeps: on Debian the packages that it needs to build have other names.
rpmbuild --quiet --nodeps -bb --define "_topdir $build/rpm" \
	--define "_sourcedir $build" "$spec" >"$work/log" 2>&1 || {
	tail -n 20 "$work/log"
	fail "rpmbuild"
}
find "$build/rpm/RPMS" -name '*.rpm'
