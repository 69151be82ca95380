"""Looks that cannot be written down as they are."""

from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from platforms.base import AnchoredClock, Outcome, Sighting
from takedown import polling
from takedown.choices import VerdictValue
from takedown.models import Observation, TakedownRequest, Watch
from takedown.polling import Claim, Settings
from takedown.polling.evidence import storable
from takedown.polling.work import write_down
from takedown.verdicts.settle import settle
from tests.factories import PlatformFactory, RequestFactory, WatchFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def claims() -> list[Claim]:
    """Five items that are due, claimed."""
    for _ in range(5):
        WatchFactory.create(item=RequestFactory.create().item)
    return polling.claim(10)


def sightings(claims: list[Claim], **values: Any) -> list[tuple[Claim, Sighting]]:
    clock = AnchoredClock.local()
    return [(claim, Sighting(claim.ref, Outcome.AVAILABLE, "ok", clock.sent(), clock.answered(), **values)) for claim in claims]


def settings() -> dict[int, Settings]:
    platform = PlatformFactory.create()
    return {platform.pk: Settings.of(platform)}


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x" * 100_000])
def test_evidence_from_a_hostile_page_is_kept_as_far_as_it_can_be(claims: list[Claim], text: str) -> None:
    assert write_down(sightings(claims, evidence={"title": text, "hops": [text], "n": 1}), settings()) == 5
    for run in Observation.objects.all():
        assert run.outcome == Outcome.AVAILABLE
        assert run.evidence["n"] == 1
        assert len(run.evidence["title"]) <= 1000


def test_storable_keeps_what_is_plain() -> None:
    plain = {"a": [1, 2.5, None, True, "text"], "b": {"c": "d"}}
    assert storable(plain) == plain


def test_one_look_that_cannot_be_stored_costs_the_others_nothing(claims: list[Claim]) -> None:
    seen = sightings(claims)
    odd = claims[2]
    seen[2] = (odd, sightings([odd], method="m" * 500)[0][1])
    assert write_down(seen, settings()) == 5
    runs = {run.item_id: run for run in Observation.objects.all()}
    assert (runs[odd.item_id].outcome, runs[odd.item_id].reason) == (Outcome.INDETERMINATE, "not_stored")
    assert sum(run.outcome == Outcome.AVAILABLE for run in runs.values()) == 4


def test_one_request_that_no_rule_can_judge_costs_the_others_nothing(claims: list[Claim]) -> None:
    odd = claims[0].item_id

    def refuse(known: Any, **rest: Any) -> Any:
        if odd in known:
            raise ValueError("no rule for this")
        return settle(known, **rest)

    now = timezone.now()
    TakedownRequest.objects.update(clock_state="running", clock_started_at=now, due_at=now)
    Watch.objects.update(anchor_at=now)
    with mock.patch("takedown.polling.apply.settle", refuse):
        assert write_down(sightings(claims), settings()) == 4
    assert TakedownRequest.objects.filter(verdict=VerdictValue.BREACHED).count() == 4
    assert Watch.objects.get(pk=odd).run_count == 0
