"""Agencies, for operators: which there are, and who administers a new one. Nothing of what an agency does is shown."""

from typing import Any

from django import forms
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from takedown import administration
from takedown.administration.agencies import is_orphaned
from takedown.choices import ChangeOf
from takedown.models import Agency, Change, User
from takedown.models.access import Permission
from takedown.models.errors import NotPossible
from takedown.verdicts import database_now
from takedown.web.access import SignedIn, requires
from takedown.web.manage.fields import PersonForm

MOST_CHANGES = 50
_PERSON = ("display_name", "username", "email")


class AgencyForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's own class takes no parameters at run time
    class Meta:
        model = Agency
        fields = ("name", "slug", "timezone", "default_policy_key")


@requires(Permission.OPERATE)
@require_GET
def page(request: SignedIn) -> HttpResponse:
    return _page(request)


@requires(Permission.OPERATE, fresh=True)
@require_http_methods(["GET", "POST"])
def add(request: SignedIn) -> HttpResponse:
    if request.method == "GET":  # somebody who had to sign in again, or reloads a refused form
        return redirect("manage-agencies")
    form, person = AgencyForm(request.POST), PersonForm(request.POST, auto_id="first-%s")
    if form.is_valid() and person.is_valid():
        try:
            link = administration.open_agency(agency=form.instance, **person.cleaned_data, actor=request.user, now=database_now())
        except NotPossible as error:
            person.add_error(None, str(error))
        else:
            return _page(request, link=link)
    return _page(request, forms_=(form, person), status=409)


@requires(Permission.OPERATE, fresh=True)
@require_http_methods(["GET", "POST"])
def administrator(request: SignedIn, agency: str) -> HttpResponse:
    """For an agency that nobody administers."""
    found = get_object_or_404(Agency, slug=agency)
    form = PersonForm(request.POST)
    if request.method == "GET":
        return redirect("manage-agencies")
    try:
        if not form.is_valid():
            raise NotPossible("Write a name, and a user name of letters, digits and @ . + - _ only.")
        link = administration.add_administrator(agency=found, **form.cleaned_data, actor=request.user, now=database_now())
    except NotPossible as error:
        return _page(request, problem=str(error), status=409)
    return _page(request, link=link)


def _page(
    request: SignedIn,
    *,
    forms_: tuple[AgencyForm, PersonForm] | None = None,
    link: tuple[User, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    agencies = Agency.objects.annotate(people=Count("users", filter=Q(users__is_active=True))).order_by("name")
    form, person = forms_ or (AgencyForm(), PersonForm(auto_id="first-%s"))
    context: dict[str, Any] = {
        "now": timezone.now(),
        "tab": "agencies",
        "agencies": [(each, PersonForm(auto_id=f"{each.slug}-%s") if is_orphaned(each) else None) for each in agencies],
        "form": form,
        "person": person,
        "link": (link[0], request.build_absolute_uri(link[1])) if link else None,
        "problem": problem,
        "changes": Change.objects.filter(agency=None, about=ChangeOf.AGENCY)[:MOST_CHANGES],
    }
    return render(request, "manage/agencies.html", context, status=status)
