"""About sixty items whose scripts unfold over the first minutes."""

from collections.abc import Mapping
from typing import Any

TEST_POLICIES = ("test_1_minute", "test_5_minutes")


def scripts() -> list[tuple[Mapping[str, Any], str, str]]:
    """(wish for the sandbox, policy key, note). Faults live on web pages only: one bad id spoils a whole reply of a batch interface."""
    gone = {
        "youtube": ("gone_unattributed", "account_suspended", "removed_by_platform"),
        "x": ("gone_unattributed", "account_suspended", "removed_by_platform"),
        "mastodon": ("gone_unattributed",),
        "bluesky": ("removed_by_platform", "removed_by_user", "account_suspended"),
        "web": ("gone_unattributed", "removed_by_platform"),
    }
    live: list[tuple[Mapping[str, Any], str, str]] = []
    for number in range(40):
        platform = list(gone)[number % len(gone)]
        outcome = gone[platform][number // len(gone) % len(gone[platform])]
        policy = TEST_POLICIES[number % 3 != 0]
        at = 25 + number * 13
        live.append((_wish(platform, (at, outcome)), policy, "Goes after a while."))
    live.extend((_wish(platform, (0, "available")), "test_1_minute", "Stays up.") for platform in gone)
    live.extend((_wish(platform, (0, "available")), "referral_voluntary", "Stays up.") for platform in gone)
    faults = ("bot_wall", "login_wall", "rate_limited", "server_error", "timeout", "garbage", "redirect_loop")
    live.extend((_wish("web", (40, state)), "test_5_minutes", "The site stops telling.") for state in faults)
    live.append((_wish("web", (30, "gone_unattributed"), (150, "available")), "test_1_minute", "Goes and comes back."))
    live.append((_wish("bluesky", (30, "removed_by_platform"), (40, "available")), "test_5_minutes", "Blinks, then stays up."))
    live.append((_wish("x", (20, "geo_blocked")), "test_5_minutes", "Withheld in some countries only."))
    return live


def _wish(platform: str, *steps: tuple[float, str]) -> Mapping[str, Any]:
    return {"platform": platform, "script": [{"at": 0, "state": "available"}, *({"at": at, "state": state} for at, state in steps)]}
