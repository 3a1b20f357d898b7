# SPDX-License-Identifier: MIT
# tests/mount/test_resource_calls.py - calls of sessions and services that few
# programs use
"""Extending a session, restoring from a snapshot, how long waking took; which
ports listen, upgrades."""
import json
import os
import unittest

from test_resources_life import SERVE, ResourceCase, free_port


class ResourceCalls(ResourceCase):
    """Each file, and the requests that it sends."""

    def body(self):
        """The body of the only change since the last reset."""
        (change,) = self.server.changes()
        return json.loads(change["body"])

    def errors(self):
        """The last line of .unsandboxfs/errors."""
        return self.read(".unsandboxfs/errors").splitlines()[-1]

    def restored(self, path, kind):
        """Restores it by the name of the snapshot and by its id."""
        snapshot = self.value(path, "snapshots/before/id")
        request = {f"POST /{kind}/ID/restore": 1}
        for word in "before", snapshot:
            self.costs(request, f"echo {word} > {path}/restore_from")
            self.assertEqual(self.body(), {"snapshot_id": snapshot})
        help_line = self.read(path, "restore_from")
        self.server.reset()
        for wrong in help_line, "two words", "\n", "\x01":
            self.assertEqual(self.save_error(path + "/restore_from", wrong),
                             "EINVAL", wrong)
            self.assertIn("restore_from", self.errors())
        self.assertIsNone(self.save_error(path + "/restore_from", ""))
        self.assertEqual(self.server.changes(), [])
        self.assertEqual(self.save_error(path + "/restore_from", "nothing-1"),
                         "ENOENT")


