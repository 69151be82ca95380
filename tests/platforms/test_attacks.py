"""Whoever writes the addresses, the redirects and the answers of the name system: nothing inside is ever contacted.

Asserted at the socket, on both event loops, with 93.184.216.34 and .35 playing the internet.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import uvloop

from platforms.base import AnchoredClock
from platforms.http import FetchError, Gateway
from tests.platforms.wire import OUTSIDE, Answer, Names, Wire, speaking
from tests.tables import check_all

A, B = OUTSIDE
INSIDE = ["127.0.0.1", "10.0.0.1", "100.100.100.200", "168.63.129.16", "169.254.169.254", "172.16.0.1", "192.168.1.1"]
Run = Callable[[Coroutine[Any, Any, Any]], Any]
Reply = Callable[[bytes, Any], Awaitable[None]]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    with asyncio.Runner(loop_factory=request.param) as runner:
        yield runner.run


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    return Wire(monkeypatch)


def spellings(address: str) -> list[str]:
    """Ways to write an IPv4 address that browsers, and our parser, take for that address."""
    a, b, c, d = (int(part) for part in address.split("."))
    number = a << 24 | b << 16 | c << 8 | d
    full_width = address.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)} | {ord("."): "\u3002"})
    circled = "".join(chr(0x245F + int(char)) if char in "123456789" else "\u24ea" if char == "0" else char for char in address)
    return [
        address,
        f"{address}.",
        f"{a:#o}.{b:#o}.{c:#o}.{d:#o}".replace("o", ""),
        f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"{a:#X}.{b}.{c:#o}.{d}".replace("o", ""),
        str(number),
        f"{number:#x}",
        f"0{number:o}",
        f"{a}.{b << 16 | c << 8 | d}",
        f"{a}.{b}.{c << 8 | d}",
        full_width,
        circled,
        "".join(f"%{ord(char):02x}" for char in address),
        address.replace(".", "\uff61"),
        f"[::ffff:{address}]",
        f"[::ffff:{a << 8 | b:x}:{c << 8 | d:x}]",
        f"[::{address}]",
        f"[64:ff9b::{address}]",
        f"[2002:{a << 8 | b:x}:{c << 8 | d:x}::1]",
        f"[2001:0:5db8:d822::{0xFFFF ^ (a << 8 | b):x}:{0xFFFF ^ (c << 8 | d):x}]",
        f"[2a00:1450:4001:81b:0:5efe:{address}]",
        f"[2a00:1450:4001:81b:200:5efe:{address}]",
    ]


HOSTS = [
    *("0", "0.0.0.0", "0x", "255.255.255.255", "224.0.0.1", "192.0.0.192", "198.18.0.1", "203.0.113.9", "127.127.127.127", "127.0.0.1.."),
    *("[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[fe80::1]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]"),
    *("[fe80::5efe:7f00:1]", "[fe80::1%25lo]", "[::1%25lo]", "[fe80::1%lo]", "[64:ff9b:1::7f00:1]", "[::ffff:0:127.0.0.1]", "[100::1]"),
    *("[2001:db8::1]", "[3fff::1]", "[5f00::1]", "[::1]."),
    *("localhost", "LOCALHOST", "localhost.", "a.localhost", "a.b.localhost.", "\u24d1.\u24dbocalhost", "loc\u00adalhost", "%6cocalhost"),
    *("localhost\u3002", "\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54"),
    *("xn--", "xn--a", "256.256.256.256", "1.2.3.4.5", "a.0x7f", "metadata.0x7f000001"),
    *("127.0.0.1%00.a.example", "127.0.0.1\0.a.example", "127.0.0.1\t", "12\n7.0.0.1", "\t127.0.0.1", "127.0.0.1%2f.a.example"),
    *("a.example:22", "a.example:0", "a.example:6379", "a.example:65536", "a.example:80:80", "a.example:+80", "a.example:8 0"),
    *("127.0.0.1:80@a.example", "a.example@127.0.0.1", "a.example:80@127.0.0.1", "@127.0.0.1", ":@127.0.0.1", "a.example%40@[::1]"),
    *("127.0.0.1\\@a.example", "127.0.0.1\\.a.example", "127.0.0.1#@a.example", "127.0.0.1?@a.example", "127.0.0.1;@a.example"),
]
WHOLE = [
    *("http:127.0.0.1/", "http:/127.0.0.1/", "http:\\\\127.0.0.1\\", "http:////127.0.0.1/", " http://127.0.0.1/", "ht\ntp://127.0.0.1/"),
    *("HTTP://127.0.0.1/", "//127.0.0.1/", "\\\\127.0.0.1\\", "127.0.0.1", "http://", "http:///", "http://?", "https://#", ""),
    *("file:///etc/passwd", "file://127.0.0.1/etc/passwd", "gopher://127.0.0.1:6379/_x", "ftp://127.0.0.1/", "dict://127.0.0.1:11211/"),
    *(
        "data:text/html,x",
        "javascript:alert(1)",
        "ws://127.0.0.1/",
        "unix:///var/run/docker.sock",
        "http+unix://%2fvar%2frun/",
        "jar:http://a/",
    ),
    *("ldap://127.0.0.1/", "view-source:http://127.0.0.1/", "blob:http://127.0.0.1/x", "about:blank", "mailto:a@127.0.0.1", "tel:1"),
]
LITERALS = [f"http://{spelling}/latest/meta-data/" for address in INSIDE for spelling in spellings(address)]
HOSTILE = [*LITERALS, *(f"http://{host}/" for host in HOSTS), *WHOLE]
NAMES = [
    *("metadata.google.internal", "metadata", "127.0.0.1.nip.io", "localtest.me", "localhost.localdomain", "ip6-localhost", "router.lan"),
    *("kubernetes.default.svc", "instance-data", "host.docker.internal", "wpad", "a.example.", "127.0.0.1.a.example", "xn--80ak6aa92e.com"),
]


def names(a_example: Sequence[Answer] = ((A,),), others: Answer = ("127.0.0.1",)) -> Names:
    """`a.example`, and `b.example` on the second address, are outside; whatever else is asked for gets `others`."""
    return Names({"a.example": a_example, "b.example": [[B]]}, others)


async def refused(url: str, resolver: Names, **request: Any) -> str:
    """The reason for which there is no reply."""
    async with Gateway(AnchoredClock.local(), resolver=resolver, total_seconds=5) as door:
        try:
            await door.fetch("GET", url, **request)
        except FetchError as error:
            return error.reason
    return "let through"


def test_the_table_of_attacks_is_long() -> None:
    assert len(set(HOSTILE)) > 200


def test_no_spelling_of_an_inner_address_gets_a_connection(run: Run, wire: Wire) -> None:
    """Neither where every name leads inside, nor where every name leads outside and the spelling alone can do it."""

    def check(url: str) -> None:
        wire.tried.clear()
        for resolver in (names([["127.0.0.1"]]), names(others=[A])):
            assert run(refused(url, resolver)) in {"refused_address", "bad_url"}
            assert wire.tried == []

    check_all(HOSTILE, check)


def test_no_name_that_leads_inside_gets_a_connection(run: Run, wire: Wire) -> None:
    def check(row: tuple[str, str]) -> None:
        host, inside = row
        wire.tried.clear()
        assert run(refused(f"http://{host}/", names([[inside]], [inside]))) == "refused_address"
        assert wire.tried == []

    check_all(product(NAMES, [*INSIDE, "::1", "fd00:ec2::254", "::ffff:169.254.169.254"]), check)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([A, "127.0.0.1"], "refused_address"),
        (["127.0.0.1", A], "refused_address"),
        ([A, B, "::1"], "refused_address"),
        (["2606:4700::1111", "fe80::1%lo"], "refused_address"),
        ([A, "localhost"], "refused_address"),
        (["a.example"], "refused_address"),
        (["2130706433"], "refused_address"),
        (["127.1"], "refused_address"),
        (["0177.0.0.1"], "refused_address"),
        ([f"{A}:80"], "refused_address"),
        ([f"{A}\0"], "refused_address"),
        ([f" {A}"], "refused_address"),
        (["[::1]"], "refused_address"),
        ([""], "refused_address"),
        ([], "dns"),
        (OSError("broken"), "dns"),
    ],
)
def test_one_bad_answer_among_many_spoils_them_all(answer: Answer, reason: str, run: Run, wire: Wire) -> None:
    assert run(refused("http://a.example/", names([answer]))) == reason
    assert wire.tried == []


def test_the_address_that_was_checked_is_the_one_that_is_reached(run: Run, wire: Wire) -> None:
    """The name answers differently every time it is asked: each connection goes where the answer of that moment led, or nowhere."""
    turns: list[Answer] = [[A], ["127.0.0.1"], [B], [A, "10.0.0.1"], ["2606:4700::1111"], ["::1"], [B]]

    async def main() -> list[str]:
        resolver = names(turns)
        return [await refused("http://a.example/", resolver) for _ in turns]

    assert run(main()) == ["connect", "refused_address", "connect", "refused_address", "connect", "refused_address", "connect"]
    assert wire.hosts == [A, B, "2606:4700::1111", B]


def test_all_answers_are_tried_and_nothing_else(run: Run, wire: Wire) -> None:
    assert run(refused("http://a.example/", names([[A, "2606:4700::1111", B]]))) == "connect"
    assert set(wire.hosts) == {A, "2606:4700::1111", B}


async def ok(writer: Any, body: bytes = b"", headers: bytes = b"") -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (headers, len(body), body))


async def redirect(writer: Any, target: str, status: int = 302) -> None:
    writer.write(f"HTTP/1.1 {status} Found\r\nLocation: {target}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())


async def outside(wire: Wire, asked: list[bytes], reply: Reply, use: Callable[[], Awaitable[Any]]) -> Any:
    """What `use` gives while both outer addresses are one server that answers with `reply`; `asked` gets the heads of the requests."""

    async def script(head: bytes, writer: Any) -> None:
        asked.append(head)
        await reply(head, writer)

    async with speaking(script) as address:
        wire.leads = {(A, 80): address, (B, 80): address}
        return await use()


async def met(wire: Wire, asked: list[bytes], reply: Reply, resolver: Names | None = None, **request: Any) -> str:
    """The reason for which a server at `a.example` that answers with `reply` gets no reply through."""
    return str(await outside(wire, asked, reply, lambda: refused("http://a.example/", resolver or names(), **request)))


def test_no_redirect_leads_inside(run: Run, wire: Wire) -> None:
    """Relative targets stay on the server that gave them: they end in a loop or at the limit, never elsewhere."""

    def check(target: str) -> None:
        wire.tried.clear()
        asked: list[bytes] = []
        assert run(met(wire, asked, lambda _, writer: redirect(writer, target))) != "let through"
        assert asked
        assert set(wire.hosts) == {A}

    check_all([*filter(None, HOSTILE), *(f"http://{name}/" for name in NAMES)], check)


def test_no_kind_of_redirect_leads_inside(run: Run, wire: Wire) -> None:
    def check(row: tuple[int, str]) -> None:
        status, target = row
        wire.tried.clear()
        assert run(met(wire, [], lambda _, writer: redirect(writer, target, status))) in {"refused_address", "bad_url"}
        assert wire.tried == [(A, 80)]

    targets = ["http://127.0.0.1/", "//[::1]/", "\\\\10.0.0.1/", "https://metadata/", "http://a.example:22/", "file:///x"]
    check_all(product([301, 302, 303, 307, 308], targets), check)


def test_a_name_that_turns_inside_between_two_hops_is_left(run: Run, wire: Wire) -> None:
    asked: list[bytes] = []
    assert run(met(wire, asked, lambda _, writer: redirect(writer, "/next"), names([[A], ["127.0.0.1"]]))) == "refused_address"
    assert wire.tried == [(A, 80)]
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("targets", "reason", "requests"),
    [
        ([f"/{step}" for step in range(30)], "too_many_redirects", 6),
        ([f"http://{'ab'[step % 2]}.example/{step}" for step in range(30)], "too_many_redirects", 6),
        (["http://b.example/", "http://a.example/"], "redirect_loop", 2),
        (["?a", "?b", "?a"], "redirect_loop", 3),
        (["#a"], "redirect_loop", 1),
        (["HTTP://A.EXAMPLE:80/"], "redirect_loop", 1),
    ],
)
def test_redirects_without_end_come_to_an_end(targets: list[str], reason: str, requests: int, run: Run, wire: Wire) -> None:
    asked: list[bytes] = []
    assert run(met(wire, asked, lambda _, writer: redirect(writer, targets[len(asked) - 1]))) == reason
    assert len(asked) == requests


SECRETS = dict.fromkeys(["Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key", "PRIVATE-TOKEN", "If-None-Match"], "hush")


@pytest.mark.parametrize("way", [["http://b.example/"], ["/same", "http://b.example/"], ["http://b.example/", "http://a.example/back"]])
def test_what_is_meant_for_one_origin_is_never_told_to_another(way: list[str], run: Run, wire: Wire) -> None:
    """Nor to the first one again, when another sent us back: it chose where that request goes."""
    asked: list[bytes] = []

    async def reply(_: bytes, writer: Any) -> None:
        await (redirect(writer, way[len(asked) - 1]) if len(asked) <= len(way) else ok(writer))

    async def use() -> None:
        async with Gateway(AnchoredClock.local(), resolver=names()) as door:
            await door.fetch("GET", "http://a.example/", headers={**SECRETS, "Accept-Language": "en"})

    run(outside(wire, asked, reply, use))
    own = next(place for place, target in enumerate(way) if "b.example" in target) + 1
    assert [head.count(b"hush") for head in asked] == [len(SECRETS)] * own + [0] * (len(asked) - own)
    assert all(b"Accept-Language: en" in head for head in asked)


def test_the_environment_cannot_put_itself_in_between(run: Run, wire: Wire, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:3128")
    (tmp_path / "netrc").write_text("machine a.example login me password hush\ndefault login me password hush\n")
    monkeypatch.setenv("NETRC", os.fspath(tmp_path / "netrc"))
    asked: list[bytes] = []

    async def use() -> None:
        async with Gateway(AnchoredClock.local(), resolver=names()) as door:
            await door.fetch("GET", "http://a.example/")

    run(outside(wire, asked, lambda _, writer: ok(writer), use))
    assert wire.tried == [(A, 80)]
    assert asked[0].startswith(b"GET / HTTP/1.1\r\n")
    assert b"uthorization" not in asked[0]


@pytest.mark.parametrize("sneaked", ["\r\n{}", "\n{}", "%0d%0a{}", "\u560d\u560a{}", " HTTP/1.1\r\n{}\r\n\r\n"])
@pytest.mark.parametrize("place", ["/a{}", "/a?b={}", "/a#{}"])
@pytest.mark.parametrize("by_redirect", [False, True])
def test_an_address_cannot_write_headers(sneaked: str, place: str, by_redirect: bool, run: Run, wire: Wire) -> None:
    asked: list[bytes] = []
    target = place.format(sneaked.format("X-Sneaked: 1"))

    async def reply(_: bytes, writer: Any) -> None:
        await (redirect(writer, target) if by_redirect and len(asked) == 1 else ok(writer))

    async def use() -> None:
        async with Gateway(AnchoredClock.local(), resolver=names()) as door:
            await door.fetch("GET", "http://a.example/" if by_redirect else f"http://a.example{target}")

    run(outside(wire, asked, reply, use))
    assert all(not line.startswith(b"X-Sneaked") for head in asked for line in head.split(b"\r\n"))
    assert all(head.count(b"\r\n\r\n") == 1 for head in asked)


@pytest.mark.parametrize("value", ["a\r\nX-Sneaked: 1", "a\nb", "a\0b"])
def test_a_header_that_is_two_is_not_sent(value: str, run: Run, wire: Wire) -> None:
    asked: list[bytes] = []
    assert run(met(wire, asked, lambda _, writer: ok(writer), headers={"If-None-Match": value})) == "malformed"
    assert asked == []


@pytest.mark.parametrize("target", ["http://127.0.0.1/", "http://b.example/", "file:///etc/passwd", "http://["])
def test_a_redirect_that_is_not_to_be_followed_is_the_reply(target: str, run: Run, wire: Wire) -> None:
    asked: list[bytes] = []

    async def use() -> tuple[int, str, str, tuple[str, ...]]:
        async with Gateway(AnchoredClock.local(), resolver=names()) as door:
            reply = await door.fetch("GET", "http://a.example/short", follow=False)
            return reply.status, reply.headers["Location"], reply.url, reply.hops

    assert run(outside(wire, asked, lambda _, writer: redirect(writer, target), use)) == (302, target, "http://a.example/short", ())
    assert wire.tried == [(A, 80)]


def test_an_address_that_is_not_to_be_followed_is_checked_all_the_same(run: Run, wire: Wire) -> None:
    assert run(refused("http://127.0.0.1/", names(), follow=False)) == "refused_address"
    assert wire.tried == []


@pytest.mark.parametrize("host", ["a..example", ".example", "a" * 64 + ".example", "a." * 130 + "example", "a,b.example", "*.example"])
def test_a_name_that_cannot_be_asked_for_is_not_a_missing_one(host: str, run: Run, wire: Wire) -> None:
    """With the system's own resolver: it would say of some of these that they do not exist."""

    async def main() -> list[str]:
        reasons = []
        async with Gateway(AnchoredClock.local()) as door:
            for ask in (lambda: door.fetch("GET", f"http://{host}/"), lambda: door.exists(host)):
                with pytest.raises(FetchError) as error:
                    await ask()
                reasons.append(error.value.reason)
        return reasons

    assert run(main()) == ["dns", "dns"]
    assert wire.tried == []


def test_a_name_system_that_says_nothing_runs_into_the_deadline(run: Run, wire: Wire) -> None:
    class Silent(Names):
        async def resolve(self, *_: Any, **__: Any) -> Any:
            await asyncio.Event().wait()

    async def main() -> str:
        async with Gateway(AnchoredClock.local(), resolver=Silent({}, []), total_seconds=0.05) as door:
            with pytest.raises(FetchError) as error:
                await door.fetch("GET", "http://a.example/")
            return error.value.reason

    assert run(main()) == "timeout"
    assert wire.tried == []
