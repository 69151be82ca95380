"""A TCP proxy that misbehaves on demand."""

import socket
import threading
import time
from enum import StrEnum


class Mode(StrEnum):
    PASS = "pass"
    STALL = "stall"
    """Connections stay open and nothing comes through: the half-open case."""
    RESET = "reset"
    """Every connection is cut with RST, old ones and new ones."""


class Proxy:
    """Forwards a loopback port to another; `mode` may be changed at any time."""

    def __init__(self, target_port: int) -> None:
        self.target_port, self.mode = target_port, Mode.PASS
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self) -> None:
        """Cut everything that is open now."""
        for pair in self._pairs:
            for end in pair:
                _cut(end)
        self._pairs.clear()

    def _accept(self) -> None:
        while True:
            client, _ = self._server.accept()
            if self.mode is Mode.RESET:
                _cut(client)
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target_port), timeout=5)
            except OSError:
                _cut(client)
                continue
            server.settimeout(None)
            self._pairs.append((client, server))
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                while self.mode is Mode.STALL:
                    time.sleep(0.05)
                sink.sendall(data)
        except OSError:
            pass
        finally:
            _cut(source)
            _cut(sink)


def _cut(end: socket.socket) -> None:
    try:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()
