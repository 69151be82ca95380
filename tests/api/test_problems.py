"""Whatever happens under `/api/`, a client that speaks JSON is answered in JSON, and nobody on the way keeps it."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from tests.api.conftest import client_of
from tests.factories import AgencyFactory

PROBLEM = "application/problem+json"


def codes(answer: Any) -> list[str]:
    return [error["code"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v2/reports/", "/api/v1/reports", "/api/v1/x/", "/api/%ff/"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_address_that_does_not_exist_is_a_problem(db: None, path: str, method: str) -> None:
    answer = getattr(Client(), method)(path)
    assert (answer.status_code, answer["Content-Type"], codes(answer)) == (404, PROBLEM, ["not_found"])


def test_a_page_that_does_not_exist_elsewhere_stays_a_page(db: None) -> None:
    assert Client().get("/apiary/")["Content-Type"].startswith("text/html")


def test_a_host_that_is_not_ours_is_a_problem(db: None) -> None:
    answer = Client().get("/api/v1/requests/", headers={"Host": "evil.example"})
    assert (answer.status_code, answer["Content-Type"], codes(answer)) == (400, PROBLEM, ["bad_request"])


def test_plain_http_is_refused_and_not_sent_elsewhere(db: None, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().post("/api/v1/reports/")
    assert (answer.status_code, answer["Content-Type"], codes(answer)) == (400, PROBLEM, ["https_required"])
    assert "Location" not in answer
    assert Client().get("/queue/").status_code == 301


def test_too_many_parameters_are_refused(db: None) -> None:
    answer = client_of(AgencyFactory.create()).get("/api/v1/requests/?" + "&".join(f"a{number}=1" for number in range(1100)))
    assert (answer.status_code, answer["Content-Type"], codes(answer)) == (400, PROBLEM, ["parse_error"])


def test_another_language_than_json_is_not_spoken(db: None) -> None:
    answer = client_of(AgencyFactory.create()).get("/api/v1/requests/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer["Content-Type"], codes(answer)) == (406, PROBLEM, ["not_acceptable"])


def test_a_handler_of_djangos_own_cannot_answer_with_a_page(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ValueError

    monkeypatch.setattr("django.middleware.common.CommonMiddleware.process_request", fail)
    answer = Client(raise_request_exception=False).get("/api/v1/requests/")
    assert (answer.status_code, answer["Content-Type"], codes(answer)) == (500, PROBLEM, ["error"])


@pytest.mark.parametrize("path", ["requests/", "schema/", "nothing/", "reports/1/"])
def test_no_answer_is_kept_on_its_way(db: None, path: str) -> None:
    for client in (client_of(AgencyFactory.create(slug="east")), APIClient()):
        answer = client.get(f"/api/v1/{path}")
        assert answer["Cache-Control"] == "no-store"
        assert "Authorization" in answer["Vary"]
