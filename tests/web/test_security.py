"""One's own account."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from takedown import signin
from takedown.choices import SignInAction
from takedown.models import SignInEvent
from tests.authenticator import shown, with_app
from tests.clients import client_as
from tests.factories import PASSWORD, Cast

pytestmark = pytest.mark.django_db
NEW = "another correct horse battery"


def is_in(client: Client) -> bool:
    return client.get(reverse("queue")).status_code == 200


def change(client: Client, old: str = PASSWORD, new: str = NEW) -> int:
    form = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post(reverse("security-password"), form).status_code


def test_a_new_password_ends_all_other_sessions_and_is_on_record(people: Cast) -> None:
    with_app(people.bob)
    here, there = client_as(people.bob), client_as(people.bob)
    assert change(here) == 302
    assert [is_in(here), is_in(there)] == [True, False]
    assert SignInEvent.objects.filter(user=people.bob, action=SignInAction.PASSWORD_CHANGED).exists()
    people.bob.refresh_from_db()
    assert people.bob.check_password(NEW)


@pytest.mark.parametrize(
    ("old", "new"), [("wrong", NEW), (PASSWORD, "short"), (PASSWORD, "x" * 1001), ("x" * 100_000, NEW), (PASSWORD, "a\x00" * 10), ("", NEW)]
)
def test_a_password_that_will_not_do_is_refused_in_words(old: str, new: str, people: Cast) -> None:
    client = client_as(people.bob)
    answer = client.post(reverse("security-password"), {"old_password": old, "new_password1": new, "new_password2": new})
    assert (answer.status_code, 'class="error"' in answer.content.decode()) == (200, True)
    people.bob.refresh_from_db()
    assert people.bob.check_password(PASSWORD)


def test_whoever_found_an_open_session_cannot_guess_the_password_from_it(people: Cast) -> None:
    client = client_as(people.bob)
    assert [change(client, old=f"guess {number}") for number in range(7)] == [200] * 6 + [429]
    assert change(client) == 429


def test_all_other_sessions_can_be_ended(people: Cast) -> None:
    here, there = client_as(people.bob), client_as(people.bob)
    assert here.post(reverse("security-sessions")).status_code == 302
    assert [is_in(here), is_in(there)] == [True, False]


def test_the_first_factor_of_an_open_session_asks_for_the_password(people: Cast) -> None:
    client = client_as(people.alice, shown_ago=None)
    path = reverse("security-app")
    asked = client.get(path)
    assert (asked.status_code, 'name="second-password"' in asked.content.decode()) == (403, True)
    assert client.post(path, {"second-read": "yes", "second-password": "wrong"}).status_code == 403
    assert client.post(path, {"second-read": "yes", "second-password": PASSWORD})["Location"] == path
    assert client.get(path).status_code == 200


def test_another_factor_asks_for_one_of_those_there_are(people: Cast) -> None:
    with_app(people.bob)
    client = client_as(people.bob, shown_ago=timedelta(minutes=11))
    for name in ("security-app", "security-passkey", "security-password"):
        assert client.get(reverse(name)).status_code == 403
    for name in ("security-codes", "security-remove"):
        assert client.post(reverse(name, args=[people.bob.factors.get().pk] if name == "security-remove" else [])).status_code == 403
    codes = client.post(reverse("security-codes"), {"second-read": "", "second-code": shown()})
    assert "They are not shown again" in codes.content.decode()


def test_without_the_last_one_no_session_goes_on_as_if_there_were_one(people: Cast) -> None:
    factor = with_app(people.alice)
    here, there = client_as(people.alice), client_as(people.alice)
    assert here.post(reverse("security-remove", args=[factor.pk])).status_code == 302
    assert [is_in(here), is_in(there)] == [True, False]
    people.alice.role = "supervisor"
    people.alice.save(update_fields=["role"])
    assert not is_in(here)


def test_removing_one_and_what_is_left_are_shown(people: Cast) -> None:
    first = with_app(people.bob)
    client = client_as(people.bob)
    page = client.post(reverse("security-remove", args=[first.pk]), follow=True).content.decode()
    assert "You need at least one" in page
    with_app(people.bob)
    signin.make_recovery_codes(people.bob, actor=people.bob, now=timezone.now(), address="")
    page = client.post(reverse("security-remove", args=[first.pk]), follow=True).content.decode()
    assert "is removed" in page
    assert "10 recovery codes left" in page
    assert "Second factor removed" in page
