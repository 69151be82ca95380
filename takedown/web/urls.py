"""The screens."""

from django.urls import path

from takedown.web import dashboard
from takedown.web.actions import ACTIONS
from takedown.web.views import alerts, flag, item, overdue, pages, platforms, queue, request, session

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
    path("items/<int:pk>/", item.page, name="item"),
    path("items/<int:pk>/look/", item.look, name="item-look"),
    path("items/<int:pk>/same/", item.same, name="item-same"),
    path("alerts/", alerts.page, name="alerts"),
    path("alerts/seen/", alerts.see_all, name="alerts-seen"),
    path("alerts/<int:pk>/seen/", alerts.see, name="alert-seen"),
    path("platforms/", platforms.page, name="platforms"),
    path("platforms/live/", platforms.live, name="platforms-live"),
    *(path(f"platforms/{switch.name}/", platforms.act(switch), name=f"platforms-{switch.name}") for switch in platforms.SWITCHES),
    *dashboard.urlpatterns,
    path("styleguide/", pages.styleguide, name="styleguide"),
]
