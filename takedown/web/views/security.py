"""Security: what one's own account is protected with."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import redirect_to_login
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from platforms.credentials import seal, unseal
from takedown import signin
from takedown.choices import FactorKind
from takedown.models import SecondFactor, User
from takedown.models.errors import NotPossible
from takedown.peer import address_text
from takedown.web.confirm import confirm
from takedown.web.second import FACTOR_AT, LONGEST_PASSWORD, begin, mark, offer, pending_of, show, site_of, take, too_many
from takedown.web.views.session import completed, way_on

P = ParamSpec("P")
APP_SECRET = "app_secret"  # noqa: S105  the name of a key
HISTORY = 20


class Own(HttpRequest):
    """A request about one's own account, of somebody who is signed in, or may not be before they have set up a second factor."""

    person: User


def own(
    *, enrolling: bool = False, changes: bool = False
) -> Callable[[Callable[Concatenate[Own, P], HttpResponse]], Callable[..., HttpResponse]]:
    """Let people at their own account. `enrolling`: also those who must set up a second factor first. `changes`: confirm who it is."""

    def decorate(view: Callable[Concatenate[Own, P], HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        @never_cache
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            person: Any = request.user if request.user.is_authenticated else pending_of(request)
            first = person is not None and person == pending_of(request)
            if person is None or (first and (not enrolling or person.factors.exists())):
                return redirect_to_login(request.get_full_path())
            if changes and not first and (question := confirm(request, person, password_counts=True)):
                return question
            request.person = person  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)  # type: ignore[arg-type]  # it is an Own from here on

        return guarded

    return decorate


class AppForm(forms.Form):
    code = forms.CharField(
        label="Code from the app",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )
    name = forms.CharField(label="Name", required=False, max_length=60, help_text="To tell it from others: work phone.")


class PasskeyForm(forms.Form):
    name = forms.CharField(label="Name", required=False, max_length=60, help_text="To tell it from others: blue key.")
    answer = forms.CharField(
        max_length=signin.LONGEST_ANSWER, widget=forms.HiddenInput, error_messages={"required": "No passkey was made."}
    )


class NewPasswordForm(PasswordChangeForm):
    """Django's, with an end to what is hashed."""

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(user, data)
        for field in self.fields.values():
            field.validators.append(MaxLengthValidator(LONGEST_PASSWORD))


@own()
@require_http_methods(["GET"])
def page(request: Own) -> HttpResponse:
    person = request.person
    context = {
        "factors": person.factors.all(),
        "codes_left": signin.codes_left(person),
        "must": person.must_have_second_factor(),
        "off": not settings.SECOND_FACTOR_REQUIRED,
        "history": person.sign_in_events.all()[:HISTORY],
        "now": timezone.now(),
    }
    return render(request, "security/page.html", context)


@own(enrolling=True)
@require_http_methods(["GET"])
def enrol(request: Own) -> HttpResponse:
    """Which one first?"""
    there = way_on(request)
    return render(request, "security/enrol.html", {"next": there, "query": urlencode({"next": there})})


@sensitive_post_parameters("code")
@own(enrolling=True, changes=True)
@require_http_methods(["GET", "POST"])
def add_app(request: Own) -> HttpResponse:
    """Its secret lies in the session, sealed, until a code shows that the app has it."""
    sealed = request.session.setdefault(APP_SECRET, seal({"secret": signin.new_secret()}))
    secret, now = unseal(sealed)["secret"], timezone.now()
    form = AppForm(request.POST if "code" in request.POST else None)
    if form.is_valid():
        step = signin.proves(secret, form.cleaned_data["code"], now)
        if step is None:
            form.add_error("code", "This is not the code that the app shows now. Is the clock of your device right?")
        else:
            name = form.cleaned_data["name"] or FactorKind.APP.label
            factor = SecondFactor(user=request.person, kind=FactorKind.APP, name=name, secret=sealed, counter=step)
            if answer := _keep(request, factor, form):
                return answer
    code = segno.make_qr(signin.provisioning_uri(request.person, secret), error="m")
    groups = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    context = {"form": form, "next": way_on(request), "picture": code.svg_data_uri(scale=5, light="#fff", dark="#000"), "secret": groups}
    return render(request, "security/app.html", context)


@sensitive_post_parameters("answer")
@own(enrolling=True, changes=True)
@require_http_methods(["GET", "POST"])
def add_passkey(request: Own) -> HttpResponse:
    form = PasskeyForm(request.POST if "answer" in request.POST else None)
    if form.is_valid():
        challenge = take(request, form.cleaned_data["answer"])
        made = signin.read_passkey(form.cleaned_data["answer"], site=site_of(request), challenge=challenge) if challenge else None
        if made is None:
            form.add_error(None, "This passkey was not accepted. Try again.")
        else:
            name = form.cleaned_data["name"] or FactorKind.PASSKEY.label
            facts = {"secret": made.public_key, "credential_id": made.credential_id, "counter": made.counter}
            if answer := _keep(request, SecondFactor(user=request.person, kind=FactorKind.PASSKEY, name=name, **facts), form):
                return answer
    options = offer(request, signin.creation_options(request.person, site_of(request)))
    return render(request, "security/passkey.html", {"form": form, "next": way_on(request), "options": options})


@own(changes=True)
@require_POST
def remove(request: Own, pk: int) -> HttpResponse:
    factor = get_object_or_404(request.person.factors, pk=pk)
    try:
        signin.remove_factor(factor, now=timezone.now(), address=address_text(request))
    except NotPossible as error:
        messages.error(request, str(error))
    else:
        update_session_auth_hash(request, request.person)
        if not request.person.factors.exists():
            request.session.pop(FACTOR_AT, None)
        messages.success(request, f"{factor} is removed.")
    return redirect("security")


@own(changes=True)
@require_POST
def new_codes(request: Own) -> HttpResponse:
    if not request.person.factors.exists():
        messages.error(request, "Recovery codes go with a second factor. Add one first.")
        return redirect("security")
    return _show_codes(request, reverse("security"))


@sensitive_post_parameters()
@own(changes=True)
@require_http_methods(["GET", "POST"])
def password(request: Own) -> HttpResponse:
    person, wait = request.person, 0
    form = NewPasswordForm(person, request.POST if "old_password" in request.POST else None)
    try:
        if form.is_bound:
            attempt = begin(request, person)
            good = form.is_valid()
            if "old_password" not in form.errors:
                attempt.succeeded()
            if good:
                signin.change_password(person, form.cleaned_data["new_password1"], now=timezone.now(), address=address_text(request))
                update_session_auth_hash(request, person)
                messages.success(request, "Your password is changed. You are signed out everywhere else.")
                return redirect("security")
    except signin.TooManyAttemptsError as error:
        wait = too_many(form, error)
    return show(request, "security/password.html", {"form": form}, wait=wait)


@own()
@require_POST
def end_sessions(request: Own) -> HttpResponse:
    signin.end_other_sessions(request.person, now=timezone.now(), address=address_text(request))
    update_session_auth_hash(request, request.person)
    messages.success(request, "You are signed out everywhere else.")
    return redirect("security")


def _keep(request: Own, factor: SecondFactor, form: forms.Form) -> HttpResponse | None:
    """Keep what has just proven itself; the first one comes with recovery codes and completes a sign-in that waited for it."""
    first = not request.person.factors.exists()
    try:
        signin.add_factor(factor, now=timezone.now(), address=address_text(request))
    except NotPossible as error:
        form.add_error(None, str(error))
        return None
    request.session.pop(APP_SECRET, None)
    mark(request, FACTOR_AT)
    there = way_on(request) if pending_of(request) else reverse("security")
    if first:
        return _show_codes(request, there)
    messages.success(request, f"{factor} is added.")
    return redirect(there)


def _show_codes(request: Own, there: str) -> HttpResponse:
    """The only time that they are shown."""
    person = request.person
    codes = signin.make_recovery_codes(person, actor=person, now=timezone.now(), address=address_text(request))
    response = render(request, "security/codes.html", {"codes": codes, "there": there, "person": person})
    return completed(request, person, response) if pending_of(request) else response
