"""What a connector makes of a reply in the light of what it was reminded of, and of pages made to keep it busy."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from aiohttp import web

from platforms import registry
from platforms.base import AnchoredClock, Outcome, Sighting
from platforms.http import LARGEST_BODY, Gateway
from platforms.identity import identify
from tests.patience import linear
from tests.platforms.replaying import replaying

Replies = Sequence[Mapping[str, Any]]


def look(
    *urls: str, replies: Replies, kept: Mapping[str, Any] | None = None, **config: Any
) -> tuple[list[Sighting], Sequence[web.Request]]:
    """One look at items of one platform; `kept` is what earlier looks asked to keep of each."""
    refs, calls = [identify(url) for url in urls], list[web.Request]()

    async def main() -> list[Sighting]:
        clock = AnchoredClock.local()
        async with replaying(replies, calls) as url, Gateway(clock, allow=frozenset({url.removeprefix("http://")})) as gateway:
            connector = registry.get(refs[0].platform)({"api_base_url": url, **config}, gateway, clock)
            connector.kept = dict.fromkeys(refs, kept) if kept else {}
            return list(await connector.observe(refs))

    return asyncio.run(main()), calls


def reply(path: str, json: Any, status: int = 200) -> Mapping[str, Any]:
    return {"path": path, "status": status, "json": json}


POST = "https://www.reddit.com/comments/1abcde"
CONTROL = {"kind": "t3", "data": {"name": "t3_z1c9z", "removed_by_category": None}}
COMMUNITY = {"display_name": "SomeCommunity", "subreddit_type": "public"}


def listing(*children: Any) -> Mapping[str, Any]:
    return reply("/api/info", {"kind": "Listing", "data": {"children": children}})


@pytest.mark.parametrize(
    ("about", "outcome", "reason"),
    [
        (reply("/r/somecommunity", {"kind": "t5", "data": COMMUNITY}), Outcome.GONE_UNATTRIBUTED, "absent_in_batch"),
        (reply("/r/somecommunity", {"kind": "t5", "data": {**COMMUNITY, "over18": True}}), Outcome.GONE_UNATTRIBUTED, "absent_in_batch"),
        (reply("/r/somecommunity", {"reason": "private"}, 403), Outcome.PRIVATE, "community_private"),
        (reply("/r/somecommunity", {"reason": "banned"}, 404), Outcome.REMOVED_BY_PLATFORM, "community_banned"),
        (reply("/r/somecommunity", {"reason": "quarantined"}, 403), Outcome.INDETERMINATE, "community_quarantined"),
        (reply("/r/somecommunity", {}, 503), Outcome.INDETERMINATE, "http_503"),
    ],
)
def test_a_post_left_out_of_a_list_is_gone_only_if_its_community_is_open(about: Mapping[str, Any], outcome: Outcome, reason: str) -> None:
    sightings, _ = look(POST, replies=[listing(CONTROL), about], kept={"community": "somecommunity"})
    assert (sightings[0].outcome, sightings[0].reason, sightings[0].ref) == (outcome, reason, identify(POST))


def test_the_community_of_a_post_is_kept_for_the_day_it_is_left_out() -> None:
    child = {"kind": "t3", "data": {"name": "t3_1abcde", "removed_by_category": None, "subreddit": "SomeCommunity"}}
    sightings, _ = look(POST, replies=[listing(child)])
    assert sightings[0].keep == {"community": "somecommunity"}


WALL = "https://vk.com/wall-123_45"
OPEN_OWNER = reply("/method/groups.getById", {"response": {"groups": [{"id": 123, "is_closed": 0}]}})


def test_a_post_of_vk_that_could_be_read_before_is_gone_when_only_it_is_left_out() -> None:
    control = {"id": 2, "owner_id": -1}
    replies = [reply("/method/wall.getById", {"response": {"items": [control]}}), OPEN_OWNER]
    sightings, _ = look(WALL, replies=replies, kept={"readable": True}, control_id="wall-1_2")
    assert (sightings[0].outcome, sightings[0].reason) == (Outcome.GONE_UNATTRIBUTED, "absent_in_batch")


def test_access_denied_is_private_if_the_post_could_be_read_before() -> None:
    denied = reply("/method/wall.getById", {"error": {"error_code": 15, "error_msg": "Access denied"}})
    sightings, _ = look(WALL, replies=[denied], kept={"readable": True})
    assert (sightings[0].outcome, sightings[0].reason) == (Outcome.PRIVATE, "error_15")


def test_that_a_post_of_vk_could_be_read_is_kept() -> None:
    sightings, _ = look(WALL, replies=[reply("/method/wall.getById", {"response": {"items": [{"id": 45, "owner_id": -123}]}})])
    assert sightings[0].keep == {"readable": True}


def test_an_error_about_one_of_many_accounts_is_not_held_against_the_others() -> None:
    urls = [f"https://vk.com/id{number}" for number in (1, 2, 3)]
    path = "/method/users.get?user_ids="
    replies = [
        *(reply(f"{path}{number}&", {"response": [{"id": number, "is_closed": False}]}) for number in (1, 3)),
        reply(f"{path}2&", {"error": {"error_code": 18, "error_msg": "User was deleted or banned"}}),
        reply(path, {"error": {"error_code": 18, "error_msg": "User was deleted or banned"}}),
    ]
    sightings, _ = look(*urls, replies=replies)
    assert {sighting.ref.external_id: sighting.outcome for sighting in sightings} == {
        "id1": Outcome.AVAILABLE,
        "id2": Outcome.GONE_UNATTRIBUTED,
        "id3": Outcome.AVAILABLE,
    }


def test_a_name_of_vk_is_replaced_by_the_number_of_whom_it_belongs_to() -> None:
    replies = [
        reply("/method/utils.resolveScreenName", {"response": {"type": "group", "object_id": 123}}),
        OPEN_OWNER,
    ]
    sightings, _ = look("https://vk.com/somename", replies=replies)
    assert sightings[0].ref == identify("https://vk.com/somename")
    assert sightings[0].identity == identify("https://vk.com/club123")


INVITE = "https://discord.gg/AbC123"
OPEN = {"type": 0, "code": "AbC123", "guild": {"id": "123456789012345678"}}


@pytest.mark.parametrize(
    ("kept", "outcome", "reason", "keep"),
    [
        (None, Outcome.AVAILABLE, "open", {"guild": "123456789012345678"}),
        ({"guild": "123456789012345678"}, Outcome.AVAILABLE, "open", None),
        ({"guild": "999999999999999999"}, Outcome.INDETERMINATE, "leads_elsewhere", None),
    ],
)
def test_an_invitation_that_leads_to_another_server_tells_nothing(
    kept: Mapping[str, Any] | None, outcome: Outcome, reason: str, keep: Any
) -> None:
    sightings, _ = look(INVITE, replies=[reply("/api/v10/invites/AbC123", OPEN)], kept=kept)
    assert (sightings[0].outcome, sightings[0].reason, sightings[0].keep) == (outcome, reason, keep)


@pytest.mark.parametrize(
    ("refusal", "seconds"),
    [
        (reply("/", {"message": "You are being rate limited.", "retry_after": 1.5}, 429), 1.5),
        ({"path": "/", "status": 429, "text": "<title>Access denied</title>"}, 3600.0),
    ],
)
def test_discord_is_left_alone_as_long_as_it_asks(refusal: Mapping[str, Any], seconds: float) -> None:
    sightings, _ = look(INVITE, replies=[refusal])
    assert sightings[0].retry_after == seconds


def test_credentials_go_where_these_platforms_want_them() -> None:
    _, calls = look(POST, replies=[], access_token="secret")
    assert (calls[0].headers["Authorization"], calls[0].query.get("access_token")) == ("Bearer secret", None)
    _, calls = look(INVITE, replies=[], bot_token="secret")
    assert calls[0].headers["Authorization"] == "Bot secret"
    _, calls = look(WALL, replies=[], access_token="secret")
    assert calls[0].query["access_token"] == "secret"


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a ",
        "<a class=",
        '<a class="tgme_',
        '<a class="tgme_widget_message" data-post="x/1">',
        ' class="',
        "<title>",
        "@somechannel1",
        '<i class="tgme_widget_message_error">&amp;',
    ],
)
@pytest.mark.parametrize("url", ["https://t.me/somechannel/43", "https://t.me/somechannel"])
def test_a_page_made_to_keep_us_busy_does_not(piece: str, url: str) -> None:
    def work(size: int) -> None:
        sightings, _ = look(url, replies=[{"path": "/", "status": 200, "text": piece * (size // len(piece))}])
        assert sightings[0].outcome is Outcome.INDETERMINATE

    assert linear(work, LARGEST_BODY)
