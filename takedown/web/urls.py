"""The screens."""

from django.urls import path

from takedown.choices import AnswerKind
from takedown.web import dashboard
from takedown.web.actions import ACTIONS
from takedown.web.views import alerts, answer, flag, item, order, overdue, pages, platforms, policies, queue, request, session, wall

urlpatterns = [
    path("", session.home, name="home"),
    path("sign-in/", session.sign_in, name="sign-in"),
    path("sign-out/", session.sign_out, name="sign-out"),
    path("find/", pages.find, name="find"),
    path("flag/", flag.page, name="flag"),
    path("flag/preview/", flag.preview, name="flag-preview"),
    path("queue/", queue.page, name="queue"),
    path("queue/pulse/", queue.pulse, name="queue-pulse"),
    path("queue/csv/", queue.download, name="queue-csv"),
    path("overdue/", overdue.page, name="overdue"),
    path("requests/<int:pk>/", request.page, name="request"),
    path("requests/<int:pk>/live/", request.live, name="request-live"),
    path("requests/<int:pk>/leave/", request.leave, name="leave"),
    *(path(f"requests/<int:pk>/{action.name}/", request.act(action), name=f"request-{action.name}") for action in ACTIONS),
    path("requests/<int:pk>/order/", order.page, name="order"),
    path("requests/<int:pk>/order.json", order.as_json, name="order-json"),
    path("requests/<int:pk>/order.pdf", order.as_pdf, name="order-pdf"),
    path("requests/<int:pk>/answer/done/", answer.by_hand(AnswerKind.DONE), name="order-done"),
    path("requests/<int:pk>/answer/impossible/", answer.by_hand(AnswerKind.IMPOSSIBLE), name="order-impossible"),
    path("answer/<str:token>/", answer.by_link, name="answer"),
    path("items/<int:pk>/", item.page, name="item"),
    path("items/<int:pk>/look/", item.look, name="item-look"),
    path("items/<int:pk>/same/", item.same, name="item-same"),
    path("alerts/", alerts.page, name="alerts"),
    path("alerts/seen/", alerts.see_all, name="alerts-seen"),
    path("alerts/<int:pk>/seen/", alerts.see, name="alert-seen"),
    path("platforms/", platforms.page, name="platforms"),
    path("platforms/live/", platforms.live, name="platforms-live"),
    *(path(f"platforms/{switch.name}/", platforms.act(switch), name=f"platforms-{switch.name}") for switch in platforms.SWITCHES),
    path("policies/", policies.page, name="policies"),
    path("policies/<slug:key>/", policies.versions, name="policy"),
    path("policies/<slug:key>/supersede/", policies.replace, name="policy-supersede"),
    path("wall/", wall.page, name="wall"),
    path("wall/live/", wall.live, name="wall-live"),
    *dashboard.urlpatterns,
    path("styleguide/", pages.styleguide, name="styleguide"),
]
