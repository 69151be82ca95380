"""Which addresses name what on YouTube."""

import re
from urllib.parse import quote

from platforms.base import ContentRef
from platforms.urls import Address, Rule, read

_VIDEO = re.compile(r"([A-Za-z0-9_-]{11})(?![A-Za-z0-9_-])")
_COMMENT = re.compile(r"[A-Za-z0-9_-]{1,120}(?:\.[A-Za-z0-9_-]{1,120})?")
"""A reply has the id of the comment it answers before its own."""
_CHANNEL = re.compile(r"UC[A-Za-z0-9_-]{22}")
_PLAYLIST = re.compile(r"(?:PL|LL|EC|UU|FL|RD|UL|TL|PU|OLAK5uy_)[A-Za-z0-9_-]{8,}")
_HANDLE = re.compile(r"@[\w.·-]{2,29}[\w-]")
_NAME = re.compile(r"[\w.-]{0,99}[\w-]")
_NOT_VIDEOS = frozenset({"videoseries", "live_stream"})
_VIDEO_PATHS = frozenset({"v", "vi", "e", "embed", "shorts", "live", "video"})


def _youtube(address: Address) -> ContentRef | None:
    if address.fragment.startswith(("/watch?", "!/watch?")):
        address = read(f"https://www.youtube.com{address.fragment.removeprefix('!')}")
    if address.path == "/attribution_link" and (inner := address.parameter("u")).startswith("/"):
        address = read(f"https://www.youtube.com{inner}")
    return _youtube_video(address) or _youtube_playlist(address) or _youtube_channel(address)


def _youtube_video(address: Address) -> ContentRef | None:
    first, second = (*address.segments, "", "")[:2]
    if first in {"watch", "watch_popup"}:
        candidate = address.parameter("v") or second
    elif first in _VIDEO_PATHS:
        candidate = second
    elif address.host.endswith("youtu.be"):
        candidate = first
    else:
        return None
    match = _VIDEO.match(candidate)
    if not match or match[1] in _NOT_VIDEOS:
        return None
    url = f"https://www.youtube.com/watch?v={match[1]}"
    if comment := _COMMENT.fullmatch(address.parameter("lc")):
        return ContentRef("youtube", "comment", comment[0], f"{url}&lc={comment[0]}")
    return ContentRef("youtube", "video", match[1], url)


def _youtube_playlist(address: Address) -> ContentRef | None:
    if address.path.rstrip("/") not in {"/playlist", "/watch", "/embed/videoseries", "/embed"}:
        return None
    match = _PLAYLIST.fullmatch(address.parameter("list"))
    return ContentRef("youtube", "playlist", match[0], f"https://www.youtube.com/playlist?list={match[0]}") if match else None


def _youtube_channel(address: Address) -> ContentRef | None:
    first, second = (*address.segments, "", "")[:2]
    if first == "channel":
        return channel(second)
    # Lower-casing first: it can turn one character into two, of which one is no letter.
    if _HANDLE.fullmatch(handle := first.lower()):
        return ContentRef("youtube", "channel", handle, f"https://www.youtube.com/{quote(handle, safe='@')}")
    if first in {"c", "user"} and _NAME.fullmatch(second.lower()):
        name = f"{first}/{second.lower()}"
        return ContentRef("youtube", "channel", name, f"https://www.youtube.com/{quote(name)}")
    return None


def channel(number: str) -> ContentRef | None:
    """A channel by the id that is its own for ever; None if that is no such id."""
    if not _CHANNEL.fullmatch(number):
        return None
    return ContentRef("youtube", "channel", number, f"https://www.youtube.com/channel/{number}")


RULE = Rule(
    "youtube",
    _youtube,
    re.compile(
        r"(?:.+\.)?youtube\.com|(?:www\.)?youtu\.be|(?:.+\.)?youtube-nocookie\.com|(?:.+\.)?youtubekids\.com|youtube\.googleapis\.com"
    ),
)
