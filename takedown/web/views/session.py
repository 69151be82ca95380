"""Sign in, in one step or two, and out."""

from urllib.parse import urlencode, urlsplit

from django import forms
from django.contrib.auth import authenticate, login
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.views import LogoutView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from takedown import signin
from takedown.choices import SignInAction
from takedown.models import User
from takedown.models.access import Permission
from takedown.peer import address_text
from takedown.web.devices import device_of, remember
from takedown.web.second import FACTOR_AT, LONGEST_PASSWORD, PASSWORD_AT, SecondForm, mark, pending_of, prove, show, too_many, ways

LONGEST_WAY_ON = 2000

sign_out = LogoutView.as_view()


def home(request: HttpRequest) -> HttpResponse:
    """The queue; operators, who have none, begin at their platforms."""
    operates = isinstance(request.user, User) and request.user.may(Permission.OPERATE)
    return redirect("manage-platforms" if operates else "queue")


class SignInForm(forms.Form):
    username = UsernameField(label="User name", max_length=150)
    password = forms.CharField(strip=False, max_length=LONGEST_PASSWORD)


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The first step: name and password."""
    there = way_on(request)
    if request.user.is_authenticated:
        return redirect(there)
    if pending_of(request):
        return redirect(f"{reverse('second-step')}?{urlencode({'next': there})}")
    form = SignInForm(request.POST if request.method == "POST" else None)
    wait = 0
    try:
        if form.is_valid() and (person := _who(request, form)):
            return _known_by_password(request, person, there)
    except signin.TooManyAttemptsError as error:
        wait = too_many(form, error)
    context = {"form": form, "next": there}
    return show(request, "registration/sign_in.html", context, wait=wait)


@sensitive_post_parameters("second-code", "second-passkey")
@never_cache
@require_http_methods(["GET", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """The second step, for those who have something to show."""
    there, person = way_on(request), pending_of(request)
    if person is None:
        return redirect(f"{reverse('sign-in')}?{urlencode({'next': there})}")
    if not person.factors.exists():
        return redirect(f"{reverse('enrol')}?{urlencode({'next': there})}")
    form = SecondForm(request.POST if request.method == "POST" else None)
    wait = 0
    try:
        if form.is_valid() and prove(request, person, form):
            return completed(request, person, redirect(there))
    except signin.TooManyAttemptsError as error:
        wait = too_many(form, error)
    context = {"form": form, "next": there, "person": person, **ways(request, person)}
    return show(request, "registration/second_step.html", context, wait=wait)


def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Django's own administration has no door of its own. Who stands here signed in may not enter it."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect(f"{reverse('sign-in')}?{urlencode({'next': way_on(request)})}")


def way_on(request: HttpRequest) -> str:
    """Where to go when all is done: what `next` says, if that is a page of this site and none of signing in."""
    there = request.POST.get("next", request.GET.get("next", ""))
    local = url_has_allowed_host_and_scheme(there, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    of_signing_in = {reverse(name) for name in ("sign-in", "sign-out", "second-step", "enrol", "admin:login")}
    if not local or len(there) > LONGEST_WAY_ON or urlsplit(there).path in of_signing_in:
        return reverse("home")
    return there


def completed(request: HttpRequest, person: User, response: HttpResponse) -> HttpResponse:
    """All that was asked for has been shown; this answers it."""
    signin.note(person, SignInAction.SIGNED_IN, actor=person, now=timezone.now(), address=address_text(request))
    remember(request, response, person.username)
    return response


def _who(request: HttpRequest, form: SignInForm) -> User | None:
    """Whose name and password these are. Unknown names take as long as known ones: Django hashes for them too."""
    name, password = form.cleaned_data["username"], form.cleaned_data["password"]
    buckets = signin.buckets_of_name(name, address=address_text(request), device=device_of(request, name))
    attempt = signin.begin(buckets, timezone.now())
    person = authenticate(request, username=name, password=password)
    if not isinstance(person, User):
        form.add_error(None, "Please enter a correct username and password. Note that both fields may be case-sensitive.")
        return None
    attempt.succeeded()
    return person


def _known_by_password(request: HttpRequest, person: User, there: str) -> HttpResponse:
    login(request, person)
    request.session.pop(FACTOR_AT, None)  # of an earlier time, where the session outlived it
    mark(request, PASSWORD_AT)
    if person.needs_second_factor():
        return redirect(f"{reverse('second-step')}?{urlencode({'next': there})}")
    return completed(request, person, redirect(there))
