from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from takedown.choices import ClockState, VerdictValue
from takedown.verdict import Verdict, judge

DUE = datetime(2026, 3, 2, 11, tzinfo=UTC)
START = DUE - timedelta(hours=1)


@dataclass(frozen=True)
class Clock:
    state: str = ClockState.RUNNING
    started_at: datetime | None = START


def seconds(after_due: float | None) -> datetime | None:
    return None if after_due is None else DUE + timedelta(seconds=after_due)


def verdict(
    last_up: float | None = None,
    first_gone: float | None = None,
    now: float = 0,
    *,
    confirmed: bool = True,
    due: float | None = 0,
    clock: Clock | None = None,
    gone_until: float | None = None,
    back_at: float | None = None,
    first_started_at: float | None = None,
) -> Verdict:
    """Judge with every instant given in seconds after the deadline."""
    return judge(
        due_at=seconds(due),
        last_up=seconds(last_up),
        first_gone=seconds(first_gone),
        gone_confirmed=confirmed,
        clock=clock or Clock(),
        now=DUE + timedelta(seconds=now),
        gone_until=seconds(gone_until),
        back_at=seconds(back_at),
        first_started_at=seconds(first_started_at),
    )


MET, BREACHED, INDETERMINATE = VerdictValue.MET, VerdictValue.BREACHED, VerdictValue.INDETERMINATE
PENDING, UNPROVEN, NOT_COUNTED = VerdictValue.PENDING, VerdictValue.UNPROVEN, VerdictValue.NOT_COUNTED


@pytest.mark.parametrize(
    ("last_up", "first_gone", "now", "expected"),
    [
        # R <= due
        (-60, -1, 9, MET),
        (-60, 0, 9, MET),
        (None, -1, 9, MET),
        (None, -3599, 9, MET),
        # gone at or before the start
        (None, -3600, 9, NOT_COUNTED),
        (None, -3601, 9, NOT_COUNTED),
        # L < due < R
        (-1, 1, 9, INDETERMINATE),
        (None, 1, 9, INDETERMINATE),
        # L >= due
        (0, 1, 9, BREACHED),
        (1, 2, 9, BREACHED),
        (0, None, 9, BREACHED),
        (1, None, 9, BREACHED),
        # not gone
        (-60, None, -1, PENDING),
        (None, None, -1, PENDING),
        (-60, None, 0, UNPROVEN),
        (-60, None, 1, UNPROVEN),
        (-1, None, 1, UNPROVEN),
        (None, None, 1, UNPROVEN),
    ],
)
def test_the_bracket_against_the_deadline_decides(
    last_up: float | None, first_gone: float | None, now: float, expected: VerdictValue
) -> None:
    assert verdict(last_up, first_gone, now).value == expected


@pytest.mark.parametrize(
    ("state", "started", "expected"),
    [
        (ClockState.VOIDED, START, NOT_COUNTED),
        (ClockState.VOIDED, None, NOT_COUNTED),
        (ClockState.WITHDRAWN, START, NOT_COUNTED),
        (ClockState.SUSPENDED, START, VerdictValue.SUSPENDED),
        (ClockState.NOT_STARTED, None, VerdictValue.NOT_STARTED),
    ],
)
@pytest.mark.parametrize("first_gone", [None, -1, 1])
def test_a_clock_that_does_not_run_decides_alone(
    state: ClockState, started: datetime | None, expected: VerdictValue, first_gone: float | None
) -> None:
    judged = verdict(None, first_gone, clock=Clock(state, started), due=None)
    assert (judged.value, judged.provisional) == (expected, False)


def test_content_gone_before_the_clock_started_is_not_counted_even_while_the_clock_is_suspended() -> None:
    assert verdict(None, -4000, due=None, clock=Clock(ClockState.SUSPENDED)).value == NOT_COUNTED


def test_content_that_went_while_an_obstacle_was_open_went_after_the_request() -> None:
    restarted = Clock(started_at=START)
    assert verdict(-5000, -4000, clock=restarted).value == NOT_COUNTED
    assert verdict(-5000, -4000, clock=restarted, first_started_at=-7200).value == MET
    assert verdict(-9000, -7200, clock=restarted, first_started_at=-7200).value == NOT_COUNTED


