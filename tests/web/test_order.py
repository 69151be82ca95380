"""The order on screen, as JSON and on paper; the answers by hand and by the platform's own link."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pypdfium2
import pypdfium2.raw as raw
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from takedown import orders
from takedown.annexes import ANNEX_I, from_json
from takedown.choices import AnswerKind, RequestStatus, VerdictValue
from takedown.models import PlatformAnswer, RemovalOrder, TakedownRequest, User
from tests.factories import ORDER, PARTIES, Cast, answer_token, cast, in_order, in_verdict

HOSTILE = {
    "urls": [
        "https://host.example/" + "a1B2/" * 200 + "?q=#set-page(width:1cm)&x=\\\\" + "z" * 600,
        "https://host.example/путь/内容?$x$_*`#[.]",
    ]
}
SCRIPTS = {
    "addressee": "محمد بن سعيد",
    "representative_name": "Ελένη Παπαδοπούλου, Нина Петрова",
    "authority_name": "法院 法廷 법원",
    "post_title_grade": "שופטת",
    "redress_body": "न्यायालय",
    "locator_notes": '#set page(width: 1cm)\n#panic("no") \\ *bold* $x^2$ @ref <label> // no comment',
}


def url(row: TakedownRequest, name: str) -> str:
    return reverse(name, args=[row.pk])


def flat(text: str) -> str:
    return re.sub(r"\s+", "", text)


def draft(**fields: Any) -> TakedownRequest:
    """A request that is not sent, with an order."""
    row = in_order(VerdictValue.NOT_STARTED)
    RemovalOrder.objects.filter(request=row).update(fields=row.order.fields | fields)
    return row


def sent(verdict: str = VerdictValue.PENDING) -> TakedownRequest:
    return in_order(verdict)


def typed(page: bytes) -> dict[str, Any]:
    """What a browser would post from the order's form."""
    text = page.decode()
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", text):
        attrs = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attrs.get("name", "") in ANNEX_I.fields and (attrs.get("type") != "checkbox" or " checked" in tag):
            box = attrs.get("type") == "checkbox"
            value = unescape(attrs.get("value", "on" if box else ""))
            fields[attrs["name"]] = [*fields.get(attrs["name"], []), value] if box else value
    for name, value in re.findall(r'<textarea name="(\w+)"[^>]*>\n?(.*?)</textarea>', text, re.DOTALL):
        fields[name] = unescape(value)
    for name, options in re.findall(r'<select name="(\w+)"[^>]*>(.*?)</select>', text, re.DOTALL):
        fields[name] = "".join(re.findall(r'value="(\w*)" selected', options))
    return fields


# Screen ---------------------------------------------------------------------------------------------------------------------------


def test_a_new_order_is_filled_in_and_saved_from_its_form(people: Cast, alice: Client) -> None:
    row = in_order(VerdictValue.NOT_STARTED, written=False, explanation="It incites.")
    fields = typed(alice.get(url(row, "order")).content)
    assert fields["reasons_text"] == "It incites."
    assert fields["urls"] == row.item.canonical_url.replace("https", "hxxps").replace(".", "[.]")
    answer = alice.post(url(row, "order"), fields | {"issuing_member_state": "FR", "addressee_member_state": "ie"})
    assert answer["Location"] == url(row, "order")
    order = RemovalOrder.objects.get(request=row)
    assert (order.fields["urls"], order.fields["addressee_member_state"]) == ([row.item.canonical_url], "IE")
    assert (order.fields["is_cross_border"], order.saved_by) == (True, people.alice)
    assert "Missing: " in alice.get(url(row, "order")).content.decode()


@pytest.mark.parametrize(
    "text", ["https://host.example/a.b/c?d=http://e.f", "https://host.example/a[.]b", "https://[::1]:8000/x.y", "http://xn--a.example"]
)
def test_an_order_goes_through_its_form_unchanged(text: str, alice: Client) -> None:
    row = draft(urls=[text, "https://b.example/#c.d"])
    before = RemovalOrder.objects.get(request=row)
    page = alice.get(url(row, "order")).content
    answer = alice.post(url(row, "order"), typed(page))
    assert answer.status_code == 302, answer.content.decode()
    after = RemovalOrder.objects.get(request=row)
    at = datetime.fromisoformat(before.fields.pop("issued_at"))
    assert datetime.fromisoformat(after.fields.pop("issued_at")) == at
    assert after.fields == before.fields


