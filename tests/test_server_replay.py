#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/test_server_replay.py - requests of the makers' applications, replayed
"""api/API.md part 16 records what the API's makers' own applications send, and
what they read from the answer. Each row sends one such request, and compares
the answer with the record."""
import base64
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "server"))
import harness  # noqa: E402
from harness import OTHER, PUBLIC  # noqa: E402
from replay_rows import KEY_ROWS, ROWS, SWITCH_ROWS  # noqa: E402


def passes(test, value):
    """Calls the test; a value of a type that it cannot take fails."""
    try:
        return test(value)
    except (TypeError, AttributeError):
        return False


def differences(wanted, got, where=""):
    """How an answer differs from the record: a type stands for any of its
    values, None for a missing member, and a function for a test."""
    if callable(wanted) and not isinstance(wanted, type):
        return [] if passes(wanted, got) else [f"{where or 'body'} is {got!r}"]
    if isinstance(wanted, type):
        good = isinstance(got, wanted) and (
            wanted is bool or not isinstance(got, bool))
        return [] if good else [f"{where} is {got!r}, not {wanted.__name__}"]
    if isinstance(wanted, dict):
        if not isinstance(got, dict):
            return [f"{where or 'body'} is no object: {got!r}"]
        return [each for name, value in wanted.items() for each in
                ([f"{where}.{name} is there"] if value is None and name in got
                 else [] if value is None
                 else differences(value, got.get(name), f"{where}.{name}"))]
    if isinstance(wanted, list):
        if not isinstance(got, list) or len(got) < len(wanted):
            return [f"{where or 'body'} is {got!r}"]
        return [each for i, value in enumerate(wanted)
                for each in differences(value, got[i], f"{where}[{i}]")]
    return [] if wanted == got else [f"{where} is {got!r}, not {wanted!r}"]


class Replay(harness.Case):
    options = ("--key", f"{PUBLIC}:{harness.SECRET}",
               "--key", f"{OTHER}:{harness.OTHER_SECRET}")
    rows = ROWS

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.known = {}

    def fill(self, value):
        """Replaces {name} by what was kept of earlier answers."""
        if isinstance(value, str):
            return re.sub(r"\{(\w+)\}", lambda m: str(
                self.known.get(m[1], m[0])), value)
        if isinstance(value, dict):
            return {k: self.fill(v) for k, v in value.items()}
        return [self.fill(v) for v in value] if isinstance(
            value, list) else value

    def send(self, row):
        path = self.fill(row.path)
        body = self.fill(row.body) if row.body is not None else b""
        return self.api(row.method, path, body,
                        signed_path=path, **row.more)

    def compare(self, row, got):
        """What differs from the record."""
        wrong = []
        if got.status not in row.statuses:
            wrong.append(f"status {got.status}")
        try:
            value = got.json
        except ValueError:
            value = None if row.is_text else {}
        if row.is_text:
            return wrong + ([] if value is None and got.body
                            else ["the body is JSON, or empty"])
        if row.is_empty:
            return wrong + (["the body is not empty"] if got.body else [])
        return wrong + differences(self.fill(row.answer), value)

    def replay(self, row):
        self.api.control("DELETE", "/switches")
        self.api.control("PUT", "/switches", row.switches)
        if row.state:
            self.api.control("PUT", "/key", row.state)
        got = self.send(row)
        if row.polls:
            self.assertEqual(self.compare(row, got), [], got)
            return self.api.wait(got.json["job_id"]), row.polls
        if row.keep and got.status < 300:
            for name, member in row.keep.items():
                self.known[name] = got.json[member]
        return got, None

    def test_rows(self):
        for number, row in enumerate(self.rows):
            with self.subTest(row=f"{number}: {row}"):
                got, polled = self.replay(row)
                if polled:
                    self.assertEqual(differences(polled, got), [], got)
                else:
                    self.assertEqual(self.compare(row, got), [], got)

    def test_rows_can_fail(self):
        """Each row rejects an empty answer."""
        nothing = harness.Answer(299, {}, b"{}")
        for row in self.rows:
            with self.subTest(row=str(row)):
                self.assertNotEqual(self.compare(row, nothing), [])
                nothing.status = row.statuses[0]
                if not row.is_empty:
                    self.assertNotEqual(self.compare(row, nothing), [])
                nothing.status = 299


class Switches(Replay):
    """The same requests where sources disagree about the answer."""
    rows = SWITCH_ROWS


class States(Replay):
    """Keys that are expired, revoked or suspended, or of the free plan."""
    rows = KEY_ROWS


