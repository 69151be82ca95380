"""What an operator types."""

from datetime import timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from platforms import registry
from platforms.models import Platform
from takedown.admin import site
from takedown.choices import Role
from takedown.management.reference import DUTIES, POLICIES
from takedown.models import Agency, ApiKey, Change, DeadlinePolicy, PolicyChoice, User
from tests.clients import client_as
from tests.factories import AgencyFactory, PolicyFactory, UserFactory, issued

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue().strip()


def test_setup_may_be_run_again_and_changes_nothing() -> None:
    assert run("setup") == f"{len(POLICIES) + len(DUTIES)} policies and {len(registry.connectors())} platforms added"
    Platform.objects.filter(slug="web").update(name="Ours")
    assert run("setup") == "0 policies and 0 platforms added"
    assert Platform.objects.get(slug="web").name == "Ours"
    assert DeadlinePolicy.objects.get(key="tco_removal_order").duration_text == "1 hour"
    assert DeadlinePolicy.objects.get(key="uk_ta2006_s3").duration_text == "2 working days"


def test_a_key_is_shown_once_and_works() -> None:
    agency = AgencyFactory.create()
    secret = run("issue_key", agency.slug, "client", "--scope", "requests:read")
    key = ApiKey.objects.get()
    assert (key.scopes, key.digest) == (["requests:read"], ApiKey.digest_of(secret))
    assert key.expires_at == key.created_at + timedelta(days=365)
    assert Change.objects.get().actor_name == "command line"
    assert Client().get("/api/v1/requests/", headers={"Authorization": f"Api-Key {secret}"}).status_code == 200


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("nowhere", "client"), "Known: north"),
        (("north", "busy"), "two live keys"),
        (("north", " "), "printable"),
        (("north", "new", "--days", "0"), "1 or more"),
        (("north", "new", "--network", "all"), "all"),
    ],
)
def test_a_key_that_cannot_be_issued_says_why(words: tuple[str, str], complaint: str) -> None:
    agency = AgencyFactory.create()
    for _ in range(2):
        issued(agency, client="busy")
    with pytest.raises(CommandError, match=complaint):
        run("issue_key", *words)


def test_the_demonstration_is_never_started_by_accident() -> None:
    with pytest.raises(CommandError, match="make demo"):
        run("demo")


def operator() -> User:
    return UserFactory.create(username="root", agency=None, role=Role.OPERATOR)


def test_whoever_installs_is_an_operator() -> None:
    run("createsuperuser", "--username", "root", "--email", "", "--no-input")
    root = User.objects.get()
    assert (root.role, root.agency) == (Role.OPERATOR, None)


MODELS = [model for app in ("takedown", "platforms", "admin", "auth") for model in apps.get_app_config(app).get_models()]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_admin_registers_what_operators_set_up_and_no_case_data(model: type[Model]) -> None:
    assert site.is_registered(model) == (model in {Agency, DeadlinePolicy, PolicyChoice})


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("flags", [{}, {"is_staff": True, "is_superuser": True}], ids=["plain", "superuser"])
def test_the_admin_opens_for_the_role_and_not_for_the_flags(role: str, flags: dict[str, bool]) -> None:
    agency = None if role == Role.OPERATOR else AgencyFactory.create()
    client = client_as(UserFactory.create(agency=agency, role=role, **flags))
    pages = ["admin:index", *(f"admin:takedown_{model}_changelist" for model in ("agency", "deadlinepolicy", "policychoice"))]
    expected = 200 if role == Role.OPERATOR else 403
    assert {client.get(reverse(page), follow=True).status_code for page in pages} == {expected}


def test_a_stranger_at_the_admin_signs_in_where_everybody_does() -> None:
    answer = Client().get(reverse("admin:index"), follow=True)
    assert answer.redirect_chain[-1][0].startswith(f"{reverse('sign-in')}?next=")


def test_an_operator_adds_common_policies_and_never_an_agencys() -> None:
    own = PolicyFactory.create(agency=AgencyFactory.create())
    client = client_as(operator())
    assert client.get(reverse("admin:takedown_deadlinepolicy_change", args=[own.pk])).status_code == 302
    assert 'name="agency"' not in client.get(reverse("admin:takedown_deadlinepolicy_add")).content.decode()
