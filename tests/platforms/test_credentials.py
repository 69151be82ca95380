"""Credentials are encrypted where they are kept and never shown."""

import logging
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from platforms import registry
from platforms.credentials import UnreadableCredentialsError, seal, unseal
from platforms.models import MASK, Platform

SECRET = "s3cr3t-t0ken-of-the-unit"


@pytest.fixture(autouse=True)
def _keys(settings: Settings) -> None:
    settings.CREDENTIALS_KEYS = ["the key of today"]


def x(**config: Any) -> Platform:
    return Platform.objects.create(slug="x", name="X", connector="x", config=config)


def stored() -> str:
    """The whole row as it is in the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(p)::text FROM platforms_platform p")
        (row,) = cursor.fetchone() or ("",)
    return str(row)


def test_nothing_is_sealed_as_nothing() -> None:
    assert (seal({}), unseal("")) == ("", {})


def test_what_is_sealed_cannot_be_read_and_comes_back_whole() -> None:
    secrets = {"token": SECRET, "other": "ünïcode ☃ \x00"}
    assert SECRET not in seal(secrets)
    assert seal(secrets) != seal(secrets)
    assert unseal(seal(secrets)) == secrets


def test_a_key_is_changed_by_putting_a_new_one_in_front(settings: Settings) -> None:
    old = seal({"token": SECRET})
    settings.CREDENTIALS_KEYS = ["the key of tomorrow", "the key of today"]
    assert unseal(old) == {"token": SECRET}
    new = seal(unseal(old))
    settings.CREDENTIALS_KEYS = ["the key of tomorrow"]
    assert unseal(new) == {"token": SECRET}
    with pytest.raises(UnreadableCredentialsError):
        unseal(old)


@pytest.mark.parametrize("damage", [lambda text: text[:-4] + "AAAA", lambda _: "nonsense", lambda text: text[10:], lambda _: "ünreadable"])
def test_damaged_or_foreign_credentials_are_refused_in_plain_words(damage: Any) -> None:
    with pytest.raises(UnreadableCredentialsError, match="Enter them again") as refusal:
        unseal(damage(seal({"token": SECRET})))
    assert SECRET not in str(refusal.value)


@pytest.mark.django_db
def test_credentials_are_taken_out_of_the_configuration() -> None:
    platform = x(bearer_token=SECRET, batch_size=10)
    assert platform.config == {"batch_size": 10}
    assert SECRET not in stored()
    fresh = Platform.objects.get()
    assert fresh.config == {"batch_size": 10}
    assert fresh.settings() == {"batch_size": 10, "bearer_token": SECRET}


@pytest.mark.django_db
def test_a_save_of_some_fields_seals_as_well() -> None:
    platform = x()
    platform.config["bearer_token"] = SECRET
    platform.save(update_fields=["name"])
    assert SECRET not in stored()
    assert Platform.objects.get().settings()["bearer_token"] == SECRET
    Platform.objects.update_or_create(slug="x", defaults={"config": {"bearer_token": "another"}})
    assert Platform.objects.get().settings() == {"bearer_token": "another"}


@pytest.mark.django_db
def test_a_save_without_credentials_keeps_those_there_are_and_an_empty_one_removes_it() -> None:
    platform = x(bearer_token=SECRET)
    platform.config = {"batch_size": 5}
    platform.save()
    assert Platform.objects.get().settings() == {"batch_size": 5, "bearer_token": SECRET}
    platform.config = {"bearer_token": ""}
    platform.save()
    assert (Platform.objects.get().settings(), Platform.objects.get().credentials) == ({}, "")


@pytest.mark.django_db
def test_one_of_two_credentials_is_changed_and_the_other_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.get("x"), "secret_fields", frozenset({"bearer_token", "api_key"}))
    platform = x(bearer_token=SECRET, api_key="old")
    platform.config["api_key"] = "new"
    platform.save()
    assert Platform.objects.get().settings() == {"bearer_token": SECRET, "api_key": "new"}


@pytest.mark.django_db
def test_screens_are_told_only_whether_there_are_any() -> None:
    platform = x(bearer_token=SECRET, batch_size=5)
    assert platform.masked_config() == {"batch_size": 5, "bearer_token": MASK}
    bare = Platform(slug="y", name="Y", connector="x", config={"batch_size": 5})
    assert bare.masked_config() == {"batch_size": 5}


@pytest.mark.django_db
def test_credentials_stand_in_no_text_of_a_platform(caplog: pytest.LogCaptureFixture) -> None:
    platform = x(bearer_token=SECRET)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").info("%s %r %r", platform, platform, platform.__dict__)
    assert SECRET not in caplog.text


@pytest.mark.django_db
def test_a_lost_key_is_said_aloud_and_the_credentials_can_be_entered_again(settings: Settings) -> None:
    platform = x(bearer_token=SECRET, batch_size=5)
    settings.CREDENTIALS_KEYS = ["a key that came later"]
    with pytest.raises(UnreadableCredentialsError):
        platform.settings()
    assert platform.masked_config() == {"batch_size": 5}
    platform.config["bearer_token"] = "entered again"
    platform.save()
    assert Platform.objects.get().settings()["bearer_token"] == "entered again"


@pytest.mark.django_db
def test_a_save_of_something_else_loses_no_credentials_whose_key_is_away(settings: Settings) -> None:
    platform = x(bearer_token=SECRET)
    settings.CREDENTIALS_KEYS = ["a wrong key, by mistake"]
    platform.name = "Twitter"
    platform.save()
    settings.CREDENTIALS_KEYS = ["the key of today"]
    assert Platform.objects.get().settings() == {"bearer_token": SECRET}
