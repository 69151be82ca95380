from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takedown.choices import ClockEventKind as Kind
from takedown.choices import ClockState, CountingRule, DurationUnit
from takedown.deadlines import days_off, due_at, is_working_day, iso_day, period_end, read_clock, warnings_of, why_off

UK = ("GB-ENG", "GB-SCT", "GB-NIR", "GB-WLS")


@dataclass(frozen=True)
class Terms:
    start_event: str = "received"
    duration: int = 1
    unit: str = "hours"
    timezone: str = "UTC"
    holiday_regions: Sequence[str] = ()
    extra_holidays: Sequence[str] = ()
    counting_rule: str = "elapsed_exact"


@dataclass(frozen=True)
class Fact:
    kind: str
    at: datetime
    until: datetime | None = field(default=None)


ONE_HOUR = Terms()
NOTICE = Terms(duration=2, unit="working_days", timezone="Europe/London", holiday_regions=UK)


def at(text: str) -> datetime:
    """A UTC instant; a bare time is on 2 March 2026."""
    return datetime.fromisoformat(text if "-" in text else f"2026-03-02T{text}").replace(tzinfo=UTC)


def facts(*rows: tuple[str, str]) -> list[Fact]:
    return [Fact(kind, at(when)) for kind, when in rows]


@pytest.mark.parametrize(
    ("given_on", "last_day", "why"),
    [
        ("2026-04-02", "2026-04-08", "Good Friday, weekend, Easter Monday outside Scotland"),
        ("2026-03-16", "2026-03-19", "St Patrick's Day in Northern Ireland"),
        ("2026-12-24", "2026-12-30", "Christmas, weekend, substitute Boxing Day"),
        ("2026-07-10", "2026-07-15", "substitute Battle of the Boyne day in Northern Ireland"),
        ("2026-07-31", "2026-08-05", "Scottish summer bank holiday"),
        ("2026-01-01", "2026-01-06", "2 January in Scotland"),
        ("2026-06-12", "2026-06-17", "one-off Scottish holiday of 15 June 2026"),
        ("2026-03-26", "2026-03-30", "the clocks change on 29 March"),
    ],
)
@pytest.mark.parametrize("hour", [0, 12, 23])
def test_two_working_days_in_the_united_kingdom_end_with_the_second_one(given_on: str, last_day: str, why: str, hour: int) -> None:
    london = ZoneInfo("Europe/London")
    start = datetime.fromisoformat(given_on).replace(hour=hour, tzinfo=london)
    midnight = datetime.combine(date.fromisoformat(last_day) + timedelta(days=1), datetime.min.time(), london)
    assert due_at(NOTICE, [Fact(Kind.RECEIVED, start)]) == midnight, why


def test_a_notice_before_easter_ends_at_eleven_at_night_utc() -> None:
    assert due_at(NOTICE, facts(("received", "2026-04-02T10:00"))) == at("2026-04-08T23:00")
    assert due_at(NOTICE, facts(("received", "2026-03-26T10:00"))) == at("2026-03-30T23:00")


def test_a_notice_given_on_a_sunday_counts_from_monday() -> None:
    # Sunday 8 February 2026: Monday is the first working day, Tuesday the second.
    assert due_at(NOTICE, facts(("received", "2026-02-08T10:00"))) == at("2026-02-11T00:00")


def test_an_extra_holiday_moves_the_end() -> None:
    terms = replace(NOTICE, holiday_regions=(), extra_holidays=["2026-03-03"])
    assert due_at(terms, facts(("received", "2026-03-02T10:00"))) == at("2026-03-06T00:00")
    assert not is_working_day(terms, date(2026, 3, 3))


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("Europe/Berlin", "2026-03-28T14:30", "2026-03-29T15:30"),
        ("Europe/Berlin", "2026-10-24T14:30", "2026-10-25T13:30"),
        ("Europe/Paris", "2026-03-29T01:30", "2026-03-30T02:30"),
    ],
)
def test_twenty_four_hours_are_elapsed_time_whatever_the_clocks_do(zone: str, start: str, end: str) -> None:
    local = ZoneInfo(zone)
    begun = datetime.fromisoformat(start).replace(tzinfo=local)
    due = due_at(Terms(duration=24, timezone=zone), [Fact(Kind.RECEIVED, begun)])
    assert due is not None
    assert due.tzinfo is UTC
    assert due.astimezone(local).replace(tzinfo=None) == datetime.fromisoformat(end)


