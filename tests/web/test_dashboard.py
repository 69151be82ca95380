"""The dashboard's page and its CSV."""

import csv
import io
import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from platforms.models import LookMinute, Platform
from takedown.statistics.tables import TABLES
from takedown.web.csvs import csv_lines, guarded
from tests.clients import client_as
from tests.factories import AgencyFactory, PlatformFactory, PolicyFactory, cast
from tests.project import texts
from tests.statistics.rows import NOW, counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return client_as(cast().charlie)


def show(client: Client, query: str = "") -> str:
    response = client.get(reverse("dashboard") + query)
    assert response.status_code == 200
    return response.content.decode()


def fill() -> None:
    counted(last_up=20, first_gone=21)
    counted(last_up=65)
    counted(last_up=59, first_gone=61)
    counted(last_up=20, first_gone=21, confirmed=False)
    counted(timedelta(minutes=20), last_up=10)


@pytest.fixture(autouse=True)
def _at_now() -> object:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def test_the_first_thing_is_the_finding(client: Client) -> None:
    fill()
    page = show(client)
    finding = "Of 5 items"
    assert finding in page
    assert page.index(finding) < page.index("<figure")


def test_each_figure_has_a_caption_a_table_and_a_download(client: Client) -> None:
    fill()
    for _ in range(10):
        counted(last_up=20, first_gone=21, item__platform=PlatformFactory.create(slug="video"))
    page = show(client, "?period=7d")
    figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    assert len(figures) == len(TABLES)
    for figure in figures:
        assert re.search(r"<figcaption>[^<]+\.</figcaption>", figure)
        assert "<summary>Show as table</summary>" in figure
        assert re.search(r'href="/dashboard/csv/\?figure=[a-z-]+&amp;period=7d"', figure)
        assert re.search(r'role="img" aria-label(ledby)?="', figure) or 'id="f-seeing"' in figure
        for kind in ("svg", "png"):
            link = re.search(rf'href="(/dashboard/{kind}/[a-z-]+/)\?period=7d" download>', figure)
            assert bool(link) is ('id="f-seeing"' not in figure)


def test_the_deadline_is_a_labelled_line(client: Client) -> None:
    fill()
    assert "Deadline 1 h" in show(client)
    counted(last_up=20, first_gone=21, hours=24)
    page = show(client)
    assert "Deadline 1 h" not in page
    assert "No deadline line" in page


def test_the_page_obeys_the_strict_policy(client: Client) -> None:
    fill()
    page = show(client)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", page)


def test_without_one_deadline_the_histogram_is_left_out_with_a_reason(client: Client) -> None:
    fill()
    assert 'class="dc-sure"' in show(client)
    counted(last_up=20, first_gone=21, hours=24)
    page = show(client)
    assert page.count('class="dc-sure"') == 0
    assert "No one deadline to hold these against" in page
    assert "Choose one policy to see its histogram." in page


def test_what_is_left_out_of_the_heat_map_is_said(client: Client) -> None:
    for place in range(14):
        counted(last_up=20, first_gone=21, item__platform=PlatformFactory.create(slug=f"p{place}"))
    assert "Shown are the 12 platforms with most requests of 14." in show(client)


def test_the_documents_say_how_each_figure_is_made(client: Client) -> None:
    fill()
    titles = re.findall(r'<h2 id="f-[a-z-]+">([^<]+)</h2>', show(client))
    named = re.findall(r"^\| ([^|]+) \|", texts()["docs/explanation/statistics.md"], re.MULTILINE)
    assert len(titles) == len(TABLES) == len(named) - 1
    assert not [title for title in titles if not title.startswith(tuple(named))]


def test_an_empty_period_says_so_and_what_to_do(client: Client) -> None:
    page = show(client)
    assert "No clock started in this period" in page
    assert "?period=all" in page


def test_what_cannot_be_read_is_said_on_the_page(client: Client) -> None:
    page = show(client, "?period=fortnight&platform=nowhere&policy=%00")
    assert "That period is unknown." in page
    assert "That platform is unknown." in page


def test_numbers_lead_to_their_rows(client: Client) -> None:
    """Open, overdue, due soon and seen back: the list behind the link is as long as the number says."""
    fill()
    video = PlatformFactory.create(slug="video")
    counted(last_up=65, item__platform=video)
    PolicyFactory.create(key="other")
    for query in ("", "?platform=video&policy=one_hour", "?policy=other"):
        links = re.findall(r'<li><a href="([^"]+)"><b>(\d+)</b>', show(client, query))
        assert len(links) == 4
        for href, number in links:
            rows = client.get(href.replace("&amp;", "&")).context["rows"]
            assert len(rows) == int(number), href


def test_the_json_says_what_is_counted_of_how_many_and_when(client: Client) -> None:
    fill()
    answer = client.get(reverse("dashboard-json"), {"figure": "platforms", "period": "7d"}).json()
    assert (answer["n"], answer["period"]) == (3, {"from": "2026-03-12", "to": "2026-03-18", "timezone": "UTC"})
    assert answer["definition"].startswith("N: requests that are met")
    assert (
        answer["rows"][0] | {"Platform": "Web", "N": 3, "Met": 1, "Breached": 1, "At least in time": "fewer than 10"} == answer["rows"][0]
    )


