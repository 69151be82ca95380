"""Two pages side by side: whether one is the other, and what it has of its own. No words of any language decide here."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

import can_ada

from platforms.connectors.web.page import Page, letters

SAME = 0.9
"""Similarity from which two texts are the same text."""
_NOISE = 0.1
"""By how much less an answer may resemble another than two answers to nothing resemble each other."""
SHORTEST = 40
"""Visible characters below which a page that loads scripts shows nothing by itself."""
_EMPTY_FRONT = 200
"""The same of a front page, where a frame for what scripts draw may say a few words more."""
_GLOBAL = re.compile(
    r"(?:window|self|globalthis)(?:\.|\[[\"'])_{2,3}[a-z]\w*|<div\s[^<>]*\bid\s*=\s*[\"']?_{2,3}[a-z]|\b_{2,3}[a-z]\w*_data_{2}\b"
)
"""What programs that draw pages leave in them for their own start: names with two or three leading underscores."""

Shingle = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What a page says, without digits and without the address that was asked for, which many answers repeat."""

    title: Shingle
    heading: Shingle
    text: tuple[Shingle, ...]
    """Every three words that follow each other, in order."""
    media: frozenset[str]
    raw: str


def told(page: Page, asked: str) -> Told:
    echo = _echo(asked)
    words = letters(_without(page.text, echo))
    media = frozenset(re.sub(r"\d+", "", _without(one.split("?", 1)[0], echo)) for one in page.media)
    return Told(letters(_without(page.title, echo)), letters(_without(page.heading, echo)), shingles(words), media, page.text)


def same(one: Told, other: Told) -> bool:
    """Whether they are one page: title, heading and text agree, and `one` shows nothing that `other` does not."""
    return agree(one, other) and not one.media - other.media and _similar(one, other) >= SAME


def agree(one: Told, other: Told) -> bool:
    """Whether title and heading are the same."""
    return one.title == other.title and one.heading == other.heading


def as_one_of(one: Told, first: Told, second: Told) -> bool:
    """Whether `one` is no more different from the answer `first` than `second` is, which answers the same kind of question: then what
    they differ by is chance."""
    if not agree(one, first) or not agree(first, second):
        return False
    return _similar(one, first) >= min(_similar(first, second), SAME) - _NOISE and (
        not one.media - first.media or bool(second.media - first.media)
    )


def own(one: Told, *others: Told) -> int:
    """Words of its text that none of the others has."""
    known = {shingle for other in others for shingle in other.text}
    return sum(shingle not in known for shingle in one.text)


def _similar(one: Told, other: Told) -> float:
    return similarity(one.text, other.text) if one.text or other.text else float(one.raw == other.raw)


def similarity(one: Iterable[Shingle], other: Iterable[Shingle]) -> float:
    """Jaccard similarity: 0 (nothing shared) to 1 (equal)."""
    first, second = set(one), set(other)
    return len(first & second) / len(first | second) if first | second else 1.0


def shingles(words: Shingle) -> tuple[Shingle, ...]:
    return tuple(words[place : place + 3] for place in range(max(1, len(words) - 2))) if words else ()


def is_shell(page: Page, limit: int = SHORTEST) -> bool:
    """Whether a page shows next to nothing before its scripts have run."""
    return bool(page.scripts) and not page.longer_than(limit - 1)


def drawn_by_script(page: Page, front: Page | None) -> bool:
    """Whether what a browser shows in place of `page` may be another thing: the site is a program that draws its pages itself.

    `front` is the front page of the site: a frame without words, or served with the same program, whose traces are in the page.
    """
    if not page.scripts:
        return False
    if front is not None and is_shell(front, _EMPTY_FRONT):
        return True
    if not page.text and not page.media:
        return True
    if not page.own_scripts:
        return False
    if is_shell(page):
        return True
    shared = front is not None and (page.own_scripts & front.own_scripts) - {""}
    return bool(shared) and _GLOBAL.search(page.body) is not None


def _echo(asked: str) -> tuple[str, ...]:
    """The parts of an address that an answer may repeat, the longest first."""
    try:
        parsed = can_ada.parse(asked)
    except ValueError:
        return ()
    path = parsed.pathname + parsed.search
    name = parsed.pathname.rstrip("/").rsplit("/", 1)[-1]
    parts = [parsed.href, parsed.href.split("://", 1)[1], path, parsed.pathname, name, *re.split(r"[?&=]", parsed.search)]
    texts = {
        text for part in parts for text in (part.lower(), unquote(part).lower(), unquote(part.replace("+", " ")).lower()) if len(text) > 2
    }
    return tuple(sorted(texts, key=lambda text: (-len(text), text)))


def _without(text: str, echo: Iterable[str]) -> str:
    for part in echo:
        text = text.replace(part, " ")
    return text
