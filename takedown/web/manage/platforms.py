"""Platforms as they are set up, for operators: means, settings, credentials, and a look that tells whether they work."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from platforms import registry, trial
from platforms.credentials import UnreadableCredentialsError
from platforms.identity import NotAURL
from platforms.models import Platform
from takedown import administration
from takedown.choices import ChangeOf, Channel
from takedown.models import Change
from takedown.models.access import Permission
from takedown.models.errors import NotPossible
from takedown.verdicts import database_now
from takedown.web.access import SignedIn, requires
from takedown.web.manage.platform_form import PlatformForm

MOST_CHANGES = 50
Lines = list[tuple[str, str]]


class TestForm(forms.Form):
    address = forms.CharField(
        label="Address to look at",
        max_length=2000,
        widget=forms.URLInput(attrs={"spellcheck": "false"}),
        help_text="Something harmless that is known to be up there.",
    )


@requires(Permission.OPERATE)
@require_GET
def page(request: SignedIn) -> HttpResponse:
    rows = [(platform, _label(platform), Channel(platform.channel).label, _credentials(platform)) for platform in Platform.objects.all()]
    context = {"now": timezone.now(), "tab": "platforms", "rows": rows}
    return render(request, "manage/platforms.html", context)


@requires(Permission.OPERATE, fresh=True)
@require_http_methods(["GET", "POST"])
def one(request: SignedIn, slug: str) -> HttpResponse:
    """The form. Its second button looks with what is entered, and saves nothing."""
    platform = get_object_or_404(Platform, slug=slug, connector__in=registry.connectors())
    if request.method == "GET":
        return _page(request, PlatformForm(instance=platform), TestForm(initial={"address": _control(platform)}))
    form, test = PlatformForm(request.POST, instance=platform), TestForm(request.POST)
    if not form.is_valid():
        return _page(request, form, TestForm(initial={"address": request.POST.get("address", "")}), status=409)
    if "test" in request.POST:
        return _page(request, form, test, found=_try_out(form, test))
    try:
        changed = administration.change_platform(platform=form.instance, secrets=form.secrets, actor=request.user, now=database_now())
    except NotPossible as error:
        form.add_error(None, str(error))
        return _page(request, form, TestForm(initial={"address": request.POST.get("address", "")}), status=409)
    messages.success(request, f"{platform}: {len(changed)} changed." if changed else f"{platform}: nothing was different.")
    return redirect("manage-platform", slug=slug)


def _try_out(form: PlatformForm, test: TestForm) -> Lines:
    """What one look with these settings comes to, in words; nothing where the address is missing."""
    if not test.is_valid():
        return []
    try:
        ref = trial.subject(test.cleaned_data["address"], form.instance.slug, form.connector)
        return trial.in_words(trial.look_once(form.connector, form.settings(), ref), form.connector)
    except (NotAURL, trial.NotItsOwn, UnreadableCredentialsError) as error:
        return [("Not looked", str(error))]
    except TimeoutError:
        return [("No answer", "It took longer than a look may.")]


def _page(request: SignedIn, form: PlatformForm, test: TestForm, *, found: Lines | None = None, status: int = 200) -> HttpResponse:
    platform = form.stored
    context: dict[str, Any] = {
        "now": timezone.now(),
        "tab": "platforms",
        "platform": platform,
        "connector": form.connector.label,
        "form": form,
        "test": test,
        "found": found,
        "changes": Change.objects.filter(agency=None, about=ChangeOf.PLATFORM, subject=platform.slug)[:MOST_CHANGES],
    }
    return render(request, "manage/platform.html", context, status=status)


def _label(platform: Platform) -> str:
    connector = registry.connectors().get(platform.connector)
    return connector.label if connector else f"{platform.connector}, which is not installed"


def _credentials(platform: Platform) -> str:
    wanted, held = platform.secret_fields, platform.masked_config()
    if not wanted:
        return "none needed"
    return "set" if any(key in held for key in wanted) else "not set"


def _control(platform: Platform) -> str:
    """An address that the platform's settings name as known to be up."""
    settings = {**registry.get(platform.connector).defaults, **platform.config}
    return str(settings.get("control_url", ""))
