"""Pages that platforms make for people: one GET of one of them, and what it says."""

from collections.abc import Callable
from typing import Any

from platforms.base import Connector, ContentRef, Outcome, Sighting
from platforms.http import FetchError, NoAnswer, Reply, retry_after

Judge = Callable[[ContentRef, Reply], tuple[Outcome, str]]
"""What a page says of an item: outcome and reason."""


async def get(eyes: Connector, url: str, method: str = "page", **request: Any) -> Reply:
    """The page at `url`, or the stand-in for it; `request` as for `Door.fetch`. Raises `NoAnswer`."""
    sent_at = eyes.clock.sent()
    try:
        return await eyes.http.fetch("GET", eyes.through(url), **request)
    except FetchError as error:
        raise NoAnswer(error.reason, method, sent_at, eyes.clock.answered()) from error


async def look(eyes: Connector, ref: ContentRef, judge: Judge) -> Sighting:
    """What the page of an item, in English, says of it."""
    try:
        reply = await get(eyes, ref.canonical_url, headers={"Accept-Language": "en"}, accept={"text/html"})
    except NoAnswer as unclear:
        return unclear.says(ref)
    return says(ref, reply, *judge(ref, reply))


def says(ref: ContentRef, reply: Reply, outcome: Outcome, reason: str, method: str = "page") -> Sighting:
    """A page's word on an item, and how long the platform wants to be left alone where it could not be told."""
    wait = retry_after(reply.headers, reply.answered_at) if outcome is Outcome.INDETERMINATE else None
    return Sighting(ref, outcome, reason, reply.sent_at, reply.answered_at, method, reply.status, retry_after=wait)
