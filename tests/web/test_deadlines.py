"""The deadline dashboard: what is due within the hour, what the last look found, nothing of others."""

import re
from datetime import timedelta

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
from tests.statistics.test_ahead import due

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
    assert re.search(r'and 1 more; <a href="/queue/\?tab=due">', page)


def test_the_tables_under_the_charts_add_up(people: Cast, bob: Client) -> None:
    for seconds, outcome in ((60, Outcome.AVAILABLE), (400, ""), (400, Outcome.INDETERMINATE), (7_300, Outcome.AVAILABLE)):
        due(seconds, outcome)
    hour, day = re.findall(r"<table class=\"list\">.*?</table>", show(bob), re.DOTALL)
    for table, spans, total in ((hour, 12, 3), (day, 24, 4)):
        rows = [[int(cell) for cell in re.findall(r'<td class="num">(\d+)</td>', row)] for row in re.findall(r"<tr><th.*?</tr>", table)]
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
    assert 'hx-trigger="every 10s"' in page


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
