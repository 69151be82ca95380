"""Google Drive through its API v3 (developers.google.com/drive/api/reference/rest/v3/files/get) and the page that shows a file."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from platforms.base import Connector, ContentRef, Outcome, Sighting
from platforms.connectors.googledrive.addresses import RULE
from platforms.connectors.googledrive.pages import judged
from platforms.http import Answer, NoAnswer, ask_json
from platforms.pages import get
from platforms.urls import parse

_OVER_LIMIT = frozenset({"userRateLimitExceeded", "rateLimitExceeded", "dailyLimitExceeded", "quotaExceeded"})
_VIEW = re.compile(r"/file/d/([^/]+)/view\??")
_HTML = frozenset({"text/html", "application/xhtml+xml"})


class GoogleDrive(Connector):
    slug = "googledrive"
    label = "Google Drive"
    kinds = frozenset({"file"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "https://www.googleapis.com",
        "batch_size": 10,
        "rate": "60 per minute",
        "api_key": "",
        "gone_texts": ["file you have requested does not exist", "file does not exist"],
        "removed_texts": ["violation of our terms of service", "violates our terms of service", "flagged as inappropriate"],
        "control_url": "",
    }
    secret_fields = frozenset({"api_key"})

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        """By the interface where there is a key for it. It does not know published copies: for them, and without a key, the page speaks."""
        keyed = bool(self.config["api_key"]) or self.stands_in
        asked = [ref for ref in refs if keyed and "/e/" not in ref.external_id]
        pages = await asyncio.gather(*(self._page(ref) for ref in refs if ref not in asked))
        return [*await asyncio.gather(*(self._file(ref) for ref in asked)), *await self.against_control(pages, self._control())]

    def _control(self) -> Callable[[], Awaitable[Sighting]] | None:
        url = str(self.config["control_url"])
        ref = RULE.find(parse(url)) if url else None
        return (lambda: self._page(ref)) if ref else None

    async def _file(self, ref: ContentRef) -> Sighting:
        try:
            answer = await self._ask(ref)
        except NoAnswer as unclear:
            return unclear.says(ref)
        if answer.status == 200:
            return _listed(answer, ref)
        reason = _reason(answer)
        if answer.status == 403 and reason == "cannotDownloadAbusiveFile":
            # The bytes are refused to strangers; the file is still there.
            return answer.says(ref, Outcome.AVAILABLE_GATED, reason)
        if answer.status == 404 and reason == "notFound":
            return await self._missing(ref)
        if reason and reason not in _OVER_LIMIT:
            return answer.unknown("unknown_error", reason).says(ref)
        return answer.unhealthy(reason or f"http_{answer.status}").says(ref)

    async def _ask(self, ref: ContentRef) -> Answer:
        number, _, key = ref.external_id.removeprefix("folder/").partition("/")
        params = [("fields", "id,trashed"), ("supportsAllDrives", "true")]
        if self.config["api_key"]:
            params.append(("key", self.config["api_key"]))
        return await ask_json(
            self.http,
            self.clock,
            "files.get",
            f"{str(self.config['api_base_url']).rstrip('/')}/drive/v3/files/{number}",
            params=params,
            headers={"X-Goog-Drive-Resource-Keys": f"{number}/{key}"} if key else {},
            codes=(200, 403, 404),
        )

    async def _missing(self, ref: ContentRef) -> Sighting:
        """The interface says "not found" of what is gone and of what is not shared: the page knows which."""
        sighting = await self._page(ref)
        if sighting.outcome is Outcome.AVAILABLE:
            return replace(sighting, outcome=Outcome.INDETERMINATE, reason="contradiction")
        return sighting

    async def _page(self, ref: ContentRef) -> Sighting:
        sighting = await self._shown(ref, ref.canonical_url)
        if sighting.outcome is not Outcome.GONE_UNATTRIBUTED or not _VIEW.search(ref.canonical_url):
            return sighting
        # An id does not say what it is of, and a folder may be missed among files: the address that opens either has the last word.
        opener = _VIEW.sub(r"/open?id=\1&", ref.canonical_url).rstrip("&")
        again = await self._shown(ref, opener)
        return sighting if again.outcome is Outcome.GONE_UNATTRIBUTED else again

    async def _shown(self, ref: ContentRef, url: str) -> Sighting:
        try:
            reply = await get(self, url, headers={"Accept-Language": "en"}, accept=_HTML)
        except NoAnswer as unclear:
            return unclear.says(ref)
        return judged(ref, reply, self.outer(reply.url), self.config)


def _listed(answer: Answer, ref: ContentRef) -> Sighting:
    data = answer.data if isinstance(answer.data, dict) else {}
    if data.get("id") not in ref.external_id.split("/") or not isinstance(data.get("trashed"), bool):
        return answer.unhealthy("unexpected_shape").says(ref)
    if data["trashed"]:
        return answer.says(ref, Outcome.REMOVED_BY_USER, "trashed")
    return answer.says(ref, Outcome.AVAILABLE, "listed")


def _reason(answer: Answer) -> str:
    """The first reason of an error, "" where there is none of the documented shape."""
    error = answer.data.get("error") if isinstance(answer.data, dict) else None
    details = error.get("errors") if isinstance(error, dict) else None
    first = details[0] if isinstance(details, list) and details and isinstance(details[0], dict) else {}
    return str(first.get("reason", ""))
