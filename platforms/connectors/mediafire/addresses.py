"""Which addresses name what on MediaFire."""

import re

from platforms.base import ContentRef
from platforms.urls import Address, Rule

_FILE = re.compile(r"[a-z0-9]{15}|[a-z0-9]{11}")
_FOLDER = re.compile(r"[a-z0-9]{11,15}")
_FILE_PATHS = frozenset({"file", "view", "file_premium", "listen", "watch", "download"})


def _mediafire(address: Address) -> ContentRef | None:
    first, second = (part.lower() for part in (*address.segments, "", "")[:2])
    if address.host.startswith("download"):
        # Where the bytes are served: `/token/key/name`.
        return _file(second)
    if first == "folder" and _FOLDER.fullmatch(second):
        return ContentRef("mediafire", "file", f"folder/{second}", f"https://www.mediafire.com/folder/{second}")
    if first in _FILE_PATHS:
        return _file(second)
    return _file(address.query.split("&", 1)[0].lower()) if first in {"", "i", "download.php"} else None


def _file(key: str) -> ContentRef | None:
    return ContentRef("mediafire", "file", key, f"https://www.mediafire.com/file/{key}") if _FILE.fullmatch(key) else None


RULE = Rule("mediafire", _mediafire, re.compile(r"(?:(?:www|m|app|download\d+)\.)?mediafire\.com"))
