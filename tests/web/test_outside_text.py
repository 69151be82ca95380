"""No text from outside acts: every stored text holds a canary, and every route is opened, posted to and read, by every role."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from io import BytesIO
from typing import Any

import pypdfium2
import pytest
from django.apps import apps
from django.core import mail
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from platforms.models import Hold, Pause, PauseReason
from takedown import dispatch, intake, orders
from takedown.choices import Action, AlertKind, AnswerKind, Decision, RequestStatus, Role, VerdictValue
from takedown.models import Alert, ApiKey, Approval, TakedownRequest, User
from takedown.models.event import record
from takedown.verdicts import digest_of, notice
from tests import outside
from tests.factories import PARTIES, Cast, PlatformFactory, PolicyFactory, answer_token, in_order, in_verdict, issued
from tests.guards import unguarded

pytestmark = pytest.mark.django_db

WORDS: dict[str, list[str]] = {
    "key": ["one_hour"],
    "slug": ["web"],
    "figure": ["removal", "heat", "platforms"],
    "kind": ["monitoring-round", "authority", "flagger"],
    "name": ["hour", "days"],
    "ending": ["csv", "json", "svg"],
}
"""Values for the parts of addresses that are no number."""
LEFT_OUT = {"sign-out", "javascript-catalog"}
BOUND_TO_SHOW = {
    *("FlaggedItem_canonical_url", "Report_url", "Report_client_reference", "TakedownRequest_explanation", "TakedownRequest_status_reason"),
    *(
        "Event_reason",
        "Event_actor_name",
        "ClockEvent_proof",
        "Submission_reference",
        "Submission_error",
        "Alert_detail",
        "Approval_reason",
    ),
    *("User_display_name", "Platform_name", "DeadlinePolicy_name", "Pause_detail", "TakedownRequest_adjudicated_reason", "Report_note"),
    *("RemovalOrder_fields", "PlatformAnswer_fields", "Client_name", "Agency_name"),
}
"""What screens, files and API together must show: if they do not, this test has looked at nothing."""


@pytest.fixture
def everything(people: Cast, settings: Any) -> Cast:
    """An agency with a request in every state, orders and answers, holds, pauses and alerts: then a canary in every text of it."""
    now = timezone.now()
    for name, count in (("referral_voluntary", 24), ("other", 48)):
        PolicyFactory.create(key=name, unit="hours", duration=count)
    for value in VerdictValue:
        in_verdict(value, agency=people.agency, explanation="Because.", language="en-GB", assigned_to=people.alice)
    failed = in_verdict(VerdictValue.BREACHED, agency=people.agency, status_reason="Refused.", escalated_at=now)
    failed.submissions.update(error="Refused.")
    adjudicated: dict[str, Any] = {
        "adjudicated_verdict": VerdictValue.MET,
        "adjudicated_reason": "Seen.",
        "adjudicated_by": people.bob,
        "adjudicated_at": now,
    }
    in_verdict(VerdictValue.INDETERMINATE, agency=people.agency, **adjudicated)
    _four_eyes(people)
    sent = TakedownRequest.objects.filter(verdict=VerdictValue.PENDING).get()
    dispatch.mark_received(request=sent, at=now, proof="A receipt.", actor=people.alice, now=now)
    answered = in_order(VerdictValue.BREACHED, agency=people.agency)
    fields = PARTIES | {"order_received_at": now.isoformat(), "measure": "removed", "measure_at": now.isoformat(), "date": "2026-11-22"}
    orders.record_answer(request=answered, kind=AnswerKind.DONE, fields=fields, by=None, now=now)
    for request in TakedownRequest.objects.all():
        record(request, Action.NOTE, actor=people.alice, at=now, now=now, reason="A note.", old="a", new="b")
        with unguarded():
            request.reports.update(client_reference=f"C-{request.pk}", note="Because.")
    web = PlatformFactory.create()
    Pause.objects.create(platform=web, reason=PauseReason.OPERATOR, since=now, detail="Why.", by="Bob")
    Hold.objects.create(platform=web, since=now, checked_at=now, lost=5, looked=9)
    for kind in (AlertKind.PAUSED, AlertKind.REAPPEARED):
        Alert.objects.create(agency=people.agency, kind=kind, at=now, platform=web, detail="Why.", request=answered)
    outside.spoil()
    return people


def _four_eyes(people: Cast) -> None:
    """What waits for approval, and what was approved, filed by a client with a key."""
    PolicyFactory.create(key="order", name="An order", four_eyes=True)
    key, _ = issued(people.agency, *ApiKey.Scope.values, client="hotline")
    drafts = [intake.Draft(f"https://host.example/post/{n}", "a_incite", policy="order", note="It incites.") for n in (1, 2)]
    first, *_ = intake.submit(agency=people.agency, drafts=drafts, actor=key, now=timezone.now())
    assert first.report
    request, now = first.report.request, timezone.now()
    dispatch.decide(request=request, decision=Decision.REQUEUED, digest=digest_of(request), reason="Not mine.", actor=people.bob, now=now)
    assert Approval.objects.exists()


def routes(resolver: URLResolver | None = None, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every named route of the install, the administration included."""
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLResolver):
            yield from routes(one, f"{space}{one.namespace}:" if one.namespace else space)
        elif one.name and one.name not in LEFT_OUT:
            yield f"{space}{one.name}", one


