"""What counts as gone only if it was once seen public: videos of Vimeo and captures of the Wayback Machine."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from platforms import registry
from platforms.base import AnchoredClock, ContentRef, Outcome, Sighting
from platforms.http import Gateway
from platforms.identity import identify
from tests.platforms.replaying import replaying


def look(ref: ContentRef, replies: Sequence[Mapping[str, Any]], kept: Mapping[str, Any] | None) -> Sighting:
    async def main() -> Sighting:
        clock = AnchoredClock.local()
        async with replaying(replies, []) as url, Gateway(clock, allow=frozenset({url.removeprefix("http://")})) as gateway:
            eyes = registry.get(ref.platform)({"api_base_url": url}, gateway, clock)
            eyes.kept = {ref: kept} if kept else {}
            return (await eyes.observe([ref]))[0]

    return asyncio.run(main())


VIDEO = identify("https://vimeo.com/123456789/0123456789")
OEMBED = "/api/oembed.json?url=https%3A%2F%2Fvimeo.com%2F"
FOUND = {"path": f"{OEMBED}123456789", "status": 200, "json": {"video_id": 123456789}}
NOT_FOUND = {"path": f"{OEMBED}123456789", "status": 404, "json": {"error": "Not found"}}
NO_PAGE = {"path": "/https/vimeo.com/123456789", "status": 404, "text": "<title>VimeUhOh</title>"}
CONTROL = {"path": f"{OEMBED}76979871", "status": 200, "json": {"video_id": 76979871}}
CAPTURE = identify("https://web.archive.org/web/20190102030405/http://bad.example/post")
SERVED = {"status": 200, "text": "<title>x</title>", "headers": {"Memento-Datetime": "Wed, 02 Jan 2019 03:04:05 GMT"}}
CAPTURED = {"path": "/https/web.archive.org/web/20190102030405/", **SERVED}
NOT_ARCHIVED = {**CAPTURED, "status": 404, "text": "<p>The Wayback Machine has not archived that URL.</p>", "headers": {}}
EXAMPLE = {"path": "/https/web.archive.org/web/20130919044612/", **SERVED}
CASES = [(VIDEO, [FOUND], [NOT_FOUND, NO_PAGE], CONTROL), (CAPTURE, [CAPTURED], [NOT_ARCHIVED], EXAMPLE)]
NAMES = ["vimeo", "wayback"]


def test_the_hash_of_an_unlisted_video_is_nowhere_in_its_identity() -> None:
    assert identify("https://vimeo.com/123456789") == VIDEO
    assert "0123456789" not in VIDEO.canonical_url


@pytest.mark.parametrize(("ref", "there", "missing", "control"), CASES, ids=NAMES)
def test_what_was_seen_public_and_is_missing_is_gone(ref: ContentRef, there: Any, missing: Any, control: Any) -> None:
    first = look(ref, there, None)
    assert first.outcome is Outcome.AVAILABLE
    assert first.keep
    second = look(ref, [*missing, control], first.keep)
    assert second.outcome is Outcome.GONE_UNATTRIBUTED
    assert second.keep == first.keep


@pytest.mark.parametrize(("ref", "there", "missing", "control"), CASES, ids=NAMES)
def test_what_was_never_seen_public_is_not_gone(ref: ContentRef, there: Any, missing: Any, control: Any) -> None:
    sighting = look(ref, [*missing, control], None)
    assert sighting.outcome is Outcome.INDETERMINATE
    assert sighting.reason.startswith("never_seen")
    assert sighting.keep is None


@pytest.mark.parametrize(("ref", "there", "missing", "control"), CASES, ids=NAMES)
def test_nothing_is_gone_while_the_control_is_missing_too(ref: ContentRef, there: Any, missing: Any, control: Any) -> None:
    sighting = look(ref, missing, look(ref, there, None).keep)
    assert (sighting.outcome, sighting.reason) == (Outcome.INDETERMINATE, "control_missing")


def test_a_video_the_interface_lists_as_unlisted_is_not_remembered_as_public() -> None:
    async def main(view: str) -> Sighting:
        listed = {"data": [{"uri": "/videos/123456789", "status": "available", "privacy": {"view": view}}]}
        clock = AnchoredClock.local()
        async with (
            replaying([{"path": "/https/api.vimeo.com/videos", "status": 200, "json": listed}], []) as url,
            Gateway(clock, allow=frozenset({url.removeprefix("http://")})) as gateway,
        ):
            return (await registry.get("vimeo")({"api_base_url": url, "access_token": "x"}, gateway, clock).observe([VIDEO]))[0]

    assert asyncio.run(main("anybody")).keep
    assert asyncio.run(main("unlisted")).keep is None
