"""Which addresses name what on Facebook.

A story id is unique within its owner only, so a post is `owner/story`. The story may be a number or one of the many `pfbid…` aliases a post
has: an alias is an item of its own, for nothing public says which post it stands for.
"""

import base64
import re
from dataclasses import replace

from platforms.base import ContentRef
from platforms.urls import Address, NotAURL, Rule, link, part, read

_HOSTS = re.compile(
    r"(?:.+\.)?facebook\.com|(?:www\.)?fb\.com|fb\.me|fb\.watch|(?:.+\.)?facebookwkhpilnemxj7asaniu7vnjjbiltxjqhye3mhbshg7kx5tfyd\.onion"
)
_SITE = re.compile(
    r"(?:(?:www|m|mbasic|mobile|touch|web|business|free|[a-z]{2}-[a-z]{2})\.)?"
    r"(?:facebook\.com|fb\.com|facebookwkhpilnemxj7asaniu7vnjjbiltxjqhye3mhbshg7kx5tfyd\.onion)"
)
_WRAPPERS = {
    "/plugins/post.php": "href",
    "/plugins/video.php": "href",
    "/plugins/page.php": "href",
    "/login": "next",
    "/login.php": "next",
}
_NUMBER = re.compile(r"0*([1-9][0-9]{0,19})")
_ALIAS = re.compile(r"pfbid[0-9A-Za-z]{20,150}")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])")
_CODE = re.compile(r"[A-Za-z0-9_-]{4,}")
_RESERVED = re.compile(
    "about|ads|ajax|apps|business|careers|checkpoint|connect|dialog|directory|events|find-friends|friends|fundraisers|games|gaming|groups|"
    "hashtag|help|live|local|login|marketplace|media|memories|messages|notes|notifications|offers|pages|people|photo|photos|places|plugins|"
    "policies|policy|privacy|public|questions|recover|reel|reels|reg|saved|search|settings|share|sharer|signup|stories|terms|tr|video|"
    r"videos|watch|.+\.php"
)
_TABS = re.compile("|about|photos|videos|posts|reels|friends|followers|likes|community|live|events|reviews")
_GROUP_TABS = re.compile("|about|media|members|discussion|files|announcements|events")


def _facebook(address: Address) -> ContentRef | None:
    if key := _WRAPPERS.get(address.path.rstrip("/")):
        try:
            address = read(address.parameter(key))
        except NotAURL:
            return None
    if address.host in {"fb.me", "fb.watch"}:
        code = address.path.strip("/")
        return link("facebook", address) if _CODE.fullmatch(code.rsplit("/", 1)[-1]) else None
    if not _SITE.fullmatch(address.host):
        return None
    parts = [*address.segments, "", "", "", ""]
    if parts[0] == "share":
        code = next((part for part in reversed(parts) if part), "")
        return link("facebook", replace(address, host="www.facebook.com")) if code != "share" and _CODE.fullmatch(code) else None
    found = _by_query(address) or _group(address, parts) or _by_path(parts) or _account(address, parts)
    return _comment(address, found) if found and found.kind in {"post", "video"} else found


def _comment(address: Address, whole: ContentRef) -> ContentRef:
    """The comment or reply on `whole` that an address leads to, else `whole`. Apps write the numbers as base64 of `comment:1_2`."""
    names = [f"{key}={found}" for key in ("comment_id", "reply_comment_id") if (found := _comment_number(address.parameter(key)))]
    return part(whole, "&".join(names)) if names else whole


def _comment_number(text: str) -> str:
    if re.fullmatch(r"Y29tbWVudD[A-Za-z0-9+/_=-]{1,160}", text):
        text = base64.b64decode(text.replace("-", "+").replace("_", "/") + "===").decode("ascii", "replace").rsplit("_", 1)[-1]
    number = _NUMBER.fullmatch(text)
    return number[1] if number else ""


