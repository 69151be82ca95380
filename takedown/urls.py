"""Every address of the product."""

from django.urls import include, path
from django.views.generic import RedirectView

from takedown.admin import site
from takedown.web.views.session import admin_sign_in, healthz

urlpatterns = [
    path("", include("takedown.web.urls")),
    path("api/v1/", include("takedown.api.urls")),
    path("admin/login/", admin_sign_in),
    path("admin/password_change/", RedirectView.as_view(pattern_name="security-password")),
    path("admin/", site.urls),
    path("healthz", healthz, name="healthz"),
]
