"""Signing in with more than a password."""

import base64
import html
import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from takedown import signin
from takedown.choices import Role, SignInAction
from takedown.models import SecondFactor, SignInAttempt, SignInEvent
from tests.authenticator import Key, shown, with_app, with_passkey
from tests.clients import client_as
from tests.factories import PASSWORD, Cast, UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 0, 10, tzinfo=UTC)
CODES = re.compile(r"<li>[A-Z2-7]{4}(?:-[A-Z2-7]{4}){5}</li>")
TOKEN = re.compile(r'value="\w{64}"')
PRIVATE = ("queue", "security", "admin:index", "dashboard")


def password(client: Client, name: str, *, there: str = "", **how: str) -> str:
    """Where the right password leads."""
    answer = client.post(reverse("sign-in"), {"username": name, "password": PASSWORD, "next": there}, **how)  # type: ignore[arg-type]
    return answer.headers.get("Location", f"{answer.status_code}")


def second(client: Client, code: str) -> int:
    return client.post(reverse("second-step"), {"second-code": code}).status_code


def is_in(client: Client) -> bool:
    return client.get(reverse("queue")).status_code == 200


def options_in(page: str) -> str:
    found = re.search(r'data-options="([^"]+)"', page)
    assert found is not None
    return html.unescape(found[1])


def test_a_password_alone_opens_nothing_to_somebody_who_decides(people: Cast) -> None:
    client = Client()
    with_app(people.bob)
    assert password(client, "bob", there="/overdue/") == "/sign-in/second/?next=%2Foverdue%2F"
    assert [client.get(reverse(name)).status_code for name in PRIVATE] == [302] * len(PRIVATE)
    before = client.session.session_key
    answer = client.post(reverse("second-step"), {"second-code": shown(), "next": "/overdue/"})
    assert answer.headers["Location"] == "/overdue/"
    assert is_in(client)
    assert client.session.session_key != before
    assert SignInEvent.objects.filter(action=SignInAction.SIGNED_IN, user=people.bob, address="127.0.0.1").count() == 1


def test_a_code_that_was_seen_once_opens_no_second_session(people: Cast) -> None:
    with_app(people.bob)
    first, other = Client(), Client()
    for client in (first, other):
        password(client, "bob")
    assert [second(first, shown()), second(other, shown())] == [302, 200]
    assert [is_in(first), is_in(other)] == [True, False]


def test_a_passkey_is_as_good_and_its_answer_works_once(people: Cast) -> None:
    key = Key()
    with_passkey(people.bob, key)
    client, other = Client(), Client()
    for each in (client, other):
        password(each, "bob")
    answer = key.get(options_in(client.get(reverse("second-step")).content.decode()))
    other.get(reverse("second-step"))
    assert other.post(reverse("second-step"), {"second-passkey": answer}).status_code == 200
    assert client.post(reverse("second-step"), {"second-passkey": answer}).status_code == 302
    assert is_in(client)
    password(other, "bob")
    assert other.post(reverse("second-step"), {"second-passkey": answer}).status_code == 200


def test_a_recovery_code_is_as_good(people: Cast) -> None:
    with_app(people.bob)
    (code, *_) = signin.make_recovery_codes(people.bob, actor=people.bob, now=timezone.now(), address="")
    client = Client()
    password(client, "bob")
    assert second(client, code) == 302
    assert is_in(client)


@pytest.mark.parametrize("role", Role.values)
def test_whoever_must_have_one_is_led_to_set_it_up_and_gets_nowhere_else(role: str, people: Cast) -> None:
    client, person = Client(), people.in_role(role)
    there = password(client, person.username)
    if role in {Role.ANALYST, Role.AUDITOR}:
        assert is_in(client)
        return
    page = client.get(there, follow=True)
    assert page.redirect_chain[-1][0].startswith(reverse("enrol"))
    for name in PRIVATE:
        assert client.get(reverse(name), follow=True).redirect_chain[-1][0].startswith(reverse("enrol"))
    assert second(client, "123456") == 302


@pytest.mark.parametrize("flag", ["is_staff", "is_superuser"])
def test_so_is_whoever_may_enter_the_administration(flag: str, people: Cast) -> None:
    setattr(people.alice, flag, True)
    people.alice.save()
    client = Client()
    password(client, "alice")
    assert not is_in(client)


