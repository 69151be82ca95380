"""Dailymotion's Platform API: lists of videos and single ones."""

from typing import Any

from aiohttp import web

from platforms.sandbox.faults import spoiled, states
from platforms.sandbox.invent import DIGITS, LETTERS, word
from platforms.sandbox.play import Play

routes = web.RouteTableDef()

_UNLISTED = frozenset({"gone_unattributed", "indeterminate"})


@routes.get("/videos")
async def videos(request: web.Request) -> web.StreamResponse:
    found = states(request, "dailymotion", [name for name in request.query.get("ids", "").split(",") if name])
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    listed = [_video(name, state) for name, state in found.items() if state not in _UNLISTED]
    return web.json_response({"page": 1, "limit": len(found), "explicit": True, "total": len(listed), "has_more": False, "list": listed})


@routes.get("/video/{id}")
async def video(request: web.Request) -> web.StreamResponse:
    name = request.match_info["id"]
    state = states(request, "dailymotion", [name])[name]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    if state == "indeterminate":
        return _error(403, "access_forbidden", "access_error", {"reason": "access_forbidden"})
    if state == "gone_unattributed":
        return _error(404, "not_found", "object_not_found", {"object_type": "video", "object_id": name, "param": "id"})
    return web.json_response(_video(name, state))


def _error(code: int, kind: str, reason: str, details: dict[str, str]) -> web.Response:
    error = {"code": code, "message": "The request failed.", "type": kind, "error_data": {"reason": reason, **details}}
    return web.json_response({"error": error}, status=code)


def _video(name: str, state: str) -> dict[str, Any]:
    return {
        "id": name,
        "status": "rejected" if state == "removed_by_platform" else "published",
        "private": state == "private",
        "geoblocking": ["deny", "de", "fr"] if state == "geo_blocked" else ["allow"],
        "explicit": state == "available_gated",
    }


def invent(_kind: str) -> str:
    return f"https://www.dailymotion.com/video/x{word(6, LETTERS + DIGITS)}"


_STATES = {"video": "available available_gated geo_blocked private removed_by_platform gone_unattributed indeterminate"}

PLAY = Play("dailymotion", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent)
