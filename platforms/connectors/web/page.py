"""What a page shows and what it carries: read in one pass, however broken or hostile it is."""

import re
from dataclasses import dataclass
from functools import cached_property
from html import unescape

import can_ada

from platforms.connectors.web.moves import same_site

_TAG = re.compile(r"<[^<>]*+>?")
_OPENING = 8192
"""Characters of mark-up that are enough to tell most long pages from short ones."""
_ENTITY = 32
"""Characters that an entity cut in two may show more than a whole one."""

_END_OF_NAME = r"(?![^\s/<>])"
_HIDDEN = re.compile(
    r"<!(?=--)(?:[^-]++|-(?!->))*+(?:-->)?"
    rf"|<(script|style|noscript|template){_END_OF_NAME}(?:[^<]++|<(?!/\1{_END_OF_NAME}))*+(?:<[^<>]*+>?)?",
    re.IGNORECASE,
)
"""Comments and elements that are not shown, up to their end or that of the page."""
_TITLE, _HEADING = (
    re.compile(rf"<{name}{_END_OF_NAME}[^<>]*+>?((?:[^<]++|<(?!/{name}{_END_OF_NAME}))*+)(?:<[^<>]*+>?)?") for name in ("title", "h1")
)
_SOURCE = re.compile(r"(?<![\w-])(?:src|data|poster)\s*=\s*(?:\"([^\"]*+)|'([^']*+)|([^\s\"'>]++))")
_SEEN = re.compile(rf"<(?:img|picture|source|video|audio|i?frame|embed|object){_END_OF_NAME}([^<>]*+)")
_META_MEDIA = re.compile(r"<meta\s([^<>]*+)")
_OPEN_GRAPH = re.compile(r"(?<![\w-])(?:property|name)\s*=\s*[\"']?og:(?:image|video|audio)\b")
_CONTENT = re.compile(r"(?<![\w-])content\s*=\s*(?:\"([^\"]*+)|'([^']*+)|([^\s\"'>]++))")
_DATA = re.compile(r"(?<![\w-])type\s*=\s*[\"']?[^\s\"'>]*json")
_LETTERS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]|[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
"""Words; of scripts that leave no spaces between them, letters."""


@dataclass(frozen=True)
class Page:
    """The parts of a reply, lower-cased. `rest` is the mark-up that shows, without title and heading; `html` is as sent."""

    url: str
    headers: str
    title: str
    heading: str
    body: str
    rest: str
    html: str = ""

    @cached_property
    def text(self) -> str:
        """What can be read on the page."""
        return self._opening if len(self.rest) <= _OPENING else self._read(self.rest)

    @property
    def opening(self) -> str:
        """The text after the heading."""
        return self.text.removeprefix(self.heading).lstrip()

    @property
    def whole(self) -> str:
        """Title and text, on two lines."""
        return f"{self.title}\n{self.text}"

    @property
    def named(self) -> str:
        """The text, where title or heading are the bare name of the host."""
        host = self.url.split("/", 3)[2].split(":", 1)[0] if self.url.count("/") > 1 else ""
        return self.opening if host and {self.title, self.heading} & {host, host.removeprefix("www.")} else ""

    def longer_than(self, limit: int) -> bool:
        """Whether more than `limit` characters can be read: of a long page, only as much is read as tells."""
        return len(self._opening) > limit + _ENTITY or len(self.text) > limit

    @cached_property
    def _opening(self) -> str:
        return self._read(self.rest[:_OPENING])

    def _read(self, html: str) -> str:
        return f"{self.heading} {_plain(html)}".strip()

    @cached_property
    def scripts(self) -> tuple[tuple[str, str], ...]:
        """Address and code of each script that runs, either may be ""."""
        found = []
        for match in _HIDDEN.finditer(self.body):
            if match[1] == "script":
                tag, _, code = match[0].partition(">")
                if not _DATA.search(tag):
                    found.append((_value(_SOURCE, tag), code.rpartition("</")[0] or code))
        return tuple(found)

    @property
    def own_scripts(self) -> frozenset[str]:
        """Addresses of the scripts that the site serves itself; "" stands for code in the page."""
        return frozenset(
            source and self._whole(source) for source, _ in self.scripts if not source or same_site(self._whole(source), self.url)
        )

    @cached_property
    def media(self) -> frozenset[str]:
        """Addresses of pictures, films, sounds and frames, those for previews too."""
        shown = {_value(_SOURCE, match[1]) for match in _SEEN.finditer(self.body)}
        named = {_value(_CONTENT, match[1]) for match in _META_MEDIA.finditer(self.body) if _OPEN_GRAPH.search(match[1])}
        return frozenset(shown | named) - {""}

    def _whole(self, address: str) -> str:
        try:
            return str((can_ada.parse(self.url) + address).href)
        except ValueError:
            return ""


def read_page(url: str, headers: str, html: str) -> Page:
    """Title, first heading and what else shows.

    Linear in the length of `html`, whatever it is: the page may be hostile, and backtracking over broken mark-up would never end. So
    no expression here ever gives back what it took.
    """
    body = html.lower()
    title, shown = _cut_out(_TITLE, _HIDDEN.sub(" ", body))
    heading, rest = _cut_out(_HEADING, shown)
    return Page(url.lower(), headers.lower(), title, heading, body, rest, html)


def read_text(url: str, headers: str, text: str) -> Page:
    """A page that is no HTML: all of it is text."""
    return Page(url.lower(), headers.lower(), "", "", "", text.lower().replace("<", "&lt;"), text)


def shown(html: str) -> str:
    """Mark-up without what is not shown, as sent."""
    return _HIDDEN.sub(" ", html)


def letters(text: str) -> tuple[str, ...]:
    """The words of a text in order, without digits."""
    return tuple(_LETTERS.findall(text))


def _cut_out(element: re.Pattern[str], html: str) -> tuple[str, str]:
    """What the first such element shows, and the mark-up around it."""
    found = element.search(html)
    return (_plain(found[1]), f"{html[: found.start()]} {html[found.end() :]}") if found else ("", html)


def _plain(html: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", html)).split())


def _value(attribute: re.Pattern[str], tag: str) -> str:
    """The value of an attribute of a tag, "" where it has none."""
    found = attribute.search(tag)
    return unescape(next(filter(None, found.groups()), "")).strip() if found else ""
