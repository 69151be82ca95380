"""Bluesky through the public AppView, the host of an account's data and the directory between (docs.bsky.app, atproto.com/lexicons)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urlsplit

from platforms.base import (
    GONE,
    UP,
    Capability,
    Connector,
    ContentRef,
    NeedsOperator,
    Outcome,
    OutcomeUnknown,
    Receipt,
    Rejected,
    Retry,
    Sighting,
    Submission,
)
from platforms.connectors.bluesky import addresses
from platforms.http import Answer, NoAnswer, ask_json

_POST = "app.bsky.feed.post"
_GATES = frozenset({"!hide", "!warn", "!no-unauthenticated", "graphic-media", "gore", "porn", "sexual", "nudity"})
_ERRORS = {
    "AccountTakedown": Outcome.ACCOUNT_SUSPENDED,
    "RepoTakendown": Outcome.ACCOUNT_SUSPENDED,
    "RepoSuspended": Outcome.ACCOUNT_SUSPENDED,
    "AccountDeactivated": Outcome.ACCOUNT_GONE,
    "RepoDeactivated": Outcome.ACCOUNT_GONE,
    "RepoNotFound": Outcome.ACCOUNT_GONE,
}
_STATES = {
    "takendown": Outcome.ACCOUNT_SUSPENDED,
    "suspended": Outcome.ACCOUNT_SUSPENDED,
    "deactivated": Outcome.ACCOUNT_GONE,
    "deleted": Outcome.ACCOUNT_GONE,
}


class Bluesky(Connector):
    slug = "bluesky"
    label = "Bluesky"
    kinds = frozenset({"post", "account"})
    capabilities = frozenset({Capability.OBSERVE, Capability.SUBMIT})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "https://public.api.bsky.app",
        "batch_size": 25,
        "rate": "2400 per 5 minutes",
        "plc": "https://plc.directory",
        "pds": "https://bsky.social",
        "access_token": "",
        "report_reason": "tools.ozone.report.defs#reasonViolenceExtremistContent",
        "control_id": "at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3l6oveex3ii2l",
        "control_user": "did:plc:z72i7hdynmk6r22z27h6tvur",
    }
    secret_fields = frozenset({"access_token"})

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        accounts = (self._account(ref) for ref in refs if ref.kind == "account")
        posts = await self._posts([ref for ref in refs if ref.kind == "post"])
        return [_by_name(sighting) for sighting in (*posts, *await asyncio.gather(*accounts))]

    def bucket(self, url: str) -> str:
        """A data host, which anybody can run: what it wishes must not stop looks at the others."""
        host = url.split("/", 3)[2]
        ours = (urlsplit(str(self.config[name])).netloc for name in ("api_base_url", "plc", "pds"))
        return "" if host in {"bsky.app", *ours} else host

    @property
    def _base(self) -> str:
        return str(self.config["api_base_url"]).rstrip("/")

    async def _call(self, base: str, name: str, params: Sequence[tuple[str, str]]) -> Answer:
        return await ask_json(self.http, self.clock, name, f"{base}/xrpc/{name}", params=params, codes=(200, 400))

    async def _posts(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        if not refs:
            return []
        dids, sightings = await self._identities(refs)
        known = [ref for ref in refs if _actor(ref) in dids]
        if not known:
            return sightings
        control = str(self.config["control_id"])
        uris = {ref: _uri(dids[_actor(ref)], ref) for ref in known}
        asked = dict.fromkeys([*uris.values(), *([control] if control else [])])
        try:
            answer = await self._call(self._base, "app.bsky.feed.getPosts", [("uris", uri) for uri in asked])
            found = _by_uri(answer)
        except NoAnswer as unclear:
            return sightings + [unclear.says(ref) for ref in known]
        here = [_seen(answer, ref, found[uris[ref]], dids[_actor(ref)]) for ref in known if uris[ref] in found]
        absent = [ref for ref in known if uris[ref] not in found]
        if control not in found:
            doubt = answer.unhealthy("control_missing" if control else "no_control")
            return sightings + here + [doubt.says(ref) for ref in absent]
        return sightings + here + list(await asyncio.gather(*(self._absent(ref, dids[_actor(ref)]) for ref in absent)))

    async def _identities(self, refs: Sequence[ContentRef]) -> tuple[dict[str, str], list[Sighting]]:
        """DID of each actor, and sightings of the refs whose handle leads nowhere."""
        actors = list(dict.fromkeys(_actor(ref) for ref in refs))
        found = await asyncio.gather(*(self._did(actor) for actor in actors))
        results = dict(zip(actors, found, strict=True))
        dids = {actor: did for actor, did in results.items() if isinstance(did, str)}
        unclear = {actor: result for actor, result in results.items() if isinstance(result, NoAnswer)}
        lost = [unclear[_actor(ref)].says(ref) for ref in refs if _actor(ref) in unclear]
        return dids, lost

    async def _did(self, actor: str) -> str | NoAnswer:
        if actor.startswith("did:"):
            return actor
        try:
            answer = await self._call(self._base, "com.atproto.identity.resolveHandle", [("handle", actor)])
        except NoAnswer as unclear:
            return unclear
        did = answer.data.get("did") if isinstance(answer.data, dict) else None
        return did if isinstance(did, str) and addresses.is_did(did) else answer.unhealthy("name_not_found")

    async def _account(self, ref: ContentRef) -> Sighting:
        try:
            answer = await self._call(self._base, "app.bsky.actor.getProfile", [("actor", _actor(ref))])
        except NoAnswer as unclear:
            return unclear.says(ref)
        if answer.status == 200:
            if not isinstance(answer.data, dict) or "did" not in answer.data:
                return answer.unhealthy("unexpected_shape").says(ref)
            if addresses.is_did(_actor(ref)) and answer.data["did"] != _actor(ref):
                return answer.unhealthy("other_item").says(ref)
            return _lasting(_labelled(answer, ref, [answer.data]), str(answer.data["did"]))
        return await self._without_profile(answer, ref)

    async def _without_profile(self, answer: Answer, ref: ContentRef) -> Sighting:
        """What the error says. That there is no such profile counts only if the control's is shown right afterwards."""
        sighting = _error(answer, ref)
        if sighting.reason != "profile_not_found" or not _actor(ref).startswith("did:"):
            return sighting
        control = str(self.config["control_user"])
        if not control:
            return answer.unhealthy("no_control").says(ref)
        try:
            known = await self._call(self._base, "app.bsky.actor.getProfile", [("actor", control)])
        except NoAnswer as unclear:
            return unclear.says(ref)
        shown = known.status == 200 and isinstance(known.data, dict) and known.data.get("did") == control
        return sighting if shown else known.unhealthy("control_missing").says(ref)

    async def _absent(self, ref: ContentRef, did: str) -> Sighting:
        """A post the AppView does not show: ask the account's host and the AppView's profile first, then for the record itself."""
        try:
            host = await self._host(did)
            status = await self._call(host, "com.atproto.sync.getRepoStatus", [("did", did)])
            if (closed := _closed(status, ref)) is not None:
                return closed
            profile = await self._call(self._base, "app.bsky.actor.getProfile", [("actor", did)])
            if profile.status != 200:
                return await self._without_profile(profile, ref)
            record = await self._call(
                host, "com.atproto.repo.getRecord", [("repo", did), ("collection", _POST), ("rkey", ref.external_id.split("/", 1)[1])]
            )
        except NoAnswer as unclear:
            return unclear.says(ref)
        if record.status == 200 and isinstance(record.data, dict) and "value" in record.data:
            return record.says(ref, Outcome.REMOVED_BY_PLATFORM, "hidden_by_appview")
        if record.status == 400 and _name(record) == "RecordNotFound":
            return record.says(ref, Outcome.REMOVED_BY_USER, "record_deleted")
        return _error(record, ref)

    async def _host(self, did: str) -> str:
        """The server that keeps the data of `did`. Raises `NoAnswer`."""
        if self.stands_in:
            return self._base
        url = f"{self.config['plc'].rstrip('/')}/{did}"
        if did.startswith("did:web:"):
            url = f"https://{did.removeprefix('did:web:')}/.well-known/did.json"
        answer = await ask_json(self.http, self.clock, "did_document", url)
        services = answer.data.get("service") if isinstance(answer.data, dict) else None
        for service in services if isinstance(services, list) else []:
            if isinstance(service, dict) and str(service.get("id", "")).endswith("#atproto_pds"):
                host = str(service.get("serviceEndpoint", "")).rstrip("/")
                # The owner of an account may have written anything here.
                if not (host.isascii() and host.startswith("https://")):
                    raise answer.unhealthy("no_data_host")
                return host
        raise answer.unhealthy("no_data_host")

    async def submit(self, submission: Submission) -> Receipt:
        """`com.atproto.moderation.createReport`, the account's session as credential."""
        if not self.config["access_token"]:
            raise NeedsOperator("No access token is configured.")
        subject = await self._subject(submission.ref)
        base = self._base if self.stands_in else str(self.config["pds"]).rstrip("/")
        body = {
            "reasonType": self.config["report_reason"],
            "reason": f"[{submission.number}] {submission.explanation}"[:2000],
            "subject": subject,
        }
        name = "com.atproto.moderation.createReport"
        headers = {"Authorization": f"Bearer {self.config['access_token']}"}
        try:
            answer = await ask_json(self.http, self.clock, name, f"{base}/xrpc/{name}", verb="POST", json=body, headers=headers)
        except NoAnswer as unclear:
            raise _failure(unclear) from unclear
        reference = answer.data.get("id") if isinstance(answer.data, dict) else None
        if reference is None:
            raise OutcomeUnknown("the reply names no report")
        return Receipt(str(reference), answer.sent_at, answer.answered_at)

    async def _subject(self, ref: ContentRef) -> dict[str, str]:
        """What a report points at. Nothing has been sent yet, so every failure here can be tried again."""
        did = await self._did(_actor(ref))
        if isinstance(did, NoAnswer):
            raise Retry(did.reason, did.wait or 60.0)
        if ref.kind == "account":
            return {"$type": "com.atproto.admin.defs#repoRef", "did": did}
        uri = _uri(did, ref)
        try:
            post = _by_uri(await self._call(self._base, "app.bsky.feed.getPosts", [("uris", uri)])).get(uri)
        except NoAnswer as unclear:
            raise Retry(unclear.reason, unclear.wait or 60.0) from unclear
        if post is None or not isinstance(post.get("cid"), str):
            raise Rejected("The post is not shown any more.")
        return {"$type": "com.atproto.repo.strongRef", "uri": uri, "cid": post["cid"]}


