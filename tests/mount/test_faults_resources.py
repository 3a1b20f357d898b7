# SPDX-License-Identifier: MIT
# tests/mount/test_faults_resources.py - the matrix for resources
"""Listing, reading, writing, actions, creating and destroying of services,
sessions, snapshots and images with every fault. A table describes each request;
there are two kinds of lane: for requests that read, and that change."""
import os
import unittest

from test_faults_lane import Lane, MatrixCase, error_of, lanes


class Ask(Lane):
    """A read of a file, or the listing of a directory."""

    changes = False
    target = None
    lenient = frozenset()  # shapes that make sense here

    def open(self):
        super().open()
        self.server.ask("PUT", "/seed", {
            "services": [{"name": "web"}], "sessions": 1, "snapshots": 1,
            "images": 1})

    def prepare(self, number):
        self.refresh()
        if self.target.startswith("services/"):
            os.listdir(self.at("services"))

    def attempt(self, number):
        return error_of(self.look)

    def look(self):
        """The resources."""
        path = self.at(self.target)
        return os.listdir(path) if os.path.isdir(path) else self.read(
            self.target)

    def again(self, number):
        self.refresh()
        self.check(self.look() is not None, "the next look")

    def shape_errors(self, fault):
        return {None} if fault.shape in self.lenient else {"EPROTO"}

    def expected(self, fault):
        if self.kind == "cluster" and fault.name in ("status_402",
                                                     "status_403"):
            return {"EACCES", "ENOENT"}
        return super().expected(fault)


class Change(Lane):
    """A write, an action, a mkdir or a rename that is one request."""

    reads_answer = False
    collection = "services"
    seeds = "services"
    seeded = {}

    def one(self, number):
        """The directory of the changed resource."""
        return f"{self.collection}/f{number}"

    def seed(self, number):
        """The resources of the API."""
        self.server.ask("PUT", "/seed", {self.seeds: [{
            "name": f"f{number}", **self.seeded,
            "id": f"unsb-{self.seeds[:-1]}-{number:04d}-{number:04d}-0000-"
                  "0000"}]})
        self.refresh()

    def prepare(self, number):
        self.seed(number)
        os.listdir(self.at(self.collection))

    def expected(self, fault):
        errors = super().expected(fault)
        # An answer with nothing but success is enough.
        return errors | {None, "EPROTO"} if self.good and fault.shape else \
            errors

    def attempt(self, number):
        return error_of(self.act, number)

    def act(self, number):
        """Makes the change."""
        raise NotImplementedError

    def state(self, number):
        """The state that the mount shows; None: it is not visible."""
        return None

    def kept(self, number, fault, error):
        # Whether it was carried out or not, the mount shows the truth.
        try:
            shown = self.state(number)
        except OSError:  # the error is cached for a second
            return
        self.refresh()
        self.equal(shown, self.state(number), "what is shown afterwards")

    def again(self, number):
        number += 10000 * self.number + 5000
        self.prepare(number)
        before = self.state(number)
        self.equal(self.attempt(number), None, "the next change")
        if before is not None:
            self.check(self.state(number) != before, "nothing changed")

    def write_to(self, number, name, text):
        """Writes like echo."""
        self.write(f"{self.one(number)}/{name}", text)


class ById(Change):
    """A kind of resource whose directories are named by id."""

    def one(self, number):
        return (f"{self.collection}/unsb-{self.seeds[:-1]}-{number:04d}-"
                f"{number:04d}-0000-0000")

    def seed(self, number):
        self.server.ask("PUT", "/seed", {self.seeds: [{
            "name": f"f{number}", "source_type": "session",
            "id": os.path.basename(self.one(number))}]})
        self.refresh()


class Freeze(Change):
    """echo frozen > state."""

    kind, path = "freeze", "/services/ID/freeze"
    survives = ("status_404",)  # an older API calls it sleep

    def act(self, number):
        self.write_to(number, "state", "frozen\n")

    def state(self, number):
        return self.read(self.one(number) + "/state")


class Lock(Change):
    """echo 1 > locked."""

    kind, path = "lock", "/services/ID/lock"

    def act(self, number):
        self.write_to(number, "locked", "1\n")

    def state(self, number):
        return self.read(self.one(number) + "/locked")


class Patch(Change):
    """Writes a flag of a service."""

    kind, method, path = "patch", "PATCH", "/services/ID"

    def act(self, number):
        self.write_to(number, "show_freeze_page", "1\n")

    def state(self, number):
        return self.read(self.one(number) + "/show_freeze_page")


class Domains(Change):
    """Writes a list of a service."""

    kind, method, path = "domains", "PUT", "/services/ID/domains"

    def act(self, number):
        self.write_to(number, "domains", f"f{number}.example.com\n")

    def state(self, number):
        return self.read(self.one(number) + "/domains")


class Vault(Change):
    """Writes the vault of a service."""

    kind, method, path = "vault", "PUT", "/services/ID/env"

    def act(self, number):
        self.write_to(number, "env", f"NUMBER={number}\n")

    def state(self, number):
        return self.read(self.one(number) + "/env")


class Redeploy(Change):
    """Triggers an action."""

    kind, path = "redeploy", "/services/ID/redeploy"
    seeded = {"bootstrap": "echo up"}

    def act(self, number):
        self.write_to(number, "redeploy", "1\n")


