# SPDX-License-Identifier: MIT
# tests/server/websocket.py - a small client for WebSockets
"""Frames by hand, so that a test can also send what no client should."""
import base64
import hashlib
import json
import os
import socket
import struct
import time

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


class Refused(Exception):
    """The upgrade was answered with another status."""

    def __init__(self, status, body):
        super().__init__(f"{status} {body[:200]!r}")
        self.status, self.body = status, body


class WebSocket:
    """A connection; `output` has the binary, `texts` the parsed text."""

    def __init__(self, port, path, headers=None, protocol=None):
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.output, self.texts, self.closed = bytearray(), [], None
        key = base64.b64encode(os.urandom(16)).decode()
        lines = {"Host": f"127.0.0.1:{port}", "Upgrade": "websocket",
                 "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                 "Sec-WebSocket-Key": key, **(headers or {})}
        if protocol:
            lines["Sec-WebSocket-Protocol"] = protocol
        self.socket.sendall((f"GET {path} HTTP/1.1\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in lines.items())
            + "\r\n").encode())
        self.headers = self._answer(key)

    def _answer(self, key):
        while b"\r\n\r\n" not in self.received:
            self._more()
        head, self.received = self.received.split(b"\r\n\r\n", 1)
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in
                   (line.split(": ", 1) for line in lines)}
        status = int(first.split()[1])
        if status != 101:
            while len(self.received) < int(headers.get("content-length", 0)):
                self._more()
            self.socket.close()
            raise Refused(status, self.received)
        accept = base64.b64encode(hashlib.sha1(
            (key + GUID).encode()).digest()).decode()
        assert headers["sec-websocket-accept"] == accept, headers
        return headers

    def _more(self):
        more = self.socket.recv(65536)
        if not more:
            raise ConnectionError("the connection was closed")
        self.received += more

    def send(self, opcode, data, mask=True, fin=True):
        """Sends one frame."""
        if isinstance(data, str):
            data = data.encode()
        key = os.urandom(4) if mask else b""
        size = len(data)
        bits = 0x80 if mask else 0
        head = bytes([opcode | (0x80 if fin else 0)])
        if size < 126:
            head += bytes([bits | size])
        elif size < 65536:
            head += bytes([bits | 126]) + struct.pack(">H", size)
        else:
            head += bytes([bits | 127]) + struct.pack(">Q", size)
        if mask:
            data = bytes(byte ^ key[i % 4] for i, byte in enumerate(data))
        self.socket.sendall(head + key + data)

    def type(self, text):
        """Types text."""
        self.send(BINARY, text)

    def say(self, **members):
        """Sends a control message."""
        self.send(TEXT, json.dumps(members))

    def _take(self, size):
        while len(self.received) < size:
            self._more()
        taken, self.received = self.received[:size], self.received[size:]
        return taken

    def frame(self):
        """Reads one frame and files it."""
        first, size = self._take(2)
        assert not size & 0x80, "a server's frames are not masked"
        if size == 126:
            size, = struct.unpack(">H", self._take(2))
        elif size == 127:
            size, = struct.unpack(">Q", self._take(8))
        data = self._take(size)
        opcode = first & 15
        if opcode == BINARY:
            self.output += data
        elif opcode == TEXT:
            self.texts.append(json.loads(data))
        elif opcode == CLOSE:
            self.closed = data
        return opcode, data

    def until(self, ready, seconds=20):
        """Reads frames until ready()."""
        end = time.monotonic() + seconds
        while not ready():
            assert time.monotonic() < end, (self.output[-1000:], self.texts)
            self.frame()

    def until_output(self, text):
        """Reads until it was printed, in the last frames."""
        self.until(lambda: text in self.output[-40000:])

    def close(self):
        """Drops the connection."""
        self.socket.close()