@pytest.mark.parametrize(
    ("unit", "duration", "zone", "start", "end"),
    [
        ("minutes", 90, "UTC", "2026-03-02T10:00:30", "2026-03-02T11:30:30"),
        ("hours", 1, "UTC", "2026-03-02T10:00:00.000001", "2026-03-02T11:00:00.000001"),  # to the microsecond
        ("months", 6, "UTC", "2026-08-31T10:00", "2027-02-28T10:00"),
        ("months", 6, "UTC", "2027-08-31T10:00", "2028-02-29T10:00"),  # a leap year
        ("months", 12, "UTC", "2028-02-29T10:00", "2029-02-28T10:00"),
        ("days", 1, "UTC", "2028-02-28T10:00", "2028-02-29T10:00"),
        ("days", 1, "Europe/Berlin", "2026-03-28T13:30", "2026-03-29T12:30"),  # 14:30 local on both days
        ("days", 1, "Europe/Berlin", "2026-03-28T01:30", "2026-03-29T01:30"),  # 02:30 does not exist: 03:30 summer time
        ("days", 1, "Europe/Berlin", "2026-10-24T00:30", "2026-10-25T00:30"),  # 02:30 comes twice: the first
        ("weeks", 2, "Europe/London", "2026-03-20T12:00", "2026-04-03T11:00"),
    ],
)
def test_a_period_ends_where_its_unit_says(unit: str, duration: int, zone: str, start: str, end: str) -> None:
    assert due_at(Terms(unit=unit, duration=duration, timezone=zone), facts(("received", start))) == at(end)


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("UTC", "14:20:30", "16:00:00"),  # the hour from 14 does not count, the one from 15 does
        ("UTC", "14:00:00", "16:00:00"),
        ("UTC", "14:59:59", "16:00:00"),
        ("Asia/Kolkata", "14:20:30", "15:30:00"),  # 19:50:30 there: ends at 21:00
    ],
)
def test_under_full_hours_the_hour_of_the_event_does_not_count(zone: str, start: str, end: str) -> None:
    terms = Terms(timezone=zone, counting_rule=CountingRule.WHOLE_UNITS)
    assert due_at(terms, facts(("received", start))) == at(end)


def test_minutes_are_elapsed_time_under_every_rule() -> None:
    terms = Terms(unit="minutes", duration=60, counting_rule=CountingRule.WHOLE_UNITS)
    assert due_at(terms, facts(("received", "14:20:30"))) == at("15:20:30")


@pytest.mark.parametrize(
    ("rows", "state", "started", "due"),
    [
        ([], ClockState.NOT_STARTED, None, None),
        ([("sent", "10:00")], ClockState.NOT_STARTED, None, None),
        ([("sent", "10:00"), ("received", "10:05")], ClockState.RUNNING, "10:05", "11:05"),
        ([("received", "10:05"), ("received", "10:30")], ClockState.RUNNING, "10:05", "11:05"),
        ([("received", "10:00"), ("obstacle_started", "10:20")], ClockState.SUSPENDED, "10:00", None),
        ([("received", "10:00"), ("obstacle_started", "10:20"), ("obstacle_ended", "12:00")], ClockState.RUNNING, "12:00", "13:00"),
        (
            [("received", "10:00"), ("clarification_requested", "10:20"), ("clarification_received", "10:30")],
            ClockState.RUNNING,
            "10:30",
            "11:30",
        ),
        # two obstacles overlap: the last one counts
        (
            [("received", "10:00"), ("obstacle_started", "10:10"), ("obstacle_started", "10:20"), ("obstacle_ended", "10:30")],
            ClockState.SUSPENDED,
            "10:00",
            None,
        ),
        (
            [
                ("received", "10:00"),
                ("obstacle_started", "10:10"),
                ("clarification_requested", "10:20"),
                ("obstacle_ended", "10:30"),
                ("clarification_received", "10:50"),
            ],
            ClockState.RUNNING,
            "10:50",
            "11:50",
        ),
        # an obstacle that was there before the request arrived
        ([("obstacle_started", "09:00"), ("received", "10:00")], ClockState.SUSPENDED, "10:00", None),
        ([("obstacle_started", "09:00"), ("received", "10:00"), ("obstacle_ended", "11:00")], ClockState.RUNNING, "11:00", "12:00"),
        ([("obstacle_started", "08:00"), ("obstacle_ended", "09:00"), ("received", "10:00")], ClockState.RUNNING, "10:00", "11:00"),
        # an end that nothing started changes nothing
        ([("received", "10:00"), ("obstacle_ended", "10:40")], ClockState.RUNNING, "10:00", "11:00"),
        ([("received", "10:00"), ("voided", "10:40")], ClockState.VOIDED, "10:00", None),
        ([("received", "10:00"), ("withdrawn", "10:40"), ("voided", "10:50")], ClockState.WITHDRAWN, "10:00", None),
        ([("voided", "09:00"), ("received", "10:00")], ClockState.VOIDED, None, None),
    ],
)
def test_the_clock_is_a_function_of_the_facts(rows: list[tuple[str, str]], state: ClockState, started: str | None, due: str | None) -> None:
    clock = read_clock(ONE_HOUR, facts(*rows))
    assert (clock.state, clock.started_at, clock.due_at) == (state, started and at(started), due and at(due))
    assert bool(clock.reason) == (state != ClockState.RUNNING)


