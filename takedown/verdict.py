"""The one rule that judges a request against its deadline. Pure: no clock, no database.

What is known of a removal is a bracket, not a moment. `L` (`last_up`) is the instant at which the request that last found the item up
was sent, `R` (`first_gone`) the instant at which the reply that first found it gone had arrived; the removal lies in `(L, R]`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from takedown.choices import ENDED, ClockState, VerdictValue


class ClockFacts(Protocol):
    """What the judge needs to know of a clock; `deadlines.Clock` has it."""

    @property
    def state(self) -> str:
        """A `ClockState`."""

    @property
    def started_at(self) -> datetime | None:
        """Start of the period that counts; aware."""


@dataclass(frozen=True, slots=True)
class Verdict:
    value: VerdictValue
    provisional: bool
    """Rests on a sighting that is not confirmed yet: shown as such and counted apart."""
    reason: str
    """One plain sentence without instants; the caller adds those."""


UNCLOCKED = {
    ClockState.VOIDED: Verdict(VerdictValue.NOT_COUNTED, False, "The request was declared void."),
    ClockState.WITHDRAWN: Verdict(VerdictValue.NOT_COUNTED, False, "The request was withdrawn."),
    ClockState.SUSPENDED: Verdict(VerdictValue.SUSPENDED, False, "The clock is stopped by an obstacle or a clarification."),
    ClockState.NOT_STARTED: Verdict(VerdictValue.NOT_STARTED, False, "The clock has not started."),
}


def judge(
    *,
    due_at: datetime | None,
    last_up: datetime | None,
    first_gone: datetime | None,
    gone_confirmed: bool,
    clock: ClockFacts,
    now: datetime,
    gone_until: datetime | None = None,
    back_at: datetime | None = None,
    first_started_at: datetime | None = None,
) -> Verdict:
    """Judge one request. First match wins; `R` is `first_gone`, `L` is `last_up`.

    | condition                                                      | verdict       |
    |----------------------------------------------------------------|---------------|
    | clock voided or withdrawn, or `R <= start`                     | NOT_COUNTED   |
    | clock suspended                                                | SUSPENDED     |
    | clock not started                                              | NOT_STARTED   |
    | no fixed period: gone and confirmed                            | NOT_COUNTED   |
    | no fixed period: otherwise                                     | PENDING       |
    | `R <= due`, but back: `gone_until < due <= back_at`            | INDETERMINATE |
    | `R <= due`                                                     | MET           |
    | `L >= due`                                                     | BREACHED      |
    | `L < due < R`, also without `L`                                | INDETERMINATE |
    | not gone, `now < due`                                          | PENDING       |
    | not gone, `due <= now`                                         | UNPROVEN      |

    `due_at`: the deadline, None under a policy without a fixed period; removal exactly at it is in time.
    `gone_confirmed`: enough concordant sightings of the absence; until then whatever rests on `first_gone` is provisional.
    `gone_until`, `back_at`: for content that was gone by the deadline and was later seen up again, the sent instant of the last look
    that found it gone (`first_gone` where that was the only one) and that of the look that found it back.
    `first_started_at`: the start event of a clock that was restarted since (`Clock.first_started_at`): content that went while an
    obstacle was open went after the request all the same. Defaults to `clock.started_at`.

    Raises ValueError where the caller should have opened a new episode first: seen up at or after `first_gone` (`last_up`), or back
    before the deadline (`back_at`).
    """
    if first_gone and last_up and last_up >= first_gone:
        raise ValueError("Seen up at or after the instant it was first seen gone")
    state = ClockState(clock.state)
    ended = state in ENDED
    start = first_started_at or clock.started_at
    if not ended and first_gone and start and first_gone <= start:
        return _resting_on_gone(VerdictValue.NOT_COUNTED, "Gone before the clock started", gone_confirmed)
    if state in UNCLOCKED:
        return UNCLOCKED[state]
    if due_at is None:
        return _without_period(first_gone is not None and gone_confirmed)
    if first_gone and first_gone <= due_at:
        return _gone_in_time(due_at, gone_until or first_gone, back_at, gone_confirmed)
    if last_up and last_up >= due_at:
        return Verdict(VerdictValue.BREACHED, False, "Seen up at or after the deadline.")
    if first_gone:
        return _resting_on_gone(VerdictValue.INDETERMINATE, "It went between two looks around the deadline", gone_confirmed)
    if now < due_at:
        return Verdict(VerdictValue.PENDING, False, "The deadline has not passed and it was not seen gone.")
    return Verdict(VerdictValue.UNPROVEN, False, "The deadline has passed and no look has told since.")


def _gone_in_time(due_at: datetime, gone_until: datetime, back_at: datetime | None, confirmed: bool) -> Verdict:
    if back_at and back_at < due_at:
        raise ValueError("Back before the deadline: that opens a new episode")
    if back_at and gone_until < due_at:
        return _resting_on_gone(VerdictValue.INDETERMINATE, "It came back between two looks around the deadline", confirmed)
    return _resting_on_gone(VerdictValue.MET, "Seen gone before the deadline", confirmed)


def _without_period(gone: bool) -> Verdict:
    if gone:
        return Verdict(VerdictValue.NOT_COUNTED, False, "It is gone; this policy sets no fixed period.")
    return Verdict(VerdictValue.PENDING, False, "Not confirmed gone; this policy sets no fixed period.")


def _resting_on_gone(value: VerdictValue, finding: str, confirmed: bool) -> Verdict:
    return Verdict(value, not confirmed, f"{finding}; {'confirmed' if confirmed else 'not yet confirmed'}.")
