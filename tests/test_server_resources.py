#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/test_server_resources.py - sessions, services, snapshots and images
import base64
import gzip
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "server"))
import harness  # noqa: E402
from harness import OTHER, OTHER_SECRET, PUBLIC, SECRET  # noqa: E402


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Resources(harness.Case):
    def ok(self, method, path, body=b"", status=200, **more):
        got = self.api(method, path, body, **more)
        self.assertEqual(got.status, status, got)
        return got.json

    def refused(self, status, code, method, path, body=b"", **more):
        got = self.api(method, path, body, **more)
        self.assertEqual((got.status, got.json["code"]), (status, code), got)
        return got.json

    def session(self, **fields):
        return self.ok("POST", "/sessions", fields)["session_id"]

    def shell(self, session, command, path="execute", **fields):
        return self.ok("POST", f"/sessions/{session}/{path}",
                       dict(fields, command=command))

    def service(self, **fields):
        return self.ok("POST", "/services", fields)["service_id"]

    def command(self, service, command, **fields):
        got = self.ok("POST", f"/services/{service}/execute",
                      dict(fields, command=command), 202)
        return self.api.wait(got["job_id"])

    def items(self, kind):
        got = self.ok("GET", f"/{kind}")
        self.assertEqual(got["count"], len(got[kind]))
        return {item["id"]: item for item in got[kind]}


