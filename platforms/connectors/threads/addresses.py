"""Which addresses name what on Threads. Media codes are case-sensitive, names are not."""

import re

from platforms.base import ContentRef
from platforms.urls import Address, Rule

_CODE = re.compile(r"[A-Za-z0-9_-]{5,60}")
_NAME = re.compile(r"@[A-Za-z0-9._]{0,29}[A-Za-z0-9_]")
_TABS = frozenset({"", "media", "replies", "reposts"})


def _threads(address: Address) -> ContentRef | None:
    first, second, third = (*address.segments, "", "", "")[:3]
    named = _NAME.fullmatch(first)
    code = second if first == "t" else third if named and second == "post" else ""
    if _CODE.fullmatch(code):
        return ContentRef("threads", "post", code, f"https://www.threads.com/t/{code}")
    if named and second in _TABS:
        return ContentRef("threads", "account", first[1:].lower(), f"https://www.threads.com/{first.lower()}")
    return None


RULE = Rule("threads", _threads, re.compile(r"(?:www\.)?threads\.(?:net|com)"))
