"""Platforms against each other, from rows written by hand. No database."""

import pytest

from takedown.statistics.rows import ComplianceRow
from takedown.statistics.spread import Spread, spread_of


def row(slug: str, met: int, breached: int, indeterminate: int = 0, unproven: int = 0) -> ComplianceRow:
    others = {"pending": 3, "suspended": 2, "not_counted": 4, "provisional": 5, "returned": 0, "standing": 0, "timed": 0}
    requests = met + breached + indeterminate + unproven + 14
    verdicts = {"met": met, "breached": breached, "indeterminate": indeterminate, "unproven": unproven}
    return ComplianceRow(
        requests, platform_id=1, slug=slug, name=slug.capitalize(), shortest_period=None, longest_period=None, **verdicts, **others
    )


def by_name(spread: Spread) -> dict[str, str]:
    return {one.name: one.verdict for one in spread.platforms}


def test_what_nobody_knows_widens_the_share_on_the_upper_side() -> None:
    # 10 met, 4 breached, 3 indeterminate, 3 unproven of 20: 50 % .. 80 %
    [one] = spread_of([row("web", 10, 4, 3, 3)]).platforms
    assert (one.n, one.share, one.few) == (20, (0.5, 0.8), False)
    assert one.reach == pytest.approx((0.2993, 0.9193), abs=1e-4)


def test_the_lowest_upper_bound_stands_first_and_few_requests_last() -> None:
    spread = spread_of([row("few", 0, 9), row("good", 90, 10), row("bad", 30, 70), row("vague", 20, 20, 60)])
    assert [one.slug for one in spread.platforms] == ["bad", "vague", "good", "few"]
    assert spread.platforms[-1].verdict == "fewer than 10"


def test_only_what_lies_beyond_the_limits_is_named() -> None:
    # All together 80.3 %: of 100, fewer than 68 are beyond the 99.8 % limit, fewer than 72 beyond the 95 % limit.
    spread = spread_of([row("video", 40, 60), row("chat", 71, 29), row("web", 860, 140), row("few", 0, 9)])
    assert by_name(spread) == {
        "Video": "less often, beyond 99.8 %",
        "Chat": "less often, beyond 95 %",
        "Web": "more often, beyond 99.8 %",
        "Few": "fewer than 10",
    }
    assert spread.finding == (
        "In time less often than chance explains: Video (40.0 % of 100, beyond 99.8 %) and Chat (71.0 % of 100, beyond 95 %), "
        "against 80.3 % of all 1,209."
    )


def test_doubt_makes_no_outlier() -> None:
    """Thirty more breaches would put it below; thirty that nobody looked at do not."""
    assert by_name(spread_of([row("video", 40, 30, unproven=30), row("web", 80, 20)]))["Video"] == "no clear difference"
    assert by_name(spread_of([row("video", 40, 60), row("web", 80, 20)]))["Video"] == "less often, beyond 99.8 %"


def test_doubt_about_the_others_makes_no_outlier_either() -> None:
    # All together 52.7 % .. 98.2 %: 80 % lies between what all may be.
    spread = spread_of([row("video", 80, 20), row("web", 500, 0, unproven=500)])
    assert by_name(spread) == {"Video": "no clear difference", "Web": "no clear difference"}
    high = spread_of([row("video", 90, 10), row("web", 500, 0, unproven=500), row("chat", 0, 500)])
    assert by_name(high)["Video"] == "more often, beyond 99.8 %"


@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        (
            [row("a", 60, 40), row("b", 62, 38)],
            "No platform is in time clearly less often than the rest; together it is 61.0 % of all 200.",
        ),
        ([row("a", 10, 90)], "A is in time in 10.0 % of 100; there is no other platform to compare with."),
        ([row("a", 3, 2)], "No platform has 10 requests that are decided or past due, too few to compare."),
        ([], "No platform has 10 requests that are decided or past due, too few to compare."),
        (
            [row("a", 0, 100), row("b", 0, 50), row("c", 0, 50), row("d", 999, 1)],
            "In time less often than chance explains: A (0.0 % of 100, beyond 99.8 %), B (0.0 % of 50, beyond 99.8 %) and "
            "C (0.0 % of 50, beyond 99.8 %), against 83.2 % of all 1,200.",
        ),
    ],
)
def test_the_finding_is_one_sentence(rows: list[ComplianceRow], finding: str) -> None:
    assert spread_of(rows).finding == finding


def test_without_requests_the_share_is_anything() -> None:
    assert spread_of([]).total.share == (0.0, 1.0)


def test_one_platform_alone_is_not_held_against_itself() -> None:
    assert not spread_of([row("a", 10, 90)]).comparable
    assert not spread_of([row("a", 1, 1), row("b", 1, 1)]).comparable
    assert spread_of([row("a", 10, 90), row("b", 1, 1)]).comparable
