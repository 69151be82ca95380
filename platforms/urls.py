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

LONGEST_URL = 8192
"""Characters; longer input is refused."""

_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\t\r\n]")
_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")
_FULL_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {0x3002: ".", 0xFF61: ".", 0x3000: " ", 0x2024: "."}
_DEFANGED_DOT = re.compile(r"[ \t]{0,3}(?:\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|\{dot\}|\[\.|(?<=\w)\.\](?=\w))[ \t]{0,3}", re.IGNORECASE)
_DEFANGED_COLON = re.compile(r"\[:\]|\(:\)|\{:\}")
_DEFANGED_SLASHES = re.compile(r"(:?)\[(:?//?)\]")
_SCHEME_TYPO = re.compile(r"^(?:h[txr*]{2}p|fxp)(s?)(?=:)", re.IGNORECASE)
_HEAD = re.compile(r"^(?:[a-z*]+\s*[\[({]?:[\])}]?\s*[\[({]?[/\\]*[\])}]?)?[^/\\?#]*", re.IGNORECASE)
_OPENERS = "<([{\"'`*_|\u00ab\u201c\u2018\u201e\u2039"
_CLOSERS = ">\"'`*|.,;:!?)]}\u00bb\u201d\u2019\u201c\u2018\u203a\u2026"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*):(?!\d{1,5}(?:[/?#]|$))", re.IGNORECASE)
_BARE_HOST = re.compile(
    r"^(?:[^\s/?#@:.]+\.)+(?:[^\W\d_]{2,}|xn--[a-z0-9-]+)\.?(?=[:/?#]|$)|^(?:\d{1,3}\.){3}\d{1,3}(?=[:/?#]|$)", re.IGNORECASE
)
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


def refang(text: str) -> str:
    """Undo what people do to make an address unclickable: `hxxp[:]//bad[.]example` gives `http://bad.example`.

    Full-width characters are folded in the scheme and the host only: in a path they can be part of the address.
    """
    text = _INVISIBLE.sub("", text).strip("".join(map(chr, range(33))) + "\u00a0")
    folded = text.translate(_FULL_WIDTH)
    head = _HEAD.match(_trim(folded))
    end = head.end() if head else 0
    if _trim(folded) == folded and text[end : end + 1] == folded[end : end + 1]:
        folded = folded[:end] + text[end:]
    text = _trim(folded)
    text = re.sub(r"^url:\s*(?=\S)", "", text, flags=re.IGNORECASE)
    text = _DEFANGED_DOT.sub(".", text)
    text = _DEFANGED_SLASHES.sub(r"\1\2", _DEFANGED_COLON.sub(":", text))
    return _SCHEME_TYPO.sub(r"http\1", _trim(text))


def _trim(text: str) -> str:
    """Drop wrapping brackets and quotes and the punctuation of the sentence around; a closing bracket that has its partner stays."""
    text = text.lstrip(_OPENERS + " ") if not text.startswith("[::") else text
    end, alone = len(text), {}
    while end and ((last := text[end - 1]) in _CLOSERS or last.isspace()):
        if last in _PAIRS:
            if last not in alone:
                alone[last] = text.count(last) - text.count(_PAIRS[last])
            if alone[last] <= 0:
                break
            alone[last] -= 1
        end -= 1
    return text[:end]


def parse(text: str) -> Address:
    """Parse one address as pasted. Raises `NotAURL`."""
    if _HALF_A_CHARACTER.search(text):
        raise NotAURL("This is not valid text.")
    # Before anything that takes more than one pass: the text may be hostile.
    text = refang(text) if len(text) <= 2 * LONGEST_URL else text
    if not text:
        raise NotAURL("There is no address here.")
    if len(text) > LONGEST_URL:
        raise NotAURL(f"This address is longer than {LONGEST_URL} characters.")
    url = _parsed(_with_scheme(text))
    if len(url.href) > LONGEST_URL:
        raise NotAURL(f"This address is longer than {LONGEST_URL} characters once it is written as one.")
    if url.username or url.password:
        raise NotAURL("Addresses with a user name or password are not accepted.")
    host = url.hostname[:-1] if url.hostname.endswith(".") else url.hostname
    labels = host.split(".")
    if not host or (host[0] != "[" and not all(labels)) or (len(labels) == 1 and host != "localhost" and host[0] != "["):
        raise NotAURL("This is not a web address: the host name is not complete.")
    return Address(url.protocol[:-1], host, url.port, url.pathname or "/", url.search[1:], url.hash[1:])


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


def canonical(address: Address) -> str:
    """One spelling for an address of an unknown site: tracking keys and fragment dropped, query keys sorted, escapes normalised.

    Hash-bang (`#!`) and single-page (`#/`) fragments name content, so they stay.
    """
    pairs = [part for part in address.query.split("&") if part]
    kept = sorted((part for part in pairs if not _TRACKING.match(_key(part))), key=_key)
    text = f"{address.scheme}://{address.authority}{_escaped(address.path)}"
    if kept:
        text += "?" + _escaped("&".join(kept))
    if address.fragment.startswith(("!", "/")):
        text += "#" + _escaped(address.fragment)
    return _settled(text)


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


def _settled(text: str) -> str:
    """Escape what a second reading would take for defanging or for the end of a sentence, so that parsing is idempotent."""
    text = _DEFANGED_DOT.sub(lambda match: f"%{ord(match[0][0]):02X}{match[0][1:]}", text)
    text = _DEFANGED_COLON.sub(lambda match: f"%{ord(match[0][0]):02X}{match[0][1:]}", text)
    return text if _trim(text) == text else f"{text[:-1]}%{ord(text[-1]):02X}"


_SPACED_DOT = re.compile(r"(?<=\S)[ \t]+(\[\.\]|\(\.\)|\[dot\]|\(dot\))[ \t]+(?=\S)", re.IGNORECASE)
_GLUED = re.compile(r"(?<=.)(?=h[tx]{2}ps?(?:\[:\]|\(:\)|:)//)", re.IGNORECASE)
_BEGUN = re.compile(r"(?:h[tx]{2}ps?|at)(?:\[:\]|\(:\)|:)//|tg(?:\[:\]|\(:\)|:)/{0,2}(?:resolve|join)\b", re.IGNORECASE)
"""How an address begins, an app's too."""
_TELLING = re.compile(r"[.:\u2024\u3002\uff0e\uff1a\uff61]|dot|localhost", re.IGNORECASE)
"""What an address has and most words have not."""
_MAIL_HEADER = re.compile(
    r"(?:from|sent|to|cc|bcc|date|subject|importance|attachments|reply-to|sender|message-id|in-reply-to|references|return-path|received"
    r"|delivered-to|mime-version|content-[a-z-]+|dkim-signature|authentication-results|list-[a-z-]+|x-[a-z0-9-]+)\s*:(?!//)",
    re.IGNORECASE,
)


def split_urls(text: str) -> list[str]:
    """Cut pasted text into candidate addresses, in order.

    Lines, spaces, commas and mail quoting separate; a line without any address is one candidate of its own, so that the screen can say
    "not a URL" about it, and so is whatever begins like an address but is none; the headers of a mail say nothing beside what it brings.
    Candidates are as pasted: `parse` refangs them.
    """
    found: list[str] = []
    headers: list[str] = []
    for line in re.split(r"[\r\n\u2028\u2029]+", text):
        bare = line.strip().lstrip(">|").strip()
        if not bare:
            continue
        pieces = [piece for piece in _pieces(bare) if _BEGUN.match(piece) or (_TELLING.search(piece) and _is_address(piece))]
        (headers if not pieces and _MAIL_HEADER.match(bare) else found).extend(pieces or [bare])
    return found or headers


def _pieces(line: str) -> list[str]:
    """Words of a line, two addresses glued by a separator cut apart."""
    words: list[str] = []
    for word in re.split(r"[\s<>\"|]+", _SPACED_DOT.sub(r"\1", line)):
        for piece in re.split(r"[,;\u3001\uff0c\uff1b](?=h[tx]{2}ps?|www\.)|[,;]$", word, flags=re.IGNORECASE):
            glued = _GLUED.split(piece)
            words += [part.rstrip(",;") for part in _rejoined(glued)]
    return [_trim(word) if len(word) <= LONGEST_URL else word for word in words if word]


def _rejoined(parts: Sequence[str]) -> list[str]:
    """An address inside the path or query of another (`…?u=https://…`, archives) is part of it."""
    joined: list[str] = []
    for part in parts:
        if joined and joined[-1] and joined[-1][-1] in "/=?&":
            joined[-1] += part
        else:
            joined.append(part)
    return joined


def _is_address(word: str) -> bool:
    try:
        parse(word)
    except NotAURL:
        return False
    return True
