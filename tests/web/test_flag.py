"""Flag: many URLs in one box, nothing saved before it is asked for, nothing lost."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from takedown.choices import Category, VerdictValue
from takedown.models import Report, TakedownRequest
from tests.factories import Cast, PlatformFactory, PolicyFactory, in_verdict
from tests.patience import linear

MAIL = """Please look at hxxps://one[.]example/a?b=1, https://two.example/x.
> https://one.example/a?b=1
http://exa mple"""


@pytest.fixture(autouse=True)
def _ground(people: Cast) -> None:
    PlatformFactory.create()
    PolicyFactory.create(key="referral_voluntary", name="Referral", duration=24)


def form(urls: str, **more: str) -> dict[str, str]:
    return {"urls": urls, "category": Category.INCITE, "severity": "medium", "token": "t" * 32, **more}


def test_a_preview_reads_mail_text_and_saves_nothing(alice: Client) -> None:
    known = in_verdict(VerdictValue.PENDING)
    page = alice.post(reverse("flag-preview"), {"urls": f"{MAIL} {known.item.canonical_url}"}).content.decode()
    assert "hxxps://one[.]example/a?b=1" in page
    assert "Twice in this paste" in page
    assert f'<a href="/requests/{known.pk}/">{known.number}</a>' in page
    assert Report.objects.count() == 1  # the one that came with the known request


def test_urls_of_content_are_never_links(alice: Client) -> None:
    page = alice.post(reverse("flag-preview"), {"urls": "https://one.example/a"}).content.decode()
    assert "https://one.example" not in page


def test_flagging_opens_one_request_for_each_url(alice: Client) -> None:
    page = alice.post(reverse("flag"), form("https://one.example/a https://two.example/b https://one.example/a")).content.decode()
    assert "2 flagged" in page
    assert sorted(Report.objects.values_list("url", flat=True)) == ["https://one.example/a", "https://two.example/b"]


def test_a_double_click_files_once(alice: Client) -> None:
    pages = [alice.post(reverse("flag"), form("https://one.example/a")).content.decode() for _ in range(2)]
    assert ["1 flagged" in page for page in pages] == [True, True]
    assert Report.objects.count() == 1


def test_back_and_an_edit_file_the_rest_as_well(alice: Client) -> None:
    alice.post(reverse("flag"), form("https://one.example/a"))
    alice.post(reverse("flag"), form("https://two.example/b"))
    assert TakedownRequest.objects.count() == 2


def test_bad_lines_stay_in_the_box_with_their_errors(alice: Client) -> None:
    page = alice.post(reverse("flag"), form("https://good.example/a\nhttps://\nhttp://bad_host.", note="Because.")).content.decode()
    box = re.search(r"<textarea[^>]*name=\"urls\"[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert box is not None
    assert box[1].split() == ["https://", "http://bad_host."]
    assert "1 flagged, 2 not" in page
    assert "the host name is not complete" in page
    assert "Because." in page
    assert Report.objects.get().url == "https://good.example/a"


def test_without_a_category_nothing_is_filed_and_everything_is_kept(alice: Client) -> None:
    page = alice.post(reverse("flag"), form("https://one.example/a", category="", note="Because.")).content.decode()
    assert ">https://one.example/a</textarea>" in page
    assert "Because." in page
    assert "This field is required." in page
    assert Report.objects.count() == 0


def test_an_empty_box_is_answered_in_words(alice: Client) -> None:
    assert "Paste at least one URL." in alice.post(reverse("flag"), form("  ")).content.decode()


def test_after_flagging_the_results_get_the_focus_else_the_box(alice: Client) -> None:
    empty = alice.get(reverse("flag")).content.decode()
    sent = alice.post(reverse("flag"), form("https://one.example/a")).content.decode()
    refused = alice.post(reverse("flag"), form("nothing at all")).content.decode()
    assert [re.findall(r"<(\w+)[^>]*\sautofocus", page) for page in (empty, sent, refused)] == [["textarea"], ["h2"], ["h2"]]


@pytest.mark.parametrize("piece", ["https://host.example/a/b?x=1 ", "lorem ipsum dolor. ", "host.example/a, "])
def test_a_paste_as_long_as_a_book_costs_no_more_than_its_pages(alice: Client, piece: str) -> None:
    def work(size: int) -> None:
        assert alice.post(reverse("flag-preview"), form(piece * (size // len(piece)))).status_code == 200

    assert linear(work, 500_000)


def test_the_preview_button_works_without_javascript(alice: Client) -> None:
    page = alice.post(reverse("flag"), form("https://one.example/a", preview="1", note="Because.")).content.decode()
    assert "1 line read" in page
    assert "Because." in page
    assert Report.objects.count() == 0


def test_lines_beyond_the_limit_stay_in_the_box(alice: Client) -> None:
    page = alice.post(reverse("flag"), form("\n".join(f"https://h.example/{n}" for n in range(503)))).content.decode()
    assert "500 flagged" in page
    assert "https://h.example/500\nhttps://h.example/501\nhttps://h.example/502</textarea>" in page


def test_known_content_gets_another_report_and_no_second_request(alice: Client) -> None:
    known = in_verdict(VerdictValue.PENDING)
    page = alice.post(reverse("flag"), form(known.item.canonical_url)).content.decode()
    assert "Already known" in page
    assert TakedownRequest.objects.count() == 1
    assert known.reports.count() == 2
