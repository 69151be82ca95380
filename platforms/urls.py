"""From what people paste to one parsed, normalised address.

Parsing follows the WHATWG URL standard (https://url.spec.whatwg.org/) through Ada, the parser that also serves the network gateway, so
that what is checked and what is fetched can never be two readings of one string.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

import can_ada

from platforms.base import ContentRef
from platforms.fangs import apart, refang

LONGEST_URL = 8192
"""Characters; longer input is refused."""

_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")
_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*):(?!\d{1,5}(?:[/?#]|$))", re.IGNORECASE)
_BARE_HOST = re.compile(
    r"^(?:[^\s/?#@:.]+\.)+(?:[^\W\d_]{2,}|xn--[a-z0-9-]+)\.?(?=[:/?#]|$)|^(?:\d{1,3}\.){3}\d{1,3}(?=[:/?#]|$)", re.IGNORECASE
)
_HOST = re.compile(r"\[[0-9a-f:.]+\]|localhost|(?:[a-z0-9_-]+\.)+[a-z0-9_-]+")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})?")
_ID_ESCAPED = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
_TRACKING = re.compile(
    r"^(?:utm_.*|fbclid|gclid|dclid|gbraid|wbraid|msclkid|mc_[ce]id|igshid|igsh|ref_src|ref_url|spm|_hsenc|_hsmi|yclid|twclid|ttclid)$"
)


class NotAURL(ValueError):
    """The text is no web address. The message is plain enough to be shown to the person who typed it."""


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed web address; `path` and `query` are still percent-encoded, `host` is lower-case ASCII without a trailing dot."""

    scheme: str
    host: str
    port: str
    path: str
    query: str
    fragment: str

    @property
    def authority(self) -> str:
        return f"{self.host}:{self.port}" if self.port else self.host

    @property
    def segments(self) -> Sequence[str]:
        """Decoded path segments without empty ones: `/a//b%20c/` gives `["a", "b c"]`."""
        return [unquote(part) for part in self.path.split("/") if part]

    def parameter(self, name: str) -> str:
        """First value of a query parameter, decoded; "" when absent. Bytes that are no UTF-8 become U+FFFD, as the standard has it."""
        pairs = parse_qsl(self.query, keep_blank_values=True, errors="replace")
        return next((value for key, value in pairs if key == name), "")


@dataclass(frozen=True, slots=True)
class Rule:
    """What one platform's addresses look like: `RULE` of `platforms/connectors/<slug>/addresses.py`."""

    platform: str
    find: Callable[[Address], ContentRef | None]
    """What an address names; None if it names no content of the platform."""
    hosts: re.Pattern[str] | None = None
    """The hosts the platform owns, matched whole and lower-case; None for software that anybody may run anywhere."""


LINK = "link/"
"""How the external id of a short link begins: what it leads to is only known once it has been followed."""


def link(platform: str, address: Address) -> ContentRef:
    """Reference to a platform's own short or share link. A worker follows it; nothing else does."""
    name = f"{address.host}{address.path.rstrip('/')}"
    return ContentRef(platform, "page", LINK + name, f"https://{name}")


def part(whole: ContentRef, name: str) -> ContentRef:
    """A comment below `whole`; `name` is the query of its address that leads to it, such as `comment=7`."""
    joint = "&" if "?" in whole.canonical_url else "?"
    return ContentRef(whole.platform, "comment", f"{whole.external_id}?{name}", f"{whole.canonical_url}{joint}{name}")


def parse(text: str) -> Address:
    """Parse one address as a person or a client gives it. Raises `NotAURL`, also where there is more than one address."""
    if _HALF_A_CHARACTER.search(text):
        raise NotAURL("This is not valid text.")
    # Before anything that takes more than one pass: the text may be hostile.
    text = refang(text) if len(text) <= 2 * LONGEST_URL else text
    if not text:
        raise NotAURL("There is no address here.")
    if len(text) > LONGEST_URL:
        raise NotAURL(f"This address is longer than {LONGEST_URL} characters.")
    if len(several := apart(text)) > 1:
        raise NotAURL(f"There are two addresses here, {_shown(several[0])} and {_shown(several[1])}. Give them one at a time.")
    if space := re.search(r"\s+", text):
        before, after = text[: space.start()], text[space.end() :]
        raise NotAURL(
            f"This is not one web address: {_shown(after)} follows {_shown(before)}. Give the address alone, a space in it as %20."
        )
    return read(_with_scheme(text))


def _shown(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}\u2026"


def read(url: str) -> Address:
    """Read an address as a machine wrote it, white space and all. Raises `NotAURL`."""
    parsed = _parsed(url)
    if len(parsed.href) > LONGEST_URL:
        raise NotAURL(f"This address is longer than {LONGEST_URL} characters once it is written as one.")
    if parsed.username or parsed.password:
        raise NotAURL("Addresses with a user name or password are not accepted.")
    if parsed.protocol not in {"http:", "https:"}:
        raise NotAURL("Only http and https addresses can be checked.")
    host = parsed.hostname[:-1] if parsed.hostname.endswith(".") else parsed.hostname
    if not _HOST.fullmatch(host):
        raise NotAURL("This is not a web address: the host name is not complete.")
    return Address(parsed.protocol[:-1], host, parsed.port, parsed.pathname or "/", parsed.search[1:], parsed.hash[1:])


def _with_scheme(text: str) -> str:
    scheme = _SCHEME.match(text)
    if scheme:
        if scheme[1].lower() not in {"http", "https"}:
            raise NotAURL("Only http and https addresses can be checked.")
        return text
    bare = text.lstrip("/\\")
    if "@" in re.split(r"[/?#]", bare, maxsplit=1)[0]:
        raise NotAURL("This looks like an e-mail address or a name, not a web address.")
    if not _BARE_HOST.match(bare) and not re.match(r"localhost(?=[:/?#]|$)", bare, re.IGNORECASE):
        raise NotAURL("This is not a web address.")
    return f"https://{bare}"


def _parsed(text: str) -> can_ada.URL:
    try:
        return can_ada.parse(text)
    except ValueError as error:
        raise NotAURL("This is not a web address.") from error


def canonical(address: Address, fragment: str = "") -> str:
    """One spelling for an address of an unknown site: tracking keys dropped, query keys sorted, escapes normalised.

    Of the fragment nothing stays but what names content: hash-bang (`#!`) and single-page (`#/`) fragments, or the `fragment` given.
    """
    pairs = [part for part in address.query.split("&") if part]
    kept = sorted((part for part in pairs if not _TRACKING.match(_key(part))), key=_key)
    text = f"{address.scheme}://{address.authority}{_escaped(address.path)}"
    if kept:
        text += "?" + _escaped("&".join(kept))
    if fragment := fragment or (address.fragment if address.fragment.startswith(("!", "/")) else ""):
        text += "#" + _escaped(fragment)
    return text


def _key(pair: str) -> str:
    return unquote(pair.split("=", 1)[0]).lower()


def _escaped(text: str) -> str:
    """Decode escapes of unreserved characters (RFC 3986, section 2.3), upper-case the rest, encode brackets."""

    def one(match: re.Match[str]) -> str:
        if match[1] is None:
            return "%25"
        char = chr(int(match[1], 16))
        return char if char in _ID_ESCAPED else f"%{match[1].upper()}"

    return _ESCAPE.sub(one, text).replace("[", "%5B").replace("]", "%5D")
