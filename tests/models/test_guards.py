"""What the database itself refuses, whoever asks."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from takedown.choices import Action, ClockState, VerdictValue
from takedown.models import ClockEvent, DeadlinePolicy, Event, FlaggedItem, TakedownRequest
from takedown.models.event import record
from tests.factories import ItemFactory, PolicyFactory, RequestFactory, UserFactory

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
        {"unit": "working_days", "duration": 2, "extra_holidays": ["tomorrow"]},
    ],
)
def test_terms_from_which_no_deadline_follows_are_refused_before_anything_is_sent(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="No deadline can be computed"):
        PolicyFactory.build(**values).clean()