def test_what_is_wrong_is_marked_and_what_was_typed_stays(alice: Client) -> None:
    row = draft()
    fields = typed(alice.get(url(row, "order")).content) | {
        "email": "no <address>",
        "reasons_text": "Half a sent",
        "issued_at": "2099-01-01T00:00",
    }
    answer = alice.post(url(row, "order"), fields)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Give an e-mail address." in page
    assert "This is in the future." in page
    assert "Half a sent</textarea>" in page
    assert 'value="no &lt;address&gt;"' in page
    assert RemovalOrder.objects.get(request=row).fields["email"] == ORDER["email"]


def test_complete_says_what_is_missing_and_saves_nothing(alice: Client) -> None:
    row = draft()
    fields = typed(alice.get(url(row, "order")).content)
    whole = alice.post(url(row, "order"), fields | {"check": "1", "reasons_text": "Other"})
    assert "Nothing is missing. It is not saved yet." in whole.content.decode()
    answer = alice.post(url(row, "order"), fields | {"check": "1", "reasons_text": "", "redress_body": ""})
    assert (answer.status_code, answer.content.decode().count("This is needed.")) == (409, 4)  # in the list and at the field
    assert RemovalOrder.objects.get(request=row).fields["reasons_text"] == ORDER["reasons_text"]


def test_who_may_not_send_reads(people: Cast, signed_in: Callable[[User], Client]) -> None:
    row = draft()
    charlie = signed_in(people.charlie)
    page = charlie.get(url(row, "order")).content.decode()
    assert "<textarea" not in page
    assert "hxxps://host[.]example/watch?v=1#t=2" in page
    assert ORDER["urls"][0] not in page
    assert charlie.post(url(row, "order"), {}).status_code == 403


def test_what_was_sent_is_read(alice: Client) -> None:
    row = sent()
    assert "<textarea" not in alice.get(url(row, "order")).content.decode()
    answer = alice.post(url(row, "order"), {"reasons_text": "Other", "language": "en"})
    assert (answer.status_code, RemovalOrder.objects.get(request=row).fields["reasons_text"]) == (409, ORDER["reasons_text"])


@pytest.mark.parametrize("name", ["order", "order-json", "order-pdf", "order-done", "order-impossible"])
def test_a_request_that_is_no_order_has_none_of_this(name: str, alice: Client) -> None:
    assert alice.get(url(in_verdict(VerdictValue.PENDING), name)).status_code == 404


@pytest.mark.parametrize("name", ["order-json", "order-pdf"])
def test_what_was_not_saved_is_no_file(name: str, alice: Client) -> None:
    row = in_order(VerdictValue.NOT_STARTED, written=False)
    assert alice.get(url(row, name)).status_code == 404


def test_the_request_page_of_an_order_shows_it_and_that_of_others_does_not(alice: Client) -> None:
    other, row = in_verdict(VerdictValue.PENDING), sent()
    alice.post(url(row, "request-issue-link"))
    assert "Removal order</h2>" not in alice.get(url(other, "request")).content.decode()
    page = alice.get(url(row, "request")).content.decode()
    assert "Record Annex II" in page
    assert url(row, "order-pdf") in page
    assert re.search(r'value="http://testserver/answer/[^"]+/"', page)


def test_an_auditor_gets_no_link_to_answer(people: Cast, signed_in: Callable[[User], Client]) -> None:
    row = sent()
    answer_token(row)
    page = signed_in(people.charlie).get(url(row, "request")).content.decode()
    assert "Read the order" in page
    assert "never opened" in page
    assert "/answer/" not in page


# JSON and paper -------------------------------------------------------------------------------------------------------------------


def test_json_comes_back_as_the_order(alice: Client) -> None:
    answer = alice.get(url(draft(), "order-json"))
    assert answer["Content-Type"] == "application/json"
    assert json.loads(answer.content)["version"] == 1
    assert from_json(ANNEX_I, answer.content, now=timezone.now()) == (ORDER | {"is_cross_border": True}, {})


def pages_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    texts = []
    for number in range(len(document)):
        page = document[number]
        text = page.get_textpage()
        texts.append(text.get_text_range())
        text.close()
        page.close()
    document.close()
    return texts


@pytest.mark.parametrize(
    ("language", "heading", "mark"), [("en", "Removal order", "DRAFT, NOT APPROVED"), ("fr", "Injonction de retrait", "PROJET")]
)
def test_the_paper_holds_every_name_and_url_as_text(language: str, heading: str, mark: str, alice: Client) -> None:
    row = draft(**SCRIPTS, **HOSTILE, email="")
    RemovalOrder.objects.filter(request=row).update(language=language)
    answer = alice.get(url(row, "order-pdf"))
    assert answer["Content-Type"] == "application/pdf"
    pages = pages_of(answer.content)
    text = flat("".join(pages))
    assert heading in pages[0]
    for url_of_content in HOSTILE["urls"]:
        assert flat(url_of_content) in text
    for value in SCRIPTS.values():
        assert all(word in text for word in value.split()), value
    for number, page in enumerate(pages, 1):
        assert f"Page {number} / {len(pages)}" in page
        assert "2026/17" in page
        assert mark in page
    assert (text.count("☒"), text.count("☐")) == (5, 8)
    assert b"/URI" not in answer.content  # nothing to click


