"""The stand-in world keeps its scripts, its manners and its word."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from platforms.base import Outcome
from platforms.identity import identify
from platforms.registry import plays
from platforms.sandbox import config_for, faults
from platforms.sandbox.server import serving
from platforms.sandbox.world import WHOLE_REPLY, ScriptError, World
from tests.patience import PATIENCE, eventually

Visit = Callable[[aiohttp.ClientSession, str], Awaitable[Any]]


class Time:
    """A clock that stands still until told."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def visit(world: World, steps: Visit) -> Any:
    async def main() -> Any:
        async with serving(world) as url, aiohttp.ClientSession() as session:
            return await steps(session, url)

    return asyncio.run(main())


def test_a_script_is_played_at_its_instants() -> None:
    clock = Time()
    world = World(clock=clock)
    script = [{"at": 60, "state": "gone_unattributed"}, {"at": 10, "state": "geo_blocked"}, {"at": 90, "state": "available"}]
    key = world.add([{"platform": "youtube", "script": script}])[0].key
    seen = []
    for second in (0, 9, 10, 59, 60, 89, 90, 10_000):
        clock.now = 1_700_000_000.0 + second
        seen.append(world.state("youtube", key))
    assert seen == [
        "available",
        "available",
        "geo_blocked",
        "geo_blocked",
        "gone_unattributed",
        "gone_unattributed",
        "available",
        "available",
    ]


def test_what_was_never_scripted_is_available() -> None:
    assert World().state("youtube", "dQw4w9WgXcQ") == "available"


def test_a_restart_keeps_every_item_and_its_instants(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.json"
    assert not World.load(path).items
    world = World.load(path)
    item = world.add([{"platform": "x", "script": [{"at": 5, "state": "private"}]}])[0]
    again = World.load(path)
    assert again.items == {("x", item.key): item}
    assert [entry.name for entry in path.parent.iterdir()] == ["state.json"]
    again.reset()
    assert not World.load(path).items


@pytest.mark.parametrize(("platform", "kind"), [(slug, kind) for slug, play in plays().items() for kind in play.states])
def test_an_invented_address_is_known_to_identify(platform: str, kind: str) -> None:
    world = World()
    for _ in range(20):
        item = world.add([{"platform": platform, "kind": kind, "script": [{"at": 0, "state": "available"}]}])[0]
        ref = identify(item.url)
        assert (ref.platform, ref.kind, ref.external_id) == (platform, kind, item.external_id)


@pytest.mark.parametrize(
    ("wish", "hint"),
    [
        ({}, "youtube"),
        ({"platform": "myspace", "script": []}, "youtube"),
        ({"platform": "youtube", "kind": "post"}, "video"),
        ({"platform": "youtube"}, "script"),
        ({"platform": "youtube", "script": []}, "script"),
        ({"platform": "youtube", "script": ["gone"]}, "step"),
        ({"platform": "youtube", "script": [{"at": "now", "state": "available"}]}, "step"),
        ({"platform": "youtube", "script": [{"at": 0, "state": "exploded"}]}, "knows no state 'exploded'"),
        ({"platform": "youtube", "script": [{"at": 0, "state": "removed_by_user"}]}, "cannot express 'removed_by_user'"),
        ({"platform": "x", "script": [{"at": 0, "state": "soft_404"}]}, "account_suspended"),
    ],
)
def test_a_script_that_cannot_be_played_is_refused_in_plain_words(wish: dict[str, Any], hint: str) -> None:
    world = World()
    with pytest.raises(ScriptError) as refusal:
        world.add([{"platform": "x", "script": [{"at": 0, "state": "available"}]}, wish])
    assert hint in str(refusal.value)
    assert not world.items


def test_every_outcome_is_expressed_by_a_platform() -> None:
    expressed = frozenset[str]().union(*(states for play in plays().values() for states in play.states.values()))
    assert {outcome.value for outcome in Outcome} <= expressed


def test_the_control_interface_adds_lists_and_forgets() -> None:
    async def steps(session: aiohttp.ClientSession, url: str) -> None:
        wish = {"platform": "youtube", "script": [{"at": -1, "state": "gone_unattributed"}]}
        async with session.post(f"{url}/_control/items", json=wish) as reply:
            one = await reply.json()
            assert (reply.status, set(one)) == (200, {"url", "external_id"})
        async with session.post(f"{url}/_control/items", json={"items": [wish, wish]}) as reply:
            assert len((await reply.json())["items"]) == 2
        async with session.get(f"{url}/_control/health") as reply:
            assert await reply.json() == {"status": "ok", "items": 3}
        async with session.get(f"{url}/youtube/youtube/v3/videos", params={"id": f"{one['external_id']},dQw4w9WgXcQ"}) as reply:
            assert [item["id"] for item in (await reply.json())["items"]] == ["dQw4w9WgXcQ"]
        async with session.get(f"{url}/_control/log") as reply:
            [call] = await reply.json()
        assert (call["method"], call["path"], call["ids"]) == ("GET", "/youtube/youtube/v3/videos", [one["external_id"], "dQw4w9WgXcQ"])
        assert datetime.fromisoformat(call["at"]).tzinfo is not None
        async with session.post(f"{url}/_control/reset") as reply:
            assert reply.status == 200
        async with session.get(f"{url}/_control/log") as reply:
            assert await reply.json() == []

    visit(World(), steps)


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b'{"items": 3}', b'{"items": ["x"]}', b'{"platform": "x"}'])
def test_a_wrong_wish_is_answered_with_400_and_a_message(body: bytes) -> None:
    async def steps(session: aiohttp.ClientSession, url: str) -> tuple[int, str]:
        async with session.post(f"{url}/_control/items", data=body) as reply:
            return reply.status, (await reply.json())["error"]

    status, message = visit(World(), steps)
    assert status == 400
    assert message.endswith(".")


