"""The door to the network: nothing private behind it, nothing endless through it."""

import asyncio
import gzip
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from multidict import CIMultiDict
from yarl import URL

from platforms import addresses
from platforms.addresses import NoSuchNameError
from platforms.base import AnchoredClock
from platforms.http import FetchError, Gateway, Reply, _Hop
from tests.platforms.replaying import Handler, serving


def fetch(handler: Handler, path: str = "/", *, method: str = "GET", gateway: Mapping[str, Any] | None = None, **request: Any) -> Reply:
    """One fetch from a loopback server that the gateway is allowed to reach."""

    async def main() -> Reply:
        async with serving(handler) as host, Gateway(AnchoredClock.local(), allow=frozenset({host}), **(gateway or {})) as door:
            return await door.fetch(method, f"http://{host}{path}", **request)

    return asyncio.run(main())


def refusal(handler: Handler, path: str = "/", **options: Any) -> str:
    with pytest.raises(FetchError) as error:
        fetch(handler, path, **options)
    return error.value.reason


async def hello(request: web.Request) -> web.StreamResponse:
    return web.json_response({"path": request.path_qs, "headers": dict(request.headers)})


def test_a_reply_is_whole_and_between_its_instants() -> None:
    before = datetime.now(UTC)
    reply = fetch(hello, "/a?b=1", params=[("id[]", "1"), ("id[]", "2")])
    assert (reply.status, reply.content_type, reply.hops) == (200, "application/json", ())
    assert b'"/a?b=1&id%5B%5D=1&id%5B%5D=2"' in reply.body
    assert before <= reply.sent_at <= reply.answered_at <= datetime.now(UTC)


def test_the_operator_can_be_reached_by_the_user_agent_and_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1/")
    reply = fetch(hello, gateway={"contact": "https://unit.example/contact"})
    assert b"Takedown/0.1 (+https://unit.example/contact)" in reply.body


def test_cookies_are_not_kept() -> None:
    async def greedy(request: web.Request) -> web.StreamResponse:
        response = web.json_response({"cookies": dict(request.cookies)})
        response.set_cookie("session", "1")
        return response

    async def main() -> bytes:
        async with serving(greedy) as host, Gateway(AnchoredClock.local(), allow=frozenset({host})) as door:
            await door.fetch("GET", f"http://{host}/")
            return (await door.fetch("GET", f"http://{host}/")).body

    assert asyncio.run(main()) == b'{"cookies": {}}'


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1/", "refused_address"),
        ("http://127.1/", "refused_address"),
        ("http://0x7f.0.0.1/", "refused_address"),
        ("http://017700000001/", "refused_address"),
        ("http://2130706433/", "refused_address"),
        ("http://\uff11\uff12\uff17.0.0.1/", "refused_address"),
        ("http://[::1]/", "refused_address"),
        ("http://[::ffff:169.254.169.254]/", "refused_address"),
        ("http://[64:ff9b::7f00:1]/", "refused_address"),
        ("http://169.254.169.254/latest/meta-data/", "refused_address"),
        ("http://localhost/", "refused_address"),
        ("http://localhost./", "refused_address"),
        ("http://a.localhost/", "refused_address"),
        ("http://1.1.1.1:22/", "refused_address"),
        ("https://a.example:8443/", "refused_address"),
        ("http://127.0.0.1\\@a.example/", "refused_address"),
        ("http://a.example@127.0.0.1/", "bad_url"),
        ("http://user:secret@a.example/", "bad_url"),
        ("ftp://a.example/", "bad_url"),
        ("file:///etc/passwd", "bad_url"),
        ("gopher://127.0.0.1:6379/_x", "bad_url"),
        ("http://[fe80::1%25eth0]/", "bad_url"),
        ("http://a b/", "bad_url"),
        ("nothing", "bad_url"),
    ],
)
def test_addresses_that_lead_inside_are_refused_before_anything_is_sent(url: str, reason: str) -> None:
    async def main() -> None:
        async with Gateway(AnchoredClock.local(), resolver=Names({})) as door:
            await door.fetch("GET", url)

    with pytest.raises(FetchError) as error:
        asyncio.run(main())
    assert error.value.reason == reason
    assert not error.value.sent


