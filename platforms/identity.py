"""Which piece of content an address names: the identity that makes two reports one item.

Each platform brings one `Rule` (`platforms/connectors/<slug>/addresses.py`): the hosts it owns and a function from a parsed address to
what it names. An address on a host that a platform owns is that platform's or a plain page; all others go through the rules of software
that runs anywhere; what no rule knows is a page of the open web.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from urllib.parse import parse_qsl, quote

from platforms import registry
from platforms.base import ContentRef
from platforms.fangs import CLOSERS, INVISIBLE, before_the_sentence, refang
from platforms.pasted import split_urls
from platforms.urls import LINK, LONGEST_URL, Address, NotAURL, canonical, parse
from platforms.wrappers import unwrap

__all__ = ["NotAURL", "as_reported", "identify", "is_link", "refang", "split_urls"]


LONGEST_ID = 300
"""Characters of an external id; what is named by a longer one is a page like any other."""


def identify(url: str) -> ContentRef:
    """Identity of the content behind `url`, as pasted: defanged, shortened to a bare host, wrapped by a redirector, …

    Equal content gives equal references, and the canonical URL of a reference identifies as that reference.
    Raises `NotAURL` with a message for the person who typed it.
    """
    address = unwrap(parse(_from_app_uri(_meant(url))))
    owners = [rule for rule in registry.rules() if rule.hosts and rule.hosts.fullmatch(address.host)]
    for reading in _readings(address):
        for rule in owners or [rule for rule in registry.rules() if rule.hosts is None]:
            if (ref := rule.find(reading)) and len(ref.external_id) <= LONGEST_ID:
                return ref
    return _page(address)


def as_reported(url: str) -> str:
    """The address to ask at that was pasted as `url`: defanged and unwrapped like that of `identify`, but otherwise letter by letter.

    The order of the query, tracking keys, punctuation at the end and characters that cannot be seen stay; the fragment, which no server is
    sent, goes. Raises `NotAURL`.
    """
    try:
        address = parse(_from_app_uri(url))
    except NotAURL:
        address = parse(_from_app_uri(_meant(url)))
    inner = unwrap(address)
    return f"{inner.scheme}://{inner.authority}{inner.path}" + (f"?{inner.query}" if inner.query else "")


_AMPERSAND = re.compile(r"&(?:amp;|#0{0,4}38;|#x0{0,4}26;)+|(?<=\?)(?:amp;)+", re.IGNORECASE)


def _meant(text: str) -> str:
    """`text` without what the way it was copied has added: invisible characters, an export's `&amp;`, the sentence behind it."""
    if len(text) > 2 * LONGEST_URL:
        return text
    return before_the_sentence(_AMPERSAND.sub(lambda match: "&" if match[0][0] == "&" else "", INVISIBLE.sub("", text)))


def _readings(address: Address) -> Iterator[Address]:
    """The address as it is, and without the punctuation of a sentence: no platform's ids end so, pages of the web may."""
    yield address
    for part in ("fragment", "query", "path"):
        if text := getattr(address, part):
            if (plain := _SENTENCE_END.sub("", text)) != text:
                yield replace(address, **{part: plain})
            return


_ENDS = sorted(
    {form for char in CLOSERS + "\u3002\uff0c\uff01\uff1f\uff1a\uff1b\uff09\u300d\u300b" for form in (char, quote(char, safe=""))}
)
_SENTENCE_END = re.compile(rf"(?:{'|'.join(map(re.escape, _ENDS))})+$", re.IGNORECASE)


def _page(address: Address) -> ContentRef:
    """A page of the open web, or a part of one. A key in the fragment opens what the page shows, so it stays."""
    fragment = address.fragment
    if _PART.fullmatch(fragment):
        return ContentRef("web", "comment", "", canonical(address, fragment))
    return ContentRef("web", "page", "", canonical(address, fragment if _is_key(fragment) else ""))


