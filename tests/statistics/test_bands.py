"""Removed by when: the query against rows counted by hand and against the slow rule, and the bounds made of its rows."""

import random
from bisect import bisect_right
from collections import Counter
from datetime import timedelta

import pytest

from takedown.choices import OPEN, UP, ClockState, Outcome, VerdictValue
from takedown.models import TakedownRequest, Watch
from takedown.statistics.bands import BANDS, SECONDS, Bands, bands_of
from takedown.statistics.rows import BracketRow
from tests.factories import WatchFactory
from tests.statistics.rows import NOW, counted, tallied
from tests.statistics.test_rule import SEEDS, generate

NAMES = {1: ("web", "Web"), 2: ("chat", "Chat")}
EDGES = (0, *SECONDS, 10_000_000)


def row(way: str, first: int, last: int, n: int, platform_id: int = 1) -> BracketRow:
    """Went in one of these bands, or has not gone since it was up in the first."""
    gone = None if way in {"up", "unknown"} else EDGES[last + 1]
    return BracketRow(platform_id, way, EDGES[first], gone, n)


def of(*rows: tuple[str, int, int, int]) -> Bands:
    return bands_of([row(*one) for one in rows], NAMES)


def test_a_bracket_over_an_end_counts_in_neither_band_surely_and_in_both_perhaps() -> None:
    total = of(("gone", 0, 0, 4), ("gone", 0, 1, 3), ("gone", 1, 3, 2), ("unknown", 1, 4, 1), ("up", 0, 4, 5)).total
    assert (total.lowest, total.highest) == ((4, 0, 0, 0, 0), (7, 6, 3, 3, 1))
    assert (total.requests, total.between, total.up, total.unknown) == (15, 5, 5, 1)
    assert sum(total.lowest) + total.between + total.up + total.unknown == total.requests


def test_the_finding_gives_what_is_sure_and_what_may_be() -> None:
    found = of(("gone", 0, 0, 4), ("gone", 0, 1, 3), ("up", 0, 4, 5), ("unknown", 0, 4, 1))
    assert found.finding == "Of 13 requests 4 to 8 went within 1 h; 5 were up at the last look, and of 1 it is not known."
    assert of(("gone", 0, 0, 4)).finding == "Of 4 requests 4 went within 1 h; 0 were up at the last look, and of 0 it is not known."
    assert of().finding == "No clock started in this period."


def test_platforms_add_up_to_all() -> None:
    found = bands_of([row("gone", 0, 0, 4), row("gone", 0, 1, 3, 2)], NAMES)
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
        (2, {"last_up": 20, "first_gone": 21, "confirmed": False}, Outcome.REMOVED_BY_PLATFORM, ("unknown", 0, 4)),
        (50, {"last_up": 20}, (Outcome.INDETERMINATE, 90), ("unknown", 1, 4)),
        (50, {"last_up": 20}, (Outcome.PRIVATE, 10), ("unknown", 0, 4)),
        (50, {"last_up": 20}, (Outcome.GEO_BLOCKED, 2_900), ("up", 3, 4)),
        (50, {}, None, ("unknown", 0, 4)),
    ],
)
def test_a_removal_is_placed_where_it_may_be(hours_ago: float, facts: dict[str, float], watch: object, expected: object) -> None:
    request = counted(timedelta(hours=hours_ago), **facts)  # type: ignore[arg-type]  # a table of keyword arguments
    if watch:
        watched(request, *(watch if isinstance(watch, tuple) else (watch,)))
    [found] = tallied().brackets
    assert placed(found) == expected


def placed(found: BracketRow) -> tuple[str, int, int]:
    """State, first and last band it may have gone in."""
    [line] = bands_of([found], {found.platform_id: ("web", "Web")}).platforms
    possible = [place for place, n in enumerate(line.highest) if n]
    state = "up" if line.up else "unknown" if line.unknown else "gone"
    ends = (possible[0], possible[-1]) if possible else (bisect_right(SECONDS, found.last_up), len(SECONDS))
    assert sum(line.lowest) == found.n * (state == "gone" and len(possible) == 1)
    return state, *ends


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
    latest = (request.first_gone - start).total_seconds() if request.gone_confirmed and request.first_gone else float("inf")
    ends = [float("-inf"), *SECONDS, float("inf")]
    return state, frozenset(place for place in range(len(BANDS)) if earliest < ends[place + 1] and ends[place] < latest)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", SEEDS)
def test_bands_agree_with_the_facts(seed: int) -> None:
    expected = Counter(found for request in with_watches(seed) if (found := slow(request)))
    rows: Counter[tuple[str, frozenset[int]]] = Counter()
    for line in tallied().brackets:
        state, first, last = placed(line)
        rows[state, frozenset(range(first, last + 1))] += line.n
    assert rows == expected
