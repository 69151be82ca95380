"""Which addresses name what on Dropbox.

`rlkey` is half of a link: without it the link does not open, and a link with another one is another link. So it is part of the identity.
The name of a file is not, but it stays in the address: nobody says that a link works without it.
"""

import re
from urllib.parse import quote

from platforms.base import ContentRef
from platforms.urls import Address, Rule, canonical

_KEY = re.compile(r"[A-Za-z0-9_-]{5,64}")
_RLKEY = re.compile(r"[A-Za-z0-9_-]{5,64}")


def _dropbox(address: Address) -> ContentRef | None:
    parts = list(address.segments)
    if parts[:1] == ["e"]:
        parts = parts[1:]
    if parts[:2] in (["scl", "fi"], ["scl", "fo"]):
        return _link(["scl", parts[1]], parts[2:], address.parameter("rlkey"))
    return _link(parts[:1], parts[1:], "") if parts[:1] in (["s"], ["sh"]) else None


def _link(kind: list[str], rest: list[str], rlkey: str) -> ContentRef | None:
    """Folders have two keys and no name, files one key and a name."""
    folder = kind[-1] in {"sh", "fo"}
    keys = rest[: 2 if folder else 1]
    if not keys or not all(_KEY.fullmatch(key) for key in keys):
        return None
    rlkey = rlkey if _RLKEY.fullmatch(rlkey) else ""
    path = [*kind, *keys, *([] if folder else rest[1:2])]
    url = Address("https", "www.dropbox.com", "", "/" + "/".join(quote(part, safe="") for part in path), rlkey and f"rlkey={rlkey}", "")
    return ContentRef("dropbox", "file", "/".join([kind[-1], *keys, *([rlkey] if rlkey else [])]), canonical(url))


RULE = Rule("dropbox", _dropbox, re.compile(r"(?:(?:www|m|dl|dl-web)\.)?dropbox\.com|dl\.dropboxusercontent\.com"))
