"""YouTube through the Data API v3 (developers.google.com/youtube/v3/docs)."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from platforms.base import Connector, ContentRef, Outcome, Sighting
from platforms.http import Answer, NoAnswer, ask_json

_ACCOUNT_REASONS = {"uploaderAccountSuspended": Outcome.ACCOUNT_SUSPENDED, "uploaderAccountClosed": Outcome.ACCOUNT_GONE}
_CHANNEL_ERRORS = {"channelSuspended": Outcome.ACCOUNT_SUSPENDED, "channelClosed": Outcome.ACCOUNT_GONE}
_REJECTIONS = frozenset({"claim", "copyright", "duplicate", "inappropriate", "legal", "length", "termsOfUse", "trademark"})


class YouTube(Connector):
    slug = "youtube"
    label = "YouTube"
    kinds = frozenset({"video", "channel", "playlist"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "https://www.googleapis.com",
        "batch_size": 50,
        "api_key": "",
        "control_id": "",
    }
    secret_fields = frozenset({"api_key"})

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        if not self.config["api_key"] and self.config["api_base_url"] == self.defaults["api_base_url"]:
            now, later = self.clock.sent(), self.clock.answered()
            return [NoAnswer("no_credentials", "", now, later).says(ref) for ref in refs]
        groups = await asyncio.gather(*(self._look(resource, key, group) for resource, key, group in _grouped(refs)))
        return [sighting for group in groups for sighting in group]

    async def _look(self, resource: str, key: str, refs: Sequence[ContentRef]) -> list[Sighting]:
        """One call for refs that are asked for by the same parameter `key` of the same `resource`."""
        if not key:
            now, later = self.clock.sent(), self.clock.answered()
            return [NoAnswer("not_addressable", "", now, later).says(ref) for ref in refs]
        control = str(self.config["control_id"]) if resource == "videos" else ""
        names = [_asked_as(ref) for ref in refs]
        parts = "id,status,contentDetails,snippet" if resource == "videos" else "id,status,snippet"
        params = [
            ("part", parts),
            (key, ",".join(dict.fromkeys([*names, *([control] if control else [])]))),
            ("key", self.config["api_key"]),
        ]
        if resource != "videos":
            # The other lists answer with 5 items unless told otherwise.
            params.append(("maxResults", "50"))
        url = f"{self.config['api_base_url'].rstrip('/')}/youtube/v3/{resource}"
        try:
            answer = await ask_json(self.http, self.clock, f"{resource}.list", url, params=params)
            items = _items(answer, resource)
        except NoAnswer as unclear:
            return [_refused(unclear, ref, alone=len(refs) == 1) for ref in refs]
        # A call by name is for one channel and answers with that one, whose id and handle read differently.
        found = {item["id"]: item for item in items} if key == "id" else dict(zip(names, items, strict=False))
        absence = "control_missing" if control and control not in found else "partial_reply" if answer.data.get("nextPageToken") else ""
        if key != "id":
            # A channel that was renamed is up under another name.
            absence = "name_not_found"
        return [self._conclude(answer, ref, found.get(name), absence) for ref, name in zip(refs, names, strict=True)]

    def _conclude(self, answer: Answer, ref: ContentRef, item: Mapping[str, Any] | None, absence: str) -> Sighting:
        if item is not None:
            return _JUDGES[ref.kind](answer, ref, item)
        if absence:
            return answer.unhealthy(absence).says(ref)
        # Deleted, private and terminated look the same from here.
        return answer.says(ref, Outcome.GONE_UNATTRIBUTED, "absent_in_batch")


def _grouped(refs: Sequence[ContentRef]) -> Iterator[tuple[str, str, list[ContentRef]]]:
    """Refs by the call that asks for them; handles and old user names can only be asked for one at a time."""
    by_id: dict[str, list[ContentRef]] = {}
    for ref in refs:
        if ref.kind != "channel" or ref.external_id.startswith("UC"):
            by_id.setdefault(f"{ref.kind}s", []).append(ref)
        elif ref.external_id.startswith("@"):
            yield "channels", "forHandle", [ref]
        else:
            # `/c/name` is a page address only: the interface has no parameter for it.
            yield "channels", "forUsername" if ref.external_id.startswith("user/") else "", [ref]
    for resource, group in by_id.items():
        yield resource, "id", group


def _asked_as(ref: ContentRef) -> str:
    return ref.external_id.removeprefix("user/")


def _items(answer: Answer, resource: str) -> list[dict[str, Any]]:
    """The list of a healthy reply. A list without any match may lack `items` altogether. Raises `NoAnswer`."""
    data = answer.data
    if not isinstance(data, dict) or "error" in data or data.get("kind") != f"youtube#{resource.removesuffix('s')}ListResponse":
        raise answer.unhealthy("unexpected_shape")
    page = data.get("pageInfo")
    items = data.get("items", [] if isinstance(page, dict) and page.get("totalResults") == 0 else None)
    if not isinstance(items, list) or not all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in items):
        raise answer.unhealthy("unexpected_shape")
    return items


def _refused(unclear: NoAnswer, ref: ContentRef, *, alone: bool) -> Sighting:
    """403 with a reason about a channel speaks about the item only if it was the only one asked for."""
    error = unclear.data.get("error") if isinstance(unclear.data, dict) else None
    details = error.get("errors") if isinstance(error, dict) else None
    first = details[0] if isinstance(details, list) and details and isinstance(details[0], dict) else {}
    reason = str(first.get("reason", ""))
    if unclear.status == 403 and alone and ref.kind == "channel" and reason in _CHANNEL_ERRORS:
        return Sighting(ref, _CHANNEL_ERRORS[reason], reason, unclear.sent_at, unclear.answered_at, unclear.method, unclear.status)
    if unclear.status in {400, 403} and reason.isalnum():
        unclear.reason = reason
    return unclear.says(ref)


def _video(answer: Answer, ref: ContentRef, item: Mapping[str, Any]) -> Sighting:
    status, details = _part(item, "status"), _part(item, "contentDetails")
    upload, privacy = status.get("uploadStatus"), status.get("privacyStatus")
    if upload == "rejected":
        reason = str(status.get("rejectionReason", ""))
        if reason not in _ACCOUNT_REASONS and reason not in _REJECTIONS:
            return answer.unhealthy("unknown_rejection").says(ref)
        return answer.says(ref, _ACCOUNT_REASONS.get(reason, Outcome.REMOVED_BY_PLATFORM), f"rejected_{reason}", rejectionReason=reason)
    if upload == "deleted":
        return answer.says(ref, Outcome.GONE_UNATTRIBUTED, "upload_deleted")
    if upload not in {"processed", "uploaded"} or privacy not in {"public", "unlisted", "private"}:
        return answer.unhealthy("upload_failed" if upload == "failed" else "unknown_status").says(ref)
    if privacy == "private":
        return answer.says(ref, Outcome.PRIVATE, "privacy_private")
    return _viewable(answer, ref, details, str(privacy))


def _viewable(answer: Answer, ref: ContentRef, details: Mapping[str, Any], privacy: str) -> Sighting:
    region = _part(details, "regionRestriction")
    blocked, allowed = region.get("blocked"), region.get("allowed")
    if isinstance(allowed, list):
        # An empty list of countries where it may be seen means that it may be seen nowhere.
        if not allowed:
            return answer.says(ref, Outcome.GONE_UNATTRIBUTED, "blocked_everywhere")
        return answer.says(ref, Outcome.GEO_BLOCKED, "region_allowed_only", allowed=",".join(map(str, allowed)))
    if isinstance(blocked, list) and blocked:
        return answer.says(ref, Outcome.GEO_BLOCKED, "region_blocked", countries=[str(country) for country in blocked])
    if _part(details, "contentRating").get("ytRating") == "ytAgeRestricted":
        return answer.says(ref, Outcome.AVAILABLE_GATED, "age_restricted")
    return answer.says(ref, Outcome.AVAILABLE, "listed", privacyStatus=privacy)


def _listed(answer: Answer, ref: ContentRef, item: Mapping[str, Any]) -> Sighting:
    """Channels and playlists."""
    privacy = _part(item, "status").get("privacyStatus")
    if privacy == "private":
        return answer.says(ref, Outcome.PRIVATE, "privacy_private")
    if privacy not in {"public", "unlisted"}:
        return answer.unhealthy("unknown_status").says(ref)
    return answer.says(ref, Outcome.AVAILABLE, "listed", privacyStatus=privacy)


def _part(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = item.get(name)
    return part if isinstance(part, dict) else {}


_JUDGES: Mapping[str, Callable[[Answer, ContentRef, Mapping[str, Any]], Sighting]] = {
    "video": _video,
    "channel": _listed,
    "playlist": _listed,
}
