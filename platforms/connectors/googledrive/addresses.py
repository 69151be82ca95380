"""Which addresses name what on Google Drive and in its editors.

Some older files open only with their resource key: it is part of the link, and so of the identity.
"""

import re

from platforms.base import ContentRef
from platforms.urls import Address, Rule

_ID = re.compile(r"[A-Za-z0-9_-]{25,128}")
_RESOURCE_KEY = re.compile(r"[A-Za-z0-9_-]{3,64}")
_EDITORS = frozenset({"document", "spreadsheets", "presentation", "forms", "drawings"})
_BY_PARAMETER = {"open": "id", "uc": "id", "leaf": "id", "download": "id", "viewer": "srcid"}
_PUBLISHED = {"forms": "viewform", "spreadsheets": "pubhtml"}


def _drive(address: Address) -> ContentRef | None:
    parts = _without_user([*address.segments])
    first, second, third = (*parts, "", "", "")[:3]
    key = address.parameter("resourcekey")
    if first in _EDITORS and (second, third) == ("d", "e"):
        return _published(first, (*parts, "", "", "", "")[3])
    if (first == "file" or first in _EDITORS) and second == "d":
        return _item("", third, key)
    if first == "drive" and second == "folders":
        return _item("folder/", third, key)
    if first in {"folderview", "embeddedfolderview"}:
        return _item("folder/", address.parameter("id"), key)
    return _item("", address.parameter(_BY_PARAMETER[first]), key) if first in _BY_PARAMETER else None


def _without_user(parts: list[str]) -> list[str]:
    """Without the account in whose eyes the address was copied: `/u/0`, `/a/organisation.example`, `/mobile`."""
    if parts[:1] == ["a"]:
        parts = parts[2:]
    if parts[1:2] == ["u"]:
        parts = [parts[0], *parts[3:]]
    return [parts[0], *parts[2:]] if parts[1:2] == ["mobile"] else parts


def _item(prefix: str, number: str, key: str) -> ContentRef | None:
    if not _ID.fullmatch(number):
        return None
    key = key if _RESOURCE_KEY.fullmatch(key) else ""
    path = f"drive/folders/{number}" if prefix else f"file/d/{number}/view"
    url = f"https://drive.google.com/{path}" + (f"?resourcekey={key}" if key else "")
    return ContentRef("googledrive", "file", f"{prefix}{number}" + (f"/{key}" if key else ""), url)


def _published(editor: str, number: str) -> ContentRef | None:
    """A copy that its owner has published has an id of its own."""
    if not _ID.fullmatch(number):
        return None
    url = f"https://docs.google.com/{editor}/d/e/{number}/{_PUBLISHED.get(editor, 'pub')}"
    return ContentRef("googledrive", "file", f"{editor}/e/{number}", url)


RULE = Rule("googledrive", _drive, re.compile(r"(?:drive|docs|drive\.usercontent)\.google\.com"))
