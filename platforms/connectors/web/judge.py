"""What follows from a page for the item: by comparison with what it was, and with what its host says in the same minute.

Words never decide alone. They name what comparison has found, they confirm it, or they make it weaker.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from platforms.base import NEEDS_BROWSER, NEVER_SEEN, Outcome
from platforms.connectors.web import compare, memory, moves, onward, patterns
from platforms.connectors.web.host import Host, Seen
from platforms.connectors.web.page import Page

_PAGE_OF_ITS_OWN, _NAMED_PAGE = 60, 25
"""Words of its own from which an error page is a page, and one that names itself."""
_LITTLE_TEXT, _ARTICLE = 300, 600
"""Characters."""
_POSTED = re.compile(
    r"<article(?![\w-])|articlebody|socialmediaposting|discussionforumposting|"
    r"twitter-tweet|data-telegram-post|<meta\s[^<>]{0,200}og:type[^<>]{0,40}article"
)
"""How pages mark what they are for, in lower case."""

FILES = ("image/", "video/", "audio/", "application/pdf", "application/zip", "application/epub", "application/octet-stream")
"""Beginnings of the types of what is shown or kept, not read."""

Verdict = tuple[Outcome, str]


@dataclass(frozen=True, slots=True)
class Case:
    """One reply about one item, and the witnesses."""

    seen: Seen
    host: Host
    kind: str
    """"html", "text" or "json"."""
    canonical: str
    """Where the page says that it belongs."""
    kept: Mapping[str, Any] = field(default_factory=dict)


def unclear(reason: str) -> Verdict:
    return Outcome.INDETERMINATE, reason


async def absent(case: Case) -> Verdict:
    """Of a reply under 404 or 410: gone, if the site is up, says this of the item alone, and no browser would see more."""
    page, asked = case.seen.page, case.seen.asked
    if case.kept and case.kept["length"] and memory.is_near(case.kept, page) and page.longer_than(case.kept["length"] // 2):
        return unclear("page_under_error")
    if onward.goes_on(page, case.seen.final) or _sent_on(case.seen):
        return unclear("goes_on")
    front = await case.host.front(asked)
    if named := await named_host(case):
        return named
    if not (reason := _why_front_is_no_witness(case, front)):
        reason = await _why_not_gone(case, front)
    return unclear(reason) if reason else (Outcome.GONE_UNATTRIBUTED, f"http_{case.seen.status}")


async def named_host(case: Case) -> Verdict | None:
    """Of a page that names a host without its site, if that host says nothing else: at its front page and where nothing can be."""
    named = patterns.names_host(case.seen.page, known=bool(case.kept))
    if named is None:
        return None
    others = (await case.host.front(case.seen.asked), await case.host.sibling(case.seen.asked))
    everywhere = all(other is not None and other.status == case.seen.status and _alike(case.seen, other) for other in others)
    return (named.outcome, named.reason) if everywhere else None


def _sent_on(seen: Seen) -> bool:
    declared = onward.refresh(seen.reply, seen.page, seen.final)
    return declared is not None and not onward.goes_home(*declared, seen.final)


def _why_front_is_no_witness(case: Case, front: Seen | None) -> str:
    """Reason code unless the front page shows that the site is up and talks to us."""
    if moves.is_bare(case.seen.asked):
        return "front_page_missing"
    if front is None:
        return "front_page_unclear"
    if front.status == case.seen.status:
        return "host_says_same"
    if case.kept and front.status in {401, 403}:
        # Such as hosts of files: nothing to see at the front, and the item was once seen up.
        return ""
    walled = patterns.first_match(patterns.WALLS, front.page) is not None
    if not (front.page.text or front.page.media or front.page.scripts):
        return "front_page_unclear"
    if front.status != 200 or (walled and not case.kept) or moves.moved_away(front.asked, front.final, 200):
        return "front_page_unclear"
    return "host_says_same" if _alike(case.seen, front) else ""


async def _why_not_gone(case: Case, front: Seen | None) -> str:
    if reason := _may_be_more(case, front.page if front else None):
        return reason
    is_file = case.seen.reply.content_type.startswith(FILES)
    return "page_under_error" if await (_is_file_of_its_own if is_file else _is_page_of_its_own)(case) else ""


def _may_be_more(case: Case, front: Page | None) -> str:
    """Reason code if a browser, or a reader with an account, may see what we do not. What we were once shown ourselves is no such thing."""
    if not memory.was_drawn_by_server(case.kept) and compare.drawn_by_script(case.seen.page, front):
        return NEEDS_BROWSER
    return NEVER_SEEN if not case.kept and patterns.may_hide(case.seen.page, front) else ""


async def _is_page_of_its_own(case: Case) -> bool:
    """Whether an error page is the page of the item after all: a post, much text or media that other errors of the site have not."""
    named = bool(case.canonical) and not moves.strayed(case.seen.asked, case.canonical)
    enough = _NAMED_PAGE if named else _PAGE_OF_ITS_OWN
    mine = case.seen.told
    posted = not case.kept and _POSTED.search(case.seen.page.body) is not None
    if len(mine.text) < enough and not mine.media and not posted:
        return False
    other = await case.host.sibling(case.seen.asked)
    if other is None:
        return True
    much = compare.own(mine, other.told)
    unlike = posted and not compare.agree(mine, other.told) and _POSTED.search(other.page.body) is None
    shows = bool(mine.media - other.told.media)
    if much < enough and not unlike and not shows:
        return False
    second = await case.host.sibling(case.seen.asked, 2)
    if second is None:
        return True
    # Some sites fill the room with something else each time.
    if much >= enough and much > 2 * compare.own(second.told, other.told):
        return True
    return (unlike and compare.agree(second.told, other.told)) or (shows and not second.told.media - other.told.media)


async def _is_file_of_its_own(case: Case) -> bool:
    """Whether an error carries a file, which every browser shows, and which the site does not send with other errors."""
    other = await case.host.sibling(case.seen.asked)
    return other is None or other.reply.body != case.seen.reply.body


async def shown(case: Case) -> Verdict:
    """Of a page under 200 with words on it, which is not plainly the one that was kept: up, unless its host says so to anything."""
    other = await case.host.sibling(case.seen.asked)
    if other is not None and other.status == 200 and await _is_answer_to_anything(case, other):
        return await _of_the_host(case, other)
    if case.kept:
        return _beside_the_kept(case, other)
    if patterns.says_not_here(case.seen.page) and not _is_long(case, other):
        return unclear("soft_404_unconfirmed")
    if (named := patterns.names_host(case.seen.page, known=False)) and named.part in {"title", "heading", "whole"}:
        return unclear("notice_unconfirmed")
    return Outcome.AVAILABLE, "http_200" if case.kind == "html" else "text_served"


def _beside_the_kept(case: Case, other: Seen | None) -> Verdict:
    """Another page than the one that was kept is for a person to see; so is one that has only the title of its whole site left."""
    page = case.seen.page
    everywhere = other is not None and compare.agree(case.seen.told, other.told)
    if memory.is_another(case.kept, page, case.kind) or (everywhere and not memory.is_near(case.kept, page)):
        return unclear("content_changed")
    return Outcome.AVAILABLE, "http_200" if case.kind == "html" else "text_served"


def _is_long(case: Case, other: Seen | None) -> bool:
    """Whether a page says more than that something is not there."""
    if not case.seen.page.longer_than(_ARTICLE):
        return False
    return other is None or compare.own(case.seen.told, other.told) >= _PAGE_OF_ITS_OWN


async def _is_answer_to_anything(case: Case, other: Seen) -> bool:
    mine = case.seen.told
    if compare.same(mine, other.told):
        return True
    if not compare.agree(mine, other.told) or not (mine.title or mine.heading):
        return False
    second = await case.host.sibling(case.seen.asked, 2)
    return second is not None and second.status == 200 and compare.as_one_of(mine, other.told, second.told)


async def _of_the_host(case: Case, other: Seen) -> Verdict:
    """Of a page that the host also sends where nothing can be: which it is, the answer for what is not there or that to everything."""
    page, asked = case.seen.page, case.seen.asked
    if moves.is_bare(asked):
        front: Seen | None = case.seen
    else:
        front = await case.host.front(asked)
    if front is None or front.status != 200 or moves.moved_away(front.asked, front.final, 200):
        return unclear("front_page_unclear")
    if compare.same(case.seen.told, front.told) or compare.as_one_of(case.seen.told, other.told, front.told):
        if named := patterns.names_host(page, known=bool(case.kept)):
            return named.outcome, named.reason
        if moves.is_bare(asked) and page.longer_than(_LITTLE_TEXT) and not case.kept:
            return Outcome.AVAILABLE, "http_200"
        return unclear(NEEDS_BROWSER if compare.drawn_by_script(page, front.page) else "host_says_same")
    if reason := _may_be_more(case, front.page):
        return unclear(reason)
    if patterns.says_not_here(page) or await _shows_its_neighbour(case, front):
        return Outcome.GONE_UNATTRIBUTED, "soft_404"
    return unclear("soft_404_unconfirmed")


async def _shows_its_neighbour(case: Case, front: Seen) -> bool:
    """Whether the host shows another page at this very place, one that it leads to itself: so this answer is no wall before all of them."""
    near = await case.host.neighbour(case.seen.asked, front.page)
    if near is None or near.status != 200 or moves.strayed(near.asked, near.final):
        return False
    walled = patterns.first_match(patterns.WALLS, near.page) is not None
    return not walled and not compare.agree(near.told, case.seen.told) and compare.own(near.told, case.seen.told, front.told) > 0


def _alike(one: Seen, other: Seen) -> bool:
    return compare.same(one.told, other.told)


def going_on(case: Case) -> bool:
    """Whether a page with little to read has a script that leads elsewhere."""
    page = case.seen.page
    return bool(page.scripts) and not page.longer_than(_LITTLE_TEXT) and onward.goes_on(page, case.seen.final)


async def withheld(case: Case) -> Verdict:
    """Of a reply under 451: the item is withheld where we look from, if the rest of the site is not."""
    front = await case.host.front(case.seen.asked)
    if front is None or moves.is_bare(case.seen.asked):
        return unclear("front_page_unclear")
    return unclear("geo_wall") if front.status == case.seen.status else (Outcome.GEO_BLOCKED, "http_451")


async def suspended(case: Case) -> Verdict:
    """Of the page for accounts that their provider has suspended: that is so if the front page leads there too."""
    front = await case.host.front(case.seen.asked)
    if front is not None and patterns.SUSPENDED_PAGE.match(front.final.lower()):
        return Outcome.REMOVED_BY_PLATFORM, "host_suspended"
    return unclear("notice_unconfirmed")