class Names(AbstractResolver):
    """A name system of one's own: each name has a list of answers, used up one after the other."""

    def __init__(self, answers: Mapping[str, list[list[str]] | Exception]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        self.asked.append(host)
        found = self.answers.get(host, NoSuchNameError(host))
        if isinstance(found, Exception):
            raise found
        turn = found.pop(0) if len(found) > 1 else found[0]
        return [ResolveResult(hostname=host, host=one, port=port, family=socket.AF_INET, proto=0, flags=0) for one in turn]

    async def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([["127.0.0.1"]], "refused_address"),
        ([["93.184.216.34", "10.0.0.1"]], "refused_address"),
        ([["169.254.169.254"]], "refused_address"),
        (NoSuchNameError("gone"), "dns_nxdomain"),
        (socket.gaierror(socket.EAI_AGAIN, "try again"), "dns"),
        (OSError("resolver broke"), "dns"),
    ],
)
def test_a_name_counts_for_what_it_answers(answers: list[list[str]] | Exception, reason: str) -> None:
    async def main() -> None:
        async with Gateway(AnchoredClock.local(), resolver=Names({"a.example": answers})) as door:
            await door.fetch("GET", "http://a.example/")

    with pytest.raises(FetchError) as error:
        asyncio.run(main())
    assert error.value.reason == reason
    assert not error.value.sent


def test_a_name_that_changes_its_answer_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """127.0.0.1 plays a public address here, 127.0.0.2 a private one: the second answer is never connected to."""
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1")

    async def closing(request: web.Request) -> web.StreamResponse:
        response = web.Response(text=request.host)
        response.force_close()
        return response

    async def main() -> tuple[bytes, str, list[str]]:
        async with serving(closing) as host:
            port = host.split(":")[1]
            names = Names({"a.example": [["127.0.0.1"], ["127.0.0.2"]]})
            # Port and literal are let through here, so that the resolver alone decides.
            async with Gateway(AnchoredClock.local(), resolver=names) as door:
                monkeypatch.setattr(door, "_checked", URL)
                first = await door.fetch("GET", f"http://a.example:{port}/")
                with pytest.raises(FetchError) as error:
                    await door.fetch("GET", f"http://a.example:{port}/")
                return first.body, error.value.reason, names.asked

    body, reason, asked = asyncio.run(main())
    assert body.startswith(b"a.example:")
    assert reason == "refused_address"
    assert asked == ["a.example", "a.example"]


def redirecting(*targets: str, status: int = 302) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        step = int(request.path.strip("/") or 0)
        if step < len(targets):
            return web.Response(status=status, headers={"Location": targets[step]})
        return web.json_response({"headers": dict(request.headers)})

    return handler


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_remembered(status: int) -> None:
    reply = fetch(redirecting("/1", "2", status=status))
    assert reply.status == 200
    assert [hop.rsplit("/", 1)[1] for hop in reply.hops] == ["", "1"]
    assert reply.url.endswith("/2")


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("/0", "redirect_loop"),
        ("http://127.0.0.1/", "refused_address"),
        ("//127.0.0.1:6379/", "refused_address"),
        ("http://169.254.169.254/latest/meta-data/", "refused_address"),
        ("http://[::1]:8080/", "refused_address"),
        ("https://a.example:25/", "refused_address"),
        ("file:///etc/passwd", "bad_url"),
        ("gopher://a.example/", "bad_url"),
        ("http://user:x@a.example/", "bad_url"),
        ("http://[", "bad_url"),
    ],
)
def test_every_hop_is_checked_like_the_first(target: str, reason: str) -> None:
    assert refusal(redirecting(target), "/0") == reason


def test_redirects_come_to_an_end() -> None:
    assert refusal(redirecting(*(f"/{step}" for step in range(1, 20)))) == "too_many_redirects"
    assert fetch(redirecting(*(f"/{step}" for step in range(1, 6)))).status == 200


def test_a_post_is_never_redirected() -> None:
    reply = fetch(redirecting("/1"), method="POST", json={"a": 1})
    assert reply.status == 302


def test_credentials_stay_with_their_server() -> None:
    async def main() -> tuple[bytes, bytes]:
        async with (
            serving(hello) as other,
            serving(redirecting("/1")) as same,
            serving(redirecting(f"http://{other}/")) as first,
            Gateway(AnchoredClock.local(), allow=frozenset({first, same, other})) as door,
        ):
            headers = {"Authorization": "Bearer secret"}
            kept = await door.fetch("GET", f"http://{same}/", headers=headers)
            dropped = await door.fetch("GET", f"http://{first}/", headers=headers)
            return kept.body, dropped.body

    kept, dropped = asyncio.run(main())
    assert b"secret" in kept
    assert b"secret" not in dropped


