"""Which addresses name what on VK."""

import re

from platforms.base import ContentRef
from platforms.urls import Address, Rule, part

_WORK = re.compile(
    r"(wall|video|clip|photo|topic)(-?)0*([1-9][0-9]{0,18})_0*([1-9][0-9]{0,18})(?![0-9])(?:_r0*([1-9][0-9]{0,18})(?![0-9]))?(?:[_/?&].*)?"
)
_COMMENT = re.compile(r"0*([1-9][0-9]{0,18})")
_MEMBER = re.compile(r"(id|club|public|event)0*([1-9][0-9]{0,18})")
_NAME = re.compile(r"[a-z][a-z0-9_.]{1,31}")
_NUMBER = re.compile(r"-?[0-9]{1,19}")
_NOT_NAMES = re.compile(
    r".*\.php|(?:wall|video|clip|photo|doc|topic|album|audio|app|page|story|market|product|poll|podcast|note|artist|id|club|public|event)"
    r"s?-?[0-9_]*|about|ads|apps|audios_all|blog|bugs|data_protection|dev|discover|docs|edit|fave|feed|friends|games|gim|groups|help|im|"
    r"jobs|join|legal|live|login|mail|music|notifications|playlist|privacy|restore|search|services|settings|share|stickers|stories|support|"
    r"terms|trends|wiki"
)


def _vk(address: Address) -> ContentRef | None:
    # What is laid over a page is what was meant.
    if overlay := address.parameter("z") or address.parameter("w"):
        return _work(overlay, address)
    parts = address.segments
    if parts == ["video_ext.php"]:
        owner, number = address.parameter("oid"), address.parameter("id")
        return _work(f"video{owner}_{number}", address) if _NUMBER.fullmatch(owner) and _NUMBER.fullmatch(number) else None
    if parts and (work := _work(parts[-1], address)):
        return work
    return _member(parts[0].lower()) if len(parts) == 1 and "vkvideo" not in address.host else None


def _work(text: str, address: Address) -> ContentRef | None:
    """A post or video, or a comment below one, below a photo or in a discussion."""
    match = _WORK.fullmatch(text)
    if not match:
        return None
    # A clip is a video, by the same number.
    prefix = "video" if match[1] == "clip" else match[1]
    name = f"{prefix}{match[2]}{match[3]}_{match[4]}"
    whole = ContentRef("vk", "video" if prefix == "video" else "post", name, f"https://vk.com/{name}")
    key = "post" if prefix == "topic" else "reply"
    if comment := _COMMENT.fullmatch(match[5] or address.parameter(key)):
        return part(whole, f"{key}={comment[1]}")
    return whole if prefix in {"wall", "video"} else None


def _member(name: str) -> ContentRef | None:
    if match := _MEMBER.fullmatch(name):
        kind, name = ("account", f"id{match[2]}") if match[1] == "id" else ("group", f"club{match[2]}")
        return ContentRef("vk", kind, name, f"https://vk.com/{name}")
    if not _NAME.fullmatch(name) or _NOT_NAMES.fullmatch(name) or name.endswith("."):
        return None
    return ContentRef("vk", "account", name, f"https://vk.com/{name}")


RULE = Rule("vk", _vk, re.compile(r"(?:(?:www|m|new)\.)?vk\.(?:com|ru)|(?:(?:www|m)\.)?vkvideo\.ru"))
