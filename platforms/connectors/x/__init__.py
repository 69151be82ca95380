"""X (Twitter) through the API v2 lookups (docs.x.com/x-api/posts/lookup)."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from platforms.base import UP, Connector, ContentRef, Outcome, Sighting, nearly_everywhere
from platforms.connectors.x import addresses
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
        "rate": "250 per 15 minutes",
        "bearer_token": "",
        "control_id": "20",
        "control_user": "783214",
    }
    secret_fields = frozenset({"bearer_token"})

    @property
    def batch_size(self) -> int:
        """Posts and users have calls of their own, in which their control takes one of the places."""
        size = int(self.config["batch_size"])
        return max(1, size - 1) if self.config["control_id"] or self.config["control_user"] else size

    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        if not self.config["bearer_token"] and not self.stands_in:
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
        doubt = _doubt(control, found)
        sightings = []
        for ref in refs:
            if ref.external_id in found:
                sightings.append(_visible(answer, ref, found[ref.external_id]))
            else:
                sightings.append(await self._missing(answer, ref, errors.get(ref.external_id), doubt, alone=len(refs) == 1))
        return sightings

    async def _missing(self, answer: Answer, ref: ContentRef, error: Mapping[str, Any] | None, doubt: str, *, alone: bool) -> Sighting:
        """A post that did not come back: the error says what, the author says more."""
        problem = _problem(error)
        if problem == "suspended":
            return answer.says(ref, Outcome.ACCOUNT_SUSPENDED, "author_suspended", title=str((error or {}).get("title", "")))
        if problem not in {"not_found", "not_authorised"}:
            return _unclear(answer, ref, problem, error)
        if doubt:
            return answer.unhealthy(doubt).says(ref)
        authors = _missing_authors(answer)
        if not authors:
            return _without_author(answer, ref, problem)
        if not alone:
            # The reply names authors, but not of which post: ask for this one by itself.
            return (await self._posts([ref]))[0]
        author, control = min(authors), str(self.config["control_user"])
        asked = list(dict.fromkeys([author, *([control] if control else [])]))
        try:
            about = await self._ask("users.lookup", "/2/users", "ids", asked, _USER_FIELDS)
        except NoAnswer as unclear:
            return unclear.says(ref)
        return _by_author(about, ref, problem, author, control)

    async def _accounts(self, key: str, refs: Sequence[ContentRef]) -> list[Sighting]:
        if not refs:
            return []
        names = [ref.external_id.removeprefix("id/") for ref in refs]
        control = str(self.config["control_user"]) if key == "ids" else ""
        asked = list(dict.fromkeys([*names, *([control] if control else [])]))
        try:
            answer = await self._ask("users.lookup", "/2/users" if key == "ids" else "/2/users/by", key, asked, _USER_FIELDS)
        except NoAnswer as unclear:
            return [unclear.says(ref) for ref in refs]
        # An account that was renamed is up under another name.
        doubt = _doubt(control, _ids(answer)) if key == "ids" else "name_not_found"
        return [_account(answer, ref, key, name, doubt) for ref, name in zip(refs, names, strict=True)]


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _errors_by_value(answer: Answer, parameter: str) -> dict[str, Mapping[str, Any]]:
    """Errors about what was asked for; those about quoted posts and mentioned users stand in the same list and are left out."""
    return {
        str(error.get("resource_id") or error.get("value")).lower(): error
        for error in answer.data.get("errors", [])
        if str(error.get("parameter")) in {parameter, parameter.rstrip("s")} and error.get("section") != "includes"
    }


def _problem(error: Mapping[str, Any] | None) -> str:
    """What an error object means. Title and detail decide: suspension and absence share one `type`."""
    if error is None:
        return "absent"
    title, detail = str(error.get("title", "")).lower(), str(error.get("detail", "")).lower()
    # At its beginning: what was asked for is quoted at its end, and can be any name.
    if detail.startswith("user has been suspended"):
        return "suspended"
    if title == "not found error" and detail.startswith("could not find"):
        return "not_found"
    return "not_authorised" if title == "authorization error" else "unknown"


def _doubt(control: str, found: Container[str]) -> str:
    """Why "not found" proves nothing; "" if it does."""
    if not control:
        return "no_control"
    return "" if control in found else "control_missing"


def _ids(answer: Answer) -> set[str]:
    return {str(thing.get("id")) for thing in answer.data.get("data", [])}


def _unclear(answer: Answer, ref: ContentRef, problem: str, error: Mapping[str, Any] | None) -> Sighting:
    """Neither shown nor spoken of, or an error of a kind nobody has told us about."""
    if problem == "absent":
        return answer.unhealthy("error_absent").says(ref)
    return answer.unknown("unknown_error", f"{(error or {}).get('title')}: {(error or {}).get('type')}").says(ref)


def _missing_authors(answer: Answer) -> set[str]:
    """Authors the reply has errors about, without those of posts that are in it."""
    shown = {str(post.get("author_id")) for post in answer.data.get("data", [])}
    errors = (error for error in answer.data.get("errors", []) if error.get("parameter") == "author_id")
    return {number for error in errors if (number := str(error.get("resource_id") or error.get("value"))).isdigit()} - shown


def _without_author(answer: Answer, ref: ContentRef, problem: str) -> Sighting:
    if problem == "not_authorised":
        # Protected, suspended or behind an age gate: without the author there is no telling.
        return answer.unhealthy("not_authorised").says(ref)
    return answer.says(ref, Outcome.GONE_UNATTRIBUTED, "not_found")


def _by_author(about: Answer, ref: ContentRef, problem: str, author: str, control: str) -> Sighting:
    user = _user(about, "ids", author)
    error = _errors_by_value(about, "ids").get(author)
    state = _problem(error)
    if user is not None and user.get("protected") is True:
        return about.says(ref, Outcome.PRIVATE, "author_protected")
    if user is not None:
        return _without_author(about, ref, problem)
    if state == "suspended":
        return about.says(ref, Outcome.ACCOUNT_SUSPENDED, "author_suspended")
    if state != "not_found":
        return _unclear(about, ref, state, error)
    if doubt := _doubt(control, _ids(about)):
        return about.unhealthy(doubt).says(ref)
    return about.says(ref, Outcome.ACCOUNT_GONE, "author_not_found")


def _user(answer: Answer, key: str, name: str) -> Mapping[str, Any] | None:
    field = "id" if key == "ids" else "username"
    return next((user for user in answer.data.get("data", []) if str(user.get(field, "")).lower() == name.lower()), None)


def _account(answer: Answer, ref: ContentRef, key: str, name: str, doubt: str) -> Sighting:
    user = _user(answer, key, name)
    if user is not None:
        if user.get("protected") is True:
            return answer.says(ref, Outcome.PRIVATE, "protected")
        sighting = _visible(answer, ref, user)
        by_name = key == "usernames" and sighting.outcome in UP
        return replace(sighting, identity=addresses.account(str(user.get("id")))) if by_name else sighting
    error = _errors_by_value(answer, key).get(name.lower())
    problem = _problem(error)
    if problem == "suspended":
        return answer.says(ref, Outcome.ACCOUNT_SUSPENDED, "suspended")
    if problem != "not_found":
        return _unclear(answer, ref, problem, error)
    return answer.unhealthy(doubt).says(ref) if doubt else answer.says(ref, Outcome.ACCOUNT_GONE, "not_found")


def _visible(answer: Answer, ref: ContentRef, thing: Mapping[str, Any]) -> Sighting:
    """A post or user that came back, perhaps withheld somewhere."""
    withheld = thing.get("withheld")
    codes = withheld.get("country_codes") if isinstance(withheld, dict) else None
    countries = [str(code) for code in codes] if isinstance(codes, list) else []
    if _EVERYWHERE in countries:
        return answer.says(ref, Outcome.REMOVED_BY_PLATFORM, "withheld_everywhere")
    if _COPYRIGHT in countries:
        return answer.says(ref, Outcome.REMOVED_BY_PLATFORM, "withheld_copyright")
    if nearly_everywhere(countries):
        return answer.unhealthy("withheld_nearly_everywhere").says(ref)
    evidence = {"author_id": str(thing["author_id"])} if "author_id" in thing else {}
    if countries:
        scope = str(withheld.get("scope", "")) if isinstance(withheld, dict) else ""
        return answer.says(ref, Outcome.GEO_BLOCKED, "withheld", countries=countries, scope=scope, **evidence)
    if thing.get("possibly_sensitive") is True:
        return answer.says(ref, Outcome.AVAILABLE_GATED, "sensitive", **evidence)
    return answer.says(ref, Outcome.AVAILABLE, "listed", **evidence)
