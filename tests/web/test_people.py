"""The screen of people, and the link with which somebody chooses a password."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from takedown import administration
from takedown.administration.people import link_for
from takedown.choices import Role, SignInAction
from takedown.models import Change, User
from takedown.models.errors import NotPossible
from tests.factories import PASSWORD, Cast, UserFactory, cast

FORM = {"display_name": "Frida", "username": "frida", "email": "", "role": "analyst"}
NEW = "a quite different battery"


def link_in(page: str) -> str:
    found = re.search(r"http://testserver(/welcome/[\w/-]+)", page)
    assert found, "no link is shown"
    return found[1]


def choose(path: str, password: str = NEW) -> bool:
    """Open the link, as somebody who is not signed in, and choose this password; whether it was taken."""
    client = Client()
    opened = client.get(path, follow=True)
    if not opened.context.get("validlink"):
        return False
    answer = client.post(opened.redirect_chain[-1][0], {"new_password1": password, "new_password2": password})
    assert SESSION_KEY not in client.session
    return answer.status_code == 302


def signs_in(username: str, password: str) -> bool:
    return Client().post(reverse("sign-in"), {"username": username, "password": password}).status_code == 302


def test_who_is_invited_chooses_the_password_by_a_link_that_works_once(dora: Client, people: Cast) -> None:
    link = link_in(dora.post(reverse("manage-people-invite"), FORM).content.decode())
    frida = User.objects.get(username="frida")
    assert (frida.agency, frida.role, frida.has_usable_password()) == (people.agency, Role.ANALYST, False)
    assert [choose(link), choose(link, "yet another long battery")] == [True, False]
    assert signs_in("frida", NEW)
    assert [change.what for change in Change.objects.for_agency(people.agency)] == ["Chose a password", "Invited as analyst"]


def test_a_password_chosen_with_a_link_is_told_to_its_owner(dora: Client, people: Cast) -> None:
    person = people.alice
    person.email = "alice@agency.example"
    person.save(update_fields=["email"])
    link = link_in(dora.post(reverse("manage-person-link", args=[person.pk])).content.decode())
    assert choose(link)
    event = person.sign_in_events.get()
    assert (event.action, event.detail, event.mail_to) == (SignInAction.PASSWORD_CHANGED, "with a link", "alice@agency.example")
    assert (event.address, event.mail_due_at is not None) == ("127.0.0.1", True)


def test_the_link_is_good_for_two_days(dora: Client, settings: Settings) -> None:
    link = link_in(dora.post(reverse("manage-people-invite"), FORM).content.decode())
    assert settings.PASSWORD_RESET_TIMEOUT == 48 * 3600
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert not choose(link)


@pytest.mark.parametrize("password", ["short", "password1234", "fridafridafrida"])
def test_a_weak_password_is_refused(dora: Client, password: str) -> None:
    link = link_in(dora.post(reverse("manage-people-invite"), FORM | {"username": "fridafrida"}).content.decode())
    assert not choose(link, password)
    assert choose(link)


@pytest.mark.parametrize("username", ["alice", "ALICE", "alice.south", "emil"])
def test_a_name_that_is_taken_says_so_and_not_where(dora: Client, people: Cast, username: str) -> None:
    cast("south")
    page = dora.post(reverse("manage-people-invite"), FORM | {"username": username})
    assert page.status_code == 409
    assert "This user name is taken. Choose another one." in page.content.decode()
    assert "South" not in page.content.decode()


@pytest.mark.parametrize("role", ["operator", "root", ""])
def test_an_administrator_gives_the_roles_of_the_agency_and_no_other(dora: Client, people: Cast, role: str) -> None:
    dora.post(reverse("manage-people-invite"), FORM | {"role": role})
    dora.post(reverse("manage-person-role", args=[people.alice.pk]), {"role": role})
    people.alice.refresh_from_db()
    assert (User.objects.filter(username="frida").exists(), people.alice.role) == (False, Role.ANALYST)
    with pytest.raises(NotPossible, match="no such role"):
        administration.set_role(person=people.alice, role=role, actor=people.dora, now=timezone.now())


def test_a_role_holds_from_the_next_page_on(dora: Client, alice: Client, people: Cast) -> None:
    assert alice.get(reverse("platforms")).status_code == 403
    dora.post(reverse("manage-person-role", args=[people.alice.pk]), {"role": "supervisor"})
    assert alice.get(reverse("platforms")).status_code == 200
    assert "from analyst to supervisor" in dora.get(reverse("manage-people")).content.decode()


def test_who_is_shut_out_is_out_at_once_and_for_good(dora: Client, alice: Client, people: Cast) -> None:
    page = reverse("manage-person-shut-out", args=[people.alice.pk])
    assert dora.post(page, {"reason": ""}).status_code == 409
    assert alice.get(reverse("queue")).status_code == 200
    dora.post(page, {"reason": "Left the unit"})
    assert (alice.get(reverse("queue")).status_code, signs_in("alice", PASSWORD)) == (302, False)
    link = link_in(dora.post(reverse("manage-person-let-in", args=[people.alice.pk])).content.decode())
    assert (alice.get(reverse("queue")).status_code, signs_in("alice", PASSWORD)) == (302, False)  # the old session does not come back
    assert (choose(link), signs_in("alice", NEW)) == (True, True)
    assert Change.objects.filter(reason="Left the unit", actor_user=people.dora).exists()


def test_a_link_given_before_somebody_was_shut_out_opens_nothing(dora: Client, people: Cast) -> None:
    link = link_in(dora.post(reverse("manage-person-link", args=[people.alice.pk])).content.decode())
    dora.post(reverse("manage-person-shut-out", args=[people.alice.pk]), {"reason": "Left"})
    assert not choose(link)
    dora.post(reverse("manage-person-let-in", args=[people.alice.pk]))
    assert not choose(link)


def test_a_new_link_ends_the_password_and_the_sessions_so_that_its_owner_notices(dora: Client, alice: Client, people: Cast) -> None:
    link = link_in(dora.post(reverse("manage-person-link", args=[people.alice.pk])).content.decode())
    assert (alice.get(reverse("queue")).status_code, signs_in("alice", PASSWORD)) == (302, False)
    assert (choose(link), signs_in("alice", NEW)) == (True, True)


@pytest.mark.parametrize("deed", ["role", "link", "shut-out", "let-in"])
def test_nobody_does_anything_about_themselves(dora: Client, people: Cast, deed: str) -> None:
    before = User.objects.filter(pk=people.dora.pk).values().get()
    answer = dora.post(reverse(f"manage-person-{deed}", args=[people.dora.pk]), {"role": "supervisor", "reason": "x"})
    assert (answer.status_code, "Nobody changes themselves" in answer.content.decode()) == (409, True)
    assert User.objects.filter(pk=people.dora.pk).values().get() == before


def test_of_two_administrators_who_shut_each_other_out_one_remains(people: Cast) -> None:
    other, now = UserFactory.create(agency=people.agency, role=Role.ADMINISTRATOR), timezone.now()
    administration.shut_out(person=other, reason="x", actor=people.dora, now=now)
    # The other one's page was open: they are still an administrator as far as their process knows.
    with pytest.raises(NotPossible, match="not an administrator of this agency any more"):
        administration.shut_out(person=people.dora, reason="x", actor=other, now=now)
    assert people.agency.users.filter(role=Role.ADMINISTRATOR, is_active=True).count() == 1


def test_the_verbs_refuse_people_of_another_agency(people: Cast) -> None:
    foreign, now = cast("south").alice, timezone.now()
    with pytest.raises(NotPossible, match="another agency"):
        administration.renew_link(person=foreign, actor=people.dora, now=now)
    with pytest.raises(NotPossible):
        administration.invite(agency=cast("south").agency, **FORM, actor=people.dora, now=now)
    with pytest.raises(NotPossible):
        administration.invite(agency=people.agency, **FORM, actor=people.bob, now=now)


def test_people_of_other_agencies_are_not_on_the_page(dora: Client, people: Cast) -> None:
    cast("south")
    page = dora.get(reverse("manage-people")).content.decode()
    assert ("alice.south" in page, "Emil" in page, "Bob" in page) == (False, False, True)


@pytest.mark.parametrize("spoil", [lambda path: path.replace("-", "x", 1), lambda path: f"{path[:-2]}x/", lambda path: path.split("/")[0]])
def test_an_invented_link_is_told_so_in_words(people: Cast, spoil: Callable[[str], str]) -> None:
    answer = Client().get(spoil(link_for(people.alice)) or "/welcome/x/y/")
    assert b"This link is no good" in answer.content
