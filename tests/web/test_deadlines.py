"""The deadline dashboard: what is due within the hour, what the last look found, nothing of others."""

import csv
import io
import re
from datetime import timedelta
from html import unescape
from xml.etree import ElementTree

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from platforms.base import Outcome
from takedown.choices import RequestStatus
from takedown.models import Watch
from takedown.statistics.ahead import STATES
from takedown.web.views import deadlines
from takedown.web.views.deadlines import SETTLES
from tests.factories import Cast, cast
from tests.statistics.rows import NOW
from tests.statistics.test_ahead import due, generate
from tests.web.test_drill import TABLE, follow, pages

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_now() -> object:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def show(client: Client, name: str = "deadlines") -> str:
    page = client.get(reverse(name)).content.decode()
    return page.split("<main")[-1].split("</main>")[0]


def numbers(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/requests/\d+/">(TD-\d+)</a>', page)


def test_the_next_deadline_stands_first_and_later_ones_are_left_out(people: Cast, bob: Client) -> None:
    later, soon, last = due(3_000), due(60), due(3_600)
    due(3_601)
    due(0)
    due(60, agency=cast("south").agency)
    for name in ("deadlines", "deadlines-live"):
        page = show(bob, name)
        assert numbers(page) == [soon.number, later.number, last.number]
        assert "3 deadlines fall in the next hour: 3 not looked at yet." in page


@pytest.mark.parametrize(
    ("outcome", "state"), [("", "never"), (Outcome.AVAILABLE, "up"), (Outcome.HOST_GONE, "gone"), (Outcome.PRIVATE, "untold")]
)
def test_each_row_says_what_was_seen_how_long_ago_and_what_would_settle_it(people: Cast, bob: Client, outcome: str, state: str) -> None:
    row = due(600, outcome)
    looked = NOW - timedelta(minutes=3) if outcome else None
    Watch.objects.filter(item=row.item).update(run_last_answered=looked, next_look_at=NOW + timedelta(minutes=2))
    page = show(bob)
    for words in (STATES[state], SETTLES[state], "10 min left", "Next look in 2 min"):
        assert words in page
    assert ("3 min ago" in page) is bool(outcome)


def test_no_row_calls_a_look_before_the_deadline_a_breach_nor_what_is_pending_unproven() -> None:
    assert "at the deadline or later that finds it up" in SETTLES["up"]
    assert "unproven from the deadline on" in SETTLES["untold"]


def test_what_was_not_sent_yet_says_so(people: Cast, bob: Client) -> None:
    due(600, status=RequestStatus.NEEDS_OPERATOR)
    assert "Needs a person. A first look." in show(bob)


def test_rows_are_capped_and_the_rest_is_a_link_away(people: Cast, bob: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "SHOWN", 2)
    for seconds in (60, 120, 180):
        due(seconds)
    page = show(bob)
    assert len(numbers(page)) == 2
    link = re.search(r'and 1 more; <a href="(/queue/[^"]+)">3 in the queue</a>', page)
    assert link
    assert len(pages(bob, unescape(link[1]))) == 3


def test_the_tables_under_the_charts_add_up(people: Cast, bob: Client) -> None:
    for seconds, outcome in ((60, Outcome.AVAILABLE), (400, ""), (400, Outcome.INDETERMINATE), (7_300, Outcome.AVAILABLE)):
        due(seconds, outcome)
    hour, day = re.findall(r"<table class=\"list\">.*?</table>", show(bob), re.DOTALL)
    for table, spans, total in ((hour, 12, 3), (day, 24, 4)):
        rows = [
            [int(cell) for cell in re.findall(r'<td class="num"><a[^>]*>(\d+)</a>', row)] for row in re.findall(r"<tr><th.*?</tr>", table)
        ]
        rows = [row for row in rows if row]
        assert len(rows) == spans
        assert sum(row[0] for row in rows) == total
        assert all(row[0] == sum(row[1:]) for row in rows)


def test_an_hour_without_deadlines_says_so(people: Cast, bob: Client) -> None:
    page = show(bob)
    assert "No deadline falls in the next hour." in page
    assert "Nothing is due within the hour." in page
    assert '<svg class="chart' not in page


def test_no_address_is_on_the_page_and_no_style_in_it(people: Cast, bob: Client) -> None:
    due(60, Outcome.AVAILABLE)
    page = show(bob)
    assert not re.search(r"host\d*\.example|hxxp|\[\.\]|\sstyle=|<style|\son[a-z]+=", page)
    assert 'hx-trigger="every 10s"' in bob.get(reverse("deadlines")).content.decode()


def test_the_page_costs_the_same_however_much_there_is(
    people: Cast, bob: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    due(60, Outcome.AVAILABLE)
    bob.get(reverse("deadlines-live"))
    with django_assert_num_queries(5):
        bob.get(reverse("deadlines-live"))
    for seconds in range(100, 1_000, 100):
        due(seconds, Outcome.AVAILABLE)
    with django_assert_num_queries(5):
        bob.get(reverse("deadlines-live"))


@pytest.mark.parametrize("seed", range(3))
def test_every_number_leads_to_exactly_its_rows(people: Cast, bob: Client, seed: int) -> None:
    generate(seed)
    page = show(bob)
    assert follow(bob, page) > 100
    for table in TABLE.findall(page)[:2]:
        assert not re.search(r'<td class="num">\s*[\d,]+\s*</td>', table)


def test_the_queue_says_what_it_was_narrowed_to_and_drops_what_means_nothing(bob: Client) -> None:
    page = bob.get("/queue/?tab=all&ahead=300-600&found=up").content.decode()
    assert '<option value="300-600" selected>5 min to 10 min</option>' in page
    assert '<option value="up" selected>Up at the last look</option>' in page
    for span in ("600-300", "0-86401", "0-", "-5", "0-٣", "0-999999", "x"):
        assert 'name="ahead"' not in bob.get("/queue/", {"tab": "all", "ahead": span, "found": span}).content.decode()


@pytest.mark.parametrize("name", ["hour", "day"])
def test_each_figure_can_be_had_as_a_file(people: Cast, bob: Client, name: str) -> None:
    generate(1)
    total = bob.get(f"/dashboard/deadlines/{name}.json").json()
    assert total["n"] == sum(row["Requests"] for row in total["rows"]) > 0
    table = bob.get(f"/dashboard/deadlines/{name}.csv")
    assert table["Content-Disposition"] == f'attachment; filename="takedown-deadlines-{name}.csv"'
    rows = list(csv.DictReader(io.StringIO(table.content.decode())))
    assert sum(int(row["Requests"]) for row in rows) == total["n"]
    assert {row["Read"] for row in rows} == {"18 Mar 2026, 12:00:00 UTC"}
    root = ElementTree.fromstring(bob.get(f"/dashboard/deadlines/{name}.svg").content)
    words = " ".join("".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text"))
    for said in (total["title"], *STATES.values(), f"Read 18 Mar 2026, 12:00:00 UTC; n = {total['n']:,}."):
        assert said in words
    assert bob.get(f"/dashboard/deadlines/{name}.png").content.startswith(b"\x89PNG")


def test_a_figure_without_deadlines_is_a_file_too(bob: Client) -> None:
    assert "No deadline falls in the next hour." in bob.get("/dashboard/deadlines/hour.svg").content.decode()


@pytest.mark.parametrize("name", ["hour.pdf", "week.csv", "hour.json.csv"])
def test_other_files_there_are_none(bob: Client, name: str) -> None:
    assert bob.get(f"/dashboard/deadlines/{name}").status_code == 404
