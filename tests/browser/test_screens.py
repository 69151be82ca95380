"""What only a browser can tell: contrast and structure in both themes, reflow, the keyboard, live parts, the content security policy."""

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from platforms.models import Hold, Platform
from takedown import orders, polling, verdicts
from takedown.choices import AnswerKind
from takedown.models import Report, TakedownRequest, Watch
from takedown.reports import KINDS
from tests.factories import ANSWER, PASSWORD, Cast, answer_token, in_order

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Requests = dict[str, TakedownRequest]


def order_screens() -> list[str]:
    """An order that is being written, one that was answered, and what the platform sees of it."""
    draft, done, now = in_order("not_started"), in_order("met"), timezone.now()
    claim = {"order_received_at": now - timedelta(minutes=85), "measure_at": now - timedelta(minutes=80)}
    fields = ANSWER | {name: at.isoformat() for name, at in claim.items()}
    orders.record_answer(request=done, kind=AnswerKind.DONE, fields=fields, by=None, now=now)
    link = reverse("answer", args=[answer_token(done)])
    forms = [
        reverse("order", args=[draft.pk]),
        reverse("order", args=[done.pk]),
        reverse("order-impossible", args=[done.pk]),
    ]
    return [reverse("request", args=[done.pk]), *forms, link, *(f"{link}?form={kind}" for kind in AnswerKind.values)]


def report_screens() -> list[str]:
    """The chooser, and every report with what there is in it."""
    today = timezone.now().date()
    query = f"?year={today.year}&policy=&from={today - timedelta(days=1)}&to={today + timedelta(days=1)}"
    return [reverse("reports"), *(reverse("report", args=[kind]) + query for kind in KINDS)]


