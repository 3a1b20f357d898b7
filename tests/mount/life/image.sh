#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/mount/life/image.sh - the whole life of a snapshot, and of an image
#
# See service.sh. $KEY and $OTHER are public keys of other accounts.
# shellcheck disable=SC2034,SC2005,SC2010,SC2012,SC2046 # names come from the API

fails() {
	! "$@"
}

#> GET /images
#> GET /services
#> GET /snapshots
ls images services snapshots

#> POST /services {"name":"src","bootstrap_content":"sleep 1000\n"}
#> GET /services
mkdir services/new/src
echo 'sleep 1000' >services/new/src/bootstrap
echo 1 >services/new/src/commit
source=$(cat services/src/id)

#> POST /services/$source/snapshot {"name":"cold","hot":false}
#> GET /snapshots
mkdir services/src/snapshots/cold
snapshot=$(basename "$(readlink services/src/snapshots/cold)")
test "$(cat "snapshots/$snapshot/source/name")" = src
test "$(cat "snapshots/$snapshot/size_bytes")" -ge 0

#> POST /snapshots/$snapshot/lock {}
#> GET /snapshots
#> DELETE /snapshots/$snapshot
echo 1 >"snapshots/$snapshot/locked"
test "$(cat "snapshots/$snapshot/locked")" = 1
echo 1 | fails tee "snapshots/$snapshot/destroy" 2>"$TMP/why"
grep -q 'Operation not permitted' "$TMP/why"

#> POST /snapshots/$snapshot/unlock {}
#> GET /snapshots
echo 0 >"snapshots/$snapshot/locked"
test "$(cat "snapshots/$snapshot/locked")" = 0

#> POST /images {"source_type":"snapshot","source_id":"$snapshot","name":"base"}
#> GET /images
mkdir "snapshots/$snapshot/images/base"
image=$(basename "$(readlink "snapshots/$snapshot/images/base")")
test "$(cat "images/$image/name")" = base
test "$(cat "images/$image/visibility")" = private

#> GET /images/owned
#> GET /images/shared
#> GET /images/public
test "$(ls images/owned)" = "$image"
test -z "$(ls images/shared images/public | grep -v :)"

#> POST /images/$image/visibility {"visibility":"public"}
#> GET /images
#> GET /images/public
echo public >"images/$image/visibility"
test "$(cat "images/$image/visibility")" = public
test "$(cat "images/public/$image/name")" = base

#> POST /images/$image/visibility {"visibility":"unlisted"}
#> GET /images
#> GET /images/public
echo unlisted >"images/$image/visibility"
test "$(cat "images/$image/visibility")" = unlisted
test -z "$(ls images/public)"

#> POST /images/$image/grant {"trusted_api_key":"$KEY","api_key":"$KEY"}
#> GET /images/ID/trusted
#> GET /images/ID/trusted
touch "images/$image/trusted/$KEY"
test "$(ls "images/$image/trusted")" = "$KEY"

#> POST /images/$image/revoke {"trusted_api_key":"$KEY","api_key":"$KEY"}
#> GET /images/ID/trusted
rm "images/$image/trusted/$KEY"
test -z "$(ls "images/$image/trusted")"

#> POST /images/$image/lock {}
#> GET /images
#> DELETE /images/$image
echo 1 >"images/$image/locked"
test "$(cat "images/$image/locked")" = 1
echo 1 | fails tee "images/$image/destroy" 2>"$TMP/why"
grep -q 'Operation not permitted' "$TMP/why"

#> POST /images/$image/unlock {}
#> GET /images
echo 0 >"images/$image/locked"
test "$(cat "images/$image/locked")" = 0

#> POST /images/$image/clone {"name":"twin","description":"the other"}
#> GET /images
echo name=twin 'description="the other"' >"images/$image/clone"
twin=$(cat "images/$image/clone")
test "$(cat "images/$twin/name")" = twin
test "$LEAN" || test "$(cat "images/$twin/description")" = 'the other'

#> DELETE /services/$source
#> DELETE /snapshots/$snapshot
echo 1 >services/src/destroy
echo 1 >"snapshots/$snapshot/destroy"

#> POST /images/$image/spawn {"name":"web","ports":[8097],"network_mode":"semitrusted","vcpu":2}
#> GET /services
echo 'name=web ports=8097 network_mode=semitrusted vcpu=2' >"images/$image/spawn"
spawned=$(cat "images/$image/spawn")
test "$(cat services/web/id)" = "$spawned"
test "$LEAN" || test "$(cat services/web/vcpu)" = 2

#> POST /images/$twin/transfer {"to_api_key":"$OTHER"}
#> GET /images
echo "to_api_key=$OTHER" >"images/$twin/transfer"
ls images | fails grep -q "$twin"

#> DELETE /images/$image
#> DELETE /services/$spawned
echo 1 >"images/$image/destroy"
echo 1 >services/web/destroy

#> GET /images
#> GET /services
#> GET /snapshots
test "$(echo $(ls images))" = 'owned public shared'
test "$(ls services)" = new
test -z "$(ls snapshots)"