def test_the_log_is_bounded() -> None:
    world = World()
    for number in range(10_050):
        world.log("GET", "/x", [str(number)])
    assert len(world.calls) == 10_000
    assert world.calls[0]["ids"] == ["50"]


def test_one_spoiling_item_spoils_the_whole_reply() -> None:
    world = World()
    up, limited = world.add(
        [
            {"platform": "x", "script": [{"at": -1, "state": "available"}]},
            {"platform": "x", "script": [{"at": -1, "state": "rate_limited"}]},
        ]
    )

    async def steps(session: aiohttp.ClientSession, url: str) -> tuple[int, str | None]:
        async with session.get(f"{url}/x/2/tweets", params={"ids": f"{up.external_id},{limited.external_id}"}) as reply:
            return reply.status, reply.headers.get("Retry-After")

    assert visit(world, steps) == (429, "2")


def test_a_slow_reply_comes_and_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "SLOW_SECONDS", 0.02)
    world = World()
    for platform in plays():
        item = world.add([{"platform": platform, "script": [{"at": -1, "state": "slow"}]}])[0]
        assert world.state(platform, item.key) == "slow"

    async def steps(session: aiohttp.ClientSession, url: str) -> int:
        number = next(item.key for item in world.items.values() if item.platform == "x")
        async with session.get(f"{url}/x/2/tweets", params={"ids": number}) as reply:
            return len((await reply.json())["data"])

    assert visit(world, steps) == 1


def test_a_hanging_reply_ends_with_the_server() -> None:
    world = World()
    item = world.add([{"platform": "web", "script": [{"at": -1, "state": "timeout"}]}])[0]

    async def steps(session: aiohttp.ClientSession, url: str) -> None:
        reply = asyncio.ensure_future(session.get(f"{url}/web/{item.url.replace('://', '/')}"))
        while not world.calls:
            await asyncio.sleep(0)
        assert not reply.done()
        reply.cancel()

    visit(world, steps)


def test_a_site_with_soft_404_pages_says_so_to_any_path() -> None:
    world = World()
    item = world.add([{"platform": "web", "script": [{"at": -1, "state": "soft_404"}]}])[0]
    host = item.key.split("/")[0]

    async def steps(session: aiohttp.ClientSession, url: str) -> tuple[str, str, str]:
        texts = []
        for page in (item.key, f"{host}/posts/other", "other.example/posts/other"):
            async with session.get(f"{url}/web/https/{page}") as reply:
                texts.append(await reply.text())
        return texts[0], texts[1], texts[2]

    asked, sibling, elsewhere = visit(world, steps)
    assert asked == sibling != elsewhere


def test_the_configuration_of_each_platform_is_known() -> None:
    for slug in plays():
        assert config_for(slug, "http://127.0.0.1:9/") == {"api_base_url": f"http://127.0.0.1:9/{slug}"}
    with pytest.raises(LookupError, match="youtube"):
        config_for("myspace", "http://127.0.0.1:9")


def test_every_spoiled_reply_has_a_form() -> None:
    assert set(faults._FAULTS) == WHOLE_REPLY - {"slow"}


def test_the_server_runs_as_a_program_and_stops_at_once_on_sigterm(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    state = tmp_path / "state.json"
    command = [sys.executable, "-m", "platforms.sandbox", "--port", str(port), "--state", str(state)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as process:
        url = f"http://127.0.0.1:{port}"
        assert eventually(lambda: _is_open(port))
        wish = {"platform": "web", "script": [{"at": -1, "state": "timeout"}]}
        request = urllib.request.Request(f"{url}/_control/items", json.dumps(wish).encode())
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            page = json.load(reply)["url"]
        with socket.create_connection(("127.0.0.1", port)) as hanging:
            hanging.sendall(f"GET /web/{page.replace('://', '/')} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE / 2) == 0, "it waits no minute for a reply that hangs, as servers do by themselves"
    assert len(World.load(state).items) == 1


def _is_open(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
