"""X API v2: look-ups of posts and users."""

import zlib
from typing import Any

from aiohttp import web

from platforms.sandbox import invent
from platforms.sandbox.faults import WORLD, spoiled, states
from platforms.sandbox.play import Play

routes = web.RouteTableDef()

_PROBLEMS = "https://api.twitter.com/2/problems"
_WITHHELD = {
    "geo_blocked": {"copyright": False, "country_codes": ["DE", "FR"], "scope": "tweet"},
    "removed_by_platform": {"copyright": False, "country_codes": ["XX"], "scope": "tweet"},
}
_HAS_AUTHOR_ERROR = frozenset({"private", "account_gone"})


@routes.get("/2/tweets")
async def posts(request: web.Request) -> web.StreamResponse:
    asked = [number for number in request.query.get("ids", "").split(",") if number]
    found = states(request, "x", asked)
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    if "indeterminate" in found.values():
        return _forbidden()
    data, errors = [], []
    for number, state in found.items():
        if state in {"private", "account_suspended", "account_gone", "gone_unattributed"}:
            errors += _post_errors(number, state)
        else:
            extra = {"withheld": _WITHHELD[state]} if state in _WITHHELD else {"possibly_sensitive": state == "available_gated"}
            data.append({"id": number, "author_id": _author(number), "edit_history_tweet_ids": [number], **extra})
    return _reply(data, errors)


@routes.get("/2/users")
@routes.get("/2/users/by")
async def users(request: web.Request) -> web.StreamResponse:
    by_name = request.path.endswith("/by")
    key = "usernames" if by_name else "ids"
    asked = [name for name in request.query.get(key, "").split(",") if name]
    found = states(request, "x", [name.lower() if by_name else _account_key(request, name) for name in asked])
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    if "indeterminate" in found.values():
        return _forbidden()
    data, errors = [], []
    for name, state in zip(asked, found.values(), strict=False):
        if state in {"account_suspended", "account_gone"}:
            errors.append(_user_error(name, key, state))
            continue
        user = {"id": _author(name), "username": name} if by_name else {"id": name, "username": f"user{name[-6:]}"}
        data.append({**user, "protected": state == "private", **({"withheld": _WITHHELD[state]} if state in _WITHHELD else {})})
    return _reply(data, errors)


def _author(number: str) -> str:
    """Invented id of the author of a post, the same every time."""
    return str(10**9 + zlib.crc32(number.encode()))


def _account_key(request: web.Request, number: str) -> str:
    """A number that stands for an account flagged by name, or for the author of a post, is in the state of that item."""
    named = (key for (platform, key) in request.app[WORLD].items if platform == "x" and _author(key) == number)
    return next(named, f"id/{number}")


def _post_errors(number: str, state: str) -> list[dict[str, Any]]:
    about = {"value": number, "resource_id": number, "resource_type": "tweet", "parameter": "ids"}
    if state == "account_suspended":
        detail = f"User has been suspended: [{_author(number)}]."
        return [{**about, "title": "Forbidden", "detail": detail, "type": f"{_PROBLEMS}/resource-not-found"}]
    if state == "private":
        detail = f"Sorry, you are not authorized to see the Tweet with ids: [{number}]."
        error = {**about, "title": "Authorization Error", "detail": detail, "type": f"{_PROBLEMS}/not-authorized-for-resource"}
    else:
        detail = f"Could not find tweet with ids: [{number}]."
        error = {**about, "title": "Not Found Error", "detail": detail, "type": f"{_PROBLEMS}/resource-not-found"}
    if state not in _HAS_AUTHOR_ERROR:
        return [error]
    author = {"value": _author(number), "resource_id": _author(number), "resource_type": "user", "parameter": "author_id"}
    hint = {**author, "title": "Not Found Error", "detail": "Could not find user.", "type": f"{_PROBLEMS}/resource-not-found"}
    return [error, {**hint, "section": "includes"}]


def _user_error(name: str, key: str, state: str) -> dict[str, Any]:
    about = {"value": name, "resource_id": name, "resource_type": "user", "parameter": key, "type": f"{_PROBLEMS}/resource-not-found"}
    if state == "account_suspended":
        return {**about, "title": "Forbidden", "detail": f"User has been suspended: [{name}]."}
    return {**about, "title": "Not Found Error", "detail": f"Could not find user with {key}: [{name}]."}


def _forbidden() -> web.Response:
    body = {"title": "Client Forbidden", "detail": "This request must be made by an enrolled app.", "type": f"{_PROBLEMS}/client-forbidden"}
    return web.json_response(body, status=403)


def _reply(data: list[dict[str, Any]], errors: list[dict[str, Any]]) -> web.Response:
    return web.json_response({**({"data": data} if data else {}), **({"errors": errors} if errors else {})})


def address(kind: str) -> str:
    user = invent.word(10)
    return f"https://x.com/{user}" if kind == "account" else f"https://x.com/{user}/status/{invent.number(19)}"


_STATES = {
    "post": "available available_gated geo_blocked private removed_by_platform account_suspended account_gone gone_unattributed "
    "indeterminate",
    # Asked for by name: one that is not found may have been renamed.
    "account": "available geo_blocked private removed_by_platform account_suspended indeterminate",
}

PLAY = Play("x", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, address)