def test_a_restarted_clock_remembers_its_first_start() -> None:
    rows = facts(("received", "10:00"), ("obstacle_started", "10:20"), ("obstacle_ended", "12:00"))
    clock = read_clock(policy=ONE_HOUR, events=rows)
    assert (clock.first_started_at, clock.started_at) == (at("10:00"), at("12:00"))


def test_the_order_in_which_facts_are_entered_does_not_matter() -> None:
    rows = facts(("sent", "09:00"), ("received", "10:00"), ("obstacle_started", "10:20"), ("obstacle_ended", "10:20"))
    assert {read_clock(ONE_HOUR, shuffled).due_at for shuffled in permutations(rows)} == {at("11:20")}


@pytest.mark.parametrize(("until", "due"), [("12:00", "12:00"), ("10:30", "11:00")])
def test_an_extension_never_shortens(until: str, due: str) -> None:
    extended = Fact(Kind.EXTENDED, at("10:10"), at(until))
    assert due_at(ONE_HOUR, [*facts(("received", "10:00")), extended]) == at(due)


def test_an_extension_survives_a_restart() -> None:
    rows = [*facts(("received", "10:00"), ("obstacle_started", "10:20")), Fact(Kind.EXTENDED, at("10:10"), at("15:00"))]
    assert due_at(ONE_HOUR, rows) is None
    assert due_at(ONE_HOUR, [*rows, *facts(("obstacle_ended", "10:30"))]) == at("15:00")


def test_a_policy_without_a_period_runs_without_a_deadline_until_one_is_granted() -> None:
    terms = Terms(unit=DurationUnit.NONE, duration=0)
    started = facts(("received", "10:00"))
    assert read_clock(terms, started).state == ClockState.RUNNING
    assert due_at(terms, started) is None
    assert due_at(terms, [*started, Fact(Kind.EXTENDED, at("10:00"), at("18:00"))]) == at("18:00")


def test_a_policy_may_start_when_the_request_is_sent() -> None:
    assert due_at(Terms(start_event="sent"), facts(("sent", "10:00"), ("received", "10:05"))) == at("11:00")


@pytest.mark.parametrize(
    ("terms", "fact"),
    [
        (ONE_HOUR, Fact(Kind.RECEIVED, datetime(2026, 3, 2, 10))),  # noqa: DTZ001
        (ONE_HOUR, Fact(Kind.EXTENDED, at("10:00"), datetime(2026, 3, 2, 10))),  # noqa: DTZ001
        (ONE_HOUR, Fact(Kind.EXTENDED, at("10:00"))),
        (ONE_HOUR, Fact("paused", at("10:00"))),
        (Terms(unit="fortnights"), Fact(Kind.RECEIVED, at("10:00"))),
        (Terms(duration=0), Fact(Kind.RECEIVED, at("10:00"))),
        (replace(NOTICE, holiday_regions=["ZZ"]), Fact(Kind.RECEIVED, at("10:00"))),
        (replace(NOTICE, holiday_regions=["GB-ZZ"]), Fact(Kind.RECEIVED, at("10:00"))),
    ],
)
def test_what_makes_no_sense_is_refused(terms: Terms, fact: Fact) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_clock(terms, [fact])


def test_holidays_are_those_of_the_region() -> None:
    assert days_off("FR", 2026)[date(2026, 7, 14)] == ("National Day",)
    assert date(2026, 6, 15) in days_off("GB-SCT", 2026)
    assert date(2026, 6, 15) not in days_off("GB-ENG", 2026)


