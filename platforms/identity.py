"""Which piece of content an address names: the identity that makes two reports one item.

Each platform brings one `Rule` (`platforms/connectors/<slug>/addresses.py`): the hosts it owns and a function from a parsed address to
what it names. An address on a host that a platform owns is that platform's or a plain page; all others go through the rules of software
that runs anywhere; what no rule knows is a page of the open web.
"""

import re
from urllib.parse import parse_qsl, quote

from platforms import registry
from platforms.base import ContentRef
from platforms.readings import exact
from platforms.urls import LINK, Address, NotAURL, canonical, parse, refang, split_urls

__all__ = ["NotAURL", "as_reported", "identify", "is_link", "refang", "split_urls"]


LONGEST_ID = 300
"""Characters of an external id; what is named by a longer one is a page like any other."""


def identify(url: str) -> ContentRef:
    """Identity of the content behind `url`, as pasted: defanged, shortened to a bare host, wrapped by a redirector, …

    Equal content gives equal references, and the canonical URL of a reference identifies as that reference.
    Raises `NotAURL` with a message for the person who typed it.
    """
    address = _unwrapped(parse(_from_app_uri(url)))
    owners = [rule for rule in registry.rules() if rule.hosts and rule.hosts.fullmatch(address.host)]
    for rule in owners or [rule for rule in registry.rules() if rule.hosts is None]:
        if (ref := rule.find(address)) and len(ref.external_id) <= LONGEST_ID:
            return ref
    return ContentRef("web", "page", "", canonical(address))


def as_reported(url: str) -> str:
    """The address to ask at that was pasted as `url`: defanged and unwrapped like that of `identify`, but otherwise letter by letter.

    The order of the query, tracking keys, punctuation at the end and characters that cannot be seen stay; the fragment, which no server is
    sent, goes. Raises `NotAURL`.
    """
    address = parse(_from_app_uri(url))
    inner = _unwrapped(address)
    origin = f"{inner.scheme}://{inner.authority}"
    written = exact(url, origin) if inner is address and not _APP_SCHEME.search(url[:100]) else ""
    return written or f"{origin}{inner.path}{'?' + inner.query if inner.query else ''}"


SHORTENERS = frozenset(
    name
    for names in (
        "t.co bit.ly bitly.com j.mp tinyurl.com is.gd v.gd cutt.ly rb.gy ow.ly buff.ly goo.su shorturl.at t.ly tiny.cc rebrand.ly lnkd.in",
        "shorturl.asia clck.ru u.to qrco.de s.id n9.cl kutt.it trib.al dlvr.it soo.gd bl.ink db.tt m.me wp.me amzn.to adf.ly",
    )
    for name in names.split()
)
"""Hosts whose every address but the front page leads somewhere else."""


def is_link(ref: ContentRef) -> bool:
    """Whether `ref` names a short or share link, whose content is only known once a worker has followed it."""
    if ref.platform == "web":
        _, _, host, path = (*ref.canonical_url.split("/", 3), "")[:4]
        return bool(path) and host.removeprefix("www.") in SHORTENERS
    return ref.external_id.startswith(LINK)


_AT_URI = re.compile(r"at://(?P<actor>[^/\s]+)(?:/app\.bsky\.feed\.post/(?P<rkey>[^/\s?#]+))?/?")
_TG_URI = re.compile(r"tg:/{0,2}(?:resolve|join)/?\?(?P<query>[^\s#]*)(?:#.*)?", re.IGNORECASE)
_APP_SCHEME = re.compile(r"\b(?:at|tg)\W{0,2}:", re.IGNORECASE)
_WRAPPERS: tuple[tuple[re.Pattern[str], re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"(?:www\.)?google(?:\.[a-z]{2,3}){1,2}"), re.compile(r"/url"), ("q", "url")),
    (re.compile(r"lm?\.(?:facebook|instagram)\.com"), re.compile(r"/(?:l\.php)?"), ("u",)),
    (re.compile(r"(?:www\.|m\.)?youtube\.com"), re.compile(r"/redirect"), ("q",)),
    (re.compile(r"t\.me"), re.compile(r"/iv"), ("url",)),
    (re.compile(r"(?:m\.)?vk\.(?:com|ru)"), re.compile(r"/away\.php"), ("to",)),
    (re.compile(r"out\.reddit\.com"), re.compile(r"/.*"), ("url",)),
    (re.compile(r"steamcommunity\.com"), re.compile(r"/linkfilter/?"), ("url", "u")),
)
"""Redirectors that carry the address they lead to: host, path, query keys."""


def _from_app_uri(url: str) -> str:
    """Addresses as apps write them: `at://did/app.bsky.feed.post/rkey` for Bluesky, `tg://resolve?domain=name&post=7` for Telegram."""
    text = refang(url) if _APP_SCHEME.search(url[:100]) else ""
    if match := _AT_URI.fullmatch(text):
        return f"https://bsky.app/profile/{match['actor']}" + (f"/post/{match['rkey']}" if match["rkey"] else "")
    match = _TG_URI.fullmatch(text)
    said = dict(parse_qsl(match["query"], errors="replace")) if match else {}
    if "domain" in said:
        return f"https://t.me/{quote(said['domain'], safe='')}/{quote(said.get('post', ''), safe='')}"
    return f"https://t.me/+{quote(said['invite'], safe='')}" if "invite" in said else url


def _unwrapped(address: Address) -> Address:
    for _ in range(3):
        inner = _wrapped(address)
        if inner is None:
            break
        address = inner
    return address


def _wrapped(address: Address) -> Address | None:
    for hosts, path, keys in _WRAPPERS:
        if hosts.fullmatch(address.host) and path.fullmatch(address.path):
            for key in keys:
                if (target := address.parameter(key)).lower().startswith(("http://", "https://")):
                    try:
                        return parse(target)
                    except NotAURL:
                        return None
    return None
