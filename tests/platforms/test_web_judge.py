"""Pages are judged by what they were and by what their host says beside them; words alone never say that something is gone."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import web

from platforms.base import GONE, UP, AnchoredClock, Outcome, Sighting
from platforms.connectors.web import Web
from platforms.http import Gateway
from platforms.identity import identify
from tests.platforms.replaying import serving

Answer = tuple[int, Mapping[str, str], bytes]
Site = Mapping[str, Answer]
"""Answers by path and query; "*" is any other."""

UNCLEAR = frozenset({Outcome.INDETERMINATE, Outcome.PRIVATE})
SHOWN = frozenset({Outcome.AVAILABLE})
NOT_GONE, NOT_UP = UP | UNCLEAR, GONE | UNCLEAR
ITEM = identify("https://site.example/posts/7")
WORDS = "The lamps along the harbour were lit early and the band played until the boats had left for the islands. "
MENU = "<nav>Home News Forum Members Imprint Privacy</nav>"
JSON, PLAIN = {"Content-Type": "application/json"}, {"Content-Type": "text/plain; charset=utf-8"}


def html(title: str, body: str = "", status: int = 200, head: str = "", charset: str = "utf-8", **headers: str) -> Answer:
    text = f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"Content-Type": f"text/html; charset={charset}", **named}, text.encode(charset)


def headed(title: str, text: str = "", status: int = 200, **more: str) -> Answer:
    return html(title, f"{MENU}<h1>{title}</h1><p>{text}</p>", status, **more)


FRONT = headed("The site", WORDS * 3)
MISSING = headed("No such page", "Nothing is kept at this address.", 404)
SHELL = '<div id="root"></div><script src="/app.91.js"></script>'
EMPTY_FRONT = html("Site", SHELL)
PROSE = f"<p>{WORDS * 12}</p>"


def site(item: Answer, rest: Answer = MISSING, front: Answer = FRONT, **more: Answer) -> Site:
    return {"/posts/7": item, "*": rest, "/": front, **{path.replace("__", "/"): page for path, page in more.items()}}


def alike(page: Answer, front: Answer = FRONT, **more: Answer) -> Site:
    """A site that says of the item what it says of everything but its front page."""
    return site(page, page, front, **more)


def everywhere(page: Answer) -> Site:
    return site(page, page, page)


def look(
    pages: Site, kept: Mapping[str, Any] | None = None, url: str = ITEM.canonical_url, reported: str = ""
) -> tuple[Sighting, list[str]]:
    """One look, and the paths that were asked for."""
    asked: list[str] = []
    ref = identify(url)

    async def handler(request: web.Request) -> web.StreamResponse:
        path = "/" + request.raw_path.split("/", 3)[3]
        asked.append(path)
        status, headers, body = pages.get(path) or pages["*"]
        return web.Response(status=status, headers=headers, body=body)

    async def main() -> Sighting:
        clock = AnchoredClock.local()
        async with serving(handler) as host, Gateway(clock, allow=frozenset({host})) as gateway:
            eyes = Web({"api_base_url": f"http://{host}"}, gateway, clock)
            eyes.kept = {ref: kept} if kept else {}
            eyes.reported = {ref: reported} if reported else {}
            return (await eyes.observe([ref]))[0]

    return asyncio.run(main()), asked


def goes(code: str, text: str = "") -> Answer:
    return html("Site", f"{text}<script>{code}</script>", 404)


def refreshes(content: str, status: int = 200, text: str = "One moment") -> Answer:
    return html("Moved", f"<p>{text}</p>", status, f'<meta http-equiv="refresh" content="{content}">')


NOTHING = {
    "Danish": "Siden findes ikke",
    "Finnish": "Sivua ei l\u00f6ytynyt",
    "Czech": "Str\u00e1nka neexistuje",
    "Romanian": "Pagina nu a fost g\u0103sit\u0103",
    "Bulgarian": "\u0421\u0442\u0440\u0430\u043d\u0438\u0446\u0430\u0442\u0430 \u043b\u0438\u043f\u0441\u0432\u0430",
    "Hebrew": "\u05d4\u05d3\u05e3 \u05dc\u05d0 \u05e0\u05de\u05e6\u05d0",
    "Hindi": "\u092a\u0943\u0937\u094d\u0920 \u0928\u0939\u0940\u0902 \u092e\u093f\u0932\u093e",
    "Thai": "\u0e44\u0e21\u0e48\u0e1e\u0e1a\u0e2b\u0e19\u0e49\u0e32\u0e19\u0e35\u0e49",
    "Korean": "\ud398\uc774\uc9c0\ub97c \ucc3e\uc744 \uc218 \uc5c6\uc2b5\ub2c8\ub2e4",
    "Vietnamese": "Kh\u00f4ng t\u00ecm th\u1ea5y trang",
    "Urdu": "\u06cc\u06c1 \u0635\u0641\u062d\u06c1 \u0645\u0648\u062c\u0648\u062f \u0646\u06c1\u06cc\u06ba",
}

CASES: Mapping[str, tuple[Site, frozenset[Outcome]]] = {
    # What is under 404 and shown all the same.
    "404 that replaces itself": (site(goes("location.replace('/app?'+location.pathname)")), NOT_GONE),
    "404 that assigns the address": (site(goes("window.location.href = '/#' + window.location.pathname", "<p>Loading</p>")), NOT_GONE),
    "404 that hands the address on": (site(goes("sessionStorage.path=location.pathname;location.href='/'")), NOT_GONE),
    "404 that takes the address by another name": (site(goes("(function(l){l.replace('/?/'+l.pathname)})(window.location)")), NOT_GONE),
    "404 that rewrites history": (site(goes("history.replaceState(null,null,'/posts/7');start()")), NOT_GONE),
    "404 with a refresh by header": (site(html("x", "<p>One moment</p>", 404, Refresh="0; url=/new/posts/7")), NOT_GONE),
    "404 with a refresh to home at once": (site(refreshes("0;URL='/'", 404)), NOT_GONE),
    "404 that is a frame for scripts": (site(html("Site", SHELL, 404), html("Site", SHELL, 404), EMPTY_FRONT), NOT_GONE),
    "404 in words of a site of scripts": (
        site(html("Site", f"<p>We could not find that, go back to the start please.</p>{SHELL}", 404), front=EMPTY_FRONT),
        NOT_GONE,
    ),
    "404 of a program, front page drawn ahead": (
        site(
            html("x", f'<div id="__app"><h1>Nothing here</h1><p>{WORDS}</p></div><script src="/app.91.js"></script>', 404),
            front=html("Site", PROSE + SHELL),
        ),
        NOT_GONE,
    ),
    "404 around an article": (site(headed("Lamps", WORDS * 12, 404)), NOT_GONE),
    "404 around a short post that names itself": (
        site(headed("Lamps", WORDS * 2, 404, head='<link rel="canonical" href="https://site.example/posts/7">')),
        NOT_GONE,
    ),
    "404 around a short post": (
        site(headed("Rise at noon", "<article>Meet at the bridge on Friday and bring your friends.</article>", 404)),
        NOT_GONE,
    ),
    "404 around a film": (site(headed("Song 14", "<video src=/v/14.mp4></video>", 404)), NOT_GONE),
    "404 around a frame": (site(headed("Song 14", "<iframe src=https://films.example/e/14></iframe>", 404)), NOT_GONE),
    "404 around old frames": (site(html("Song 14", '<frameset><frame src="/main_14.htm"></frameset>', 404)), NOT_GONE),
    "404 around a post of Telegram": (site(headed("Song 14", "<script data-telegram-post=a/14></script>", 404)), NOT_GONE),
    "404 with an empty front page": (site(MISSING, front=html("")), NOT_GONE),
    "404 or hidden, in Japanese": (site(headed("No", "\u3053\u306e\u30da\u30fc\u30b8\u306f\u975e\u516c\u958b\u3067\u3059", 404)), NOT_GONE),
    "404 or hidden, in Greek": (
        site(
            headed(
                "No",
                "\u03b9\u03b4\u03b9\u03c9\u03c4\u03b9\u03ba\u03ae.",
                404,
            )
        ),
        NOT_GONE,
    ),
    "404 or off limits": (site(headed("No", "The topic is either missing or off limits to you.", 404)), NOT_GONE),
    "404 drawn by a script from elsewhere": (site(html("App", "<div id=r></div><script src=//c.example/a.js></script>", 404)), NOT_GONE),
    "404 for now": (site(headed("Nothing", "", 404, Retry_After="60")), NOT_GONE),
    "404 that is a picture": (site((404, {"Content-Type": "image/jpeg"}, b"\xff\xd8\xff\xe0" + b"x" * 900)), NOT_GONE),
    "404 that is a long text": (site((404, PLAIN, (WORDS * 12).encode())), NOT_GONE),
    "410 around an article": (site(headed("Lamps", WORDS * 12, 410)), NOT_GONE),
    "404 that may be private": (site(headed("Not here", "This page does not exist or is private.", 404)), NOT_GONE),
    "404 that wants a log-in, in German": (site(headed("Fehler", "Bitte anmelden, um diesen Beitrag zu sehen.", 404)), NOT_GONE),
    # What a whole host says.
    "404 by the gate of a cluster": (everywhere((404, PLAIN, b"no healthy upstream")), NOT_GONE),
    "404 with an empty body everywhere": (everywhere((404, PLAIN, b"")), NOT_GONE),
    "404 while the front page is ill": (site(MISSING, front=headed("Error", "", 503)), NOT_GONE),
    "404 while the front page is a wall": (site(MISSING, front=html("Just a moment...", "", 403, cf_mitigated="challenge")), NOT_GONE),
    "404 as JSON everywhere": (everywhere((404, JSON, b'{"detail":"x"}')), NOT_GONE),
    "451 for the whole site": (everywhere(headed("Unavailable", "", 451)), UNCLEAR),
    "451 for the page alone": (site(headed("Unavailable", "", 451)), frozenset({Outcome.GEO_BLOCKED})),
    "maintenance everywhere": (everywhere(headed("Back soon", "We are painting the walls.")), UNCLEAR),
    "consent everywhere": (everywhere(headed("Your choice", "We and 412 partners store things.")), UNCLEAR),
    "age gate everywhere, in Spanish": (everywhere(headed("\u00bfEres mayor de edad?", "S\u00ed, entrar. No, salir.")), UNCLEAR),
    "maintenance of a part, in Polish": (alike(headed("Przerwa techniczna", "Prosimy wr\u00f3ci\u0107 jutro.")), UNCLEAR),
    "registration wall before a part": (alike(headed("Join us", "Read on with an account of your own.")), UNCLEAR),
    "JSON everywhere": (everywhere((200, JSON, b'{"ok":false}')), UNCLEAR),
    # Soft 404 in words that nobody lists.
    **{f"soft 404 in {name}": (alike(headed(text, text)), NOT_UP) for name, text in NOTHING.items()},
    "soft 404 beside a page that is shown": (
        alike(
            headed("Siden findes ikke", "Beklager."),
            front=html("x", PROSE + '<a href="/posts/3">Lamps</a>'),
            __posts__3=headed("Lamps", WORDS),
        ),
        GONE,
    ),
    "wall that stands before its neighbour too": (
        alike(headed("Velkommen", "Bliv medlem."), front=html("x", PROSE + '<a href="/posts/3">Lamps</a>')),
        UNCLEAR,
    ),
    "soft 404 with the address in it": (
        {
            "/posts/7": headed("Page not found", "The address /posts/7 leads nowhere."),
            "/": FRONT,
            "*": headed("Page not found", "The address leads nowhere."),
        },
        GONE,
    ),
    "soft 404 as text": (alike((200, PLAIN, b"no such paste")), NOT_UP),
    "soft 404 as JSON": (alike((200, JSON, b'{"status":"missing"}')), NOT_UP),
    "soft 404 drawn by scripts": (alike(html("404", f"<h1>Page not found</h1><p>{WORDS}</p>{SHELL}"), front=EMPTY_FRONT), NOT_GONE),
    "soft 404 that may be private": (
        alike(headed("Page not found", "It was removed, or only friends have permission to see it.")),
        NOT_GONE,
    ),
    # Where a browser ends up.
    "refresh to a page that is there": (
        site(refreshes("0; url=/posts/7-lamps"), **{"__posts__7-lamps": headed("Lamps", WORDS * 4)}),
        SHOWN,
    ),
    "refresh to another page": (site(refreshes("1; url=/news"), __news=headed("News", WORDS)), UNCLEAR),
    "refresh by header to a wall": (
        site(html("x", "<p>One moment</p>", Refresh="0;url=/login"), __login=headed("Welcome", WORDS)),
        UNCLEAR,
    ),
    "refresh round in a circle": ({"/posts/7": refreshes("0;url=/b"), "/b": refreshes("0;url=/posts/7"), "*": MISSING}, UNCLEAR),
    "page that only loads itself again": (site(html("Lamps", PROSE, head='<meta http-equiv=refresh content="5">')), SHOWN),
    "stub with a script": (site(html("Moved", "<p>Please follow the way</p><script>location='/n/7'</script>")), UNCLEAR),
    # Pages that live and say such words.
    "article on a seizure": (site(headed("The site was seized, and what then", WORDS * 8)), SHOWN),
    "post: page not found, a novel": (site(headed("Page not found: a novel", WORDS * 12)), SHOWN),
    "post on being removed": (site(headed("Why my account has been removed", WORDS * 12)), SHOWN),
    "post that quotes a parking page": (
        site(headed("Names", "He read: this domain is for sale, buy this domain. He laughed. " + WORDS)),
        SHOWN,
    ),
    "short post with a title of seizure": (site(headed("This domain has been seized", "Not ours! Come to the harbour tonight.")), NOT_GONE),
    "profile: account suspended": (site(headed("Account suspended", "He wrote about the harbour.")), NOT_GONE),
    "one page for all, about a seizure": (
        everywhere(headed("We are back", "Our old domain: this domain has been seized. Read on below.")),
        NOT_GONE,
    ),
    "one page for all, with a name for sale": (
        everywhere(headed("Our songs", "Sing along. This domain is for sale, write to us.")),
        NOT_GONE,
    ),
    "picture page in a frame that is also sent for nothing": (
        site(html("Pictures", MENU + '<img src="/i/lamp.jpg">' + WORDS), html("Pictures", MENU + WORDS)),
        SHOWN,
    ),
    "short text beside a soft 404": (site(headed("Note", "Meet at nine."), headed("Oops", "No such note.")), SHOWN),
    "text page": (site((200, PLAIN, WORDS.encode())), SHOWN),
    # Hosts that name themselves.
    "parked": (everywhere(html("site.example", "<h1>site.example</h1><p>This domain may be for sale.</p>")), GONE),
    "seized": (everywhere(headed("This website has been seized by the police", "By order of a court.")), GONE),
    # Charsets.
    "windows-1250 by meta": (
        site(
            (200, {"Content-Type": "text/html"}, f"<meta charset=windows-1250><title>P\u0159\u00edstav</title>{WORDS * 4}".encode("cp1250"))
        ),
        SHOWN,
    ),
    "log-in in windows-1251 by header": (site(headed("\u0412\u0445\u043e\u0434", "...", charset="windows-1251")), UNCLEAR),
    "UTF-16 with a mark": (site((200, {"Content-Type": "text/html"}, f"<title>Lamps</title>{WORDS * 4}".encode("utf-16"))), SHOWN),
    "Shift_JIS": (site(headed("\u6e2f\u306e\u706f", WORDS * 3 + "\u6e2f", charset="shift_jis")), SHOWN),
    "zeros are no text": (site((200, {"Content-Type": "text/html"}, b"\0\1\2" * 50)), UNCLEAR),
    # Gone.
    "404 with the menu of the site": (site(MISSING), GONE),
    "404 with scripts of third parties": (site(headed("Gone", '</p><script src="https://count.example/c.js"></script><p>', 404)), GONE),
    "404 with a way home after some seconds": (site(refreshes("5; url=/", 404, "Nothing is here. You will be taken to the start.")), GONE),
    "404 in Georgian": (site(headed("\u10d2\u10d5\u10d4\u10e0\u10d3\u10d8 \u10d0\u10e0 \u10d0\u10e0\u10d8\u10e1", "", 404)), GONE),
    "404 as text": (site((404, PLAIN, b"nope"), (404, PLAIN, b"nope")), GONE),
    "404 with the same picture as for anything": (site(*[headed("Gone", "<img src=/lost.png>", 404)] * 2), GONE),
    "404 that is the same picture as for anything": (site(*[(404, {"Content-Type": "image/png"}, b"\x89PNG" + b"x" * 90)] * 2), GONE),
    "404 with the same mark-up as for anything": (site(*[headed("Gone", "<article>Look elsewhere.</article>", 404)] * 2), GONE),
    "410": (site(headed("Withdrawn", "The author took it down.", 410)), GONE),
    "404 with a link to sign in, as on every page": (
        site(
            html("x", "<nav>Please <a>sign in</a></nav><h1>Nothing here</h1>", 404),
            front=html("Site", "<nav>Please <a>sign in</a></nav>" + PROSE),
        ),
        GONE,
    ),
}


@pytest.mark.parametrize(("pages", "right"), CASES.values(), ids=CASES)
def test_a_page_is_judged_by_what_its_host_says_beside_it(pages: Site, right: frozenset[Outcome]) -> None:
    sighting, _ = look(pages)
    assert sighting.outcome in right, sighting.reason


def kept_of(page: Answer) -> Mapping[str, Any]:
    sighting, asked = look(site(page))
    assert (sighting.outcome, len(asked)) == (Outcome.AVAILABLE, 2)
    assert sighting.keep is not None
    return sighting.keep


POST = html("Lamps", PROSE)


@pytest.mark.parametrize(
    ("pages", "right"),
    [
        (site(headed("Not here", "This page does not exist or is private.", 404)), GONE),
        (site(html("x", f"<p>Nothing</p>{SHELL}", 404), front=EMPTY_FRONT), GONE),
        (site(MISSING, front=headed("Forbidden", "", 403)), GONE),
        (site(html("Lamps", PROSE, 404)), UNCLEAR),
        (everywhere(MISSING), UNCLEAR),
        (everywhere(headed("Back soon", "We are painting the walls.")), UNCLEAR),
        (everywhere(headed("Notice", "This domain is for sale.")), GONE),
        (site(headed("Another", WORDS[::-1] * 12)), UNCLEAR),
        (site(headed("Boats", "Something else.")), UNCLEAR),
    ],
)
def test_what_was_seen_up_before_is_compared_with_what_it_was(pages: Site, right: frozenset[Outcome]) -> None:
    sighting, _ = look(pages, kept_of(POST))
    assert sighting.outcome in right, sighting.reason


def test_a_page_that_is_as_it_was_costs_one_request() -> None:
    sighting, asked = look(site(POST), kept_of(POST))
    assert (sighting.outcome, asked) == (Outcome.AVAILABLE, ["/posts/7"])


def test_an_item_is_gone_only_if_it_is_gone_at_the_address_that_was_reported_too() -> None:
    reported = "https://site.example/view?z=1&a=2"
    url = identify(reported).canonical_url
    pages = {"/view?z=1&a=2": POST, "*": MISSING, "/": FRONT}
    first, _ = look(pages, url=url, reported=reported)
    assert (first.outcome, first.ref) == (Outcome.AVAILABLE, identify(url))
    again, asked = look(pages, first.keep, url, reported)
    assert (again.outcome, asked) == (Outcome.AVAILABLE, ["/view?z=1&a=2"])
    gone = {"*": MISSING, "/": FRONT}
    assert look(gone, first.keep, url, reported)[0].outcome is Outcome.GONE_UNATTRIBUTED
    walled = {**gone, "/view?z=1&a=2": headed("Log in", "")}
    assert look(walled, first.keep, url, reported)[0].outcome is Outcome.INDETERMINATE


def test_a_page_that_is_up_at_an_address_like_it_is_for_a_person() -> None:
    reported = "https://site.example/b?x=1&y=2)."
    sighting, _ = look({"/b?x=1&y=2": POST, "*": MISSING, "/": FRONT}, url=reported, reported=reported)
    assert (sighting.outcome, sighting.reason) == (Outcome.INDETERMINATE, "up_at_like_address")
