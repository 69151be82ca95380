"""What is remembered of a page that was seen up: enough to notice another one in its place, nothing that could be read again."""

import re
from collections.abc import Mapping
from hashlib import blake2b
from html import unescape
from typing import Any

import can_ada

from platforms.connectors.web import moves
from platforms.connectors.web.compare import shingles
from platforms.connectors.web.page import Page, letters
from platforms.http import Reply, digest

_SKETCHED = 5_000
"""Characters of a text that its sketch is made of."""
_FAR = 12
"""Bits of 64 in which the sketches of two texts differ that share less than about two thirds."""

_DRAWN = 200
"""Characters that no mere frame for scripts shows."""
_HEAD = 50_000
_META = re.compile(r"<(?:link|meta)\s([^<>]++)")
_CANONICAL = re.compile(r"(?<![\w-])rel\s*=\s*[\"']?canonical\b")
_OG_URL = re.compile(r"(?<![\w-])(?:property|name)\s*=\s*[\"']?og:url\b")
_ADDRESS = re.compile(r"(?<![\w-])(?:href|content)\s*=\s*(?:\"([^\"]++)|'([^']++)|([^\s\"']++))")
_COUNTER = re.compile(r"^\(\d{1,6}\+?\)\s*")
_VALIDATOR = re.compile(r"[\x20-\x7e]{1,200}")


def fingerprint(page: Page, kind: str, canonical: str) -> dict[str, Any]:
    """The page in a few scalars; `kind` is "html", "text", "json" or "file"."""
    return {
        "kind": kind,
        "title": _title(page),
        "length": len(page.text),
        "sketch": f"{sketch(page.text):016x}",
        "canonical": _hash(canonical),
    }


def is_as_kept(kept: Mapping[str, Any], page: Page, kind: str) -> bool:
    """Whether the page shows at least half of what was kept, under the same title or in a text like it. Most looks end here."""
    return kind == kept["kind"] and page.longer_than(kept["length"] // 2 - 1) and (_is_titled(kept, page) or is_near(kept, page))


def is_another(kept: Mapping[str, Any], page: Page, kind: str) -> bool:
    """Whether the page is plainly not the one that was kept: of another kind, or with another title and another text."""
    return kind != kept["kind"] or not (_is_titled(kept, page) or is_near(kept, page))


def belongs_elsewhere(kept: Mapping[str, Any], canonical: str, asked: str) -> bool:
    """Whether the page now names another address as its own than when it was kept."""
    moved = canonical and _hash(canonical) != kept["canonical"]
    return bool(moved and (moves.moved_away(asked, canonical, 200) or moves.strayed(asked, canonical)))


def was_drawn_by_server(kept: Mapping[str, Any]) -> bool:
    """Whether what was kept could be seen without scripts."""
    return bool(kept) and bool(kept["kind"] != "html" or kept["length"] >= _DRAWN)


def is_near(kept: Mapping[str, Any], page: Page) -> bool:
    """Whether a text shares most of its words with the one that was kept."""
    return (sketch(page.text) ^ int(kept["sketch"], 16)).bit_count() <= _FAR


def canonical(page: Page, final: str) -> str:
    """Where the page says that it belongs, by `link rel=canonical` or else `og:url`: "" where it does not say."""
    said = ""
    for tag in _META.findall(page.body[:_HEAD].partition("</head")[0]):
        if (is_canonical := _CANONICAL.search(tag)) or (not said and _OG_URL.search(tag)):
            found = _ADDRESS.search(tag)
            said = unescape(next(filter(None, found.groups()))) if found else said
        if is_canonical:
            break
    try:
        return (can_ada.parse(final) + said).href if said else ""
    except ValueError:
        return ""


def sketch(text: str) -> int:
    """Simhash of 64 bits over the three-word shingles: near for texts that share most of them."""
    hashes = [
        int.from_bytes(blake2b(" ".join(shingle).encode(), digest_size=8).digest()) for shingle in shingles(letters(text[:_SKETCHED]))
    ]
    return sum(1 << bit for bit in range(64) if 2 * sum(one >> bit & 1 for one in hashes) > len(hashes))


def validators(reply: Reply) -> dict[str, str]:
    """What to send back to be told that nothing changed. None after a redirect: they would belong to another address."""
    etag, modified = (reply.headers.get(name, "") for name in ("ETag", "Last-Modified"))
    return {"etag": _sendable(etag, reply), "modified": _sendable(modified, reply)}


def conditions(kept: Mapping[str, Any]) -> dict[str, str]:
    """The headers of a request that may be answered by 304 (RFC 9110, section 13.1)."""
    asked = {"If-None-Match": kept.get("etag"), "If-Modified-Since": kept.get("modified")}
    return {name: value for name, value in asked.items() if value}


def _sendable(value: str, reply: Reply) -> str:
    return value if _VALIDATOR.fullmatch(value) and not reply.hops else ""


def _is_titled(kept: Mapping[str, Any], page: Page) -> bool:
    return bool(kept["title"]) and _title(page) == kept["title"]


def _title(page: Page) -> str:
    """Without the number of news that some sites put before it."""
    return _hash(_COUNTER.sub("", page.title))


def _hash(text: str) -> str:
    return digest(text.encode()) if text else ""
