"""Queue: due first, filters in the URL, pages that neither repeat nor lose rows, counts that agree with the lists."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from takedown import verdicts
from takedown.choices import RequestStatus, VerdictValue
from takedown.models import TakedownRequest
from takedown.web.filters import PAGE, TABS, Filters, in_order, number_in
from tests.factories import Cast, ItemFactory, PlatformFactory, in_verdict

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def numbers(page: bytes) -> list[str]:
    """Requests listed, in order."""
    return re.findall(r'<th scope="row"><a href="/requests/\d+/">(TD-\d+)</a>', page.decode())


def listed(client: Client, **query: str) -> list[str]:
    return numbers(client.get(reverse("queue"), query).content)


def test_the_request_due_first_stands_first_and_those_without_a_deadline_last(alice: Client) -> None:
    waiting, pending, unproven = (
        in_verdict(verdict) for verdict in (VerdictValue.NOT_STARTED, VerdictValue.PENDING, VerdictValue.UNPROVEN)
    )
    assert listed(alice) == [unproven.number, pending.number, waiting.number]


def test_paging_shows_every_row_once(alice: Client) -> None:
    now = datetime.now(UTC)
    template = in_verdict(VerdictValue.PENDING, now=now)
    rows = []
    for index in range(PAGE + 10):
        due_at = None if index % 3 == 0 else now + timedelta(minutes=30 + index // 6)  # many ties on purpose
        row = TakedownRequest.objects.get(pk=template.pk)
        row.pk, row.due_at, row.item = None, due_at, ItemFactory.create()
        rows.append(row)
    TakedownRequest.objects.bulk_create(rows)
    first = alice.get(reverse("queue"))
    following = re.search(r'rel="next" href="\?([^"]+)"', first.content.decode())
    assert following is not None
    second = alice.get(f"{reverse('queue')}?{following[1].replace('&amp;', '&')}")
    seen = numbers(first.content) + numbers(second.content)
    assert len(numbers(first.content)) == PAGE
    assert sorted(seen) == sorted(row.number for row in TakedownRequest.objects.all())


@pytest.mark.parametrize("tab", [tab for tab in TABS if tab not in {"decide", "back", "all"}])
def test_the_number_on_a_tab_is_the_length_of_its_list(tab: str, people: Cast, alice: Client) -> None:
    for verdict in VerdictValue:
        in_verdict(verdict, assigned_to=people.alice if verdict in (VerdictValue.UNPROVEN, VerdictValue.MET) else None)
    for status in (RequestStatus.NEEDS_OPERATOR, RequestStatus.TO_APPROVE):
        in_verdict(VerdictValue.NOT_STARTED, status=status)
    counts = alice.get(reverse("queue-pulse")).json()["counts"]
    assert int(counts[tab]) == len(listed(alice, tab=tab)) > 0


def test_the_number_on_a_tab_is_what_its_link_shows_with_the_filters_it_keeps(people: Cast, alice: Client) -> None:
    telegram = PlatformFactory.create(slug="telegram", connector="telegram")
    for verdict in VerdictValue:
        in_verdict(verdict, item=ItemFactory.create(platform=telegram))
        in_verdict(verdict, assigned_to=people.alice)
    for narrow in ({"platform": "telegram"}, {"mine": "1"}, {"q": "host"}, {"verdict": "unproven"}):
        drawn = alice.get(reverse("queue"), narrow).context["tabs"]
        shown = {tab: int(number) for tab, _, number, _ in drawn if number}
        assert shown == {tab: len(listed(alice, **narrow, tab=tab)) for tab in shown}
        assert {tab: int(number) for tab, number in alice.get(reverse("queue-pulse"), narrow).json()["counts"].items()} == shown
        assert "overdue" in shown
        assert "closed" not in shown  # to count a few among many closed ones would mean to read them all


@pytest.mark.parametrize(("tab", "index"), [("back", "request_back"), ("closed", "request_in_order"), ("all", "request_in_order")])
def test_long_lists_are_read_in_order_from_an_index(tab: str, index: str, people: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
    found = Filters(tab=tab).apply(TakedownRequest.objects.for_agency(people.agency), people.alice, timezone.now())
    plan = in_order(found)[:PAGE].explain()
    # On an almost empty table both indexes of this order cost the same.
    assert index in plan or "request_in_order" in plan
    assert "Sort" not in plan


def test_filters_narrow_and_combine(people: Cast, alice: Client) -> None:
    telegram = PlatformFactory.create(slug="telegram", connector="telegram")
    mine = in_verdict(VerdictValue.UNPROVEN, item=ItemFactory.create(platform=telegram), assigned_to=people.alice)
    other = in_verdict(VerdictValue.UNPROVEN)
    in_verdict(VerdictValue.PENDING, item=ItemFactory.create(platform=telegram))
    assert listed(alice, platform="telegram", verdict="unproven") == [mine.number]
    assert listed(alice, mine="1") == [mine.number]
    assert listed(alice, q=other.number.lower()) == [other.number]
    assert listed(alice, q=other.item.canonical_url.replace(".", "[.]")) == [other.number]
    assert listed(alice, q="no such thing") == []


def test_values_that_mean_nothing_are_dropped(alice: Client) -> None:
    row = in_verdict(VerdictValue.PENDING)
    assert listed(alice, tab="nonsense", verdict="nonsense", after="nonsense~~") == [row.number]
    assert listed(alice, after="2026-99-99~1") == [row.number]


def test_an_empty_list_says_why(alice: Client) -> None:
    assert "No open request is past its deadline." in alice.get(reverse("queue"), {"tab": "overdue"}).content.decode()
    assert "Nothing matches these filters" in alice.get(reverse("queue"), {"q": "x"}).content.decode()


def test_filters_survive_paging_and_tabs() -> None:
    filters = Filters.read({"tab": "overdue", "platform": "web", "after": "~1"})
    assert filters.query() == "tab=overdue&platform=web"
    assert filters.query(tab="open") == "platform=web"
    assert filters.query(after="~9") == "tab=overdue&platform=web&after=~9"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("TD-1041", 1041),
        ("TD-1041/north", 1041),
        ("https://host.example/1041", None),
        ("td1041", 1041),
        (" 7 ", 7),
        ("https://a.example", None),
        ("", None),
        ("9" * 40, None),
        ("٣", None),
    ],
)
def test_a_number_is_read_in_every_spelling(text: str, number: int | None) -> None:
    assert number_in(text) == number


def test_a_page_costs_the_same_queries_however_long_it_is(alice: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(3):
        in_verdict(VerdictValue.PENDING)
    alice.get(reverse("queue"))  # writes the session
    # session, user, agency; rows; open counts, closed count; platforms, policies; alerts
    with django_assert_num_queries(10):
        alice.get(reverse("queue"))
    for _ in range(5):
        in_verdict(VerdictValue.UNPROVEN)
    with django_assert_num_queries(10):
        alice.get(reverse("queue"))


def test_a_pulse_without_news_is_empty(alice: Client) -> None:
    in_verdict(VerdictValue.PENDING)
    first = alice.get(reverse("queue-pulse"))
    again = alice.get(reverse("queue-pulse"), headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["X-Now"]


def test_a_pulse_brings_changed_rows_and_counts_new_ones(alice: Client) -> None:
    row = in_verdict(VerdictValue.PENDING)
    page = alice.get(reverse("queue")).content.decode()
    stamp = re.search(rf'data-id="{row.pk}" data-stamp="(\w+)"', page)
    assert stamp is not None
    known = {"X-Rows": f"{row.pk}:{stamp[1]}"}
    assert alice.get(reverse("queue-pulse"), headers=known).json()["rows"] == {}
    TakedownRequest.objects.filter(pk=row.pk).update(status=RequestStatus.NEEDS_OPERATOR)
    fresh = in_verdict(VerdictValue.UNPROVEN)
    news = alice.get(reverse("queue-pulse"), headers=known).json()
    assert list(news["rows"]) == [str(row.pk)]
    assert "Needs a person" in news["rows"][str(row.pk)]
    assert (news["ids"], news["fresh"]) == ([fresh.pk, row.pk], 1)


@pytest.mark.parametrize("spelling", ["{number}", "{pk}", "{url}", " {url} "])
def test_the_command_box_leads_to_the_request(spelling: str, alice: Client) -> None:
    row = in_verdict(VerdictValue.PENDING)
    text = spelling.format(number=row.number, pk=row.pk, url=row.item.canonical_url)
    assert alice.get(reverse("find"), {"q": text})["Location"] == f"/requests/{row.pk}/"


def test_the_command_box_offers_to_flag_what_is_new(alice: Client) -> None:
    assert alice.get(reverse("find"), {"q": "https://new.example/a"})["Location"] == "/flag/?q=https%3A%2F%2Fnew.example%2Fa"
    assert alice.get(reverse("find"), {"q": "nothing"})["Location"] == "/queue/?q=nothing"
    assert alice.get(reverse("find"))["Location"] == "/queue/"


@pytest.mark.parametrize("query", ["q=%00", "platform=%00", "after=0001-01-01T00:00:00%2B23:59~1", "after=9999-12-31T23:59:59-23:59~1"])
def test_a_query_string_from_hell_still_shows_a_page(query: str, alice: Client) -> None:
    for name in ("queue", "queue-pulse"):
        assert alice.get(f"{reverse(name)}?{query}").status_code == 200


def test_the_verdict_filter_means_what_the_row_shows(alice: Client, people: Cast) -> None:
    decided = in_verdict("indeterminate", agency=people.agency)
    verdicts.adjudicate(request=decided, verdict="breached", reason="Seen by hand.", shown="", actor=people.bob, now=timezone.now())
    shown = alice.get(f"{reverse('queue')}?tab=all&verdict=breached").content.decode()
    assert decided.number in shown
    assert decided.number not in alice.get(f"{reverse('queue')}?tab=all&verdict=indeterminate").content.decode()
