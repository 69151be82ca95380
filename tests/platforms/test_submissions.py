"""A report that did not go through is named by what follows from it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from platforms import registry
from platforms.base import AnchoredClock, Capability, NeedsOperator, OutcomeUnknown, Receipt, Rejected, Retry, Submission
from platforms.http import FetchError, Gateway
from platforms.identity import identify
from tests.platforms.replaying import DID, EXAMPLES, replaying


def submission(url: str) -> Submission:
    return Submission("attempt-1", "TD-1", identify(url), "terrorism", "Incites to violence." * 200)


def submit(slug: str, replies: Sequence[Mapping[str, Any]], config: Mapping[str, Any] | None = None, *, at: int = 0) -> Receipt:
    """Submit the example number `at` of a platform to a server that answers `replies`."""

    async def main() -> Receipt:
        clock = AnchoredClock.local()
        async with replaying(replies, []) as url, Gateway(clock, allow=frozenset({url.removeprefix("http://")})) as gateway:
            connector = registry.get(slug)({"api_base_url": url, "access_token": "secret", **(config or {})}, gateway, clock)
            return await connector.submit(submission(EXAMPLES[slug][at]))

    return asyncio.run(main())


STATUS = {"path": "/a.example/api/v1/statuses/", "status": 200, "json": {"id": "123456", "account": {"id": "9"}}}
POSTS = {
    "path": "/xrpc/app.bsky.feed.getPosts",
    "status": 200,
    "json": {"posts": [{"uri": f"at://{DID}/app.bsky.feed.post/3aaa", "cid": "bafy"}]},
}
REPORTS = {"mastodon": (STATUS, "/a.example/api/v1/reports"), "bluesky": (POSTS, "/xrpc/com.atproto.moderation.createReport")}


@pytest.mark.parametrize("slug", REPORTS)
def test_an_accepted_report_gives_the_platforms_reference(slug: str) -> None:
    before = datetime.now(UTC)
    first, path = REPORTS[slug]
    receipt = submit(slug, [first, {"path": path, "status": 200, "json": {"id": 77}}])
    assert receipt.reference == "77"
    assert receipt.received_at is not None
    assert before <= receipt.sent_at <= receipt.received_at


@pytest.mark.parametrize("slug", REPORTS)
@pytest.mark.parametrize(
    ("reply", "consequence"),
    [
        ({"status": 401, "json": {}}, NeedsOperator),
        ({"status": 403, "json": {}}, NeedsOperator),
        ({"status": 400, "json": {"error": "InvalidRequest"}}, Rejected),
        ({"status": 422, "json": {}}, Rejected),
        ({"status": 429, "json": {}, "headers": {"Retry-After": "90"}}, Retry),
        ({"status": 500, "json": {}}, OutcomeUnknown),
        ({"status": 200, "text": "<html>"}, OutcomeUnknown),
        ({"status": 200, "json": {}}, OutcomeUnknown),
        ({"status": 200, "text": "{", "headers": {"Content-Type": "application/json"}}, OutcomeUnknown),
    ],
)
def test_a_failed_report_is_named_by_what_follows(slug: str, reply: Mapping[str, Any], consequence: type[Exception]) -> None:
    first, path = REPORTS[slug]
    with pytest.raises(consequence) as failure:
        submit(slug, [first, {"path": path, **reply}])
    if isinstance(failure.value, Retry):
        assert failure.value.after == 90.0


@pytest.mark.parametrize("slug", REPORTS)
@pytest.mark.parametrize(
    ("reason", "consequence"), [("connect", Retry), ("dns", Retry), ("timeout", OutcomeUnknown), ("malformed", OutcomeUnknown)]
)
def test_a_lost_answer_is_not_a_refused_connection(
    slug: str, reason: str, consequence: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch: Callable[..., Awaitable[Any]] = Gateway.fetch

    async def lossy(self: Gateway, verb: str, url: str, **options: Any) -> Any:
        if verb == "POST":
            raise FetchError(reason)
        return await fetch(self, verb, url, **options)

    monkeypatch.setattr(Gateway, "fetch", lossy)
    with pytest.raises(consequence):
        submit(slug, [REPORTS[slug][0]])


@pytest.mark.parametrize("slug", REPORTS)
def test_a_report_needs_a_token(slug: str) -> None:
    assert Capability.SUBMIT in registry.get(slug).capabilities
    with pytest.raises(NeedsOperator):
        submit(slug, [], {"access_token": ""})


@pytest.mark.parametrize("slug", REPORTS)
def test_what_is_gone_before_it_is_reported_is_rejected_or_tried_again(slug: str) -> None:
    with pytest.raises(Retry):
        submit(slug, [])
    empty = {"path": "/", "status": 404, "json": {"error": "Record not found"}} if slug == "mastodon" else {**POSTS, "json": {"posts": []}}
    with pytest.raises(Rejected):
        submit(slug, [empty])


@pytest.mark.parametrize(
    ("slug", "replies"), [("mastodon", [{**STATUS, "path": "/mastodon.social/api/v1/accounts/lookup"}]), ("bluesky", [])]
)
def test_an_account_can_be_reported(slug: str, replies: list[Mapping[str, Any]]) -> None:
    path = "/mastodon.social/api/v1/reports" if slug == "mastodon" else REPORTS[slug][1]
    assert submit(slug, [*replies, {"path": path, "status": 200, "json": {"id": "5"}}], at=2).reference == "5"


def test_a_mastodon_token_is_never_shown_to_another_server() -> None:
    async def main() -> None:
        clock = AnchoredClock.local()
        async with Gateway(clock) as gateway:
            config = {"access_token": "secret", "access_token_host": "mine.example"}
            await registry.get("mastodon")(config, gateway, clock).submit(submission("https://a.example/@b/123456"))

    with pytest.raises(NeedsOperator):
        asyncio.run(main())


@pytest.mark.parametrize("slug", ["web", "youtube", "x"])
def test_platforms_without_a_report_interface_ask_for_a_person(slug: str) -> None:
    with pytest.raises(NeedsOperator):
        submit(slug, [])
