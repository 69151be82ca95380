from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takedown.cadence import ATTRIBUTED, UNATTRIBUTED, Confirmation, Plan, Rhythm, confirmed, next_look

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
RHYTHM = Rhythm()
MIDDLE = 0.5
"""The spread that leaves an interval as it is."""


def instant(seconds: float | None) -> datetime | None:
    return None if seconds is None else NOW + timedelta(seconds=seconds)


def plan(
    now: float = 0,
    *,
    since: float = 0,
    anchor_at: float | None = None,
    first_gone: float | None = None,
    last_gone: float | None = None,
    gone_count: int = 0,
    confirmed_at: float | None = None,
    confirmation: Confirmation = ATTRIBUTED,
    rhythm: Rhythm = RHYTHM,
    spread: float = MIDDLE,
) -> Plan:
    """Plan with every instant given in seconds."""
    return next_look(
        now=NOW + timedelta(seconds=now),
        since=NOW + timedelta(seconds=since),
        anchor_at=instant(anchor_at),
        first_gone=instant(first_gone),
        last_gone=instant(last_gone),
        gone_count=gone_count,
        confirmed_at=instant(confirmed_at),
        confirmation=confirmation,
        rhythm=rhythm,
        spread=spread,
    )


def seconds(planned: Plan) -> float:
    return (planned.at - NOW).total_seconds()


@pytest.mark.parametrize(
    ("now", "interval"),
    [
        (0, 60),
        (599, 60),
        (6000, 600),  # a tenth of the time passed
        (86400, 8640),
        (30 * 86400, 86400),  # at most a day
        (-50, 60),  # opened in the future: still a look
    ],
)
def test_without_a_deadline_the_interval_grows_with_the_time_passed(now: float, interval: float) -> None:
    planned = plan(now)
    assert (seconds(planned), planned.anchor) == (now + interval, False)


def test_while_a_deadline_lies_ahead_the_interval_stays_short() -> None:
    assert seconds(plan(86400, anchor_at=2 * 86400)) == 86400 + 900
    assert seconds(plan(86400, anchor_at=86400)) == 86400 + 8640


@pytest.mark.parametrize(("spread", "interval"), [(0, 54), (0.25, 57), (0.75, 63)])
def test_jitter_goes_either_way(spread: float, interval: float) -> None:
    assert seconds(plan(spread=spread)) == pytest.approx(interval)


@pytest.mark.parametrize(
    ("now", "anchor_at", "at", "anchor"),
    [
        (0, 3600, 60, False),
        (3500, 3600, 3595, True),  # the routine look would be beyond the deadline
        (3595, 3600, 3600, True),  # after the look before it, the one at it
        (3599, 3600, 3600, True),
        (3535, 3600, 3595, True),  # a routine look at 3885 s would be too late
        (0, 60, 55, True),
        (0, 69, 64, True),  # 60 s is within 5 s of the look at 64 s
        (0, 70.5, 60, False),
        (0, 3, 3, True),  # less than the lead is left
        (3600, 3600, 3960, False),  # the deadline is now: it was this look
    ],
)
def test_a_deadline_is_looked_at_just_before_and_exactly(now: float, anchor_at: float, at: float, anchor: bool) -> None:
    planned = plan(now, anchor_at=anchor_at)
    assert (seconds(planned), planned.anchor) == (at, anchor)


@pytest.mark.parametrize(
    ("confirmation", "now", "last_gone", "gone_count", "at"),
    [
        (ATTRIBUTED, 0, 0, 1, 1800),
        (ATTRIBUTED, 300, 300, 2, 1800),  # an anchor found it gone early: half an hour is still asked for
        (UNATTRIBUTED, 0, 0, 1, 43200),
        (UNATTRIBUTED, 43200, 43200, 2, 86400),
        (UNATTRIBUTED, 3600, 3600, 2, 86400),
    ],
)
def test_an_absence_is_looked_at_until_it_is_confirmed(
    confirmation: Confirmation, now: float, last_gone: float, gone_count: int, at: float
) -> None:
    planned = plan(now, first_gone=0, last_gone=last_gone, gone_count=gone_count, confirmation=confirmation, spread=0)
    assert seconds(planned) == at


@pytest.mark.parametrize(("late", "interval"), [(0, 60), (600, 60), (6000, 600)])
def test_a_confirming_look_that_could_not_tell_is_repeated_soon_and_then_ever_more_rarely(late: float, interval: float) -> None:
    assert seconds(plan(1800 + late, first_gone=0, last_gone=0, gone_count=1)) == 1800 + late + interval


def test_a_confirming_look_is_never_early() -> None:
    assert seconds(plan(first_gone=0, last_gone=0, gone_count=1, spread=0)) == 1800
    assert seconds(plan(first_gone=0, last_gone=0, gone_count=1, spread=0.999)) == pytest.approx(1980, abs=1)


@pytest.mark.parametrize(
    ("now", "at"),
    [(0, 3600), (3600, 86400), (90000, 604800), (604800, 2592000), (2592000, 2 * 2592000), (2 * 2592000 + 5, 3 * 2592000)],
)
def test_what_is_confirmed_gone_is_looked_at_again_now_and_then(now: float, at: float) -> None:
    assert seconds(plan(now, first_gone=-1800, last_gone=0, gone_count=2, confirmed_at=0, spread=0)) == at


