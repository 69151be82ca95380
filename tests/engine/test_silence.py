"""When nothing is looked at, whatever the reason, everybody is told; and stand-ins do what no doorbell has asked for."""

import signal
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from platforms.models import Pause, PauseReason
from takedown import polling, standby, tasks
from takedown.celery import app
from takedown.choices import VerdictValue
from takedown.models import Heartbeat, Observation, Watch
from takedown.models.heartbeat import LOOK, STAND_IN, beat, leave, take
from takedown.polling.silence import _SILENCE, QUIET_SECONDS
from tests.clients import client_as
from tests.conftest import Sandbox
from tests.factories import Cast, ItemFactory, PlatformFactory, WatchFactory, cast, in_verdict

pytestmark = pytest.mark.django_db


def watched(slug: str = "web", *, due: float | None, anchor: bool = False) -> Watch:
    """An item whose look was due so many seconds ago; None: that is not watched any more."""
    item = ItemFactory.create(platform=PlatformFactory.create(slug=slug))
    at = None if due is None else timezone.now() - timedelta(seconds=due)
    return WatchFactory.create(item=item, next_look_at=at, is_anchor=anchor)


def last_look(seconds: float, name: str = LOOK) -> None:
    Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now() - timedelta(seconds=seconds)})


def pause(slug: str, *, bucket: str = "") -> None:
    platform = PlatformFactory.create(slug=slug)
    Pause.objects.create(platform=platform, bucket=bucket, reason=PauseReason.OPERATOR, since=timezone.now(), until=None)


def lasts() -> float | None:
    found = polling.silence()
    return None if found is None or found.lasts is None else found.lasts.total_seconds()


# Nobody looks -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("looked", "due", "seconds"),
    [
        (None, None, None),
        (None, -5, None),
        (3600, -5, None),
        (3600, 5, None),
        (3600, 40, 40),
        (25, 40, 25),
        (5, 40, None),
        (None, 40, 40),
    ],
)
@pytest.mark.parametrize("anchor", [False, True])
def test_it_lasts_since_the_last_look_or_since_one_was_due(
    looked: float | None, due: float | None, seconds: float | None, anchor: bool
) -> None:
    watched("b", due=None)
    watched(due=due, anchor=anchor)
    watched("c", due=-100)
    if looked is not None:
        last_look(looked)
    assert lasts() == (None if seconds is None else pytest.approx(seconds, abs=3))


def test_a_paused_platform_is_no_silence_while_others_are_looked_at_in_time() -> None:
    watched("a", due=500)
    watched("b", due=-5)
    last_look(300)
    assert lasts() is not None
    pause("a")
    assert polling.silence() is None
    pause("b", bucket="server.example")
    assert polling.silence() is None
    pause("b")
    assert (found := polling.silence())
    assert found.paused
    assert lasts() == pytest.approx(300, abs=3)


def test_a_look_ends_the_silence(sandbox: Sandbox) -> None:
    rows = sandbox.configure()
    url = sandbox.add("web", (-60, "available"))
    item = ItemFactory.create(platform=rows["web"], canonical_url=url)
    WatchFactory.create(item=item, next_look_at=timezone.now() - timedelta(minutes=5))
    assert lasts() is not None
    assert polling.work() == 1
    assert polling.silence() is None
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {"look", "poll"}


def test_while_looks_are_made_the_queues_are_not_read(django_assert_num_queries: Any) -> None:
    watched(due=500)
    last_look(1)
    with connection.cursor() as cursor:
        cursor.execute(
            f"EXPLAIN (ANALYZE) {_SILENCE}",
            {"quiet": QUIET_SECONDS, "look": LOOK, "stand_in": STAND_IN},
        )
        plan = [row[0] for row in cursor.fetchall()]
    assert all("never executed" in line for line in plan if "takedown_watch" in line)
    with django_assert_num_queries(1):
        polling.silence()


# Every page says so -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def people() -> Cast:
    return cast()


@pytest.mark.parametrize("name", ["queue", "overdue", "wall", "wall-live", "platforms", "platforms-live", "alerts", "seeing"])
def test_every_page_says_that_nothing_is_looked_at_and_since_when(name: str, people: Cast) -> None:
    client = client_as(people.bob)
    in_verdict(VerdictValue.PENDING)
    last_look(1)
    assert "Nothing looked at" not in client.get(reverse(name)).content.decode()
    Watch.objects.update(next_look_at=timezone.now() - timedelta(hours=3))
    last_look(2 * 3600 + 120)
    page = client.get(reverse(name), {"before": "nobody"}).content.decode()
    assert page.count("Nothing looked at for 2 h 2 min") == 1
    assert "is paused, held or failing" not in page


