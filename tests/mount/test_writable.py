# SPDX-License-Identifier: MIT
# tests/mount/test_writable.py - writing to each file of the tree
"""A writable file accepts a correct value and refuses a wrong one; another file
cannot even be opened. The tree has every row of FILES in the manual."""
import itertools
import os
import re
import subprocess
import tempfile
import unittest

from test_life import OTHER
from test_resources_life import SLEEP, ResourceCase

HERE = os.path.dirname(os.path.abspath(__file__))
MANUAL = os.path.join(HERE, "../../man/unsandboxfs.5")
KEY = "unsb-pk-aaaa-bbbb-cccc-dddd"

# A time, and other fields of a resource.
MORE = {"container_name": "unsb-vm-1", "last_activity": 1736596800,
        "memory_mb": 2048, "expires_at": "2035-01-01T00:00:00Z",
        "ip": "10.0.0.1", "health": "ok", "service_type": "tcp",
        "disk_used": 4096, "source_image": "img", "boosted": True,
        "remaining_ttl": 55, "websocket_url": "wss://x", "name": "full",
        "hot": True, "status": "running", "description": "d", "access": "own",
        "fingerprint": "abc", "size_bytes": 7, "node": "n1", "locked": False,
        "source_type": "service", "source_id": "none", "vcpu": 1,
        "wake_time": 5, "service_id": "none", "image": "img",
        "domain": "full.example"}

NUMBER = ["x", "-1", "1 2", "1.5"]
BOOL = ["2", "maybe", "0 1"]
VCPU = [*NUMBER, "0", "9"]
WORD = ["two words", "a\nb"]
TEXT = ["\x01", "a\x1b[31m"]
NETWORK = ["open", "zerotrust semitrusted"]

# Of .settings and drafts: the correct value, as it is read back; wrong values.
SETTINGS = {
    "run jobs": {
        "vcpu": ("4", VCPU),
        "network_mode": ("semitrusted", NETWORK),
        "ttl": ("900", [*NUMBER, "0", "901"]),
        "language": ("python", WORD),
        "return_artifact": ("1", BOOL),
        "return_wasm_artifact": ("1", BOOL),
        "main": ("a.sh", ["/abs", "a/../b"]),
        "env": ("A=b", ["no value", "=x", "A B=c"])},
    "commands": {
        "timeout": ("60", [*NUMBER, "86401"]),
        "env": ("A=b", ["no value", "=x", "A B=c"])},
    "snapshots": {"hot": ("1", BOOL), "ttl": ("60", NUMBER)},
    "services sessions": {
        "vcpu": ("4", VCPU)},
    "services": {
        "network_mode": ("zerotrust", NETWORK),
        "ports": ("80\n443", ["0", "65536", "http", "80 x"]),
        "domains": ("a.example\nb.example", ["\x01"]),
        "bootstrap": ("echo one\necho two", []),
        "service_type": ("minecraft", WORD),
        "golden_image": ("alias", WORD),
        "unfreeze_on_demand": ("0", BOOL),
        "env": ("A=b", [])},
    "sessions": {
        "network_mode": ("semitrusted", NETWORK),
        "audit": ("1", BOOL),
        "shell": ("zsh", WORD),
        "multiplexer": ("tmux", WORD),
        "ttl": ("60", NUMBER)},
    "images": {"description": ("of it", TEXT)},
}
PLACES = {
    "run": ["run/.settings", "run/d/.settings"],
    "jobs": ["jobs/new/.settings", "jobs/new/d/.settings"],
    "services": ["services/new/d"],
    "sessions": ["sessions/new/d"],
    "images": ["services/web/images/.settings", "SNAPSHOT/images/.settings"],
    "commands": ["services/web/run/.settings", "SESSION/run/.settings"],
    "snapshots": ["services/web/snapshots/.settings",
                  "SESSION/snapshots/.settings"],
}

STATE = ["asleep", "", "frozen running"]
RESTORE_HELP = ("write the id of a snapshot here, or its name in snapshots/, "
                "to restore it from that\n")
SCRIPT = "#!/bin/sh\necho 2\nsleep 999\n"

