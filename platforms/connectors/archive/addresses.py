"""Which addresses name what at the Internet Archive."""

import re
from dataclasses import replace
from urllib.parse import quote, unquote, unquote_plus

from platforms.base import ContentRef
from platforms.urls import Address, NotAURL, Rule, canonical, parse

_ITEM = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?")
_PAGES = frozenset({"details", "embed", "stream"})
_FILES = _PAGES | {"download"}
_VIEWS = frozenset({"page", "mode"})
"""How the book reader goes on after the identifier: a place in the item, not a file of it."""
_SERVER = re.compile(r"[a-z]{2}\d+\.[a-z]{2}\.archive\.org")
_WAYBACK = frozenset({"web.archive.org", "wayback.archive.org", "archive.org", "www.archive.org"})
_ESCAPED = re.compile(r"%(?:2[de]|3[0-9]|[46][1-9a-f]|[57][0-9a]|5f|7e)", re.IGNORECASE)
"""Characters that mean the same escaped or not."""
_CAPTURE = re.compile(r"/(?P<web>web/)?(?P<time>[0-9]{14})(?:[a-z]{2}_)?/(?P<inner>.+)")


def named(url: str) -> ContentRef | None:
    """What a whole address names; None if it is none of the Archive's."""
    try:
        address = parse(url)
    except NotAURL:
        return None
    return _archive(address) if _HOSTS.fullmatch(address.host) else None


def _archive(address: Address) -> ContentRef | None:
    path = _ESCAPED.sub(lambda match: unquote(match[0]), address.path)
    if capture := _CAPTURE.fullmatch(path):
        known = address.host in _WAYBACK and (capture["web"] or address.host == "web.archive.org")
        return _capture(capture["time"], capture["inner"] + (f"?{address.query}" if address.query else "")) if known else None
    raw = [part for part in path.split("/") if part]
    if _SERVER.fullmatch(address.host) and raw[1:2] == ["items"] and raw[0].isdigit():
        return _item(raw[2:3], [unquote(part) for part in raw[3:]])
    if address.host not in {"archive.org", "www.archive.org"} or not raw:
        return None
    if raw[0] == "metadata":
        return _item(raw[1:2], [])
    if raw[0] not in _FILES:
        return None
    # The pages write a space in a file's name as a plus.
    plain = unquote_plus if raw[0] in _PAGES else unquote
    return _item(raw[1:2], [] if raw[0] in _PAGES and raw[2:3] and raw[2] in _VIEWS else [plain(part) for part in raw[2:]])


def _item(identifier: list[str], parts: list[str]) -> ContentRef | None:
    name = unquote(identifier[0]) if identifier else ""
    path = "/".join(parts)
    if not _ITEM.fullmatch(name) or not path.isprintable() or "\ufffd" in path:
        return None
    if not path:
        return ContentRef("archive", "file", name, f"https://archive.org/details/{name}")
    if {"", ".", ".."} & set(path.split("/")):
        return None
    url = f"https://archive.org/download/{name}/{quote(path)}"
    return ContentRef("archive", "file", f"{name}/{path}", url[:-1] + "%2E" if url.endswith(".") else url)


def _capture(time: str, inner: str) -> ContentRef | None:
    """A capture is named by its instant and by what was captured. The Wayback Machine does not tell http from https."""
    try:
        captured = parse(inner)
    except NotAURL:
        return None
    port = captured.port if captured.port not in {"80", "443"} else ""
    url = canonical(replace(captured, scheme="https", port=port))
    return ContentRef("archive", "page", f"web/{time}/{url.removeprefix('https://')}", f"https://web.archive.org/web/{time}/{url}")


_HOSTS = re.compile(r"(?:.+\.)?archive\.org")

RULE = Rule("archive", _archive, _HOSTS)
