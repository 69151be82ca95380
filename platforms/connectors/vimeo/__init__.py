"""Vimeo: its API where there is a token, oEmbed for the rest (developer.vimeo.com)."""

import asyncio
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any, ClassVar

from platforms import pages
from platforms.base import Connector, ContentRef, Outcome, Sighting
from platforms.connectors.vimeo.addresses import named
from platforms.http import Answer, NoAnswer, Reply, ask_json


class Vimeo(Connector):
    slug = "vimeo"
    label = "Vimeo"
    kinds = frozenset({"video", "comment"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "https://vimeo.com",
        "batch_size": 10,
        "rate": "60 per minute",
        "access_token": "",
        "control_url": "https://vimeo.com/76979871",
        "privacies": {
            "anybody": "available",
            "unlisted": "available",
            "disable": "available",
            "password": "private",
            "nobody": "private",
            "contacts": "private",
            "users": "private",
        },
        "removals": ["removed as a result of"],
    }
    secret_fields = frozenset({"access_token"})

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        unseen, refs = self.parts_unseen(refs)
        listed = await self._listed(refs) if self.config["access_token"] and refs else []
        settled = {sighting.ref for sighting in listed}
        embedded = await asyncio.gather(*(self._embedded(ref) for ref in refs if ref not in settled))
        control = named(str(self.config["control_url"]))
        # What was reported by a link with the hash of an unlisted video may never have been shown, and be up for all who have the link.
        shown = self.once_shown(embedded)
        return [*unseen, *listed, *await self.against_control(shown, (lambda: self._embedded(control)) if control else None)]

    async def _listed(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        """What the API says of the videos it lists. It says nothing of the others: deleted, private and unlisted look the same."""
        url = self.through("https://api.vimeo.com/videos")
        params = [("uris", ",".join(f"/videos/{ref.external_id}" for ref in refs)), ("fields", "uri,status,privacy.view")]
        headers = {"Authorization": f"Bearer {self.config['access_token']}", "Accept": "application/vnd.vimeo.*+json;version=3.4"}
        try:
            answer = await ask_json(self.http, self.clock, "videos", url, params=params, headers=headers)
            found = _by_id(answer)
        except NoAnswer as unclear:
            if isinstance(unclear.data, dict) and unclear.data.get("error_code") == 5460:
                unclear.reason = "login_wanted_here"
            return [unclear.says(ref) for ref in refs]
        return [self._conclude(answer, ref, found[ref.external_id]) for ref in refs if ref.external_id in found]

    def _conclude(self, answer: Answer, ref: ContentRef, video: Mapping[str, Any]) -> Sighting:
        privacy = video.get("privacy")
        view = str(privacy.get("view")) if isinstance(privacy, dict) else ""
        outcome = self.config["privacies"].get(view)
        if video.get("status") != "available":
            return answer.unknown("unknown_status", video.get("status")).says(ref)
        if outcome not in Outcome.values:
            return answer.unknown("unknown_privacy", view).says(ref)
        sighting = answer.says(ref, Outcome(outcome), f"view_{view}"[:60], view=view)
        return self.remember(sighting, shown=True) if view == "anybody" else sighting

    async def _embedded(self, ref: ContentRef) -> Sighting:
        url = f"{str(self.config['api_base_url']).rstrip('/')}/api/oembed.json"
        try:
            answer = await ask_json(self.http, self.clock, "oembed", url, params=[("url", ref.canonical_url)])
        except NoAnswer as unclear:
            return await pages.look(self, ref, self._meaning) if unclear.status == 404 else unclear.says(ref)
        data = answer.data if isinstance(answer.data, dict) else {}
        if str(data.get("video_id")) != ref.external_id:
            return answer.unhealthy("another_video" if "video_id" in data else "unexpected_shape").says(ref)
        if data.get("domain_status_code", 200) != 200:
            return answer.unhealthy("embed_restricted").says(ref)
        return answer.says(ref, Outcome.AVAILABLE, "embeddable")

    def _meaning(self, ref: ContentRef, reply: Reply) -> tuple[Outcome, str]:
        """oEmbed answers 404 for deleted, private and unlisted videos and for those that only some sites may embed. The page knows more."""
        if reply.status == 429:
            return Outcome.INDETERMINATE, "rate_limited"
        if reply.status not in {404, 410} or named(self.outer(reply.url)) != ref:
            return Outcome.INDETERMINATE, "not_embeddable"
        text = " ".join(unescape(reply.body.decode("utf-8", "replace")).lower().split())
        if any(removal.lower() in text for removal in self.config["removals"]):
            return Outcome.REMOVED_BY_PLATFORM, "removal_notice"
        return Outcome.GONE_UNATTRIBUTED, "not_found"


def _by_id(answer: Answer) -> dict[str, Mapping[str, Any]]:
    """The videos of a healthy list by id: `/videos/ID`, or `/videos/ID:HASH`. Raises `NoAnswer`."""
    videos = answer.data.get("data") if isinstance(answer.data, dict) else None
    if not isinstance(videos, list) or not all(isinstance(video, dict) and isinstance(video.get("uri"), str) for video in videos):
        raise answer.unhealthy("unexpected_shape")
    return {video["uri"].rsplit("/", 1)[-1].split(":", 1)[0]: video for video in videos}
