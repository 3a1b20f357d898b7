#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/test_server_un_others.py - requests of un.py, un.js, un.go and others
"""Recorded requests of more of the API's own clients, each signed as that
client signs, and checks for what would break the client in the answers."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "server"))
import harness  # noqa: E402
from harness import OTHER  # noqa: E402
from readers import (FILE, SERVE, ClientCase, Go, JavaScript,  # noqa: E402
                     Python)


class UnPy(ClientCase):
    """un.py's library and command line."""

    def setUp(self):
        self.un = Python(self.api)

    def sliced(self, items, *names):
        """The client slices these: it would fail on null."""
        self.assertTrue(items)
        for item in items:
            for name in names:
                self.assertIsInstance(item[name], str, name)

    def test_execute(self):
        ask = self.un.ask
        got = ask("POST", "/execute", {"language": "bash",
                                       "code": "echo hi; exit 3"})
        self.assertEqual((got["stdout"], got["exit_code"], got["status"]),
                         ("hi\n", 3, "completed"))
        self.assertIsInstance(got["execution_time_ms"], int)
        self.poll(self.un, got["job_id"])
        self.assertIsInstance(ask("GET", "/jobs")["jobs"], list)
        self.assertIs(ask("POST", "/keys/validate")["valid"], True)
        self.assertIn("bash", ask("GET", "/languages")["languages"])
        self.assertEqual(ask("GET", "/health")["status"], "ok")

    def test_session(self):
        ask = self.un.ask
        one = ask("POST", "/sessions", {"network_mode": "zerotrust",
                                        "ttl": 3600})["session_id"]
        here = f"/sessions/{one}"
        self.sliced(ask("GET", "/sessions")["sessions"], "id", "status",
                    "shell", "created_at")
        for word in ("freeze", "unfreeze", "boost", "unboost"):
            ask("POST", f"{here}/{word}", {})
        self.assertEqual(ask("POST", here + "/shell",
                             {"command": "echo hi"})["stdout"], "hi\n")
        shot = ask("POST", "/snapshots", {
            "session_id": one, "ephemeral": False, "name": "nm"})
        self.sliced([shot], "snapshot_id")
        self.sliced(ask("GET", "/snapshots")["snapshots"], "id", "name",
                    "source_type", "created_at")
        ask("POST", f"/snapshots/{shot['snapshot_id']}/restore", {})
        got = ask("POST", f"/snapshots/{shot['snapshot_id']}/clone",
                  {"type": "session"})
        ask("DELETE", f"/sessions/{got['session_id']}")
        ask("DELETE", f"/snapshots/{shot['snapshot_id']}")
        ask("DELETE", here)

    def test_service_and_image(self):
        ask = self.un.ask
        one = ask("POST", "/services", {
            "name": "py-web", "ports": [8480], "bootstrap_content": SERVE,
            "network_mode": "semitrusted"})["service_id"]
        here = f"/services/{one}"
        got = ask("GET", "/services")["services"]
        self.sliced(got, "id", "name", "status", "created_at")
        got = ask("POST", here + "/env", {"env": "A=1\nB=2"})
        self.assertEqual(got["count"], 2)
        self.assertEqual(ask("GET", here + "/env")["count"], 2)
        self.assertIn("A=1", ask("POST", here + "/env/export", {})["env"])
        ask("DELETE", here + "/env")
        ask("GET", here + "/logs?all=true")
        for word in ("freeze", "unfreeze", "lock", "unlock", "redeploy"):
            ask("POST", f"{here}/{word}", {})
        ask("PATCH", here, {"vcpu": 2})
        got = ask("POST", here + "/execute", {"command": "echo hi",
                                              "timeout": 30000})
        self.assertEqual(self.poll(self.un, got["job_id"])["stdout"], "hi\n")
        shot = ask("POST", "/snapshots", {"service_id": one, "name": "nm"})
        where = f"/snapshots/{shot['snapshot_id']}"
        for word in ("lock", "unlock"):
            ask("POST", f"{where}/{word}", {})
        got = ask("POST", where + "/clone", {
            "type": "service", "name": "py-clone", "ports": [8482]})
        ask("DELETE", f"/services/{got['service_id']}")
        ask("DELETE", where)
        image = ask("POST", "/images", {"source_type": "service",
                                        "source_id": one, "name": "N"})
        where = f"/images/{image['image_id']}"
        for word in ("lock", "unlock", "clone"):
            ask("POST", f"{where}/{word}", {})
        ask("POST", where + "/grant", {"trusted_api_key": OTHER})
        ask("GET", where + "/trusted")
        got = ask("POST", where + "/spawn", {
            "name": "py-sp", "ports": [8481], "network_mode": "zerotrust"})
        ask("DELETE", f"/services/{got['service_id']}")
        ask("DELETE", where)
        ask("DELETE", here)

    def test_logs(self):
        self.assertIn("sources", self.un.ask(
            "GET", "/logs?source=all&lines=10&since=5m"))


