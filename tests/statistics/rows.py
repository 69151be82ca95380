"""Requests with given facts, for the statistics: instants in minutes from the start of a one-hour clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

from takedown.choices import ClockState, Outcome, RequestStatus, VerdictValue
from takedown.models import TakedownRequest
from takedown.statistics.filters import Filters
from takedown.statistics.rows import BracketRow
from takedown.statistics.tally import Tally, tally
from tests.factories import RequestFactory, UserFactory, WatchFactory

NOW = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)
"""A Wednesday."""


def all_time(agency_id: int, timezone: str = "UTC", **changes: Any) -> Filters:
    """Everything of an agency up to the day of `NOW`."""
    return Filters(**{"agency_id": agency_id, "timezone": timezone, "until": NOW + timedelta(seconds=1), **changes})


def tallied(**changes: Any) -> Tally:
    """What the statistics make of everything, or of less."""
    agency_id, timezone = TakedownRequest.objects.order_by("id").values_list("agency_id", "agency__timezone")[0]
    return tally(all_time(**{"agency_id": agency_id, "timezone": timezone, **changes}), NOW)


def bracket(last_up: int, first_gone: int | None, provisional: bool, outcome: str, n: int) -> BracketRow:
    """Of platform 1, in seconds."""
    return BracketRow(1, outcome or ("provisional" if provisional else "unknown"), last_up, first_gone, n)


def minutes(start: datetime, after: float | None) -> datetime | None:
    return None if after is None else start + timedelta(minutes=after)


def counted(
    ago: timedelta = timedelta(hours=2),
    *,
    last_up: float | None = None,
    first_gone: float | None = None,
    confirmed: bool = True,
    state: ClockState = ClockState.RUNNING,
    judged_at: datetime = NOW,
    adjudicated: str = "",
    hours: float | None = 1,
    watched_up: float | None = None,
    **fields: Any,
) -> TakedownRequest:
    """A request whose clock started `ago` before `NOW`, with the verdict that `judge` found at `judged_at`.

    `watched_up`: what its watch knows and the request does not. `hours` None: a policy without a fixed period.
    """
    start = NOW - ago
    withdrawn = state == ClockState.WITHDRAWN
    closed = withdrawn or (first_gone is not None and confirmed)
    runs = state == ClockState.RUNNING and hours is not None
    request = RequestFactory.create(
        **{
            "opened_at": start - timedelta(minutes=2),
            "status": RequestStatus.WITHDRAWN if withdrawn else RequestStatus.CLOSED if closed else RequestStatus.SENT,
            "closed_at": NOW if closed else None,
            "clock_state": state,
            "clock_started_at": start,
            "due_at": start + timedelta(hours=hours or 0) if runs else None,
            "last_up": minutes(start, last_up),
            "first_gone": minutes(start, first_gone),
            "gone_confirmed": first_gone is not None and confirmed,
            "gone_outcome": Outcome.REMOVED_BY_PLATFORM if first_gone is not None else "",
            **fields,
        }
    )
    verdict = request.verdict_at(judged_at)
    request.verdict, request.provisional = verdict.value, verdict.provisional
    if adjudicated:
        request.adjudicated_verdict, request.adjudicated_reason = VerdictValue(adjudicated), "Seen on the platform's own page."
        request.adjudicated_by = UserFactory.create(username="bob")
    request.save()
    if watched_up is not None:
        WatchFactory.create(item=request.item, last_up=minutes(start, watched_up))
    return request
