#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/deps.sh - installs the Debian packages that building and testing need
#
# usage: tests/deps.sh LIST...   of the lists below; quick and silent if all
# packages are installed.

set -eu

build='gcc pkg-config libc6-dev libfuse3-dev libcurl4-openssl-dev libssl-dev
	libjansson-dev uthash-dev libwslay-dev zlib1g-dev'
demo='fuse3 libmicrohttpd-dev curl python3'
unit='libcmocka-dev python3'
test='git perl rsync cpio patch ed file vim nano emacs-nox tmux
	busybox nodejs tree zsh fish expect socat procps parallel'
lint='clang-format cppcheck mandoc groff-base shellcheck'
coverage='gcovr'
fuzz='clang libclang-rt-dev'
desktop='neovim joe micro kakoune jed ne mc moreutils gawk dos2unix zip unzip
	libglib2.0-bin openssh-client openssh-server restic borgbackup
	nginx-light apache2-bin lighttpd samba smbclient openssh-sftp-server
	ranger lf nnn vifm'
outside='stress-ng fio git'
bench='strace sshfs openssh-sftp-server rclone gnuplot-nox jq iproute2'
rpm='rpm rpmlint'
package='debhelper lintian debootstrap fakeroot'

wanted=
for list in "$@"; do
	case $list in
	build) wanted="$wanted $build" ;;
	demo) wanted="$wanted $demo" ;;
	unit) wanted="$wanted $unit" ;;
	test) wanted="$wanted $unit $test" ;;
	lint) wanted="$wanted $lint" ;;
	coverage) wanted="$wanted $coverage" ;;
	fuzz) wanted="$wanted $fuzz" ;;
	desktop) wanted="$wanted $desktop" ;;
	outside) wanted="$wanted $outside" ;;
	bench) wanted="$wanted $bench" ;;
	rpm) wanted="$wanted $rpm" ;;
	package) wanted="$wanted $package" ;;
	*) echo "deps: no such list: $list" >&2; exit 2 ;;
	esac
done

if ! command -v dpkg-query >/dev/null; then
	# shellcheck disable=SC2086 # a list of names
	echo "deps: not Debian; required are, by their names in Debian:" \
		$wanted >&2
	exit 0
fi

missing=
closed=
# shellcheck disable=SC2086 # a list of names
have=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' $wanted \
	2>/dev/null || :)
for package in $wanted; do
	case "
$have
" in
	*"
$package installed
"*) ;;
	*) missing="$missing $package" ;;
	esac
done

# udev lets users open it; without udev, only root can.
case " $* " in
*" demo "*) test -w /dev/fuse || test ! -e /dev/fuse || closed=/dev/fuse ;;
esac
test -n "$missing$closed" || exit 0

if test "$(id -u)" = 0; then
	as_root=
elif command -v sudo >/dev/null; then
	as_root=sudo
else
	echo "deps: neither root nor sudo; missing:$missing $closed" >&2
	exit 1
fi

if test -n "$closed"; then
	echo "deps: letting users open $closed" >&2
	$as_root chmod a+rw "$closed"
fi
test -n "$missing" || exit 0

# The servers among them must not be started: tests start them, on other ports.
policy=/usr/sbin/policy-rc.d
case " $* " in
*" desktop "*)
	if test ! -e $policy; then
		trap '$as_root rm -f $policy' EXIT
		printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
		$as_root chmod 755 $policy
	fi ;;
esac

echo "deps: installing$missing" >&2
apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq
	-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0"
$apt update >&2 || echo "deps: apt-get update failed; continuing" >&2
# shellcheck disable=SC2086
$apt install -y --no-install-recommends $missing >&2
