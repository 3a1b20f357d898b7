#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/mount/life/session.sh - a session's whole life, with coreutils
#
# See service.sh.
# shellcheck disable=SC2034,SC2005,SC2010,SC2016,SC2046 # names come from the API

fails() {
	! "$@"
}

#> GET /sessions
#> GET /snapshots
#> GET /services
ls sessions snapshots services

mkdir sessions/new/mine
echo sh >sessions/new/mine/shell
echo 600 >sessions/new/mine/ttl
echo 'some data' >sessions/new/mine/files/data.txt

#> POST /sessions {"shell":"sh","ttl":600,"input_files":[{"filename":"data.txt","content":"c29tZSBkYXRhCg=="}]}
#> GET /sessions
mv sessions/new/mine sessions/
id=$(cat sessions/mine/id)
test "$(readlink sessions/mine)" = "$id"
test "$(cat sessions/mine/shell)" = sh
test "$(cat sessions/mine/state)" = running

#> POST /sessions/$id/execute {"command":"cat /tmp/input/data.txt","language":"bash","code":"cat /tmp/input/data.txt","timeout":30000}
echo 'cat /tmp/input/data.txt' >sessions/mine/run/data
test "$(cat sessions/mine/run/data.job/stdout)" = 'some data'

#> POST /sessions/$id/execute {"command":"cd /tmp; X=5; echo before >/tmp/note","language":"bash","code":"cd /tmp; X=5; echo before >/tmp/note","timeout":30000}
#> POST /sessions/$id/execute {"command":"echo \$X; pwd; exit 4","language":"bash","code":"echo \$X; pwd; exit 4","timeout":30000}
echo 'cd /tmp; X=5; echo before >/tmp/note' >sessions/mine/run/a
cat sessions/mine/run/a.job/exit_code
echo 'echo $X; pwd; exit 4' >sessions/mine/run/b
test "$(echo $(cat sessions/mine/run/b.job/stdout))" = '5 /tmp'

#> POST /sessions/$id/freeze {}
#> GET /sessions
echo frozen >sessions/mine/state
test "$(cat sessions/mine/state)" = frozen

#> POST /sessions/$id/execute {"command":"true","language":"bash","code":"true","timeout":30000}
echo true | fails tee sessions/mine/run/frozen 2>"$TMP/why"
grep -q 'busy' "$TMP/why"

#> POST /sessions/$id/unfreeze {}
#> GET /sessions
echo running >sessions/mine/state
test "$(cat sessions/mine/state)" = running

#> POST /sessions/$id/lock {}
#> GET /sessions
#> DELETE /sessions/$id
echo 1 >sessions/mine/locked
test "$(cat sessions/mine/locked)" = 1
echo 1 | fails tee sessions/mine/destroy 2>"$TMP/why"
grep -q 'Operation not permitted' "$TMP/why"

test "$(cat sessions/mine/state)" = running

#> POST /sessions/$id/unlock {}
#> GET /sessions
echo 0 >sessions/mine/locked
test "$(cat sessions/mine/locked)" = 0

#> POST /sessions/$id/boost {"vcpu":4}
#> GET /sessions
echo 4 >sessions/mine/vcpu
test "$(cat sessions/mine/vcpu)" = 4

#> POST /sessions/$id/unboost {}
#> GET /sessions
echo 1 >sessions/mine/vcpu
test "$(cat sessions/mine/vcpu)" = 1

echo 1 >sessions/mine/snapshots/.settings/hot
echo 3600 >sessions/mine/snapshots/.settings/ttl

#> POST /sessions/$id/snapshot {"name":"here","hot":true,"ttl":3600}
#> GET /snapshots
mkdir sessions/mine/snapshots/here
snapshot=$(basename "$(readlink sessions/mine/snapshots/here)")
test "$LEAN" || test "$(cat "snapshots/$snapshot/hot")" = 1
test "$(cat "snapshots/$snapshot/source_type")" = session

#> POST /sessions/$id/execute {"command":"echo after >/tmp/note","language":"bash","code":"echo after >/tmp/note","timeout":30000}
#> POST /snapshots/$snapshot/restore {}
#> GET /sessions
echo 'echo after >/tmp/note' >sessions/mine/run/change
cat sessions/mine/run/change.job/exit_code
echo 1 >"snapshots/$snapshot/restore"
test "$(cat sessions/mine/state)" = running

#> POST /sessions/$id/execute {"command":"cat /tmp/note","language":"bash","code":"cat /tmp/note","timeout":30000}
echo 'cat /tmp/note' >sessions/mine/run/look
test "$(cat sessions/mine/run/look.job/stdout)" = before

#> POST /snapshots/$snapshot/clone {"type":"session","shell":"bash"}
#> GET /sessions
echo type=session shell=bash >"snapshots/$snapshot/clone"
copy=$(cat "snapshots/$snapshot/clone")
test "$(cat "sessions/$copy/shell")" = bash

#> POST /sessions/$copy/execute {"command":"cat /tmp/note","language":"bash","code":"cat /tmp/note","timeout":30000}
echo 'cat /tmp/note' >"sessions/$copy/run/look"
test "$(cat "sessions/$copy/run/look.job/stdout")" = before

#> POST /snapshots/$snapshot/clone {"type":"service","name":"of-session","ports":[8098]}
#> GET /services
echo type=service name=of-session ports=8098 >"snapshots/$snapshot/clone"
service=$(cat "snapshots/$snapshot/clone")
test "$(cat services/of-session/id)" = "$service"

#> GET /sessions
#> POST /sessions {}
#> GET /sessions
mkdir sessions/new/quick
mv sessions/new/quick sessions/
quick=$(cat sessions/quick/id)

#> DELETE /sessions/$quick
#> DELETE /sessions/$copy
#> DELETE /sessions/$id
#> DELETE /services/$service
#> DELETE /snapshots/$snapshot
#> GET /sessions
#> GET /sessions
echo 1 >sessions/quick/destroy
echo 1 >"sessions/$copy/destroy"
echo 1 >sessions/mine/destroy
echo 1 >services/of-session/destroy
echo 1 >"snapshots/$snapshot/destroy"

#> GET /sessions
#> GET /services
#> GET /snapshots
test "$(ls sessions)" = new
test "$(ls services)" = new
test -z "$(ls snapshots)"
