"""How the queries are run."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from takedown.choices import OPEN
from takedown.models import Agency
from takedown.statistics import sql
from takedown.statistics.rows import PassedRow
from tests.factories import AgencyFactory
from tests.statistics.rows import NOW, all_time

PARAMETERS = {**all_time(1).parameters(), "now": NOW}


@pytest.mark.parametrize("path", sorted(sql.QUERIES.glob("*.sql")), ids=lambda path: path.stem)
def test_a_query_says_what_it_answers_and_asks_for_the_agency_first(path: Path) -> None:
    text = path.read_text()
    assert re.findall(r"^-- (\w+): \S", text, re.MULTILINE)[:5] == ["name", "question", "grain", "parameters", "index"]
    tables = re.findall(r"\b(?:FROM|JOIN) takedown_(?:takedownrequest|tally|rollupspan) (\w)\b", text)
    assert tables
    for table in tables:
        assert re.search(rf"\b(?:WHERE|AND) {table}\.agency_id = %\(agency_id\)s", text)
    assert len(re.findall(r"\.agency_id = %\(agency_id\)s", text)) == len(tables)


@pytest.mark.parametrize("path", sorted(sql.QUERIES.glob("*.sql")), ids=lambda path: path.stem)
def test_open_means_in_a_query_what_it_means_elsewhere(path: Path) -> None:
    for statuses in re.findall(r"r\.status IN \(([^)]*)\)", path.read_text()):
        assert set(re.findall(r"'(\w+)'", statuses)) == OPEN


@dataclass(frozen=True, slots=True)
class Wrong:
    quarter: int
    n: int
    platform_id: int


@pytest.mark.django_db
def test_a_row_class_must_name_the_columns_in_their_order() -> None:
    assert sql.fetch("passed", PassedRow, PARAMETERS) == []
    with pytest.raises(TypeError, match="passed"):
        sql.fetch("passed", Wrong, PARAMETERS)


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_does_not_see_what_is_written_meanwhile() -> None:
    AgencyFactory.create(slug="north")
    with sql.snapshot():
        assert Agency.objects.count() == 1
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("UPDATE takedown_agency SET slug = 'moved'")
        finally:
            other.close()
        assert Agency.objects.get().slug == "north"
    assert Agency.objects.get().slug == "moved"


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_writes_nothing() -> None:
    with pytest.raises(DatabaseError, match="read-only"), sql.snapshot():
        AgencyFactory.create(slug="north")


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_a_snapshot_is_that_transaction() -> None:
    with transaction.atomic(), sql.snapshot():
        AgencyFactory.create(slug="north")
    assert Agency.objects.count() == 1
