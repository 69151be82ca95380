"""The sandbox as one HTTP application: the platforms' interfaces and the control interface beside them."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from platforms.identity import identify
from platforms.registry import plays
from platforms.sandbox.faults import WORLD
from platforms.sandbox.world import ScriptError, World

control = web.RouteTableDef()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


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


@control.post("/_control/links")
async def add_link(request: web.Request) -> web.Response:
    """`{"url", "target"}`: a short link and where it leads."""
    try:
        body: Any = await request.json()
    except json.JSONDecodeError:
        return _problem("The body must be JSON.")
    if not isinstance(body, dict) or not all(isinstance(body.get(key), str) for key in ("url", "target")):
        return _problem('A link is {"url": address, "target": address}.')
    request.app[WORLD].links[body["url"].split("://", 1)[-1]] = body["target"]
    return web.json_response({"links": len(request.app[WORLD].links)})


@control.post("/_control/weather")
async def weather(request: web.Request) -> web.Response:
    """`{"share": 0.3, "faults": ["rate_limited", "filtered", …], "seed"?}`: bad weather for every platform; `{}` clears the sky."""
    try:
        body: Any = await request.json()
        request.app[WORLD].change_weather(body if isinstance(body, dict) else {"share": None})
    except json.JSONDecodeError:
        return _problem("The body must be JSON.")
    except ScriptError as error:
        return _problem(str(error))
    return web.json_response({"weather": "bad" if request.app[WORLD].weather else "good"})


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
    """Every interface under the path of its platform and at the root as well, where the page's platform decides if two have one path."""
    app = web.Application(middlewares=[_short_links])
    app[WORLD] = world
    app.add_routes(control)
    at_the_root: dict[tuple[str, str], dict[str, Handler]] = {}
    for slug, play in plays().items():
        for route in play.routes:
            if isinstance(route, web.RouteDef):
                app.router.add_route(route.method, f"/{slug}{route.path}", route.handler)
                at_the_root.setdefault((route.method, route.path), {})[slug] = route.handler
    # Pages of any host come last: the others are exceptions to them.
    for (method, path), handlers in sorted(at_the_root.items(), key=lambda one: "{host}" in one[0][1]):
        app.router.add_route(method, path, _by_url(handlers))
    return app


@web.middleware
async def _short_links(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Links are pages of any host: `…/{scheme}/{host}{path}`, below any platform."""
    _, is_page, name = request.path.partition("/https/")
    if is_page and (target := request.app[WORLD].links.get(name)):
        request.app[WORLD].log(request.method, request.path, [name])
        return web.Response(status=302, headers={"Location": target})
    return await handler(request)


def _by_url(handlers: Mapping[str, Handler]) -> Handler:
    """The handler of the platform that the parameter `url` belongs to, else the first."""

    async def handler(request: web.Request) -> web.StreamResponse:
        url = request.query.get("url", "")
        slug = identify(url).platform if len(handlers) > 1 and url else ""
        return await handlers.get(slug, next(iter(handlers.values())))(request)

    return handler


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
