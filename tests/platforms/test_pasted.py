"""One field holds one address; pasted text is cut into addresses."""

import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platforms.identity import NotAURL, identify, split_urls


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("", []),
        ("\n \r\n\t\n", []),
        ("https://a.example/x", ["https://a.example/x"]),
        ("https://a.example/x https://b.example", ["https://a.example/x", "https://b.example"]),
        ("https://a.example/x,https://b.example;https://c.example", ["https://a.example/x", "https://b.example", "https://c.example"]),
        ("https://a.example/x?l=1,2", ["https://a.example/x?l=1,2"]),
        ("Dear team,\nplease see https://a.example/x.\nThanks", ["Dear team,", "https://a.example/x", "Thanks"]),
        ("> quoted <https://a.example/x>", ["https://a.example/x"]),
        ("hxxp://a[.]example/1 and b [.] example/2", ["hxxp://a[.]example/1", "b[.]example/2"]),
        ("https://a.examplehttps://b.example", ["https://a.example", "https://b.example"]),
        ("https://a.example/?u=https://b.example/", ["https://a.example/?u=https://b.example/"]),
        ("(https://a.example/1)|(https://a.example/2)", ["https://a.example/1", "https://a.example/2"]),
        ("just words, no address", ["just words, no address"]),
        ("https://a.example/1\u2028www.b.example", ["https://a.example/1", "www.b.example"]),
        ("-https://a.example/1", ["https://a.example/1"]),
        ("Link:https://a.example/1", ["https://a.example/1"]),
        ("1.https://a.example/1 2.hxxps://b[.]example/2.", ["https://a.example/1", "hxxps://b[.]example/2"]),
        ("[a song](https://a.example/1)", ["https://a.example/1"]),
        ("\u8bf7\u770bhttps://a.example/1\u3002\u8c22\u8c22https://b.example", ["https://a.example/1", "https://b.example"]),
        ("see bad<.>example<.>org/x or bad[punkt]example/y", ["bad[.]example[.]org/x", "bad[punkt]example/y"]),
    ],
)
def test_pasted_text_is_cut_into_candidates_in_order(text: str, candidates: list[str]) -> None:
    assert split_urls(text) == candidates


ONE, TWO = "https://t.me/flagwaver/77", "https://video.example/watch?v=2"
BETWEEN = [
    " ",
    "\n",
    "\r\n",
    "\t",
    ",",
    ", ",
    ";",
    " ; ",
    "|",
    " | ",
    "\u3000",
    "\u00a0",
    "\u2028",
    "\uff0c",
    "\u3001",
    " and ",
    " \u2192 ",
    ")(",
    ">, <",
    "",
]


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize(("one", "two"), [(ONE, TWO), (TWO, ONE), (ONE, "hxxps[:]//video[.]example/2"), (TWO, "HTTP://t.me/flagwaver/78")])
def test_one_field_holds_one_address(one: str, two: str, between: str) -> None:
    with pytest.raises(NotAURL) as refusal:
        identify(f"{one}{between}{two}")
    assert one[8:] in str(refusal.value)
    assert two[-10:] in str(refusal.value)


@pytest.mark.parametrize("between", BETWEEN)
def test_the_box_cuts_them_apart(between: str) -> None:
    assert [each.strip("()<>") for each in split_urls(f"{ONE}{between}{TWO}")] == [ONE, TWO]


@pytest.mark.parametrize(
    "remark",
    [" (archived)", " [ar]", " - seen at noon", "\tterror", " 2026-11-28", "\n> quoted", "   x", " t.me/other/8", "\u3000\u8c22\u8c22"],
)
def test_a_remark_behind_an_address_is_refused_and_the_box_takes_the_address(remark: str) -> None:
    with pytest.raises(NotAURL, match=re.escape(ONE)):
        identify(ONE + remark)
    assert split_urls(ONE + remark)[0] == ONE


@pytest.mark.parametrize(
    "url",
    [
        "https://web.archive.org/web/2020/https://b.example/x",
        "https://site.example/go?url=https://b.example/x",
        "https://site.example/go?u=http://b.example/?v=https://c.example/",
        "https://site.example/share?text=look%20https://b.example/x",
        "https://site.example/#https://b.example/x",
        "https://site.example/proxy/https:/b.example/x",
        "https://site.example/a,b;c|d",
        "https://site.example/x?l=a|b,c;d",
    ],
)
def test_an_address_inside_another_is_part_of_it(url: str) -> None:
    assert identify(url).canonical_url.startswith("https://")
    assert split_urls(url) == [url]


@pytest.mark.parametrize("end", ["!", ".", "...", "'", ")", "*", ":", "\u2026", "\uff01"])
def test_an_address_that_ends_like_a_sentence_is_cut_only_where_there_is_one(end: str) -> None:
    url = f"https://wiki.example/Attack{end}"
    assert identify(url) != identify("https://wiki.example/Attack")
    assert split_urls(url) == [url]
    assert identify(f"\u201c{url}\u201d,") == identify(url)
    assert identify(f"https://t.me/flagwaver/77{end}") == identify(ONE)
    if end != "\uff01":
        assert split_urls(f"see {url}") == ["https://wiki.example/Attack"]


@settings(deadline=None)
@given(st.text(alphabet=string.printable, max_size=200))
def test_cutting_text_loses_no_line(text: str) -> None:
    lines = [line for line in text.replace("\r", "\n").split("\n") if line.strip().lstrip(">|").strip()]
    assert len(split_urls(text)) >= len(lines)


def test_an_address_of_an_app_stays_beside_one_of_the_web() -> None:
    text = "tg://resolve?domain=one&post=7 and https://t.me/two/8, tg:join?invite=abc at://did:web:a.example"
    assert split_urls(text) == [text.split()[0], "https://t.me/two/8", "tg:join?invite=abc", "at://did:web:a.example"]
    assert identify(split_urls(text)[0]).canonical_url == "https://t.me/one/7"


def test_the_headers_of_a_mail_are_no_bad_addresses() -> None:
    mail = """From: Alice <alice@unit.example>
        Date: Sat, 21 Nov 2026 14:05:09 +0100
        Subject: Fwd: look at hxxps://host[.]example/1
        X-Mailer: Some mailer 1.0

        Please look at this:
        > https://host.example/2"""
    assert split_urls(mail) == ["hxxps://host[.]example/1", "Please look at this:", "https://host.example/2"]
    assert split_urls("Subject: nothing else") == ["Subject: nothing else"]
    assert split_urls("To://host.example/3") == ["To://host.example/3"]