@pytest.mark.parametrize(
    ("regions", "day", "reasons"),
    [
        ((), "2026-11-13", ()),
        ((), "2026-11-14", ("Saturday",)),
        (("JO",), "2026-11-13", ("Friday",)),
        (("JO",), "2026-11-15", ()),
        (("AE",), "2021-11-12", ("Friday",)),  # the weekend moved in 2022
        (("AE",), "2021-11-14", ()),
        (("AE",), "2022-11-11", ()),
        (("AE",), "2022-11-13", ("Sunday",)),
        (("HU",), "2026-08-08", ()),  # a Saturday worked for 21 August
        (("HU",), "2026-08-15", ("Saturday",)),
        (("FR", "JO"), "2026-11-13", ("Friday (JO)",)),
        (("FR", "JO"), "2026-11-14", ("Saturday",)),
        (("FR", "JO"), "2026-11-15", ("Sunday (FR)",)),
        (("FR", "HU"), "2026-08-08", ("Saturday (FR)",)),
    ],
)
def test_each_region_has_its_weekend_and_the_saturdays_it_works(regions: tuple[str, ...], day: str, reasons: tuple[str, ...]) -> None:
    assert why_off(replace(NOTICE, holiday_regions=regions), date.fromisoformat(day)) == reasons


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo"])
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
PERIODS = st.sampled_from([unit for unit in DurationUnit if unit not in (DurationUnit.NONE, DurationUnit.WORKING_DAYS)])
OFFSETS = st.integers(-840, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@settings(deadline=None)
@given(st.sampled_from(["minutes", "hours"]), st.sampled_from(CountingRule), st.integers(1, 200), ZONES, INSTANTS, INSTANTS)
def test_a_later_start_never_gives_an_earlier_end(
    unit: str, rule: CountingRule, duration: int, zone: str, one: datetime, other: datetime
) -> None:
    terms = Terms(unit=unit, duration=duration, timezone=zone, counting_rule=rule)
    ends = [period_end(terms, start) for start in sorted((one, other))]
    assert ends == sorted(filter(None, ends))


@settings(deadline=None)
@given(
    PERIODS, st.integers(1, 40), ZONES, INSTANTS, st.timedeltas(timedelta(), timedelta(days=40)), st.timedeltas(timedelta(), timedelta(9))
)
def test_a_restart_never_brings_the_deadline_forward_by_more_than_the_clocks_do(
    unit: str, duration: int, zone: str, start: datetime, stopped: timedelta, lasted: timedelta
) -> None:
    terms = Terms(unit=unit, duration=duration, timezone=zone)
    rows = [Fact(Kind.RECEIVED, start)]
    original = due_at(terms, rows)
    rows += [Fact(Kind.OBSTACLE_STARTED, start + stopped), Fact(Kind.OBSTACLE_ENDED, start + stopped + lasted)]
    restarted = due_at(terms, rows)
    assert original is not None
    assert restarted is not None
    # Wall time runs back by an hour once a year; elapsed time never does.
    slack = timedelta() if unit in (DurationUnit.MINUTES, DurationUnit.HOURS) else timedelta(hours=1)
    assert restarted >= original - slack
    assert restarted > start + stopped + lasted


@given(PERIODS, st.integers(1, 40), ZONES, INSTANTS, OFFSETS)
def test_the_zone_in_which_an_instant_is_written_does_not_matter(
    unit: str, duration: int, zone: str, start: datetime, offset: timezone
) -> None:
    terms = Terms(unit=unit, duration=duration, timezone=zone)
    due = due_at(terms, [Fact(Kind.RECEIVED, start.astimezone(offset))])
    assert due == due_at(terms, [Fact(Kind.RECEIVED, start)])
    assert due is not None
    assert due.tzinfo is UTC


@settings(deadline=None)
@given(st.integers(1, 15), ZONES, INSTANTS)
def test_working_days_end_at_a_local_midnight_after_as_many_working_days(duration: int, zone: str, start: datetime) -> None:
    terms = Terms(unit=DurationUnit.WORKING_DAYS, duration=duration, timezone=zone, holiday_regions=["FR"])
    due = due_at(terms, [Fact(Kind.RECEIVED, start)])
    assert due is not None
    begun, ended = start.astimezone(ZoneInfo(zone)).date(), (due - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
    between = [begun + timedelta(days=day) for day in range(1, (ended - begun).days + 1)]
    assert sum(is_working_day(terms, day) for day in between) == duration
    assert is_working_day(terms, ended)


@pytest.mark.parametrize(("minutes", "clocks"), [([], []), ([15], ["11:45"]), ([240, 15, 15], ["08:00", "11:45"]), ([1440], ["12:00"])])
def test_warnings_come_so_many_minutes_before_the_deadline(minutes: list[int], clocks: list[str]) -> None:
    due = datetime(2026, 11, 22, 12, tzinfo=UTC)
    found = warnings_of(minutes, due)
    assert [f"{at:%H:%M}" for at in found] == clocks
    assert all(at < due for at in found)


@pytest.mark.parametrize("text", ["20261224", "2026-W52-4", "2026-12-32", "2026-12-24T00:00", " 2026-12-24", "24.12.2026", "", "2026-1-2"])
def test_a_day_is_written_in_one_way_only(text: str) -> None:
    assert iso_day("2026-12-24") == date(2026, 12, 24)
    with pytest.raises(ValueError, match=r"2026|Invalid|out of range"):
        iso_day(text)
