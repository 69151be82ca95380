"""Alerts: told once, open until somebody has seen them, counted in the menu."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from takedown import verdicts
from takedown.choices import AlertKind, VerdictValue
from takedown.models import Agency, Alert, TakedownRequest, User, Watch
from takedown.verdicts import Return
from takedown.web.views.alerts import PAGE
from tests.factories import Cast, PlatformFactory, cast, in_verdict


def alert(agency: Agency, kind: str = AlertKind.HELD, minutes: int = 0, **facts: Any) -> Alert:
    facts = {"platform": PlatformFactory.create(slug="youtube"), **facts}
    return Alert.objects.create(agency=agency, kind=kind, at=timezone.now() - timedelta(minutes=minutes), **facts)


def page(client: Client, query: str = "") -> str:
    return client.get(f"{reverse('alerts')}{query}").content.decode()


def test_alerts_say_what_happened_where_and_why_the_latest_first(people: Cast, bob: Client) -> None:
    alert(people.agency, AlertKind.PAUSED, 5, detail="Bob: Audit.")
    alert(people.agency, AlertKind.HELD, 1, detail="40 of 100 items disappeared")
    html = page(bob)
    assert html.index("Conclusions are held: Youtube") < html.index("A platform is paused: Youtube")
    assert "Bob: Audit." in html
    assert f'<a href="{reverse("platforms")}">Platforms</a>' in html


def test_a_reappearance_leads_to_its_request_and_shows_no_live_address(people: Cast, alice: Client) -> None:
    request = in_verdict(VerdictValue.MET)
    alert(people.agency, AlertKind.REAPPEARED, request=request)
    html = page(alice)
    assert f'<a href="{reverse("request", args=[request.pk])}">{request.number}</a>' in html
    assert request.item.canonical_url not in html
    assert "hxxps://" in html


def test_alerts_of_another_agency_are_not_shown_nor_counted(people: Cast, bob: Client) -> None:
    alert(cast("south").agency)
    html = page(bob)
    assert "No alert is open." in html
    assert "count-hot" not in html


def test_seen_alerts_move_to_the_other_list_with_who_saw_them(people: Cast, alice: Client, bob: Client) -> None:
    one = alert(people.agency)
    for client in (alice, bob):
        client.post(reverse("alert-seen", args=[one.pk]))
    one.refresh_from_db()
    assert one.seen_by == people.alice  # the first stays
    assert "No alert is open." in page(alice)
    assert "Conclusions are held" in page(alice, "?tab=seen")


def test_marking_all_leaves_what_has_come_since(people: Cast, alice: Client) -> None:
    alert(people.agency, minutes=3)
    newest = alert(people.agency, minutes=2)
    assert f'name="newest" value="{newest.pk}"' in page(alice)
    late, foreign = alert(people.agency), alert(cast("south").agency)
    answer = alice.post(reverse("alerts-seen"), {"newest": newest.pk}, follow=True)
    assert "2 marked as seen." in answer.content.decode()
    assert set(Alert.objects.filter(seen_at=None)) == {late, foreign}


@pytest.mark.parametrize("newest", ["", "all", "9" * 40])
def test_a_number_that_means_nothing_marks_nothing(newest: str, people: Cast, alice: Client) -> None:
    alert(people.agency)
    alice.post(reverse("alerts-seen"), {"newest": newest})
    assert Alert.objects.get().seen_at is None


def test_an_auditor_reads_alerts_and_marks_none(people: Cast, signed_in: Callable[[User], Client]) -> None:
    one = alert(people.agency)
    charlie = signed_in(people.charlie)
    assert "Mark all" not in page(charlie)
    assert charlie.post(reverse("alert-seen", args=[one.pk])).status_code == 403


def test_the_menu_counts_open_alerts_and_stops_counting(people: Cast, bob: Client) -> None:
    alert(people.agency)
    assert '<b class="count count-hot">1<i class="hide"> open</i></b>' in bob.get(reverse("queue")).content.decode()
    Alert.objects.bulk_create(
        Alert(agency=people.agency, kind=AlertKind.HELD, at=timezone.now(), platform=PlatformFactory.create(slug="youtube"))
        for _ in range(120)
    )
    assert ">99+<" in bob.get(reverse("queue")).content.decode()


def test_pages_neither_repeat_nor_lose_alerts(people: Cast, bob: Client) -> None:
    at, youtube = timezone.now(), PlatformFactory.create(slug="youtube")
    made = Alert.objects.bulk_create(Alert(agency=people.agency, kind="held", at=at, platform=youtube) for _ in range(PAGE + 3))
    first = bob.get(reverse("alerts"))
    second = bob.get(reverse("alerts"), {"after": first.context["next"]})
    assert [row.pk for row in (*first.context["rows"], *second.context["rows"])] == sorted((one.pk for one in made), reverse=True)
    assert (second.context["next"], "Mark all" in second.content.decode()) == (None, False)


def test_the_page_costs_the_same_queries_however_long_it_is(
    people: Cast, bob: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    bob.get(reverse("alerts"))
    for _ in range(3):
        alert(people.agency, AlertKind.REAPPEARED, request=in_verdict(VerdictValue.MET))
        with django_assert_num_queries(6):  # session, user, agency; alerts; their number; whether anybody looks
            bob.get(reverse("alerts"))


def come_back(request: TakedownRequest) -> None:
    """A look finds the item up that had been confirmed gone."""
    now = timezone.now()
    watch = Watch.objects.get(item=request.item)
    back = Return(gone_until=now - timedelta(minutes=1), back_at=now)
    watch.last_up, watch.first_gone, watch.confirmed_at = now, None, None
    verdicts.settle({watch.item_id: watch}, now=now, returns={watch.item_id: back})


def test_content_that_comes_back_alerts_the_agency_once_for_each_return(people: Cast) -> None:
    request = in_verdict(VerdictValue.MET)
    come_back(request)
    come_back(request)  # it is known already
    found = Alert.objects.get()
    request.refresh_from_db()
    assert (found.kind, found.agency, found.request, found.platform) == (AlertKind.REAPPEARED, people.agency, request, request.platform)
    assert found.at == request.back_at


def test_content_that_comes_back_before_its_request_was_closed_alerts_too(people: Cast) -> None:
    request = in_verdict(VerdictValue.MET, status="sent", closed_at=None)
    come_back(request)
    assert Alert.objects.get().request == request


def test_content_that_comes_back_before_the_deadline_alerts_at_every_return(people: Cast) -> None:
    request = in_verdict(VerdictValue.PENDING)
    for _ in range(2):
        come_back(request)
    verdicts.settle({request.item_id: Watch.objects.get(item=request.item)}, now=timezone.now())  # a look without news
    request.refresh_from_db()
    assert [alert.request for alert in Alert.objects.filter(kind=AlertKind.REAPPEARED)] == [request, request]
    assert request.back_at is None  # its deadline is still ahead


def test_a_warning_says_when_it_is_due(alice: Client, people: Cast) -> None:
    request = in_verdict(VerdictValue.PENDING, agency=people.agency)
    facts = {"kind": AlertKind.DUE_SOON, "at": timezone.now(), "platform": request.platform, "request": request, "due_at": request.due_at}
    Alert.objects.create(agency=people.agency, detail="TCO removal order", **facts)
    page = alice.get(reverse("alerts")).content.decode()
    assert "A deadline is near" in page
    assert "TCO removal order" in page
    assert "Due <time" in page