class Sessions(ResourceCalls):
    """Of sessions."""

    def frozen_list(self, name, **fields):
        """A session whose remaining time does not pass."""
        path = self.session(name)
        self.freeze_list(path, **fields)
        return path

    def freeze_list(self, path, **fields):
        """From now on, these are its fields."""
        item = json.loads(self.read(path, "session.json"))
        item.update(fields)
        self.server.reset()
        self.server.fault({"method": "GET", "path": "/sessions",
                           "status": 200, "body": {"sessions": [item]}})
        self.save(".unsandboxfs/refresh", "1")

    def test_ttl(self):
        """The seconds that are left; writing more adds the difference."""
        path = self.frozen_list("long", remaining_ttl=1000)
        self.assertEqual(self.value(path, "ttl").strip(), "1000")
        self.server.reset_counts()
        self.save(path + "/ttl", "1000\n")
        self.assertEqual(self.server.changes(), [])
        for text, seconds in (("4600\n", 3600), ("+600\n", 600),
                              ("+0060", 60), ("1001", 1),
                              ("+1 \n", 1)):
            self.server.reset_counts()
            self.save(path + "/ttl", text)
            self.assertEqual(self.body(), {"seconds": seconds})
            self.assertEqual(
                self.server.requests()["POST /sessions/ID/extend"], 1)
        self.server.reset()
        self.save(".unsandboxfs/refresh", "1")
        self.assertIn(int(self.value(path, "ttl")), range(7800, 7863))

    def test_ttl_by_scripts(self):
        """What is read is a number for them, in lines of one length."""
        path = self.frozen_list("script", remaining_ttl=1000)
        size = os.stat(self.at(path, "ttl")).st_size
        self.assertEqual(len(self.read(path, "ttl")), size)
        for shell in "bash", "dash", "busybox sh":
            self.server.reset_counts()
            self.shell(f"{shell} -c '[ \"$(cat {path}/ttl)\" -lt 1001 ] && "
                       f"echo $(($(cat {path}/ttl) + 600)) >{path}/ttl'")
            self.assertEqual(self.body(), {"seconds": 600}, shell)
        self.server.reset()
        path = self.frozen_list("short", remaining_ttl=9)
        self.assertEqual(self.value(path, "ttl").strip(), "9")
        self.assertEqual(os.stat(self.at(path, "ttl")).st_size, size)

    def test_ttl_of_a_copy(self):
        """However old a copy is, it sends nothing; a plain number does."""
        path = self.frozen_list("copy", remaining_ttl=1000)
        copy = self.read(path, "ttl")
        self.server.reset_counts()
        self.save(path + "/ttl", copy)
        self.freeze_list(path, remaining_ttl=2000)
        self.save(path + "/ttl", copy)
        self.assertEqual(self.server.changes(), [])
        self.freeze_list(path, remaining_ttl=900)
        for text in copy, copy.rstrip("\n"):
            self.assertEqual(self.save_error(path + "/ttl", text), "EINVAL")
            self.assertIn("+SECONDS", self.errors())
        self.assertEqual(self.server.changes(), [])
        self.save(path + "/ttl", copy.rstrip())
        self.assertEqual(self.body(), {"seconds": 100})

    def test_ttl_that_counts_from_now(self):
        """The other meaning that an extension may have."""
        path = self.frozen_list("now", remaining_ttl=3000)
        rules = [{"method": "GET", "path": "/sessions", "status": 200,
                  "body": json.loads(self.read(path, "session.json"))}]
        rules[0]["body"] = {"sessions": [rules[0]["body"]]}
        self.server.reset_counts()
        self.server.fault(*rules, {"path": "/sessions/ID/extend", "times": 1,
                                   "status": 200, "body": {"ttl": 600}})
        self.save(path + "/ttl", "3600\n")
        self.assertEqual([json.loads(change["body"])
                          for change in self.server.changes()],
                         [{"seconds": 600}, {"seconds": 3600}])
        self.server.reset_counts()
        self.server.fault(*rules, {"path": "/sessions/ID/extend", "times": 1,
                                   "status": 200, "body": {"ttl": 600}})
        self.save(path + "/ttl", "+600\n")
        self.assertEqual([json.loads(change["body"])
                          for change in self.server.changes()],
                         [{"seconds": 600}, {"seconds": 3600}])

    def test_ttl_cannot_become_less(self):
        path = self.frozen_list("less", remaining_ttl=1000)
        self.server.reset_counts()
        for less in "999", "0", "1":
            self.assertEqual(self.save_error(path + "/ttl", less), "EINVAL")
            self.assertIn("1000 seconds are left", self.errors())
        for wrong in "x", "-1", "", "+", "+-1", "++1", "+x", " ", "1 2 ":
            self.assertEqual(self.save_error(path + "/ttl", wrong), "EINVAL")
        self.assertEqual(self.server.changes(), [])

    def test_ttl_that_the_api_refuses(self):
        path = self.frozen_list("no", remaining_ttl=10)
        self.server.fault(
            {"path": "/sessions/ID/extend", "status": 403,
             "body": {"error": "not in your plan"}})
        self.assertEqual(self.save_error(path + "/ttl", "20000"), "EACCES")
        self.assertIn("not in your plan", self.errors())
        self.server.reset()
        self.save(".unsandboxfs/refresh", "1")
        self.assertLess(int(self.value(path, "ttl")), 3601)

    def test_values_of_other_sources(self):
        path = self.frozen_list(
            "more", service_id="unsb-service-1",
            image="base", domain="more.on.unsandbox.com")
        for name, value in (("service_id", "unsb-service-1"),
                            ("image", "base"),
                            ("domain", "more.on.unsandbox.com")):
            self.assertEqual(self.value(path, name), value)

    def test_restore(self):
        path = self.session("back")
        self.shell(f"mkdir {path}/snapshots/before")
        self.restored(path, "sessions")


