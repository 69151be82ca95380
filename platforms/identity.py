"""Which piece of content an address names: the identity that makes two reports one item.

Each platform is one `Rule`: the hosts it owns and a function from a parsed address to what it names. Rules are tried in order; an address
no rule knows is a page of the open web.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from platforms.base import ContentRef
from platforms.urls import Address, NotAURL, canonical, parse, refang, split_urls

__all__ = ["NotAURL", "identify", "refang", "split_urls"]


LONGEST_ID = 300
"""Characters of an external id; what is named by a longer one is a page like any other."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one platform's addresses look like. `find` answers None for an address that names no content of the platform."""

    platform: str
    hosts: re.Pattern[str]
    find: Callable[[Address], ContentRef | None]


def identify(url: str) -> ContentRef:
    """Identity of the content behind `url`, as pasted: defanged, shortened to a bare host, wrapped by a redirector, …

    Equal content gives equal references, and the canonical URL of a reference identifies as that reference.
    Raises `NotAURL` with a message for the person who typed it.
    """
    address = _unwrapped(parse(_from_at_uri(url)))
    for rule in RULES:
        if rule.hosts.fullmatch(address.host) and (ref := rule.find(address)) and len(ref.external_id) <= LONGEST_ID:
            return ref
    return ContentRef("web", "page", "", canonical(address))


_AT_URI = re.compile(r"at://(?P<actor>[^/\s]+)(?:/app\.bsky\.feed\.post/(?P<rkey>[^/\s?#]+))?/?")
_WRAPPERS: tuple[tuple[re.Pattern[str], re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"(?:www\.)?google(?:\.[a-z]{2,3}){1,2}"), re.compile(r"/url"), ("q", "url")),
    (re.compile(r"lm?\.(?:facebook|instagram)\.com"), re.compile(r"/(?:l\.php)?"), ("u",)),
    (re.compile(r"(?:www\.|m\.)?youtube\.com"), re.compile(r"/redirect"), ("q",)),
    (re.compile(r"t\.me"), re.compile(r"/iv"), ("url",)),
    (re.compile(r"(?:m\.)?vk\.com"), re.compile(r"/away\.php"), ("to",)),
    (re.compile(r"out\.reddit\.com"), re.compile(r"/.*"), ("url",)),
    (re.compile(r"steamcommunity\.com"), re.compile(r"/linkfilter/?"), ("url", "u")),
)
"""Redirectors that carry the address they lead to: host, path, query keys."""


def _from_at_uri(url: str) -> str:
    """`at://did/app.bsky.feed.post/rkey` is how Bluesky's own interface writes a post."""
    match = _AT_URI.fullmatch(refang(url)) if "at://" in url[:100] else None
    if not match:
        return url
    return f"https://bsky.app/profile/{match['actor']}" + (f"/post/{match['rkey']}" if match["rkey"] else "")


def _unwrapped(address: Address) -> Address:
    for _ in range(3):
        inner = _wrapped(address)
        if inner is None:
            break
        address = inner
    return address


def _wrapped(address: Address) -> Address | None:
    for hosts, path, keys in _WRAPPERS:
        if hosts.fullmatch(address.host) and path.fullmatch(address.path):
            for key in keys:
                if (target := address.parameter(key)).lower().startswith(("http://", "https://")):
                    try:
                        return parse(target)
                    except NotAURL:
                        return None
    return None


# YouTube

_VIDEO = re.compile(r"([A-Za-z0-9_-]{11})(?![A-Za-z0-9_-])")
_CHANNEL = re.compile(r"UC[A-Za-z0-9_-]{22}")
_PLAYLIST = re.compile(r"(?:PL|LL|EC|UU|FL|RD|UL|TL|PU|OLAK5uy_)[A-Za-z0-9_-]{8,}")
_HANDLE = re.compile(r"@[\w.·-]{3,30}")
_NOT_VIDEOS = frozenset({"videoseries", "live_stream"})
_VIDEO_PATHS = frozenset({"v", "vi", "e", "embed", "shorts", "live", "video"})


