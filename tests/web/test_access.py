"""Who gets which screen: every route against every role, with a request of their own agency, of another one, and with none at all."""

from collections.abc import Callable

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from takedown.choices import AlertKind, Role, VerdictValue
from takedown.models import Alert, TakedownRequest, User
from takedown.models.access import GRANTS, Permission
from takedown.web.actions import ACTIONS
from takedown.web.urls import urlpatterns
from takedown.web.views.platforms import SWITCHES
from tests.factories import Cast, UserFactory, cast, in_order, in_verdict

OPEN_TO_ALL = {"home", "sign-in", "sign-out", "answer"}
POSTS = {
    *("flag-preview", "item-look", "item-same", "alert-seen", "alerts-seen"),
    *(f"request-{action.name}" for action in ACTIONS),
    *(f"platforms-{switch.name}" for switch in SWITCHES),
}
QUERY = {name: {"figure": "removal"} for name in ("dashboard-csv", "dashboard-json")}
SLUGS = {
    "<slug:key>": "one_hour",
    "<slug:slug>": "web",
    "<slug:figure>": "removal",
    "<slug:kind>": "monitoring-round",
    "<slug:name>": "hour",
    "<slug:ending>": "csv",
}
GUARDED: list[URLPattern] = [pattern for pattern in urlpatterns if pattern.name not in OPEN_TO_ALL]
ABOUT_ONE = [pattern for pattern in GUARDED if "<int:pk>" in str(pattern.pattern)]


def opens(pattern: URLPattern, role: str) -> bool:
    """Whether the role has one of the permissions that the route asks for."""
    permissions: tuple[Permission, ...] = pattern.callback.permissions  # type: ignore[attr-defined]  # set by `requires`
    return not GRANTS[role].isdisjoint(permissions)


def subject(pattern: URLPattern, request: TakedownRequest) -> int:
    """Number of what the route is about: the request, its item, or an alert about it."""
    name = str(pattern.name)
    if name.startswith("alert-"):
        facts = {"kind": AlertKind.REAPPEARED, "at": timezone.now(), "platform": request.platform, "request": request}
        return Alert.objects.create(agency=request.agency, **facts).pk
    if name.startswith("order"):
        return in_order(VerdictValue.UNPROVEN, agency=request.agency).pk
    return request.item_id if name.startswith("item") else request.pk


def ask(client: Client, pattern: URLPattern, pk: int) -> HttpResponseBase:
    name = str(pattern.name)
    args = [pk] if pattern in ABOUT_ONE else [slug for part, slug in SLUGS.items() if part in str(pattern.pattern)]
    url = reverse(name, args=args)
    return client.post(url) if name in POSTS else client.get(url, QUERY.get(name))


def by_name(pattern: URLPattern) -> str:
    return str(pattern.name)


def test_every_route_says_what_it_requires() -> None:
    assert [pattern.name for pattern in GUARDED if not getattr(pattern.callback, "permissions", ())] == []


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("pattern", GUARDED, ids=by_name)
def test_a_route_opens_for_the_roles_that_have_its_permission(
    pattern: URLPattern, role: str, people: Cast, signed_in: Callable[[User], Client]
) -> None:
    own = in_verdict(VerdictValue.UNPROVEN, agency=people.agency)
    answer = ask(signed_in(people.in_role(role)), pattern, subject(pattern, own))
    if opens(pattern, role):
        assert answer.status_code in {200, 302, 409}
        assert answer["Cache-Control"] == "no-store"
    else:
        assert answer.status_code == 403


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("pattern", ABOUT_ONE, ids=by_name)
def test_what_belongs_to_another_agency_does_not_exist(
    pattern: URLPattern, role: str, people: Cast, signed_in: Callable[[User], Client]
) -> None:
    foreign = in_verdict(VerdictValue.UNPROVEN, agency=cast("south").agency)
    client = signed_in(people.in_role(role))
    expected = 404 if opens(pattern, role) else 403
    assert [ask(client, pattern, pk).status_code for pk in (subject(pattern, foreign), 2**70)] == [expected, expected]


@pytest.mark.parametrize("pattern", GUARDED, ids=by_name)
def test_somebody_without_an_agency_gets_nothing(pattern: URLPattern, people: Cast, signed_in: Callable[[User], Client]) -> None:
    nobody = signed_in(UserFactory.create(username="nobody", agency=None, role=Role.SUPERVISOR))
    assert ask(nobody, pattern, in_verdict(VerdictValue.PENDING, agency=people.agency).pk).status_code == 403


@pytest.mark.parametrize("pattern", GUARDED, ids=by_name)
def test_a_stranger_is_asked_to_sign_in(pattern: URLPattern, people: Cast, client: Client) -> None:
    answer = ask(client, pattern, in_verdict(VerdictValue.PENDING, agency=people.agency).pk)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/sign-in/")


def test_a_fragment_asked_for_after_the_session_ended_reloads_the_page(client: Client, db: None) -> None:
    assert client.get(reverse("request-live", args=[1]), headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_lists_of_another_agency_are_empty(people: Cast, signed_in: Callable[[User], Client]) -> None:
    foreign = in_verdict(VerdictValue.BREACHED, agency=cast("south").agency)
    client = signed_in(people.bob)
    pages = [client.get(reverse(name)) for name in ("queue", "overdue", "queue-pulse")]
    assert [foreign.number in page.content.decode() for page in pages] == [False, False, False]


def test_signing_in_leads_to_the_queue_and_out_again(people: Cast, client: Client) -> None:
    answer = client.post(reverse("sign-in"), {"username": "alice", "password": "correct horse battery staple"}, follow=True)
    assert answer.redirect_chain[-1][0] == "/queue/"
    assert client.post(reverse("sign-out"))["Location"] == "/sign-in/"
    assert client.get(reverse("queue")).status_code == 302


def test_a_wrong_password_is_answered_in_words(people: Cast, client: Client) -> None:
    answer = client.post(reverse("sign-in"), {"username": "alice", "password": "wrong"})
    assert b"Please enter a correct username and password" in answer.content


@pytest.mark.parametrize("pattern", ABOUT_ONE, ids=by_name)
def test_a_number_larger_than_any_there_can_be_is_not_found(pattern: URLPattern, people: Cast, signed_in: Callable[[User], Client]) -> None:
    role = next(role for role in Role.values if opens(pattern, role))
    assert ask(signed_in(people.in_role(role)), pattern, 2**70).status_code == 404
