"""Which addresses name what on Discord."""

import re

from platforms.base import ContentRef
from platforms.urls import Address, Rule, canonical

_CODE = re.compile(r"[A-Za-z0-9_-]{2,64}")
_MESSAGE = re.compile(r"/channels/\d{15,20}/\d{15,20}/\d{15,20}/?")
_FILE = re.compile(r"/(?:ephemeral-)?attachments/\d{15,20}/\d{15,20}/[^/]{1,200}")
_FILES = "cdn.discordapp.com"
_SHORT_HOSTS = frozenset({"discord.gg", "www.discord.gg"})


def _discord(address: Address) -> ContentRef | None:
    if address.host.startswith(("cdn.", "media.")):
        if not _FILE.fullmatch(address.path):
            return None
        # What follows is a signature that runs out.
        url = canonical(Address("https", _FILES, "", address.path, "", ""))
        return ContentRef("discord", "file", url.removeprefix(f"https://{_FILES}/"), url)
    if match := _MESSAGE.fullmatch(address.path):
        return ContentRef("discord", "post", match[0].strip("/"), f"https://discord.com{match[0].rstrip('/')}")
    parts = address.segments
    if parts[:1] == ["invite"]:
        parts = parts[1:]
    elif address.host not in _SHORT_HOSTS:
        return None
    if len(parts) != 1 or not _CODE.fullmatch(parts[0]):
        return None
    return ContentRef("discord", "group", parts[0], f"https://discord.gg/{parts[0]}")


RULE = Rule(
    "discord",
    _discord,
    re.compile(r"(?:(?:www|ptb|canary)\.)?discord(?:app)?\.com|(?:www\.)?discord\.gg|(?:cdn|media)\.discordapp\.(?:com|net)"),
)
