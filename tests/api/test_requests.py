"""The request list and its filters."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from takedown.choices import ClockState, VerdictValue
from takedown.models import Agency, TakedownRequest
from tests.factories import ReportFactory, RequestFactory, WatchFactory

REQUESTS = "/api/v1/requests/"


def add(agency: Agency, **values: object) -> int:
    request = RequestFactory.create(agency=agency, **values)
    WatchFactory.create(item=request.item)
    return int(request.pk)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"pending", "breached", "closed"}),
        ("status=closed", {"closed"}),
        ("status=closed&status=sent", {"closed", "breached", "pending"}),
        ("verdict=breached", {"breached"}),
        ("platform=web", {"pending", "breached", "closed"}),
        ("platform=x", set()),
        ("overdue=true", {"breached"}),
        ("overdue=false", {"pending", "closed"}),
        ("client_reference=ours", {"pending"}),
    ],
)
def test_filters_find_what_they_say(client: APIClient, agency: Agency, query: str, expected: set[str]) -> None:
    now = timezone.now()
    clock = {"clock_state": ClockState.RUNNING, "clock_started_at": now - timedelta(hours=2), "status": "sent"}
    ids = {
        "pending": add(agency, **clock, due_at=now + timedelta(hours=1), verdict=VerdictValue.PENDING),
        "breached": add(agency, **clock, due_at=now - timedelta(hours=1), verdict=VerdictValue.BREACHED),
        "closed": add(agency, **clock | {"status": "closed", "closed_at": now}, verdict=VerdictValue.NOT_COUNTED),
    }
    ReportFactory.create(request=TakedownRequest.objects.get(pk=ids["pending"]), client_reference="ours")
    answer = client.get(f"{REQUESTS}?{query}")
    assert answer.status_code == 200
    assert {row["id"] for row in answer.json()["results"]} == {ids[name] for name in expected}


@pytest.mark.parametrize("instant", ["0221-07-15T00:14:40%2B20:51", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00Z", "2026-01-01"])
def test_odd_but_valid_instants_never_fail(client: APIClient, instant: str) -> None:
    assert client.get(f"{REQUESTS}?due_before={instant}").status_code in {200, 400}


@pytest.mark.parametrize("query", ["status=gone", "verdict=1", "due_before=yesterday", "due_before=%00"])
def test_a_filter_that_makes_no_sense_is_an_error(client: APIClient, query: str) -> None:
    assert client.get(f"{REQUESTS}?{query}").status_code == 400


def test_pages_neither_repeat_nor_skip(client: APIClient, agency: Agency) -> None:
    ids = [add(agency) for _ in range(7)]
    first = client.get(f"{REQUESTS}?page_size=3").json()
    add(agency)
    second = client.get(first["next"]).json()
    third = client.get(second["next"]).json()
    found = [row["id"] for page in (first, second, third) for row in page["results"]]
    assert found == sorted(ids, reverse=True)
    assert third["next"] is None


def test_a_list_takes_as_many_statements_for_many_rows_as_for_one(
    client: APIClient, agency: Agency, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        add(agency)
    client.get(REQUESTS)
    with django_assert_max_num_queries(3):
        client.get(REQUESTS)


@pytest.mark.parametrize("pk", ["0", "99999999", "9" * 30])
def test_what_does_not_exist_is_not_found(client: APIClient, pk: str) -> None:
    answer = client.get(f"{REQUESTS}{pk}/")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