class Sessions(Resources):
    def test_state_is_kept(self):
        one = self.session()
        self.shell(one, "cd /; x=5; f() { echo \"f $1\"; }")
        got = self.shell(one, "pwd; echo $x; f 1; echo e >&2; false")
        self.assertEqual((got["stdout"], got["stderr"], got["exit_code"]),
                         ("/\n5\nf 1\n", "e\n", 1))
        got = self.shell(one, "printf 'no newline'", path="shell")
        self.assertEqual(got["stdout"], "no newline")
        self.assertEqual(
            self.ok("GET", "/jobs/" + got["job_id"])["stdout"], "no newline")
        got = self.shell(one, "if")
        self.assertNotEqual(got["exit_code"], 0)
        self.assertEqual(self.shell(one, "echo $x")["stdout"], "5\n")
        got = self.shell(one, "echo bye; exit 3")
        self.assertEqual((got["stdout"], got["exit_code"]), ("bye\n", 3))
        self.assertEqual(self.shell(one, "echo \"<$x>\"")["stdout"], "<>\n")

    def test_timeout(self):
        one = self.session()
        got = self.shell(one, "echo a; sleep 60", timeout=1500)
        self.assertEqual((got["status"], got["stdout"]), ("timeout", "a\n"))
        self.assertEqual(self.shell(one, "echo b")["stdout"], "b\n")

    def test_delete_ends_a_command(self):
        one = self.session()
        got = []
        thread = threading.Thread(
            target=lambda: got.append(self.shell(one, "sleep 60")))
        thread.start()
        self.until(lambda: self.api.control("GET", "/executions"))
        time.sleep(0.2)
        self.assertEqual(self.ok("DELETE", "/sessions/" + one)["status"],
                         "terminated")
        thread.join(10)
        self.assertFalse(thread.is_alive())
        self.refused(404, "SESSION_NOT_FOUND", "GET", "/sessions/" + one)

    def test_fields(self):
        one = self.ok("POST", "/sessions", {
            "network_mode": "semitrusted", "ttl": 3600, "shell": "sh",
            "persistence": "tmux", "vcpu": 2, "input_files": [
                {"filename": "f", "content": "aGk="}]})
        self.assertEqual(one["id"], one["session_id"])
        got = self.items("sessions")[one["id"]]
        self.assertEqual(
            (got["shell"], got["network_mode"], got["multiplexer"],
             got["vcpu"], got["status"]),
            ("sh", "semitrusted", "tmux", 2, "running"))
        self.assertIn(got["remaining_ttl"], range(3590, 3601))
        for value in got.values():
            self.assertNotIsInstance(value, (dict, list, type(None)))
        self.assertEqual(self.shell(one["id"], "cat f /tmp/input/f")
                         ["stdout"], "hihi")
        # the container's name works as well
        self.assertEqual(
            self.ok("GET", "/sessions/" + one["container_name"])["id"],
            one["id"])
        self.refused(426, "UPGRADE_REQUIRED", "GET",
                     f"/sessions/{one['id']}/shell")
        self.refused(400, "INVALID_TTL", "POST", "/sessions", {"ttl": -1})

    def test_freeze(self):
        one = self.session()
        self.shell(one, "x=7; while :; do date +%N > t; sleep .02; done &")
        for down, up, word in (("freeze", "unfreeze", "frozen"),
                               ("sleep", "wake", "sleeping")):
            got = self.ok("POST", f"/sessions/{one}/{down}", {})
            self.assertEqual((got["status"], got["state"]), (word, word))
            self.assertEqual(self.ok("GET", f"/sessions/{one}")["status"],
                             word)
            self.refused(409, "NOT_RUNNING", "POST",
                         f"/sessions/{one}/execute", {"command": "true"})
            got = self.ok("POST", f"/sessions/{one}/{up}", {})
            self.assertEqual(got["status"], "running")
            self.assertIn("unfreeze_time_ms", got)
            self.assertEqual(self.shell(one, "echo $x")["stdout"], "7\n")

    def test_boost(self):
        one = self.session()
        self.assertEqual(self.ok("POST", f"/sessions/{one}/boost",
                                 {"vcpu": 4})["vcpu"], 4)
        self.assertTrue(self.items("sessions")[one]["boosted"])
        self.refused(400, "INVALID_VCPU", "POST", f"/sessions/{one}/boost",
                     {"vcpu": 9})
        self.assertEqual(self.ok("POST", f"/sessions/{one}/unboost",
                                 {})["vcpu"], 1)

    def test_audit(self):
        one = self.ok("POST", "/sessions?audit=1", {})["id"]
        self.shell(one, "echo hello")
        got = self.ok("DELETE", f"/sessions/{one}?audit=1")
        files = {a["filename"]: base64.b64decode(a["content_base64"])
                 for a in got["artifacts"]}
        self.assertEqual(gzip.decompress(files["session.log.gz"]),
                         b"$ echo hello\nhello\n")
        self.assertEqual(files["bash_history"], b"echo hello\n")

    def test_lock(self):
        one = self.session()
        self.ok("POST", f"/sessions/{one}/lock", {})
        self.refused(403, "RESOURCE_LOCKED", "DELETE", f"/sessions/{one}")
        self.assertIn(one, self.items("sessions"))
        self.ok("POST", f"/sessions/{one}/unlock", {})
        self.ok("DELETE", f"/sessions/{one}")
        self.assertNotIn(one, self.items("sessions"))

    def test_ttl_ends_it(self):
        one = self.session(ttl=100)
        self.api.control("PUT", "/clock", {"skew_s": 99})
        self.assertIn(one, self.items("sessions"))
        self.api.control("PUT", "/clock", {"skew_s": 101})
        self.assertNotIn(one, self.items("sessions"))
        self.api.control("PUT", "/clock", {"skew_s": 0})

    def test_times_for_everyone(self):
        one = self.session()
        for agent, kind in (("python-requests/2", str), (None, int),
                            ("un-js/2.0", int), ("un-cli/2.0", int),
                            ("other/1", str)):
            got = self.ok("GET", f"/sessions/{one}", agent=agent)
            self.assertIsInstance(got["created_at"], kind)


