#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/test_server_un_c.py - requests of un.c, and how it reads the answers
"""Recorded requests of the API's own client in C, in an order in which users
would give such commands. The client has no parser: each answer is searched for
text in the same way as it does."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "server"))
import harness  # noqa: E402
from harness import OTHER, OTHER_SECRET  # noqa: E402
from readers import (C, FILE, SERVE, ClientCase, Unreadable,  # noqa: E402
                     c_number, c_text)

CLI = "un-cli/2.0"


class Reader(harness.unittest.TestCase):
    """un.c's reader is imitated with its errors."""

    def test_text(self):
        for text, want in (
                ('{"a":"b"}', "b"), ('{"a": "b"}', None), ('{"a":1}', None),
                (r'{"a":"x\n\"\\y"}', 'x\n"\\y'), (r'{"a":"\u00e9"}', "u00e9"),
                ('{"a":null,"b":{"a":"c"}}', "c")):
            self.assertEqual(c_text(text, "a"), want, text)

    def test_number(self):
        for text, want in (('{"a":12}', 12), ('{"a": 3}', 3), ("{}", -1),
                           ('{"a":true}', 0), ('{"a":"7"}', 0)):
            self.assertEqual(c_number(text, "a"), want, text)

    def test_what_it_cannot_read(self):
        un = C(None)
        for body in ('{"sessions":[{"id":"a","tags":[]},{"id":"b"}],'
                     '"count":2}',
                     '{"sessions":[{"id":"a"}]}',
                     '{"sessions":[{"id":null},{"id":"b"}],"count":2}'):
            got = harness.Answer(200, {}, body.encode())
            with self.assertRaises(Unreadable, msg=body):
                un.judge(got, {"reads": "sessions[id]"})
        for body in (b'{"a": 1}', b"[]", b'{"a":"\\u00e9"}'):
            with self.assertRaises(Unreadable, msg=body):
                un.judge(harness.Answer(200, {}, body), {})


