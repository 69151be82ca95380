"""Pages of the open web, under `/web/{scheme}/{host}/{path}`."""

import string
from hashlib import blake2b

from aiohttp import web

from platforms.http import digest
from platforms.sandbox.faults import WORLD, page, spoiled, states
from platforms.sandbox.invent import number, word
from platforms.sandbox.play import Play

routes = web.RouteTableDef()

_NO_DIGITS = str.maketrans(string.digits, "ghijklmnop")
_SUSPENDED = "/cgi-sys/suspendedpage.cgi"


@routes.get("/{scheme:https?}/{host}{path:/.*|}")
async def any_page(request: web.Request) -> web.StreamResponse:
    host, path = request.match_info["host"], request.match_info["path"] or "/"
    if path == _SUSPENDED:
        return _suspended(host)
    key = f"{host}{path}" + (f"?{request.query_string}" if request.query_string else "")
    state = states(request, "web", [key])[key]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    if ("web", key) not in request.app[WORLD].items:
        state = request.app[WORLD].host_state(host)
        # What a site does to every address: it misses what is not there, or stands no more.
    if state == "removed_by_platform":
        # The provider's own page, as cPanel shows it: under its own address.
        return web.Response(status=302, headers={"Location": request.path.removesuffix(request.match_info["path"]) + _SUSPENDED})
    return _marked(request, _PAGES.get(state, _available)(host, key))


def _marked(request: web.Request, response: web.Response) -> web.Response:
    """A page with the mark of its content, or word that it is still the one whose mark was sent."""
    if response.status != 200:
        return response
    mark = {"ETag": f'"{digest((response.text or "").encode())}"'}
    if request.headers.get("If-None-Match") == mark["ETag"]:
        return web.Response(status=304, headers=mark)
    response.headers.update(mark)
    return response


def _available(host: str, key: str) -> web.Response:
    # Each page of a site is another one, as in the world.
    name = blake2b(key.encode(), digest_size=12).hexdigest().translate(_NO_DIGITS)
    topic = " ".join(name[place : place + 6] for place in range(0, 24, 6))
    text = f"This page stands in for one that was reported: {topic}. It shows a few plain sentences, no more and no less."
    return page(f"About {topic} at {host}", text)


def _not_here(_host: str, _key: str) -> web.Response:
    return page("Not Found", "There is nothing at this address.", 404)


def _soft_404(_host: str, _key: str) -> web.Response:
    return page("Page not found", "We looked everywhere and could not find what you asked for. Go back to the start and try again.")


def _parked(host: str, _key: str) -> web.Response:
    return page(f"{host}", "This domain is for sale. Buy this domain.")


def _suspended(_host: str) -> web.Response:
    return page("Account Suspended", "This account has been suspended. Contact your hosting provider for more information.")


def _legal(_host: str, _key: str) -> web.Response:
    return page("Unavailable for legal reasons", "By order of a court.", 451, {"Link": '<https://authority.example/>; rel="blocked-by"'})


def _forbidden(_host: str, _key: str) -> web.Response:
    return page("Forbidden", "You may not see this.", 403)


_PAGES = {
    "geo_blocked": _legal,
    "gone_unattributed": _not_here,
    "host_gone": _parked,
    "indeterminate": _forbidden,
    "soft_404": _soft_404,
}


def invent(_kind: str) -> str:
    return f"https://{word(10)}.example/posts/{number(8)}"


_STATES = {"page": "available geo_blocked removed_by_platform gone_unattributed host_gone indeterminate soft_404"}

PLAY = Play("web", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent)
