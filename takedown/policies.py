"""Deadline policies: which version goes, what other terms would have meant, and how new ones take their place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.admin.models import ADDITION, LogEntry
from django.db import transaction
from django.db.models import F, QuerySet

from takedown.choices import Purpose
from takedown.deadlines import period_end, read_clock
from takedown.models import Agency, DeadlinePolicy, Duty, TakedownRequest, User
from takedown.models.errors import NotPossible

IDENTITY = frozenset({"id", "key", "version", "agency", "purpose", "valid_from", "valid_to"})
TERMS = tuple(field.name for field in DeadlinePolicy._meta.concrete_fields if field.name not in IDENTITY)
"""What a new version may say anew."""
LOOK_BACK = timedelta(days=30)
MOST = 50
"""Rows of a comparison."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """When one request or duty is due, and when it would be under other terms. None: no deadline."""

    request: TakedownRequest
    version: DeadlinePolicy
    due_at: datetime | None
    would_be: datetime | None


def in_force(agency: Agency, now: datetime) -> dict[str, DeadlinePolicy]:
    """The version of each key that a new request gets; an agency's own goes before the common one."""
    current = DeadlinePolicy.objects.current(agency, now).order_by(F("agency").asc(nulls_first=True), "version")
    return {policy.key: policy for policy in current}


def chooser(agency: Agency) -> Callable[[str, str], str]:
    """Gives the key for a report that names no policy, by platform and category. What says more goes first: both, the category alone, the
    platform alone, the agency's default."""
    choices = agency.policy_choices.values_list("platform__slug", "category", "policy_key")
    keys = {(platform or "", category): key for platform, category, key in choices}

    def choose(platform: str, category: str) -> str:
        told = (keys.get(case) for case in ((platform, category), ("", category), (platform, "")))
        return next((key for key in told if key), agency.default_policy_key)

    return choose


def terms_of(policy: DeadlinePolicy) -> dict[str, object]:
    """The terms of a version by field."""
    return {name: getattr(policy, name) for name in TERMS}


def successor(base: DeadlinePolicy, agency: Agency, now: datetime, terms: Mapping[str, object]) -> DeadlinePolicy:
    """The version that an agency would put in the place of another one; not saved."""
    own = DeadlinePolicy.objects.filter(agency=agency, key=base.key).order_by("-version").values_list("version", flat=True).first()
    version = max(base.version, own or 0) + 1
    return DeadlinePolicy(agency=agency, key=base.key, purpose=base.purpose, version=version, valid_from=now, **terms)


def compare(terms: DeadlinePolicy, agency: Agency, now: datetime) -> tuple[list[Comparison], int]:
    """What the agency opened under any version of this key lately, the newest first, and how many more there are."""
    rows, total = (_duties if terms.purpose == Purpose.DUTY else _requests)(terms, agency, now)
    return rows, max(total - len(rows), 0)


@transaction.atomic
def supersede(
    *, base: DeadlinePolicy, terms: Mapping[str, object], agency: Agency, reason: str, actor: User, now: datetime
) -> DeadlinePolicy:
    """Put a new version of the agency in the place of `base`. What was opened under another version keeps that.

    The common version stays in force for everybody else. Django's own log keeps who did it and why.
    """
    # Two of one agency wait here for each other, also where there is no version of its own yet.
    Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)
    current = in_force(agency, now).get(base.key)
    if current != base:
        raise NotPossible(f"Meanwhile this was superseded by {current}." if current else "Meanwhile this has ended.")
    if base.agency_id and base.valid_to:
        raise NotPossible("The end of this version is set already. Wait until it has ended.")
    if DeadlinePolicy.objects.filter(agency=agency, key=base.key, valid_from__gt=now).exists():
        raise NotPossible("A version of your agency is to begin later. Wait until it has begun.")
    if terms == terms_of(base):
        raise NotPossible("These are the terms in force: nothing would change.")
    if not reason.strip():
        raise NotPossible("Say why: the reason is part of the record.")
    new = successor(base, agency, now, terms)
    new.clean()
    if base.agency_id:
        base.valid_to = now
        base.save(update_fields=["valid_to"])
    new.save(force_insert=True)
    LogEntry.objects.log_actions(actor.pk, [new], ADDITION, reason.strip())
    return new


def _requests(terms: DeadlinePolicy, agency: Agency, now: datetime) -> tuple[list[Comparison], int]:
    opened = TakedownRequest.objects.for_agency(agency).filter(policy__key=terms.key, opened_at__gte=now - LOOK_BACK)
    shown = opened.select_related("policy").prefetch_related("clock_events").order_by("-opened_at", "-id")[:MOST]
    rows = [Comparison(each, each.policy, each.due_at, read_clock(terms, each.clock_events.all()).due_at) for each in shown]
    return rows, opened.count()


def _duties(terms: DeadlinePolicy, agency: Agency, now: datetime) -> tuple[list[Comparison], int]:
    started = Duty.objects.for_agency(agency).filter(policy__key=terms.key, started_at__gte=now - LOOK_BACK)
    shown: QuerySet[Duty] = started.select_related("policy", "request").order_by("-started_at", "-id")[:MOST]
    return [Comparison(each.request, each.policy, each.due_at, period_end(terms, each.started_at)) for each in shown], started.count()