def addresses(name: str, pattern: URLPattern) -> Iterator[str]:
    """Addresses of a route: about everything there is of the kind it is about."""
    parts = list(pattern.pattern.converters) or list(pattern.pattern.regex.groupindex)
    if not parts:
        yield from (_reversed(name, {}),)
    elif parts == ["token"]:
        yield from (
            reverse(name, kwargs={"token": answer_token(request)}) for request in TakedownRequest.objects.filter(order__isnull=False)
        )
    elif len(parts) == 1 and parts[0] in {"pk", "object_id", "id"}:
        yield from (_reversed(name, {parts[0]: pk}) for pk in sorted(_numbers(name)))
    else:
        choices: list[dict[str, Any]] = [{}]
        for part in parts:
            choices = [{**chosen, part: value} for chosen in choices for value in WORDS.get(part, ["1"])]
        yield from (_reversed(name, chosen) for chosen in choices)


def _reversed(name: str, parts: dict[str, Any]) -> str:
    try:
        return reverse(name, kwargs=parts)
    except NoReverseMatch:
        return ""


def _numbers(name: str) -> set[int]:
    """Numbers of what a route may be about. The page of a request shows so much, by its state, that all are opened."""
    if name in {"request", "request-live"}:
        return set(TakedownRequest.objects.values_list("pk", flat=True))
    if name.startswith(("request", "order", "leave")):
        waiting = TakedownRequest.objects.filter(status=RequestStatus.TO_APPROVE).values_list("pk", flat=True)[:1]
        return {*waiting, *TakedownRequest.objects.filter(order__isnull=False).values_list("pk", flat=True)}
    models = (*apps.get_app_config("takedown").get_models(), *apps.get_app_config("platforms").get_models())
    firsts = {model._base_manager.values_list("pk", flat=True).order_by("pk").first() for model in models}
    return {pk for pk in firsts if isinstance(pk, int)}


def read(answer: HttpResponseBase) -> tuple[list[str], str]:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    kind = answer.get("Content-Type", "")
    if kind == "application/pdf":
        return _of_paper(content)
    return outside.problems_of(content, kind)


def _of_paper(content: bytes) -> tuple[list[str], str]:
    document = pypdfium2.PdfDocument(BytesIO(content))
    return [], "".join(page.get_textpage().get_text_range() for page in document)


def walk(client: Client, wrong: list[str]) -> str:
    """Open every address and fill in every form; what is wrong is added, and what was shown comes back. Nothing of it stays."""
    shown, kept = [], deepcopy(client.cookies)
    for name, pattern in routes():
        for url in filter(None, addresses(name, pattern)):
            with transaction.atomic():
                for answer in _opened(client, url):
                    problems, text = read(answer)
                    wrong += [f"{answer.request['REQUEST_METHOD']} {url}: {problem}" for problem in problems]  # type: ignore[attr-defined]
                    shown.append(text)
                transaction.set_rollback(True)
            client.cookies = deepcopy(kept)
    return "\n".join(shown)


def _opened(client: Client, url: str) -> Iterator[HttpResponseBase]:
    """The page, and the same address with canaries in all that can be typed, as a form that is refused shows them again."""
    answer = client.get(url)
    yield answer
    fields: list[tuple[str, str]] = []
    if answer.status_code == 200 and answer.get("Content-Type", "").startswith("text/html") and not answer.streaming:
        fields = outside.Page(answer.content.decode()).fields
    if fields or answer.status_code == 405:
        typed = dict.fromkeys(("reason", "note", "proof", "reference", "urls", "platform", "name"), outside.canary("typed", None))
        typed |= {name: value or outside.canary("typed", None) for name, value in fields if name != "csrfmiddlewaretoken"}
        yield client.post(url, typed)


@pytest.mark.parametrize("role", [*Role.values, "stranger"])
def test_no_text_from_outside_acts_for_whoever_reads_it(everything: Cast, signed_in: Callable[[User], Client], role: str) -> None:
    client = Client() if role == "stranger" else signed_in(everything.in_role(role))
    client.raise_request_exception = False
    wrong: list[str] = []
    shown = walk(client, wrong)
    assert not wrong, "\n".join(dict.fromkeys(wrong))[:6000]
    if role == Role.SUPERVISOR:
        assert sorted(name for name in BOUND_TO_SHOW if f"={name}" not in shown) == []


def test_no_text_from_outside_acts_in_the_interface_or_the_administration(everything: Cast, signed_in: Callable[[User], Client]) -> None:
    """The API with a key that may do all, and the bare administration."""
    _, secret = issued(everything.agency, *ApiKey.Scope.values)
    User.objects.filter(pk=everything.dora.pk).update(is_staff=True, is_superuser=True)
    client = signed_in(User.objects.get(pk=everything.dora.pk))
    client.defaults["HTTP_AUTHORIZATION"] = f"Api-Key {secret}"
    wrong: list[str] = []
    walk(client, wrong)
    assert not wrong, "\n".join(dict.fromkeys(wrong))[:6000]


def test_a_notice_and_its_mail_are_plain_text(everything: Cast) -> None:
    platform = PlatformFactory.create()
    platform.contact_email, platform.channel = "abuse@host.example", "email"
    platform.save()
    late = timezone.now() - timedelta(hours=1)
    waiting = TakedownRequest.objects.filter(status=RequestStatus.TO_SEND, policy__four_eyes=False)
    assert waiting.update(channel="email", next_attempt_at=late, opened_at=late)
    dispatch.send_due()
    assert mail.outbox
    for message in mail.outbox:
        parts = list(message.message().walk())
        assert {part.get_content_type() for part in parts} <= {"text/plain", "multipart/mixed", "application/pdf", "application/json"}
        assert all("\n" not in value for part in parts for value in map(str, part.values()))
        assert outside.canary("TakedownRequest_explanation", None) in message.body
    assert {type(notice(request)) for request in TakedownRequest.objects.all()} == {str}
