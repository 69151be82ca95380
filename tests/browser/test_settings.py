"""The screens of settings in a browser: both themes, a narrow window, and the one moment in which a secret is shown."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from takedown.management.reference import install_platforms
from tests.factories import Cast, issued

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def look(page: Page, theme: str) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    for part in page.locator("main details").all():
        part.evaluate("part => { part.open = true; }")
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url} {theme}: {found.generate_report()}"
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, f"{page.url} scrolls sideways"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_administrator_issues_a_key_and_invites_a_person(
    theme: str, dora: Page, stranger: Page, people: Cast, live_server: LiveServer, complaints: list[str]
) -> None:
    issued(people.agency, "reports:read", client="Archive", networks=["2001:db8:1234:5678::/64"])
    dora.add_init_script(f"localStorage.setItem('theme', '{theme}')")
    dora.goto("/")
    dora.get_by_role("link", name="Settings").click()
    dora.get_by_label("Client").fill("Case system")
    dora.get_by_label("Submit reports").check()
    dora.get_by_role("button", name="Issue").click()
    expect(dora.get_by_text(re.compile("^tdk_[A-Za-z0-9_-]{43}$"))).to_be_visible()
    look(dora, theme)
    dora.get_by_role("link", name="People", exact=True).click()
    dora.get_by_label("Name", exact=True).fill("Frida")
    dora.get_by_label("User name").fill("frida")
    dora.get_by_role("button", name="Invite").click()
    link = dora.get_by_text(re.compile("/welcome/")).inner_text()
    look(dora, theme)
    stranger.goto(link)
    expect(stranger.get_by_role("heading", name="Choose a password")).to_be_visible()
    look(stranger, theme)
    stranger.get_by_label("Password", exact=True).fill("a quite different battery")
    stranger.get_by_label("The same again").fill("a quite different battery")
    stranger.get_by_role("button", name="Set the password").click()
    expect(stranger.get_by_role("heading", name="Sign in")).to_be_visible()
    assert complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_operator_sets_up_a_platform_and_sees_no_cases(theme: str, emil: Page, complaints: list[str]) -> None:
    install_platforms()
    emil.add_init_script(f"localStorage.setItem('theme', '{theme}')")
    emil.goto("/")
    expect(emil.get_by_role("heading", name="Set up platforms")).to_be_visible()
    assert emil.get_by_role("link", name="Queue").count() == 0
    look(emil, theme)
    emil.goto(reverse("manage-platform", args=["youtube"]))
    look(emil, theme)
    emil.get_by_label("Items looked at in one call").fill("0")
    emil.get_by_role("button", name="Save").click()
    expect(emil.get_by_role("alert")).to_contain_text("Not done")
    look(emil, theme)
    emil.get_by_label("Items looked at in one call").fill("20")
    emil.get_by_role("button", name="Save").click()
    expect(emil.get_by_text("YouTube: 1 changed.")).to_be_visible()
    emil.get_by_role("link", name="Agencies").click()
    look(emil, theme)
    assert [one for one in complaints if "409" not in one] == []
