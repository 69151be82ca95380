"""Servers that lie, flood, drip or never end: no reply comes of it, in bounded time and in bounded memory."""

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from platforms.base import AnchoredClock
from platforms.http import FetchError, Gateway, Reply
from tests.patience import PATIENCE
from tests.platforms.wire import Script, speaking

SECONDS = 0.3
MEMORY = 12_000_000
"""Bytes: the limit for a body, and what is on its way through buffers."""
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
NOTHING = b"Content-Length: 0\r\n\r\n"
HELLO = b"5\r\nhello\r\n0\r\n\r\n"


def zeros(bits: int, megabytes: int = 100) -> bytes:
    """A bomb: `megabytes` of nothing, packed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, bits)
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(megabytes)) + packer.flush()


def packed(coding: bytes, body: bytes) -> bytes:
    return OK + b"%bContent-Length: %d\r\n\r\n%b" % (coding, len(body), body)


GZIP, DEFLATE = b"Content-Encoding: gzip\r\n", b"Content-Encoding: deflate\r\n"
SMALL = gzip.compress(b"hello")
SAID: dict[str, tuple[bytes, str]] = {
    "a bomb in gzip": (packed(GZIP, zeros(31)), "too_large"),
    "a bomb in deflate": (packed(DEFLATE, zeros(15)), "too_large"),
    "a bomb in raw deflate": (packed(DEFLATE, zeros(-15)), "too_large"),
    "a bomb in chunks": (OK + GZIP + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(zeros(31)), zeros(31)), "too_large"),
    "a bomb of a missing page": (packed(GZIP, zeros(31)).replace(b"200 OK", b"404 No"), "too_large"),
    "very many small members": (OK + GZIP + b"\r\n" + gzip.compress(b"") * 200_000, "malformed"),
    "packed twice": (packed(b"Content-Encoding: gzip, gzip\r\n", gzip.compress(SMALL)), "malformed"),
    "packed twice in two headers": (packed(GZIP * 2, gzip.compress(SMALL)), "malformed"),
    "gzip by its old name": (packed(b"Content-Encoding: x-gzip\r\n", SMALL), "malformed"),
    "brotli": (packed(b"Content-Encoding: br\r\n", b"\x0b\x02\x80hello\x03"), "malformed"),
    "zstd": (packed(b"Content-Encoding: zstd\r\n", b"\x28\xb5\x2f\xfd\x20\x05\x29\0\0hello"), "malformed"),
    "a coding of its own": (packed(b"Content-Encoding: rot13\r\n", b"uryyb"), "malformed"),
    "rubbish after the end of gzip": (packed(GZIP, SMALL + b"rubbish"), "malformed"),
    "half of a deflate": (packed(DEFLATE, zlib.compress(bytes(range(256)))[:20]), "malformed"),
    "a header of 33 kB": (OK + b"X: " + b"y" * 33_000 + b"\r\n" + NOTHING, "malformed"),
    "a status line of 33 kB": (b"HTTP/1.1 200 " + b"y" * 33_000 + b"\r\n" + NOTHING, "malformed"),
    "200 headers": (OK + b"".join(b"X%d: y\r\n" % number for number in range(200)) + NOTHING, "malformed"),
    "a header without a colon": (OK + b"nothing\r\n" + NOTHING, "malformed"),
    "a header with a space in its name": (OK + b"X : y\r\n" + NOTHING, "malformed"),
    "a NUL in a header": (OK + b"X: a\0b\r\n" + NOTHING, "malformed"),
    "a NUL in a redirect": (b"HTTP/1.1 302 Found\r\nLocation: /a\0b\r\n" + NOTHING, "malformed"),
    "HTTP/0.9": (b"<html><title>hello</title></html>", "malformed"),
    "HTTP of the future": (b"HTTP/7.3 200 OK\r\n" + NOTHING, "malformed"),
    "a radio station": (b"ICY 200 OK\r\n" + NOTHING, "malformed"),
    "a shell": (b"SSH-2.0-OpenSSH_9.7\r\n", "malformed"),
    "a mail server": (b"220 mail.example ESMTP\r\n", "malformed"),
    "a store of keys": (b"-ERR unknown command 'GET'\r\n", "malformed"),
    "TLS": (b"\x15\x03\x01\x00\x02\x02\x46", "malformed"),
    "a code of two digits": (b"HTTP/1.1 20 OK\r\n" + NOTHING, "malformed"),
    "a code of four digits": (b"HTTP/1.1 2000 OK\r\n" + NOTHING, "malformed"),
    "a code in words": (b"HTTP/1.1 two OK\r\n" + NOTHING, "malformed"),
    "a code of zeros": (b"HTTP/1.1 000 OK\r\n" + NOTHING, "malformed"),
    "another protocol": (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello", "malformed"),
    "lines that end in CR": (b"HTTP/1.1 200 OK\rContent-Length: 5\r\rhello", "malformed"),
    "a chunk of no size": (CHUNKED + b"zz\r\nhello\r\n0\r\n\r\n", "malformed"),
    "a chunk of negative size": (CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n", "malformed"),
    "a chunk larger than numbers": (CHUNKED + b"f" * 17 + b"\r\nhello\r\n0\r\n\r\n", "malformed"),
    "a chunk longer than its size": (CHUNKED + b"3\r\nhello\r\n0\r\n\r\n", "malformed"),
    "chunks without an end": (CHUNKED + b"5\r\nhello\r\n", "malformed"),
    "chunks and a length": (OK + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n" + HELLO, "malformed"),
    "packed chunks": (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + HELLO, "malformed"),
    "something like chunks": (OK + b"Transfer-Encoding: xchunked\r\n\r\n" + HELLO, "malformed"),
    "two lengths": (OK + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nhello", "malformed"),
    "a list of lengths": (OK + b"Content-Length: 5, 5\r\n\r\nhello", "malformed"),
    "a negative length": (OK + b"Content-Length: -5\r\n\r\nhello", "malformed"),
    "a length larger than numbers": (OK + b"Content-Length: " + b"9" * 30 + b"\r\n\r\nhello", "malformed"),
    "less than promised": (OK + b"Content-Length: 50\r\n\r\nhello", "malformed"),
    "more than promised": (OK + b"Content-Length: 3\r\n\r\nhello", "malformed"),
    "a body where none may be": (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", "malformed"),
    "goodbye at once": (b"", "malformed"),
    "goodbye in the status line": (b"HTTP/1.", "malformed"),
    "goodbye in the headers": (OK[:-10], "malformed"),
    "goodbye after the headers": (OK + b"Content-Length: 5\r\n\r\n", "malformed"),
}
"""What a server says before it hangs up, and what becomes of it."""

EARLY_HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
REPEATED: dict[str, tuple[bytes, bytes, set[str]]] = {
    "a body": (OK + b"\r\n", b"y" * 65_536, {"too_large"}),
    "chunks": (CHUNKED, b"8\r\nendless!\r\n" * 1000, {"too_large", "timeout"}),
    "chunks of one byte": (CHUNKED, b"1\r\ny\r\n" * 1000, {"too_large", "timeout"}),
    "empty members of gzip": (OK + GZIP + b"\r\n", gzip.compress(b"") * 1000, {"malformed", "timeout"}),
    "headers": (OK, b"X: y\r\n" * 1000, {"malformed"}),
    "a header": (OK + b"X: ", b"y" * 65_536, {"malformed"}),
    "the name of a header": (OK, b"y" * 65_536, {"malformed"}),
    "folded lines of a header": (OK + b"X: y\r\n", b" y\r\n" * 1000, {"malformed"}),
    "a status line": (b"HTTP/1.1 200 ", b"y" * 65_536, {"malformed"}),
    "empty lines": (b"", b"\r\n" * 10_000, {"malformed", "timeout"}),
    "the size of a chunk": (CHUNKED, b"0" * 65_536, {"malformed", "timeout"}),
    "a remark on a chunk": (CHUNKED + b"5;", b"y" * 65_536, {"malformed", "timeout"}),
    "trailers": (CHUNKED + b"0\r\n", b"X: y\r\n" * 1000, {"malformed"}),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, {"timeout"}),
    "early hints": (b"", EARLY_HINT * 100, {"timeout"}),
    "another protocol": (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", b"y" * 65_536, {"malformed"}),
    "the body of a redirect": (b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 999999999\r\n\r\n", b"y" * 65_536, {"redirect_loop"}),
}
"""How a reply begins, what is then said again and again as fast as it is taken, and what becomes of it."""

DRIPS = {
    "nothing": b"",
    "the status line": b"HTTP/1.1 200 O",
    "a header": OK + b"X: y",
    "headers": OK,
    "a body": OK + b"Content-Length: 100000\r\n\r\n",
    "packed nothing": OK + GZIP + b"\r\n" + gzip.compress(b"")[:10],
    "chunks": CHUNKED,
    "trailers": CHUNKED + b"5\r\nhello\r\n0\r\n",
    "hints": EARLY_HINT,
}


@pytest.fixture
def memory() -> Iterator[None]:
    """Fails a test that takes more memory than a body may have."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


