"""Approval, what moves a deadline, and other clocks, on the pages of those who do it."""

import re
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from takedown import intake, verdicts
from takedown.choices import Action, ClockEventKind, ClockState, Purpose, RequestStatus, StartEvent, VerdictValue
from takedown.models import DeadlinePolicy, Event, TakedownRequest
from takedown.models.errors import NotPossible
from takedown.policies import supersede, terms_of
from tests.factories import Cast, PolicyFactory, cast, in_verdict

pytestmark = pytest.mark.django_db


@pytest.fixture
def written(people: Cast) -> TakedownRequest:
    PolicyFactory.create(key="order", four_eyes=True)
    draft = intake.Draft("https://host.example/post/1", "a_incite", policy="order", note="It <b>incites</b>.")
    (filed,) = intake.submit(agency=people.agency, drafts=[draft], actor=people.alice, now=timezone.now())
    assert filed.report is not None, filed.error
    return filed.report.request


@pytest.fixture
def duty_policy() -> DeadlinePolicy:
    return PolicyFactory.create(key="scrutiny", name="Scrutiny", purpose=Purpose.DUTY, start_event=StartEvent.RECORDED, duration=72)


def url(request: TakedownRequest, name: str = "request") -> str:
    return reverse(name, args=[request.pk])


def digest_on(page: str) -> str:
    """The digest in the form that approves."""
    found = re.search(r'/approve/".*?name="digest" value="([0-9a-f]{64})"', page, re.DOTALL)
    assert found is not None
    return found[1]


def test_a_supervisor_reads_what_would_be_sent_and_approves_that(written: TakedownRequest, alice: Client, bob: Client) -> None:
    assert "Approve" not in alice.get(url(written)).content.decode()
    page = bob.get(url(written)).content.decode()
    assert "It &lt;b&gt;incites&lt;/b&gt;." in page
    assert "hxxps://host[.]example/post/1" in page
    shown = digest_on(page)
    alice.post(url(written, "request-revise"), {"category": "a_incite", "explanation": "Changed meanwhile."})
    stale = bob.post(url(written, "request-approve"), {"digest": shown})
    assert stale.status_code == 409
    assert "It was changed after you opened this page" in stale.content.decode()
    answer = bob.post(url(written, "request-approve"), {"digest": digest_on(bob.get(url(written)).content.decode())})
    assert answer.status_code == 302
    written.refresh_from_db()
    assert written.status == RequestStatus.TO_SEND


@pytest.mark.parametrize("name", ["request", "request-live"])
def test_what_would_be_sent_is_put_together_once(name: str, written: TakedownRequest, bob: Client) -> None:
    with patch("takedown.verdicts.approvals.render_text", return_value="The text") as rendered:
        page = bob.get(url(written, name)).content.decode()
        assert rendered.call_count == 1
        written.refresh_from_db()
        assert set(re.findall(r"[0-9a-f]{64}", page)) == {verdicts.digest_of(written)}


def test_only_those_who_may_decide(written: TakedownRequest, alice: Client) -> None:
    for name in ("approve", "refuse", "requeue", "cancel"):
        assert alice.post(url(written, f"request-{name}"), {"digest": "x", "reason": "y"}).status_code == 403


def test_what_waits_for_approval_has_a_list(written: TakedownRequest, bob: Client) -> None:
    assert written.number in bob.get(reverse("queue"), {"tab": "approve"}).content.decode()
    assert written.number in bob.get(reverse("overdue")).content.decode()


def test_an_obstacle_stops_the_clock_and_its_end_starts_a_whole_new_period(people: Cast, alice: Client) -> None:
    row = in_verdict(VerdictValue.PENDING)
    assert row.clock_started_at is not None
    at = row.clock_started_at + timedelta(minutes=10)

    def says(kind: ClockEventKind, minutes: int) -> None:
        when = timezone.localtime(at + timedelta(minutes=minutes))
        answer = alice.post(url(row, "request-clock"), {"kind": kind.value, "at": f"{when:%Y-%m-%dT%H:%M:%S}", "proof": "Annex III"})
        assert answer.status_code == 302

    says(ClockEventKind.OBSTACLE_STARTED, 0)
    row.refresh_from_db()
    assert (row.clock_state, row.due_at) == (ClockState.SUSPENDED, None)
    says(ClockEventKind.OBSTACLE_ENDED, 5)
    row.refresh_from_db()
    assert row.due_at == at.replace(microsecond=0) + timedelta(minutes=65)


