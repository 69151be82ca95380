"""What a person fills in to do something about a request."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from takedown import verdicts
from takedown.choices import Category, ClockEventKind, Purpose, VerdictValue
from takedown.deadlines import RESTARTS, read_clock
from takedown.models import DeadlinePolicy, Duty, TakedownRequest, User
from takedown.policies import in_force
from takedown.web.access import agency_of


class ActionForm(forms.Form):
    """A form that knows its request and who fills it in, and keeps what was typed when it is refused."""

    def __init__(
        self, data: Any = None, *, name: str, request: TakedownRequest, user: User, people: Sequence[User] = (), read: str = ""
    ) -> None:
        """`read`: the digest of what would be sent, where the page shows that."""
        super().__init__(data, auto_id=f"{name}-{request.pk}-%s")
        self.request, self.user, self.people, self.read = request, user, people, read
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


class FinalForm(TimedForm):
    reason = _lines("Why", "The period for redress ended without it, or a court upheld the order: which, and what shows it.")


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
        self.fields["digest"].initial = self.read


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
        ours = [policy.pk for policy in in_force(agency_of(self.user), timezone.now()).values() if policy.purpose == Purpose.DUTY]
        choices.queryset = DeadlinePolicy.objects.filter(pk__in=ours).order_by("name")


class FinishForm(ActionForm):
    duty = forms.ModelChoiceField(queryset=Duty.objects.none(), label="Which clock", empty_label=None)
    result = _lines("How it ended", "Part of the record.")

    def prepare(self) -> None:
        choices: Any = self.fields["duty"]
        choices.queryset = Duty.objects.for_agency(agency_of(self.user)).filter(request=self.request, done_at=None)
        choices.label_from_instance = lambda duty: duty.policy.name
