"""Which addresses name what on X."""

import re

from platforms.base import ContentRef
from platforms.urls import Address, Rule, parse

_POST_ID = re.compile(r"(\d{1,19})(?!\d)")
_USER = re.compile(r"@?([A-Za-z0-9_]{1,15})")
_X_RESERVED = re.compile(
    "i|home|explore|search|settings|login|logout|signup|notifications|messages|intent|hashtag|tos|privacy|about|jobs|download|compose|"
    "share|account|help|status|statuses|oauth|who_to_follow"
)
_X_TABS = frozenset({"", "with_replies", "media", "likes", "followers", "following", "highlights", "articles", "verified_followers"})


def _x(address: Address) -> ContentRef | None:
    if address.fragment.startswith("!/"):
        address = parse(f"https://x.com{address.fragment[1:]}")
    parts = [*address.segments, "", "", ""]
    for place in range(3):
        if parts[place] in {"status", "statuses"} and (match := _POST_ID.match(parts[place + 1])) and int(match[1]):
            post = str(int(match[1]))
            return ContentRef("x", "post", post, f"https://x.com/i/status/{post}")
    return _x_account(address, parts)


def _x_account(address: Address, parts: list[str]) -> ContentRef | None:
    number = parts[2] if parts[:2] == ["i", "user"] else address.parameter("user_id") if parts[0] == "intent" else ""
    if number and (ref := account(number)):
        return ref
    name = address.parameter("screen_name") if parts[0] == "intent" else parts[0]
    match = _USER.fullmatch(name)
    if not match or _X_RESERVED.fullmatch(match[1].lower()) or (parts[0] != "intent" and parts[1] not in _X_TABS):
        return None
    return ContentRef("x", "account", match[1].lower(), f"https://x.com/{match[1].lower()}")


def account(number: str) -> ContentRef | None:
    """An account by the number that is its own for ever; None if that is no such number."""
    if not re.fullmatch(r"\d{1,19}", number) or not int(number):
        return None
    return ContentRef("x", "account", f"id/{int(number)}", f"https://x.com/i/user/{int(number)}")


RULE = Rule(
    "x",
    _x,
    re.compile(
        r"(?:(?:www|m|mobile)\.)?(?:x|twitter)\.com|(?:(?:www|d|g)\.)?(?:fxtwitter|vxtwitter|fixupx|fixvx)\.com|nitter\.net|"
        r"(?:www\.|mobile\.)?twitter3e4tixl4xyajtrzo62zg5vztmjuricljdp2c5kshju4avyoid\.onion"
    ),
)
