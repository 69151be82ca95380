"""Deadlines of the next hour and day: the query against the slow rule, and what is said of it."""

import random
from collections import Counter
from datetime import timedelta

import pytest

from platforms.base import Outcome
from takedown.choices import OPEN, RequestStatus, VerdictValue
from takedown.models import Agency, TakedownRequest
from takedown.statistics.ahead import DAY, HOUR, SLICE, STATES, Ahead, ahead, ahead_of, due_within_the_hour, span_label, state_of
from takedown.statistics.rows import AheadRow
from tests.factories import AgencyFactory, RequestFactory, WatchFactory
from tests.statistics.rows import NOW

SECOND = timedelta(seconds=1)
NEVER = ""
EDGES = (-1, 0, 0.5, 1, SLICE - 1, SLICE, SLICE + 1, HOUR - 1, HOUR, HOUR + 1, DAY - 1, DAY, DAY + 1)


def due(seconds: float, outcome: str | None = None, **fields: object) -> TakedownRequest:
    """An open request that is due in so many seconds; without `outcome` nobody watches it."""
    clock = {"clock_state": "running", "clock_started_at": NOW - timedelta(hours=1), "due_at": NOW + seconds * SECOND}
    request = RequestFactory.create(**{"status": RequestStatus.SENT, "verdict": VerdictValue.PENDING, **clock, **fields})
    if outcome is not None:
        WatchFactory.create(item=request.item, outcome=outcome)
    return request


def generate(seed: int) -> None:
    pick = random.Random(seed)
    south = AgencyFactory.create(slug="south")
    for _ in range(40):
        fields: dict[str, object] = {"status": pick.choice(sorted(OPEN))}
        if pick.random() < 0.1:
            fields = {"status": RequestStatus.CLOSED, "closed_at": NOW}
        if pick.random() < 0.1:
            fields |= {"agency": south}
        if pick.random() < 0.1:
            fields |= {"first_gone": NOW, "gone_confirmed": True}
        due(pick.choice([*EDGES, pick.uniform(0, DAY)]), pick.choice([None, NEVER, *Outcome.values]), **fields)


def slow(agency: Agency) -> Counter[tuple[int, str]]:
    """By slice, tried out one by one, and state."""
    found: Counter[tuple[int, str]] = Counter()
    for request in TakedownRequest.objects.filter(agency=agency, status__in=OPEN, gone_confirmed=False).select_related("item__watch"):
        assert request.due_at
        watch = getattr(request.item, "watch", None)
        for place in range(DAY // SLICE):
            if NOW + place * SLICE * SECOND < request.due_at <= NOW + (place + 1) * SLICE * SECOND:
                found[place, state_of(watch.outcome if watch else "")] += 1
    return found


def totals(found: Ahead) -> tuple[int, int]:
    return sum(found.within.values()), sum(sum(hour.values()) for hour in found.hours)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(5))
def test_the_query_agrees_with_the_slow_rule(seed: int) -> None:
    agency = AgencyFactory.create()
    generate(seed)
    expected = slow(agency)
    found = ahead(agency, NOW)
    assert found == ahead_of([AheadRow(place, state, n) for (place, state), n in expected.items()])
    assert totals(found)[1] == sum(expected.values()) > 0
    rows = due_within_the_hour(agency, NOW)
    assert len(rows) == totals(found)[0]
    assert [row.due_at for row in rows] == sorted(row.due_at for row in rows if row.due_at)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seconds", "within"), [(0, (0, 0)), (0.000001, (1, 1)), (HOUR, (1, 1)), (HOUR + 0.000001, (0, 1)), (DAY + 1, (0, 0))]
)
def test_the_end_of_a_span_is_inside(seconds: float, within: tuple[int, int]) -> None:
    request = due(seconds)
    assert totals(ahead(request.agency, NOW)) == within


@pytest.mark.django_db
def test_what_is_confirmed_or_decided_cannot_be_missed_any_more() -> None:
    agency = due(60, gone_confirmed=True, first_gone=NOW).agency
    TakedownRequest.objects.update(adjudicated_verdict="")
    assert totals(ahead(agency, NOW)) == (0, 0)
    due(60, Outcome.REMOVED_BY_PLATFORM, first_gone=NOW)
    assert ahead(agency, NOW).within["gone"] == 1


@pytest.mark.parametrize("outcome", ["", *Outcome.values])
def test_every_outcome_has_a_state(outcome: str) -> None:
    assert state_of(outcome) in STATES


def test_absence_is_never_said_to_be_up_nor_silence_to_be_gone() -> None:
    assert {state: [str(one) for one in ("", *Outcome) if state_of(one) == state] for state in STATES} == {
        "gone": [
            *("removed_by_platform", "removed_by_user", "removed_by_community", "account_suspended", "account_gone"),
            *("gone_unattributed", "host_gone"),
        ],
        "up": ["available", "available_gated", "geo_blocked"],
        "untold": ["private", "indeterminate"],
        "never": [""],
    }


def test_the_finding_says_how_many_and_what_was_last_seen() -> None:
    found = ahead_of([AheadRow(0, "up", 2), AheadRow(11, "never", 1), AheadRow(40, "gone", 5)])
    assert found.finding == "3 deadlines fall in the next hour: 2 up at the last look, 1 not looked at yet."
    assert found.day_finding == "8 in the next 24 hours; most in one hour: 5, in 3 h to 4 h."
    nothing = ahead_of([])
    assert (nothing.finding, nothing.day_finding) == ("No deadline falls in the next hour.", "No deadline falls in the next 24 hours.")
    assert (span_label(0, SLICE), span_label(3 * HOUR, HOUR)) == ("0 to 5 min", "3 h to 4 h")
