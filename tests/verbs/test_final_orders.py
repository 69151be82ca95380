"""That an order is final is somebody's word, dated and reasoned, and taken back on record only."""

from datetime import timedelta

import pytest

from takedown import orders
from takedown.choices import Action, VerdictValue
from takedown.models import ClockEvent, Event, TakedownRequest
from takedown.models.errors import NotPossible
from tests.factories import Cast, cast, in_order, in_verdict
from tests.verbs.test_orders import NOW, again, save, sent, unsent

pytestmark = pytest.mark.django_db
REASON = "Two months ended without an appeal."


@pytest.fixture
def people() -> Cast:
    return cast()


def finish(row: TakedownRequest, people: Cast, days: float = 0, reason: str = REASON) -> None:
    orders.record_final(request=row, at=NOW + timedelta(days=days), reason=reason, actor=people.bob, now=NOW)


def take_back(row: TakedownRequest, people: Cast, reason: str = "The court heard it after all.") -> None:
    orders.revoke_final(request=row, reason=reason, actor=people.bob, now=NOW)


def on_record(row: TakedownRequest) -> list[tuple[str, str]]:
    events = Event.objects.of(row).filter(action__in=(Action.FINAL, Action.NOT_FINAL)).order_by("id")
    return [(event.action, event.reason) for event in events]


@pytest.mark.parametrize("verdict", [VerdictValue.MET, VerdictValue.BREACHED, VerdictValue.PENDING, VerdictValue.SUSPENDED])
def test_who_when_and_why_are_kept(verdict: VerdictValue, people: Cast) -> None:
    row = sent(verdict)
    finish(row, people)
    order = again(row).order
    assert (order.final_at, order.final_by, order.final_reason) == (NOW, people.bob, REASON)
    assert on_record(row) == [(Action.FINAL, REASON)]
    assert (again(row).verdict, again(row).status, again(row).due_at) == (row.verdict, row.status, row.due_at)


def test_it_is_taken_back_on_record_and_can_become_final_again(people: Cast) -> None:
    row = sent(VerdictValue.MET)
    finish(row, people, -0.01)
    with pytest.raises(NotPossible, match="final already"):
        finish(row, people)
    with pytest.raises(NotPossible, match="Say why"):
        take_back(row, people, " ")
    take_back(row, people)
    order = again(row).order
    assert (order.final_at, order.final_by, order.final_reason) == (None, None, "")
    with pytest.raises(NotPossible, match="not on record as final"):
        take_back(row, people)
    finish(again(row), people)
    assert [action for action, _ in on_record(row)] == [Action.FINAL, Action.NOT_FINAL, Action.FINAL]
    assert Event.objects.get(action=Action.NOT_FINAL).old == (NOW - timedelta(days=0.01)).isoformat()


def test_it_is_not_final_before_it_was_sent_nor_in_the_future(people: Cast) -> None:
    row = sent(VerdictValue.MET)  # ninety minutes ago
    with pytest.raises(NotPossible, match="before it was sent"):
        finish(row, people, -91 / 1440)
    with pytest.raises(NotPossible, match="in the future"):
        finish(row, people, 1 / 86400)
    with pytest.raises(NotPossible, match="Say why"):
        finish(row, people, reason=" \n")
    sent_at = row.clock_events.get().at
    ClockEvent.objects.create(agency=row.agency, request=row, kind="received", at=sent_at - timedelta(minutes=9), recorded_at=NOW)
    with pytest.raises(NotPossible, match="before it was sent"):
        finish(row, people, -91 / 1440)
    assert on_record(row) == []
    finish(row, people, -90 / 1440)


def test_only_an_order_that_stands_and_was_sent_becomes_final(people: Cast) -> None:
    draft = unsent()
    save(draft, people.alice)
    cases = (
        (draft, "not sent"),
        (sent(VerdictValue.NOT_COUNTED), "void or withdrawn"),
        (in_order(VerdictValue.MET, now=NOW, written=False), "Only a removal order"),
        (in_verdict(VerdictValue.MET, now=NOW), "Only a removal order"),
    )
    for row, message in cases:
        assert message in orders.why_not_final(again(row))
        with pytest.raises(NotPossible, match=message):
            finish(row, people)
    with pytest.raises(NotPossible, match="Only a removal order"):
        take_back(cases[3][0], people)
