"""Dropbox through its HTTP API (dropbox.com/developers/documentation/http/documentation)."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from platforms.base import Connector, ContentRef, Outcome, Sighting
from platforms.http import Answer, NoAnswer, ask_json

_METHOD = "sharing/get_shared_link_metadata"


class Dropbox(Connector):
    slug = "dropbox"
    label = "Dropbox"
    kinds = frozenset({"file"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "https://api.dropboxapi.com",
        "batch_size": 10,
        "rate": "60 per minute",
        "access_token": "",
    }
    secret_fields = frozenset({"access_token"})

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        return list(await asyncio.gather(*(self._look(ref) for ref in refs)))

    async def _look(self, ref: ContentRef) -> Sighting:
        if why := self._unaskable(ref):
            return NoAnswer(why, "", self.clock.sent(), self.clock.answered()).says(ref)
        token = self.config["access_token"]
        try:
            answer = await ask_json(
                self.http,
                self.clock,
                _METHOD,
                f"{str(self.config['api_base_url']).rstrip('/')}/2/{_METHOD}",
                verb="POST",
                json={"url": ref.canonical_url},
                headers={"Authorization": f"Bearer {token}"} if token else {},
                codes=(200, 409),
            )
        except NoAnswer as unclear:
            return unclear.says(ref)
        return _refused(answer, ref) if answer.status == 409 else _shared(answer, ref)

    def _unaskable(self, ref: ContentRef) -> str:
        if not self.config["access_token"] and not self.stands_in:
            return "no_credentials"
        # What does not open without its second half would look gone while it is up.
        return "incomplete_link" if "/scl/" in ref.canonical_url and "?rlkey=" not in ref.canonical_url else ""


def _shared(answer: Answer, ref: ContentRef) -> Sighting:
    tag = _tag(answer.data)
    if tag not in {"file", "folder"}:
        return answer.unhealthy("unexpected_shape").says(ref)
    return answer.says(ref, Outcome.AVAILABLE, "shared", tag=tag)


def _refused(answer: Answer, ref: ContentRef) -> Sighting:
    """Errors of the endpoint come with 409 and a tag."""
    tag = _tag(answer.data.get("error")) if isinstance(answer.data, dict) else ""
    if tag == "shared_link_not_found":
        return answer.says(ref, Outcome.GONE_UNATTRIBUTED, tag)
    if tag == "shared_link_access_denied":
        # A password, a team's own link, or a link banned by Dropbox: which of them is not said.
        return answer.says(ref, Outcome.PRIVATE, tag)
    if tag == "unsupported_link_type":
        return answer.unhealthy(tag).says(ref)
    return (answer.unknown("unknown_error", tag) if tag else answer.unhealthy("unexpected_shape")).says(ref)


def _tag(thing: Any) -> str:
    tag = thing.get(".tag") if isinstance(thing, dict) else None
    return tag if isinstance(tag, str) else ""
