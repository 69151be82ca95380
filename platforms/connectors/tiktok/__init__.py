"""TikTok through its oEmbed endpoint (developers.tiktok.com/doc/embed-videos) and, where allowed, one look at the public page."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from platforms import pages
from platforms.base import NEVER_SEEN, UNATTRIBUTED, Connector, ContentRef, Outcome, Sighting
from platforms.http import Answer, NoAnswer, Reply, ask_json, digest

_STATE = re.compile(r'<script[^>]{0,200}\bid="__UNIVERSAL_DATA_FOR_REHYDRATION__"[^>]{0,200}>(.*?)</script>', re.DOTALL)
_PART = {"video": "webapp.video-detail", "account": "webapp.user-detail"}
_AGREES = {"video": 10204, "account": 10221}
"""Codes that say no more than that it is not there, which oEmbed has said before."""


class TikTok(Connector):
    slug = "tiktok"
    label = "TikTok"
    kinds = frozenset({"video", "account", "comment"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "https://www.tiktok.com",
        "oembed_path": "/oembed",
        "batch_size": 10,
        "rate": "60 per minute",
        "control_url": "https://www.tiktok.com/@scout2015/video/6718335390845095173",
        "error_fields": ["code", "status_msg"],
        "page_probe": False,
        "page_codes": {"10216": "private", "10222": "private", "10231": "geo_blocked"},
    }

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        unseen, refs = self.parts_unseen(refs)
        found = await asyncio.gather(*(self._embed(ref) for ref in refs))
        url = str(self.config["control_url"])
        control = ContentRef("tiktok", "video", "", url)
        sure = self.once_shown(await self.against_control(found, (lambda: self._embed(control)) if url else None))
        if not self.config["page_probe"]:
            return unseen + sure
        return [*unseen, *await asyncio.gather(*(self._second_look(sighting) for sighting in sure))]

    async def _embed(self, ref: ContentRef) -> Sighting:
        url = f"{str(self.config['api_base_url']).rstrip('/')}{self.config['oembed_path']}"
        try:
            answer = await ask_json(self.http, self.clock, "oembed", url, params=[("url", ref.canonical_url)], codes=(200, 400, 404))
            if not isinstance(answer.data, dict) or answer.redirected:
                raise answer.unhealthy("unexpected_shape")
            return self._missing(answer, ref) if answer.status != 200 else _embedded(answer, ref)
        except NoAnswer as unclear:
            return unclear.says(ref)

    def _missing(self, answer: Answer, ref: ContentRef) -> Sighting:
        """Deleted, private or refused to us: only the control item tells the last from the others."""
        if not any(field in answer.data for field in self.config["error_fields"]):
            raise answer.unhealthy("unexpected_shape")
        if ref.kind == "account":
            # An account that was renamed is up under another name.
            return answer.unhealthy("name_not_found").says(ref)
        return answer.says(ref, Outcome.GONE_UNATTRIBUTED, "not_embeddable")

    async def _second_look(self, sighting: Sighting) -> Sighting:
        """What the page says of an item that oEmbed does not find. A wall changes nothing."""
        ref = sighting.ref
        if sighting.outcome not in UNATTRIBUTED and sighting.reason not in {NEVER_SEEN, "name_not_found"}:
            return sighting
        try:
            reply = await pages.get(self, ref.canonical_url, accept={"text/html"})
        except NoAnswer:
            return sighting
        part = _part(reply, ref)
        code = part.get("statusCode")
        if not isinstance(code, int):
            return sighting
        answer = Answer("page", reply.status, part, reply.sent_at, reply.answered_at, digest=digest(reply.body))
        meaning = self.config["page_codes"].get(str(code), "")
        if meaning in Outcome.values:
            return answer.says(ref, Outcome(meaning), f"page_{code}", statusCode=code)
        if code == 0:
            return _shown(answer, ref)
        return sighting if code == _AGREES[ref.kind] else answer.unknown("unknown_page_code", code).says(ref)


def _embedded(answer: Answer, ref: ContentRef) -> Sighting:
    code = answer.data.get("html")
    if not isinstance(code, str) or not code:
        raise answer.unhealthy("unexpected_shape")
    name = re.escape(f"@{ref.external_id}" if ref.kind == "account" else ref.external_id)
    if not re.search(rf"(?<![\w.-]){name}(?!\.?[\w-])", f"{code} {answer.data.get('author_url')}", re.IGNORECASE):
        raise answer.unhealthy("other_item")
    return answer.says(ref, Outcome.AVAILABLE, "embeddable")


def _part(reply: Reply, ref: ContentRef) -> Mapping[str, Any]:
    """The state of the item that its page carries; empty for a wall or a challenge."""
    found = _STATE.search(reply.body.decode("utf-8", "replace")) if reply.status == 200 else None
    try:
        state = json.loads(found[1]) if found else None
    except (ValueError, RecursionError):
        return {}
    scope = state.get("__DEFAULT_SCOPE__") if isinstance(state, dict) else None
    part = scope.get(_PART[ref.kind]) if isinstance(scope, dict) else None
    return part if isinstance(part, dict) else {}


def _shown(answer: Answer, ref: ContentRef) -> Sighting:
    if ref.kind == "account":
        user = _inside(answer.data, "userInfo", "user")
        if str(user.get("uniqueId", "")).lower() != ref.external_id:
            return answer.unhealthy("other_item").says(ref)
        return answer.says(ref, Outcome.AVAILABLE, "page_served")
    item = _inside(answer.data, "itemInfo", "itemStruct")
    if str(item.get("id", "")) != ref.external_id:
        return answer.unhealthy("other_item").says(ref)
    if item.get("isContentClassified") is True and not item.get("video"):
        return answer.says(ref, Outcome.AVAILABLE_GATED, "content_classified")
    return answer.says(ref, Outcome.AVAILABLE, "page_served")


def _inside(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        inner = data.get(key)
        data = inner if isinstance(inner, dict) else {}
    return data
