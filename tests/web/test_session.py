"""Signing in, and how long it lasts."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from takedown.models import SignInAttempt
from tests.factories import PASSWORD, Cast

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def sign_in(client: Client, password: str, address: str = "192.0.2.1", name: str = "alice") -> int:
    answer = client.post(reverse("sign-in"), {"username": name, "password": password}, REMOTE_ADDR=address)
    return answer.status_code


def signed_in(client: Client) -> bool:
    return client.get(reverse("queue")).status_code == 200


def test_guessing_is_slowed_for_that_name_from_that_address(people: Cast) -> None:
    attacker, alice = Client(), Client()
    for _ in range(6):
        sign_in(attacker, "wrong")
    assert sign_in(attacker, PASSWORD) == 429
    assert not signed_in(attacker)
    assert sign_in(alice, PASSWORD, address="192.0.2.2") == 302
    assert signed_in(alice)


def test_a_flushed_cache_does_not_reset_the_count(people: Cast) -> None:
    client = Client()
    for _ in range(6):
        sign_in(client, "wrong")
        cache.clear()
    assert sign_in(client, PASSWORD) == 429
    assert SignInAttempt.objects.exists()


def test_the_brake_lets_go_after_a_while(people: Cast) -> None:
    client = Client()
    with time_machine.travel(NOW, tick=False) as clock:
        for _ in range(6):
            sign_in(client, "wrong")
        clock.shift(timedelta(minutes=11))
        assert sign_in(client, PASSWORD) == 302


def test_an_unused_session_ends(people: Cast, settings: Settings) -> None:
    client = Client()
    with time_machine.travel(NOW, tick=False) as clock:
        sign_in(client, PASSWORD)
        for _ in range(4):
            clock.shift(settings.SESSION_IDLE_SECONDS - 1)
            assert signed_in(client)
        clock.shift(settings.SESSION_IDLE_SECONDS + 1)
        assert not signed_in(client)


def test_a_session_ends_after_its_longest_time_however_busy(people: Cast, settings: Settings) -> None:
    client = Client()
    with time_machine.travel(NOW, tick=False) as clock:
        sign_in(client, PASSWORD)
        for _ in range(settings.SESSION_ABSOLUTE_SECONDS // 1500):
            clock.shift(1500)
            signed_in(client)
        clock.shift(1500)
        assert not signed_in(client)


def test_somebody_who_was_switched_off_is_out_at_the_next_click(people: Cast) -> None:
    client = Client()
    sign_in(client, PASSWORD)
    people.alice.is_active = False
    people.alice.save()
    assert not signed_in(client)


def test_a_change_of_role_counts_at_the_next_click(people: Cast) -> None:
    client = Client()
    sign_in(client, PASSWORD)
    assert client.get(reverse("flag")).status_code == 200
    people.alice.role = "auditor"
    people.alice.save()
    assert client.get(reverse("flag")).status_code == 403


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/evil" * 20_000, "/sign-in/", "/admin/login/?next=/evil"]
)
def test_signing_in_leads_nowhere_else(people: Cast, there: str) -> None:
    answer = Client().post(f"{reverse('sign-in')}?next={there}", {"username": "alice", "password": PASSWORD, "next": there})
    assert answer.status_code == 302
    assert "evil" not in answer["Location"]
    assert "javascript" not in answer["Location"]


def test_the_cookies_are_out_of_reach_of_scripts(people: Cast) -> None:
    client = Client()
    sign_in(client, PASSWORD)
    for name in ("sessionid", "device"):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"


@pytest.mark.parametrize("name", ["deadlines-live", "platforms-live", "queue-pulse"])
def test_what_an_open_page_asks_for_by_itself_keeps_no_session_alive(name: str, people: Cast, settings: Settings) -> None:
    client = Client()
    with time_machine.travel(NOW, tick=False) as clock:
        client.force_login(people.bob)
        session = client.session
        session["factor_at"] = NOW.timestamp()
        session.save()
        assert signed_in(client)
        for _ in range(2):
            clock.shift(settings.SESSION_IDLE_SECONDS // 2 + 1)
            client.get(reverse(name), headers={"HX-Request": "true"})
        assert not signed_in(client)
