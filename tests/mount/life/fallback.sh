#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/mount/life/fallback.sh - an API that has only the alternative paths
#
# See service.sh. The server answers the usual paths with 404.
# shellcheck disable=SC2034,SC2005,SC2010,SC2046 # names come from the API

fails() {
	! "$@"
}

#> GET /services
#> GET /sessions
#> GET /services
#> GET /sessions
#> POST /services {"name":"web","bootstrap_content":"sleep 1000\n"}
#> POST /sessions {"shell":"sh"}
ls services sessions
mkdir services/new/web sessions/new/shell
echo 'sleep 1000' >services/new/web/bootstrap
echo sh >sessions/new/shell/shell
mv services/new/web services/
mv sessions/new/shell sessions/
service=$(cat services/web/id)
session=$(cat sessions/shell/id)

#> POST /services/$service/freeze {}
#> POST /services/$service/sleep {}
#> GET /services
echo frozen >services/web/state
test "$(cat services/web/state)" = sleeping

#> POST /services/$service/unfreeze {}
#> POST /services/$service/wake {}
#> GET /services
echo running >services/web/state
test "$(cat services/web/state)" = running

#> POST /sessions/$session/freeze {}
#> POST /sessions/$session/sleep {}
#> GET /sessions
echo sleeping >sessions/shell/state
test "$(cat sessions/shell/state)" = sleeping

#> POST /sessions/$session/unfreeze {}
#> POST /sessions/$session/wake {}
#> GET /sessions
echo running >sessions/shell/state
test "$(cat sessions/shell/state)" = running

#> PATCH /services/$service {"vcpu":2}
#> POST /services/$service/resize {"vcpu":2}
#> GET /services
echo 2 >services/web/vcpu
test "$(cat services/web/vcpu)" = 2

#> DELETE /services/$service
#> DELETE /sessions/$session
echo 1 >services/web/destroy
echo 1 >sessions/shell/destroy
