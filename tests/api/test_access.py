"""Who may call what: every route against every scope."""

from datetime import timedelta
from itertools import product

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from takedown.api.urls import urlpatterns
from takedown.models import Agency, ApiKey
from tests.api.conftest import client_of
from tests.factories import ReportFactory, WatchFactory, issued

OPEN_ROUTES = {"api-schema", "api-nothing"}
NEEDS = {
    ("api-reports", "post"): "reports:write",
    ("api-report-batch", "post"): "reports:write",
    ("api-report", "get"): "reports:read",
    ("api-requests", "get"): "requests:read",
    ("api-request", "get"): "requests:read",
    ("api-request-look", "post"): "reports:write",
    ("api-item-look", "post"): "reports:write",
}
"""Everything else is refused."""
METHODS = ("get", "post", "put", "patch", "delete")


def test_the_table_names_every_route() -> None:
    assert {pattern.name for pattern in urlpatterns} == {name for name, _ in NEEDS} | OPEN_ROUTES


@pytest.mark.parametrize(("route", "method"), list(product(sorted({name for name, _ in NEEDS}), METHODS)))
@pytest.mark.parametrize("scope", [*ApiKey.Scope.values, "none", "anonymous", "revoked", "expired"])
def test_a_key_may_do_what_its_scopes_say_and_nothing_else(agency: Agency, route: str, method: str, scope: str) -> None:
    report = ReportFactory.create(agency=agency)
    WatchFactory.create(item=report.item)
    ids = {"api-report": report.pk, "api-item-look": report.item.pk} | dict.fromkeys(("api-request", "api-request-look"), report.request.pk)
    client = APIClient() if scope == "anonymous" else client_of(agency, *([scope] if scope in ApiKey.Scope.values else ["nothing"]))
    if scope in {"revoked", "expired"}:
        now = timezone.now()
        client = client_of(agency)
        ApiKey.objects.update(**{"revoked_at": now} if scope == "revoked" else {"expires_at": now - timedelta(seconds=1)})
    answer = getattr(client, method)(reverse(route, args=[ids[route]] if route in ids else []))
    if scope in {"anonymous", "revoked", "expired"}:
        assert answer.status_code == 401
    elif NEEDS.get((route, method)) == scope:
        assert answer.status_code in {200, 202, 400}
    else:
        assert answer.status_code in {403, 405}


@pytest.mark.parametrize("header", ["", "Api-Key", "Api-Key nonsense", "Bearer tdk_x", "Api-Key tdk_ü"])
def test_a_wrong_key_is_told_so_and_nothing_more(agency: Agency, header: str) -> None:
    answer = APIClient().get("/api/v1/requests/", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Api-Key"
    assert answer["Content-Type"] == "application/problem+json"


def test_the_secret_is_not_kept(agency: Agency) -> None:
    key, secret = issued(agency)
    row = ApiKey.objects.filter(pk=key.pk).values().get()
    assert secret not in str(row)
    assert row["digest"] != secret


@pytest.mark.parametrize("address", ["nothing/", "requests/x/", "requests/1/look/now/", "reports", ""])
@pytest.mark.parametrize("method", [*METHODS, "options", "head"])
def test_an_address_that_is_none_of_ours_is_not_found_and_never_a_web_page(agency: Agency, address: str, method: str) -> None:
    answer = getattr(APIClient(), method)(f"/api/v1/{address}")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_method_that_a_route_lacks_is_a_problem_too(agency: Agency) -> None:
    answer = client_of(agency).delete("/api/v1/requests/")
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("post", "reports/"),
        ("post", "reports/batch/"),
        ("get", "reports/1/"),
        ("get", "requests/"),
        ("get", "requests/1/"),
        ("post", "items/1/look/"),
    ],
)
def test_a_parameter_that_a_route_does_not_know_is_named(agency: Agency, method: str, address: str) -> None:
    answer = getattr(client_of(agency), method)(f"/api/v1/{address}?overdu=true&a=1")
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/a", "/overdu"]
    assert ("Known: client_reference, cursor" in answer.content.decode()) == (address == "requests/")
