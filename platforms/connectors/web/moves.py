"""Whether a redirect still leads to what was asked for. Addresses alone decide; no page is looked at."""

import re
from urllib.parse import parse_qsl, unquote

import can_ada
import tldextract

SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
"""The bundled public suffix list; nothing is fetched."""

_INDEX = re.compile(r"/(?:index|default)\.[a-z]{2,5}$")
_ENDING = re.compile(r"\.[a-z][a-z0-9]{1,4}$")
_SCRIPT = re.compile(r"\.(?:php\d?|aspx?|jsp|cgi|pl)$")
_HOME = re.compile(r"/(?:[a-z]{2}(?:[-_][a-z]{2,4})?|home)?")


_WORDS_FOR_NOWHERE = r"(?:404|error|(?:error|http)[-_]?404|404[-_]?error|(?:page[-_]?|404[-_]?)?not[-_]?found|removed|unavailable)"
NOWHERE = re.compile(rf"/{_WORDS_FOR_NOWHERE}(?:\.[a-z]{{2,5}})?(?=[/?]|$)|[?&][^=&]*={_WORDS_FOR_NOWHERE}(?=&|$)", re.IGNORECASE)
"""A whole path segment or query value of a redirect target that leads to a "not found" page; inside a slug the words mean nothing."""


def moved_away(asked: str, final: str, status: int) -> str:
    """Reason code if the reply is another site's and so says nothing: "" when it is the asked site's own.

    A whole site that moved to another domain keeps its paths; every site has a front page, so that one tells nothing. An error code counts
    only from the very host that was asked: consent and login hosts answer 404 for pages that are up.
    """
    if asked == final:
        return ""
    try:
        same_host = _host(asked) == _host(final)
        same = same_host or same_site(asked, final) or _path(asked) == _path(final) != "/"
    except ValueError:
        return "other_host"
    if status >= 400:
        return "" if same_host else "other_host_error"
    return "" if same else "other_host"


def strayed(asked: str, final: str) -> str:
    """Reason code if a redirect lost what names the item: "" when its slug or id is still in the address."""
    if asked == final:
        return ""
    before, after = _plain(asked), _plain(final)
    if before == after:
        return ""
    if after == ("/", ()):
        return "redirect_to_home"
    if led_nowhere(asked, final):
        return "redirected"
    path, query = before
    if before == ("/", ()):
        # A front page may lead to that of a language.
        return "" if _HOME.fullmatch(after[0]) else "redirected"
    slug = _ENDING.sub("", path.rsplit("/", 1)[1])
    kept = bool(slug) and _holds(after[0], slug)
    numbered = [pair for pair in query if any(char.isdigit() for char in pair[1])] or query
    if query and not (kept and any(char.isdigit() for char in slug) and not _SCRIPT.search(path)):
        # `/watch?v=…`, `/post.php?id=…`: the query names the item, not the path.
        kept = all(pair in after[1] or _holds(after[0], pair[1]) for pair in numbered)
    return "" if kept else "redirected"


def led_nowhere(asked: str, final: str) -> bool:
    """Whether a redirect led to an address for what is not there."""
    return NOWHERE.search(_path(final)) is not None and NOWHERE.search(_path(asked)) is None


def _holds(path: str, name: str) -> bool:
    """Whether `name` stands in `path` as a word of its own: `123` in `/videos/123-title`, not in `/videos/1234`."""
    return bool(name) and re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", path) is not None


def _plain(url: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Path and sorted query without what makes no difference: case, a trailing slash, the name of an index file."""
    parsed = can_ada.parse(url)
    path = _INDEX.sub("/", unquote(parsed.pathname).lower()).rstrip("/")
    query = parse_qsl(parsed.search[1:].lower(), keep_blank_values=True)
    return path or "/", tuple(sorted(query))


def _host(url: str) -> str:
    return str(can_ada.parse(url).hostname).rstrip(".").removeprefix("www.")


def _site(url: str) -> str:
    host = can_ada.parse(url).hostname.rstrip(".")
    found = SUFFIXES(host)
    return f"{found.domain}.{found.suffix}" if found.suffix else host


def same_site(one: str, other: str) -> bool:
    """Whether two addresses are of one registered domain. False where one of them is no address."""
    try:
        return _site(one) == _site(other)
    except ValueError:
        return False


def same_host(one: str, other: str) -> bool:
    """Whether two addresses are of one host, with `www.` or without. False where one of them is no address."""
    try:
        return _host(one) == _host(other)
    except ValueError:
        return False


def is_bare(url: str) -> bool:
    """Whether an address names nothing but its host."""
    return _plain(url) == ("/", ())


def is_front(url: str) -> bool:
    """Whether an address is that of a site's front page, also in a language of its own."""
    try:
        path, query = _plain(url)
    except ValueError:
        return False
    return not query and _HOME.fullmatch(path) is not None


def _path(url: str) -> str:
    parsed = can_ada.parse(url)
    return parsed.pathname + parsed.search
