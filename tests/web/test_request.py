"""Request: the verdict first, the evidence below, actions that keep what was typed when they are refused."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from takedown import verdicts
from takedown.choices import OPEN, ClockEventKind, Outcome, RequestStatus, VerdictValue
from takedown.models import Event, TakedownRequest, Watch
from takedown.models.errors import NotPossible
from tests.factories import Cast, ObservationFactory, PolicyFactory, ReportFactory, in_verdict


def url(row: TakedownRequest, name: str = "request") -> str:
    return reverse(name, args=[row.pk])


def main(page: bytes) -> str:
    return re.sub(r"\s+", " ", page.decode())


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (VerdictValue.MET, "Removed by the platform: it went between 20 min and 21 min after the clock started, at least 39 min before"),
        (VerdictValue.INDETERMINATE, "it went between 55 min and 1 h 5 min after the clock started; the deadline lies in between."),
        (VerdictValue.BREACHED, "5 min after the deadline."),
        (VerdictValue.UNPROVEN, "10 min before the deadline."),
        (VerdictValue.PENDING, "35 min before the deadline."),
        (VerdictValue.SUSPENDED, "Last seen up"),
        (VerdictValue.NOT_STARTED, "No look has told yet whether it is up."),
    ],
)
def test_the_page_opens_with_the_verdict_in_a_sentence(verdict: VerdictValue, sentence: str, alice: Client) -> None:
    page = main(alice.get(url(in_verdict(verdict))).content)
    assert f'class="chip v-{verdict} chip-large"' in page
    assert sentence in page


def test_content_that_came_back_is_told_with_the_removal(alice: Client) -> None:
    row = in_verdict(VerdictValue.MET)
    assert row.first_gone is not None
    Watch.objects.filter(item=row.item).update(episode=2, last_up=row.first_gone + timedelta(hours=2), first_gone=None, confirmed_at=None)
    page = main(alice.get(url(row)).content)
    assert "at least 39 min before the deadline. It was seen up again 2 h later." in page
    assert 'class="chip v-met chip-large"' in page  # a deadline once met stays met


def test_a_provisional_verdict_says_so(alice: Client) -> None:
    page = main(alice.get(url(in_verdict(VerdictValue.MET, confirmed=False))).content)
    assert "<em>provisional</em>" in page
    assert "not confirmed yet" in page


def test_the_content_is_defanged_and_never_a_link(alice: Client) -> None:
    row = in_verdict(VerdictValue.PENDING)
    page = alice.get(url(row)).content.decode()
    assert row.item.canonical_url not in page
    assert row.item.canonical_url.replace("https", "hxxps").replace(".", "[.]") in page
    away = alice.get(url(row, "leave")).content.decode()
    assert f'href="{row.item.canonical_url}' not in away
    assert f'value="{row.item.canonical_url}"' in away


def test_the_page_has_no_inline_style_or_script(alice: Client) -> None:
    page = alice.get(url(in_verdict(VerdictValue.INDETERMINATE))).content.decode()
    assert not re.search(r"\sstyle=|<style|<script(?![^>]*\bsrc=)|\son\w+=|hx-on", page)


def test_the_run_that_is_going_on_takes_its_end_from_the_watch(alice: Client) -> None:
    row = in_verdict(VerdictValue.PENDING)
    Watch.objects.filter(item=row.item).update(run_count=77)
    assert '<td class="num top-cell">77</td>' in alice.get(url(row)).content.decode()


def test_the_due_instant_is_shown_in_the_agencys_zone_and_in_utc(people: Cast, alice: Client) -> None:
    people.agency.timezone = "Asia/Tokyo"
    people.agency.save()
    row = in_verdict(VerdictValue.PENDING)
    assert row.due_at is not None
    page = alice.get(url(row)).content.decode()
    assert f"{row.due_at + timedelta(hours=9):%H:%M:%S} JST" in page
    assert f"{row.due_at:%H:%M:%S} UTC" in page


@pytest.mark.parametrize(
    ("verdict", "trigger"),
    [
        (VerdictValue.PENDING, "every 3s"),
        (VerdictValue.UNPROVEN, "every 3s"),
        (VerdictValue.BREACHED, "every 60s"),
        (VerdictValue.MET, None),
    ],
)
def test_the_live_part_asks_again_as_often_as_news_may_come(verdict: VerdictValue, trigger: str | None, alice: Client) -> None:
    page = alice.get(url(in_verdict(verdict), "request-live")).content.decode()
    found = re.search(r'hx-trigger="([^"]+)"', page)
    assert (found and found[1]) == trigger


def test_the_live_part_is_empty_until_something_was_seen(alice: Client) -> None:
    row = in_verdict(VerdictValue.PENDING)
    page = alice.get(url(row)).content.decode()
    again = re.search(r'hx-get="([^"]+/live/[^"]*)"', page)
    assert again is not None
    assert alice.get(again[1]).status_code == 204
    Watch.objects.filter(item=row.item).update(run_count=78, run_last_answered=timezone.now())
    assert alice.get(again[1]).status_code == 200


def test_the_page_costs_the_same_queries_however_much_happened(
    people: Cast, bob: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    row = in_verdict(VerdictValue.UNPROVEN)
    bob.get(url(row))
    # session, user, agency; request, clock events; observations; reports, events, submissions, duties,
    # their policies, colleagues; alerts
    with django_assert_num_queries(14):
        bob.get(url(row))
    for index in range(4):
        ReportFactory.create(request=row, submitted_by=people.alice)
        verdicts.note(request=row, text=f"Note {index}", actor=people.alice, now=timezone.now())
    with django_assert_num_queries(14):
        bob.get(url(row))


def test_actions_are_offered_to_those_who_may_and_where_they_make_sense(people: Cast, alice: Client, bob: Client) -> None:
    unproven, breached = in_verdict(VerdictValue.UNPROVEN), in_verdict(VerdictValue.BREACHED)
    labels = [
        set(re.findall(r"<summary>([^<]+)</summary>", client.get(url(row)).content.decode()))
        for client, row in ((alice, unproven), (bob, unproven), (bob, breached))
    ]
    assert labels[0] == {"Mark as received", "Record what moves the deadline", "Start another clock", "Write a note", "Withdraw"}
    assert labels[1] == labels[0] | {"Assign", "Escalate", "Adjudicate"}
    assert labels[2] == labels[1] - {"Adjudicate"}


def test_marking_as_sent_starts_the_clock(people: Cast, alice: Client) -> None:
    row = in_verdict(VerdictValue.NOT_STARTED)
    at = timezone.now() - timedelta(minutes=5)
    answer = alice.post(url(row, "request-mark-sent"), {"at": f"{at:%Y-%m-%dT%H:%M:%S}", "reference": "R-9"})
    assert answer["Location"] == url(row)
    row.refresh_from_db()
    assert row.status == RequestStatus.SENT
    assert row.clock_events.get(kind=ClockEventKind.SENT).proof == "R-9"


def test_an_instant_is_read_in_the_agencys_zone(people: Cast, alice: Client) -> None:
    people.agency.timezone = "Asia/Tokyo"
    people.agency.save()
    row = in_verdict(VerdictValue.NOT_STARTED)
    alice.post(url(row, "request-mark-sent"), {"at": "2026-01-01T09:00:00", "reference": ""})
    assert row.clock_events.get(kind=ClockEventKind.SENT).at == datetime(2026, 1, 1, tzinfo=UTC)


def test_the_instants_on_the_time_line_carry_their_zone(people: Cast, alice: Client) -> None:
    people.agency.timezone = "Asia/Tokyo"
    people.agency.save()
    drawn = re.findall(r'<text class="value"[^>]*>([^<]*)<', alice.get(url(in_verdict(VerdictValue.MET))).content.decode())
    assert drawn
    assert all(text.endswith(" JST") for text in drawn)


def test_the_future_is_refused_and_what_was_typed_is_kept(alice: Client) -> None:
    row = in_verdict(VerdictValue.NOT_STARTED)
    answer = alice.post(url(row, "request-mark-sent"), {"at": "2999-01-01T00:00:00", "reference": "My reference"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "This is in the future." in page
    assert 'value="My reference"' in page
    assert '<details open id="do-mark-sent">' in page


def test_what_a_verb_refuses_comes_back_as_a_message_with_what_was_typed(alice: Client) -> None:
    row = in_verdict(VerdictValue.MET)
    answer = alice.post(url(row, "request-withdraw"), {"reason": "Sent in error, see mail"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "This request is closed already." in page
    assert "Sent in error, see mail</textarea>" in page


@pytest.mark.parametrize(
    ("there", "expected"),
    [("/queue/?platform=web", "/queue/?platform=web"), ("https://elsewhere.example/", None), ("//elsewhere.example", None)],
)
def test_an_action_leads_back_to_where_it_was_taken_with_its_filters(there: str, expected: str | None, bob: Client) -> None:
    row = in_verdict(VerdictValue.UNPROVEN)
    answer = bob.post(url(row, "request-escalate"), {"reason": "To the unit's head.", "next": there})
    assert answer["Location"] == (expected or url(row))


def test_supervisors_assign_and_adjudicate(people: Cast, bob: Client) -> None:
    row = in_verdict(VerdictValue.INDETERMINATE, assigned_to=people.alice)
    open_one = in_verdict(VerdictValue.PENDING)
    bob.post(url(open_one, "request-assign"), {"to": str(people.alice.pk)})
    open_one.refresh_from_db()
    assert open_one.assigned_to == people.alice
    bob.post(url(row, "request-adjudicate"), {"verdict": "met", "reason": "The host's log shows it."})
    row.refresh_from_db()
    assert (row.adjudicated_verdict, row.adjudicated_by) == ("met", people.bob)
    page = main(bob.get(url(row)).content)
    assert "Adjudicated by Bob" in page
    assert "The host&#x27;s log shows it." in page
    assert 'class="chip v-indeterminate"' in page  # what was observed stays beside it


def test_of_two_supervisors_who_judge_at_once_the_second_is_told_and_keeps_what_was_typed(people: Cast, bob: Client) -> None:
    row = in_verdict(VerdictValue.INDETERMINATE)
    before = re.search(r'name="shown"[^>]*', bob.get(url(row)).content.decode())
    assert before
    assert "value=" not in before[0]
    verdicts.adjudicate(request=row, verdict="met", reason="Their log.", shown="", actor=people.bob, now=timezone.now())
    said = {"verdict": "breached", "reason": "Seen by hand.", "shown": ""}
    answer = bob.post(url(row, "request-adjudicate"), {**said, "reason": ""})
    assert "Bob has judged this meanwhile: met, because: Their log." in answer.content.decode()
    answer = bob.post(url(row, "request-adjudicate"), said)
    page = answer.content.decode()
    row.refresh_from_db()
    assert (answer.status_code, row.adjudicated_verdict) == (409, "met")
    assert "Seen by hand.</textarea>" in page
    assert f'name="shown" value="{verdicts.judgement_of(row)}"' in page  # now it has been seen
    bob.post(url(row, "request-adjudicate"), {**said, "shown": verdicts.judgement_of(row)})
    row.refresh_from_db()
    assert row.adjudicated_verdict == "breached"


def test_the_verb_itself_refuses_a_judgement_on_what_was_not_seen(people: Cast) -> None:
    row = in_verdict(VerdictValue.INDETERMINATE)
    judge = partial(verdicts.adjudicate, request=row, verdict="met", reason="Their log.", shown="", actor=people.bob, now=timezone.now())
    judge()
    with pytest.raises(NotPossible, match="Bob has judged this meanwhile: met"):
        judge()


@pytest.mark.parametrize("verdict", [VerdictValue.MET, VerdictValue.NOT_COUNTED])
def test_what_is_over_is_assigned_to_nobody(verdict: str, people: Cast, bob: Client) -> None:
    row = in_verdict(verdict)
    answer = bob.post(url(row, "request-assign"), {"to": str(people.alice.pk)})
    assert "This request is over; there is nothing to assign." in answer.content.decode()
    row.refresh_from_db()
    assert (answer.status_code, row.assigned_to) == (409, None)


def test_nobody_outside_the_list_is_assigned(people: Cast, bob: Client) -> None:
    row = in_verdict(VerdictValue.PENDING)
    assert bob.post(url(row, "request-assign"), {"to": str(people.charlie.pk)}).status_code == 409


def test_notes_and_looks_are_written_into_the_history(people: Cast, alice: Client) -> None:
    row = in_verdict(VerdictValue.PENDING)
    alice.post(url(row, "request-note"), {"text": "Rang the hotline."})
    alice.post(url(row, "request-look"))
    page = alice.get(url(row)).content.decode()
    assert "Rang the hotline." in page
    assert "Look asked for" in page
    assert Event.objects.for_agency(people.agency).filter(actor_user=people.alice).count() == 2
    assert row.status in OPEN


@pytest.mark.parametrize(
    ("evidence", "says"),
    [
        (
            {"countries": ["DE", "FR"]},
            "withheld it in DE, FR. The policy asks for it to be removed, or access disabled, in the EU.",
        ),
        ({"allowed": "US,CA"}, "the platform withheld it in AD, AE, AF, AG, AI and"),
        ({}, "the platform withheld it in some countries, and did not say in which."),
    ],
)
def test_what_is_withheld_somewhere_is_up_and_the_page_says_why(evidence: dict[str, Any], says: str, alice: Client) -> None:
    policy = PolicyFactory.create(key="eu", regions=["EU"], complies_when="removed_or_disabled")
    row = in_verdict(VerdictValue.BREACHED, policy=policy)
    assert "withheld it" not in alice.get(reverse("request", args=[row.pk])).content.decode()
    ObservationFactory.create(item=row.item, outcome=Outcome.GEO_BLOCKED, reason="withheld", evidence=evidence)
    page = alice.get(reverse("request", args=[row.pk])).content.decode()
    assert says in page
    assert "It counts as up." in page
    ObservationFactory.create(item=row.item, outcome=Outcome.AVAILABLE)
    assert "withheld it" not in alice.get(reverse("request", args=[row.pk])).content.decode()
