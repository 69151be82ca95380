"""Which addresses name what on Mega.

Behind the handle a link carries the key that opens the content. It names nothing, so it is no part of the identity; but who is to take the
content down, or to look at it, needs it: it stays in the address. It is never sent when we look.
"""

import re
from urllib.parse import unquote

from platforms.base import ContentRef
from platforms.urls import Address, Rule

_HANDLE = "[A-Za-z0-9_-]{8}"
_PATH = re.compile(rf"/(?P<what>file|folder|embed)/(?P<handle>{_HANDLE})(?P<below>/(?:file|folder)/{_HANDLE})?/?")
_BEHIND = re.compile(rf"!?(?P<key>[^/!?]*)(?P<below>/(?:file|folder)/{_HANDLE}(?![A-Za-z0-9_-]))?.*", re.DOTALL)
"""Behind the `#` of today's links: a key, and perhaps what is meant in a folder."""
_OLD = re.compile(rf"(?P<folder>F?)!(?P<handle>{_HANDLE})(?:!(?P<key>[^!?]*)(?:(?P<mark>[!?])(?P<sub>{_HANDLE}))?.*)?", re.DOTALL)
"""`#!handle!key`, `#F!handle!key`, and behind the key of a folder `!` a folder or `?` a file in it."""
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


def _mega(address: Address) -> ContentRef | None:
    fragment = unquote(address.fragment)
    if (path := _PATH.fullmatch(address.path)) and (behind := _BEHIND.fullmatch(fragment)):
        below = path["below"] or behind["below"] or ""
        return _ref(path["handle"], behind["key"], below, folder=path["what"] == "folder")
    if old := _OLD.fullmatch(fragment):
        below = f"/{'file' if old['mark'] == '?' else 'folder'}/{old['sub']}" if old["sub"] else ""
        return _ref(old["handle"], old["key"] or "", below, folder=bool(old["folder"]))
    return None


def _ref(handle: str, key: str, below: str, *, folder: bool) -> ContentRef:
    key = f"#{key}" if _KEY.fullmatch(key) else ""
    if not folder:
        return ContentRef("mega", "file", handle, f"https://mega.nz/file/{handle}{key}")
    return ContentRef("mega", "file", f"folder/{handle}{below}", f"https://mega.nz/folder/{handle}{key}{below}")


RULE = Rule("mega", _mega, re.compile(r"(?:www\.)?mega\.(?:nz|co\.nz|io)"))
