"""A look that finds content up after the platform said it was removed raises one alert for that claim."""

from datetime import timedelta

import pytest

from takedown.choices import AlertKind, Compliance, Outcome, RequestStatus, VerdictValue
from takedown.models import Alert, Observation, TakedownRequest, Watch
from takedown.orders import check_claims
from takedown.verdicts import refresh
from tests.factories import PolicyFactory
from tests.verbs.test_orders import NOW, again, done, sent

pytestmark = pytest.mark.django_db


def claimed(minute: float = 28, verdict: VerdictValue = VerdictValue.PENDING) -> TakedownRequest:
    """An order whose platform said so many minutes after the start that it has removed it; now it is minute 30, and it was up at 25."""
    row = sent(verdict)
    done(row, minute)
    return again(row)


def seen_up(row: TakedownRequest, seconds: float) -> None:
    """So long after the claim. Such a look touches the watch and nothing else."""
    assert row.claimed_at
    Watch.objects.filter(item=row.item).update(last_up=row.claimed_at + timedelta(seconds=seconds))


def alerts(row: TakedownRequest) -> list[str]:
    return list(Alert.objects.filter(kind=AlertKind.CONTRADICTED, request=row).order_by("id").values_list("detail", flat=True))


@pytest.mark.parametrize(("seconds", "expected"), [(-1, 0), (0, 0), (0.99, 0), (1, 1), (60, 1), (86_400, 1)])
def test_a_look_after_the_claim_contradicts_it_to_the_second(seconds: float, expected: int) -> None:
    row = claimed()
    seen_up(row, seconds)
    assert check_claims() == expected
    assert len(alerts(row)) == expected
    assert all("but it was seen up at" in text for text in alerts(row))


@pytest.mark.parametrize(
    ("complies", "before", "now", "expected"),
    [
        (Compliance.REMOVED, None, Outcome.GEO_BLOCKED, 1),
        (Compliance.REMOVED_OR_DISABLED, None, Outcome.GEO_BLOCKED, 0),
        (Compliance.REMOVED_OR_DISABLED, None, Outcome.AVAILABLE_GATED, 1),
        (Compliance.REMOVED_OR_DISABLED, Outcome.GEO_BLOCKED, Outcome.INDETERMINATE, 0),
        (Compliance.REMOVED_OR_DISABLED, Outcome.AVAILABLE, Outcome.INDETERMINATE, 1),
        (Compliance.REMOVED_OR_DISABLED, Outcome.AVAILABLE, Outcome.GEO_BLOCKED, 1),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_what_is_withheld_contradicts_only_a_claim_that_it_was_removed(
    complies: Compliance, before: Outcome | None, now: Outcome, expected: int, late: bool
) -> None:
    """`before`: a run since the claim, over now. `late`: the answer arrives after the looks."""
    PolicyFactory.create(key="tco_removal_order", complies_when=complies)
    row = sent(VerdictValue.PENDING)
    at = (row.clock_started_at or NOW) + timedelta(minutes=28)
    if not late:
        done(row, 28)
    Watch.objects.filter(item=row.item).update(outcome=now, last_up=at + timedelta(seconds=60))
    if before:
        facts = {"item": row.item, "agency": row.agency, "episode": 1, "outcome": before, "reason": "seen"}
        ends = dict.fromkeys(("first_sent", "first_answered", "last_sent", "last_answered"), at + timedelta(seconds=40))
        Observation.objects.create(**facts, **ends)
    if late:
        done(again(row), 28)
    assert check_claims() == (0 if late else expected)
    assert (len(alerts(row)), again(row).claim_open) == (expected, not expected)
    if not expected:  # and is followed on
        Watch.objects.filter(item=row.item).update(outcome=Outcome.AVAILABLE, last_up=at + timedelta(seconds=90))
        assert check_claims() == 1


def test_it_is_said_once_for_each_claim_however_often_it_is_seen_up() -> None:
    row = claimed()
    for minutes in range(1, 5):
        seen_up(row, 60 * minutes)
        check_claims()
    assert len(alerts(row)) == 1
    done(again(row), 35, now=NOW + timedelta(minutes=6))
    assert check_claims() == 0
    seen_up(again(row), 5)
    assert [check_claims(), check_claims()] == [1, 0]
    assert len(alerts(row)) == 2


def test_a_claim_that_was_contradicted_when_it_was_made_is_not_contradicted_again() -> None:
    row = claimed(24)
    assert len(alerts(row)) == 1
    seen_up(row, 600)
    assert (check_claims(), row.claim_open) == (0, False)


def test_the_alert_is_dated_at_the_look_that_contradicts() -> None:
    row = claimed()
    seen_up(row, 60)
    check_claims()
    alert = Alert.objects.get(kind=AlertKind.CONTRADICTED)
    assert row.claimed_at
    assert (alert.at, alert.agency, alert.platform) == (row.claimed_at + timedelta(seconds=60), row.agency, row.platform)


@pytest.mark.parametrize(("confirmed", "expected"), [(True, 0), (False, 1)])
def test_content_that_was_surely_gone_and_comes_back_does_not_contradict(confirmed: bool, expected: int) -> None:
    row = claimed()
    gone = NOW + timedelta(seconds=5)
    found = {"first_gone": gone, "last_gone": gone, "confirmed_at": gone if confirmed else None}
    Watch.objects.filter(item=row.item).update(**found)
    refresh([row.item_id], now=gone)
    assert again(row).claim_open is not confirmed
    Watch.objects.filter(item=row.item).update(first_gone=None, last_gone=None, confirmed_at=None, last_up=NOW + timedelta(minutes=5))
    assert (check_claims(), len(alerts(row))) == (expected, expected)


@pytest.mark.parametrize("verdict", [VerdictValue.MET, VerdictValue.INDETERMINATE])
def test_a_claim_about_what_is_gone_is_over(verdict: VerdictValue) -> None:
    row = claimed(30, verdict)
    assert (row.claim_open, row.status) == (False, RequestStatus.CLOSED)


def test_what_was_withdrawn_is_not_followed() -> None:
    row = claimed()
    TakedownRequest.objects.update(status=RequestStatus.WITHDRAWN, closed_at=NOW)
    seen_up(row, 60)
    assert check_claims() == 0


def test_a_worker_that_dies_half_way_has_done_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    row = claimed()
    seen_up(row, 60)

    def die(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr("django.db.models.query.QuerySet.update", die)
        with pytest.raises(RuntimeError, match="killed"):
            check_claims()
    assert alerts(row) == []
    assert (check_claims(), len(alerts(row))) == (1, 1)