def test_how_well_we_see_stands_beside_the_figures(client: Client) -> None:
    fill()
    web = Platform.objects.get(slug="web")
    elsewhere = PlatformFactory.create(slug="elsewhere")
    for platform, ago, looks in ((web, 5, 100), (web, 2_000, 100), (elsewhere, 5, 7), (web, 60 * 24 * 9, 1_000)):
        minute = NOW - timedelta(minutes=ago)
        facts = {"looks": looks, "indeterminate": 3, "anchors": 20, "late_anchors": 1, "latest_anchor_ms": ago}
        LookMinute.objects.create(platform=platform, for_agency=AgencyFactory.create().pk, minute=minute, **facts)
    page = show(client, "?period=7d")
    # 1 of 3 decided is indeterminate; of 200 looks in the period 6 could not tell, of 40 at deadlines 2 were late
    assert "33.3 % of 3 deadlines cannot be told; 3.0 % of 200 looks could not tell, 5.0 % of 40 at deadlines came late." in page
    assert "since 2026-03-17 02:40 UTC" in page
    assert "Elsewhere" not in page[page.index("How well we see") :]


def test_nothing_of_another_agency_is_counted(client: Client) -> None:
    south = AgencyFactory.create(slug="south")
    counted(agency=south, last_up=20, first_gone=21, item__platform=PlatformFactory.create(slug="video"))
    PolicyFactory.create(key="theirs", name="Their own policy", agency=south)
    page = show(client)
    assert "No clock started" in page
    assert "Their own policy" not in page


@pytest.mark.parametrize("name", ["dashboard", "dashboard-csv", "dashboard-json", "deadlines"])
def test_who_is_not_signed_in_is_asked_to(name: str) -> None:
    response = Client().get(reverse(name) + "?figure=trend")
    assert response.status_code == 302
    assert urlsplit(response["Location"]).path == reverse("sign-in")


@pytest.mark.parametrize("figure", TABLES)
def test_the_csv_holds_the_numbers_of_the_table(client: Client, figure: str) -> None:
    fill()
    response = client.get(reverse("dashboard-csv"), {"figure": figure, "period": "7d"})
    assert response.status_code == 200
    assert response["Content-Disposition"] == f'attachment; filename="takedown-{figure}-2026-03-18.csv"'
    text = response.content.decode()
    assert all(line.startswith('"') and line.endswith('"') for line in text.splitlines())
    header, *rows = csv.reader(io.StringIO(text))
    assert rows
    assert all(len(row) == len(header) for row in rows)


def test_a_figure_nobody_knows_is_not_found(client: Client) -> None:
    assert client.get(reverse("dashboard-csv"), {"figure": "passwords"}).status_code == 404
    assert client.get(reverse("dashboard-csv")).status_code == 404


@pytest.mark.parametrize("sign", "=+-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b\u2212")
@pytest.mark.parametrize("before", ["", " ", "\t", "\r", "\n", "\0", "\u200b", "\ufeff", "\u00a0", "\u3000", "\x1f\u2060 "])
def test_no_cell_runs_as_a_formula(sign: str, before: str) -> None:
    cell = f"{before}{sign}1+1"
    assert guarded([cell, "plain", 3, None, 0.5, "a = b", "\u00e9t\u00e9", "(=)"]) == [
        f"'{cell}",
        *("plain", "3", "", "0.5", "a = b", "\u00e9t\u00e9", "(=)"),
    ]


@pytest.mark.parametrize("control", ["\t", "\r", "\n", "\0"])
def test_a_cell_that_would_be_cut_at_its_first_character_is_guarded(control: str) -> None:
    assert guarded([f"{control}plain"]) == [f"'{control}plain"]


def test_a_platform_s_name_cannot_run_as_a_formula_either() -> None:
    assert "".join(csv_lines([["Platform"], ['=HYPERLINK("x")']])) == '"Platform"\r\n"\'=HYPERLINK(""x"")"\r\n'


def test_the_page_asks_for_the_comparison_with_the_period_before(client: Client) -> None:
    fill()
    [href] = re.findall(r'hx-get="(/dashboard/comparison/[^"]*)"', show(client, "?period=7d&platform=web"))
    for headers in ({"HX-Request": "true"}, {}):
        part = client.get(unescape(href), headers=headers).content.decode()
        assert "Against the period before, 5 Mar 2026 to 11 Mar 2026" in part
        assert part.count("too few to compare: fewer than 10") == 2
        assert ("<html" in part) is not bool(headers)
    assert "/dashboard/comparison/" not in show(client, "?period=all")
    assert "Nothing came before" in client.get(reverse("dashboard-comparison"), {"period": "all"}).content.decode()


def test_a_platform_has_a_page_with_its_own_figures_and_its_failures(client: Client) -> None:
    fill()
    video = PlatformFactory.create(slug="video")
    missed = counted(timedelta(days=300), last_up=65, item__platform=video)
    counted(timedelta(days=400), last_up=65, item__platform=video)
    assert 'href="/dashboard/platforms/web/"' in show(client)
    page = client.get("/dashboard/platforms/video/?period=7d&platform=web").content.decode()
    assert "<h1>Video</h1>" in page
    assert re.findall(r'<th scope="row"><a href="/requests/\d+/">(TD-\d+)</a>', page) == [missed.number]
    assert "1 of 1 deadlines missed for certain" in page
    assert "An indicator, not a decision" in page
    assert "Art. 5(4) Regulation (EU) 2021/784" in page
    assert "Of 5 items" not in page
    assert client.get("/dashboard/platforms/nowhere/").status_code == 404


def test_a_platform_s_page_has_nothing_of_another_agency(client: Client) -> None:
    foreign = counted(agency=AgencyFactory.create(slug="south"), last_up=65)
    page = client.get(f"/dashboard/platforms/{foreign.platform.slug}/").content.decode()
    assert foreign.number not in page
    assert "No deadline was missed for certain." in page
