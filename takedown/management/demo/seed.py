"""Fill the demonstration: once; a second start finds everything as it was left."""

import json
import logging
import random
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from platforms.models import Platform
from platforms.registry import plays
from platforms.sandbox import config_for
from platforms.sandbox.world import World
from takedown import administration, intake
from takedown.administration.keys import GOOD_FOR
from takedown.choices import Category, Channel, DurationUnit, Role, StartEvent
from takedown.management.demo import history, live
from takedown.management.reference import install_platforms, install_policies
from takedown.models import Agency, ApiKey, DeadlinePolicy, User

logger = logging.getLogger(__name__)

SLUG = "demo"
PEOPLE = {
    "analyst": (Role.ANALYST, "Alice Moreau"),
    "supervisor": (Role.SUPERVISOR, "Bob Lindqvist"),
    "auditor": (Role.AUDITOR, "Charlie Adeyemi"),
    "administrator": (Role.ADMINISTRATOR, "Dora Petrou"),
    "operator": (Role.OPERATOR, "Emil Haddad"),
}
RHYTHM = {
    "dense_seconds": 3,
    "growth": 0.02,
    "running_max_seconds": 30,
    "idle_max_seconds": 300,
    "lead_seconds": 1.5,
    "return_seconds": [30, 120, 600, 3600],
}
CONFIRM = {"attributed": [2, 3], "unattributed": [2, 3]}
MANNERS = {"rhythm": RHYTHM, "confirm": CONFIRM, "rate": "", "breaker": {"fewest": 50}}
"""A stand-in needs no limits, and a visitor who lets a dozen items vanish at once means it."""
CHANNELS = {"mastodon": Channel.API, "bluesky": Channel.API}


def connect(sandbox_url: str) -> None:
    """Point every platform at the sandbox, look often, confirm within seconds."""
    install_policies()
    install_platforms()
    for slug in plays():
        platform = Platform.objects.get(slug=slug)
        platform.config = {**config_for(slug, sandbox_url), **MANNERS, "access_token": "demo"}
        platform.contact_email, platform.channel = f"abuse@{slug}.example", CHANNELS.get(slug, Channel.EMAIL)
        platform.save()


@transaction.atomic
def seed(*, world_path: Path, now: datetime) -> dict[str, Any]:
    """Agency, people, key, test policies and history; the part of `demo.json` that cannot be read back later."""
    agency = Agency.objects.create(name="Demonstration Referral Unit", slug=SLUG, timezone="Europe/Brussels")
    users = {}
    for username, (role, name) in PEOPLE.items():
        password = secrets.token_urlsafe(12)
        person = User(username=username, agency=None if role == Role.OPERATOR else agency, role=role, display_name=name)
        person.set_password(password)
        person.save()
        users[username] = {"username": username, "password": password}
    for minutes, key in ((1, "test_1_minute"), (5, "test_5_minutes")):
        DeadlinePolicy.objects.create(
            key=key,
            agency=agency,
            name=f"Test, {minutes} minute{'s' if minutes > 1 else ''} from sending",
            start_event=StartEvent.SENT,
            duration=minutes,
            unit=DurationUnit.MINUTES,
            valid_from=now - timedelta(days=365),
            source="For the demonstration only",
        )
    _, secret = administration.issue_key(
        agency=agency, client_name="demo", scopes=ApiKey.Scope.values, expires_at=now + GOOD_FOR, actor=None, now=now
    )
    _history(agency, world_path, now)
    return {"api_key": secret, "users": users, "policies": list(live.TEST_POLICIES)}


def _history(agency: Agency, world_path: Path, now: datetime) -> None:
    rng = random.Random(784)  # noqa: S311  the same past every time
    people = list(User.objects.filter(agency=agency, role__in=(Role.ANALYST, Role.SUPERVISOR)))
    platforms = {platform.slug: platform for platform in Platform.objects.all()}
    policies = {policy.key: policy for policy in DeadlinePolicy.objects.filter(agency=None)}
    volume = list(history.plan_volume(rng, now))
    fates = []
    for slug, key, at in volume:
        fates.append(history.removal_of(rng, history.HABITS[slug], policies[key], at))
    world = World.load(world_path)
    items = world.add([_past_wish(slug, gone_at, now) for (slug, _, _), gone_at in zip(volume, fates, strict=True)])
    pasts = []
    for (slug, key, at), gone_at, item in zip(volume, fates, items, strict=True):
        past = history.begin(agency, people, platforms[slug], policies[key], item.url, at, rng)
        history.relive(past, gone_at, history.HABITS[slug].outcome, now, rng)
        history.conclude(past, now)
        pasts.append(past)
    history.save(pasts, now)
    logger.info("%d made-up requests of %d days", len(pasts), history.DAYS)


def _past_wish(slug: str, gone_at: datetime | None, now: datetime) -> dict[str, Any]:
    """What the sandbox must answer from now on, so that the past goes on as it was."""
    script: list[dict[str, Any]] = [{"at": -1e8, "state": "available"}]
    if gone_at:
        script.append({"at": (gone_at - now).total_seconds(), "state": history.HABITS[slug].outcome.value})
    return {"platform": slug, "script": script}


def report_live(world_items: list[dict[str, Any]], now: datetime) -> int:
    """Report the live items through the front door, as an analyst would."""
    agency = Agency.objects.get(slug=SLUG)
    analyst = User.objects.get(username="analyst")
    drafts = [
        intake.Draft(url=item["url"], category=Category.INCITE, policy=policy, note=note)
        for item, (_, policy, note) in zip(world_items, live.scripts(), strict=True)
    ]
    filed = intake.submit(agency=agency, drafts=drafts, actor=analyst, now=now)
    return sum(one.report is not None for one in filed)


def write_demo_json(path: Path, content: dict[str, Any]) -> None:
    """For scripts and for people who forgot the password."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=2) + "\n")
