"""What a person can do about a request: one row per button, each calling one verb."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from takedown import dispatch, polling, verdicts
from takedown.choices import OPEN, SENDABLE, UNSENT, Category, Channel, ClockEventKind, Decision, RequestStatus, VerdictValue
from takedown.deadlines import RESTARTS, read_clock
from takedown.models import DeadlinePolicy, Duty, TakedownRequest, User
from takedown.models.access import GRANTS, Permission
from takedown.web.access import agency_of
from takedown.web.due import look_asked


class ActionForm(forms.Form):
    """A form that knows its request and who fills it in, and keeps what was typed when it is refused."""

    def __init__(self, data: Any = None, *, name: str, request: TakedownRequest, user: User, people: Sequence[User] = ()) -> None:
        super().__init__(data, auto_id=f"{name}-{request.pk}-%s")
        self.request, self.user, self.people = request, user, people
        self.prepare()

    def prepare(self) -> None:
        """Fill in what depends on the request."""


class InstantField(forms.DateTimeField):
    """A date and time in the agency's zone, to the second, not in the future."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1}, format="%Y-%m-%dT%H:%M:%S")
        super().__init__(widget=widget, **kwargs)

    def clean(self, value: Any) -> datetime:
        at: datetime = super().clean(value)
        if at > timezone.now():
            raise forms.ValidationError("This is in the future.")
        return at


class TimedForm(ActionForm):
    at = InstantField(label="When")

    def prepare(self) -> None:
        self.fields["at"].help_text = f"Zone: {agency_of(self.user).timezone}"
        self.fields["at"].initial = timezone.now


def _lines(label: str, hint: str = "") -> forms.CharField:
    return forms.CharField(label=label, help_text=hint, max_length=5000, widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}))


class SentForm(TimedForm):
    reference = forms.CharField(label="The platform's reference", required=False, max_length=300)


class ReceivedForm(TimedForm):
    proof = _lines("What proves it", "A reference, a delivery notice.")


class ReasonForm(ActionForm):
    reason = _lines("Reason", "Part of the record.")


class NoteForm(ActionForm):
    text = _lines("Note", "For colleagues only. Nothing of it is sent.")


class AssignForm(ActionForm):
    to = forms.ChoiceField(label="Assign to", required=False)

    def prepare(self) -> None:
        choices: Any = self.fields["to"]
        choices.choices = [("", "Nobody"), *((str(person.pk), str(person)) for person in self.people)]
        choices.initial = self.request.assigned_to_id

    def clean_to(self) -> User | None:
        return next((person for person in self.people if str(person.pk) == self.cleaned_data["to"]), None)


class AdjudicateForm(ReasonForm):
    verdict = forms.ChoiceField(
        choices=[("", "Choose a verdict"), *((value.value, value.label) for value in VerdictValue if value in verdicts.ADJUDICATIONS)]
    )
    shown = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ("verdict", "reason")

    def prepare(self) -> None:
        self.fields["shown"].initial = verdicts.judgement_of(self.request)

    def clean(self) -> None:
        """Refuse what was decided before a page that somebody else's judgement has overtaken; the next try has seen that one."""
        if meanwhile := verdicts.judged_meanwhile(self.request, self.cleaned_data.get("shown", "")):
            self.data = dict(self.data.items()) | {"shown": verdicts.judgement_of(self.request)}
            raise forms.ValidationError(meanwhile)


class ReadForm(ActionForm):
    """A decision about what the page shows: it names that by its digest."""

    digest = forms.CharField(required=False, widget=forms.HiddenInput)

    def prepare(self) -> None:
        self.fields["digest"].initial = verdicts.digest_of(self.request)


class ReadReasonForm(ReadForm):
    reason = _lines("Reason", "Part of the record.")


class ReviseForm(ActionForm):
    category = forms.ChoiceField(choices=Category.choices)
    language = forms.CharField(required=False, max_length=35, help_text="A BCP 47 tag, such as ar or pt-BR.")
    explanation = forms.CharField(required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}))

    def prepare(self) -> None:
        for name in ("category", "language", "explanation"):
            self.fields[name].initial = getattr(self.request, name)


ON_RECORD = (ClockEventKind.SENT, ClockEventKind.RECEIVED, ClockEventKind.WITHDRAWN)
"""Clock events that have buttons of their own."""


