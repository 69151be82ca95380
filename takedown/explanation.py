"""Why a request is due when it is: the steps from the facts to the deadline, in words. Pure: no clock, no database.

What a fact did is read off `read_clock` before and after it, so that the story cannot part from the rule. Everything is said in the
policy's zone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from takedown.choices import ENDED, ClockEventKind, ClockState, CountingRule, DurationUnit, StartEvent
from takedown.deadlines import (
    CALENDAR,
    ELAPSED,
    ENDS,
    RESTARTS,
    STOPS,
    Clock,
    ClockFact,
    PolicyTerms,
    due_at,
    in_order,
    nominal_last_day,
    not_the_last,
    period_end,
    read_clock,
    why_off,
)

HAPPENED = {
    ClockEventKind.SENT: "The request was sent",
    ClockEventKind.RECEIVED: "The platform received the request",
    ClockEventKind.OBSTACLE_STARTED: "The platform reported an obstacle",
    ClockEventKind.OBSTACLE_ENDED: "The obstacle was over",
    ClockEventKind.CLARIFICATION_REQUESTED: "The platform asked for clarification",
    ClockEventKind.CLARIFICATION_RECEIVED: "The platform had its clarification",
    ClockEventKind.EXTENDED: "The deadline was extended",
    ClockEventKind.VOIDED: "The request was declared void",
    ClockEventKind.WITHDRAWN: "The request was withdrawn",
}
REGULATION = "Regulation (EEC, Euratom) 1182/71"
SENSITIVE = frozenset({DurationUnit.HOURS, DurationUnit.DAYS, DurationUnit.WEEKS, DurationUnit.MONTHS})
"""Units that the two counting rules count differently."""
TCO = "Regulation (EU) 2021/784"
ARTICLES = {
    ClockEventKind.OBSTACLE_STARTED: f"Art. 3(7) {TCO}",
    ClockEventKind.OBSTACLE_ENDED: f"Art. 3(7) {TCO}",
    ClockEventKind.CLARIFICATION_REQUESTED: f"Art. 3(8) {TCO}",
    ClockEventKind.CLARIFICATION_RECEIVED: f"Art. 3(8) {TCO}",
}


class ProvenFact(ClockFact, Protocol):
    """One clock event with what shows that it happened then."""

    @property
    def proof(self) -> str:
        """A reference, a delivery receipt; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an explanation."""

    at: datetime | date | None
    """The instant in UTC, or the day in the policy's zone, that the line is about."""
    text: str
    """A sentence, in the policy's zone."""
    counts: bool = True
    """False for a fact that changed nothing, and for an hour or a day that is left out."""
    proof: str = ""


def explain(policy: PolicyTerms, events: Iterable[ProvenFact]) -> tuple[Step, ...]:
    """The facts in order, the period day by day, and last the deadline, whose `at` is that of `read_clock`; None while there is none.

    Raises ValueError as `read_clock` does.
    """
    facts, told = in_order(events), []
    clock = read_clock(policy, ())
    for number, fact in enumerate(facts, 1):
        before, clock = clock, read_clock(policy, facts[:number])
        text, counts = _fact(policy, fact, before, clock)
        told.append(Step(fact.at.astimezone(UTC), text, counts, fact.proof))
    if clock.state != ClockState.RUNNING or clock.started_at is None:
        return (*told, _none_due(policy, clock))
    extensions = [fact.until.astimezone(UTC) for fact in facts if fact.until and fact.kind == ClockEventKind.EXTENDED]
    return (*told, *_period(policy, clock.started_at), *_extension(policy, clock.started_at, extensions), _due(policy, clock))


def rule_sensitive(policy: PolicyTerms, events: Iterable[ClockFact]) -> datetime | None:
    """The deadline under the other counting rule; None where there is no deadline or the rules count the policy's unit alike."""
    return due_at(_OtherRule(policy), events) if policy.unit in SENSITIVE else None


def when(at: datetime, zone: ZoneInfo) -> str:
    """`Thursday 2 April 2026, 10:00:00 BST`."""
    return f"{_day(at.astimezone(zone))}, {_clock(at, zone)}"


class _OtherRule:
    """A policy, counted the other way."""

    def __init__(self, policy: PolicyTerms) -> None:
        self.start_event, self.duration, self.unit, self.timezone = policy.start_event, policy.duration, policy.unit, policy.timezone
        self.holiday_regions, self.extra_holidays = policy.holiday_regions, policy.extra_holidays
        exact = policy.counting_rule == CountingRule.ELAPSED_EXACT
        self.counting_rule = CountingRule.WHOLE_UNITS if exact else CountingRule.ELAPSED_EXACT


