"""Who wants to be left alone is left alone: by limits, wishes, daily quotas and people."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone
from multidict import CIMultiDict

from platforms.base import Outcome
from platforms.http import Gateway, Reply
from platforms.identity import identify
from platforms.models import LookMinute, Pause, PauseReason, Platform, Quota, pause
from platforms.quota import next_midnight, today
from takedown import polling, verdicts
from takedown.choices import VerdictValue
from takedown.models import TakedownRequest, Watch
from takedown.polling import eyes
from tests.conftest import Sandbox
from tests.engine.test_breakers import pause_is_over
from tests.engine.test_path import age, look, report, start_clock
from tests.engine.test_pulse import _world, calls, configure, report_all
from tests.factories import cast

__all__ = ["_world"]
pytestmark = pytest.mark.django_db
PACIFIC = "America/Los_Angeles"


# Wishes to be left alone ------------------------------------------------------------------------------------------------------


def wait_an_hour() -> None:
    """The sandbox asks for two seconds; a slow machine must not outlast them."""
    Pause.objects.update(until=timezone.now() + timedelta(hours=1))


def test_a_platform_that_asks_us_to_wait_is_left_alone_by_all_workers(sandbox: Sandbox) -> None:
    limited, other = report_all([sandbox.add("x", (-60, state)) for state in ("rate_limited", "available")])
    look(limited)
    pause = Pause.objects.get()
    assert (pause.platform.slug, pause.bucket, pause.reason) == ("x", "", PauseReason.RETRY_AFTER)
    wait_an_hour()
    calls(sandbox)
    Watch.objects.filter(item=other.item).update(is_anchor=True)
    look(other)
    assert calls(sandbox) == 0
    pause_is_over()
    look(other)
    assert calls(sandbox) == 1


def sites(sandbox: Sandbox) -> list[TakedownRequest]:
    """Two pages of a site that asks us to wait, and one of another."""
    busy, other = sandbox.add("web", (-60, "rate_limited")), sandbox.add("web", (-60, "available"))
    requests = report_all([busy, busy.rsplit("/", 1)[0] + "/another", other])
    look(requests[0])
    wait_an_hour()
    calls(sandbox)
    return requests


def test_of_the_open_web_only_the_site_that_asked_is_left_alone(sandbox: Sandbox) -> None:
    busy, same, other = sites(sandbox)
    assert Pause.objects.get().bucket == identify(busy.item.canonical_url).canonical_url.split("/")[2]
    look(same, other)
    assert calls(sandbox) == 1
    assert Watch.objects.get(item=other.item).outcome == Outcome.AVAILABLE
    assert Watch.objects.get(item=same.item).run_count <= 1


def test_a_site_cannot_hide_behind_its_wish_while_its_deadline_passes(sandbox: Sandbox) -> None:
    _, same, _ = sites(sandbox)
    start_clock(same, timezone.now())
    age(same, 601)
    verdicts.sweep()
    Watch.objects.filter(item=same.item).update(is_anchor=True)
    look(same)
    assert calls(sandbox) == 2, "the page, and at a first look one beside it"
    assert same.verdict == VerdictValue.BREACHED


def test_a_pause_of_the_whole_platform_is_respected_even_at_a_deadline(sandbox: Sandbox) -> None:
    """Also by a worker that had claimed the look before the pause began."""
    request = report(sandbox.add("web", (-60, "available")))
    look(request)
    Watch.objects.update(next_look_at=timezone.now(), is_anchor=True)
    claims = polling.claim(10)
    calls(sandbox)
    now = timezone.now()
    Pause.objects.create(platform=request.platform, reason=PauseReason.BREAKER, since=now, until=now + timedelta(hours=1))
    assert polling.look_once(claims) == 0
    assert calls(sandbox) == 0


def test_a_platform_that_says_that_no_calls_are_left_is_not_called_until_there_are(sandbox: Sandbox) -> None:
    request = report(sandbox.add("x", (-60, "available")))
    really, reset = Gateway.fetch, int(timezone.now().timestamp()) + 900

    async def fetch(self: Gateway, method: str, url: str, **rest: Any) -> Reply:
        reply = await really(self, method, url, **rest)
        said = {"x-rate-limit-limit": "300", "x-rate-limit-remaining": "0", "x-rate-limit-reset": str(reset)}
        return replace(reply, headers=CIMultiDict({**reply.headers, **said}))

    with mock.patch.object(Gateway, "fetch", fetch):
        look(request)
    assert Watch.objects.get().outcome == Outcome.AVAILABLE
    until = Pause.objects.get(platform__slug="x", bucket="", reason=PauseReason.RETRY_AFTER).until
    assert until is not None
    asked = datetime.fromtimestamp(reset, UTC)
    assert asked <= until + timedelta(seconds=1)
    assert until <= timezone.now() + timedelta(seconds=900)
    calls(sandbox)
    look(request)
    assert calls(sandbox) == 0


def test_a_look_whose_turn_has_not_come_is_put_off_and_counts_for_nothing(sandbox: Sandbox) -> None:
    configure("x", rate="1 per hour")
    request, began = report(sandbox.add("x", (-60, "available"))), timezone.now()
    look(request)
    look(request)
    watch = Watch.objects.get()
    assert (watch.run_count, calls(sandbox)) == (1, 1)
    assert watch.next_look_at is not None
    assert watch.next_look_at > began + timedelta(minutes=50)
    assert sum(LookMinute.objects.values_list("looks", flat=True)) == 1


def test_a_shorter_wish_does_not_undo_a_longer_one(sandbox: Sandbox) -> None:
    platform, now = Platform.objects.get(slug="x"), timezone.now()
    for seconds in (900, 2, 1200, 60):
        pause(platform.pk, PauseReason.RETRY_AFTER, now + timedelta(seconds=seconds), now=now)
    assert Pause.objects.get().until == now + timedelta(seconds=1200)


# Daily quotas -----------------------------------------------------------------------------------------------------------------


def test_a_daily_quota_lasts_until_the_platforms_midnight_and_a_flushed_redis_changes_nothing(sandbox: Sandbox) -> None:
    platform = configure("youtube", daily_quota=2, quota_zone=PACIFIC)
    request = report(sandbox.add("youtube", (-60, "available")))
    for _ in range(4):
        look(request)
    now = timezone.now()
    assert calls(sandbox) == 2
    assert Quota.objects.get().used == 2
    assert Pause.objects.get(platform=platform, reason=PauseReason.QUOTA).until == next_midnight(now, PACIFIC)
    assert Watch.objects.get().run_count == 2
    eyes.windows()._shared.storage.reset()
    look(request)
    Pause.objects.all().delete()
    look(request)
    assert calls(sandbox) == 0
    assert Pause.objects.filter(reason=PauseReason.QUOTA).exists()


def test_a_look_that_was_not_let_through_costs_nothing_of_the_day(sandbox: Sandbox) -> None:
    configure("x", daily_quota=10, rate="1 per hour")
    request = report(sandbox.add("x", (-60, "available")))
    for _ in range(4):
        look(request)
    assert calls(sandbox) == 1
    assert Quota.objects.get().used == 1


def test_a_new_day_brings_a_new_quota(sandbox: Sandbox) -> None:
    platform = configure("youtube", daily_quota=2, quota_zone=PACIFIC)
    yesterday = today(timezone.now(), PACIFIC) - timedelta(days=1)
    Quota.objects.create(platform=platform, day=yesterday, used=2)
    now = timezone.now()
    Pause.objects.create(platform=platform, reason=PauseReason.QUOTA, since=now, until=now - timedelta(seconds=1))
    look(report(sandbox.add("youtube", (-60, "available"))))
    assert calls(sandbox) == 1


@pytest.mark.parametrize(
    "config",
    [
        *({"daily_quota": "lots"}, {"daily_quota": 5, "quota_zone": "Mars/Olympus"}, {"daily_quota": 5, "quota_zone": "America"}),
        *({"rate": "0 per minute"}, {"rate": "often"}, {"breaker": {"window_minutes": 10**12}}, {"breaker": 5}),
    ],
)
def test_limits_that_make_no_sense_stop_only_their_platform(sandbox: Sandbox, config: dict[str, Any]) -> None:
    configure("x", **config)
    good, bad = report(sandbox.add("youtube", (-60, "available"))), report(sandbox.add("x", (-60, "available")))
    assert polling.work() == 1
    assert Watch.objects.get(item=good.item).outcome == Outcome.AVAILABLE
    assert Watch.objects.get(item=bad.item).run_count == 0


# Pauses by people -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [None, 1])
def test_a_platform_that_a_person_paused_is_not_looked_at_and_its_deadlines_are_unproven(sandbox: Sandbox, hours: int | None) -> None:
    bob, now = cast().bob, timezone.now()
    request = report(sandbox.add("x", (-60, "available")), "one_minute")
    look(request)
    start_clock(request, now)
    polling.pause_platform(request.platform, reason="We move.", until=now + timedelta(hours=hours) if hours else None, actor=bob, now=now)
    calls(sandbox)
    age(request, 61)
    look(request)
    assert verdicts.sweep() == 1
    look(request)
    assert (calls(sandbox), request.verdict) == (0, VerdictValue.UNPROVEN)
    polling.resume_platform(request.platform, reason="Moved.", actor=bob, now=timezone.now())
    look(request)
    assert (calls(sandbox) > 0, request.verdict) == (True, VerdictValue.BREACHED)
