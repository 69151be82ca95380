"""The narrow way of writing looks down does what the long way does."""

import random
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.forms.models import model_to_dict
from django.utils import timezone

from platforms.base import Outcome, Sighting
from takedown import polling
from takedown.models import FlaggedItem, Observation, TakedownRequest, Watch
from takedown.polling import Claim, Settings
from takedown.polling.apply import apply
from takedown.polling.narrow import is_harmless
from tests.factories import PlatformFactory, RequestFactory, WatchFactory

pytestmark = pytest.mark.django_db

START = timezone.now() + timedelta(hours=1)
MOSTLY_UP = [Outcome.AVAILABLE] * 12 + [Outcome.INDETERMINATE] * 8 + list(Outcome)


def a_story(dice: random.Random) -> list[dict[str, Any]]:
    """What thirty looks at one item see."""
    return [
        {
            "outcome": (outcome := dice.choice(MOSTLY_UP)),
            "reason": dice.choice(["http_200", "other"]) if outcome is Outcome.AVAILABLE else str(outcome),
            "http_status": dice.choice([None, 200]),
            "method": "page",
            "evidence": {"title": "a\x00b"},
            "retry_after": dice.choice([None, None, 90.0, 7200.0]),
            "keep": dice.choice([None] * 9 + [{"hash": 1}]),
        }
        for _ in range(30)
    ]


def told(story: list[dict[str, Any]], deadline_after: float | None, *, narrow: bool) -> tuple[list[Any], int]:
    """What is in the database when these looks have been written down, one way or the other; how many could have gone the narrow way."""
    item = RequestFactory.create().item
    watch = WatchFactory.create(item=item)
    platform = watch.platform
    settings = {platform.pk: Settings.of(platform)}
    if deadline_after is not None:
        due = START + timedelta(seconds=deadline_after)
        TakedownRequest.objects.filter(item=item).update(clock_state="running", clock_started_at=START, due_at=due)
        Watch.objects.filter(item=item).update(anchor_at=due)
    Watch.objects.filter(item=item).update(since=START)
    rows, harmless = [], 0
    for number, values in enumerate(story):
        sent = START + timedelta(seconds=200 * number)
        answered = sent + timedelta(seconds=0.1)
        now = sent + timedelta(seconds=0.5)
        Watch.objects.filter(item=item).update(next_look_at=timezone.now() - timedelta(seconds=1))
        (one,) = polling.claim(10)
        sighting = Sighting(one.ref, sent_at=sent, answered_at=answered, **values)
        harmless += is_harmless(one, sighting, now)
        with mock.patch("takedown.polling.apply.database_now", return_value=now), mock.patch("random.random", return_value=0.5):
            assert written(one, sighting, settings, narrow=narrow) == 1
        rows += [in_the_database(item)]
    return rows, harmless


def written(claim: Claim, sighting: Sighting, settings: dict[int, Settings], *, narrow: bool) -> int:
    if narrow:
        return apply([(claim, sighting)], settings)
    with mock.patch("takedown.polling.apply.write_harmless", side_effect=lambda seen, *_: (0, seen)):
        return apply([(claim, sighting)], settings)


def in_the_database(item: FlaggedItem) -> Any:
    watch = model_to_dict(Watch.objects.get(item=item), exclude=["item", "observation_id", "platform", "agency"])
    runs = Observation.objects.filter(item=item).order_by("pk")
    current = Watch.objects.get(item=item).observation_id
    return watch, [(run.pk == current, model_to_dict(run, exclude=["id", "item", "agency"])) for run in runs]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("deadline_after", [None, 2500.0])
def test_the_narrow_way_does_what_the_long_way_does(seed: int, deadline_after: float | None) -> None:
    PlatformFactory.create()
    story = a_story(random.Random(seed))
    narrow, harmless = told(story, deadline_after, narrow=True)
    Watch.objects.update(next_look_at=None)
    long, _ = told(story, deadline_after, narrow=False)
    for number, (one, other) in enumerate(zip(narrow, long, strict=True)):
        assert one == other, (number, story[number])
    assert harmless >= 5
