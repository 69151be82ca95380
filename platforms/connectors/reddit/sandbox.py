"""Reddit API: posts and comments by full name, accounts and communities by name."""

from typing import Any

from aiohttp import web

from platforms.sandbox.faults import spoiled, states
from platforms.sandbox.invent import DIGITS, LETTERS, word
from platforms.sandbox.play import Play

routes = web.RouteTableDef()

_CATEGORIES = {
    "removed_by_user": "deleted",
    "removed_by_community": "moderator",
    "removed_by_platform": "content_takedown",
    "indeterminate": "something_new",
}
_BODIES = {
    "removed_by_user": "[deleted]",
    "removed_by_platform": "[ Removed by Reddit ]",
    "gone_unattributed": "[removed]",
    "indeterminate": None,
}


@routes.get("/api/info")
async def info(request: web.Request) -> web.StreamResponse:
    found = states(request, "reddit", [name for name in request.query.get("id", "").split(",") if name])
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    children = [_child(name, state) for name, state in found.items() if not _is_left_out(name, state)]
    return web.json_response({"kind": "Listing", "data": {"after": None, "before": None, "dist": len(children), "children": children}})


def _is_left_out(name: str, state: str) -> bool:
    return state == _LEFT_OUT or (state == "gone_unattributed" and name.startswith("t3_"))


def _child(name: str, state: str) -> dict[str, Any]:
    removed = state in _CATEGORIES or state in _BODIES
    data = {"name": name, "id": name[3:], "subreddit": "somecommunity", "over_18": state == "available_gated"}
    data["author"] = "[deleted]" if removed else "someone"
    if name.startswith("t1_"):
        return {"kind": "t1", "data": {**data, "body": _BODIES.get(state, "A comment.")}}
    post = {"title": "A post", "selftext": "", "removed_by_category": _CATEGORIES.get(state), "removal_reason": None}
    return {"kind": "t3", "data": {**data, **post}}


@routes.get("/user/{name}/about")
async def user(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    state = states(request, "reddit", [f"user/{name}"])[f"user/{name}"]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    if state == "gone_unattributed":
        return web.json_response({"message": "Not Found", "error": 404}, status=404)
    if state == "indeterminate":
        return web.json_response({"message": "Forbidden", "error": 403}, status=403)
    data = {"name": name, "is_suspended": True} if state == "account_suspended" else {"name": name, "id": "abc12", "is_employee": False}
    return web.json_response({"kind": "t2", "data": data})


@routes.get("/r/{name}/about")
async def community(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    state = states(request, "reddit", [f"r/{name}"])[f"r/{name}"]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    if state == "removed_by_platform":
        return web.json_response({"reason": "banned", "message": "Not Found", "error": 404}, status=404)
    if state in {"private", "available_gated"}:
        reason = "private" if state == "private" else "quarantined"
        return web.json_response({"reason": reason, "message": "Forbidden", "error": 403}, status=403)
    if state == "indeterminate":
        return web.json_response({"message": "Forbidden", "error": 403}, status=403)
    return web.json_response({"kind": "t5", "data": {"display_name": name, "subreddit_type": "public", "quarantine": False}})


def invent(kind: str) -> str:
    post = f"https://www.reddit.com/comments/{word(1)}{word(6, LETTERS + DIGITS)}"
    return {
        "post": post,
        "comment": f"{post}/_/{word(1)}{word(6, LETTERS + DIGITS)}",
        "account": f"https://www.reddit.com/user/{word(10)}",
        "group": f"https://www.reddit.com/r/{word(12)}",
    }[kind]


_LEFT_OUT = "left_out"
_STATES = {
    "post": "available available_gated removed_by_user removed_by_community removed_by_platform gone_unattributed indeterminate",
    "comment": "available available_gated removed_by_user removed_by_platform gone_unattributed indeterminate",
    "account": "available account_suspended gone_unattributed indeterminate",
    "group": "available available_gated private removed_by_platform indeterminate",
}

PLAY = Play("reddit", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent, absent=_LEFT_OUT)