def test_an_agency_may_want_one_of_everybody(people: Cast) -> None:
    early = client_as(people.alice, shown_ago=None)
    assert is_in(early)
    people.agency.second_factor_for_all = True
    people.agency.save()
    assert not is_in(early)
    password(client := Client(), "alice")
    assert not is_in(client)


def test_setting_one_up_completes_the_sign_in_and_shows_recovery_codes_once(people: Cast) -> None:
    client = Client()
    password(client, "bob")
    page = client.get(reverse("security-app") + "?next=/overdue/").content.decode()
    written = re.search(r'<p class="mono" translate="no">([A-Z2-7 ]+)</p>', page)
    assert written is not None
    secret = base64.b32decode(written[1].replace(" ", ""))
    assert client.post(reverse("security-app"), {"code": "000000"}).status_code == 200
    assert not is_in(client)
    code = shown(secret=secret)
    answer = client.post(reverse("security-app"), {"code": code, "next": "/overdue/"})
    assert len(CODES.findall(answer.content.decode())) == 10
    assert not CODES.search(client.get(reverse("security")).content.decode())
    assert is_in(client)
    password(later := Client(), "bob")
    assert [second(later, code), second(later, shown(secret=secret, steps=1))] == [200, 302]


def test_a_passkey_can_be_the_first(people: Cast) -> None:
    client, key = Client(), Key()
    password(client, "bob")
    options = options_in(client.get(reverse("security-passkey")).content.decode())
    answer = client.post(reverse("security-passkey"), {"answer": key.create(options), "next": "/overdue/"})
    page = answer.content.decode()
    assert len(CODES.findall(page)) == 10
    assert 'href="/overdue/"' in page
    assert "no-store" in answer["Cache-Control"]
    assert is_in(client)
    assert SecondFactor.objects.get(user=people.bob).name == "Passkey"


def test_somebody_who_has_one_cannot_add_another_before_showing_it(people: Cast) -> None:
    with_app(people.bob)
    client = Client()
    password(client, "bob")
    for name in ("security-app", "security-passkey", "enrol"):
        assert client.get(reverse(name)).status_code == 302
        assert client.post(reverse(name), {"code": "1", "answer": "1"}).status_code in {302, 405}
    assert people.bob.factors.count() == 1


def test_the_second_step_must_follow_the_first_soon(people: Cast) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        with_app(people.bob)
        client = Client()
        password(client, "bob")
        clock.shift(timedelta(minutes=11))
        assert client.get(reverse("second-step"))["Location"].startswith(reverse("sign-in"))
        second(client, shown())
        assert not is_in(client)


def test_whoever_comes_to_need_one_meanwhile_is_asked_at_the_next_click(people: Cast) -> None:
    client = Client()
    password(client, "alice")
    assert is_in(client)
    people.alice.role = Role.SUPERVISOR
    people.alice.save()
    assert not is_in(client)


def test_a_session_that_showed_one_is_over_once_it_is_reset(people: Cast) -> None:
    with_app(people.bob)
    client = client_as(people.bob)
    assert is_in(client)
    signin.reset_second_factor(people.bob, actor=people.dora, now=timezone.now())
    assert not is_in(client)


def test_what_an_earlier_session_showed_does_not_count_for_a_later_one(people: Cast) -> None:
    """Somebody who is switched off is nobody, but the session stays and what it holds with it."""
    with_app(people.bob)
    client = client_as(people.bob)
    session = client.session
    del session["_auth_user_id"]
    session.save()
    password(client, "bob")
    assert not is_in(client)


def test_guessing_codes_is_slowed_and_the_wait_is_said(people: Cast) -> None:
    with time_machine.travel(NOW, tick=False):
        with_app(people.bob)
        client = Client()
        password(client, "bob")
        answers = [client.post(reverse("second-step"), {"second-code": "000000"}) for _ in range(7)]
        assert [answer.status_code for answer in answers] == [200] * 6 + [429]
        assert answers[-1]["Retry-After"] == "600"
        assert "Try again in 10 minutes" in answers[-1].content.decode()
        assert second(client, shown()) == 429


