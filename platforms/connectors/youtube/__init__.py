"""YouTube through the Data API v3 (developers.google.com/youtube/v3/docs)."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from platforms.base import UP, Connector, ContentRef, Outcome, Sighting, nearly_everywhere
from platforms.connectors.youtube.addresses import channel
from platforms.http import Answer, NoAnswer, ask_json

_ACCOUNT_REASONS = {"uploaderAccountSuspended": Outcome.ACCOUNT_SUSPENDED, "uploaderAccountClosed": Outcome.ACCOUNT_GONE}
_CHANNEL_ERRORS = {"channelSuspended": Outcome.ACCOUNT_SUSPENDED, "channelClosed": Outcome.ACCOUNT_GONE}
_CONTROLS = {"videos": "control_id", "channels": "control_channel", "playlists": "control_playlist", "comments": "control_comment"}
_PARTS = {"videos": "id,status,contentDetails,snippet", "comments": "id"}
_REJECTIONS = frozenset({"claim", "copyright", "duplicate", "inappropriate", "legal", "length", "termsOfUse", "trademark"})


class YouTube(Connector):
    slug = "youtube"
    label = "YouTube"
    kinds = frozenset({"video", "channel", "playlist", "comment"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "https://www.googleapis.com",
        "batch_size": 50,
        "rate": "120 per minute",
        "daily_quota": 9000,
        "quota_zone": "America/Los_Angeles",
        "api_key": "",
        "control_id": "jNQXAC9IVRw",
        "control_channel": "UC_x5XG1OV2P6uZZ5FSM9Ttw",
        "control_playlist": "",
        "control_comment": "",
    }
    secret_fields = frozenset({"api_key"})

    @property
    def batch_size(self) -> int:
        """Each kind has a call of its own, in which its control takes one of the places."""
        size = int(self.config["batch_size"])
        return max(1, size - 1) if any(self.config[name] for name in _CONTROLS.values()) else size

    def calls(self, refs: Sequence[ContentRef]) -> int:
        """A list call costs one unit, whatever the number of ids."""
        return sum(1 for _, key, _ in _grouped(refs) if key) if self._may_ask else 0

    @property
    def _may_ask(self) -> bool:
        return bool(self.config["api_key"]) or self.stands_in

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        if not self._may_ask:
            now, later = self.clock.sent(), self.clock.answered()
            return [NoAnswer("no_credentials", "", now, later).says(ref) for ref in refs]
        groups = await asyncio.gather(*(self._look(resource, key, group) for resource, key, group in _grouped(refs)))
        return [sighting for group in groups for sighting in group]

    async def _look(self, resource: str, key: str, refs: Sequence[ContentRef]) -> list[Sighting]:
        """One call for refs that are asked for by the same parameter `key` of the same `resource`."""
        if not key:
            now, later = self.clock.sent(), self.clock.answered()
            return [NoAnswer("not_addressable", "", now, later).says(ref) for ref in refs]
        control = str(self.config[_CONTROLS[resource]]) if key == "id" else ""
        names = [_asked_as(ref) for ref in refs]
        asked = list(dict.fromkeys([*names, *([control] if control else [])]))
        params = [("part", _PARTS.get(resource, "id,status,snippet")), (key, ",".join(asked)), ("key", self.config["api_key"])]
        if resource in {"channels", "playlists"}:
            # These lists answer with 5 items unless told otherwise.
            params.append(("maxResults", "50"))
        url = f"{self.config['api_base_url'].rstrip('/')}/youtube/v3/{resource}"
        try:
            answer = await ask_json(self.http, self.clock, f"{resource}.list", url, params=params)
            items = _items(answer, resource)
        except NoAnswer as unclear:
            return [_refused(unclear, ref, alone=len(asked) == 1) for ref in refs]
        # A call by name is for one channel and answers with that one, whose id and handle read differently.
        found = {item["id"]: item for item in items} if key == "id" else dict(zip(names, items, strict=False))
        doubt = _doubt(answer, found, control) if key == "id" else "name_not_found"
        seen = [_conclude(answer, ref, found.get(name), doubt) for ref, name in zip(refs, names, strict=True)]
        # A comment that is held back for review is left out as well.
        return self.once_shown(seen) if resource == "comments" else seen


def _doubt(answer: Answer, found: Mapping[str, Any], control: str) -> str:
    """Why the absence of an id proves nothing; "" if it does."""
    if not control:
        return "no_control"
    if control not in found:
        return "control_missing"
    return "partial_reply" if answer.data.get("nextPageToken") else ""


def _conclude(answer: Answer, ref: ContentRef, item: Mapping[str, Any] | None, doubt: str) -> Sighting:
    if item is not None:
        sighting = _JUDGES[ref.kind](answer, ref, item)
        by_name = ref.kind == "channel" and ref.external_id != item["id"]
        return replace(sighting, identity=channel(item["id"])) if by_name and sighting.outcome in UP else sighting
    if doubt:
        # A name that is not found may have been given up: the channel is up under another.
        return answer.unhealthy(doubt).says(ref)
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
    upload, privacy = str(status.get("uploadStatus")), str(status.get("privacyStatus"))
    if upload == "rejected":
        reason = str(status.get("rejectionReason", ""))
        if reason not in _ACCOUNT_REASONS and reason not in _REJECTIONS:
            return answer.unknown("unknown_rejection", reason).says(ref)
        return answer.says(ref, _ACCOUNT_REASONS.get(reason, Outcome.REMOVED_BY_PLATFORM), f"rejected_{reason}", rejectionReason=reason)
    if upload == "deleted":
        return answer.says(ref, Outcome.GONE_UNATTRIBUTED, "upload_deleted")
    if upload == "failed":
        return answer.unhealthy("upload_failed").says(ref)
    if upload not in {"processed", "uploaded"} or privacy not in {"public", "unlisted", "private"}:
        return answer.unknown("unknown_status", f"{upload} {privacy}").says(ref)
    if privacy == "private":
        return answer.says(ref, Outcome.PRIVATE, "privacy_private")
    return _viewable(answer, ref, details, privacy)


def _viewable(answer: Answer, ref: ContentRef, details: Mapping[str, Any], privacy: str) -> Sighting:
    region = _part(details, "regionRestriction")
    blocked, allowed = region.get("blocked"), region.get("allowed")
    if isinstance(allowed, list):
        # An empty list of countries where it may be seen means that it may be seen nowhere.
        if not allowed:
            return answer.says(ref, Outcome.GONE_UNATTRIBUTED, "blocked_everywhere")
        return answer.says(ref, Outcome.GEO_BLOCKED, "region_allowed_only", allowed=",".join(map(str, allowed)))
    if isinstance(blocked, list) and nearly_everywhere(blocked := [str(country) for country in blocked]):
        return answer.unhealthy("blocked_nearly_everywhere").says(ref)
    if isinstance(blocked, list) and blocked:
        return answer.says(ref, Outcome.GEO_BLOCKED, "region_blocked", countries=blocked)
    if _part(details, "contentRating").get("ytRating") == "ytAgeRestricted":
        return answer.says(ref, Outcome.AVAILABLE_GATED, "age_restricted")
    return answer.says(ref, Outcome.AVAILABLE, "listed", privacyStatus=privacy)


def _listed(answer: Answer, ref: ContentRef, item: Mapping[str, Any]) -> Sighting:
    """Channels and playlists."""
    privacy = str(_part(item, "status").get("privacyStatus"))
    if privacy == "private":
        return answer.says(ref, Outcome.PRIVATE, "privacy_private")
    if privacy not in {"public", "unlisted"}:
        return answer.unknown("unknown_status", privacy).says(ref)
    return answer.says(ref, Outcome.AVAILABLE, "listed", privacyStatus=privacy)


def _part(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = item.get(name)
    return part if isinstance(part, dict) else {}


_JUDGES: Mapping[str, Callable[[Answer, ContentRef, Mapping[str, Any]], Sighting]] = {
    "video": _video,
    "channel": _listed,
    "playlist": _listed,
    "comment": lambda answer, ref, _item: answer.says(ref, Outcome.AVAILABLE, "listed"),
}
