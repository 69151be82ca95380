"""Which addresses name what on TikTok. Videos and photo posts share their ids; whose name stands in the address does not matter."""

import base64
import re
from dataclasses import replace

from platforms.base import ContentRef
from platforms.urls import Address, Rule, link, part

_ID = re.compile(r"0*([1-9][0-9]{0,19})")
_NAME = re.compile(r"@([A-Za-z0-9._-]{0,23}[A-Za-z0-9_-])")
_CODE = re.compile(r"[A-Za-z0-9_-]{4,}")
_TABS = frozenset({"", "live", "video", "photo", "playlist"})


def _tiktok(address: Address) -> ContentRef | None:
    first, second, third = (*address.segments, "", "", "")[:3]
    if address.host in {"vm.tiktok.com", "vt.tiktok.com"}:
        return link("tiktok", address) if _CODE.fullmatch(first) and not second else None
    if address.host.removeprefix("www.").removeprefix("m.") not in {"tiktok.com", "tiktokv.com"}:
        return None
    if first == "t" and _CODE.fullmatch(second) and not third:
        return link("tiktok", replace(address, host="www.tiktok.com"))
    if number := _ID.fullmatch(_candidate(first, second, third)):
        video = ContentRef("tiktok", "video", number[1], f"https://www.tiktok.com/@_/video/{number[1]}")
        comment = _comment(address)
        return part(video, f"share_comment_id={comment}") if comment else video
    name = _NAME.fullmatch(second if first == "embed" else first)
    if name and (first == "embed" or (second in _TABS and not third)):
        return ContentRef("tiktok", "account", name[1].lower(), f"https://www.tiktok.com/@{name[1].lower()}")
    return None


def _comment(address: Address) -> str:
    """The number of the comment that a shared link leads to, "" if to none. The older key holds it in base64."""
    old = address.parameter("cid")
    if re.fullmatch(r"[A-Za-z0-9+/_-]{8,60}={0,2}", old):
        old = base64.b64decode(old.replace("-", "+").replace("_", "/") + "===").decode("ascii", "replace")
    number = _ID.fullmatch(address.parameter("share_comment_id") or address.parameter("comment_id") or old)
    return number[1] if number else ""


def _candidate(first: str, second: str, third: str) -> str:
    """Where an address of this form has its video id."""
    if (first.startswith("@") or first == "share") and second in {"video", "photo"}:
        return third
    if (first, second) in {("embed", "v2"), ("player", "v1")}:
        return third
    if first == "v":
        return second.removesuffix(".html")
    return second if first == "embed" else ""


RULE = Rule("tiktok", _tiktok, re.compile(r"(?:.+\.)?tiktokv?\.com"))
