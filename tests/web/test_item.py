"""Item: one piece of content, all requests about it, and what looks have found."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from platforms.models import Pause, PauseReason
from takedown.choices import Action, VerdictValue
from takedown.models import Event, FlaggedItem, Keepsake, Observation, User, Watch
from takedown.web.reasons import in_words
from tests.factories import Cast, ItemFactory, ObservationFactory, PolicyFactory, RequestFactory, in_verdict


def url(item: FlaggedItem, name: str = "item") -> str:
    return reverse(name, args=[item.pk])


def page(client: Client, item: FlaggedItem) -> str:
    return re.sub(r"\s+", " ", client.get(url(item)).content.decode())


def test_an_item_shows_its_identity_requests_and_looks(alice: Client) -> None:
    row = in_verdict(VerdictValue.MET)
    other = in_verdict(VerdictValue.MET, item=ItemFactory.create())
    Observation.objects.filter(item=row.item).update(vantage="Brussels, signed out")
    html = page(alice, row.item)
    assert row.item.canonical_url not in html
    assert row.item.canonical_url.replace("https", "hxxps").replace(".", "[.]") in html
    assert f'<a href="{reverse("request", args=[row.pk])}">{row.number}</a>' in html
    assert f">{other.number}<" not in html
    assert html.index("Removed by the platform") < html.index("Available<")
    assert "the server answered 404" in html
    assert "Brussels, signed out" in html


def test_requests_and_items_lead_to_each_other(alice: Client) -> None:
    row = in_verdict(VerdictValue.PENDING)
    assert f'href="{url(row.item)}"' in alice.get(reverse("request", args=[row.pk])).content.decode()


def test_a_merged_item_leads_to_the_one_it_is_and_back(alice: Client) -> None:
    known, same = ItemFactory.create(), ItemFactory.create()
    same.merged_into = known
    same.save()
    assert f'Same content as <a href="{url(known)}">item {known.number}</a>' in page(alice, same)
    assert f'<a href="{url(same)}">item {same.number}</a>' in page(alice, known)


def test_looking_now_makes_the_look_due_and_is_on_record(people: Cast, alice: Client) -> None:
    item = in_verdict(VerdictValue.PENDING).item
    Watch.objects.filter(item=item).update(next_look_at=None)
    answer = alice.post(url(item, "item-look"), follow=True)
    watch = Watch.objects.get(item=item)
    assert "A look is asked for." in answer.content.decode()
    assert watch.is_anchor
    assert watch.next_look_at is not None
    assert watch.next_look_at <= timezone.now()
    assert [(event.action, event.actor_name) for event in Event.objects.of(item)] == [(Action.LOOK_ASKED, "Alice")]
    assert "Look asked for" in page(alice, item)


def test_the_button_is_for_those_who_may_look_at_what_is_watched(people: Cast, signed_in: Callable[[User], Client], alice: Client) -> None:
    item = in_verdict(VerdictValue.PENDING).item
    assert ["Look now" in page(client, item) for client in (alice, signed_in(people.charlie))] == [True, False]
    assert "Look now" not in page(alice, ItemFactory.create())


def test_a_look_at_what_cannot_be_looked_at_is_refused_in_words(alice: Client) -> None:
    unwatched, merged = ItemFactory.create(), in_verdict(VerdictValue.PENDING).item
    FlaggedItem.objects.filter(pk=merged.pk).update(merged_into=unwatched)
    answers = [alice.post(url(item, "item-look")) for item in (unwatched, merged)]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert "It is not watched" in answers[0].content.decode()
    assert f"It is the same content as item {unwatched.pk}. Ask for a look there." in answers[1].content.decode()


@pytest.mark.parametrize(
    ("until", "words"), [("2126-11-21T14:05:09Z", "until 21 Nov 2126, 14:05:09 UTC"), (None, "until somebody resumes it")]
)
def test_who_asks_for_a_look_at_a_paused_platform_is_told_what_it_waits_for(until: str | None, words: str, alice: Client) -> None:
    row = in_verdict(VerdictValue.PENDING)
    pauses = [
        (PauseReason.QUOTA, "2125-01-01T00:00:00Z", ""),
        (PauseReason.OPERATOR, until, ""),
        (PauseReason.RETRY_AFTER, None, "one server"),
    ]
    for why, end, bucket in pauses:
        Pause.objects.create(platform=row.platform, reason=why, since=timezone.now(), until=end, bucket=bucket)
    for address in (url(row.item, "item-look"), reverse("request-look", args=[row.pk])):
        html = alice.post(address, follow=True).content.decode()
        assert f"A look is asked for. Web is paused {words}; the look waits for that." in html


def test_a_withdrawn_request_may_be_looked_at_all_the_same(alice: Client) -> None:
    row = in_verdict(VerdictValue.NOT_COUNTED)
    assert "A look is asked for." in alice.post(url(row.item, "item-look"), follow=True).content.decode()


def test_the_page_waits_for_news_only_while_a_look_is_planned(alice: Client) -> None:
    item = in_verdict(VerdictValue.PENDING).item
    assert 'hx-select="#item"' in page(alice, item)
    Watch.objects.filter(item=item).update(next_look_at=None)
    assert 'hx-select="#item"' not in page(alice, item)


def test_the_page_has_no_inline_style_or_script(alice: Client) -> None:
    html = page(alice, in_verdict(VerdictValue.PENDING).item)
    assert not re.search(r"\sstyle=|<style|<script(?![^>]*\bsrc=)|\son\w+=|hx-on", html)


def test_reasons_are_told_in_words() -> None:
    assert in_words("http_410") == "the server answered 410"
    assert in_words("bot_wall") == "a page against robots was in the way"
    assert in_words("some_new_code") == "some new code"


def test_the_page_costs_the_same_queries_however_much_is_known(alice: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    item = in_verdict(VerdictValue.MET).item
    alice.get(url(item))
    for number in range(3):
        RequestFactory.create(item=item, policy=PolicyFactory.create(key=f"other{number}"))
        ObservationFactory.create(item=item)
        # session, user, agency; item, same, requests, observations, events; alerts
        with django_assert_num_queries(10):
            alice.get(url(item))


@pytest.mark.parametrize("why", ["content_changed", "canonical_elsewhere"])
def test_a_supervisor_may_say_that_what_looks_different_is_the_same(why: str, people: Cast, bob: Client) -> None:
    item, other = in_verdict(VerdictValue.PENDING).item, in_verdict(VerdictValue.PENDING).item
    for one in (item, other):
        Keepsake.objects.create(item=one, data={"title": "a"})
    Watch.objects.filter(item=item).update(reason=why)
    assert "This page is still the reported content" in page(bob, item)
    html = bob.post(url(item, "item-same"), {"reason": "Only the site\u2019s frame is new."}, follow=True).content.decode()
    assert "Noted." in html
    assert [kept.item for kept in Keepsake.objects.all()] == [other]
    (event,) = Event.objects.of(item)
    said = "This page is still the reported content: Only the site\u2019s frame is new."
    assert (event.action, event.actor_name, event.reason) == (Action.NOTE, "Bob", said)


def test_only_a_page_that_looks_different_is_said_to_be_the_same_and_only_with_a_reason(people: Cast, alice: Client, bob: Client) -> None:
    item = in_verdict(VerdictValue.PENDING).item
    Keepsake.objects.create(item=item, data={})
    assert "This page is still" not in page(bob, item)
    answer = bob.post(url(item, "item-same"), {"reason": "Kept as typed."})
    assert (answer.status_code, "did not find a page that looks different" in answer.content.decode()) == (409, True)
    Watch.objects.filter(item=item).update(reason="content_changed")
    assert "This page is still" not in page(alice, item)
    answer = bob.post(url(item, "item-same"), {"reason": " "})
    assert (answer.status_code, "Say why" in answer.content.decode()) == (409, True)
    assert Keepsake.objects.filter(item=item).exists()
    assert not Event.objects.of(item)