class Services(Resources):
    def fetch(self, port, seconds=10):
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/page",
                                      timeout=seconds).read()

    def test_life(self):
        port = free_port()
        script = (f"#!/bin/sh\necho started $WORD\necho $WORD > page\n"
                  f"exec python3 -m http.server {port} --bind 127.0.0.1\n")
        got = self.ok("POST", "/services", {
            "name": "web", "ports": [port], "bootstrap_content": script,
            "env": {"WORD": "hello"}, "custom_domains": ["a.com"]})
        self.assertEqual((got["name"], got["ports"], got["status"],
                          got["url"]),
                         ("web", [port], "starting",
                          "https://web.on.unsandbox.com"))
        one = got["service_id"]

        def up():
            try:
                return self.fetch(port) == b"hello\n"
            except OSError:
                return False
        self.until(up)
        self.assertIn("started hello",
                      self.ok("GET", "/services/web/logs")["log"])
        self.refused(409, "NAME_TAKEN", "POST", "/services", {"name": "web"})

        self.assertEqual(self.ok("POST", "/services/web/freeze", {})
                         ["state"], "frozen")
        with self.assertRaises(OSError):
            self.fetch(port, 0.5)
        self.refused(409, "NOT_RUNNING", "POST", "/services/web/execute",
                     {"command": "true"})
        self.ok("POST", "/services/web/unfreeze", {})
        self.assertEqual(self.fetch(port), b"hello\n")

        snapshot = self.ok("POST", f"/services/{one}/snapshot",
                           {"name": "before", "hot": True})
        self.assertEqual((snapshot["source_type"], snapshot["source_id"],
                          snapshot["name"], snapshot["hot"]),
                         ("service", one, "before", True))
        self.command("web", "echo changed > page")
        self.assertEqual(self.fetch(port), b"changed\n")
        self.assertEqual(self.ok("POST", f"/snapshots/{snapshot['id']}"
                                 "/restore")["status"], "restored")
        self.until(up)

        got = self.ok("POST", "/services/web/redeploy", {
            "bootstrap": "echo again; cat more", "input_files": [
                {"filename": "more", "content": "bW9yZQo="}]})
        self.assertEqual(got["state"], "redeploying")
        self.until(lambda: "again\nmore" in
                   self.ok("GET", "/services/web/logs")["logs"])
        self.assertRaises(OSError, self.fetch, port)

        self.ok("POST", "/services/web/lock", {})
        self.refused(403, "RESOURCE_LOCKED", "DELETE", "/services/web")
        self.ok("POST", "/services/web/unlock", {})
        self.assertEqual(self.ok("DELETE", "/services/web")["status"],
                         "destroyed")
        self.refused(404, "SERVICE_NOT_FOUND", "GET", "/services/web")

    def test_execute(self):
        one = self.service(name="exec", bootstrap_content="echo boot")
        for agent, status in ((None, 202), ("test/1", 202),
                              ("un-cli/2.0", 200)):
            got = self.ok("POST", "/services/exec/execute",
                          {"command": "echo a; echo b >&2; exit 4\n",
                           "timeout": 30000}, status, agent=agent)
            if status == 202:  # a busy machine may be slow
                got = self.api.wait(got["job_id"])
            self.assertEqual(
                (got["stdout"], got["stderr"], got["exit_code"],
                 got["status"]), ("a\n", "b\n", 4, "completed"))
        got = self.ok("POST", f"/services/{one}/execute",
                      {"command": "sleep 3; echo late"}, 202)
        self.assertEqual(got["status"], "running")
        self.assertEqual(self.api.wait(got["job_id"])["stdout"], "late\n")
        got = self.command(one, "echo a; sleep 60", timeout=1500)
        self.assertEqual((got["status"], got["stdout"]), ("timeout", "a\n"))
        self.assertEqual(self.command(one, "cat /tmp/bootstrap.sh; cat f",
                                      input_files=[{"filename": "f",
                                                    "content": "aGk="}])
                         ["stdout"], "echo boothi")
        self.refused(400, "MISSING_COMMAND", "POST",
                     "/services/exec/execute", {})

    def test_values(self):
        one = self.service(name="values", vcpu=2, service_type="tcp")
        got = self.items("services")[one]
        self.assertEqual((got["state"], got["status"], got["vcpu"],
                          got["ports"], got["service_type"], got["locked"]),
                         ("running", "running", 2, [], "tcp", False))
        for method, path, body in (
                ("PATCH", "", {"unfreeze_on_demand": False}),
                ("PATCH", "", {"show_freeze_page": True}),
                ("PATCH", "", {"vcpu": 4}), ("POST", "/resize", {"vcpu": 8})):
            got = self.ok(method, f"/services/{one}{path}", body)
            for key, value in body.items():
                self.assertEqual(got[key], value)
        self.service(name="taken")
        self.assertEqual(self.ok("PATCH", f"/services/{one}",
                                 {"name": "taken"})["name"], "values")
        self.api.control("PUT", "/switches", {"old_patch": True})
        self.refused(409, "NAME_TAKEN", "PATCH", f"/services/{one}",
                     {"name": "taken"})
        self.api.control("DELETE", "/switches")
        self.refused(400, "INVALID_VCPU", "PATCH", f"/services/{one}",
                     {"vcpu": 0})
        self.assertEqual(self.ok("GET", f"/services/{one}")["vcpu"], 8)
        for body, want in (({"add": ["a.com", "b.com"]}, ["a.com", "b.com"]),
                           ({"remove": ["a.com"]}, ["b.com"]),
                           ({"custom_domains": ["c.com"]}, ["c.com"]),
                           ({"domains": "d.com,e.com"},
                            ["d.com", "e.com"])):
            got = self.ok("PUT", f"/services/{one}/domains", body)
            self.assertEqual(got["custom_domains"], want)
        self.refused(400, "NO_BOOTSTRAP", "POST",
                     f"/services/{one}/redeploy", {})
        self.refused(400, "INVALID_PORTS", "POST", "/services",
                     {"name": "p", "ports": [70000]})

    def test_logs(self):
        self.service(name="log", bootstrap="seq 20000")

        def log(query=""):
            return self.ok("GET", "/services/log/logs" + query,
                           signed_path="/services/log/logs" + query)["log"]
        every = "".join(f"{n}\n" for n in range(1, 20001))
        self.until(lambda: log("?all=true") == every)
        self.assertEqual(log().splitlines()[0], "11001")
        self.assertEqual(log("?lines=3"), "19998\n19999\n20000\n")

    def test_vault(self):
        path = "/services/vault/env"
        self.service(name="vault")
        self.refused(404, "VAULT_NOT_FOUND", "POST", path + "/export")
        self.assertFalse(self.ok("GET", path)["has_vault"])
        dotenv = "# a comment\nA=1\nexport B=\"two words\"\n\nC='x=y'\n"
        rows = [
            ("PUT", dotenv, "text/plain", dotenv),
            ("PUT", {"content": dotenv}, "application/json", dotenv),
            ("POST", {"env": dotenv}, "application/json", dotenv),
            ("POST", {"env": {"A": "1", "B": "two words", "C": "x=y"}},
             "application/json", 'A=1\nB="two words"\nC=x=y\n'),
            ("POST", {"A": "1", "B": "two words", "C": "x=y"},
             "application/json", 'A=1\nB="two words"\nC=x=y\n'),
        ]
        for method, body, kind, want in rows:
            with self.subTest(method=method, body=body):
                got = self.ok(method, path, body, kind=kind)
                self.assertEqual(got["count"], 3)
                got = self.ok("POST", path + "/export", {})
                self.assertEqual((got["env"], got["content"]), (want, want))
                got = self.api("GET", path + "?format=export")
                self.assertEqual(got.body.decode(), want)
                self.assertEqual(
                    self.command("vault", 'echo "$A,$B,$C"')["stdout"],
                    "1,two words,x=y\n")
        got = self.ok("GET", path)
        self.assertEqual((got["has_vault"], got["exists"], got["count"],
                          got["variable_count"], got["env"]),
                         (True, True, 3, 3, {}))
        self.assertIsInstance(got["updated_at"], int)
        self.ok("DELETE", path, {"keys": ["A"]})
        self.assertEqual(self.ok("DELETE", path + "?keys=B,x")["count"], 1)
        self.assertEqual(self.ok("DELETE", path)["status"], "deleted")
        self.refused(404, "VAULT_NOT_FOUND", "DELETE", path)
        self.refused(413, "VAULT_TOO_LARGE", "PUT", path, "A=" + "x" * 65536,
                     kind="text/plain")


