"""The items of the stand-in world and the scripts they live by."""

import json
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from platforms.base import Outcome
from platforms.identity import identify
from platforms.registry import plays

WHOLE_REPLY = frozenset(
    {
        "bot_wall",
        "login_wall",
        "rate_limited",
        "server_error",
        "timeout",
        "garbage",
        "truncated",
        "redirect_loop",
        "slow",
    }
)
"""States that spoil the whole reply in which an item is asked for, as in the real world."""

KNOWN_STATES = WHOLE_REPLY | {"soft_404"} | {outcome.value for outcome in Outcome}

_OF_HOSTS = frozenset({"soft_404", "host_gone", "removed_by_platform"})
"""States of a page that its whole host is in."""

FILTERED = "filtered"
"""Weather of lists: the reply is healthy, but what was asked for is left out, known-live items too. A revoked key can look like that."""


@dataclass(slots=True)
class Weather:
    """Replies that go wrong whatever is asked: a `share` of them, each with one of `faults`, by a seeded die."""

    share: float
    faults: Sequence[str]
    dice: random.Random

    def draw(self) -> str:
        """The fault of one reply; "" for a good one."""
        return self.dice.choice(self.faults) if self.dice.random() < self.share else ""


class ScriptError(ValueError):
    """A script the sandbox cannot play. The message says what it can."""


@dataclass(slots=True)
class Item:
    platform: str
    kind: str
    key: str
    """What the wire formats name it by: the external id, of a web page `host/path`."""
    url: str
    external_id: str
    script: list[tuple[float, str]]
    """(Unix seconds, state), ascending; before the first instant the item is available."""


@dataclass
class World:
    """Items by platform and key. Every change is written to `path` at once."""

    path: Path | None = None
    clock: Callable[[], float] = field(default=lambda: datetime.now(UTC).timestamp())
    items: dict[tuple[str, str], Item] = field(default_factory=dict)
    calls: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=10_000))
    links: dict[str, str] = field(default_factory=dict)
    """Short links without their scheme, and where they lead."""
    weather: Weather | None = None
    lost: set[tuple[str, str]] = field(default_factory=set)
    """Items that their platform leaves out of its lists by mistake: they are up."""

    @classmethod
    def load(cls, path: Path) -> "World":
        world = cls(path)
        if path.exists():
            for raw in json.loads(path.read_text()):
                item = Item(**{**raw, "script": [(float(at), str(state)) for at, state in raw["script"]]})
                world.items[item.platform, item.key] = item
        return world

    def add(self, wishes: Sequence[Mapping[str, Any]]) -> list[Item]:
        """Items as posted to the control interface; all or none. Raises `ScriptError`."""
        now = self.clock()
        added = [_item(wish, now) for wish in wishes]
        self.items.update({(item.platform, item.key): item for item in added})
        self._save()
        return added

    def reset(self) -> None:
        self.items.clear()
        self.calls.clear()
        self.weather = None
        self.lost.clear()
        self.links.clear()
        self._save()

    def change_weather(self, wish: Mapping[str, Any]) -> None:
        """`{"share": 0..1, "faults": [name, …], "seed"?}`; no faults, good weather. Raises `ScriptError`."""
        share, faults = wish.get("share", 0), wish.get("faults", [])
        if not isinstance(share, int | float) or not 0 <= share <= 1 or not isinstance(faults, list):
            raise ScriptError('The weather is {"share": 0 to 1, "faults": [name, …], "seed": number}.')
        if unknown := set(faults) - WHOLE_REPLY - {FILTERED}:
            raise ScriptError(f"Unknown faults: {', '.join(map(str, unknown))}. There are: {', '.join(sorted(WHOLE_REPLY | {FILTERED}))}.")
        self.weather = Weather(share, faults, random.Random(wish.get("seed"))) if faults else None  # noqa: S311  a die, not a secret

    def state(self, platform: str, key: str) -> str:
        """State of an item now. What was never scripted is available."""
        if (platform, key) in self.lost:
            return plays()[platform].absent
        item = self.items.get((platform, key))
        if item is None:
            return "available"
        now = self.clock()
        return next((state for at, state in reversed(item.script) if at <= now), "available")

    def host_state(self, host: str) -> str:
        """What the whole of a web host is in while any of its pages is: such a site answers so to every path."""
        pages = (item for item in self.items.values() if item.platform == "web" and item.key.split("/", 1)[0] == host)
        return next((state for page in pages if (state := self.state("web", page.key)) in _OF_HOSTS), "available")

    def log(self, method: str, path: str, ids: list[str]) -> None:
        self.calls.append({"at": datetime.fromtimestamp(self.clock(), UTC).isoformat(), "method": method, "path": path, "ids": ids})

    def _save(self) -> None:
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f"{self.path.name}.new")
        draft.write_text(json.dumps([asdict(item) for item in self.items.values()]))
        draft.replace(self.path)


def _item(wish: Mapping[str, Any], now: float) -> Item:
    platform = str(wish.get("platform", ""))
    if platform not in plays():
        raise ScriptError(f"Unknown platform {platform!r}. There are: {', '.join(plays())}.")
    play = plays()[platform]
    kind = str(wish.get("kind") or next(iter(play.states)))
    if kind not in play.states:
        raise ScriptError(f"{platform} has no kind {kind!r}. It has: {', '.join(play.states)}.")
    script = _script(wish.get("script"), play.states[kind] | WHOLE_REPLY, now, f"{platform} {kind}")
    url = play.invent(kind)
    ref = identify(url)
    key = ref.external_id or ref.canonical_url.split("://", 1)[1]
    return Item(platform, kind, key, url, ref.external_id, script)


def _script(steps: Any, can: frozenset[str], now: float, what: str) -> list[tuple[float, str]]:
    if not isinstance(steps, list) or not steps:
        raise ScriptError('"script" must be a list of {"at": seconds from now, "state": name}.')
    script = []
    for step in steps:
        if not isinstance(step, dict) or not isinstance(step.get("at"), int | float) or not isinstance(step.get("state"), str):
            raise ScriptError('Each step of "script" must be {"at": seconds from now, "state": name}.')
        if step["state"] not in can:
            unknown = "cannot express" if step["state"] in KNOWN_STATES else "knows no state"
            raise ScriptError(f"A {what} {unknown} {step['state']!r}. It can express: {', '.join(sorted(can))}.")
        script.append((now + step["at"], step["state"]))
    return sorted(script, key=lambda step: step[0])