class ClockForm(TimedForm):
    kind = forms.ChoiceField(
        label="What happened", choices=[("", "Choose"), *((kind.value, kind.label) for kind in ClockEventKind if kind not in ON_RECORD)]
    )
    until = forms.DateTimeField(
        label="Extended until",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1}, format="%Y-%m-%dT%H:%M:%S"),
        help_text="Only for an extension.",
    )
    proof = _lines("What proves it", "A reference, an answer of the platform.")
    field_order = ("kind", "at", "until", "proof")

    def clean(self) -> None:
        extended = self.cleaned_data.get("kind") == ClockEventKind.EXTENDED
        if extended and not self.cleaned_data.get("until"):
            self.add_error("until", "Say until when it is extended.")
        if not extended and self.cleaned_data.get("until"):
            self.add_error("until", "Only an extension has this.")
        kind, at = self.cleaned_data.get("kind"), self.cleaned_data.get("at")
        if kind and at:
            known = self.request.clock_events.all()
            self.cleaned_data["at"] = at = verdicts.as_typed(at, known)
            clock = read_clock(self.request.policy, [event for event in known if event.at <= at])
            if kind in RESTARTS and not clock.is_stopped_by(RESTARTS[kind]):
                self.add_error("at", "Nothing of this kind was open then: this would change nothing.")


class DutyForm(TimedForm):
    policy = forms.ModelChoiceField(queryset=DeadlinePolicy.objects.none(), label="Which clock", empty_label="Choose")
    proof = _lines("What started it", "A reference, a decision.")
    field_order = ("policy", "at", "proof")

    def prepare(self) -> None:
        super().prepare()
        choices: Any = self.fields["policy"]
        choices.queryset = DeadlinePolicy.objects.duties_of(agency_of(self.user), timezone.now()).order_by("name")


class FinishForm(ActionForm):
    duty = forms.ModelChoiceField(queryset=Duty.objects.none(), label="Which clock", empty_label=None)
    result = _lines("How it ended", "Part of the record.")

    def prepare(self) -> None:
        choices: Any = self.fields["duty"]
        choices.queryset = Duty.objects.for_agency(agency_of(self.user)).filter(request=self.request, done_at=None)
        choices.label_from_instance = lambda duty: duty.policy.name


@dataclass(frozen=True, slots=True)
class Action:
    """A button. `offered` says when it makes sense; the verb has the last word."""

    name: str
    label: str
    done: str
    permission: Permission
    form: type[ActionForm]
    run: Callable[[TakedownRequest, dict[str, Any], User, datetime], str | None]
    """May say more than `done` does."""
    offered: Callable[[TakedownRequest], bool]
    icon: str = ""


def _is_open(request: TakedownRequest) -> bool:
    return request.status in OPEN


def _is_unsent(request: TakedownRequest) -> bool:
    return request.status in SENDABLE


def _waits(request: TakedownRequest) -> bool:
    return request.status == RequestStatus.TO_APPROVE


