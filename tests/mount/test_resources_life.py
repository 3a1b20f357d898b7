# SPDX-License-Identifier: MIT
# tests/mount/test_resources_life.py - services, sessions, snapshots, images
"""Changes resources with coreutils, and checks the server's requests."""
import json
import os
import socket

from case import MountCase

SERVE = """#!/bin/bash
echo booting
cat /tmp/input/site.txt
python3 -u -m http.server --bind 127.0.0.1 {port}
"""
SLEEP = "#!/bin/bash\necho up\nsleep 1000\n"


def free_port():
    """A port of loopback on which nothing listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def answers(port):
    """Whether a server listens there and answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), 2) as sock:
            sock.settimeout(1)
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return sock.recv(4) == b"HTTP"
    except OSError:
        return False


class ResourceCase(MountCase):
    """Creates services, and checks the number of requests."""

    def make(self, name, script=SLEEP, **settings):
        """Creates a service from a draft; returns its id."""
        self.draft(f"services/new/{name}", bootstrap=script, **settings)
        self.shell(f"mv services/new/{name} services/")
        return self.value("services", name, "id")

    def session(self, name, **settings):
        """Creates a session from a draft; returns its path."""
        self.draft(f"sessions/new/{name}", **settings)
        self.shell(f"mv sessions/new/{name} sessions/")
        return f"sessions/{name}"

    def draft(self, path, **settings):
        """Makes a draft."""
        os.mkdir(self.at(path))
        for key, value in settings.items():
            self.save(f"{path}/{key}", value)

    def costs(self, expected, command):
        """Runs a command that may cost these requests and no more, except
        for lists, which may expire at any time, and for what they lack."""
        self.server.reset()
        out = self.shell(command)
        is_lean = self.is_switched("lean_answers")
        asked = {what: count for what, count in self.server.requests().items()
                 if not what.startswith("GET") or
                 (what.count("/") > 1 and not is_lean)}
        self.assertEqual(asked, expected, command)
        return out


