#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/mount/deploy.sh - deploys a service, changes and copies it, and cleans up
# usage: deploy.sh MOUNTPOINT SITE PORT PORT, where SITE has files to serve
set -eu
u=$1 site=$2 web=$3 admin=$4

mkdir "$u/services/new/site"
cd "$u/services/new/site"
cp -r "$site/." files/
cat >bootstrap <<END
#!/bin/sh
echo "booting with \${TOKEN:-nothing}"
cd /tmp/input
python3 -u -m http.server --bind 127.0.0.1 $web &
exec python3 -u -m http.server --bind 127.0.0.1 $admin
END
echo TOKEN=secret >./env
printf '%s\n' "$web" "$admin" >ports
echo site.example >domains
mv "$u/services/new/site" "$u/services/"
cd "$u/services/site"
until curl -sf "http://127.0.0.1:$admin/pages/index.html"; do sleep 0.2; done

cp -r "$site/." files/
echo changed >files/pages/index.html
echo 1 >redeploy
until curl -sf "http://127.0.0.1:$web/pages/index.html" | grep changed; do sleep 0.2; done

mkdir snapshots/before images/base
echo "name=copy ports=$web,$admin" >images/base/spawn
test "$(cat ../copy/id)" = "$(cat images/base/spawn)"

for what in ../copy snapshots/before images/base .; do echo 1 >$what/destroy; done
