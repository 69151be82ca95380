"""Meta's oEmbed endpoints for posts and videos, and Graph nodes."""

from aiohttp import web

from platforms.identity import identify
from platforms.sandbox.faults import WORLD, spoiled, states
from platforms.sandbox.invent import number
from platforms.sandbox.play import Play

routes = web.RouteTableDef()


@routes.get(r"/v{version:\d+\.\d+}/{endpoint:oembed_post|oembed_video}")
async def oembed(request: web.Request) -> web.StreamResponse:
    url = request.query.get("url", "")
    found = states(request, "facebook", [identify(url).external_id])
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    state = next(iter(found.values()))
    if state == "indeterminate":
        return _hidden()
    if state == "gone_unattributed":
        return _error(24, "The requested resource does not exist")
    code = f'<div class="fb-{request.match_info["endpoint"][7:]}" data-href="{url}"></div>'
    return web.json_response(
        {"html": code, "provider_name": "Facebook", "provider_url": "https://www.facebook.com", "type": "rich", "version": "1.0"}
    )


# Not the endpoints that Meta's other platforms have under the same root.
@routes.get(r"/v{version:\d+\.\d+}/{node:(?!oembed|instagram_oembed)[\w.-]+}")
async def node(request: web.Request) -> web.StreamResponse:
    name = request.match_info["node"]
    keys = [name, f"groups/{name}", f"events/{name}"]
    found = states(request, "facebook", [next((key for key in keys if ("facebook", key) in request.app[WORLD].items), name)])
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    state = next(iter(found.values()))
    if state == "indeterminate":
        return _hidden()
    if state == "gone_unattributed":
        return _error(803, f"(#803) Some of the aliases you requested do not exist: {name}", 404)
    return web.json_response({"id": name if name.isdecimal() else "100000000000001"})


def _hidden() -> web.Response:
    return _error(100, "Object does not exist, cannot be loaded due to missing permissions, or does not support this operation", subcode=33)


def _error(code: int, message: str, status: int = 400, subcode: int = 0) -> web.Response:
    extra = {"error_subcode": subcode} if subcode else {}
    body = {"message": message, "type": "GraphMethodException", "code": code, **extra, "fbtrace_id": "sandbox"}
    return web.json_response({"error": body}, status=status)


def invent(kind: str) -> str:
    return {
        "post": f"https://www.facebook.com/permalink.php?story_fbid={number(16)}&id={number(15)}",
        "video": f"https://www.facebook.com/watch/?v={number(16)}",
        "account": f"https://www.facebook.com/profile.php?id={number(15)}",
        "group": f"https://www.facebook.com/groups/{number(15)}",
    }[kind]


_STATES = frozenset({"available", "gone_unattributed", "indeterminate"})

PLAY = Play("facebook", routes, dict.fromkeys(("post", "video", "account", "group"), _STATES), invent)
