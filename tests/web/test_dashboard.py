"""The dashboard's page and its CSV."""

import csv
import io
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from takedown.statistics.tables import TABLES, Table
from takedown.web.dashboard import guarded, write_csv
from tests.factories import AgencyFactory, PlatformFactory, PolicyFactory, cast
from tests.statistics.rows import NOW, counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(cast().charlie, backend="django.contrib.auth.backends.ModelBackend")
    return client


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
    page = show(client, "?period=7d")
    figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    assert len(figures) == len(TABLES)
    for figure in figures:
        assert re.search(r"<figcaption>[^<]+\.</figcaption>", figure)
        assert "<summary>Show as table</summary>" in figure
        assert re.search(r'href="/dashboard/csv/\?figure=[a-z-]+&amp;period=7d"', figure)
        assert 'role="img" aria-label="' in figure


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


def test_nothing_of_another_agency_is_counted(client: Client) -> None:
    south = AgencyFactory.create(slug="south")
    counted(agency=south, last_up=20, first_gone=21, item__platform=PlatformFactory.create(slug="video"))
    PolicyFactory.create(key="theirs", name="Their own policy", agency=south)
    page = show(client)
    assert "No clock started" in page
    assert "Their own policy" not in page


@pytest.mark.parametrize("name", ["dashboard", "dashboard-csv"])
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


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_runs_as_a_formula(start: str) -> None:
    assert guarded([f"{start}1+1", "plain", 3, None, 0.5]) == [f"'{start}1+1", "plain", "3", "", "0.5"]


def test_a_platform_s_name_cannot_run_as_a_formula_either() -> None:
    response = HttpResponse()
    write_csv(response, Table("t", ("Platform",), (('=HYPERLINK("x")',),)))
    assert response.content == b'"Platform"\r\n"\'=HYPERLINK(""x"")"\r\n'