class ServiceLife(ResourceCase):
    """The whole life of a service."""

    time_limit_s = 120

    def test_life(self):
        port = free_port()
        self.draft("services/new/web", bootstrap=SERVE.format(port=port),
                   ports=f"{port}\n", env="KEY=marker\n")
        self.shell("echo hello > services/new/web/files/site.txt")
        self.costs({"POST /services": 1, "PUT /services/ID/env": 1},
                   "mv services/new/web services/")
        self.assertEqual(os.listdir(self.at("services/new")), [])
        self.assertIn("web", self.value("services/web/url"))
        self.assertEqual(self.value("services/web/ports"), str(port))
        self.assertEqual(self.value("services/web/env"), "KEY=marker")
        self.wait_for(lambda: answers(port), "the port answers")
        self.assertIn("booting\nhello\n", self.read("services/web/logs"))
        self.assertIn("http.server", self.read("services/web/bootstrap"))

        self.costs({"POST /services/ID/freeze": 1},
                   "echo frozen > services/web/state")
        self.assertEqual(self.value("services/web/state"), "frozen")
        self.assertFalse(answers(port))
        self.costs({"POST /services/ID/unfreeze": 1},
                   "echo running > services/web/state")
        self.assertEqual(self.value("services/web/state"), "running")
        self.wait_for(lambda: answers(port), "it answers again")

        self.costs({"POST /services/ID/lock": 1},
                   "echo 1 > services/web/locked")
        self.assertIn("not permitted",
                      self.fails("echo 1 > services/web/destroy"))
        self.assertEqual(self.value("services/web/locked"), "1")
        self.costs({"POST /services/ID/unlock": 1},
                   "echo 0 > services/web/locked")
        self.costs({"PATCH /services/ID": 1}, "echo 4 > services/web/vcpu")
        self.assertEqual(self.value("services/web/vcpu"), "4")
        self.costs({"PUT /services/ID/domains": 1},
                   "printf 'a.example\\nb.example\\n' > services/web/domains")
        self.assertEqual(self.read("services/web/domains"),
                         "a.example\nb.example\n")
        for flag in "unfreeze_on_demand", "show_freeze_page":
            for value in "0", "1":
                self.costs({"PATCH /services/ID": 1},
                           f"echo {value} > services/web/{flag}")
                self.assertEqual(self.value("services/web", flag), value)

    def test_bootstrap(self):
        self.make("boot")
        script = "#!/bin/bash\necho second\nsleep 1000\n"
        self.save("services/boot/bootstrap", script)
        self.assertEqual(self.read("services/boot/bootstrap"), script)
        self.wait_for(lambda: "second" in self.read("services/boot/logs"),
                      "it runs the new one")
        self.costs({"POST /services/ID/redeploy": 1},
                   "echo 1 > services/boot/redeploy")
        self.assertEqual(self.save_error("services/boot/bootstrap", ""),
                         "EINVAL")

    def test_bootstrap_of_a_slow_answer(self):
        """The answer names a job, which is asked until it has ended."""
        self.make("slow", SLEEP)
        self.mount.restart()
        self.switch(early_answer=1, early_ms=0)
        self.server.answer("GET", "/jobs/*", {"status": "running"}, times=2)
        self.assertEqual(self.read("services/slow/bootstrap"), SLEEP)
        self.assertEqual(self.server.requests().get("GET /jobs/ID"), 3)

    def test_bootstrap_of_a_frozen_one(self):
        """As it was read last; otherwise it is not visible."""
        for name in "known", "unknown":
            self.make(name, SLEEP)
        self.mount.restart()
        self.assertEqual(self.read("services/known/bootstrap"), SLEEP)
        self.shell("echo frozen > services/known/state; "
                   "echo frozen > services/unknown/state")
        self.assertIn("bootstrap", os.listdir(self.at("services/known")))
        self.assertEqual(self.read("services/known/bootstrap"), SLEEP)
        self.assertNotIn("bootstrap", os.listdir(self.at("services/unknown")))
        self.assertEqual(self.error_of(
            self.read, "services/unknown/bootstrap"), "EBUSY")
        self.assertIn("unfreeze it", self.read(".unsandboxfs/errors"))
        self.server.reset()
        self.shell("grep -r . services/*/*[!v] >/dev/null; "
                   "echo running > services/unknown/state")
        self.assertEqual(self.server.requests().get(
            "POST /services/ID/execute"), None)
        self.assertNotIn("bootstrap", os.listdir(self.at("services/unknown")))
        self.assertEqual(self.read("services/unknown/bootstrap"), SLEEP)
        self.assertIn("bootstrap", os.listdir(self.at("services/unknown")))

    def test_commands(self):
        self.make("cmd")
        self.costs({"POST /services/ID/execute": 1},
                   "echo 'echo hi; echo no >&2; exit 3' > services/cmd/run/x")
        job = "services/cmd/run/x.job"
        self.assertEqual(self.results(job), ("completed", "3", "hi\n"))
        self.assertEqual(self.read(job, "stderr"), "no\n")
        self.shell("echo frozen > services/cmd/state")
        self.assertEqual(self.save_error("services/cmd/run/y", "true\n"),
                         "EBUSY")


    def test_env_of_commands(self):
        """Any bytes of UTF-8, for each command, with #! or without."""
        self.make("vars")
        self.session("vars")
        code = 'printf "%s|" "$A" "$B" "$C"; cd /\n'
        for run in "services/vars/run", "sessions/vars/run":
            self.save(f"{run}/.settings/env", "A=\"it's\"\nB='two\n"
                      "lines'\nC='$HOME `id` \\ é'\n")
            for name, script in (("x", code), ("y", "#!/bin/sh\n" + code)):
                self.save(f"{run}/{name}", script)
                self.assertEqual(self.results(f"{run}/{name}.job"), (
                    "completed", "0", "it's|two\nlines|$HOME `id` \\ é|"))
                self.assertEqual(self.read(run, f"{name}.job/code"), script)
            with open(self.at(run, ".settings/env"), "wb") as env:
                env.write(b"A=caf\xe9\n")
            self.assertEqual(self.save_error(run + "/z", code), "EILSEQ")
            os.unlink(self.at(run, ".settings/env"))
        self.save("services/vars/run/x", "echo \"[$A]\"")
        self.assertEqual(self.read("services/vars/run/x.job/stdout"), "[]\n")


