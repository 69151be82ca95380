"""Discord API v10: the look-up of an invitation."""

import zlib
from typing import Any

from aiohttp import web

from platforms.sandbox.faults import spoiled, states
from platforms.sandbox.invent import BASE62, word
from platforms.sandbox.play import Play

routes = web.RouteTableDef()


@routes.get("/api/v10/invites/{code}")
async def invite(request: web.Request) -> web.StreamResponse:
    code = request.match_info["code"]
    state = states(request, "discord", [code])[code]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    if state == "gone_unattributed":
        return web.json_response({"message": "Unknown Invite", "code": 10006}, status=404)
    if state == "indeterminate":
        return web.json_response({"message": "401: Unauthorized", "code": 0}, status=401)
    guild: dict[str, Any] = {
        "id": str(10**17 + zlib.crc32(code.encode())),
        "features": [],
        "nsfw_level": 3 if state == "available_gated" else 0,
    }
    body = {"type": 0, "code": code, "guild": guild, "channel": {"id": "100000000000000001", "type": 0}, "expires_at": None}
    return web.json_response({**body, "approximate_member_count": 12, "approximate_presence_count": 3})


def invent(_kind: str) -> str:
    return f"https://discord.gg/{word(10, BASE62)}"


# Messages and attachments are never asked for.
_STATES = {"group": "available available_gated gone_unattributed indeterminate"}

PLAY = Play("discord", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent)