class UnJs(ClientCase):
    """un.js's library and command line."""

    program = JavaScript
    name = "js"

    def setUp(self):
        self.un = self.program(self.api)

    def dated(self, items):
        """The client calls new Date(n * 1000), which needs a number."""
        self.assertTrue(items)
        for item in items:
            self.assertGreater(int(item["created_at"]), 1e9)

    def test_execute(self):
        ask = self.un.ask
        got = ask("POST", "/execute", {
            "language": "bash", "code": "echo $A", "env": {"A": "1"},
            "network_mode": "semitrusted"})
        self.assertEqual((got["stdout"], got["exit_code"]), ("1\n", 0))
        self.poll(self.un, got["job_id"])
        ask("GET", "/jobs")
        self.assertIs(ask("POST", "/keys/validate", {})["valid"], True)

    def test_session(self):
        ask = self.un.ask
        one = ask("POST", "/sessions", {
            "network_mode": "zerotrust", "ttl": 3600,
            "shell": "bash"})["session_id"]
        here = f"/sessions/{one}"
        self.dated(ask("GET", "/sessions")["sessions"])
        self.assertEqual(ask("GET", here)["session_id"], one)
        ask("POST", here + "/freeze", {})
        ask("POST", here + "/unfreeze", {})
        ask("POST", here + "/boost", {"vcpu": 1})
        ask("POST", here + "/unboost", {})
        shot = ask("POST", "/snapshots", {
            "session_id": one, "hot": True, "name": "n"})["snapshot_id"]
        got = ask("GET", "/snapshots")["snapshots"]
        self.dated(got)
        self.assertEqual({item["type"] for item in got}, {"session"})
        ask("POST", f"/snapshots/{shot}/restore", {})
        got = ask("POST", f"/snapshots/{shot}/clone", {"name": "n2"})
        ask("DELETE", f"/sessions/{got['session_id']}")
        ask("DELETE", f"/snapshots/{shot}")
        ask("DELETE", here)

    def test_service_and_image(self):
        ask, name = self.un.ask, self.name
        one = ask("POST", "/services", {
            "name": f"{name}-web", "network_mode": "zerotrust",
            "bootstrap_content": SERVE})["service_id"]
        here = f"/services/{one}"
        self.dated(ask("GET", "/services")["services"])
        self.vault(here)
        self.assertIsInstance(ask("GET", here + "/logs?all=true")["logs"],
                              str)
        for word in ("freeze", "unfreeze", "lock", "unlock", "redeploy"):
            ask("POST", f"{here}/{word}", {})
        ask("PATCH", here, {"show_freeze_page": True})
        got = ask("POST", here + "/execute", {"command": "echo hi",
                                              "timeout": 30000})
        self.assertEqual(self.poll(self.un, got["job_id"])["exit_code"], 0)
        got = ask("POST", "/images", {"source_type": "service",
                                      "source_id": one, "name": "N"})
        where = f"/images/{got['image_id']}"
        for view in ("", "/owned"):
            got = ask("GET", "/images" + view)["images"]
            self.dated(got)
            self.assertIn(where, ["/images/" + i["image_id"] for i in got])
        ask("POST", where + "/grant", {"trusted_api_key": OTHER})
        self.assertIsInstance(ask("GET", where + "/trusted")["trusted"],
                              list)
        ask("POST", where + "/spawn", {"name": f"{name}-sp",
                                       "ports": [8580]})
        ask("POST", where + "/clone", {})
        ask("DELETE", where)
        ask("DELETE", here)

    def vault(self, here):
        """The client's way to set a vault."""
        ask = self.un.ask
        ask("PUT", here + "/env", {"content": "A=1\nB=2"})
        got = ask("POST", here + "/env/export", {})
        self.assertIn("A=1", got["content"])
        ask("DELETE", here + "/env", {})


