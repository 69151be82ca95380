"""What the query says of requests against the slow rule, on generated worlds, and the numbers made of its rows."""

from collections import Counter
from dataclasses import astuple, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedown.choices import OPEN, UP, ClockEventKind, ClockState, Outcome
from takedown.models import ClockEvent, PlatformAnswer, TakedownRequest, Watch
from takedown.reports.rows import RequestRow
from takedown.reports.tally import FROM_A_DAY, FROM_AN_HOUR, Tally
from takedown.reports.tally import UP as STILL_UP
from takedown.statistics.bands import SECONDS
from tests.factories import AgencyFactory
from tests.reports.world import NOW, agency, report, world
from tests.statistics.rows import counted
from tests.statistics.test_rule import SEEDS

ZONE = ZoneInfo("America/New_York")
FIRST, END = datetime(2026, 1, 1, tzinfo=ZONE), datetime(2027, 1, 1, tzinfo=ZONE)
STATES = {"": "unknown", Outcome.AVAILABLE: "up", Outcome.AVAILABLE_GATED: "gated", Outcome.GEO_BLOCKED: "withheld"}


def in_period(request: TakedownRequest) -> bool:
    if request.clock_started_at:
        return FIRST <= request.clock_started_at < END
    sent = ClockEvent.objects.filter(request=request, kind=ClockEventKind.SENT).order_by("at").first()
    return sent is not None and FIRST <= sent.at < END


def left_out(request: TakedownRequest) -> str:
    if request.clock_state in {ClockState.WITHDRAWN, ClockState.VOIDED}:
        return "ended"
    if request.clock_started_at is None:
        return "unstarted"
    if request.adjudicated_verdict == "not_counted":
        return "dismissed"
    before = request.first_gone is not None and request.first_gone <= request.clock_started_at
    return "before" if before and request.verdict == "not_counted" else ""


def removal(request: TakedownRequest) -> tuple[str, str, int, int]:
    """State, outcome, and the bands in which it may have gone, by plain comparisons."""
    start = request.clock_started_at
    assert start
    watch = Watch.objects.filter(item=request.item_id).first() if request.first_gone is None and request.status in OPEN else None
    state = "gone" if request.gone_confirmed else STATES.get(watch.outcome, "unknown") if watch else "unknown"
    ups = [at for at in (request.last_up, watch.last_up if watch else None, start) if at]
    earliest = (max(ups) - start).total_seconds()
    until = request.first_gone if request.gone_confirmed and request.first_gone else NOW
    latest = (until - start).total_seconds()
    first = sum(earliest >= edge for edge in SECONDS)
    last = sum(latest > edge for edge in SECONDS)
    return state, request.gone_outcome if state == "gone" else "", first, last


def counted_as(request: TakedownRequest) -> str:
    if request.adjudicated_verdict:
        return request.adjudicated_verdict
    verdict = request.verdict_at(NOW)
    return "provisional" if verdict.provisional else verdict.value


