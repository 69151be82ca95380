"""`manage.py look URL`: look at one address now and say in plain words what was seen. Writes nothing."""

import json
from collections.abc import Mapping
from typing import Any

import can_ada
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from platforms import registry, trial
from platforms.base import Connector, Sighting
from platforms.identity import NotAURL, as_reported, identify
from platforms.models import Platform


class Command(BaseCommand):
    help = "Identify a URL, look at it once now, and print what was seen. Writes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url")
        parser.add_argument("--platform", default="", help="look as this platform; `web` looks at any address as a plain page")
        parser.add_argument("--api-base", default="", help="ask this server instead of the platform's own; it may be on loopback")
        parser.add_argument("--json", action="store_true", dest="as_json", help="end with one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            slug = options["platform"] or identify(options["url"]).platform
            connector, config = _prepared(slug)
            ref = trial.subject(options["url"], slug, connector)
        except (NotAURL, trial.NotItsOwn, LookupError) as error:
            raise CommandError(str(error)) from error
        allow: frozenset[str] = frozenset()
        if base := options["api_base"]:
            config = {**config, "api_base_url": base}
            allow = frozenset({_host_and_port(base)})
        try:
            sighting = trial.look_once(connector, config, ref, allow, as_reported(options["url"]))
        except TimeoutError:
            raise CommandError("No answer in the time that a look may take.") from None
        self.stdout.write("\n".join(f"{name:<11}{text}" for name, text in trial.in_words(sighting, connector)))
        if options["as_json"]:
            self.stdout.write(json.dumps(_as_json(sighting)))


def _prepared(slug: str) -> tuple[type[Connector], Mapping[str, Any]]:
    """Connector and configuration. Without a database, or a row in it, the connector's own defaults serve. Raises LookupError."""
    row = _stored(slug)
    return registry.get(row.connector if row else slug), row.settings() if row else {}


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
