"""What counts is confirmed with a second factor that was shown a moment ago; nothing that was typed is lost by it."""

import html
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from takedown import intake, verdicts
from takedown.choices import RequestStatus, Role, VerdictValue
from takedown.models import TakedownRequest, User
from takedown.web.actions import ACTIONS
from tests.authenticator import Key, shown, with_app, with_passkey
from tests.clients import client_as
from tests.factories import Cast, PlatformFactory, PolicyFactory, UserFactory, in_verdict

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(minutes=11)
TYPED = 'Line one\r\n<b>"two"</b> & ünï\u202ecode 💣'


@pytest.fixture
def waiting(people: Cast) -> TakedownRequest:
    PolicyFactory.create(key="order", four_eyes=True)
    draft = intake.Draft("https://host.example/post/1", "a_incite", policy="order", note="x")
    (filed,) = intake.submit(agency=people.agency, drafts=[draft], actor=people.alice, now=timezone.now())
    assert filed.report is not None
    return filed.report.request


def fields_of(page: str) -> dict[str, str]:
    """The hidden fields of the page that asks, as a browser would send them again."""
    found = re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', page)
    return {html.unescape(name): html.unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


def test_all_decisions_ask_for_it_and_nothing_else_does() -> None:
    assert {action.name for action in ACTIONS if action.fresh} == {"approve", "refuse", "requeue", "cancel", "emergency", "adjudicate"}


def test_what_was_typed_is_kept_and_goes_on_after_the_code(people: Cast, waiting: TakedownRequest) -> None:
    with_app(people.bob)
    client = client_as(people.bob, shown_ago=LONG_AGO)
    typed = {"reason": TYPED, "digest": verdicts.digest_of(waiting), "next": "/queue/?tab=approve"}
    path = reverse("request-refuse", args=[waiting.pk])
    asked = client.post(path, typed)
    assert (asked.status_code, asked["Cache-Control"]) == (403, "no-store")
    waiting.refresh_from_db()
    assert waiting.status == RequestStatus.TO_APPROVE
    kept = fields_of(asked.content.decode())
    wrong = client.post(path, kept | {"second-code": "000000"})
    assert wrong.status_code == 403
    assert fields_of(wrong.content.decode()) == kept == typed | {"second-read": ""}
    done = client.post(path, kept | {"second-code": shown()})
    assert done["Location"] == "/queue/?tab=approve"
    waiting.refresh_from_db()
    assert waiting.status == RequestStatus.REFUSED
    assert waiting.approvals.get().reason == TYPED
    assert client.post(reverse("request-adjudicate", args=[waiting.pk]), {}).status_code != 403


def test_the_guess_that_is_one_too_many_loses_nothing_either(people: Cast, waiting: TakedownRequest) -> None:
    with_app(people.bob)
    client = client_as(people.bob, shown_ago=LONG_AGO)
    path = reverse("request-refuse", args=[waiting.pk])
    answers = [client.post(path, {"reason": TYPED, "second-read": "", "second-code": "000000"}) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [403] * 6 + [429]
    assert fields_of(answers[-1].content.decode())["reason"] == TYPED


def test_a_passkey_confirms_as_well(people: Cast) -> None:
    key, row = Key(), in_verdict(VerdictValue.INDETERMINATE)
    with_passkey(people.bob, key)
    client = client_as(people.bob, shown_ago=LONG_AGO)
    path = reverse("request-adjudicate", args=[row.pk])
    page = client.post(path, {"verdict": "met", "reason": "Seen gone.", "shown": verdicts.judgement_of(row)}).content.decode()
    options = re.search(r'data-options="([^"]+)"', page)
    assert options is not None
    assert client.post(path, fields_of(page) | {"second-passkey": key.get(html.unescape(options[1]))}).status_code == 302
    row.refresh_from_db()
    assert row.adjudicated_verdict == VerdictValue.MET


def test_what_one_person_typed_is_not_done_in_the_name_of_another(people: Cast, waiting: TakedownRequest) -> None:
    """Nothing waits on the server: who sends the form again is who acts, with their own permissions and their own code."""
    with_app(people.bob)
    path = reverse("request-refuse", args=[waiting.pk])
    kept = fields_of(client_as(people.bob, shown_ago=LONG_AGO).post(path, {"reason": TYPED}).content.decode())
    other: User = UserFactory.create(username="erin", agency=people.agency, role="supervisor")
    with_app(other)
    assert client_as(people.alice).post(path, kept | {"second-code": shown()}).status_code == 403
    assert client_as(other, shown_ago=LONG_AGO).post(path, kept | {"second-code": "000000"}).status_code == 403
    waiting.refresh_from_db()
    assert waiting.status == RequestStatus.TO_APPROVE


def test_who_need_not_have_one_and_has_none_is_not_asked(people: Cast, waiting: TakedownRequest, settings: Settings) -> None:
    """An analyst who sends in an emergency; everybody, in the demonstration."""
    path = reverse("request-emergency", args=[waiting.pk])
    with_app(people.alice)
    assert client_as(people.alice, shown_ago=LONG_AGO).post(path, {"reason": "x"}).status_code == 403
    people.alice.factors.all().delete()
    settings.SECOND_FACTOR_REQUIRED = False
    row = in_verdict(VerdictValue.INDETERMINATE)
    fields = {"verdict": "met", "reason": "Seen gone.", "shown": verdicts.judgement_of(row)}
    assert client_as(people.bob, shown_ago=None).post(reverse("request-adjudicate", args=[row.pk]), fields).status_code == 302
    assert client_as(people.alice, shown_ago=None).post(path, {"reason": "x"}).status_code != 403


def test_who_must_have_one_and_has_none_is_led_to_set_it_up(people: Cast, waiting: TakedownRequest) -> None:
    client = client_as(people.bob, shown_ago=LONG_AGO)
    assert client.post(reverse("request-approve", args=[waiting.pk]), {"digest": verdicts.digest_of(waiting)})["Location"] == reverse(
        "enrol"
    )
    waiting.refresh_from_db()
    assert waiting.status == RequestStatus.TO_APPROVE


def test_a_page_that_is_only_read_comes_after_the_code(people: Cast) -> None:
    with_app(people.bob)
    client = client_as(people.bob, shown_ago=LONG_AGO)
    page = client.get(reverse("security-app"))
    assert page.status_code == 403
    assert client.post(reverse("security-app"), fields_of(page.content.decode()) | {"second-code": shown()}, follow=True).status_code == 200


def test_a_change_in_the_administration_asks_too(people: Cast) -> None:
    root: User = UserFactory.create(username="root", agency=None, role=Role.OPERATOR)
    with_app(root)
    client = client_as(root, shown_ago=LONG_AGO)
    path = reverse("admin:takedown_agency_change", args=[people.agency.pk])
    form = {"name": "Renamed", "slug": "north", "default_policy_key": "referral_voluntary", "timezone": "UTC"}
    assert client.get(path).status_code == 200
    page = client.post(path, form)
    assert page.status_code == 403
    assert client.post(path, fields_of(page.content.decode()) | {"second-code": shown()}).status_code == 302
    people.agency.refresh_from_db()
    assert people.agency.name == "Renamed"


def test_a_fragment_is_not_filled_with_the_question(people: Cast) -> None:
    with_app(people.bob)
    client = client_as(people.bob, shown_ago=LONG_AGO)
    assert client.post(reverse("request-approve", args=[1]), headers={"HX-Request": "true"})["HX-Refresh"] == "true"


@pytest.mark.parametrize(("who", "name", "part"), [("emil", "manage-platform", "web"), ("dora", "policy-supersede", "order")])
def test_where_mail_goes_and_which_terms_hold_is_changed_with_a_fresh_factor_only(who: str, name: str, part: str, people: Cast) -> None:
    PlatformFactory.create(slug="web")
    PolicyFactory.create(key="order")
    person = getattr(people, who)
    with_app(person)
    path = reverse(name, args=[part])
    asked = client_as(person, shown_ago=LONG_AGO).post(path, {"contact_email": "thief@elsewhere.example"})
    assert (asked.status_code, "second-code" in asked.content.decode()) == (403, True)
    assert client_as(person).get(path).status_code == 200
