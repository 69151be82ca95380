"""The request list and its filters."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from platforms.models import Pause, PauseReason
from takedown.choices import Action, ClockState, VerdictValue
from takedown.models import Agency, ApiKey, Event, FlaggedItem, TakedownRequest, Watch
from tests.api.conftest import client_of
from tests.factories import AgencyFactory, PolicyFactory, ReportFactory, RequestFactory, WatchFactory

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


@pytest.mark.parametrize("query", ["due_before=yesterday", "due_before=%00", "platform=%00"])
def test_a_filter_that_makes_no_sense_is_an_error(client: APIClient, query: str) -> None:
    assert client.get(f"{REQUESTS}?{query}").status_code == 400


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("status=gone", "Unknown: gone. Known: closed, needs_operator, refused, sent, to_approve, to_send, withdrawn."),
        ("status=closed&status=gone", "Unknown: gone. Known: closed,"),
        ("verdict=1", "Unknown: 1. Known: breached, indeterminate,"),
        ("overdue=maybe", "Unknown: maybe. Known: false, true."),
        ("platform=friendster", "Unknown: friendster. Known:"),
        ("policy=theirs", "Unknown: theirs. Known: former, referral_voluntary."),
        *((f"page_size={size}", f"Unknown: {size}. Known: whole numbers from 1 to 500.") for size in ("0", "abc", "-1", "501", "9" * 99)),
        ("page_size=", "Known: whole numbers"),
    ],
)
def test_a_value_that_is_none_is_refused_with_those_there_are(client: APIClient, agency: Agency, query: str, words: str) -> None:
    PolicyFactory.create(key="former", agency=agency, valid_to=timezone.now())
    PolicyFactory.create(key="theirs", agency=AgencyFactory.create(slug="south"))
    answer = client.get(f"{REQUESTS}?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    (error,) = answer.json()["errors"]
    assert error["pointer"] == "/" + query.split("=")[0]
    assert words in error["detail"]


@pytest.mark.parametrize("query", ["overdue=True", "overdue=0", "overdue=", "platform=", "platform=youtube", "policy=referral_voluntary"])
def test_a_value_that_is_one_is_taken_even_where_nothing_matches(client: APIClient, query: str) -> None:
    assert client.get(f"{REQUESTS}?{query}").status_code == 200


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


@pytest.mark.parametrize("kind", ["items", "requests"])
def test_a_look_asked_for_is_due_at_once_and_on_record(client: APIClient, agency: Agency, kind: str) -> None:
    request = TakedownRequest.objects.get(pk=add(agency))
    Watch.objects.update(next_look_at=None)
    answer = client.post(f"/api/v1/{kind}/{request.item_id if kind == 'items' else request.pk}/look/")
    assert (answer.status_code, answer.json()) == (202, {"item": request.item_id, "paused": False, "paused_until": None})
    watch = Watch.objects.get()
    assert watch.is_anchor
    assert watch.next_look_at is not None
    assert watch.next_look_at <= timezone.now()
    (event,) = Event.objects.of(request.item)
    assert (event.action, event.actor_name) == (Action.LOOK_ASKED, f"key {ApiKey.objects.get()}")


def test_who_asks_for_a_look_learns_what_it_waits_for(client: APIClient, agency: Agency) -> None:
    request = TakedownRequest.objects.get(pk=add(agency))
    Pause.objects.create(platform=request.platform, reason=PauseReason.QUOTA, since=timezone.now(), until="2126-01-01T00:00:00Z")
    answer = client.post(f"{REQUESTS}{request.pk}/look/").json()
    assert answer == {"item": request.item_id, "paused": True, "paused_until": "2126-01-01T00:00:00Z"}


def test_a_look_at_what_is_another_item_is_refused_with_its_number(client: APIClient, agency: Agency) -> None:
    known, same = (TakedownRequest.objects.get(pk=add(agency)).item for _ in range(2))
    FlaggedItem.objects.filter(pk=same.pk).update(merged_into=known)
    answer = client.post(f"/api/v1/items/{same.pk}/look/")
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    (error,) = answer.json()["errors"]
    assert (error["code"], error["detail"]) == ("not_possible", f"It is the same content as item {known.pk}. Ask for a look there.")


@pytest.mark.parametrize("kind", ["items", "requests"])
def test_nobody_can_ask_for_a_look_at_what_another_agency_has(agency: Agency, kind: str) -> None:
    request = TakedownRequest.objects.get(pk=add(agency))
    stranger = client_of(AgencyFactory.create(slug="south"))
    answers = [stranger.post(f"/api/v1/{kind}/{pk}/look/") for pk in (request.item_id if kind == "items" else request.pk, 10**30)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert not Event.objects.filter(action=Action.LOOK_ASKED).exists()
