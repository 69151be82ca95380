"""Routes of the REST interface."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularJSONAPIView

from takedown.api import views

urlpatterns = [
    path("reports/", views.Reports.as_view(), name="api-reports"),
    path("reports/batch/", views.ReportBatch.as_view(), name="api-report-batch"),
    path("reports/<int:pk>/", views.OneReport.as_view(), name="api-report"),
    path("requests/", views.Requests.as_view(), name="api-requests"),
    path("requests/<int:pk>/", views.OneRequest.as_view(), name="api-request"),
    path("requests/<int:pk>/look/", views.LookAtRequest.as_view(), name="api-request-look"),
    path("items/<int:pk>/look/", views.LookAtItem.as_view(), name="api-item-look"),
    path("schema/", SpectacularJSONAPIView.as_view(permission_classes=[], authentication_classes=[]), name="api-schema"),
    re_path("", views.NotHere.as_view(), name="api-nothing"),
]
