"""Platforms: closed eyes first, in words; figures that say how they were counted; switches that keep what was typed."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from platforms.models import Breaker, Hold, LookMinute, Pause, PauseReason, Platform, Quota, pause
from takedown import polling
from takedown.models import Alert, User
from takedown.web.eyes import HOUR, TALL, Minute, last_hour, look_into
from tests.factories import AgencyFactory, Cast, ItemFactory, PlatformFactory, WatchFactory, cast


def platform(slug: str = "youtube", **facts: Any) -> Platform:
    facts = {"connector": slug, "config": {"vantage": "test"}, **facts}
    made: Platform = PlatformFactory.create(slug=slug, **facts)
    return made


def minute(of: Platform, ago: int = 1, **counts: int) -> LookMinute:
    at = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=ago)
    return LookMinute.objects.create(platform=of, for_agency=AgencyFactory.create().pk, minute=at, **counts)


def shown(client: Client) -> str:
    """The page as text."""
    html = client.get(reverse("platforms")).content.decode()
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)))


def lids(people: Cast) -> list[list[str]]:
    return [[lid.kind for lid in eye.lids] for eye in look_into(people.agency, timezone.now())]


def test_open_eyes_are_said_to_be_open(bob: Client, people: Cast) -> None:
    platform()
    minute(platform("web"), looks=30, indeterminate=3)
    assert "None of 2 platforms is paused, held or failing." in shown(bob)
    assert lids(people) == [[], []]


def test_an_empty_install_says_so(bob: Client) -> None:
    PlatformFactory.create(slug="web")  # neither set up nor watched
    assert "Nothing is watched yet" in shown(bob)


def test_what_the_agency_watches_is_shown_even_where_nothing_is_set_up(bob: Client) -> None:
    WatchFactory.create(item=ItemFactory.create(platform=PlatformFactory.create(slug="web", name="The web")))
    assert "The web" in shown(bob)


def test_closed_eyes_come_first_with_who_why_and_until_when(bob: Client, people: Cast) -> None:
    now = timezone.now()
    platform("bluesky", name="Aardvark")
    reddit, youtube = platform("reddit", name="Reddit"), platform("youtube", name="YouTube")
    polling.pause_platform(youtube, reason="Key revoked.", until=None, actor=people.bob, now=now)
    polling.pause_platform(youtube, reason="Theirs.", until=None, actor=cast("south").bob, now=now)
    pause(reddit.pk, PauseReason.BREAKER, now + timedelta(minutes=8, seconds=30), now=now, detail="5 calls in a row failed")
    page = shown(bob)
    assert "Not seen as they should be: 2 of 3" in page
    assert re.search(r"YouTube Paused until a person resumes By Bob: Key revoked\.", page)
    assert "Theirs." not in page
    assert re.search(r"Reddit Breaker open until .*?\(in 8 min .*?5 calls in a row failed", page)
    assert [eye.platform.name for eye in bob.get(reverse("platforms")).context["eyes"]] == ["Reddit", "YouTube", "Aardvark"]


def test_a_hold_is_told_without_the_numbers_of_others(bob: Client) -> None:
    now = timezone.now()
    Hold.objects.create(platform=platform(), since=now, lost=40, looked=100, checked_at=now)
    assert "Too many items disappeared at once. Nothing there is confirmed gone until" in shown(bob)
    assert "40 of 100" not in shown(bob)


@pytest.mark.parametrize(
    ("reason", "kind"), [(PauseReason.RETRY_AFTER, "waits"), (PauseReason.QUOTA, "quota"), (PauseReason.BREAKER, "breaker")]
)
def test_each_pause_has_its_own_word(reason: PauseReason, kind: str, people: Cast) -> None:
    now = timezone.now()
    pause(platform().pk, reason, now + timedelta(hours=1), now=now)
    assert lids(people) == [[kind]]


def test_a_pause_that_is_over_closes_nothing(people: Cast) -> None:
    now = timezone.now()
    pause(platform().pk, PauseReason.RETRY_AFTER, now - timedelta(seconds=1), now=now)
    assert lids(people) == [[]]


def test_servers_that_want_to_be_left_alone_do_not_close_their_platform(bob: Client, people: Cast) -> None:
    now = timezone.now()
    for bucket in ("a.example", "b.example"):
        pause(platform("mastodon").pk, PauseReason.RETRY_AFTER, now + timedelta(hours=1), now=now, bucket=bucket)
    assert lids(people) == [[]]
    assert "Some of its servers asked us to wait" in shown(bob)


def test_a_breaker_stays_in_sight_until_a_call_succeeds(people: Cast) -> None:
    Breaker.objects.create(platform=platform(), trips=1, last_failure="timeout")
    assert lids(people) == [["breaker"]]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"quota_zone": "Nowhere/City"}, "Nowhere/City"),
        ({"daily_quota": "many"}, "many"),
    ],
)
def test_settings_that_make_no_sense_are_said_to_blind_us(config: dict[str, Any], words: str, bob: Client, people: Cast) -> None:
    platform(config=config)
    assert lids(people) == [["unusable"]]
    assert words in shown(bob)


def test_credentials_that_cannot_be_read_are_asked_for_again(bob: Client) -> None:
    platform(credentials="sealed with a lost key")
    assert "Enter them again." in shown(bob)


def test_looks_that_tell_nothing_for_long_are_blindness_and_missing_credentials_are_named(bob: Client, people: Cast) -> None:
    youtube = platform()
    minute(youtube, looks=9, indeterminate=9)
    assert lids(people) == [["blind"]]
    assert "None of 9 looks in the last hour told anything. No credentials are entered." in shown(bob)
    Breaker.objects.create(platform=youtube, last_success_at=timezone.now() - timedelta(minutes=5))
    assert lids(people) == [[]]


@pytest.mark.parametrize(("late", "expected"), [(5, []), (6, ["late"])])
def test_one_late_look_at_a_deadline_in_twenty_is_borne(late: int, expected: list[str], people: Cast) -> None:
    minute(platform(), looks=100, anchors=100, late_anchors=late, latest_anchor_ms=9000)
    assert lids(people) == [expected]


@pytest.mark.parametrize("anchor", [True, False])
def test_looks_that_nobody_makes_are_noticed(anchor: bool, people: Cast) -> None:
    item = ItemFactory.create(platform=platform("web"), agency=people.agency)
    watch = WatchFactory.create(item=item, is_anchor=anchor, next_look_at=timezone.now() - timedelta(minutes=5))
    assert lids(people) == [["behind"]]
    now = timezone.now()
    pause(watch.platform_id, PauseReason.OPERATOR, None, now=now)  # then it is no wonder
    assert lids(people) == [["paused"]]


def test_the_quota_is_counted_in_the_platforms_own_day(people: Cast, bob: Client) -> None:
    youtube = platform(config={"daily_quota": 10000, "quota_zone": "America/Los_Angeles"})
    now = datetime.fromisoformat("2026-11-21T05:00:00+00:00")  # 20 November, 21:00 there
    Quota.objects.create(platform=youtube, day="2026-11-20", used=1234)
    Quota.objects.create(platform=youtube, day="2026-11-21", used=9)
    # What all together have used is for operators; of the quota itself everybody knows.
    for reader, used in ((None, 1234), (people.agency, None)):
        (eye,) = look_into(reader, now)
        assert eye.allowance is not None
        assert (eye.allowance.used, eye.allowance.limit, eye.allowance.resets_at.hour) == (used, 10000, 8)
    assert "Quota today: 10,000 in America/Los_Angeles; resets in" in shown(bob)


def test_the_last_hour_adds_up_and_its_chart_says_the_same() -> None:
    now = datetime.fromisoformat("2026-11-21T05:00:30+00:00")
    rows = [
        Minute(1, now.replace(second=0) - timedelta(minutes=ago), looks=looks, indeterminate=untold)
        for ago, looks, untold in ((0, 4, 0), (1, 30, 15), (20, 10, 10))
    ]
    hour = last_hour(rows, now)
    assert (hour.looks, hour.indeterminate, hour.untold, hour.pace) == (44, 25, "56.8 %", 2.0)
    assert [(bar.x, bar.told, bar.untold) for bar in hour.bars] == [(78, 0.0, 8.0), (116, 12.0, 12.0), (118, 3.2, 0.0)]
    assert all(0 <= bar.untold_y <= bar.told_y <= TALL and bar.x < 2 * HOUR for bar in hour.bars)
    assert hour.summary == "Looks in each ten minutes of the last hour: 0, 0, 0, 10, 0, 34. 25 of 44 could not tell."


def test_figures_come_with_their_counts(bob: Client) -> None:
    youtube = platform()
    minute(youtube, looks=300, indeterminate=3, anchors=100, late_anchors=2, latest_anchor_ms=3210)
    page = shown(bob)
    assert "20 a minute, last 15 min" in page
    assert "1.0 % 3 of 300 looks" in page
    assert "2.0 % 2 of 100 by more than 2 s; the worst 3.2 s" in page


def test_the_page_has_no_inline_style_or_script(bob: Client) -> None:
    minute(platform(), looks=3)
    page = bob.get(reverse("platforms")).content.decode()
    assert not re.search(r"\sstyle=|<style|<script(?![^>]*\bsrc=)|\son\w+=|hx-on", page)


def test_the_page_costs_the_same_queries_however_many_platforms(bob: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    bob.get(reverse("platforms"))
    # session, user, agency; platforms, pauses, holds, minutes, quotas, items that need a browser; alerts
    now = timezone.now()
    for slug in ("web", "youtube", "reddit", "mastodon"):
        minute(platform(slug), looks=3)
        pause(platform(slug).pk, PauseReason.OPERATOR, None, now=now)
        with django_assert_num_queries(11):
            bob.get(reverse("platforms"))


def test_news_leave_the_switches_alone_until_something_else_can_be_switched(bob: Client, people: Cast) -> None:
    youtube = platform()
    stamp = bob.get(reverse("platforms")).context["stamp"]
    live = reverse("platforms-live")
    assert 'id="possible"' not in bob.get(live, {"stamp": stamp}).content.decode()
    polling.pause_platform(youtube, reason="Audit.", until=None, actor=people.bob, now=timezone.now())
    news = bob.get(live, {"stamp": stamp}).content.decode()
    assert 'id="possible"' in news
    assert "Resume a platform" in news


def test_a_platform_is_paused_and_resumed_with_a_reason(people: Cast, bob: Client) -> None:
    platform(name="YouTube")
    until = timezone.now().astimezone(ZoneInfo(people.agency.timezone)) + timedelta(hours=2)
    typed = {"platform": "youtube", "reason": "Audit.", "until": f"{until:%Y-%m-%dT%H:%M}"}
    assert "YouTube: Paused." in bob.post(reverse("platforms-pause"), typed, follow=True).content.decode()
    stored = Pause.objects.get()
    assert (stored.by, stored.detail) == ("Bob", "Audit.")
    assert stored.until == until.replace(second=0, microsecond=0)
    assert "YouTube: Resumed." in bob.post(reverse("platforms-resume"), {**typed, "reason": "Done."}, follow=True).content.decode()
    assert not Pause.objects.exists()
    assert list(Alert.objects.order_by("id").values_list("kind", "detail")) == [("paused", "Bob: Audit."), ("resumed", "Bob: Done.")]


def test_a_hold_is_released_with_a_reason(bob: Client) -> None:
    now = timezone.now()
    hold = Hold.objects.create(platform=platform(), since=now, lost=40, looked=100, checked_at=now)
    bob.post(reverse("platforms-release"), {"platform": "youtube", "reason": "The group was banned."})
    assert hold.releases.get().by == "Bob"
    assert "Conclusions held" not in shown(bob)


@pytest.mark.parametrize(
    ("switch", "typed", "words"),
    [
        ("pause", {"reason": ""}, "This field is required."),
        ("pause", {"until": "2020-01-01T00:00"}, "This has passed."),
        ("resume", {}, "would get the unit banned"),
        ("release", {}, "Nothing is held on YouTube."),
    ],
)
def test_a_refused_switch_says_why_and_keeps_what_was_typed(switch: str, typed: dict[str, str], words: str, bob: Client) -> None:
    now = timezone.now()
    pause(platform(name="YouTube").pk, PauseReason.RETRY_AFTER, now + timedelta(hours=1), now=now)
    answer = bob.post(reverse(f"platforms-{switch}"), {"platform": "youtube", "reason": "Because I say so.", **typed})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert words in page
    assert f'<details open id="do-{switch}">' in page
    assert ("Because I say so." in page) is ("reason" not in typed)
    assert '<option value="youtube" selected>' in page
    assert Pause.objects.count() == 1


def test_switches_that_would_do_nothing_are_not_offered(bob: Client) -> None:
    platform()
    page = shown(bob)
    assert ("Pause a platform" in page, "Resume a platform" in page, "Release held" in page) == (True, False, False)


def test_the_menu_leads_there_for_those_who_may(people: Cast, signed_in: Callable[[User], Client]) -> None:
    pages = [
        signed_in(person).get(reverse("alerts")).content.decode() for person in (people.alice, people.bob, people.charlie, people.dora)
    ]
    assert ['href="/platforms/"' in page for page in pages] == [False, True, False, True]


def test_items_that_scripts_draw_are_counted_for_their_own_agency_only(bob: Client, people: Cast) -> None:
    web = PlatformFactory.create(slug="web", name="The web")
    soon = timezone.now() + timedelta(hours=1)
    states = [
        (people.agency, "js_shell"),
        (people.agency, "js_shell"),
        (people.agency, "http_200"),
        (AgencyFactory.create(slug="south"), "js_shell"),
    ]
    for agency, reason in states:
        WatchFactory.create(item=ItemFactory.create(platform=web, agency=agency), reason=reason, next_look_at=soon)
    assert "2 watched items drawn by scripts" in shown(bob)