class UnC(ClientCase):
    """un.c's command line, call by call."""

    def setUp(self):
        self.un = C(self.api)

    def test_execute(self):
        ask = self.un.ask
        got = ask("POST", "/execute", {
            "language": "bash", "code": "cat d.txt; echo \"$A é\\\\\" >&2;"
            " echo x > /tmp/artifacts/x", "input_files": [FILE],
            "env": {"A": "1"}, "return_artifact": True, "vcpu": 2,
            "network_mode": "semitrusted", "ttl": 30}, agent=CLI,
            reads="stdout stderr job_id status artifacts[filename "
                  "content_base64]")
        self.assertEqual((got["stdout"], got["stderr"], got["status"]),
                         ("hi\n", "1 é\\\n", "completed"))
        self.assertNotIn("error", got)
        got = ask("GET", f"/jobs/{got['job_id']}", agent=CLI,
                  reads="job_id status language created_at# completed_at# "
                        "stdout stderr")
        self.assertEqual(got["stdout"], "hi\n")
        self.api.control("PUT", "/seed", {"running_jobs": [
            {"job_id": "slow"}]})
        got = ask("GET", "/jobs", agent=CLI,
                  reads="jobs[job_id status language created_at#]")
        self.assertIn("slow", [job["job_id"] for job in got["jobs"]])
        ask("DELETE", "/jobs/slow", agent=CLI, reads="status")
        got = ask("POST", "/keys/validate",
                  reads="public_key status tier# rate_per_minute# burst# "
                        "concurrency# valid_through_datetime "
                        "valid_for_human")
        self.assertIs(got["valid"], True)
        got = ask("GET", "/languages", agent=CLI)
        self.assertIn("python", got["languages"])

    def test_session(self):
        ask = self.un.ask
        one = ask("POST", "/sessions", {
            "network_mode": "zerotrust", "ttl": 3600, "shell": "bash",
            "multiplexer": "tmux", "vcpu": 2, "input_files": [FILE]},
            reads="session_id container_name")
        lists = "count# sessions[id container_name shell status " \
                "remaining_ttl#]"
        listed = ask("GET", "/sessions", reads=lists)["sessions"]
        name = one["container_name"]
        self.assertIn((one["session_id"], name), [
            (item["id"], item["container_name"]) for item in listed])
        ask("POST", f"/sessions/{name}/freeze", {})
        ask("POST", f"/sessions/{name}/unfreeze", {})
        ask("POST", f"/sessions/{name}/boost", {"vcpu": 2})
        ask("POST", f"/sessions/{name}/unboost", {})
        shots = [ask("POST", f"/sessions/{name}/snapshot", body,
                     statuses=(200, 201), reads="id")["id"]
                 for body in ({"name": "N", "hot": True}, {"hot": False})]
        ask("POST", f"/snapshots/{shots[0]}/restore")
        ask("DELETE", f"/sessions/{one['session_id']}")
        two = ask("POST", "/sessions?audit=1", {
            "network_mode": "zerotrust", "ttl": 3600}, reads="session_id")
        ask("POST", f"/sessions/{two['session_id']}/shell",
            {"command": "echo hi"}, agent=CLI, reads="stdout stderr")
        ask("DELETE", f"/sessions/{two['session_id']}?audit=1",
            reads="artifacts[filename content_base64]")

    def test_service(self):
        ask = self.un.ask
        one = ask("POST", "/services", {
            "name": "c-web", "ports": [8180, 8143],
            "custom_domains": ["a.com", "b.com"],
            "bootstrap_content": SERVE, "network_mode": "semitrusted",
            "vcpu": 2, "service_type": "tcp", "golden_image": "gi",
            "input_files": [FILE], "unfreeze_on_demand": True},
            statuses=(200, 201), reads="service_id")["service_id"]
        here = f"/services/{one}"
        ask("PUT", here + "/env", "A=1\nB=2\n", kind="text/plain",
            reads="count# message")
        self.until(lambda: "up" in ask("GET", "/services/c-web/logs",
                                       reads="log")["log"])
        ask("GET", here + "/logs?all=true", with_query=True, reads="log")
        got = ask("GET", "/services",
                  reads="count# services[id name state disk_used#]")
        self.assertIn("c-web", [item["name"] for item in got["services"]])
        got = ask("GET", "/services/c-web",
                  reads="id name status network_mode")
        self.assertEqual((got["id"], got["ports"]), (one, [8180, 8143]))
        for body, want in (({"add": ["c.com"]}, ["a.com", "b.com", "c.com"]),
                           ({"remove": ["a.com"]}, ["b.com", "c.com"]),
                           ({"custom_domains": ["d.com"]}, ["d.com"])):
            got = ask("PUT", here + "/domains", body)
            self.assertEqual(got["custom_domains"], want)
        for body in ({"unfreeze_on_demand": True}, {"vcpu": 4},
                     {"show_freeze_page": True}):
            ask("PATCH", here, body)
        ask("POST", here + "/freeze", {})
        ask("POST", here + "/unfreeze", {})
        ask("POST", here + "/lock", {})
        ask("POST", here + "/unlock", {})
        for body in ({}, {"bootstrap": "sleep 900"}, {
                "bootstrap_content": SERVE, "input_files": [FILE]}):
            ask("POST", here + "/redeploy", body)
        got = ask("POST", here + "/execute", {
            "command": "echo \"$B\"; cat /tmp/input/d.txt", "timeout": 5000,
            "input_files": [FILE]}, statuses=(202,), reads="job_id")
        got = self.poll(self.un, got["job_id"])
        self.assertEqual((got["status"], got["stdout"]),
                         ("completed", "2\nhi\n"))
        got = ask("POST", here + "/execute", {
            "command": "cat /tmp/bootstrap.sh", "timeout": 30000},
            statuses=(202,), reads="job_id")
        self.assertEqual(self.poll(self.un, got["job_id"])["stdout"], SERVE)
        got = ask("POST", here + "/execute", {"command": "echo lib"},
                  agent=CLI, statuses=(200,), reads="stdout stderr")
        self.assertEqual(got["stdout"], "lib\n")
        got = ask("GET", here + "/env", reads="count# updated_at#")
        self.assertIs(got["has_vault"], True)
        got = ask("POST", here + "/env/export", reads="env")
        self.assertEqual(got["env"], "A=1\nB=2\n")
        got = self.api("GET", here + "/env?format=export", agent=CLI,
                       signed_path=here + "/env")
        self.assertEqual(got.body, b"A=1\nB=2\n")
        ask("DELETE", here + "/env", reads="message")
        ask("POST", here + "/snapshot", {"name": "s", "hot": False},
            statuses=(200, 201), reads="id")
        ask("DELETE", here)

    def test_snapshot_and_image(self):
        ask = self.un.ask
        one = ask("POST", "/services", {"name": "c-src", "bootstrap": "id"},
                  statuses=(200, 201))["service_id"]
        shot = ask("POST", "/snapshots", {
            "source_type": "service", "source_id": one, "name": "nm",
            "hot": True}, agent=CLI, statuses=(200, 201), reads="id")["id"]
        ask("GET", "/snapshots", reads="count# snapshots[id name source_type "
            "source_id size_bytes#]")
        ask("GET", f"/snapshots/{shot}", reads="id name source_type "
            "source_id container_name status size_bytes# created_at#")
        ask("POST", f"/snapshots/{shot}/lock", {})
        ask("POST", f"/snapshots/{shot}/unlock", {})
        ask("POST", f"/snapshots/{shot}/clone",
            {"type": "session", "shell": "sh"}, statuses=(200, 201),
            reads="session_id")
        got = ask("POST", f"/snapshots/{shot}/clone", {
            "type": "service", "name": "c-nn", "ports": [8280, 8281]},
            statuses=(200, 201), reads="service_id")
        self.assertEqual(ask("GET", f"/services/{got['service_id']}")
                         ["ports"], [8280, 8281])
        image = ask("POST", "/images", {
            "source_type": "service", "source_id": one, "name": "N"})["id"]
        for path in ("", "/owned", "/shared", "/public"):
            got = ask("GET", "/images" + path,
                      reads="images[id name visibility source_type]")
        got = ask("GET", "/images?filter=owned", agent=CLI)
        self.assertEqual([item["id"] for item in got["images"]], [image])
        here = f"/images/{image}"
        got = ask("GET", here, reads="id name visibility source_type")
        self.assertIs(got["locked"], False)
        ask("POST", here + "/lock", {})
        ask("POST", here + "/unlock", {})
        ask("POST", here + "/visibility", {"visibility": "unlisted"})
        got = ask("POST", here + "/spawn", {"name": "c-sp",
                                            "ports": "8380,8381"})
        self.assertEqual(ask("GET", "/services/c-sp")["ports"], [8380, 8381])
        ask("POST", here + "/clone", {"name": "N2"}, reads="id")
        ask("POST", here + "/grant", {"trusted_api_key": OTHER}, agent=CLI)
        self.assertEqual(ask("GET", here + "/trusted", agent=CLI)
                         ["trusted_keys"], [OTHER])
        ask("POST", here + "/revoke", {"trusted_api_key": OTHER}, agent=CLI)
        ask("POST", here + "/transfer", {"to_api_key": OTHER}, agent=CLI)
        got = self.api("DELETE", here, key=OTHER, secret=OTHER_SECRET,
                       agent=None)
        self.assertEqual(got.status, 200)
        ask("DELETE", f"/snapshots/{shot}")

    def test_paas_logs(self):
        got = self.un.ask("GET", "/logs/all?lines=100&since=5m", agent=CLI)
        self.assertIn("sources", got)
        got = self.un.ask("GET", "/logs/api?lines=1&since=1h&level=info",
                          agent=CLI)
        self.assertNotIn("sources", got)


if __name__ == "__main__":
    harness.main()