class UnGo(UnJs):
    """un.go, as far as it differs from un.js."""

    program = Go
    name = "go"

    def dated(self, items):
        self.assertTrue(items)

    def vault(self, here):
        ask = self.un.ask
        self.assertEqual(ask("POST", here + "/env", {"A": "1", "B": "2"})
                         ["count"], 2)
        got = ask("POST", here + "/env/export", {})
        self.assertIn("A=1", got["content"])
        ask("DELETE", here + "/env", {"keys": ["A"]})
        self.assertNotIn("A=1", ask("POST", here + "/env/export", {})
                         ["content"])
        ask("DELETE", here + "/env")

    def test_calls_of_go_only(self):
        ask = self.un.ask
        one = ask("POST", "/services", {"name": "go-own", "ports": None,
                                        "bootstrap": ""})
        self.assertTrue(one["url"])
        here = f"/services/{one['service_id']}"
        ask("POST", here + "/resize", {"vcpu": 2})
        got = ask("POST", "/images", {"source_type": "service",
                                      "source_id": one["service_id"]})
        where = f"/images/{got['image_id']}"
        ask("POST", where + "/grant", {"trusted_key": OTHER})
        got = ask("GET", where + "/trusted")["trusted"]
        self.assertEqual([key["api_key"] for key in got], [OTHER])
        self.assertEqual(len(ask("GET", "/images/mine")["images"]), 1)
        ask("GET", "/paas/logs?lines=5")
        ask("DELETE", here)


class Others(ClientCase):
    """Names and paths that thirty more clients use. Some send network instead
    of network_mode, which the API ignores."""
    options = (*ClientCase.options, "--switch", "obey_network,old_patch")

    def setUp(self):
        self.ask = Go(self.api).ask

    def test_requests(self):
        rows = [
            {"network": "semitrusted"}, {"return_artifacts": True},
            {"artifacts": True},
            {"input_files": [{"filename": "d.txt\n",
                              "content_base64": FILE["content"] + "\n"}]}]
        for fields in rows:
            self.api.control("DELETE", "/executions")
            got = self.ask("POST", "/execute", {
                "language": "bash", "code": "cat d.txt 2>&1; "
                "echo a > /tmp/artifacts/a", **fields})
            seen, = self.api.control("GET", "/executions")
            name = next(iter(fields))
            if name == "network":
                self.assertEqual(seen["network_mode"], "semitrusted")
            elif name == "input_files":
                self.assertEqual((seen["input_files"], got["stdout"]),
                                 (["d.txt"], "hi\n"))
            else:
                self.assertTrue(seen["return_artifact"], name)
                self.assertEqual(got["artifacts"][0]["filename"], "a")

    def test_sessions(self):
        for fields in ({"persistence": "tmux"}, {"tmux": True},
                       {"multiplexer": "tmux"}):
            got = self.ask("POST", "/sessions", fields)
            self.assertEqual(got["multiplexer"], "tmux")
            self.ask("DELETE", f"/sessions/{got['id']}")
        got = self.ask("POST", "/sessions", {"audit": True})
        got = self.ask("DELETE", f"/sessions/{got['id']}?audit=1")
        self.assertTrue(got["artifacts"])

    def test_jobs(self):
        got = self.ask("POST", "/execute/async", {
            "language": "bash", "code": "sleep 60"})
        self.assertEqual(got["status"], "pending")
        self.ask("GET", "/jobs?limit=5")
        self.ask("POST", f"/jobs/{got['job_id']}/cancel", {})
        began = time.monotonic()
        got = self.ask("GET", f"/jobs/{got['job_id']}/wait")
        self.assertEqual(got["status"], "cancelled")
        self.assertLess(time.monotonic() - began, 30)
        self.ask("POST", "/paas/logs", {"source": "all", "lines": 5})

    def test_service(self):
        got = self.ask("POST", "/services", {
            "name": "other", "domains": ["a.com"],
            "bootstrap_url": "http://127.0.0.1:1/x"})
        here = f"/services/{got['id']}"
        self.assertEqual(self.ask("GET", here)["custom_domains"], ["a.com"])
        self.ask("POST", here + "/env", {"env": {"A": "1", "B": "2"}})
        self.ask("DELETE", here + "/env?keys=A,B")
        self.ask("GET", here + "/logs?lines=5")
        image = self.ask("POST", "/images/publish", {
            "source_type": "service", "source_id": got["id"]})["id"]
        for view in ("owned", "mine", "shared", "public"):
            self.ask("GET", f"/images?filter={view}")
        for method, path in (("POST", "access"), ("POST", "access/grant"),
                             ("POST", "grant-access"),
                             ("POST", "revoke-access"),
                             ("POST", "access/revoke"), ("GET", "access")):
            self.ask(method, f"/images/{image}/{path}",
                     {"api_key": OTHER} if method == "POST" else None)
        self.ask("POST", f"/images/{image}/access", {"api_key": OTHER})
        got = self.ask("DELETE", f"/images/{image}/access/{OTHER}")
        self.assertEqual(got["trusted_keys"], [])
        self.ask("DELETE", here)


if __name__ == "__main__":
    harness.main()
