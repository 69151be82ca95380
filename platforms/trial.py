"""Look at one address once, outside the engine: for `manage.py look`, and to test a platform that is being set up. Writes nothing."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings

from platforms.base import AnchoredClock, Connector, ContentRef, Outcome, Sighting
from platforms.http import Gateway
from platforms.identity import identify

WHY = {
    Outcome.AVAILABLE: "The item was served, so it is up.",
    Outcome.AVAILABLE_GATED: "The item was served behind a gate, so it is up.",
    Outcome.GEO_BLOCKED: "The item is withheld somewhere and up elsewhere.",
    Outcome.PRIVATE: "Its owner made it private: not public, but no platform removed it.",
    Outcome.REMOVED_BY_PLATFORM: "The platform itself says that it removed the item.",
    Outcome.REMOVED_BY_USER: "The platform says that the author deleted the item.",
    Outcome.REMOVED_BY_COMMUNITY: "The platform says that moderators removed the item.",
    Outcome.ACCOUNT_SUSPENDED: "The platform says that the author's account is suspended.",
    Outcome.ACCOUNT_GONE: "The platform says that the author's account is gone.",
    Outcome.GONE_UNATTRIBUTED: "A healthy reply no longer has the item and does not say why. One look does not confirm it.",
    Outcome.HOST_GONE: "The whole site is gone. One look does not confirm it.",
    Outcome.INDETERMINATE: "The reply proves nothing either way, so nothing is concluded.",
}


class NotItsOwn(Exception):
    """An address that this platform cannot be looked at with. The message says why."""


def subject(url: str, slug: str, connector: type[Connector]) -> ContentRef:
    """What to look at when `url` is looked at as platform `slug`; the plain web looks at any address. Raises `NotAURL` or `NotItsOwn`."""
    ref = identify(url)
    if connector.slug not in {ref.platform, "web"}:
        raise NotItsOwn(f"This is an address of {ref.platform}, not of {slug}.")
    if connector.slug == "web" != ref.platform:
        ref = ContentRef("web", "page", "", ref.canonical_url)
    if ref.kind not in connector.kinds:
        raise NotItsOwn(f"{connector.label} has no {ref.kind}: this is an address of {ref.platform}.")
    return replace(ref, platform=slug)


def look_once(
    connector: type[Connector], config: Mapping[str, Any], ref: ContentRef, allow: frozenset[str] = frozenset(), reported: str = ""
) -> Sighting:
    """What is seen now with this configuration. `allow`: more `host:port` that may be asked, beside those of the settings. `reported`: the
    address as it was given, which is asked before anything counts as gone.

    Raises TimeoutError if it takes longer than a look may.
    """
    return asyncio.run(_look(connector, config, ref, settings.FETCH_ALLOWED_HOSTS | allow, reported))


async def _look(connector: type[Connector], config: Mapping[str, Any], ref: ContentRef, allow: frozenset[str], reported: str) -> Sighting:
    clock = AnchoredClock.local()
    async with Gateway(clock, contact=settings.CONTACT, allow=allow) as gateway, asyncio.timeout(settings.LOOK_SECONDS):
        eyes = connector(config, gateway, clock)
        if reported:
            eyes.reported[ref] = reported
        return (await eyes.observe([ref]))[0]


def in_words(sighting: Sighting, connector: type[Connector]) -> list[tuple[str, str]]:
    """The sighting, line by line: what it is about, and what is to be said of it."""
    ref = sighting.ref
    asked = f"{connector.label} ({sighting.method})" if sighting.method else "nobody"
    code = f"HTTP {sighting.http_status}" if sighting.http_status else "no HTTP reply"
    evidence = "".join(f", {key} = {value}" for key, value in sighting.evidence.items())
    lines = [
        ("Item", f"{ref.platform} {ref.kind} {ref.external_id}".rstrip()),
        ("Address", ref.canonical_url),
        ("Outcome", f"{Outcome(sighting.outcome).label} ({sighting.outcome})"),
        ("Reason", sighting.reason),
        ("Asked", asked),
        ("Saw", f"{code}{evidence}"),
        ("Therefore", WHY[sighting.outcome]),
        ("Sent", sighting.sent_at.isoformat()),
        ("Answered", sighting.answered_at.isoformat()),
    ]
    if sighting.countries:
        lines.insert(4, ("Countries", ", ".join(sighting.countries)))
    if sighting.retry_after:
        lines.append(("Wait", f"{sighting.retry_after:.0f} s, as the platform asks"))
    return lines
