"""`manage.py look` says in plain words what one look saw, and writes nothing."""

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from platforms.base import GONE
from platforms.models import Platform
from platforms.registry import plays
from platforms.sandbox import config_for
from platforms.sandbox.server import serving
from platforms.sandbox.world import World
from takedown.management.commands import look
from tests.conftest import run_server


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def sandbox(world: World) -> Iterator[str]:
    """Its URL. The address guard is not opened: only the command's own flag does that."""
    yield from run_server(lambda: serving(world))


@pytest.fixture
def no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "_stored", lambda slug: None)


def run(*args: str) -> str:
    out = StringIO()
    call_command("look", *args, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("no_row")
@pytest.mark.parametrize(
    ("platform", "state", "words"),
    [
        ("youtube", "available", "Available (available)"),
        ("youtube", "removed_by_platform", "The platform itself says"),
        ("youtube", "geo_blocked", "Countries  DE, FR"),
        ("x", "account_suspended", "account is suspended"),
        ("web", "gone_unattributed", "HTTP 404"),
        ("bluesky", "removed_by_user", "author deleted"),
        ("web", "host_gone", "parked"),
        ("web", "bot_wall", "proves nothing"),
        ("x", "rate_limited", "Wait       2 s"),
    ],
)
def test_a_look_is_told_in_plain_words(world: World, sandbox: str, platform: str, state: str, words: str) -> None:
    item = world.add([{"platform": platform, "script": [{"at": -1, "state": state}]}])[0]
    printed = run(item.url, "--api-base", config_for(platform, sandbox)["api_base_url"])
    assert words in printed
    assert f"{platform} " in printed


@pytest.mark.usefixtures("no_row")
def test_the_last_line_is_one_json_object_when_asked(world: World, sandbox: str) -> None:
    item = world.add([{"platform": "x", "script": [{"at": -1, "state": "geo_blocked"}]}])[0]
    printed = run(item.url, "--api-base", f"{sandbox}/x", "--json")
    seen: dict[str, Any] = json.loads(printed.splitlines()[-1])
    assert (seen["platform"], seen["kind"], seen["external_id"]) == ("x", "post", item.external_id)
    assert (seen["outcome"], seen["reason"], seen["countries"], seen["http_status"]) == ("geo_blocked", "withheld", ["DE", "FR"], 200)
    assert seen["sent_at"] <= seen["answered_at"]


@pytest.mark.usefixtures("no_row")
def test_without_credentials_or_a_stand_in_nobody_is_asked() -> None:
    printed = run("https://youtu.be/dQw4w9WgXcQ")
    assert "no_credentials" in printed
    assert "Asked      nobody" in printed


@pytest.mark.usefixtures("no_row")
def test_loopback_is_closed_unless_it_is_the_api_base(sandbox: str) -> None:
    assert "refused_address" in run(f"{sandbox}/web/https/a.example/")


@pytest.mark.usefixtures("no_row")
def test_any_address_can_be_looked_at_as_a_page(sandbox: str) -> None:
    printed = run("https://youtu.be/dQw4w9WgXcQ", "--platform", "web", "--api-base", f"{sandbox}/web")
    assert "web page" in printed
    assert "(available)" in printed


@pytest.mark.usefixtures("no_row")
@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["hello"], "This is not a web address."),
        (["https://a.example/", "--platform", "x"], "This is an address of web, not of x."),
        (["https://a.example/", "--platform", "myspace"], "There is no connector 'myspace'"),
        (["https://a.example/", "--api-base", "nowhere"], "--api-base is not an address"),
    ],
)
def test_what_cannot_be_looked_at_is_said_plainly(args: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message.replace("(", r"\(")):
        run(*args)


@pytest.mark.django_db
def test_the_stored_configuration_of_the_platform_is_used(world: World, sandbox: str) -> None:
    item = world.add([{"platform": "youtube", "script": [{"at": -1, "state": "gone_unattributed"}]}])[0]
    Platform.objects.update_or_create(
        slug="youtube", defaults={"connector": "youtube", "name": "YouTube", "config": config_for("youtube", sandbox)}
    )
    assert "refused_address" in run(item.url)
    assert "gone_unattributed" in run(item.url, "--api-base", f"{sandbox}/youtube")


def test_no_database_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise OperationalError("no server")

    monkeypatch.setattr(Platform.objects, "filter", fail)
    assert "no_credentials" in run("https://youtu.be/dQw4w9WgXcQ")


ASK_TWICE = {"facebook", "instagram", "mastodon", "threads", "tiktok"}


@pytest.mark.usefixtures("no_row")
@pytest.mark.parametrize("platform", list(plays()))
def test_the_root_of_the_sandbox_stands_in_for_every_platform(world: World, sandbox: str, platform: str) -> None:
    gone = max(next(iter(plays()[platform].states.values())) & set(GONE))
    (item,) = world.add([{"platform": platform, "script": [{"at": -60, "state": "available"}]}])
    for state in ("available", gone):
        item.script.append((world.clock() - 1, state))
        told = json.loads(run(item.url, "--api-base", sandbox, "--json").splitlines()[-1])
        # One look remembers nothing: where a refusal counts only of what was once shown, it cannot tell.
        assert told["outcome"] == ("indeterminate" if state == gone and platform in ASK_TWICE else state)