class Snapshots(Resources):
    def test_session(self):
        one = self.session(shell="sh")
        self.shell(one, "mkdir d; echo before > d/f; ln -s d/f l;"
                   " chmod 600 d/f")
        rows = [(f"/sessions/{one}/snapshot", {"name": "s"}),
                ("/snapshots", {"source_type": "session", "source_id": one}),
                ("/snapshots", {"session_id": one, "ephemeral": False})]
        shots = [self.ok("POST", path, body) for path, body in rows]
        self.assertEqual([s["name"] for s in shots], ["s", "", ""])
        self.assertEqual([s["hot"] for s in shots], [False, False, True])
        for shot in shots:
            self.assertEqual(shot["id"], shot["snapshot_id"])
            self.assertGreater(shot["size_bytes"], 0)
        self.shell(one, "echo after > d/f; rm l; x=1")
        for path in (f"/snapshots/{shots[0]['id']}/restore",
                     f"/sessions/{shots[1]['id']}/restore",
                     f"/sessions/{one}/restore"):
            self.shell(one, "echo after > d/f")
            self.assertEqual(self.ok("POST", path, {})["status"], "restored")
            got = self.shell(one, "cat l; stat -c %a d/f; echo \"<$x>\"")
            self.assertEqual(got["stdout"], "before\n600\n<>\n")
        clone = self.ok("POST", f"/snapshots/{shots[0]['id']}/clone",
                        {"name": "n"})
        self.assertEqual((clone["name"], clone["shell"]), ("n", "sh"))
        self.assertEqual(self.shell(clone["session_id"], "cat d/f")
                         ["stdout"], "before\n")
        service = self.ok("POST", f"/snapshots/{shots[0]['id']}/clone",
                          {"clone_type": "service", "name": "from-shot",
                           "ports": [8080, 8081]})
        self.assertEqual(service["ports"], [8080, 8081])
        self.assertEqual(self.command("from-shot", "cat d/f")["stdout"],
                         "before\n")
        self.refused(400, "INVALID_TYPE", "POST",
                     f"/snapshots/{shots[0]['id']}/clone", {"type": "x"})
        self.ok("DELETE", "/sessions/" + one)
        self.refused(404, "SOURCE_NOT_FOUND", "POST",
                     f"/snapshots/{shots[0]['id']}/restore")
        for shot in shots:
            self.ok("POST", f"/snapshots/{shot['id']}/lock", {})
            self.refused(403, "RESOURCE_LOCKED", "DELETE",
                         f"/snapshots/{shot['id']}")
            self.ok("POST", f"/snapshots/{shot['id']}/unlock", {})
            self.assertEqual(self.ok("DELETE", f"/snapshots/{shot['id']}")
                             ["status"], "deleted")
        self.refused(400, "MISSING_SOURCE", "POST", "/snapshots", {})
        self.refused(404, "SOURCE_NOT_FOUND", "POST", "/snapshots",
                     {"session_id": one})

    def test_seed(self):
        got = self.api.control("PUT", "/seed", {"snapshots": 100000,
                                                "services": 3})
        self.assertEqual((got["snapshots"], got["services"]), (100000, 3))
        items = self.items("snapshots")
        self.assertGreaterEqual(len(items), 100000)
        seeded = [i for i in items.values() if i["name"].startswith("seed-")]
        self.assertEqual(len({i["created_at"] for i in seeded}), 100000)
        for key in ("snapshot_id", "source_type", "source_id", "size_bytes",
                    "locked", "hot", "container_name", "status"):
            self.assertIn(key, seeded[0])
        odd = ["..", "a/b", "", "x" * 300, "a\nb", "new", "..", "é"]
        self.api.control("PUT", "/seed", {"snapshots": [
            {"id": f"odd-{n}", "name": name} for n, name in enumerate(odd)]})
        items = self.items("snapshots")
        self.assertEqual([items[f"odd-{n}"]["name"]
                          for n in range(len(odd))], odd)
        self.ok("DELETE", "/snapshots/odd-0")


