"""A real browser: the machine's Chromium, one for all tests, a fresh profile for each."""

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from platforms.models import Breaker, Hold, LookMinute, Pause, PauseReason
from takedown import polling
from takedown.choices import AlertKind, VerdictValue
from takedown.models import Alert, TakedownRequest, User
from tests.clients import client_as
from tests.factories import Cast, PlatformFactory, PolicyFactory, cast, in_verdict
from tests.patience import PATIENCE

expect.set_options(timeout=PATIENCE * 1000)

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed with the module: Playwright keeps an event loop in this thread, and later tests want their own."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing; .ci/run installs it")
        pytest.skip("Chromium is missing: apt-get install chromium")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Django would refuse to touch the database beside that loop, which never runs while a test does.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def people(transactional_db: None) -> Cast:
    PolicyFactory.create(key="referral_voluntary", name="Referral", duration=24)
    return cast()


@pytest.fixture
def requests(people: Cast) -> dict[str, TakedownRequest]:
    """One request in each verdict."""
    return {verdict: in_verdict(verdict, agency=people.agency) for verdict in VerdictValue.values}


@pytest.fixture
def closed_eyes(people: Cast, requests: dict[str, TakedownRequest]) -> None:
    """A platform that is paused and held, one that is looked at, and alerts about both."""
    now = timezone.now()
    youtube = PlatformFactory.create(slug="youtube", connector="youtube", name="YouTube", config={"daily_quota": 10_000})
    polling.pause_platform(youtube, reason="The key was revoked.", until=None, actor=people.bob, now=now)
    Pause.objects.create(
        platform=youtube, reason=PauseReason.RETRY_AFTER, since=now, until=now + timedelta(hours=1), detail="HTTP 429: 3600 s"
    )
    Hold.objects.create(platform=youtube, since=now, lost=40, looked=100, checked_at=now)
    web = requests["met"].platform
    Breaker.objects.create(platform=web, last_success_at=now)
    LookMinute.objects.bulk_create(
        LookMinute(
            platform=web,
            for_agency=people.agency.pk,
            minute=now - timedelta(minutes=ago),
            looks=9 + ago % 7 * 4,
            indeterminate=ago % 5,
            anchors=2,
        )
        for ago in range(60)
    )
    Alert.objects.create(agency=people.agency, kind=AlertKind.REAPPEARED, at=now, platform=web, request=requests["met"])


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about: errors, warnings, breaches of the content security policy."""
    return []


@pytest.fixture
def stranger(live_server: LiveServer, browser: Browser) -> Iterator[Page]:
    """The browser of somebody who has not signed in."""
    context = browser.new_context(base_url=live_server.url)
    yield context.new_page()
    context.close()


@pytest.fixture
def bob(live_server: LiveServer, browser: Browser, people: Cast, complaints: list[str]) -> Iterator[Page]:
    """Bob's browser, signed in, at a desk."""
    yield from at_desk(people.bob, live_server, browser, complaints)


@pytest.fixture
def dora(live_server: LiveServer, browser: Browser, people: Cast, complaints: list[str]) -> Iterator[Page]:
    """Dora's, who is an administrator."""
    yield from at_desk(people.dora, live_server, browser, complaints)


@pytest.fixture
def emil(live_server: LiveServer, browser: Browser, people: Cast, complaints: list[str]) -> Iterator[Page]:
    """Emil's, who is an operator."""
    yield from at_desk(people.emil, live_server, browser, complaints)


def at_desk(
    person: User, live_server: LiveServer, browser: Browser, complaints: list[str], shown_ago: timedelta = timedelta()
) -> Iterator[Page]:
    """`shown_ago`: how long ago the second factor was shown."""
    client = client_as(person, shown_ago=shown_ago)
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900}, permissions=["clipboard-read"])
    context.set_default_timeout(PATIENCE * 1000)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    page = context.new_page()

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(f"{page.url}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    yield page
    context.close()
