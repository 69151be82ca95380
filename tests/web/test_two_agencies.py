"""What one agency does changes nothing that another one sees: every page of South's, before and after North was busy."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from platforms.models import Hold
from takedown import administration, intake, polling
from takedown.choices import Role, VerdictValue
from takedown.models import Agency, TakedownRequest, Watch
from tests.clients import client_as
from tests.factories import Cast, PolicyFactory, cast, in_order, in_verdict, issued
from tests.web.test_outside_text import addresses, read, routes

pytestmark = pytest.mark.django_db

NOW = datetime.fromisoformat("2026-11-25T10:00:00+00:00")
ONCE = re.compile(
    r'name="(?:csrfmiddlewaretoken|token)" value="[^"]*"|[?;]stamp=\w+|data-stamp="[^"]*"|<code>[0-9a-f]{32}</code>|data-now="[^"]*"'
)
"""What differs from one answer to the next, whoever does what."""


def busy(people: Cast) -> None:
    """All that an agency can do to what it shares with others."""
    now = timezone.now()
    key, _ = issued(people.agency)
    drafts = [intake.Draft(f"https://host.example/bulk/{number}", "a_incite") for number in range(500)]
    assert all(filed.report for filed in intake.submit(agency=people.agency, drafts=drafts, actor=key, now=now))
    web = TakedownRequest.objects.for_agency(people.agency).select_related("platform")[0].platform
    polling.release_hold(Hold.objects.get(), reason="It is true.", actor=people.bob, now=now)
    polling.pause_platform(web, reason="Audit.", until=None, actor=people.bob, now=now)
    administration.invite(
        agency=people.agency, username="frida", display_name="Frida", email="", role=Role.ANALYST, actor=people.dora, now=now
    )
    administration.issue_key(
        agency=people.agency, client_name="one more", scopes=["reports:read"], expires_at=None, actor=people.dora, now=now
    )


def seen(agency: str, urls: list[str]) -> dict[tuple[str, str], str]:
    """Every address as the roles get it that together see all there is, as text."""
    people = cast(agency)
    found: dict[tuple[str, str], str] = {}
    for role in (Role.SUPERVISOR, Role.ADMINISTRATOR):
        client = client_as(people.in_role(role))
        for url in urls:
            found[role, url] = page(client, url)
    return found


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    if answer.get("Content-Type") == "application/pdf":
        return read(answer)[1]
    return ONCE.sub("", content.decode("utf-8", "replace"))


def test_nothing_that_one_agency_does_is_seen_by_another() -> None:
    with time_machine.travel(NOW, tick=False):
        for name in ("referral_voluntary", "one_hour"):
            PolicyFactory.create(key=name, unit="hours", duration=24)
        for unit in ("north", "south"):
            people = cast(unit)
            for verdict in VerdictValue:
                in_verdict(verdict, agency=people.agency)
            in_order(VerdictValue.BREACHED, agency=people.agency)
        web = TakedownRequest.objects.all()[0].platform
        Hold.objects.create(platform=web, since=NOW, checked_at=NOW, lost=5, looked=9)
        every = {url for name, pattern in routes() for url in addresses(name, pattern)}
        # One's own account is nobody else's matter, and its pages draw new secrets each time.
        urls = sorted(url for url in every if url and not url.startswith(("/admin/", "/security/")))
        before = seen("south", urls)
        busy(cast("north"))
        after = seen("south", urls)
    assert {where for where, text in before.items() if after[where] != text} == set()


def test_a_pause_of_one_agency_keeps_no_look_of_another_waiting() -> None:
    now = timezone.now()
    mine, theirs = (in_verdict(VerdictValue.PENDING, agency=cast(unit).agency) for unit in ("north", "south"))
    Watch.objects.update(next_look_at=now - timedelta(minutes=1))
    polling.pause_platform(mine.platform, reason="Audit.", until=None, actor=cast("north").bob, now=now)
    assert [claim.item_id for claim in polling.claim(10)] == [theirs.item_id]
    assert Agency.objects.count() == 2
