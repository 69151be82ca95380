"""How the queries are run."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from takedown.choices import OPEN
from takedown.models import Agency
from takedown.statistics import sql
from takedown.statistics.rows import AgeRow
from tests.factories import AgencyFactory
from tests.statistics.rows import NOW


@pytest.mark.parametrize("path", sorted(sql.QUERIES.glob("*.sql")), ids=lambda path: path.stem)
def test_a_query_says_what_it_answers_and_asks_for_the_agency_first(path: Path) -> None:
    text = path.read_text()
    assert re.findall(r"^-- (\w+): \S", text, re.MULTILINE)[:5] == ["name", "question", "grain", "parameters", "index"]
    assert re.findall(r"WHERE (r\.agency_id = %\(agency_id\)s)", text)
    assert "FROM takedown_takedownrequest r\n    WHERE r.agency_id" in text


@pytest.mark.parametrize("path", sorted(sql.QUERIES.glob("*.sql")), ids=lambda path: path.stem)
def test_open_means_in_a_query_what_it_means_elsewhere(path: Path) -> None:
    for statuses in re.findall(r"r\.status IN \(([^)]*)\)", path.read_text()):
        assert set(re.findall(r"'(\w+)'", statuses)) == OPEN


@dataclass(frozen=True, slots=True)
class Wrong:
    seconds_to: int
    seconds_from: int


@pytest.mark.django_db
def test_a_row_class_must_name_the_columns_in_their_order() -> None:
    parameters = {"agency_id": 1, "now": NOW, "platform_id": None, "policy_ids": None}
    assert len(sql.fetch("open_by_age", AgeRow, parameters)) == 6
    with pytest.raises(TypeError, match="open_by_age"):
        sql.fetch("open_by_age", Wrong, parameters)


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
