"""Threads' oEmbed endpoint and its profile pages."""

from aiohttp import web

from platforms.identity import identify
from platforms.sandbox.faults import page, spoiled, states
from platforms.sandbox.invent import BASE62, word
from platforms.sandbox.play import Play

routes = web.RouteTableDef()


@routes.get(r"/v{version:\d+\.\d+}/oembed")
async def oembed(request: web.Request) -> web.StreamResponse:
    url = request.query.get("url", "")
    found = states(request, "threads", [identify(url).external_id])
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    state = next(iter(found.values()))
    if state == "indeterminate":
        return _error(100, "Unsupported get request.", 33)
    if state == "gone_unattributed":
        return _error(24, "The requested resource does not exist")
    code = f'<blockquote class="text-post-media" data-text-post-permalink="{url}"></blockquote>'
    return web.json_response(
        {"html": code, "provider_name": "Threads", "provider_url": "https://www.threads.com/", "type": "rich", "version": "1.0"}
    )


def _error(code: int, message: str, subcode: int = 0) -> web.Response:
    extra = {"error_subcode": subcode} if subcode else {}
    body = {"message": message, "type": "THApiException", "code": code, **extra, "fbtrace_id": "sandbox"}
    return web.json_response({"error": body}, status=400)


@routes.get("/https/www.threads.com/@{name}")
async def profile(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    found = states(request, "threads", [name])
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    if "indeterminate" in found.values():
        return page("Threads", "")
    head = f'<meta property="og:type" content="profile"><meta property="og:url" content="https://www.threads.com/@{name}">'
    return web.Response(text=f"<!doctype html><html><head><title>Someone</title>{head}</head></html>", content_type="text/html")


def invent(kind: str) -> str:
    return f"https://www.threads.com/@{word(10)}" if kind == "account" else f"https://www.threads.com/@{word(8)}/post/{word(11, BASE62)}"


_STATES = {
    "post": "available gone_unattributed indeterminate",
    # Only a profile that is served tells anything.
    "account": "available indeterminate",
}

PLAY = Play("threads", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent)