def _by_query(address: Address) -> ContentRef | None:
    """Addresses of single pages that are told apart by their query."""
    match address.path.strip("/"):
        case "permalink.php" | "story.php":
            return _post(address.parameter("id"), address.parameter("story_fbid"))
        case "photo.php" | "photo":
            return _photo(address.parameter("fbid"))
        case "watch" | "video.php" | "watch/live":
            return _video(address.parameter("v"))
        case "video/embed":
            return _video(address.parameter("video_id"))
    return None


def _group(address: Address, parts: list[str]) -> ContentRef | None:
    if parts[0] != "groups" or not (name := _owner(parts[1])):
        return None
    story = parts[3] if parts[2] in {"posts", "permalink"} else address.parameter("multi_permalinks") if not parts[2] else ""
    if number := _NUMBER.fullmatch(story):
        return ContentRef("facebook", "post", f"groups/{name}/{number[1]}", f"https://www.facebook.com/groups/{name}/posts/{number[1]}")
    if not _GROUP_TABS.fullmatch(parts[2]):
        return None
    return ContentRef("facebook", "group", f"groups/{name}", f"https://www.facebook.com/groups/{name}")


def _by_path(parts: list[str]) -> ContentRef | None:
    # What stands between the kind and the id is words of the title, an album or nothing.
    last = next((part for part in reversed(parts) if part), "")
    if parts[0] in {"reel", "reels"}:
        return _video(parts[1])
    if parts[0] == "events" and (number := _NUMBER.fullmatch(parts[1])):
        return ContentRef("facebook", "post", f"events/{number[1]}", f"https://www.facebook.com/events/{number[1]}")
    if parts[0] in {"photo", "photos"}:
        return _photo(last)
    if _RESERVED.fullmatch(parts[0]):
        return None
    if parts[1] == "posts":
        return _post(parts[0], last)
    if parts[1] == "photos":
        return _photo(last)
    return _video(last) if parts[1] in {"videos", "reel"} else None


def _account(address: Address, parts: list[str]) -> ContentRef | None:
    owner = ""
    if address.path.rstrip("/") == "/profile.php":
        owner = address.parameter("id")
    elif parts[0] in {"people", "pages"}:
        owner = next((part for part in reversed(parts[2:]) if part), "")
    if owner or parts[0] in {"profile.php", "people", "pages"}:
        number = _NUMBER.fullmatch(owner)
        name = number[1] if number else ""
    else:
        name = _owner(parts[0]) if _TABS.fullmatch(parts[1]) and not parts[2] else ""
    if not name:
        return None
    place = f"profile.php?id={name}" if name.isdecimal() else name
    return ContentRef("facebook", "account", name, f"https://www.facebook.com/{place}")


def _owner(text: str) -> str:
    """Number or name of a person, page or group; "" if it is neither."""
    if number := _NUMBER.fullmatch(text):
        return number[1]
    return text.lower() if _NAME.fullmatch(text) and not text.isdecimal() and not _RESERVED.fullmatch(text.lower()) else ""


def _post(owner: str, story: str) -> ContentRef | None:
    name, number = _owner(owner), _NUMBER.fullmatch(story)
    story = number[1] if number else story
    if not name or not (number or _ALIAS.fullmatch(story)):
        return None
    return ContentRef("facebook", "post", f"{name}/{story}", f"https://www.facebook.com/{name}/posts/{story}")


def _photo(text: str) -> ContentRef | None:
    number = _NUMBER.fullmatch(text)
    return ContentRef("facebook", "post", f"photo/{number[1]}", f"https://www.facebook.com/photo.php?fbid={number[1]}") if number else None


def _video(text: str) -> ContentRef | None:
    number = _NUMBER.fullmatch(text)
    return ContentRef("facebook", "video", number[1], f"https://www.facebook.com/video.php?v={number[1]}") if number else None


RULE = Rule("facebook", _facebook, _HOSTS)
