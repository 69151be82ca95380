"""Reports on screen, on paper and as CSV: the same numbers everywhere, links as long as they say, and nobody's name."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pypdfium2
import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from takedown.models import Agency, RemovalOrder, TakedownRequest, User
from takedown.reports import KINDS
from tests.factories import PolicyFactory, UserFactory, cast
from tests.reports.world import DAYS, NOW, agency, gone, world
from tests.statistics.rows import counted
from tests.web.test_drill import follow
from tests.web.test_order import flat, pages_of

pytestmark = pytest.mark.django_db

TABLE = re.compile(r"<caption>(.*?)</caption>(.*?)</table>", re.DOTALL)
ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
CELL = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.DOTALL)
QUERY = {"year": "2026", "policy": "", **DAYS}
PLANTED = (
    "Zacharias Quist",
    "zq-flagged",
    "quisling.example",
    "EXPLANATION-OF-ZQ",
    "zq-reason",
    "ZQ-ADJUDICATED",
    "zq-author",
    "ZQ-ADDRESSEE",
)


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interval has tests of its own, which take their time."""
    monkeypatch.setattr("takedown.reports.tables.RESAMPLES", 20)


@pytest.fixture(autouse=True)
def _at_now() -> object:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def unit() -> Agency:
    return agency()


@pytest.fixture
def bob(unit: Agency, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(cast().bob)


def asked(client: Client, name: str, kind: str, **query: str) -> bytes:
    answer = client.get(reverse(name, args=[kind]), {**QUERY, **query})
    assert answer.status_code == 200
    return answer.content


def main(page: bytes) -> str:
    """What of a page is the report: without the frame, which has the reader's name and never is on paper."""
    [found] = re.findall(r"<main.*</main>", page.decode(), re.DOTALL)
    return str(found)


def shown(page: str) -> dict[tuple[str, str, str], str]:
    """Cells by table, row and column."""
    found: dict[tuple[str, str, str], str] = {}
    for title, body in TABLE.findall(page):
        heading, *rows = [[unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in CELL.findall(row)] for row in ROW.findall(body)]
        for first, *cells in rows:
            found |= {(unescape(title), first, column): cell for column, cell in zip(heading[1:], cells, strict=True)}
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_page_paper_and_file_say_the_same(kind: str, bob: Client) -> None:
    world(1)
    cells = shown(main(asked(bob, "report", kind)))
    lines = list(csv.DictReader(io.StringIO(asked(bob, "report-csv", kind).decode())))
    of_tables = [line for line in lines if line["Table"] and line["Row"] != "Definition"]
    assert {(line["Table"], line["Row"], line["Column"]): line["Value"] for line in of_tables} == {
        place: "" if cell == "–" else cell.replace(",", "") if cell.replace(",", "").isdigit() else cell  # noqa: RUF001  as shown
        for place, cell in cells.items()
    }
    paper = flat("".join(pages_of(asked(bob, "report-pdf", kind))))
    assert [place for place, cell in cells.items() if cell != "–" and flat(cell) not in paper] == []  # noqa: RUF001  as shown
    heads = [line["Value"] for line in lines if not line["Table"] or line["Row"] == "Definition"]
    assert [text for text in heads if flat(text) not in paper] == []
    assert [text for text in heads if text not in unescape(main(asked(bob, "report", kind)))] == []


@pytest.mark.parametrize("kind", ["trusted-flagger", "monitoring-round"])
def test_lines_of_the_file_add_up_to_their_total(kind: str, bob: Client) -> None:
    world(2)
    lines = list(csv.DictReader(io.StringIO(asked(bob, "report-csv", kind).decode())))
    summed: dict[tuple[str, str, str], int] = {}
    for line in lines:
        for end in ("At least", "At most"):
            if line[end] and line["Table"].startswith(("By ", "Notices sent", "Speed")):
                place = (line["Table"], line["Column"], end)
                summed[place] = summed.get(place, 0) + int(line[end]) * (-1 if line["Row"].startswith("All ") else 1)
    assert len(summed) > 20
    assert {place: n for place, n in summed.items() if n and place[1] != "Answered"} == {}


@pytest.mark.parametrize("seed", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_every_number_that_is_a_link_leads_to_as_many_requests(kind: str, seed: int, bob: Client) -> None:
    world(seed)
    assert follow(bob, main(asked(bob, "report", kind))) > 15


def test_a_band_that_is_certain_leads_to_all_of_it(bob: Client) -> None:
    gone(2)
    counted(last_up=50, first_gone=70)  # around an hour, and within a day for sure
    page = main(asked(bob, "report", "monitoring-round"))
    assert shown(page)["Speed of removal", "Web", "Within 24 h"] == "3"
    assert "went=within-0-86400" in page
    follow(bob, page)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_report_must_say_is_on_every_rendering(kind: str, bob: Client) -> None:
    PolicyFactory.create(key="tco_removal_order")
    said = ["North Unit", "America/New_York", "2026-03-18 08:00:00 (UTC-04:00)", KINDS[kind].law, "2026-01-01", "n = 0"]
    page, file = unescape(main(asked(bob, "report", kind))), asked(bob, "report-csv", kind).decode()
    paper = flat("".join(pages_of(asked(bob, "report-pdf", kind))))
    assert [text for text in said if text not in page or text not in file or flat(text) not in paper] == []


def test_the_unit_writes_about_its_independence_itself(bob: Client) -> None:
    label = "How the independence of this unit"
    assert label in main(asked(bob, "report", "trusted-flagger"))
    assert label in asked(bob, "report-csv", "trusted-flagger").decode()
    assert flat(label) in flat("".join(pages_of(asked(bob, "report-pdf", "trusted-flagger"))))


def planted() -> None:
    """Requests with personal data wherever there is room for any."""
    author = UserFactory.create(username="zq-author", display_name="Zacharias Quist")
    texts = {"explanation": "EXPLANATION-OF-ZQ", "status_reason": "zq-reason", "verdict_reason": "zq-reason"}
    people = {"opened_by": author, "assigned_to": author, "adjudicated_by": author}
    for key in ("tco_removal_order", "dsa_art16_notice"):
        url = f"https://quisling.example/zq-flagged/{key}"
        row = counted(last_up=20, first_gone=21, policy=PolicyFactory.create(key=key), adjudicated="met", item__canonical_url=url)
        TakedownRequest.objects.filter(pk=row.pk).update(adjudicated_reason="ZQ-ADJUDICATED", **texts, **people)
        fields = {"addressee": "ZQ-ADDRESSEE", "urls": [url], "reference_number": f"{row.pk}"}
        RemovalOrder.objects.create(request=row, agency=row.agency, fields=fields, saved_at=NOW, saved_by=author)


@pytest.mark.parametrize("kind", KINDS)
def test_no_rendering_has_personal_data(kind: str, bob: Client) -> None:
    planted()
    page, file = main(asked(bob, "report", kind)), asked(bob, "report-csv", kind).decode()
    paper = asked(bob, "report-pdf", kind)
    texts = (page, file, flat("".join(pages_of(paper))), paper.decode("latin-1"))
    assert [
        (word, place) for word in (*PLANTED, "bob", "Bob") for place, text in enumerate(texts) if word in text or flat(word) in text
    ] == []
    assert "://" not in page.replace("http://www.w3.org/2000/svg", "") + file


def test_the_paper_prints_names_as_text_and_stays_within_its_edges(bob: Client, unit: Agency) -> None:
    Agency.objects.filter(pk=unit.pk).update(name='#panic("no") *bold* $x$ محمد')
    gone(2)
    TakedownRequest.objects.first().platform.__class__.objects.update(name="#set page(width: 1cm)")  # type: ignore[union-attr]  # there is one
    paper = asked(bob, "report-pdf", "monitoring-round")
    text = flat("".join(pages_of(paper)))
    assert '#panic("no")*bold*$x$' in text
    assert "#setpage(width:1cm)" in text
    document = pypdfium2.PdfDocument(paper)
    for number in range(len(document)):
        page = document[number]
        edge, words = page.get_width() - 30, page.get_textpage()
        assert max(words.get_charbox(index)[2] for index in range(words.count_chars())) < edge
        words.close()
        page.close()
    document.close()


def test_the_chooser_offers_years_since_the_first_request(bob: Client, unit: Agency) -> None:
    counted(timedelta(days=800), agency=unit)
    page = main(bob.get(reverse("reports")).content)
    assert re.findall(r'<option value="(\d+)"', page)[:3] == ["2026", "2025", "2024"]
    assert [kind for kind in KINDS if reverse("report", args=[kind]) not in page] == []


def test_a_choice_that_means_nothing_is_named(bob: Client) -> None:
    PolicyFactory.create(key="tco_removal_order")
    page = main(asked(bob, "report", "tco-authority", year="3000"))
    assert "Showing the last whole year" in page
    assert "2025-01-01 to 2025-12-31" in page


@pytest.mark.parametrize(("year", "words"), [("2026", "nothing is counted"), ("3000", "Showing the last whole year")])
def test_what_could_not_be_used_is_the_first_note_of_every_rendering(year: str, words: str, bob: Client) -> None:
    page = unescape(main(asked(bob, "report", "tco-authority", year=year)))
    assert words in page.split('<ul class="body report-notes">')[1].split("</li>")[0]
    notes = [
        row for row in csv.DictReader(io.StringIO(asked(bob, "report-csv", "tco-authority", year=year).decode())) if row["Row"] == "Note"
    ]
    assert words in notes[0]["Value"]
    assert flat(words) in flat("".join(pages_of(asked(bob, "report-pdf", "tco-authority", year=year))))


@pytest.mark.parametrize("name", ["report", "report-pdf", "report-csv"])
def test_there_is_no_other_report(name: str, bob: Client) -> None:
    assert bob.get(reverse(name, args=["other"])).status_code == 404


def test_files_are_named_after_report_and_period(bob: Client) -> None:
    answer = bob.get(reverse("report-csv", args=["monitoring-round"]), DAYS)
    assert answer["Content-Disposition"] == 'attachment; filename="monitoring-round-2026-01-01-to-2026-03-18.csv"'
    assert answer["Content-Type"] == "text/csv; charset=utf-8"


def test_reading_a_report_takes_few_queries(bob: Client, django_assert_max_num_queries: Callable[[int], object]) -> None:
    world(1)
    with django_assert_max_num_queries(21):  # type: ignore[attr-defined]  # a context manager
        asked(bob, "report", "tco-authority")


def test_the_menu_shows_reports_to_those_who_may_see_them(unit: Agency, signed_in: Callable[[User], Client]) -> None:
    people = cast()
    offered = {
        user.username: reverse("reports") in signed_in(user).get(reverse("queue")).content.decode() for user in (people.alice, people.bob)
    }
    assert offered == {"alice": False, "bob": True}
