"""Stacked bars of removals."""

from takedown.statistics.bands import bands_of
from takedown.web.stacks import PIECES, removal_stacks
from tests.statistics.test_bands import NAMES, row


def test_a_bar_is_full_and_says_in_words_what_it_shows() -> None:
    rows = [("gone", 0, 0, 4), ("gone", 0, 1, 3), ("up", 0, 4, 2), ("unknown", 0, 4, 1)]
    [stack] = removal_stacks(bands_of([row(*one) for one in rows], NAMES))
    assert [(piece.css, piece.x, piece.width) for piece in stack.pieces] == [
        ("1h", 0, 40),
        ("between", 40, 30),
        ("up", 70, 20),
        ("unknown", 90, 10),
    ]
    assert stack.text == "Web: 4 within 1 h, 3 gone, band unknown, 2 still up, 1 not known"
    assert {piece.css for piece in stack.pieces} <= set(PIECES)


def test_several_platforms_have_a_bar_for_all_of_them() -> None:
    rows = [row("gone", 0, 0, 4), row("gone", 4, 4, 3, 2)]
    assert [stack.total for stack in removal_stacks(bands_of(rows, NAMES))] == [3, 4, 7]
    assert removal_stacks(bands_of([], {})) == ()
