"""Which roll-ups cover a period, and which of its days have to be read one by one. No database, no HTML."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cover:
    """Ids of spans: `days` cover every clean day, `histograms` the same, with whole months where there are any."""

    days: tuple[int, ...]
    histograms: tuple[int, ...]
    changed: tuple[date, ...]
    """Days to be read from the requests, in order."""


def cover(first: date | None, last: date, days: Mapping[date, int], months: Mapping[date, int], changed: Collection[date]) -> Cover:
    """Spans for the days from `first` (None: from the beginning) to `last`, both inside, by their first days."""
    inside = {day: span for day, span in days.items() if (first is None or day >= first) and day <= last and day not in changed}
    spoilt = {day.replace(day=1) for day in changed}
    whole = {
        month: span
        for month, span in months.items()
        if (first is None or month >= first) and last_of(month) <= last and month not in spoilt
    }
    rest = [span for day, span in inside.items() if day.replace(day=1) not in whole]
    own = sorted(day for day in changed if (first is None or day >= first) and day <= last)
    return Cover(tuple(inside.values()), (*whole.values(), *rest), tuple(own))


def last_of(month: date) -> date:
    """Last day of the month that begins on this day."""
    return (month + timedelta(days=31)).replace(day=1) - ONE_DAY


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def instants(days: Collection[date], timezone: str) -> dict[str, Any]:
    """When these days begin and end in this zone, as parameters of the queries."""
    zone = ZoneInfo(timezone)
    starts = [datetime.combine(day, time(), zone) for day in days]
    return {"starts": starts, "stops": [datetime.combine(day + ONE_DAY, time(), zone) for day in days]}
