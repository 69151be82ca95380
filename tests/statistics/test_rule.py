"""What is counted against the slow rule, on generated requests."""

import random
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from takedown.choices import GONE, OPEN, ClockState, VerdictValue
from takedown.models import Agency, TakedownRequest
from takedown.statistics.rows import ComplianceRow, WeekRow
from takedown.statistics.tally import open_by_age
from takedown.verdict import Verdict
from tests.factories import PlatformFactory
from tests.statistics.rows import NOW, all_time, counted, tallied

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("America/New_York")
SEEDS = range(10)
ROWS = 60
NAMES = ("met", "indeterminate", "breached", "pending", "unproven", "suspended", "not_counted")


def generate(seed: int) -> list[TakedownRequest]:
    """Requests on the edges of the rule: whole and half minutes around the deadline, judged now or some time ago."""
    pick = random.Random(seed)
    platforms = [PlatformFactory.create(slug=slug) for slug in ("web", "video", "chat")]
    requests = []
    for _ in range(ROWS):
        ago = pick.choice([timedelta(minutes=pick.randrange(0, 130)), timedelta(hours=pick.randrange(3, 24 * 60))])
        hours = pick.choice([1, 1, 1, 24, None])
        edges = [None, -10, 0, 5, 30, 59.5, 60, 60.5, 75, 24 * 60, 24 * 60 + 1]
        elapsed = ago / timedelta(minutes=1)
        last_up = pick.choice([edge for edge in edges if edge is None or edge <= elapsed])
        first_gone = pick.choice([edge for edge in edges if edge is None or (-20 if last_up is None else last_up) < edge <= elapsed])
        state = pick.choices([ClockState.RUNNING, ClockState.SUSPENDED, ClockState.WITHDRAWN], [8, 1, 1])[0]
        seen = max(last_up or 0, first_gone or 0)
        requests.append(
            counted(
                ago,
                item__platform=pick.choice(platforms),
                last_up=last_up,
                first_gone=first_gone,
                confirmed=pick.random() < 0.8,
                state=state,
                hours=hours,
                # A sweep that came by at any time since the last sighting leaves the verdict of then.
                judged_at=NOW - ago + timedelta(minutes=pick.uniform(seen, elapsed)),
                gone_outcome=pick.choice(sorted(GONE)) if first_gone is not None else "",
                adjudicated=pick.choices(["", "met", "breached", "not_counted"], [12, 1, 1, 1])[0],
            )
        )
    return requests


def judged(request: TakedownRequest) -> tuple[str, bool]:
    """The verdict that counts and whether it is provisional, by the slow rule."""
    if request.adjudicated_verdict:
        return request.adjudicated_verdict, False
    verdict: Verdict = request.verdict_at(NOW)
    return verdict.value, verdict.provisional


def counts(requests: list[TakedownRequest]) -> dict[str, int]:
    found = Counter("provisional" if provisional else value for value, provisional in map(judged, requests))
    return {name: found[name] for name in (*NAMES, "provisional")}


def of_row(row: ComplianceRow | WeekRow) -> dict[str, int]:
    return {name: getattr(row, name) for name in (*NAMES, "provisional")}


@pytest.mark.parametrize("seed", SEEDS)
def test_compliance_agrees_with_the_judge(seed: int) -> None:
    requests = generate(seed)
    rows = tallied().platforms
    assert {row.slug: of_row(row) for row in rows} == {
        slug: counts(of_platform)
        for slug in {request.platform.slug for request in requests}
        if (of_platform := [request for request in requests if request.platform.slug == slug])
    }
    assert sum(row.requests for row in rows) == ROWS


@pytest.mark.parametrize("seed", SEEDS)
def test_weeks_agree_with_the_judge(seed: int) -> None:
    requests = generate(seed)

    def monday(request: TakedownRequest) -> object:
        assert request.clock_started_at
        day = request.clock_started_at.astimezone(ZONE).date()
        return day - timedelta(days=day.weekday())

    Agency.objects.update(timezone=str(ZONE))
    rows = tallied().by_week
    assert sum(row.requests for row in rows) == ROWS
    for row in rows:
        assert of_row(row) == counts([request for request in requests if monday(request) == row.week])


@pytest.mark.parametrize("seed", SEEDS)
def test_overdue_agrees_with_the_judge(seed: int) -> None:
    requests = generate(seed)
    rows = open_by_age(all_time(requests[0].agency_id), NOW)
    late = (VerdictValue.BREACHED, VerdictValue.UNPROVEN)
    still_open = [request for request in requests if request.status in OPEN]
    assert sum(row.requests for row in rows) == len(still_open)
    undecided = [request for request in still_open if not request.adjudicated_verdict]
    assert sum(row.overdue for row in rows) == sum(request.verdict_at(NOW).value in late for request in undecided)


@pytest.mark.parametrize("seed", SEEDS)
def test_brackets_agree_with_the_facts(seed: int) -> None:
    requests = generate(seed)
    expected: Counter[tuple[str, int, int | None, bool, str]] = Counter()
    for request in requests:
        start = request.clock_started_at
        assert start
        ended = request.clock_state == ClockState.WITHDRAWN or request.adjudicated_verdict == VerdictValue.NOT_COUNTED
        if ended or (request.first_gone and request.first_gone <= start):
            continue
        gone = seconds(start, request.first_gone) if request.gone_confirmed else None
        how = request.gone_outcome if gone is not None else ""
        up = max(seconds(start, request.last_up) or 0, 0)
        expected[request.platform.slug, up, gone, request.first_gone is not None and gone is None, how] += 1
    found = tallied()
    rows = {(found.names[row.platform_id][0], row.last_up, row.first_gone, row.provisional, row.outcome): row.n for row in found.brackets}
    assert rows == dict(expected)


def seconds(start: datetime, instant: datetime | None) -> int | None:
    return None if instant is None else int((instant - start).total_seconds())
