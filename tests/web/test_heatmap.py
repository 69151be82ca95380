"""Geometry of the heat map: every cell inside, readable without colour."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takedown.web.heatmap import EDGE, NAMES, TALL, heat_map
from tests.statistics.test_heat import NUMBERS, of

CELLS = st.dictionaries(st.tuples(st.integers(0, 25), st.sampled_from([f"p{place}" for place in range(12)])), NUMBERS, min_size=1)


def test_weeks_go_across_where_there_is_room_and_down_where_there_is_not() -> None:
    heat = of({(0, "web"): (9, 1), (9, "web"): (6, 3, 1), (9, "chat"): (1, 1)})
    wide, narrow = heat_map(heat, width=1080), heat_map(heat, width=300)
    assert [(patch.x, patch.y, patch.text, patch.css) for patch in wide.patches] == [
        (NAMES + 1, EDGE + 1, "10", "h1"),
        (NAMES + 9 * 64 + 1, EDGE + 1, "30+", "h3"),
        (NAMES + 9 * 64 + 1, EDGE + TALL + 1, "", "few"),
    ]
    assert [label.text for label in wide.labels][:3] == ["Web", "Chat", "2 Mar"]
    assert [label.upright for label in narrow.labels] == [True, True, *[False] * 10]
    assert narrow.patches[1].y - narrow.patches[0].y == 9 * TALL


@pytest.mark.parametrize(
    ("numbers", "shade", "text"),
    [
        ((10, 0), "h0", "0"),
        ((9, 0, 1), "h0", "0+"),
        ((90, 10), "h1", "10"),
        ((89, 11), "h2", "11"),
        ((75, 25), "h2", "25"),
        ((50, 50), "h3", "50"),
        ((49, 51), "h4", "51"),
        ((0, 10), "h4", "100"),
        ((4, 5), "few", ""),
    ],
)
def test_the_shade_follows_what_is_surely_missed_and_the_number_says_it(numbers: tuple[int, ...], shade: str, text: str) -> None:
    [patch] = heat_map(of({(0, "web"): numbers}), width=600).patches
    assert (patch.css, patch.text) == (shade, text)
    assert str(sum(numbers)) in patch.title


def test_long_names_are_cut_in_the_drawing_and_whole_in_the_title() -> None:
    drawn = heat_map(of({(0, "some-platform-with-a-long-name"): (9, 1)}), width=600)
    assert drawn.labels[0].text == "Some-platform-wi…"
    assert drawn.patches[0].title.startswith("Some-platform-with-a-long-name, week of 2 Mar 2026: 10.0 % of 10 missed")


@settings(deadline=None, max_examples=40)
@given(CELLS, st.sampled_from([1080.0, 600.0, 300.0]))
def test_cells_stay_inside_and_apart(cells: dict[tuple[int, str], tuple[int, ...]], width: float) -> None:
    drawn = heat_map(of(cells), width=width)
    corners = set()
    for patch in drawn.patches:
        assert patch.x >= 0 <= patch.y
        assert patch.x + patch.width <= drawn.width
        assert patch.y + patch.height <= drawn.height
        assert patch.width >= 16
        corners.add((patch.x, patch.y))
    assert len(corners) == len(drawn.patches) == len(cells)
