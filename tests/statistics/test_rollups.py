"""Roll-ups: equal to the slow rule before, while and after they are added up; never behind the requests. CI tries 1,000 worlds."""

import os
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from takedown.choices import UP, VerdictValue
from takedown.models import Agency, RollupHistogram, RollupLevel, RollupMark, RollupRun, RollupSpan, TakedownRequest, User, Watch
from takedown.statistics import rollups
from takedown.statistics.bands import bands_of
from takedown.statistics.rows import BracketRow
from takedown.statistics.tally import Tally, open_by_age, tally
from tests.factories import AgencyFactory, UserFactory
from tests.statistics import worlds as slow
from tests.statistics.rows import NOW, all_time, counted, tallied
from tests.statistics.test_bands import watched
from tests.statistics.worlds import World, worlds

pytestmark = pytest.mark.django_db

CHUNKS, WORLDS = 10, int(os.environ.get("WORLDS", "200")) // 10
DAY = timedelta(days=1)


def refresh() -> int:
    return rollups.refresh(NOW)


def read(world: World) -> Tally:
    return tally(all_time(world.agency.pk, world.agency.timezone), NOW)


def agrees(world: World, found: Tally) -> None:
    """What was counted is what the slow rule says of each request."""
    numbers: Counter[tuple[date, str, str]] = Counter()
    for (week, _), row in found.weeks.items():
        names = [verdict.value for verdict in VerdictValue if verdict != VerdictValue.NOT_STARTED]
        numbers.update({(week, row.slug, name): n for name in (*names, "provisional") if (n := getattr(row, name))})
    assert numbers == slow.counts(world)
    assert sum(row.requests for row in found.platforms) == sum(row.requests for row in found.by_week) == numbers.total()
    brackets: Counter[tuple[str, int, int | None]] = Counter()
    for one in found.brackets:
        brackets[one.way, one.last_up, one.first_gone] += one.n
    together: Counter[tuple[str, int, int | None]] = Counter()
    for (_, way, up, gone), n in slow.brackets(world, coarse=found.coarse).items():
        together[way, up, gone] += n
    assert brackets == together
    ids = {slug: platform_id for platform_id, (slug, _) in found.names.items()}
    exact = [BracketRow(ids[slug], way, up, gone, n) for (slug, way, up, gone), n in slow.brackets(world, coarse=False).items()]
    assert bands_of(found.banded, found.names) == bands_of(exact, found.names)
    bands = open_by_age(all_time(world.agency.pk, world.agency.timezone), NOW)
    by_age = slow.ages(world)
    for band in bands:
        late, early = by_age[band.seconds_from, True], by_age[band.seconds_from, False]
        assert (band.requests, band.overdue) == (late + early, late)


