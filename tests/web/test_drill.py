"""From every number of the statistics to its rows: the list behind a link, and its CSV, are as long as the number says."""

import csv
import io
import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from takedown.choices import ClockState
from takedown.models import Agency
from takedown.web.views import queue
from tests.clients import client_as
from tests.factories import AgencyFactory, PlatformFactory, PolicyFactory, cast
from tests.statistics.rows import NOW, counted
from tests.statistics.test_bands import with_watches

pytestmark = pytest.mark.django_db

LINK = re.compile(r'<a href="(/queue/\?[^"]+)">(?:<b>)?([\d,]+)')
TABLE = re.compile(r"<table.*?</table>", re.DOTALL)
QUERIES = ("", "?from=2026-02-25&to=2026-03-10&policy=one_hour", "?period=all&platform=video", "?period=all&policy=other")


@pytest.fixture(autouse=True)
def _at_now() -> object:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def agency() -> Agency:
    """One whose days do not begin when those of UTC do."""
    return AgencyFactory.create(timezone="America/New_York")


@pytest.fixture
def client(agency: Agency) -> Client:
    return client_as(cast().charlie)


def everything(seed: int) -> None:
    """Requests on all edges, some under another policy, some of another agency, and some whose clock has not started."""
    with_watches(seed)
    other = PolicyFactory.create(key="other")
    for hours in (1, 30, 24 * 20):
        counted(timedelta(hours=hours), last_up=20, first_gone=21, policy=other, back_at=NOW, gone_until=NOW)
    counted(agency=AgencyFactory.create(slug="south"), last_up=20, first_gone=21, item__platform=PlatformFactory.create(slug="video"))
    counted(clock_started_at=None, due_at=None, clock_state="not_started")


def pages(client: Client, href: str) -> list[str]:
    """Numbers of the requests on all pages of a list."""
    numbers: list[str] = []
    while True:
        page = client.get(href).content.decode()
        numbers += re.findall(r'<th scope="row"><a href="/requests/\d+/">(TD-\d+)</a>', page)
        following = re.search(r'rel="next" href="(\?[^"]+)"', page)
        if following is None:
            return numbers
        href = reverse("queue") + unescape(following[1])


def downloaded(client: Client, href: str) -> list[str]:
    """Numbers of the requests in the CSV that the list offers."""
    link = re.search(r'<a class="[^"]*" href="(/queue/csv/[^"]*)" download>', client.get(href).content.decode())
    assert link
    answer = client.get(unescape(link[1]))
    return [row["Request"] for row in csv.DictReader(io.StringIO(answer.getvalue().decode()))]


def follow(client: Client, page: str) -> int:
    """Follow every link to a list on this page; how many there were."""
    links = {(unescape(href), int(number.replace(",", ""))) for href, number in LINK.findall(page)}
    for href, number in links:
        listed = pages(client, href)
        assert len(listed) == number, href
        assert downloaded(client, href) == listed, href
    return len(links)


@pytest.mark.parametrize("query", QUERIES)
def test_every_number_of_the_dashboard_leads_to_exactly_its_rows(client: Client, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "PAGE", 7)
    everything(len(query))
    assert follow(client, client.get(reverse("dashboard") + query).content.decode()) > 60


def test_every_number_of_a_platform_s_page_leads_to_exactly_its_rows(client: Client) -> None:
    everything(7)
    for policy in (PolicyFactory.create(key="tco_removal_order"), PolicyFactory.create(key="other")):
        for state in (ClockState.RUNNING, ClockState.SUSPENDED, ClockState.WITHDRAWN):
            counted(timedelta(days=200), last_up=70, policy=policy, state=state, item__platform=PlatformFactory.create(slug="video"))
    page = client.get(reverse("dashboard-platform", args=["video"])).content.decode()
    assert re.search(r"counted=breached[^>]*>\d+ breached", page)
    assert re.search(r"policy=tco_removal_order&amp;counted=standing[^>]*>2 orders", page)
    assert follow(client, page) > 60


def test_slices_of_the_period_lead_to_exactly_their_rows(client: Client) -> None:
    everything(3)
    one_hour = PolicyFactory.create(key="one_hour")
    for last_up, first_gone in ((0, 6), (5, 6.5), (6, 12), (59, 60), (59.5, 60.5), (60, 66), (120, 121), (119, 500)):
        counted(timedelta(days=2), last_up=last_up, first_gone=first_gone, policy=one_hour)
    page = client.get(reverse("dashboard") + "?period=all&policy=one_hour").content.decode()
    figure = page[page.index('aria-labelledby="f-against"') :].split("</figure>")[0]
    assert len(re.findall(r"went=within-", figure)) == 21
    assert follow(client, figure) > 30


def test_a_slice_can_be_changed_in_the_queue(client: Client) -> None:
    page = client.get("/queue/?tab=all&went=touching-3600-3960").content.decode()
    assert '<option value="touching-3600-3960" selected>1 h to 1 h 6 min, perhaps</option>' in page
    assert '<option value="unconfirmed">Not confirmed gone</option>' in page
    assert 'name="went"' not in client.get("/queue/?tab=all&went=touching-3600").content.decode()


def test_no_count_of_requests_is_without_its_link(client: Client) -> None:
    everything(1)
    tables = TABLE.findall(client.get(reverse("dashboard")).content.decode())
    assert tables
    for table in tables:
        if "<caption>How well we see" in table:  # counts looks as well
            continue
        assert not re.search(r'<td class="num">\s*[\d,]+\s*</td>', table)


def test_lists_of_another_agency_stay_closed_whatever_the_filters(client: Client) -> None:
    south = counted(agency=AgencyFactory.create(slug="south"), last_up=20, first_gone=21)
    for query in ("tab=all", "tab=all&counted=met", "tab=all&until=2026-03-18"):
        assert (pages(client, f"/queue/?{query}"), downloaded(client, f"/queue/?{query}")) == ([], [])
    assert south.pk


def test_filters_that_mean_nothing_are_dropped(client: Client) -> None:
    here = counted(last_up=20, first_gone=21)
    query = "tab=all&since=yesterday&until=0001-01-01&counted=often&age=old"
    assert pages(client, f"/queue/?{query}") == downloaded(client, f"/queue/?{query}") == [here.number]


def test_a_filter_of_the_statistics_is_shown_and_can_be_changed(client: Client) -> None:
    page = client.get("/queue/?tab=all&since=2026-03-01&until=2026-03-18&counted=due&age=3600-86400").content.decode()
    assert '<option value="due" selected>Decided or past due</option>' in page
    assert '<option value="3600-86400" selected>1 h to 1 d</option>' in page
    assert 'name="since" type="date" value="2026-03-01"' in page
    assert "Counted as" not in client.get("/queue/").content.decode()


def test_the_csv_of_a_list_has_instants_in_utc_and_no_address_that_can_be_clicked(client: Client) -> None:
    found = counted(last_up=20, first_gone=21)
    [row] = csv.DictReader(io.StringIO(client.get("/queue/csv/?tab=all").getvalue().decode()))
    assert row["Address"].startswith("hxxps://host")
    assert "[.]" in row["Address"]
    assert (row["Request"], row["Verdict"], row["Clock started (UTC)"]) == (found.number, "Met", "2026-03-18T10:00:00+00:00")
    assert (row["First seen gone (UTC)"], row["Confirmed gone"]) == ("2026-03-18T10:21:00+00:00", "yes")
