"""Runs the queries of `queries/`: one file, one question, one row class."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from django.db import connection, transaction

QUERIES = Path(__file__).parent / "queries"
Row = TypeVar("Row")


@cache
def text_of(name: str) -> str:
    """The SQL of one query, without its header and other comment lines: those may hold a percent sign."""
    lines = (QUERIES / f"{name}.sql").read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith("--"))


def fetch(name: str, row: type[Row], parameters: Mapping[str, Any]) -> list[Row]:
    """Rows of one query as instances of the dataclass `row`, whose fields are the columns in order.

    Raises TypeError where they are not, KeyError for a parameter that is missing.
    """
    with connection.cursor() as cursor:
        cursor.execute(text_of(name), parameters)
        columns = [column.name for column in cursor.description]
        expected = columns_of(row)
        if columns != expected:
            raise TypeError(f"{name}.sql answers {columns}, {row.__name__} has {expected}")
        return [row(*values) for values in cursor.fetchall()]


def columns_of(row: type[Any]) -> list[str]:
    """Columns of the query that a row class belongs to."""
    return [field.name for field in fields(row)]


@contextmanager
def snapshot() -> Iterator[None]:
    """Everything read inside is of one instant, so that the numbers of a page agree with each other.

    Inside a transaction that has begun it is that transaction's isolation that counts: the level cannot be changed any more.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # The planner expects as many groups as rows and would sort them on disk; there are a few thousand at most.
            cursor.execute("SET LOCAL work_mem = '64MB'")
        yield
