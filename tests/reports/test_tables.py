"""The tables against numbers counted by hand, what is withheld, and what is left to be filled in."""

from datetime import UTC, datetime, timedelta

import pytest

from takedown.choices import ClockEventKind, ClockState, Outcome, RequestStatus
from takedown.models import Agency, ClockEvent, RemovalOrder
from takedown.reports import KINDS, Report, lines, read
from takedown.reports.cells import FEW, NOT_RECORDED, Between, between, shares
from takedown.reports.report import Kind
from takedown.statistics.cells import Cell, Count, Table
from takedown.statistics.figures import reach_text
from tests.factories import AgencyFactory, PlatformFactory, PolicyFactory, RequestFactory, UserFactory
from tests.reports.world import NOW, agency, gone, report, world
from tests.statistics.rows import counted
from tests.statistics.test_bands import watched

pytestmark = pytest.mark.django_db


def table(found: Report, title: str) -> Table:
    [one] = [table for section in found.sections for table in section.tables if table.title == title]
    return one


def line(found: Report, title: str, name: str = "All platforms") -> dict[str, Cell]:
    """Cells of one row by column."""
    one = table(found, title)
    [row] = [row for row in one.rows if row[0] == name]
    return dict(zip(one.columns, row, strict=True))


def figures(found: Report, title: str) -> dict[str, Cell]:
    """Numbers of a form by figure."""
    return {str(row[0]): row[1] for row in table(found, title).rows}


@pytest.fixture
def orders() -> Agency:
    """Ten orders: six surely gone within the hour, of which the platform names itself for two and the author for one; one gone after it;
    one gone around it; one up; one not known. Beside these one withdrawn, one gone before, one dismissed, one without a receipt."""
    unit = agency()
    policy = PolicyFactory.create(key="tco_removal_order", name="TCO removal order")
    said = [Outcome.REMOVED_BY_PLATFORM, Outcome.ACCOUNT_SUSPENDED, Outcome.REMOVED_BY_USER] + [Outcome.GONE_UNATTRIBUTED] * 3
    for outcome in said:
        gone(1, policy=policy, gone_outcome=outcome)
    gone(1, 75, policy=policy, gone_outcome=Outcome.HOST_GONE)
    counted(policy=policy, last_up=50, first_gone=70, gone_outcome=Outcome.GONE_UNATTRIBUTED)
    watched(counted(policy=policy, last_up=70), Outcome.AVAILABLE, 110)
    counted(policy=policy, last_up=30)
    counted(policy=policy, state=ClockState.WITHDRAWN)
    counted(policy=policy, first_gone=-5)
    counted(policy=policy, last_up=10, adjudicated="not_counted")
    sent = RequestFactory.create(policy=policy, status=RequestStatus.SENT)
    ClockEvent.objects.create(agency=unit, request=sent, kind=ClockEventKind.SENT, at=NOW - timedelta(days=3), recorded_at=NOW)
    gone(1)  # no order
    return unit


def test_the_authority_counts_orders_and_nothing_twice(orders: Agency) -> None:
    found = figures(report("tco-authority", orders), "Removal orders")
    expected = {
        "8(1)(a) Removal orders issued under Article 3": 13,
        "of these, with a receipt on record": 12,
        "of these, sent without a receipt on record": 1,
        "not in these: void or withdrawn": 1,
        "8(1)(a) Subject to Article 4(1): cross-border": "0 to 13",
        "8(1)(a) Scrutinised under Article 4": NOT_RECORDED,
        "8(1)(a) Content removed or access disabled": "2 to 9",
        "8(1)(a) Content not removed, access not disabled": "1 to 3",
        "Content gone, whoever removed it": 8,
        "of these: its author or other users": 1,
        "of these: cause unknown": 4,
        "Not known whether gone": 1,
        "Still up at the last look": 1,
        "Gone before the order was received": 1,
        "Not counted by a person": 1,
    }
    assert {name: found[name] for name in expected} == expected


def test_the_speed_is_given_within_bounds(orders: Agency) -> None:
    speed = line(report("tco-authority", orders), "Speed of removal")
    expected = ["All platforms", 10, "6 to 8", "1 to 3", 0, 0, 0, 1, 1, "60.0 % to 80.0 %"]
    assert [str(cell) for cell in [*speed.values()][:-1]] == [str(cell) for cell in expected]
    assert speed["95 % interval"] == "31.3 % to 94.3 %"  # Wilson: lower of 6/10, upper of 8/10