def test_credentials_never_leave_an_encrypted_connection() -> None:
    door = Gateway(AnchoredClock.local())
    hop = _Hop("GET", URL("https://a.example/"), CIMultiDict({"authorization": "Bearer secret"}))
    with pytest.raises(FetchError) as error:
        door._next(hop, "http://a.example/", ["https://a.example/"])
    assert error.value.reason == "downgrade"
    assert not door._next(hop, "https://b.example/", ["https://a.example/"]).headers


def test_a_body_is_read_up_to_the_limit_only() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    assert refusal(endless) == "too_large"


def test_a_compression_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)

    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"}, content_type="text/html")

    assert len(bomb) < 100_000
    assert refusal(handler) == "too_large"


def test_a_dripping_reply_runs_into_the_deadline() -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.005)

    assert refusal(drip, gateway={"total_seconds": 0.05}) == "timeout"


def test_headers_without_end_are_refused() -> None:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(headers={"X-Long": "x" * 100_000})

    assert refusal(handler) == "malformed"


def test_the_type_of_a_good_reply_is_checked() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(text="x", content_type="application/x-thing", status=int(request.path[1:]))

    assert refusal(handler, "/200", accept={"text/html"}) == "wrong_type"
    assert fetch(handler, "/403", accept={"text/html"}).status == 403


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "malformed"),
        (b"nonsense\r\n\r\n", "malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "malformed"),
    ],
)
def test_broken_replies_are_errors(raw: bytes, reason: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, Gateway(AnchoredClock.local(), allow=frozenset({host})) as door:
            await door.fetch("GET", f"http://{host}/")

    with pytest.raises(FetchError) as error:
        asyncio.run(main())
    assert error.value.reason == reason
    assert error.value.sent


def test_nobody_at_the_door_means_that_nothing_was_sent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"

    async def main(scheme: str) -> None:
        async with Gateway(AnchoredClock.local(), allow=frozenset({host})) as door:
            await door.fetch("GET", f"{scheme}://{host}/")

    with pytest.raises(FetchError) as error:
        asyncio.run(main("http"))
    assert (error.value.reason, error.value.sent) == ("connect", False)


def test_a_server_without_tls_is_a_tls_error() -> None:
    async def main() -> None:
        async with serving(hello) as host, Gateway(AnchoredClock.local(), allow=frozenset({host})) as door:
            await door.fetch("GET", f"https://{host}/")

    with pytest.raises(FetchError) as error:
        asyncio.run(main())
    assert error.value.reason == "tls"


@pytest.mark.parametrize(
    ("names", "known"),
    [({"a.example": [["93.184.216.34"]]}, True), ({}, False), ({"a.example": socket.gaierror(socket.EAI_NODATA, "no data")}, None)],
)
def test_the_name_system_can_be_asked_alone(names: dict[str, list[list[str]] | Exception], known: bool | None) -> None:
    async def main() -> bool:
        async with Gateway(AnchoredClock.local(), resolver=Names(names)) as door:
            return await door.exists("a.example")

    if known is None:
        with pytest.raises(FetchError):
            asyncio.run(main())
    else:
        assert asyncio.run(main()) is known


@pytest.mark.parametrize(
    ("location", "status", "path"),
    [(b"/caf\xe9", b"200 OK", "/caf%E9"), ("/caf\u00e9".encode(), b"200 OK", "/caf%C3%A9"), (b"http://caf\xe9.example/", b"", "bad_url")],
)
def test_a_redirect_may_name_its_target_in_any_bytes(location: bytes, status: bytes, path: str) -> None:
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).split()[1])
        if len(asked) == 1:
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        else:
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async def main() -> str:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, Gateway(AnchoredClock.local(), allow=frozenset({host})) as door:
            try:
                return URL((await door.fetch("GET", f"http://{host}/")).url, encoded=True).raw_path
            except FetchError as error:
                return error.reason

    assert asyncio.run(main()) == path
    assert asked[1:] == ([path.encode()] if status else [])