def test_that_stand_ins_look_is_said_as_well_and_what_changes_is_said_aloud(people: Cast, client: Client) -> None:
    client.force_login(people.alice)
    for name, before, shown, aloud in (
        ("", "", "", False),
        (STAND_IN, "", "a few seconds later", True),
        (STAND_IN, "stand_ins", "a few", False),
    ):
        if name:
            beat(name)
        page = client.get(reverse("seeing"), {"before": before}).content.decode()
        assert shown in page
        assert ("data-say" in page) == aloud
    leave(STAND_IN)
    assert "as it should again" in client.get(reverse("seeing"), {"before": "stand_ins"}).content.decode()


def test_a_page_that_asks_by_itself_does_not_keep_a_session_alive(people: Cast, client: Client) -> None:
    client.force_login(people.alice)
    client.get(reverse("queue"))
    session = client.session
    session["used"] -= 600
    session.save()
    client.get(reverse("seeing"))
    assert client.session["used"] == session["used"]
    client.get(reverse("queue"))
    assert client.session["used"] > session["used"]


# Stand-ins --------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks that stand-ins do, which do nothing here."""
    names: list[str] = []
    for name, entry in app.conf.beat_schedule.items():
        monkeypatch.setattr(app.tasks[entry["task"]], "run", lambda name=name: names.append(name))
    return names


def test_a_heartbeat_is_taken_once_within_its_time() -> None:
    assert take("a", 5)
    assert not take("a", 5)
    assert take("b", 5)
    last_look(6, "a")
    assert take("a", 5)
    leave("a")
    assert take("a", 5)


def test_every_task_has_a_stand_in_in_the_worker_of_its_queue_and_long_ones_keep_no_other_waiting() -> None:
    looks, acts = standby.groups_of({"looks"}), standby.groups_of({"acts"})
    assert [set(group) for group in looks] == [{"poll"}]
    assert {frozenset(group) for group in acts} == {frozenset({"dispatch"}), frozenset({"judge", "warn", "tidy", "add_up", "tell"})}
    assert {name for group in looks + acts for name in group} == set(app.conf.beat_schedule)
    assert all(seconds >= 2 * app.conf.beat_schedule[name]["schedule"] for group in looks + acts for name, seconds in group.items())


def test_a_stand_in_does_what_nobody_does_and_nothing_else(done: list[str]) -> None:
    (group,) = [group for group in standby.groups_of({"acts"}) if "judge" in group]
    for name in group:
        last_look(group[name] - 2, name)
    stand_in = standby.StandIn(group)
    assert stand_in.round() == done == []
    last_look(group["judge"] + 1, "judge")
    assert stand_in.round() == done == ["judge"]
    assert stand_in.round() == []


def test_tasks_leave_the_heartbeats_that_stand_ins_listen_for() -> None:
    for name, entry in app.conf.beat_schedule.items():
        app.tasks[entry["task"]]()
        assert not take(name, 60), name
    assert tasks.poll in app.tasks.values()


def test_only_a_silence_that_goes_on_is_told(done: list[str]) -> None:
    stand_in = standby.StandIn({"poll": 4.0})
    for told in (False, True):
        last_look(5, "poll")
        assert stand_in.round() == ["poll"]
        assert (polling.silence() is not None) == told


def test_deadlines_are_looked_at_and_requests_sent_with_no_doorbell_at_all(sandbox: Sandbox) -> None:
    rows = sandbox.configure()
    urls = [sandbox.add("web", (-60, "available")) for _ in range(3)]
    for url in urls:
        WatchFactory.create(item=ItemFactory.create(platform=rows["web"], canonical_url=url), is_anchor=True)
    assert standby.StandIn({"poll": 4.0}).round() == ["poll"]
    assert Observation.objects.count() == 3
    assert standby.StandIn({"poll": 4.0}).round() == []
    assert Observation.objects.count() == 3


def test_a_task_that_hangs_is_killed(done: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    monkeypatch.setattr(app.tasks["takedown.tasks.poll"], "run", lambda: left.append(signal.alarm(30)))
    standby.StandIn({"poll": 4.0}).round()
    assert 0 < left[0] <= standby.TASK_SECONDS
    assert signal.alarm(0) == 0
