"""People close an eye, open it again, and release what is held: for their own unit, or, as operators, for all."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from platforms.models import Hold, Pause, PauseReason, Platform, pause
from takedown import polling
from takedown.choices import AlertKind, Role
from takedown.models import Agency, Alert, User, Watch
from takedown.models.errors import NotPossible
from tests.factories import Cast, ItemFactory, PlatformFactory, UserFactory, WatchFactory, cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Cast:
    return cast()


@pytest.fixture
def platform() -> Platform:
    return PlatformFactory.create(slug="youtube", connector="youtube", name="YouTube")


@pytest.fixture
def operator(db: None) -> User:
    return UserFactory.create(username="olga", agency=None, role=Role.OPERATOR)


def watched(platform: Platform, agency: Any, **facts: Any) -> Watch:
    watch: Watch = WatchFactory.create(item=ItemFactory.create(platform=platform, agency=agency), **facts)
    return watch


def told() -> list[tuple[str, str, str]]:
    return sorted((alert.agency.slug, alert.kind, alert.detail) for alert in Alert.objects.select_related("agency"))


def reasons(platform: Platform) -> set[str]:
    return set(Pause.objects.active().filter(platform=platform).values_list("reason", flat=True))


def closed(platform: Platform, *why: PauseReason, bucket: str = "") -> datetime:
    now = timezone.now()
    for reason in why:
        pause(platform.pk, reason, now + timedelta(hours=1), now=now, bucket=bucket)
    return now


def test_a_pause_keeps_who_and_why_and_nothing_is_claimed_there(people: Cast, platform: Platform) -> None:
    watched(platform, people.agency)
    now = timezone.now()
    polling.pause_platform(platform, reason="The key was revoked.", until=None, actor=people.bob, now=now)
    stored = Pause.objects.get()
    assert (stored.reason, stored.bucket, stored.by, stored.detail, stored.until) == ("operator", "", "Bob", "The key was revoked.", None)
    assert polling.claim(10) == []


def test_a_pause_acts_for_the_unit_that_made_it_and_for_no_other(people: Cast, platform: Platform) -> None:
    mine, theirs = watched(platform, people.agency), watched(platform, cast("south").agency)
    polling.pause_platform(platform, reason="Audit.", until=None, actor=people.bob, now=timezone.now())
    assert [claim.item_id for claim in polling.claim(10)] == [theirs.item_id]
    assert told() == [("north", "paused", "Bob: Audit.")]
    polling.resume_platform(platform, reason="Done.", actor=people.bob, now=timezone.now())
    assert [claim.item_id for claim in polling.claim(10)] == [mine.item_id]


def test_what_an_operator_does_is_for_all_and_told_to_all_without_a_name(people: Cast, platform: Platform, operator: User) -> None:
    for agency in (people.agency, people.agency, cast("south").agency):
        watched(platform, agency)
    watched(PlatformFactory.create(slug="web"), cast("east").agency)
    polling.pause_platform(platform, reason="Audit.", until=None, actor=operator, now=timezone.now())
    assert {claim.platform_id for claim in polling.claim(10)}.isdisjoint({platform.pk})
    assert told() == [(unit, "paused", "An operator: Audit.") for unit in ("north", "south")]
    with pytest.raises(NotPossible, match="Ask an operator"):
        polling.resume_platform(platform, reason="Go on.", actor=people.bob, now=timezone.now())
    polling.resume_platform(platform, reason="Done.", actor=operator, now=timezone.now())
    assert not Pause.objects.exists()


def test_a_second_pause_replaces_the_first(people: Cast, platform: Platform) -> None:
    now = timezone.now()
    for reason in ("One.", "Two."):
        polling.pause_platform(platform, reason=reason, until=now + timedelta(hours=1), actor=people.bob, now=now)
    assert Pause.objects.get().detail == "Two."


def test_a_pause_cannot_end_before_it_begins(people: Cast, platform: Platform) -> None:
    now = timezone.now()
    with pytest.raises(NotPossible, match="passed already"):
        polling.pause_platform(platform, reason="Audit.", until=now, actor=people.bob, now=now)
    assert (Pause.objects.count(), told()) == (0, [])


def test_resuming_ends_our_own_pauses_and_never_the_platforms_wish(people: Cast, platform: Platform, operator: User) -> None:
    watched(platform, people.agency)
    now = closed(platform, *PauseReason)
    polling.resume_platform(platform, reason="It is well again.", actor=operator, now=now)
    assert reasons(platform) == {PauseReason.RETRY_AFTER, PauseReason.QUOTA}
    assert told() == [("north", "resumed", "An operator: It is well again.")]


@pytest.mark.parametrize(
    ("why", "message"), [((PauseReason.RETRY_AFTER, PauseReason.QUOTA), "would get the unit banned"), ((), "is not paused")]
)
def test_what_is_not_ours_to_end_stays(why: tuple[PauseReason, ...], message: str, people: Cast, platform: Platform) -> None:
    now = closed(platform, *why)
    with pytest.raises(NotPossible, match=message):
        polling.resume_platform(platform, reason="Go on.", actor=people.bob, now=now)
    assert (reasons(platform), told()) == (set(why), [])


def test_a_pause_of_one_server_is_no_pause_of_the_platform(people: Cast, platform: Platform) -> None:
    now = closed(platform, PauseReason.RETRY_AFTER, bucket="one.example")
    with pytest.raises(NotPossible, match="is not paused"):
        polling.resume_platform(platform, reason="Go on.", actor=people.bob, now=now)


def held(platform: Platform) -> Hold:
    now = timezone.now()
    return Hold.objects.create(platform=platform, since=now, lost=40, looked=100, checked_at=now)


def suspect(platform: Platform, agency: Agency, now: datetime) -> Watch:
    facts = {"last_up": now - timedelta(hours=1), "first_gone": now, "gone_count": 3, "next_look_at": now + timedelta(hours=1)}
    return watched(platform, agency, **facts)


def test_releasing_a_hold_lets_the_looks_made_so_far_count_for_the_unit_that_believes_them(people: Cast, platform: Platform) -> None:
    hold, now = held(platform), timezone.now()
    mine, theirs = suspect(platform, people.agency, now), suspect(platform, cast("south").agency, now)
    polling.release_hold(hold, reason="The group was banned.", actor=people.bob, now=now)
    for watch in (hold, mine, theirs):
        watch.refresh_from_db()
    assert (hold.released_at, [one.for_agency for one in hold.releases.all()]) == (None, [people.agency.pk])
    assert (mine.gone_count, mine.next_look_at, mine.confirmed_at) == (3, now, None)
    assert theirs.next_look_at != now
    assert told() == [("north", AlertKind.RELEASED, "Bob: The group was banned.")]
    with pytest.raises(NotPossible, match="already"):
        polling.release_hold(hold, reason="Again.", actor=people.bob, now=now)


def test_an_operator_releases_a_hold_for_all_once(people: Cast, platform: Platform, operator: User) -> None:
    hold, now = held(platform), timezone.now()
    watches = [suspect(platform, agency, now) for agency in (people.agency, cast("south").agency)]
    polling.release_hold(hold, reason="One.", actor=operator, now=now)
    for watch in watches:
        watch.refresh_from_db()
    assert {watch.next_look_at for watch in watches} == {now}
    assert told() == [(unit, AlertKind.RELEASED, "An operator: One.") for unit in ("north", "south")]
    with pytest.raises(NotPossible, match="released meanwhile"):
        polling.release_hold(hold, reason="Two.", actor=operator, now=now)
