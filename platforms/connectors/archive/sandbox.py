"""The Internet Archive: the Metadata API and the Wayback Machine."""

from typing import Any

from aiohttp import web

from platforms.connectors.archive.addresses import named
from platforms.sandbox.faults import page, spoiled, states
from platforms.sandbox.invent import number, word
from platforms.sandbox.play import Play

routes = web.RouteTableDef()


@routes.get("/metadata/{identifier}")
async def metadata(request: web.Request) -> web.StreamResponse:
    identifier = request.match_info["identifier"]
    state = states(request, "archive", [identifier])[identifier]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    if state == "gone_unattributed":
        return web.json_response({})
    if state == "removed_by_platform":
        return web.json_response({"is_dark": True, "created": 1_700_000_000, "server": "ia800000.us.archive.org"})
    if state == "indeterminate":
        return web.json_response({"error": "The item could not be read."})
    return web.json_response(_item(identifier, state))


def _item(identifier: str, state: str) -> dict[str, Any]:
    block: dict[str, Any] = {"identifier": identifier, "mediatype": "movies"}
    if state == "available_gated":
        block["access-restricted-item"] = "true"
    files = [{"name": f"{identifier}_meta.xml", "source": "original"}, {"name": f"{identifier}_files.xml", "source": "original"}]
    return {"created": 1_700_000_000, "metadata": block, "files": files, "files_count": len(files)}


@routes.get("/https/web.archive.org/web/{capture:.+}")
async def capture(request: web.Request) -> web.StreamResponse:
    ref = named("https://" + request.rel_url.raw_path_qs.split("/https/", 1)[1])
    key = ref.external_id if ref else ""
    state = states(request, "archive", [key])[key]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    if state == "removed_by_platform":
        return page("Wayback Machine", "Sorry. This URL has been excluded from the Wayback Machine.", 403)
    if state == "indeterminate":
        return page("Wayback Machine", "The Wayback Machine is temporarily offline.")
    return page("A captured page", "Plain sentences, as they were.", headers={"Memento-Datetime": "Thu, 19 Sep 2013 04:46:12 GMT"})


def invent(kind: str) -> str:
    if kind == "page":
        time = f"201{number(1)}010{number(1)}1{number(1)}2{number(1)}3{number(1)}"
        return f"https://web.archive.org/web/{time}/https://{word(10)}.example/posts/{number(6)}"
    return f"https://archive.org/details/{word(12)}-{number(4)}"


_STATES = {
    "file": "available available_gated removed_by_platform gone_unattributed indeterminate",
    "page": "available removed_by_platform indeterminate",
}

PLAY = Play("archive", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent)
