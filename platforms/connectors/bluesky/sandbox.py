"""Bluesky: AppView, account host and moderation service in one."""

import hashlib
import secrets
from typing import Any

from aiohttp import web

from platforms.sandbox.faults import WORLD, spoiled, states
from platforms.sandbox.invent import BASE32, word
from platforms.sandbox.play import Play

routes = web.RouteTableDef()

_COLLECTION = "app.bsky.feed.post"
_SHOWN = frozenset({"available", "available_gated", "slow"})


@routes.get("/xrpc/app.bsky.feed.getPosts")
async def posts(request: web.Request) -> web.StreamResponse:
    found = states(request, "bluesky", [_key(uri) for uri in request.query.getall("uris", [])])
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    return web.json_response({"posts": [_post(key, state) for key, state in found.items() if state in _SHOWN]})


@routes.get("/xrpc/com.atproto.repo.getRecord")
async def record(request: web.Request) -> web.StreamResponse:
    key = f"{request.query.get('repo', '')}/{request.query.get('rkey', '')}"
    state = states(request, "bluesky", [key])[key]
    if state == "removed_by_user":
        return _error("RecordNotFound", "Could not locate record")
    did, rkey = key.split("/", 1)
    return web.json_response({"uri": f"at://{did}/{_COLLECTION}/{rkey}", "cid": _cid(key), "value": {"$type": _COLLECTION}})


@routes.get("/xrpc/com.atproto.sync.getRepoStatus")
async def repo_status(request: web.Request) -> web.StreamResponse:
    did = request.query.get("did", "")
    named = {"account_suspended": "takendown", "account_gone": "deactivated", "indeterminate": "throttled"}
    state = next((named[state] for state in _states_of_account(request, did) if state in named), None)
    return web.json_response({"did": did, "active": state is None, **({"status": state} if state else {})})


@routes.get("/xrpc/app.bsky.actor.getProfile")
async def profile(request: web.Request) -> web.StreamResponse:
    actor = request.query.get("actor", "")
    found = _states_of_account(request, actor)
    if (fault := await spoiled(request, found)) is not None:
        return fault
    if "account_suspended" in found:
        return _error("AccountTakedown", "Account has been suspended")
    if "account_gone" in found:
        return _error("AccountDeactivated", "Account is deactivated")
    if "indeterminate" in found:
        return web.json_response({"error": "UpstreamFailure", "message": "Upstream failure"}, status=502)
    return web.json_response(_profile(actor, found))


@routes.get("/xrpc/app.bsky.actor.getProfiles")
async def profiles(request: web.Request) -> web.StreamResponse:
    actors = request.query.getall("actors", [])
    found = states(request, "bluesky", actors)
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    return web.json_response({"profiles": [_profile(actor, [state]) for actor, state in found.items() if state in _SHOWN]})


@routes.get("/xrpc/com.atproto.identity.resolveHandle")
async def resolve(request: web.Request) -> web.StreamResponse:
    handle = request.query.get("handle", "")
    states(request, "bluesky", [handle])
    return web.json_response({"did": _did(handle)})


@routes.post("/xrpc/com.atproto.moderation.createReport")
async def report(request: web.Request) -> web.StreamResponse:
    body = await request.json()
    subject = body.get("subject", {})
    found = states(request, "bluesky", [_key(subject["uri"]) if "uri" in subject else str(subject.get("did", ""))])
    if (fault := await spoiled(request, found.values())) is not None:
        return fault
    if not request.headers.get("Authorization", "").startswith("Bearer "):
        return web.json_response({"error": "AuthMissing", "message": "Authentication Required"}, status=401)
    if not body.get("reasonType"):
        return _error("InvalidRequest", "reasonType is missing")
    return web.json_response({"id": secrets.randbelow(10**6), "reasonType": body["reasonType"], "subject": subject})


def _states_of_account(request: web.Request, actor: str) -> list[str]:
    """The account's own script and those of its posts: an account that is closed closes its posts."""
    keys = [key for platform, key in request.app[WORLD].items if platform == "bluesky" and key.startswith(f"{actor}/")]
    return list(states(request, "bluesky", [actor, *keys]).values())


def _did(actor: str) -> str:
    """A handle stands for the same invented identifier every time."""
    if actor.startswith("did:"):
        return actor
    return "did:plc:" + "".join(BASE32[byte % 32] for byte in hashlib.sha256(actor.encode()).digest()[:24])


def _key(uri: str) -> str:
    """`at://did/app.bsky.feed.post/rkey` as `did/rkey`."""
    parts = uri.removeprefix("at://").split("/")
    return f"{parts[0]}/{parts[-1]}"


def _cid(key: str) -> str:
    return "bafyrei" + hashlib.sha256(key.encode()).hexdigest()[:52]


def _labels(state: str, did: str) -> list[dict[str, str]]:
    return [{"src": did, "val": "graphic-media"}] if state == "available_gated" else []


def _post(key: str, state: str) -> dict[str, Any]:
    did, rkey = key.split("/", 1)
    author = {"did": did, "handle": "someone.example", "labels": []}
    return {"uri": f"at://{did}/{_COLLECTION}/{rkey}", "cid": _cid(key), "author": author, "labels": _labels(state, did)}


def _profile(actor: str, found: list[str]) -> dict[str, Any]:
    return {"did": _did(actor), "handle": "someone.example", "labels": _labels(found[0], actor)}


def _error(name: str, message: str) -> web.Response:
    return web.json_response({"error": name, "message": message}, status=400)


def invent(kind: str) -> str:
    account = f"https://bsky.app/profile/did:plc:{word(24, BASE32)}"
    return account if kind == "account" else f"{account}/post/3{word(12, BASE32)}"


_STATES = {
    "post": "available available_gated removed_by_platform removed_by_user account_suspended account_gone indeterminate",
    "account": "available available_gated account_suspended account_gone indeterminate",
}

PLAY = Play("bluesky", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent, absent="removed_by_platform")