@pytest.mark.parametrize("seed", range(CHUNKS))
def test_requests_and_roll_ups_agree_with_the_slow_rule(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    them = worlds(seed, WORLDS)
    for world in them:
        agrees(world, read(world))
    while refresh():
        pass
    assert not RollupMark.objects.exists()
    monkeypatch.setattr("takedown.statistics.tally.MANY", 0)
    for world in them:
        agrees(world, read(world))
    assert RollupSpan.objects.filter(level=RollupLevel.MONTH).count() > WORLDS
    changed = them[::10]
    for world in changed:
        for request in world.requests[::3]:
            request.adjudicated_verdict, request.adjudicated_by = "met", User.objects.get(username="bob")
            request.adjudicated_reason = "Seen on the platform's own page."
            request.save()
        agrees(world, read(world))  # some days from the roll-ups, some from the requests
    refresh()
    for world in changed:
        agrees(world, read(world))


@pytest.mark.parametrize(
    ("change", "marked"),
    [
        ({"adjudicated_verdict": "met", "adjudicated_reason": "Seen."}, True),
        ({"due_at": NOW}, True),
        ({"clock_started_at": NOW - 3 * DAY}, True),
        ({"status": "refused"}, True),
        ({"back_at": NOW}, True),
        ({"explanation": "Calls for attacks."}, False),
        ({"severity": "high"}, False),
    ],
)
def test_what_is_counted_leaves_a_mark_when_it_changes(change: dict[str, object], marked: bool) -> None:
    request = counted(last_up=20)
    refresh()
    if "adjudicated_verdict" in change:
        change = {**change, "adjudicated_by": UserFactory.create(username="bob")}
    TakedownRequest.objects.filter(pk=request.pk).update(**change)
    assert RollupMark.objects.exists() is marked
    before = {RollupMark.objects.values_list("day", flat=True).filter(level="day").order_by("day").first()} - {None}
    days = {NOW.date(), (NOW - 3 * DAY).date()} if "clock_started_at" in change else {NOW.date()}
    assert before <= days


def test_a_day_that_a_request_leaves_is_added_up_again() -> None:
    request = counted(last_up=20)
    refresh()
    TakedownRequest.objects.filter(pk=request.pk).update(clock_started_at=NOW - 3 * DAY)
    refresh()
    assert tallied(since=NOW - DAY).platforms == []
    assert [row.requests for row in tallied(since=NOW - 5 * DAY).platforms] == [1]


@pytest.mark.django_db(transaction=True)
def test_what_is_changed_during_a_run_keeps_its_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = counted(last_up=20), counted(3 * DAY, last_up=20)
    refresh()
    TakedownRequest.objects.filter(pk=first.pk).update(back_at=NOW)
    add_up = rollups._add_up
    other = connection.copy()

    def meanwhile(*arguments: object) -> None:
        with other.cursor() as cursor:  # commits by itself, between the marks being taken and the day being read
            cursor.execute("UPDATE takedown_takedownrequest SET gone_outcome = 'host_gone' WHERE id = %s", [second.pk])
        add_up(*arguments)  # type: ignore[arg-type]  # whatever it is called with

    monkeypatch.setattr(rollups, "_add_up", meanwhile)
    try:
        with transaction.atomic():
            rollups._step(first.agency, NOW)
    finally:
        other.close()
    assert list(RollupMark.objects.filter(level="day").values_list("day", flat=True).distinct()) == [(NOW - 3 * DAY).date()]


@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_cut_off_loses_nothing_and_shows_in_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    counted(last_up=20)

    def cut_off(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(rollups, "_add_up", cut_off)
        with pytest.raises(SystemExit):
            refresh()
    assert RollupRun.objects.get().done_at is None
    assert RollupMark.objects.filter(level="day").exists()
    assert not RollupSpan.objects.exists()
    assert refresh() == 2
    assert RollupRun.objects.exclude(done_at=None).get().spans == 2
    assert refresh() == 0
    assert RollupRun.objects.count() == 2  # a run with nothing to do is none


@pytest.mark.django_db(transaction=True)
def test_only_one_run_at_a_time() -> None:
    counted(last_up=20)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [rollups._LOCK])
        assert refresh() == 0
        assert RollupMark.objects.exists()
    finally:
        other.close()


@pytest.mark.parametrize(
    ("age", "later", "again"),
    [
        (timedelta(hours=2), timedelta(seconds=59), False),
        (timedelta(hours=2), timedelta(hours=1), True),
        (10 * DAY, timedelta(hours=5), False),
        (10 * DAY, timedelta(hours=6), True),
    ],
)
def test_what_is_watched_is_read_again_as_it_grows_older(age: timedelta, later: timedelta, again: bool) -> None:
    request = counted(age, last_up=20, watched_up=30)
    refresh()
    Watch.objects.filter(item=request.item).update(last_up=NOW)
    rollups.refresh(NOW + later)
    found = tally(all_time(request.agency_id), NOW)
    assert (RollupSpan.objects.get(level="day").done_at == NOW + later) is again
    assert [row.last_up for row in found.brackets] == [age.total_seconds()]  # few: to the second, from the requests


def test_days_that_have_aged_and_months_get_their_turn_while_marks_keep_coming(monkeypatch: pytest.MonkeyPatch) -> None:
    request = counted(40 * DAY, last_up=20, watched_up=30)
    add_up = rollups._add_up

    def busy(agency: Agency, days: list[date], now: datetime) -> None:
        add_up(agency, days, now)
        RollupMark.objects.create(agency=agency, level="day", day=NOW.date())

    monkeypatch.setattr(rollups, "_add_up", busy)
    for now in (NOW, NOW + DAY):
        rollups._step(request.agency, now)
    assert RollupSpan.objects.get(level="day", first=(NOW - 40 * DAY).date()).done_at == NOW + DAY
    assert RollupSpan.objects.filter(level="month").exists()


def test_looks_that_go_blind_are_seen_at_once() -> None:
    request = counted(6 * DAY, last_up=65, hours=None)
    watched(request, "available", 65)
    refresh()
    for outcome, mark in (("geo_blocked", False), ("indeterminate", True), ("private", False), ("available", True)):
        Watch.objects.update(outcome=outcome)
        assert RollupMark.objects.exists() is mark, outcome
        [row] = tallied().banded
        assert row.way == ("up" if outcome in UP else "unknown")
        refresh()


@pytest.mark.parametrize("zone", ["America/Vancouver", "Africa/Casablanca", "CET", "Europe/Paris", "Asia/Kathmandu"])
def test_what_two_time_zone_databases_disagree_about_is_counted(zone: str) -> None:
    midnight = datetime(2026, 3, 10, tzinfo=ZoneInfo(zone))
    starts = [midnight + timedelta(minutes=minute) for minute in (-90, -59, -1, 0, 1, 59, 90)]
    agency = AgencyFactory.create(timezone=zone)
    for start in starts:
        counted(NOW - start, agency=agency, last_up=20, first_gone=21)
    with connection.cursor() as cursor:  # as if the database had another idea of the zone
        for off in (-1, 1):
            cursor.execute("DELETE FROM takedown_rollupmark")
            cursor.execute(
                "INSERT INTO takedown_rollupmark (agency_id, level, day) SELECT DISTINCT d.* FROM takedown_takedownrequest r "
                "CROSS JOIN takedown_days(r.agency_id, r.clock_started_at + %s * interval '1 hour', r.opened_at) AS d",
                [off],
            )
            assert sum(row.requests for row in tally(all_time(agency.pk, zone), NOW).platforms) == len(starts)


def test_the_database_refuses_what_is_no_time_zone() -> None:
    agency = AgencyFactory.create()
    for name in ("Europe/Paaris", ""):
        with pytest.raises(DatabaseError), transaction.atomic():
            Agency.objects.update(timezone=name)
    for name in ("europe/paris", "UTC+3", "localtime", "Mars/Olympus"):
        agency.timezone = name
        with pytest.raises(ValidationError):
            agency.full_clean()


def test_an_agency_that_cannot_be_added_up_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    odd = counted(last_up=20, first_gone=21)
    counted(last_up=20, first_gone=21, agency=AgencyFactory.create(slug="south"))
    Agency.objects.filter(pk=odd.agency_id).update(timezone="utc+3")  # PostgreSQL knows what that means
    refresh()
    assert "The days of North Unit cannot be added up" in caplog.text
    assert set(RollupSpan.objects.values_list("agency__slug", flat=True)) == {"south"}


@pytest.mark.django_db(transaction=True)
def test_a_zone_waits_for_a_run_and_a_run_for_a_zone() -> None:
    counted(timedelta(hours=13), last_up=20, first_gone=21)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [rollups._LOCK])
            with connection.cursor() as mine:
                mine.execute("SET lock_timeout = '50ms'")
            with pytest.raises(DatabaseError, match="lock timeout"):
                Agency.objects.update(timezone="Asia/Tokyo")
            cursor.execute("SELECT pg_advisory_unlock(%s)", [rollups._LOCK])
        with transaction.atomic():
            Agency.objects.update(timezone="Asia/Tokyo")
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [rollups._LOCK])
                assert cursor.fetchone() == (False,)
    finally:
        other.close()
        with connection.cursor() as mine:
            mine.execute("RESET lock_timeout")


