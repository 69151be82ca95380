"""`manage.py look URL`: look at one address now and say in plain words what was seen. Writes nothing."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import can_ada
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from platforms import registry
from platforms.base import AnchoredClock, Connector, ContentRef, Outcome, Sighting
from platforms.http import Gateway
from platforms.identity import NotAURL, as_reported, identify
from platforms.models import Platform

_WHY = {
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


class Command(BaseCommand):
    help = "Identify a URL, look at it once now, and print what was seen. Writes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url")
        parser.add_argument("--platform", default="", help="look as this platform; `web` looks at any address as a plain page")
        parser.add_argument("--api-base", default="", help="ask this server instead of the platform's own; it may be on loopback")
        parser.add_argument("--json", action="store_true", dest="as_json", help="end with one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            ref = identify(options["url"])
        except NotAURL as error:
            raise CommandError(str(error)) from error
        slug, connector, config = _prepared(ref, options["platform"])
        if connector.slug == "web" and ref.kind != "page":
            ref = ContentRef("web", "page", "", ref.canonical_url)
        if ref.kind not in connector.kinds:
            raise CommandError(f"{connector.label} has no {ref.kind}: this is an address of {ref.platform}.")
        allow = settings.FETCH_ALLOWED_HOSTS
        if base := options["api_base"]:
            config = {**config, "api_base_url": base}
            allow = allow | {_host_and_port(base)}
        sighting = asyncio.run(_look(connector, config, replace(ref, platform=slug), as_reported(options["url"]), allow))
        self.stdout.write(_plain(sighting, connector))
        if options["as_json"]:
            self.stdout.write(json.dumps(_as_json(sighting)))


def _prepared(ref: ContentRef, wanted: str) -> tuple[str, type[Connector], Mapping[str, Any]]:
    """Platform slug, connector and configuration. Without a database, or a row in it, the connector's own defaults serve."""
    slug = wanted or ref.platform
    row = _stored(slug)
    try:
        connector = registry.get(row.connector if row else slug)
    except LookupError as error:
        raise CommandError(str(error)) from error
    if connector.slug not in {ref.platform, "web"}:
        raise CommandError(f"This is an address of {ref.platform}, not of {slug}.")
    return slug, connector, row.settings() if row else {}


def _stored(slug: str) -> Platform | None:
    try:
        return Platform.objects.filter(slug=slug).first()
    except DatabaseError:
        return None


def _host_and_port(base: str) -> str:
    try:
        url = can_ada.parse(base)
    except ValueError as error:
        raise CommandError(f"--api-base is not an address: {base}") from error
    return f"{url.hostname.strip('[]')}:{url.port or (443 if url.protocol == 'https:' else 80)}"


async def _look(connector: type[Connector], config: Mapping[str, Any], ref: ContentRef, reported: str, allow: frozenset[str]) -> Sighting:
    clock = AnchoredClock.local()
    async with Gateway(clock, contact=settings.CONTACT, allow=allow) as gateway:
        eyes = connector(config, gateway, clock)
        eyes.reported[ref] = reported
        return (await eyes.observe([ref]))[0]


def _plain(sighting: Sighting, connector: type[Connector]) -> str:
    ref = sighting.ref
    asked = f"{connector.label} ({sighting.method})" if sighting.method else "nobody"
    code = f"HTTP {sighting.http_status}" if sighting.http_status else "no HTTP reply"
    evidence = "".join(f", {key} = {value}" for key, value in sighting.evidence.items())
    lines = [
        f"Item       {ref.platform} {ref.kind} {ref.external_id}".rstrip(),
        f"Address    {ref.canonical_url}",
        f"Outcome    {Outcome(sighting.outcome).label} ({sighting.outcome})",
        f"Reason     {sighting.reason}",
        f"Asked      {asked}",
        f"Saw        {code}{evidence}",
        f"Therefore  {_WHY[sighting.outcome]}",
        f"Sent       {sighting.sent_at.isoformat()}",
        f"Answered   {sighting.answered_at.isoformat()}",
    ]
    if sighting.countries:
        lines.insert(4, f"Countries  {', '.join(sighting.countries)}")
    if sighting.retry_after:
        lines.append(f"Wait       {sighting.retry_after:.0f} s, as the platform asks")
    return "\n".join(lines)


def _as_json(sighting: Sighting) -> dict[str, Any]:
    ref = sighting.ref
    return {
        "platform": ref.platform,
        "kind": ref.kind,
        "external_id": ref.external_id,
        "canonical_url": ref.canonical_url,
        "outcome": str(sighting.outcome.value),
        "reason": sighting.reason,
        "method": sighting.method,
        "http_status": sighting.http_status,
        "countries": list(sighting.countries),
        "evidence": dict(sighting.evidence),
        "retry_after": sighting.retry_after,
        "sent_at": sighting.sent_at.isoformat(),
        "answered_at": sighting.answered_at.isoformat(),
    }
