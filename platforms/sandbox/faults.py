"""Replies that prove nothing: walls, limits, broken servers. They spoil the whole reply, whatever was asked."""

import asyncio
from collections.abc import Iterable

from aiohttp import web

from platforms.registry import plays
from platforms.sandbox.world import FILTERED, WHOLE_REPLY, World

WORLD = web.AppKey("world", World)
_FAULT = web.RequestKey("fault", str)
HANG_SECONDS = 60.0
SLOW_SECONDS = 2.0


def states(request: web.Request, platform: str, keys: Iterable[str]) -> dict[str, str]:
    """State of each item asked for; the call is written to the log."""
    world = request.app[WORLD]
    asked = list(dict.fromkeys(keys))
    world.log(request.method, request.path, asked)
    if _FAULT not in request:
        request[_FAULT] = world.weather.draw() if world.weather else ""
    if request[_FAULT] == FILTERED and (absent := plays()[platform].absent):
        return dict.fromkeys(asked, absent)
    return {key: world.state(platform, key) for key in asked}


async def spoiled(request: web.Request, found: Iterable[str]) -> web.StreamResponse | None:
    """The reply if one of the states, or the weather, spoils it all, else None. `slow` only delays."""
    for state in (request.get(_FAULT, ""), *found):
        if state == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        elif state in WHOLE_REPLY:
            return await _FAULTS[state](request)
    return None


def page(title: str, text: str, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    html = f"<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
    return web.Response(text=html, content_type="text/html", status=status, headers=headers)


async def _bot_wall(_request: web.Request) -> web.StreamResponse:
    return page("Just a moment...", "Checking your browser.", 403, {"cf-mitigated": "challenge", "Server": "cloudflare"})


async def _login_wall(_request: web.Request) -> web.StreamResponse:
    return page("Log in", '<form><input name="user"><input type="password" name="password"></form>')


async def _rate_limited(_request: web.Request) -> web.StreamResponse:
    return web.json_response({"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, status=429, headers={"Retry-After": "2"})


async def _server_error(_request: web.Request) -> web.StreamResponse:
    return page("Service unavailable", "Try again later.", 503)


async def _timeout(_request: web.Request) -> web.StreamResponse:
    # Ends early when the client goes away or the server stops: handlers are cancelled then.
    await asyncio.sleep(HANG_SECONDS)
    return web.Response(status=504)


async def _garbage(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=b'\x93\x1f{"items": [\xff\xfe\x00', content_type="application/json")


async def _truncated(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"kind": "cut off he')
    if request.transport is not None:
        request.transport.close()
    return response


async def _redirect_loop(request: web.Request) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": request.rel_url.raw_path_qs})


_FAULTS = {
    "bot_wall": _bot_wall,
    "login_wall": _login_wall,
    "rate_limited": _rate_limited,
    "server_error": _server_error,
    "timeout": _timeout,
    "garbage": _garbage,
    "truncated": _truncated,
    "redirect_loop": _redirect_loop,
}
