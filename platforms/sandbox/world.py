"""The items of the stand-in world and the scripts they live by."""

import json
import secrets
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from platforms.base import Outcome
from platforms.identity import identify

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

STATES: Mapping[tuple[str, str], frozenset[str]] = {
    ("youtube", "video"): frozenset(
        {
            "available",
            "available_gated",
            "geo_blocked",
            "removed_by_platform",
            "account_suspended",
            "account_gone",
            "gone_unattributed",
            "indeterminate",
        }
    ),
    ("youtube", "channel"): frozenset({"available", "gone_unattributed", "indeterminate"}),
    ("youtube", "playlist"): frozenset({"available", "gone_unattributed", "indeterminate"}),
    ("x", "post"): frozenset(
        {
            "available",
            "available_gated",
            "geo_blocked",
            "private",
            "removed_by_platform",
            "account_suspended",
            "account_gone",
            "gone_unattributed",
            "indeterminate",
        }
    ),
    ("x", "account"): frozenset(
        # Asked for by name: one that is not found may have been renamed.
        {"available", "geo_blocked", "private", "removed_by_platform", "account_suspended", "indeterminate"}
    ),
    ("mastodon", "post"): frozenset({"available", "available_gated", "gone_unattributed", "indeterminate"}),
    ("mastodon", "account"): frozenset({"available", "available_gated", "account_suspended", "gone_unattributed", "indeterminate"}),
    ("bluesky", "post"): frozenset(
        {"available", "available_gated", "removed_by_platform", "removed_by_user", "account_suspended", "account_gone", "indeterminate"}
    ),
    ("bluesky", "account"): frozenset({"available", "available_gated", "account_suspended", "account_gone", "indeterminate"}),
    ("web", "page"): frozenset(
        {"available", "geo_blocked", "removed_by_platform", "gone_unattributed", "host_gone", "indeterminate", "soft_404"}
    ),
}
"""What each platform's interface has a wire form for, besides the states of `WHOLE_REPLY`."""

DEFAULT_KINDS = {"youtube": "video", "x": "post", "mastodon": "post", "bluesky": "post", "web": "page"}
KNOWN_STATES = WHOLE_REPLY | {"soft_404"} | {outcome.value for outcome in Outcome}


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
        self._save()

    def state(self, platform: str, key: str) -> str:
        """State of an item now. What was never scripted is available."""
        item = self.items.get((platform, key))
        if item is None:
            return "available"
        now = self.clock()
        return next((state for at, state in reversed(item.script) if at <= now), "available")

    def host_state(self, host: str) -> str:
        """`soft_404` while any page of a web host is in that state: such a site answers so to every path."""
        pages = (item for item in self.items.values() if item.platform == "web" and item.key.split("/", 1)[0] == host)
        return "soft_404" if any(self.state("web", page.key) == "soft_404" for page in pages) else "available"

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
    if platform not in DEFAULT_KINDS:
        raise ScriptError(f"Unknown platform {platform!r}. There are: {', '.join(DEFAULT_KINDS)}.")
    kind = str(wish.get("kind") or DEFAULT_KINDS[platform])
    if (platform, kind) not in STATES:
        raise ScriptError(f"{platform} has no kind {kind!r}. It has: {', '.join(k for p, k in STATES if p == platform)}.")
    script = _script(wish.get("script"), STATES[platform, kind] | WHOLE_REPLY, now, f"{platform} {kind}")
    url = _address(platform, kind)
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


_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _word(length: int, alphabet: str = _LETTERS + "234567") -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _address(platform: str, kind: str) -> str:
    """A new address that looks real; its ids are invented."""
    base64 = _LETTERS + _LETTERS.upper() + "0123456789"
    number = str(secrets.randbelow(9 * 10**17) + 10**18)
    user, did = _word(10, _LETTERS), f"did:plc:{_word(24)}"
    return {
        "youtube video": f"https://www.youtube.com/watch?v={_word(11, base64)}",
        "youtube channel": f"https://www.youtube.com/channel/UC{_word(22, base64)}",
        "youtube playlist": f"https://www.youtube.com/playlist?list=PL{_word(32, base64)}",
        "x post": f"https://x.com/{user}/status/{number}",
        "x account": f"https://x.com/{user}",
        "mastodon post": f"https://mastodon.{user}.example/@{_word(8, _LETTERS)}/{number[:18]}",
        "mastodon account": f"https://mastodon.{user}.example/@{_word(8, _LETTERS)}",
        "bluesky post": f"https://bsky.app/profile/{did}/post/3{_word(12)}",
        "bluesky account": f"https://bsky.app/profile/{did}",
        "web page": f"https://{user}.example/posts/{number[:8]}",
    }[f"{platform} {kind}"]
