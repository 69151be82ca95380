"""Mastodon instances through their REST interface (docs.joinmastodon.org/methods/statuses and /accounts)."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from platforms.base import (
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
from platforms.connectors.mastodon.addresses import numbered
from platforms.http import Answer, NoAnswer, ask_json

_LONGEST_COMMENT = 1000
_NUMBER = re.compile(r"[1-9][0-9]{0,19}")
_NOT_FOUND = "Record not found"
"""Mastodon's own words for it; "Not Found" is what any software on the same framework says to any path."""


class Mastodon(Connector):
    slug = "mastodon"
    label = "Mastodon"
    kinds = frozenset({"post", "account"})
    capabilities = frozenset({Capability.OBSERVE, Capability.SUBMIT})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "",
        "batch_size": 20,
        "rate": "240 per 5 minutes",
        "breaker": {"failures": 50},
        "access_token": "",
        "access_token_host": "",
        "control_id": "",
    }
    secret_fields = frozenset({"access_token"})

    def group(self, ref: ContentRef) -> str:
        """Every instance is a server of its own: a slow one must not keep the others waiting."""
        return _host(ref)

    def bucket(self, url: str) -> str:
        """The instance: limits are of one server each."""
        base = f"{str(self.config['api_base_url']).rstrip('/')}/"
        return url.removeprefix(base).split("/", 1)[0] if self.stands_in and url.startswith(base) else url.split("/", 3)[2]

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        """The server an item lives on is the only one that knows: refs are asked for host by host."""
        posts: dict[str, list[ContentRef]] = {}
        for ref in refs:
            if ref.kind == "post":
                posts.setdefault(_host(ref), []).append(ref)
        accounts = (self._account(ref) for ref in refs if ref.kind == "account")
        groups = await asyncio.gather(*(self._posts(host, group) for host, group in posts.items()))
        found = [*(sighting for group in groups for sighting in group), *await asyncio.gather(*accounts)]
        # 410 is said of what was deleted; 404 also of what strangers may not see.
        plain = [sighting for sighting in found if sighting.http_status == 410]
        return [*plain, *self.once_shown([sighting for sighting in found if sighting.http_status != 410])]

    def _root(self, host: str) -> str:
        base = str(self.config["api_base_url"]).rstrip("/")
        return f"{base}/{host}/api/v1" if base else f"https://{host}/api/v1"

    async def _posts(self, host: str, refs: Sequence[ContentRef]) -> list[Sighting]:
        """Several at once where the server can (since 4.3); what is missing from the list is then asked for by itself."""
        control_host, _, control = str(self.config["control_id"]).rpartition("/")
        control = control if control_host == host else ""
        if len(refs) == 1 and not control:
            return [await self._post(refs[0])]
        asked = list(dict.fromkeys([*(_number(ref) for ref in refs), *([control] if control else [])]))
        try:
            answer = await ask_json(
                self.http,
                self.clock,
                "statuses.index",
                f"{self._root(host)}/statuses",
                params=[("id[]", number) for number in asked],
                codes=(200, 404),
            )
            found = _by_id(answer)
        except NoAnswer as unclear:
            return [unclear.says(ref) for ref in refs]
        if answer.status == 200 and control and control not in found:
            missing = answer.unhealthy("control_missing")
            return [_status(answer, ref, found[_number(ref)]) if _number(ref) in found else missing.says(ref) for ref in refs]
        sightings = []
        for ref in refs:
            status = found.get(_number(ref))
            sightings.append(_status(answer, ref, status) if status is not None else await self._post(ref))
        return sightings

    async def _post(self, ref: ContentRef) -> Sighting:
        try:
            answer = await ask_json(
                self.http, self.clock, "statuses.show", f"{self._root(_host(ref))}/statuses/{_number(ref)}", codes=(200, 404, 410)
            )
            return _gone(answer, ref) if answer.status != 200 else _status(answer, ref, answer.data)
        except NoAnswer as unclear:
            return unclear.says(ref)

    async def _account(self, ref: ContentRef) -> Sighting:
        host, name = ref.external_id.split("/", 1)
        path, params = (f"accounts/{name}", []) if name.isdigit() else ("accounts/lookup", [("acct", name.removeprefix("@"))])
        try:
            answer = await ask_json(
                self.http, self.clock, f"{path.rstrip('0123456789')}", f"{self._root(host)}/{path}", params=params, codes=(200, 404, 410)
            )
            return _by_name(_profile(answer, ref), answer)
        except NoAnswer as unclear:
            return unclear.says(ref)

    async def submit(self, submission: Submission) -> Receipt:
        """`POST /api/v1/reports` with a token of scope `write:reports`."""
        ref = submission.ref
        token, host = self.config["access_token"], _host(ref)
        if not token:
            raise NeedsOperator("No access token is configured.")
        if not self.config["api_base_url"] and self.config["access_token_host"] != host:
            # A token is a secret of one server and is never shown to another.
            raise NeedsOperator(f"The access token is not for {host}.")
        headers = {"Authorization": f"Bearer {token}"}
        account = await self._reported_account(ref, headers)
        body = {
            "account_id": account,
            "status_ids": [_number(ref)] if ref.kind == "post" else [],
            "comment": f"[{submission.number}] {submission.explanation}"[:_LONGEST_COMMENT],
            "category": "legal",
            "forward": True,
        }
        try:
            answer = await ask_json(
                self.http,
                self.clock,
                "reports.create",
                f"{self._root(host)}/reports",
                verb="POST",
                json=body,
                headers={**headers, "Idempotency-Key": submission.attempt_id},
            )
        except NoAnswer as unclear:
            raise _failure(unclear) from unclear
        reference = answer.data.get("id") if isinstance(answer.data, dict) else None
        if not reference:
            raise OutcomeUnknown("the reply names no report")
        return Receipt(str(reference), answer.sent_at, answer.answered_at)

    async def _reported_account(self, ref: ContentRef, headers: Mapping[str, str]) -> str:
        """Id of the account a report is about. Nothing has been sent yet, so every failure here can be tried again."""
        name = _number(ref)
        if ref.kind == "account" and name.isdigit():
            return name
        path = f"statuses/{name}" if ref.kind == "post" else "accounts/lookup"
        params = [] if ref.kind == "post" else [("acct", name.removeprefix("@"))]
        try:
            answer = await ask_json(self.http, self.clock, path, f"{self._root(_host(ref))}/{path}", params=params, headers=headers)
        except NoAnswer as unclear:
            if unclear.status in {404, 410}:
                raise Rejected("The server no longer has what is reported.") from unclear
            if unclear.status in {401, 403}:
                raise NeedsOperator(f"The server answered {unclear.status}.") from unclear
            raise Retry(unclear.reason, unclear.wait or 60.0) from unclear
        account = answer.data.get("account", answer.data) if isinstance(answer.data, dict) else {}
        number = account.get("id") if isinstance(account, dict) else None
        if not isinstance(number, str):
            raise Retry("unexpected_shape")
        return number


