"""A page is read in one pass, however broken or hostile it is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platforms.connectors.web import compare, patterns
from platforms.connectors.web.page import Page, letters, read_page
from tests.patience import linear


def read(html: str) -> Page:
    return read_page("https://a.example/", "", html)


@pytest.mark.parametrize(
    ("html", "title", "heading", "text"),
    [
        ("", "", "", ""),
        ("plain", "", "", "plain"),
        ("<title>A &amp; B</title><h1>C <b>d</b></h1><p>e</p>", "a & b", "c d", "c d e"),
        ("<title\n lang=en>A</title ><h1 class='x'>B</h1><h1>C</h1>", "a", "b", "b c"),
        ("<script>var a = '<h1>no</h1>'</script><p>yes", "", "", "yes"),
        ("<!-- <h1>no</h1> --><p>yes</p><!-- no", "", "", "yes"),
        ("<style>p {}</style><noscript>no</noscript><template>no</template>yes", "", "", "yes"),
        ("<script src=a.js></script>", "", "", ""),
        ("a < b", "", "", "a"),
        ("<title>never closed", "never closed", "", ""),
    ],
)
def test_title_heading_and_visible_text_are_found(html: str, title: str, heading: str, text: str) -> None:
    page = read(html)
    assert (page.title, page.heading, page.text) == (title, heading, text)


@pytest.mark.parametrize(
    "piece", ["<", "<script", "<script>", "<title>", "<h1>", "<!--", "<input ", "the domain ", "<a", "<p>buy this ", "&amp"]
)
def test_a_hostile_page_takes_no_longer_than_another(piece: str) -> None:
    def work(size: int) -> None:
        page = read(piece * (size // len(piece)))
        for table in (patterns.WALLS, patterns.HOSTING):
            patterns.first_match(table, page)
        patterns.NOT_FOUND.search(page.title)
        told = compare.told(page, "https://a.example/some/page")
        compare.same(told, told)

    assert linear(work, 1_000_000)


@settings(deadline=None)
@given(st.text(alphabet="<>/!- abhtiles1crp", max_size=200))
def test_any_text_can_be_read(html: str) -> None:
    assert "<script" not in read(html).title


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a b c d", "a b c d", True),
        ("a b c 1", "a b c 2", True),
        ("", "", True),
        ("a b c d", "e f g h", False),
        ("a", "", False),
        ("a b", "a b", True),
    ],
)
def test_two_pages_are_compared_by_their_words(one: str, other: str, same: bool) -> None:
    assert (compare.similarity(*(compare.shingles(letters(text)) for text in (one, other))) >= 0.9) is same


@pytest.mark.parametrize(
    ("title", "more", "reason"),
    [
        ("Account Suspended", "Contact your hosting provider.", "host_suspended"),
        ("Account Suspended", "How it came to that.", ""),
        ("Account suspended: what to do", "Contact your hosting provider.", ""),
        ("Account Suspended", "Contact your hosting provider. <img src=a.png>", ""),
        ("Account Suspended", "Contact your hosting provider. <iframe src=/b></iframe>", ""),
        ("This website has been seized by the police", "", "seized"),
        ("This website has been seized - our answer", "", ""),
        ("Account Suspended", "<p>" + "word " * 400, ""),
        ("Welcome to nginx on Debian!", "", "default_page"),
        ("Apache2 Ubuntu Default Page: It works", "", "default_page"),
        ("HTTP Server Test Page powered by: Rocky Linux", "", "default_page"),
        ("Welcome to nginx: a course", "", ""),
        ("This website (a.example) has been seized", "", "seized"),
        ("Dieser Domainname wurde von der Polizei sichergestellt", "", "seized"),
        ("Ce nom de domaine a \u00e9t\u00e9 saisi", "", "seized"),
        ("Police say this website has been seized", "<p>" + "word " * 400, ""),
        ("How a domain gets seized", "", ""),
    ],
)
def test_pages_of_providers_and_police_are_short_and_say_nothing_else(title: str, more: str, reason: str) -> None:
    found = patterns.first_match(patterns.HOSTING, read(f"<title>{title}</title><h1>{title}</h1>{more}"))
    assert (found.reason if found else "") == reason


def test_every_pattern_has_a_reason_code() -> None:
    for pattern in (*patterns.WALLS, *patterns.HOSTING):
        assert pattern.reason.replace("_", "").isalnum()
        assert pattern.part in {"url", "headers", "title", "heading", "body", "opening", "named", "whole"}
