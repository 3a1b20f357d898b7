#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/mount/life/service.sh - a service's whole life, with coreutils and curl
#
# Run in a mount; $PORT is free. test_life.py runs it step by step: each step is
# a paragraph. Before it are the requests that it must send, and no others.
# shellcheck disable=SC2034,SC2005,SC2010,SC2046 # names come from the API

fails() {
	! "$@"
}

#> GET /services
#> GET /snapshots
#> GET /images
ls services snapshots images

mkdir services/new/web
echo hello >services/new/web/files/site.txt
cat >services/new/web/bootstrap <<END
#!/bin/sh
echo booting
cat /tmp/input/site.txt
exec python3 -u -m http.server --bind 127.0.0.1 $PORT
END
echo "$PORT" >services/new/web/ports
echo 'GREETING=good morning' >services/new/web/env

#> POST /services {"name":"web","ports":[$PORT],"bootstrap_content":"#!/bin/sh\necho booting\ncat /tmp/input/site.txt\nexec python3 -u -m http.server --bind 127.0.0.1 $PORT\n","input_files":[{"filename":"site.txt","content":"aGVsbG8K"}]}
#> PUT /services/$id/env GREETING=good morning
#> GET /services
mv services/new/web services/
id=$(cat services/web/id)

test "$(cat services/web/url)" = https://web.on.unsandbox.com
test "$(cat services/web/state)" = running
test "$(cat services/web/ports)" = "$PORT"

until curl -sf "http://127.0.0.1:$PORT/" | grep -q bootstrap.sh; do
	sleep 0.1
done

#> GET /services/$id/logs
test "$(head -n 2 services/web/logs)" = 'booting
hello'

#> POST /services/$id/env/export {}
test "$(cat services/web/env)" = 'GREETING=good morning'

#> POST /services/$id/freeze {}
echo frozen >services/web/state

#> GET /services
test "$(cat services/web/state)" = frozen
fails curl -sf -m 1 "http://127.0.0.1:$PORT/"

#> POST /services/$id/unfreeze {}
#> GET /services
echo running >services/web/state
test "$(cat services/web/state)" = running
until curl -sf "http://127.0.0.1:$PORT/"; do
	sleep 0.1
done

#> POST /services/$id/lock {}
#> DELETE /services/$id
#> GET /services
echo 1 >services/web/locked
echo 1 | fails tee services/web/destroy 2>"$TMP/why"
grep -q 'Operation not permitted' "$TMP/why"

grep -q locked .unsandboxfs/errors
test "$(cat services/web/locked)" = 1
test "$(cat services/web/state)" = running
curl -sf "http://127.0.0.1:$PORT/"

#> POST /services/$id/unlock {}
#> GET /services
echo 0 >services/web/locked
test "$(cat services/web/locked)" = 0

#> PATCH /services/$id {"vcpu":4}
#> GET /services
echo 4 >services/web/vcpu
test "$(cat services/web/vcpu)" = 4

#> PUT /services/$id/domains {"custom_domains":["a.example","b.example"]}
#> GET /services
printf 'a.example\nb.example\n' >services/web/domains
test "$(cat services/web/domains)" = 'a.example
b.example'

#> PUT /services/$id/domains {"custom_domains":["a.example","b.example","c.example"]}
#> GET /services
echo c.example >>services/web/domains
tail -n 1 services/web/domains | grep -qx c.example

#> PATCH /services/$id {"unfreeze_on_demand":false}
#> GET /services
echo 0 >services/web/unfreeze_on_demand
test "$(cat services/web/unfreeze_on_demand)" = 0

#> PATCH /services/$id {"show_freeze_page":false}
#> GET /services
echo 0 >services/web/show_freeze_page
test "$(cat services/web/show_freeze_page)" = 0

cat >"$TMP/second.sh" <<END
#!/bin/sh
echo "second \$GREETING"
exec python3 -u -m http.server --bind 127.0.0.1 $PORT
END

