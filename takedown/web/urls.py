"""The screens."""

from django.urls import path

from takedown.web import dashboard
from takedown.web.actions import ACTIONS
from takedown.web.views import flag, overdue, pages, queue, request, session

urlpatterns = [
    path("", session.home, name="home"),
    path("sign-in/", session.sign_in, name="sign-in"),
    path("sign-out/", session.sign_out, name="sign-out"),
    path("find/", pages.find, name="find"),
    path("flag/", flag.page, name="flag"),
    path("flag/preview/", flag.preview, name="flag-preview"),
    path("queue/", queue.page, name="queue"),
    path("queue/pulse/", queue.pulse, name="queue-pulse"),
    path("overdue/", overdue.page, name="overdue"),
    path("requests/<int:pk>/", request.page, name="request"),
    path("requests/<int:pk>/live/", request.live, name="request-live"),
    path("requests/<int:pk>/leave/", request.leave, name="leave"),
    *(path(f"requests/<int:pk>/{action.name}/", request.act(action), name=f"request-{action.name}") for action in ACTIONS),
    *dashboard.urlpatterns,
    path("styleguide/", pages.styleguide, name="styleguide"),
]