# Of resources: the correct value, as it is read back (None: an id), the
# request; wrong values. The order is one in which all of them work.
VALUES = {
    "services/web/state": ("frozen", "frozen\n", "POST freeze", STATE),
    "services/web/locked": ("1", "1\n", "POST lock", BOOL),
    "services/web/vcpu": ("4", "4\n", "PATCH", VCPU),
    "services/web/unfreeze_on_demand": ("0", "0\n", "PATCH", BOOL),
    "services/web/show_freeze_page": ("0", "0\n", "PATCH", BOOL),
    "services/web/domains": ("x.example", "x.example\n", "PUT domains",
                             ["\x01"]),
    "services/web/env": ("A=1\n", "A=1\n", "PUT env", []),
    "services/two/bootstrap": (SCRIPT, SCRIPT, "POST redeploy", [""]),
    "services/two/redeploy": ("1", "write 1 here to run the bootstrap "
                              "again\n", "POST redeploy", []),
    "services/web/restore_from": ("t", RESTORE_HELP, "POST restore",
                                  ["two words", "\n", RESTORE_HELP]),
    "SESSION/state": ("frozen", "frozen\n", "POST freeze", STATE),
    "SESSION/locked": ("1", "1\n", "POST lock", BOOL),
    "SESSION/vcpu": ("2", "2\n", "POST boost", VCPU),
    "SESSION/restore_from": ("u", RESTORE_HELP, "POST restore",
                             ["two words", "\n", RESTORE_HELP]),
    "SNAPSHOT/locked": ("1", "1\n", "POST lock", BOOL),
    "SNAPSHOT/restore": ("1", "write 1 here to restore it to its "
                         "source\n", "POST restore", []),
    "SNAPSHOT/clone": ("type=session shell=sh", None, "POST clone",
                       ["type=car", "colour=red", "a b", "ports=0", "1", "\n",
                        "type=session type", "name=x", "type=service"]),
    "IMAGE/visibility": ("unlisted", "unlisted\n", "POST visibility",
                         ["secret", ""]),
    "IMAGE/locked": ("1", "1\n", "POST lock", BOOL),
    "IMAGE/spawn": ("name=sp ports=8081", None, "POST spawn",
                    ["ports=99999", "colour=red", "name x", "1",
                     "ports=80"]),
    "IMAGE/clone": ("name=c2", None, "POST clone", ["ports=80", "c 2", "\n"]),
    "TWIN/transfer": (f"to_api_key={OTHER}", "", "POST transfer",
                      ["other", "key=1", "to_api_key=", "1"]),
    "services/two/destroy": ("1", "", "DELETE", []),
    "SESSION2/destroy": ("1", "", "DELETE", []),
    "SNAPSHOT2/destroy": ("1", "", "DELETE", []),
    "IMAGE2/destroy": ("1", "", "DELETE", []),
}

# What an action refuses, besides its own help line.
NO_ACTION = ["0", "11", "yes", "1 1", "1\n2", "unsb-1"]
ACTIONS = re.compile("/(redeploy|restore|destroy|clone|spawn|transfer|cancel"
                     "|refresh)$")

# Of each kind of value: texts that differ.
ANEW = {
    "services/web/state": ("frozen\n", "running\n"),
    "services/web/locked": ("1\n", "0\n"),
    "services/web/vcpu": ("4\n", "2\n"),
    "services/web/domains": ("a.example\nb.example\n", "c.example\n"),
    "services/web/env": ("A=anew4711\nB=2\n", "A=anew0815\n"),
    "services/two/bootstrap": (SCRIPT, SCRIPT + "# more\n"),
    "SESSION/vcpu": ("2\n", "4\n"),
    "SNAPSHOT/locked": ("1\n", "0\n"),
    "IMAGE/visibility": ("unlisted\n", "private\n"),
}
# They save $X/x in the file $F.
REMOVERS = {
    "mv": "mv $X/x $F",
    "install": "install -m 644 $X/x $F",
    "cp": "cp --remove-destination $X/x $F",
    "tar": "mv $X/x $X/$F; tar c -C $X $F | tar x; rm $X/$F",
    "cpio": "mv $X/x $X/$F; (cd $X; echo $F | cpio -o --quiet) | "
            "cpio -iu --quiet; rm $X/$F",
    "git": "rm -rf $X/g; mkdir $X/g; cp $X/x $X/g/$F; g() { git -C $X/g "
           "-c user.name=u -c user.email=u@e \"$@\"; }; g init -q; "
           "g add .; g commit -qm x; "
           "git --git-dir=$X/g/.git --work-tree=. checkout -q -- $F; "
           "rm -rf $X/g",
    "rsync": "rsync -IT $X $X/x $F",
}

