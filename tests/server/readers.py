# SPDX-License-Identifier: MIT
# tests/server/readers.py - how the API's own clients send and read
"""Each client signs, sends and reads in its own way (api/API.md parts 1, 2 and
appendix A). One object here is one client: ask() sends as it does, and fails
where it would fail."""
import base64
import json

import harness
from harness import OTHER, OTHER_SECRET, PUBLIC, SECRET

NONE = object()
FILE = {"filename": "d.txt", "content": base64.b64encode(b"hi\n").decode()}
SERVE = "#!/bin/sh\necho up $A\nsleep 1000\n"


class Unreadable(Exception):
    """The client would misread the answer."""


def compact(value):
    """JSON without white space, in raw UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


# ---- un.c searches its answers for text; it has no parser (2.1) ----

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"'}


def c_text(text, key, at=0):
    """A string as un.c finds it; None if there is no such text."""
    at = text.find(f'"{key}":"', at)
    if at < 0:
        return None
    at += len(key) + 4
    end = at
    while text[end] != '"' or text[end - 1] == "\\":
        end += 1
    found, i, raw = [], 0, text[at:end]
    while i < len(raw):
        if raw[i] == "\\" and i + 1 < len(raw):
            i += 1
            found.append(ESCAPES.get(raw[i], raw[i]))
        else:
            found.append(raw[i])
        i += 1
    return "".join(found)


def c_number(text, key, at=0):
    """A number as un.c finds it: -1 if there is none, 0 for a word."""
    at = text.find(f'"{key}":', at)
    if at < 0:
        return -1
    rest = text[at + len(key) + 3:].lstrip(" \t")
    digits = ""
    while rest[len(digits)] in "-0123456789":
        digits += rest[len(digits)]
    return int(digits) if digits else 0


class Program:
    """One of the API's clients."""

    agent = NONE
    signs_query = True
    statuses = (200, 201, 202)

    def __init__(self, api):
        self.api = api

    def write(self, body):
        """The value as JSON, as the client writes it."""
        return compact(body)

    def signed(self, text):
        """The part of the body that it signs."""
        return text

    def ask(self, method, path, body=None, **more):
        """Checks the answer as the client does; returns it."""
        text = "" if body is None else body if isinstance(body, str) \
            else self.write(body)
        got = self.api(
            method, path, text, agent=more.pop("agent", self.agent),
            signed_path=path if more.pop("with_query", self.signs_query)
            else path.partition("?")[0],
            signed_body=self.signed(text).encode(), **self.sends(more))
        self.judge(got, more)
        return got.json

    def sends(self, more):
        """The other headers of the request."""
        return {"kind": more.pop("kind", "application/json")}

    def judge(self, got, more):
        """Fails unless the status is good and the body compact JSON (2.2)."""
        if got.status not in more.get("statuses", self.statuses):
            raise Unreadable(f"status {got.status}: {got.body[:200]}")
        if not isinstance(got.json, dict):
            raise Unreadable(f"no object: {got.body[:200]}")
        text = got.body.decode()
        if compact(got.json) != text.rstrip("\n"):
            raise Unreadable(f"not compact: {text[:200]}")


class C(Program):
    """un.c: `reads` has the members that it searches for; `name#` is a number,
    and `list[...]` has the members of each item."""

    agent = None
    signs_query = False
    statuses = (200,)

    def judge(self, got, more):
        super().judge(got, more)
        text = got.body.decode()
        for word in split(more.get("reads", "")):
            name, _, inner = word.partition("[")
            if inner:
                self.judge_items(text, name, got.json[name], inner[:-1])
            else:
                self.same(text, 0, word, got.json)

    @staticmethod
    def same(text, at, word, value):
        """Asserts that it finds the correct values."""
        key, is_number = word.rstrip("#"), word.endswith("#")
        found = (c_number if is_number else c_text)(text, key, at)
        if found != value.get(key, NONE):
            raise Unreadable(f"{key} is {found!r}, not {value.get(key)!r}")

    def judge_items(self, text, name, items, words):
        """The text of each item; for un.c a list of sessions or images ends
        at the first bracket, whatever that closes."""
        at = text.index(f'"{name}":[') + len(name) + 4
        end = text.index("]", at)
        for item in items:
            at = text.index("{", at)
            if name in ("sessions", "images") and at > end:
                raise Unreadable(f"{name} end early: {text[:end]}")
            for word in words.split():
                self.same(text, at, word, item)
            at = json.JSONDecoder().raw_decode(text, at)[1]
        if name in ("sessions", "services", "snapshots") and \
                c_number(text, "count") != len(items):
            raise Unreadable(f"{name} are not counted")


class Python(Program):
    """un.py: signs an empty body, and sends {} (1.2)."""

    agent = "python-requests/2.31.0"

    def write(self, body):
        return json.dumps(body)

    def signed(self, text):
        return "" if text == "{}" else text


class JavaScript(Program):
    """un.js: sends and signs {}."""

    agent = "un-js/2.0"


class Go(Program):
    """un.go."""

    agent = "un-go/2.0"


def split(words):
    """Splits into words; a bracket with its content is one word."""
    found, depth = [""], 0
    for letter in words:
        depth += (letter == "[") - (letter == "]")
        if letter == " " and not depth:
            found.append("")
        else:
            found[-1] += letter
    return [word for word in found if word]


class ClientCase(harness.Case):
    """A server with two keys."""

    options = ("--key", f"{PUBLIC}:{SECRET}",
               "--key", f"{OTHER}:{OTHER_SECRET}")

    def poll(self, un, job, **more):
        """Runs as each client does; returns the final answer."""
        return self.until(lambda: (lambda got: got["status"] not in (
            "pending", "running") and got)(
                un.ask("GET", f"/jobs/{job}", **more)), 60)
