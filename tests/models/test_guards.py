"""What the database itself refuses, whoever asks."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from takedown.choices import Action, ChangeOf, ClockState, Role, VerdictValue
from takedown.models import ClockEvent, DeadlinePolicy, Event, FlaggedItem, TakedownRequest
from takedown.models.change import note_change
from takedown.models.event import record
from tests.factories import AgencyFactory, ItemFactory, PolicyFactory, RequestFactory, UserFactory, in_order

pytestmark = pytest.mark.django_db


def refused(sql: str, *values: Any) -> str:
    with pytest.raises(IntegrityError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
    return str(error.value)


@pytest.fixture
def request_() -> TakedownRequest:
    request: TakedownRequest = RequestFactory.create()
    now = timezone.now()
    record(request, Action.NOTE, actor=UserFactory.create(), at=now, now=now, reason="a")
    ClockEvent.objects.create(agency=request.agency, request=request, kind="sent", at=now, recorded_at=now)
    return request


@pytest.mark.parametrize("table", ["takedown_event", "takedown_clockevent"])
def test_history_is_neither_changed_nor_deleted(request_: TakedownRequest, table: str) -> None:
    assert "never changed" in refused(f"UPDATE {table} SET at = now()")
    assert "never changed" in refused(f"DELETE FROM {table}")
    assert Event.objects.exists()


def test_the_record_of_administration_is_neither_changed_nor_deleted() -> None:
    note_change(ChangeOf.PERSON, "Alice", "Invited", agency=AgencyFactory.create(), actor=None, now=timezone.now())
    assert "never changed" in refused("UPDATE takedown_change SET what = 'nothing'")
    assert "never changed" in refused("DELETE FROM takedown_change")


@pytest.mark.parametrize("role", Role.values)
def test_an_operator_has_no_agency_and_everybody_else_has_one(role: str) -> None:
    wrong = AgencyFactory.create() if role == Role.OPERATOR else None
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory.create(role=role, agency=wrong)


def test_a_policy_is_superseded_and_never_edited() -> None:
    policy: DeadlinePolicy = PolicyFactory.create()
    policy.duration = 2
    with pytest.raises(ValidationError, match="never edited"):
        policy.save()
    assert "never edited" in refused("UPDATE takedown_deadlinepolicy SET duration = 2")
    policy.refresh_from_db()
    policy.valid_to = timezone.now()
    policy.save(update_fields=["valid_to"])
    assert "never edited" in refused("UPDATE takedown_deadlinepolicy SET valid_to = NULL")
    PolicyFactory.create(version=2)


def test_a_request_keeps_the_policy_it_was_opened_under(request_: TakedownRequest) -> None:
    other = PolicyFactory.create(key="other")
    assert "keeps the policy" in refused("UPDATE takedown_takedownrequest SET policy_id = %s", other.pk)


def test_one_current_version_of_a_policy() -> None:
    PolicyFactory.create()
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyFactory.create(version=2)


@pytest.mark.parametrize(
    "values",
    [
        {"verdict": VerdictValue.MET},
        {"verdict": "maybe"},
        {"status": "lost"},
        {"due_at": timezone.now()},
        {"closed_at": timezone.now()},
        {"last_up": timezone.now(), "first_gone": timezone.now() - timedelta(seconds=1)},
        {"adjudicated_verdict": VerdictValue.MET},
        {"clock_state": "odd"},
    ],
)
def test_a_request_that_claims_what_nothing_supports_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        RequestFactory.create(**values)


def test_met_after_the_deadline_is_refused() -> None:
    now = timezone.now()
    values = {"clock_state": ClockState.RUNNING, "clock_started_at": now, "due_at": now, "verdict": VerdictValue.MET}
    RequestFactory.create(**values, first_gone=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        RequestFactory.create(**values, first_gone=now + timedelta(microseconds=1))


def test_one_open_request_for_an_item_and_a_policy() -> None:
    first: TakedownRequest = RequestFactory.create()
    with pytest.raises(IntegrityError), transaction.atomic():
        RequestFactory.create(item=first.item, policy=first.policy)
    TakedownRequest.objects.filter(pk=first.pk).update(status="withdrawn", closed_at=timezone.now())
    RequestFactory.create(item=first.item, policy=first.policy)


def test_an_identity_is_owned_once_by_each_agency() -> None:
    item: FlaggedItem = ItemFactory.create()
    with pytest.raises(IntegrityError), transaction.atomic():
        ItemFactory.create(identity=item.identity)
    ItemFactory.create(identity=item.identity, agency__slug="south")


def test_numbers_start_where_they_look_like_numbers() -> None:
    assert RequestFactory.create().pk >= 1001


@pytest.mark.parametrize(
    "values",
    [
        {"timezone": "Mars/Olympus", "unit": "working_days", "duration": 2},
        {"unit": "working_days", "duration": 2, "holiday_regions": ["ZZ"]},
        {"unit": "hours", "duration": 2_147_483_647},
        *(
            {"unit": "working_days", "duration": 2, "extra_holidays": [day]}
            for day in ("tomorrow", "20261224", "2026-W52-4", "2026-12-24 ")
        ),
    ],
)
def test_terms_from_which_no_deadline_follows_are_refused_before_anything_is_sent(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="No deadline can be computed"):
        PolicyFactory.build(**values).clean()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"warn_before": [15, 5]}, "each larger than the one before"),
        ({"warn_before": [5, 5]}, "each larger than the one before"),
        ({"warn_before": [0, 5]}, "each larger than the one before"),
        ({"warn_before": [1, 2, 3, 4, 5, 6]}, "At most 5"),
        ({"warn_before": [43_201], "unit": "months"}, "from 1 to 43200"),
        ({"warn_before": [60]}, "no shorter than the period"),
        ({"warn_before": [5], "purpose": "duty", "start_event": "recorded"}, "not for other clocks"),
        ({"regions": ["EU", "UK"]}, "No country or union is called UK"),
    ],
)
def test_warnings_and_regions_that_make_no_sense_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        PolicyFactory.build(**values).clean()


@pytest.mark.parametrize(
    "values",
    [
        *({"warn_before": [5, 59]}, {"warn_before": [43_200], "unit": "months", "duration": 2}, {"warn_before": [60], "unit": "none"}),
        {"regions": ["EU", "AU"]},
    ],
)
def test_warnings_and_regions_that_make_sense_are_taken(values: dict[str, Any]) -> None:
    PolicyFactory.build(**values | ({"duration": 0} if values.get("unit") == "none" else {})).clean()


@pytest.mark.parametrize(
    "values",
    [{"warn_before": [5, 0]}, {"warn_before": [5], "purpose": "duty", "start_event": "recorded"}, {"complies_when": "hidden"}],
)
def test_the_database_refuses_such_terms_too(values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyFactory.create(**values)


def test_a_warning_comes_before_its_deadline_and_once(request_: TakedownRequest) -> None:
    insert = (
        "INSERT INTO takedown_alert (agency_id, kind, at, platform_id, request_id, due_at, detail) "
        f"SELECT agency_id, 'due_soon', %s::timestamptz, platform_id, id, %s, '' FROM takedown_takedownrequest WHERE id = {request_.pk}"
    )
    due = timezone.now()
    for wrong in (due, None):
        assert "alert_warns_before_it_is_due" in refused(insert, due, wrong)
    minutes = [timedelta(minutes=number) for number in range(3)]
    with connection.cursor() as cursor:
        cursor.execute(insert, [due - minutes[2], due])
        cursor.execute(insert, [due - minutes[1], due])
        cursor.execute(insert, [due - minutes[2], due + minutes[1]])
    assert "alert_warns_once" in refused(insert, due - minutes[2], due)
    row = f"WHERE id = {request_.pk}"
    assert "warns_before_it_is_due" in refused(f"UPDATE takedown_takedownrequest SET warn_at = now() {row}")
    assert "open_claim_is_one" in refused(f"UPDATE takedown_takedownrequest SET claim_open = true {row}")


def test_a_reference_number_belongs_to_one_order_of_an_agency() -> None:
    first, second = in_order(VerdictValue.MET), in_order(VerdictValue.MET)
    foreign = in_order(VerdictValue.MET, agency=AgencyFactory.create(slug="south"))
    assert foreign.order.fields["reference_number"] == first.order.fields["reference_number"]
    take = f'UPDATE takedown_removalorder SET fields = fields || \'{{"reference_number": "2026/17"}}\' WHERE request_id = {second.pk}'
    assert "order_reference_once" in refused(take)
    with connection.cursor() as cursor:  # two that have none yet
        cursor.execute("UPDATE takedown_removalorder SET fields = fields - 'reference_number'")


def test_that_an_order_is_final_is_said_by_somebody_and_not_taken_back_in_silence() -> None:
    row = in_order(VerdictValue.MET)
    for half in ("final_at = now()", "final_reason = 'x'", "final_at = now(), final_by_id = saved_by_id"):
        assert "order_final_by_somebody" in refused(f"UPDATE takedown_removalorder SET {half}")
    said = "UPDATE takedown_removalorder SET final_at = now(), final_by_id = saved_by_id, final_reason = 'x'"
    with connection.cursor() as cursor:
        cursor.execute(said)
    back = "final_at = NULL, final_by_id = NULL, final_reason = ''"
    now = timezone.now()
    for action in (None, Action.NOTE, Action.FINAL):
        if action:
            record(row, action, actor=None, at=now, now=now)
        for change in (back, "final_at = now() - interval '1 day'", "final_reason = 'y'"):
            assert "without a record" in refused(f"UPDATE takedown_removalorder SET {change}")
        assert "without a record" in refused("DELETE FROM takedown_removalorder")
    other = in_order(VerdictValue.MET)
    record(other, Action.NOT_FINAL, actor=None, at=now, now=now)
    assert "without a record" in refused(f"UPDATE takedown_removalorder SET {back} WHERE request_id = {row.pk}")
    record(row, Action.NOT_FINAL, actor=None, at=now, now=now)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE takedown_removalorder SET {back}")
