"""Which addresses name what on Bluesky."""

import re

from platforms.base import ContentRef
from platforms.urls import Address, Rule

_DID = re.compile(r"did:plc:[a-z2-7]{24}|did:web:[a-z0-9.:%-]+")
_BSKY_HANDLE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*")
_RKEY = re.compile(r"[A-Za-z0-9._:~-]{1,512}")


def _bluesky(address: Address) -> ContentRef | None:
    parts = [*address.segments, "", "", "", ""]
    actor = parts[1].removeprefix("@").lower()
    if parts[0] != "profile" or not (_DID.fullmatch(actor) or _BSKY_HANDLE.fullmatch(actor)):
        return None
    home = f"https://bsky.app/profile/{actor}"
    if parts[2] == "post" and _RKEY.fullmatch(parts[3]):
        return ContentRef("bluesky", "post", f"{actor}/{parts[3]}", f"{home}/post/{parts[3]}")
    return ContentRef("bluesky", "account", actor, home) if not parts[2] else None


RULE = Rule("bluesky", _bluesky, re.compile(r"(?:www\.)?bsky\.app|(?:main|staging)\.bsky\.(?:dev|app)|deer\.social|fxbsky\.app|bskx\.app"))
