"""Mega through the interface its own programs use (the error codes are those of the public client libraries mega and rmega)."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from platforms.base import UP, Connector, ContentRef, Outcome, Sighting
from platforms.http import Answer, NoAnswer, ask_json

_PROVE_NOTHING = {
    -2: "malformed_link",
    -3: "try_again",
    -4: "rate_limited",
    -6: "too_many_requests",
    -17: "over_quota",
    -18: "temporarily_unavailable",
}


class Mega(Connector):
    slug = "mega"
    label = "Mega"
    kinds = frozenset({"file"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "https://g.api.mega.co.nz",
        "batch_size": 20,
        "rate": "60 per minute; 2 per second",
        "codes": {"-9": "gone_unattributed", "-16": "removed_by_platform"},
        "control_id": "",
    }

    def group(self, ref: ContentRef) -> str:
        """Files go into one call; every folder is a call of its own."""
        return ref.external_id if "/" in ref.external_id else ""

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        files = await self._files([ref for ref in refs if "/" not in ref.external_id])
        return [*files, *await asyncio.gather(*(self._folder(ref) for ref in refs if "/" in ref.external_id))]

    async def _ask(self, method: str, commands: Sequence[Mapping[str, Any]], params: Sequence[tuple[str, str]]) -> Answer:
        """One result for each command, in their order: the interface knows no other way to tell them apart. Raises `NoAnswer`."""
        params = [("id", str(secrets.randbelow(10**9))), *params]
        url = f"{str(self.config['api_base_url']).rstrip('/')}/cs"
        answer = await ask_json(self.http, self.clock, method, url, verb="POST", params=params, json=list(commands))
        if not isinstance(answer.data, list) or len(answer.data) != len(commands):
            raise answer.unhealthy("unexpected_shape")
        return answer

    async def _files(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        if not refs:
            return []
        control = str(self.config["control_id"])
        handles = list(dict.fromkeys([*(ref.external_id for ref in refs), *([control] if control else [])]))
        try:
            answer = await self._ask("g", [{"a": "g", "p": handle} for handle in handles], [])
        except NoAnswer as unclear:
            return [unclear.says(ref) for ref in refs]
        results = dict(zip(handles, answer.data, strict=True))
        sightings = [self._judged(answer, ref, results[ref.external_id]) for ref in refs]
        if not control or _is_file(results[control]):
            return sightings
        return [sighting if sighting.outcome in UP else answer.unhealthy("control_missing").says(sighting.ref) for sighting in sightings]

    async def _folder(self, ref: ContentRef) -> Sighting:
        _, handle, *below = ref.external_id.split("/")
        try:
            answer = await self._ask("f", [{"a": "f", "c": 1}], [("n", handle)])
        except NoAnswer as unclear:
            return unclear.says(ref)
        nodes = answer.data[0].get("f") if isinstance(answer.data[0], dict) else None
        if not isinstance(nodes, list) or not nodes:
            return self._judged(answer, ref, answer.data[0])
        if below and not any(isinstance(node, dict) and node.get("h") == below[-1] for node in nodes):
            # The list may hold the uppermost items only.
            return answer.unhealthy("not_listed").says(ref)
        return answer.says(ref, Outcome.AVAILABLE, "listed")

    def _judged(self, answer: Answer, ref: ContentRef, result: Any) -> Sighting:
        if _is_file(result):
            return answer.says(ref, Outcome.AVAILABLE, "listed")
        if not isinstance(result, int) or isinstance(result, bool):
            return answer.unhealthy("unexpected_shape").says(ref)
        if outcome := self.config["codes"].get(str(result)):
            return answer.says(ref, Outcome(outcome), f"error_{-result}", code=result)
        if result in _PROVE_NOTHING:
            return answer.unhealthy(_PROVE_NOTHING[result]).says(ref)
        return answer.unknown("unknown_code", result).says(ref)


def _is_file(result: Any) -> bool:
    """A file has a size; an error beside it says that it cannot be had now."""
    return isinstance(result, dict) and isinstance(result.get("s"), int) and "e" not in result
