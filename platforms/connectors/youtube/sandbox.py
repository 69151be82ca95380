"""YouTube Data API v3: videos, channels, playlists, comments."""

import hashlib
from typing import Any

from aiohttp import web

from platforms.sandbox.faults import spoiled, states
from platforms.sandbox.invent import BASE62, word
from platforms.sandbox.play import Play

routes = web.RouteTableDef()

_REJECTED = {"removed_by_platform": "termsOfUse", "account_suspended": "uploaderAccountSuspended", "account_gone": "uploaderAccountClosed"}


@routes.get("/youtube/v3/{resource:videos|channels|playlists|comments}")
async def listing(request: web.Request) -> web.StreamResponse:
    resource = request.match_info["resource"]
    key = next((name for name in ("id", "forHandle", "forUsername") if name in request.query), "id")
    asked = [name for name in request.query.get(key, "").split(",") if name]
    found = states(request, "youtube", [f"user/{name}" if key == "forUsername" else name for name in asked])
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    if "indeterminate" in found.values():
        error = {
            "code": 403,
            "message": "The request cannot be completed.",
            "errors": [{"domain": "youtube.quota", "reason": "quotaExceeded"}],
        }
        return web.json_response({"error": error}, status=403)
    items = [_item(resource, name, state) for name, state in found.items() if state != "gone_unattributed"]
    page = {"totalResults": len(items), "resultsPerPage": 50}
    body = {"kind": f"youtube#{resource[:-1]}ListResponse", "etag": "sandbox", "pageInfo": page}
    return web.json_response({**body, "items": items} if items or resource == "videos" else body)


def _item(resource: str, name: str, state: str) -> dict[str, Any]:
    if resource == "comments":
        return {"kind": "youtube#comment", "id": name}
    item: dict[str, Any] = {"kind": f"youtube#{resource[:-1]}", "id": name, "status": {"privacyStatus": "public"}, "snippet": {}}
    if resource == "channels" and not name.startswith("UC"):
        plain = name.removeprefix("user/").removeprefix("@")
        item |= {"id": "UC" + hashlib.sha256(plain.encode()).hexdigest()[:22], "snippet": {"customUrl": f"@{plain}"}}
    if resource == "videos":
        item["status"] |= {"uploadStatus": "processed", "embeddable": True}
        item["contentDetails"] = {"contentRating": {}}
    if state in _REJECTED:
        item["status"] |= {"uploadStatus": "rejected", "rejectionReason": _REJECTED[state]}
    elif state == "geo_blocked":
        item["contentDetails"]["regionRestriction"] = {"blocked": ["DE", "FR"]}
    elif state == "available_gated":
        item["contentDetails"]["contentRating"] = {"ytRating": "ytAgeRestricted"}
    return item


def invent(kind: str) -> str:
    return {
        "video": f"https://www.youtube.com/watch?v={word(11, BASE62)}",
        "channel": f"https://www.youtube.com/channel/UC{word(22, BASE62)}",
        "playlist": f"https://www.youtube.com/playlist?list=PL{word(32, BASE62)}",
        "comment": f"https://www.youtube.com/watch?v={word(11, BASE62)}&lc=Ug{word(24, BASE62)}",
    }[kind]


_STATES = {
    "video": "available available_gated geo_blocked removed_by_platform account_suspended account_gone gone_unattributed indeterminate",
    "channel": "available gone_unattributed indeterminate",
    # There is no playlist or comment that everybody knows to be up: unless one is configured, an absent one proves nothing.
    "playlist": "available indeterminate",
    "comment": "available indeterminate",
}

PLAY = Play("youtube", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent, absent="gone_unattributed")
