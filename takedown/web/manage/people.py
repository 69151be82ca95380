"""People of the agency: who they are, what they may, and whether they can sign in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from takedown import administration
from takedown.administration.people import AGENCY_ROLES
from takedown.choices import ChangeOf
from takedown.models import Change, User
from takedown.models.access import Permission
from takedown.models.errors import NotPossible
from takedown.verdicts import database_now
from takedown.web.access import SignedIn, agency_of, requires
from takedown.web.manage.fields import PersonForm, ReasonForm

MOST_CHANGES = 50
ROLES = [(role.value, role.label) for role in AGENCY_ROLES]


class InviteForm(PersonForm):
    role = forms.ChoiceField(choices=ROLES)


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=ROLES)


class NothingForm(forms.Form):
    """A button."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What can be done about a person. `run` gives a path to hand over, or "". `offered` says for whom it makes sense; the verb has the
    last word."""

    name: str
    label: str
    done: str
    warning: str
    form: type[forms.Form]
    run: Callable[[User, dict[str, Any], User], str | None]
    offered: Callable[[User], bool]


DEEDS = (
    Deed(
        "role",
        "Change the role",
        "The role is changed.",
        "It holds from their next page on.",
        RoleForm,
        lambda person, given, actor: administration.set_role(person=person, role=given["role"], actor=actor, now=database_now()),
        lambda person: person.is_active,
    ),
    Deed(
        "link",
        "New link for a password",
        "",
        "The password they have ends at once, and so do their sessions. Make sure that it is they who ask.",
        NothingForm,
        lambda person, given, actor: administration.renew_link(person=person, actor=actor, now=database_now()),
        lambda person: person.is_active,
    ),
    Deed(
        "reset-factor",
        "Reset the second factor",
        "Reset.",
        "Their app, passkeys and recovery codes are forgotten, and their sessions end. Make sure that it is they who ask.",
        ReasonForm,
        lambda person, given, actor: administration.reset_second_factor(
            person=person, reason=given["reason"], actor=actor, now=database_now()
        ),
        lambda person: person.is_active and person.factors.exists(),
    ),
    Deed(
        "shut-out",
        "Shut out",
        "Shut out.",
        "Their sessions end at once. What they did stays on record under their name.",
        ReasonForm,
        lambda person, given, actor: administration.shut_out(person=person, reason=given["reason"], actor=actor, now=database_now()),
        lambda person: person.is_active,
    ),
    Deed(
        "let-in",
        "Let in again",
        "",
        "They choose a new password with the link.",
        NothingForm,
        lambda person, given, actor: administration.let_in_again(person=person, actor=actor, now=database_now()),
        lambda person: not person.is_active,
    ),
)


@requires(Permission.ADMINISTER)
@require_GET
def page(request: SignedIn) -> HttpResponse:
    return _page(request)


@requires(Permission.ADMINISTER, fresh=True)
@require_http_methods(["GET", "POST"])
def invite(request: SignedIn) -> HttpResponse:
    if request.method == "GET":  # somebody who had to sign in again, or reloads a refused form
        return redirect("manage-people")
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            link = administration.invite(agency=agency_of(request.user), **form.cleaned_data, actor=request.user, now=database_now())
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            return _page(request, link=link)
    return _page(request, form=form, status=409)


def act(deed: Deed) -> Callable[..., HttpResponse]:
    """The view behind one button."""

    @requires(Permission.ADMINISTER, fresh=True)
    @require_http_methods(["GET", "POST"])
    def perform(request: SignedIn, pk: int) -> HttpResponse:
        person, form = get_object_or_404(agency_of(request.user).users, pk=pk), deed.form(request.POST)
        if request.method == "GET":
            return redirect("manage-people")
        try:
            if not form.is_valid():
                raise NotPossible(f"{deed.label}: {' '.join(str(error) for errors in form.errors.values() for error in errors)}")
            path = deed.run(person, form.cleaned_data, request.user)
        except NotPossible as error:
            return _page(request, problem=str(error), status=409)
        if path:
            return _page(request, link=(person, path))
        messages.success(request, f"{person}: {deed.done}")
        return redirect("manage-people")

    return perform


def _page(
    request: SignedIn, *, form: InviteForm | None = None, link: tuple[User, str] | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    agency = agency_of(request.user)
    people = agency.users.order_by("-is_active", "display_name", "username")
    context = {
        "now": timezone.now(),
        "tab": "people",
        "people": [(person, person.has_usable_password(), _deeds(person, request.user)) for person in people],
        "form": form or InviteForm(),
        "link": (link[0], request.build_absolute_uri(link[1])) if link else None,
        "problem": problem,
        "changes": Change.objects.for_agency(agency).filter(about=ChangeOf.PERSON)[:MOST_CHANGES],
    }
    return render(request, "manage/people.html", context, status=status)


def _deeds(person: User, actor: User) -> list[tuple[Deed, forms.Form]]:
    """Nobody does anything about themselves."""
    if person == actor:
        return []
    return [
        (deed, deed.form(auto_id=f"{deed.name}-{person.pk}-%s", initial={"role": person.role})) for deed in DEEDS if deed.offered(person)
    ]