# Written without its own request, or without a wrong value.
OTHERS = {
    ".unsandboxfs/otp", ".unsandboxfs/refresh", "jobs/JOB/cancel",
    "jobs/JOB/rerun",
    "IMAGE/trusted/KEY", "services/new/d/commit", "sessions/new/d/commit",
    "SESSION/console", "SESSION/console.size", "SESSION/ttl",
    "SESSION/audit",
    "services/web/console", "services/web/console.size",
    "key/self/email", "key/self/sudo_required", "key/self/contacts/invite",
    "key/self/contacts/someone@example.com",
}


# Rows that no listing shows: they cost a request each, or are secret.
UNLISTED = ("system/logs", "key/tokens", "key/throttle",
            "system/pools/POOL/stats",
            "services/SERVICE/listening", "services/SERVICE/upgrade")


class Tree(ResourceCase):
    """A tree with one resource of each kind."""

    time_limit_s = 120
    places = {}

    def fill(self):
        """Creates everything, once."""
        if self.places:
            return
        self.server.ask("PUT", "/seed", {
            kind: [{"id": f"{kind}-full", **MORE, "state": "running"}]
            for kind in ("services", "sessions", "snapshots", "images")})
        self.make("web")
        self.make("two")
        self.shell(f"""
            mkdir services/web/snapshots/s services/web/snapshots/t
            mkdir sessions/new/q sessions/new/r
            mv sessions/new/q sessions/new/r sessions/
            mkdir sessions/q/snapshots/u services/web/snapshots/s/images/i
            cd services/web/images; mkdir b e f
            touch b/trusted/{KEY}; cd ../../..
            echo 'echo hi' >run/a.sh; cat run/a.sh.job/exit_code
            echo 'exit 3' >jobs/new/b.sh; cat jobs/latest/exit_code
            mkdir sessions/new/d services/new/d jobs/new/d run/d
            echo true >services/web/run/c; echo true >sessions/q/run/c""")
        type(self).places = {
            "SESSION": self.real("sessions/q"),
            "SESSION2": self.real("sessions/r"),
            "SNAPSHOT": self.real("services/web/snapshots/s"),
            "SNAPSHOT2": self.real("services/web/snapshots/t"),
            "IMAGE": self.real("services/web/images/b"),
            "TWIN": self.real("services/web/images/e"),
            "IMAGE2": self.real("services/web/images/f"),
        }

    def real(self, path):
        """The path from the mount's root."""
        return os.path.relpath(os.path.realpath(self.at(path)),
                               os.path.realpath(self.mount.path))

    def place_of(self, path):
        """The path in the mount of a path in the tables."""
        word, _, rest = path.partition("/")
        return os.path.join(self.places.get(word, word), rest)

    def walk(self):
        """As os.walk, with every .settings, which no listing shows."""
        yield from os.walk(self.mount.path)
        for place in sum(PLACES.values(), []):
            yield from os.walk(self.at(self.place_of(place)))

    def files(self):
        """Every file, with its mode."""
        for folder, _, names in self.walk():
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.islink(path):
                    yield (os.path.relpath(path, self.mount.path),
                           os.stat(path).st_mode)

    def refused(self, status):
        """Makes the API refuse every request that changes anything."""
        self.server.fault(*({"method": method, "path": "*", "status": status,
                             "body": {"error": f"because of {status}"}}
                            for method in ("POST", "PUT", "PATCH", "DELETE")))

    def check_nothing_sent(self):
        """Asserts that there is no request that may change anything."""
        self.assertEqual(self.server.changes(), [])


class Settings(Tree):
    """Every file of every .settings."""

    def test_values(self):
        self.fill()
        for kinds, table in SETTINGS.items():
            for place in sum((PLACES[kind] for kind in kinds.split()), []):
                for name, (right, wrong) in table.items():
                    with self.subTest(place=place, name=name):
                        self.check(self.place_of(f"{place}/{name}"), right,
                                   wrong)

    def check(self, path, right, wrong):
        """The correct value is read back, a wrong one changes nothing."""
        before = self.read(path)
        self.server.reset()
        self.save(path, right + "\n")
        self.assertEqual(self.read(path), right + "\n")
        self.assertNotEqual(before, right + "\n")
        for text in wrong:
            self.assertEqual(self.save_error(path, text + "\n"), "EINVAL",
                             repr(text))
            self.assertIn(os.path.basename(path),
                          self.read(".unsandboxfs/errors").splitlines()[-1])
            self.assertEqual(self.read(path), right + "\n", repr(text))
        os.unlink(self.at(path))
        self.assertEqual(self.read(path), before)
        self.check_nothing_sent()


