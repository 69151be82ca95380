"""Codes of apps and recovery codes: the right one, once, and nothing else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from platforms.credentials import unseal
from takedown import signin
from takedown.choices import SignInAction
from takedown.models import RecoveryCode, SecondFactor, SignInEvent, User
from takedown.models.errors import NotPossible
from tests.authenticator import IN_BASE_32, shown, with_app
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 0, 10, tzinfo=UTC)


@pytest.fixture
def bob() -> User:
    person: User = UserFactory.create(username="bob", role="supervisor", email="bob@north.example")
    with_app(person, NOW)
    return person


def accepts(user: User, code: str, now: datetime = NOW) -> bool:
    return signin.check_code(user, code, now=now, address="192.0.2.1")


def test_a_code_counts_in_its_own_step_and_in_those_beside_it() -> None:
    counts = [steps for steps in range(-3, 4) if signin.proves(IN_BASE_32, shown(NOW, steps=steps), NOW) is not None]
    assert counts == [-1, 0, 1]


def test_a_code_is_never_taken_twice_nor_one_before_it(bob: User) -> None:
    assert accepts(bob, shown(NOW))
    assert not accepts(bob, shown(NOW))
    assert not accepts(bob, shown(NOW, steps=-1))
    assert not accepts(bob, shown(NOW), NOW + timedelta(seconds=20))
    assert accepts(bob, shown(NOW, steps=1))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_of_many_who_send_the_same_code_at_the_same_moment_one_is_let_in(kind: str, bob: User) -> None:
    code = shown(NOW) if kind == "app" else signin.make_recovery_codes(bob, actor=bob, now=NOW, address="")[0]

    def send(_: int) -> bool:
        try:
            return accepts(bob, code)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(send, range(6))) == [False] * 5 + [True]


def test_a_code_may_be_spaced_and_in_other_digits(bob: User) -> None:
    code = shown(NOW).translate({ord("0") + digit: 0x660 + digit for digit in range(10)})
    assert accepts(bob, f" {code[:3]} {code[3:]} ")


@given(text=st.text(max_size=60))
def test_no_other_text_is_a_code(text: str) -> None:
    assert signin.proves(IN_BASE_32, text, NOW) is None or text.isdecimal()


def test_a_recovery_code_works_once_however_it_is_typed(bob: User) -> None:
    codes = signin.make_recovery_codes(bob, actor=bob, now=NOW, address="")
    assert len(set(codes)) == 10
    assert all(len(code.replace("-", "")) * 5 >= 112 for code in codes)  # bits: below that a plain digest would not be enough
    assert accepts(bob, codes[0].lower().replace("-", " "))
    assert not accepts(bob, codes[0])
    assert signin.codes_left(bob) == 9
    assert not accepts(UserFactory.create(), codes[1])
    signin.make_recovery_codes(bob, actor=bob, now=NOW, address="")
    assert not accepts(bob, codes[1])


def test_nothing_that_opens_a_door_is_stored_in_clear(bob: User) -> None:
    codes = signin.make_recovery_codes(bob, actor=bob, now=NOW, address="")
    stored = [*SecondFactor.objects.values_list("secret", flat=True), *RecoveryCode.objects.values_list("digest", flat=True)]
    assert not [text for text in stored for secret in (IN_BASE_32, *(code.replace("-", "") for code in codes)) if secret in text]
    assert unseal(stored[0]) == {"secret": IN_BASE_32}


def test_a_secret_that_cannot_be_opened_any_more_lets_nobody_in(bob: User, settings: Settings) -> None:
    settings.CREDENTIALS_KEYS = ["another"]
    assert not accepts(bob, shown(NOW))


def test_a_use_seals_the_secret_with_the_current_key(bob: User, settings: Settings) -> None:
    settings.CREDENTIALS_KEYS = ["new", *settings.CREDENTIALS_KEYS]
    assert accepts(bob, shown(NOW))
    settings.CREDENTIALS_KEYS = ["new"]
    assert accepts(bob, shown(NOW, steps=1))


def test_the_last_factor_of_whoever_must_have_one_stays(bob: User) -> None:
    first = bob.factors.get()
    with pytest.raises(NotPossible, match="at least one"):
        signin.remove_factor(first, now=NOW, address="")
    with_app(bob, NOW)
    signin.remove_factor(first, now=NOW, address="")
    assert bob.factors.count() == 1


def test_recovery_codes_go_with_the_last_factor() -> None:
    alice = UserFactory.create(role="analyst")
    factor = with_app(alice, NOW)
    signin.make_recovery_codes(alice, actor=alice, now=NOW, address="")
    signin.remove_factor(factor, now=NOW, address="")
    assert not alice.recovery_codes.exists()


def test_a_reset_takes_all_and_ends_all_sessions_and_is_on_record(bob: User) -> None:
    dora = UserFactory.create(username="dora", role="administrator")
    signin.make_recovery_codes(bob, actor=bob, now=NOW, address="")
    before = bob.get_session_auth_hash()
    signin.reset_second_factor(bob, actor=dora, now=NOW)
    assert (bob.factors.count(), bob.recovery_codes.count()) == (0, 0)
    assert bob.get_session_auth_hash() != before
    event = bob.sign_in_events.first()
    assert event is not None
    assert (event.action, event.actor_user, event.mail_to) == (SignInAction.RESET, dora, "bob@north.example")


def test_the_shell_resets_too(bob: User) -> None:
    call_command("reset_second_factor", "bob")
    assert not bob.factors.exists()
    assert bob.sign_in_events.get(action=SignInAction.RESET).actor_name == "the shell of the server"
    with pytest.raises(CommandError, match="Nobody is called"):
        call_command("reset_second_factor", "b0b")


@pytest.mark.parametrize("change", ["UPDATE takedown_signinevent SET detail = 'x'", "DELETE FROM takedown_signinevent"])
def test_the_history_of_an_account_is_neither_changed_nor_deleted(bob: User, change: str) -> None:
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_people_are_told_by_mail_once(bob: User, mailoutbox: list[object]) -> None:
    assert signin.send_notices(NOW) == 1
    assert signin.send_notices(NOW) == 0
    (mail,) = mailoutbox
    assert "Second factor added: Authenticator app phone" in mail.body  # type: ignore[attr-defined]
    assert mail.to == ["bob@north.example"]  # type: ignore[attr-defined]


def test_a_notice_that_the_mail_server_does_not_take_is_tried_again_for_a_day(bob: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1", 1
    assert signin.send_notices(NOW) == 0
    assert SignInEvent.objects.get().mail_due_at == NOW + timedelta(minutes=5)
    signin.send_notices(NOW + timedelta(days=1))
    assert SignInEvent.objects.get().mail_due_at is None
