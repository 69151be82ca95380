"""Which addresses name what on Instagram. Media codes are case-sensitive, names are not."""

import re
from dataclasses import replace

from platforms.base import ContentRef
from platforms.urls import Address, NotAURL, Rule, link, read

_CODE = re.compile(r"[A-Za-z0-9_-]{5,60}")
_COMMENT = re.compile(r"c/[0-9]{1,30}(?:/r/[0-9]{1,30})?(?![^/])")
_NAME = re.compile(r"[A-Za-z0-9._]{0,29}[A-Za-z0-9_]")
_MEDIA = frozenset({"p", "reel", "reels", "tv"})
_TABS = frozenset({"", "channel", "embed", "guides", "reels", "tagged"})
_RESERVED = re.compile(
    "p|reel|reels|tv|about|accounts|api|challenge|consent|developer|direct|emails|explore|graphql|legal|lite|live|oauth|press|privacy|"
    "session|share|stories|terms|threads|topics|web"
)


def _instagram(address: Address) -> ContentRef | None:
    if address.path.rstrip("/") == "/accounts/login" and (target := address.parameter("next")):
        try:
            inner = read(f"https://www.instagram.com{target}" if target.startswith("/") else target)
        except NotAURL:
            return None
        address = inner if RULE.hosts and RULE.hosts.fullmatch(inner.host) else address
    if address.host.removeprefix("www.").removeprefix("m.") not in {"instagram.com", "instagr.am"}:
        return None
    parts = [*address.segments, "", "", ""]
    if parts[0] == "share":
        code = next((part for part in reversed(parts) if part), "")
        named = code not in {"share", "reel"} and _CODE.fullmatch(code)
        return link("instagram", replace(address, host="www.instagram.com")) if named else None
    for place in (0, 1):
        # `/reels/audio/…` is the sound, not a post.
        if parts[place] in _MEDIA and _CODE.fullmatch(parts[place + 1]) and parts[place + 1] != "audio":
            return _post(parts[place + 1], "/".join(parts[place + 2 :]))
    name = parts[0].lower()
    if not _NAME.fullmatch(name) or _RESERVED.fullmatch(name) or parts[1] not in _TABS:
        return None
    return ContentRef("instagram", "account", name, f"https://www.instagram.com/{name}/")


def _post(code: str, rest: str) -> ContentRef:
    """A post, or the comment or reply that the rest of the path leads to."""
    comment = _COMMENT.match(rest)
    name = f"{code}/{comment[0]}" if comment else code
    return ContentRef("instagram", "comment" if comment else "post", name, f"https://www.instagram.com/p/{name}/")


RULE = Rule("instagram", _instagram, re.compile(r"(?:.+\.)?instagram\.com|(?:www\.)?instagr\.am"))
