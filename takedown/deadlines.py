"""From a policy and the facts of one request to its deadline. Pure: no clock, no database.

The deadline is a function of the facts and nothing else. An obstacle or a request for clarification does not pause the clock but
restarts it: once it is over a whole new period runs (Art. 3(7) and 3(8) Regulation (EU) 2021/784). Acting exactly at `due_at` is in time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

import holidays
from dateutil.relativedelta import relativedelta

from takedown.choices import ClockEventKind, ClockState, CountingRule, DurationUnit

SATURDAY = 5
ELAPSED = {DurationUnit.MINUTES: timedelta(minutes=1), DurationUnit.HOURS: timedelta(hours=1)}
CALENDAR = {
    DurationUnit.DAYS: relativedelta(days=1),
    DurationUnit.WEEKS: relativedelta(weeks=1),
    DurationUnit.MONTHS: relativedelta(months=1),
}
STOPS = {
    ClockEventKind.OBSTACLE_STARTED: "An obstacle reported by the platform is open.",
    ClockEventKind.CLARIFICATION_REQUESTED: "The platform asked for clarification and has not had it.",
}
RESTARTS = {
    ClockEventKind.OBSTACLE_ENDED: ClockEventKind.OBSTACLE_STARTED,
    ClockEventKind.CLARIFICATION_RECEIVED: ClockEventKind.CLARIFICATION_REQUESTED,
}
ENDS = {
    ClockEventKind.VOIDED: (ClockState.VOIDED, "The request was declared void."),
    ClockEventKind.WITHDRAWN: (ClockState.WITHDRAWN, "The request was withdrawn."),
}
KIND_ORDER = {kind: rank for rank, kind in enumerate(ClockEventKind)}


class PolicyTerms(Protocol):
    """The part of a policy that decides when a request is due."""

    @property
    def start_event(self) -> str:
        """A `StartEvent`."""

    @property
    def duration(self) -> int:
        """How many units, at least 1; ignored for the unit `none`."""

    @property
    def unit(self) -> str:
        """A `DurationUnit`."""

    @property
    def timezone(self) -> str:
        """IANA name of the zone in which days, months and full hours are counted."""

    @property
    def holiday_regions(self) -> Sequence[str]:
        """ISO 3166 codes such as `FR` or `GB-SCT`. A day off in any of them is not a working day; without any, weekends are off."""

    @property
    def extra_holidays(self) -> Sequence[str]:
        """ISO dates that are no working days either: calendars change faster than packages."""

    @property
    def counting_rule(self) -> str:
        """A `CountingRule`; minutes are always elapsed time."""


class ClockFact(Protocol):
    """One clock event."""

    @property
    def kind(self) -> str:
        """A `ClockEventKind`."""

    @property
    def at(self) -> datetime:
        """When it happened; aware."""

    @property
    def until(self) -> datetime | None:
        """The new deadline of an extension; aware. None for every other kind."""


F = TypeVar("F", bound=ClockFact)


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of one request as the facts leave it. All instants are UTC."""

    state: ClockState
    started_at: datetime | None
    """Start of the period that counts now: the start event, or the end of the last obstacle or clarification."""
    due_at: datetime | None
    """Last instant that is in time. None unless running under a policy with a fixed period."""
    reason: str = ""
    """Why it does not run, as a sentence; empty while it runs."""
    first_started_at: datetime | None = None
    """The start event itself, whatever restarted the clock since: content gone before it was not taken down on request."""
    open: tuple[int, ...] = ()
    """How many obstacles and requests for clarification are open, in the order of `STOPS`."""

    def is_stopped_by(self, kind: ClockEventKind) -> bool:
        """Whether something of this kind, one of `STOPS`, is open."""
        return bool(dict(zip(STOPS, self.open, strict=True))[kind])


