"""Removed by when: the query against rows counted by hand and against the slow rule, and the bounds made of its rows."""

import random
from collections import Counter
from datetime import timedelta

import pytest

from takedown.choices import OPEN, UP, ClockState, Outcome, VerdictValue
from takedown.models import TakedownRequest, Watch
from takedown.statistics.bands import BANDS, EDGES, SECONDS, Bands, bands_of
from takedown.statistics.filters import Filters
from takedown.statistics.rows import BandRow
from takedown.statistics.sql import fetch
from tests.factories import WatchFactory
from tests.statistics.rows import NOW, counted
from tests.statistics.test_rule import SEEDS, generate, parameters


def of(*rows: tuple[str, int, int, int]) -> Bands:
    return bands_of([BandRow("web", "Web", *row) for row in rows])


def test_a_bracket_over_an_end_counts_in_neither_band_surely_and_in_both_perhaps() -> None:
    total = of(("gone", 0, 0, 4), ("gone", 0, 1, 3), ("gone", 1, 3, 2), ("unknown", 1, 2, 1), ("up", 0, 4, 5)).total
    assert (total.lowest, total.highest) == ((4, 0, 0, 0, 0), (7, 6, 3, 2, 0))
    assert (total.requests, total.between, total.up, total.unknown) == (15, 5, 5, 1)
    assert sum(total.lowest) + total.between + total.up + total.unknown == total.requests


def test_the_finding_gives_what_is_sure_and_what_may_be() -> None:
    found = of(("gone", 0, 0, 4), ("gone", 0, 1, 3), ("up", 0, 4, 5), ("unknown", 0, 2, 1))
    assert found.finding == "Of 13 requests 4 to 8 went within 1 h; 5 were up at the last look, and of 1 it is not known."
    assert of(("gone", 0, 0, 4)).finding == "Of 4 requests 4 went within 1 h; 0 were up at the last look, and of 0 it is not known."
    assert of().finding == "No clock started in this period."


def test_platforms_add_up_to_all() -> None:
    found = bands_of([BandRow("web", "Web", "gone", 0, 0, 4), BandRow("chat", "Chat", "gone", 0, 1, 3)])
    assert [line.name for line in found.platforms] == ["Chat", "Web"]
    assert found.total.requests == 7


def watched(request: TakedownRequest, outcome: str, last_up: float | None = None) -> None:
    start = request.clock_started_at
    assert start
    at = None if last_up is None else start + timedelta(minutes=last_up)
    WatchFactory.create(item=request.item, outcome=outcome, last_up=at)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hours_ago", "facts", "watch", "expected"),
    [
        (2, {"last_up": 20, "first_gone": 60}, None, ("gone", 0, 0)),
        (2, {"last_up": 59, "first_gone": 60.01}, None, ("gone", 0, 1)),
        (2, {"last_up": 60, "first_gone": 61}, None, ("gone", 1, 1)),
        (2, {"first_gone": 61}, None, ("gone", 0, 1)),
        (400, {"last_up": 7 * 24 * 60, "first_gone": 8 * 24 * 60}, None, ("gone", 4, 4)),
        (50, {"last_up": 24 * 60 - 1, "first_gone": 48 * 60}, None, ("gone", 1, 2)),
        (2, {"last_up": 20, "first_gone": 21, "confirmed": False}, Outcome.REMOVED_BY_PLATFORM, ("unknown", 0, 1)),
        (50, {"last_up": 20}, (Outcome.INDETERMINATE, 90), ("unknown", 1, 3)),
        (50, {"last_up": 20}, (Outcome.PRIVATE, 10), ("unknown", 0, 3)),
        (50, {"last_up": 20}, (Outcome.GEO_BLOCKED, 2_900), ("up", 3, 3)),
        (50, {}, None, ("unknown", 0, 3)),
    ],
)
def test_a_removal_is_placed_where_it_may_be(hours_ago: float, facts: dict[str, float], watch: object, expected: object) -> None:
    request = counted(timedelta(hours=hours_ago), **facts)  # type: ignore[arg-type]  # a table of keyword arguments
    if watch:
        watched(request, *(watch if isinstance(watch, tuple) else (watch,)))
    [row] = fetch("bands", BandRow, {**parameters(), **EDGES})
    assert (row.state, row.first, row.last, row.n) == (*([expected] if isinstance(expected, str) else expected), 1)  # type: ignore[misc]


def with_watches(seed: int) -> list[TakedownRequest]:
    """Generated requests; most of the open ones have a watch that knows more than they do."""
    pick, requests = random.Random(seed), generate(seed)
    for request in requests:
        start = request.clock_started_at
        if start and pick.random() < 0.8:
            elapsed = (NOW - start) / timedelta(minutes=1)
            seen = pick.choice([None, 0, 30, 60, 24 * 60])
            watched(request, pick.choice([*Outcome.values, ""]), seen if seen is not None and seen <= elapsed else None)
    return requests


def slow(request: TakedownRequest) -> tuple[str, frozenset[int]] | None:
    """State, and the bands that its possible times of removal touch, tried out band by band."""
    start = request.clock_started_at
    assert start
    ended = request.clock_state in (ClockState.VOIDED, ClockState.WITHDRAWN) or request.adjudicated_verdict == VerdictValue.NOT_COUNTED
    if ended or (request.first_gone and request.first_gone <= start):
        return None
    watch = Watch.objects.filter(item=request.item).first()
    looked_at = request.first_gone is None and request.status in OPEN and watch is not None
    seen_up = looked_at and watch is not None and watch.outcome in UP
    state = "gone" if request.gone_confirmed else "up" if seen_up else "unknown"
    ups = [request.last_up, watch.last_up if looked_at and watch else None, start]
    earliest = (max(at for at in ups if at) - start).total_seconds()
    latest = ((request.first_gone if request.gone_confirmed and request.first_gone else NOW) - start).total_seconds()
    ends = [float("-inf"), *SECONDS, float("inf")]
    return state, frozenset(place for place in range(len(BANDS)) if earliest < ends[place + 1] and ends[place] < latest)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", SEEDS)
def test_bands_agree_with_the_facts(seed: int) -> None:
    expected = Counter(found for request in with_watches(seed) if (found := slow(request)))
    rows: Counter[tuple[str, frozenset[int]]] = Counter()
    for row in fetch("bands", BandRow, {**parameters(), **EDGES}):
        rows[row.state, frozenset(range(row.first, row.last + 1))] += row.n
    assert rows == expected


@pytest.mark.django_db
def test_bands_take_platform_policy_and_agency() -> None:
    mine = counted(last_up=20, first_gone=21)
    base = {**Filters(agency_id=mine.agency_id, timezone="UTC", until=NOW).parameters(), "now": NOW, **EDGES}
    for change, n in (({}, 1), ({"platform_id": 0}, 0), ({"policy_ids": [0]}, 0), ({"agency_id": 0}, 0), ({"until": mine.opened_at}, 0)):
        assert sum(row.n for row in fetch("bands", BandRow, {**base, **change})) == n
