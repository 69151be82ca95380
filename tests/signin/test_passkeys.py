"""Passkeys: the right key, for the right challenge, at the right place."""

from collections.abc import Callable
from unittest.mock import patch

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from takedown import signin
from takedown.models import User
from takedown.models.errors import NotPossible
from tests.authenticator import Key, with_passkey
from tests.factories import UserFactory

SITE = signin.Site("testserver", "http://testserver")
HOSTILE = ["[" * 15_000, '{"response":' * 3000, "null", "[]", '{"id":1}', "\x00", '{"response":{"clientDataJSON":"é"}}']


@pytest.fixture
def bob(db: None) -> User:
    person: User = UserFactory.create(username="bob")
    return person


def accepts(user: User, answer: str, challenge: str, site: signin.Site = SITE) -> bool:
    return signin.check_passkey(user, answer, site=site, challenge=challenge, now=timezone.now())


def test_a_passkey_answers_its_challenge(bob: User) -> None:
    key = Key()
    with_passkey(bob, key)
    for _ in range(2):
        options, challenge = signin.request_options(bob, SITE)
        answer = key.get(options)
        assert signin.challenge_in(answer) == challenge
        assert accepts(bob, answer, challenge)


def copied(key: Key) -> None:
    """A copy of the key counts its uses apart."""
    key.count = 0


@pytest.mark.parametrize(
    "spoil",
    [
        copied,
        lambda key: setattr(key, "origin", "http://testserver.evil.example"),
        lambda key: setattr(key, "host", "evil.example"),
        lambda key: setattr(key, "private", Key().private),
        lambda key: setattr(key, "id", Key().id),
    ],
    ids=["a copy", "another origin", "another host", "another key", "an unknown passkey"],
)
def test_what_is_not_quite_right_is_refused(spoil: Callable[[Key], None], bob: User) -> None:
    key = Key()
    with_passkey(bob, key)
    options, challenge = signin.request_options(bob, SITE)
    assert accepts(bob, key.get(options), challenge)
    spoil(key)
    options, challenge = signin.request_options(bob, SITE)
    assert not accepts(bob, key.get(options), challenge)


def test_another_challenge_or_another_person_is_refused(bob: User) -> None:
    key = Key()
    with_passkey(bob, key)
    options, _ = signin.request_options(bob, SITE)
    _, other = signin.request_options(bob, SITE)
    assert not accepts(bob, key.get(options), other)
    options, challenge = signin.request_options(bob, SITE)
    assert not accepts(UserFactory.create(username="eve"), key.get(options), challenge)


def test_a_passkey_belongs_to_one_person(bob: User) -> None:
    key = Key()
    with_passkey(bob, key)
    with pytest.raises(NotPossible, match="known already"):
        with_passkey(UserFactory.create(username="eve"), key)


@given(answer=st.text(max_size=200) | st.recursive(st.none() | st.text(), lambda inner: st.dictionaries(st.text(), inner)).map(str))
def test_what_is_no_answer_is_none(answer: str) -> None:
    assert signin.challenge_in(answer) == ""
    assert signin.read_passkey(answer, site=SITE, challenge="AAAA") is None


@pytest.mark.parametrize("answer", HOSTILE)
def test_what_is_hostile_is_none_too(answer: str, bob: User) -> None:
    assert signin.challenge_in(answer) == ""
    assert signin.read_passkey(answer, site=SITE, challenge="AAAA") is None
    assert not accepts(bob, answer, "AAAA")


@given(st.data())
def test_an_answer_with_any_byte_changed_is_refused_in_peace(data: st.DataObject) -> None:
    key, user = Key(), User(pk=1, username="bob")
    options, challenge = options_for(user)
    answer = key.create(options)
    at = data.draw(st.integers(0, len(answer) - 1))
    signin.read_passkey(answer[:at] + data.draw(st.characters()) + answer[at + 1 :], site=SITE, challenge=challenge)


def options_for(user: User) -> tuple[str, str]:
    """Without a database."""
    with patch("takedown.signin.passkeys._known", return_value=[]):
        return signin.creation_options(user, SITE)
