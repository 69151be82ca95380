"""pCloud's API of both regions: public links."""

from aiohttp import web

from platforms.sandbox.faults import spoiled, states
from platforms.sandbox.invent import BASE62, word
from platforms.sandbox.play import Play

routes = web.RouteTableDef()

_RESULTS = {
    "gone_unattributed": (7001, "Invalid link 'code'."),
    "removed_by_user": (7002, "This link is deleted by the owner."),
    "removed_by_platform": (7003, "This link is deleted by the system."),
    "indeterminate": (7005, "This link has reached its traffic limit."),
}


@routes.get("/https/{host:e?api[.]pcloud[.]com}/showpublink")
async def showpublink(request: web.Request) -> web.StreamResponse:
    code = request.query.get("code", "")
    key = f"{'e' if request.match_info['host'].startswith('e') else 'u'}/{code}"
    state = states(request, "pcloud", [key])[key]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    if state in _RESULTS:
        result, error = _RESULTS[state]
        return web.json_response({"result": result, "error": error})
    return web.json_response({"result": 0, "code": code, "metadata": {"isfolder": False, "size": 1000}})


def invent(_kind: str) -> str:
    return f"https://{word(1, 'eu')}.pcloud.link/publink/show?code=XZ{word(32, BASE62)}"


_STATES = {"file": "available removed_by_platform removed_by_user gone_unattributed indeterminate"}

PLAY = Play("pcloud", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent)
