"""Policies: how long, from when, on which calendar, and what would other terms have meant?"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from takedown.choices import Purpose
from takedown.models import Agency, DeadlinePolicy, Duty, TakedownRequest
from takedown.models.access import Permission
from takedown.models.errors import NotPossible
from takedown.policies import LOOK_BACK, compare, in_force, supersede
from takedown.verdicts import database_now
from takedown.web.access import SignedIn, agency_of, requires
from takedown.web.terms import TermsForm, calendar_of, difference, in_words


@dataclass(frozen=True, slots=True)
class Version:
    """One version as its column shows it."""

    policy: DeadlinePolicy
    standing: str
    open: int
    log: LogEntry | None
    """Who made it and why, for an agency's own."""


@requires(Permission.READ)
@require_GET
def page(request: SignedIn) -> HttpResponse:
    now, agency = timezone.now(), agency_of(request.user)
    ours, used = in_force(agency, now), _open(agency)
    known = DeadlinePolicy.objects.filter(Q(agency=None) | Q(agency=agency))
    rows = [
        (policy, calendar_of(policy), ours[policy.key] == policy, used[policy.pk])
        for policy in DeadlinePolicy.objects.current(agency, now).order_by("name", "key", "agency")
    ]
    context = {
        "now": now,
        "groups": [
            (title, [row for row in rows if row[0].purpose == purpose])
            for purpose, title in ((Purpose.REMOVAL, "Requests"), (Purpose.DUTY, "Other clocks"))
        ],
        "others": sorted(set(known.exclude(key__in=ours).values_list("key", flat=True))),
    }
    return render(request, "policies/page.html", context)


@requires(Permission.READ)
@require_GET
def versions(request: SignedIn, key: str) -> HttpResponse:
    """All versions side by side, each compared with the one before it."""
    now, agency = timezone.now(), agency_of(request.user)
    found = _versions(agency, key)
    if not found:
        raise Http404
    ours, used, log = in_force(agency, now).get(key), _open(agency), _log(agency, found)
    columns = [Version(policy, _standing(policy, ours, now), used[policy.pk], log.get(policy.pk)) for policy in found]
    context = {"now": now, "key": key, "ours": ours, "title": (ours or found[0]).name, "columns": columns, "table": _table(found)}
    return render(request, "policies/versions.html", context)


@requires(Permission.ADMINISTER, fresh=True)
@require_http_methods(["GET", "POST"])
def replace(request: SignedIn, key: str) -> HttpResponse:
    """The terms in force as a form; what it would have meant for the last requests; and then the new version."""
    now, agency = database_now(), agency_of(request.user)
    base = in_force(agency, now).get(key)
    if base is None:
        raise Http404
    form = TermsForm(request.POST if request.method == "POST" else None, base=base, agency=agency, now=now)
    computable = form.is_valid()
    if computable and "supersede" in request.POST:
        try:
            if request.POST.get("seen") != form.digest:
                raise NotPossible("This is not what the preview has shown. Look at it below, and confirm again.")
            new = supersede(base=base, terms=form.terms, agency=agency, reason=form.cleaned_data["reason"], actor=request.user, now=now)
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{new.name}: version {new.version} is in force.")
            return redirect("policy", key=key)
    context: dict[str, Any] = {"now": now, "form": form, "base": base, **(_preview(form, agency, now) if computable else {})}
    return render(request, "policies/supersede.html", context, status=409 if form.errors else 200)


def _preview(form: TermsForm, agency: Agency, now: datetime) -> dict[str, Any]:
    rows, more = compare(form.instance, agency, now)
    return {
        "rows": [(row, difference(row.due_at, row.would_be)) for row in rows],
        "more": more,
        "changed": sum(row.due_at != row.would_be for row in rows),
        "days": LOOK_BACK.days,
        "seen": form.digest,
    }


def _versions(agency: Agency, key: str) -> list[DeadlinePolicy]:
    """The agency's own versions and then the common ones, the newest first."""
    found = DeadlinePolicy.objects.filter(Q(agency=None) | Q(agency=agency), key=key).select_related("agency")
    return sorted(found, key=lambda policy: (policy.agency_id is None, -policy.version))


def _table(found: Sequence[DeadlinePolicy]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Per term a label and for each version its words, and what they were in the version before where they differ."""
    words = [in_words(policy) for policy in found]
    before = [_before(policy, found) for policy in found]
    return [
        (
            label,
            [
                (own[label], words[was][label] if was is not None and words[was][label] != own[label] else "")
                for own, was in zip(words, before, strict=True)
            ],
        )
        for label in words[0]
    ]


def _before(policy: DeadlinePolicy, found: Sequence[DeadlinePolicy]) -> int | None:
    """Index of the version that this one took the place of: of the same owner, else the common one that was in force then."""
    earlier = [each for each in found if each.agency_id == policy.agency_id and each.version < policy.version]
    if not earlier and policy.agency_id:
        earlier = [each for each in found if each.agency_id is None and each.valid_from <= policy.valid_from]
    return found.index(max(earlier, key=lambda each: each.version)) if earlier else None


def _standing(policy: DeadlinePolicy, ours: DeadlinePolicy | None, now: datetime) -> str:
    if policy == ours:
        return "In force"
    if policy.valid_to and policy.valid_to <= now:
        return "Ended"
    return "Not in force yet" if policy.valid_from > now else "Not used here: your agency's own goes first"


def _open(agency: Agency) -> Counter[int]:
    """How many open requests, or duties, of the agency each version has."""
    requests = TakedownRequest.objects.for_agency(agency).open()
    duties = Duty.objects.for_agency(agency).filter(done_at=None)
    counts: Counter[int] = Counter()
    for found in (requests, duties):
        counts.update(dict(found.order_by().values_list("policy_id").annotate(open=Count("id"))))
    return counts


def _log(agency: Agency, found: Sequence[DeadlinePolicy]) -> dict[int, LogEntry]:
    """What is on record about the making of the agency's own versions."""
    own = [str(policy.pk) for policy in found if policy.agency_id]
    kind = ContentType.objects.get_for_model(DeadlinePolicy)
    lines = LogEntry.objects.filter(content_type=kind, object_id__in=own, user__agency=agency).select_related("user")
    return {int(line.object_id or 0): line for line in lines}