class Services(ResourceCalls):
    """Of services."""

    def test_restore(self):
        self.make("back", "#!/bin/bash\necho one\nsleep 1000\n")
        self.shell("mkdir services/back/snapshots/before")
        self.save("services/back/state", "frozen\n")
        self.restored("services/back", "services")
        self.assertEqual(self.value("services/back/state"), "running")

    def test_wake_time(self):
        """In either wording, once it was woken."""
        self.make("sleepy")
        self.assertFalse(self.error_of(self.read, "services/sleepy/state"))
        self.assertEqual(self.error_of(
            self.read, "services/sleepy/wake_time"), "ENOENT")
        for wording in "wake_time", "unfreeze_time_ms":
            self.save("services/sleepy/state", "frozen\n")
            self.server.answer("POST", "/services/ID/unfreeze",
                               {"state": "running", wording: 321})
            self.save("services/sleepy/state", "running\n")
            self.assertEqual(self.value("services/sleepy/wake_time"), "321")
            self.server.reset()
            self.save("services/sleepy/state", "frozen\n")
            self.save("services/sleepy/state", "running\n")
            self.assertRegex(self.value("services/sleepy/wake_time"),
                             r"^\d+$")

    def test_domain(self):
        self.make("host")
        self.read("services/host/service.json")  # the list may not have it
        self.assertEqual(self.value("services/host/domain"),
                         "host.on.unsandbox.com")

    def test_listening(self):
        """Each reading asks; a walk finds nothing of it."""
        port, other = free_port(), free_port()
        self.make("ears", SERVE.format(port=port), ports=f"{port}\n{other}\n")
        path = "services/ears/listening"
        self.assertNotIn("listening", os.listdir(self.at("services/ears")))
        self.costs({}, f"ls -l {path}")
        self.assertEqual(sorted(os.listdir(self.at(path))),
                         sorted([str(port), str(other)]))
        self.wait_for(lambda: self.value(path, str(port)) == "1",
                      "the port answers")
        self.assertEqual(self.value(path, str(other)), "0")
        self.costs({"GET /services/ID/port": 2},
                   f"cat {path}/{port} {path}/{port}")
        self.assertEqual(self.value(path, str(free_port())), "0")
        for name in "0", "65536", "08", "x", "-1", "1.5":
            self.assertFalse(os.path.exists(self.at(path, name)), name)

    def test_listening_of_other_answers(self):
        """One port, as a number or a text; an API that has no such call."""
        self.make("ear", ports="80\n")
        item = json.loads(self.read("services/ear/service.json"))
        for ports, names in ((81, ["81"]), ("82", ["82"]), ([], []),
                             (None, []), ([83, "x", 0, 84.0], ["83", "84"])):
            self.server.fault({"method": "GET", "path": "/services*",
                               "status": 200, "body": {"services": [
                                   {**item, "ports": ports}]}})
            self.save(".unsandboxfs/refresh", "1")
            self.assertEqual(os.listdir(self.at("services/ear/listening")),
                             names, ports)
        self.server.reset()
        for answer, error in (({}, "EPROTO"), ({"listening": None}, "EPROTO")):
            self.server.answer("GET", "/services/ID/port", answer)
            self.assertEqual(self.error_of(
                self.read, "services/ear/listening/80"), error)
        self.server.fault({"path": "/services/ID/port", "status": 404})
        self.assertEqual(self.error_of(
            self.read, "services/ear/listening/80"), "ENOENT")

    def test_upgrade(self):
        self.make("fresh")
        path = "services/fresh/upgrade"
        self.assertNotIn("upgrade", os.listdir(self.at("services/fresh")))
        self.server.reset()
        self.server.fault({"path": "/services/ID/upgrade/progress",
                           "status": 200, "body": {
                               "upgrading": True, "state": "copying",
                               "progress": 40, "current_version": "24.04",
                               "target_version": "26.04"}})
        for name, value in (("upgrading", "1"), ("state", "copying"),
                            ("progress", "40"), ("current_version", "24.04"),
                            ("target_version", "26.04")):
            self.assertEqual(self.value(path, name), value)
        self.assertEqual(json.loads(self.read(path, "upgrade.json"))
                         ["progress"], 40)
        lines = "".join(f"line {i}\n" for i in range(20))
        self.server.fault({"path": "/services/ID/upgrade/logs",
                           "status": 200, "body": {"log": lines}})
        self.assertEqual(self.read(path, "log"), lines)
        self.server.reset()
        self.assertEqual(self.read(path, "log"), "")
        self.shell(f"ls -lR {path}; cat {path}/*")

    def test_upgrade_that_the_api_does_not_have(self):
        self.make("old")
        self.server.fault(*({"path": f"/services/ID/upgrade/{word}",
                             "status": 404} for word in ("progress", "logs")))
        self.assertEqual(os.listdir(self.at("services/old/upgrade")), ["log"])
        self.assertEqual(self.error_of(
            self.read, "services/old/upgrade/log"), "ENOENT")

    def test_a_walk_asks_for_none_of_it(self):
        self.make("walked")
        self.server.reset()
        self.shell("grep -r 'no such text' services/walked || test $? = 1")
        self.shell("ls -lR services/walked; cp -r services/walked $1",
                   self.place.folder("copy"))
        self.assertEqual([what for what in self.server.requests()
                          if what.startswith("GET /services/ID/")
                          and not what.endswith("/logs")], [])


if __name__ == "__main__":
    unittest.main()
