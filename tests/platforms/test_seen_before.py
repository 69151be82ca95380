"""What counts as gone only if the same way of asking once showed it: it may have been hidden from us from the start."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from platforms import registry
from platforms.base import NEVER_SEEN, AnchoredClock, ContentRef, Outcome, Sighting
from platforms.identity import identify
from takedown.models import Keepsake, Watch
from tests.conftest import Sandbox
from tests.engine import test_path as engine
from tests.factories import PolicyFactory
from tests.platforms import test_second_looks
from tests.platforms.test_second_looks import reply

Replies = Sequence[Mapping[str, Any]]


def look(ref: ContentRef, replies: Replies, kept: Mapping[str, Any] | None = None, **config: Any) -> Sighting:
    (sighting,), _ = test_second_looks.look(ref.canonical_url, replies=replies, kept=kept, **config)
    assert sighting.ref == ref
    return sighting


def page(path: str, text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Mapping[str, Any]:
    return {"path": path, "status": status, "text": text, "headers": headers or {}}


GONE = {"error": {"message": "The requested resource does not exist", "code": 24}}
EMBED = {"html": "<blockquote>DDzbnVKx57R fA9uwTtkSN</blockquote>", "video_id": 76979871, "author_url": "6718335390845095173"}
WAYBACK = "/https/web.archive.org/web/"
SERVED = {"Memento-Datetime": "Wed, 02 Jan 2019 03:04:05 GMT"}
CASES: Mapping[str, tuple[str, Replies, Replies, Mapping[str, Any]]] = {
    # An address; the replies while it is up; those when it is missing; that about the control item.
    "vimeo": (
        "https://vimeo.com/123456789/0123456789",
        [reply("/api/oembed.json?url=https%3A%2F%2Fvimeo.com%2F123456789", {"video_id": 123456789})],
        [
            reply("/api/oembed.json?url=https%3A%2F%2Fvimeo.com%2F123456789", {"error": "Not found"}, 404),
            page("/https/vimeo.com/123456789", "<title>VimeUhOh</title>", 404),
        ],
        reply("/api/oembed.json?url=https%3A%2F%2Fvimeo.com%2F76979871", EMBED),
    ),
    "wayback": (
        "https://web.archive.org/web/20190102030405/http://bad.example/post",
        [page(f"{WAYBACK}20190102030405/", "<title>x</title>", headers=SERVED)],
        [page(f"{WAYBACK}20190102030405/", "<p>The Wayback Machine has not archived that URL.</p>", 404)],
        page(f"{WAYBACK}20130919044612/", "<title>x</title>", headers=SERVED),
    ),
    "facebook": (
        "https://www.facebook.com/111111111111/posts/222222222222",
        [reply("/v26.0/oembed_post?url=https%3A%2F%2Fwww.facebook.com%2F111111111111", EMBED)],
        [reply("/v26.0/oembed_post?url=https%3A%2F%2Fwww.facebook.com%2F111111111111", GONE, 400)],
        reply("/v26.0/oembed_post?url=https%3A%2F%2Fwww.facebook.com%2F20531316728", EMBED),
    ),
    "facebook_video": (
        "https://www.facebook.com/watch/?v=2222222222222222",
        [reply("/v26.0/oembed_video?url=https%3A%2F%2Fwww.facebook.com%2Fvideo.php%3Fv%3D2222222222222222", EMBED)],
        [reply("/v26.0/oembed_video?url=https%3A%2F%2Fwww.facebook.com%2Fvideo.php%3Fv%3D2222222222222222", GONE, 400)],
        reply("/v26.0/oembed_video?url=https%3A%2F%2Fwww.facebook.com%2Fvideo.php%3Fv%3D10153231379946729", EMBED),
    ),
    "facebook_node": (
        "https://www.facebook.com/profile.php?id=444444444444",
        [reply("/v26.0/444444444444", {"id": "444444444444"})],
        [reply("/v26.0/444444444444", {"error": {"code": 803}}, 404)],
        reply("/v26.0/20531316728", {"id": "20531316728"}),
    ),
    "instagram": (
        "https://www.instagram.com/p/AbCdEfGhIjK/",
        [reply("/v26.0/instagram_oembed", {"html": "<blockquote>AbCdEfGhIjK</blockquote>"})],
        [reply("/v26.0/instagram_oembed?url=https%3A%2F%2Fwww.instagram.com%2Fp%2FAbCdEfGhIjK", GONE, 400)],
        reply("/v26.0/instagram_oembed?url=https%3A%2F%2Fwww.instagram.com%2Fp%2FfA9uwTtkSN", EMBED),
    ),
    "threads": (
        "https://www.threads.com/@some.one/post/AbCdEfGhIjK",
        [reply("/v1.0/oembed", {"html": "<blockquote>AbCdEfGhIjK</blockquote>"})],
        [reply("/v1.0/oembed?url=https%3A%2F%2Fwww.threads.com%2Ft%2FAbCdEfGhIjK", GONE, 400)],
        reply("/v1.0/oembed?url=https%3A%2F%2Fwww.threads.com%2Ft%2FDDzbnVKx57R", EMBED),
    ),
    "tiktok": (
        "https://www.tiktok.com/@some.one/video/7123456789012345678",
        [reply("/oembed", {"html": '<blockquote cite="https://www.tiktok.com/@_/video/7123456789012345678"></blockquote>'})],
        [reply("/oembed?url=https%3A%2F%2Fwww.tiktok.com%2F%40_", {"code": 400}, 400)],
        reply("/oembed?url=https%3A%2F%2Fwww.tiktok.com%2F%40scout2015", EMBED),
    ),
}
EACH = pytest.mark.parametrize(("url", "there", "missing", "control"), CASES.values(), ids=CASES)


def test_the_hash_of_an_unlisted_video_is_nowhere_in_its_identity() -> None:
    video = identify("https://vimeo.com/123456789/0123456789")
    assert identify("https://vimeo.com/123456789") == video
    assert "0123456789" not in video.canonical_url


@EACH
def test_what_was_once_shown_and_is_missing_is_gone(url: str, there: Replies, missing: Replies, control: Any) -> None:
    ref = identify(url)
    first = look(ref, there)
    assert (first.outcome, first.keep) == (Outcome.AVAILABLE, {"shown": True})
    assert look(ref, there, first.keep).keep is None
    second = look(ref, [*missing, control], first.keep)
    assert (second.outcome, second.keep) == (Outcome.GONE_UNATTRIBUTED, None)


@EACH
def test_what_was_never_shown_is_not_gone(url: str, there: Replies, missing: Replies, control: Any) -> None:
    sighting = look(identify(url), [*missing, control], {"another": "memory"})
    assert (sighting.outcome, sighting.reason, sighting.keep) == (Outcome.INDETERMINATE, NEVER_SEEN, None)


@EACH
def test_nothing_is_gone_while_the_control_is_missing_too(url: str, there: Replies, missing: Replies, control: Any) -> None:
    ref = identify(url)
    sighting = look(ref, missing, look(ref, there).keep)
    assert (sighting.outcome, sighting.reason) == (Outcome.INDETERMINATE, "control_missing")


POST = page("/https/www.instagram.com/p/AbCdEfGhIjK/", '<meta property="og:url" content="https://www.instagram.com/p/AbCdEfGhIjK/">')
PROFILE = page("/https/www.instagram.com/p/AbCdEfGhIjK/", '<meta property="og:type" content="profile">')


def state(code: int) -> Mapping[str, Any]:
    item = '{"itemStruct":{"id":"7123456789012345678","video":{}}}'
    data = f'{{"__DEFAULT_SCOPE__":{{"webapp.video-detail":{{"statusCode":{code},"itemInfo":{item}}}}}}}'
    text = f'<script id="__UNIVERSAL_DATA_FOR_REHYDRATION__">{data}</script>'
    return page("/https/www.tiktok.com/@_/video/7123456789012345678", text)


@pytest.mark.parametrize("kept", [None, {"shown": True}])
@pytest.mark.parametrize(
    ("name", "shown", "outcome"),
    [
        ("instagram", POST, Outcome.AVAILABLE),
        ("instagram", PROFILE, Outcome.PRIVATE),
        ("tiktok", state(0), Outcome.AVAILABLE),
        ("tiktok", state(10216), Outcome.PRIVATE),
    ],
)
def test_a_page_may_say_what_the_interface_hides_and_is_no_proof_that_it_was_shown_there(
    name: str, shown: Any, outcome: Outcome, kept: Mapping[str, Any] | None
) -> None:
    url, _, missing, control = CASES[name]
    sighting = look(identify(url), [*missing, control, shown], kept, **({"page_probe": True} if name == "tiktok" else {}))
    assert (sighting.outcome, sighting.keep) == (outcome, None)


@pytest.mark.parametrize(("view", "keep"), [("anybody", {"shown": True}), ("unlisted", None)])
def test_a_video_the_interface_lists_as_unlisted_is_not_remembered_as_shown(view: str, keep: Any) -> None:
    listed = {"data": [{"uri": "/videos/123456789", "status": "available", "privacy": {"view": view}}]}
    sighting = look(identify("https://vimeo.com/123456789"), [reply("/https/api.vimeo.com/videos", listed)], access_token="x")
    assert (sighting.outcome, sighting.keep) == (Outcome.AVAILABLE, keep)


NOW = AnchoredClock.local().sent()
SEEN = Sighting(identify("https://vimeo.com/1"), Outcome.AVAILABLE, "x", NOW, NOW)


@pytest.mark.parametrize(
    ("kept", "facts", "keep"),
    [
        ({}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {"a": 1}, None),
        ({"a": 1, "b": 2}, {"a": 1}, None),
        ({"a": 1, "b": 2}, {"a": 3}, {"a": 3, "b": 2}),
        ({"b": 2}, {"a": 1}, {"a": 1, "b": 2}),
    ],
)
def test_what_is_kept_stays_beside_what_is_new_and_is_not_written_again(kept: Any, facts: Mapping[str, Any], keep: Any) -> None:
    nowhere: Any = None
    eyes = registry.get("vimeo")({}, nowhere, AnchoredClock.local())
    eyes.kept = {SEEN.ref: kept}
    assert eyes.remember(SEEN, **facts).keep == keep


def test_who_read_an_item_is_kept_together_with_that_it_was_shown() -> None:
    url, there, _, _ = CASES["facebook"]
    one = look(identify(url), there, access_token="one").keep
    assert one is not None
    assert set(one) == {"reader", "shown"}
    assert look(identify(url), there, one, access_token="one").keep is None
    other = look(identify(url), there, one, access_token="other").keep
    assert other is not None
    assert other["shown"]
    assert other["reader"] != one["reader"]


def test_an_error_that_an_operator_reads_as_up_somewhere_has_shown_nothing() -> None:
    url, _, missing, control = CASES["facebook"]
    sighting = look(identify(url), [*missing, control], oembed_errors={"24": "geo_blocked"})
    assert (sighting.outcome, sighting.keep) == (Outcome.GEO_BLOCKED, None)


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["facebook", "instagram", "mastodon", "reddit", "threads", "tiktok", "vimeo"])
@pytest.mark.parametrize(("looks", "outcome"), [(0, Outcome.INDETERMINATE), (1, Outcome.GONE_UNATTRIBUTED), (3, Outcome.GONE_UNATTRIBUTED)])
def test_the_engine_remembers_from_look_to_look(sandbox: Sandbox, slug: str, looks: int, outcome: Outcome) -> None:
    sandbox.configure()
    PolicyFactory.create(key="referral_voluntary", unit="minutes", duration=10)
    request = engine.report(sandbox.add(slug, (-60, "available")))
    for _ in range(looks):
        engine.look(request)
    assert Keepsake.objects.count() == min(looks, 1)
    (item,) = sandbox.world.items.values()
    item.script.append((0, "gone_unattributed"))
    for _ in range(2):
        engine.look(request)
        assert Watch.objects.get().outcome == outcome
