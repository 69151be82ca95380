"""A page is compared with what it was when it was first seen up; what is remembered cannot be read again."""

import asyncio
import json
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from aiohttp import web

from platforms.base import AnchoredClock, Outcome, Sighting
from platforms.connectors.web import Web, memory
from platforms.connectors.web.page import read_page
from platforms.http import Gateway
from platforms.identity import identify
from tests.platforms.replaying import replaying, serving

ITEM = identify("https://site.example/posts/7")
PATH = "/https/site.example/posts/7"
WORDS = [f"{one}{two}" for one in "bdfglmnprst" for two in ("ala", "eno", "iru", "oma", "uke", "asi", "elu", "ito", "ona", "ume")]
LONG = " ".join(Random(1).choices(WORDS, k=400))
OTHER = " ".join(Random(2).choices(WORDS, k=90))


def html(title: str = "A post", text: str = LONG, head: str = "") -> str:
    return f"<html><head><title>{title}</title>{head}</head><body><h1>{title}</h1><p>{text}</p></body></html>"


def look(text: str, *, kept: Mapping[str, Any] | None = None, status: int = 200, **headers: str) -> tuple[Sighting, web.Request]:
    """One look at the item while its page is `text`, with what was kept of it."""
    calls: list[web.Request] = []

    async def main() -> Sighting:
        clock = AnchoredClock.local()
        reply = {
            "path": PATH,
            "status": status,
            "text": text,
            "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        }
        async with replaying([reply], calls) as url, Gateway(clock, allow=frozenset({url.removeprefix("http://")})) as gateway:
            eyes = Web({"api_base_url": url}, gateway, clock)
            eyes.kept = {ITEM: kept} if kept else {}
            return (await eyes.observe([ITEM]))[0]

    return asyncio.run(main()), calls[0]


def first(text: str | None = None, **headers: str) -> Mapping[str, Any]:
    sighting, _ = look(text or html(), kept=None, status=200, **headers)
    assert (sighting.outcome, sighting.reason) == (Outcome.AVAILABLE, "http_200")
    assert sighting.keep is not None
    return sighting.keep


def test_a_page_that_is_up_is_remembered_without_a_word_of_it() -> None:
    kept = first(ETag='"a"', Last_Modified="Tue, 01 Jul 2025 10:00:00 GMT")
    assert set(kept) == {"kind", "title", "length", "sketch", "canonical", "etag", "modified", "as_reported"}
    assert (kept["etag"], kept["modified"], kept["canonical"]) == ('"a"', "Tue, 01 Jul 2025 10:00:00 GMT", "")
    assert len(kept["title"]) == len(kept["sketch"]) == 16
    assert not any(word in json.dumps(kept) for word in ("post", *WORDS))


@pytest.mark.parametrize(
    "now",
    [
        html(),
        html(title="A post, corrected"),
        html(text=LONG + " and a comment"),
        html(title="(2) A post", text=LONG[: len(LONG) * 2 // 3]),
        html(text=OTHER),
    ],
    ids=["same", "title corrected", "comment", "some comments gone", "all but the title"],
)
def test_an_edited_page_is_still_up_and_its_memory_stays_the_first_one(now: str) -> None:
    sighting, _ = look(now, kept=first())
    assert (sighting.outcome, sighting.reason, sighting.keep) == (Outcome.AVAILABLE, "http_200", None)


@pytest.mark.parametrize(
    "now",
    [
        html("Community rules", OTHER),
        html("", OTHER),
        html("Fishing", "Something else stands here."),
        html("Another post", " ".join([OTHER] * 5)),
    ],
)
def test_another_page_in_its_place_is_for_a_person_to_judge(now: str) -> None:
    sighting, _ = look(now, kept=first())
    assert (sighting.outcome, sighting.reason, sighting.keep) == (Outcome.INDETERMINATE, "content_changed", None)


OWN = '<link rel="canonical" href="https://site.example/posts/7">'


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        (OWN, OWN, "http_200"),
        (OWN, "", "http_200"),
        (OWN, "<link rel=canonical href=/posts/7-a-title>", "http_200"),
        (OWN, "<link href='http://www.site.example/posts/7/' rel='canonical'>", "http_200"),
        (OWN, '<meta property="og:url" content="https://site.example/posts/7?utm=1">', "http_200"),
        (OWN, f'<meta property="og:url" content="https://site.example/">{OWN}', "http_200"),
        (OWN, '<link rel="alternate" href="https://site.example/">', "http_200"),
        (OWN, '<link rel="canonical" href="http://[">', "http_200"),
        (OWN, '<link rel="canonical">', "http_200"),
        (OWN, '<link rel="canonical" href="">', "http_200"),
        (OWN, '<link rel="canonical" href="https://site.example/">', "canonical_elsewhere"),
        (OWN, '<link rel="canonical" href="/posts/8">', "canonical_elsewhere"),
        (OWN, '<link rel="canonical" href="https://elsewhere.example/shop">', "canonical_elsewhere"),
        (OWN, '<meta content="https://site.example/" property="og:url">', "canonical_elsewhere"),
        ("", '<link rel="canonical" href="https://site.example/">', "canonical_elsewhere"),
        # A site that names its home page on every page says nothing by it.
        ('<link rel="canonical" href="/">', '<link rel="canonical" href="/">', "http_200"),
    ],
)
def test_a_page_that_now_belongs_elsewhere_is_for_a_person_to_judge(before: str, now: str, reason: str) -> None:
    sighting, _ = look(html(head=now), kept=first(html(head=before)))
    outcome = Outcome.AVAILABLE if reason == "http_200" else Outcome.INDETERMINATE
    assert (sighting.outcome, sighting.reason) == (outcome, reason)


def test_an_unchanged_page_is_up_and_was_asked_for_as_such() -> None:
    kept = first(ETag='W/"a"', Last_Modified="Tue, 01 Jul 2025 10:00:00 GMT")
    sighting, request = look("", kept=kept, status=304)
    assert (sighting.outcome, sighting.reason, sighting.http_status, sighting.keep) == (Outcome.AVAILABLE, "http_200", 304, None)
    assert request.headers["If-None-Match"] == 'W/"a"'
    assert request.headers["If-Modified-Since"] == "Tue, 01 Jul 2025 10:00:00 GMT"


@pytest.mark.parametrize(
    "kept",
    [None, {**dict.fromkeys(("kind", "title", "sketch", "canonical"), "0"), "length": 1, "etag": "", "modified": "", "as_reported": False}],
)
def test_nobody_is_believed_who_says_unchanged_without_being_asked(kept: Mapping[str, Any] | None) -> None:
    sighting, request = look("", kept=kept, status=304)
    assert (sighting.outcome, sighting.reason) == (Outcome.INDETERMINATE, "http_304")
    assert not {"If-None-Match", "If-Modified-Since"} & set(request.headers)


def test_a_wall_that_says_unchanged_is_a_wall() -> None:
    sighting, _ = look("", kept=first(ETag='"a"'), status=304, cf_mitigated="challenge")
    assert (sighting.outcome, sighting.reason) == (Outcome.INDETERMINATE, "bot_wall")


@pytest.mark.parametrize(
    ("text", "status"), [(html(), 404), (html("Just a moment..."), 200), (html("Log in"), 200), ("<script>draw()</script>", 200)]
)
def test_marks_are_taken_from_a_page_that_was_seen_up_only(text: str, status: int) -> None:
    sighting, _ = look(text, status=status, ETag='"wall"')
    assert sighting.outcome is not Outcome.AVAILABLE
    assert sighting.keep is None


def test_a_new_mark_replaces_the_old_one_and_nothing_else() -> None:
    kept = first(ETag='"a"')
    sighting, _ = look(html("A post, corrected"), kept=kept, ETag='"b"')
    assert sighting.keep == {**kept, "etag": '"b"'}


@pytest.mark.parametrize("mark", ["x" * 300, "caf\u00e9", ""])
def test_a_mark_that_cannot_be_sent_back_is_not_kept(mark: str) -> None:
    assert first(ETag=mark)["etag"] == ""


def test_a_mark_behind_a_redirect_is_not_kept_and_not_believed() -> None:
    """The mark would be sent to the first address and be understood by the last."""
    asked: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        if not request.path.startswith(PATH):
            return web.Response(status=404)
        asked.append(request.headers.get("If-None-Match", ""))
        if not request.path.endswith("/"):
            return web.Response(status=301, headers={"Location": f"{request.path}/"})
        return web.Response(status=304) if asked[-1] else web.Response(text=html(), content_type="text/html", headers={"ETag": '"a"'})

    async def main() -> list[Sighting]:
        clock = AnchoredClock.local()
        async with serving(handler) as host, Gateway(clock, allow=frozenset({host})) as gateway:
            eyes = Web({"api_base_url": f"http://{host}"}, gateway, clock)
            found = await eyes.observe([ITEM])
            eyes.kept = {ITEM: {**(found[0].keep or {}), "etag": '"a"'}}
            return [*found, *await eyes.observe([ITEM])]

    up, redirected = asyncio.run(main())
    assert up.keep is not None
    assert (up.outcome, up.keep["etag"]) == (Outcome.AVAILABLE, "")
    assert (redirected.outcome, redirected.reason) == (Outcome.INDETERMINATE, "http_304")
    assert asked == ["", "", '"a"', '"a"']


def test_what_a_host_says_is_asked_for_once_for_all_items_of_a_place() -> None:
    missing = html("Page not found", "We looked everywhere and could not find what you asked for.")
    asked: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        if request.path.count("/") == 3 and request.path.endswith("/"):
            return web.Response(text=html("Site"), content_type="text/html")
        return web.Response(text=missing, content_type="text/html")

    async def main() -> list[Sighting]:
        clock = AnchoredClock.local()
        async with serving(handler) as host, Gateway(clock, allow=frozenset({host})) as gateway:
            eyes = Web({"api_base_url": f"http://{host}"}, gateway, clock)
            urls = ["a.example/p/1", "a.example/p/2", "a.example/q/3", "a.example/4", "b.example/p/1"]
            return [(await eyes.observe([identify(f"https://{url}")]))[0] for url in urls]

    assert {(sighting.outcome, sighting.reason) for sighting in asyncio.run(main())} == {(Outcome.GONE_UNATTRIBUTED, "soft_404")}
    fronts, siblings = 2, 4
    assert len(asked) == 5 + fronts + siblings


@pytest.mark.parametrize(
    ("text", "far"),
    [
        (LONG, False),
        (f"{LONG} more", False),
        (LONG.replace(WORDS[3], "x"), False),
        (LONG[: len(LONG) // 3], True),
        (OTHER, True),
        ("", True),
    ],
)
def test_a_sketch_is_near_for_near_texts(text: str, far: bool) -> None:
    distance = (memory.sketch(LONG) ^ memory.sketch(text)).bit_count()
    assert (distance > 12) is far


@pytest.mark.parametrize("piece", ["<link ", "<link rel=canonical", "<meta property=og:url content='", "<link href=a ", "<meta "])
def test_a_hostile_head_is_read_as_fast_as_any(piece: str) -> None:
    page = read_page("https://a.example/", "", piece * (1_000_000 // len(piece)))
    assert memory.fingerprint(page, "html", memory.canonical(page, "https://a.example/"))["length"] == len(page.text)