class Images(Resources):
    options = ("--key", f"{PUBLIC}:{SECRET}",
               "--key", f"{OTHER}:{OTHER_SECRET}")

    def other(self, method, path, body=b""):
        return self.api(method, path, body, key=OTHER, secret=OTHER_SECRET)

    def views(self, ask):
        return {view: [i["id"] for i in ask("GET", "/images" + view)
                       .json["images"]]
                for view in ("", "/owned", "/shared", "/public")}

    def mine(self, method, path, body=b""):
        return self.api(method, path, body)

    def test_life(self):
        self.service(name="src", bootstrap_content="cat f",
                     ports=[8099], input_files=[
                         {"filename": "f", "content": "aGkK"}])
        image = self.ok("POST", "/images", {
            "source_type": "service", "source_id": "src", "name": "img",
            "description": "d"})
        one = image["image_id"]
        self.assertEqual((image["id"], image["name"], image["visibility"],
                          image["locked"], image["owner_api_key"],
                          image["trusted_keys"], image["description"]),
                         (one, "img", "private", False, PUBLIC, [], "d"))
        self.ok("DELETE", "/services/src")
        for ports in ([9001], "9002, 9003"):
            got = self.ok("POST", f"/images/{one}/spawn", {
                "name": f"sp-{len(ports)}", "ports": ports,
                "network_mode": "zerotrust"})
            self.assertEqual(got["source_image"], one)
            self.until(lambda: self.ok(
                "GET", f"/services/sp-{len(ports)}/logs")["log"] == "hi\n")
        self.assertEqual(self.ok("GET", "/services/sp-10")["ports"],
                         [9002, 9003])
        clone = self.ok("POST", f"/images/{one}/clone", {})
        self.assertNotEqual(clone["id"], one)
        self.ok("DELETE", "/images/" + clone["id"])

        self.assertEqual(self.other("GET", "/images/" + one).status, 404)
        for body, path, listed in (
                ({"trusted_api_key": OTHER}, "grant", True),
                ({"api_key": OTHER}, "revoke", False),
                ({"trusted_key": OTHER}, "access", True),
                ({"trusted_api_key": OTHER}, "access/revoke", False),
                ({"trusted_api_key": OTHER}, "grant-access", True)):
            got = self.ok("POST", f"/images/{one}/{path}", body)
            self.assertEqual(got["trusted_keys"], [OTHER] if listed else [])
            self.assertEqual(self.views(self.other)["/shared"],
                             [one] if listed else [])
        got = self.ok("GET", f"/images/{one}/trusted")
        self.assertEqual((got["trusted_keys"], got["trusted"]),
                         ([OTHER], [{"api_key": OTHER}]))
        self.assertEqual(self.other("DELETE", "/images/" + one).status, 403)
        self.ok("DELETE", f"/images/{one}/access/{OTHER}")
        self.ok("POST", f"/images/{one}/visibility",
                {"visibility": "public"})
        self.assertEqual(self.views(self.other), {
            "": [one], "/owned": [], "/shared": [], "/public": [one]})
        self.assertEqual(self.views(self.mine), {
            "": [one], "/owned": [one], "/shared": [], "/public": [one]})
        got = self.ok("GET", "/images?filter=owned")
        self.assertEqual(len(got["images"]), 1)
        self.assertNotIn("trusted_keys", got["images"][0])
        self.refused(400, "INVALID_VISIBILITY", "POST",
                     f"/images/{one}/visibility", {"visibility": "x"})
        self.ok("POST", f"/images/{one}/lock", {})
        self.refused(403, "RESOURCE_LOCKED", "DELETE", "/images/" + one)
        self.ok("POST", f"/images/{one}/unlock", {})
        self.ok("POST", f"/images/{one}/transfer", {"to_api_key": OTHER})
        self.assertEqual(self.other("GET", "/images/owned")
                         .json["count"], 1)
        self.assertEqual(self.other("DELETE", "/images/" + one).status, 200)

    def test_publish_path(self):
        one = self.session()
        shot = self.ok("POST", f"/sessions/{one}/snapshot", {})["id"]
        got = self.ok("POST", "/images/publish", {
            "source_type": "snapshot", "source_id": shot})
        self.assertEqual((got["source_type"], got["name"]), ("snapshot", ""))
        self.ok("DELETE", "/images/" + got["id"])


