"""Superseding a policy: a new version for one agency, nothing else changes, and the database holds the same line."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from takedown.choices import ClockEventKind, Purpose, StartEvent, VerdictValue
from takedown.models import ClockEvent, DeadlinePolicy, Duty, TakedownRequest
from takedown.models.errors import NotPossible
from takedown.policies import MOST, TERMS, compare, in_force, successor, supersede, terms_of
from tests.factories import EPOCH, Cast, PolicyFactory, RequestFactory, cast, in_verdict

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def people() -> Cast:
    return cast()


@pytest.fixture
def common() -> DeadlinePolicy:
    return PolicyFactory.create()


def renew(people: Cast, base: DeadlinePolicy, now: datetime = NOW, **terms: Any) -> DeadlinePolicy:
    return supersede(
        base=base, terms={**terms_of(base), **terms}, agency=people.agency, reason="Counsel says so.", actor=people.dora, now=now
    )


def asked(people: Cast, policy: DeadlinePolicy, opened_at: datetime = NOW) -> TakedownRequest:
    """A request sent at 14:20:30 on the day it was opened, due an hour later."""
    start = opened_at.replace(hour=14, minute=20, second=30)
    request: TakedownRequest = RequestFactory.create(
        agency=people.agency, policy=policy, opened_at=opened_at, clock_started_at=start, due_at=start + timedelta(hours=1)
    )
    ClockEvent.objects.create(agency=people.agency, request=request, kind=ClockEventKind.SENT, at=start, recorded_at=start)
    return request


def test_everything_that_is_not_identity_is_a_term() -> None:
    assert set(TERMS) == {
        *("name", "start_event", "duration", "unit", "timezone", "holiday_regions", "extra_holidays", "counting_rule", "four_eyes"),
        *("compliance", "sanction", "source", "warn_before", "complies_when", "regions"),
    }


def test_a_common_policy_stays_and_the_agencys_own_goes_first(people: Cast, common: DeadlinePolicy) -> None:
    new = renew(people, common, duration=2, four_eyes=True)
    assert (new.version, new.agency, new.duration, new.four_eyes, new.valid_from, new.valid_to) == (2, people.agency, 2, True, NOW, None)
    common.refresh_from_db()
    assert (common.valid_to, common.duration) == (None, 1)
    assert in_force(people.agency, NOW)["one_hour"] == new
    assert in_force(cast("south").agency, NOW)["one_hour"] == common
    assert in_force(people.agency, NOW - timedelta(seconds=1))["one_hour"] == common


def test_the_agencys_own_version_ends_when_the_next_begins(people: Cast, common: DeadlinePolicy) -> None:
    second = renew(people, common, duration=2)
    third = renew(people, second, NOW + timedelta(hours=1), duration=3)
    second.refresh_from_db()
    assert (second.valid_to, third.valid_from, third.version) == (third.valid_from, NOW + timedelta(hours=1), 3)
    assert in_force(people.agency, NOW + timedelta(hours=1))["one_hour"] == third


def test_who_and_why_are_kept(people: Cast, common: DeadlinePolicy) -> None:
    new = renew(people, common, duration=2)
    line = LogEntry.objects.get()
    assert (line.user, line.object_id, line.change_message) == (people.dora, str(new.pk), "Counsel says so.")


def test_requests_keep_their_version_deadline_and_verdict(people: Cast) -> None:
    request = in_verdict(VerdictValue.MET, agency=people.agency)
    kept = TakedownRequest.objects.values("policy_id", "due_at", "verdict", "clock_started_at", "verdict_reason")
    before = kept.get(pk=request.pk)
    renew(people, request.policy, timezone.now(), duration=1, unit="minutes")
    assert kept.get(pk=request.pk) == before
    request.policy.duration = 5
    with pytest.raises(ValidationError, match="never edited"):
        request.policy.save()
    for sql in ("duration = 5", "unit = 'days'", "four_eyes = true", "valid_from = now()", "agency_id = NULL, key = 'other'"):
        with pytest.raises(IntegrityError, match="never edited"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE takedown_deadlinepolicy SET {sql}")
    assert kept.get(pk=request.pk) == before


def test_two_who_supersede_the_same_version_do_not_overwrite_each_other(people: Cast, common: DeadlinePolicy) -> None:
    renew(people, common, duration=2)
    with pytest.raises(NotPossible, match=r"Meanwhile this was superseded by Removal order, one hour \(v2\)"):
        renew(people, common, duration=3)
    assert DeadlinePolicy.objects.count() == 2


def blocked_on_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else the answer stays the same within a transaction
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_time_wait_for_each_other() -> None:
    people, common, refused = cast(), PolicyFactory.create(), []

    def second() -> None:
        try:
            renew(people, common, duration=3)
        except NotPossible as error:
            refused.append(str(error))
        finally:
            connection.close()

    other = threading.Thread(target=second)
    with transaction.atomic():
        renew(people, common, duration=2)
        other.start()
        while not blocked_on_a_lock():
            assert other.is_alive(), "it did not wait"
    other.join()
    assert len(refused) == 1
    assert DeadlinePolicy.objects.get(agency=people.agency).duration == 2


def test_what_has_ended_is_not_superseded(people: Cast) -> None:
    ended = PolicyFactory.create(valid_to=NOW)
    with pytest.raises(NotPossible, match="Meanwhile this has ended"):
        renew(people, ended, duration=2)


def test_an_end_that_is_set_is_waited_for(people: Cast) -> None:
    own = PolicyFactory.create(agency=people.agency, valid_to=NOW + timedelta(days=1))
    with pytest.raises(NotPossible, match="The end of this version is set already"):
        renew(people, own, duration=2)


def test_a_version_that_is_to_begin_is_waited_for(people: Cast, common: DeadlinePolicy) -> None:
    PolicyFactory.create(agency=people.agency, version=7, valid_from=NOW + timedelta(days=1))
    with pytest.raises(NotPossible, match="is to begin later"):
        renew(people, common, duration=2)


def test_the_same_terms_are_no_new_version(people: Cast, common: DeadlinePolicy) -> None:
    with pytest.raises(NotPossible, match="nothing would change"):
        renew(people, common)


def test_a_reason_is_needed(people: Cast, common: DeadlinePolicy) -> None:
    with pytest.raises(NotPossible, match="Say why"):
        supersede(base=common, terms={**terms_of(common), "duration": 2}, agency=people.agency, reason=" \n", actor=people.dora, now=NOW)


def test_terms_that_give_no_deadline_are_refused_and_the_old_ones_stay(people: Cast, common: DeadlinePolicy) -> None:
    own = renew(people, common, duration=2)
    with pytest.raises(ValidationError, match="No deadline can be computed"):
        renew(people, own, NOW + timedelta(hours=1), duration=0)
    own.refresh_from_db()
    assert own.valid_to is None


def test_a_number_that_was_used_is_not_used_again(people: Cast, common: DeadlinePolicy) -> None:
    PolicyFactory.create(agency=people.agency, version=4, valid_from=EPOCH, valid_to=EPOCH + timedelta(days=1))
    assert renew(people, common, duration=2).version == 5


def test_a_comparison_says_what_other_terms_would_have_given(people: Cast, common: DeadlinePolicy) -> None:
    request = asked(people, common)
    asked(people, PolicyFactory.create(key="other"))
    asked(cast("south"), common)
    asked(people, common, NOW - timedelta(days=31))
    terms = successor(common, people.agency, NOW, terms_of(common) | {"counting_rule": "full_hours_1182_71"})
    (row,), more = compare(terms, people.agency, NOW)
    assert (row.request, row.version, more) == (request, common, 0)
    assert (row.due_at, row.would_be) == (NOW.replace(hour=15, minute=20, second=30), NOW.replace(hour=16))


def test_a_comparison_shows_the_newest_and_counts_the_rest(people: Cast, common: DeadlinePolicy) -> None:
    own = renew(people, common, duration=2)
    asked_for = [asked(people, common if n % 2 else own, NOW - timedelta(hours=n)) for n in range(MOST + 3)]
    rows, more = compare(own, people.agency, NOW)
    assert ([row.request for row in rows], more) == (asked_for[:MOST], 3)


def test_the_clocks_of_duties_are_compared_by_their_own_start(people: Cast) -> None:
    duty = PolicyFactory.create(key="scrutiny", purpose=Purpose.DUTY, start_event=StartEvent.RECORDED, duration=72)
    request = RequestFactory.create(agency=people.agency)
    Duty.objects.create(agency=people.agency, request=request, policy=duty, started_at=NOW, due_at=NOW + timedelta(hours=72))
    (row,), _ = compare(successor(duty, people.agency, NOW, terms_of(duty) | {"duration": 48}), people.agency, NOW)
    assert (row.request, row.due_at, row.would_be) == (request, NOW + timedelta(hours=72), NOW + timedelta(hours=48))
