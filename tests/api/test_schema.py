"""The interface keeps what its schema promises."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error

from takedown.models import Agency, ApiKey
from takedown.wsgi import application
from tests.factories import issued

schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", application)


@pytest.mark.django_db
def test_the_schema_is_openapi_3_1_and_names_every_route() -> None:
    schema = json.loads(Client().get("/api/v1/schema/").content)
    assert schema["openapi"].startswith("3.1")
    assert set(schema["paths"]) == {
        "/api/v1/reports/",
        "/api/v1/reports/batch/",
        "/api/v1/reports/{id}/",
        "/api/v1/requests/",
        "/api/v1/requests/{id}/",
        "/api/v1/requests/{id}/look/",
        "/api/v1/items/{id}/look/",
    }


@pytest.mark.django_db
def test_the_schema_names_the_errors_of_every_route() -> None:
    paths = json.loads(Client().get("/api/v1/schema/").content)["paths"]
    errors = {
        (path.removeprefix("/api/v1/"), method): {code for code in route["responses"] if code >= "400"}
        for path, methods in paths.items()
        for method, route in methods.items()
    }
    common = {"400", "401", "403"}
    assert errors == {
        ("reports/", "post"): common | {"409", "413", "415", "422"},
        ("reports/batch/", "post"): common | {"413", "415", "422"},
        ("reports/{id}/", "get"): common | {"404"},
        ("requests/", "get"): common | {"404"},
        ("requests/{id}/", "get"): common | {"404"},
        ("requests/{id}/look/", "post"): common | {"404", "409", "413", "415"},
        ("items/{id}/look/", "post"): common | {"404", "409", "413", "415"},
    }
    problems = {
        answer["content"]["application/problem+json"]["schema"]["$ref"]
        for methods in paths.values()
        for route in methods.values()
        for code, answer in route["responses"].items()
        if code >= "400"
    }
    assert problems == {"#/components/schemas/ProblemOut"}


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Keep requests from closing the connection that the test's transaction lives on, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
@schema.parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_call_makes_the_server_fail(case: "schemathesis.Case[Any]", agency: Agency) -> None:
    _, secret = issued(agency, *ApiKey.Scope.values)
    case.call_and_validate(headers={"Authorization": f"Api-Key {secret}"}, checks=[not_a_server_error])
