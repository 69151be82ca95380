"""Short links are followed to content of the right platform, and nowhere else."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from platforms import registry
from platforms.base import AnchoredClock, ContentRef, Outcome, Sighting
from platforms.http import FetchError, Gateway, Reply
from platforms.identity import identify, is_link
from platforms.links import MOST_HOPS, follow
from platforms.sandbox.server import serving
from platforms.sandbox.world import World
from tests.platforms.wire import Names

VIDEO = "https://www.tiktok.com/@somebody/video/7123456789012345678"
SHORT = "https://vm.tiktok.com/ZMabc123/"


def followed(url: str, links: Mapping[str, str]) -> tuple[Sighting, list[str]]:
    """What the stand-in world leads `url` to, and every address that was asked on the way."""
    world = World(links={name.removeprefix("https://").rstrip("/"): target for name, target in links.items()})
    ref = identify(url)
    assert is_link(ref)

    async def main() -> Sighting:
        clock = AnchoredClock.local()
        async with serving(world) as base, Gateway(clock, allow=frozenset({base.removeprefix("http://")})) as gateway:
            connector = registry.get(ref.platform)({"api_base_url": f"{base}/{ref.platform}"}, gateway, clock)
            return await follow(connector, gateway, clock, ref)

    sighting = asyncio.run(main())
    assert (sighting.ref, sighting.outcome) == (ref, Outcome.INDETERMINATE)
    assert sighting.sent_at <= sighting.answered_at
    return sighting, [str(call["path"]).partition("/https/")[2] for call in world.calls]


@pytest.mark.parametrize(
    ("short", "target"),
    [
        (SHORT, VIDEO),
        ("https://vt.tiktok.com/ZSabc123/", VIDEO),
        ("https://www.tiktok.com/t/ZTabc123/", VIDEO),
        ("https://t.co/AbCdEf", VIDEO),
        ("https://t.co/AbCdEf", "https://x.com/somebody/status/1234567890123456789"),
        ("https://bit.ly/3abc", "https://site.example/posts/1?id=7"),
        ("https://tinyurl.com/abc", "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
    ],
)
def test_a_short_link_is_followed_to_its_content_and_the_content_is_not_asked_for(short: str, target: str) -> None:
    sighting, asked = followed(short, {short: target})
    assert (sighting.identity, sighting.reason) == (identify(target), "link_followed")
    assert asked == [identify(short).canonical_url.removeprefix("https://")]
    assert sighting.evidence == {"hops": 1, "platform": identify(target).platform}


def test_links_to_links_are_followed_one_hop_at_a_time() -> None:
    chain = {SHORT: "https://t.co/one", "https://t.co/one": "https://bit.ly/two", "https://bit.ly/two": VIDEO}
    sighting, asked = followed(SHORT, chain)
    assert sighting.identity == identify(VIDEO)
    assert asked == ["vm.tiktok.com/ZMabc123", "t.co/one", "bit.ly/two"]


def test_a_redirect_without_a_host_stays_where_it_is() -> None:
    sighting, _ = followed(SHORT, {SHORT: "//www.tiktok.com/@somebody/video/7123456789012345678"})
    assert sighting.identity == identify(VIDEO)


@pytest.mark.parametrize(
    "target",
    [
        "https://www.tiktok.com/",
        "https://www.tiktok.com/login?redirect_url=x",
        "https://www.tiktok.com/foryou",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://site.example/posts/1",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_a_platforms_own_link_counts_only_if_it_leads_to_content_of_that_platform(target: str) -> None:
    sighting, _ = followed(SHORT, {SHORT: target})
    assert (sighting.identity, sighting.reason) == (None, "link_to_elsewhere")


@pytest.mark.parametrize(
    "target",
    [
        *("https://site.example/", "https://site.example", "https://site.example/#posts/1"),
        *("https://site.example/login", "https://site.example/log-in?next=/posts/1", "https://site.example/signin/"),
        *("https://site.example/en/consent?x=1", "https://consent.site.example/posts/1", "https://accounts.google.com/v3/signin"),
        *("https://www.facebook.com/login.php?next=x", "https://www.instagram.com/accounts/login/?next=x"),
        *("http://127.0.0.1/posts/1", "http://127.1/posts/1", "http://0x7f.1/posts/1", "http://[::1]/posts/1", "http://10.0.0.1/posts/1"),
        *(
            "https://localhost/posts/1",
            "http://x.localhost/posts/1",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::ffff:10.0.0.1]/x",
        ),
    ],
)
def test_a_link_to_a_wall_a_front_page_or_a_private_address_has_led_nowhere(target: str) -> None:
    sighting, asked = followed("https://t.co/AbCdEf", {"https://t.co/AbCdEf": target})
    assert (sighting.identity, sighting.reason) == (None, "link_to_elsewhere")
    assert asked == ["t.co/AbCdEf"]


@pytest.mark.parametrize("target", ["javascript:alert(1)", "data:text/html,x", "mailto:a@site.example", "ftp://site.example/x", "http://"])
def test_a_link_to_what_is_no_web_address_has_led_nowhere(target: str) -> None:
    sighting, _ = followed("https://t.co/AbCdEf", {"https://t.co/AbCdEf": target})
    assert sighting.identity is None
    assert sighting.reason in {"link_to_nowhere", "link_to_elsewhere"}


def test_links_in_a_circle_are_given_up() -> None:
    circle = {"https://t.co/one": "https://bit.ly/two", "https://bit.ly/two": "https://t.co/one"}
    sighting, asked = followed("https://t.co/one", circle)
    assert (sighting.identity, sighting.reason) == (None, "too_many_redirects")
    assert len(asked) == MOST_HOPS


@pytest.mark.parametrize(("links", "found"), [(MOST_HOPS, True), (MOST_HOPS + 1, False)])
def test_so_many_links_in_a_row_and_no_more(links: int, found: bool) -> None:
    chain = {f"https://t.co/{number}x": f"https://t.co/{number + 1}x" for number in range(links)}
    sighting, asked = followed("https://t.co/0x", {**chain, f"https://t.co/{links - 1}x": VIDEO})
    assert (sighting.identity is not None) is found
    assert len(asked) == MOST_HOPS


def test_a_link_that_is_dead_or_no_redirect_is_not_gone() -> None:
    dead, _ = followed(SHORT, {})
    assert (dead.identity, dead.reason, dead.http_status) == (None, "link_http_404", 404)
    page, _ = followed("https://t.co/AbCdEf", {})
    assert (page.identity, page.reason, page.http_status) == (None, "link_http_200", 200)


def test_a_shortener_whose_name_leads_to_a_private_address_is_not_connected_to() -> None:
    async def main() -> Sighting:
        clock, ref = AnchoredClock.local(), identify("https://t.co/AbCdEf")
        async with Gateway(clock, resolver=Names({}, ["127.0.0.1"])) as gateway:
            return await follow(registry.get("web")({}, gateway, clock), gateway, clock, ref)

    sighting = asyncio.run(main())
    assert (sighting.outcome, sighting.reason, sighting.identity) == (Outcome.INDETERMINATE, "refused_address", None)


# Replies of every kind --------------------------------------------------------------------------------------------------------


class Doorman:
    """Answers every request with one and the same reply."""

    def __init__(self, status: int, headers: Mapping[str, str]) -> None:
        clock = AnchoredClock.local()
        self._reply = Reply(status, CIMultiDict(headers), b"", "https://t.co/x", (), clock.sent(), clock.answered())

    async def fetch(self, method: str, url: str, **request: Any) -> Reply:
        assert (method, request) == ("GET", {"follow": False})
        if self._reply.status == 0:
            raise FetchError("timeout")
        return self._reply

    async def exists(self, host: str) -> bool:
        raise AssertionError(host)


def met(platform: str, url: str, status: int, headers: Mapping[str, str]) -> Sighting:
    door, clock = Doorman(status, headers), AnchoredClock.local()
    ref = identify(url)
    assert ref.platform == platform
    return asyncio.run(follow(registry.get(platform)({}, door, clock), door, clock, ref))


@pytest.mark.parametrize(
    ("status", "headers", "reason"),
    [
        (429, {}, "rate_limited"),
        (429, {"Location": VIDEO}, "rate_limited"),
        (200, {"Location": VIDEO}, "link_http_200"),
        (404, {"Location": VIDEO}, "link_http_404"),
        (302, {}, "link_http_302"),
        (304, {}, "link_http_304"),
        (503, {}, "link_http_503"),
        (0, {}, "timeout"),
        (302, {"Location": "\udcff\udcfe"}, "link_to_nowhere"),
    ],
)
def test_only_a_redirect_leads_anywhere(status: int, headers: Mapping[str, str], reason: str) -> None:
    sighting = met("tiktok", SHORT, status, headers)
    assert (sighting.identity, sighting.reason) == (None, reason)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_every_kind_of_redirect_is_followed(status: int) -> None:
    assert met("tiktok", SHORT, status, {"Location": VIDEO}).identity == identify(VIDEO)


def acceptable(link: ContentRef, found: ContentRef) -> bool:
    return not is_link(found) and found.platform in ({link.platform} if link.platform != "web" else registry.connectors())


@given(
    location=st.one_of(
        st.text(max_size=40),
        st.text(st.characters(categories=["Cs", "L", "N", "P"]), max_size=20),
        st.from_regex(r"https?://(www\.)?(tiktok|youtube|x|t)\.(com|co)/[a-z@/?=0-9]{0,20}"),
    ),
    url=st.sampled_from([SHORT, "https://t.co/AbCdEf"]),
)
def test_no_location_whatever_is_in_it_stops_a_worker_or_leads_astray(location: str, url: str) -> None:
    link = identify(url)
    sighting = met(link.platform, url, 302, {"Location": location})
    assert sighting.outcome is Outcome.INDETERMINATE
    assert sighting.identity is None or acceptable(link, sighting.identity)
