"""Where a browser would go on to from a page: by header, by `meta`, by script."""

import re
from html import unescape

import can_ada

from platforms.connectors.web import moves
from platforms.connectors.web.page import Page, shown
from platforms.http import Reply

_LATEST = 30.0
"""Seconds after which going on is a courtesy to whoever has read the page."""
_AT_ONCE = 1.0
_META = re.compile(r"<meta\s([^<>]*+)", re.IGNORECASE)
_IS_REFRESH = re.compile(r"(?<![\w-])http-equiv\s*=\s*[\"']?\s*refresh\b", re.IGNORECASE)
_CONTENT = re.compile(r"(?<![\w-])content\s*=\s*(?:\"([^\"]*+)|'([^']*+)|([^\s\"'>]++))", re.IGNORECASE)
_REFRESH = re.compile(r"\s*(\d{0,6}(?:\.\d*)?)\s*[;,\s]\s*(?:url\s*=\s*)?[\"']?\s*([^\s\"'>]{1,2000})", re.IGNORECASE)

_OF_THE_PAGE = r"(?<![\w.$])(?:(?:window|document|self|globalthis)\s*\.\s*)?location"
_GOES = re.compile(
    rf"{_OF_THE_PAGE}(?:\s*\.\s*(?:href|pathname|search))?\s*=(?![=>])\s*(?:[\"']([^\"'\s]*)[\"']\s*(?![\s+.]))?"
    rf"|{_OF_THE_PAGE}\s*\.\s*(?:replace|assign)\s*\(\s*(?:[\"']([^\"'\s]*)[\"']\s*\))?"
    r"|\bhistory\s*\.\s*(?:replace|push)state\s*(\()"
)
"""A script that goes to another address, and to which where it says so outright."""
_TAKEN = re.compile(rf"(?:=|\(|,)\s*{_OF_THE_PAGE}\s*[;,)\r\n]")
_USED = re.compile(r"\.\s*(?:replace|assign)\s*\(|\.\s*href\s*=(?!=)")
_CARRIED = re.compile(r"\b(?:session|local)storage\b|\bdocument\s*\.\s*cookie\b")
"""What a script hands to the next page through."""


def refresh(reply: Reply, page: Page, final: str) -> tuple[float, str] | None:
    """Seconds and address of the refresh that a reply declares; None where it declares none, or only that it is to be loaded again."""
    declared = reply.headers.get("Refresh", "")
    if not declared and "refresh" in page.body:
        tags = (tag for tag in _META.findall(shown(page.html)) if _IS_REFRESH.search(tag))
        found = next((content for tag in tags if (content := _CONTENT.search(tag))), None)
        declared = unescape(next(filter(None, found.groups()), "")) if found else ""
    said = _REFRESH.match(declared)
    if not said:
        return None
    try:
        target = (can_ada.parse(final) + said[2]).href.split("#", 1)[0]
        seconds = float(said[1] or 0)
    except ValueError:
        return None
    return (seconds, target) if target != final.split("#", 1)[0] and seconds <= _LATEST else None


def goes_home(seconds: float, target: str, final: str) -> bool:
    """Whether a refresh is the courtesy of a page for what is not there: to the front page of its site, once it could be read."""
    return seconds >= _AT_ONCE and moves.same_site(target, final) and moves.is_front(target)


def goes_on(page: Page, final: str) -> bool:
    """Whether a script of the page leads to another address, other than to the front page of the site with nothing in hand."""
    code = "\n".join(code for _, code in page.scripts if code)
    if "location" not in code and "history" not in code:
        return False
    if _TAKEN.search(code) and _USED.search(code):
        return True
    targets = [next((group for group in match.groups() if group), "") for match in _GOES.finditer(code)]
    return bool(targets) and (_CARRIED.search(code) is not None or not all(_is_home(target, final) for target in targets))


def _is_home(target: str, final: str) -> bool:
    try:
        address = (can_ada.parse(final) + target).href if target else ""
    except ValueError:
        return False
    return bool(address) and moves.same_site(address, final) and moves.is_front(address)
