"""Recorded replies played back from loopback, and an address or two per platform to look at."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

DID = "did:plc:z72i7hdynmk6r22z27h6tvur"
EXAMPLES = {
    "youtube": ["https://youtu.be/dQw4w9WgXcQ", "https://youtu.be/aaaaaaaaaaa", "https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw"],
    "x": ["https://x.com/a/status/1234567890", "https://x.com/a/status/1234567891", "https://x.com/someone"],
    "mastodon": ["https://a.example/@b/123456", "https://a.example/@b/123457", "https://mastodon.social/@b"],
    "bluesky": [
        f"https://bsky.app/profile/{DID}/post/3aaa",
        f"https://bsky.app/profile/{DID}/post/3bbb",
        f"https://bsky.app/profile/{DID}",
    ],
    "web": ["https://a.example/b", "https://a.example/c", "https://b.example/"],
}


def _begins(path: str, recorded: str) -> bool:
    """`/posts/7` begins `/posts/7?a=b`, but not the random neighbour `/posts/7f3a`."""
    return path.startswith(recorded) and not (recorded[-1:].isalnum() and path[len(recorded) :][:1].isalnum())


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """A loopback server that answers every path by `handler`; gives "127.0.0.1:port"."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def replaying(replies: Sequence[Mapping[str, Any]], calls: list[web.Request]) -> AsyncIterator[str]:
    """A server that answers each path with the first reply recorded for it; 500 where there is none."""

    async def handler(request: web.Request) -> web.StreamResponse:
        calls.append(request)
        for reply in replies:
            if _begins(request.path_qs, reply["path"]):
                body = json.dumps(reply["json"]) if "json" in reply else reply.get("text", "")
                kind = "application/json" if "json" in reply else "text/html"
                headers = {"Content-Type": kind, **reply.get("headers", {})}
                return web.Response(status=reply["status"], body=body.encode(), headers=headers)
        return web.Response(status=500)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
