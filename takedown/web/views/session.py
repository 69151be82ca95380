"""Sign in and out."""

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from takedown.models import User
from takedown.models.access import Permission

sign_in = LoginView.as_view(template_name="registration/sign_in.html", redirect_authenticated_user=True)
sign_out = LogoutView.as_view()


def home(request: HttpRequest) -> HttpResponse:
    """The queue; operators, who have none, begin at their platforms."""
    operates = isinstance(request.user, User) and request.user.may(Permission.OPERATE)
    return redirect("manage-platforms" if operates else "queue")


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")
