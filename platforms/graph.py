"""What Meta's platforms share: the Graph interface with its oEmbed endpoints and its errors, and the heads of their pages.

Sources: developers.facebook.com/docs/graph-api/guides/error-handling and …/reference/oembed-post.
"""

import hashlib
import html
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from platforms import pages
from platforms.base import UP, Connector, ContentRef, Outcome, Sighting
from platforms.http import Answer, NoAnswer, ask_json

DEFAULTS: Mapping[str, Any] = {
    "batch_size": 10,
    "access_token": "",
    "oembed_errors": {"24": "gone_unattributed"},
    "ambiguous_errors": ["100/33"],
}
"""Settings of every connector here. `oembed_errors` says what an error means, by code or code/subcode. `ambiguous_errors` are those that
also mean "not for you": they count only if the same token has read the item before."""

_REASONS = {
    1: "temporary",
    2: "temporary",
    3: "no_capability",
    4: "rate_limited",
    10: "no_permission",
    17: "rate_limited",
    32: "rate_limited",
    # Says "invalid parameter" as well as "permission needed".
    100: "invalid_or_not_permitted",
    102: "token_invalid",
    190: "token_invalid",
    368: "blocked_for_policy",
    613: "rate_limited",
    **dict.fromkeys(range(200, 300), "no_permission"),
    **dict.fromkeys(range(80000, 81000), "rate_limited"),
}
_WALL = re.compile(r"/(?:accounts/)?(?:login|challenge|checkpoint|consent)(?:/|$)")
_META = re.compile(r"<meta\b[^>]{0,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_TITLE = re.compile(r"<title\b[^>]{0,200}>([^<]{0,500})", re.IGNORECASE)


async def oembed(eyes: Connector, ref: ContentRef, path: str, name: str = "") -> Sighting:
    """What the oEmbed endpoint at `path` says. With `name`, the code to embed must name the item by it."""

    def read(answer: Answer) -> Sighting:
        code = answer.data.get("html") if isinstance(answer.data, dict) else None
        if not isinstance(code, str) or not code:
            raise answer.unhealthy("unexpected_shape")
        if name and not named(name, code):
            raise answer.unhealthy("other_item")
        return answer.says(ref, Outcome.AVAILABLE, "embedded")

    return await ask(eyes, ref, path, [("url", ref.canonical_url)], eyes.config["oembed_errors"], read)


def named(name: str, text: str) -> bool:
    """Whether `text` holds the id `name`, and not only as a part of a longer one."""
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None


async def ask(
    eyes: Connector,
    ref: ContentRef,
    path: str,
    params: Sequence[tuple[str, str]],
    errors: Mapping[str, str],
    read: Callable[[Answer], Sighting],
) -> Sighting:
    """One call about one item. `read` judges a reply that is no error, `errors` says which errors are an answer."""
    token = str(eyes.config["access_token"])
    url = f"{str(eyes.config['api_base_url']).rstrip('/')}{path}"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        answer = await ask_json(eyes.http, eyes.clock, path.rsplit("/", 1)[-1], url, params=params, headers=headers, codes=(200, 400, 404))
        if answer.redirected:
            raise answer.unhealthy("redirected")
        sighting = read(answer) if answer.status == 200 else _refused(eyes, ref, answer, errors)
    except NoAnswer as unclear:
        unclear.reason = _REASONS.get(_error(unclear.data)[0], unclear.reason)
        sighting = unclear.says(ref)
    return eyes.remember(sighting, reader=_fingerprint(token)) if sighting.outcome in UP and token else sighting


def _refused(eyes: Connector, ref: ContentRef, answer: Answer, errors: Mapping[str, str]) -> Sighting:
    code, subcode = _error(answer.data)
    if not code:
        raise answer.unhealthy("unexpected_shape")
    name = f"{code}/{subcode}" if subcode else str(code)
    if name in eyes.config["ambiguous_errors"]:
        token = str(eyes.config["access_token"])
        if token and eyes.kept.get(ref, {}).get("reader") == _fingerprint(token):
            return answer.says(ref, Outcome.GONE_UNATTRIBUTED, "no_longer_readable", error=name)
        return answer.says(ref, Outcome.INDETERMINATE, "not_readable", error=name)
    meaning = errors.get(name, errors.get(str(code), ""))
    if meaning in Outcome.values:
        return answer.says(ref, Outcome(meaning), f"error_{code}", error=name)
    if code in _REASONS:
        return answer.says(ref, Outcome.INDETERMINATE, _REASONS[code], error=name)
    raise answer.unknown("unknown_error", name)


def _error(data: Any) -> tuple[int, int]:
    """Code and subcode of the error envelope, 0 where there is none."""
    error = data.get("error") if isinstance(data, dict) else None
    numbers = [error.get(key) for key in ("code", "error_subcode")] if isinstance(error, dict) else []
    code, subcode = (*(number if isinstance(number, int) else 0 for number in numbers), 0, 0)[:2]
    return code, subcode


def _fingerprint(token: str) -> str:
    """Tells one token from the next without keeping it."""
    return hashlib.sha256(token.encode()).hexdigest()[:8]


def control(eyes: Connector, kind: str, url: str, path: str) -> Callable[[], Awaitable[Sighting]] | None:
    """How to look at the control item at `url` by the oEmbed endpoint `path`; None where there is no such item."""
    return (lambda: oembed(eyes, ContentRef(eyes.slug, kind, "control", url), path)) if url else None


@dataclass(frozen=True, slots=True)
class Head:
    """What a page says of itself: its title, `og:type` and `og:url`."""

    title: str
    kind: str
    url: str


async def page(eyes: Connector, ref: ContentRef, judge: Callable[[Head], tuple[Outcome, str]]) -> Sighting:
    """One plain GET of the page of an item. A wall is no page: `judge` only sees what was served."""
    try:
        reply = await pages.get(eyes, ref.canonical_url, accept={"text/html"})
    except NoAnswer as unclear:
        return unclear.says(ref)
    if reply.status != 200 or _WALL.match(urlsplit(eyes.outer(reply.url)).path):
        reason = "rate_limited" if reply.status == 429 else "login_wall" if reply.status == 200 else f"http_{reply.status}"
        return pages.says(ref, reply, Outcome.INDETERMINATE, reason)
    return pages.says(ref, reply, *judge(_head(reply.body.decode("utf-8", "replace"))))


def _head(text: str) -> Head:
    found: dict[str, str] = {}
    for tag in _META.findall(text):
        attributes = {name.lower(): html.unescape(double or single) for name, double, single in _ATTRIBUTE.findall(tag)}
        found.setdefault(attributes.get("property", ""), attributes.get("content", ""))
    title = _TITLE.search(text)
    return Head(html.unescape(title[1]).strip() if title else "", found.get("og:type", ""), found.get("og:url", ""))
