"""People who are signed in."""

from collections.abc import Callable

import pytest
from django.test import Client

from takedown.models import User
from tests.clients import client_as
from tests.factories import Cast, cast


@pytest.fixture
def people(db: None) -> Cast:
    return cast()


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A client that is this person and has just shown a second factor."""
    return client_as


@pytest.fixture
def alice(people: Cast, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(people.alice)


@pytest.fixture
def bob(people: Cast, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(people.bob)


@pytest.fixture
def dora(people: Cast, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(people.dora)


@pytest.fixture
def emil(people: Cast, signed_in: Callable[[User], Client]) -> Client:
    """An operator."""
    return signed_in(people.emil)