def read_clock(policy: PolicyTerms, events: Iterable[ClockFact]) -> Clock:
    """Replay the facts in order of their instants (ties in the order of `ClockEventKind`).

    The first event of the policy's start kind starts the clock. While any obstacle or clarification is open it is suspended; when the
    last one ends it restarts. An end without a start changes nothing, so a fact entered twice cannot move a deadline. An extension
    sets the deadline to the later of the two. Nothing after `voided` or `withdrawn` counts.

    Raises ValueError for naive instants, unknown kinds, units or holiday regions, an extension without `until`, and durations below 1.
    """
    first = start = extended = None
    stopped = dict.fromkeys(STOPS, 0)
    for kind, at, until in [_fact(event) for event in in_order(events)]:
        if kind in ENDS:
            state, reason = ENDS[kind]
            return Clock(state, start, None, reason, first, tuple(stopped.values()))
        if kind in STOPS:
            stopped[kind] += 1
        elif kind in RESTARTS:
            restarted = stopped[RESTARTS[kind]] == 1 and sum(stopped.values()) == 1
            stopped[RESTARTS[kind]] = max(stopped[RESTARTS[kind]] - 1, 0)
            start = at if restarted and first else start
        elif kind == ClockEventKind.EXTENDED:
            extended = _later(extended, until)
        elif kind == policy.start_event and first is None:
            first = start = at
    held = tuple(stopped.values())
    if start is None:
        return Clock(ClockState.NOT_STARTED, None, None, f"The clock starts with the event “{policy.start_event}”.", None, held)
    if still_open := [STOPS[kind] for kind in STOPS if stopped[kind]]:
        return Clock(ClockState.SUSPENDED, start, None, still_open[0], first, held)
    return Clock(ClockState.RUNNING, start, _later(period_end(policy, start), extended), "", first, held)


def in_order(events: Iterable[F]) -> list[F]:
    """The facts in the order in which they count: by instant, ties in the order of `ClockEventKind`."""
    return sorted(events, key=lambda event: (_utc(event.at), KIND_ORDER[ClockEventKind(event.kind)]))


def due_at(policy: PolicyTerms, events: Iterable[ClockFact]) -> datetime | None:
    """The deadline in UTC, or None while there is none. See `read_clock`."""
    return read_clock(policy, events).due_at


def period_end(policy: PolicyTerms, start: datetime) -> datetime | None:
    """End of one whole period that starts at `start`, in UTC; None for the unit `none`.

    Minutes and hours are elapsed time. Days, weeks and months end at the same wall time in the policy's zone (31 August + 6 months is
    the last of February; a wall time the clocks skip is read with the offset before the change, one they repeat is the first). Working
    days exclude the day of the start and days off, and end with the midnight that ends the last one (s. 3 Terrorism Act 2006).

    Under `full_hours_1182_71` (Art. 3 Regulation (EEC, Euratom) 1182/71) the hour of the start does not count, nor does its day; days,
    weeks and months end with the midnight that ends their last day, which is moved as `not_the_last` says.
    """
    unit = DurationUnit(policy.unit)
    if unit == DurationUnit.NONE:
        return None
    if policy.duration < 1:
        raise ValueError(f"A period of {policy.duration} {unit} is no period")
    local, whole = start.astimezone(ZoneInfo(policy.timezone)), policy.counting_rule == CountingRule.WHOLE_UNITS
    if unit == DurationUnit.HOURS and whole:
        start += timedelta(hours=1) - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    if unit in ELAPSED:
        return start.astimezone(UTC) + policy.duration * ELAPSED[unit]
    if unit != DurationUnit.WORKING_DAYS and not whole:
        return (local + CALENDAR[unit] * policy.duration).replace(fold=0).astimezone(UTC)
    last = _nth_working_day(policy, local.date()) if unit == DurationUnit.WORKING_DAYS else _last_whole_day(policy, local.date())
    return datetime.combine(last + timedelta(days=1), time(), local.tzinfo).astimezone(UTC)


def warnings_of(minutes: Iterable[int], due: datetime) -> list[datetime]:
    """When to warn of a deadline so many minutes before it, the first warning first."""
    return [due - timedelta(minutes=before) for before in sorted(set(minutes), reverse=True)]


def iso_day(text: str) -> date:
    """A date in the one form in which dates are compared, `2026-12-24`. Raises ValueError for any other."""
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise ValueError(f"{text!r} is not written as {day.isoformat()}")
    return day


def is_working_day(policy: PolicyTerms, day: date) -> bool:
    """Whether nobody in any of the policy's regions has a weekend or holiday on a day, and the policy does not name it."""
    return not why_off(policy, day)