def _failure(unclear: NoAnswer) -> Exception:
    """What follows from a report that was not accepted."""
    if not unclear.sent:
        return Retry(unclear.reason)
    if unclear.status == 429:
        return Retry("rate_limited", unclear.wait or 300.0)
    expired = isinstance(unclear.data, dict) and unclear.data.get("error") in {"ExpiredToken", "InvalidToken"}
    if unclear.status in {401, 403} or expired:
        return NeedsOperator(f"The server answered {unclear.status}.")
    if unclear.status in {400, 422}:
        return Rejected(f"The server answered {unclear.status}.")
    return OutcomeUnknown(unclear.reason)


def _by_name(sighting: Sighting) -> Sighting:
    """A handle can be given up and taken by somebody else: what is missing under it may be up under another."""
    if sighting.outcome not in GONE or _actor(sighting.ref).startswith("did:"):
        return sighting
    reason = "name_not_found" if sighting.reason == "profile_not_found" else "handle_may_have_moved"
    return replace(sighting, outcome=Outcome.INDETERMINATE, reason=reason)


def _actor(ref: ContentRef) -> str:
    return ref.external_id.split("/", 1)[0]


def _uri(did: str, ref: ContentRef) -> str:
    return f"at://{did}/{_POST}/{ref.external_id.split('/', 1)[1]}"


