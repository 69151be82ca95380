"""Vimeo: oEmbed, the video's page and the list of the API."""

from aiohttp import web

from platforms.connectors.vimeo.addresses import named
from platforms.sandbox.faults import page, spoiled, states
from platforms.sandbox.invent import number
from platforms.sandbox.play import Play

routes = web.RouteTableDef()


@routes.get("/api/oembed.json")
async def oembed(request: web.Request) -> web.StreamResponse:
    ref = named(request.query.get("url", ""))
    key = ref.external_id if ref else ""
    state = states(request, "vimeo", [key])[key]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    if state == "indeterminate":
        return web.json_response({"error": "Not allowed"}, status=403)
    if state != "available":
        return web.json_response({"error": "Not found"}, status=404)
    return web.json_response({"type": "video", "version": "1.0", "provider_name": "Vimeo", "video_id": int(key), "uri": f"/videos/{key}"})


@routes.get("/https/vimeo.com/{id:[0-9]+}")
async def video(request: web.Request) -> web.StreamResponse:
    key = request.match_info["id"]
    state = states(request, "vimeo", [key])[key]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    if state == "removed_by_platform":
        return page("VimeUhOh", "This video was removed as a result of a violation of the terms of service.", 404)
    if state == "gone_unattributed":
        return page("VimeUhOh", "Sorry, we couldn't find that page.", 404)
    return page("A video on Vimeo", "A player stands here.")


@routes.get("/https/api.vimeo.com/videos")
async def videos(request: web.Request) -> web.StreamResponse:
    found = states(request, "vimeo", [uri.rsplit("/", 1)[-1] for uri in request.query.get("uris", "").split(",") if uri])
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    listed = [
        {"uri": f"/videos/{key}", "status": "available", "privacy": {"view": "anybody"}}
        for key, state in found.items()
        if state == "available"
    ]
    return web.json_response({"total": len(listed), "data": listed})


def invent(_kind: str) -> str:
    return f"https://vimeo.com/{number(9)}"


_STATES = {"video": "available removed_by_platform gone_unattributed indeterminate"}

PLAY = Play("vimeo", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent)
