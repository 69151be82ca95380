"""One contract for all connectors, and what each makes of recorded replies.

A fixture is a file `platforms/connectors/<slug>/fixtures/<event>.json`: the address looked at, the replies by path, the expected outcome;
where it matters, the configuration and what an earlier look has `kept`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from platforms import connectors, registry
from platforms.addresses import NoSuchNameError
from platforms.base import GONE, AnchoredClock, Connector, ContentRef, Outcome, Sighting
from platforms.http import FetchError, Gateway, Reply
from platforms.identity import identify
from platforms.registry import plays
from platforms.sandbox import config_for
from platforms.sandbox.server import serving
from platforms.sandbox.world import WHOLE_REPLY, World
from tests.platforms.replaying import DID, EXAMPLES, replaying
from tests.tables import check_all


def examples(slug: str) -> list[ContentRef]:
    """Two references of each kind the platform has."""
    play = plays()[slug]
    return [identify(play.invent(kind)) for kind in play.states for _ in range(2)]


async def looked(eyes: Connector, refs: Sequence[ContentRef]) -> list[Sighting]:
    """Looks as a worker takes them: in batches, each of one group; the connector is reminded of them at the next look."""
    groups: dict[str, list[ContentRef]] = {}
    for ref in refs:
        groups.setdefault(eyes.group(ref), []).append(ref)
    size = eyes.batch_size
    batches = [group[at : at + size] for group in groups.values() for at in range(0, len(group), size)]
    sightings = [sighting for batch in batches for sighting in await eyes.observe(batch)]
    eyes.kept |= {sighting.ref: sighting.keep for sighting in sightings if sighting.keep is not None}
    return sightings


CONNECTORS = Path(connectors.__path__[0])
FIXTURES = sorted(CONNECTORS.glob("*/fixtures/*.json"))
SLUGS = sorted(registry.connectors())


def observe(
    slug: str,
    refs: Sequence[ContentRef],
    replies: Sequence[Mapping[str, Any]],
    config: Mapping[str, Any] | None = None,
    kept: Mapping[str, Any] | None = None,
) -> tuple[list[Sighting], list[web.Request]]:
    calls: list[web.Request] = []

    async def main() -> list[Sighting]:
        clock = AnchoredClock.local()
        async with replaying(replies, calls) as url, Gateway(clock, allow=frozenset({url.removeprefix("http://")})) as gateway:
            eyes = registry.get(slug)({"api_base_url": url, **(config or {})}, gateway, clock)
            eyes.kept = dict.fromkeys(refs, kept) if kept else {}
            return await looked(eyes, refs)

    return asyncio.run(main()), calls


@pytest.mark.parametrize("slug", SLUGS)
def test_recorded_replies_mean_what_they_say(slug: str) -> None:
    check_all([path for path in FIXTURES if path.parent.parent.name == slug], mean_what_they_say)


def mean_what_they_say(path: Path) -> None:
    fixture = json.loads(path.read_text())
    ref = identify(fixture["url"])
    sightings, _ = observe(path.parent.parent.name, [ref], fixture["replies"], fixture.get("config"), fixture.get("kept"))
    assert len(sightings) == 1
    sighting = sightings[0]
    assert (sighting.outcome.value, sighting.reason) == (fixture["outcome"], fixture["reason"])
    assert sighting.ref == ref
    assert list(sighting.countries) == fixture.get("countries", [])
    assert sighting.sent_at <= sighting.answered_at


@pytest.mark.parametrize("slug", SLUGS)
def test_a_connector_is_documented_and_has_recorded_replies(slug: str) -> None:
    assert "api_base_url" in (CONNECTORS / slug / "README.md").read_text()
    outcomes = {json.loads(path.read_text())["outcome"] for path in FIXTURES if path.parent.parent.name == slug}
    assert {"available", "indeterminate"} < outcomes
    assert outcomes & set(GONE)


@pytest.mark.parametrize("slug", SLUGS)
def test_secrets_are_declared(slug: str) -> None:
    connector = registry.get(slug)
    secret = {key for key in connector.defaults if key.endswith(("_key", "_token", "password", "secret"))}
    assert secret == connector.secret_fields


WRONG: Mapping[str, Mapping[str, Any]] = {
    "server_error": {"status": 500, "text": "<h1>Not found</h1>"},
    "bad_gateway": {"status": 502, "text": "{}"},
    "bot_wall": {"status": 403, "text": "<title>Just a moment...</title>", "headers": {"cf-mitigated": "challenge"}},
    "bot_wall_as_200": {"status": 200, "text": "<title>Just a moment...</title>"},
    "login_wall": {"status": 200, "text": '<title>Log in</title><input type="password">'},
    "unauthorised": {"status": 401, "json": {"error": "x"}},
    "forbidden": {"status": 403, "json": {"error": "x"}},
    "rate_limited": {"status": 429, "json": {"error": "x"}, "headers": {"Retry-After": "7"}},
    "rate_limited_as_404_page": {"status": 429, "text": "<title>404 not found</title>"},
    "garbage": {"status": 200, "text": "{not json", "headers": {"Content-Type": "application/json"}},
    "empty": {"status": 200, "text": ""},
    "redirect_loop": {"status": 302, "headers": {"Location": "/"}},
    "moved_without_target": {"status": 301},
}


@pytest.mark.parametrize("slug", SLUGS)
def test_a_reply_that_proves_nothing_is_never_gone_and_never_up(slug: str) -> None:
    refs = examples(slug)

    def check(name: str) -> None:
        sightings, _ = observe(slug, refs, [{"path": "/", **WRONG[name]}])
        assert {sighting.ref for sighting in sightings} == set(refs)
        assert {sighting.outcome for sighting in sightings} == {Outcome.INDETERMINATE}
        if name == "rate_limited":
            assert {sighting.retry_after for sighting in sightings} == {7.0}

    check_all(WRONG, check)


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if slug != "web"])
def test_json_of_another_shape_is_never_gone(slug: str) -> None:
    bodies: list[Any] = [{}, [], {"items": None}, {"data": "x"}, {"posts": {}}, {"data": []}, [1, 2]]
    check_all(bodies, lambda body: never_gone(slug, body))


def never_gone(slug: str, body: Any) -> None:
    refs = examples(slug)
    sightings, _ = observe(slug, refs, [{"path": "/", "status": 200, "json": body}])
    assert {sighting.ref for sighting in sightings} == set(refs)
    assert not {sighting.outcome for sighting in sightings} & GONE


@pytest.mark.parametrize("slug", SLUGS)
def test_a_network_failure_is_never_gone(slug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reasons = ["timeout", "dns", "connect", "tls", "refused_address", "too_large", "malformed", "bad_url"]
    check_all(reasons, lambda reason: is_unclear(slug, reason, monkeypatch))


def is_unclear(slug: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise FetchError(reason)

    monkeypatch.setattr(Gateway, "fetch", fail)
    refs = examples(slug)
    sightings, _ = observe(slug, refs, [])
    assert [(sighting.outcome, sighting.reason) for sighting in sightings] == [(Outcome.INDETERMINATE, reason)] * len(refs)


SCRIPTED = [
    (slug, kind, state)
    for slug, play in plays().items()
    for kind, states in play.states.items()
    for state in sorted((states | WHOLE_REPLY) - {"timeout", "slow", "soft_404"})
]


MEMORY = {
    *(("facebook", kind) for kind in ("account", "group", "post", "video")),
    *((slug, "post") for slug in ("instagram", "reddit", "threads")),
    *((slug, "video") for slug in ("tiktok", "vimeo")),
    *(("mastodon", kind) for kind in ("account", "post")),
}
"""Where an absence counts only of an item that was once shown."""


@asynccontextmanager
async def in_sandbox(world: World) -> AsyncIterator[Callable[[str], Connector]]:
    clock = AnchoredClock.local()
    async with serving(world) as url, Gateway(clock, allow=frozenset({url.removeprefix("http://")})) as gateway:
        yield lambda slug: registry.get(slug)(config_for(slug, url), gateway, clock)


@pytest.mark.parametrize(("slug", "kind"), sorted({(slug, kind) for slug, kind, _ in SCRIPTED}))
def test_what_a_platform_expresses_is_read_back(slug: str, kind: str) -> None:
    check_all([state for *what, state in SCRIPTED if what == [slug, kind]], lambda state: read_back(slug, kind, state))


def read_back(slug: str, kind: str, state: str) -> None:
    """By one who has seen the item up before, as the engine has, and by a stranger."""

    async def main() -> tuple[Sighting, ...]:
        world = World()
        async with in_sandbox(world) as connector:
            item = world.add([{"platform": slug, "kind": kind, "script": [{"at": -1, "state": "available"}]}])[0]
            ref, reminded = identify(item.url), connector(slug)
            (before,) = await looked(reminded, [ref])
            assert (before.ref, before.ref.kind, before.outcome) == (ref, kind, Outcome.AVAILABLE)
            item.script.append((0, state))
            later = connector(slug)
            later.kept = reminded.kept
            return *await looked(later, [ref]), *await looked(connector(slug), [ref])

    reminded, stranger = asyncio.run(main())
    assert reminded.ref == stranger.ref
    assert reminded.outcome.value == ("indeterminate" if state in WHOLE_REPLY else state)
    if state == "gone_unattributed" and (slug, kind) in MEMORY:
        assert stranger.outcome is Outcome.INDETERMINATE
    else:
        assert stranger.outcome is reminded.outcome


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if slug != "web"])
def test_a_full_batch_is_matched_by_id(slug: str) -> None:
    """Every other item of a full batch comes to look different; each gets its own outcome."""
    states = next(iter(plays()[slug].states.values()))
    gone = min(states & {outcome.value for outcome in GONE}, key=lambda state: (state != "gone_unattributed", state))

    async def main() -> list[tuple[str, str]]:
        world = World()
        async with in_sandbox(world) as connector:
            eyes = connector(slug)
            items = world.add([{"platform": slug, "script": [{"at": -1, "state": "available"}]}] * eyes.batch_size)
            await looked(eyes, [identify(item.url) for item in items])
            for item in items[1::2]:
                item.script.append((0, gone))
            expected = {identify(item.url): item.script[-1][1] for item in items}
            found = await looked(eyes, list(expected))
            assert len(found) == len(expected)
            return [(sighting.outcome.value, expected[sighting.ref]) for sighting in found]

    assert all(seen == expected for seen, expected in asyncio.run(main()))


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize(
    ("config", "fewer"), [({"control_id": "", "control_channel": "", "control_user": ""}, 0), ({"control_id": "1"}, 1)]
)
def test_a_control_id_takes_a_place_in_a_full_batch(slug: str, config: Mapping[str, str], fewer: int) -> None:
    nowhere: Any = None
    connector, clock = registry.get(slug), AnchoredClock.local()
    assert connector(config, nowhere, clock).batch_size == max(1, int(connector.defaults["batch_size"]) - fewer)
    assert connector({**config, "batch_size": 1}, nowhere, clock).batch_size == 1


@pytest.mark.parametrize(
    ("slug", "kind", "key", "config", "limit"),
    [
        ("youtube", "video", "id", {}, 50),
        ("youtube", "channel", "id", {"control_id": ""}, 50),
        ("youtube", "playlist", "id", {"control_id": "", "control_channel": "", "control_playlist": "PL0"}, 50),
        ("x", "post", "ids", {}, 100),
        ("x", "account", "ids", {"control_id": ""}, 100),
        ("bluesky", "post", "uris", {}, 25),
    ],
)
def test_a_full_batch_and_its_control_fit_into_one_call(slug: str, kind: str, key: str, config: Mapping[str, str], limit: int) -> None:
    nowhere: Any = None
    size = registry.get(slug)(config, nowhere, AnchoredClock.local()).batch_size
    refs = [identify(plays()[slug].invent(kind)) for _ in range(size)]
    if (slug, kind) == ("x", "account"):
        refs = [identify(f"https://x.com/i/user/{number}") for number in range(1, size + 1)]
    _, calls = observe(slug, refs, [{"path": "/", "status": 500}], config)
    asked = [one for value in calls[0].query.getall(key) for one in value.split(",")]
    assert (len(calls), len(asked), len(set(asked))) == (1, limit, limit)


@pytest.mark.parametrize("slug", ["youtube", "x"])
def test_without_credentials_nobody_is_asked(slug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        pytest.fail("a request left")

    monkeypatch.setattr(Gateway, "fetch", fail)

    async def main() -> list[Sighting]:
        clock = AnchoredClock.local()
        async with Gateway(clock) as gateway:
            return await registry.get(slug)({}, gateway, clock).observe([identify(url) for url in EXAMPLES[slug]])

    assert {(sighting.outcome, sighting.reason) for sighting in asyncio.run(main())} == {(Outcome.INDETERMINATE, "no_credentials")}


def test_credentials_go_where_the_platform_wants_them() -> None:
    _, calls = observe("x", [identify("https://x.com/a/status/1234")], [], {"bearer_token": "secret"})
    assert calls[0].headers["Authorization"] == "Bearer secret"
    assert "secret" not in calls[0].path_qs
    _, calls = observe("youtube", [identify("https://youtu.be/dQw4w9WgXcQ")], [], {"api_key": "secret"})
    assert calls[0].query["key"] == "secret"


class Answers:
    """Stands for a gateway whose name system knows only `names`; every fetch fails as an unknown name does."""

    def __init__(self, *names: str, broken: bool = False) -> None:
        self.names, self.broken = names, broken

    async def fetch(self, *_: Any, **__: Any) -> None:
        raise FetchError("dns_nxdomain") from NoSuchNameError()

    async def exists(self, host: str) -> bool:
        if self.broken:
            raise FetchError("dns")
        return host in self.names


@pytest.mark.parametrize(
    ("gateway", "outcome", "reason"),
    [
        (Answers("example.com"), Outcome.HOST_GONE, "dns_nxdomain"),
        (Answers("example.com", "lost.org"), Outcome.INDETERMINATE, "dns_nxdomain"),
        (Answers(), Outcome.INDETERMINATE, "control_missing"),
        (Answers(broken=True), Outcome.INDETERMINATE, "dns_nxdomain"),
    ],
)
def test_a_site_is_gone_only_if_its_whole_domain_is(gateway: Any, outcome: Outcome, reason: str) -> None:
    page = registry.get("web")({}, gateway, AnchoredClock.local())
    sighting = asyncio.run(page.observe([identify("https://blog.lost.org/a")]))[0]
    assert (sighting.outcome, sighting.reason) == (outcome, reason)


def test_the_data_host_of_a_bluesky_account_is_looked_up_in_the_directory() -> None:
    """With the real AppView configured, the directory names the host that is asked for the record."""
    asked: list[str] = []
    known = {"uri": registry.get("bluesky").defaults["control_id"], "cid": "bafy"}
    replies = {
        "https://public.api.bsky.app/xrpc/app.bsky.feed.getPosts": {"posts": [known]},
        f"https://plc.directory/{DID}": {"service": [{"id": "#atproto_pds", "serviceEndpoint": "https://host.example"}]},
        "https://host.example/xrpc/com.atproto.sync.getRepoStatus": {"active": False, "status": "takendown"},
    }

    class Directory:
        async def fetch(self, _verb: str, url: str, **_: Any) -> Any:
            asked.append(url)
            now = datetime.now(UTC)
            return Reply(200, {"Content-Type": "application/json"}, json.dumps(replies[url]).encode(), url, (), now, now)

    gateway: Any = Directory()
    eyes = registry.get("bluesky")({}, gateway, AnchoredClock.local())
    sighting = asyncio.run(eyes.observe([identify(EXAMPLES["bluesky"][0])]))[0]
    assert (sighting.outcome, asked) == (Outcome.ACCOUNT_SUSPENDED, list(replies))


NAMED = {
    "youtube": ("https://www.youtube.com/@SomeOne", "https://www.youtube.com/user/SomeName"),
    "x": ("https://x.com/SomeOne",),
    "bluesky": ("https://bsky.app/profile/some.example", "https://bsky.app/profile/some.example/post/3k2yihcrp6f2c"),
    "mastodon": ("https://mastodon.social/@SomeOne",),
}


@pytest.mark.parametrize(("slug", "url"), [(slug, url) for slug, urls in NAMED.items() for url in urls])
def test_what_is_seen_under_a_name_is_known_by_its_lasting_id_from_then_on(slug: str, url: str) -> None:
    async def main() -> tuple[Sighting, Sighting]:
        async with in_sandbox(World()) as connector:
            (named,) = await connector(slug).observe([identify(url)])
            assert named.identity is not None
            (again,) = await connector(slug).observe([named.identity])
            return named, again

    named, again = asyncio.run(main())
    assert (named.outcome, again.outcome) == (Outcome.AVAILABLE, Outcome.AVAILABLE)
    assert named.identity == again.ref != named.ref
    assert identify(again.ref.canonical_url) == again.ref
    assert again.identity is None


def test_an_account_of_x_flagged_by_name_lives_by_one_script_under_its_number() -> None:
    async def main() -> Sighting:
        world = World()
        async with in_sandbox(world) as connector:
            item = world.add([{"platform": "x", "kind": "account", "script": [{"at": -1, "state": "available"}]}])[0]
            (named,) = await connector("x").observe([identify(item.url)])
            item.script.append((0, "account_suspended"))
            assert named.identity is not None
            return (await connector("x").observe([named.identity]))[0]

    assert asyncio.run(main()).outcome is Outcome.ACCOUNT_SUSPENDED


UNKNOWN = [path for path in FIXTURES if json.loads(path.read_text())["reason"].startswith("unknown_")]


@pytest.mark.parametrize("path", UNKNOWN, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_a_code_nobody_knows_is_logged_with_the_digest_of_its_payload(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fixture = json.loads(path.read_text())
    sightings, _ = observe(path.parent.parent.name, [identify(fixture["url"])], fixture["replies"], fixture.get("config"))
    assert sightings[0].outcome is Outcome.INDETERMINATE
    assert sightings[0].evidence["digest"] in caplog.text


def test_the_sandbox_plays_every_connector() -> None:
    assert set(plays()) == set(SLUGS)