def _failure(unclear: NoAnswer) -> Exception:
    """What follows from a report that was not accepted."""
    if not unclear.sent:
        return Retry(unclear.reason)
    if unclear.status == 429:
        return Retry("rate_limited", unclear.wait or 300.0)
    if unclear.status in {401, 403}:
        return NeedsOperator(f"The server answered {unclear.status}.")
    if unclear.status in {400, 404, 410, 422}:
        return Rejected(f"The server answered {unclear.status}.")
    return OutcomeUnknown(unclear.reason)


def _host(ref: ContentRef) -> str:
    return ref.external_id.split("/", 1)[0]


def _number(ref: ContentRef) -> str:
    return ref.external_id.split("/", 1)[1]


def _by_id(answer: Answer) -> dict[str, Mapping[str, Any]]:
    """Statuses of a list by id. Raises `NoAnswer`. Servers before 4.3 have no such list and answer 404."""
    if answer.status == 404:
        return {}
    if not isinstance(answer.data, list) or not all(isinstance(status, dict) for status in answer.data):
        raise answer.unhealthy("unexpected_shape")
    return {str(status.get("id")): status for status in answer.data}


def _status(answer: Answer, ref: ContentRef, status: Any) -> Sighting:
    if not isinstance(status, dict) or str(status.get("id")) != _number(ref) or not isinstance(status.get("account"), dict):
        return answer.unhealthy("unexpected_shape").says(ref)
    if status["account"].get("suspended") is True:
        return answer.says(ref, Outcome.ACCOUNT_SUSPENDED, "author_suspended")
    if status.get("sensitive") is True:
        return answer.says(ref, Outcome.AVAILABLE_GATED, "sensitive")
    if status["account"].get("limited") is True:
        return answer.says(ref, Outcome.AVAILABLE_GATED, "author_limited")
    return answer.says(ref, Outcome.AVAILABLE, "listed")


def _gone(answer: Answer, ref: ContentRef) -> Sighting:
    """404 with the server's own words. It also hides what became non-public, so nothing is said about who did it."""
    if answer.redirected:
        # Another address does not know what is on this server.
        return answer.unhealthy("redirected").says(ref)
    if not isinstance(answer.data, dict) or not isinstance(answer.data.get("error"), str):
        return answer.unhealthy("unexpected_shape").says(ref)
    if answer.status == 404 and answer.data["error"] != _NOT_FOUND:
        return answer.unknown("unknown_404", answer.data["error"]).says(ref)
    return answer.says(ref, Outcome.GONE_UNATTRIBUTED, f"http_{answer.status}")


def _by_name(sighting: Sighting, answer: Answer) -> Sighting:
    """An account asked for by name is known by its number once it is seen; a name that is not found says too little."""
    host, name = sighting.ref.external_id.split("/", 1)
    if not name.startswith("@"):
        return sighting
    if sighting.outcome is Outcome.GONE_UNATTRIBUTED:
        return answer.unhealthy("name_not_found").says(sighting.ref)
    number = str(answer.data["id"]) if sighting.outcome in UP else ""
    return replace(sighting, identity=numbered(host, int(number))) if _NUMBER.fullmatch(number) else sighting


def _profile(answer: Answer, ref: ContentRef) -> Sighting:
    if answer.redirected:
        # What another address has under this name or number is another account.
        return answer.unhealthy("redirected").says(ref)
    if answer.status != 200:
        gone = _gone(answer, ref)
        # Servers before 3.3 answer 410 for suspended accounts.
        suspended = answer.status == 410 and gone.outcome is Outcome.GONE_UNATTRIBUTED
        return replace(gone, outcome=Outcome.ACCOUNT_SUSPENDED) if suspended else gone
    if not isinstance(answer.data, dict) or "id" not in answer.data or "acct" not in answer.data:
        return answer.unhealthy("unexpected_shape").says(ref)
    if _number(ref).split("@")[:2] not in ([str(answer.data["id"])], ["", str(answer.data["acct"]).lower().split("@", 1)[0]]):
        return answer.unhealthy("other_item").says(ref)
    if answer.data.get("suspended") is True:
        return answer.says(ref, Outcome.ACCOUNT_SUSPENDED, "suspended")
    if answer.data.get("limited") is True:
        return answer.says(ref, Outcome.AVAILABLE_GATED, "limited")
    return answer.says(ref, Outcome.AVAILABLE, "listed")