def why_off(policy: PolicyTerms, day: date) -> tuple[str, ...]:
    """Why a day is no working day: `Saturday`, `Friday (IL)`, `Boxing Day (GB-ENG, GB-SCT)`, `named by the policy`. Empty if it is one.

    Each region has its own weekend, and Saturdays on which it works. Without a region, and under Regulation 1182/71 (Art. 2(2)), Saturdays
    and Sundays are off whatever the region does.
    """
    reasons: dict[str, list[str]] = {}
    for region in policy.holiday_regions:
        for reason in days_off(region, day.year).get(day, ()):
            reasons.setdefault(reason, []).append(region)
    weekday = f"{day:%A}"
    resting = reasons.pop(weekday, [])
    if not policy.holiday_regions or policy.counting_rule == CountingRule.WHOLE_UNITS:
        weekend = [weekday] if day.weekday() >= SATURDAY else []
    else:
        weekend = [weekday if len(resting) == len(policy.holiday_regions) else _in(weekday, resting)] if resting else []
    named = ["named by the policy"] if day.isoformat() in policy.extra_holidays else []
    return (*weekend, *(_in(name, where) for name, where in reasons.items()), *named)


@lru_cache(maxsize=512)
def days_off(region: str, year: int) -> Mapping[date, tuple[str, ...]]:
    """The days on which one region (`FR`, `GB-NIR`) does not work, and why: the weekday of a weekend, English names of public holidays.

    Raises ValueError for a region nobody knows.
    """
    country, _, subdivision = region.partition("-")
    try:
        calendar = holidays.country_holidays(country, subdiv=subdivision or None, years=year, language="en_US")
    except NotImplementedError as error:
        raise ValueError(f"Unknown holiday region {region!r}") from error
    first, last = date(year, 1, 1), date(year, 12, 31)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return MappingProxyType({day: _why_off(calendar, day) for day in days if not calendar.is_working_day(day)})


def _why_off(calendar: holidays.HolidayBase, day: date) -> tuple[str, ...]:
    weekend, name = calendar.is_weekend(day), calendar.get(day)
    return (*([f"{day:%A}"] if weekend else []), *([name] if name else []))


def _in(reason: str, regions: Sequence[str]) -> str:
    return f"{reason} ({', '.join(regions)})"


def nominal_last_day(policy: PolicyTerms, first: date) -> date:
    """The day of the same date, or of the same weekday, in the last month or week; for months the last of a shorter one."""
    return first + CALENDAR[DurationUnit(policy.unit)] * policy.duration


def not_the_last(policy: PolicyTerms, first: date, day: date) -> str:
    """Why a period in days, weeks or months from the day `first` cannot end on a day under Regulation 1182/71; empty where it can.

    It ends on a working day (Art. 3(4)), and two days or more hold at least two working days (Art. 3(5)).
    """
    if off := why_off(policy, day):
        return f"{'; '.join(off)} (Art. 3(4))"
    days = (first + timedelta(days=number) for number in range(1, (day - first).days + 1))
    short = policy.unit == DurationUnit.DAYS and policy.duration == 1
    if short or len(list(islice((one for one in days if is_working_day(policy, one)), 2))) == 2:
        return ""
    return "it would be the only working day of the period (Art. 3(5))"


def _last_whole_day(policy: PolicyTerms, first: date) -> date:
    day = nominal_last_day(policy, first)
    while not_the_last(policy, first, day):
        day += timedelta(days=1)
    return day


def _nth_working_day(policy: PolicyTerms, day: date) -> date:
    for _ in range(policy.duration):
        day += timedelta(days=1)
        while not is_working_day(policy, day):
            day += timedelta(days=1)
    return day


def _fact(event: ClockFact) -> tuple[ClockEventKind, datetime, datetime | None]:
    kind = ClockEventKind(event.kind)
    if kind == ClockEventKind.EXTENDED and event.until is None:
        raise ValueError("An extension needs the instant it runs until")
    return kind, _utc(event.at), event.until and _utc(event.until)


def _utc(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise ValueError(f"{instant.isoformat()} has no time zone")
    return instant.astimezone(UTC)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)