@pytest.mark.parametrize("state", [{"first_gone": 0, "gone_count": 1}, {"first_gone": -1800, "gone_count": 2, "confirmed_at": 0}])
def test_an_anchor_holds_for_what_is_gone_too(state: Mapping[str, Any]) -> None:
    assert plan(0, anchor_at=600, **state) == Plan(NOW + timedelta(seconds=595), anchor=True)
    assert plan(595, anchor_at=600, **state) == Plan(NOW + timedelta(seconds=600), anchor=True)


@pytest.mark.parametrize(
    ("first", "last", "count", "confirmation", "expected"),
    [
        (None, None, 0, ATTRIBUTED, False),
        (0, 1799, 2, ATTRIBUTED, False),
        (0, 1800, 2, ATTRIBUTED, True),
        (0, 1800, 1, ATTRIBUTED, False),
        (0, 86399, 9, UNATTRIBUTED, False),
        (0, 86400, 3, UNATTRIBUTED, True),
        (0, 86400, 2, UNATTRIBUTED, False),
        (0, 0, 1, Confirmation(1, 0), True),
    ],
)
def test_an_absence_is_confirmed_by_enough_looks_far_enough_apart(
    first: float | None, last: float | None, count: int, confirmation: Confirmation, expected: bool
) -> None:
    assert confirmed(first_gone=instant(first), last_gone=instant(last), gone_count=count, confirmation=confirmation) is expected


def test_a_rhythm_is_read_from_a_platforms_configuration() -> None:
    config = {"api_base_url": "", "dense_seconds": 30, "return_seconds": [60, 120]}
    assert Rhythm.from_config(config) == Rhythm(dense_seconds=30, return_seconds=(60, 120))
    assert Rhythm.from_config({}) == Rhythm()


@pytest.mark.parametrize(
    "config",
    [
        {"dense_seconds": 0},
        {"running_max_seconds": 30},
        {"idle_max_seconds": 30},
        {"growth": -1},
        {"lead_seconds": -1},
        {"jitter": 1},
        {"return_seconds": []},
        {"return_seconds": [60, 60]},
        {"return_seconds": [0]},
        {"dense_seconds": "often"},
    ],
)
def test_a_rhythm_that_makes_no_sense_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Rhythm.from_config(config)


@pytest.mark.parametrize(("count", "span"), [(0, 0), (1, -1)])
def test_a_confirmation_needs_a_look(count: int, span: float) -> None:
    with pytest.raises(ValueError, match="Needs"):
        Confirmation(count, span)


def test_the_number_of_looks_grows_with_the_logarithm_of_the_time() -> None:
    looks, now = 0, 0.0
    while now < 7 * 86400:
        now = seconds(plan(now))
        looks += 1
    # 10 looks in the dense ten minutes, then ln(1008) / ln(1.1) = 73.
    assert 80 <= looks <= 86


TIMES = st.floats(-1e6, 1e7).map(lambda value: round(value, 6))
RHYTHMS = st.builds(
    Rhythm,
    dense_seconds=st.floats(1, 300),
    growth=st.floats(0, 1),
    running_max_seconds=st.floats(300, 3600),
    idle_max_seconds=st.floats(300, 1e6),
    lead_seconds=st.floats(0, 60),
    jitter=st.floats(0, 0.9),
)
CONFIRMATIONS = st.builds(Confirmation, st.integers(1, 5), st.floats(0, 1e6))
SPREADS = st.floats(0, 1, exclude_max=True)
STATES = st.fixed_dictionaries(
    {
        "since": TIMES,
        "first_gone": st.none() | TIMES,
        "last_gone": st.none() | TIMES,
        "gone_count": st.integers(0, 6),
        "confirmed_at": st.none() | TIMES,
        "confirmation": CONFIRMATIONS,
        "rhythm": RHYTHMS,
        "spread": SPREADS,
    }
)


@given(TIMES, st.none() | TIMES, STATES)
def test_the_next_look_is_always_later_and_never_beyond_an_anchor(now: float, anchor_at: float | None, state: dict[str, Any]) -> None:
    planned, moment, anchor = plan(now, anchor_at=anchor_at, **state), instant(now), instant(anchor_at)
    assert moment is not None
    assert planned.at > moment
    if anchor is None or anchor <= moment:
        assert not planned.anchor
        return
    before = anchor - timedelta(seconds=state["rhythm"].lead_seconds)
    assert planned.at <= (before if moment < before else anchor)
    assert planned.anchor == (planned.at in (before, anchor))


@settings(deadline=None)
@given(st.floats(1, 7200), RHYTHMS, st.lists(SPREADS, min_size=1))
def test_every_deadline_is_met_by_a_look_at_its_very_instant(due: float, rhythm: Rhythm, spreads: list[float]) -> None:
    now, looks = NOW, 0
    anchor = NOW + timedelta(seconds=due)
    while now < anchor:
        spread = spreads[looks % len(spreads)]
        now = plan((now - NOW).total_seconds(), anchor_at=due, rhythm=rhythm, spread=spread).at
        looks += 1
    assert now == anchor


@settings(deadline=None)
@given(st.integers(1, 5), st.floats(0, 1e5), SPREADS)
def test_as_many_looks_as_asked_for_confirm_an_absence(count: int, span: float, spread: float) -> None:
    confirmation, looks, now = Confirmation(count, span), 1, 0.0
    while not confirmed(first_gone=NOW, last_gone=instant(now), gone_count=looks, confirmation=confirmation):
        now = seconds(plan(now, first_gone=0, last_gone=now, gone_count=looks, confirmation=confirmation, spread=spread))
        looks += 1
    assert looks <= max(count, 2)
