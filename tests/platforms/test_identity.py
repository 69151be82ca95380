"""Equal content, equal identity, whatever people paste."""

import string
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platforms.identity import NotAURL, as_reported, identify, refang, split_urls
from platforms.readings import other_readings
from platforms.registry import plays
from tests.patience import linear

DID = "did:plc:z72i7hdynmk6r22z27h6tvur"
STATUS = "100254678717223630"

WEB = [
    "https://www.news.example/a%20b/C?b=2&a=1",
    "https://www.news.example/a%20b/C?a=1&amp;b=2",
    "HTTPS://WWW.NEWS.EXAMPLE/a%20b/C?a=1&b=2",
    "https://www.news.example:443/a%20b/C?a=1&b=2",
    "https://www.news.example./a%20b/C?a=1&b=2",
    "https://www.news.example/a%20b/C?a=1&b=2#section",
    "https://www.news.example/a%20b/C?utm_source=x&a=1&fbclid=y&b=2",
    "https://www.news.example/x/../a%20b/C?&a=1&&b=2",
    "https://www.news.example/%61%20b/C?a=1&b=2",
    "https:\\\\www.news.example\\a%20b\\C?a=1&b=2",
    "hxxps://www[.]news[.]example/a%20b/C?a=1&b=2",
    "<https://www.news.example/a%20b/C?a=1&b=2>",
    "\u201chttps://www.news.example/a%20b/C?a=1&b=2\u201d,",
    "https://www.news.ex\u200bample/a%20b/C?a=1&b=2",
    "\uff48\uff54\uff54\uff50\uff53\uff1a\uff0f\uff0fwww\uff0enews\uff0eexample/a%20b/C?a=1&b=2",
    "https://www (.) news (.) example/a%20b/C?a=1&b=2",
    "https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.news.example%2Fa%2520b%2FC%3Fa%3D1%26b%3D2&h=AT0",
]


@pytest.mark.parametrize("url", WEB)
def test_every_spelling_of_one_page_has_one_identity(url: str) -> None:
    first = identify(WEB[0])
    assert (first.platform, first.kind, first.external_id) == ("web", "page", "")
    assert identify(url) == first


@pytest.mark.parametrize("url", [*WEB, "http://localhost:8000/a", "http://127.0.0.1/a", "http://[::1]:8000/a", "https://other.example/@a"])
def test_a_canonical_address_identifies_as_itself(url: str) -> None:
    ref = identify(url)
    assert (ref.platform, ref.kind, ref.external_id) == ("web", "page", "")
    assert identify(ref.canonical_url) == ref


INVENTED = [(slug, kind) for slug, play in plays().items() for kind in play.states]


def spellings(url: str) -> Iterator[str]:
    """The same address as people write it."""
    parts = urlsplit(url)
    host = parts.netloc
    for scheme in ("HTTPS", "hxxps", "Https"):
        yield urlunsplit(parts._replace(scheme=scheme))
    for name in (host.upper(), f"{host}.", f"{host}:443", host.replace(".", "[.]"), host.replace(".", "(.)"), host.replace(".", "[dot]")):
        yield urlunsplit(parts._replace(netloc=name))
    for tracking in ("utm_source=a", "fbclid=b&gclid=c", "igshid=d"):
        yield urlunsplit(parts._replace(query=f"{parts.query}&{tracking}".lstrip("&")))
    yield url.replace("://", "[:]//").replace("https", "hxxps")
    for before, after in (("<", ">"), ("(", ")."), ('"', '",'), ("  ", "\n"), ("\u201c", "\u201d"), ("\u00ab", "\u00bb!"), ("URL: ", ";")):
        yield f"{before}{url}{after}"


