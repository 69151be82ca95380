"""A platform's own limits let a full batch through, whatever its items have come to: else it would be put off for ever."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from unittest import mock

import pytest

from platforms import registry
from platforms.base import AnchoredClock, Clock, Connector, ContentRef
from platforms.http import Gateway, Reply
from platforms.identity import identify
from platforms.quota import PATIENCE, ROUTINE_SHARE, SMALLEST_SHARED, rates
from platforms.registry import plays
from platforms.sandbox.world import World
from tests.platforms.test_connectors import in_sandbox

STATES = [(slug, kind, state) for slug, play in plays().items() for kind, states in play.states.items() for state in sorted(states)]
KEPT = {"community": "example", "readable": True, "shown": True}
"""What connectors keep that lets them look closer."""
NO_NETWORK: Any = None


class Counter:
    """Counts what leaves, and how much of it at once."""

    def __init__(self) -> None:
        self.calls, self.at_once, self.under_way = 0, 0, 0

    def counting(self) -> Any:
        really = Gateway.fetch

        async def fetch(gateway: Gateway, method: str, url: str, **rest: Any) -> Reply:
            self.calls, self.under_way = self.calls + 1, self.under_way + 1
            self.at_once = max(self.at_once, self.under_way)
            try:
                return await really(gateway, method, url, **rest)
            finally:
                self.under_way -= 1

        return mock.patch.object(Gateway, "fetch", fetch)


def counted(slug: str, kind: str, state: str) -> Counter:
    """What a full batch of items of one kind costs that are all in one state."""
    counter = Counter()

    async def main() -> None:
        world = World()
        async with in_sandbox(world) as connector:
            eyes = connector(slug)
            wishes = [{"platform": slug, "kind": kind, "script": [{"at": -1, "state": state}]} for _ in range(eyes.batch_size)]
            refs = of_one_group(eyes, [identify(item.url) for item in world.add(wishes)])
            eyes.kept.update(dict.fromkeys(refs, KEPT if slug != "web" else {}))
            await eyes.observe(refs)

    with counter.counting():
        asyncio.run(main())
    return counter


def of_one_group(eyes: Connector, refs: Sequence[ContentRef]) -> list[ContentRef]:
    return [ref for ref in refs if eyes.group(ref) == eyes.group(refs[0])]


@pytest.mark.parametrize(("slug", "kind", "state"), STATES)
def test_a_full_batch_fits_into_the_limits(slug: str, kind: str, state: str) -> None:
    limits = rates(str(registry.get(slug).defaults["rate"]))
    spent = counted(slug, kind, state)
    assert limits
    for limit in limits:
        routine = limit.amount if limit.amount < SMALLEST_SHARED else int(limit.amount * ROUTINE_SHARE)
        # A call waits for its turn where that comes soon: a short window need only take what is asked at once.
        needed = spent.at_once if limit.get_expiry() <= PATIENCE else spent.calls
        assert needed <= routine, f"{spent.calls} calls, {spent.at_once} at once, for {limit}"


def test_youtube_counts_its_list_calls_exactly() -> None:
    urls = [
        *("https://youtu.be/dQw4w9WgXcQ", "https://youtu.be/aaaaaaaaaaa", "https://www.youtube.com/playlist?list=PL0123456789abcdef"),
        *("https://www.youtube.com/@one", "https://www.youtube.com/@two", "https://www.youtube.com/c/never-asked-for"),
        *("https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw", "https://www.youtube.com/user/three"),
    ]
    refs = [identify(url) for url in urls]
    counter = Counter()

    async def main() -> int:
        async with in_sandbox(World()) as connector:
            await connector("youtube").observe(refs)
            return connector("youtube").calls(refs)

    with counter.counting():
        said = asyncio.run(main())
    assert said == counter.calls == 6


@pytest.mark.parametrize(("config", "units"), [({}, 0), ({"api_key": "k"}, 1)])
def test_youtube_without_a_key_spends_nothing(config: Mapping[str, str], units: int) -> None:
    clock: Clock = AnchoredClock.local()
    eyes = registry.get("youtube")(config, NO_NETWORK, clock)
    assert eyes.calls([identify("https://youtu.be/dQw4w9WgXcQ")]) == units


@pytest.mark.parametrize(
    ("slug", "base", "url", "server"),
    [
        ("mastodon", "", "https://a.example/api/v1/statuses/1", "a.example"),
        ("mastodon", "http://127.0.0.1:9/mastodon/", "http://127.0.0.1:9/mastodon/a.example/api/v1/statuses/1", "a.example"),
        ("mastodon", "http://127.0.0.1:9/mastodon", "https://a.example/@someone/1", "a.example"),
        ("paste", "", "https://api.telegra.ph/getPage/x", "api.telegra.ph"),
        ("paste", "http://127.0.0.1:9/paste", "http://127.0.0.1:9/paste/https/pastebin.com/x", "pastebin.com"),
        ("web", "", "https://a.example:8443/x", "a.example:8443"),
        ("youtube", "", "https://www.googleapis.com/youtube/v3/videos", ""),
    ],
)
def test_limits_are_of_one_server_where_a_platform_is_many(slug: str, base: str, url: str, server: str) -> None:
    assert registry.get(slug)({"api_base_url": base} if base else {}, NO_NETWORK, AnchoredClock.local()).bucket(url) == server
