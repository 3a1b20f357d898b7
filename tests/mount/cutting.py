# SPDX-License-Identifier: MIT
# tests/mount/cutting.py - a proxy that cuts connections after so many bytes
import socket
import threading


class Cutter:
    """Forwards to a port of this machine, until it is told to cut."""

    def __init__(self, port):
        self.port = port
        self.lock = threading.Lock()
        self.direction, self.left = None, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.own_port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, direction, count):
        """Cuts the connection on which byte number count is, "request" or
        "answer", from now on; that byte and all after it are lost."""
        with self.lock:
            self.direction, self.left = direction, count

    def disarm(self):
        """Whether it has cut."""
        with self.lock:
            was_armed, self.direction = self.direction, None
        return was_armed is None

    def close(self):
        """Takes no more connections."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                near = self.listener.accept()[0]
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.port))
            for direction, source, sink in (("request", near, far),
                                            ("answer", far, near)):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._pass, daemon=True, args=(
                    direction, source, sink)).start()

    def _allowed(self, direction, data):
        """What may pass, and whether the connection is cut then."""
        with self.lock:
            if self.direction != direction:
                return data, False
            if len(data) <= self.left:
                self.left -= len(data)
                return data, False
            self.direction = None
            return data[:self.left], True

    def _pass(self, direction, source, sink):
        try:
            while data := source.recv(65536):
                data, is_cut = self._allowed(direction, data)
                sink.sendall(data)
                if is_cut:
                    break
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
