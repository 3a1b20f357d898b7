#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/mount/life/rmdir.sh - rmdir in a mount with allow_delete
#
# See service.sh.
# shellcheck disable=SC2034,SC2005,SC2010,SC2046 # names come from the API

fails() {
	! "$@"
}

#> GET /services
#> GET /sessions
#> GET /snapshots
#> GET /images
#> POST /services {"name":"web","bootstrap_content":"sleep 1000\n"}
#> POST /sessions {"shell":"sh"}
#> GET /services
#> GET /sessions
ls services sessions snapshots images
mkdir services/new/web sessions/new/shell
echo 'sleep 1000' >services/new/web/bootstrap
echo sh >sessions/new/shell/shell
mv services/new/web services/
mv sessions/new/shell sessions/
service=$(cat services/web/id)
session=$(cat sessions/shell/id)

#> POST /services/$service/snapshot {"name":"one","hot":false}
#> POST /services/$service/snapshot {"name":"two","hot":false}
#> POST /images {"source_type":"service","source_id":"$service","name":"base"}
#> GET /snapshots
#> GET /snapshots
#> GET /images
mkdir services/web/snapshots/one services/web/snapshots/two
one=$(basename "$(readlink services/web/snapshots/one)")
two=$(basename "$(readlink services/web/snapshots/two)")
mkdir services/web/images/base
image=$(basename "$(readlink services/web/images/base)")

#> POST /services/$service/lock {}
#> GET /services
#> DELETE /services/$service
echo 1 >services/web/locked
fails rmdir services/web 2>"$TMP/why"
grep -q 'Operation not permitted' "$TMP/why"

#> POST /services/$service/unlock {}
#> GET /services
echo 0 >services/web/locked
test "$(cat services/web/state)" = running

fails rm services/web/snapshots/one 2>"$TMP/why"
grep -q 'Operation not permitted' "$TMP/why"

#> DELETE /snapshots/$one
#> GET /snapshots
rmdir "snapshots/$one"
fails test -e services/web/snapshots/one
fails test -e "snapshots/$one"
test -e "snapshots/$two"

#> DELETE /services/$service
#> GET /services
rmdir services/web
fails test -e services/web

#> DELETE /sessions/$session
#> GET /sessions
rmdir "sessions/$session"
fails test -e sessions/shell

#> DELETE /snapshots/$two
rmdir "snapshots/$two"

#> DELETE /images/$image
rmdir "images/$image"

#> GET /snapshots
#> GET /images
test "$(ls services)" = new
test "$(ls sessions)" = new
test -z "$(ls snapshots)"
test "$(echo $(ls images))" = 'owned public shared'
