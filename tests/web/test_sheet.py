"""Figures as files: well-formed, complete, in colours every program knows, and the same as a picture."""

import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from takedown.statistics.tables import TABLES
from takedown.web.ink import hex_of, style
from takedown.web.keys import KEYS
from takedown.web.sheet import FIGURES
from tests.clients import client_as
from tests.factories import AgencyFactory, PlatformFactory, cast
from tests.statistics.rows import NOW, counted

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def _at_now() -> object:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def client(db: None) -> Client:
    return client_as(cast().charlie)


def fill() -> None:
    """Two platforms, one with a name that is markup; enough for every drawing."""
    odd = PlatformFactory.create(slug="odd", name='<script>"&')
    for place in range(12):
        counted(last_up=20, first_gone=21 + place)
        counted(last_up=65, item__platform=odd)
    counted(timedelta(minutes=20), last_up=10, first_gone=12, confirmed=False)


def drawing(client: Client, figure: str, query: str = "?period=7d") -> ElementTree.Element:
    answer = client.get(reverse("dashboard-svg", args=[figure]) + query)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("image/svg+xml")
    assert answer["Content-Disposition"] == f'attachment; filename="takedown-{figure}-2026-03-18.svg"'
    return ElementTree.fromstring(answer.content)


def text_of(root: ElementTree.Element) -> str:
    return " ".join("".join(node.itertext()) for node in root.iter(f"{SVG}text"))


def test_every_figure_but_the_one_without_a_drawing_can_be_had_as_a_file() -> None:
    assert set(TABLES) - set(FIGURES) == {"seeing"}
    assert set(KEYS) == set(FIGURES) | {"ahead"}


@pytest.mark.parametrize("figure", FIGURES)
def test_a_file_says_what_it_shows_of_how_many_and_when(client: Client, figure: str) -> None:
    fill()
    root = drawing(client, figure)
    words = text_of(root)
    title, described = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert described is not None
    assert (title.text or "") in words
    assert (described.text or "").split()[0] in words
    assert re.search(r"n = [1-9]\d*\.", words)
    assert "12 Mar 2026 to 18 Mar 2026, days in UTC" in words or "Read 18 Mar 2026, 12:00:00 UTC" in words
    assert all(key.label in words for key in KEYS[figure])


@pytest.mark.parametrize("figure", FIGURES)
def test_a_file_needs_nothing_beside_it(client: Client, figure: str) -> None:
    fill()
    root = drawing(client, figure)
    ids = {node.get("id") for node in root.iter()}
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
    for node in root.iter():
        assert node.tag not in {f"{SVG}script", f"{SVG}image", f"{SVG}foreignObject"}
        assert not [name for name in node.attrib if "href" in name or name.startswith("on")]
        assert not (ink := node.get("fill", "")).startswith("url(") or ink[5:-1] in ids
        if node.tag == f"{SVG}rect":
            assert node.get("height")


@pytest.mark.parametrize("figure", ["heat", "bands"])
def test_names_are_text_in_a_file_too(client: Client, figure: str) -> None:
    fill()
    assert '<script>"&' in text_of(drawing(client, figure))


@pytest.mark.parametrize("bad", ["\x01", "\x0b", "\x1f", "\ufffe", "\uffff"])
def test_what_xml_forbids_is_left_out_of_a_file(client: Client, bad: str) -> None:
    counted(last_up=20, first_gone=21, item__platform=PlatformFactory.create(slug="odd", name=f"O{bad}dd \U0001f600"))
    assert "Odd \U0001f600" in text_of(drawing(client, "bands", "?period=7d&platform=odd"))


def test_all_colours_are_named_so_that_every_program_knows_them() -> None:
    assert not re.search(r"var\(|oklch|light-dark|CanvasText|@", style())
    assert len(set(re.findall(r"#[0-9a-f]{6}\b", style()))) > 8


@pytest.mark.parametrize(
    ("lightness", "chroma", "hue", "expected"),
    # Of CSS Color 4: white, black, and the primaries as every browser converts them.
    [(1, 0, 0, "#ffffff"), (0, 0, 0, "#000000"), (0.62796, 0.25768, 29.2339, "#ff0000"), (0.45201, 0.31321, 264.052, "#0000ff")],
)
def test_colours_are_those_of_the_browser(lightness: float, chroma: float, hue: float, expected: str) -> None:
    assert hex_of(lightness, chroma, hue) == expected


def test_every_class_of_a_drawing_has_its_rule(client: Client) -> None:
    fill()
    known = set(re.findall(r"\.(dc-[\w-]+)", style())) | {"dc-v-indeterminate", "dc-v-suspended", "dc-may"}
    for figure in FIGURES:
        used = {name for node in drawing(client, figure).iter() for name in node.get("class", "").split() if name.startswith("dc-")}
        assert {name for name in used if not name.startswith("dc-w-")} <= known


@pytest.mark.parametrize("figure", FIGURES)
def test_a_picture_has_two_pixels_for_each_unit(client: Client, figure: str) -> None:
    fill()
    root = drawing(client, figure)
    answer = client.get(reverse("dashboard-png", args=[figure]), {"period": "7d"})
    assert answer["Content-Disposition"] == f'attachment; filename="takedown-{figure}-2026-03-18.png"'
    assert answer.content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(answer.content[start : start + 4], "big") for start in (16, 20))
    assert (width, height) == pytest.approx((2 * float(root.get("width", 0)), 2 * float(root.get("height", 0))), abs=1)


def test_a_file_keeps_to_the_filters_and_the_agency(client: Client) -> None:
    fill()
    counted(agency=AgencyFactory.create(slug="south"), item__platform=PlatformFactory.create(slug="theirs"), last_up=20, first_gone=21)
    words = text_of(drawing(client, "bands", "?period=7d&platform=web&policy=one_hour"))
    assert "Web: 13" in words
    assert "platform Web; policy Removal order, one hour; n = 13." in words
    assert "<script>" not in words
    assert "Theirs" not in text_of(drawing(client, "bands"))


def test_an_empty_period_has_files_that_say_so(client: Client) -> None:
    for figure in FIGURES:
        assert re.search(r"No |Nothing ", text_of(drawing(client, figure)))


def test_a_drawing_nobody_knows_is_not_found(client: Client) -> None:
    for name in ("seeing", "passwords"):
        for kind in ("svg", "png"):
            assert client.get(reverse(f"dashboard-{kind}", args=[name])).status_code == 404