def _fact(policy: PolicyTerms, fact: ProvenFact, before: Clock, after: Clock) -> tuple[str, bool]:
    """What one fact did to the clock, and whether it did anything."""
    kind, zone = ClockEventKind(fact.kind), ZoneInfo(policy.timezone)
    happened = f"{HAPPENED[kind]} on {when(fact.at, zone)}"
    if before.state in ENDED:
        return f"{happened}: the clock had ended, so this changes nothing.", False
    if kind in ENDS:
        return f"{happened}: the clock ends, and nothing later counts.", True
    if kind in STOPS:
        return f"{happened}: {_stop(kind, before, zone)}", True
    if kind in RESTARTS:
        return f"{happened}: {_restart(kind, before, after)}", before.open != after.open
    if kind == ClockEventKind.EXTENDED and fact.until:
        return f"{happened}: it is not due before {when(fact.until, zone)}.", True
    if before.first_started_at is None and after.first_started_at:
        held = f" It stands at once: {after.reason[0].lower()}{after.reason[1:]}" if after.reason else ""
        return f"{happened}: this starts the clock.{'' if fact.proof else ' No proof of it is on record.'}{held}", True
    again = "the clock had started already" if kind == policy.start_event else "under this policy that does not start the clock"
    return f"{happened}: {again}, so this changes nothing.", False


def _stop(kind: ClockEventKind, before: Clock, zone: ZoneInfo) -> str:
    if before.state == ClockState.NOT_STARTED:
        return f"the clock had not started, and will not run while this is open ({ARTICLES[kind]})."
    if before.state == ClockState.SUSPENDED:
        return f"the clock stood already; now this has to be over, too ({ARTICLES[kind]})."
    gone = f", and the deadline that ran, {when(before.due_at, zone)}, falls away" if before.due_at else ""
    return f"the clock stops{gone} ({ARTICLES[kind]})."


def _restart(kind: ClockEventKind, before: Clock, after: Clock) -> str:
    if before.open == after.open:
        return "nothing of the kind was open, so this changes nothing."
    if after.state == ClockState.NOT_STARTED:
        return "the clock had not started; this holds it up no longer."
    if after.state == ClockState.SUSPENDED:
        return "something else is still open, so the clock goes on standing."
    return f"the clock starts again with a whole new period; the time used before is not taken off ({ARTICLES[kind]})."


def _period(policy: PolicyTerms, start: datetime) -> Iterator[Step]:
    """How one whole period runs from its start."""
    end, unit = period_end(policy, start), DurationUnit(policy.unit)
    if end is None:
        yield Step(None, "The policy sets no fixed period.")
    elif unit in ELAPSED:
        yield from _elapsed(policy, unit, start, end)
    elif unit == DurationUnit.WORKING_DAYS:
        yield from _working_days(policy, start, end)
    elif policy.counting_rule == CountingRule.WHOLE_UNITS:
        yield from _whole_days(policy, unit, start, end)
    else:
        yield from _calendar(policy, unit, start, end)


def _elapsed(policy: PolicyTerms, unit: DurationUnit, start: datetime, end: datetime) -> Iterator[Step]:
    zone = ZoneInfo(policy.timezone)
    counted = end - policy.duration * ELAPSED[unit]
    if counted != start:
        hour = counted - ELAPSED[unit]
        text = (
            f"The hour in which it happened, from {_clock(hour, zone)} to {_clock(counted, zone)}, does not count (Art. 3(1) {REGULATION})."
        )
        yield Step(hour, text, False)
    text = f"The period is {_amount(policy)} of elapsed time from {when(counted, zone)}: nights, weekends and holidays count."
    if counted.astimezone(zone).utcoffset() != end.astimezone(zone).utcoffset():
        text += f" The clocks change before it ends on {when(end, zone)}; elapsed time counts, not the time on the wall."
    yield Step(counted, text)


