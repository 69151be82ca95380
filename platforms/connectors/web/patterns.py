"""What walls, parked domains and "not found" pages look like: data, each with the id that becomes the reason code.

A pattern looks at one part of a reply. `title` and `heading` are never searched for in the body text: an article may quote the phrase.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from platforms.base import Outcome
from platforms.connectors.web.page import Page


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
    known: bool = False
    """Only where another page was seen up before: the words alone are too weak."""


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


def _pattern(
    reason: str, outcome: Outcome, part: str, finds: str, longest_text: int = 0, *, bare: bool = False, known: bool = False
) -> Pattern:
    return Pattern(reason, outcome, part, re.compile(finds), longest_text, bare, known)


_UNCLEAR, _HOST = Outcome.INDETERMINATE, Outcome.HOST_GONE

_WITHHELD = r"(?:available|blocked|restricted|disponible|verf.gbar|gesperrt|disponibile|dispon.vel|недоступ|доступ)"
_HERE = (
    r"\b(?:your|votre|ihrem|deinem|tu|su|seu|tuo|suo|вашей|вашем)"
    r" (?:current )?(?:country|region|location|area|territory|pays|r.gion|land|pa.s|regi.n|regi.o|paese|стране|регионе)\b"
)
_ABROAD = rf"{_WITHHELD}.{{0,60}}{_HERE}|{_HERE}.{{0,60}}{_WITHHELD}"

_BOT_TITLE = (
    r"(?:just a moment|attention required|access denied|access to this page has been denied|are you (?:a )?(?:human|robot)|"
    r"checking your browser|ddos-guard|please wait|security check|robot check|verify you are human|un instant|einen moment|"
    r"un momento|unsupported browser|pardon our interruption)"
)


def _titled(reason: str, begins: str) -> tuple[Pattern, Pattern]:
    """A title that is hardly longer than its first words, or any that begins with them on a page with little text."""
    return _pattern(reason, _UNCLEAR, "title", rf"^{begins}(?=.{{0,25}}$)"), _pattern(reason, _UNCLEAR, "title", rf"^{begins}", 1500)


WALLS = Patterns(
    (
        _pattern("consent_wall", _UNCLEAR, "url", r"^https?://(?:consent|guce)\."),
        _pattern(
            "login_wall", _UNCLEAR, "url", r"^https?://[^/]+(?:/[^?#]*)?/(?:login|log-in|signin|sign-in|sign_in|checkpoint|sso)(?:[/.?]|$)"
        ),
        _pattern(
            "bot_wall", _UNCLEAR, "headers", r"(?m)^(?:cf-mitigated: challenge|x-datadome.*|x-amzn-waf-action: .*)$|incap_ses|__cf_chl"
        ),
        *_titled("bot_wall", _BOT_TITLE),
        _pattern(
            "bot_wall", _UNCLEAR, "body", r"g-recaptcha|h-captcha|cf-turnstile|captcha-delivery\.com|/cdn-cgi/challenge-platform/", 600
        ),
        *_titled("login_wall", r"(?:log ?in|sign ?in|anmelden|einloggen|se connecter|connexion|iniciar sesi|accedi|вход)\b"),
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
    r"ce (?:nom de domaine|site(?: web| internet)?)(?: \(?[a-z0-9.-]+\)?)? (?:a été|est) saisi|"
    r"(?:domain|web ?site|site)(?: name)? seized)"
)
_NOTHING_ELSE = r"(?=[.!]?$|[.,]? (?:by|in accordance|pursuant|as part|under|durch|von|im rahmen|auf|par|sur)\b)"
"""A title that goes on in other words is somebody's own."""
_SUSPENDED = r"(?:account|site|website|this (?:account|(?:web)?site)(?: has been)?) suspended[.!]?"
_FOR_SALE = r"(?:th(?:is|e) domain|domain name)(?: name)?(?: [a-z0-9.-]+)? (?:is|may be) for sale|buy this domain|parked free"