class SnapshotLife(ResourceCase):
    """Snapshots, what is created from them, and images."""

    time_limit_s = 120

    def test_life(self):
        self.make("src")
        run = "services/src/run/"
        self.save(run + "a", "echo before > /tmp/note\n")
        self.costs({"POST /services/ID/snapshot": 1},
                   "mkdir services/src/snapshots/first")
        link = os.readlink(self.at("services/src/snapshots/first"))
        snapshot = os.path.normpath(f"services/src/snapshots/{link}")
        self.assertEqual(self.value(snapshot, "name"), "first")
        self.assertEqual(self.value(snapshot, "source_type"), "service")
        self.assertEqual(self.value(snapshot, "source/name"), "src")
        self.assertIn("File exists",
                      self.fails("mkdir services/src/snapshots/first"))
        self.save(run + "b", "echo after > /tmp/note\n")
        self.costs({"POST /snapshots/ID/restore": 1},
                   f"echo 1 > {snapshot}/restore")
        self.save(run + "c", "cat /tmp/note\n")
        self.assertEqual(self.read(run + "c.job/stdout"), "before\n")

        self.costs({"POST /snapshots/ID/clone": 1},
                   f"echo type=service name=copy > {snapshot}/clone")
        self.assertEqual(self.value("services/copy/id"),
                         self.value(snapshot, "clone"))
        self.shell(f"echo type=session shell=sh > {snapshot}/clone")
        session = self.value(snapshot, "clone")
        self.assertEqual(self.value("sessions", session, "shell"), "sh")
        self.shell(f"echo 1 > {snapshot}/locked")
        self.assertIn("not permitted",
                      self.fails(f"echo 1 > {snapshot}/destroy"))
        self.shell(f"echo 0 > {snapshot}/locked; echo 1 > {snapshot}/destroy")
        self.assertFalse(os.path.lexists(self.at(snapshot)))
        self.assertEqual(os.listdir(self.at("services/src/snapshots")), [])

    def test_hot_by_setting(self):
        self.make("hot")
        self.shell("echo 1 > services/hot/snapshots/.settings/hot; "
                   "mkdir services/hot/snapshots/live")
        self.assertTrue(json.loads(self.server.changes()[-1]["body"])["hot"])
        if not self.is_switched("lean_answers"):
            self.assertEqual(self.value("services/hot/snapshots/live/hot"),
                             "1")

    def test_image(self):
        self.make("img")
        self.shell("echo mine > services/img/images/.settings/description")
        self.costs({"POST /images": 1}, "mkdir services/img/images/base")
        image = os.path.relpath(os.path.realpath(self.at(
            "services/img/images/base")), os.path.realpath(self.mount.path))
        self.assertEqual(os.readlink(self.at("services/img/images/base")),
                         f"../../../{image}")
        self.assertEqual(self.value(image, "name"), "base")
        self.assertEqual(self.value(image, "description"), "mine")
        key = "unsb-pk-aaaa-bbbb-cccc-dddd"
        self.shell(f"touch {image}/trusted/{key}")
        self.assertEqual(os.listdir(self.at(image, "trusted")), [key])
        self.shell(f"rm {image}/trusted/{key}")
        self.assertEqual(os.listdir(self.at(image, "trusted")), [])
        self.shell(f"echo public > {image}/visibility")
        name = os.path.basename(image)
        self.assertEqual(os.listdir(self.at("images/public")), [name])
        self.assertEqual(self.value("images/public", name, "name"), "base")
        self.shell(f"echo 'name=spawned ports=8080' > {image}/spawn")
        self.assertEqual(self.value("services/spawned/id"),
                         self.value(image, "spawn"))
        self.shell(f"echo name=twin > {image}/clone")
        self.assertEqual(self.value(
            "images", self.value(image, "clone"), "name"), "twin")
        self.shell("echo 1 > services/img/destroy")
        self.assertEqual(self.value(image, "name"), "base")
        self.shell(f"echo 1 > {image}/destroy")
        self.assertFalse(os.path.lexists(self.at(image)))

    def test_image_of_a_snapshot(self):
        self.make("img2")
        self.shell("mkdir services/img2/snapshots/s")
        snapshot = "services/img2/snapshots/s"
        self.costs({"POST /images": 1}, f"mkdir {snapshot}/images/i")
        self.assertEqual(self.value(snapshot, "images/i/source_type"),
                         "snapshot")
        self.assertEqual(self.value(snapshot, "images/i/source_id"),
                         self.value(snapshot, "id"))
        self.assertEqual(os.listdir(self.at("services/img2/images")), [])
        self.assertIn("File exists",
                      self.fails(f"mkdir {snapshot}/images/i"))
        self.shell(f"echo 1 > {snapshot}/images/i/destroy")
        self.assertEqual(os.listdir(self.at(snapshot, "images")), [])

    def test_session(self):
        self.draft("sessions/new/s", shell="sh\n")
        self.costs({"POST /sessions": 1}, "mv sessions/new/s sessions/mine")
        self.assertEqual(self.value("sessions/mine/shell"), "sh")
        self.save("sessions/mine/run/a", "cd /tmp; X=5\n")
        self.save("sessions/mine/run/b", "echo $X; pwd\n")
        self.assertEqual(self.read("sessions/mine/run/b.job/stdout"),
                         "5\n/tmp\n")
        self.shell("echo 2 > sessions/mine/vcpu")
        self.assertEqual(self.value("sessions/mine/vcpu"), "2")
        self.shell("mkdir sessions/mine/snapshots/here")
        self.assertEqual(
            self.value("sessions/mine/snapshots/here/source_type"), "session")
        self.shell("echo frozen > sessions/mine/state")
        self.assertEqual(self.value("sessions/mine/state"), "frozen")
        self.mount.restart()
        self.assertEqual(self.value("sessions/mine/state"), "frozen")
        self.shell("echo 1 > sessions/mine/destroy")
        self.assertFalse(os.path.lexists(self.at("sessions/mine")))

    def test_session_by_other_names(self):
        session = self.session("alias")
        name = os.readlink(self.at(session))
        container = self.value(session, "container_name")
        self.assertEqual(os.readlink(self.at("sessions", container)), name)
        self.assertEqual(self.value("sessions", container, "id"), name)
        self.assertNotIn(container, os.listdir(self.at("sessions")))
        self.assertIn("alias", os.listdir(self.at("sessions")))


class NotAllowed(ResourceCase):
    """rmdir of a resource says what destroys it."""

    def test_rmdir(self):
        self.make("stays")
        self.shell("mkdir services/stays/snapshots/s")
        snapshot = os.path.basename(os.readlink(
            self.at("services/stays/snapshots/s")))
        self.server.reset()
        for path in "services/stays", f"snapshots/{snapshot}":
            self.assertIn("not permitted", self.fails(f"rmdir {path}"))
            self.assertRegex(self.read(".unsandboxfs/errors").splitlines()[-1],
                             f" /{path} 0 EPERM .*echo 1 > destroy")
            self.assertTrue(os.path.isdir(self.at(path)))
        self.assertEqual(self.server.changes(), [])


class AllowDelete(ResourceCase):
    """rmdir destroys if the mount has allow_delete."""

    options = "allow_delete"

    def test_rmdir(self):
        self.make("gone")
        self.costs({"DELETE /services/ID": 1}, "rmdir services/gone")
        self.assertEqual(sorted(os.listdir(self.at("services"))), ["new"])
