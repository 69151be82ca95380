"""The Internet Archive: items through the Metadata API, captures through the Wayback Machine (archive.org/developers, archive.org/help)."""

import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from html import unescape
from typing import Any, ClassVar

from platforms import pages
from platforms.base import Connector, ContentRef, Outcome, Sighting
from platforms.connectors.archive.addresses import named
from platforms.http import Answer, FetchError, NoAnswer, Reply, ask_json

_NOTICES = (
    {"status": 403, "text": "this url has been excluded from the wayback machine", "outcome": "removed_by_platform", "reason": "excluded"},
    {"status": 404, "text": "wayback machine has not archived that url", "outcome": "gone_unattributed", "reason": "not_archived"},
    {"status": 404, "text": "wayback machine doesn't have that page archived", "outcome": "gone_unattributed", "reason": "not_archived"},
)


class Archive(Connector):
    slug = "archive"
    label = "Internet Archive"
    kinds = frozenset({"file", "page"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "https://archive.org",
        "batch_size": 1,
        "rate": "60 per minute; 2 per second",
        "control_url": "https://archive.org/details/nasa",
        "control_capture": "https://web.archive.org/web/20130919044612/http://example.com/",
        "notices": _NOTICES,
    }

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        items = [await self._item(ref) for ref in refs if ref.kind == "file"]
        captures = [await self._capture(ref) for ref in refs if ref.kind == "page"]
        # The address of a capture that was never served may have lost a part on its way to us: it proves no loss.
        shown = self.once_shown(captures)
        return [
            *await self.against_control(items, self._control("control_url", self._item)),
            *await self.against_control(shown, self._control("control_capture", self._capture)),
        ]

    def _control(self, setting: str, look: Callable[[ContentRef], Awaitable[Sighting]]) -> Callable[[], Awaitable[Sighting]] | None:
        control = named(str(self.config[setting]))
        return (lambda: look(control)) if control else None

    async def _item(self, ref: ContentRef) -> Sighting:
        identifier, _, path = ref.external_id.partition("/")
        url = f"{str(self.config['api_base_url']).rstrip('/')}/metadata/{identifier}"
        try:
            answer = await ask_json(self.http, self.clock, "metadata", url)
            return _listed(answer, ref, _record(answer, identifier), path)
        except NoAnswer as unclear:
            return unclear.says(ref)

    async def _capture(self, ref: ContentRef) -> Sighting:
        sent_at = self.clock.sent()
        try:
            reply = await self.http.fetch("GET", self.through(ref.canonical_url), headers={"Accept-Language": "en"}, accept={"text/html"})
        except FetchError as error:
            if error.reply is None:
                return NoAnswer(error.reason, "capture", sent_at, self.clock.answered()).says(ref)
            # A captured picture, video or document: its headers say enough.
            reply = error.reply
        return pages.says(ref, reply, *self._meaning(ref, reply), "capture")

    def _meaning(self, ref: ContentRef, reply: Reply) -> tuple[Outcome, str]:
        final = named(self.outer(reply.url))
        if final != ref:
            return Outcome.INDETERMINATE, "another_capture" if final and final.kind == "page" else "moved_away"
        if "Memento-Datetime" in reply.headers:
            # A capture is served with the code of what was captured, be it 404 or 503; only captures have this header (RFC 7089).
            return Outcome.AVAILABLE, "capture_served"
        text = unescape(reply.body.decode("utf-8", "replace")).lower()
        for notice in self.config["notices"]:
            if notice["status"] == reply.status and notice["text"] in text and notice["outcome"] in Outcome.values:
                return Outcome(notice["outcome"]), notice["reason"]
        if reply.status == 429:
            return Outcome.INDETERMINATE, "rate_limited"
        return Outcome.INDETERMINATE, "not_a_capture" if reply.status == 200 else f"http_{reply.status}"


def _record(answer: Answer, identifier: str) -> dict[str, Any]:
    """The item's own record; an empty one if the Archive has none. Raises `NoAnswer`."""
    data = answer.data
    if not isinstance(data, dict) or answer.redirected:
        raise answer.unhealthy("redirected" if answer.redirected else "unexpected_shape")
    metadata = data.get("metadata")
    if isinstance(metadata, dict) and metadata.get("identifier") != identifier:
        raise answer.unhealthy("another_item")
    if data.get("is_dark") not in (None, False, True):
        raise answer.unknown("unknown_is_dark", data["is_dark"])
    if data and not data.get("is_dark") and not (isinstance(metadata, dict) and isinstance(data.get("files"), list)):
        raise answer.unhealthy("unexpected_shape")
    return data


def _listed(answer: Answer, ref: ContentRef, record: Mapping[str, Any], path: str) -> Sighting:
    if not record:
        # Never there, or deleted for good.
        return answer.says(ref, Outcome.GONE_UNATTRIBUTED, "empty_record")
    if record.get("is_dark"):
        return answer.says(ref, Outcome.REMOVED_BY_PLATFORM, "is_dark", is_dark=True)
    if path and (missing := _missing(answer, ref, record, path)) is not None:
        return missing
    metadata = record["metadata"]
    gates = (record.get("nodownload"), metadata.get("nodownload"), metadata.get("access-restricted-item"))
    if any(str(gate).lower() in {"true", "1"} for gate in gates):
        return answer.says(ref, Outcome.AVAILABLE_GATED, "access_restricted")
    return answer.says(ref, Outcome.AVAILABLE, "listed")


def _missing(answer: Answer, ref: ContentRef, record: Mapping[str, Any], path: str) -> Sighting | None:
    """What it means that a file is not in the item's list; None when it is there."""
    files = record["files"]
    names = [_spelled(file["name"]) for file in files if isinstance(file, dict) and isinstance(file.get("name"), str)]
    wanted = _spelled(path)
    if wanted in names:
        return None
    if not names or len(names) < len(files) or record.get("files_count", len(files)) != len(files):
        return answer.unhealthy("partial_list").says(ref)
    if any(name.startswith(f"{wanted}/") or wanted.startswith(f"{name}/") for name in names):
        # A folder, or something inside an archive file: not listed by itself.
        return answer.unhealthy("not_a_single_file").says(ref)
    return answer.says(ref, Outcome.GONE_UNATTRIBUTED, "file_not_listed", files=len(files))


def _spelled(name: str) -> str:
    """One spelling for the ways addresses write a file's name. A doubt makes the file present, never missing."""
    return unicodedata.normalize("NFC", name).casefold().replace("+", " ")
