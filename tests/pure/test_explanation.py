"""Why it is due then: the steps say what the rule does, in words that a person can check."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takedown.choices import ClockEventKind as Kind
from takedown.choices import CountingRule, DurationUnit
from takedown.deadlines import is_working_day, read_clock
from takedown.explanation import Step, explain, rule_sensitive
from tests.pure.test_deadlines import INSTANTS, NOTICE, ONE_HOUR, UK, ZONES, Terms, at


@dataclass(frozen=True)
class Fact:
    kind: str
    at: datetime
    until: datetime | None = None
    proof: str = ""


def facts(*rows: tuple[str, str]) -> list[Fact]:
    return [Fact(kind, at(when)) for kind, when in rows]


def told(policy: Terms, *rows: tuple[str, str]) -> str:
    return "\n".join(step.text for step in explain(policy, facts(*rows)))


def given_on(day: str, zone: str = "Europe/London") -> list[Fact]:
    return [Fact(Kind.RECEIVED, datetime.fromisoformat(f"{day}T10:00").replace(tzinfo=ZoneInfo(zone)))]


@pytest.mark.parametrize(
    ("day", "left_out", "counted", "due"),
    [
        (
            "2026-04-02",
            [
                "Friday 3 April 2026 does not count: Good Friday (GB-ENG, GB-SCT, GB-NIR, GB-WLS).",
                "Saturday 4 April 2026 does not count: Saturday.",
                "Sunday 5 April 2026 does not count: Sunday.",
                "Monday 6 April 2026 does not count: Easter Monday (GB-ENG, GB-NIR, GB-WLS).",
            ],
            ["Tuesday 7 April 2026", "Wednesday 8 April 2026"],
            "Thursday 9 April 2026, 00:00:00 BST",
        ),
        (
            "2026-03-16",
            ["Tuesday 17 March 2026 does not count: Saint Patrick's Day (GB-NIR)."],
            ["Wednesday 18 March 2026", "Thursday 19 March 2026"],
            "Friday 20 March 2026, 00:00:00 GMT",
        ),
        (
            "2026-12-24",
            [
                "Friday 25 December 2026 does not count: Christmas Day (GB-ENG, GB-SCT, GB-NIR, GB-WLS).",
                "Saturday 26 December 2026 does not count: Saturday; Boxing Day (GB-ENG, GB-SCT, GB-NIR, GB-WLS).",
                "Sunday 27 December 2026 does not count: Sunday.",
                "Monday 28 December 2026 does not count: Boxing Day (observed) (GB-ENG, GB-SCT, GB-NIR, GB-WLS).",
            ],
            ["Tuesday 29 December 2026", "Wednesday 30 December 2026"],
            "Thursday 31 December 2026, 00:00:00 GMT",
        ),
        (
            "2026-07-10",
            [
                "Saturday 11 July 2026 does not count: Saturday.",
                "Sunday 12 July 2026 does not count: Sunday; Battle of the Boyne (GB-NIR).",
                "Monday 13 July 2026 does not count: Battle of the Boyne (observed) (GB-NIR).",
            ],
            ["Tuesday 14 July 2026", "Wednesday 15 July 2026"],
            "Thursday 16 July 2026, 00:00:00 BST",
        ),
        (
            "2026-07-31",
            [
                "Saturday 1 August 2026 does not count: Saturday.",
                "Sunday 2 August 2026 does not count: Sunday.",
                "Monday 3 August 2026 does not count: Summer Bank Holiday (GB-SCT).",
            ],
            ["Tuesday 4 August 2026", "Wednesday 5 August 2026"],
            "Thursday 6 August 2026, 00:00:00 BST",
        ),
        (
            "2026-01-01",
            [
                "Friday 2 January 2026 does not count: New Year Holiday (GB-SCT).",
                "Saturday 3 January 2026 does not count: Saturday.",
                "Sunday 4 January 2026 does not count: Sunday.",
            ],
            ["Monday 5 January 2026", "Tuesday 6 January 2026"],
            "Wednesday 7 January 2026, 00:00:00 GMT",
        ),
        (
            "2026-06-12",
            [
                "Saturday 13 June 2026 does not count: Saturday.",
                "Sunday 14 June 2026 does not count: Sunday.",
                "Monday 15 June 2026 does not count: Scotland's participation in the FIFA World Cup final (GB-SCT).",
            ],
            ["Tuesday 16 June 2026", "Wednesday 17 June 2026"],
            "Thursday 18 June 2026, 00:00:00 BST",
        ),
        (
            "2026-03-26",
            ["Saturday 28 March 2026 does not count: Saturday.", "Sunday 29 March 2026 does not count: Sunday."],
            ["Friday 27 March 2026", "Monday 30 March 2026"],
            "Tuesday 31 March 2026, 00:00:00 BST",
        ),
    ],
)
def test_every_day_of_a_notice_is_accounted_for(day: str, left_out: list[str], counted: list[str], due: str) -> None:
    start, given_day, *days, midnight, last = explain(NOTICE, given_on(day))
    assert start.text.endswith("this starts the clock. No proof of it is on record.")
    assert (given_day.at, given_day.counts) == (date.fromisoformat(day), False)
    assert given_day.text.endswith("the day on which the clock starts does not count.")
    assert [step.text for step in days if not step.counts] == left_out
    assert [step.text for step in days if step.counts] == [f"{name}: working day {n} of 2." for n, name in enumerate(counted, 1)]
    assert midnight.text == f"The period ends with the midnight that ends {counted[-1]}."
    assert last.text == f"So it is due on {due}. Acting exactly then is in time."


def test_a_day_that_the_policy_names_says_so() -> None:
    assert "Tuesday 3 March 2026 does not count: named by the policy." in told(
        replace(NOTICE, extra_holidays=["2026-03-03"]), ("received", "2026-03-02T10:00")
    )


@pytest.mark.parametrize(
    ("zone", "start", "both"),
    [
        ("Europe/Berlin", "2026-03-28T14:30", ("Saturday 28 March 2026, 14:30:00 CET", "Sunday 29 March 2026, 15:30:00 CEST")),
        ("Europe/Berlin", "2026-10-24T14:30", ("Saturday 24 October 2026, 14:30:00 CEST", "Sunday 25 October 2026, 13:30:00 CET")),
        ("Europe/Paris", "2026-03-29T01:30", ("Sunday 29 March 2026, 01:30:00 CET", "Monday 30 March 2026, 02:30:00 CEST")),
    ],
)
def test_elapsed_hours_over_a_change_of_the_clocks_name_both_ends(zone: str, start: str, both: tuple[str, str]) -> None:
    begun = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone))
    *_, period, last = explain(Terms(duration=24, timezone=zone), [Fact(Kind.RECEIVED, begun)])
    assert period.text == (
        f"The period is 24 hours of elapsed time from {both[0]}: nights, weekends and holidays count. "
        f"The clocks change before it ends on {both[1]}; elapsed time counts, not the time on the wall."
    )
    assert last.text.startswith(f"So it is due on {both[1]}.")


@pytest.mark.parametrize(
    ("policy", "start", "sentence"),
    [
        (
            Terms(duration=6, unit="months"),
            "2026-08-31T10:00",
            "February 2027 has no day 31, so the period ends on its last day, Sunday 28",
        ),
        (
            Terms(duration=12, unit="months"),
            "2028-02-29T10:00",
            "February 2029 has no day 29, so the period ends on its last day, Wednesday",
        ),
        (
            Terms(unit="months"),
            "2026-02-28T10:00",
            "The period is 1 calendar month from Saturday 28 February 2026, 10:00:00 UTC to the same",
        ),
        (
            Terms(unit="days", timezone="Europe/Berlin"),
            "2026-03-28T13:30",
            "The clocks change meanwhile; for this unit the time on the wall",
        ),
        (
            Terms(unit="days", timezone="Europe/Berlin"),
            "2026-03-28T01:30",
            "The clocks go forward over 02:30:00 on Sunday 29 March 2026: it is",
        ),
        (
            Terms(unit="days", timezone="Europe/Berlin"),
            "2026-10-24T00:30",
            "02:30:00 comes twice on Sunday 25 October 2026, because the clocks",
        ),
        (
            Terms(counting_rule="full_hours_1182_71"),
            "2026-03-02T14:20:30",
            "The hour in which it happened, from 14:00:00 UTC to 15:00:00 UTC, does not count (Art. 3(1)",
        ),
        (
            Terms(counting_rule="full_hours_1182_71", timezone="Asia/Kolkata"),
            "2026-03-02T14:20:30",
            "from 19:00:00 IST to 20:00:00 IST, does not count",
        ),
        (
            Terms(duration=2, unit="days", counting_rule="full_hours_1182_71"),
            "2026-03-06T10:00",
            "Friday 6 March 2026: the day in which it happened does not count (Art. 3(1) Regulation (EEC, Euratom) 1182/71).\n"
            "The period is 2 calendar days; weekends and holidays within it count. Its last day would be Sunday 8 March 2026 "
            "(Art. 3(2)(b)).\n"
            "Sunday 8 March 2026 cannot be the last day: Sunday (Art. 3(4)).\n"
            "Monday 9 March 2026 cannot be the last day: it would be the only working day of the period (Art. 3(5)).\n"
            "The period ends with the midnight that ends Tuesday 10 March 2026.",
        ),
        (
            Terms(duration=6, unit="months", counting_rule="full_hours_1182_71"),
            "2026-08-31T10:00",
            "Its last day would be Sunday 28 February 2027 (Art. 3(2)(c)). February 2027 has no day 31.\nSunday 28 February 2027 cannot",
        ),
        (
            Terms(unit="none", duration=0),
            "2026-03-02T10:00",
            "The policy sets no fixed period.\nSo the clock runs, and there is no deadline.",
        ),
    ],
)
def test_a_period_says_how_it_counts(policy: Terms, start: str, sentence: str) -> None:
    assert sentence in told(policy, ("received", start))


@pytest.mark.parametrize(("unit", "start"), [("months", "2026-04-28T10:00"), ("days", "2026-03-02T10:00"), ("hours", "2026-03-02T10:00")])
def test_what_did_not_happen_is_not_told(unit: str, start: str) -> None:
    text = told(Terms(duration=3, unit=unit, timezone="Europe/Berlin"), ("received", start))
    assert not [word for word in ("has no day", "clocks", "twice", "does not count") if word in text]


STARTED = "The platform received the request on Monday 2 March 2026, 10:00:00 UTC: this starts the clock."


@pytest.mark.parametrize(
    ("rows", "sentences"),
    [
        ([], ["So there is no deadline: the clock starts when the platform receives it, and nothing on record says so."]),
        ([("sent", "09:00")], ["under this policy that does not start the clock, so this changes nothing."]),
        (
            [("received", "10:00"), ("received", "10:30")],
            [STARTED, "10:30:00 UTC: the clock had started already, so this changes nothing."],
        ),
        (
            [("received", "10:00"), ("obstacle_started", "10:20"), ("obstacle_ended", "12:00")],
            [
                "the clock stops, and the deadline that ran, Monday 2 March 2026, 11:00:00 UTC, falls away (Art. 3(7) Regulation (EU)",
                "12:00:00 UTC: the clock starts again with a whole new period; the time used before is not taken off (Art. 3(7)",
                "The period is 1 hour of elapsed time from Monday 2 March 2026, 12:00:00 UTC",
                "So it is due on Monday 2 March 2026, 13:00:00 UTC. Acting exactly then is in time.",
            ],
        ),
        (
            [("received", "10:00"), ("clarification_requested", "10:20")],
            [
                "The platform asked for clarification on Monday 2 March 2026, 10:20:00 UTC: the clock stops",
                "(Art. 3(8) Regulation (EU) 2021/784).",
                "So there is no deadline. The platform asked for clarification and has not had it. Once that is over, a whole new",
            ],
        ),
        (
            [("obstacle_started", "09:00"), ("received", "10:00")],
            [
                "the clock had not started, and will not run while this is open",
                "It stands at once: an obstacle reported by the platform is open.",
            ],
        ),
        (
            [("received", "10:00"), ("obstacle_started", "10:10"), ("clarification_requested", "10:20"), ("obstacle_ended", "10:30")],
            [
                "the clock stood already; now this has to be over, too (Art. 3(8)",
                "something else is still open, so the clock goes on standing.",
            ],
        ),
        ([("obstacle_started", "08:00"), ("obstacle_ended", "09:00")], ["the clock had not started; this holds it up no longer."]),
        ([("received", "10:00"), ("obstacle_ended", "10:40")], ["nothing of the kind was open, so this changes nothing."]),
        (
            [("received", "10:00"), ("obstacle_started", "10:10"), ("clarification_received", "10:40")],
            ["nothing of the kind was open, so this changes nothing."],
        ),
        (
            [("received", "10:00"), ("voided", "10:40"), ("withdrawn", "10:50")],
            [
                "The request was declared void on Monday 2 March 2026, 10:40:00 UTC: the clock ends, and nothing later counts.",
                "10:50:00 UTC: the clock had ended, so this changes nothing.",
                "So there is no deadline. The request was declared void.",
            ],
        ),
        ([("received", "10:00"), ("withdrawn", "10:40")], ["So there is no deadline. The request was withdrawn."]),
    ],
)
def test_what_each_fact_did_is_told(rows: list[tuple[str, str]], sentences: list[str]) -> None:
    text = told(ONE_HOUR, *rows)
    assert [sentence for sentence in sentences if sentence not in text] == []


def test_what_changed_nothing_does_not_count() -> None:
    rows = facts(("sent", "09:00"), ("received", "10:00"), ("obstacle_ended", "10:10"), ("voided", "10:20"), ("withdrawn", "10:30"))
    assert [step.counts for step in explain(ONE_HOUR, rows)[:-1]] == [False, True, False, True, False]


@pytest.mark.parametrize(
    ("until", "counts", "sentence"),
    [
        (
            "12:00",
            True,
            "The period alone would end on Monday 2 March 2026, 11:00:00 UTC; the extension until Monday 2 March 2026, 12:00:00",
        ),
        ("10:30", False, "is not later than the end of the period, so it changes nothing."),
    ],
)
def test_an_extension_is_weighed_against_the_period(until: str, counts: bool, sentence: str) -> None:
    *_, step, last = explain(ONE_HOUR, [*facts(("received", "10:00")), Fact(Kind.EXTENDED, at("10:10"), at(until))])
    assert (sentence in step.text, step.counts, last.at) == (True, counts, max(at(until), at("11:00")))


def test_only_an_extension_extends() -> None:
    steps = explain(ONE_HOUR, [Fact(Kind.RECEIVED, at("10:00"), at("18:00")), Fact(Kind.SENT, at("09:00"), at("18:00"))])
    assert steps[-1].at == at("11:00")
    assert not any("18:00" in step.text for step in steps)


def test_an_extension_gives_a_deadline_where_the_policy_has_none() -> None:
    *_, step, last = explain(
        Terms(unit="none", duration=0), [*facts(("received", "10:00")), Fact(Kind.EXTENDED, at("10:00"), at("18:00"), "Decision 7")]
    )
    assert "sets a deadline all the same" in step.text
    assert last.at == at("18:00")


def test_what_proves_a_fact_stays_with_it() -> None:
    start, *_ = explain(ONE_HOUR, [Fact(Kind.RECEIVED, at("10:00"), proof="Receipt 7")])
    assert (start.proof, start.at) == ("Receipt 7", at("10:00"))
    assert "No proof" not in start.text


@pytest.mark.parametrize(
    ("policy", "other"),
    [
        (ONE_HOUR, "16:00:00"),
        (replace(ONE_HOUR, counting_rule="full_hours_1182_71"), "15:20:30"),
        (replace(ONE_HOUR, timezone="Asia/Kolkata"), "15:30:00"),
        (replace(ONE_HOUR, unit="minutes", duration=60), None),
        (replace(ONE_HOUR, unit="days"), "2026-03-04T00:00"),
        (NOTICE, None),
    ],
)
def test_hours_and_days_are_sensitive_to_the_rule_of_counting(policy: Terms, other: str | None) -> None:
    assert rule_sensitive(policy, facts(("received", "14:20:30"))) == (other and at(other))
    assert rule_sensitive(policy, []) is None


POLICIES = st.builds(
    Terms,
    start_event=st.sampled_from(["sent", "received"]),
    duration=st.integers(1, 30),
    unit=st.sampled_from([unit.value for unit in DurationUnit if unit != DurationUnit.NONE]),
    timezone=ZONES,
    holiday_regions=st.lists(st.sampled_from([*UK, "FR", "DE-BY", "US", "IL", "HU"]), unique=True, max_size=3),
    extra_holidays=st.lists(st.dates(date(2020, 1, 1), date(2035, 1, 1)).map(date.isoformat), max_size=3),
    counting_rule=st.sampled_from([rule.value for rule in CountingRule]),
) | st.builds(Terms, unit=st.just("none"), duration=st.just(0))
# Around changes of the clocks in Berlin, New York, Lord Howe and Cairo, leap days, month ends, the turn of the year.
EDGES = ("2026-03-28", "2026-10-24", "2026-03-07", "2026-10-31", "2026-04-04", "2026-04-23", "2028-02-28", "2026-08-30", "2026-12-24")
STARTS = INSTANTS | st.builds(
    lambda day, lag: datetime.fromisoformat(day).replace(tzinfo=UTC) + lag, st.sampled_from(EDGES), st.timedeltas(timedelta(), timedelta(2))
)


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Up to eight facts in any order within twenty days, often with ties."""
    start = draw(STARTS)
    kinds = draw(st.lists(st.sampled_from([kind.value for kind in Kind]), max_size=8))
    lags = st.sampled_from([timedelta(), timedelta(hours=1)]) | st.timedeltas(timedelta(), timedelta(20))
    return [
        Fact(kind, start + draw(lags), start + draw(st.timedeltas(timedelta(), timedelta(40))) if kind == Kind.EXTENDED else None)
        for kind in kinds
    ]


@settings(deadline=None, max_examples=400)
@given(POLICIES, histories())
def test_the_last_step_is_the_deadline_whatever_happened(policy: Terms, history: Sequence[Fact]) -> None:
    steps, clock = explain(policy, history), read_clock(policy, history)
    assert steps[-1].at == clock.due_at
    assert ("it is due on" in steps[-1].text) == (clock.due_at is not None)
    assert [step.at for step in steps[: len(history)]] == sorted(fact.at for fact in history)
    assert all(step.text.endswith(".") for step in steps)


@settings(deadline=None)
@given(POLICIES.filter(lambda policy: policy.unit == "working_days"), STARTS)
def test_the_days_add_up(policy: Terms, start: datetime) -> None:
    """No day is passed over, as many count as the policy says, and they are the working days."""
    days: list[Step] = [step for step in explain(policy, [Fact(policy.start_event, start)])[1:] if not isinstance(step.at, datetime)]
    dates = [step.at for step in days if step.at]
    assert dates == [start.astimezone(ZoneInfo(policy.timezone)).date() + timedelta(days=n) for n in range(len(days))]
    assert sum(step.counts for step in days) == policy.duration
    assert [step.counts for step in days[1:]] == [is_working_day(policy, day) for day in dates[1:]]
