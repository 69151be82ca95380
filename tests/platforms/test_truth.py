"""Replies that are odd, but possible: what is up is never called gone for them, and no connector trips over them."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from platforms import registry
from platforms.base import AnchoredClock, Outcome, Sighting
from platforms.http import Gateway, Reply
from platforms.identity import identify
from platforms.quota import NotAsked
from tests.platforms.replaying import DID
from tests.platforms.test_second_looks import look, reply

HUGE = 10**400
"""A number that JSON allows and no float can hold."""
ODD: list[Any] = [[], {}, [[]], None, True, 7, HUGE, "\ud800"]


def only(found: Sequence[Sighting], _calls: object) -> Sighting:
    (sighting,) = found
    return sighting


@pytest.mark.parametrize("name", ["suspended_one", "notsuspended"])
def test_a_name_with_the_word_suspended_in_it_is_not_a_suspended_account(name: str) -> None:
    error = {
        "value": name,
        "parameter": "usernames",
        "title": "Not Found Error",
        "detail": f"Could not find user with usernames: [{name}].",
        "type": "https://api.twitter.com/2/problems/resource-not-found",
    }
    sighting = only(*look(f"https://x.com/{name}", replies=[reply("/2/users/by", {"errors": [error]})]))
    assert (sighting.outcome, sighting.reason) == (Outcome.INDETERMINATE, "name_not_found")


@pytest.mark.parametrize("parameter", ODD)
def test_an_error_of_x_about_nothing_that_can_be_named_is_about_no_item(parameter: Any) -> None:
    error = {"value": "1234", "parameter": parameter, "title": "Not Found Error", "detail": "Could not find tweet with ids: [1234]."}
    sighting = only(*look("https://x.com/a/status/1234", replies=[reply("/2/tweets", {"data": [{"id": "20"}], "errors": [error]})]))
    assert (sighting.outcome, sighting.reason) == (Outcome.INDETERMINATE, "error_absent")


@pytest.mark.parametrize("field", ["uploadStatus", "privacyStatus"])
@pytest.mark.parametrize("value", ODD)
def test_a_status_of_youtube_that_is_no_word_is_unknown(field: str, value: Any) -> None:
    status = {"uploadStatus": "processed", "privacyStatus": "public", field: value}
    item = {"id": "dQw4w9WgXcQ", "status": status}
    replies = [reply("/youtube/v3/videos", {"kind": "youtube#videoListResponse", "items": [item]})]
    sighting = only(*look("https://youtu.be/dQw4w9WgXcQ", replies=replies))
    assert (sighting.outcome, sighting.reason) == (Outcome.INDETERMINATE, "unknown_status")


@pytest.mark.parametrize("value", ODD)
def test_a_channel_of_youtube_with_an_odd_status_is_unknown(value: Any) -> None:
    item = {"id": "UCuAXFkgsw1L7xaCfnd5JJOw", "status": {"privacyStatus": value}}
    replies = [reply("/youtube/v3/channels", {"kind": "youtube#channelListResponse", "items": [item]})]
    sighting = only(*look("https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw", replies=replies))
    assert (sighting.outcome, sighting.reason) == (Outcome.INDETERMINATE, "unknown_status")


def test_discord_cannot_make_us_wait_for_ever() -> None:
    sighting = only(*look("https://discord.gg/abc", replies=[reply("/api/v10/invites/abc", {"retry_after": HUGE}, 429)]))
    assert (sighting.outcome, sighting.retry_after) == (Outcome.INDETERMINATE, 86_400.0)


@pytest.mark.parametrize("name", ["pornographic_one", "copyright_x", "private_one", "violators"])
def test_the_name_of_a_channel_that_nobody_has_is_not_read_as_a_notice(name: str) -> None:
    page = f'<div class="tgme_widget_message_error">Channel with username <b>@{name}</b> not found</div>'
    sighting = only(*look(f"https://t.me/{name}/7", replies=[{"path": f"/https/t.me/{name}/7", "status": 200, "text": page}]))
    assert (sighting.outcome, sighting.reason) == (Outcome.INDETERMINATE, "name_not_found")


@pytest.mark.parametrize("value", [*ODD, "x", "did:plc:../../x"])
def test_a_handle_of_bluesky_leads_to_an_identifier_or_nowhere(value: Any) -> None:
    replies = [reply("/xrpc/com.atproto.identity.resolveHandle", {"did": value})]
    sighting = only(*look("https://bsky.app/profile/some.example/post/3k2yihcrp6f2c", replies=replies))
    assert (sighting.outcome, sighting.reason) == (Outcome.INDETERMINATE, "name_not_found")


def test_the_profile_of_another_account_of_bluesky_does_not_show_that_this_one_is_up() -> None:
    replies = [reply("/xrpc/app.bsky.actor.getProfile", {"did": "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"})]
    sighting = only(*look(f"https://bsky.app/profile/{DID}", replies=replies))
    assert (sighting.outcome, sighting.reason) == (Outcome.INDETERMINATE, "other_item")


def test_the_data_host_of_one_account_cannot_close_all_of_bluesky() -> None:
    nowhere: Any = None
    eyes = registry.get("bluesky")({}, nowhere, AnchoredClock.local())
    ours = ["https://public.api.bsky.app/xrpc/a", "https://plc.directory/did:plc:a", f"https://bsky.app/profile/{DID}"]
    assert {eyes.bucket(url) for url in ours} == {""}
    assert eyes.bucket("https://host.example/xrpc/a") == "host.example"


class Scripted:
    """Answers each address by its last part; all others go to the real door."""

    def __init__(self, answers: Mapping[str, Any], door: Gateway) -> None:
        self.answers, self.door = answers, door

    async def fetch(self, method: str, url: str, **request: Any) -> Reply:
        name = url.rsplit("/", 1)[-1]
        if name not in self.answers:
            return await self.door.fetch(method, url, **request)
        now = datetime.now(UTC)
        return Reply(200, {"Content-Type": "application/json"}, json.dumps(self.answers[name]).encode(), url, (), now, now)

    async def exists(self, _host: str) -> bool:
        return False


@pytest.mark.parametrize("endpoint", [*ODD, "", "https://\ud800", "file:///etc/passwd"])
def test_an_odd_data_host_of_one_post_costs_the_others_of_its_call_nothing(endpoint: Any) -> None:
    """Whoever runs a host of its own writes its address."""
    shown = f"https://bsky.app/profile/{DID}/post/3aaa"
    hidden = "https://bsky.app/profile/did:web:host.example/post/3bbb"
    answers: Mapping[str, Any] = {
        "app.bsky.feed.getPosts": {
            "posts": [{"uri": f"at://{DID}/app.bsky.feed.post/3aaa"}, {"uri": registry.get("bluesky").defaults["control_id"]}]
        },
        "did.json": {"service": [{"id": "#atproto_pds", "serviceEndpoint": endpoint}]},
    }

    async def main() -> list[Sighting]:
        clock = AnchoredClock.local()
        async with Gateway(clock) as gateway:
            eyes = registry.get("bluesky")({}, Scripted(answers, gateway), clock)
            return list(await eyes.observe([identify(shown), identify(hidden)]))

    assert [sighting.outcome for sighting in asyncio.run(main())] == [Outcome.AVAILABLE, Outcome.INDETERMINATE]


PROFILE = {"id": "7", "acct": "someone"}


NAMED = "https://mastodon.social/@someone"
NUMBERED = "https://mastodon.social/web/accounts/7"


def test_an_account_of_a_server_that_leads_to_another_is_not_known_by_what_is_there() -> None:
    moved = {"path": "/mastodon.social/", "status": 301, "headers": {"Location": "/b.example/api/v1/accounts/lookup?acct=someone"}}
    sighting = only(*look(NAMED, replies=[moved, reply("/b.example/", PROFILE)]))
    assert (sighting.outcome, sighting.reason, sighting.identity) == (Outcome.INDETERMINATE, "redirected", None)


@pytest.mark.parametrize("profile", [{**PROFILE, "acct": "another"}, {**PROFILE, "acct": HUGE}, {**PROFILE, "acct": None}])
def test_the_profile_of_another_account_of_mastodon_does_not_show_that_this_one_is_up(profile: Mapping[str, Any]) -> None:
    sighting = only(*look(NAMED, replies=[reply("/mastodon.social/", profile)]))
    assert (sighting.outcome, sighting.reason) == (Outcome.INDETERMINATE, "other_item")


@pytest.mark.parametrize("body", [PROFILE, [], {"error": None}, {"errors": "Gone"}])
def test_a_410_that_does_not_say_what_mastodon_says_suspends_nobody(body: Any) -> None:
    assert only(*look(NAMED, replies=[reply("/mastodon.social/", body, 410)])).outcome is Outcome.INDETERMINATE


def test_what_a_server_says_in_its_own_words_is_not_kept() -> None:
    sighting = only(*look("https://mastodon.social/@b/7", replies=[reply("/mastodon.social/", {"error": "Text by a person"}, 410)]))
    assert (sighting.outcome, sighting.evidence) == (Outcome.GONE_UNATTRIBUTED, {})


FILES = [{"name": "other.mp4"}, {"name": "more.mp4"}]


@pytest.mark.parametrize("odd", [None, 7, "x", {}, {"name": None}, {"name": 7}])
def test_a_list_of_files_with_an_entry_nobody_can_read_lacks_nothing(odd: Any) -> None:
    record = {"metadata": {"identifier": "an-item"}, "files": [*FILES, odd]}
    control = reply("/metadata/nasa", {"metadata": {"identifier": "nasa"}, "files": []})
    replies = [reply("/metadata/an-item", record), control]
    sighting = only(*look("https://archive.org/download/an-item/film.mp4", replies=replies))
    assert (sighting.outcome, sighting.reason) == (Outcome.INDETERMINATE, "partial_list")


WALLED = "<title>{}</title><h1>{}</h1><p>We are sorry, the publisher has limited where this site can be seen.</p>"


@pytest.mark.parametrize("status", [200, 404, 410])
@pytest.mark.parametrize(
    "words",
    [
        "Content not available in your country",
        "This content is unavailable in your region",
        "Sorry, this page is no longer available in your location",
        "Ce contenu n'est plus disponible dans votre pays",
        "Dieser Inhalt ist in deinem Land nicht mehr verfügbar",
    ],
)
def test_a_site_that_shuts_our_country_out_says_nothing_about_a_page(words: str, status: int) -> None:
    page = {"path": "/", "status": status, "text": WALLED.format(words, words)}
    sighting = only(*look("https://a.example/some/page", replies=[page]))
    assert (sighting.outcome, sighting.reason) == (Outcome.INDETERMINATE, "geo_wall")


def test_a_long_page_with_a_title_about_countries_is_a_page() -> None:
    text = "<title>Not available in your country? What to do</title><h1>A guide</h1>" + "<p>many words of an article</p>" * 60
    sighting = only(*look("https://a.example/some/page", replies=[{"path": "/https/a.example/some/page", "status": 200, "text": text}]))
    assert (sighting.outcome, sighting.reason) == (Outcome.AVAILABLE, "http_200")


@pytest.mark.parametrize("slug", ["bluesky", "mastodon"])
def test_a_look_that_has_to_wait_its_turn_leaves_nothing_begun(slug: str) -> None:
    class Shut:
        async def fetch(self, *_: Any, **__: Any) -> Any:
            raise NotAsked(9.0)

        async def exists(self, _host: str) -> bool:
            return True

    urls = {"bluesky": [f"https://bsky.app/profile/{DID}", f"https://bsky.app/profile/{DID}/post/3aaa"], "mastodon": [NAMED, f"{NAMED}/7"]}
    with pytest.raises(NotAsked):
        asyncio.run(registry.get(slug)({}, Shut(), AnchoredClock.local()).observe([identify(url) for url in urls[slug]]))


WITHHELD = [
    ("https://youtu.be/dQw4w9WgXcQ", lambda codes: {"blocked": codes}),
    ("https://www.dailymotion.com/video/x8abcde", lambda codes: ["deny", *(code.lower() for code in codes)]),
    ("https://x.com/a/status/1234", lambda codes: {"country_codes": codes}),
]


def withheld(url: str, listed: Any) -> Sighting:
    """One look at an item that its platform withholds in the countries `listed`."""
    public = {"uploadStatus": "processed", "privacyStatus": "public"}
    video = {"id": "dQw4w9WgXcQ", "status": public, "contentDetails": {"regionRestriction": listed}}
    daily = {"id": "x8abcde", "status": "published", "private": False, "geoblocking": listed}
    replies = [
        reply("/youtube/v3/videos", {"kind": "youtube#videoListResponse", "items": [video]}),
        reply("/videos", {"list": [daily]}),
        reply("/2/tweets", {"data": [{"id": "1234", "withheld": listed}, {"id": "20"}]}),
    ]
    return only(*look(url, replies=replies))


@pytest.mark.parametrize(("url", "listing"), WITHHELD)
def test_what_is_withheld_in_nearly_all_countries_is_not_known_to_be_up_in_another(url: str, listing: Any) -> None:
    codes = [f"{one}{other}" for one in "ABCDEFGHIJ" for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    assert (withheld(url, listing(codes[:30])).outcome, len(withheld(url, listing(codes[:30])).countries)) == (Outcome.GEO_BLOCKED, 30)
    assert withheld(url, listing(codes[:249])).outcome is Outcome.INDETERMINATE


def notice(text: str) -> Sighting:
    page = f'<div class="tgme_widget_message_error">{text}</div>'
    return only(*look("https://t.me/somename/7", replies=[{"path": "/https/t.me/somename/7", "status": 200, "text": page}]))


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("This group can't be displayed because it violated Telegram's Terms of Service.", Outcome.REMOVED_BY_PLATFORM),
        ("Unfortunately, this channel is unavailable because it breached Telegram rules", Outcome.REMOVED_BY_PLATFORM),
        ("This message is unavailable due to copyright infringement.", Outcome.REMOVED_BY_PLATFORM),
        ("This bot cannot be shown due to a violation of the laws of New Zealand.", Outcome.GEO_BLOCKED),
        ("This post is restricted in some countries.", Outcome.GEO_BLOCKED),
        ("This channel can't be displayed on some devices because it violated Telegram's Terms of Service.", Outcome.INDETERMINATE),
        ("This message is not available in this version of the app.", Outcome.INDETERMINATE),
        (
            "This channel can't be displayed because it violated Telegram's Terms of Service in the past and is under review.",
            Outcome.INDETERMINATE,
        ),
        ("This channel is open again: nothing here violates Telegram's Terms of Service.", Outcome.INDETERMINATE),
        ("This channel can't be displayed because it violated the terms of its owner.", Outcome.INDETERMINATE),
        ("Private posts and local laws: what we know about copyright.", Outcome.INDETERMINATE),
    ],
)
def test_a_notice_of_telegram_counts_only_as_a_whole_sentence(text: str, outcome: Outcome) -> None:
    assert notice(text).outcome is outcome