def _working_days(policy: PolicyTerms, start: datetime, end: datetime) -> Iterator[Step]:
    zone = ZoneInfo(policy.timezone)
    day, last = start.astimezone(zone).date(), (end - timedelta(microseconds=1)).astimezone(zone).date()
    yield Step(day, f"{_day(day)}: the day on which the clock starts does not count.", False)
    number = 0
    while day < last:
        day += timedelta(days=1)
        if reasons := why_off(policy, day):
            yield Step(day, f"{_day(day)} does not count: {'; '.join(reasons)}.", False)
        else:
            number += 1
            yield Step(day, f"{_day(day)}: working day {number} of {policy.duration}.")
    yield Step(end, f"The period ends with the midnight that ends {_day(last)}.")


def _whole_days(policy: PolicyTerms, unit: DurationUnit, start: datetime, end: datetime) -> Iterator[Step]:
    zone = ZoneInfo(policy.timezone)
    first, last = start.astimezone(zone).date(), (end - timedelta(microseconds=1)).astimezone(zone).date()
    day, rule = nominal_last_day(policy, first), "3(2)(b)" if unit == DurationUnit.DAYS else "3(2)(c)"
    yield Step(first, f"{_day(first)}: the day in which it happened does not count (Art. 3(1) {REGULATION}).", False)
    text = f"The period is {_amount(policy)}; weekends and holidays within it count. Its last day would be {_day(day)} (Art. {rule})."
    if unit == DurationUnit.MONTHS and day.day != first.day:
        text += f" {day:%B %Y} has no day {first.day}."
    yield Step(day, text)
    while day < last:
        yield Step(day, f"{_day(day)} cannot be the last day: {not_the_last(policy, first, day)}.", False)
        day += timedelta(days=1)
    yield Step(end, f"The period ends with the midnight that ends {_day(last)}.")


def _calendar(policy: PolicyTerms, unit: DurationUnit, start: datetime, end: datetime) -> Iterator[Step]:
    zone = ZoneInfo(policy.timezone)
    local, ended = start.astimezone(zone), end.astimezone(zone)
    wall = local.replace(tzinfo=None) + CALENDAR[unit] * policy.duration
    yield Step(end, f"The period is {_amount(policy)} from {when(start, zone)} to the same time of day; weekends and holidays count.")
    if unit == DurationUnit.MONTHS and wall.day != local.day:
        yield Step(wall.date(), f"{wall:%B %Y} has no day {local.day}, so the period ends on its last day, {_day(wall.date())}.")
    first, second = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    if ended.replace(tzinfo=None) != wall:
        yield Step(end, f"The clocks go forward over {wall:%H:%M:%S} on {_day(wall.date())}: it is read as {_clock(end, zone)}.")
    elif first.utcoffset() != second.utcoffset():
        yield Step(end, f"{wall:%H:%M:%S} comes twice on {_day(wall.date())}, because the clocks go back: the first one counts.")
    elif local.utcoffset() != ended.utcoffset():
        yield Step(end, "The clocks change meanwhile; for this unit the time on the wall counts, not the time that passes.")


def _extension(policy: PolicyTerms, start: datetime, extensions: Sequence[datetime]) -> Iterator[Step]:
    if not extensions:
        return
    end, until, zone = period_end(policy, start), max(extensions), ZoneInfo(policy.timezone)
    if end is None:
        yield Step(until, f"The extension until {when(until, zone)} sets a deadline all the same.")
    elif until > end:
        yield Step(until, f"The period alone would end on {when(end, zone)}; the extension until {when(until, zone)} is later and counts.")
    else:
        yield Step(until, f"The extension until {when(until, zone)} is not later than the end of the period, so it changes nothing.", False)


def _due(policy: PolicyTerms, clock: Clock) -> Step:
    if clock.due_at is None:
        return Step(None, "So the clock runs, and there is no deadline.")
    return Step(clock.due_at, f"So it is due on {when(clock.due_at, ZoneInfo(policy.timezone))}. Acting exactly then is in time.")


def _none_due(policy: PolicyTerms, clock: Clock) -> Step:
    if clock.state == ClockState.NOT_STARTED:
        awaited = StartEvent(policy.start_event).label
        return Step(None, f"So there is no deadline: the clock starts {awaited[0].lower()}{awaited[1:]}, and nothing on record says so.")
    more = " Once that is over, a whole new period runs." if clock.state == ClockState.SUSPENDED else ""
    return Step(None, f"So there is no deadline. {clock.reason}{more}")


def _amount(policy: PolicyTerms) -> str:
    unit = DurationUnit(policy.unit).label.lower()
    return f"{policy.duration} {unit.removesuffix('s') if policy.duration == 1 else unit}"


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def _clock(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%H:%M:%S} {local.tzname()}"
