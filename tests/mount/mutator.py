# SPDX-License-Identifier: MIT
# tests/mount/mutator.py - a proxy that changes true answers, and the changes
import contextlib
import http.client
import http.server
import json
import re
import threading

# In the place of a value, as bytes of JSON.
VALUES = {
    "null": b"null",
    "true": b"true",
    "zero": b"0",
    "negative": b"-1",
    "huge": b"9223372036854775808",
    "long number": b"1" * 400,
    "huge real": b"1e308",
    "small real": b"-1.5e-300",
    "no text": b'""',
    "dots": b'".."',
    "path": b'"../../etc/passwd"',
    "control": rb'"a\u001b[2J\r\n\u0000\u0007\u007f\u0085b"',
    "not utf8": b'"\xff\xfe\xc3(\xed\xa0\x80"',
    "lone surrogate": rb'"\ud800"',
    "long": b'"' + b"x" * 5000 + b'"',
    "text": b'"text"',
    "list": b"[]",
    "lists": b"[[[]],[null],[0]]",
    "object": b"{}",
    "objects": b'{"a":{"b":{"":null}}}',
    "deep": b"[" * 70 + b"]" * 70,
}

# In the place of a whole answer.
BODIES = {
    "empty": lambda body: b"",
    "half": lambda body: body[:len(body) // 2],
    "all but one": lambda body: body[:-1],
    "in a list": lambda body: b"[" + body + b"]",
    "twice": lambda body: body + body,
    "NUL": lambda body: body + b"\0",
    "HTML": lambda body: b"<html><body>502</body></html>",
}


def places(value, path=()):
    """The paths of all values in an answer; of a list, of its first two."""
    yield path
    if isinstance(value, dict):
        for name in value:
            yield from places(value[name], (*path, name))
    elif isinstance(value, list):
        for number in range(min(2, len(value))):
            yield from places(value[number], (*path, number))


def shape(value, path):
    """What a path is called, whichever the item of a list."""
    return ".".join("*" if isinstance(name, int) else name for name in path)


def changes(body):
    """(name, path, change) of everything that is done to an answer."""
    for name in BODIES:
        yield name, None, name
    with contextlib.suppress(ValueError):
        answer = json.loads(body)
        for path in places(answer):
            for name in VALUES:
                yield f"{shape(answer, path)} {name}", path, name
            if path:
                yield f"{shape(answer, path)} removed", path, "removed"
                yield f"{shape(answer, path)} repeated", path, "repeated"


def written(value, path, kind):
    """JSON of the value, with what is at the path changed."""
    if not path and kind in VALUES:
        return VALUES[kind]
    if not path or not isinstance(value, (dict, list)):
        return json.dumps(value).encode()
    is_list = isinstance(value, list)
    parts = []
    for name, item in (enumerate(value) if is_list else value.items()):
        key = b"" if is_list else json.dumps(name).encode() + b":"
        if name != path[0]:
            parts.append(key + json.dumps(item).encode())
        elif len(path) > 1 or kind in VALUES:
            parts.append(key + written(item, path[1:], kind))
        elif kind == "repeated":
            parts += [key + json.dumps(item).encode()] * 2
    return (b"[%s]" if is_list else b"{%s}") % b",".join(parts)


def changed(body, path, kind):
    """The changed answer; as it is, if it has no such value."""
    if kind in BODIES:
        return BODIES[kind](body)
    try:
        return written(json.loads(body), path, kind)
    except ValueError:
        return body


def endpoint(method, path):
    """What a request asks for, whoever it is about."""
    path = re.sub(r"/(?!async)[^/]*[0-9][^/]*", "/ID", path.split("?")[0])
    return f"{method} {path}"


class Mutator:
    """Between a mount and the stand-in, whose answers it keeps."""

    def __init__(self, server):
        self.server = server
        self.seen = {}  # endpoint -> an answer
        self.asked = set()  # endpoints, since it was emptied
        self.rule = None  # (endpoint, path, kind)
        self.count = 0  # of answers that were changed
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Passes a request on."""

            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_arguments):
                """Nothing."""

            def handle_one_request(self):
                with contextlib.suppress(ConnectionError):
                    super().handle_one_request()

            def do_GET(self):
                """Any request."""
                outer.serve(self)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever,
                                       daemon=True)
        self.thread.start()

    def __getattr__(self, name):
        return getattr(self.server, name)

    @property
    def url(self):
        """The proxy's."""
        return f"http://127.0.0.1:{self.http.server_address[1]}"

    def close(self):
        """Ends it."""
        self.http.shutdown()
        self.http.server_close()

    def serve(self, request):
        """One request, and its answer."""
        length = int(request.headers.get("Content-Length", 0))
        sent = request.rfile.read(length)
        headers = {name: value for name, value in request.headers.items()
                   if name not in ("Accept-Encoding", "Connection")}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port,
                                                timeout=60)
        with contextlib.closing(connection):
            connection.request(request.command, request.path, sent, headers)
            answer = connection.getresponse()
            body = answer.read()
        body = self.answer(endpoint(request.command, request.path),
                           answer.status, body)
        request.send_response(answer.status)
        for name, value in answer.getheaders():
            if name not in ("Content-Length", "Connection", "Date",
                            "Transfer-Encoding"):
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def answer(self, what, status, body):
        """The body, changed if that is the rule."""
        self.asked.add(what)
        if status >= 300:
            return body
        if len(body) > len(self.seen.get(what, b"")) and not self.rule:
            self.seen[what] = body
        if not self.rule or self.rule[0] != what:
            return body
        self.count += 1
        return changed(body, *self.rule[1:])