class Sudo(Resources):
    options = ("--sudo",)

    def test_challenge(self):
        one = self.service(name="s")
        shot = self.ok("POST", "/services/s/snapshot", {})["id"]
        for method, path in (("POST", f"/snapshots/{shot}/unlock"),
                             ("DELETE", f"/snapshots/{shot}"),
                             ("POST", f"/services/{one}/unlock"),
                             ("DELETE", f"/services/{one}")):
            with self.subTest(path=path):
                got = self.refused(428, "SUDO_REQUIRED", method, path)
                state = self.api.control("GET", "")
                self.assertEqual(got["challenge_id"],
                                 state["last_challenge_id"])
                code = state["last_otp"]
                wrong = f"{(int(code) + 1) % 1000000:06}"
                fields = {"X-Sudo-OTP": wrong,
                          "X-Sudo-Challenge": got["challenge_id"]}
                self.refused(403, "SUDO_FAILED", method, path, headers=fields)
                fields["X-Sudo-OTP"] = code
                other = (("DELETE", path[:-len("/unlock")])
                         if method == "POST" else ("POST", path + "/unlock"))
                self.refused(403, "SUDO_FAILED", *other, headers=fields)
                self.ok(method, path, headers=fields)
                got = self.api(method, path, headers=fields)
                self.assertIn(got.status, (403, 404))
        self.refused(404, "SERVICE_NOT_FOUND", "DELETE", "/services/s")
        two = self.session()
        self.refused(428, "SUDO_REQUIRED", "DELETE", f"/sessions/{two}")
        code = self.api.control("GET", "")["last_otp"]
        self.ok("DELETE", f"/sessions/{two}", headers={"X-Sudo-OTP": code})


