"""What Meta's interface says only to those who could read an item before, and whom it is told by which token."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from aiohttp import web

from platforms import registry
from platforms.base import AnchoredClock, ContentRef, Outcome, Sighting
from platforms.http import Gateway
from platforms.identity import identify
from tests.platforms.replaying import replaying

PAGE = identify("https://www.facebook.com/profile.php?id=444444444444")
UP = [{"path": "/v26.0/444444444444", "status": 200, "json": {"id": "444444444444"}}]
CONTROL = {"path": "/v26.0/20531316728", "status": 200, "json": {"id": "20531316728"}}
HIDDEN = {"path": "/v26.0/444444444444", "status": 400, "json": {"error": {"message": "x", "code": 100, "error_subcode": 33}}}


def look(
    ref: ContentRef, replies: Sequence[Mapping[str, Any]], token: str = "", kept: Mapping[str, Any] | None = None
) -> tuple[Sighting, list[web.Request]]:
    calls: list[web.Request] = []

    async def main() -> Sighting:
        clock = AnchoredClock.local()
        async with replaying(replies, calls) as url, Gateway(clock, allow=frozenset({url.removeprefix("http://")})) as gateway:
            eyes = registry.get(ref.platform)({"api_base_url": url, "access_token": token}, gateway, clock)
            eyes.kept = {ref: kept} if kept else {}
            return (await eyes.observe([ref]))[0]

    return asyncio.run(main()), calls


def test_what_a_token_has_read_and_can_read_no_more_is_gone() -> None:
    before, _ = look(PAGE, UP, "secret")
    after, _ = look(PAGE, [CONTROL, HIDDEN], "secret", before.keep)
    assert (after.outcome, after.reason) == (Outcome.GONE_UNATTRIBUTED, "no_longer_readable")
    assert after.keep is None
    assert "secret" not in str(before.keep)


@pytest.mark.parametrize(("first", "second"), [("secret", "other"), ("secret", ""), ("", ""), ("", "secret")])
def test_what_another_reader_has_read_says_nothing(first: str, second: str) -> None:
    before, _ = look(PAGE, UP, first)
    after, _ = look(PAGE, [CONTROL, HIDDEN], second, before.keep)
    assert (after.outcome, after.reason) == (Outcome.INDETERMINATE, "not_readable")


def test_what_can_be_read_no_more_counts_only_while_the_control_item_can() -> None:
    before, _ = look(PAGE, UP, "secret")
    after, _ = look(PAGE, [HIDDEN], "secret", before.keep)
    assert (after.outcome, after.reason) == (Outcome.INDETERMINATE, "control_missing")


def test_a_token_is_sent_as_a_header_and_never_in_the_address() -> None:
    _, calls = look(PAGE, UP, "secret")
    assert calls[0].headers["Authorization"] == "Bearer secret"
    assert "secret" not in calls[0].path_qs


def test_a_page_found_by_its_name_tells_its_lasting_number() -> None:
    named = identify("https://www.facebook.com/some.page")
    sighting, _ = look(named, [{"path": "/v26.0/some.page", "status": 200, "json": {"id": "444444444444"}}])
    assert sighting.ref == named
    assert sighting.identity == PAGE
    group = identify("https://www.facebook.com/groups/some.group")
    sighting, _ = look(group, [{"path": "/v26.0/some.group", "status": 200, "json": {"id": "123456789012"}}])
    assert sighting.identity == identify("https://www.facebook.com/groups/123456789012")


def test_without_a_token_facebook_is_asked_about_posts_only() -> None:
    async def main() -> list[Sighting]:
        clock = AnchoredClock.local()
        nobody: Any = None
        urls = ["https://www.facebook.com/some.page", "https://www.facebook.com/groups/1234", "https://www.facebook.com/events/1234"]
        return await registry.get("facebook")({}, nobody, clock).observe([identify(url) for url in urls])

    assert {(sighting.outcome, sighting.reason) for sighting in asyncio.run(main())} == {(Outcome.INDETERMINATE, "no_credentials")}
