"""The second wall: with the first one down, the database still shows nobody the rows of another agency, and keeps history from all."""

import csv
import io
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.urls import reverse

from takedown.choices import VerdictValue
from takedown.models import FlaggedItem, Observation, Report, TakedownRequest, walls
from takedown.models.numbers import count_of, key_of
from takedown.models.scope import AgencyQuerySet
from tests.clients import client_as
from tests.factories import Cast, cast, in_order, in_verdict

pytestmark = pytest.mark.django_db

MODELS = [*apps.get_app_config("takedown").get_models(), *apps.get_app_config("platforms").get_models()]
UNWALLED = {"User"}
"""Asked for before anybody is known, and by names that are taken once in the install: of these rows screens guard what they show."""


@pytest.fixture
def people() -> Cast:
    return cast()


def _guarded() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity")
        return {name for (name,) in cursor.fetchall()}


def _names_of(model: type[models.Model]) -> set[str]:
    return {field.name for field in model._meta.concrete_fields}


def test_every_table_with_an_agency_stands_behind_the_wall() -> None:
    owned = {model for model in MODELS if _names_of(model) & {"agency", "for_agency", "span"}} - {
        model for model in MODELS if model.__name__ in UNWALLED
    }
    assert {model._meta.db_table for model in owned} - _guarded() == set()
    assert {"takedown_agency", "takedown_keepsake"} <= _guarded()


def test_behind_the_wall_there_is_nothing_of_another_agency(people: Cast) -> None:
    mine, theirs = (in_order(VerdictValue.BREACHED, agency=cast(unit).agency) for unit in ("north", "south"))
    walls.enter(people.agency.pk)
    seen = {
        model.__name__: set(model._base_manager.values_list("agency_id", flat=True)) for model in MODELS if "agency" in _names_of(model)
    }
    assert all(agencies <= {people.agency.pk, None} for name, agencies in seen.items() if name not in UNWALLED), seen
    assert (seen["TakedownRequest"], seen["Watch"], seen["Report"]) == ({people.agency.pk},) * 3
    assert not TakedownRequest.objects.filter(pk=theirs.pk).exists()
    assert TakedownRequest.objects.filter(pk=theirs.pk).update(explanation="Ours.") == 0
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        FlaggedItem.objects.filter(pk=mine.item_id).update(agency=theirs.agency_id)
    walls.enter(None)
    assert not TakedownRequest.objects.exists()
    walls.leave()
    assert TakedownRequest.objects.count() == 2


@pytest.fixture
def first_wall_down(monkeypatch: pytest.MonkeyPatch) -> None:
    def all_of_them(self: AgencyQuerySet[Any], agency: Any) -> AgencyQuerySet[Any]:
        return self.all()

    monkeypatch.setattr(AgencyQuerySet, "for_agency", all_of_them)


def test_screens_without_the_first_wall_show_nothing_of_another_agency(first_wall_down: None, people: Cast) -> None:
    own = in_verdict(VerdictValue.BREACHED, agency=people.agency)
    theirs = in_order(VerdictValue.BREACHED, agency=cast("south").agency)
    client = client_as(people.bob)
    pages = [client.get(reverse(name)).content.decode() for name in ("queue", "overdue", "alerts", "wall", "dashboard")]
    assert own.item.canonical_url.split("//")[1].split(".")[0] in pages[0]
    assert not [page for page in pages if str(theirs.pk) in page]
    for name, pk in (
        ("request", theirs.pk),
        ("item", theirs.item_id),
        ("order", theirs.pk),
        ("order-pdf", theirs.pk),
        ("leave", theirs.pk),
    ):
        assert client.get(reverse(name, args=[pk])).status_code == 404
    file = b"".join(client.get(reverse("queue-csv"))).decode()
    assert len(list(csv.reader(io.StringIO(file)))) == 2


def test_what_a_page_has_seen_the_next_one_does_not(people: Cast) -> None:
    for unit in ("north", "south"):
        in_verdict(VerdictValue.PENDING, agency=cast(unit).agency)
        client = client_as(cast(unit).bob)
        for name in ("queue", "queue-csv"):
            answer = client.get(reverse(name))
            text = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
            assert text
            assert walls.standing() is None
    assert TakedownRequest.objects.count() == 2


def test_numbers_of_one_agency_tell_nothing_of_another(people: Cast) -> None:
    first = in_verdict(VerdictValue.PENDING, agency=people.agency)
    for _ in range(7):
        in_verdict(VerdictValue.PENDING, agency=cast("south").agency)
    second = in_verdict(VerdictValue.PENDING, agency=people.agency)
    assert [first.number, second.number] == ["TD-1001", "TD-1002"]
    for rows in (FlaggedItem, Report):
        earlier, later = sorted(rows.objects.for_agency(people.agency).values_list("pk", flat=True))
        assert count_of(later) - count_of(earlier) < 7
    assert key_of(people.agency.pk, 1001) == first.pk
    assert first.pk < 2**53  # whole in JavaScript


@pytest.mark.parametrize("table", ["event", "clockevent", "approval", "platformanswer", "report", "observation", "submission"])
def test_history_is_not_emptied(table: str) -> None:
    with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE takedown_{table} CASCADE")


def test_reports_and_looks_are_not_deleted_and_reports_stay_as_they_came(people: Cast) -> None:
    row = in_verdict(VerdictValue.PENDING, agency=people.agency)
    for rows in (Report.objects.all(), Observation.objects.all(), TakedownRequest.objects.filter(pk=row.pk)):
        with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {rows.model._meta.db_table}")
    with pytest.raises(DatabaseError, match="stays as it came"), transaction.atomic():
        Report.objects.update(url="https://another.example/")


def test_behind_the_wall_history_is_only_added_to(people: Cast) -> None:
    in_verdict(VerdictValue.PENDING, agency=people.agency)
    walls.enter(people.agency.pk)
    for statement in ("UPDATE takedown_event SET reason = ''", "DELETE FROM takedown_observation", "TRUNCATE takedown_watch"):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    walls.leave()
