# mypy: disable-error-code="no-untyped-call"
"""The shared cast: one agency with Alice (analyst), Bob (supervisor), Charlie (auditor) and Dora (administrator), what they work on, and
Emil (operator), who belongs to no agency.

`cast()` makes all people at once, `in_verdict(...)` a request whose facts really lead to that verdict. Call factories as
`UserFactory.create(...)`: the library types that form only.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone
from factory.declarations import LazyAttribute, LazyFunction, SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from platforms.models import Platform
from takedown import orders
from takedown.choices import (
    Category,
    Channel,
    ClockEventKind,
    ClockState,
    Outcome,
    ReportOutcome,
    RequestStatus,
    Role,
    SubmissionState,
    VerdictValue,
)
from takedown.models import (
    Agency,
    AnswerLink,
    ApiKey,
    Client,
    ClockEvent,
    DeadlinePolicy,
    FlaggedItem,
    Observation,
    RemovalOrder,
    Report,
    Submission,
    TakedownRequest,
    User,
    Watch,
)
from takedown.models.item import identity_of

PASSWORD = "correct horse battery staple"
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@cache
def _hashed() -> str:
    """Hashing is slow on purpose; once is enough."""
    return make_password(PASSWORD)


class AgencyFactory(DjangoModelFactory[Agency]):
    class Meta:
        model = Agency
        django_get_or_create = ("slug",)

    slug = "north"
    name = LazyAttribute(lambda agency: f"{agency.slug.capitalize()} Unit")


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        django_get_or_create = ("username",)
        skip_postgeneration_save = True

    username = Sequence(lambda n: f"person{n}")
    display_name = LazyAttribute(lambda user: user.username.capitalize())
    agency = SubFactory(AgencyFactory)
    role = Role.ANALYST
    password = LazyFunction(_hashed)


class PlatformFactory(DjangoModelFactory[Platform]):
    class Meta:
        model = Platform
        django_get_or_create = ("slug",)

    slug = "web"
    name = LazyAttribute(lambda platform: platform.slug.capitalize())
    connector = "web"
    channel = Channel.MANUAL


class PolicyFactory(DjangoModelFactory[DeadlinePolicy]):
    class Meta:
        model = DeadlinePolicy
        django_get_or_create = ("key", "version", "agency")

    key = "one_hour"
    version = 1
    agency = None
    name = "Removal order, one hour"
    duration = 1
    source = "Art. 3(3) Regulation (EU) 2021/784"
    valid_from = EPOCH


def issued(agency: Agency, *scopes: str, client: str = "", **more: Any) -> tuple[ApiKey, str]:
    """A key with these scopes, of a client of its own unless one is named, and its secret. `more`: what `ApiKey.issue` takes besides."""
    now = timezone.now()
    name = client or f"client {ApiKey.objects.count()}"
    owner, _ = Client.objects.get_or_create(agency=agency, name=name, defaults={"created_at": now})
    return ApiKey.issue(client=owner, scopes=scopes, **{"now": now, "expires_at": now + timedelta(days=1), **more})


class ItemFactory(DjangoModelFactory[FlaggedItem]):
    class Meta:
        model = FlaggedItem

    agency = SubFactory(AgencyFactory)
    platform = SubFactory(PlatformFactory)
    kind = "page"
    external_id = ""
    canonical_url = Sequence(lambda n: f"https://host{n}.example/watch?id={n}")
    identity = LazyAttribute(
        lambda item: identity_of(FlaggedItem(kind=item.kind, external_id="", canonical_url=item.canonical_url).ref(item.platform.slug))
    )
    created_at = LazyFunction(timezone.now)


class WatchFactory(DjangoModelFactory[Watch]):
    class Meta:
        model = Watch

    item = SubFactory(ItemFactory)
    platform = LazyAttribute(lambda watch: watch.item.platform)
    agency = LazyAttribute(lambda watch: watch.item.agency)
    since = LazyFunction(timezone.now)
    next_look_at = LazyFunction(timezone.now)


class RequestFactory(DjangoModelFactory[TakedownRequest]):
    class Meta:
        model = TakedownRequest

    agency = SubFactory(AgencyFactory)
    item = SubFactory(ItemFactory, agency=SelfAttribute("..agency"))
    platform = LazyAttribute(lambda request: request.item.platform)
    policy = SubFactory(PolicyFactory)
    category = Category.INCITE
    channel = Channel.MANUAL
    opened_at = LazyFunction(timezone.now)


class ReportFactory(DjangoModelFactory[Report]):
    class Meta:
        model = Report

    request = SubFactory(RequestFactory)
    agency = LazyAttribute(lambda report: report.request.agency)
    item = LazyAttribute(lambda report: report.request.item)
    url = LazyAttribute(lambda report: report.item.canonical_url)
    outcome = ReportOutcome.CREATED
    category = LazyAttribute(lambda report: report.request.category)
    submitted_at = LazyFunction(timezone.now)


class ObservationFactory(DjangoModelFactory[Observation]):
    class Meta:
        model = Observation

    item = SubFactory(ItemFactory)
    agency = LazyAttribute(lambda observation: observation.item.agency)
    episode = 1
    outcome = Outcome.AVAILABLE
    reason = "http_200"
    method = "GET"
    http_status = 200
    first_sent = LazyFunction(timezone.now)
    first_answered = LazyAttribute(lambda observation: observation.first_sent + timedelta(milliseconds=200))
    last_sent = SelfAttribute("first_sent")
    last_answered = SelfAttribute("first_answered")


@dataclass(frozen=True, slots=True)
class Cast:
    agency: Agency
    alice: User
    bob: User
    charlie: User
    dora: User
    emil: User

    def in_role(self, role: str) -> User:
        return {user.role: user for user in (self.alice, self.bob, self.charlie, self.dora, self.emil)}[role]


def cast(agency: str = "north") -> Cast:
    """The four people of an agency, and the operator. Those of another agency carry its slug in their name."""
    unit = AgencyFactory.create(slug=agency)
    suffix = "" if agency == "north" else f".{agency}"
    roles = {"alice": Role.ANALYST, "bob": Role.SUPERVISOR, "charlie": Role.AUDITOR, "dora": Role.ADMINISTRATOR}
    people = {name: UserFactory.create(username=name + suffix, agency=unit, role=role) for name, role in roles.items()}
    return Cast(unit, **people, emil=UserFactory.create(username="emil", agency=None, role=Role.OPERATOR))


@dataclass(frozen=True, slots=True)
class _Facts:
    """Minutes from the start of a one-hour clock; the verdict follows from them."""

    last_up: float | None = None
    first_gone: float | None = None
    confirmed: bool = True
    now: float = 30
    state: ClockState = ClockState.RUNNING


FACTS = {
    VerdictValue.NOT_STARTED: _Facts(state=ClockState.NOT_STARTED),
    VerdictValue.PENDING: _Facts(last_up=25),
    VerdictValue.UNPROVEN: _Facts(last_up=50, now=75),
    VerdictValue.MET: _Facts(last_up=20, first_gone=21, now=90),
    VerdictValue.BREACHED: _Facts(last_up=65, now=90),
    VerdictValue.INDETERMINATE: _Facts(last_up=55, first_gone=65, now=90),
    VerdictValue.SUSPENDED: _Facts(last_up=10, state=ClockState.SUSPENDED),
    VerdictValue.NOT_COUNTED: _Facts(last_up=10, state=ClockState.WITHDRAWN),
}


def in_verdict(verdict: str, *, now: datetime | None = None, confirmed: bool = True, **overrides: Any) -> TakedownRequest:
    """A request with watch, observations, clock events, submission and report, in this verdict at `now`.

    `confirmed=False` makes a verdict that rests on an absence provisional. `overrides` go to the request.
    """
    facts = FACTS[VerdictValue(verdict)]
    now = now or timezone.now()
    start = now - timedelta(minutes=facts.now)

    def at(minutes: float | None) -> datetime | None:
        return None if minutes is None else start + timedelta(minutes=minutes)

    started = facts.state != ClockState.NOT_STARTED
    closed = bool(facts.first_gone) and confirmed
    withdrawn = facts.state == ClockState.WITHDRAWN
    fields: dict[str, Any] = {
        "opened_at": start - timedelta(minutes=2),
        "status": _status(started=started, closed=closed, withdrawn=withdrawn),
        "closed_at": now if closed or withdrawn else None,
        "clock_state": facts.state,
        "clock_started_at": start if started else None,
        "due_at": start + timedelta(hours=1) if facts.state == ClockState.RUNNING else None,
        "last_up": at(facts.last_up),
        "first_gone": at(facts.first_gone),
        "gone_confirmed": closed,
        "gone_outcome": Outcome.REMOVED_BY_PLATFORM if facts.first_gone else "",
    }
    request = RequestFactory.create(**{**fields, **overrides})
    judged = request.verdict_at(now)
    assert judged.value == verdict, f"the facts lead to {judged.value}"
    request.verdict, request.provisional, request.verdict_reason = judged.value, judged.provisional, judged.reason
    request.save()
    _observe(request, at(facts.last_up), at(facts.first_gone), now)
    if started:
        _send(request, start)
    ReportFactory.create(request=request, submitted_at=request.opened_at)
    return request


def _status(*, started: bool, closed: bool, withdrawn: bool) -> RequestStatus:
    if withdrawn:
        return RequestStatus.WITHDRAWN
    if closed:
        return RequestStatus.CLOSED
    return RequestStatus.SENT if started else RequestStatus.TO_SEND


def _observe(request: TakedownRequest, last_up: datetime | None, first_gone: datetime | None, now: datetime) -> None:
    """The runs of sightings behind a bracket, and the watch that carries the one going on."""
    reply = timedelta(milliseconds=200)
    run: Observation | None = None
    if last_up:
        ends = {"last_sent": last_up, "last_answered": last_up + reply, "count": 12}
        run = ObservationFactory.create(item=request.item, first_sent=request.opened_at, evidence={"final_host": "host.example"}, **ends)
    if first_gone:
        how = {"outcome": Outcome.REMOVED_BY_PLATFORM, "reason": "http_404", "http_status": 404, "count": 3}
        run = ObservationFactory.create(item=request.item, first_sent=first_gone - reply, **how)
    confirmed = request.gone_confirmed and first_gone is not None
    WatchFactory(
        item=request.item,
        since=request.opened_at,
        anchor_at=request.due_at if request.closed_at is None else None,
        last_up=last_up,
        first_gone=first_gone,
        last_gone=now if first_gone else None,
        gone_count=3 if first_gone else 0,
        gone_outcome=request.gone_outcome,
        confirmed_at=now if confirmed else None,
        observation_id=run.pk if run else None,
        outcome=run.outcome if run else "",
        reason=run.reason if run else "",
        run_last_sent=run.last_sent if run else None,
        run_last_answered=run.last_answered if run else None,
        run_count=run.count if run else 0,
    )


def _send(request: TakedownRequest, at: datetime) -> None:
    ClockEvent.objects.create(agency=request.agency, request=request, kind=ClockEventKind.SENT, at=at, recorded_at=at)
    further = {ClockState.SUSPENDED: ClockEventKind.OBSTACLE_STARTED, ClockState.WITHDRAWN: ClockEventKind.WITHDRAWN}
    if kind := further.get(ClockState(request.clock_state)):
        ClockEvent.objects.create(agency=request.agency, request=request, kind=kind, at=at + timedelta(minutes=5), recorded_at=at)
    Submission.objects.create(
        id=uuid.uuid4(),
        agency=request.agency,
        request=request,
        channel=request.channel,
        state=SubmissionState.SENT,
        payload_digest="0" * 64,
        started_at=at,
        finished_at=at,
        reference="REF-1",
    )


ORDER: dict[str, Any] = {
    "issuing_member_state": "FR",
    "addressee": "Host Ltd",
    "contact_point": "tco@host.example",
    "addressee_member_state": "IE",
    "copy_sent_to_hsp_state": True,
    "issued_at": "2026-11-20T12:00:00+01:00",
    "reference_number": "2026/17",
    "urls": ["https://host.example/watch?v=1#t=2"],
    "reasons_types": ["a_incite"],
    "reasons_text": "It praises an attack.",
    "nondisclosure": False,
    "authority_type": "law_enforcement",
    "authority_name": "North Unit",
    "representative_name": "A. Judge",
    "email": "unit@north.example",
    "date": "2026-11-20",
    "redress_body": "Administrative court",
    "redress_deadline": 2,
    "redress_deadline_unit": "months",
    "redress_deadline_start": "receipt of the order",
    "redress_law_link": "https://law.example/1",
}
"""Annex I, complete."""
ANSWER: dict[str, Any] = {
    "addressee": "Host Ltd",
    "issuing_authority": "North Unit",
    "file_ref_authority": "2026/17",
    "hsp_or_legal_rep_name": "Host Ltd",
    "authorised_person": "Z. Person",
    "contact_email": "tco@host.example",
    "measure": "removed",
    "date": "2026-11-22",
}
"""Annex II without its instants."""
PARTIES = {key: value for key, value in ANSWER.items() if key not in {"measure", "date"}}
"""What Annexes II and III have in common, without the instant of receipt."""


def answer_token(request: TakedownRequest) -> str:
    """What stands in the address of a link for the platform's answer."""
    link = AnswerLink.objects.create(
        agency=request.agency,
        request=request,
        issued_at=request.opened_at,
        issued_by=UserFactory.create(username=f"author.{request.agency.slug}", agency=request.agency),
        expires_at=timezone.now() + timedelta(days=1),
    )
    return orders.token_of(link)


def in_order(verdict: str, *, written: bool = True, four_eyes: bool = False, **overrides: Any) -> TakedownRequest:
    """A removal order: a request as by `in_verdict`, under the policy for such, with Annex I complete if it is `written`."""
    policy = PolicyFactory.create(key="tco_removal_order", name="TCO removal order", four_eyes=four_eyes)
    request = in_verdict(verdict, policy=policy, **overrides)
    if written:
        author = UserFactory.create(username=f"author.{request.agency.slug}", agency=request.agency)
        reference = f"2026/{17 + RemovalOrder.objects.filter(agency=request.agency).count()}"
        fields = ORDER | {"is_cross_border": True, "reference_number": reference}
        kept = {"agency": request.agency, "fields": fields, "saved_at": request.opened_at, "saved_by": author}
        RemovalOrder.objects.create(request=request, **kept)
    return TakedownRequest.objects.get(pk=request.pk)
