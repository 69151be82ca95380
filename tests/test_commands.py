"""What an operator types."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from platforms import registry
from platforms.models import MASK, Platform
from takedown.management.reference import DUTIES, POLICIES
from takedown.models import ApiKey, DeadlinePolicy
from tests.clients import client_as
from tests.factories import AgencyFactory, UserFactory

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue().strip()


def test_setup_may_be_run_again_and_changes_nothing() -> None:
    assert run("setup") == f"{len(POLICIES) + len(DUTIES)} policies and {len(registry.connectors())} platforms added"
    Platform.objects.filter(slug="web").update(name="Ours")
    assert run("setup") == "0 policies and 0 platforms added"
    assert Platform.objects.get(slug="web").name == "Ours"
    assert DeadlinePolicy.objects.get(key="tco_removal_order").duration_text == "1 hour"
    assert DeadlinePolicy.objects.get(key="uk_ta2006_s3").duration_text == "2 working days"


def test_a_key_is_shown_once_and_works() -> None:
    agency = AgencyFactory.create()
    secret = run("issue_key", agency.slug, "client", "--scope", "requests:read")
    key = ApiKey.objects.get()
    assert (key.scopes, key.digest) == (["requests:read"], ApiKey.digest_of(secret))
    assert Client().get("/api/v1/requests/", headers={"Authorization": f"Api-Key {secret}"}).status_code == 200


@pytest.mark.parametrize(("words", "complaint"), [(("nowhere", "client"), "Known: north"), (("north", "taken"), "another name")])
def test_a_key_that_cannot_be_issued_says_why(words: tuple[str, str], complaint: str) -> None:
    agency = AgencyFactory.create()
    ApiKey.issue(agency=agency, name="taken", scopes=[])
    with pytest.raises(CommandError, match=complaint):
        run("issue_key", *words)


def test_the_demonstration_is_never_started_by_accident() -> None:
    with pytest.raises(CommandError, match="make demo"):
        run("demo")


def test_credentials_go_into_the_admin_and_never_come_out() -> None:
    run("setup")
    root = UserFactory.create(username="root", is_staff=True, is_superuser=True)
    client = client_as(root)
    platform = Platform.objects.get(slug="youtube")
    form = {"slug": "youtube", "name": "YouTube", "connector": "youtube", "channel": "manual"}
    page = reverse("admin:platforms_platform_change", args=[platform.pk])
    sent = client.post(page, form | {"change_config": '{"api_key": "very-secret", "batch_size": 10}'})
    assert sent.status_code == 302
    platform.refresh_from_db()
    assert platform.config == {"batch_size": 10}
    assert platform.settings() == {"api_key": "very-secret", "batch_size": 10}
    assert "very-secret" not in platform.credentials
    shown = client.get(page).content.decode()
    assert "very-secret" not in shown
    assert MASK in shown
    client.post(page, form | {"change_config": '{"batch_size": null}'})
    platform.refresh_from_db()
    assert platform.settings() == {"api_key": "very-secret"}
    client.post(page, form | {"change_config": '{"api_key": null}'})
    platform.refresh_from_db()
    assert platform.settings() == {}
    refused = client.post(page, form | {"change_config": "[1]"})
    assert "must be a JSON object" in refused.content.decode()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"daily_quota": "many"}, "Workers could not use this"),
        ({"daily_quota": -1}, "daily_quota must be 0 or more"),
        ({"daily_quota": {"a": 1}}, "Workers could not use this"),
        ({"quota_zone": "Nowhere/City"}, "Nowhere/City"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
    ],
)
def test_settings_that_workers_could_not_use_are_refused(change: dict[str, Any], message: str) -> None:
    run("setup")
    client = client_as(UserFactory.create(username="root", is_staff=True, is_superuser=True))
    platform = Platform.objects.get(slug="youtube")
    form = {"slug": "youtube", "name": "YouTube", "connector": "youtube", "channel": "manual"}
    page = reverse("admin:platforms_platform_change", args=[platform.pk])
    assert message in client.post(page, form | {"change_config": json.dumps(change)}).content.decode()
    platform.refresh_from_db()
    assert platform.config == {}
    assert client.post(page, form | {"change_config": '{"daily_quota": "10"}'}).status_code == 302


def test_case_data_cannot_be_changed_in_the_admin() -> None:
    root = UserFactory.create(username="root", is_staff=True, is_superuser=True)
    client = client_as(root)
    for model in ("takedownrequest", "event", "report", "observation", "clockevent", "submission", "flaggeditem", "watch", "apikey"):
        assert client.get(reverse(f"admin:takedown_{model}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:takedown_{model}_add")).status_code == 403