class Life(harness.Case):
    """What happens as time passes, by advancing the clock."""

    def ahead(self, seconds):
        self.api.control("PUT", "/clock", {"ahead_s": seconds})

    def tearDown(self):
        self.ahead(0)
        self.api.control("DELETE", "/switches")
        self.api.control("PUT", "/limits", {"rate_per_minute": 0})

    def test_finished_jobs_are_kept_for_three_minutes(self):
        job = self.api.run("bash", "echo kept")["job_id"]
        self.ahead(179)
        self.assertEqual(self.api("GET", f"/jobs/{job}").json["stdout"],
                         "kept\n")
        self.ahead(182)
        self.assertEqual(self.api("GET", f"/jobs/{job}").status, 404)

    def test_jobs_can_be_kept_for_ever(self):
        self.api.control("PUT", "/switches", {"job_keep_s": 0})
        job = self.api.run("bash", "true")["job_id"]
        self.ahead(1000000)
        self.assertEqual(self.api("GET", f"/jobs/{job}").status, 200)

    def test_running_jobs_stay(self):
        job = self.api.submit("bash", "sleep 60")
        self.ahead(1000)
        got = self.api("GET", f"/jobs/{job}")
        self.assertIn(got.json["status"], ("pending", "running"))
        self.assertEqual(self.api("DELETE", f"/jobs/{job}").json["status"],
                         "cancelled")

    def test_session_ttl(self):
        one = self.api("POST", "/sessions", {}).json["session_id"]
        endless = self.api("POST", "/sessions", {"ttl": 0}).json["session_id"]
        longer = self.api("POST", "/sessions", {}).json["session_id"]
        got = self.api("POST", f"/sessions/{longer}/extend", {})
        self.assertIn(got.json["ttl"], (7199, 7200))
        self.ahead(3601)
        self.assertEqual([self.api("GET", f"/sessions/{each}").status
                          for each in (one, endless, longer)],
                         [404, 200, 200])

    def test_snapshot_ttl(self):
        one = self.api("POST", "/sessions", {}).json["session_id"]
        shot = self.api("POST", "/snapshots", {
            "source_type": "session", "source_id": one,
            "ttl": 100}).json["snapshot_id"]
        self.assertEqual(self.api("GET", f"/snapshots/{shot}").status, 200)
        self.ahead(101)
        self.assertEqual(self.api("GET", f"/snapshots/{shot}").status, 404)

    def test_less_than_one_request_a_minute(self):
        self.api.control("PUT", "/limits",
                         {"rate_per_minute": 0.5, "burst": 1})
        self.assertEqual(self.api("GET", "/jobs").status, 200)
        got = self.api("GET", "/jobs")
        self.assertEqual((got.status, got.json["error"]),
                         (429, "rate_limit_exceeded"))
        self.assertEqual(got.headers["X-RateLimit-Limit"], "1")
        self.ahead(119)
        self.assertEqual(self.api("GET", "/jobs").status, 429)
        self.ahead(121)
        self.assertEqual(self.api("GET", "/jobs").status, 200)

    def test_rate_option(self):
        one = harness.Standin("--rate", "1.43:1")
        try:
            self.assertEqual(one("GET", "/jobs").status, 200)
            got = one("GET", "/jobs")
            self.assertEqual(got.status, 429)
            one.control("PUT", "/clock", {"ahead_s": 43})
            self.assertEqual(one("GET", "/jobs").status, 200)
        finally:
            one.stop()

    def test_every_contact_has_a_code(self):
        add = [("op@example.com", "operator"), ("read@example.com", None)]
        for email, role in add:
            got = self.api("POST", "/keys/self/contacts", {
                "email": email, **({"role": role} if role else {})})
            self.assertEqual(got.json["contact"]["role"], role or "reader")
        self.api.control("PUT", "/key", {"sudo": True})
        one = self.api("POST", "/sessions", {}).json["session_id"]
        got = self.api("DELETE", f"/sessions/{one}")
        self.assertEqual(got.status, 428)
        codes = self.api.control("GET", "")["last_otps"]
        self.assertEqual(set(codes), {"someone@example.com",
                                      "op@example.com"})
        # A code is good for five minutes.
        self.ahead(301)
        headers = {"X-Sudo-OTP": codes["op@example.com"],
                   "X-Sudo-Challenge": got.json["challenge_id"]}
        self.assertEqual(self.api("DELETE", f"/sessions/{one}",
                                  headers=headers).status, 403)
        self.ahead(0)
        self.assertEqual(self.api("DELETE", f"/sessions/{one}",
                                  headers=headers).status, 200)
        self.api.control("PUT", "/key", {"sudo": False})
        entry = self.api("GET", "/keys/self/audit-log").json["entries"][-1]
        self.assertEqual((entry["action"], entry["result"],
                          entry["metadata"]),
                         ("session.delete", "success",
                          {"sudo_email": "op@example.com"}))


