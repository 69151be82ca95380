"""Platforms: do we still see truthfully? And the switches of those who may close an eye or open it."""

import hashlib
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from platforms.models import Hold, Platform
from takedown import polling
from takedown.models import User, walls
from takedown.models.access import Permission
from takedown.models.errors import NotPossible
from takedown.verdicts import database_now
from takedown.web.access import SignedIn, requires
from takedown.web.eyes import Eye, look_into

MAY = (Permission.SUPERVISE, Permission.ADMINISTER, Permission.OPERATE)


class LaterField(forms.DateTimeField):
    """A date and time in the agency's zone that is still to come."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, **kwargs)

    def clean(self, value: Any) -> datetime | None:
        at: datetime | None = super().clean(value)
        if at is not None and at <= timezone.now():
            raise forms.ValidationError("This has passed.")
        return at


class SwitchForm(forms.Form):
    """A platform and a reason. Keeps what was typed when it is refused."""

    platform = forms.ModelChoiceField(Platform.objects.all(), to_field_name="slug", empty_label="Choose a platform")
    reason = forms.CharField(
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        help_text="On record for those whom it concerns.",
    )

    def __init__(self, data: Any = None, *, name: str, offered: list[Platform], zone: str) -> None:
        super().__init__(data, auto_id=f"{name}-%s")
        choices: Any = self.fields["platform"]
        # Only what is offered; any other is accepted too, so that the verb can say why it came too late.
        choices.choices = [("", "Choose a platform"), *((platform.slug, platform.name) for platform in offered)]
        if "until" in self.fields:
            self.fields["until"].help_text = f"Empty: until a person resumes. Zone: {zone}"


class PauseForm(SwitchForm):
    until = LaterField(label="Until", required=False)
    field_order = ("platform", "until", "reason")


@dataclass(frozen=True, slots=True)
class Switch:
    """A button. `offered` says for which eyes it makes sense; the verb has the last word."""

    name: str
    label: str
    done: str
    warning: str
    form: type[SwitchForm]
    run: Callable[[dict[str, Any], User, datetime], None]
    offered: Callable[[Eye], bool]


def _pause(data: dict[str, Any], user: User, now: datetime) -> None:
    polling.pause_platform(data["platform"], reason=data["reason"], until=data["until"], actor=user, now=now)


def _resume(data: dict[str, Any], user: User, now: datetime) -> None:
    polling.resume_platform(data["platform"], reason=data["reason"], actor=user, now=now)


def _release(data: dict[str, Any], user: User, now: datetime) -> None:
    hold = Hold.objects.filter(platform=data["platform"], released_at=None).first()
    if hold is None:
        raise NotPossible(f"Nothing is held on {data['platform']}.")
    polling.release_hold(hold, reason=data["reason"], actor=user, now=now)


SWITCHES = (
    Switch(
        "pause",
        "Pause a platform",
        "Paused.",
        "No look is made there, not even at a deadline. Requests that fall due meanwhile may stay unproven.",
        PauseForm,
        _pause,
        lambda eye: True,
    ),
    Switch(
        "resume",
        "Resume a platform",
        "Resumed.",
        "Ends what was paused here. What the platform asked for, and a used up quota, cannot be ended.",
        SwitchForm,
        _resume,
        lambda eye: eye.can_resume,
    ),
    Switch(
        "release",
        "Release held conclusions",
        "Released.",
        "You say that what disappeared is really gone: the next look that finds it gone confirms it. If in doubt, wait.",
        SwitchForm,
        _release,
        lambda eye: eye.is_held,
    ),
)


@requires(*MAY)
@require_GET
def page(request: SignedIn) -> HttpResponse:
    return _page(request)


@requires(*MAY)
@require_GET
def live(request: SignedIn) -> HttpResponse:
    """The eyes as they are now. The switches come along only when something else can be switched: somebody may be typing into one."""
    context = _context(request)
    return render(request, "platforms/_news.html", {**context, "changed": request.GET.get("stamp") != context["stamp"]})


def act(switch: Switch) -> Callable[..., HttpResponse]:
    """The view behind one switch."""

    @requires(*MAY)
    @require_http_methods(["GET", "POST"])
    def perform(request: SignedIn) -> HttpResponse:
        if request.method == "GET":  # somebody who had to sign in again, or reloads a refused form
            return redirect("platforms")
        form = switch.form(request.POST, name=switch.name, offered=list(Platform.objects.all()), zone=zone_of(request.user))
        if form.is_valid():
            try:
                # What an operator does, who belongs to no agency, is done for all.
                with nullcontext() if request.user.agency else walls.lifted():
                    switch.run(form.cleaned_data, request.user, database_now())
            except NotPossible as error:
                form.add_error(None, str(error))
        if form.errors:
            return _page(request, (switch, form))
        messages.success(request, f"{form.cleaned_data['platform']}: {switch.done}")
        return redirect("platforms")

    return perform


def zone_of(user: User) -> str:
    return user.agency.timezone if user.agency else "UTC"


def _page(request: SignedIn, refused: tuple[Switch, SwitchForm] | None = None) -> HttpResponse:
    context = {**_context(request, refused), "refused": refused[1] if refused else None}
    return render(request, "platforms/page.html", context, status=409 if refused else 200)


def _context(request: SignedIn, refused: tuple[Switch, SwitchForm] | None = None) -> dict[str, Any]:
    now = timezone.now()
    eyes = look_into(request.user.agency, now)
    offered = [(switch, [eye.platform for eye in eyes if switch.offered(eye)]) for switch in SWITCHES]
    buttons = [
        (switch, switch.form(name=switch.name, offered=platforms, zone=zone_of(request.user)), False)
        for switch, platforms in offered
        if platforms and not (refused and refused[0] is switch)
    ]
    facts = [(switch.name, [platform.pk for platform in platforms]) for switch, platforms in offered]
    return {
        "now": now,
        "eyes": eyes,
        "doubtful": [eye for eye in eyes if eye.lids],
        "buttons": [*([(*refused, True)] if refused else []), *buttons],
        "stamp": hashlib.sha256(repr(facts).encode()).hexdigest()[:12],
    }
