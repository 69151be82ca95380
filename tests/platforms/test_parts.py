"""A part is not its whole: comments are items of their own."""

import pytest

from platforms import registry
from platforms.base import PART_UNSEEN, Outcome
from platforms.identity import identify
from tests.platforms.test_connectors import SLUGS, observe

COMMENTS = {
    "facebook": ("https://www.facebook.com/20531316728/posts/10154009990506729", "?comment_id=7"),
    "instagram": ("https://www.instagram.com/p/fA9uwTtkSN/", "c/7/"),
    "reddit": ("https://www.reddit.com/comments/abc123", "/_/def456"),
    "telegram": ("https://t.me/somechannel/43", "?comment=7"),
    "tiktok": ("https://www.tiktok.com/@_/video/6718335390845095173", "?share_comment_id=7"),
    "vimeo": ("https://vimeo.com/76979871", "#comment_7"),
    "vk": ("https://vk.com/wall-1_2", "?reply=7"),
    "web": ("https://forum.example/t/9", "#post-7"),
    "youtube": ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", "&lc=UgxKREWxIgDrw8w2e_Z4AaABAg"),
}


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if "comment" in registry.get(slug).kinds])
def test_a_comment_is_never_judged_by_what_it_stands_under(slug: str) -> None:
    """It is asked for by its own id, or not at all; replies about anything else leave it undecided."""
    start, end = COMMENTS[slug]
    whole, part = identify(start), identify(start + end)
    assert (whole.kind, part.kind) != (part.kind, whole.kind)
    assert part.external_id != whole.external_id or slug == "web"
    (sighting,), calls = observe(slug, [part], [{"path": "/", "status": 404, "json": {"error": {"code": 404}}}], kept={"shown": True})
    assert sighting.outcome is Outcome.INDETERMINATE
    if sighting.reason == PART_UNSEEN:
        assert calls == []
    else:
        own = part.external_id.rsplit("/", 1)[-1]
        assert all(own in call.path_qs for call in calls)


WHOLE = identify("https://forum.example/t/9?page=2")


@pytest.mark.parametrize(
    "part", ["post-42", "post42", "p123", "comment-7", "c1234567890", "msg123", "issuecomment-99", "pid7", "1234567", "answer-5", "lc-8"]
)
def test_one_post_of_a_page_is_an_item_of_its_own(part: str) -> None:
    ref = identify(f"https://forum.example/t/9?page=2#{part}")
    assert (ref.platform, ref.kind, ref.external_id, ref.canonical_url) == ("web", "comment", "", f"{WHOLE.canonical_url}#{part}")
    assert identify(ref.canonical_url) == ref


@pytest.mark.parametrize("place", ["top", "section-two", "comments", "t=90s", "L10", ":~:text=march", "page=3", "cite_note-5", "h2"])
def test_a_place_in_a_page_is_the_page(place: str) -> None:
    assert identify(f"https://forum.example/t/9?page=2#{place}") == WHOLE