@pytest.mark.parametrize(("slug", "kind"), INVENTED)
def test_every_way_to_write_an_invented_address_names_the_same_content(slug: str, kind: str) -> None:
    for _ in range(10):
        url = plays()[slug].invent(kind)
        ref = identify(url)
        assert (ref.platform, ref.kind) == (slug, kind)
        assert [way for way in (ref.canonical_url, *spellings(url), *spellings(ref.canonical_url)) if identify(way) != ref] == []


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("http://a.example", "http://a.example/"),
        ("a.example/x", "https://a.example/x"),
        ("//a.example/x", "https://a.example/x"),
        ("a.example:8080/x", "https://a.example:8080/x"),
        ("http://a.example:80/x?", "http://a.example/x"),
        ("https://m\u00fcnchen.example/", "https://xn--mnchen-3ya.example/"),
        ("https://a.example/%7euser/%c3%a9", "https://a.example/~user/%C3%A9"),
        ("https://a.example/A/b/", "https://a.example/A/b/"),
        ("https://a.example/app#/thread/3", "https://a.example/app#/thread/3"),
        ("https://a.example/app#!thread/3", "https://a.example/app#!thread/3"),
        ("https://a.example/?id=2&id=1&b=%5b", "https://a.example/?b=%5B&id=2&id=1"),
        ("https://en.a.example/wiki/Foo_(bar)", "https://en.a.example/wiki/Foo_(bar)"),
        ("(https://en.a.example/wiki/Foo_(bar)).", "https://en.a.example/wiki/Foo_(bar)"),
        ("https://a.example/x.?utm_source=y", "https://a.example/x."),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("https://ja.a.example/\uff08x\uff09y", "https://ja.a.example/%EF%BC%88x%EF%BC%89y"),
        ("https://web.archive.example/web/2020/https://b.example/", "https://web.archive.example/web/2020/https://b.example/"),
    ],
)
def test_an_unknown_site_keeps_what_names_the_page_and_nothing_else(url: str, canonical: str) -> None:
    assert identify(url).canonical_url == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "hello",
        "hello world",
        "e.g.",
        "3.14",
        "http://",
        "https://foo",
        "http://foo/bar",
        "http://a..example/",
        "http://exa mple.com/",
        "ftp://a.example/x",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "mailto:a@b.example",
        "a@b.example",
        "https://user:secret@a.example/",
        "https://user@a.example/",
        "http://[::1/",
        "http://a.example:99999/",
        "see https://a.example for details",
        "https://a.example/" + "x" * 9000,
    ],
)
def test_what_is_no_web_address_is_refused_in_plain_words(text: str) -> None:
    with pytest.raises(NotAURL) as refusal:
        identify(text)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("hxxp://bad[.]example", "http://bad.example"),
        ("hXXps[://]bad[.]example[/]x", "https://bad.example/x"),
        ("http[:]//bad(.)example", "http://bad.example"),
        ("h**ps://bad[dot]example", "https://bad.example"),
        ("bad (dot) example/x", "bad.example/x"),
        ("bad{.}example", "bad.example"),
        ("http://bad[.example/", "http://bad.example/"),
        ("http://bad.]example/", "http://bad.example/"),
        ("URL: https://bad.example", "https://bad.example"),
        ("bad\u3002example", "bad.example"),
        ("https://bad[.]example/index[.]php", "https://bad.example/index.php"),
        ("https://bad.example/index[.]php", "https://bad.example/index[.]php"),
    ],
)
def test_defanging_is_undone(text: str, plain: str) -> None:
    assert refang(text) == plain


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("https://a.example/\u0645\u06cc\u200c\u0631", "https://a.example/%D9%85%DB%8C%E2%80%8C%D8%B1"),
        ("https://a.example/\U0001f468\u200d\U0001f469", "https://a.example/%F0%9F%91%A8%E2%80%8D%F0%9F%91%A9"),
        ("\ufeffhttps://a\u200c.ex\u00adample/x\u200b\u200c", "https://a.example/x"),
        ("\u202ahttps://a.example/\u2066x\u2069\u202c", "https://a.example/x"),
        ("https://a.example/x?a=1&amp;amp;b=2", "https://a.example/x?a=1&b=2"),
        ("https://a.example/x?a=1&#038;b=2&#x26;c=3", "https://a.example/x?a=1&b=2&c=3"),
        ("https://a.example/x\u3002\u8c22\u8c22", "https://a.example/x"),
    ],
)
def test_what_copying_adds_is_dropped_and_letters_stay(typed: str, canonical: str) -> None:
    assert identify(typed).canonical_url == canonical


