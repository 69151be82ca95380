"""Which addresses name what on Telegram (core.telegram.org/api/links)."""

import re
from collections.abc import Sequence

from platforms.base import ContentRef
from platforms.urls import Address, Rule, part

_NAME = re.compile(r"[a-z][a-z0-9_]{2,30}[a-z0-9]")
_NUMBER = re.compile(r"0*([1-9][0-9]{0,18})")
_INVITE = re.compile(r"(?!\d+$)[A-Za-z0-9_-]{8,64}")
"""Digits alone are a telephone number."""
_RESERVED = re.compile(
    "addemoji|addlist|addstickers|addtheme|apps|auth|blog|boost|call|confirmphone|contact|dl|download|giftcode|invoice|joinchat|login|msg|"
    "passport|privacy|proxy|resolve|setlanguage|settings|share|socks|stargift|stickers|support"
)


def _telegram(address: Address) -> ContentRef | None:
    """`?comment=` names a message in the group that discusses a channel; `?thread=` only says where a message is shown."""
    comment = _NUMBER.fullmatch(address.parameter("comment"))
    found = _message(address, bool(comment))
    return part(found, f"comment={comment[1]}") if found and comment and found.kind == "post" else found


def _message(address: Address, commented: bool) -> ContentRef | None:
    name = re.sub(r"\.?t\.me$|^(?:www\.)?telegram\.(?:me|dog)$", "", address.host)
    parts = [part.strip() for part in address.segments]
    if name not in {"", "www"}:
        return _public([name, *parts])
    if parts and (invite := _invited(parts)):
        return ContentRef("telegram", "group", f"+{invite}", f"https://t.me/+{invite}")
    if parts[:1] == ["c"]:
        return _private(parts[1:], commented)
    return _public(parts[1:] if parts[:1] == ["s"] else parts)


def _invited(parts: Sequence[str]) -> str:
    """The secret part of an invitation, "" if it is none."""
    candidate = parts[0][1:] if parts[0].startswith("+") else parts[1] if parts[0].lower() == "joinchat" and len(parts) > 1 else ""
    return candidate if _INVITE.fullmatch(candidate) else ""


def _public(parts: Sequence[str]) -> ContentRef | None:
    """`name`, `name/post` or `name/topic/post`."""
    name = parts[0].removeprefix("@").lower() if parts else ""
    numbers = [_NUMBER.fullmatch(part) for part in parts[1:]]
    if not _NAME.fullmatch(name) or _RESERVED.fullmatch(name) or len(numbers) > 2:
        return None
    if not numbers:
        return ContentRef("telegram", "channel", name, f"https://t.me/{name}")
    last = numbers[-1]
    return ContentRef("telegram", "post", f"{name}/{last[1]}", f"https://t.me/{name}/{last[1]}") if last and all(numbers) else None


def _private(parts: Sequence[str], commented: bool) -> ContentRef | None:
    """`channel/post` or `channel/topic/post` of a channel that only its members see."""
    numbers = [_NUMBER.fullmatch(part) for part in parts]
    if len(numbers) not in ({1, 2, 3} if commented else {2, 3}) or not (numbers[0] and numbers[-1] and all(numbers)):
        return None
    post = "/".join(["c", numbers[0][1], *([numbers[-1][1]] if numbers[1:] else [])])
    return ContentRef("telegram", "post", post, f"https://t.me/{post}")


RULE = Rule("telegram", _telegram, re.compile(r"(?:[a-z0-9_-]+\.)?t\.me|(?:www\.)?telegram\.(?:me|dog)"))
