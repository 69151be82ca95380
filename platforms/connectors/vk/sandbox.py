"""VK API: posts, videos, users and communities by id, names resolved. The code is 200 also where there is an error."""

import zlib
from typing import Any

from aiohttp import web

from platforms.sandbox.faults import WORLD, spoiled, states
from platforms.sandbox.invent import number
from platforms.sandbox.play import Play

routes = web.RouteTableDef()

_PREFIXES = {"wall.getById": "wall", "video.get": "video", "users.get": "id", "groups.getById": "club"}
_TEXTS = {
    "account_suspended": "This video is no longer available, because its author has been blocked.",
    "geo_blocked": "This video is not available in your region.",
    "gone_unattributed": "This video has been deleted.",
    "removed_by_platform": "This video was removed from public access by request of the copyright holder.",
}
_DEACTIVATED = {"account_suspended": "banned", "account_gone": "deleted"}
_LEFT_OUT = frozenset({"left_out", *_DEACTIVATED})


@routes.get("/method/{method:wall.getById|video.get|users.get|groups.getById}")
async def listing(request: web.Request) -> web.StreamResponse:
    method = request.match_info["method"]
    prefix = _PREFIXES[method]
    key = {"wall": "posts", "video": "videos", "id": "user_ids", "club": "group_ids"}[prefix]
    asked = [f"{prefix}{name}" for name in request.query.get(key, "").split(",") if name]
    found = states(request, "vk", [_meant(request, name) for name in asked])
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    if "indeterminate" in found.values():
        return web.json_response({"error": {"error_code": 14, "error_msg": "Captcha needed", "request_params": []}})
    items = [item for name, state in zip(asked, found.values(), strict=False) if (item := _ITEMS[prefix](name, state)) is not None]
    if prefix == "id":
        return web.json_response({"response": items})
    return web.json_response({"response": {"groups" if prefix == "club" else "items": items}})


@routes.get("/method/utils.resolveScreenName")
async def resolve(request: web.Request) -> web.StreamResponse:
    name = request.query.get("screen_name", "")
    state = states(request, "vk", [name])[name]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    return web.json_response({"response": {"type": "user", "object_id": zlib.crc32(name.encode()) + 1}})


def _meant(request: web.Request, name: str) -> str:
    """An owner is in the state of what is on its wall, where that is a state of accounts; else in its own."""
    world = request.app[WORLD]
    owner = f"-{name[4:]}" if name.startswith("club") else name.removeprefix("id")
    for platform, key in world.items:
        on_it = platform == "vk" and name.startswith(("id", "club")) and key.startswith((f"wall{owner}_", f"video{owner}_"))
        if on_it and world.state("vk", key) in {"private", *_DEACTIVATED}:
            return key
    return name


def _post(name: str, state: str) -> dict[str, Any] | None:
    if state in _LEFT_OUT | {"private"}:
        return None
    owner, post = name.removeprefix("wall").split("_")
    deleted = {"is_deleted": True, "deleted_reason": "deleted"} if state == "gone_unattributed" else {"text": "A post.", "date": 1}
    return {"id": int(post), "owner_id": int(owner), **deleted}


def _video(name: str, state: str) -> dict[str, Any] | None:
    if state == "left_out":
        return None
    owner, video = name.removeprefix("video").split("_")
    restricted = {"content_restricted": 1, "content_restricted_message": _TEXTS[state]} if state in _TEXTS else {"duration": 7}
    return {"id": int(video), "owner_id": int(owner), "type": "video", **restricted}


def _user(name: str, state: str) -> dict[str, Any] | None:
    if state in _DEACTIVATED:
        return {"id": int(name[2:]), "first_name": "DELETED", "deactivated": _DEACTIVATED[state]}
    return {"id": int(name[2:]), "first_name": "Some", "is_closed": state == "private", "can_access_closed": state != "private"}


def _group(name: str, state: str) -> dict[str, Any] | None:
    gone = {"deactivated": _DEACTIVATED[state]} if state in _DEACTIVATED else {}
    return {"id": int(name[4:]), "name": "Some", "type": "group", "is_closed": int(state == "private"), **gone}


_ITEMS = {"wall": _post, "video": _video, "id": _user, "club": _group}


def invent(kind: str) -> str:
    return {
        "post": f"https://vk.com/wall-{number(9)}_{number(4)}",
        "video": f"https://vk.com/video-{number(9)}_{number(9)}",
        "account": f"https://vk.com/id{number(9)}",
        "group": f"https://vk.com/club{number(9)}",
    }[kind]


_STATES = {
    "post": "available private account_suspended account_gone gone_unattributed indeterminate",
    "video": "available geo_blocked removed_by_platform account_suspended gone_unattributed indeterminate",
    "account": "available private account_suspended account_gone indeterminate",
    "group": "available private account_suspended account_gone indeterminate",
}

PLAY = Play("vk", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent, absent="left_out")