def screens(requests: Requests) -> list[str]:
    about_one = [reverse(name, args=[requests["indeterminate"].pk]) for name in ("request", "leave")]
    item = reverse("item", args=[requests["indeterminate"].item_id])
    policy = reverse("policy", args=[requests["indeterminate"].policy.key])
    return [
        *(reverse(name) for name in ("flag", "queue", "overdue", "alerts", "platforms", "policies", "dashboard", "wall", "styleguide")),
        reverse("deadlines"),
        reverse("dashboard-platform", args=[requests["indeterminate"].platform.slug]),
        *about_one,
        item,
        policy,
        *order_screens(),
        *report_screens(),
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_screen_is_accessible_reflows_and_keeps_the_security_policy(
    theme: str, bob: Page, requests: Requests, closed_eyes: None, complaints: list[str]
) -> None:
    bob.add_init_script(f"localStorage.setItem('theme', '{theme}')")
    axe = Axe()
    for url in screens(requests):
        bob.set_viewport_size({"width": 1440, "height": 900})
        bob.goto(url)
        found = axe.run(bob)
        assert found.violations_count == 0, f"{url} {theme}: {found.generate_report()}"
        bob.set_viewport_size({"width": 320, "height": 800})
        assert bob.evaluate("document.documentElement.scrollWidth") <= 320, f"{url} scrolls sideways"
    assert complaints == []


def test_signing_in_by_hand(live_server: LiveServer, stranger: Page, people: Cast) -> None:
    page = stranger
    page.goto("/queue/?tab=overdue")
    assert Axe().run(page).violations_count == 0
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{live_server.url}/queue/?tab=overdue")
    page.get_by_role("button", name="Alice").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_pasted_urls_are_previewed_and_flagged(bob: Page, requests: Requests, complaints: list[str]) -> None:
    before = Report.objects.count()
    bob.goto("/flag/")
    bob.get_by_label("URLs").fill(f"hxxps://new[.]example/a, {requests['pending'].item.canonical_url}\nhttp://bad_host.")
    expect(bob.get_by_role("table", name="What each line would become").get_by_role("row")).to_have_count(4)
    assert Report.objects.count() == before
    bob.get_by_role("link", name=requests["pending"].number).wait_for()
    bob.get_by_label("Category").select_option("hate_speech")
    bob.get_by_role("button", name="Flag", exact=True).click()
    expect(bob.get_by_role("heading", name="2 flagged, 1 not")).to_be_visible()
    expect(bob.get_by_label("URLs")).to_have_value("http://bad_host.")
    assert Report.objects.count() == before + 2
    assert complaints == []


def arrive(page: Page, heading: str) -> None:
    """Wait for a screen and its scripts."""
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    page.wait_for_load_state()


def test_the_keyboard_walks_the_queue(bob: Page, requests: Requests) -> None:
    bob.goto("/queue/")
    rows = bob.locator("#rows tbody tr")
    bob.keyboard.press("j")
    bob.keyboard.press("j")
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    bob.keyboard.press("k")
    expect(rows.nth(0).get_by_role("link")).to_be_focused()
    bob.keyboard.press("?")
    expect(bob.get_by_role("dialog", name="Keyboard")).to_be_visible()
    bob.keyboard.press("Escape")
    bob.keyboard.press("/")
    bob.keyboard.type("jj c gq")  # letters in a field are letters
    expect(bob.get_by_label("Find a URL or a number")).to_have_value("jj c gq")
    bob.get_by_label("Find a URL or a number").fill(requests["met"].number)
    bob.keyboard.press("Enter")
    arrive(bob, requests["met"].number)
    bob.locator("#main").focus()
    bob.keyboard.press("g")
    bob.keyboard.press("q")
    arrive(bob, "Queue")
    bob.keyboard.press("j")
    number = rows.nth(0).get_by_role("link").inner_text()
    bob.keyboard.press("o")
    arrive(bob, number)
    bob.keyboard.press("c")
    arrive(bob, "Flag content")


def test_shortcuts_can_be_switched_off(bob: Page, requests: Requests) -> None:
    bob.goto("/queue/")
    bob.get_by_role("button", name="Bob").click()
    bob.get_by_label("Single-key shortcuts", exact=True).uncheck()
    bob.keyboard.press("Escape")
    bob.reload()
    bob.keyboard.press("j")
    expect(bob.locator("#rows tr[aria-current]")).to_have_count(0)


def test_the_queue_refreshes_in_place(bob: Page, people: Cast, requests: Requests) -> None:
    bob.goto("/queue/")
    row = bob.locator(f"tr[data-id='{requests['unproven'].pk}']")
    expect(row).to_contain_text("Nobody")
    verdicts.assign(request=requests["unproven"], to=people.alice, actor=people.bob, now=timezone.now())
    bob.clock.install()
    bob.reload()
    verdicts.assign(request=requests["unproven"], to=people.bob, actor=people.bob, now=timezone.now())
    bob.clock.run_for(61_000)
    expect(row).to_contain_text("Bob")
    expect(row).to_have_class("changed")


def test_the_request_page_shows_a_new_sighting_by_itself(bob: Page, requests: Requests, complaints: list[str]) -> None:
    found = requests["pending"]
    bob.goto(reverse("request", args=[found.pk]))
    now = timezone.now()
    Watch.objects.filter(item=found.item).update(run_count=4321, run_last_answered=now, run_last_sent=now)
    expect(bob.get_by_role("cell", name="4321")).to_be_visible()
    assert complaints == []


def test_an_explanation_that_was_opened_stays_open_over_a_refresh(bob: Page, requests: Requests, complaints: list[str]) -> None:
    found = requests["pending"]
    bob.goto(reverse("request", args=[found.pk]))
    bob.get_by_text("Why this due date").click()
    expect(bob.get_by_text("So it is due on")).to_be_visible()
    assert Axe().run(bob).violations_count == 0
    now = timezone.now()
    Watch.objects.filter(item=found.item).update(run_count=4321, run_last_answered=now, run_last_sent=now)
    expect(bob.get_by_role("cell", name="4321")).to_be_visible()
    expect(bob.get_by_text("So it is due on")).to_be_visible()
    bob.get_by_text("Why this due date").click()
    Watch.objects.filter(item=found.item).update(run_count=8765, run_last_answered=timezone.now())
    expect(bob.get_by_role("cell", name="8765")).to_be_visible()
    expect(bob.get_by_text("So it is due on")).to_be_hidden()
    assert complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_policy_is_superseded_after_a_look_at_what_it_would_have_meant(
    theme: str, dora: Page, requests: Requests, complaints: list[str]
) -> None:
    dora.add_init_script(f"localStorage.setItem('theme', '{theme}')")
    key = requests["pending"].policy.key
    dora.goto(reverse("policy", args=[key]))
    dora.get_by_role("link", name="Supersede").click()
    dora.get_by_label("Duration").fill("0")
    dora.get_by_label("Why").fill("Counsel says so.")
    dora.get_by_role("button", name="Preview").click()
    expect(dora.get_by_role("alert")).to_contain_text("A period of 0 hours is no period")
    assert Axe().run(dora).violations_count == 0
    dora.get_by_label("Duration").fill("2")
    dora.get_by_label("Duration").press("Enter")  # the first button: a preview
    expect(dora.get_by_role("row").filter(has_text=requests["pending"].number)).to_contain_text("1 h later")
    assert Axe().run(dora).violations_count == 0
    dora.set_viewport_size({"width": 320, "height": 800})
    assert dora.evaluate("document.documentElement.scrollWidth") <= 320
    dora.get_by_role("button", name="Supersede").click()
    expect(dora.get_by_text("version 2 is in force.")).to_be_visible()
    expect(dora.get_by_text("Changed. Was: 1 hour")).to_be_visible()
    assert Axe().run(dora).violations_count == 0
    assert [each for each in complaints if "409" not in each] == []  # the refusal is one


def test_an_eye_that_is_opened_elsewhere_opens_here_and_nothing_typed_is_lost(bob: Page, people: Cast, closed_eyes: None) -> None:
    bob.clock.install()
    bob.goto("/platforms/")
    expect(bob.get_by_role("heading", name="Not seen as they should be: 1 of 2")).to_be_visible()
    bob.get_by_text("Pause a platform").first.click()
    bob.get_by_label("Reason").first.fill("Half a sent")
    Hold.objects.update(released_at=timezone.now())
    polling.resume_platform(Platform.objects.get(slug="youtube"), reason="Well.", actor=people.bob, now=timezone.now())
    bob.clock.run_for(16_000)
    expect(bob.get_by_role("row", name="YouTube")).not_to_contain_text("Paused")
    expect(bob.get_by_label("Reason").first).to_have_value("Half a sent")


def test_countdowns_run_and_turn_grey_when_the_server_is_silent(bob: Page, requests: Requests) -> None:
    bob.clock.install()
    bob.goto("/queue/")
    chip = bob.locator(f"tr[data-id='{requests['pending'].pk}'] time.due")
    first = chip.inner_text()
    expect(chip).to_have_class("chip due due-ok")
    for part in ("pulse", "seeing"):
        bob.route(f"**/{part}/**", lambda route: route.abort())
    bob.clock.run_for(125_000)
    assert chip.inner_text() != first
    expect(bob.locator("body")).to_have_class("stale")
    bob.clock.run_for(16 * 60_000)
    expect(chip).to_have_class("chip due due-soon")
    bob.clock.run_for(15 * 60_000)
    expect(chip).to_have_class("chip due due-overdue")
    expect(chip).to_contain_text("overdue")


def test_theme_density_and_menu_are_remembered(bob: Page, requests: Requests) -> None:
    bob.goto("/queue/")
    light = bob.evaluate("getComputedStyle(document.body).backgroundColor")
    bob.get_by_role("button", name="Bob").click()
    bob.get_by_label("Dark").check()
    bob.get_by_label("Compact").check()
    bob.keyboard.press("Escape")
    bob.get_by_role("button", name="Narrow").click()
    bob.reload()
    assert bob.evaluate("({...document.documentElement.dataset})") == {"theme": "dark", "density": "compact", "rail": "narrow"}
    assert bob.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_a_rung_of_the_overdue_page_leads_back_to_it(bob: Page, live_server: LiveServer, requests: Requests) -> None:
    bob.goto("/overdue/")
    row = bob.get_by_role("row").filter(has_text=requests["unproven"].number)
    row.get_by_text("Escalate").first.click()
    row.get_by_label("Reason").first.fill("To the head of unit.")
    row.get_by_role("button", name="Escalate").click()
    expect(bob.get_by_text(f"{requests['unproven'].number}: Escalated.")).to_be_visible()
    expect(bob).to_have_url(f"{live_server.url}/overdue/")


def test_from_the_dashboard_over_a_platform_to_the_requests_that_prove_it_in_three_clicks(
    bob: Page, requests: Requests, complaints: list[str]
) -> None:
    bob.goto("/dashboard/")
    found = requests["breached"]
    bob.get_by_role("table", name="Misses by platform").get_by_role("link", name=found.platform.name).click()
    expect(bob.get_by_role("heading", name=found.platform.name, exact=True)).to_be_visible()
    bob.get_by_role("link", name="1 breached").first.click()
    expect(bob.locator("#rows tbody tr")).to_have_count(1)
    bob.get_by_role("link", name=found.number).click()
    expect(bob.get_by_role("heading", name=found.number)).to_be_visible()
    assert complaints == []


def test_the_deadline_dashboard_refreshes_itself_and_counts_down(bob: Page, requests: Requests, complaints: list[str]) -> None:
    found = requests["pending"]
    bob.goto("/dashboard/deadlines/")
    row = bob.get_by_role("row").filter(has_text=found.number)
    expect(row).to_contain_text("Up at the last look")
    bob.get_by_text("Show as table").first.click()
    Watch.objects.filter(item=found.item).update(outcome="indeterminate", run_last_answered=timezone.now())
    expect(row).to_contain_text("Last look could not tell")
    expect(bob.get_by_role("table", name="Deadlines of the next hour")).to_be_visible()
    expect(row.locator("time.due")).to_have_attribute("data-due", re.compile("^20"))
    bob.get_by_role("link", name=found.number).click()
    expect(bob.get_by_role("heading", name=found.number)).to_be_visible()
    assert complaints == []
