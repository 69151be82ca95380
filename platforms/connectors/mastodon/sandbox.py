"""Mastodon's REST interface, one instance per host in the path."""

import secrets
import zlib
from typing import Any

from aiohttp import web

from platforms.sandbox.faults import spoiled, states
from platforms.sandbox.invent import number, word
from platforms.sandbox.play import Play

routes = web.RouteTableDef()


@routes.get("/{host}/api/v1/statuses")
async def statuses(request: web.Request) -> web.StreamResponse:
    host = request.match_info["host"]
    found = states(request, "mastodon", [f"{host}/{number}" for number in request.query.getall("id[]", [])])
    if (bad := await _refused(request, list(found.values()))) is not None:
        return bad
    return web.json_response([_status(key, state) for key, state in found.items() if state != "gone_unattributed"])


@routes.get("/{host}/api/v1/statuses/{id}")
async def status(request: web.Request) -> web.StreamResponse:
    key = f"{request.match_info['host']}/{request.match_info['id']}"
    state = states(request, "mastodon", [key])[key]
    if (bad := await _refused(request, [state])) is not None:
        return bad
    return _not_found() if state == "gone_unattributed" else web.json_response(_status(key, state))


@routes.get("/{host}/api/v1/accounts/lookup")
async def lookup(request: web.Request) -> web.StreamResponse:
    return await _account(request, f"@{request.query.get('acct', '')}")


@routes.get("/{host}/api/v1/accounts/{id}")
async def account(request: web.Request) -> web.StreamResponse:
    return await _account(request, request.match_info["id"])


async def _account(request: web.Request, name: str) -> web.StreamResponse:
    host = request.match_info["host"]
    number = name if name.isdigit() else _number(host, name)
    key = f"{host}/{number}"
    state = states(request, "mastodon", [key])[key]
    if (bad := await _refused(request, [state])) is not None:
        return bad
    if state == "gone_unattributed":
        return _not_found()
    body: dict[str, Any] = {"id": number, "username": name.lstrip("@"), "acct": name.lstrip("@")}
    flags = {"account_suspended": "suspended", "available_gated": "limited"}
    return web.json_response({**body, **({flags[state]: True} if state in flags else {})})


@routes.post("/{host}/api/v1/reports")
async def report(request: web.Request) -> web.StreamResponse:
    body = await request.json()
    host = request.match_info["host"]
    found = states(request, "mastodon", [f"{host}/{number}" for number in body.get("status_ids", [])])
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    if not request.headers.get("Authorization", "").startswith("Bearer "):
        return web.json_response({"error": "This API requires an authenticated user"}, status=401)
    if not body.get("account_id"):
        return web.json_response({"error": "Validation failed: account_id is missing"}, status=422)
    return web.json_response({"id": str(secrets.randbelow(10**6)), "action_taken": False, "category": body.get("category", "other")})


async def _refused(request: web.Request, found: list[str]) -> web.StreamResponse | None:
    if "indeterminate" in found:
        return web.json_response({"error": "This API requires an authenticated user"}, status=401)
    return await spoiled(request, found)


def _status(key: str, state: str) -> dict[str, Any]:
    host, number = key.split("/", 1)
    author = {"id": "109", "username": "someone", "acct": "someone"}
    return {
        "id": number,
        "uri": f"https://{host}/users/someone/statuses/{number}",
        "sensitive": state == "available_gated",
        "account": author,
    }


def _number(host: str, name: str) -> str:
    """Invented number of an account, the same every time."""
    return str(10**17 + zlib.crc32(f"{host}/{name}".encode()))


def _not_found() -> web.Response:
    return web.json_response({"error": "Record not found"}, status=404)


def invent(kind: str) -> str:
    home = f"https://mastodon.{word(10)}.example"
    return f"{home}/web/accounts/{number(18)}" if kind == "account" else f"{home}/@{word(8)}/{number(18)}"


_STATES = {
    "post": "available available_gated gone_unattributed indeterminate",
    "account": "available available_gated account_suspended gone_unattributed indeterminate",
}

PLAY = Play("mastodon", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent)
