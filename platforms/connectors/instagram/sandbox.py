"""Instagram's oEmbed endpoint and its public pages."""

from aiohttp import web

from platforms.identity import identify
from platforms.sandbox.faults import page, spoiled, states
from platforms.sandbox.invent import BASE62, word
from platforms.sandbox.play import Play

routes = web.RouteTableDef()


@routes.get(r"/v{version:\d+\.\d+}/instagram_oembed")
async def oembed(request: web.Request) -> web.StreamResponse:
    url = request.query.get("url", "")
    found = states(request, "instagram", [identify(url).external_id])
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    state = next(iter(found.values()))
    if state == "indeterminate":
        return _error(100, "Unsupported get request.", 33)
    if state in {"gone_unattributed", "private"}:
        return _error(24, "The requested resource does not exist")
    code = f'<blockquote class="instagram-media" data-instgrm-permalink="{url}?utm_source=ig_embed"></blockquote>'
    return web.json_response(
        {"html": code, "provider_name": "Instagram", "provider_url": "https://www.instagram.com/", "type": "rich", "version": "1.0"}
    )


def _error(code: int, message: str, subcode: int = 0) -> web.Response:
    extra = {"error_subcode": subcode} if subcode else {}
    body = {"message": message, "type": "IGApiException", "code": code, **extra, "fbtrace_id": "sandbox"}
    return web.json_response({"error": body}, status=400)


@routes.get("/https/www.instagram.com/{path:.+}")
async def public_page(request: web.Request) -> web.StreamResponse:
    url = f"https://www.instagram.com/{request.match_info['path']}"
    ref = identify(url)
    found = states(request, "instagram", [ref.external_id])
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    state = next(iter(found.values()))
    if state == "private":
        return _page("profile", "https://www.instagram.com/someone/")
    if state != "available":
        return page("Instagram", "")
    return _page("profile" if ref.kind == "account" else "article", url)


def _page(kind: str, url: str) -> web.Response:
    head = f'<title>Someone</title><meta property="og:type" content="{kind}"><meta property="og:url" content="{url}">'
    return web.Response(text=f"<!doctype html><html><head>{head}</head></html>", content_type="text/html")


def invent(kind: str) -> str:
    return f"https://www.instagram.com/{word(10)}/" if kind == "account" else f"https://www.instagram.com/p/{word(11, BASE62)}/"


_STATES = {
    "post": "available private gone_unattributed indeterminate",
    # Asked for by name: one that is not found may have been renamed.
    "account": "available indeterminate",
}

PLAY = Play("instagram", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent)
