"""X (Twitter) through the API v2 lookups (docs.x.com/x-api/posts/lookup)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from platforms.base import Connector, ContentRef, Outcome, Sighting
from platforms.http import Answer, NoAnswer, ask_json

_POST_FIELDS = [
    ("tweet.fields", "withheld,author_id,possibly_sensitive"),
    ("expansions", "author_id"),
    ("user.fields", "withheld,protected"),
]
_USER_FIELDS = [("user.fields", "withheld,protected")]
_EVERYWHERE = "XX"
_COPYRIGHT = "XY"


class X(Connector):
    slug = "x"
    label = "X"
    kinds = frozenset({"post", "account"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "api_base_url": "https://api.x.com",
        "batch_size": 100,
        "bearer_token": "",
        "control_id": "",
    }
    secret_fields = frozenset({"bearer_token"})

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        if not self.config["bearer_token"] and self.config["api_base_url"] == self.defaults["api_base_url"]:
            now, later = self.clock.sent(), self.clock.answered()
            return [NoAnswer("no_credentials", "", now, later).says(ref) for ref in refs]
        seen = await self._posts([ref for ref in refs if ref.kind == "post"])
        numbers = [ref for ref in refs if ref.kind == "account" and ref.external_id.startswith("id/")]
        names = [ref for ref in refs if ref.kind == "account" and not ref.external_id.startswith("id/")]
        return [*seen, *await self._accounts("ids", numbers), *await self._accounts("usernames", names)]

    async def _ask(self, method: str, path: str, key: str, values: Sequence[str], fields: Sequence[tuple[str, str]]) -> Answer:
        """One look-up. Raises `NoAnswer` for anything but the documented shape."""
        token = self.config["bearer_token"]
        answer = await ask_json(
            self.http,
            self.clock,
            method,
            f"{self.config['api_base_url'].rstrip('/')}{path}",
            params=[(key, ",".join(values)), *fields],
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )
        data = answer.data
        # A reply in which every id failed has errors and no data; one with neither says nothing.
        if not isinstance(data, dict) or not ("data" in data or "errors" in data):
            raise answer.unhealthy("unexpected_shape")
        if not _is_list(data.get("data", [])) or not _is_list(data.get("errors", [])):
            raise answer.unhealthy("unexpected_shape")
        return answer

    async def _posts(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        if not refs:
            return []
        control = str(self.config["control_id"])
        asked = list(dict.fromkeys([*(ref.external_id for ref in refs), *([control] if control else [])]))
        try:
            answer = await self._ask("posts.lookup", "/2/tweets", "ids", asked, _POST_FIELDS)
        except NoAnswer as unclear:
            return [unclear.says(ref) for ref in refs]
        found = {str(post.get("id")): post for post in answer.data.get("data", [])}
        errors = _errors_by_value(answer, "ids")
        absence = "control_missing" if control and control not in found else ""
        sightings = []
        for ref in refs:
            if ref.external_id in found:
                sightings.append(_visible(answer, ref, found[ref.external_id]))
            elif absence:
                sightings.append(answer.unhealthy(absence).says(ref))
            else:
                sightings.append(await self._missing(answer, ref, errors.get(ref.external_id), alone=len(refs) == 1))
        return sightings

    async def _missing(self, answer: Answer, ref: ContentRef, error: Mapping[str, Any] | None, *, alone: bool) -> Sighting:
        """A post that did not come back: the error says what, the author says more."""
        problem = _problem(error)
        if problem == "suspended":
            return answer.says(ref, Outcome.ACCOUNT_SUSPENDED, "author_suspended", title=str((error or {}).get("title", "")))
        if problem not in {"not_found", "not_authorised"}:
            return answer.unhealthy(f"error_{problem}").says(ref)
        key, author = _author(answer, ref)
        if not author:
            return _without_author(answer, ref, problem)
        if key == "ids" and not alone:
            # The reply names an author, but not of which post: ask for this one by itself.
            return (await self._posts([ref]))[0]
        try:
            about = await self._ask("users.lookup", "/2/users" if key == "ids" else "/2/users/by", key, [author], _USER_FIELDS)
        except NoAnswer as unclear:
            return unclear.says(ref)
        return _by_author(about, ref, problem, key, author)

    async def _accounts(self, key: str, refs: Sequence[ContentRef]) -> list[Sighting]:
        if not refs:
            return []
        names = [ref.external_id.removeprefix("id/") for ref in refs]
        path = "/2/users" if key == "ids" else "/2/users/by"
        try:
            answer = await self._ask("users.lookup", path, key, list(dict.fromkeys(names)), _USER_FIELDS)
        except NoAnswer as unclear:
            return [unclear.says(ref) for ref in refs]
        return [_account(answer, ref, key, name) for ref, name in zip(refs, names, strict=True)]


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _errors_by_value(answer: Answer, parameter: str) -> dict[str, Mapping[str, Any]]:
    """Errors about what was asked for; those about quoted posts and mentioned users stand in the same list and are left out."""
    return {
        str(error.get("resource_id") or error.get("value")).lower(): error
        for error in answer.data.get("errors", [])
        if error.get("parameter") in {parameter, parameter.rstrip("s")} and error.get("section") != "includes"
    }


def _problem(error: Mapping[str, Any] | None) -> str:
    """What an error object means. Title and detail decide: suspension and absence share one `type`."""
    if error is None:
        return "absent"
    title, detail = str(error.get("title", "")).lower(), str(error.get("detail", "")).lower()
    if "suspended" in detail:
        return "suspended"
    if title == "not found error" and detail.startswith("could not find"):
        return "not_found"
    return "not_authorised" if title == "authorization error" else "unknown"


def _author(answer: Answer, ref: ContentRef) -> tuple[str, str]:
    """How to ask for the author of a missing post: by the address, where it names one, or by an error about the author."""
    name = ref.canonical_url.removeprefix("https://x.com/").split("/", 1)[0]
    if name != "i" and name.isidentifier():
        return "usernames", name
    for error in answer.data.get("errors", []):
        if error.get("parameter") == "author_id" and (number := str(error.get("resource_id") or error.get("value") or "")).isdigit():
            return "ids", number
    return "", ""


def _without_author(answer: Answer, ref: ContentRef, problem: str) -> Sighting:
    if problem == "not_authorised":
        # Protected, suspended or behind an age gate: without the author there is no telling.
        return answer.unhealthy("not_authorised").says(ref)
    return answer.says(ref, Outcome.GONE_UNATTRIBUTED, "not_found")


def _by_author(about: Answer, ref: ContentRef, problem: str, key: str, author: str) -> Sighting:
    user = _user(about, key, author)
    state = _problem(_errors_by_value(about, key).get(author.lower()))
    if user is not None and user.get("protected") is True:
        return about.says(ref, Outcome.PRIVATE, "author_protected")
    if user is not None:
        return _without_author(about, ref, problem)
    if state == "suspended":
        return about.says(ref, Outcome.ACCOUNT_SUSPENDED, "author_suspended")
    if state == "not_found" and key == "usernames":
        # Perhaps renamed: it says nothing beyond what is known of the post.
        return _without_author(about, ref, problem)
    if state == "not_found":
        return about.says(ref, Outcome.ACCOUNT_GONE, "author_not_found")
    return about.unhealthy(f"author_{state}").says(ref)


def _user(answer: Answer, key: str, name: str) -> Mapping[str, Any] | None:
    field = "id" if key == "ids" else "username"
    return next((user for user in answer.data.get("data", []) if str(user.get(field, "")).lower() == name.lower()), None)


def _account(answer: Answer, ref: ContentRef, key: str, name: str) -> Sighting:
    user = _user(answer, key, name)
    if user is not None:
        if user.get("protected") is True:
            return answer.says(ref, Outcome.PRIVATE, "protected")
        return _visible(answer, ref, user)
    problem = _problem(_errors_by_value(answer, key).get(name.lower()))
    if problem == "suspended":
        return answer.says(ref, Outcome.ACCOUNT_SUSPENDED, "suspended")
    if problem == "not_found" and key == "usernames":
        # An account that was renamed is up under another name.
        return answer.unhealthy("name_not_found").says(ref)
    if problem == "not_found":
        return answer.says(ref, Outcome.ACCOUNT_GONE, "not_found")
    return answer.unhealthy(f"error_{problem}").says(ref)


def _visible(answer: Answer, ref: ContentRef, thing: Mapping[str, Any]) -> Sighting:
    """A post or user that came back, perhaps withheld somewhere."""
    withheld = thing.get("withheld")
    codes = withheld.get("country_codes") if isinstance(withheld, dict) else None
    countries = [str(code) for code in codes] if isinstance(codes, list) else []
    if _EVERYWHERE in countries:
        return answer.says(ref, Outcome.REMOVED_BY_PLATFORM, "withheld_everywhere")
    if _COPYRIGHT in countries:
        return answer.says(ref, Outcome.REMOVED_BY_PLATFORM, "withheld_copyright")
    evidence = {"author_id": str(thing["author_id"])} if "author_id" in thing else {}
    if countries:
        scope = str(withheld.get("scope", "")) if isinstance(withheld, dict) else ""
        return answer.says(ref, Outcome.GEO_BLOCKED, "withheld", countries=countries, scope=scope, **evidence)
    if thing.get("possibly_sensitive") is True:
        return answer.says(ref, Outcome.AVAILABLE_GATED, "sensitive", **evidence)
    return answer.says(ref, Outcome.AVAILABLE, "listed", **evidence)
