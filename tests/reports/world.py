"""Requests on all edges, for the reports: those of the statistics' worlds, and what only reports tell of."""

import random
from datetime import timedelta
from typing import Any

from takedown.choices import GONE, AnswerKind, Category, ClockEventKind, ClockState, RequestStatus
from takedown.models import Agency, ClockEvent, DeadlinePolicy, PlatformAnswer, RemovalOrder, TakedownRequest, User
from takedown.reports import KINDS, Report, build, read
from tests.factories import AgencyFactory, PlatformFactory, PolicyFactory, RequestFactory, UserFactory
from tests.statistics.rows import NOW, counted
from tests.statistics.test_bands import with_watches

YEAR = {"year": "2026", "policy": ""}
DAYS = {"from": "2026-01-01", "to": "2026-03-18"}


def world(seed: int) -> list[TakedownRequest]:
    """The requests of one agency. Some are orders, with answers and Annex I; some were sent and have no clock yet."""
    pick = random.Random(seed)
    order = PolicyFactory.create(key="tco_removal_order", name="TCO removal order")
    author = UserFactory.create(username="author", password="")
    policies = [order, PolicyFactory.create()]
    requests = with_watches(seed) + [_ordered(pick, order) for _ in range(25)] + [_unstarted(pick, policies) for _ in range(6)]
    for request in requests:
        request.category = pick.choice(Category.values)
        if request.gone_confirmed and (request.due_at or NOW) <= NOW and pick.random() < 0.2:
            request.gone_until = request.back_at = NOW
        request.save(update_fields=("category", "gone_until", "back_at"))
        if request.policy == order:
            _answer(request, pick, author)
    return list(TakedownRequest.objects.order_by("pk").select_related("item", "platform", "policy", "agency"))


def _ordered(pick: random.Random, order: DeadlinePolicy) -> TakedownRequest:
    """An order whose content went around its deadline, or is up."""
    last_up, first_gone = pick.choice([(None, -5), (10, 20), (55, 65), (60, 80), (10, 3000), (50, None), (90, None)])
    state = pick.choices([ClockState.RUNNING, ClockState.VOIDED, ClockState.WITHDRAWN], [8, 1, 1])[0]
    facts: dict[str, Any] = {"last_up": last_up, "first_gone": first_gone, "confirmed": pick.random() < 0.8, "state": state}
    outcome = pick.choice(sorted(GONE)) if first_gone is not None else ""
    platform = PlatformFactory.create(slug=pick.choice(["web", "video"]))
    return counted(timedelta(days=pick.choice([5, 40, 100])), policy=order, gone_outcome=outcome, item__platform=platform, **facts)


def _unstarted(pick: random.Random, policies: list[DeadlinePolicy]) -> TakedownRequest:
    """Sent some time ago, or not at all; withdrawn, or waiting for the event that starts its clock."""
    status = pick.choice([RequestStatus.SENT, RequestStatus.WITHDRAWN, RequestStatus.TO_SEND])
    state = ClockState.WITHDRAWN if status == RequestStatus.WITHDRAWN else ClockState.NOT_STARTED
    closed = NOW if status == RequestStatus.WITHDRAWN else None
    verdict = "not_counted" if closed else "not_started"
    facts = {"status": status, "clock_state": state, "closed_at": closed, "verdict": verdict, "policy": pick.choice(policies)}
    request = RequestFactory.create(item__platform=PlatformFactory.create(slug="chat"), **facts)
    if status != RequestStatus.TO_SEND:
        at = NOW - timedelta(days=pick.choice([1, 30, 100]))
        for later in (timedelta(), timedelta(days=60)):  # marked as sent twice: the first counts
            ClockEvent.objects.create(agency=request.agency, request=request, kind=ClockEventKind.SENT, at=at + later, recorded_at=NOW)
    return request


def _answer(request: TakedownRequest, pick: random.Random, author: User) -> None:
    """Annex I, which may not say whether it is cross-border, and answers."""
    crossing = pick.choice([True, False, None])
    fields = {"reference_number": f"reference {request.pk}", **({} if crossing is None else {"is_cross_border": crossing})}
    if pick.random() < 0.8:
        RemovalOrder.objects.create(request=request, agency=request.agency, fields=fields, saved_at=NOW, saved_by=author)
    for kind in AnswerKind.values:
        if pick.random() < 0.3:
            PlatformAnswer.objects.create(agency=request.agency, request=request, kind=kind, fields={}, recorded_at=NOW)


def agency(zone: str = "America/New_York") -> Agency:
    """One whose days do not begin when those of UTC do."""
    return AgencyFactory.create(timezone=zone)


def report(kind: str, unit: Agency, query: dict[str, str] | None = None) -> Report:
    asked = read(KINDS[kind], {**YEAR, **DAYS, **(query or {})}, unit, NOW)
    return build(KINDS[kind], asked, unit, NOW)


def gone(number: int, after: float = 21, **fields: Any) -> list[TakedownRequest]:
    """So many requests of two hours ago whose content surely went `after` minutes."""
    return [counted(timedelta(hours=2), last_up=after - 1, first_gone=after, **fields) for _ in range(number)]


__all__ = ["DAYS", "NOW", "YEAR", "agency", "gone", "report", "world"]
