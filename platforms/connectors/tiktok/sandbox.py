"""TikTok's oEmbed endpoint and the state its pages carry."""

import json
from typing import Any

from aiohttp import web

from platforms.identity import identify
from platforms.sandbox.faults import page, spoiled, states
from platforms.sandbox.invent import number, word
from platforms.sandbox.play import Play

routes = web.RouteTableDef()


@routes.get("/oembed")
async def oembed(request: web.Request) -> web.StreamResponse:
    ref = identify(request.query.get("url", ""))
    found = states(request, "tiktok", [ref.external_id])
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    state = next(iter(found.values()))
    if state == "indeterminate":
        # A caller that is refused gets a page, not an answer.
        return page("Please wait...", "Checking your connection.")
    if state != "available":
        return web.json_response({"code": 400, "status_msg": "Something went wrong"}, status=400)
    code = f'<blockquote class="tiktok-embed" cite="{ref.canonical_url}"></blockquote>'
    return web.json_response(
        {"version": "1.0", "type": "video", "html": code, "provider_name": "TikTok", "provider_url": "https://www.tiktok.com"}
    )


@routes.get("/https/www.tiktok.com/@{name}")
@routes.get("/https/www.tiktok.com/@{name}/video/{number}")
async def public_page(request: web.Request) -> web.StreamResponse:
    key = request.match_info.get("number") or request.match_info["name"]
    found = states(request, "tiktok", [key])
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    state = next(iter(found.values()))
    if state == "indeterminate":
        return page("Please wait...", "Checking your connection.")
    if "number" in request.match_info:
        shown: dict[str, Any] = {"statusCode": 0, "itemInfo": {"itemStruct": {"id": key, "video": {"id": key}}}}
        part = {"webapp.video-detail": shown if state == "available" else {"statusCode": 10204}}
    else:
        part = {"webapp.user-detail": {"statusCode": 0, "userInfo": {"user": {"uniqueId": key}}}}
    data = json.dumps({"__DEFAULT_SCOPE__": part})
    script = f'<script id="__UNIVERSAL_DATA_FOR_REHYDRATION__" type="application/json">{data}</script>'
    return web.Response(
        text=f"<!doctype html><html><head><title>TikTok</title></head><body>{script}</body></html>", content_type="text/html"
    )


def invent(kind: str) -> str:
    return f"https://www.tiktok.com/@{word(10)}" + ("" if kind == "account" else f"/video/{number(19)}")


_STATES = {
    "video": "available gone_unattributed indeterminate",
    # Asked for by name: one that is not found may have been renamed.
    "account": "available indeterminate",
}

PLAY = Play("tiktok", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent)
