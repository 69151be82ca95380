"""The screen of keys."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from takedown import administration
from takedown.administration.keys import GOOD_FOR
from takedown.models import ApiKey, Change
from takedown.models.errors import NotPossible
from tests.factories import AgencyFactory, Cast, issued

FORM = {"client": "Case system", "scopes": ["reports:write"], "expires": "365", "networks": ""}


def secret_in(page: str) -> str:
    found = re.search(r"tdk_[\w-]{43}", page)
    assert found, "no secret is shown"
    return found[0]


def works(secret: str) -> bool:
    return Client().get("/api/v1/requests/", headers={"Authorization": f"Api-Key {secret}"}).status_code in {200, 403}


def test_a_secret_is_shown_once_and_works(dora: Client) -> None:
    answer = dora.post(reverse("manage-key-issue"), FORM)
    secret = secret_in(answer.content.decode())
    assert (works(secret), answer["Cache-Control"]) == (True, "no-store")
    key = ApiKey.objects.get()
    assert (key.scopes, key.networks, str(key.client)) == (["reports:write"], [], "Case system")
    assert key.expires_at == key.created_at + GOOD_FOR
    again = dora.get(reverse("manage-keys")).content.decode()
    assert (secret in again, key.hint in again) == (False, True)
    change = Change.objects.get()
    assert (change.actor_name, secret in change.what) == ("Dora", False)


def test_a_key_ends_never_only_if_somebody_says_so(dora: Client) -> None:
    without = {key: value for key, value in FORM.items() if key != "expires"}
    assert dora.post(reverse("manage-key-issue"), without).status_code == 409
    dora.post(reverse("manage-key-issue"), FORM | {"expires": "never"})
    assert ApiKey.objects.get().expires_at is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"client": ""}, "required"),
        ({"client": "x" * 81}, "at most 80"),
        ({"scopes": []}, "required"),
        ({"scopes": ["everything"]}, "not one of the available"),
        ({"networks": "10.0.0.1/8"}, "10.0.0.1/8 is no network"),
        ({"networks": "192.0.2.0/24\nhere"}, "here is no network"),
        ({"networks": " ".join(f"192.0.{n}.0/24" for n in range(21))}, "At most 20"),
    ],
)
def test_what_no_key_can_be_made_of_is_said_at_its_field(dora: Client, change: dict[str, object], words: str) -> None:
    answer = dora.post(reverse("manage-key-issue"), FORM | change)
    assert (answer.status_code, words in answer.content.decode(), ApiKey.objects.exists()) == (409, True, False)


def test_networks_are_kept_as_they_are_usually_written(dora: Client) -> None:
    dora.post(reverse("manage-key-issue"), FORM | {"networks": "192.0.2.7, 2001:DB8:0::/32\n192.0.2.7/32"})
    assert ApiKey.objects.get().networks == ["192.0.2.7/32", "2001:db8::/32"]


def test_rotating_gives_a_second_key_of_the_same_client_and_ends_the_first(dora: Client, people: Cast) -> None:
    old, first = issued(people.agency, "reports:write", client="Case system", networks=["127.0.0.0/8"])
    ApiKey.objects.filter(pk=old.pk).update(expires_at=old.created_at + timedelta(days=90))
    answer = dora.post(reverse("manage-key-rotate", args=[old.pk]), {"days": 7})
    second = secret_in(answer.content.decode())
    assert (works(first), works(second)) == (True, True)
    old.refresh_from_db()
    new = ApiKey.objects.exclude(pk=old.pk).get()
    assert (new.client, new.scopes, new.networks) == (old.client, old.scopes, old.networks)
    assert new.expires_at == new.created_at + timedelta(days=90)
    assert old.expires_at == new.created_at + timedelta(days=7)
    assert old.hint in Change.objects.get().what


def test_rotating_never_makes_a_key_last_longer(people: Cast) -> None:
    old, _ = issued(people.agency, client="Case system")
    administration.rotate_key(key=old, overlap=timedelta(days=30), actor=people.dora, now=timezone.now())
    before = old.expires_at
    old.refresh_from_db()
    assert old.expires_at == before


def test_a_client_has_at_most_two_live_keys(dora: Client, people: Cast) -> None:
    first, second = (issued(people.agency, client="Case system")[0] for _ in range(2))
    answers = [
        dora.post(reverse("manage-key-issue"), FORM),
        dora.post(reverse("manage-key-rotate", args=[first.pk]), {"days": 0}),
    ]
    assert [(answer.status_code, b"two live keys" in answer.content) for answer in answers] == [(409, True)] * 2
    dora.post(reverse("manage-key-revoke", args=[second.pk]), {"reason": "Leaked"})
    assert dora.post(reverse("manage-key-issue"), FORM).status_code == 200


def test_a_revoked_key_is_dead_at_once_and_its_reason_is_on_record(dora: Client, people: Cast) -> None:
    key, secret = issued(people.agency, client="Case system")
    page = reverse("manage-key-revoke", args=[key.pk])
    assert dora.post(page, {"reason": " "}).status_code == 409
    assert works(secret)
    assert dora.post(page, {"reason": "Leaked"}).status_code == 302
    assert not works(secret)
    assert dora.post(page, {"reason": "Again"}).status_code == 409
    shown = dora.get(reverse("manage-keys")).content.decode()
    assert ("Leaked" in shown, "Key revoked" in shown, "No client has a key" in shown) == (True, True, True)


def test_what_has_ended_is_not_rotated(people: Cast) -> None:
    key, _ = issued(people.agency, expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(NotPossible, match="has ended"):
        administration.rotate_key(key=key, overlap=timedelta(), actor=people.dora, now=timezone.now())


def test_two_agencies_may_have_clients_of_one_name_and_see_nothing_of_each_other(dora: Client, people: Cast) -> None:
    for _ in range(2):
        issued(AgencyFactory.create(slug="south"), client="Case system", networks=["198.51.100.0/24"])
    assert dora.post(reverse("manage-key-issue"), FORM).status_code == 200
    assert "198.51.100.0/24" not in dora.get(reverse("manage-keys")).content.decode()
    assert Change.objects.for_agency(people.agency).count() == 1
