"""What is withheld in some countries, or shown to applications only, means little without where from and as whom one looked."""

import pytest
from pytest_django import Settings

from platforms.models import Platform
from takedown.models import Observation
from tests.conftest import Sandbox
from tests.engine.test_path import look, report
from tests.engine.test_pulse import _world

__all__ = ["_world"]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("country", "token", "vantage"),
    [("BE", "secret", "BE, with credentials"), ("BE", "", "BE, anonymous"), ("", "secret", "with credentials"), ("", "", "anonymous")],
)
def test_an_observation_keeps_where_from_and_as_whom_it_was_made(
    sandbox: Sandbox, settings: Settings, country: str, token: str, vantage: str
) -> None:
    settings.VANTAGE = country
    x = Platform.objects.get(slug="x")
    x.config["bearer_token"] = token
    x.save()
    look(report(sandbox.add("x", (-60, "available"))))
    assert Observation.objects.get().vantage == vantage