def _send(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    dispatch.send_now(request=request, actor=user, now=now)


def _decide(decision: Decision) -> Callable[[TakedownRequest, dict[str, Any], User, datetime], None]:
    def run(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
        reason = data.get("reason", "")
        dispatch.decide(request=request, decision=decision, digest=data["digest"], reason=reason, actor=user, now=now)

    return run


def _emergency(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    dispatch.send_in_emergency(request=request, reason=data["reason"], actor=user, now=now)


def _revise(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    dispatch.revise(request=request, **data, actor=user, now=now)


def _clock(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    fact = verdicts.ClockFact(request.pk, ClockEventKind(data["kind"]), data["at"], data["until"], data["proof"])
    verdicts.record_clock_events([fact], actor=user, now=now)


def _duty(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    verdicts.open_duty(request=request, **data, actor=user, now=now)


def _finish(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    verdicts.finish_duty(**data, actor=user, now=now)


def _mark_sent(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    dispatch.mark_sent(request=request, at=data["at"], reference=data["reference"], actor=user, now=now)


def _mark_received(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    dispatch.mark_received(request=request, at=data["at"], proof=data["proof"], actor=user, now=now)


def _withdraw(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    dispatch.withdraw(request=request, reason=data["reason"], actor=user, now=now)


def _look(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> str:
    return look_asked(polling.look_now(item=request.item, actor=user, now=now))


def _note(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    verdicts.note(request=request, text=data["text"], actor=user, now=now)


def _assign(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    verdicts.assign(request=request, to=data["to"], actor=user, now=now)


def _escalate(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    verdicts.escalate(request=request, reason=data["reason"], actor=user, now=now)


def _adjudicate(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    said = {name: data[name] for name in ("verdict", "reason", "shown")}
    verdicts.adjudicate(request=request, **said, actor=user, now=now)


ACTIONS = (
    Action("look", "Look now", "A look is asked for.", Permission.LOOK, ActionForm, _look, _is_open, "look"),
    Action("approve", "Approve", "Approved.", Permission.SUPERVISE, ReadForm, _decide(Decision.APPROVED), _waits, "check"),
    Action("refuse", "Refuse", "Refused.", Permission.SUPERVISE, ReadReasonForm, _decide(Decision.REFUSED), _waits),
    Action(
        "requeue",
        "Leave to another person",
        "Left to another person.",
        Permission.SUPERVISE,
        ReadReasonForm,
        _decide(Decision.REQUEUED),
        _waits,
    ),
    Action("cancel", "Cancel", "Cancelled.", Permission.SUPERVISE, ReadReasonForm, _decide(Decision.CANCELLED), _waits),
    Action(
        "emergency",
        "Send at once (emergency)",
        "Queued for sending; another person has to review it.",
        Permission.SEND,
        ReasonForm,
        _emergency,
        _waits,
    ),
    Action(
        "revise",
        "Revise",
        "Revised.",
        Permission.SEND,
        ReviseForm,
        _revise,
        lambda request: request.status in UNSENT,
    ),
    Action(
        "send",
        "Send now",
        "Queued for sending.",
        Permission.SEND,
        ActionForm,
        _send,
        lambda request: _is_unsent(request) and request.channel != Channel.MANUAL,
    ),
    Action("mark-sent", "Mark as sent", "Marked as sent.", Permission.SEND, SentForm, _mark_sent, _is_unsent),
    Action(
        "mark-received",
        "Mark as received",
        "Marked as received.",
        Permission.SEND,
        ReceivedForm,
        _mark_received,
        lambda request: (
            request.status == RequestStatus.SENT and not any(event.kind == ClockEventKind.RECEIVED for event in request.clock_events.all())
        ),
    ),
    Action(
        "clock",
        "Record what moves the deadline",
        "Recorded.",
        Permission.SEND,
        ClockForm,
        _clock,
        lambda request: request.status == RequestStatus.SENT,
    ),
    Action("duty", "Start another clock", "Started.", Permission.SEND, DutyForm, _duty, lambda request: True),
    Action(
        "duty-done",
        "Finish another clock",
        "Finished.",
        Permission.SEND,
        FinishForm,
        _finish,
        lambda request: any(duty.done_at is None for duty in request.duties.all()),
    ),
    Action("note", "Write a note", "Note saved.", Permission.NOTE, NoteForm, _note, lambda request: True),
    Action("assign", "Assign", "Assigned.", Permission.SUPERVISE, AssignForm, _assign, _is_open),
    Action("escalate", "Escalate", "Escalated.", Permission.SUPERVISE, ReasonForm, _escalate, _is_open),
    Action(
        "adjudicate",
        "Adjudicate",
        "Adjudicated.",
        Permission.SUPERVISE,
        AdjudicateForm,
        _adjudicate,
        lambda request: request.verdict in verdicts.ADJUDICABLE,
    ),
    Action("withdraw", "Withdraw", "Withdrawn.", Permission.SEND, ReasonForm, _withdraw, _is_open),
)
BY_NAME = {action.name: action for action in ACTIONS}


def assignable(user: User) -> list[User]:
    """Colleagues who can be given a request, for those who may give one."""
    if not user.may(Permission.SUPERVISE):
        return []
    able = [role for role, granted in GRANTS.items() if Permission.SEND in granted]
    return list(User.objects.filter(agency=user.agency, role__in=able, is_active=True).order_by("display_name", "username"))


def offered(
    request: TakedownRequest, user: User, people: Sequence[User], names: tuple[str, ...] = tuple(BY_NAME)
) -> list[tuple[Action, ActionForm]]:
    """The buttons this person gets on this request, each with its empty form."""
    able = (BY_NAME[name] for name in names)
    return [
        (each, each.form(name=each.name, request=request, user=user, people=people))
        for each in able
        if user.may(each.permission) and each.offered(request)
    ]
