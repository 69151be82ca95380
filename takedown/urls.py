"""Every address of the product."""

from django.urls import include, path

from takedown.admin import site
from takedown.web.views.session import healthz

urlpatterns = [
    path("", include("takedown.web.urls")),
    path("api/v1/", include("takedown.api.urls")),
    path("admin/", site.urls),
    path("healthz", healthz, name="healthz"),
]
