"""What a host says beside the item, in the same minute: at its front page, to what cannot exist, and of a page that it leads to itself."""

import asyncio
import re
import secrets
import string
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

import can_ada

from platforms.connectors.web.compare import Told, told
from platforms.connectors.web.page import Page
from platforms.http import Reply

_LONGEST_NUMBER = 15
"""Digits of a number that no site has counted to, and that its programs can still read."""
_LONG_NAME = 14
_ENDING = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")
_LINK = re.compile(r"<a\s[^<>]*?\bhref\s*=\s*[\"']?([^\s\"'<>#]++)", re.IGNORECASE)
_MOST_LINKS = 300


@dataclass(frozen=True, slots=True)
class Seen:
    """A reply of the open web, read: `final` is the address it came from in the end."""

    asked: str
    final: str
    reply: Reply
    page: Page

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def told(self) -> Told:
        return told(self.page, self.asked)


Get = Callable[[str], Awaitable[Seen | None]]
"""The reply at an address; None where there is none that can be read."""


class Host:
    """Replies of hosts, each asked for once: what one look has learnt serves the others of its batch."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self._known: dict[tuple[str, ...], Seen | None] = {}
        self._locks: defaultdict[tuple[str, ...], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def front(self, url: str) -> Seen | None:
        return await self._once(("front", _origin(url)), f"{_origin(url)}/")

    async def sibling(self, url: str, number: int = 1) -> Seen | None:
        """An address of the same shape at the same place, which cannot exist."""
        return await self._once(("sibling", str(number), *_place(url)), nonsense(url))

    async def neighbour(self, url: str, front: Page) -> Seen | None:
        """A page that the front page leads to, at the very place of the item: what is there is shown to us, if anything is."""
        link = _beside(url, front)
        return await self._once(("neighbour", link), link) if link else None

    async def _once(self, key: tuple[str, ...], url: str) -> Seen | None:
        async with self._locks[key]:
            if key not in self._known:
                self._known[key] = await self._get(url)
        return self._known[key]


def nonsense(url: str) -> str:
    """An address like `url`, with what names the item replaced: in the query where a script is asked, else the end of the path."""
    parsed = can_ada.parse(url)
    base = f"{_origin(url)}{parsed.pathname}"
    pairs = [pair for pair in parsed.search[1:].split("&") if "=" in pair]
    if pairs:
        named = next((pair for pair in pairs if any(char.isdigit() for char in pair)), pairs[0])
        key, _, value = named.partition("=")
        return f"{base}?{'&'.join(f'{key}={_other(value)}' if pair is named else pair for pair in pairs)}"
    above, _, name = parsed.pathname.rstrip("/").rpartition("/")
    ending = _ENDING.search(name)
    stem = name[: ending.start()] if ending else name
    return f"{_origin(url)}{above}/{_other(stem)}{ending[0] if ending else ''}{'/' if name and parsed.pathname.endswith('/') else ''}"


def _other(name: str) -> str:
    """Another name of the same kinds of characters, too long to be there by chance."""
    name = unquote(name)
    if name.isascii() and name.isdigit():
        return "9" + "".join(secrets.choice(string.digits) for _ in range(_LONGEST_NUMBER - 1))
    if re.fullmatch(r"[\w.~-]*", name, re.ASCII) and re.search(r"\d", name):
        wide = name + name[-1] * (_LONG_NAME - len(name))
        return "".join(_like(char) for char in wide)
    parts = [part for part in re.split(r"[^a-zA-Z]+", name) if part]
    plain = (secrets.token_hex(5).translate(str.maketrans(string.digits, "ghijklmnop")) for _ in range(min(max(2, len(parts)), 6)))
    return quote("-".join(plain))


def _like(char: str) -> str:
    kinds = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
    return next((secrets.choice(kind) for kind in kinds if char in kind), char)


def _place(url: str) -> Sequence[str]:
    """What decides how a host takes an address: depth, where it begins, and of what shape its end is."""
    parsed = can_ada.parse(url)
    above, _, name = parsed.pathname.rstrip("/").rpartition("/")
    begins = above.split("/", 2)[1] if above else ""
    ending = _ENDING.search(name)
    shape = f"{name}?" if parsed.search else "number" if name.isdigit() else ending[0] if ending else "name"
    return _origin(url), begins, str(above.count("/")), shape


def _beside(url: str, front: Page) -> str:
    """The first link of the front page that differs from `url` only in what names the item: "" where there is none."""
    parsed = can_ada.parse(url)
    above = parsed.pathname.rstrip("/").rpartition("/")[0]
    for target in _LINK.findall(front.html)[:_MOST_LINKS]:
        try:
            link = can_ada.parse(f"{_origin(url)}/") + target.replace("&amp;", "&")
        except ValueError:
            continue
        if link.host != parsed.host or link.href.split("#", 1)[0] == parsed.href.split("#", 1)[0]:
            continue
        if parsed.search:
            if link.pathname == parsed.pathname and _keys(link.search) == _keys(parsed.search):
                return str(link.href)
        elif above and not link.search and link.pathname.rstrip("/").rpartition("/")[0] == above:
            return str(link.href)
    return ""


def _keys(search: str) -> list[str]:
    return sorted(pair.split("=", 1)[0] for pair in search[1:].split("&"))


def _origin(url: str) -> str:
    parsed = can_ada.parse(url)
    return f"{parsed.protocol}//{parsed.host}"
