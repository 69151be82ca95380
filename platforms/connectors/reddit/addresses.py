"""Which addresses name what on Reddit."""

import re

from platforms.base import ContentRef
from platforms.urls import Address, Rule, link

_ID = "0*([1-9a-z][0-9a-z]{0,12})"
_OWNER = r"(?:/(?:r|u|user)/[\w-]{2,30})?"
_TEXT = re.compile(rf"{_OWNER}/(?:comments|gallery)/{_ID}(?:/[^/]*(?:/(?:{_ID}/?)?)?)?", re.ASCII)
_SHARED = re.compile(r"/(?:r|u|user)/[\w-]{2,30}/s/[A-Za-z0-9]{6,16}/?", re.ASCII)
_SHORT = re.compile(f"/{_ID}/?")
_NAME = re.compile(r"[\w-]{2,30}", re.ASCII)
_SUFFIX = re.compile(r"/?\.(?:json|rss|xml|compact)$")
_COMMUNITY_TABS = frozenset({"", "about", "best", "controversial", "hot", "new", "rising", "top", "wiki"})
_ACCOUNT_TABS = frozenset({"", "about", "comments", "gilded", "overview", "posts", "submitted"})
_NOT_COMMUNITIES = frozenset({"all", "friends", "mod", "popular", "random"})


def _reddit(address: Address) -> ContentRef | None:
    if address.host.endswith("redd.it"):
        short = _SHORT.fullmatch(address.path.lower())
        return _post(short[1]) if short else None
    if _SHARED.fullmatch(address.path):
        return link("reddit", address)
    path = _SUFFIX.sub("", address.path.lower())
    if match := _TEXT.fullmatch(path):
        return _comment(match[1], match[2]) if match[2] else _post(match[1])
    return _name(path)


def _post(number: str) -> ContentRef:
    return ContentRef("reddit", "post", f"t3_{number}", f"https://www.reddit.com/comments/{number}")


def _comment(post: str, number: str) -> ContentRef:
    return ContentRef("reddit", "comment", f"t1_{number}", f"https://www.reddit.com/comments/{post}/_/{number}")


def _name(path: str) -> ContentRef | None:
    where, name, tab = (*(part for part in path.split("/") if part), "", "", "")[:3]
    if not _NAME.fullmatch(name):
        return None
    # A profile is a community too, whose name begins so.
    owner = name.removeprefix("u_") if where == "r" and name.startswith("u_") else name if where in {"u", "user"} else ""
    if owner and tab in _ACCOUNT_TABS:
        return ContentRef("reddit", "account", f"user/{owner}", f"https://www.reddit.com/user/{owner}")
    if where == "r" and tab in _COMMUNITY_TABS and name not in _NOT_COMMUNITIES:
        return ContentRef("reddit", "group", f"r/{name}", f"https://www.reddit.com/r/{name}")
    return None


RULE = Rule(
    "reddit",
    _reddit,
    re.compile(r"(?:(?:www|old|new|np|sh|i|amp|m|[a-z]{2}(?:-[a-z]{2})?)\.)?reddit\.com|(?:www\.)?redd\.it"),
)