@pytest.mark.parametrize(
    ("last_up", "first_gone", "expected"),
    [(-60, -1, MET), (-1, 1, INDETERMINATE), (None, -3600, NOT_COUNTED)],
)
def test_what_rests_on_an_unconfirmed_absence_is_provisional(last_up: float | None, first_gone: float, expected: VerdictValue) -> None:
    first, later = verdict(last_up, first_gone, confirmed=False), verdict(last_up, first_gone)
    assert (first.value, first.provisional, later.value, later.provisional) == (expected, True, expected, False)
    assert first.reason.endswith("not yet confirmed.")


@pytest.mark.parametrize("first_gone", [None, 5])
def test_a_breach_is_never_provisional(first_gone: float | None) -> None:
    judged = verdict(0, first_gone, 10, confirmed=False)
    assert (judged.value, judged.provisional) == (BREACHED, False)


def test_a_reason_is_a_sentence_for_a_person() -> None:
    assert verdict(-60, -1).reason == "Seen gone before the deadline; confirmed."


@pytest.mark.parametrize(("first_gone", "confirmed", "expected"), [(None, False, PENDING), (-1, False, PENDING), (-1, True, NOT_COUNTED)])
def test_a_policy_without_a_fixed_period_is_never_met(first_gone: float | None, confirmed: bool, expected: VerdictValue) -> None:
    judged = verdict(None, first_gone, due=None, confirmed=confirmed)
    assert judged.value == expected
    assert "this policy sets no fixed period" in judged.reason


@pytest.mark.parametrize(
    ("gone_until", "back_at", "expected"),
    [
        (0, 60, MET),
        (1, 60, MET),
        (-1, 60, INDETERMINATE),
        (-1, 0, INDETERMINATE),
        (None, 60, INDETERMINATE),
    ],
)
def test_content_that_came_back_was_gone_at_the_deadline_or_cannot_be_told(
    gone_until: float | None, back_at: float, expected: VerdictValue
) -> None:
    assert verdict(-600, -300, 99, gone_until=gone_until, back_at=back_at).value == expected


def test_content_that_went_late_and_came_back_is_judged_by_when_it_went() -> None:
    assert verdict(0, 10, 99, gone_until=20, back_at=60).value == BREACHED
    assert verdict(-1, 10, 99, gone_until=20, back_at=60).value == INDETERMINATE


@pytest.mark.parametrize("last_up", [-1, 0])
def test_seen_up_after_gone_is_the_callers_mistake(last_up: float) -> None:
    with pytest.raises(ValueError, match="Seen up"):
        verdict(last_up, -1)


def test_back_before_the_deadline_is_a_new_episode() -> None:
    with pytest.raises(ValueError, match="new episode"):
        verdict(-60, -30, gone_until=-20, back_at=-1)


OFFSETS = st.integers(-7200, 7200)
MAYBE = st.none() | OFFSETS
CLOCKS = st.builds(Clock, st.sampled_from(ClockState), st.none() | st.just(START))
RANK = {MET: 2, INDETERMINATE: 1, BREACHED: 0}


@given(MAYBE, MAYBE, OFFSETS, st.booleans(), st.none() | st.just(0), CLOCKS)
def test_the_judge_always_answers(
    last_up: int | None, first_gone: int | None, now: int, confirmed: bool, due: float | None, clock: Clock
) -> None:
    assume(last_up is None or first_gone is None or last_up < first_gone)
    judged = verdict(last_up, first_gone, now, confirmed=confirmed, due=due, clock=clock)
    assert judged.value in VerdictValue
    assert judged.reason.endswith(".")


@given(MAYBE, OFFSETS, st.booleans(), st.none() | st.just(0), CLOCKS)
def test_without_a_sighting_that_found_it_gone_nothing_is_met(
    last_up: int | None, now: int, confirmed: bool, due: float | None, clock: Clock
) -> None:
    assert verdict(last_up, None, now, confirmed=confirmed, due=due, clock=clock).value not in (MET, INDETERMINATE)


@given(MAYBE, st.integers(-3599, 7200), st.integers(0, 7200))
def test_a_later_absence_never_improves_the_verdict(last_up: int | None, first_gone: int, later: int) -> None:
    assume(last_up is None or last_up < first_gone)
    assert RANK[verdict(last_up, first_gone + later).value] <= RANK[verdict(last_up, first_gone).value]


@given(st.integers(-3599, 7200), st.integers(-3600, 7200), st.integers(0, 7200))
def test_a_later_sighting_never_improves_the_verdict(first_gone: int, last_up: int, later: int) -> None:
    assume(last_up + later < first_gone)
    assert RANK[verdict(last_up + later, first_gone).value] <= RANK[verdict(last_up, first_gone).value]
