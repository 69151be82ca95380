"""Take reports in: identify, deduplicate, open what must be opened. One transaction, a fixed number of statements."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from platforms.base import ContentRef
from platforms.identity import NotAURL, as_reported, identify
from platforms.models import Platform, rows_for
from takedown.choices import OPEN, Action, Category, Channel, Purpose, ReportOutcome, RequestStatus, Severity
from takedown.intake.again import Call, by_key, by_reference, lock
from takedown.models import Agency, ApiKey, DeadlinePolicy, FlaggedItem, Report, TakedownRequest, User, Watch
from takedown.models.event import Actor, line, record_all
from takedown.models.item import identity_of
from takedown.policies import chooser, in_force

Identity = UUID


@dataclass(frozen=True, slots=True)
class Draft:
    """A report as it is submitted."""

    url: str
    category: str
    client_reference: str = ""
    policy: str = ""
    """Key of a policy; empty: the one of an open request about the item, else the agency's default."""
    note: str = ""
    language: str = ""
    severity: str = Severity.MEDIUM
    place: int = 0
    """Where it stands in its call."""

    def fingerprint(self) -> str:
        """The same for what says the same, wherever it stands."""
        return hashlib.sha256(json.dumps({**asdict(self), "place": None}, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of one draft: a report, or the reason why there is none."""

    draft: Draft
    report: Report | None = None
    error: str = ""
    field: str = ""
    """The field of the draft that the error is about."""
    repeated: bool = False
    """The same draft came before, in the same call or under the same reference; `report` is that one."""
    conflict: bool = False
    """The reference belongs to a report that says something else."""


@dataclass(frozen=True, slots=True)
class _Accepted:
    index: int
    draft: Draft
    ref: ContentRef
    identity: Identity
    policy: DeadlinePolicy
    """The one that is named, else the one that is chosen for such reports: any open request will do then."""

    @property
    def reported_url(self) -> str:
        """ "" where the canonical address is just what was reported."""
        exact = as_reported(self.draft.url)
        return exact if exact != self.ref.canonical_url else ""


def submit(*, agency: Agency, drafts: Sequence[Draft], actor: User | ApiKey, now: datetime, call: Call | None = None) -> list[Filed]:
    """File each draft or say why not; a bad one never stops a good one. Results in the order of the drafts.

    A call that came before is answered with what it led to then, and so is a client's report that has the reference of another and says
    the same. Raises KeyReused, and files nothing, where a call's key came before with another body.
    """
    client = actor.client if isinstance(actor, ApiKey) else None
    owned = Report.objects.for_agency(agency).filter(client=client)
    references = {draft.client_reference for draft in drafts if draft.client_reference and client}
    results: dict[int, Filed] = {}
    with transaction.atomic():
        lock(client or agency, call, references)
        before, referenced = by_key(owned, call), by_reference(owned, references)
        policies = {key: policy for key, policy in in_force(agency, now).items() if policy.purpose == Purpose.REMOVAL}
        choose = chooser(agency)
        accepted: list[_Accepted] = []
        for index, draft in enumerate(drafts):
            if report := before.get(draft.place):
                results[index] = Filed(draft, report, repeated=True)
            elif report := referenced.get(draft.client_reference):
                results[index] = _known_by_reference(draft, report)
            elif one := _accept(index, draft, policies, choose, results):
                accepted.append(one)
        first = _first_of_each_reference(accepted) if client else accepted
        if first:
            _file(agency, first, actor, now, call, results)
        _answer_the_others(accepted, results)
    return [results[index] for index in range(len(drafts))]


def _known_by_reference(draft: Draft, report: Report) -> Filed:
    """The client has a report with this reference: answer that one if the draft says the same, else refuse."""
    if report.fingerprint == draft.fingerprint():
        return Filed(draft, report, repeated=True)
    error = f"You sent this reference before with something else: report {report.pk}. Take another reference for another report."
    return Filed(draft, error=error, field="client_reference", conflict=True)


def _first_of_each_reference(accepted: Sequence[_Accepted]) -> list[_Accepted]:
    """Those to file: of several with one reference the first."""
    first: dict[str, int] = {}
    return [one for one in accepted if not (name := one.draft.client_reference) or first.setdefault(name, one.index) == one.index]


def _answer_the_others(accepted: Sequence[_Accepted], results: dict[int, Filed]) -> None:
    """Drafts of one call that share a reference with one that is filed by now."""
    filed = {one.draft.client_reference: one.report for one in results.values() if one.report}
    for one in accepted:
        if one.index not in results and (report := filed[one.draft.client_reference]):
            results[one.index] = _known_by_reference(one.draft, report)


def _accept(
    index: int, draft: Draft, policies: Mapping[str, DeadlinePolicy], choose: Callable[[str, str], str], results: dict[int, Filed]
) -> _Accepted | None:
    """Check one draft. A refusal goes into `results`."""
    try:
        ref = identify(draft.url)
    except NotAURL as error:
        results[index] = Filed(draft, error=str(error), field="url")
        return None
    field, problem, key = "", "", draft.policy or choose(ref.platform, draft.category)
    if draft.category not in Category.values:
        field, problem = "category", f"Unknown category. Known: {', '.join(Category.values)}."
    elif draft.severity not in Severity.values:
        field, problem = "severity", f"Unknown severity. Known: {', '.join(Severity.values)}."
    elif draft.policy and draft.policy not in policies:
        field, problem = "policy", f"Unknown policy {draft.policy!r}. Known: {', '.join(sorted(policies))}."
    elif key not in policies:
        field, problem = "policy", "No policy applies. Name one, or ask an administrator to set the agency's default."
    elif nul := next((name for name, value in asdict(draft).items() if "\x00" in str(value)), ""):
        field, problem = nul, "Text must not contain NUL characters."
    if problem:
        results[index] = Filed(draft, error=problem, field=field)
        return None
    return _Accepted(index, draft, ref, identity_of(ref), policies[key])


def _file(
    agency: Agency,
    accepted: Sequence[_Accepted],
    actor: User | ApiKey,
    now: datetime,
    call: Call | None,
    results: dict[int, Filed],
) -> None:
    platforms = rows_for({one.ref.platform for one in accepted})
    items, new = _items(agency, accepted, platforms, now)
    gone = _wake(items.values(), now)
    requests = _requests(agency, accepted, items, platforms, actor, now)
    reports, first = [], set(new)
    for one in accepted:
        item = items[one.identity]
        outcome = ReportOutcome.CREATED if one.identity in first else ReportOutcome.RETURNED if item.pk in gone else ReportOutcome.KNOWN
        first.discard(one.identity)
        reports.append(_report(agency, one, item, requests[one.index], outcome, actor, now, call))
    Report.objects.bulk_create(reports)
    record_all(
        line(Report, report.pk, agency.pk, Action.REPORTED, actor=actor, at=now, now=now, new=str(report.outcome)) for report in reports
    )
    for one, report in zip(accepted, reports, strict=True):
        results[one.index] = Filed(one.draft, report)


def _report(
    agency: Agency,
    one: _Accepted,
    item: FlaggedItem,
    request: TakedownRequest,
    outcome: ReportOutcome,
    actor: User | ApiKey,
    now: datetime,
    call: Call | None,
) -> Report:
    draft = one.draft
    return Report(
        agency=agency,
        url=draft.url,
        item=item,
        request=request,
        outcome=outcome,
        category=draft.category,
        severity=draft.severity,
        language=draft.language,
        note=draft.note,
        client_reference=draft.client_reference,
        idempotency_key=call.key if call else "",
        call_fingerprint=call.fingerprint if call else "",
        place=draft.place,
        fingerprint=draft.fingerprint(),
        client=actor.client if isinstance(actor, ApiKey) else None,
        submitted_by=actor if isinstance(actor, User) else None,
        submitted_with=actor if isinstance(actor, ApiKey) else None,
        submitted_at=now,
    )


def _items(
    agency: Agency, accepted: Sequence[_Accepted], platforms: Mapping[str, Platform], now: datetime
) -> tuple[dict[Identity, FlaggedItem], set[Identity]]:
    """The items by identity, those that did not exist created; and the identities of these."""
    wanted = {one.identity: one for one in sorted(accepted, key=lambda one: (one.identity, -one.index))}
    owned = FlaggedItem.objects.for_agency(agency)
    known = set(owned.filter(identity__in=list(wanted)).values_list("identity", flat=True))
    FlaggedItem.objects.bulk_create(
        [
            FlaggedItem(
                agency=agency,
                identity=identity,
                platform=platforms[one.ref.platform],
                kind=one.ref.kind,
                external_id=one.ref.external_id,
                canonical_url=one.ref.canonical_url,
                reported_url=one.reported_url,
                created_at=now,
            )
            for identity, one in wanted.items()
            if identity not in known
        ],
        ignore_conflicts=True,
    )
    items = {item.identity: item for item in owned.filter(identity__in=list(wanted))}
    # An item that another transaction created while ours waited for it is not ours.
    new = {identity for identity, item in items.items() if identity not in known and item.created_at == now}
    Watch.objects.bulk_create(
        [
            Watch(item=items[identity], platform_id=items[identity].platform_id, agency=agency, since=now, next_look_at=now)
            for identity in sorted(new)
        ],
        ignore_conflicts=True,
    )
    return items, new


def _wake(items: Collection[FlaggedItem], now: datetime) -> set[int]:
    """Have the items looked at now; ids of those last known to be gone. Locks the watches, so that reports of one item queue up."""
    watches = Watch.objects.filter(item__in=items).order_by("item_id").select_for_update()
    known = list(watches.values_list("item_id", "first_gone", "next_look_at"))
    gone = {item_id for item_id, first_gone, _ in known if first_gone is not None}
    soon = now + timedelta(seconds=settings.LOOK_LEASE_SECONDS)
    Watch.objects.filter(item__in=items, next_look_at__gt=soon).update(next_look_at=now)
    # A link, or a name, that led to another item may lead elsewhere today: it is followed again. The watch says so, for it is locked.
    if merged := [item_id for item_id, _, next_look_at in known if next_look_at is None]:
        FlaggedItem.objects.filter(pk__in=merged).update(merged_into=None)
        Watch.objects.filter(item__in=merged).update(next_look_at=now, since=now)
    return gone


def _requests(
    agency: Agency,
    accepted: Sequence[_Accepted],
    items: Mapping[Identity, FlaggedItem],
    platforms: Mapping[str, Platform],
    actor: Actor,
    now: datetime,
) -> dict[int, TakedownRequest]:
    """The request each draft belongs to, by the draft's index; opened where there is none under that policy."""
    open_now: dict[int, list[TakedownRequest]] = {}
    owned = TakedownRequest.objects.for_agency(agency).filter(item__in=[item.pk for item in items.values()], status__in=OPEN)
    for request in owned.select_related("policy").order_by("due_at", "pk"):
        open_now.setdefault(request.item_id, []).append(request)
    found: dict[int, TakedownRequest] = {}
    opened: list[TakedownRequest] = []
    for one in accepted:
        item = items[one.identity]
        mine = open_now.setdefault(item.pk, [])
        known = next((each for each in mine if not one.draft.policy or each.policy_id == one.policy.pk), None)
        if known is None:
            known = _open(agency, one, item, platforms[one.ref.platform], one.policy, actor, now)
            mine.append(known)
            opened.append(known)
        found[one.index] = known
    TakedownRequest.objects.bulk_create(opened)
    record_all(
        line(TakedownRequest, request.pk, agency.pk, Action.OPENED, actor=actor, at=now, now=now, new=request.policy.key)
        for request in opened
    )
    return found


def _open(
    agency: Agency, one: _Accepted, item: FlaggedItem, platform: Platform, policy: DeadlinePolicy, actor: Actor, now: datetime
) -> TakedownRequest:
    waits = policy.four_eyes
    return TakedownRequest(
        agency=agency,
        item=item,
        platform=platform,
        policy=policy,
        category=one.draft.category,
        severity=one.draft.severity,
        language=one.draft.language,
        explanation=one.draft.note,
        status=RequestStatus.TO_APPROVE if waits else RequestStatus.TO_SEND,
        opened_at=now,
        opened_by=actor if isinstance(actor, User) else None,
        channel=platform.channel,
        next_attempt_at=None if waits or platform.channel == Channel.MANUAL else now,
    )
