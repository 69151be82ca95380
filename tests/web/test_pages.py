"""Pages around the screens: errors speak the same language, the sprite and the styles stay small."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from takedown.choices import VerdictValue
from tests.clients import client_as
from tests.factories import Cast, in_verdict

STATIC = Path(settings.BASE_DIR) / "static"


@pytest.mark.parametrize("template", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"])
def test_an_error_page_needs_nothing_and_says_what_to_do(template: str) -> None:
    page = render_to_string(template)
    assert "<h1>" in page
    assert 'class="btn" href="/"' in page


def test_an_unknown_address_gets_our_page(alice: Client) -> None:
    answer = alice.get("/no-such-page/")
    assert (answer.status_code, "There is nothing here" in answer.content.decode()) == (404, True)


def test_a_form_without_its_token_is_refused_in_words(people: Cast) -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse("sign-in"), {"username": "alice", "password": "x"})
    assert (answer.status_code, "The form was too old" in answer.content.decode()) == (403, True)


def test_every_page_carries_the_strict_security_policy(alice: Client) -> None:
    policy = alice.get(reverse("queue"))["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", ["queue", "overdue", "flag", "styleguide"])
def test_no_page_has_inline_styles_or_scripts(name: str, bob: Client) -> None:
    for verdict in VerdictValue:
        in_verdict(verdict)
    page = bob.get(reverse(name)).content.decode()
    assert not re.search(r"\sstyle=|<style|<script(?![^>]*\bsrc=)|\son\w+=|hx-on", page)


def test_those_who_may_not_flag_are_not_sent_there(people: Cast) -> None:
    assert reverse("flag") not in client_as(people.charlie).get(reverse("queue")).content.decode()


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    known = set(re.findall(r'id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    templates = (Path(settings.BASE_DIR) / "templates").rglob("*.html")
    named = {name for template in templates for name in re.findall(r'{% icon "([\w-]+)" %}', template.read_text())}
    assert named <= known
    assert {f"v-{verdict}" for verdict in VerdictValue.values} <= known
    assert len(known) <= 24


@pytest.mark.parametrize(("folder", "limit"), [("css", 20_000), ("js", 25_000)])
def test_what_a_browser_loads_stays_small(folder: str, limit: int) -> None:
    assert len(gzip.compress(b"".join(path.read_bytes() for path in sorted((STATIC / folder).iterdir())))) <= limit


def test_modules_import_only_what_exists() -> None:
    for path in (STATIC / "js").glob("*.js"):
        for name in re.findall(r'(?:from|import) "(\./[\w-]+\.js)"', path.read_text()):
            assert (path.parent / name).exists(), f"{path.name} imports {name}"
