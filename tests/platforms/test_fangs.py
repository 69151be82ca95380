"""Defanged addresses are read by rule, and what a browser prints is not touched."""

import can_ada
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from platforms.fangs import before_the_sentence, refang
from platforms.identity import NotAURL, identify

BRACKETS = ["[]", "()", "{}", "<>"]
SCHEMES = {"http": ["http", "hxxp", "hXXp", "h**p", "h__p", "hzzp", "htp", "hxxxp", "h++p", "meow", "hxtp", "ttp", "h t t p"]}
SCHEMES["https"] = [
    "https",
    "hxxps",
    "HXXPS",
    "h**ps",
    "h__ps",
    "hzzps",
    "hps",
    "hxxxps",
    "meows",
    "htxps",
    "hxxp[s]",
    "[https]",
    "(hxxps)",
    "{hxxps}",
]
COLONS = ["://", "[:]//", "(:)//", "[://]", "[:]/[/]", ":\\\\", "[:/]/", " : //", "[:]\\\\", "<:>//", "\u2236//"]
WITHOUT_COLON = ["//", "_//", "[]//", ";//", "-//"]
MARKS = [
    ".",
    ",",
    "dot",
    "DOT",
    "punkt",
    "point",
    "punto",
    "d0t",
    "\u0442\u043e\u0447\u043a\u0430",
    "\u3002",
    "\uff0e",
    "",
    "*",
    "\u00b7",
    " . ",
    " dot ",
]
DOTS = [f"{pair[0]}{mark}{pair[1]}" for pair in BRACKETS for mark in MARKS]
DOTS += ["[.", "(.", "{.", ".]", ".)", "\\.", "\u3002", "\uff0e", " [.] ", " (dot) ", " .", "-dot-", "_dot_", " dot "]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("dot", DOTS)
def test_whatever_stands_for_a_dot_is_one(scheme: str, dot: str) -> None:
    assert refang(f"{scheme}://bad{dot}example{dot}org/a.b?c=(d)") == f"{scheme}://bad.example.org/a.b?c=(d)"


@pytest.mark.parametrize(("plain", "written"), [(plain, each) for plain, words in SCHEMES.items() for each in words])
@pytest.mark.parametrize("colon", COLONS)
def test_whatever_stands_for_the_scheme_is_one(plain: str, written: str, colon: str) -> None:
    assert refang(f"{written}{colon}bad[.]example[.]org[/]x") == f"{plain}://bad.example.org/x"
    assert refang(f"{written}{colon}bad.example.org/x") == f"{plain}://bad.example.org/x"


@pytest.mark.parametrize("written", ["http", "hxxp", "h**p", "hzzp", "https", "hxxps", "h__ps", "[https]"])
@pytest.mark.parametrize("mark", WITHOUT_COLON)
def test_a_scheme_may_have_lost_its_colon(written: str, mark: str) -> None:
    scheme = "https" if "s" in written else "http"
    assert refang(f"{written}{mark}bad.example.org/x") == f"{scheme}://bad.example.org/x"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("hxxps[://]bad[.]example[:]8443/x", "https://bad.example:8443/x"),
        ("hxxps://bad[.]example[.]org[/x", "https://bad.example.org/x"),
        ("hxxps://b[a]d[.]example/x", "https://bad.example/x"),
        ("https://bad[-]site[.]example/x", "https://bad-site.example/x"),
        ("https://[www].bad.[example]/x", "https://www.bad.example/x"),
        ("https://bad.example[.com]/x", "https://bad.example.com/x"),
        ("hxxps://bad[.]example/index[.]php?q[=]1", "https://bad.example/index.php?q=1"),
        ("hxxps://bad\u200b[.]\u2060example/\u0645\u06cc\u200c\u0631", "https://bad.example/\u0645\u06cc\u200c\u0631"),
        ("bad dot example dot org/x", "bad.example.org/x"),
        ("bad[punkt]example/x", "bad.example/x"),
        ("hxxp://[2001:db8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        ("URL: hxxps://bad[.]example/x.", "https://bad.example/x"),
        ("<hxxps[:]//bad[.]example/x>;", "https://bad.example/x"),
        ("\u201ehttps://bad.example/Attack!\u201c", "https://bad.example/Attack!"),
    ],
)
def test_other_habits(text: str, plain: str) -> None:
    assert refang(text) == plain


@pytest.mark.parametrize("scheme", ["ftp", "file", "ws", "wss", "ssh", "smb", "irc", "ipfs", "magnet", "chrome-extension", "sftp", "rtmp"])
def test_a_real_scheme_means_what_it_says(scheme: str) -> None:
    with pytest.raises(NotAURL):
        identify(f"{scheme}://bad.example.org/x")


@pytest.mark.parametrize(
    "text", ["user[at]bad.example", "user(at)bad[.]example", "array[index]value", "see [sic] files", "a[.]b", "e.g. [sic]"]
)
def test_words_in_brackets_make_no_address_of_prose(text: str) -> None:
    with pytest.raises(NotAURL):
        identify(text)


TAIL = st.text(alphabet="abcXYZ019-._~!$&'()*+,;=:@%/?#[]{}|^\u00e9\u3002\uff01\uff08\u0645\u200c\u200d\u4e2d", max_size=30)
HOSTS = st.sampled_from(
    [
        *("a.example", "xn--mnchen-3ya.example", "m\u00fcnchen.example", "a-dot-b.example.com", "dot.example", "1.2.3.4", "[2001:db8::1]"),
        *("[::1]:8000", "a.example:8080", "under_score.example", "hxxp.example", "\u4f8b\u3048.example", "localhost", "a--b.example"),
    ]
)


@settings(deadline=None, max_examples=300)
@given(scheme=st.sampled_from(["http", "https"]), host=HOSTS, path=TAIL)
@example("https", "a.example", "x[.]y(dot)z")
@example("https", "m\u00fcnchen.example", "wiki/Attack!")
@example("https", "[::1]", "a]b[c")
def test_what_a_browser_prints_is_not_changed(scheme: str, host: str, path: str) -> None:
    """As it is copied, and as it is shown, where letters are not escaped."""
    shown = f"{scheme}://{host}/{path}".rstrip("\u200c\u200d")
    assert refang(shown) == shown
    copied = can_ada.parse(shown).href
    assert refang(copied) == copied
    try:
        ref = identify(copied)
    except NotAURL:
        # A second address behind a comma, a white space that is escaped before it.
        assume(False)
    assert identify(ref.canonical_url) == ref


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://bad.example/x\u3002\u8c22\u8c22", "https://bad.example/x"),
        ("https://bad.example/x\uff0c\u8bf7\u770b", "https://bad.example/x"),
        ("https://bad.example/x?a=1\u3002", "https://bad.example/x?a=1"),
        ("bad.example/x\u3001\u305d\u3057\u3066", "bad.example/x"),
        ("https://ja.example/\u30e2\u30fc\u30cb\u30f3\u30b0\u5a18\u3002", "https://ja.example/\u30e2\u30fc\u30cb\u30f3\u30b0\u5a18\u3002"),
        ("https://bad\u3002example\u3002org/x", "https://bad\u3002example\u3002org/x"),
        ("https://ja.example/Go\uff01\u30d7\u30ea", "https://ja.example/Go\uff01\u30d7\u30ea"),
    ],
)
def test_a_sentence_without_spaces_ends_behind_an_address(text: str, address: str) -> None:
    assert before_the_sentence(text) == address