def door_to(ip: str, port: int) -> Gateway:
    return Gateway(AnchoredClock.local(), allow=frozenset({f"{ip}:{port}"}), total_seconds=SECONDS)


def fetched(script: Script) -> Reply | str:
    """What comes of asking a server that speaks `script`: a reply, or the reason why there is none."""

    async def main() -> Reply | str:
        async with asyncio.timeout(PATIENCE), speaking(script) as (ip, port), door_to(ip, port) as door:
            try:
                return await door.fetch("GET", f"http://{ip}:{port}/")
            except FetchError as error:
                return error.reason if error.sent else f"not sent: {error.reason}"

    return asyncio.run(main())


@pytest.mark.parametrize("name", SAID)
@pytest.mark.usefixtures("memory")
def test_a_lie_is_no_reply(name: str) -> None:
    said, reason = SAID[name]

    async def script(_: bytes, writer: Any) -> None:
        writer.write(said)

    assert fetched(script) == reason


@pytest.mark.parametrize("name", REPEATED)
@pytest.mark.usefixtures("memory")
def test_what_never_ends_is_cut_short(name: str) -> None:
    first, again, reasons = REPEATED[name]

    async def script(_: bytes, writer: Any) -> None:
        writer.write(first)
        while True:
            writer.write(again)
            await writer.drain()

    assert fetched(script) in reasons


