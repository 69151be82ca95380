"""MediaFire: the list of files in its API, and the pages that dead links lead to."""

from typing import Any

from aiohttp import web

from platforms.sandbox.faults import page, spoiled, states
from platforms.sandbox.invent import DIGITS, LETTERS, word
from platforms.sandbox.play import Play

routes = web.RouteTableDef()

_GONE = {"gone_unattributed": "320", "removed_by_platform": "378"}


@routes.get("/api/1.5/file/get_info.php")
async def infos(request: web.Request) -> web.StreamResponse:
    found = states(request, "mediafire", [key for key in request.query.get("quick_key", "").split(",") if key])
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    if "indeterminate" in found.values():
        return _response({"error": 100, "message": "Internal server error", "result": "Error"}, 400)
    known = [_info(key, state) for key, state in found.items() if state not in _GONE]
    if not known:
        return _response({"error": 110, "message": "Unknown or Invalid QuickKey", "result": "Error"}, 400)
    return _response({"file_infos": known, "result": "Success"})


@routes.get("/https/www.mediafire.com/{kind:file|folder}/{key}")
async def item(request: web.Request) -> web.StreamResponse:
    key = request.match_info["key"]
    state = states(request, "mediafire", [key])[key]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    if state in _GONE:
        home = request.path.split(f"/{request.match_info['kind']}/", 1)[0]
        return web.Response(status=302, headers={"Location": f"{home}/error.php?errno={_GONE[state]}"})
    return page("MediaFire", "A file to be downloaded.")


@routes.get("/https/www.mediafire.com/error.php")
async def error(_request: web.Request) -> web.StreamResponse:
    return page("MediaFire", "This file cannot be had.")


def _info(key: str, state: str) -> dict[str, Any]:
    return {"quickkey": key, "size": "4096", "privacy": "private" if state == "private" else "public"}


def _response(body: dict[str, Any], status: int = 200) -> web.Response:
    return web.json_response({"response": {"action": "file/get_info", **body}}, status=status)


def invent(_kind: str) -> str:
    return f"https://www.mediafire.com/file/{word(15, LETTERS + DIGITS)}/{word(8)}.pdf/file"


_STATES = {"file": "available private removed_by_platform gone_unattributed indeterminate"}

PLAY = Play("mediafire", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent)
