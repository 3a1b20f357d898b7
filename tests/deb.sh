#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/deb.sh - builds the package for Debian, and tries it
#
# usage: tests/deb.sh BUILD [chroot]
#
# The package is left in BUILD/deb; lintian must accept it. With `chroot` it is
# installed in a fresh Debian, used there with the stand-in API, upgraded and
# purged, and must leave no file behind; needs root and a mirror.

set -eu

build=$(cd "$1" && pwd)
work=$build/deb
source=$work/unsandboxfs
rm -rf --one-file-system "$work"
mkdir -p "$source"

# New files are included, ignored ones are not.
git ls-files -z --cached --others --exclude-standard |
	xargs -0 cp --parents -t "$source"
(cd "$source" && dpkg-buildpackage -us -uc >"$work/log" 2>&1) || {
	tail -n 30 "$work/log"
	exit 1
}
rm -rf --one-file-system "$source"
lintian --fail-on error,warning --tag-display-limit 0 --allow-root "$work"/*.changes
ls "$work"/*.deb
test "${2-}" = chroot || exit 0

root=$work/root
server=
# shellcheck source=/dev/null
release=$(. /etc/os-release && echo "$VERSION_CODENAME")

clean() {
	test -z "$server" || kill "$server" || :
	umount -l "$root/dev/fuse" "$root/proc" 2>/dev/null || :
	rm -rf --one-file-system "$root"
}
trap clean EXIT

inside() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
		HOME=/root URL="$url" chroot "$root" "$@"
}

# All files, except those that any package changes.
files() {
	(cd "$root" && find . -xdev \( -path ./proc -o -path ./tmp -o -path \
		./var/cache -o -path ./var/lib/apt -o -path ./var/lib/dpkg -o \
		-path ./var/log \) -prune -o -print | sort)
}

coproc standin { exec "$build/standin" --plain --exit-with-parent \
	--key unsb-pk-test-0000-0000-0001:unsb-sk-test0-vault-unlck-12345; }
# shellcheck disable=SC2154 # set by coproc
server=$standin_PID
read -r url <&"${standin[0]}"
url=${url##* } # "listening on URL"

debootstrap --variant=minbase --include=fuse3,libcurl4,libjansson4 \
	"$release" "$root" >"$work/log" || {
	tail "$work/log"
	exit 1
}
mount -t proc proc "$root/proc"
touch "$root/dev/fuse"
mount --bind /dev/fuse "$root/dev/fuse"
inside apt-get -qq install -y libfuse3-3 libssl3 libwslay1 >/dev/null 2>&1 || :
files >"$work/before"

mkdir "$root/tmp/deb"
cp "$work"/unsandboxfs_*.deb "$root/tmp/deb/"
cp debian/tests/mount "$root/tmp/mount"
inside sh -c 'apt-get -qq install -y /tmp/deb/*.deb'
inside /tmp/mount

# An upgrade, of the same files with a higher version.
inside sh -c 'dpkg-deb -R /tmp/deb/*.deb /tmp/next &&
	sed -i "s/^Version: .*/&+next/" /tmp/next/DEBIAN/control &&
	dpkg-deb -b /tmp/next /tmp/next.deb >/dev/null &&
	apt-get -qq install -y /tmp/next.deb'
inside sh -c 'dpkg -s unsandboxfs | grep -q "^Version: .*+next"'
inside /tmp/mount
inside apt-get -qq purge -y unsandboxfs
files | diff "$work/before" - || {
	echo 'deb: files are left behind'
	exit 1
}
echo 'deb: installed, used, upgraded, purged'
echo '1 passed, 0 failed'
