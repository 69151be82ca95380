"""The screen on which operators set up platforms: it is made from what connectors declare."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from platforms import registry
from platforms.models import Platform
from takedown.management.reference import install_platforms
from takedown.models import Change
from takedown.web.manage.platform_form import PlatformForm
from tests.conftest import Sandbox

SECRET = "s3cr3t-t0ken-of-the-unit"
MEANS = {"name": "Any", "channel": "manual", "contact_email": ""}


@pytest.fixture(autouse=True)
def _installed(db: None) -> None:
    install_platforms()


def as_shown(slug: str) -> dict[str, Any]:
    """What a browser sends back if nothing is changed."""
    form = PlatformForm(instance=Platform.objects.get(slug=slug))
    values = {field.html_name: field.field.prepare_value(field.initial) for field in form if not field.html_name.startswith("secret-")}
    return {name: value for name, value in values.items() if value is not None and value is not False}


def save(client: Client, slug: str, **change: Any) -> Any:
    given = {name.replace("__", "-", 1): value for name, value in change.items()}
    return client.post(reverse("manage-platform", args=[slug]), {**as_shown(slug), "save": "", **given})


@pytest.mark.parametrize("slug", list(registry.connectors()))
def test_every_connector_has_a_form_and_saving_it_unchanged_changes_nothing(emil: Client, slug: str) -> None:
    before = Platform.objects.filter(slug=slug).values().get()
    page = emil.get(reverse("manage-platform", args=[slug])).content.decode()
    connector = registry.get(slug)
    assert all(f"set-{key}" in page or key in connector.secret_fields | {"breaker"} for key in connector.defaults)
    answer = save(emil, slug)
    assert answer.status_code == 302, PlatformForm(as_shown(slug), instance=Platform.objects.get(slug=slug)).errors
    assert Platform.objects.filter(slug=slug).values().get() == before
    assert not Change.objects.exists()


def test_configured_platforms_survive_being_saved_unchanged(emil: Client, sandbox: Sandbox) -> None:
    sandbox.configure(breaker={"fewest": 50})
    before = list(Platform.objects.values())
    assert {save(emil, slug).status_code for slug in registry.connectors()} == {302}
    assert list(Platform.objects.values()) == before


def test_only_what_differs_from_the_defaults_is_kept_and_every_change_is_on_record(emil: Client) -> None:
    save(emil, "youtube", set__batch_size=10, rhythm__dense_seconds=30, confirm__attributed_count=4, set__control_id="")
    row = Platform.objects.get(slug="youtube")
    assert row.config == {"batch_size": 10, "rhythm": {"dense_seconds": 30}, "confirm": {"attributed": [4, 1800]}, "control_id": ""}
    assert "batch_size: default → 10" in Change.objects.get().what
    save(emil, "youtube", set__batch_size=50, rhythm__dense_seconds="", confirm__attributed_count="")
    row.refresh_from_db()
    assert row.config == {"confirm": {"attributed": [2, 1800]}, "control_id": ""}


def test_credentials_go_in_and_never_come_out(emil: Client) -> None:
    page = reverse("manage-platform", args=["youtube"])
    assert save(emil, "youtube", secret__api_key=SECRET).status_code == 302
    row = Platform.objects.get(slug="youtube")
    assert (row.settings(), SECRET in row.credentials, row.config) == ({"api_key": SECRET}, False, {})
    shown = emil.get(page).content.decode() + emil.get(reverse("manage-platforms")).content.decode()
    assert (SECRET in shown, "api_key: replaced" in shown) == (False, True)
    refused = save(emil, "youtube", secret__api_key=SECRET, set__batch_size=0)
    assert (refused.status_code, SECRET in refused.content.decode()) == (409, False)
    save(emil, "youtube", set__batch_size=10)
    row.refresh_from_db()
    assert row.settings() == {"api_key": SECRET, "batch_size": 10}
    save(emil, "youtube", remove__api_key="on")
    row.refresh_from_db()
    assert row.settings() == {"batch_size": 10}
    assert SECRET not in str(list(Change.objects.values()))


@pytest.mark.parametrize(
    ("slug", "setting"), [("youtube", "api_base_url"), ("mastodon", "access_token_host"), ("bluesky", "pds"), ("mastodon", "api_base_url")]
)
@pytest.mark.parametrize("button", ["save", "test"])
def test_stored_credentials_never_go_to_another_server(emil: Client, slug: str, setting: str, button: str) -> None:
    secret = "api_key" if slug == "youtube" else "access_token"
    save(emil, slug, **{f"secret__{secret}": SECRET})
    there = "elsewhere.example" if setting.endswith("host") else "https://elsewhere.example"
    change = {f"set-{setting}": there, button: "", "address": "https://youtu.be/dQw4w9WgXcQ"}
    page = reverse("manage-platform", args=[slug])
    refused = emil.post(page, {**as_shown(slug), **change})
    assert (refused.status_code, "Enter the credentials again" in refused.content.decode()) == (409, True)
    if button == "save":
        assert emil.post(page, {**as_shown(slug), **change, f"secret-{secret}": "another"}).status_code == 302


@pytest.mark.parametrize(
    ("slug", "name", "value", "words"),
    [
        ("youtube", "set-daily_quota", "many", "whole number"),
        ("youtube", "set-daily_quota", "-1", "greater than or equal to 0"),
        ("youtube", "set-quota_zone", "Nowhere/City", "no time zone"),
        ("youtube", "set-batch_size", "0", "greater than or equal to 1"),
        ("youtube", "set-rate", "often", "300 per 5 minutes"),
        ("youtube", "set-rate", "0 per minute", "at least one call"),
        ("youtube", "set-api_base_url", "www.googleapis.com", "no address"),
        ("youtube", "set-api_base_url", "ftp://host.example", "Only http and https"),
        ("youtube", "set-api_base_url", "https://name:word@host.example", "without a name and password"),
        ("youtube", "set-api_base_url", "http://host.example", "Use https"),
        ("youtube", "set-notice_language", "../en", "valid value"),
        ("youtube", "contact_email", "nobody", "valid email"),
        ("youtube", "channel", "email", "need an address"),
        ("youtube", "channel", "api", "takes no reports"),
        ("youtube", "channel", "pigeon", "not one of the available"),
        ("youtube", "name", "", "required"),
        ("youtube", "rhythm-dense_seconds", "0.2", "Workers could not use this"),
        ("youtube", "rhythm-jitter", "1", "Workers could not use this"),
        ("youtube", "rhythm-idle_max_seconds", "1e300", "less than or equal to"),
        ("youtube", "rhythm-return_seconds", "60, soon", "Write numbers"),
        ("youtube", "rhythm-return_seconds", "60, 30", "must rise"),
        ("youtube", "confirm-attributed_count", "0", "Workers could not use this"),
        ("youtube", "breaker-share", "2", "share"),
        ("vk", "set-errors", "[1]", "JSON object"),
        ("vk", "set-errors", "{", "valid JSON"),
        ("tiktok", "set-error_fields", "{}", "JSON list"),
    ],
)
def test_what_workers_could_not_use_is_said_at_its_field(emil: Client, slug: str, name: str, value: str, words: str) -> None:
    before = Platform.objects.filter(slug=slug).values().get()
    answer = save(emil, slug, **{name: value})
    assert (answer.status_code, words in answer.content.decode()) == (409, True)
    assert Platform.objects.filter(slug=slug).values().get() == before


def test_the_test_looks_with_what_is_entered_and_saves_nothing(emil: Client, sandbox: Sandbox) -> None:
    url = sandbox.add("youtube", (-60, "available"))
    page = reverse("manage-platform", args=["youtube"])
    entered = {**as_shown("youtube"), "set-api_base_url": f"{sandbox.url}/youtube", "secret-api_key": SECRET, "address": url, "test": ""}
    before = Platform.objects.filter(slug="youtube").values().get()
    told = emil.post(page, entered).content.decode()
    assert ("The item was served, so it is up." in told, SECRET in told) == (True, False)
    sandbox.become(url, "removed_by_platform")
    assert "Removed by the platform" in emil.post(page, entered).content.decode()
    assert Platform.objects.filter(slug="youtube").values().get() == before
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("address", "words"),
    [("", "required"), ("hello", "This is not a web address"), ("https://x.com/a/status/20", "an address of x, not of youtube")],
)
def test_an_address_that_cannot_be_looked_at_is_told_so(emil: Client, address: str, words: str) -> None:
    answer = emil.post(reverse("manage-platform", args=["youtube"]), {**as_shown("youtube"), "address": address, "test": ""})
    assert words in answer.content.decode()


def test_an_operator_cannot_make_the_server_look_inside(emil: Client) -> None:
    entered = {**as_shown("web"), "address": "http://127.0.0.1:5432/", "test": ""}
    page = emil.post(reverse("manage-platform", args=["web"]), entered).content.decode()
    assert re.search(r"refused_address|not a web address", page)