class Inside(harness.Case):
    """What programs see."""

    def setUp(self):
        if not self.api.control("GET", "")["sandbox"]:
            self.skipTest("the kernel allows no namespaces")

    def test_input_files(self):
        files = [{"filename": "d.txt", "content":
                  base64.b64encode(b"in").decode()}]
        got = self.api.run("bash", "cat d.txt /tmp/d.txt /tmp/input/d.txt "
                           "/root/input/d.txt; echo $HOME",
                           input_files=files)
        self.assertEqual(got["stdout"], "inininin/root\n", got)

    def test_artifacts(self):
        got = self.api.run("bash", "echo 1 > /tmp/artifacts/a; "
                           "echo 2 > /root/artifacts/b",
                           return_artifact=True)
        self.assertEqual([one["filename"] for one in got["artifacts"]],
                         ["a", "b"])

    def test_root_lasts_and_is_cloned(self):
        one = self.api("POST", "/sessions", {}).json["session_id"]
        self.api("POST", f"/sessions/{one}/execute",
                 {"command": "echo kept > ~/note"})
        shot = self.api("POST", f"/sessions/{one}/snapshot", {}).json
        clone = self.api("POST", f"/snapshots/{shot['snapshot_id']}/clone",
                         {"type": "session"}).json["session_id"]
        got = self.api("POST", f"/sessions/{clone}/execute",
                       {"command": "cat /root/note"})
        self.assertEqual(got.json["stdout"], "kept\n")

    def test_large_commands(self):
        text = "A" * (12 << 20)
        command = f"printf %s '{text}' | wc -c"
        session = self.api("POST", "/sessions", {}).json["session_id"]
        service = self.api("POST", "/services",
                           {"name": "large"}).json["service_id"]
        for one in (session, service):
            got = self.api("POST", f"/sessions/{one}/execute",
                           {"command": command})
            self.assertEqual(got.json["stdout"], f"{len(text)}\n")


class Options(harness.Case):
    options = ("--switch", "bare_jobs,early_ms=5")

    def test_switches(self):
        got = self.api.control("GET", "/switches")
        self.assertEqual((got["bare_jobs"], got["early_ms"],
                          got["early_answer"]), (1, 5, 0))
        self.assertEqual(self.api("GET", "/jobs").json, [])
        got = self.api.control("PUT", "/switches", {"all": True})
        self.assertEqual({name for name, value in got.items() if value != 1},
                         {"early_ms", "job_keep_s", "obey_network",
                          "old_patch", "shell_auth"})
        with self.assertRaisesRegex(AssertionError, "no such switch"):
            self.api.control("PUT", "/switches", {"nothing": True})


class Answers(harness.Case):
    """Answers that the table cannot describe."""

    def test_wrong_types(self):
        run = {"language": "bash", "code": "echo ran"}
        rows = [
            ("/execute", {"env": 5}), ("/execute", {"vcpu": "2"}),
            ("/execute", {"input_files": {"a": "b"}}),
            ("/execute", {"network_mode": True}),
            ("/execute", {"return_artifact": "yes"}),
            ("/execute", {"ttl": 1.5}), ("/execute", {"code": ["true"]}),
            ("/sessions", {"shell": 7}),
            ("/services", {"name": ["n"]}), ("/services", {"ports": 80}),
            ("/services", {"custom_domains": "a.org"}),
            ("/services", {"unfreeze_on_demand": "no"}),
            ("/snapshots", {"source_id": 1}), ("/snapshots", {"hot": "no"}),
        ]
        for path, wrong in rows:
            with self.subTest(path=path, wrong=wrong):
                got = self.api("POST", path, {**run, **wrong})
                self.assertEqual((got.status, got.body),
                                 (400, b"Bad Request"))
                self.assertIn("text/plain", got.headers["Content-Type"])
        for harmless in ({"colour": [1]}, {"env": None}, {"ttl": None},
                         {"return_artifact": 0}, {"timeout_s": "x"}):
            with self.subTest(harmless=harmless):
                self.assertEqual(self.api.run(**{**run, **harmless})
                                 ["stdout"], "ran\n")

    def test_a_container_that_did_not_start(self):
        self.api.control("PUT", "/seed", {"services": [{
            "id": "unsb-service-1", "name": "lost", "state": "unreachable",
            "bootstrap": "sleep 60"}]})
        one = "/services/unsb-service-1"
        self.assertEqual(self.api("GET", one).json["state"], "unreachable")
        self.assertEqual(self.api("POST", one + "/execute",
                                  {"command": "true"}).status, 409)
        self.assertEqual(self.api("POST", one + "/redeploy", {}).status, 200)
        self.assertEqual(self.api("GET", one).json["state"], "running")

    def test_log_stream_is_chunked(self):
        link = self.api.connect(timeout=20)
        headers = {"Authorization": f"Bearer {PUBLIC}"}
        stamp = str(int(harness.time.time()))
        headers["X-Timestamp"] = stamp
        headers["X-Signature"] = harness.sign(
            harness.SECRET, stamp, "GET", "/logs/all/stream", b"")
        link.request("GET", "/logs/all/stream", headers=headers)
        reply = link.getresponse()
        self.assertEqual(reply.headers["Transfer-Encoding"], "chunked")
        self.api("GET", "/shells")
        line = reply.readline()
        self.assertIn(b"data: ", line)
        link.close()

    def test_shell_url_is_on_the_host_that_was_asked(self):
        got = self.api("POST", "/sessions", {},
                       headers={"Host": "api.example.org:8443"})
        self.assertEqual(got.json["websocket_url"],
                         "ws://api.example.org:8443/sessions/"
                         f"{got.json['session_id']}/shell")


if __name__ == "__main__":
    harness.main()