class Kept(harness.unittest.TestCase):
    def test_restart(self):
        folder = tempfile.mkdtemp(prefix="test-server-")
        self.addCleanup(shutil.rmtree, folder)
        data = os.path.join(folder, "data")
        api = harness.Standin("--data", data, folder=folder)
        self.addCleanup(lambda: api.process.poll() is None and api.stop())
        one = api("POST", "/sessions", {"ttl": 500}).json["id"]
        api("POST", f"/sessions/{one}/execute", {"command": "echo hi > f"})
        api("POST", "/services", {"name": "web", "bootstrap": "echo up; id",
                                  "ports": [8088], "env": {"A": "b"}})
        shot = api("POST", f"/sessions/{one}/snapshot", {"name": "x"}).json
        gone = api("POST", f"/sessions/{one}/snapshot", {}).json["id"]
        api("DELETE", f"/snapshots/{gone}")
        job = api.run("bash", "true")["job_id"]
        running = api.submit("bash", "sleep 100")
        for sig in (15, 9):
            api.stop(sig)
            api = harness.Standin("--data", data, folder=folder)
            got = api("POST", f"/sessions/{one}/execute",
                      {"command": "cat f"}).json
            self.assertEqual(got["stdout"], "hi\n")
            got = api("GET", "/services/web").json
            self.assertEqual((got["ports"], got["state"]), ([8088],
                                                            "running"))
            self.assertEqual(
                api("POST", "/services/web/env/export").json["env"], "A=b\n")
            got = api("GET", "/snapshots").json
            self.assertEqual([s["id"] for s in got["snapshots"]],
                             [shot["id"]])
            for forgotten in (job, running):
                self.assertEqual(api("GET", f"/jobs/{forgotten}").status, 404)
        api.stop()


if __name__ == "__main__":
    harness.main()
