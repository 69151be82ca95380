"""MediaFire through its API 1.5 (mediafire.com/developers/core_api) and the number of the error page that a dead link leads to."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from platforms import pages
from platforms.base import Connector, ContentRef, Outcome, Sighting
from platforms.http import Answer, NoAnswer, ask_json, digest


class MediaFire(Connector):
    slug = "mediafire"
    label = "MediaFire"
    kinds = frozenset({"file"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "https://www.mediafire.com",
        "batch_size": 20,
        "rate": "60 per minute",
        "unknown_key_errors": [110],
        "page_errors": {
            "320": "gone_unattributed",
            "378": "removed_by_platform",
            "380": "removed_by_platform",
            "386": "removed_by_platform",
        },
        "control_id": "",
    }

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        files = await self._files([ref for ref in refs if "/" not in ref.external_id])
        return [*files, *[await self._page(ref) for ref in refs if "/" in ref.external_id]]

    async def _files(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        """One list for all. Nothing is concluded from an absence in it: what is missing is asked for by itself."""
        if not refs:
            return []
        control = str(self.config["control_id"])
        keys = list(dict.fromkeys([*(ref.external_id for ref in refs), *([control] if control else [])]))
        try:
            answer = await self._ask(keys)
            found = self._infos(answer)
        except NoAnswer as unclear:
            return [unclear.says(ref) for ref in refs]
        sightings = []
        for ref in refs:
            if ref.external_id in found:
                sightings.append(_listed(answer, ref, found[ref.external_id]))
            elif control and control not in found:
                sightings.append(answer.unhealthy("control_missing").says(ref))
            else:
                sightings.append(await self._missing(ref))
        return sightings

    async def _ask(self, keys: Sequence[str]) -> Answer:
        params = [("quick_key", ",".join(keys)), ("response_format", "json")]
        url = f"{str(self.config['api_base_url']).rstrip('/')}/api/1.5/file/get_info.php"
        return await ask_json(self.http, self.clock, "file/get_info", url, params=params, codes=(200, 400, 404))

    def _infos(self, answer: Answer) -> dict[str, Mapping[str, Any]]:
        """What the reply tells about, by key; nothing if it says that no such key is known. Raises `NoAnswer`."""
        response = answer.data.get("response") if isinstance(answer.data, dict) else None
        if not isinstance(response, dict):
            raise answer.unhealthy("unexpected_shape")
        if "error" in response:
            if str(response["error"]) in map(str, self.config["unknown_key_errors"]):
                return {}
            raise answer.unknown("unknown_error", response["error"])
        infos = response.get("file_infos", [response.get("file_info")])
        if answer.status != 200 or response.get("result") != "Success" or not isinstance(infos, list):
            raise answer.unhealthy("unexpected_shape")
        if not all(isinstance(info, dict) and isinstance(info.get("quickkey"), str) for info in infos):
            raise answer.unhealthy("unexpected_shape")
        return {info["quickkey"].lower(): info for info in infos}

    async def _missing(self, ref: ContentRef) -> Sighting:
        """A key asked for by itself, of which the interface says that it knows no such key; the page may know why."""
        try:
            answer = await self._ask([ref.external_id])
            found = self._infos(answer)
        except NoAnswer as unclear:
            return unclear.says(ref)
        if ref.external_id in found:
            return _listed(answer, ref, found[ref.external_id])
        if found or "error" not in answer.data["response"]:
            return answer.unhealthy("unexpected_shape").says(ref)
        page = await self._page(ref)
        if page.outcome is not Outcome.INDETERMINATE:
            return page
        if page.reason == "page_shown":
            return answer.unhealthy("contradiction").says(ref)
        return answer.says(ref, Outcome.GONE_UNATTRIBUTED, "no_such_key", error=answer.data["response"]["error"])

    async def _page(self, ref: ContentRef) -> Sighting:
        """The item's own address: that of something dead leads to an error page with a number."""
        try:
            reply = await pages.get(self, ref.canonical_url)
        except NoAnswer as unclear:
            return unclear.says(ref)
        answer = Answer("page", reply.status, None, reply.sent_at, reply.answered_at, bool(reply.hops), digest(reply.body))
        url = urlsplit(self.outer(reply.url))
        if reply.status in {200, 404, 410} and url.hostname == "www.mediafire.com" and url.path == "/error.php":
            return self._numbered(answer, ref, parse_qs(url.query).get("errno", [""])[0])
        if reply.status == 200:
            return answer.unhealthy("page_shown" if ref.external_id.rpartition("/")[2] in url.path else "other_page").says(ref)
        return pages.says(ref, reply, Outcome.INDETERMINATE, "rate_limited" if reply.status == 429 else f"http_{reply.status}")

    def _numbered(self, answer: Answer, ref: ContentRef, number: str) -> Sighting:
        if outcome := self.config["page_errors"].get(number):
            return answer.says(ref, Outcome(outcome), f"errno_{number}", errno=number)
        return answer.unknown("unknown_errno", number).says(ref)


def _listed(answer: Answer, ref: ContentRef, info: Mapping[str, Any]) -> Sighting:
    if info.get("privacy") == "private":
        return answer.says(ref, Outcome.PRIVATE, "privacy_private")
    return answer.says(ref, Outcome.AVAILABLE, "listed")
