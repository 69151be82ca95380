"""Dashboard: how fast, and how sure?"""

from collections.abc import Container
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from platforms.models import Platform
from takedown import typeset
from takedown.models import Agency, TakedownRequest
from takedown.models.access import Permission
from takedown.models.policy import REMOVAL_ORDER
from takedown.statistics.exposure import EXPOSING, SOURCE, exposure
from takedown.statistics.figures import SMALL, interval_text, share_text, time_text
from takedown.statistics.filters import PERIODS, policies_of, read_filters
from takedown.statistics.readers import Dashboard, compared, dashboard
from takedown.statistics.tables import TABLES
from takedown.web import pictures
from takedown.web.access import SignedIn, agency_of, requires
from takedown.web.files import as_csv, as_json, attached
from takedown.web.filters import Filters as Listed
from takedown.web.sheet import FIGURES, keys_of, svg_of
from takedown.web.shown import list_of, shown
from takedown.web.stacks import removal_stacks
from takedown.web.steps import cause_charts

FAILURES = 10
"""Missed deadlines that a platform's page names, the latest first; the rest is a link away."""


@requires(Permission.READ)
@require_GET
def page(request: SignedIn) -> HttpResponse:
    now, agency = timezone.now(), agency_of(request.user)
    filters = read_filters(request.GET, agency, now)
    return render(request, "dashboard/page.html", {**drawn(dashboard(filters, now), agency), "here": reverse("dashboard")})


@requires(Permission.READ)
@require_GET
def platform(request: SignedIn, slug: str) -> HttpResponse:
    """The same figures for one platform, and what the last twelve months say about it."""
    now, agency, found = timezone.now(), agency_of(request.user), get_object_or_404(Platform, slug=slug)
    filters = read_filters({**request.GET.dict(), "platform": found.slug}, agency, now)
    year = exposure(agency, found, now)
    missed = year.year.listed(counted="breached")
    failures = Listed.read(missed).apply(TakedownRequest.objects.for_agency(agency).filter(platform=found), request.user, now)
    context = {
        "platform": found,
        "here": reverse("dashboard-platform", args=[slug]),
        "exposure": year,
        "exposing": (EXPOSING, SOURCE),
        "failures": failures.select_related("item", "policy").order_by("-due_at", "-id")[:FAILURES],
        "missed": list_of(missed),
        "orders": list_of(year.year.listed(policy=REMOVAL_ORDER, counted="standing")),
    }
    return render(request, "dashboard/platform.html", {**drawn(dashboard(filters, now), agency), **context})


@requires(Permission.READ)
@require_GET
def comparison(request: SignedIn) -> HttpResponse:
    """Against the period before: a part of the page, which comes after the rest because it counts twice as much."""
    now = timezone.now()
    found = compared(read_filters(request.GET, agency_of(request.user), now), now)
    return render(request, "dashboard/_changes.html" if request.htmx else "dashboard/comparison.html", {"found": found})


def drawn(board: Dashboard, agency: Agency) -> dict[str, Any]:
    """What the figures' templates need."""
    return {
        "board": board,
        "filters": board.filters,
        "periods": [(key, label) for key, (label, _) in PERIODS.items()],
        "platforms": Platform.objects.values_list("slug", "name"),
        "policies": list(dict(policies_of(agency).values_list("key", "name")).items()),
        "facts": _facts(board),
        "watched": [(time_text(seconds) if seconds else "start", items) for seconds, items in board.removal.watched],
        "curves": pictures.curves(board),
        "histograms": pictures.histograms(board),
        "funnels": pictures.funnels(board),
        "heat_maps": pictures.heat_maps(board),
        "stacks": removal_stacks(board.bands),
        "causes": cause_charts(board.causes),
        "bounds": pictures.bounds_lines(board),
        "few": SMALL,
        "ages": pictures.age_lines(board),
        "weeks": pictures.weeks(board),
        "keys": {name.replace("-", "_"): keys_of(name, board) for name in FIGURES},
        "drawable": FIGURES,
        "tables": {name.replace("-", "_"): shown(table_of(board)) for name, table_of in TABLES.items()},
        "numbers": _numbers(board),
    }


@requires(Permission.READ)
@require_GET
def download(request: SignedIn) -> HttpResponse:
    """The table of one figure (`figure`, a key of `TABLES`) under the page's filters, with the period in every row."""
    name = request.GET.get("figure", "")
    board = _asked(request, name, TABLES)
    filters = board.filters
    period = {"Period from": str(filters.first_day or ""), "Period to": str(filters.last_day), "Days in": filters.timezone}
    return as_csv(TABLES[name](board), f"{name}-{filters.last_day}", period)


@requires(Permission.READ)
@require_GET
def data(request: SignedIn) -> HttpResponse:
    """The same as JSON, with definition and sample size."""
    name = request.GET.get("figure", "")
    board = _asked(request, name, TABLES)
    filters = board.filters
    period = {"from": filters.first_day, "to": filters.last_day, "timezone": filters.timezone}
    return as_json(TABLES[name](board), {"period": period})


@requires(Permission.READ)
@require_GET
def as_svg(request: SignedIn, figure: str) -> HttpResponse:
    """The drawing of one figure as a file of its own, under the page's filters."""
    board = _asked(request, figure, FIGURES)
    return attached(svg_of(figure, board), "image/svg+xml; charset=utf-8", f"{figure}-{board.filters.last_day}.svg")


@requires(Permission.READ)
@require_GET
def as_png(request: SignedIn, figure: str) -> HttpResponse:
    """The same as a picture."""
    board = _asked(request, figure, FIGURES)
    return attached(typeset.png(svg_of(figure, board)), "image/png", f"{figure}-{board.filters.last_day}.png")


def _asked(request: SignedIn, name: str, known: Container[str]) -> Dashboard:
    if name not in known:
        raise Http404("No such figure.")
    now = timezone.now()
    return dashboard(read_filters(request.GET, agency_of(request.user), now), now)


def _numbers(board: Dashboard) -> list[tuple[str, int, str]]:
    """Headline numbers: label, number, where its rows are."""
    ages, now = board.open_by_age, {"since": "", "until": ""}
    return [
        ("open now", ages.requests, list_of(board.filters.listed(**now, tab="open"))),
        ("overdue", ages.overdue, list_of(board.filters.listed(**now, tab="overdue"))),
        ("due in 1 h", ages.due_soon, list_of(board.filters.listed(**now, tab="due"))),
        ("seen back after removal", board.returned, list_of(board.filters.listed(tab="back"))),
    ]


def _facts(board: Dashboard) -> list[tuple[str, str]]:
    """Percentiles, and what was gone by the deadline."""
    removal = board.removal
    facts = [(f"{percent} % gone after", interval_text(interval)) for percent, interval in removal.quartiles]
    if removal.gone_by_deadline and removal.deadline:
        facts.append((f"Gone within {time_text(removal.deadline)}", share_text(removal.gone_by_deadline)))
    return facts


urlpatterns = [
    path("dashboard/", page, name="dashboard"),
    path("dashboard/platforms/<slug:slug>/", platform, name="dashboard-platform"),
    path("dashboard/comparison/", comparison, name="dashboard-comparison"),
    path("dashboard/csv/", download, name="dashboard-csv"),
    path("dashboard/json/", data, name="dashboard-json"),
    path("dashboard/svg/<slug:figure>/", as_svg, name="dashboard-svg"),
    path("dashboard/png/<slug:figure>/", as_png, name="dashboard-png"),
]