def test_by_when_half_is_gone_comes_with_its_interval(orders: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "Time until half is gone"
    found = table(report("tco-authority", orders), name)
    assert found.n == 10
    assert [row[1] for row in found.rows] == ["20 min to 21 min", "20 min to 1 h 15 min"]
    assert "drawn anew 500 times (seed 1)" in str(found.rows[1][2])
    monkeypatch.setattr("takedown.reports.tables.BOOTSTRAPPED", 9)
    monkeypatch.setattr("takedown.reports.tables.bootstrap_quantile", None)
    found = table(report("tco-authority", orders), name)
    assert [row[1] for row in found.rows] == ["20 min to 21 min", reach_text(report("tco-authority", orders).cohort.removal.half_reach)]
    assert "not by bootstrap" in str(found.rows[1][2])


def test_of_few_nobody_says_when_half_is_gone() -> None:
    unit = agency()
    gone(9)
    found = table(report("monitoring-round", unit), "Time until half is gone")
    assert (found.n, [row[1] for row in found.rows]) == (9, [FEW, FEW])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_half_is_half_of_what_is_followed(seed: int) -> None:
    unit = world(seed)[0].agency
    for kind in KINDS:
        found = report(kind, unit)
        assert found.cohort.removal.items == found.cohort.all.followed


def test_the_deadline_is_judged_as_on_the_dashboard(orders: Agency) -> None:
    found = line(report("tco-authority", orders), "Against the deadline")
    names = ("Decided", "Met", "Indeterminate", "Breached", "Unproven", "Not counted")
    assert [found[name] for name in names] == [9, 6, 1, 2, 1, 2]
    assert found["Share met"] == FEW


@pytest.mark.parametrize("adjudicated", ["", "breached", "met"])
def test_a_withdrawn_order_is_in_no_column_and_no_list_has_more_than_its_number(adjudicated: str) -> None:
    unit = agency()
    policy = PolicyFactory.create(key="tco_removal_order")
    gone(1, 75, policy=policy)
    counted(policy=policy, last_up=5, state=ClockState.WITHDRAWN, adjudicated=adjudicated)
    found = line(report("tco-authority", unit), "Against the deadline")
    numbers = {name: found[name] for name in ("Decided", "Met", "Breached", "Not counted")}
    assert numbers == {"Decided": 1, "Met": 0, "Breached": 1, "Not counted": 0}
    unlinked = {"": {"Not counted"}, "breached": {"Decided", "Breached"}, "met": {"Decided", "Met"}}[adjudicated]
    assert {name for name, cell in numbers.items() if not isinstance(cell, Count)} == unlinked


@pytest.mark.parametrize(("hours", "share"), [(13, "0.0 % to 100.0 %"), (24, "0.0 % to 100.0 %"), (25, "0.0 %")])
def test_the_share_of_a_time_that_is_not_over_is_open_upwards(hours: int, share: str) -> None:
    unit = agency()
    for _ in range(10):
        watched(counted(timedelta(hours=hours), last_up=779, hours=48), Outcome.AVAILABLE, hours * 60 - 1)
    speed = line(report("monitoring-round", unit), "Speed of removal")
    assert (speed["Within 24 h"], speed["Still up"], speed["Share within 24 h"]) == (0, 10, share)
    assert str(speed["95 % interval"]).endswith("100.0 %") is (hours <= 24)


@pytest.mark.parametrize(("sent", "year"), [(-1, "2025"), (0, "2026"), (None, "2025")])
def test_an_order_is_issued_when_it_was_first_sent_whenever_its_clock_restarted(sent: int | None, year: str) -> None:
    """Around midnight of New York. Without a sending on record the first start of the clock counts."""
    unit = agency()
    midnight = datetime(2026, 1, 1, 5, tzinfo=UTC)
    order = counted(NOW - midnight - timedelta(days=2), policy=PolicyFactory.create(key="tco_removal_order"), last_up=5)
    order.clock_first_started_at = midnight - timedelta(seconds=1)
    order.save(update_fields=("clock_first_started_at",))
    RemovalOrder.objects.create(
        request=order,
        agency=unit,
        fields={"is_cross_border": True},
        saved_at=NOW,
        saved_by=UserFactory.create(username="author", password=""),
    )
    ends = [(ClockEventKind.CLARIFICATION_RECEIVED, timedelta(days=2))]
    if sent is not None:
        ends += [(ClockEventKind.SENT, timedelta(seconds=sent)), (ClockEventKind.SENT, timedelta(days=1))]
    for kind, after in ends:
        ClockEvent.objects.create(agency=unit, request=order, kind=kind, at=midnight + after, recorded_at=NOW)
    counted(policy=order.policy, agency=AgencyFactory.create(slug="south"))
    counted(policy=order.policy, state=ClockState.WITHDRAWN)
    for each in ("2025", "2026"):
        found = report("tco-authority", unit, {"year": each})
        forms = figures(found, "Removal orders"), figures(found, "Orders and items")
        issued = int(each == year)
        names = ("8(1)(a) Removal orders issued under Article 3", "8(1)(a) Subject to Article 4(1): cross-border")
        assert [forms[0][name] for name in names] == [issued, issued]
        assert forms[1]["21(1)(a) Removal orders issued under Article 3"] == issued
        assert forms[0]["Removal orders of the year by their clock"] == int(each == "2026")


def test_a_round_counts_days_and_says_what_is_not_recorded() -> None:
    unit = agency()
    gone(2)
    counted(timedelta(hours=60), last_up=30, first_gone=2900)
    found = report("monitoring-round", unit)
    speed = line(found, "Speed of removal")
    assert [speed[name] for name in ("Within 24 h", "24 h to 48 h", "48 h to 7 d", "Later", "Still up")] == [
        "2 to 3",
        "0 to 1",
        "0 to 1",
        0,
        0,
    ]
    assert line(found, "Notices sent")["Answered"] == NOT_RECORDED
    assert {*figures(found, "Assessment").values()} == {NOT_RECORDED}


def test_answers_are_known_of_orders_only() -> None:
    unit = agency()
    gone(1, policy=PolicyFactory.create(key="tco_removal_order"))
    gone(2)
    assert line(report("monitoring-round", unit), "Notices sent")["Answered"] == "0 to 2"
    assert line(report("monitoring-round", unit, {"policy": "tco_removal_order"}), "Notices sent")["Answered"] == 0


def test_a_flagger_reports_by_provider_type_and_action() -> None:
    unit = agency()
    notice = PolicyFactory.create(key="dsa_art16_notice", unit="none", duration=0)
    gone(2, policy=notice, hours=None, category="hate_speech")
    gone(1, policy=notice, hours=None, gone_outcome=Outcome.REMOVED_BY_USER, item__platform=PlatformFactory.create(slug="video"))
    watched(counted(policy=notice, hours=None), Outcome.GEO_BLOCKED, 60)
    gone(1)  # under another policy
    found = report("trusted-flagger", unit, {"policy": "dsa_art16_notice"})
    by_provider = table(found, "By provider, and action taken")
    assert [row[:2] for row in by_provider.rows] == [("Video", 1), ("Web", 3), ("All platforms", 4)]
    types = "By type of alleged illegal content, and action taken"
    hate = line(found, types, "Illegal hate speech")
    assert (hate["Sent"], hate["Gone: the platform, the item"]) == (2, 2)
    everything = line(found, types, "All types")
    assert (everything["Gone: its author or other users"], everything["Still up"], everything["Still up, restricted"]) == (1, 1, 1)
    [blank] = [blank for section in found.sections for blank in section.blanks]
    assert "independence" in blank


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_is_not_recorded_is_never_nought(kind: Kind) -> None:
    found = report(kind.slug, agency())
    by_hand = [row for section in found.sections for table in section.tables for row in table.rows if row[1] == NOT_RECORDED]
    assert by_hand
    assert all(any(word in str(row[0]) for word in ("8(1)", "21(1)", "Decisions", "Notices")) for row in by_hand)


def test_what_somebody_decides_elsewhere_is_left_to_be_filled_in() -> None:
    found = report("tco-authority", agency())
    texts = [str(row) for section in found.sections for table in section.tables for row in table.rows if row[1] == NOT_RECORDED]
    for word in (
        "penalties",
        "Article 5(4)",
        "Article 5(6)",
        "Article 5(7)",
        "judicial review",
        "preserved",
        "Complaint",
        "Specific measures",
    ):
        assert any(word.lower() in text.lower() for text in texts), word


def test_only_the_own_agency_is_counted() -> None:
    unit = agency()
    gone(1)
    gone(3, agency=AgencyFactory.create(slug="south"))
    assert {kind: report(kind, unit, {"policy": ""}).cohort.all.sent for kind in KINDS} == {
        "tco-authority": 0,
        "trusted-flagger": 1,
        "monitoring-round": 1,
    }


@pytest.mark.parametrize(("start", "year"), [("2026-01-01T04:59:59", "2025"), ("2026-01-01T05:00:00", "2026")])
def test_a_year_begins_at_midnight_in_the_zone_of_the_agency(start: str, year: str) -> None:
    unit = agency()
    counted(NOW - datetime.fromisoformat(start).replace(tzinfo=UTC), last_up=1, first_gone=2)
    assert {each: report("trusted-flagger", unit, {"year": each}).cohort.all.sent for each in ("2025", "2026")} == {
        "2025": int(year == "2025"),
        "2026": int(year == "2026"),
    }


def test_without_the_policy_nothing_is_counted_and_the_report_says_so() -> None:
    unit = agency()
    gone(2)
    asked = read(KINDS["tco-authority"], {"year": "2026"}, unit, NOW)
    assert asked.problems == ("There is no policy “tco_removal_order” here: nothing is counted.",)
    cohort = report("tco-authority", unit).cohort
    assert (cohort.rows, cohort.removal.items) == ((), 0)


@pytest.mark.parametrize(
    ("kind", "query", "days", "problems"),
    [
        ("tco-authority", {}, "2025-01-01 2025-12-31", 0),
        ("tco-authority", {"year": "2024"}, "2024-01-01 2024-12-31", 0),
        *(("tco-authority", {"year": year}, "2025-01-01 2025-12-31", 1) for year in ("2027", "1999", "x", "٢٠٢٤", "-2024", "²²²²")),
        ("monitoring-round", {}, "2026-02-04 2026-03-17", 0),
        ("monitoring-round", {"from": "2026-03-01", "to": "2026-03-02"}, "2026-03-01 2026-03-02", 0),
        ("monitoring-round", {"from": "2026-03-01", "to": "2027-03-02"}, "2026-03-01 2026-03-18", 0),
        *(("monitoring-round", {"from": first, "to": "2026-03-02"}, "2026-02-04 2026-03-17", 1) for first in ("", "x", "2026-03-03")),
        ("monitoring-round", {"policy": "a\0"}, "2026-02-04 2026-03-17", 1),
    ],
)
def test_a_period_is_read_or_the_usual_one_is_shown(kind: str, query: dict[str, str], days: str, problems: int) -> None:
    unit = agency()
    PolicyFactory.create(key="tco_removal_order")
    asked = read(KINDS[kind], query, unit, NOW)
    assert (f"{asked.first} {asked.last}", len(asked.problems)) == (days, problems)


def test_a_period_that_is_not_over_says_so() -> None:
    over, running = (report("trusted-flagger", agency(), {"year": year}).notes[0] for year in ("2025", "2026"))
    assert ("not over" in over, "not over" in running) == (False, True)


def test_bounds_are_a_number_where_they_agree() -> None:
    assert (between((3, 5)), between((3, 3))) == ("3 to 5", 3)
    assert between((1000, 2000)) == "1,000 to 2,000"
    listed = between((3, 3), {"tab": "all"})
    assert isinstance(listed, Count)
    assert listed.where == {"tab": "all"}
    assert not isinstance(between((3, 5), {"tab": "all"}), Count)


def test_a_share_of_few_is_withheld() -> None:
    assert shares((3, 5), 9) == (FEW, FEW)
    assert shares((7, 7), 10) == ("70.0 %", "39.7 % to 89.2 %")


def test_the_lines_have_every_cell_with_both_of_its_ends(orders: Agency) -> None:
    found = report("tco-authority", orders)
    heading, *rest = lines(found)
    assert {len(line) for line in (heading, *rest)} == {len(heading)}
    cells = [line for line in rest if line[1]]
    tables = [table for section in found.sections for table in section.tables]
    definitions = sum(bool(table.definition) for table in tables)
    assert len(cells) == definitions + sum(len(row) - 1 for table in tables for row in table.rows)
    ends = {str(line[4]): line[5:7] for line in cells if isinstance(line[4], Between)}
    assert ends["2 to 9"] == (2, 9)
    assert {str(line[8]) for line in rest} == {"2026-01-01"}
