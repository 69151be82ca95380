"""What stands between a connector and the network lets nothing through that is not allowed yet."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from multidict import CIMultiDict

from platforms import registry
from platforms.base import AnchoredClock
from platforms.http import Gateway, Reply
from platforms.quota import URGENT, Meter, NotAsked, rates
from tests.platforms.test_quota import prefix, windows

__all__ = ["prefix"]


class Server(Gateway):
    """Says the same to everybody."""

    def __init__(self, status: int = 200, **headers: str) -> None:
        self.asked: list[str] = []
        self._says = status, CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})

    async def fetch(self, method: str, url: str, **request: Any) -> Reply:
        self.asked.append(url)
        now = datetime.now(UTC)
        return Reply(*self._says, b"", url, (), now, now)


def meter(prefix: str, server: Server, rate: str = "", *, many: bool = False) -> Meter:
    return Meter(
        server, windows(prefix), AnchoredClock.local(), "p", rates(rate), (lambda url: url.split("/")[2]) if many else (lambda _: "")
    )


def ask(through: Meter, *urls: str, urgent: bool = False) -> float:
    """Ask for all; 0, or the seconds after which the first that was not let through may come back."""

    async def main() -> None:
        URGENT.set(urgent)
        for url in urls:
            await through.fetch("GET", url)

    try:
        asyncio.run(main())
    except NotAsked as refusal:
        return refusal.after
    return 0.0


A, B = "https://a.example/1", "https://b.example/1"


def test_a_reply_that_asks_us_to_wait_closes_the_platform_at_once(prefix: str) -> None:
    server = Server(429, Retry_After="900")
    one = meter(prefix, server)
    assert 890 < ask(one, A, B) <= 900
    assert server.asked == [A]
    assert 890 < ask(one, B, urgent=True) <= 900
    ((bucket, until, why),) = one.news
    assert (bucket, why) == ("", "HTTP 429: 900 s")
    assert until > datetime.now(UTC) + timedelta(seconds=890)


def test_of_many_servers_only_the_one_that_asked_is_closed_and_not_for_its_deadlines(prefix: str) -> None:
    server = Server(429, Retry_After="900")
    one = meter(prefix, server, many=True)
    assert ask(one, A, B) == 0
    assert 890 < ask(one, A) <= 900
    assert ask(one, A, urgent=True) == 0


def test_no_single_server_is_left_alone_for_longer_than_an_hour(prefix: str) -> None:
    many, whole = meter(prefix, Server(429, Retry_After="86400"), many=True), meter(prefix, Server(429, Retry_After="86400"))
    assert ask(many, A) == ask(whole, A) == 0
    assert 3590 < ask(many, A) <= 3600
    assert 86_390 < ask(whole, A) <= 86_400


def test_a_pause_of_the_whole_platform_closes_all_its_servers_even_for_deadlines(prefix: str) -> None:
    server = Server()
    one = meter(prefix, server, many=True)
    one.closed[""] = datetime.now(UTC) + timedelta(seconds=60)
    assert ask(one, A) > 50
    assert ask(one, A, urgent=True) > 50
    assert server.asked == []


def test_a_shorter_wish_does_not_undo_a_longer_one(prefix: str) -> None:
    server = Server(429, Retry_After="900")
    one = meter(prefix, server)
    ask(one, A)
    one.gateway = Server(429, Retry_After="2")
    one._heed(B, asyncio.run(one.gateway.fetch("GET", B)))
    assert ask(one, A) > 800


def test_a_short_wait_is_waited_out_and_a_long_one_is_not(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("platforms.quota.sleep", sleep)
    server = Server()
    assert 50 < ask(meter(prefix, server, "1 per minute"), A, B) <= 60
    assert slept == []
    assert ask(meter(prefix, server, "1 per second"), A, B) > 0
    assert len(slept) == 1
    assert server.asked == [A, A]


@pytest.mark.parametrize(
    ("platform", "url"),
    [
        ("mastodon", "https://anybodys.example/api/v1/statuses/1"),
        ("bluesky", "https://anybodys.example/xrpc/com.atproto.repo.getRecord"),
        ("web", "https://anybodys.example/page"),
    ],
)
def test_a_server_that_anybody_may_run_cannot_close_a_whole_platform(prefix: str, platform: str, url: str) -> None:
    server = Server(429, Retry_After="86400")
    one = meter(prefix, server)
    one.bucket = registry.get(platform)({}, one, one.clock).bucket
    ask(one, url)
    assert 0 < ask(one, url) <= 3600
    assert ask(one, B) == 0
