"""Which addresses name what on JustPaste.it, Telegraph, Pastebin and Rentry."""

import re
from dataclasses import replace
from urllib.parse import quote

from platforms.base import ContentRef
from platforms.urls import Address, NotAURL, Rule, link, parse

_SERVICES = {
    "justpaste.it": "justpaste.it",
    "telegra.ph": "telegra.ph",
    "graph.org": "telegra.ph",
    "te.legra.ph": "telegra.ph",
    "pastebin.com": "pastebin.com",
    "rentry.co": "rentry.co",
    "rentry.org": "rentry.co",
}
"""Hosts, and the one each service goes by."""
_SLUGS = {
    "justpaste.it": re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,99}"),
    "telegra.ph": re.compile(r"[\w-]{1,200}-(?:0[1-9]|1[0-2])-(?:[0-2][0-9]|3[01])(?:-[0-9]{1,6})?"),
    "pastebin.com": re.compile(r"[A-Za-z0-9]{8}"),
    "rentry.co": re.compile(r"[A-Za-z0-9_-]{2,100}"),
}
_OWN_PAGES = {
    "justpaste.it": "login register account contact about terms privacy faq dmca settings premium stats img redirect copyright abuse",
    "telegra.ph": "",
    "pastebin.com": "messages settings trending",
    "rentry.co": "what how langs new api static login",
}
_VIEWS = {"pastebin.com": "raw dl embed embed_js embed_iframe print clone report", "rentry.co": "raw edit pdf png md"}
"""Other ways to see the same paste: `/raw/SLUG`, `/SLUG/raw`."""


def named(url: str) -> ContentRef | None:
    """What a whole address names; None if it is none of these services'."""
    try:
        address = parse(url)
    except NotAURL:
        return None
    return _paste(address) if _HOSTS.fullmatch(address.host) else None


def _paste(address: Address) -> ContentRef | None:
    if address.host == "jpst.it":
        name = "/".join(address.segments)
        return link("paste", replace(address, path=f"/{name}")) if re.fullmatch(r"[A-Za-z0-9]{1,30}", name) else None
    host = _SERVICES[address.host.removeprefix("www.")]
    segments = [part for part in address.segments if part not in _VIEWS.get(host, "").split()]
    slug = segments[0] if len(segments) == 1 else ""
    if not _SLUGS[host].fullmatch(slug) or slug in _OWN_PAGES[host].split():
        return None
    return ContentRef("paste", "page", f"{host}/{slug}", f"https://{host}/{quote(slug)}")


_HOSTS = re.compile(rf"(?:www\.)?(?:{'|'.join(map(re.escape, _SERVICES))})|jpst\.it")

RULE = Rule("paste", _paste, _HOSTS)