@pytest.mark.parametrize("name", DRIPS)
@pytest.mark.parametrize("drop", [b"", b"y"])
def test_what_comes_drop_by_drop_runs_into_the_deadline(name: str, drop: bytes) -> None:
    """Each drop is on time; only all of them together are late."""
    drops = 0

    async def script(_: bytes, writer: Any) -> None:
        nonlocal drops
        writer.write(DRIPS[name])
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(SECONDS / 20)
            drops += 1

    assert fetched(script) in {"timeout", "malformed"}
    assert drops <= 20, "no drop puts the deadline off"


def test_a_reply_nobody_asked_for_is_not_the_answer_to_the_next_question() -> None:
    """What a server says in advance goes with its connection."""
    questions: list[bytes] = []
    answered, said, over = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def script(head: bytes, writer: Any) -> None:
        questions.append(head)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % len(questions))
        await answered.wait()
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        said.set()
        await over.wait()

    async def main() -> list[tuple[int, bytes]]:
        found = []
        async with speaking(script) as (ip, port), door_to(ip, port) as door:
            for _ in range(3):
                reply = await door.fetch("GET", f"http://{ip}:{port}/")
                found.append((reply.status, reply.body))
                answered.set()
                await said.wait()
                answered.clear()
                said.clear()
                for _ in range(10):  # rounds of the loop, for what was said to arrive
                    await asyncio.sleep(0)
            over.set()
        return found

    assert asyncio.run(main()) == [(200, b"1"), (200, b"2"), (200, b"3")]


@pytest.mark.parametrize("coding", ["identity", "gzip", "GZIP", "deflate"])
def test_the_codings_that_were_offered_are_read(coding: str) -> None:
    body = {"gzip": SMALL, "deflate": zlib.compress(b"hello")}.get(coding.lower(), b"hello")

    async def script(head: bytes, writer: Any) -> None:
        assert b"Accept-Encoding: gzip, deflate\r\n" in head
        writer.write(packed(b"Content-Encoding: %b\r\n" % coding.encode(), body))

    reply = fetched(script)
    assert isinstance(reply, Reply)
    assert reply.body == b"hello"
