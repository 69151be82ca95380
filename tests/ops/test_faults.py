"""A fault that passes by itself is told apart from a mistake, and answered so that the caller comes again."""

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse

from takedown.ops.faults import is_transient
from tests.api.conftest import client_of
from tests.factories import AgencyFactory, Cast


def raised_by(statement: str) -> DatabaseError:
    """What Django raises when PostgreSQL itself answers so."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return caught.value


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "passes"),
    [
        *((state, True) for state in ("08006", "53300", "53100", "57P01", "57P03", "57014", "55P03", "40001", "40P01", "25006", "25P03")),
        *((state, False) for state in ("22001", "23505", "42P01", "42601", "22012", "25P02", "54001", "55000", "XX000", "P0001")),
    ],
)
def test_the_state_that_the_database_names_decides(state: str, passes: bool) -> None:
    assert is_transient(raised_by(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$")) is passes


@pytest.mark.django_db
def test_a_statement_that_takes_too_long_passes_and_a_wrong_one_does_not() -> None:
    assert is_transient(raised_by("SET LOCAL statement_timeout = 10; SELECT pg_sleep(5)"))
    assert not is_transient(raised_by("SELECT 1 / 0"))


def test_a_server_that_cannot_be_reached_or_ends_the_connection_passes(django_db_setup: None) -> None:
    with pytest.raises(psycopg2.Error) as refused:
        psycopg2.connect(host="/nowhere", dbname="none")
    parameters = connection.get_connection_params()
    own = psycopg2.connect(**{key: parameters[key] for key in ("dbname", "user", "host") if key in parameters})
    with pytest.raises(psycopg2.Error) as ended, own.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(psycopg2.Error) as closed:
        own.cursor()
    assert [is_transient(error.value) for error in (refused, ended, closed)] == [True, True, True]


def caused(outer: Exception, inner: Exception) -> Exception:
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (OperationalError("gone"), True),
        (InterfaceError("connection already closed"), True),
        (caused(RuntimeError(), OperationalError("gone")), True),
        (caused(OperationalError(), psycopg2.OperationalError("no code")), True),
        (psycopg2.DatabaseError("SSL SYSCALL error: EOF detected"), True),
        (psycopg2.ProgrammingError("no code"), False),
        (DatabaseError("other"), False),
        (ConnectionError(), False),
        (ValueError(), False),
        (None, False),
    ],
)
def test_what_has_no_state_is_told_by_its_kind(error: Exception | None, passes: bool) -> None:
    assert is_transient(error) is passes


@pytest.fixture
def away() -> Iterator[None]:
    """From here on the database answers nothing."""

    def refuse(*_: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(refuse):
        yield


CALLS = [("post", "reports/"), ("post", "reports/batch/"), ("get", "reports/1/"), ("get", "requests/"), ("get", "requests/1/")]


@pytest.fixture
def api(db: None) -> Client:
    client = client_of(AgencyFactory.create())
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize(("method", "path"), [*CALLS, ("post", "items/1/look/")])
def test_a_client_is_asked_to_come_again(api: Client, away: None, method: str, path: str) -> None:
    answer = getattr(api, method)(f"/api/v1/{path}")
    assert (answer.status_code, answer["Content-Type"], answer["Retry-After"]) == (503, "application/problem+json", "5")
    assert [error["code"] for error in answer.json()["errors"]] == ["unavailable"]


@pytest.mark.parametrize("path", ["/queue/", "/requests/1/", "/admin/", "/answer/x/", "/dashboard/"])
def test_a_person_gets_a_calm_page_even_where_the_session_cannot_be_read(alice: Client, away: None, path: str) -> None:
    alice.raise_request_exception = False
    answer = alice.get(path)
    page = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "5", "no-store")
    assert "Our database does not answer right now" in page
    assert "load this page again" in page
    assert answer["X-Request-ID"] in page


def test_who_has_just_sent_something_is_told_that_it_is_not_certain(people: Cast, away: None) -> None:
    client = Client(raise_request_exception=False)
    answer = client.post(reverse("sign-in"), {"username": "alice", "password": "x"})
    assert (answer.status_code, "was saved is not certain" in answer.content.decode()) == (503, True)


def test_a_mistake_of_ours_stays_one(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ValueError("secret")

    monkeypatch.setattr("takedown.api.views.RequestView.get_queryset", fail)
    answer = api.get("/api/v1/requests/")
    assert (answer.status_code, answer.json()["errors"][0]["code"], answer["Content-Type"]) == (500, "error", "application/problem+json")
    assert "Retry-After" not in answer
    assert b"secret" not in answer.content
