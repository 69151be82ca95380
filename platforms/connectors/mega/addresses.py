"""Which addresses name what on Mega. Behind the handle a link carries a key that opens the content: it is read over, never kept."""

import re
from dataclasses import replace
from urllib.parse import unquote

from platforms.base import ContentRef
from platforms.urls import Address, Rule, canonical

_HANDLE = "[A-Za-z0-9_-]{8}"
_PATH = re.compile(rf"/(?P<what>file|folder|embed)/(?P<handle>{_HANDLE})(?P<below>/(?:file|folder)/{_HANDLE})?/?")
_BELOW = re.compile(rf"[^/]*(?P<below>/(?:file|folder)/{_HANDLE})(?![A-Za-z0-9_-]).*")
_OLD = re.compile(rf"(?P<folder>F?)!(?P<handle>{_HANDLE})(?:!(?:[^!?]*(?:(?P<mark>[!?])(?P<sub>{_HANDLE}))?.*)?)?")
"""`#!handle!key`, `#F!handle!key`, and behind the key of a folder `!` a folder or `?` a file in it."""


def _mega(address: Address) -> ContentRef | None:
    fragment = unquote(address.fragment)
    if path := _PATH.fullmatch(address.path):
        if path["what"] != "folder":
            return _ref(path["handle"])
        return _ref(f"folder/{path['handle']}{path['below'] or _below(fragment)}")
    if old := _OLD.fullmatch(fragment):
        sub = f"/{'file' if old['mark'] == '?' else 'folder'}/{old['sub']}" if old["sub"] else ""
        return _ref(f"folder/{old['handle']}{sub}" if old["folder"] else old["handle"])
    # No content of the platform, but there may be a key in it.
    return ContentRef("web", "page", "", canonical(replace(address, fragment=""))) if fragment else None


def _below(fragment: str) -> str:
    match = _BELOW.fullmatch(fragment)
    return match["below"] if match else ""


def _ref(name: str) -> ContentRef:
    return ContentRef("mega", "file", name, f"https://mega.nz/{name if name.startswith('folder/') else f'file/{name}'}")


RULE = Rule("mega", _mega, re.compile(r"(?:www\.)?mega\.(?:nz|co\.nz|io)"))
