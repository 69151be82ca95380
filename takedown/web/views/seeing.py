"""Whether anything is looked at: said on every page, and kept up to date there."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from takedown.models.access import Permission
from takedown.web.access import SignedIn, requires


@requires(Permission.READ)
@require_GET
def live(request: SignedIn) -> HttpResponse:
    return render(request, "_seeing.html", {"before": request.GET.get("before", "")})
