"""A client with a key."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from takedown.models import Agency, ApiKey
from tests.factories import AgencyFactory, PolicyFactory, issued

Call = Callable[..., Any]


@pytest.fixture
def agency(db: None) -> Agency:
    PolicyFactory.create(key="referral_voluntary", unit="hours", duration=24)
    return AgencyFactory.create()


def client_of(agency: Agency, *scopes: str) -> APIClient:
    """A client whose key has these scopes; all of them by default."""
    _, secret = issued(agency, *(scopes or ApiKey.Scope.values))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {secret}")
    return client


@pytest.fixture
def client(agency: Agency) -> APIClient:
    return client_of(agency)
