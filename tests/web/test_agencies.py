"""The screen of agencies, for operators."""

import pytest
from django.test import Client
from django.urls import reverse

from takedown.choices import Role
from takedown.models import Agency, Change, User
from tests.factories import Cast, cast
from tests.web.test_people import choose, link_in

FORM = {"name": "West Unit", "slug": "west", "timezone": "Europe/Lisbon", "default_policy_key": "referral_voluntary"}
FIRST = {"display_name": "Wanda", "username": "wanda", "email": "wanda@west.example"}


def test_an_agency_is_opened_with_its_first_administrator(emil: Client) -> None:
    link = link_in(emil.post(reverse("manage-agency-add"), FORM | FIRST).content.decode())
    wanda = User.objects.get(username="wanda")
    assert (str(wanda.agency), wanda.role) == ("West Unit", Role.ADMINISTRATOR)
    assert choose(link)
    assert set(Change.objects.filter(agency=None).values_list("actor_name", flat=True)) == {"Emil"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"timezone": "Lisbon"}, "no time zone"),
        ({"slug": "north"}, "already exists"),
        ({"username": "alice"}, "taken"),
        ({"username": ""}, "required"),
    ],
)
def test_a_refused_agency_leaves_nothing_behind(emil: Client, change: dict[str, str], words: str) -> None:
    answer = emil.post(reverse("manage-agency-add"), FORM | FIRST | change)
    assert (answer.status_code, words in answer.content.decode()) == (409, True)
    assert not Agency.objects.filter(name="West Unit").exists()
    assert not User.objects.filter(username="wanda").exists()


def test_an_operator_gets_nobody_into_an_agency_that_has_an_administrator(emil: Client, people: Cast) -> None:
    page = reverse("manage-agency-administrator", args=["north"])
    assert emil.post(page, FIRST).status_code == 409
    people.agency.users.filter(role=Role.ADMINISTRATOR).update(is_active=False)
    link_in(emil.post(page, FIRST).content.decode())
    assert User.objects.get(username="wanda").agency == people.agency


def test_an_administrator_who_never_chose_a_password_is_none(emil: Client) -> None:
    emil.post(reverse("manage-agency-add"), FORM | FIRST)
    page = reverse("manage-agency-administrator", args=["west"])
    link = link_in(emil.post(page, FIRST | {"username": "wim"}).content.decode())
    assert choose(link)
    assert emil.post(page, FIRST | {"username": "walter"}).status_code == 409


def test_the_page_names_agencies_and_nobody_in_them(emil: Client, people: Cast) -> None:
    cast("south")
    page = emil.get(reverse("manage-agencies")).content.decode()
    assert ("North Unit" in page, "South Unit" in page, "Alice" in page, "Dora" in page) == (True, True, False, False)