#> POST /services/$id/redeploy {"bootstrap_content":"#!/bin/sh\necho \"second \$GREETING\"\nexec python3 -u -m http.server --bind 127.0.0.1 $PORT\n"}
#> GET /services
cp "$TMP/second.sh" services/web/bootstrap
cmp "$TMP/second.sh" services/web/bootstrap

#> GET /services/$id/logs
until curl -sf "http://127.0.0.1:$PORT/"; do
	sleep 0.1
done
grep -qx 'second good morning' services/web/logs

#> POST /services/$id/redeploy {}
echo 1 >services/web/redeploy
until curl -sf "http://127.0.0.1:$PORT/"; do
	sleep 0.1
done

#> GET /services
#> GET /services/$id/logs
test "$(grep -cx 'second good morning' services/web/logs)" = 2

#> POST /services/$id/execute {"command":"(f=\$(mktemp) && printf %s 'IyEvYmluL3NoCmVjaG8gYmVmb3JlID4vdG1wL25vdGU7IGVjaG8gbm90ZWQ7IGV4aXQgMwo=' | base64 -d >\"\$f\" && chmod 700 \"\$f\" && \"\$f\"; s=\$?; rm -f \"\$f\"; exit \$s)","timeout":30000}
cat >services/web/run/note <<END
#!/bin/sh
echo before >/tmp/note; echo noted; exit 3
END
test "$(cat services/web/run/note.job/stdout)" = noted
test "$(cat services/web/run/note.job/exit_code)" = 3

#> POST /services/$id/snapshot {"name":"first","hot":false}
#> GET /snapshots
mkdir services/web/snapshots/first
snapshot=$(basename "$(readlink services/web/snapshots/first)")
test "$(cat services/web/snapshots/first/name)" = first
test "$(cat services/web/snapshots/first/source_id)" = "$id"

#> POST /services/$id/execute {"command":"echo after >/tmp/note","timeout":30000}
echo 'echo after >/tmp/note' >services/web/run/change
cat services/web/run/change.job/exit_code

#> POST /snapshots/$snapshot/restore {}
echo 1 >services/web/snapshots/first/restore

#> POST /services/$id/execute {"command":"cat /tmp/note","timeout":30000}
echo 'cat /tmp/note' >services/web/run/look
test "$(cat services/web/run/look.job/stdout)" = before

#> POST /snapshots/$snapshot/clone {"type":"service","name":"copy"}
#> GET /services
echo type=service name=copy >"snapshots/$snapshot/clone"
test "$(cat "snapshots/$snapshot/clone")" = "$(cat services/copy/id)"
copy=$(cat services/copy/id)

echo 'of the web' >services/web/images/.settings/description

#> POST /images {"source_type":"service","source_id":"$id","name":"base","description":"of the web"}
#> GET /images
mkdir services/web/images/base
image=$(basename "$(readlink services/web/images/base)")
test "$(cat services/web/images/base/name)" = base

#> POST /images/$image/spawn {"name":"spawned","ports":[8099]}
#> GET /services
echo 'name=spawned ports=8099' >services/web/images/base/spawn
test "$(cat "images/$image/spawn")" = "$(cat services/spawned/id)"
spawned=$(cat services/spawned/id)

#> DELETE /services/$spawned
#> DELETE /services/$copy
#> DELETE /services/$id
#> DELETE /snapshots/$snapshot
#> DELETE /images/$image
#> GET /services
#> GET /services
for service in spawned copy web; do
	echo 1 >services/$service/destroy
done
echo 1 >"snapshots/$snapshot/destroy"
echo 1 >"images/$image/destroy"

#> GET /services
#> GET /snapshots
#> GET /images
test "$(ls services)" = new
test -z "$(ls snapshots)"
test "$(echo $(ls images))" = 'owned public shared'
fails curl -sf "http://127.0.0.1:$PORT/"
