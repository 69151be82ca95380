"""VK through its API (dev.vk.com; the shapes are those of github.com/VKCOM/vk-api-schema)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from platforms.base import GONE, UP, Connector, ContentRef, Outcome, Sighting
from platforms.http import Answer, NoAnswer, ask_json

_CALLS = {
    "post": ("wall.getById", "posts", "wall"),
    "video": ("video.get", "videos", "video"),
    "account": ("users.get", "user_ids", "id"),
    "group": ("groups.getById", "group_ids", "club"),
}
"""By kind: the method, its parameter and how our ids begin."""
_NUMBERED = re.compile(r"(?:id|club)[1-9][0-9]*|(?:wall|video)-?[1-9][0-9]*_[1-9][0-9]*")
_OF_ONE_ID = frozenset({"100", "113", "125"})
"""Errors that one bad id brings upon a whole call."""
_TOO_MANY = frozenset({"6", "9", "29"})
_OF_US = frozenset({"5", "10", "14", "17", "42"})


class VK(Connector):
    slug = "vk"
    label = "VK"
    kinds = frozenset({"post", "video", "account", "group", "comment"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "https://api.vk.com",
        "batch_size": 20,
        "rate": "2 per second",
        "access_token": "",
        "version": "5.199",
        "control_id": "",
        "errors": {
            **dict.fromkeys(("15", "30", "200", "203", "204", "210"), "private"),
            **dict.fromkeys(("18", "104"), "gone_unattributed"),
            "19": "removed_by_platform",
            "37": "account_suspended",
        },
        "deactivated": {"banned": "account_suspended", "deleted": "account_gone"},
        "texts": {
            "author has been blocked": "account_suspended",
            "copyright holder": "removed_by_platform",
            "has been deleted": "gone_unattributed",
            "not available in your region": "geo_blocked",
        },
    }
    secret_fields = frozenset({"access_token"})

    def group(self, ref: ContentRef) -> str:
        """Each method takes ids of one kind; a name is asked for by itself."""
        return ref.kind if _NUMBERED.fullmatch(ref.external_id) else ref.external_id

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        unseen, refs = self.parts_unseen(refs)
        if not self.config["access_token"] and not self.stands_in:
            now, later = self.clock.sent(), self.clock.answered()
            return unseen + [NoAnswer("no_credentials", "", now, later).says(ref) for ref in refs]
        seen = unseen
        for kind in _CALLS:
            if numbered := [ref for ref in refs if ref.kind == kind and _NUMBERED.fullmatch(ref.external_id)]:
                seen += await self._look(kind, numbered)
        for ref in refs:
            if not _NUMBERED.fullmatch(ref.external_id):
                seen.append(await self._named(ref))
        return seen

    async def _ask(self, method: str, key: str, value: str) -> Answer:
        """One call. VK answers 200 to all of them. Raises `NoAnswer`."""
        params = [(key, value), ("v", str(self.config["version"])), ("lang", "en")]
        if token := self.config["access_token"]:
            params.append(("access_token", token))
        url = f"{self.config['api_base_url'].rstrip('/')}/method/{method}"
        answer = await ask_json(self.http, self.clock, method, url, params=params, follow=False)
        if not isinstance(answer.data, dict) or ("response" in answer.data) == ("error" in answer.data):
            raise answer.unhealthy("unexpected_shape")
        return answer

    async def _look(self, kind: str, refs: Sequence[ContentRef], *, controlled: bool = True) -> list[Sighting]:
        """One call for refs of one kind, split where an error speaks of one of them without saying which."""
        method, key, prefix = _CALLS[kind]
        control = str(self.config["control_id"]) if controlled else ""
        control = control if control.startswith(prefix) and kind in {"post", "video"} else ""
        names = dict.fromkeys([*(ref.external_id for ref in refs), *([control] if control else [])])
        try:
            answer = await self._ask(method, key, ",".join(name.removeprefix(prefix) for name in names))
            code = _error(answer)
            if code in self.config["errors"] or code in _OF_ONE_ID:
                if len(refs) > 1:
                    half = len(refs) // 2
                    return [*await self._look(kind, refs[:half]), *await self._look(kind, refs[half:])]
                return await self._look(kind, refs, controlled=False) if control else [self._refused(answer, refs[0], code)]
            found = _items(answer, prefix)
        except NoAnswer as unclear:
            return [unclear.says(ref) for ref in refs]
        absence = "no_control" if not control else "" if control in found else "control_missing"
        return [await self._judged(answer, ref, found.get(ref.external_id), absence) for ref in refs]

    def _refused(self, answer: Answer, ref: ContentRef, code: str) -> Sighting:
        """An error to a call for nothing but this one. Access denied may be about our rights, unless it could be read before."""
        outcome = _outcome(self.config["errors"].get(code))
        if outcome is Outcome.PRIVATE and not self.kept.get(ref, {}).get("readable"):
            outcome = Outcome.INDETERMINATE
        return answer.says(ref, outcome, f"error_{code}")

    async def _judged(self, answer: Answer, ref: ContentRef, item: Mapping[str, Any] | None, absence: str) -> Sighting:
        try:
            if item is None:
                return await self._missing(answer, ref, absence)
            if ref.kind in {"account", "group"}:
                return self._member(answer, ref, item)
            sighting = self._work(answer, ref, item)
        except NoAnswer as unclear:
            return unclear.says(ref)
        return self.remember(sighting, readable=True) if sighting.outcome is Outcome.AVAILABLE else sighting

    def _work(self, answer: Answer, ref: ContentRef, item: Mapping[str, Any]) -> Sighting:
        """A post or video that is in the reply. Raises `NoAnswer`."""
        if item.get("is_deleted"):
            outcome = self._by_text(item.get("deleted_reason"), item.get("deleted_details"))
            return answer.says(ref, outcome if outcome in GONE else Outcome.GONE_UNATTRIBUTED, "deleted")
        if item.get("content_restricted") or item.get("restriction"):
            outcome = self._by_text(item.get("content_restricted_message"), item.get("restriction"))
            return answer.says(ref, outcome, "restricted")
        return answer.says(ref, Outcome.AVAILABLE, "listed")

    def _by_text(self, *texts: Any) -> Outcome:
        """By what VK says of it in words; the longest of the configured texts found decides."""
        said = " ".join(str(text) for text in texts if text).lower()
        found = [(len(text), outcome) for text, outcome in self.config["texts"].items() if text in said]
        return _outcome(max(found)[1]) if found else Outcome.INDETERMINATE

    def _member(self, answer: Answer, ref: ContentRef, item: Mapping[str, Any]) -> Sighting:
        """An account or community that is in the reply. Raises `NoAnswer`."""
        if "deactivated" in item:
            outcome = _outcome(self.config["deactivated"].get(str(item["deactivated"])))
            if outcome is Outcome.INDETERMINATE:
                raise answer.unknown("unknown_deactivation", item["deactivated"])
            return answer.says(ref, outcome, "deactivated", deactivated=str(item["deactivated"]))
        closed = item.get("is_closed")
        if not isinstance(closed, int):
            raise answer.unhealthy("unexpected_shape")
        if closed and item.get("can_access_closed") is not True:
            return answer.says(ref, Outcome.PRIVATE, "closed")
        return answer.says(ref, Outcome.AVAILABLE, "listed")

    async def _missing(self, answer: Answer, ref: ContentRef, absence: str) -> Sighting:
        """Left out: the owner may tell why. Of an open owner it counts only if it could be read before: walls and videos can be hidden."""
        owner = re.fullmatch(r"(?:wall|video)(-?)([0-9]+)_[0-9]+", ref.external_id)
        if owner is None:
            raise answer.unhealthy("absent_in_batch")
        kind, name = ("group", f"club{owner[2]}") if owner[1] else ("account", f"id{owner[2]}")
        about = (await self._look(kind, [_reference(kind, name)]))[0]
        if about.outcome in GONE or about.outcome is Outcome.PRIVATE:
            return replace(about, ref=ref, reason=f"owner_{about.reason}")
        if about.outcome is Outcome.AVAILABLE and not absence and self.kept.get(ref, {}).get("readable"):
            return answer.says(ref, Outcome.GONE_UNATTRIBUTED, "absent_in_batch")
        raise answer.unhealthy(absence or "absent_in_batch")

    async def _named(self, ref: ContentRef) -> Sighting:
        """An account or community by the name in its address, which can change hands."""
        try:
            answer = await self._ask("utils.resolveScreenName", "screen_name", ref.external_id)
            if code := _error(answer):
                raise answer.unhealthy(f"error_{code}"[:60])
            lasting = _resolved(answer)
        except NoAnswer as unclear:
            return unclear.says(ref)
        sighting = (await self._look(lasting.kind, [lasting]))[0]
        return replace(sighting, ref=ref, identity=lasting if sighting.outcome in UP else None)


def _reference(kind: str, name: str) -> ContentRef:
    return ContentRef("vk", kind, name, f"https://vk.com/{name}")


def _outcome(name: Any) -> Outcome:
    return Outcome(name) if name in Outcome.values else Outcome.INDETERMINATE


def _error(answer: Answer) -> str:
    """The code of an error that may be about the item, "" if there is none. Raises `NoAnswer` for one that is about us, or unknown."""
    if "error" not in answer.data:
        return ""
    error = answer.data["error"]
    code = str(error.get("error_code")) if isinstance(error, dict) else ""
    if code in _TOO_MANY:
        raise answer.unhealthy("rate_limited")
    if code in _OF_US:
        raise answer.unhealthy(f"error_{code}")
    return code or "?"


def _items(answer: Answer, prefix: str) -> dict[str, Mapping[str, Any]]:
    """What a list holds, by our ids. Raises `NoAnswer`."""
    if code := _error(answer):
        raise answer.unknown("unknown_error", code)
    items = answer.data["response"]
    if isinstance(items, dict):
        items = items.get("groups" if prefix == "club" else "items")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise answer.unhealthy("unexpected_shape")
    owned = prefix in {"wall", "video"}
    return {f"{prefix}{item.get('owner_id')}_{item.get('id')}" if owned else f"{prefix}{item.get('id')}": item for item in items}


def _resolved(answer: Answer) -> ContentRef:
    """Whom a name belongs to. Raises `NoAnswer`."""
    found = answer.data["response"]
    if found == []:
        # Perhaps it was changed.
        raise answer.unhealthy("name_not_found")
    kind = {"user": "account", "group": "group"}.get(str(found.get("type"))) if isinstance(found, dict) else None
    if kind is None or not isinstance(found.get("object_id"), int) or found["object_id"] < 1:
        raise answer.unhealthy("unexpected_shape")
    return _reference(kind, f"{_CALLS[kind][2]}{found['object_id']}")
