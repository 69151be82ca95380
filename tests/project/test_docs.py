"""What the documents say is compared with what the code does."""

import ast
import json
import re
import tomllib
from collections.abc import Mapping

import pytest
from django.core.management import get_commands
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from platforms.base import ATTRIBUTED, UNATTRIBUTED, UNDECIDED, UP, Outcome
from takedown.choices import Category, Role
from takedown.management.reference import POLICIES
from takedown.models import ApiKey, DeadlinePolicy, FlaggedItem
from takedown.models.access import GRANTS, Permission
from takedown.ops.problems import TITLES
from tests.api.conftest import client_of
from tests.factories import AgencyFactory, PolicyFactory, WatchFactory, issued
from tests.project import ROOT, texts

PAGES = {name: text for name, text in texts().items() if name.endswith(".md")}
REPORTS = "/api/v1/reports/"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, language: str) -> list[str]:
    return [code for found, code in FENCE.findall(PAGES[page]) if found == language]


def rows(page: str, width: int) -> list[list[str]]:
    """Cells of all table rows of this width, headings included."""
    lines = [line.strip("|").split("|") for line in PAGES[page].split("\n") if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in cells] for cells in lines if len(cells) == width]


def commands(text: str) -> str:
    """Only what stands in code, where `make sure` cannot."""
    fenced = [code for language, code in FENCE.findall(text) if language == "sh"]
    return "\n".join([*fenced, *re.findall(r"`([^`\n]+)`", FENCE.sub("", text))])


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def variables_of_settings() -> set[str]:
    """Every variable the settings read; a secret also as the file that holds it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(texts()["takedown/settings.py"])):
        match node:
            case ast.Call(func=ast.Name(id="_secret"), args=[ast.Constant(value=str() as name), *_]):
                names |= {name, f"{name}_FILE"}
            case ast.Call(func=ast.Attribute(value=ast.Name(id="env")), args=[ast.Constant(value=str() as name), *_]):
                names.add(name)
    return names


def test_the_configuration_table_has_every_variable_and_no_other() -> None:
    first_cells = " ".join(cells[0] for cells in rows("README.md", 3))
    assert set(re.findall(r"`([A-Z_]+)`", first_cells)) == variables_of_settings()


def test_the_table_of_roles_is_the_one_the_code_reads() -> None:
    heading, *table = rows("docs/explanation/access.md", 6)
    assert heading == ["", *(str(role.label) for role in Role)]
    said = {cells[0]: [cell == "yes" for cell in cells[1:]] for cells in table}
    assert said == {str(permission.label): [permission in GRANTS[role] for role in Role] for permission in Permission}


def test_the_table_of_outcomes_is_the_one_the_code_reads() -> None:
    groups: Mapping[str, frozenset[Outcome]] = {
        "up": UP,
        "gone, attributed": ATTRIBUTED,
        "gone, unattributed": UNATTRIBUTED,
        "undecided": UNDECIDED,
    }
    _, *table = rows("docs/reference/outcomes.md", 3)
    assert [(value.strip("`"), label) for value, label, _ in table] == [(value.value, value.label) for value in Outcome]
    assert all(Outcome(value.strip("`")) in groups[group] for value, _, group in table)


def test_the_table_of_problems_has_the_titles_that_are_sent() -> None:
    _, *table = rows("docs/reference/api-problems.md", 4)
    assert {int(status): title for status, title, *_ in table}.items() <= TITLES.items()


def refuse(*_: object) -> None:
    raise OperationalError("server closed the connection unexpectedly")


@pytest.mark.django_db
def test_the_table_of_problems_has_the_codes_that_are_sent(settings: Settings) -> None:
    PolicyFactory.create(key="referral_voluntary", unit="hours", duration=24)
    agency = AgencyFactory.create()
    client = client_of(agency)
    reader = client_of(AgencyFactory.create(), "reports:read")
    stranger = APIClient()
    good = {"url": "https://a.example/b", "category": "a_incite"}
    assert client.post(REPORTS, good, format="json", headers={"Idempotency-Key": "k"}).status_code == 201
    answers = [
        client.post(REPORTS, "{", content_type="application/json"),
        client.post(REPORTS, "<a>", content_type="text/xml"),
        client.post(REPORTS, b" " * 12_000_001, content_type="application/json"),
        *(client.post(REPORTS, good | bad, format="json") for bad in ({"url": ""}, {"url": None}, {"url": "?"}, {"category": "x"})),
        client.post(REPORTS, good | {"policy": "p" * 65}, format="json"),
        client.post(REPORTS, {}, format="json"),
        client.post(REPORTS, good | {"ulr": "?"}, format="json"),
        *(client.post(REPORTS, good | {"client_reference": "r", "note": note}, format="json") for note in ("a", "b")),
        client.post(f"{REPORTS}batch/", {"reports": "x"}, format="json"),
        client.post(f"{REPORTS}batch/", {"reports": []}, format="json"),
        client.post(REPORTS, good | {"note": "other"}, format="json", headers={"Idempotency-Key": "k"}),
        client.get(f"{REPORTS}{2**31}/"),
        client.delete(REPORTS),
        reader.post(REPORTS, good, format="json"),
        stranger.post(REPORTS, good, format="json"),
        stranger.post(REPORTS, good, format="json", headers={"Authorization": "Api-Key tdk_x"}),
    ]
    merged = WatchFactory.create(item__agency=agency).item
    FlaggedItem.objects.filter(pk=merged.pk).update(merged_into=merged)
    answers.append(client.post(f"/api/v1/items/{merged.pk}/look/"))
    answers += [client.get(REPORTS, headers={"Accept": "text/html"}), client.get(REPORTS, headers={"Host": "evil.example"})]
    settings.SECURE_SSL_REDIRECT = True
    answers.append(APIClient().post(REPORTS, good, format="json"))
    settings.SECURE_SSL_REDIRECT = False
    client.raise_request_exception = False
    with connection.execute_wrapper(refuse):
        answers.append(client.post(REPORTS, good, format="json"))
    sent = {(answer.status_code, error["code"]) for answer in answers for error in answer.json().get("errors", [])}
    _, *table = rows("docs/reference/api-problems.md", 4)
    said = {(int(status), code) for status, _, codes, _ in table for code in re.findall(r"`(\w+)`", codes)}
    assert sent == said - {(500, "error")}


@pytest.mark.parametrize("document", PAGES)
def test_links_lead_somewhere(document: str) -> None:
    text = FENCE.sub("", PAGES[document])
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", text):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        path = ((ROOT / document).parent / target).resolve() if target else ROOT / document
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
            assert anchor in {slug(heading) for heading in headings}, f"{target}#{anchor}"


@pytest.mark.parametrize("document", PAGES)
def test_commands_exist(document: str) -> None:
    code = commands(PAGES[document])
    targets = set(re.findall(r"^([a-z]+):", texts()["Makefile"], re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)", code)) <= targets
    assert set(re.findall(r"\bmanage\.py ([a-z_]+)", code)) <= set(get_commands())


def test_the_change_log_begins_with_the_version_of_the_project() -> None:
    version = tomllib.loads(texts()["pyproject.toml"])["project"]["version"]
    first = re.search(r"^## (\S+) \((\d{4}-\d\d-\d\d)\)$", PAGES["CHANGELOG.md"], re.MULTILINE)
    assert first
    assert first[1] == version


@pytest.mark.django_db
def test_the_report_of_the_quickstart_is_taken() -> None:
    agency = AgencyFactory.create()
    PolicyFactory.create(key="test_1_minute", unit="minutes", duration=1)
    (call,) = [code for code in blocks("docs/quickstart.md", "sh") if "/api/v1/reports/" in code]
    body = re.search(r"-d '(.+)'", call)
    assert body
    answer = client_of(agency).post("/api/v1/reports/", json.loads(body[1]), format="json")
    assert answer.status_code == 201, answer.content
    assert answer.json()["requests"][0]["policy"] == "test_1_minute"


@pytest.mark.django_db
def test_a_policy_is_superseded_as_described() -> None:
    PolicyFactory.create(key="referral_voluntary", unit="hours", duration=24, agency=None)
    (code,) = blocks("docs/how-to/write-a-policy.md", "python")
    exec(code, {})
    (current,) = DeadlinePolicy.objects.usable_by(None, timezone.now()).filter(key="referral_voluntary")
    assert (current.version, current.duration) == (2, 12)
    assert DeadlinePolicy.objects.get(key="referral_voluntary", version=1).valid_to == current.valid_from


@pytest.mark.django_db
def test_a_key_is_revoked_as_described() -> None:
    key, _ = issued(AgencyFactory.create(slug="my-agency"), client="case system")
    (code,) = blocks("docs/how-to/recover.md", "python")
    exec(code, {})
    assert key not in ApiKey.objects.live(timezone.now())


def test_the_pages_name_what_there_is() -> None:
    api, policies = PAGES["docs/how-to/use-the-api.md"], PAGES["docs/how-to/write-a-policy.md"]
    assert all(f"`{category}`" in api for category in Category.values)
    assert all(f"`{scope}`" in api for scope in ApiKey.Scope.values)
    assert len(POLICIES) == 13
    assert "adds thirteen" in policies
