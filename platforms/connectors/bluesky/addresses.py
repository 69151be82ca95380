"""Which addresses name what on Bluesky."""

import re

from platforms.base import ContentRef
from platforms.urls import Address, Rule

_DID = re.compile(r"did:plc:[a-z2-7]{24}|did:web:[a-z0-9.:-]*[a-z0-9]")
_BSKY_HANDLE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*")
# What ends like a sentence would not survive being pasted once more.
_RKEY = re.compile(r"[A-Za-z0-9._:~-]{0,511}[A-Za-z0-9_~-]")


def _bluesky(address: Address) -> ContentRef | None:
    parts = [*address.segments, "", "", "", ""]
    actor = parts[1].removeprefix("@").lower()
    if parts[0] != "profile" or not (_DID.fullmatch(actor) or _BSKY_HANDLE.fullmatch(actor)):
        return None
    if parts[2] == "post" and _RKEY.fullmatch(parts[3]):
        return post(actor, parts[3])
    return account(actor) if not parts[2] else None


def is_did(actor: str) -> bool:
    """Whether an actor is named by the identifier that is its own for ever, not by a handle."""
    return _DID.fullmatch(actor) is not None


def account(actor: str) -> ContentRef:
    return ContentRef("bluesky", "account", actor, f"https://bsky.app/profile/{actor}")


def post(actor: str, rkey: str) -> ContentRef:
    return ContentRef("bluesky", "post", f"{actor}/{rkey}", f"https://bsky.app/profile/{actor}/post/{rkey}")


RULE = Rule("bluesky", _bluesky, re.compile(r"(?:www\.)?bsky\.app|(?:main|staging)\.bsky\.(?:dev|app)|deer\.social|fxbsky\.app|bskx\.app"))