class Values(Tree):
    """Every other writable file."""

    time_limit_s = 480

    def test_values(self):
        self.fill()
        for name, row in VALUES.items():
            with self.subTest(name=name):
                self.check(self.place_of(name), *row)

    def check(self, path, right, read, request, wrong):
        """Wrong values, values that the API refuses, the correct value."""
        before = self.read(path)
        self.server.reset()
        if ACTIONS.search(path):
            wrong = [*wrong, *NO_ACTION, before]
            self.assertIsNone(self.save_error(path, ""))
        for text in wrong:
            self.assertEqual(self.save_error(path, text), "EINVAL",
                             repr(text))
            self.assertIn("EINVAL", self.last_error())
            self.assertIn(os.path.basename(path), self.last_error())
            self.assertEqual(self.read(path), before, repr(text))
        self.assertEqual([c for c in self.server.changes()
                          if "/export" not in c["path"]
                          and "/execute" not in c["path"]], [])
        for status, error in ((400, "EINVAL"), (403, "EACCES"),
                              (500, "EREMOTEIO")):
            self.refused(status)
            self.assertEqual(self.save_error(path, right), error)
            self.assertIn(f"because of {status}", self.last_error())
            self.server.reset()
            self.assertEqual(self.read(path), before, status)
        self.server.reset()
        self.save(path, right)
        (change,) = self.server.changes()
        method, _, action = request.partition(" ")
        self.assertEqual(change["method"], method)
        self.assertEqual(change["path"].rpartition("/")[2] if action
                         else "", action)
        if read is None:
            self.assertRegex(self.read(path), r"^unsb-\S+\n$")
        elif read:
            self.assertEqual(self.read(path), read)
        else:
            self.assertFalse(os.path.lexists(self.at(os.path.dirname(path))))

    def test_what_is_there_is_not_sent(self):
        """Each value that is written as it was read; actions refuse it."""
        self.fill()
        self.shell("find services sessions snapshots images -name bootstrap "
                   "-o -type f -exec cat {} + >/dev/null")
        for path in list(dict(self.files())):
            if not re.match("(services|sessions|snapshots|images)/"
                            "(?!new/)[^/]+/[^/]+$", path):
                continue
            if not os.stat(self.at(path)).st_mode & 0o222:
                continue
            text = self.read(path)
            is_text = path.endswith(("/bootstrap", "/env"))
            for again in text, text if is_text else text.rstrip("\n"):
                self.server.reset()
                error = self.save_error(path, again)
                if ACTIONS.search(path) or path.endswith("/restore_from"):
                    self.assertEqual(error, "EINVAL", path)
                elif not path.endswith("/ttl"):  # fewer may be left by now
                    self.assertIsNone(error, path)
                self.assertEqual([change for change in self.server.changes()
                                  if "/env/export" not in change["path"]
                                  and "/execute" not in change["path"]],
                                 [], path)
                if not path.endswith("/ttl"):
                    self.assertEqual(self.read(path), text)

    def test_anew(self):
        """Programs that remove a file, and create it anew: one request."""
        self.fill()
        for path, texts in ANEW.items():
            texts = itertools.cycle(texts)
            self.save(self.place_of(path), next(texts))
            for way in REMOVERS:
                with self.subTest(path=path, way=way):
                    self.save_anew(self.place_of(path), way, next(texts))

    def save_anew(self, path, way, text):
        """Saves it so, and before that, when the API refuses it."""
        folder = tempfile.mkdtemp(dir=self.place.path)
        before = self.read(path)
        for status in 500, 0:
            self.server.reset()
            if status:
                self.refused(status)
            with open(os.path.join(folder, "x"), "w",
                      encoding="utf-8") as file:
                file.write(text)
            done = subprocess.run(
                ["bash", "-eo", "pipefail", "-c", REMOVERS[way]], timeout=60,
                cwd=self.at(os.path.dirname(path)), capture_output=True,
                env=dict(os.environ, F=os.path.basename(path), X=folder,
                         HOME=folder),
                check=False)
            changes = [c["path"] for c in self.server.changes()
                       if "/env/export" not in c["path"]
                       and "/execute" not in c["path"]]
            error = done.stderr.decode()
            self.server.reset()
            self.assertEqual(self.read(path), before if status else text,
                             error)
            if status and way == "git":  # tries twice, ignores close's error
                continue
            self.assertEqual(len(changes), 1, changes)
            self.assertEqual(bool(done.returncode), bool(status), error)
            self.assertEqual(bool(error), bool(status), error)
        if path.endswith("/env"):
            self.assert_nowhere_on_disk(text)

    def assert_nowhere_on_disk(self, text):
        """Nothing of it is in the state directory."""
        found = subprocess.run(
            ["grep", "-rlF", "--", text.splitlines()[0],
             self.mount.state_dir], capture_output=True, timeout=60,
            check=False).stdout
        self.assertEqual(found, b"")

    def test_refresh_acts_on_1_alone(self):
        path = ".unsandboxfs/refresh"
        for text in [*NO_ACTION, self.read(path)]:
            self.read("languages")
            self.server.reset()
            self.assertEqual(self.save_error(path, text), "EINVAL", text)
            self.assertIn(path, self.last_error())
            self.read("languages")
            self.assert_requests({})
        self.save(path, "1")
        self.read("languages")
        self.assert_requests({"GET /languages": 1})

    def last_error(self):
        """The last line of .unsandboxfs/errors."""
        return self.read(".unsandboxfs/errors").splitlines()[-1]


