"""Flag: is it in, and was it known?"""

import hashlib
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.views.decorators.http import require_http_methods, require_POST

from platforms.identity import split_urls
from takedown import intake
from takedown.choices import Category, Severity
from takedown.models import Agency, DeadlinePolicy
from takedown.models.access import Permission
from takedown.models.item import identity_of
from takedown.verdicts import database_now
from takedown.web.access import SignedIn, agency_of, requires

TWICE = intake.PreviewVerdict.TWICE
ACCEPTED = frozenset({intake.PreviewVerdict.NEW, intake.PreviewVerdict.KNOWN, intake.PreviewVerdict.RETURNED})


class FlagForm(forms.Form):
    """What all pasted URLs have in common."""

    category = forms.ChoiceField(choices=[("", "Choose a category"), *Category.choices])
    severity = forms.ChoiceField(choices=Severity.choices, initial=Severity.MEDIUM)
    policy = forms.ChoiceField(required=False)
    language = forms.CharField(required=False, max_length=35, help_text="Of the content, such as ar or fr.")
    client_reference = forms.CharField(label="Your reference", required=False, max_length=200)
    note = forms.CharField(
        label="Why it is illegal",
        required=False,
        max_length=5000,
        help_text="Sent to the platform with the request.",
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    token = forms.CharField(widget=forms.HiddenInput, max_length=64, initial=lambda: get_random_string(32))

    def __init__(self, *args: Any, agency: Agency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policies = DeadlinePolicy.objects.usable_by(agency, timezone.now()).order_by("name")
        choices: Any = self.fields["policy"]
        choices.choices = [
            ("", "The agency's default"),
            *{policy.key: (policy.key, f"{policy.name}, {policy.duration_text}") for policy in policies}.values(),
        ]


@requires(Permission.FLAG)
@require_http_methods(["GET", "POST"])
def page(request: SignedIn) -> HttpResponse:
    agency = agency_of(request.user)
    if request.method != "POST":
        text = request.GET.get("q", "")
        return render(request, "flag/page.html", {"form": FlagForm(agency=agency), "text": text, **_previewed(agency, text)})
    form, text = FlagForm(request.POST, agency=agency), request.POST.get("urls", "")
    if "preview" in request.POST or not form.is_valid() or not text.strip():
        if "preview" in request.POST:
            form = FlagForm(initial=request.POST.dict(), agency=agency)
        return render(request, "flag/page.html", {"form": form, "text": text, "missing": not text.strip(), **_previewed(agency, text)})
    return _file(request, agency, form, text)


@requires(Permission.FLAG)
@require_POST
def preview(request: SignedIn) -> HttpResponse:
    """The table under the box. Saves nothing."""
    return render(request, "flag/_preview.html", _previewed(agency_of(request.user), request.POST.get("urls", "")))


def _previewed(agency: Agency, text: str) -> dict[str, Any]:
    lines = intake.preview(agency=agency, text=text) if text.strip() else []
    return {"lines": lines, "ready": sum(line.verdict in ACCEPTED for line in lines)}


def _file(request: SignedIn, agency: Agency, form: FlagForm, text: str) -> HttpResponse:
    """File what can be filed; what cannot stays in the box with its error."""
    lines = intake.preview(agency=agency, text=text)
    data = {name: value for name, value in form.cleaned_data.items() if name != "token"}
    # A second click sends the same form and finds the first one's reports; Back and an edit make another token.
    token = hashlib.sha256(repr((form.cleaned_data["token"], text, sorted(data.items()))).encode()).hexdigest()
    drafts = [intake.Draft(url=line.typed, place=place, **data) for place, line in enumerate(lines) if line.verdict in ACCEPTED]
    call = intake.Call(f"form:{token}", token)
    filed = intake.submit(agency=agency, drafts=drafts, actor=request.user, now=database_now(), call=call)
    refused = [line for line in lines if line.verdict == intake.PreviewVerdict.NOT_A_URL]
    errors = [(one.draft.url, one.error) for one in filed if one.report is None] + [(line.typed, line.error) for line in refused]
    rest = [typed for typed, _ in errors] + split_urls(text)[intake.MOST_LINES + 1 :]
    reports = {one.report.item.identity: one.report for one in filed if one.report}
    context = {
        "form": FlagForm(initial={**data, "note": data["note"] if rest else ""}, agency=agency),
        "text": "\n".join(rest),
        "filed": list(reports.values()),
        "twice": [(line.typed, reports.get(identity_of(line.ref))) for line in lines if line.ref and line.verdict == TWICE],
        "errors": errors,
        "now": timezone.now(),
    }
    return render(request, "flag/page.html", context)