def slow(request: TakedownRequest) -> RequestRow:
    why = left_out(request)
    known = ("", "", 0, 0) if why else removal(request)
    answers = set(PlatformAnswer.objects.filter(request=request).values_list("kind", flat=True))
    said = (
        counted_as(request) if request.clock_started_at else "",
        request.back_at is not None,
        request.policy.key == "tco_removal_order",
    )
    where = (request.platform.slug, request.platform.name, request.category, request.clock_started_at is not None, why)
    return RequestRow(*where, *known, *said, "annex_2" in answers, "annex_3" in answers, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", SEEDS)
def test_the_rows_agree_with_the_facts(seed: int) -> None:
    unit = agency()
    counted(agency=AgencyFactory.create(slug="south"), last_up=1, first_gone=2)
    expected = Counter(slow(request) for request in world(seed) if request.agency_id == unit.pk and in_period(request))
    rows = report("monitoring-round", unit, {"from": "2026-01-01", "to": "2026-12-31"}).cohort.rows
    assert len({astuple(replace(row, n=0)) for row in rows}) == len(rows)
    assert sum(expected.values()) > 50
    assert {replace(row, n=1): row.n for row in rows} == dict(expected)


def test_the_states_are_all_outcomes_that_are_up() -> None:
    assert {*STATES} - {""} == {*UP}


ROWS = st.builds(
    RequestRow,
    slug=st.just("web"),
    name=st.just("Web"),
    category=st.just("a_incite"),
    started=st.just(True),
    left_out=st.sampled_from(["", "", "", "ended", "unstarted", "dismissed", "before"]),
    state=st.sampled_from(["gone", "up", "gated", "withheld", "unknown"]),
    outcome=st.sampled_from([outcome.value for outcome in Outcome]),
    first=st.integers(0, 4),
    last=st.integers(0, 4),
    counted_as=st.sampled_from(["met", "breached"]),
    back=st.booleans(),
    is_order=st.booleans(),
    done=st.booleans(),
    impossible=st.booleans(),
    n=st.integers(1, 5),
)


def consistent(row: RequestRow) -> RequestRow:
    """As the query would have it: nothing more is said of what is left out, and what went did so in some band."""
    if row.left_out:
        return replace(row, state="", outcome="", first=0, last=0)
    first, last = sorted((row.first, row.last)) if row.state == "gone" else (row.first, row.last)
    return replace(row, outcome=row.outcome if row.state == "gone" else "", first=first, last=last)


@given(st.lists(ROWS.map(consistent), max_size=8))
def test_parts_add_up_and_bounds_hold(rows: list[RequestRow]) -> None:
    tally = Tally(rows)
    causes = tally.gone_by("platform_item", "platform_account", "user", "host", "unknown")
    assert causes == tally.state("gone")
    assert tally.followed == tally.state("gone", "up", "gated", "withheld", "unknown")
    assert tally.sent == tally.followed + sum(map(tally.left_out, ("unstarted", "dismissed", "before")))
    for low, high in (
        tally.removed,
        tally.not_removed,
        tally.answered,
        *map(tally.within, FROM_AN_HOUR),
        *map(tally.share_within, FROM_AN_HOUR),
    ):
        assert 0 <= low <= high <= tally.sent
    by_users, known = tally.gone_by("user"), tally.followed + tally.left_out("unstarted")
    assert tally.removed[0] + tally.not_removed[1] <= known
    assert tally.removed[1] + tally.not_removed[0] == known - by_users


@given(st.lists(ROWS.map(consistent), max_size=8))
def test_a_day_holds_an_hour_and_the_rest_of_it(rows: list[RequestRow]) -> None:
    tally = Tally(rows)
    (hour, rest), day = (tally.within(band) for band in FROM_AN_HOUR[:2]), tally.within(FROM_A_DAY[0])
    assert hour[0] + rest[0] <= day[0]
    assert max(hour[1], rest[1]) <= day[1] <= hour[1] + rest[1]
    assert sum(tally.within(band)[0] for band in FROM_A_DAY) <= tally.state("gone")


@pytest.mark.parametrize(
    ("state", "first", "last", "hour", "day", "share"),
    [
        ("gone", 0, 0, (1, 1), (1, 1), (1, 1)),
        ("gone", 0, 1, (0, 1), (1, 1), (1, 1)),
        ("gone", 1, 2, (0, 0), (0, 1), (0, 1)),
        ("unknown", 0, 4, (0, 1), (0, 1), (0, 1)),
        ("unknown", 3, 2, (0, 0), (0, 0), (0, 0)),
        ("up", 0, 4, (0, 0), (0, 0), (0, 0)),
        ("up", 1, 2, (0, 0), (0, 0), (0, 0)),
        *((state, 0, 1, (0, 0), (0, 0), (0, 1)) for state in STILL_UP),  # its day is not over
    ],
)
def test_a_removal_counts_where_it_may_have_been(state: str, first: int, last: int, hour: object, day: object, share: object) -> None:
    facts = ("web", "Web", "a_incite", True, "", state, "", first, last, "met", False, True, False, False, 1)
    tally = Tally([RequestRow(*facts)])  # in the order of the fields
    found = (tally.within(FROM_AN_HOUR[0]), tally.within(FROM_A_DAY[0]), tally.share_within(FROM_A_DAY[0]))
    assert found == (hour, day, share)


def test_spans_are_seconds_as_in_the_filters_of_the_queue() -> None:
    assert [band.span for band in FROM_AN_HOUR] == ["0-3600", "3600-86400", "86400-172800", "172800-604800", "604800-"]
    assert FROM_A_DAY[0].span == "0-86400"
