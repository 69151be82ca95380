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
from takedown.web.manage.people import DEEDS
from takedown.web.urls import urlpatterns
from takedown.web.views.platforms import SWITCHES
from tests.authenticator import with_app
from tests.factories import Cast, UserFactory, cast, in_order, in_verdict, issued

OPEN_TO_ALL = {"home", "sign-in", "second-step", "sign-out", "answer", "welcome"}
OWN = dict.fromkeys(("enrol", "security", "security-app", "security-passkey", "security-password"), 200)
"""What everybody who is signed in may do to their own account, whatever their role and agency, and the answer to reading it."""
OWN_POSTS = {"security-remove": 404, "security-codes": 302, "security-sessions": 302}
POSTS = {
    *("flag-preview", "item-look", "item-same", "alert-seen", "alerts-seen"),
    *(f"request-{action.name}" for action in ACTIONS),
    *(f"platforms-{switch.name}" for switch in SWITCHES),
    *(f"manage-person-{deed.name}" for deed in DEEDS),
    *("manage-key-issue", "manage-key-rotate", "manage-key-revoke", "manage-people-invite"),
    *("manage-agency-add", "manage-agency-administrator"),
}
QUERY = {name: {"figure": "removal"} for name in ("dashboard-csv", "dashboard-json")}
SLUGS = {
    "<slug:key>": "one_hour",
    "<slug:slug>": "web",
    "<slug:figure>": "removal",
    "<slug:kind>": "monitoring-round",
    "<slug:name>": "hour",
    "<slug:ending>": "csv",
    "<slug:agency>": "north",
}
GUARDED: list[URLPattern] = [pattern for pattern in urlpatterns if pattern.name not in {*OPEN_TO_ALL, *OWN, *OWN_POSTS}]
ABOUT_ONE = [pattern for pattern in GUARDED if "<int:pk>" in str(pattern.pattern)]


def opens(pattern: URLPattern, role: str) -> bool:
    """Whether the role has one of the permissions that the route asks for."""
    permissions: tuple[Permission, ...] = pattern.callback.permissions  # type: ignore[attr-defined]  # set by `requires`
    return not GRANTS[role].isdisjoint(permissions)


def subject(pattern: URLPattern, request: TakedownRequest) -> int:
    """Number of what the route is about: the request, its item, an alert about it, or a key or a person of its agency."""
    name = str(pattern.name)
    if name.startswith("alert-"):
        facts = {"kind": AlertKind.REAPPEARED, "at": timezone.now(), "platform": request.platform, "request": request}
        return Alert.objects.create(agency=request.agency, **facts).pk
    if name.startswith("manage-key"):
        return issued(request.agency)[0].pk
    if name.startswith("manage-person"):
        return UserFactory.create(agency=request.agency).pk
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


def test_an_operator_sees_no_case_data() -> None:
    assert GRANTS[Role.OPERATOR] == {Permission.OPERATE}
    theirs = {pattern.name for pattern in GUARDED if opens(pattern, Role.OPERATOR)}
    # How well the install sees, and its switches: without any item or request.
    theirs -= {"platforms", "platforms-live", *(f"platforms-{switch.name}" for switch in SWITCHES)}
    assert theirs == {"manage-platforms", "manage-platform", "manage-agencies", "manage-agency-add", "manage-agency-administrator"}


def test_everybody_begins_where_they_may(people: Cast, signed_in: Callable[[User], Client]) -> None:
    assert {signed_in(people.in_role(role)).get("/", follow=True).status_code for role in Role.values} == {200}


@pytest.mark.parametrize("pattern", GUARDED, ids=by_name)
def test_a_stranger_is_asked_to_sign_in(pattern: URLPattern, people: Cast, client: Client) -> None:
    answer = ask(client, pattern, in_verdict(VerdictValue.PENDING, agency=people.agency).pk)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/sign-in/")


@pytest.mark.parametrize("who", Role.values)
def test_everybody_reaches_their_own_account(who: str, people: Cast, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(people.in_role(who))
    read = {name: client.get(reverse(name)) for name in OWN}
    assert {name: answer.status_code for name, answer in read.items()} == OWN
    assert [name for name, answer in read.items() if "no-store" not in answer["Cache-Control"]] == []
    foreign = with_app(people.alice if who != Role.ANALYST else people.bob)
    pages = {name: client.post(reverse(name, args=[foreign.pk] if name == "security-remove" else [])) for name in OWN_POSTS}
    assert {name: answer.status_code for name, answer in pages.items()} == OWN_POSTS


@pytest.mark.parametrize("name", [*OWN, *OWN_POSTS])
def test_a_stranger_reaches_no_account(name: str, client: Client, db: None) -> None:
    answer = client.post(reverse(name, args=[1] if name == "security-remove" else []))
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
