#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/demo.sh - demonstrates a mount of the stand-in
#
# usage: tests/demo.sh BUILD   (make demo)

set -u

build=$(cd "$1" && pwd) || exit 1
place=$(mktemp -d "$build/demo-XXXXXX") || exit 1
mount=$place/u
server_pid=
failures=0

# Leaves no mount, process or file behind in any case.
clean() {
	trap '' INT TERM HUP
	cd /
	fusermount3 -u "$mount" 2>/dev/null ||
		fusermount3 -uz "$mount" 2>/dev/null
	# The daemon holds a lock until it exits.
	for lock in "$place"/state/unsandboxfs/*/lock; do
		test -e "$lock" && flock -w 5 "$lock" true
	done
	test -n "$server_pid" && kill "$server_pid" 2>/dev/null &&
		wait "$server_pid" 2>/dev/null
	rm -rf --one-file-system "$place"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

title() {
	if test -t 1; then
		printf '\n\033[1m%s\033[0m\n' "$*"
	else
		printf '\n%s\n' "$*"
	fi
}

# Prints a command, runs it, and prints its exit status if it failed.
run() {
	printf '$ %s\n' "$1"
	bash -c "$1" 2>&1
	local status=$?
	test $status = 0 || printf '[exit status %s]\n' $status
	return $status
}

# The same for a command that must succeed, and one that must fail.
good() {
	run "$1" || failures=$((failures + 1))
}
bad() {
	run "$1" && failures=$((failures + 1))
	return 0
}

# Prints the server's counts of requests since the last call.
asked() {
	local list
	list=$(curl -s "$url/_standin/requests" | tr -d '{}"\n' |
		sed 's/, */, /g; s/: */ x/g')
	printf 'requests: %s\n' "${list:-none}"
	curl -s -o "$place/ignored" -X DELETE "$url/_standin/requests"
}

start_server() {
	"$build/standin" --port 0 --strict --data "$place/server" \
		>"$place/server.out" 2>"$place/server.err" &
	server_pid=$!
	url=
	for _ in $(seq 100); do
		url=$(sed -n 's/^listening on //p' "$place/server.out")
		test -n "$url" && return
		sleep 0.1
	done
	echo "the stand-in server did not start:" >&2
	cat "$place/server.err" >&2
	exit 1
}

start_mount() {
	mkdir -p "$mount" "$place/home"
	export HOME=$place/home
	export UNSANDBOX_PUBLIC_KEY=unsb-pk-test-0000-0000-0001
	export UNSANDBOX_SECRET_KEY=unsb-sk-test0-vault-unlck-12345
	"$build/unsandboxfs" -o "url=$url,state_dir=$place/state" "$mount" ||
		exit 1
}

write_programs() {
	cat >"$place/hello.py" <<-'END'
		import sys
		print("hello from Python", sys.version.split()[0])
	END
	cat >"$place/words.sh" <<-'END'
		printf '%s\n' beta alpha gamma | sort
		echo "this is stderr" >&2
		exit 3
	END
	cat >"$place/fib.c" <<-'END'
		#include <stdio.h>
		int main(void)
		{
			for (unsigned a = 0, b = 1, t; a < 100; t = a + b, a = b, b = t)
				printf("%u ", a);
			puts("");
			return 0;
		}
	END
	cat >"$place/sum.py" <<-'END'
		total = sum(int(line.split(",")[1]) for line in open("sales.csv"))
		print("total", total)
		import os
		os.makedirs("/tmp/artifacts", exist_ok=True)
		open("/tmp/artifacts/total.txt", "w").write(f"{total}\n")
	END
	cat >"$place/slow.sh" <<-'END'
		for i in 1 2 3; do echo "step $i"; sleep 1; done
	END
	printf 'north,40\nsouth,2\n' >"$place/sales.csv"
}

write_programs
start_server
title "The stand-in API server listens on $url; the account is mounted on u/"
start_mount
cd "$place" || exit 1
run 'ls -A u'
asked

title 'A Python program: save it, read its output'
good 'cp hello.py u/run/'
good 'cat u/run/hello.py.job/stdout'
good 'cat u/run/hello.py.job/exit_code'
asked

title 'A shell script that fails: both outputs, and its exit code'
good 'cp words.sh u/run/'
good 'cat u/run/words.sh.job/stdout'
good 'cat u/run/words.sh.job/stderr'
good 'cat u/run/words.sh.job/exit_code u/run/words.sh.job/status'
asked

title 'A C program: compiled and run'
good 'cp fib.c u/run/'
good 'cat u/run/fib.c.job/stdout'
good 'cat u/run/fib.c.job/exit_code'
asked

title 'A project: main.py and its files, settings and artifacts'
good 'mkdir u/run/report'
good 'echo 1 > u/run/report/.settings/return_artifact'
good 'cp sales.csv u/run/report/'
good 'cp sum.py u/run/report/main.py'
good 'cat u/run/report/main.py.job/stdout'
good 'ls u/run/report/main.py.job/artifacts'
good 'cat u/run/report/main.py.job/artifacts/total.txt'
asked

title 'An asynchronous job: cat follows its output to the end'
good 'cp slow.sh u/jobs/new/'
good 'cat u/jobs/new/slow.sh.job/status'
good 'cat u/jobs/latest/stdout'
good 'cat u/jobs/latest/status u/jobs/latest/exit_code'
asked

title 'A live shell: written to and read as a file, and on a terminal'
good 'mkdir u/sessions/new/demo && mv u/sessions/new/demo u/sessions/'
# shellcheck disable=SC2016 # the shell in the session expands them
good 'echo "X=7; echo first \$((6 * X))" > u/sessions/demo/console'
good 'timeout 20 tail -n +1 -f u/sessions/demo/console | grep -m 1 -o "first 42"'
# shellcheck disable=SC2016 # as above
good 'echo "echo it still knows \$X" > u/sessions/demo/console'
good 'timeout 20 tail -n +1 -f u/sessions/demo/console | grep -m 1 -o "knows 7"'
good "printf 'print(6 * 7)\\nexit()\\n' |
$build/unsandboxfs shell u --shell python3"
good 'echo 1 > u/sessions/demo/destroy'
asked

title 'If the API refuses something, the command fails; a file has the reason'
bad 'echo 901 > u/run/.settings/ttl'
good 'cat u/run/.settings/ttl'
good 'mkdir u/run/typo && echo klingon > u/run/typo/.settings/language'
good 'cp hello.py u/run/typo/main.py'
bad 'cat u/run/typo/main.py.job/stdout'
good 'cat u/run/typo/main.py.job/error'
asked

title 'Unmounted, and mounted again: everything is still there'
cd "$place" && good 'fusermount3 -u u'
start_mount
good 'cat u/run/hello.py.job/stdout'
asked

if test $failures -gt 0; then
	printf '\n%s commands did not behave as expected.\n' $failures
	exit 1
fi
printf '\nEnd of the demo; it leaves nothing behind. With your own keys:\n'
printf '    mkdir -p ~/u && %s ~/u\n' "$1/unsandboxfs"