class Destroy(Change):
    """Destroys a service."""

    kind, method, path = "destroy", "DELETE", "/services/ID"

    def act(self, number):
        self.write_to(number, "destroy", "1\n")

    def state(self, number):
        return f"f{number}" in os.listdir(self.at("services"))


class TakeSnapshot(Change):
    """mkdir in snapshots/."""

    kind, path = "take_snapshot", "/services/ID/snapshot"
    good = {"snapshot_id": "unsb-snapshot-aaaa-bbbb-cccc-dddd", "name": "now"}

    def act(self, number):
        os.mkdir(self.at(self.one(number), "snapshots", "now"))


class MakeService(Change):
    """Creates a service from a draft."""

    kind, path = "make_service", "/services"
    good = {"service_id": "unsb-service-aaaa-bbbb-cccc-dddd", "name": "x",
            "state": "running", "url": "https://x.on.unsandbox.com"}

    def expected(self, fault):
        """rename(2) gives no EINVAL, which mv misreports."""
        return {"EBADR" if error == "EINVAL" else error
                for error in super().expected(fault)}

    def prepare(self, number):
        self.refresh()
        os.mkdir(self.at(f"services/new/d{number}"))
        self.write(f"services/new/d{number}/bootstrap", "echo up\n")

    def act(self, number):
        os.rename(self.at(f"services/new/d{number}"),
                  self.at(f"services/d{number}"))

    def kept(self, number, fault, error):
        if error:
            self.equal(self.read(f"services/new/d{number}/bootstrap"),
                       "echo up\n", "the draft")


class EndSession(ById):
    """Destroys a session."""

    kind, method, path = "end_session", "DELETE", "/sessions/ID"
    collection = seeds = "sessions"

    def act(self, number):
        self.write_to(number, "destroy", "1\n")

    def state(self, number):
        return os.path.basename(self.one(number)) in os.listdir(
            self.at("sessions"))


class Restore(ById):
    """Restores a snapshot."""

    kind, path = "restore", "/snapshots/ID/restore"
    collection = seeds = "snapshots"

    def prepare(self, number):
        self.server.ask("PUT", "/seed", {"sessions": [{
            "name": f"s{number}", "id": self.session(number)}]})
        self.server.ask("PUT", "/seed", {"snapshots": [{
            "name": f"f{number}", "source_type": "session",
            "source_id": self.session(number),
            "id": os.path.basename(self.one(number))}]})
        self.refresh()
        os.listdir(self.at("snapshots"))

    @staticmethod
    def session(number):
        """The snapshot's source."""
        return f"unsb-session-{number:04d}-{number:04d}-0000-0000"

    def act(self, number):
        self.write_to(number, "restore", "1\n")


class Visibility(ById):
    """Writes the visibility of an image."""

    kind, path = "visibility", "/images/ID/visibility"
    collection = seeds = "images"

    def act(self, number):
        self.write_to(number, "visibility", "public\n")

    def state(self, number):
        return self.read(self.one(number) + "/visibility")


class Grant(ById):
    """touch trusted/KEY."""

    kind, path = "grant", "/images/ID/grant"
    collection = seeds = "images"
    key = "unsb-pk-aaaa-bbbb-cccc-dddd"

    def act(self, number):
        self.write_to(number, "trusted/" + self.key, "")

    def state(self, number):
        return os.listdir(self.at(self.one(number), "trusted"))


class Spawn(ById):
    """Creates a service from an image."""

    kind, path = "spawn", "/images/ID/spawn"
    collection = seeds = "images"
    good = {"service_id": "unsb-service-aaaa-bbbb-cccc-dddd", "name": "x"}

    def act(self, number):
        self.write_to(number, "spawn", f"name=sp{number} ports=8080\n")


def asks():
    """A lane for each file that is read."""
    resource = {"name": "web", "state": "running", "locked": False,
                "created_at": "2026-01-31T10:00:00Z", "vcpu": 1}
    table = [
        ("services", "/services", "services", {"services": [{
            **resource, "service_id": "unsb-service-1"}], "count": 1}),
        ("sessions", "/sessions", "sessions", {"sessions": [{
            **resource, "session_id": "unsb-session-1"}], "count": 1}),
        ("snapshots", "/snapshots", "snapshots", {"snapshots": [{
            **resource, "snapshot_id": "unsb-snapshot-1"}], "count": 1}),
        ("images", "/images", "images", {"images": [{
            **resource, "image_id": "unsb-image-1"}], "count": 1}),
        ("logs", "/services/ID/logs", "services/web/logs",
         {"log": "a\nb\n", "logs": "a\nb\n"}),
        ("shells", "/shells", "shells", {"shells": ["bash"], "count": 1}),
        ("cluster", "/cluster", "system/cluster.json", {"nodes": []}),
    ]
    made = [type("Ask" + kind.title(), (Ask,), {
        "kind": kind, "method": "GET", "path": path, "target": target,
        "good": good, "lenient": frozenset(("list", "types", "status"))})
        for kind, path, target, good in table]
    # A file that shows the whole answer accepts any JSON; a file that the API
    # does not let everybody see is missing.
    made[-1].lenient = made[-1].lenient | {"nulls", "object"}
    made[4].lenient = frozenset(("status", "list"))
    return made


class Resources(MatrixCase):
    """The resources of the API."""


Resources.add_cells(lanes([
    *asks(), Freeze, Lock, Patch, Domains, Vault, Redeploy, Destroy,
    TakeSnapshot, MakeService, EndSession, Restore, Visibility, Grant,
    Spawn]))

if __name__ == "__main__":
    unittest.main()
