"""Dailymotion through its Platform API (developers.dailymotion.com)."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from platforms.base import Connector, ContentRef, Outcome, Sighting, nearly_everywhere
from platforms.http import Answer, NoAnswer, ask_json

_FIELDS = "id,status,private,geoblocking,explicit"
_AT_ONCE = 4
"""How many videos are asked for singly at a time."""


class Dailymotion(Connector):
    slug = "dailymotion"
    label = "Dailymotion"
    kinds = frozenset({"video"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "https://api.dailymotion.com",
        "batch_size": 40,
        "rate": "60 per minute",
        "control_id": "",
        "statuses": {"published": "available", "rejected": "removed_by_platform", "deleted": "gone_unattributed"},
    }

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        control = str(self.config["control_id"])
        asked = list(dict.fromkeys([*(ref.external_id for ref in refs), *([control] if control else [])]))
        try:
            answer = await self._ask("videos", [("ids", ",".join(asked)), ("limit", str(len(asked)))], (200,))
            found = _by_id(answer)
        except NoAnswer as unclear:
            return [unclear.says(ref) for ref in refs]
        here = [self._conclude(answer, ref, found[ref.external_id]) for ref in refs if ref.external_id in found]
        absent = [ref for ref in refs if ref.external_id not in found]
        if control and control not in found:
            return here + [answer.unhealthy("control_missing").says(ref) for ref in absent]
        # Lists leave out what may not be seen where we are: only the video's own record tells why it is missing.
        slots = asyncio.Semaphore(_AT_ONCE)
        return here + list(await asyncio.gather(*(self._alone(ref, slots) for ref in absent)))

    async def _ask(self, name: str, params: Sequence[tuple[str, str]], codes: Sequence[int]) -> Answer:
        url = f"{str(self.config['api_base_url']).rstrip('/')}/{name}"
        # Sensitive videos are hidden unless the filter is turned off.
        params = [*params, ("fields", _FIELDS), ("family_filter", "false")]
        return await ask_json(self.http, self.clock, name.split("/", 1)[0], url, params=params, codes=codes)

    async def _alone(self, ref: ContentRef, slots: asyncio.Semaphore) -> Sighting:
        try:
            async with slots:
                answer = await self._ask(f"video/{ref.external_id}", [], (200, 404))
            if answer.status == 200:
                if not isinstance(answer.data, dict) or answer.data.get("id") != ref.external_id:
                    raise answer.unhealthy("another_object")
                return self._conclude(answer, ref, answer.data)
            return _refused(answer, ref)
        except NoAnswer as unclear:
            return unclear.says(ref)

    def _conclude(self, answer: Answer, ref: ContentRef, video: Mapping[str, Any]) -> Sighting:
        status = str(video.get("status"))
        outcome = self.config["statuses"].get(status)
        if outcome not in Outcome.values:
            return answer.unknown("unknown_status", status).says(ref)
        if outcome != Outcome.AVAILABLE:
            return answer.says(ref, Outcome(outcome), f"status_{status}"[:60], status=status)
        if video.get("private") is not False:
            known = video.get("private") is True
            return answer.says(ref, Outcome.PRIVATE, "private") if known else answer.unhealthy("unexpected_shape").says(ref)
        return _viewable(answer, ref, video)


def _by_id(answer: Answer) -> dict[str, Mapping[str, Any]]:
    """The videos of a healthy list. Raises `NoAnswer`."""
    videos = answer.data.get("list") if isinstance(answer.data, dict) and "error" not in answer.data else None
    if not isinstance(videos, list) or not all(isinstance(video, dict) and isinstance(video.get("id"), str) for video in videos):
        raise answer.unhealthy("unexpected_shape")
    return {video["id"]: video for video in videos}


def _refused(answer: Answer, ref: ContentRef) -> Sighting:
    """A 404 counts only if it says that this very video is not found. Raises `NoAnswer`."""
    error = answer.data.get("error") if isinstance(answer.data, dict) else None
    error = error if isinstance(error, dict) else {}
    details = error.get("error_data", error.get("details"))
    details = details if isinstance(details, dict) else {}
    if details.get("reason") != "object_not_found":
        raise answer.unknown("unknown_error", details.get("reason", error.get("code")))
    if details.get("object_id") != ref.external_id:
        raise answer.unhealthy("another_object")
    return answer.says(ref, Outcome.GONE_UNATTRIBUTED, "object_not_found", reason_given="object_not_found")


def _viewable(answer: Answer, ref: ContentRef, video: Mapping[str, Any]) -> Sighting:
    """A published, public video: where and behind what. `geoblocking` is "allow" or "deny" and then countries."""
    listed = video.get("geoblocking") or ["allow"]
    rule, *countries = [str(word).lower() for word in listed] if isinstance(listed, list) else [str(listed)]
    if rule not in {"allow", "deny"} or (rule == "deny" and not countries):
        return answer.unknown("unknown_geoblocking", rule).says(ref)
    codes = [country.upper() for country in countries]
    if rule == "deny" and nearly_everywhere(codes):
        return answer.unhealthy("blocked_nearly_everywhere").says(ref)
    if rule == "deny":
        return answer.says(ref, Outcome.GEO_BLOCKED, "region_blocked", countries=codes)
    if codes:
        return answer.says(ref, Outcome.GEO_BLOCKED, "region_allowed_only", allowed=",".join(codes))
    if video.get("explicit") is True:
        return answer.says(ref, Outcome.AVAILABLE_GATED, "explicit")
    return answer.says(ref, Outcome.AVAILABLE, "published")
