"""What is remembered of a page that was seen up: enough to notice another one in its place, nothing that could be read again."""

import re
from collections.abc import Mapping
from hashlib import blake2b
from html import unescape
from typing import Any

import can_ada

from platforms.connectors.web import moves, patterns
from platforms.http import Reply, digest

_SKETCHED = 5_000
"""Characters of a text that its sketch is made of."""
_FAR = 12
"""Bits of 64 in which the sketches of two texts differ that share less than about two thirds."""

_HEAD = 50_000
_META = re.compile(r"<(?:link|meta)\s([^<>]++)")
_CANONICAL = re.compile(r"(?<![\w-])rel\s*=\s*[\"']?canonical\b")
_OG_URL = re.compile(r"(?<![\w-])(?:property|name)\s*=\s*[\"']?og:url\b")
_ADDRESS = re.compile(r"(?<![\w-])(?:href|content)\s*=\s*(?:\"([^\"]++)|'([^']++)|([^\s\"']++))")
_VALIDATOR = re.compile(r"[\x20-\x7e]{1,200}")


def fingerprint(page: patterns.Page, canonical: str) -> dict[str, Any]:
    """The page in a few scalars."""
    return {"title": _hash(page.title), "length": len(page.text), "sketch": f"{sketch(page.text):016x}", "canonical": _hash(canonical)}


def changed(kept: Mapping[str, Any], page: patterns.Page, canonical: str, asked: str) -> str:
    """Reason code if the page is plainly not the one that was kept: "" where it is, or a little edited."""
    if canonical and _hash(canonical) != kept["canonical"] and (moves.moved_away(asked, canonical, 200) or moves.strayed(asked, canonical)):
        return "canonical_elsewhere"
    # Cheapest first: most pages still have their title, and their text is never read.
    if _hash(page.title) == kept["title"] or page.longer_than(kept["length"] // 2):
        return ""
    distance = (sketch(page.text) ^ int(kept["sketch"], 16)).bit_count()
    return "content_changed" if distance > _FAR else ""


def canonical(page: patterns.Page, final: str) -> str:
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
        int.from_bytes(blake2b(" ".join(shingle).encode(), digest_size=8).digest()) for shingle in patterns.shingles(text[:_SKETCHED])
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


def _hash(text: str) -> str:
    return digest(text.encode()) if text else ""
