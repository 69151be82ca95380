"""Which addresses name what on Dailymotion."""

import re

from platforms.base import ContentRef
from platforms.urls import Address, Rule

_VIDEO = re.compile(r"(x[a-z0-9]{3,12}|k[A-Za-z0-9]{6,30})(?:_.*)?")
"""Private links begin with k. A readable name may follow after `_`."""
_PATHS = (("video",), ("embed", "video"), ("swf", "video"), ("swf",))


def _dailymotion(address: Address) -> ContentRef | None:
    segments = list(address.segments)
    candidate = ""
    if address.host.endswith("dai.ly"):
        candidate = segments[0] if segments else ""
    elif segments[:1] == ["player"] or segments[:1] == ["player.html"]:
        candidate = address.parameter("video")
    else:
        candidate = next((segments[len(path)] for path in _PATHS if tuple(segments[: len(path)]) == path and len(segments) > len(path)), "")
    match = _VIDEO.fullmatch(candidate)
    return ContentRef("dailymotion", "video", match[1], f"https://www.dailymotion.com/video/{match[1]}") if match else None


RULE = Rule("dailymotion", _dailymotion, re.compile(r"(?:.+\.)?dailymotion\.(?:com|[a-z]{2}|co\.[a-z]{2}|com\.[a-z]{2})|(?:www\.)?dai\.ly"))
