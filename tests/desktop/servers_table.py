# SPDX-License-Identifier: MIT
# tests/desktop/servers_table.py - servers that give files to others
"""A row has the server's command, its configuration, and a bash command that
prints file $P of it. $D is a directory of its own, $M the mount, $PORT its
port on loopback; in a configuration they are written @D@, @M@ and @PORT@, and
`more` is @MORE@. $CONF is the configuration. One that asks for the size before
it opens the file gives nothing of a file whose size is not known, until it has
been read."""
import collections

Server = collections.namedtuple("Server", "get command config more asks_first",
                                defaults=["", "", "", False])

CURL = "curl -sSf --max-time 100 http://127.0.0.1:$PORT/$P"
NGINX = """daemon off; master_process off; pid @D@/pid; error_log @D@/log;
events {}
http {
    access_log off; client_body_temp_path @D@/a; proxy_temp_path @D@/b;
    fastcgi_temp_path @D@/c; uwsgi_temp_path @D@/d; scgi_temp_path @D@/e;
    server { listen 127.0.0.1:@PORT@; root @M@; autoindex on; @MORE@ }
}
"""
APACHE = """ServerRoot @D@
ServerName localhost
PidFile @D@/pid
ErrorLog @D@/log
Listen 127.0.0.1:@PORT@
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule autoindex_module /usr/lib/apache2/modules/mod_autoindex.so
DocumentRoot @M@
@MORE@
<Directory @M@>
Options Indexes FollowSymLinks
Require all granted
</Directory>
"""
LIGHTTPD = """server.document-root = "@M@"
server.port = @PORT@
server.bind = "127.0.0.1"
server.errorlog = "@D@/log"
server.modules = ( "mod_dirlisting" )
dir-listing.activate = "enable"
server.stat-cache-engine = "disable"
server.network-backend = "@MORE@"
"""
SAMBA = """[global]
interfaces = 127.0.0.1
bind interfaces only = yes
smb ports = @PORT@
private dir = @D@
lock directory = @D@
state directory = @D@
cache directory = @D@
pid directory = @D@
ncalrpc dir = @D@/ncalrpc
log file = @D@/log
server role = standalone server
disable netbios = yes
disable spoolss = yes
load printers = no
map to guest = bad user
guest account = @USER@
[u]
path = @M@
guest ok = yes
read only = yes
"""
RSYNC = """use chroot = no
log file = @D@/log
uid = @USER@
gid = *
[u]
path = @M@
read only = yes
"""
# It refuses to serve as root.
APACHE_COMMAND = "$NOT_ROOT apache2 -X -f $CONF"
LIGHTTPD_COMMAND = "lighttpd -D -f $CONF"
SMBCLIENT = "smbclient -N -p $PORT //127.0.0.1/u -c "

SERVERS = {
    "nginx": Server(CURL, "nginx -c $CONF", NGINX, "sendfile on;"),
    "nginx without sendfile": Server(
        CURL, "nginx -c $CONF", NGINX, "sendfile off;"),
    "nginx with a cache": Server(
        CURL, "nginx -c $CONF", NGINX, "open_file_cache max=99;"),
    "nginx that compresses": Server(
        CURL + " --compressed", "nginx -c $CONF", NGINX,
        "gzip on; gzip_types *;"),
    "apache": Server(CURL, APACHE_COMMAND, APACHE, "EnableSendfile on", True),
    "apache with mmap": Server(CURL, APACHE_COMMAND, APACHE, "", True),
    "apache that reads": Server(
        CURL, APACHE_COMMAND, APACHE, "EnableMMAP off", True),
    "lighttpd": Server(CURL, LIGHTTPD_COMMAND, LIGHTTPD, "sendfile", True),
    "lighttpd that writes": Server(
        CURL, LIGHTTPD_COMMAND, LIGHTTPD, "writev", True),
    "python": Server(CURL, "python3 -m http.server -b 127.0.0.1 -d $M $PORT"),
    "busybox": Server(CURL, "busybox httpd -f -p 127.0.0.1:$PORT -h $M",
                      asks_first=True),
    "samba": Server(SMBCLIENT + "\"get $P $D/got\" >$D/said; cat $D/got",
                    "smbd -F --no-process-group -s $CONF", SAMBA),
    "samba's mget": Server(
        "cd $D; " + SMBCLIENT + "\"prompt; cd ${P%/*}; mget ${P##*/}\" "
        ">said; cat ${P##*/}", "smbd -F --no-process-group -s $CONF", SAMBA),
    "rsync": Server("rsync -q rsync://127.0.0.1:$PORT/u/$P $D/got; cat $D/got",
                    "rsync --daemon --no-detach --address=127.0.0.1 "
                    "--port=$PORT --config=$CONF", RSYNC),
    "sftp": Server("echo get $M/$P $D/got | sftp -q -D "
                   "/usr/lib/openssh/sftp-server -b - >$D/said; cat $D/got"),
}