class Others(Tree):
    """The tables above, and files that are not writable."""

    options = "allow_other" if os.getuid() == 0 else ""

    def test_tables_are_whole(self):
        """Every writable file is in one of the tables."""
        self.fill()
        tables = {self.place_of(name) for name in VALUES} | {
            self.place_of(f"{place}/{name}")
            for kinds, table in SETTINGS.items() for kind in kinds.split()
            for place in PLACES[kind] for name in table} | {
            self.place_of(name).replace("KEY", KEY).replace(
                "JOB", os.readlink(self.at("jobs/latest")))
            for name in OTHERS}
        kinds = {re.sub(r"^(services|sessions|snapshots|images|jobs)/"
                        r"(?!new/)[^/]+", r"\1/ID", path) for path in tables}
        saved = re.compile(r"^(run|jobs/new)/[^/.]+"
                           r"(\.sh)?$|/run/c$|\.job/(cancel|rerun)$")
        missing = [path for path, mode in self.files()
                   if mode & 0o222 and not saved.search(path) and re.sub(
                       r"^(services|sessions|snapshots|images|jobs)/"
                       r"(?!new/)[^/]+", r"\1/ID", path) not in kinds]
        self.assertEqual(missing, [])

    def test_env_is_private(self):
        """Only the mounting user's, wherever there is one."""
        self.fill()
        modes = {path: mode & 0o777 for path, mode in self.files()
                 if os.path.basename(path) == "env"}
        self.assertEqual(set(modes.values()), {0o600}, modes)
        self.assertGreater(len(modes), 8)

    def paths(self):
        """All paths and modes, as lines."""
        found = []
        for folder, folders, names in self.walk():
            found += [os.path.relpath(os.path.join(folder, name),
                                      self.mount.path)
                      for name in folders + names]
        return "\n".join(found) + "\n"

    def told_all(self):
        """Lists with all fields that the API is known to have."""
        item = [{"id": "all-1", **MORE, "job_id": "all-1", "message": "m",
                 "status": "completed",
                 "detected_language": "bash"}]
        self.server.fault(*(
            {"method": "GET", "path": path, "status": 200,
             "body": {path.split("/")[1]: item}} for path in (
                 "/jobs", "/services", "/sessions", "/snapshots", "/images",
                 "/images/shared", "/images/public")), {
                     "path": "/keys/validate", "status": 200,
                     "body": {"valid": False, "reason": "expired",
                              "expired_ago": "a day", "renew_url": "https://x",
                              "message": "It has expired"}})
        self.save(".unsandboxfs/refresh", "1")

    def test_manual_is_the_tree(self):
        """Every row of FILES exists in a full tree."""
        self.fill()
        with open(MANUAL, encoding="utf-8") as file:
            text = file.read()
        rows = re.findall(r"^\.It Pa (?:\\&)?(\S+)$", text.partition(
            "FILES is generated by")[2].partition(".Sh ")[0], re.M)
        self.assertGreater(len(rows), 180)
        self.shell("""mkdir run/art; echo 1 >run/art/.settings/return_artifact
            echo 'int main(void) { return 0; }' >run/art/main.c
            cat run/art/main.c.job/exit_code; ls run/art/main.c.job/artifacts""")
        for folder in "sessions/q", "services/web":
            self.shell(f"exec 3<>{folder}/console; echo 'exit 3' >&3; "
                       "cat <&3 >/dev/null")
        self.refused(402)
        self.save_error("jobs/new/refused.sh", "true")
        self.server.reset()
        self.server.answer("DELETE", "/sessions/ID", {"artifacts": [
            {"filename": "log", "data": "bG9n"},
            {"type": "error", "error": "one is missing"}]}, times=1)
        self.save(self.session("recorded", audit="1") + "/destroy", "1")
        paths = self.paths()
        self.told_all()
        paths += self.paths()
        self.server.fault()
        self.save(".unsandboxfs/refresh", "1")
        self.assertTrue(os.path.lexists(self.at(
            "services", self.value("services/web/id"))))
        # These are in no listing.
        self.assertTrue(os.path.exists(self.at("jobs/new/d/commit")))
        self.assertIn('"exists"', self.read("services/web/env.json"))
        paths += ("services/ID\nrun/.settings\njobs/new/d/commit\n"
                  "services/ID/env.json\n") + "".join(
            row + "\n" for row in rows
            if row.startswith(UNLISTED))
        self.shell("rm -r run/art jobs/new/refused.sh; "
                   "rm -r sessions/$(readlink sessions/recorded)")
        missing = [row for row in rows if not re.search("^" + re.sub(
            r"(?<![A-Za-z])[A-Z]{3,}",
            lambda word: word[0] if word[0] == "README" else "[^/\n]+",
            re.escape(row)) + "$", paths.replace(
                "run/art/main.c.job", "jobs/x").replace(
                    "jobs/new/refused.sh.job", "jobs/x"), re.M)]
        self.assertEqual(missing, [])

    def test_what_may_not_be_written(self):
        """Not even by root; and no request is sent."""
        self.fill()
        self.server.reset()
        count = 0
        for path, mode in self.files():
            if mode & 0o222:
                continue
            count += 1
            for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC,
                          os.O_WRONLY | os.O_APPEND,
                          os.O_WRONLY | os.O_CREAT):
                self.assertEqual(self.error_of(os.open, self.at(path), flags),
                                 "EACCES", path)
            self.assertIn(self.error_of(os.truncate, self.at(path), 0),
                          ("EACCES", "EPERM"), path)
            if not re.search(r"^jobs/|\.job/", path):  # whole by rm -r
                self.assertIn(self.error_of(os.unlink, self.at(path)),
                              ("EACCES", "EPERM"), path)
        self.assertGreater(count, 200)
        self.check_nothing_sent()

    @unittest.skipUnless(os.getuid() == 0, "has no other user")
    def test_by_another_user(self):
        """The mounting user may write; others may read, but not the vault."""
        self.fill()
        self.server.reset()
        with tempfile.TemporaryFile() as told:
            child = os.fork()
            if not child:
                status = 1
                try:
                    os.setgroups([])
                    os.setgid(65534)
                    os.setuid(65534)
                    os.write(told.fileno(), self.opened().encode())
                    status = 0
                finally:
                    os._exit(status)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            told.seek(0)
            self.assertEqual(told.read().decode(), "")
        self.check_nothing_sent()

    def opened(self):
        """The files that this user can open but should not, and reverse."""
        wrong = ""
        for path, mode in self.files():
            for flags in (os.O_WRONLY, os.O_RDWR | os.O_TRUNC):
                if self.error_of(lambda: os.close(os.open(
                        self.at(path), flags))) != "EACCES":
                    wrong += f"opened to write: {path}\n"
            error = self.error_of(lambda: os.close(os.open(
                self.at(path), os.O_RDONLY | os.O_NONBLOCK)))
            if error != (None if mode & 0o004 else "EACCES"):
                wrong += f"{error}, opened to read: {path}\n"
        return wrong


if __name__ == "__main__":
    unittest.main()
