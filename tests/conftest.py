"""What all tests share: the sandbox platforms, and no mail that leaves."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings

from platforms.models import Platform
from platforms.registry import plays
from platforms.sandbox import config_for
from platforms.sandbox.server import serving
from platforms.sandbox.world import World
from takedown import embedded
from takedown.models import walls
from tests.patience import PATIENCE

embedded.hold(django_settings.VAR, django_settings.EMBEDDED)
# Hashing is slow on purpose: it was most of what signing in costs here.
django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
hypothesis_settings.register_profile("any machine", deadline=None)
hypothesis_settings.load_profile("any machine")

RHYTHM = {"dense_seconds": 300, "growth": 0, "running_max_seconds": 300, "idle_max_seconds": 300, "lead_seconds": 0.2, "jitter": 0}
CONFIRM = {"attributed": [2, 0], "unattributed": [2, 0]}


@dataclass
class Sandbox:
    """A running sandbox and its world, in this process."""

    url: str
    world: World

    def add(self, platform: str, *steps: tuple[float, str], kind: str | None = None) -> str:
        """A new item that lives by these (seconds from now, state); its URL."""
        wish: dict[str, Any] = {"platform": platform, "script": [{"at": at, "state": state} for at, state in steps]}
        (item,) = self.world.add([wish | ({"kind": kind} if kind else {})])
        return item.url

    def become(self, url: str, state: str) -> None:
        """Put an item into a state at once."""
        item = next(item for item in self.world.items.values() if item.url == url)
        item.script.append((self.world.clock() - 0.001, state))
        item.script.sort(key=lambda step: step[0])

    def configure(self, **more: Any) -> Mapping[str, Platform]:
        """Rows of all platforms it plays, pointed at it, with a rhythm for the impatient."""
        rows = {}
        for slug in plays():
            config = {**config_for(slug, self.url), "rhythm": RHYTHM, "confirm": CONFIRM, "access_token": "test", "rate": "", **more}
            defaults = {"name": slug, "connector": slug, "channel": "email", "contact_email": f"abuse@{slug}.example", "config": config}
            rows[slug], _ = Platform.objects.update_or_create(slug=slug, defaults=defaults)
        return rows


def run_server(start: Callable[[], Any]) -> Iterator[str]:
    """Run an async context manager that gives a URL in a thread of its own."""
    loop = asyncio.new_event_loop()
    ready, stop, address = threading.Event(), asyncio.Event(), [""]

    async def main() -> None:
        async with start() as url:
            address[0] = url
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()), daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    yield address[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(PATIENCE)
    loop.close()


@pytest.fixture
def sandbox(settings: Settings, tmp_path: Path) -> Iterator[Sandbox]:
    """The stand-in outside world, opened in the address guard."""
    world = World(tmp_path / "sandbox.json")
    for url in run_server(lambda: serving(world)):
        settings.FETCH_ALLOWED_HOSTS = frozenset({url.removeprefix("http://")})
        yield Sandbox(url, world)


@pytest.fixture(autouse=True)
def _no_journal(settings: Settings) -> None:
    """The development database's own is not that of the tests."""
    settings.SENT_JOURNAL = ""


@pytest.fixture(autouse=True)
def _clean_cache() -> Iterator[None]:
    cache.clear()
    yield
    walls.leave()


def _empty_tables(self: DatabaseOperations, *args: Any, **kwargs: Any) -> list[str]:
    """History refuses to be emptied; between two tests that commit, it is."""
    return ["SET LOCAL session_replication_role = replica", *_sql_flush(self, *args, **kwargs)]


_sql_flush = DatabaseOperations.sql_flush
DatabaseOperations.sql_flush = _empty_tables  # type: ignore[method-assign, assignment]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest test begins first: at the end, one worker would wait for the other."""
    items.sort(key=lambda item: "test_a_storm_over_all_platforms" not in item.nodeid)
