"""The network as the operating system sees it: every connection that is tried, and where it may lead."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

OUTSIDE = ("93.184.216.34", "93.184.216.35")
"""Two addresses that play the internet."""
Answer = Sequence[str] | Exception


class Wire:
    """Stands at the socket, below the event loop. `tried` is each address that was to be reached; only those in `leads` are."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tried: list[tuple[str, int]] = []
        self.leads: dict[tuple[str, int], tuple[str, int]] = {}
        really = socket.socket.connect

        def connect(sock: socket.socket, address: Any) -> None:
            really(sock, self._told(address))

        def looked_up(host: Any, *_: Any, **__: Any) -> Any:
            pytest.fail(f"the system was asked for {host}")

        monkeypatch.setattr(socket.socket, "connect", connect)
        monkeypatch.setattr(socket, "getaddrinfo", looked_up)

    def _told(self, address: Any) -> tuple[str, int]:
        self.tried.append((address[0], address[1]))
        if (address[0], address[1]) not in self.leads:
            raise ConnectionRefusedError("nobody there")
        return self.leads[(address[0], address[1])]

    @property
    def hosts(self) -> list[str]:
        return [host for host, _ in self.tried]


class Names(AbstractResolver):
    """A name system in the hands of an attacker: each name has answers, used up one after the other, the last one for good."""

    def __init__(self, answers: Mapping[str, Sequence[Answer]], others: Answer) -> None:
        self._answers = {name: list(turns) for name, turns in answers.items()}
        self._others = others

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        turns = self._answers.get(host, [self._others])
        found = turns.pop(0) if len(turns) > 1 else turns[0]
        if isinstance(found, Exception):
            raise found
        return [
            ResolveResult(hostname=host, host=one, port=port, family=socket.AF_INET6 if ":" in one else socket.AF_INET, proto=0, flags=0)
            for one in found
        ]

    async def close(self) -> None:
        pass


Script = Callable[[bytes, asyncio.StreamWriter], Any]
"""Gets the head of a request and writes the reply, byte by byte if it likes."""


@asynccontextmanager
async def speaking(script: Script) -> AsyncIterator[tuple[str, int]]:
    """A loopback server that speaks whatever `script` says, one request per connection."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await script(await reader.readuntil(b"\r\n\r\n"), writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side went away, or the test is over
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()
    finally:
        server.close()