HOSTING = Patterns(
    (
        # Anybody can give a page this title: it tells that nothing is there, not who saw to that.
        _pattern(
            "host_suspended",
            Outcome.GONE_UNATTRIBUTED,
            "whole",
            rf"^{_SUSPENDED}\n.*\b(?:contact|provider|hosting|billing|webmaster|administrator|support)\b",
            600,
            bare=True,
        ),
        *(_pattern("seized", _HOST, part, rf"^{_SEIZED}{_NOTHING_ELSE}", 1500) for part in ("title", "heading")),
        _pattern("seized", _HOST, "opening", rf"^{_SEIZED}", 1500, known=True),
        _pattern("parked", _HOST, "title", r"(?:domain|\.[a-z]{2,}) (?:name )?(?:is|may be) for sale|^buy this domain|parked domain", 1500),
        _pattern("parked", _HOST, "named", rf"^.{{0,300}}?(?:{_FOR_SALE})", 600, bare=True),
        _pattern("parked", _HOST, "whole", _FOR_SALE, 1500, known=True),
        _pattern("parked", _HOST, "body", r"sedoparking\.|parkingcrew\.|bodis\.", 1500, known=True),
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
"""Pages of the hosting provider or a domain dealer in place of the site. They only name what comparison has found: a host that says the
same everywhere."""

SUSPENDED_PAGE = re.compile(r"^https?://[^/?#]+/cgi-sys/suspendedpage\.cgi")
"""Where cPanel sends every address of an account that the provider has suspended."""

HIDES = re.compile(
    r"\bprivate\b|\bpermission|not authori[sz]ed|not allowed to (?:view|see)|(?:log(?:ged)?|sign(?:ed)?)[ -]?in\b|members only|subscribers|"
    r"who can see|only (?:shared|visible)|restricted|age[- ]verif|"
    r"\bprivate[nrms]?\b|\bprivat\b|berechtig|anmelden|einloggen|angemeldet|zugriff|\bprivée?s?\b|autoris|connecte[rz]|réservé|"
    r"\bprivad[oa]s?\b|permiso|iniciar? sesi|\bprivat[oai]\b|autorizza|accedi|permiss|iniciar? sess|приватн|закрыт|доступ|войдите|авториз|"
    r"\bprywatn|zaloguj|uprawnie|inloggen|toegang|özel|giriş yap|خاص|صلاحية|تسجيل الدخول|"
    r"off[ -]limits|非公開|ログイン|비공개|로그인|권한|登录|登錄|登入|私密|权限|權限|仅.{1,6}可见|निजी|अनुमति|लॉग ?इन|פרטי|הרשא|התחבר|خصوصی|"
    r"وارد شوید|دسترسی|увійд|увійти|\bpribadi\b|\bharus masuk\b|logga(?:r|t)? in|yksityi|kirjaudu|ιδιωτικ|συνδεθ|riêng tư|đăng nhập|"
    r"ส่วนตัว|เข้าสู่ระบบ|přihla|soukrom|jelentkez|privát"
)
"""What sites say that do not tell what is gone from what they hide. It only ever makes a verdict weaker."""

NOT_FOUND = re.compile(
    r"\b404\b|page (?:can(?:no|')t be |was )?(?:not found|could not be found|isn.t available|does ?n.t exist|does not exist)|not found$|"
    r"^(?:error 404|oops)|no longer available|(?:has|have) been (?:removed|deleted)|"
    r"content (?:is )?(?:unavailable|isn.t available|not available)|"
    r"page introuvable|n.existe (?:pas|plus)|n.est plus disponible|seite (?:wurde )?nicht gefunden|nicht mehr verf.gbar|existiert nicht|"
    r"p.gina no encontrada|no est. disponible|pagina non trovata|p.gina n.o encontrada|страница не найдена|удален|"
    r"الصفحة غير موجودة|sayfa bulunamad"
)
"""Titles and headings of pages that say "not here", in the languages met most."""

_SHORT = 300
"""Characters."""


def first_match(patterns: Patterns, page: Page) -> Pattern | None:
    """The first that fits. What may look at long parts is left out at once where the page is longer than it asks for."""
    suspects = {part: finds.search(getattr(page, part)) for part, finds in patterns.suspicions.items()}
    too_long = {limit: limit > 0 and page.longer_than(limit) for limit in patterns.limits}
    return next((one for one in patterns if suspects.get(one.part, page) and not too_long[one.longest_text] and _fits(one, page)), None)


def _fits(pattern: Pattern, page: Page) -> bool:
    return pattern.finds.search(getattr(page, pattern.part)) is not None and not (pattern.bare and page.media)


def names_host(page: Page, *, known: bool) -> Pattern | None:
    """What a page that stands for a whole host is called; `known`: another page was seen up at the address before."""
    return first_match(Patterns(one for one in HOSTING if known or not one.known), page)


def says_not_here(page: Page) -> bool:
    """Whether a page has words for "not here": in its title or heading, or in a text too short to be about anything else."""
    parts = [page.title, page.heading, *([] if page.longer_than(_SHORT) else [page.text])]
    return any(NOT_FOUND.search(part) for part in parts)


def may_hide(page: Page, front: Page | None) -> bool:
    """Whether a page has words for what strangers may not see. What its site says everywhere, such as a link to sign in, does not count."""
    said = {_around(page.text, match) for match in HIDES.finditer(page.text)}
    usual = {_around(front.text, match) for match in HIDES.finditer(front.text)} if front else set()
    return bool(said - usual) or HIDES.search(page.title) is not None


def _around(text: str, match: re.Match[str]) -> tuple[str, ...]:
    """What was found, with the word before it."""
    return *text[max(0, match.start() - 40) : match.start()].split()[-1:], match[0]
