"""Every address of the product, but for the probes of `takedown.ops.middleware`."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("takedown.web.urls")),
    path("api/v1/", include("takedown.api.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "takedown.ops.pages.bad_request"
handler403 = "takedown.ops.pages.forbidden"
handler404 = "takedown.ops.pages.not_found"
handler500 = "takedown.ops.pages.failed"
