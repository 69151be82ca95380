"""Dropbox's HTTP API: what a shared link leads to."""

from aiohttp import web

from platforms.identity import identify
from platforms.sandbox.faults import spoiled, states
from platforms.sandbox.invent import BASE62, word
from platforms.sandbox.play import Play

routes = web.RouteTableDef()

_ERRORS = {
    "gone_unattributed": "shared_link_not_found",
    "private": "shared_link_access_denied",
    "indeterminate": "unsupported_link_type",
}


@routes.post("/2/sharing/get_shared_link_metadata")
async def metadata(request: web.Request) -> web.StreamResponse:
    url = str((await request.json())["url"])
    key = identify(url).external_id
    state = states(request, "dropbox", [key])[key]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    if state in _ERRORS:
        tag = _ERRORS[state]
        return web.json_response({"error_summary": f"{tag}/..", "error": {".tag": tag}}, status=409)
    return web.json_response({".tag": "file", "id": "id:sandbox", "url": url, "name": "file", "size": 4096})


def invent(_kind: str) -> str:
    return f"https://www.dropbox.com/scl/fi/{word(21)}/{word(8)}.pdf?rlkey={word(25, BASE62)}&dl=0"


_STATES = {"file": "available private gone_unattributed indeterminate"}

PLAY = Play("dropbox", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent)
