"""What one sighting does to what is known of an item. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from platforms.base import ATTRIBUTED, Outcome, Sighting
from takedown.cadence import Confirmation, confirmed
from takedown.choices import GONE, UP


class Change(StrEnum):
    """What a sighting changed, apart from the run it belongs to."""

    NOTHING = "nothing"
    SEEN_GONE = "seen_gone"
    CONFIRMED_GONE = "confirmed_gone"
    SEEN_UP_AGAIN = "seen_up_again"
    """It had looked gone, unconfirmed: taken back without trace."""
    TAKEN_BACK = "taken_back"
    """It had looked gone, unconfirmed, but exists: its owner made it private."""
    REAPPEARED = "reappeared"
    """It was confirmed gone and is up: a new episode."""


@dataclass(frozen=True, slots=True)
class ItemState:
    """The part of a watch that sightings move. Instants as on `Watch`."""

    episode: int = 1
    last_up: datetime | None = None
    first_gone: datetime | None = None
    last_gone: datetime | None = None
    gone_count: int = 0
    gone_outcome: str = ""
    attributed_at: datetime | None = None
    attributed_count: int = 0
    confirmed_at: datetime | None = None
    outcome: str = ""
    reason: str = ""
    run_last_sent: datetime | None = None
    run_last_answered: datetime | None = None
    run_count: int = 0


@dataclass(frozen=True, slots=True)
class Confirmations:
    """How many looks confirm an absence, by whether the platform names a cause."""

    attributed: Confirmation
    unattributed: Confirmation

    def missing(self, state: ItemState) -> tuple[Confirmation, datetime | None, int]:
        """What a run of absences is still to be confirmed by, the instant it counts from, and how many looks count: the short way where
        the platform names a cause, for the looks at which it did."""
        if state.attributed_count:
            return self.attributed, state.attributed_at, state.attributed_count
        return self.unattributed, state.first_gone, state.gone_count


def is_enough(state: ItemState, confirmations: Confirmations, *, attributed: bool) -> bool:
    """Whether an absence is confirmed by the look just made: the short way only by looks at which the platform named a cause."""
    ways = [(confirmations.unattributed, state.first_gone, state.gone_count)]
    if attributed:
        ways.append((confirmations.attributed, state.attributed_at, state.attributed_count))
    return any(
        confirmed(first_gone=since, last_gone=state.last_gone, gone_count=count, confirmation=confirmation)
        for confirmation, since, count in ways
    )


@dataclass(frozen=True, slots=True)
class Step:
    state: ItemState
    change: Change
    new_run: bool
    """The sighting differs from the one before: a new observation begins."""


def advance(state: ItemState, sighting: Sighting, confirmations: Confirmations, *, held: bool = False) -> Step:
    """The state after `sighting`. While conclusions are `held` no absence is confirmed, however often it is seen.

    What could not be told and what is merely private move no instant of the bracket. A sighting older than what is known already (two
    workers, one of them slow) moves nothing either, beyond being counted.
    """
    new_run = not state.run_count or (state.outcome, state.reason) != (sighting.outcome, sighting.reason)
    seen = replace(
        state,
        outcome=str(sighting.outcome),
        reason=sighting.reason,
        run_last_sent=sighting.sent_at,
        run_last_answered=sighting.answered_at,
        run_count=1 if new_run else state.run_count + 1,
    )
    if sighting.outcome in UP:
        after, change = _seen_up(seen, sighting)
    elif sighting.outcome in GONE:
        after, change = _seen_gone(seen, sighting, confirmations, held=held)
    elif sighting.outcome is Outcome.PRIVATE and _is_in_doubt(seen, sighting):
        after, change = replace(seen, **NOT_GONE), Change.TAKEN_BACK
    else:
        return Step(seen, Change.NOTHING, new_run)
    return Step(after, change, new_run or after.episode != state.episode)


def _is_in_doubt(state: ItemState, sighting: Sighting) -> bool:
    """Whether it had looked gone before, and nothing has confirmed that."""
    return state.confirmed_at is None and state.last_gone is not None and sighting.sent_at > state.last_gone


NOT_GONE: dict[str, Any] = {
    "first_gone": None,
    "last_gone": None,
    "gone_count": 0,
    "gone_outcome": "",
    "attributed_at": None,
    "attributed_count": 0,
    "confirmed_at": None,
}


def _seen_up(state: ItemState, sighting: Sighting) -> tuple[ItemState, Change]:
    at = sighting.sent_at
    if state.first_gone is None:
        return replace(state, last_up=max(at, state.last_up or at)), Change.NOTHING
    if state.last_gone is not None and at <= state.last_gone:
        return state, Change.NOTHING
    back = replace(state, last_up=at, **NOT_GONE)
    if state.confirmed_at is None:
        return back, Change.SEEN_UP_AGAIN
    return replace(back, episode=state.episode + 1, run_count=1), Change.REAPPEARED


def _seen_gone(state: ItemState, sighting: Sighting, confirmations: Confirmations, *, held: bool) -> tuple[ItemState, Change]:
    if state.first_gone is None:
        if state.last_up is not None and sighting.answered_at <= state.last_up:
            return state, Change.NOTHING
        state = replace(
            state,
            first_gone=sighting.answered_at,
            last_gone=sighting.sent_at,
            gone_count=1,
            gone_outcome=str(sighting.outcome),
        )
        change = Change.SEEN_GONE
    else:
        state = replace(
            state,
            last_gone=max(sighting.sent_at, state.last_gone or sighting.sent_at),
            gone_count=state.gone_count + 1,
            # The best word on the cause wins: an attribution is not lost to a later look that could not say why.
            gone_outcome=str(sighting.outcome) if sighting.outcome in ATTRIBUTED else state.gone_outcome,
        )
        change = Change.NOTHING
    attributed = sighting.outcome in ATTRIBUTED
    if attributed:
        at = state.attributed_at or sighting.answered_at
        state = replace(state, attributed_at=at, attributed_count=state.attributed_count + 1)
    if state.confirmed_at is None and not held and is_enough(state, confirmations, attributed=attributed):
        return replace(state, confirmed_at=sighting.answered_at), Change.CONFIRMED_GONE
    return state, change
