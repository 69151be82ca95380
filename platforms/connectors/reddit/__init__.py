"""Reddit through its API (www.reddit.com/dev/api): `/api/info` for posts and comments, `about` for accounts and communities."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from platforms.base import Connector, ContentRef, Outcome, Sighting
from platforms.http import Answer, NoAnswer, ask_json

_REMOVED_BY = {
    "deleted": Outcome.REMOVED_BY_USER,
    "author": Outcome.REMOVED_BY_USER,
    "moderator": Outcome.REMOVED_BY_COMMUNITY,
    "automod_filtered": Outcome.REMOVED_BY_COMMUNITY,
    "reddit": Outcome.REMOVED_BY_PLATFORM,
    "anti_evil_ops": Outcome.REMOVED_BY_PLATFORM,
    "community_ops": Outcome.REMOVED_BY_PLATFORM,
    "content_takedown": Outcome.REMOVED_BY_PLATFORM,
    "copyright_takedown": Outcome.REMOVED_BY_PLATFORM,
}
"""`removed_by_category` of a post."""
_BODIES = {"[removed]": (Outcome.GONE_UNATTRIBUTED, "body_removed"), "[deleted]": (Outcome.REMOVED_BY_USER, "body_deleted")}
"""What stands in the place of a text. Moderators and Reddit's own staff leave the same words."""
_BY_REDDIT = "[ removed by reddit"
_PREFIXES = {"post": "t3_", "comment": "t1_"}


