"""Hours, days, weeks and months under Regulation (EEC, Euratom) 1182/71."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takedown.choices import CountingRule
from takedown.deadlines import is_working_day, nominal_last_day, period_end, why_off
from tests.pure.test_deadlines import INSTANTS, NOTICE, UK, ZONES, Terms


@pytest.mark.parametrize(
    ("unit", "duration", "start", "last", "why"),
    [
        ("days", 1, "2026-03-02T00:00", "2026-03-03", "the day of the event does not count, even from its first instant"),
        ("days", 1, "2026-03-05T23:59", "2026-03-06", "one day may hold a single working day"),
        ("days", 1, "2026-03-06T10:00", "2026-03-09", "Saturday moves to Monday"),
        ("days", 2, "2026-03-06T10:00", "2026-03-10", "Saturday and Sunday; Monday alone would be one working day"),
        ("days", 3, "2026-03-31T10:00", "2026-04-07", "Good Friday, weekend, Easter Monday"),
        ("days", 10, "2026-03-02T10:00", "2026-03-12", "weekends within it count"),
        ("weeks", 1, "2026-03-04T10:00", "2026-03-11", "the same day of the week"),
        ("weeks", 2, "2026-03-21T10:00", "2026-04-07", "Saturday before Easter"),
        ("months", 1, "2026-01-31T10:00", "2026-03-02", "28 February is a Saturday"),
        ("months", 1, "2026-03-31T10:00", "2026-04-30", "April has no day 31"),
        ("months", 12, "2028-02-29T10:00", "2029-02-28", "2029 has no 29 February"),
        ("working_days", 2, "2026-04-02T10:00", "2026-04-08", "counted as ever"),
    ],
)
def test_under_regulation_1182_71_days_are_whole_and_the_last_one_is_a_working_day(
    unit: str, duration: int, start: str, last: str, why: str
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    terms = Terms(unit=unit, duration=duration, timezone="Europe/Berlin", holiday_regions=["DE"], counting_rule=CountingRule.WHOLE_UNITS)
    midnight = datetime.combine(date.fromisoformat(last) + timedelta(days=1), datetime.min.time(), berlin)
    assert period_end(terms, datetime.fromisoformat(start).replace(tzinfo=berlin)) == midnight, why


def test_for_regulation_1182_71_saturdays_and_sundays_are_off_everywhere() -> None:
    terms = replace(NOTICE, holiday_regions=("HU", "JO"), counting_rule=CountingRule.WHOLE_UNITS)
    found = [why_off(terms, date(2026, 8, day)) for day in (7, 8, 9, 20)]
    assert found == [(), ("Saturday",), ("Sunday",), ("State Foundation Day (HU)",)]


WHOLE = st.builds(
    Terms,
    unit=st.sampled_from(["days", "weeks", "months"]),
    duration=st.integers(1, 20),
    timezone=ZONES,
    holiday_regions=st.lists(st.sampled_from([*UK, "FR", "CN", "HU"]), unique=True, max_size=3),
    counting_rule=st.just(CountingRule.WHOLE_UNITS),
)


@settings(deadline=None)
@given(WHOLE, INSTANTS, INSTANTS)
def test_whole_days_end_on_the_first_day_that_may_be_the_last(terms: Terms, one: datetime, other: datetime) -> None:
    zone = ZoneInfo(terms.timezone)
    ends = [period_end(terms, start) for start in sorted((one, other))]
    assert ends == sorted(filter(None, ends)), "a later start never gives an earlier end"
    first = min(one, other).astimezone(zone).date()
    last = (max(filter(None, ends[:1])) - timedelta(microseconds=1)).astimezone(zone).date()
    nominal, least = nominal_last_day(terms, first), 1 if (terms.unit, terms.duration) == ("days", 1) else 2
    working = [day for day in (first + timedelta(days=n) for n in range(1, (last - first).days + 1)) if is_working_day(terms, day)]
    assert last == min(day for number, day in enumerate(working, 1) if day >= nominal and number >= least)
