"""One rule is one test, however many spellings it is held to."""

from collections.abc import Callable, Iterable
from typing import TypeVar

Row = TypeVar("Row")


def check_all(rows: Iterable[Row], check: Callable[[Row], object]) -> None:
    """Hold every row of a table to one rule, and fail with all rows that break it."""
    wrong, held = [], 0
    for row in rows:
        held += 1
        try:
            check(row)
        except AssertionError as error:
            wrong.append(f"{row!r:.300}: {error}")
    assert held, "an empty table proves nothing"
    assert not wrong, f"{len(wrong)} of {held} rows:\n" + "\n".join(wrong)
