"""Paste sites: Telegraph's API, and the pages of JustPaste.it, Pastebin and Rentry."""

from aiohttp import web

from platforms.sandbox.faults import page, spoiled, states
from platforms.sandbox.invent import BASE62, word
from platforms.sandbox.play import Play

routes = web.RouteTableDef()

_GONE = frozenset({"gone_unattributed", "removed_by_platform", "geo_blocked"})


@routes.get("/https/api.telegra.ph/getPage/{path}")
async def telegraph(request: web.Request) -> web.StreamResponse:
    path = request.match_info["path"]
    key = f"telegra.ph/{path}"
    state = states(request, "paste", [key])[key]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    if state != "available":
        return web.json_response({"ok": False, "error": "PAGE_NOT_FOUND" if state in _GONE else "FLOOD_WAIT_7"})
    return web.json_response({"ok": True, "result": {"path": path, "url": f"https://telegra.ph/{path}", "title": "A page", "views": 1}})


@routes.get("/https/{host:justpaste[.]it|pastebin[.]com|rentry[.]co}/{slug}")
async def paste(request: web.Request) -> web.StreamResponse:
    host, slug = request.match_info["host"], request.match_info["slug"]
    key = f"{host}/{slug}"
    state = states(request, "paste", [key])[key]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    if state == "removed_by_platform":
        return page("Not available", "This article has been removed for a violation of the terms of use.", 404)
    if state == "geo_blocked":
        return page("Not available", "This article is not available in your country.", 451)
    if state == "gone_unattributed":
        return page("Not Found (#404)", "There is nothing at this address.", 404)
    if state == "indeterminate":
        return page("A paste", '<form><input type="password" name="code"></form>')
    return page("A paste", f'Plain sentences. <a href="https://{host}/{slug}">The address of this paste</a>')


def invent(_kind: str) -> str:
    return f"https://justpaste.it/{word(5, BASE62)}"


_STATES = {"page": "available geo_blocked removed_by_platform gone_unattributed indeterminate"}

PLAY = Play("paste", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent)