def _youtube(address: Address) -> ContentRef | None:
    if address.fragment.startswith(("/watch?", "!/watch?")):
        address = parse(f"https://www.youtube.com{address.fragment.removeprefix('!')}")
    if address.path == "/attribution_link" and (inner := address.parameter("u")).startswith("/"):
        address = parse(f"https://www.youtube.com{inner}")
    return _youtube_video(address) or _youtube_playlist(address) or _youtube_channel(address)


def _youtube_video(address: Address) -> ContentRef | None:
    first, second = (*address.segments, "", "")[:2]
    if address.host.endswith("youtu.be"):
        candidate = first
    elif first in _VIDEO_PATHS:
        candidate = second
    elif first in {"watch", "watch_popup"}:
        candidate = address.parameter("v") or second
    else:
        return None
    match = _VIDEO.match(candidate)
    if not match or match[1] in _NOT_VIDEOS:
        return None
    return ContentRef("youtube", "video", match[1], f"https://www.youtube.com/watch?v={match[1]}")


def _youtube_playlist(address: Address) -> ContentRef | None:
    if address.path.rstrip("/") not in {"/playlist", "/watch", "/embed/videoseries", "/embed"}:
        return None
    match = _PLAYLIST.fullmatch(address.parameter("list"))
    return ContentRef("youtube", "playlist", match[0], f"https://www.youtube.com/playlist?list={match[0]}") if match else None


def _youtube_channel(address: Address) -> ContentRef | None:
    first, second = (*address.segments, "", "")[:2]
    if first == "channel" and _CHANNEL.fullmatch(second):
        return ContentRef("youtube", "channel", second, f"https://www.youtube.com/channel/{second}")
    if _HANDLE.fullmatch(first):
        handle = first.lower()
        return ContentRef("youtube", "channel", handle, f"https://www.youtube.com/{quote(handle, safe='@')}")
    if first in {"c", "user"} and re.fullmatch(r"[\w.-]{1,100}", second):
        name = f"{first}/{second.lower()}"
        return ContentRef("youtube", "channel", name, f"https://www.youtube.com/{quote(name)}")
    return None


# X

_POST_ID = re.compile(r"(\d{1,19})(?!\d)")
_USER = re.compile(r"@?([A-Za-z0-9_]{1,15})")
_X_RESERVED = re.compile(
    "i|home|explore|search|settings|login|logout|signup|notifications|messages|intent|hashtag|tos|privacy|about|jobs|download|compose|"
    "share|account|help|status|statuses|oauth|who_to_follow"
)
_X_TABS = frozenset({"", "with_replies", "media", "likes", "followers", "following", "highlights", "articles", "verified_followers"})


def _x(address: Address) -> ContentRef | None:
    if address.fragment.startswith("!/"):
        address = parse(f"https://x.com{address.fragment[1:]}")
    parts = [*address.segments, "", "", ""]
    for place in range(3):
        if parts[place] in {"status", "statuses"} and (match := _POST_ID.match(parts[place + 1])) and int(match[1]):
            post = str(int(match[1]))
            return ContentRef("x", "post", post, f"https://x.com/i/status/{post}")
    return _x_account(address, parts)


def _x_account(address: Address, parts: list[str]) -> ContentRef | None:
    number = parts[2] if parts[:2] == ["i", "user"] else address.parameter("user_id") if parts[0] == "intent" else ""
    if re.fullmatch(r"\d{1,19}", number) and int(number):
        return ContentRef("x", "account", f"id/{int(number)}", f"https://x.com/i/user/{int(number)}")
    name = address.parameter("screen_name") if parts[0] == "intent" else parts[0]
    match = _USER.fullmatch(name)
    if not match or _X_RESERVED.fullmatch(match[1].lower()) or (parts[0] != "intent" and parts[1] not in _X_TABS):
        return None
    return ContentRef("x", "account", match[1].lower(), f"https://x.com/{match[1].lower()}")


# Bluesky

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


# Mastodon