def test_all_fonts_are_in_the_file() -> None:
    pdf = orders.render(ORDER | SCRIPTS, language="en", number="TD-1", approved=True, saved_at=timezone.now())
    document = pypdfium2.PdfDocument(pdf)
    page = document[0]
    fonts = [raw.FPDFTextObj_GetFont(thing) for thing in page.get_objects([raw.FPDF_PAGEOBJ_TEXT])]
    assert [raw.FPDFFont_GetIsEmbedded(font) for font in fonts] == [1] * len(fonts)
    assert len(fonts) > 2
    page.close()
    document.close()


@pytest.mark.parametrize("approved", [True, False])
def test_only_what_is_approved_is_no_draft(approved: bool) -> None:
    pdf = orders.render(ORDER, language="en", number="TD-1", approved=approved, saved_at=timezone.now())
    assert [("NOT APPROVED" in page) for page in pages_of(pdf)] == [not approved] * len(pages_of(pdf))


def test_nothing_runs_off_the_paper() -> None:
    wide = {"addressee": "W" * 400, "reasons_text": "W" * 3000, "redress_law_link": "https://law.example/" + "W" * 2000}
    pdf = orders.render(ORDER | HOSTILE | wide, language="fr", number="TD-1", approved=False, saved_at=timezone.now())
    document = pypdfium2.PdfDocument(pdf)
    for number in range(len(document)):
        page = document[number]
        width = page.get_width()
        text = page.get_textpage()
        edges = [text.get_charbox(index)[2] for index in range(text.count_chars()) if text.get_text_range(index, 1) in "Wz"]
        assert max(edges, default=0) < width - 40
        text.close()
    document.close()


# Answers --------------------------------------------------------------------------------------------------------------------------


def parties() -> dict[str, str]:
    return PARTIES | {"order_received_at": f"{timezone.now() - timedelta(minutes=29):%Y-%m-%dT%H:%M:%S}"}


def done() -> dict[str, str]:
    now = timezone.now()
    return parties() | {"measure": "removed", "measure_at": f"{now - timedelta(seconds=5):%Y-%m-%dT%H:%M:%S}", "date": f"{now:%Y-%m-%d}"}


def impossible() -> dict[str, Any]:
    return parties() | {"non_execution_reasons": ["force_majeure"], "further_information": "A fire in hall 3."}


def test_an_answer_is_typed_in_with_what_is_known(people: Cast, alice: Client) -> None:
    row = sent()
    page = alice.get(url(row, "order-done")).content.decode()
    assert 'value="2026/17"' in page
    assert alice.post(url(row, "order-done"), done())["Location"] == url(row, "request")
    answer = PlatformAnswer.objects.get(request=row)
    assert (answer.kind, answer.recorded_by) == (AnswerKind.DONE, people.alice)
    assert "It was not seen gone yet." in alice.get(url(row, "request")).content.decode()


def test_an_impossibility_typed_in_says_when_it_was_submitted(alice: Client) -> None:
    row = sent()
    answer = alice.post(url(row, "order-impossible"), impossible())
    assert (answer.status_code, PlatformAnswer.objects.count()) == (409, 0)
    assert "A fire in hall 3.</textarea>" in answer.content.decode()
    submitted = {"submitted_at": f"{timezone.now() - timedelta(minutes=1):%Y-%m-%dT%H:%M:%S}"}
    assert alice.post(url(row, "order-impossible"), impossible() | submitted).status_code == 302
    assert TakedownRequest.objects.get(pk=row.pk).verdict == VerdictValue.SUSPENDED


def test_a_claim_that_contradicts_what_was_seen_is_shown_so(alice: Client) -> None:
    row = sent(VerdictValue.BREACHED)
    early = {"measure_at": f"{timezone.now() - timedelta(minutes=80):%Y-%m-%dT%H:%M:%S}", "order_received_at": "2026-01-01T00:00:00"}
    alice.post(url(row, "order-done"), done() | early)
    page = alice.get(url(row, "request")).content.decode()
    assert "but it was seen up at" in page
    assert "A claim contradicts what was seen" in alice.get(reverse("alerts")).content.decode()


@pytest.fixture
def platform() -> Client:
    """Somebody without an account, from whom forms are taken with their token only."""
    return Client(enforce_csrf_checks=True)


