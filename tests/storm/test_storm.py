"""An hour of bad weather over all platforms: nothing is gone that is up, nothing that is gone is missed, no limit is exceeded."""

import os
import random
import uuid
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module

import pytest
from pytest_django import Settings

from platforms import quota
from platforms.models import Hold
from takedown import dispatch, intake, polling
from takedown.choices import VerdictValue
from takedown.models import TakedownRequest
from takedown.polling import eyes
from tests.conftest import Sandbox
from tests.factories import PolicyFactory, UserFactory
from tests.storm.simulation import FAULTS, GONE_STATES, HANGING, Storm, Time

pytestmark = pytest.mark.django_db

ITEMS = int(os.environ.get("STORM_ITEMS", "2000"))
SEED = int(os.environ.get("STORM_SEED", "1"))


def reported(storm: Storm) -> None:
    """Everything is reported at once, and sent."""
    alice = UserFactory.create(username="alice", agency=storm.agency)
    PolicyFactory.create(key=storm.agency.default_policy_key, unit="minutes", duration=40)
    drafts = [intake.Draft(url, "a_incite") for url in storm.truth]
    filed = intake.submit(agency=storm.agency, drafts=drafts, actor=alice, now=datetime.now(UTC))
    assert not [one.error for one in filed if one.error]
    while dispatch.send_due():
        pass


def wrong_verdicts(storm: Storm) -> list[str]:
    """Verdicts that are final and not true."""
    wrong = []
    for request in TakedownRequest.objects.filter(provisional=False).select_related("item", "item__watch"):
        url = storm._url(request.item.watch)
        gone_by = [at for at, state in storm.truth[url] if state in GONE_STATES]
        due = request.due_at.timestamp() - storm.begun if request.due_at else None
        if request.verdict == VerdictValue.MET and not (gone_by and due and gone_by[0] <= due):
            wrong.append(f"{request} met: {url}")
        if request.verdict == VerdictValue.BREACHED and due and storm.truth_at(url, due - 1) in GONE_STATES:
            wrong.append(f"{request} breached: {url}")
    return wrong


@pytest.fixture
def storm(sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storm]:
    # Windows of its own: what a storm leaves in Redis lies in the future of all others.
    settings.BROKER_PREFIX = f"storm-{uuid.uuid4()}:"
    eyes.windows.cache_clear()
    # A round takes on what is due at its beginning, and waits for nothing: that is for after the next jump.
    monkeypatch.setattr(quota, "PATIENCE", 0.0)
    monkeypatch.setattr(quota, "PATIENCE_WITHIN", 0.0)
    settings.FETCH_SECONDS, settings.LOOK_SECONDS = 1.5, 10.0
    sandbox.world.calls = deque()
    agency = UserFactory.create().agency
    assert agency is not None
    storm = Storm(sandbox, agency, Time(), random.Random(SEED))
    monkeypatch.setattr(import_module("takedown.polling.work"), "claim", storm.claim)
    yield storm
    eyes.windows.cache_clear()


def test_a_storm_over_all_platforms(storm: Storm) -> None:
    """A third of the replies are bad, and for half an hour one platform leaves two fifths of its items out of its lists."""
    with storm.time:
        storm.configure()
        storm.populate(ITEMS)
        reported(storm)
        storm.run(4)
        storm.world.change_weather({"share": 1 / 3, "faults": HANGING, "seed": SEED})
        storm.run(2)
        storm.world.change_weather({"share": 1 / 3, "faults": FAULTS, "seed": SEED})
        storm.run(12)
        mine = [item.key for item in storm.world.items.values() if item.platform == "youtube"]
        storm.world.lost |= {("youtube", key) for key in mine[: len(mine) * 2 // 5]}
        storm.run(25)
        assert Hold.objects.filter(platform__slug="youtube").exists()
        storm.world.lost.clear()
        storm.run(17)
        assert Hold.objects.filter(platform__slug="youtube", released_at__isnull=False, released_by="").exists()
        storm.world.change_weather({})
        person = UserFactory.create(agency=storm.agency)
        for _ in range(7):
            storm.run(5)
            for hold in Hold.objects.filter(released_at=None):
                # So many were really removed from it that it was not believed: a person looks, and decides.
                polling.release_hold(hold, reason="Looked myself.", actor=person, now=datetime.now(UTC))
        storm.refresh_statistics()
        assert not storm.false_conclusions()
        assert not wrong_verdicts(storm)
        assert not storm.missed_removals()
        assert not storm.exceeded_limits()


def test_without_the_breaker_the_same_storm_would_deceive_us(storm: Storm) -> None:
    """The simulation can fail: what keeps the first test from failing is the rule it tests."""
    with storm.time:
        storm.configure(breaker={"share": 1.0})
        storm.truth = {}
        storm.populate(44)
        reported(storm)
        storm.run(4)
        storm.world.lost |= {("youtube", item.key) for item in storm.world.items.values() if item.platform == "youtube"}
        storm.run(25)
        assert storm.false_conclusions()