_NAME = r"@[\w.-]+(?:@[\w.:-]+)?"
_MASTODON_POST = re.compile(
    rf"/(?:(?:web/|deck/)?{_NAME}|(?:web|deck)/statuses|users/[\w.-]+/statuses|ap/users/\d+/statuses|api/v1/statuses)/(?P<id>\d{{1,20}})"
    r"(?:/(?:embed|activity|favourites|reblogs|quotes|context))?/?"
)
_MASTODON_ACCOUNT = re.compile(
    rf"/(?:(?:web|deck)/accounts/(?P<id>\d{{1,20}})|(?:web/|deck/)?(?P<name>{_NAME}))(?:/(?:with_replies|media|featured))?/?"
)
_MASTODON_HOSTS = re.compile(
    r"(?:mastodon|mstdn|masto|mastodonte)\..+|mas\.to|.*\.mastodon\.[a-z]+|fosstodon\.org|hachyderm\.io|infosec\.exchange|social\.coop|"
    r"mathstodon\.xyz|techhub\.social|chaos\.social|pawoo\.net|aethy\.com|kolektiva\.social|troet\.cafe|piaille\.fr|mamot\.fr|norden\.social"
)
"""Hosts on which `/@name` is known to be a Mastodon account; elsewhere that shape belongs to many kinds of site."""


def _mastodon(address: Address) -> ContentRef | None:
    host, path = address.authority, "/" + "/".join(address.segments)
    if (post := _MASTODON_POST.fullmatch(path)) and int(post["id"]):
        number = str(int(post["id"]))
        return ContentRef("mastodon", "post", f"{host}/{number}", f"https://{host}/web/statuses/{number}")
    account = _MASTODON_ACCOUNT.fullmatch(path)
    if account and account["id"] and int(account["id"]):
        number = str(int(account["id"]))
        return ContentRef("mastodon", "account", f"{host}/{number}", f"https://{host}/web/accounts/{number}")
    if account and account["name"] and _MASTODON_HOSTS.fullmatch(address.host):
        name = account["name"].lower().removesuffix(f"@{host}")
        return ContentRef("mastodon", "account", f"{host}/{name}", f"https://{host}/{quote(name, safe='@:')}")
    return None


_OTHERS = (
    r"(?!(?:.*\.)?(?:facebook|fb|instagram|threads|tiktok|reddit|medium|youtube|youtube-nocookie|youtubekids|twitter|x|dailymotion|vimeo|vk|"
    r"discord|dropbox|mediafire|pcloud|telegram|flipboard|substack|odysee|rumble)\.(?:com|net|org)$)"
    r"(?!(?:t\.me|vk\.ru|fb\.watch|youtu\.be|bsky\.app|mega\.nz|archive\.org|pastebin\.com|justpaste\.it|telegra\.ph|dai\.ly|discord\.gg)$)"
)
"""Hosts of other services, on which a path that looks like Mastodon's means something else."""

RULES = (
    Rule(
        "youtube",
        re.compile(
            r"(?:.+\.)?youtube\.com|(?:www\.)?youtu\.be|(?:.+\.)?youtube-nocookie\.com|(?:.+\.)?youtubekids\.com|youtube\.googleapis\.com"
        ),
        _youtube,
    ),
    Rule(
        "x",
        re.compile(
            r"(?:(?:www|m|mobile)\.)?(?:x|twitter)\.com|(?:(?:www|d|g)\.)?(?:fxtwitter|vxtwitter|fixupx|fixvx)\.com|nitter\.net|"
            r"(?:www\.|mobile\.)?twitter3e4tixl4xyajtrzo62zg5vztmjuricljdp2c5kshju4avyoid\.onion"
        ),
        _x,
    ),
    Rule("bluesky", re.compile(r"(?:www\.)?bsky\.app|(?:main|staging)\.bsky\.(?:dev|app)|deer\.social|fxbsky\.app|bskx\.app"), _bluesky),
    Rule("mastodon", re.compile(_OTHERS + r".+"), _mastodon),
)
