"""Orders and the answers to them: what is kept, what is void after a change, what a claim is worth, when the clock stops."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import signing
from pytest_django import Settings

from takedown import dispatch, orders
from takedown.choices import Action, AlertKind, AnswerKind, ClockEventKind, ClockState, Decision, RequestStatus, VerdictValue
from takedown.models import Alert, AnswerLink, Approval, ClockEvent, Event, PlatformAnswer, RemovalOrder, TakedownRequest, User, Watch
from takedown.models.errors import NotPossible
from takedown.orders import Finding
from takedown.orders.answers import DOUBLE, MOST_A_DAY
from takedown.orders.link import LIFETIME
from takedown.verdicts import digest_of
from tests.factories import ORDER, PARTIES, Cast, cast, in_order, in_verdict

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
START = NOW - timedelta(minutes=90)


@pytest.fixture
def people() -> Cast:
    return cast()


def again(request: TakedownRequest) -> TakedownRequest:
    return TakedownRequest.objects.get(pk=request.pk)


def unsent(*, four_eyes: bool = False) -> TakedownRequest:
    """A request for a removal order, without one yet."""
    status = RequestStatus.TO_APPROVE if four_eyes else RequestStatus.TO_SEND
    return in_order(VerdictValue.NOT_STARTED, now=NOW, written=False, four_eyes=four_eyes, status=status)


def sent(verdict: str) -> TakedownRequest:
    return in_order(verdict, now=NOW)


def save(row: TakedownRequest, by: User, at: datetime = NOW, language: str = "en", **change: Any) -> RemovalOrder:
    return orders.save_order(request=row, fields=ORDER | change, language=language, actor=by, now=at)


def parties(at: datetime) -> dict[str, Any]:
    return PARTIES | {"order_received_at": at.isoformat()}


def done(row: TakedownRequest, minute: float, by: User | None = None, now: datetime = NOW, **change: Any) -> PlatformAnswer:
    """Annex II that claims removal so many minutes after the start of the clock."""
    start = row.clock_started_at or START
    fields = parties(start) | {"measure": "removed", "measure_at": (start + timedelta(minutes=minute)).isoformat(), "date": "2026-11-22"}
    return orders.record_answer(request=row, kind=AnswerKind.DONE, fields=fields | change, by=by, now=now)


def impossible(row: TakedownRequest, *reasons: str, by: User | None = None, now: datetime = NOW, **change: Any) -> PlatformAnswer:
    fields = parties(row.clock_started_at or START) | {"non_execution_reasons": reasons, "further_information": "A fire."}
    fields |= {"errors_and_clarification_needed": "Which video?", "submitted_at": now.isoformat()}
    return orders.record_answer(request=row, kind=AnswerKind.IMPOSSIBLE, fields=fields | change, by=by, now=now)


def stops(row: TakedownRequest) -> list[str]:
    return sorted(row.clock_events.exclude(kind=ClockEventKind.SENT).values_list("kind", flat=True))


# The order ------------------------------------------------------------------------------------------------------------------------


def test_an_order_is_kept_and_its_author_with_it(people: Cast) -> None:
    row = unsent()
    order = save(row, people.alice, language="fr")
    assert order.fields == ORDER | {"is_cross_border": True}
    assert (order.language, order.saved_at, order.saved_by, order.agency) == ("fr", NOW, people.alice, row.agency)
    event = Event.objects.of(row).last()
    assert event is not None
    assert (event.action, event.reason, event.actor_user) == (Action.REVISED, "Removal order written.", people.alice)
    assert orders.lacking(order, NOW) == []


def test_half_an_order_is_kept_and_says_what_is_missing(people: Cast) -> None:
    order = orders.save_order(request=unsent(), fields={"addressee": "Host Ltd"}, language="en", actor=people.alice, now=NOW)
    assert order.fields == {"addressee": "Host Ltd", "nondisclosure": False, "copy_sent_to_hsp_state": False}
    assert "Exact URL of the content" in orders.lacking(order, NOW)
    assert not orders.is_approved(order, NOW)


def test_the_same_again_changes_nothing(people: Cast) -> None:
    row = unsent()
    save(row, people.alice)
    before = Event.objects.count()
    assert save(row, people.bob, NOW + timedelta(minutes=1)).saved_by == people.alice
    assert Event.objects.count() == before


def approved(row: TakedownRequest, author: User, by: User) -> TakedownRequest:
    """Approved by a second person, through the verb that does so."""
    TakedownRequest.objects.filter(pk=row.pk).update(opened_by=author)
    row = again(row)
    dispatch.decide(request=row, decision=Decision.APPROVED, digest=digest_of(row), reason="", actor=by, now=NOW)
    return again(row)


def test_a_change_makes_an_approval_void_and_the_paper_a_draft_again(people: Cast) -> None:
    row = unsent(four_eyes=True)
    order = save(row, people.alice)
    assert not orders.is_approved(order, NOW)
    row = approved(row, people.alice, people.bob)
    assert orders.is_approved(row.order, NOW)
    save(row, people.alice, NOW + timedelta(minutes=5), reasons_text="It praises two attacks.")
    row = again(row)
    assert (row.approval, row.status) == (None, RequestStatus.TO_APPROVE)
    assert not orders.is_approved(row.order, NOW)
    event = Event.objects.of(row).last()
    assert event is not None
    assert (event.action, event.reason) == (Action.VOIDED, "Removal order changed: Why it is terrorist content.")


def test_an_approval_of_something_else_is_none(people: Cast) -> None:
    row = unsent(four_eyes=True)
    order = save(row, people.alice)
    facts = {"decision": Decision.APPROVED, "digest": "0" * 64, "author": people.alice, "decided_by": people.bob, "decided_at": NOW}
    row.approval = Approval.objects.create(agency=row.agency, request=row, **facts)
    row.save(update_fields=("approval",))
    assert not orders.is_approved(RemovalOrder.objects.get(pk=order.pk), NOW)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"urls": ["nonsense"]}, "Correct: urls"), ({"surprise": 1}, "Correct: surprise"), ({"issuing_member_state": "GB"}, "issuing_member")],
)
def test_what_is_wrong_is_not_kept(change: dict[str, Any], message: str, people: Cast) -> None:
    with pytest.raises(NotPossible, match=message):
        save(unsent(), people.alice, **change)
    assert not RemovalOrder.objects.exists()


def test_no_language_but_those_of_the_paper(people: Cast) -> None:
    with pytest.raises(NotPossible, match="Correct: language"):
        save(unsent(), people.alice, language="de")


def test_what_was_sent_is_not_changed(people: Cast) -> None:
    with pytest.raises(NotPossible, match="what was sent is not changed"):
        save(sent(VerdictValue.PENDING), people.alice, reasons_text="Other.")


def test_a_request_under_another_policy_has_no_order(people: Cast) -> None:
    with pytest.raises(NotPossible, match="Only a request under the policy"):
        save(in_verdict(VerdictValue.NOT_STARTED, now=NOW), people.alice)


def test_a_reference_belongs_to_one_order_of_an_agency(people: Cast) -> None:
    save(unsent(), people.alice)
    with pytest.raises(NotPossible, match="has this reference number"):
        save(unsent(), people.alice)
    save(unsent(), people.alice, reference_number="2026/18")
    save(in_order(VerdictValue.NOT_STARTED, now=NOW, written=False, agency=cast("south").agency), cast("south").alice)


def test_a_new_order_begins_with_what_is_known(people: Cast) -> None:
    row = unsent()
    values, language = orders.draft(row, people.alice, NOW)
    assert language == "en"
    assert values.items() >= {"urls": [row.item.canonical_url], "reference_number": row.reference, "reasons_types": ["a_incite"]}.items()
    save(row, people.alice, language="fr", address="1 Main Street", hsp_state_authority_contact="Dublin")
    other = unsent()
    values, language = orders.draft(other, people.bob, NOW)
    assert (language, values["address"], values["hsp_state_authority_contact"]) == ("fr", "1 Main Street", "Dublin")
    assert (values["reference_number"], values["urls"]) == (other.reference, [other.item.canonical_url])
    assert "copy_sent_to_hsp_state" not in {key for key, value in values.items() if value}
    foreign = in_verdict(VerdictValue.NOT_STARTED, now=NOW, agency=cast("south").agency)
    assert "address" not in orders.draft(foreign, people.alice, NOW)[0]


# Answers --------------------------------------------------------------------------------------------------------------------------

UP, GONE = NOW, NOW + timedelta(minutes=10, microseconds=5)


@pytest.mark.parametrize(
    ("seconds", "last_up", "first_gone", "finding"),
    [
        (-1, UP, GONE, Finding.CONTRADICTED),
        (0, UP, GONE, Finding.INSIDE),
        (0, UP + timedelta(microseconds=900_000), GONE, Finding.INSIDE),  # whole seconds were written down
        (600, UP, GONE, Finding.INSIDE),
        (601, UP, GONE, Finding.AFTER),
        (-1, UP, None, Finding.CONTRADICTED),
        (1, UP, None, Finding.NOT_GONE),
        (1, None, None, Finding.NOT_GONE),
        (1, None, GONE, Finding.INSIDE),
        (601, None, GONE, Finding.AFTER),
    ],
)
def test_a_claim_is_compared_with_the_bracket(
    seconds: int, last_up: datetime | None, first_gone: datetime | None, finding: Finding
) -> None:
    claimed = NOW + timedelta(seconds=seconds)
    assert orders.compare(claimed, last_up, first_gone) is finding
    assert f"{claimed:%H:%M:%S} UTC" in orders.sentence(finding, claimed, last_up, first_gone)


@pytest.mark.parametrize(
    ("verdict", "minute", "says", "contradicts"),
    [
        (VerdictValue.MET, 20.5, "That fits what was seen.", False),
        (VerdictValue.MET, 19, "but it was seen up at", True),
        (VerdictValue.MET, 30, "it was seen gone at", False),
        (VerdictValue.INDETERMINATE, 59, "That fits what was seen.", False),
        (VerdictValue.BREACHED, 59, "but it was seen up at", True),
        (VerdictValue.UNPROVEN, 55, "It was not seen gone yet.", False),
    ],
)
@pytest.mark.parametrize("by_hand", [True, False])
def test_a_claim_is_set_and_leaves_the_verdict_alone(
    verdict: VerdictValue, minute: float, says: str, contradicts: bool, by_hand: bool, people: Cast
) -> None:
    row = sent(verdict)
    by = people.alice if by_hand else None
    answer = done(row, minute, by)
    after = again(row)
    assert (after.verdict, after.provisional, after.due_at, after.status) == (verdict, row.provisional, row.due_at, row.status)
    assert after.claimed_at == row.clock_started_at + timedelta(minutes=minute)  # type: ignore[operator]
    assert (answer.recorded_by, answer.recorded_at) == (by, NOW)
    (event,) = Event.objects.of(row).filter(action=Action.ANSWERED)
    assert says in event.reason
    assert event.actor_name == ("Alice" if by_hand else "the platform, by its link")
    alerts = Alert.objects.for_agency(row.agency).filter(kind=AlertKind.CONTRADICTED)
    assert [alert.detail for alert in alerts] == ([event.reason] if contradicts else [])


def test_a_claim_has_the_item_looked_at_now() -> None:
    row = sent(VerdictValue.BREACHED)
    Watch.objects.filter(item=row.item).update(next_look_at=NOW + timedelta(hours=5))
    done(row, 70)
    assert Watch.objects.get(item=row.item).next_look_at == NOW


def test_a_claim_is_compared_with_the_latest_look_even_if_no_verdict_came_of_it() -> None:
    row = sent(VerdictValue.PENDING)
    Watch.objects.filter(item=row.item).update(last_up=NOW - timedelta(seconds=10))
    done(row, 29)  # a minute before now, after the look that the request knows of
    assert Alert.objects.filter(kind=AlertKind.CONTRADICTED).count() == 1


@pytest.mark.parametrize(
    ("reasons", "kinds"),
    [
        (("force_majeure",), [ClockEventKind.OBSTACLE_STARTED]),
        (("manifest_errors",), [ClockEventKind.CLARIFICATION_REQUESTED]),
        (("insufficient_info", "manifest_errors"), [ClockEventKind.CLARIFICATION_REQUESTED]),
        (("force_majeure", "insufficient_info"), [ClockEventKind.CLARIFICATION_REQUESTED, ClockEventKind.OBSTACLE_STARTED]),
    ],
)
def test_an_obstacle_stops_the_clock_when_it_is_submitted(reasons: tuple[str, ...], kinds: list[str], people: Cast) -> None:
    row = sent(VerdictValue.PENDING)
    at = NOW - timedelta(minutes=3)
    impossible(row, *reasons, by=people.alice, submitted_at=at.isoformat())
    assert stops(row) == kinds
    assert set(ClockEvent.objects.filter(request=row, kind__in=kinds).values_list("at", "proof")) == {(at, "Annex III, Z. Person: A fire.")}
    after = again(row)
    assert (after.clock_state, after.verdict, after.due_at) == (ClockState.SUSPENDED, VerdictValue.SUSPENDED, None)


def test_the_platform_itself_cannot_have_submitted_earlier_than_now() -> None:
    row = sent(VerdictValue.PENDING)
    answer = impossible(row, "force_majeure", submitted_at=(NOW - timedelta(minutes=20)).isoformat())
    assert answer.fields["submitted_at"] == NOW.isoformat()
    assert ClockEvent.objects.get(request=row, kind=ClockEventKind.OBSTACLE_STARTED).at == NOW


def test_the_clock_is_not_stopped_twice_for_the_same_reason() -> None:
    row = sent(VerdictValue.PENDING)
    impossible(row, "force_majeure")
    impossible(row, "force_majeure", "manifest_errors", further_information="Still the fire.")
    assert stops(row) == [ClockEventKind.CLARIFICATION_REQUESTED, ClockEventKind.OBSTACLE_STARTED]


@pytest.mark.parametrize("verdict", [VerdictValue.BREACHED, VerdictValue.UNPROVEN, VerdictValue.MET])
def test_what_comes_too_late_is_kept_and_stops_nothing(verdict: VerdictValue) -> None:
    row = sent(verdict)
    impossible(row, "force_majeure")
    assert (stops(row), again(row).verdict, again(row).due_at) == ([], verdict, row.due_at)
    assert PlatformAnswer.objects.filter(request=row).count() == 1
    (event,) = Event.objects.of(row).filter(action=Action.ANSWERED)
    assert "does not stop the clock" in event.reason or "changes nothing" in event.reason


@pytest.mark.parametrize("by_hand", [True, False])
@pytest.mark.parametrize("kind", AnswerKind.values)
def test_a_double_submission_is_kept_once(kind: str, by_hand: bool, people: Cast) -> None:
    row, by = sent(VerdictValue.PENDING), people.alice if by_hand else None
    later = NOW + timedelta(seconds=2)
    if kind == AnswerKind.DONE:
        assert done(row, 28, by) == done(row, 28, by, now=later)
    else:
        same: dict[str, Any] = {"submitted_at": NOW.isoformat()}
        assert impossible(row, "force_majeure", by=by, **same) == impossible(row, "force_majeure", by=by, now=later, **same)
    assert Event.objects.of(row).filter(action=Action.ANSWERED).count() == 1
    assert len(stops(row)) == (kind == AnswerKind.IMPOSSIBLE)


def test_the_same_words_on_another_day_are_another_answer() -> None:
    row = sent(VerdictValue.PENDING)
    first = impossible(row, "force_majeure")
    assert impossible(row, "force_majeure", now=NOW + DOUBLE) != first


def test_a_link_gives_so_many_answers_a_day_and_people_more(people: Cast) -> None:
    row = sent(VerdictValue.PENDING)
    for number in range(MOST_A_DAY):
        done(row, 28, file_ref_addressee=str(number))
    with pytest.raises(NotPossible, match="too many answers"):
        done(row, 28, file_ref_addressee="one more")
    done(row, 28, people.alice, file_ref_addressee="one more")
    done(row, 28, now=NOW + timedelta(days=1), file_ref_addressee="next day")


@pytest.mark.parametrize(
    ("verdict", "message"),
    [(VerdictValue.NOT_STARTED, "not marked as sent"), (VerdictValue.NOT_COUNTED, "was withdrawn")],
)
def test_nobody_answers_what_was_not_sent_or_was_withdrawn(verdict: VerdictValue, message: str) -> None:
    with pytest.raises(NotPossible, match=message):
        done(sent(verdict), 1)
    assert not PlatformAnswer.objects.exists()


def test_nobody_answers_what_is_no_order() -> None:
    with pytest.raises(NotPossible, match="no removal order"):
        done(in_verdict(VerdictValue.PENDING, now=NOW), 1)


@pytest.mark.parametrize("change", [{"measure": ""}, {"measure_at": "x"}, {"contact_email": "x"}, {"surprise": 1}])
def test_an_answer_that_is_wrong_is_not_kept(change: dict[str, Any]) -> None:
    row = sent(VerdictValue.PENDING)
    with pytest.raises(NotPossible, match=f"Correct: {next(iter(change))}"):
        done(row, 28, **change)
    assert (PlatformAnswer.objects.count(), again(row).claimed_at) == (0, None)


# The link -------------------------------------------------------------------------------------------------------------------------


def test_a_link_names_its_request_until_it_expires(people: Cast) -> None:
    row = sent(VerdictValue.PENDING)
    link = orders.issue_link(request=row, actor=people.alice, now=NOW)
    token = orders.token_of(link)
    assert orders.request_of(token, NOW) == row
    assert AnswerLink.objects.get().last_used_at == NOW
    forged = signing.Signer(salt="something else").sign(link.pk.hex)
    assert [orders.request_of(each, NOW) for each in (token[:-1], forged, link.pk.hex, "", "x:y")] == [None] * 5
    assert orders.request_of(token, NOW + LIFETIME - timedelta(seconds=1)) == row
    assert orders.request_of(token, NOW + LIFETIME) is None


def test_links_are_revoked_with_a_reason_and_a_new_one_works(people: Cast) -> None:
    row = sent(VerdictValue.PENDING)
    first = orders.issue_link(request=row, actor=people.alice, now=NOW)
    with pytest.raises(NotPossible, match="Say why"):
        orders.revoke_links(request=row, reason=" ", actor=people.bob, now=NOW)
    orders.revoke_links(request=row, reason="It went astray.", actor=people.bob, now=NOW)
    second = orders.issue_link(request=row, actor=people.alice, now=NOW)
    assert [orders.request_of(orders.token_of(link), NOW) for link in (first, second)] == [None, row]
    assert Event.objects.of(row).filter(reason__contains="It went astray.").exists()
    orders.revoke_links(request=row, reason="All.", actor=people.bob, now=NOW)
    with pytest.raises(NotPossible, match="works any more"):
        orders.revoke_links(request=row, reason="Again.", actor=people.bob, now=NOW)


def test_a_new_key_of_the_install_ends_no_link_and_one_for_links_is_replaced_by_turns(people: Cast, settings: Settings) -> None:
    row = sent(VerdictValue.PENDING)
    settings.ANSWER_KEYS = ["old"]
    token = orders.token_of(orders.issue_link(request=row, actor=people.alice, now=NOW))
    settings.SECRET_KEY = "another"
    settings.ANSWER_KEYS = ["new", "old"]
    assert orders.request_of(token, NOW) == row
    settings.ANSWER_KEYS = ["new"]
    assert orders.request_of(token, NOW) is None
