# SPDX-License-Identifier: MIT
# tests/mount/cutter.py - a proxy that breaks the connections of live shells
import contextlib
import re
import select
import socket
import ssl
import threading
import time


class Cutter:
    """Between a mount and the stand-in. Passes all but live shells. certs:
    the folder of cert.pem and key.pem, with which it speaks TLS."""

    def __init__(self, server, certs=None):
        self.server = server
        self.tls = None
        if certs:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certs + "/cert.pem", certs + "/key.pem")
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.lock = threading.Lock()
        self.shells = []  # (client, server) of those that are open
        self.attempts = []  # when each upgrade was asked for
        self.refuses = False  # new ones are closed at once
        self.holds = False  # nothing is passed on to the mount
        self.drips = False  # a byte at a time
        threading.Thread(target=self._accept, daemon=True).start()

    # What a mount asks of its server.
    @property
    def url(self):
        """The proxy's."""
        return (f"http{'s' if self.tls else ''}://127.0.0.1:"
                f"{self.listener.getsockname()[1]}")

    @property
    def process(self):
        """The stand-in's."""
        return self.server.process

    def requests(self):
        """The stand-in's."""
        return self.server.requests()

    # ---- breaking ----

    def reset(self):
        """Lets everything pass."""
        self.refuses = self.holds = self.drips = False
        self.attempts = []

    def cut(self):
        """Closes the connections of all shells."""
        for pair in self._take():
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def inject(self, data):
        """Sends bytes to the mount, as the last that it gets of its server."""
        for client, server in self._take():
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
                client.sendall(data)

    def close(self):
        """Ends it."""
        self.listener.close()
        self.cut()

    def _take(self):
        with self.lock:
            shells, self.shells = self.shells, []
        return shells

    # ---- passing on ----

    def _accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,),
                             daemon=True).start()

    def _serve(self, client):
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            if self.tls:
                client = self.tls.wrap_socket(client, server_side=True)
            stack.enter_context(client)
            data = client.recv(65536)
            is_shell = bool(re.match(rb"GET /sessions/[^/ ]+/shell[? ]", data))
            if is_shell:
                self.attempts.append(time.monotonic())
                if self.refuses:
                    return
            with socket.create_connection(("127.0.0.1", self.server.port)) \
                    as server:
                server.sendall(data)
                if is_shell:
                    with self.lock:
                        self.shells.append((client, server))
                self._pass(client, server, is_shell)
                if is_shell and (client, server) not in self.shells:
                    while client.recv(65536):  # what it still sends is lost
                        pass

    def _pass(self, client, server, is_shell):
        while True:
            ready = [client]  # TLS may have received more than was read
            if not (self.tls and client.pending()):
                ready = select.select([client, server], [], [], 10)[0]
            for end in ready:
                data = end.recv(65536)
                if not data:
                    return
                if end is client:
                    server.sendall(data)
                elif not (is_shell and self.holds):
                    self._send(client, data, is_shell)

    def _send(self, client, data, is_shell):
        if not (is_shell and self.drips):
            client.sendall(data)
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in data:
            client.sendall(bytes([byte]))
