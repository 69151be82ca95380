"""Signing in in a real browser: a passkey that the browser itself makes and uses, and the step-up that loses nothing."""

from datetime import timedelta
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from takedown import intake
from takedown.models import TakedownRequest
from tests.authenticator import shown, with_app
from tests.browser.conftest import at_desk
from tests.factories import PASSWORD, Cast, PolicyFactory

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
LONG_AGO = timedelta(minutes=11)


def give_security_key(page: Page) -> None:
    """A security key of Chromium's own making."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "usb", "automaticPresenceSimulation": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": key})


def password(page: Page, name: str) -> None:
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def check(page: Page) -> None:
    """Accessible at a desk in both themes, and no wider than a phone."""
    themes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for theme in themes:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{page.url} {theme}: {found.generate_report()}"
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, f"{page.url} scrolls sideways"
    page.set_viewport_size({"width": 1440, "height": 900})


def test_a_passkey_is_made_at_the_first_sign_in_and_used_at_the_next(live_server: LiveServer, stranger: Page, people: Cast) -> None:
    page = stranger
    give_security_key(page)
    page.goto("/queue/?tab=overdue")
    password(page, "bob")
    check(page)
    page.get_by_role("link", name="A passkey of this device").click()
    check(page)
    page.get_by_label("Name").fill("blue key")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    check(page)
    page.get_by_role("link", name="I have kept them").click()
    expect(page).to_have_url(f"{live_server.url}/queue/?tab=overdue")
    page.get_by_role("button", name="Bob").click()
    page.get_by_role("button", name="Sign out").click()
    password(page, "bob")
    check(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{live_server.url}/queue/")
    page.goto("/security/")
    expect(page.get_by_role("row", name="blue key Passkey")).to_be_visible()
    check(page)


def test_an_app_is_added_and_asked_for(live_server: LiveServer, stranger: Page, people: Cast) -> None:
    page = stranger
    page.goto("/sign-in/")
    password(page, "bob")
    page.get_by_role("link", name="An app that shows codes").click()
    check(page)
    picture = page.get_by_role("img", name="QR code")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    with_app(people.bob)  # as if it had scanned the picture in another window
    page.goto("/sign-in/")
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    page.get_by_label("Code").fill(shown())
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/queue/")
    page.goto("/security/password/")
    check(page)


@pytest.fixture
def waiting(people: Cast) -> TakedownRequest:
    PolicyFactory.create(key="order", four_eyes=True)
    draft = intake.Draft("https://host.example/post/1", "a_incite", policy="order", note="x")
    (filed,) = intake.submit(agency=people.agency, drafts=[draft], actor=people.alice, now=timezone.now())
    assert filed.report is not None
    return filed.report.request


def test_what_was_typed_before_a_step_up_arrives_as_it_was_typed(
    live_server: LiveServer, browser: Browser, people: Cast, waiting: TakedownRequest, complaints: list[str]
) -> None:
    with_app(people.bob)
    for page in at_desk(people.bob, live_server, browser, complaints, shown_ago=LONG_AGO):
        page.goto(reverse("request", args=[waiting.pk]))
        page.locator("summary", has_text="Refuse").click()
        page.locator("#do-refuse textarea").fill('One "line"\n\n<b>two</b> & more ü 💣')
        page.locator("#do-refuse").get_by_role("button", name="Refuse").click()
        expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
        check(page)
        page.get_by_label("Code").fill(shown())
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_text(f"{waiting.number}: Refused.")).to_be_visible()
    assert waiting.approvals.get().reason == 'One "line"\r\n\r\n<b>two</b> & more ü 💣'
    assert [line for line in complaints if "403" not in line] == []