@pytest.mark.parametrize(
    ("until", "kind", "message"),
    [
        ("", "extended", "Say until when"),
        ("2030-01-01T00:00:00", "voided", "Only an extension"),
        ("", "", "This field is required"),
        ("", "sent", "Select a valid choice"),
        ("", "obstacle_ended", "Nothing of this kind was open then"),
    ],
)
def test_a_clock_event_that_makes_no_sense_is_refused_and_kept(until: str, kind: str, message: str, people: Cast, alice: Client) -> None:
    row = in_verdict(VerdictValue.PENDING)
    typed = {"kind": kind, "at": f"{timezone.localtime():%Y-%m-%dT%H:%M:%S}", "until": until, "proof": "What I typed"}
    answer = alice.post(url(row, "request-clock"), typed)
    assert answer.status_code == 409
    assert message in answer.content.decode()
    assert "What I typed" in answer.content.decode()


def test_another_clock_runs_beside_that_of_the_removal(people: Cast, alice: Client, bob: Client, duty_policy: DeadlinePolicy) -> None:
    row = in_verdict(VerdictValue.PENDING)
    start = timezone.localtime() - timedelta(hours=71)
    typed = {"policy": duty_policy.pk, "at": f"{start:%Y-%m-%dT%H:%M:%S}", "proof": "Copy received"}
    assert alice.post(url(row, "request-duty"), typed).status_code == 302
    duty = row.duties.get()
    assert duty.due_at == start.replace(microsecond=0) + timedelta(hours=72)
    assert "running already" in alice.post(url(row, "request-duty"), typed).content.decode()
    assert "Scrutiny" in bob.get(reverse("overdue")).content.decode()
    foreign = in_verdict(VerdictValue.PENDING, agency=cast("south").agency)
    assert bob.post(url(row, "request-duty-done"), {"duty": duty.pk, "result": " "}).status_code == 409
    assert bob.post(url(foreign, "request-duty-done"), {"duty": duty.pk, "result": "Mine"}).status_code == 404
    assert bob.post(url(row, "request-duty-done"), {"duty": duty.pk, "result": "No infringement."}).status_code == 302
    assert "Scrutiny" not in bob.get(reverse("overdue")).content.decode()
    assert Event.objects.filter(action=Action.DUTY).count() == 2


def test_a_policy_for_requests_is_no_duty(people: Cast, alice: Client, duty_policy: DeadlinePolicy) -> None:
    row = in_verdict(VerdictValue.PENDING)
    assert duty_policy not in DeadlinePolicy.objects.usable_by(people.agency, timezone.now())
    with pytest.raises(NotPossible, match="for requests"):
        verdicts.open_duty(request=row, policy=row.policy, at=timezone.now(), proof="", actor=people.alice, now=timezone.now())


def test_of_a_duty_only_the_version_in_force_is_offered(people: Cast, alice: Client, duty_policy: DeadlinePolicy) -> None:
    row = in_verdict(VerdictValue.PENDING)
    terms = terms_of(duty_policy) | {"duration": 48}
    own = supersede(base=duty_policy, terms=terms, agency=people.agency, reason="Ours.", actor=people.dora, now=timezone.now())
    page = alice.get(url(row)).content.decode()
    assert re.findall(r'<option value="(\d+)">', page) == [str(own.pk)]
    typed = {"policy": duty_policy.pk, "at": f"{timezone.localtime():%Y-%m-%dT%H:%M:%S}", "proof": "Copy received"}
    assert "Select a valid choice" in alice.post(url(row, "request-duty"), typed).content.decode()
    assert alice.post(url(row, "request-duty"), typed | {"policy": own.pk}).status_code == 302
    assert row.duties.get().policy == own
