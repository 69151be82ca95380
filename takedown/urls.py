"""Every address of the product, but for the probes of `takedown.ops.middleware`."""

from django.urls import include, path
from django.views.generic import RedirectView

from takedown.admin import site
from takedown.web.views.session import admin_sign_in

urlpatterns = [
    path("", include("takedown.web.urls")),
    path("api/v1/", include("takedown.api.urls")),
    path("admin/login/", admin_sign_in),
    path("admin/password_change/", RedirectView.as_view(pattern_name="security-password")),
    path("admin/", site.urls),
]

handler400 = "takedown.ops.pages.bad_request"
handler403 = "takedown.ops.pages.forbidden"
handler404 = "takedown.ops.pages.not_found"
handler500 = "takedown.ops.pages.failed"