_PART = re.compile(
    r"(?:(?:p|pid|posts?|msg|message|c|cm|cmt|com|comments?|commento|isso|issuecomment|discussioncomment|discussion_r|reply|replies|answer|entry"
    r"|note|status|(?:find|id|el)comment|comment-id|lc)[-_=/:]?[0-9]{1,20}|[0-9]{3,20})(?:[-_][0-9]{1,20})?",
    re.IGNORECASE,
)
"""Fragments by which forums, blogs and boards name one post of a page: `#post-42`, `#p123`, `#issuecomment-7`, `#1234567`."""
_KEY = re.compile(r"(?:key=|k=)?([A-Za-z0-9_+/=-]{16,100})")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def _is_key(fragment: str) -> bool:
    """Whether a fragment looks random, as a key that the browser keeps from the server does, and not like a heading."""
    match = _KEY.fullmatch(fragment)
    if not match or all(_WORD.fullmatch(word) for word in re.split(r"[-_]+", match[1])):
        return False
    kinds = ["d" if char.isdigit() else "u" if char.isupper() else "l" if char.islower() else "-" for char in match[1].rstrip("=")]
    changes = sum(before != after for before, after in pairwise(kinds))
    return "d" in kinds and changes >= len(kinds) / 3


_SHORTENERS = " ".join(
    (
        "t.co bit.ly bitly.com j.mp tinyurl.com is.gd v.gd cutt.ly rb.gy ow.ly buff.ly goo.su shorturl.at t.ly tiny.cc rebrand.ly lnkd.in",
        "shorturl.asia clck.ru u.to qrco.de s.id n9.cl kutt.it trib.al dlvr.it soo.gd bl.ink db.tt m.me wp.me amzn.to adf.ly",
        "goo.gl share.google search.app vk.cc t.cn reurl.cc urlz.fr da.gd x.gd ift.tt",
        "aka.ms 1drv.ms url.emailprotection.link checklink.mail.ru",
    )
).split()
"""Hosts whose every address but the front page leads somewhere else."""
_SHORTENING = r"[a-z0-9-]+\.(?:page|app)\.link|[a-z0-9-]+\.onelink\.me|[a-z0-9-]+\.app\.goo\.gl|[a-z0-9.-]+\.mimecast(?:protect)?\.com"
"""The same where everybody has a host of their own. Gateways of Mimecast keep the address to themselves."""
LEADS_ELSEWHERE = rf"^https?://(?:www\.)?(?:{'|'.join(map(re.escape, _SHORTENERS))}|{_SHORTENING})/."
"""Canonical addresses on the open web that are short links; a pattern that PostgreSQL reads too."""


def is_link(ref: ContentRef) -> bool:
    """Whether `ref` names a short or share link, whose content is only known once a worker has followed it."""
    if ref.platform == "web":
        return re.match(LEADS_ELSEWHERE, ref.canonical_url) is not None
    return ref.external_id.startswith(LINK)


_AT_URI = re.compile(r"at://(?P<actor>[^/\s]+)(?:/app\.bsky\.feed\.post/(?P<rkey>[^/\s?#]+))?/?")
_TG_URI = re.compile(r"tg:/{0,2}(?:resolve|privatepost|join)/?\?(?P<query>[^\s#]*)(?:#.*)?", re.IGNORECASE)
_APP_SCHEME = re.compile(r"\b(?:at|tg)\W{0,2}:", re.IGNORECASE)


def _from_app_uri(url: str) -> str:
    """Addresses as apps write them: `at://did/app.bsky.feed.post/rkey` for Bluesky, `tg://resolve?domain=name&post=7` for Telegram."""
    text = refang(url) if _APP_SCHEME.search(url[:100]) else ""
    if match := _AT_URI.fullmatch(text):
        return f"https://bsky.app/profile/{match['actor']}" + (f"/post/{match['rkey']}" if match["rkey"] else "")
    match = _TG_URI.fullmatch(text)
    said = dict(parse_qsl(match["query"], errors="replace")) if match else {}
    if owner := said.get("domain") or said.get("channel"):
        place = "/".join(quote(part, safe="") for part in (*(["c"] if "channel" in said else []), owner, said.get("post", "")))
        return f"https://t.me/{place}" + (f"?comment={quote(said['comment'], safe='')}" if "comment" in said else "")
    return f"https://t.me/+{quote(said['invite'], safe='')}" if "invite" in said else url