def test_where_nobody_has_to_have_one_the_password_is_enough_and_the_page_says_so(people: Cast, settings: Settings) -> None:
    settings.SECOND_FACTOR_REQUIRED, settings.DEMO = False, True
    client = Client()
    assert "nobody has to have one" in client.get(reverse("sign-in")).content.decode()
    password(client, "bob")
    assert is_in(client)
    assert "asks nobody for a second factor" in client.get(reverse("security")).content.decode()
    with_app(people.bob)
    assert not is_in(client)


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/?next=/admin/", "/admin/takedown/user/"])
def test_the_administration_has_no_door_of_its_own(path: str, people: Cast) -> None:
    UserFactory.create(username="root", is_staff=True, is_superuser=True)
    client = Client()
    client.post("/admin/login/", {"username": "root", "password": PASSWORD, "next": "/admin/"})
    answer = client.get(path, follow=True)
    assert answer.redirect_chain[-1][0].startswith("/sign-in/?next=%2Fadmin%2F")
    assert client_as(people.alice).get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize(
    "name",
    ["a" * 100_000, "a" * 151, "ﷺ" * 150, "a\x00b", "\u202ealice", "\uff41lice", "💣" * 40, " ", "\ud800".encode("utf-8", "surrogatepass")],
)
@pytest.mark.parametrize("field", ["username", "password"])
def test_strange_texts_are_refused_in_words(name: str, field: str, people: Cast, caplog: pytest.LogCaptureFixture) -> None:
    form = {"username": "nobody", "password": "wrong"} | {field: name}
    answer = Client().post(reverse("sign-in"), form)
    assert answer.status_code == 200
    assert 'class="error"' in answer.content.decode() or "correct username and password" in answer.content.decode()
    assert len(answer.content) < 10_000
    assert not [record for record in caplog.records if str(name)[:50] in record.getMessage() and len(str(name)) > 1]


@pytest.mark.parametrize("text", ["0" * 100_000, "a\x00b", "💣" * 40, "\u202e123456", "", "12345", "1234567"])
@pytest.mark.parametrize("field", ["second-code", "second-passkey"])
def test_so_are_they_at_the_second_step(text: str, field: str, people: Cast) -> None:
    with_app(people.bob)
    client = Client()
    password(client, "bob")
    answer = client.post(reverse("second-step"), {field: text})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()


def test_a_name_that_nobody_has_is_answered_as_one_that_somebody_has(people: Cast) -> None:
    pages = {name: [Client().post(reverse("sign-in"), {"username": name, "password": "x"}) for _ in range(7)] for name in ("alice", "eve")}
    texts = {name: [TOKEN.sub("", page.content.decode()).replace(name, "") for page in got] for name, got in pages.items()}
    known, unknown = ([*zip((page.status_code for page in pages[name]), texts[name], strict=True)] for name in ("alice", "eve"))
    assert [status for status, _ in known] == [200] * 6 + [429]
    assert known == unknown


def test_a_browser_that_signed_in_before_is_let_in_while_the_agency_is_attacked(people: Cast, settings: Settings) -> None:
    settings.PROXY_COUNT = 1
    mine = Client()
    assert password(mine, "alice", HTTP_X_FORWARDED_FOR="192.0.2.77") == "/"
    mine.post(reverse("sign-out"))
    for number in range(65):
        SignInAttempt.objects.create(bucket=f"agency:{people.agency.pk}", at=timezone.now())
        SignInAttempt.objects.create(bucket="address:192.0.2.77", at=timezone.now() - timedelta(seconds=number))
    assert password(Client(), "alice", HTTP_X_FORWARDED_FOR="192.0.2.78") == "429"
    assert password(mine, "alice", HTTP_X_FORWARDED_FOR="192.0.2.77") == "/"
    mine.post(reverse("sign-out"))
    assert password(mine, "charlie", HTTP_X_FORWARDED_FOR="192.0.2.77") == "429"


@pytest.mark.parametrize(("proxies", "expected"), [(0, "127.0.0.1"), (1, "203.0.113.9"), (2, "198.51.100.7"), (3, None)])
def test_of_the_forwarded_addresses_only_those_our_proxies_wrote_are_believed(
    proxies: int, expected: str | None, people: Cast, settings: Settings
) -> None:
    settings.PROXY_COUNT = proxies
    password(Client(), "alice", HTTP_X_FORWARDED_FOR="198.51.100.7, 203.0.113.9")
    assert SignInEvent.objects.get().address == expected