def link(row: TakedownRequest, form: str = "") -> str:
    return reverse("answer", args=[answer_token(row)]) + (f"?form={form}" if form else "")


def post(platform: Client, address: str, fields: dict[str, Any]) -> Any:
    page = platform.get(address).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    return platform.post(address, fields | {"csrfmiddlewaretoken": token[1]})


def test_the_link_shows_number_reference_and_defanged_urls_only(platform: Client, db: None) -> None:
    row = in_order(VerdictValue.PENDING, explanation="Secret reasons")
    answer = platform.get(link(row, AnswerKind.DONE))
    page = answer.content.decode()
    assert all(shown in page for shown in (row.number, "2026/17", "hxxps://host[.]example/watch?v=1#t=2"))
    hidden = ("Secret reasons", "A. Judge", "praises", row.agency.name, "unit@north.example", "Host Ltd", row.get_verdict_display())
    assert not [word for word in hidden if word in page]
    assert (answer["X-Robots-Tag"], answer["Cache-Control"]) == ("noindex, nofollow", "no-store")
    assert not re.search(r"\sstyle=|<style|<script(?![^>]*\bsrc=)|\son\w+=", page)


def test_the_platform_answers_once_and_sees_what_was_recorded(platform: Client, db: None) -> None:
    row = sent()
    address, fields = link(row, AnswerKind.DONE), done()
    for _ in range(2):
        page = post(platform, address, fields).content.decode()
        assert "Thank you" in page
        assert "Z. Person" in page
    answer = PlatformAnswer.objects.get(request=row)
    assert (answer.kind, answer.recorded_by) == (AnswerKind.DONE, None)


def test_instants_under_the_link_are_utc(platform: Client, db: None) -> None:
    row = sent()
    row.agency.timezone = "Asia/Tokyo"
    row.agency.save()
    fields = done()
    post(platform, link(row, AnswerKind.DONE), fields)
    stored = PlatformAnswer.objects.get(request=row).fields["measure_at"]
    assert datetime.fromisoformat(stored) == datetime.fromisoformat(fields["measure_at"]).replace(tzinfo=UTC)


def test_an_impossibility_under_the_link_is_submitted_now(platform: Client, db: None) -> None:
    row = sent()
    began = timezone.now().replace(microsecond=0)
    page = post(platform, link(row, AnswerKind.IMPOSSIBLE), impossible() | {"submitted_at": "2020-01-01T00:00:00"}).content.decode()
    assert "Thank you" in page
    stored = datetime.fromisoformat(PlatformAnswer.objects.get(request=row).fields["submitted_at"])
    assert began <= stored <= timezone.now()


def test_what_is_wrong_under_the_link_stays_as_typed(platform: Client, db: None) -> None:
    answer = post(platform, link(sent(), AnswerKind.DONE), done() | {"contact_email": "x", "authorised_person": "A <b>"})
    assert answer.status_code == 409
    assert 'value="A &lt;b&gt;"' in answer.content.decode()
    assert not PlatformAnswer.objects.exists()


def test_without_its_token_no_form_is_taken(platform: Client, db: None) -> None:
    assert platform.post(link(sent(), AnswerKind.DONE), done()).status_code == 403
    assert not PlatformAnswer.objects.exists()


def test_a_forged_link_is_none(platform: Client, db: None) -> None:
    row = sent()
    for token in ("x", answer_token(row)[:-2], "WzEsImEiXQ:1abc:def"):
        answer = platform.get(reverse("answer", args=[token]))
        assert (answer.status_code, "This link does not work" in answer.content.decode()) == (404, True)


@pytest.mark.parametrize(
    ("verdict", "says", "form"),
    [
        (VerdictValue.NOT_COUNTED, "This order was withdrawn. No answer is needed.", False),
        (VerdictValue.MET, "This order is closed. An answer is still put on record.", True),
        (VerdictValue.NOT_STARTED, "This order is not marked as sent.", False),
    ],
)
def test_an_order_that_is_over_says_so(verdict: VerdictValue, says: str, form: bool, platform: Client, db: None) -> None:
    row = sent(verdict)
    page = platform.get(link(row, AnswerKind.DONE)).content.decode()
    assert (says in page, "<form" in page) == (True, form)


def test_a_link_of_one_agency_answers_its_request_only(platform: Client, db: None) -> None:
    north = sent()
    foreign = in_order(VerdictValue.PENDING, agency=cast("south").agency)
    post(platform, link(foreign, AnswerKind.DONE), done())
    assert [PlatformAnswer.objects.for_agency(row.agency).count() for row in (north, foreign)] == [0, 1]
    assert TakedownRequest.objects.get(pk=north.pk).status == RequestStatus.SENT
