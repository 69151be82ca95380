"""The sandbox as one HTTP application: the platforms' interfaces and the control interface beside them."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from platforms.sandbox import PATHS, bluesky, mastodon, pages, x, youtube
from platforms.sandbox.faults import WORLD
from platforms.sandbox.world import ScriptError, World

control = web.RouteTableDef()


@control.post("/_control/items")
async def add_items(request: web.Request) -> web.Response:
    """`{"platform", "kind"?, "script": [{"at", "state"}]}`, or several as `{"items": […]}`; answers with address and id of each."""
    try:
        body: Any = await request.json()
    except json.JSONDecodeError:
        return _problem("The body must be JSON.")
    wishes = body.get("items", [body]) if isinstance(body, dict) else None
    if not isinstance(wishes, list) or not all(isinstance(wish, dict) for wish in wishes):
        return _problem('The body must be one item or {"items": [item, …]}.')
    try:
        added = request.app[WORLD].add(wishes)
    except ScriptError as error:
        return _problem(str(error))
    answers = [{"url": item.url, "external_id": item.external_id} for item in added]
    return web.json_response({"items": answers} if "items" in body else answers[0])


@control.post("/_control/reset")
async def reset(request: web.Request) -> web.Response:
    request.app[WORLD].reset()
    return web.json_response({"items": 0})


@control.get("/_control/log")
async def log(request: web.Request) -> web.Response:
    """The last 10,000 calls the platforms' interfaces received, oldest first."""
    return web.json_response(list(request.app[WORLD].calls))


@control.get("/_control/health")
async def health(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok", "items": len(request.app[WORLD].items)})


def _problem(message: str) -> web.Response:
    return web.json_response({"error": message}, status=400)


def build(world: World) -> web.Application:
    """Every interface under the path of its platform (`PATHS`) and, as their addresses never clash, at the root as well."""
    app = web.Application()
    app[WORLD] = world
    app.add_routes(control)
    played = {"youtube": youtube.routes, "x": x.routes, "mastodon": mastodon.routes, "bluesky": bluesky.routes, "web": pages.routes}
    for prefix in (PATHS, dict.fromkeys(PATHS, "")):
        for slug, routes in played.items():
            for route in routes:
                if isinstance(route, web.RouteDef):
                    app.router.add_route(route.method, prefix[slug] + route.path.removeprefix(PATHS[slug]), route.handler, **route.kwargs)
    return app


@asynccontextmanager
async def serving(world: World, port: int = 0, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """Serve until the block ends; gives the server's URL. Port 0 takes a free one."""
    # Handlers are cancelled when their client goes away: a hanging reply must not outlive it.
    runner = web.AppRunner(build(world), handler_cancellation=True, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def serve_forever(world: World, port: int, host: str) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(world, port, host):
        await stop.wait()
