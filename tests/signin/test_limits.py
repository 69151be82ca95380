"""How often somebody may guess, whoever guesses and from wherever."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from takedown.models import SignInAttempt
from takedown.signin import Attempt, TooManyAttemptsError, begin, buckets_of_name, buckets_of_second
from takedown.signin.limits import LIMITS, network
from tests.factories import Cast, cast

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
Where = Callable[[int], list[str]]


def stranger(name: str, address: str) -> list[str]:
    return buckets_of_name(name, address=address, device="")


def guesses(where: Where, *, most: int = 70) -> int:
    """How many of these, one after the other, get an answer."""
    for number in range(most):
        try:
            begin(where(number), NOW)
        except TooManyAttemptsError:
            return number
    return most


@pytest.fixture
def north(db: None) -> Cast:
    return cast()


@pytest.mark.parametrize(
    ("where", "limit"),
    [
        (lambda _: stranger("alice", "192.0.2.1"), "name"),
        (lambda _: stranger("nobody", "192.0.2.1"), "name"),
        (lambda n: stranger(f"name{n}", "192.0.2.1"), "address"),
        (lambda n: stranger(f"name{n}", f"2001:db8::{n:x}"), "address"),
        (lambda n: stranger(("alice", "bob", "charlie")[n % 3], f"192.0.2.{n}"), "agency"),
        (lambda n: stranger(f"nobody{n}", f"192.0.2.{n}"), "agency"),
        (lambda n: buckets_of_name("alice", address=f"192.0.2.{n}", device="d"), "device"),
    ],
    ids=["a name", "a name that nobody has", "an address", "a network of version 6", "an agency", "names that nobody has", "a device"],
)
def test_guessing_ends_at_the_limit(where: Where, limit: str, north: Cast) -> None:
    assert guesses(where) == LIMITS[limit].most


@pytest.mark.parametrize("device", ["", "d"])
def test_guessing_at_a_second_factor_ends_at_the_limit_from_wherever(device: str, north: Cast) -> None:
    assert guesses(lambda n: buckets_of_second(north.bob, address=f"192.0.2.{n}", device=device)) == LIMITS["second"].most


def test_a_day_of_patience_does_not_help_either(north: Cast) -> None:
    answered = 0
    for minute in range(0, 24 * 60, 20):
        try:
            begin(buckets_of_second(north.bob, address="", device=""), NOW + timedelta(minutes=minute))
            answered += 1
        except TooManyAttemptsError:
            continue
    assert answered == LIMITS["second-day"].most


def test_whoever_guesses_from_elsewhere_locks_nobody_out_who_has_signed_in_here_before(north: Cast) -> None:
    for number in range(70):
        try:
            begin(stranger("alice", f"192.0.2.{number % 2}"), NOW)
            begin(buckets_of_second(north.alice, address="192.0.2.1", device=""), NOW)
        except TooManyAttemptsError:
            continue
    begin(buckets_of_name("alice", address="192.0.2.1", device="hers"), NOW)
    begin(buckets_of_second(north.alice, address="192.0.2.1", device="hers"), NOW)


def test_one_agency_under_attack_leaves_the_others_alone(north: Cast) -> None:
    cast("south")
    guesses(lambda n: stranger("alice", f"192.0.2.{n}"))
    with pytest.raises(TooManyAttemptsError):
        begin(stranger("bob", "198.51.100.1"), NOW)
    begin(stranger("bob.south", "198.51.100.1"), NOW)


def test_what_is_refused_does_not_prolong_the_wait(north: Cast) -> None:
    where = stranger("alice", "192.0.2.1")
    guesses(lambda _: where)
    waits = []
    for minute in range(10):
        with pytest.raises(TooManyAttemptsError) as refused:
            begin(where, NOW + timedelta(minutes=minute))
        waits.append(refused.value.seconds)
    assert waits == [600 - 60 * minute for minute in range(10)]
    begin(where, NOW + timedelta(minutes=10))


def test_success_forgets_the_failures_of_that_person_and_no_others(north: Cast) -> None:
    for _ in range(5):
        begin(stranger("alice", "192.0.2.1"), NOW)
    begin(stranger("alice", "192.0.2.1"), NOW).succeeded()
    assert guesses(lambda _: stranger("alice", "192.0.2.1")) == 6
    assert guesses(lambda n: stranger(f"name{n}", "192.0.2.1")) == LIMITS["address"].most - 11


def test_no_name_is_kept(north: Cast) -> None:
    begin(stranger("my secret password", "192.0.2.1"), NOW)
    assert not [row.bucket for row in SignInAttempt.objects.all() if "secret" in row.bucket]


def test_what_was_a_day_ago_is_forgotten(north: Cast) -> None:
    begin(stranger("alice", "192.0.2.1"), NOW - timedelta(days=2))
    begin(stranger("bob", "192.0.2.9"), NOW)
    assert not SignInAttempt.objects.filter(at__lt=NOW).exists()


@pytest.mark.django_db(transaction=True)
def test_many_at_the_same_moment_get_no_more_answers_than_one_after_the_other() -> None:
    cast()
    answered: list[Attempt] = []
    start = threading.Barrier(12)

    def guess() -> None:
        start.wait()
        try:
            answered.append(begin(stranger("alice", "192.0.2.1"), NOW))
        except TooManyAttemptsError:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answered) <= LIMITS["name"].most


@pytest.mark.parametrize(
    ("address", "subscriber"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_one_subscriber_is_one_address_or_one_network(address: str, subscriber: str) -> None:
    assert network(address) == subscriber