hosts = st.from_regex(r"(?:[a-z0-9](?:[a-z0-9-]{0,5}[a-z0-9])?\.){1,3}[a-z]{2,5}\.?", fullmatch=True)
tails = st.text(alphabet=string.ascii_letters + string.digits + "/?#&=%.,;:!()[]{}'\"~_-+@* \u00e9\u3002\uff0e", max_size=40)


@settings(deadline=None)
@given(scheme=st.sampled_from(["http://", "https://", "hxxps://", ""]), host=hosts, tail=tails)
def test_identifying_twice_changes_nothing(scheme: str, host: str, tail: str) -> None:
    try:
        ref = identify(f"{scheme}{host}/{tail}")
    except NotAURL:
        return
    assert identify(ref.canonical_url) == ref


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_either_identified_or_refused(text: str) -> None:
    try:
        ref = identify(text)
    except NotAURL:
        return
    assert ref.canonical_url.startswith(("http://", "https://"))
    assert identify(ref.canonical_url) == ref


@pytest.mark.parametrize(
    ("begins", "piece"),
    [
        *(("", piece) for piece in (" ", "(", ")", "a ", "[.]", "1 ", "lorem ipsum dolor. ", "https://a.example/b ", "a.example/b ")),
        *(("", piece) for piece in ("a" + ")" * 800 + " ", "a." * 400 + " ", "http :", "a\t\t\t")),
        ("https://a.example/", ")"),
    ],
)
def test_a_hostile_text_takes_no_longer_than_another(begins: str, piece: str) -> None:
    def work(size: int) -> None:
        text = begins + piece * (size // len(piece))
        split_urls(text)
        with suppress(NotAURL):
            identify(text)

    assert linear(work, 400_000)


@pytest.mark.parametrize(("piece", "ends"), [("a.", ""), ("a.", "a"), ("xn--.", ""), (".", ""), ("1.2.", ""), ("a-", ".")])
def test_a_hostile_address_takes_no_longer_than_another(piece: str, ends: str) -> None:
    def work(size: int) -> None:
        for _ in range(20):
            with pytest.raises(NotAURL):
                identify(("http" if piece == "." else "") + piece * (size // len(piece)) + ends)

    assert linear(work, 8_000)


def test_an_address_is_as_long_as_it_is_sent() -> None:
    assert identify("https://a.example/" + "\u00e9" * 1300).canonical_url.count("%C3%A9") == 1300
    with pytest.raises(NotAURL, match="longer than 8192 characters"):
        identify("https://a.example/" + "\u00e9" * 1400)


def test_a_redirector_of_vk_leads_where_it_says_under_both_its_names() -> None:
    inner = "https%3A%2F%2Fhost.example%2Fa"
    found = {identify(f"https://{host}/away.php?to={inner}").canonical_url for host in ("vk.com", "vk.ru", "m.vk.ru")}
    assert found == {"https://host.example/a"}


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/watch?v=%e9",
        "https://www.youtube.com/watch?%e9=1&v=%e9",
        "https://www.youtube.com/playlist?list=%ff",
        "https://www.youtube.com/attribution_link?u=%ff",
        "https://www.google.com/url?q=%ff",
        "https://t.me/iv?url=%fe",
        "https://x.com/intent/user?screen_name=%ff",
        "https://x.com/intent/user?user_id=%ff",
    ],
)
def test_bytes_that_are_no_text_in_a_query_make_a_page_of_the_web(url: str) -> None:
    ref = identify(url)
    assert (ref.platform, ref.kind) == ("web", "page")
    assert identify(ref.canonical_url) == ref


@pytest.mark.parametrize("url", ["https://a.example/\ud800", "https://a\udcff.example/", "\udfff"])
def test_half_a_character_is_refused_in_plain_words(url: str) -> None:
    with pytest.raises(NotAURL, match="not valid text"):
        identify(url)
    assert split_urls(url) == [url]


READ_QUERIES = [
    "https://www.youtube.com/watch?v=",
    "https://www.youtube.com/@abc",
    "https://www.youtube.com/user/",
    "https://www.youtube.com/playlist?list=",
    "https://www.youtube.com/redirect?q=https://",
    "https://www.youtube.com/attribution_link?u=/",
    "https://www.google.com/url?q=",
    "https://x.com/intent/user?screen_name=",
    "https://x.com/",
    "https://mastodon.social/@",
    "https://mastodon.social/@a@b",
    "https://bsky.app/profile/",
    "https://bsky.app/profile/did:web:a",
    "https://bsky.app/profile/a.example/post/",
    "at://did:web:",
    "",
]
for_every_platform = st.sampled_from([*READ_QUERIES, *(plays()[slug].invent(kind) for slug, kind in INVENTED)])
any_character = st.characters() | st.sampled_from("%/?#&=@.:+")
escapes = st.lists(st.integers(0, 255).map("%{:02x}".format), max_size=6).map("".join)


@settings(deadline=None)
@given(start=for_every_platform, text=st.text(alphabet=any_character, max_size=60), tail=escapes)
def test_no_text_at_all_raises_anything_but_not_a_url(start: str, text: str, tail: str) -> None:
    try:
        ref = identify(f"{start}{text}{tail}")
    except NotAURL:
        return
    assert identify(ref.canonical_url) == ref


@pytest.mark.parametrize(
    "url",
    [
        f"https://bsky.app/profile/{DID}/post/{'a' * 512}",
        f"https://bsky.app/profile/did:web:{'a' * 300}.example",
        f"https://mastodon.{'a.' * 150}example/@someone",
        f"https://{'a.' * 150}example/@someone/{STATUS}",
    ],
)
def test_an_id_too_long_to_be_kept_makes_a_page_of_the_web(url: str) -> None:
    ref = identify(url)
    assert (ref.platform, ref.kind, ref.external_id) == ("web", "page", "")
    assert identify(ref.canonical_url) == ref


@pytest.mark.parametrize("key", ["ref", "si", "id", "s"])
def test_short_keys_of_an_unknown_site_may_name_its_content(key: str) -> None:
    assert identify(f"https://a.example/post.php?{key}=8812") != identify(f"https://a.example/post.php?{key}=9000")


@pytest.mark.parametrize(
    ("pasted", "address"),
    [
        ("https://a.example/b?z=1&a=2", "https://a.example/b?z=1&a=2"),
        ("hxxps://a[.]example/b?utm_source=x", "https://a.example/b?utm_source=x"),
        ("  <https://a.example/b!>  ", "https://a.example/b!"),
        ("https://a.example/b.#part", "https://a.example/b."),
        ("A.EXAMPLE/Caf\u00e9", "https://a.example/Caf%C3%A9"),
        ("https://a.example/\u0645\u06cc\u200c\u0631", "https://a.example/%D9%85%DB%8C%E2%80%8C%D8%B1"),
        ("https://www.google.com/url?q=https%3A%2F%2Fa.example%2Fb%3Fz%3D1%26a%3D2", "https://a.example/b?z=1&a=2"),
        ("https://a.example", "https://a.example/"),
        ("tg://resolve?domain=somename&post=7", "https://t.me/somename/7"),
    ],
)
def test_the_address_as_reported_is_kept_letter_by_letter(pasted: str, address: str) -> None:
    assert as_reported(pasted) == address


@pytest.mark.parametrize(
    ("reported", "readings"),
    [
        ("https://a.example/b", []),
        ("https://a.example/b?x=1&amp;y=2", ["https://a.example/b?x=1&y=2"]),
        ("https://a.example/b).", ["https://a.example/b"]),
        ("https://a.example/b%EF%BC%8Cmore", ["https://a.example/b"]),
        ("https://a.example/b%FF", []),
    ],
)
def test_what_copying_leaves_behind_has_another_reading(reported: str, readings: list[str]) -> None:
    assert other_readings(reported) == readings
