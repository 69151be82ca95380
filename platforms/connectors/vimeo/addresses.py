"""Which addresses name what on Vimeo.

The hash of an unlisted video (`/ID/HASH`, `?h=HASH`) opens it like a password. It is a property of the link and is dropped: what is stored
and shown opens nothing that is not public.
"""

import re

from platforms.base import ContentRef
from platforms.urls import Address, NotAURL, Rule, parse

_ID = re.compile(r"[1-9][0-9]{0,12}")
_COMMENT = re.compile(r"comment_[1-9][0-9]{0,18}")
_PATHS = (
    re.compile(r"/(?:video/|videos/|m/)?(?P<id>[0-9]+)(?:/.*)?", re.DOTALL),
    re.compile(r"/channels/[^/]+/(?P<id>[0-9]+)(?:/.*)?", re.DOTALL),
    re.compile(r"/groups/[^/]+/videos/(?P<id>[0-9]+)(?:/.*)?", re.DOTALL),
    re.compile(r"/(?:album|showcase)/[^/]+/video/(?P<id>[0-9]+)(?:/.*)?", re.DOTALL),
    re.compile(r"/ondemand/[^/]+/(?P<id>[0-9]+)(?:/.*)?", re.DOTALL),
)


def named(url: str) -> ContentRef | None:
    """What a whole address names; None if it is none of Vimeo's."""
    try:
        address = parse(url)
    except NotAURL:
        return None
    return _vimeo(address) if _HOSTS.fullmatch(address.host) else None


def _vimeo(address: Address) -> ContentRef | None:
    plain = f"/{'/'.join(address.segments)}"
    found = next((match["id"] for path in _PATHS if (match := path.fullmatch(plain))), "")
    if plain == "/moogaloop.swf":
        found = address.parameter("clip_id")
    if not _ID.fullmatch(found):
        return None
    if comment := _COMMENT.fullmatch(address.fragment):
        name = f"{found}#{comment[0]}"
        return ContentRef("vimeo", "comment", name, f"https://vimeo.com/{name}")
    return ContentRef("vimeo", "video", found, f"https://vimeo.com/{found}")


_HOSTS = re.compile(r"(?:www\.|player\.|m\.)?vimeo\.com")

RULE = Rule("vimeo", _vimeo, _HOSTS)
