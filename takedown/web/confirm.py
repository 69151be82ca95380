"""Step-up: what counts is confirmed with a second factor that was shown within the last minutes.

The page that asks carries what was typed and goes to the same address again: nothing is stored, so nothing can be replayed, least of all
for somebody else, and the view behind it goes through all its checks a second time.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRefresh

from takedown import signin
from takedown.models import User
from takedown.web.second import FACTOR_AT, PASSWORD_AT, PasswordForm, SecondForm, begin, is_recent, mark, prove, show, too_many, ways

FRESH_SECONDS = 600
"""For how long a second factor that was shown is taken as a sign that the same person still sits there."""
OWN_FIELDS = frozenset({"csrfmiddlewaretoken", "second-code", "second-passkey", "second-password", "second-read"})
Form = SecondForm | PasswordForm


def confirm(request: HttpRequest, person: User, *, password_counts: bool = False) -> HttpResponse | None:
    """None where the person has just proven who they are, in an earlier request or by this one; else the page that asks.

    Who has no second factor, where none is required, is not asked; with `password_counts` that person is asked for the password.
    """
    if is_recent(request, FACTOR_AT, FRESH_SECONDS):
        return None
    has_factor = person.factors.exists()
    if not has_factor and not password_counts:
        return redirect("enrol") if person.must_have_second_factor() else None
    if not has_factor and is_recent(request, PASSWORD_AT, FRESH_SECONDS):
        return None
    if request.headers.get("HX-Request"):  # a page in the middle of a page helps nobody
        return HttpResponseClientRefresh()
    asked = "second-read" in request.POST
    form = (SecondForm if has_factor else PasswordForm)(request.POST if asked else None)
    wait = 0
    try:
        if asked and form.is_valid() and _proves(request, person, form):
            return redirect(request.get_full_path()) if request.POST["second-read"] else None
    except signin.TooManyAttemptsError as error:
        wait = too_many(form, error)
    return _page(request, person, form, wait)


def _proves(request: HttpRequest, person: User, form: Form) -> bool:
    if isinstance(form, SecondForm):
        return prove(request, person, form)
    attempt = begin(request, person)
    if not person.check_password(form.cleaned_data["password"]):
        form.add_error(None, "This password is wrong.")
        return False
    attempt.succeeded()
    mark(request, PASSWORD_AT)
    return True


def _page(request: HttpRequest, person: User, form: Form, wait: int) -> HttpResponse:
    """What was typed, field by field, is in it; `second-read` tells a page that was only to be read from a form that was sent."""
    kept = [(name, value) for name, values in request.POST.lists() if name not in OWN_FIELDS for value in values]
    read = request.POST.get("second-read", "" if request.method == "POST" else "yes")
    context = {"form": form, "kept": kept, "read": read, **(ways(request, person) if isinstance(form, SecondForm) else {})}
    return show(request, "registration/confirm.html", context, wait=wait, status=403)
