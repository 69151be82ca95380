"""Google Drive: the API v3 and the page that shows a file."""

from aiohttp import web

from platforms.sandbox.faults import page, spoiled, states
from platforms.sandbox.invent import BASE62, word
from platforms.sandbox.play import Play

routes = web.RouteTableDef()

_PREFIX = "/https/accounts.google.com"


@routes.get("/drive/v3/files/{id}")
async def file(request: web.Request) -> web.StreamResponse:
    number = request.match_info["id"]
    state = states(request, "googledrive", [number])[number]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    if state in {"available", "removed_by_user"}:
        return web.json_response({"id": number, "trashed": state == "removed_by_user"})
    if state == "available_gated":
        return _error(403, "cannotDownloadAbusiveFile")
    return _error(403, "userRateLimitExceeded") if state == "indeterminate" else _error(404, "notFound")


@routes.get("/https/drive.google.com/file/d/{id}/view")
@routes.get("/https/drive.google.com/open")
async def view(request: web.Request) -> web.StreamResponse:
    number = request.match_info.get("id") or request.query.get("id", "")
    state = states(request, "googledrive", [number])[number]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    if state == "private":
        home = request.path.split("/https/", 1)[0]
        return web.Response(status=302, headers={"Location": f"{home}{_PREFIX}/v3/signin/identifier"})
    if state == "removed_by_platform":
        return page("Google Drive", "You can't access this item because it is in violation of our Terms of Service.", 403)
    if state == "gone_unattributed":
        return page("Google Drive - Page Not Found", "Sorry, the file you have requested does not exist.", 404)
    return page("Google Drive", f'<div data-id="{number}">A file.</div>')


@routes.get(f"{_PREFIX}/v3/signin/identifier")
async def sign_in(_request: web.Request) -> web.StreamResponse:
    return page("Sign in - Google Accounts", '<form><input type="email"></form>')


def _error(status: int, reason: str) -> web.Response:
    error = {"code": status, "message": reason, "errors": [{"domain": "global", "reason": reason}]}
    return web.json_response({"error": error}, status=status)


def invent(_kind: str) -> str:
    return f"https://drive.google.com/file/d/1{word(32, BASE62)}/view?usp=sharing"


_STATES = {"file": "available available_gated private removed_by_platform removed_by_user gone_unattributed indeterminate"}

PLAY = Play("googledrive", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent)