class Reddit(Connector):
    slug = "reddit"
    label = "Reddit"
    kinds = frozenset({"post", "comment", "account", "group"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "https://oauth.reddit.com",
        "batch_size": 50,
        "rate": "80 per minute",
        "access_token": "",
        "control_id": "t3_z1c9z",
        "control_account": "spez",
        "community_answers": {"403 private": "private", "403 quarantined": "available_gated", "404 banned": "removed_by_platform"},
    }
    secret_fields = frozenset({"access_token"})

    def group(self, ref: ContentRef) -> str:
        """Posts and comments share a call; an account or a community needs one of its own."""
        return "" if ref.kind in _PREFIXES else ref.external_id

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        if not self.config["access_token"] and not self.stands_in:
            now, later = self.clock.sent(), self.clock.answered()
            return [NoAnswer("no_credentials", "", now, later).says(ref) for ref in refs]
        looks = {"account": self._account, "group": self._community}
        seen = await self._texts([ref for ref in refs if ref.kind in _PREFIXES])
        for ref in refs:
            if ref.kind in looks:
                try:
                    seen.append(await looks[ref.kind](ref))
                except NoAnswer as unclear:
                    seen.append(unclear.says(ref))
        return seen

    async def _ask(self, method: str, path: str, codes: Sequence[int] = (200,), **request: Any) -> Answer:
        token = self.config["access_token"]
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{self.config['api_base_url'].rstrip('/')}{path}"
        return await ask_json(self.http, self.clock, method, url, codes=codes, headers=headers, follow=False, **request)

    async def _texts(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        """Posts and comments, in one call."""
        if not refs:
            return []
        control = str(self.config["control_id"])
        names = dict.fromkeys([*(ref.external_id for ref in refs), *([control] if control else [])])
        try:
            answer = await self._ask("info", "/api/info", params=[("id", ",".join(names)), ("raw_json", "1")])
            found = _children(answer)
        except NoAnswer as unclear:
            return [unclear.says(ref) for ref in refs]
        absence = "no_control" if not control else "" if control in found else "control_missing"
        sightings = []
        for ref in refs:
            try:
                if ref.external_id in found:
                    sightings.append(self._listed(answer, ref, found[ref.external_id]))
                elif absence:
                    sightings.append(answer.unhealthy(absence).says(ref))
                else:
                    sightings.append(await self._missing(answer, ref))
            except NoAnswer as unclear:
                sightings.append(unclear.says(ref))
        return sightings

    def _listed(self, answer: Answer, ref: ContentRef, data: Mapping[str, Any]) -> Sighting:
        """A post or comment that is in the reply. Raises `NoAnswer`."""
        community = data.get("subreddit")
        sighting = _post(answer, ref, data) if ref.kind == "post" else _comment(answer, ref, data)
        return self.remember(sighting, community=community.lower()) if isinstance(community, str) and community else sighting

    async def _missing(self, answer: Answer, ref: ContentRef) -> Sighting:
        """What is left out may be of a community that is closed to us: only one known to be open lets us conclude. Raises `NoAnswer`."""
        name = self.kept.get(ref, {}).get("community")
        if not name:
            raise answer.unhealthy("absent_in_batch")
        about = await self._community(ContentRef("reddit", "group", f"r/{name}", f"https://www.reddit.com/r/{name}"))
        if about.reason in {"listed", "over_18"}:
            return answer.says(ref, Outcome.GONE_UNATTRIBUTED, "absent_in_batch")
        outcome = Outcome.INDETERMINATE if about.outcome is Outcome.AVAILABLE_GATED else about.outcome
        return replace(about, ref=ref, outcome=outcome, reason=f"community_{about.reason}")

    async def _community(self, ref: ContentRef) -> Sighting:
        """Raises `NoAnswer`."""
        answer = await self._ask("community.about", f"/{ref.external_id}/about", (200, 403, 404))
        if answer.status != 200:
            reason = answer.data.get("reason") if isinstance(answer.data, dict) else None
            outcome = self.config["community_answers"].get(f"{answer.status} {reason}")
            if outcome in Outcome.values:
                return answer.says(ref, Outcome(outcome), str(reason))
            raise answer.unknown("unknown_reason", reason) if reason else answer.unhealthy(f"http_{answer.status}")
        data = _thing(answer, "t5", "display_name", ref)
        if data.get("subreddit_type") == "private":
            return answer.says(ref, Outcome.PRIVATE, "private")
        if data.get("quarantine") is True:
            return answer.says(ref, Outcome.AVAILABLE_GATED, "quarantined")
        if data.get("over18") is True:
            return answer.says(ref, Outcome.AVAILABLE_GATED, "over_18")
        return answer.says(ref, Outcome.AVAILABLE, "listed")

    async def _account(self, ref: ContentRef) -> Sighting:
        """Raises `NoAnswer`."""
        sighting = await self._user(ref)
        control = str(self.config["control_account"]).lower()

        async def look() -> Sighting:
            return await self._user(ContentRef("reddit", "account", f"user/{control}", f"https://www.reddit.com/user/{control}"))

        return (await self.against_control([sighting], look if control else None))[0]

    async def _user(self, ref: ContentRef) -> Sighting:
        answer = await self._ask("user.about", f"/{ref.external_id}/about", (200, 404))
        if answer.status == 404:
            if not isinstance(answer.data, dict) or answer.data.get("error") != 404:
                raise answer.unhealthy("unexpected_shape")
            # Deleted by its owner, or hidden from all but its owner by Reddit.
            return answer.says(ref, Outcome.GONE_UNATTRIBUTED, "not_found")
        data = _thing(answer, "t2", "name", ref)
        if data.get("is_suspended") is True:
            return answer.says(ref, Outcome.ACCOUNT_SUSPENDED, "suspended")
        return answer.says(ref, Outcome.AVAILABLE, "listed")


def _children(answer: Answer) -> dict[str, Mapping[str, Any]]:
    """The posts and comments of a listing, by their full name. Raises `NoAnswer`."""
    data = answer.data
    inner = data.get("data") if isinstance(data, dict) and data.get("kind") == "Listing" else None
    children = inner.get("children") if isinstance(inner, dict) else None
    if not isinstance(children, list) or not all(isinstance(child, dict) and isinstance(child.get("data"), dict) for child in children):
        raise answer.unhealthy("unexpected_shape")
    return {str(child["data"].get("name")): child["data"] for child in children}


def _thing(answer: Answer, kind: str, key: str, ref: ContentRef) -> Mapping[str, Any]:
    """What a reply tells of the one thing asked for by name. Raises `NoAnswer`."""
    data = answer.data
    inner = data.get("data") if isinstance(data, dict) and data.get("kind") == kind else None
    if not isinstance(inner, dict) or str(inner.get(key)).lower() != ref.external_id.split("/", 1)[1]:
        raise answer.unhealthy("unexpected_shape")
    return inner


def _post(answer: Answer, ref: ContentRef, data: Mapping[str, Any]) -> Sighting:
    if "removed_by_category" not in data:
        raise answer.unhealthy("unexpected_shape")
    if data.get("removal_reason") == "legal":
        return answer.says(ref, Outcome.REMOVED_BY_PLATFORM, "removal_legal")
    category = data["removed_by_category"]
    if category is None:
        return _standing(answer, ref, data, (data.get("title"), data.get("selftext")))
    if str(category) not in _REMOVED_BY:
        raise answer.unknown("unknown_category", category)
    return answer.says(ref, _REMOVED_BY[str(category)], f"removed_by_{category}")


def _comment(answer: Answer, ref: ContentRef, data: Mapping[str, Any]) -> Sighting:
    if not isinstance(data.get("body"), str):
        raise answer.unhealthy("unexpected_shape")
    return _standing(answer, ref, data, (data["body"],))


def _standing(answer: Answer, ref: ContentRef, data: Mapping[str, Any], texts: Sequence[Any]) -> Sighting:
    """By the words that stand in the place of a text. Raises `NoAnswer`."""
    unowned = data.get("author") == "[deleted]"
    replaced = _replaced([text.strip().lower() for text in texts if isinstance(text, str)])
    if replaced is None:
        gate = next((name for name in ("over_18", "quarantine") if data.get(name) is True), "")
        outcome = Outcome.AVAILABLE_GATED if gate else Outcome.AVAILABLE
        return answer.says(ref, outcome, gate or ("author_deleted" if unowned else "listed"))
    # Anybody can write these words, but what is removed has lost its author too, and of a post the category would say so.
    if not unowned or (ref.kind == "post" and replaced[0] is not Outcome.REMOVED_BY_PLATFORM):
        raise answer.unhealthy("contradictory")
    return answer.says(ref, *replaced)


def _replaced(texts: Sequence[str]) -> tuple[Outcome, str] | None:
    """What words that replace a text mean; None if it is an ordinary text."""
    if any(text.startswith(_BY_REDDIT) for text in texts):
        return Outcome.REMOVED_BY_PLATFORM, "text_removed_by_reddit"
    return next((_BODIES[text] for text in texts if text in _BODIES), None)
