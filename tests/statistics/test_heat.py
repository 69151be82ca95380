"""Platforms against weeks: what is shown, what stands out, and the counts against the slow rule."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takedown.models import Agency, TakedownRequest
from takedown.statistics.heat import PLATFORMS, WEEKS, Heat, heat_of
from takedown.statistics.rows import ComplianceRow
from tests.statistics.rows import tallied
from tests.statistics.test_rule import SEEDS, ZONE, counts, generate
from tests.statistics.test_spread import row

MONDAY = date(2026, 3, 2)
WEEK = timedelta(days=7)
NUMBERS = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 9), st.integers(0, 9))


def of(cells: dict[tuple[int, str], tuple[int, ...]], *, first: date | None = None, last: date | None = None) -> Heat:
    """From (met, breached, indeterminate, unproven) by week, counted from the first Monday, and platform."""
    platforms = sorted({slug for _, slug in cells})
    rows = {(MONDAY + WEEK * week, platforms.index(slug)): row(slug, *numbers) for (week, slug), numbers in cells.items()}
    return heat_of(rows, first=first, last=last or MONDAY + WEEK * max((week for week, _ in cells), default=0))


def test_a_week_without_requests_is_an_empty_cell() -> None:
    heat = of({(0, "web"): (9, 1), (2, "web"): (9, 1), (2, "chat"): (30, 0)})
    assert heat.weeks == (MONDAY, MONDAY + WEEK, MONDAY + 2 * WEEK)
    assert [(line.slug, [cell and cell.standing.n for cell in line.cells]) for line in heat.lines] == [
        ("web", [10, None, 10]),
        ("chat", [None, None, 30]),
    ]


def test_the_weeks_are_those_of_the_period() -> None:
    heat = of({(1, "web"): (9, 1)}, first=MONDAY + timedelta(days=3), last=MONDAY + timedelta(days=20))
    assert heat.weeks == (MONDAY, MONDAY + WEEK, MONDAY + 2 * WEEK)
    assert of({}).finding == "No clock started in these weeks."


def test_what_stands_out_is_named_with_its_bounds() -> None:
    # All together: 28 of 130 surely missed, 29 perhaps. Chat: 20 of 30, 21 perhaps.
    heat = of({(0, "web"): (46, 4), (1, "web"): (46, 4), (1, "chat"): (9, 20, 1)})
    first = "Chat in the week of 9 March 2026 stands out"
    assert heat.finding == f"{first}: 66.7 % to 70.0 % of 30 missed, against 21.5 % to 22.3 % of all 130."
    assert [cell.out for cell in heat.cells] == [False, False, True]


def test_what_nobody_knows_makes_nothing_stand_out() -> None:
    heat = of({(0, "web"): (46, 4), (1, "web"): (46, 4), (1, "chat"): (9, 4, 10, 7)})
    assert heat.finding == "No platform and week misses clearly more deadlines than the rest; together it is 9.2 % to 22.3 % of all 130."


@pytest.mark.parametrize(("missed", "out"), [(17, False), (20, False), (25, True)])
def test_among_many_cells_more_is_asked_of_one(missed: int, out: bool) -> None:
    # Around 10 % of 100, 16 is the limit for one cell on its own; shared out among twenty it is 20.
    cells: dict[tuple[int, str], tuple[int, ...]] = {(week, slug): (90, 10) for week in range(4) for slug in "abcde"}
    heat = of({**cells, (2, "c"): (100 - missed, missed)})
    assert [cell.week for cell in heat.cells if cell.out] == ([MONDAY + 2 * WEEK] if out else [])


def test_few_requests_have_no_share_and_never_stand_out() -> None:
    heat = of({(0, "web"): (90, 10), (0, "chat"): (0, 9)})
    assert [(cell.standing.few, cell.out) for cell in heat.cells] == [(False, False), (True, False)]
    assert of({(0, "chat"): (0, 9)}).finding.startswith("No platform has 10 requests of one week")


def test_more_than_fits_is_said() -> None:
    heat = of({(week, f"p{place:02}"): (9, 1 + place) for week in range(WEEKS + 3) for place in range(PLATFORMS + 2)})
    assert (len(heat.weeks), len(heat.lines), heat.left_out) == (WEEKS, PLATFORMS, (3, 2))
    assert heat.weeks[-1] == MONDAY + WEEK * (WEEKS + 2)
    assert heat.lines[0].slug == f"p{PLATFORMS + 1:02}"  # with most requests
    assert heat.finding.endswith(" Shown are the last 26 weeks and the 12 platforms with most requests of 14.")


@settings(deadline=None)
@given(st.dictionaries(st.tuples(st.integers(0, 3), st.sampled_from(["web", "chat", "video"])), NUMBERS, min_size=1))
def test_nothing_stands_out_that_misses_no_more_than_all(cells: dict[tuple[int, str], tuple[int, ...]]) -> None:
    heat = of(cells)
    assert heat.total.n == sum(cell.standing.n for cell in heat.cells) == sum(map(sum, cells.values()))
    for cell in heat.cells:
        assert not cell.out or cell.standing.missed[0] > heat.total.missed[1]


@pytest.mark.django_db
@pytest.mark.parametrize("seed", SEEDS[:3])
def test_cells_agree_with_the_judge(seed: int) -> None:
    expected: dict[tuple[date, str], list[TakedownRequest]] = defaultdict(list)
    for request in generate(seed):
        assert request.clock_started_at
        day = request.clock_started_at.astimezone(ZONE).date()
        expected[day - timedelta(days=day.weekday()), request.platform.slug].append(request)
    Agency.objects.update(timezone=str(ZONE))
    found = tallied()
    heat = heat_of(found.weeks, first=None, last=found.filters.last_day)
    assert {(cell.week, cell.standing.slug) for cell in heat.cells} == set(expected)
    for cell in heat.cells:
        judged = counts(expected[cell.week, cell.standing.slug])
        assert {name: getattr(cell.standing, name) for name in ("met", "breached", "indeterminate", "unproven")}.items() <= judged.items()
        assert cell.requests == sum(judged.values())


def test_the_total_is_of_what_is_shown() -> None:
    rows: dict[tuple[date, int], ComplianceRow] = {
        (MONDAY - WEEK * WEEKS, 1): row("web", 50, 50),
        (MONDAY, 1): replace(row("web", 8, 2), requests=10),
    }
    assert heat_of(rows, first=None, last=MONDAY).total.n == 10