def test_an_absurd_year_is_counted_and_stops_nothing() -> None:
    request = counted(last_up=20, watched_up=30)
    TakedownRequest.objects.filter(pk=request.pk).update(clock_started_at=datetime(1926, 3, 1, tzinfo=UTC))
    refresh()
    assert not RollupMark.objects.exists()
    assert [row.requests for row in tallied().platforms] == [1]


def test_a_month_is_added_up_when_it_is_over() -> None:
    counted(20 * DAY, last_up=20, first_gone=21)  # in February
    counted(last_up=20, first_gone=21)
    assert refresh() == 5  # two days of clocks, two of openings, and February
    [february] = RollupSpan.objects.filter(level=RollupLevel.MONTH)
    assert february.first == date(2026, 2, 1)
    assert RollupHistogram.objects.filter(span=february).count() == 1
    rollups.refresh(NOW + 14 * DAY)
    assert RollupSpan.objects.filter(level=RollupLevel.MONTH).count() == 2


def test_another_zone_moves_the_days() -> None:
    request = counted(timedelta(hours=13), last_up=20, first_gone=21)  # 23:00 on the 17th
    refresh()
    Agency.objects.update(timezone="Asia/Tokyo")
    assert set(RollupMark.objects.filter(level="day").values_list("day", flat=True)) == {date(2026, 3, 18)}
    refresh()
    assert RollupSpan.objects.get(level="day", agency=request.agency_id).first == date(2026, 3, 18)


def test_everything_can_be_built_again(capsys: pytest.CaptureFixture[str]) -> None:
    counted(last_up=20, first_gone=21)
    counted(40 * DAY, last_up=65)
    refresh()
    whole = tallied()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE takedown_rollupcount SET met = 7; DELETE FROM takedown_rolluphistogram")
    assert tallied() != whole
    call_command("rollup", "--rebuild")
    assert tallied() == whole
    assert "0 days left" in capsys.readouterr().out
    assert not RollupMark.objects.exists()
