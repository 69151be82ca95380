"""Keys: which systems act for the agency, what they may, until when, and what they did last."""

from datetime import timedelta
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from takedown import administration
from takedown.choices import ChangeOf
from takedown.models import ApiKey, Change
from takedown.models.access import Permission
from takedown.models.errors import NotPossible
from takedown.verdicts import database_now
from takedown.web.access import SignedIn, agency_of, requires
from takedown.web.manage.fields import NetworksField, ReasonForm

MOST_CHANGES = 50
NEVER = "never"


class IssueForm(forms.Form):
    client = forms.CharField(max_length=80, help_text="The system that uses it. A second key of the same client takes its name again.")
    scopes = forms.MultipleChoiceField(label="It may", choices=ApiKey.Scope.choices, widget=forms.CheckboxSelectMultiple)
    expires = forms.ChoiceField(
        label="It ends",
        choices=[("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year"), (NEVER, "Never")],
        initial="365",
    )
    networks = NetworksField(label="Only from", help_text="Networks, one a line: 192.0.2.0/24. Empty: from anywhere.")


class RotateForm(forms.Form):
    days = forms.IntegerField(
        label="Days that the old key goes on",
        min_value=0,
        max_value=30,
        initial=7,
        help_text="0: it ends now.",
    )


@requires(Permission.ADMINISTER)
@require_GET
def page(request: SignedIn) -> HttpResponse:
    return _page(request)


@requires(Permission.ADMINISTER, fresh=True)
@require_http_methods(["GET", "POST"])
def issue(request: SignedIn) -> HttpResponse:
    """The only answer that shows the secret; it is not kept anywhere."""
    if request.method == "GET":  # somebody who had to sign in again, or reloads a refused form
        return redirect("manage-keys")
    form, now = IssueForm(request.POST), database_now()
    if not form.is_valid():
        return _page(request, form=form, status=409)
    given = form.cleaned_data
    try:
        issued = administration.issue_key(
            agency=agency_of(request.user),
            client_name=given["client"],
            scopes=given["scopes"],
            networks=given["networks"],
            expires_at=None if given["expires"] == NEVER else now + timedelta(days=int(given["expires"])),
            actor=request.user,
            now=now,
        )
    except NotPossible as error:
        form.add_error(None, str(error))
        return _page(request, form=form, status=409)
    return _page(request, issued=issued)


@requires(Permission.ADMINISTER, fresh=True)
@require_http_methods(["GET", "POST"])
def rotate(request: SignedIn, pk: int) -> HttpResponse:
    key, form = _key(request, pk), RotateForm(request.POST)
    if request.method == "GET":
        return redirect("manage-keys")
    try:
        if not form.is_valid():
            raise NotPossible("The old key may go on for 0 to 30 days.")
        issued = administration.rotate_key(
            key=key, overlap=timedelta(days=form.cleaned_data["days"]), actor=request.user, now=database_now()
        )
    except NotPossible as error:
        return _page(request, problem=str(error), status=409)
    return _page(request, issued=issued)


@requires(Permission.ADMINISTER, fresh=True)
@require_http_methods(["GET", "POST"])
def revoke(request: SignedIn, pk: int) -> HttpResponse:
    key, form = _key(request, pk), ReasonForm(request.POST)
    if request.method == "GET":
        return redirect("manage-keys")
    try:
        if not form.is_valid():
            raise NotPossible("Say why, in at most 300 characters: the reason is part of the record.")
        administration.revoke_key(key=key, reason=form.cleaned_data["reason"], actor=request.user, now=database_now())
    except NotPossible as error:
        return _page(request, problem=str(error), status=409)
    messages.success(request, f"{key} is revoked.")
    return redirect("manage-keys")


def _key(request: SignedIn, pk: int) -> ApiKey:
    return get_object_or_404(ApiKey.objects.for_agency(agency_of(request.user)).select_related("client__agency"), pk=pk)


def _page(
    request: SignedIn, *, form: IssueForm | None = None, issued: tuple[ApiKey, str] | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    agency, now = agency_of(request.user), timezone.now()
    keys = ApiKey.objects.for_agency(agency).live(now).select_related("client").order_by("client__name", "-created_at", "-id")
    context: dict[str, Any] = {
        "now": now,
        "tab": "keys",
        "clients": [(client, _actions(list(group))) for client, group in groupby(keys, key=lambda key: key.client)],
        "form": form or IssueForm(),
        "issued": issued,
        "problem": problem,
        "changes": Change.objects.for_agency(agency).filter(about=ChangeOf.KEY)[:MOST_CHANGES],
    }
    return render(request, "manage/keys.html", context, status=status)


def _actions(keys: list[ApiKey]) -> list[tuple[ApiKey, list[str], RotateForm | None, ReasonForm]]:
    """Each key with its scopes in words, the form that rotates it, where there is room for a second key, and the one that revokes it."""
    alone = len(keys) < administration.keys.MOST_LIVE
    return [
        (
            key,
            [str(ApiKey.Scope(scope).label) for scope in key.scopes if scope in ApiKey.Scope.values],
            RotateForm(auto_id=f"rotate-{key.pk}-%s") if alone else None,
            ReasonForm(auto_id=f"revoke-{key.pk}-%s"),
        )
        for key in keys
    ]
