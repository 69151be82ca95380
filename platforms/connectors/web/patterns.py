"""What walls, parked domains and "not found" pages look like: data, each with the id that becomes the reason code.

A pattern looks at one part of a reply. `title` and `heading` are never searched for in the body text: an article may quote the phrase.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from html import unescape

from platforms.base import Outcome

_TAG = re.compile(r"<[^<>]*+>?")
_OPENING = 8192
"""Characters of mark-up that are enough to tell most long pages from short ones."""
_ENTITY = 32
"""Characters that an entity cut in two may show more than a whole one."""


@dataclass(frozen=True)
class Page:
    """The parts of a reply that patterns look at, lower-cased. `rest` is the mark-up that shows, without title and heading."""

    url: str
    headers: str
    title: str
    heading: str
    body: str
    rest: str

    @cached_property
    def text(self) -> str:
        """What can be read on the page."""
        return self._opening if len(self.rest) <= _OPENING else self._read(self.rest)

    def longer_than(self, limit: int) -> bool:
        """Whether more than `limit` characters can be read: of a long page, only as much is read as tells."""
        return len(self._opening) > limit + _ENTITY or len(self.text) > limit

    @cached_property
    def _opening(self) -> str:
        return self._read(self.rest[:_OPENING])

    def _read(self, html: str) -> str:
        return f"{self.heading} {_plain(html)}".strip()


@dataclass(frozen=True, slots=True)
class Pattern:
    reason: str
    outcome: Outcome
    part: str
    finds: re.Pattern[str]
    longest_text: int = 0
    """Only for pages with at most this many visible characters; 0 is any."""
    bare: bool = False
    """Only for pages without pictures, frames, video or sound: what has those shows something of its own."""


class Patterns(tuple[Pattern, ...]):
    """Patterns in the order in which they count."""

    @cached_property
    def suspicions(self) -> dict[str, re.Pattern[str]]:
        """By part of a page that is short, all expressions for it at once: most pages match none of them, and one search tells."""
        finds = {part: [one.finds.pattern for one in self if one.part == part] for part in ("url", "headers", "title", "heading")}
        return {
            part: re.compile("|".join(f"(?m:{text.removeprefix('(?m)')})" for text in texts) or r"(?!)") for part, texts in finds.items()
        }

    @cached_property
    def limits(self) -> frozenset[int]:
        return frozenset(one.longest_text for one in self)


def _pattern(reason: str, outcome: Outcome, part: str, finds: str, longest_text: int = 0, *, bare: bool = False) -> Pattern:
    return Pattern(reason, outcome, part, re.compile(finds), longest_text, bare)


_UNCLEAR, _HOST = Outcome.INDETERMINATE, Outcome.HOST_GONE

_WITHHELD = r"(?:available|blocked|restricted|disponible|verf.gbar|gesperrt|disponibile|dispon.vel|недоступ|доступ)"
_HERE = (
    r"\b(?:your|votre|ihrem|deinem|tu|su|seu|tuo|suo|вашей|вашем)"
    r" (?:current )?(?:country|region|location|area|territory|pays|r.gion|land|pa.s|regi.n|regi.o|paese|стране|регионе)\b"
)
_ABROAD = rf"{_WITHHELD}.{{0,60}}{_HERE}|{_HERE}.{{0,60}}{_WITHHELD}"

WALLS = Patterns(
    (
        _pattern("consent_wall", _UNCLEAR, "url", r"^https?://(?:consent|guce)\."),
        _pattern(
            "login_wall", _UNCLEAR, "url", r"^https?://[^/]+(?:/[^?#]*)?/(?:login|log-in|signin|sign-in|sign_in|checkpoint|sso)(?:[/.?]|$)"
        ),
        _pattern(
            "bot_wall", _UNCLEAR, "headers", r"(?m)^(?:cf-mitigated: challenge|x-datadome.*|x-amzn-waf-action: .*)$|incap_ses|__cf_chl"
        ),
        _pattern(
            "bot_wall",
            _UNCLEAR,
            "title",
            r"^(?:just a moment|attention required|access denied|access to this page has been denied|are you (?:a )?(?:human|robot)|"
            r"checking your browser|ddos-guard|please wait|security check|robot check|verify you are human|un instant|einen moment|"
            r"un momento|unsupported browser|pardon our interruption)",
        ),
        _pattern(
            "bot_wall", _UNCLEAR, "body", r"g-recaptcha|h-captcha|cf-turnstile|captcha-delivery\.com|/cdn-cgi/challenge-platform/", 600
        ),
        _pattern(
            "login_wall", _UNCLEAR, "title", r"^(?:log ?in|sign ?in|anmelden|einloggen|se connecter|connexion|iniciar sesi|accedi|вход)\b"
        ),
        _pattern("login_wall", _UNCLEAR, "body", r"<input[^>]{1,300}type=[\"']?password", 600),
        # A site that shuts a country out says so of every address, also of those that never led anywhere.
        *(_pattern("geo_wall", _UNCLEAR, part, _ABROAD, 600) for part in ("title", "heading")),
    )
)
"""Pages that stand in front of the one asked for: whatever the code, nothing is known about the item."""

_SEIZED = (
    r"(?:th(?:is|e) (?:domain(?: name)?|web ?site|site)(?: \(?[a-z0-9.-]+\)?)? (?:has been|was|is) seized|"
    r"dies(?:e|er) (?:domain(?:name)?|webseite|website|seite|internetseite)(?: \(?[a-z0-9.-]+\)?)? (?:wurde|ist|worden)\b.{0,80}?"
    r"\b(?:beschlagnahmt|sichergestellt)|"
    r"ce (?:nom de domaine|site(?: web| internet)?)(?: \(?[a-z0-9.-]+\)?)? (?:a été|est) saisi)"
)

_PARKED = (
    r"domain(?:(?<=this domain)|(?<=the domain))(?: name)?(?: [a-z0-9.-]+)? (?:is|may be) for sale",
    "buy this domain",
    "parked free",
    r"sedoparking\.",
    r"parkingcrew\.",
    r"bodis\.",
)
"""Each begins with a plain word, which is found much faster in a long body than the choice between several."""

HOSTING = Patterns(
    (
        _pattern("host_suspended", Outcome.REMOVED_BY_PLATFORM, "url", r"^https?://[^/?#]+/cgi-sys/suspendedpage\.cgi"),
        # Anybody can give a page this title: it tells that nothing is there, not who saw to that.
        _pattern(
            "host_suspended",
            Outcome.GONE_UNATTRIBUTED,
            "title",
            r"^(?:account|site|website|this (?:account|(?:web)?site)(?: has been)?) suspended[.!]?$",
            1500,
            bare=True,
        ),
        *(_pattern("seized", _HOST, part, rf"^{_SEIZED}", 1500) for part in ("title", "heading")),
        _pattern("seized", _HOST, "text", rf"^.{{0,200}}\b{_SEIZED}", 1500),
        _pattern(
            "parked",
            _HOST,
            "title",
            r"(?:domain|this web ?site|\.[a-z]{2,}) (?:name )?(?:is|may be) for sale|^buy this domain|parked (?:domain|free)",
            1500,
        ),
        *(_pattern("parked", _HOST, "body", finds, 1500) for finds in _PARKED),
        _pattern("default_page", Outcome.GONE_UNATTRIBUTED, "title", r"^apache2? (?:\w+ )?default page(?:: it works!?)?$", 6000),
        _pattern(
            "default_page",
            Outcome.GONE_UNATTRIBUTED,
            "title",
            r"^(?:welcome to nginx(?: on [\w .]+)?!?|"
            r"test page for the (?:\w+ )?http server(?: on [\w .]+)?|(?:\w+ )?http server test page(?: powered by:? [\w .]+)?)$",
            1500,
        ),
    )
)
"""Pages of the hosting provider or a domain dealer in place of the site."""

NOT_FOUND = re.compile(
    r"\b404\b|page (?:can(?:no|')t be |was )?(?:not found|could not be found|isn.t available|does ?n.t exist|does not exist)|not found$|"
    r"^(?:error 404|oops)|no longer available|(?:has|have) been (?:removed|deleted)|"
    r"content (?:is )?(?:unavailable|isn.t available|not available)|"
    r"page introuvable|n.existe (?:pas|plus)|n.est plus disponible|seite (?:wurde )?nicht gefunden|nicht mehr verf.gbar|existiert nicht|"
    r"p.gina no encontrada|no est. disponible|pagina non trovata|p.gina n.o encontrada|страница не найдена|удален|"
    r"الصفحة غير موجودة|sayfa bulunamad"
)
"""Titles and headings of pages that say "not here", in the languages met most."""

_WORDS_FOR_NOWHERE = r"(?:404|error|(?:error|http)[-_]?404|404[-_]?error|(?:page[-_]?|404[-_]?)?not[-_]?found|removed|unavailable)"
NOWHERE = re.compile(rf"/{_WORDS_FOR_NOWHERE}(?:\.[a-z]{{2,5}})?(?=[/?]|$)|[?&][^=&]*={_WORDS_FOR_NOWHERE}(?=&|$)", re.IGNORECASE)
"""A whole path segment or query value of a redirect target that leads to a "not found" page; inside a slug the words mean nothing."""

_MEDIA = re.compile(r"<(?:img|picture|video|audio|iframe|embed|object)\b")

_END_OF_NAME = r"(?![^\s/<>])"
_HIDDEN = re.compile(
    r"<!(?=--)(?:[^-]++|-(?!->))*+(?:-->)?"
    rf"|<(script|style|noscript|template){_END_OF_NAME}(?:[^<]++|<(?!/\1{_END_OF_NAME}))*+(?:<[^<>]*+>?)?"
)
"""Comments and elements that are not shown, up to their end or that of the page."""
_TITLE, _HEADING = (
    re.compile(rf"<{name}{_END_OF_NAME}[^<>]*+>?((?:[^<]++|<(?!/{name}{_END_OF_NAME}))*+)(?:<[^<>]*+>?)?") for name in ("title", "h1")
)


def read_page(url: str, headers: str, html: str) -> Page:
    """Title, first heading and what else shows.

    Linear in the length of `html`, whatever it is: the page may be hostile, and backtracking over broken mark-up would never end. So
    no expression here ever gives back what it took.
    """
    body = html.lower()
    shown = _HIDDEN.sub(" ", body)
    title, shown = _cut_out(_TITLE, shown)
    heading, rest = _cut_out(_HEADING, shown)
    return Page(url.lower(), headers.lower(), title, heading, body, rest)


def _cut_out(element: re.Pattern[str], html: str) -> tuple[str, str]:
    """What the first such element shows, and the mark-up around it."""
    found = element.search(html)
    return (_plain(found[1]), f"{html[: found.start()]} {html[found.end() :]}") if found else ("", html)


def _plain(html: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", html)).split())


def first_match(patterns: Patterns, page: Page) -> Pattern | None:
    """The first that fits. What may look at long parts is left out at once where the page is longer than it asks for."""
    suspects = {part: finds.search(getattr(page, part)) for part, finds in patterns.suspicions.items()}
    too_long = {limit: limit > 0 and page.longer_than(limit) for limit in patterns.limits}
    return next((one for one in patterns if suspects.get(one.part, page) and not too_long[one.longest_text] and _fits(one, page)), None)


def _fits(pattern: Pattern, page: Page) -> bool:
    return pattern.finds.search(getattr(page, pattern.part)) is not None and not (pattern.bare and _MEDIA.search(page.body))


def similarity(one: str, other: str) -> float:
    """Jaccard similarity of the three-word shingles of two texts, digits left out: 0 (nothing shared) to 1 (equal)."""
    first, second = shingles(one), shingles(other)
    return len(first & second) / len(first | second) if first | second else 1.0


def shingles(text: str) -> set[tuple[str, ...]]:
    """Every three words that follow each other, without digits."""
    words = re.sub(r"\d+", "", text).split()
    return {tuple(words[place : place + 3]) for place in range(max(1, len(words) - 2))} if words else set()
