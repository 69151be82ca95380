"""The queue of looks is fair: no platform, no agency and no worker keeps another waiting."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from platforms.models import Pause, PauseReason, Platform
from takedown import polling
from takedown.models import FlaggedItem, Watch
from takedown.polling import Claim
from takedown.polling.claim import put_off
from tests.factories import AgencyFactory, ItemFactory, PlatformFactory, UserFactory, WatchFactory
from tests.patience import PATIENCE

pytestmark = pytest.mark.django_db
PAST = timedelta(seconds=10)


def platform(slug: str) -> Platform:
    return PlatformFactory.create(slug=slug, connector="web")


def due(slug: str, agency: str, count: int, *, anchor: bool = False, at: datetime | None = None) -> list[FlaggedItem]:
    """So many items whose time has come."""
    unit, found = AgencyFactory.create(slug=agency), platform(slug)
    items = [ItemFactory.create(agency=unit, platform=found) for _ in range(count)]
    for item in items:
        WatchFactory.create(item=item, is_anchor=anchor, next_look_at=at or timezone.now() - PAST)
    return items


def lanes(claims: Sequence[Claim]) -> Counter[str]:
    """How many of each platform and agency."""
    names = dict(FlaggedItem.objects.values_list("pk", "agency__slug"))
    return Counter(f"{claim.ref.platform} {names[claim.item_id]}" for claim in claims)


def ids(claims: Sequence[Claim]) -> list[int]:
    return sorted(claim.item_id for claim in claims)


def test_a_backlog_of_one_platform_keeps_no_other_waiting() -> None:
    due("big", "north", 40)
    due("small", "north", 3)
    assert lanes(polling.claim(10)) == {"big north": 7, "small north": 3}


def test_a_backlog_of_one_agency_keeps_no_other_waiting() -> None:
    due("big", "north", 40)
    due("big", "south", 4)
    assert lanes(polling.claim(10)) == {"big north": 6, "big south": 4}


def test_those_with_more_than_their_share_take_equal_shares() -> None:
    for slug in ("a", "b"):
        for agency in ("north", "south"):
            due(slug, agency, 20)
    due("c", "west", 1)
    found = lanes(polling.claim(21))
    assert found.pop("c west") == 1
    assert sorted(found.values()) == [5, 5, 5, 5]


def test_places_that_one_leaves_go_to_the_others() -> None:
    due("a", "north", 1)
    due("b", "north", 2)
    due("c", "north", 30)
    assert lanes(polling.claim(20)) == {"a north": 1, "b north": 2, "c north": 17}
    assert lanes(polling.claim(20)) == {"c north": 13}
    assert polling.claim(20) == []


@pytest.mark.parametrize("limit", [1, 2, 7, 50])
def test_no_more_are_claimed_than_asked_for_and_none_twice(limit: int) -> None:
    everything = due("a", "north", 9) + due("b", "north", 9) + due("b", "south", 9)
    claimed: list[int] = []
    while claims := polling.claim(limit):
        assert len(claims) <= limit
        claimed += ids(claims)
    assert sorted(claimed) == sorted(item.pk for item in everything)


def test_with_more_lanes_than_places_everybody_has_a_turn() -> None:
    for slug in ("a", "b", "c", "d"):
        due(slug, "north", 30)
    claims = [claim for _ in range(20) for claim in polling.claim(2)]
    assert len(claims) == 40
    assert set(lanes(claims)) == {"a north", "b north", "c north", "d north"}


def test_looks_at_deadlines_go_before_all_others() -> None:
    due("a", "north", 20, at=timezone.now() - timedelta(days=1))
    urgent = due("b", "south", 3, anchor=True)
    claims = polling.claim(5)
    assert ids(claims[:3]) == [item.pk for item in urgent]
    assert [claim.anchor for claim in claims] == [True, True, True, False, False]
    assert len(polling.claim(100)) == 18


def test_a_worker_without_room_takes_deadlines_only() -> None:
    due("a", "north", 5)
    urgent = due("a", "north", 2, anchor=True)
    assert ids(polling.claim(10, routine=False)) == [item.pk for item in urgent]


def test_deadlines_share_their_places_as_well() -> None:
    due("big", "north", 40, anchor=True)
    due("small", "south", 2, anchor=True)
    assert lanes(polling.claim(10)) == {"big north": 8, "small south": 2}


def test_within_a_lane_the_longest_overdue_is_first() -> None:
    items = [due("a", "north", 1, at=timezone.now() - timedelta(minutes=minutes))[0] for minutes in (1, 9, 5)]
    assert ids(polling.claim(1)) == [items[1].pk]
    assert ids(polling.claim(1)) == [items[2].pk]


def test_what_is_not_due_or_not_watched_is_left_alone() -> None:
    due("a", "north", 3, at=timezone.now() + timedelta(minutes=1))
    due("a", "north", 2)
    Watch.objects.filter(next_look_at__lt=timezone.now()).update(next_look_at=None)
    assert polling.claim(10) == []


def test_a_platform_the_caller_has_no_use_for_is_left_to_others_but_for_its_deadlines() -> None:
    due("a", "north", 3)
    urgent = due("a", "north", 1, anchor=True)
    other = due("b", "north", 3)
    assert ids(polling.claim(10, without=[platform("a").pk])) == sorted(item.pk for item in urgent + other)


@pytest.mark.parametrize(("bucket", "hours", "claimed"), [("", 1, 2), ("", None, 2), ("", -1, 6), ("site.example", 1, 6)])
def test_a_paused_platform_is_left_alone_and_a_paused_server_is_not_all_of_it(bucket: str, hours: int | None, claimed: int) -> None:
    due("a", "north", 3)
    due("a", "north", 1, anchor=True)
    due("b", "north", 2)
    until = timezone.now() + timedelta(hours=hours) if hours else None
    Pause.objects.create(platform=platform("a"), bucket=bucket, reason=PauseReason.OPERATOR, since=timezone.now(), until=until)
    assert len(polling.claim(10)) == claimed


# Several workers --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def second_worker() -> Iterator[ThreadPoolExecutor]:
    """A thread with a database connection of its own."""
    with ThreadPoolExecutor(1) as pool:
        yield pool
        pool.submit(lambda: connection.close()).result()


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_claiming_keeps_no_other_waiting(second_worker: ThreadPoolExecutor) -> None:
    items = due("a", "north", 6) + due("a", "south", 6)
    claimed, done = threading.Event(), threading.Event()

    def hesitate() -> list[Claim]:
        with transaction.atomic():
            claims = polling.claim(4)
            claimed.set()
            done.wait(PATIENCE)
        return claims

    first = second_worker.submit(hesitate)
    assert claimed.wait(PATIENCE)
    others = polling.claim(20)
    done.set()
    assert len(others) == 8
    assert sorted(ids(first.result()) + ids(others)) == sorted(item.pk for item in items)


@pytest.mark.django_db(transaction=True)
def test_no_item_is_claimed_by_two_workers() -> None:
    items = due("a", "north", 30) + due("b", "north", 30)

    def everything() -> list[int]:
        mine: list[int] = []
        while claims := polling.claim(3):
            mine += ids(claims)
        connection.close()
        return mine

    with ThreadPoolExecutor(4) as pool:
        shares = [pool.submit(everything) for _ in range(4)]
    claimed = sorted(item for share in shares for item in share.result())
    assert claimed == sorted(item.pk for item in items)


# Looks that are put off -------------------------------------------------------------------------------------------------------


def test_a_look_that_is_put_off_comes_back_when_it_is_told_to() -> None:
    due("a", "north", 2)
    one, two = polling.claim(10)
    began = timezone.now()
    put_off([([one], 5.0), ([two], 500.0)])
    for claim, seconds in ((one, 5), (two, 500)):
        wait, at = timedelta(seconds=seconds), Watch.objects.get(item=claim.item_id).next_look_at
        assert at is not None
        assert began + wait <= at <= timezone.now() + wait
    put_off([])


def test_a_deadline_that_is_put_off_stays_one() -> None:
    due("a", "north", 1, anchor=True)
    put_off([(polling.claim(10), -1.0)])
    assert [claim.anchor for claim in polling.claim(10)] == [True]


def test_a_look_that_somebody_else_has_claimed_is_not_put_off() -> None:
    due("a", "north", 1)
    stale = polling.claim(10)
    Watch.objects.update(next_look_at=timezone.now() - PAST)
    (fresh,) = polling.claim(10)
    put_off([(stale, 5000.0)])
    watch = Watch.objects.get()
    assert (watch.fence, watch.next_look_at) == (fresh.fence, fresh.lease_ends)


def test_a_look_that_somebody_asked_for_meanwhile_stays_as_asked() -> None:
    (item,) = due("a", "north", 1)
    claims, now = polling.claim(10), timezone.now()
    polling.look_now(item=item, actor=UserFactory.create(), now=now)
    put_off([(claims, 5000.0)])
    assert (Watch.objects.get().next_look_at, ids(polling.claim(10))) == (now, [item.pk])
