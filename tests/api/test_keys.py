"""What a key may: until when, from where, and what it is told."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from takedown.api.serializers import VERDICT_FIELDS
from takedown.choices import ReportOutcome, VerdictValue
from takedown.models import Agency, ApiKey, Report
from tests.api.conftest import client_of
from tests.factories import PolicyFactory, in_verdict, issued
from tests.guards import unguarded

GOOD = {"url": "https://a.example/b", "category": "a_incite"}


def holder(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {secret}")
    return client


@pytest.mark.parametrize(
    ("networks", "address", "status"),
    [
        ([], "203.0.113.9", 200),
        (["192.0.2.0/24"], "192.0.2.77", 200),
        (["192.0.2.0/24"], "192.0.3.1", 401),
        (["192.0.2.0/24", "2001:db8::/32"], "2001:db8:1::5", 200),
        (["2001:db8::/32"], "192.0.2.77", 401),
        (["192.0.2.0/24"], "::ffff:192.0.2.77", 200),
        (["0.0.0.0/0"], "", 401),  # not known from where
    ],
)
def test_a_key_opens_only_from_its_networks(agency: Agency, networks: list[str], address: str, status: int) -> None:
    _, secret = issued(agency, *ApiKey.Scope.values, networks=networks)
    assert holder(secret).get("/api/v1/requests/", REMOTE_ADDR=address).status_code == status


def test_behind_a_proxy_the_network_is_that_of_the_client(agency: Agency, settings: Settings) -> None:
    settings.PROXY_COUNT = 1
    _, secret = issued(agency, *ApiKey.Scope.values, networks=["192.0.2.0/24"])
    claims = {"192.0.2.1": 200, "198.51.100.1": 401, "192.0.2.1, 198.51.100.1": 401, "198.51.100.1, 192.0.2.1": 200}
    answers = {claim: holder(secret).get("/api/v1/requests/", headers={"X-Forwarded-For": claim}).status_code for claim in claims}
    assert answers == claims


def test_a_key_that_is_no_good_is_answered_alike_whatever_the_reason(agency: Agency) -> None:
    now = timezone.now()
    revoked, elsewhere = issued(agency), issued(agency, networks=["192.0.2.0/24"])
    ApiKey.objects.filter(pk=revoked[0].pk).update(revoked_at=now)
    secrets = ["tdk_invented", revoked[1], elsewhere[1], issued(agency, expires_at=now - timedelta(seconds=1))[1]]
    assert len({holder(secret).get("/api/v1/requests/").content for secret in secrets}) == 1


def test_a_use_is_noted_with_its_time_and_place(agency: Agency) -> None:
    key, secret = issued(agency, *ApiKey.Scope.values)
    for address in ("192.0.2.1", "192.0.2.2"):
        before = timezone.now()
        holder(secret).get("/api/v1/requests/", REMOTE_ADDR=address)
        key.refresh_from_db()
        assert key.last_used_from == address
        assert key.last_used_at is not None
        assert key.last_used_at >= before


def test_a_refused_use_is_not_noted(agency: Agency) -> None:
    key, secret = issued(agency, *ApiKey.Scope.values, networks=["192.0.2.0/24"])
    holder(secret).get("/api/v1/requests/")
    key.refresh_from_db()
    assert (key.last_used_at, key.last_used_from) == (None, None)


@pytest.mark.parametrize("verdict", VerdictValue.values)
def test_who_may_not_read_requests_learns_nothing_of_what_became_of_it(agency: Agency, verdict: str) -> None:
    policy = PolicyFactory.create(key="referral_voluntary")
    request = in_verdict(verdict, agency=agency, policy=policy)
    report = Report.objects.get(request=request)
    with unguarded():
        Report.objects.filter(pk=report.pk).update(outcome=ReportOutcome.RETURNED)
    body = {**GOOD, "url": request.item.canonical_url}
    teller, reader = client_of(agency, "reports:write"), client_of(agency, "reports:read")
    everything = client_of(agency).get(f"/api/v1/reports/{report.pk}/").json()
    answers = [
        reader.get(f"/api/v1/reports/{report.pk}/").json(),
        teller.post("/api/v1/reports/", body, format="json").json(),
        teller.post("/api/v1/reports/batch/", {"reports": [body]}, format="json").json()["results"][0]["report"],
    ]
    for answer in answers:
        assert answer["outcome"] in {"known", "created"}
        assert {answer["requests"][0][field] for field in VERDICT_FIELDS} == {None}
        assert answer["requests"][0]["number"]
    assert everything["outcome"] == "returned"
    assert everything["requests"][0]["verdict"] == verdict


def test_the_fields_that_are_kept_back_are_declared_as_such() -> None:
    schema = APIClient().get("/api/v1/schema/?format=json").json()
    fields = schema["components"]["schemas"]["RequestOut"]["properties"]
    nullable = {name for name, field in fields.items() if "null" in str(field).lower()}
    assert set(VERDICT_FIELDS) <= nullable
