"""Sign in and out."""

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

sign_in = LoginView.as_view(template_name="registration/sign_in.html", redirect_authenticated_user=True)
sign_out = LogoutView.as_view()


def home(request: HttpRequest) -> HttpResponse:
    return redirect("queue")