def _by_uri(answer: Answer) -> dict[str, Mapping[str, Any]]:
    posts = answer.data.get("posts") if isinstance(answer.data, dict) else None
    if answer.status != 200 or not isinstance(posts, list) or not all(isinstance(post, dict) for post in posts):
        raise answer.unhealthy("unexpected_shape" if answer.status == 200 else f"http_{answer.status}")
    return {str(post.get("uri")): post for post in posts}


def _name(answer: Answer) -> str:
    return str(answer.data.get("error", "")) if isinstance(answer.data, dict) else ""


def _seen(answer: Answer, ref: ContentRef, post: Mapping[str, Any], did: str) -> Sighting:
    author = post.get("author")
    return _lasting(_labelled(answer, ref, [post, author if isinstance(author, dict) else {}]), did)


def _lasting(sighting: Sighting, did: str) -> Sighting:
    """What was asked for by handle and is up is known by its account's own identifier from now on."""
    ref = sighting.ref
    if sighting.outcome not in UP or _actor(ref).startswith("did:") or not addresses.is_did(did):
        return sighting
    identity = addresses.account(did) if ref.kind == "account" else addresses.post(did, ref.external_id.split("/", 1)[1])
    return replace(sighting, identity=identity)


def _labelled(answer: Answer, ref: ContentRef, things: Sequence[Mapping[str, Any]]) -> Sighting:
    labels = [label for thing in things if isinstance(thing.get("labels"), list) for label in thing["labels"] if isinstance(label, dict)]
    gates = sorted({str(label.get("val")) for label in labels if not label.get("neg")} & _GATES)
    if gates:
        return answer.says(ref, Outcome.AVAILABLE_GATED, "labelled", labels=",".join(gates))
    return answer.says(ref, Outcome.AVAILABLE, "listed")


def _error(answer: Answer, ref: ContentRef) -> Sighting:
    """A documented error name, or nothing at all."""
    name = _name(answer)
    message = str(answer.data.get("message", "")) if isinstance(answer.data, dict) else ""
    if name in _ERRORS and answer.status == 400:
        return answer.says(ref, _ERRORS[name], name)
    if answer.status == 400 and name == "InvalidRequest" and message == "Profile not found":
        return answer.says(ref, Outcome.ACCOUNT_GONE, "profile_not_found")
    return answer.unknown("unknown_error", name).says(ref)


def _closed(answer: Answer, ref: ContentRef) -> Sighting | None:
    """What the account's state says about a post of it; None when the account is open."""
    if answer.status != 200:
        return _error(answer, ref)
    data = answer.data if isinstance(answer.data, dict) else {}
    state = str(data.get("status", ""))
    if data.get("active") is True:
        return None
    if state in _STATES and data.get("active") is False:
        return answer.says(ref, _STATES[state], f"repo_{state}")
    if state in {"", "desynchronized", "throttled"}:
        return answer.unhealthy(f"repo_{state}" if state else "unexpected_shape").says(ref)
    return answer.unknown("unknown_repo_status", state).says(ref)
