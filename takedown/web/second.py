"""How a session's owner proved who they are, and how they do it again."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import render
from django.utils import timezone

from takedown import signin
from takedown.choices import FactorKind
from takedown.models import User
from takedown.peer import address_text
from takedown.web.devices import device_of

PASSWORD_AT = "password_at"  # noqa: S105  the name of a key
FACTOR_AT = "factor_at"
CHALLENGES = "challenges"
MOST_CHALLENGES = 5
"""Pages that may wait for a passkey at the same time."""
PENDING_SECONDS = 600
"""How long after the password the second factor may come."""
LONGEST_PASSWORD = 1000
CLOCKS_APART = 60
"""By how many seconds the clocks of two web servers may differ."""


class SecondForm(forms.Form):
    """A second factor: a code, or what the browser answered for a passkey. The prefix keeps it apart from what it is asked beside."""

    prefix = "second"
    code = forms.CharField(required=False, max_length=60)
    passkey = forms.CharField(required=False, max_length=signin.LONGEST_ANSWER, widget=forms.HiddenInput)


class PasswordForm(forms.Form):
    """The password again, of those who have no second factor."""

    prefix = "second"
    password = forms.CharField(
        strip=False,
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


def pending_of(request: HttpRequest) -> User | None:
    """Who has given the password and still has to show a second factor; to everything else this person is nobody yet."""
    person: User | None = getattr(request, "pending", None)
    return person


def is_recent(request: HttpRequest, key: str, seconds: float) -> bool:
    at: float = request.session.get(key, 0)
    return -CLOCKS_APART <= timezone.now().timestamp() - at < seconds


def mark(request: HttpRequest, key: str) -> None:
    """The session's owner has just proven it in this way. A session that somebody knew before is worth nothing from here on."""
    request.session.cycle_key()
    request.session[key] = timezone.now().timestamp()


def site_of(request: HttpRequest) -> signin.Site:
    host = request.get_host()
    return signin.Site(split_domain_port(host)[0], f"{request.scheme}://{host}")


def offer(request: HttpRequest, made: tuple[str, str]) -> str:
    """Options for the browser, as JSON; the session remembers the challenge in them."""
    options, challenge = made
    request.session[CHALLENGES] = [*request.session.get(CHALLENGES, []), challenge][-MOST_CHALLENGES:]
    return options


def take(request: HttpRequest, answer: str) -> str:
    """The challenge that this answers, if this session was given it and has not used it; empty otherwise."""
    challenge = signin.challenge_in(answer)
    given: list[str] = request.session.get(CHALLENGES, [])
    if challenge not in given:
        return ""
    request.session[CHALLENGES] = [other for other in given if other != challenge]
    return challenge


def begin(request: HttpRequest, person: User) -> signin.Attempt:
    """Raises `TooManyAttemptsError`."""
    device = device_of(request, person.username)
    return signin.begin(signin.buckets_of_second(person, address=address_text(request), device=device), timezone.now())


def prove(request: HttpRequest, person: User, form: SecondForm) -> bool:
    """Whether a valid form holds a second factor of this person. Says so in the form if not. Raises `TooManyAttemptsError`."""
    attempt, now = begin(request, person), timezone.now()
    answer: str = form.cleaned_data["passkey"]
    challenge = take(request, answer) if answer else ""
    if challenge:
        right = signin.check_passkey(person, answer, site=site_of(request), challenge=challenge, now=now)
    else:
        right = signin.check_code(person, form.cleaned_data["code"], now=now, address=address_text(request))
    if not right:
        form.add_error(
            None, "This passkey was not accepted." if answer else "This code is wrong, or it was used before. Wait for the next one."
        )
        return False
    attempt.succeeded()
    mark(request, FACTOR_AT)
    return True


def ways(request: HttpRequest, person: User) -> dict[str, Any]:
    """What a page that asks for a second factor needs to offer: `passkey` holds the options for the browser where there is one."""
    kinds = set(person.factors.values_list("kind", flat=True))
    passkey = offer(request, signin.request_options(person, site_of(request))) if FactorKind.PASSKEY in kinds else ""
    return {"app": FactorKind.APP in kinds, "passkey": passkey}


def too_many(form: forms.Form, error: signin.TooManyAttemptsError) -> int:
    """Say in the form when to come back; the seconds until then."""
    minutes = -(-error.seconds // 60)
    form.add_error(None, f"Too many attempts. Try again in {minutes} minute{'' if minutes == 1 else 's'}.")
    return error.seconds


def show(request: HttpRequest, template: str, context: dict[str, Any], *, wait: int = 0, status: int = 200) -> HttpResponse:
    """A page that asks for a secret. `wait`: in how many seconds it may be tried again, where there were too many attempts."""
    response = render(request, template, context, status=429 if wait else status)
    if wait:
        response["Retry-After"] = str(wait)
    response["Cache-Control"] = "no-store"
    return response
