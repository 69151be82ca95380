"""A redirect counts for an item only while the item's own name is still in the address."""

import pytest

from platforms.connectors.web import moves

KEPT = [
    ("http://a.example/video/123", "https://www.a.example/video/123/"),
    ("https://a.example/Video/123", "https://a.example/video/123"),
    ("https://a.example/posts/", "https://a.example/posts/index.html"),
    ("https://a.example/index.php?id=5", "https://a.example/?id=5"),
    ("https://a.example/caf%C3%A9", "https://a.example/caf%c3%a9/"),
    ("https://a.example/video/123", "https://a.example/videos/123-a-title"),
    ("https://a.example/video/123", "https://a.example/video/123?autoplay=1"),
    ("https://a.example/video/123?lang=en", "https://a.example/video/123"),
    ("https://a.example/a-slug.html", "https://a.example/blog/a-slug"),
    ("https://a.example/post.php?id=8812", "https://a.example/posts/8812-a-title"),
    ("https://a.example/watch?v=abc9", "https://a.example/watch?v=abc9&lang=en"),
    ("https://a.example/", "https://a.example/en/"),
    ("https://a.example/", "https://a.example/?lang=en"),
    ("https://a.example/peugeot/404", "https://a.example/cars/peugeot/404"),
]
LOST = [
    ("https://a.example/video/123", "https://a.example/videos/", "redirected"),
    ("https://a.example/video/123", "https://a.example/videos/1234", "redirected"),
    ("https://a.example/video/123", "https://a.example/videos/?missing=123", "redirected"),
    ("https://a.example/video/123", "https://a.example/age?next=/video/123", "redirected"),
    ("https://a.example/video/123", "https://a.example/removed/123", "redirected"),
    ("https://a.example/video/123", "https://a.example/", "redirect_to_home"),
    ("https://a.example/video/123", "https://a.example/index.html", "redirect_to_home"),
    ("https://a.example/post.php?id=8812", "https://a.example/post.php", "redirected"),
    ("https://a.example/index2.php?id=8812", "https://a.example/index2.php", "redirected"),
    ("https://a.example/watch?v=abc9", "https://a.example/watch?v=abc8", "redirected"),
    ("https://a.example/?p=12", "https://a.example/", "redirect_to_home"),
    ("https://a.example/?p=12", "https://a.example/news", "redirected"),
    ("https://a.example/", "https://a.example/maintenance", "redirected"),
]


@pytest.mark.parametrize(("asked", "final"), KEPT)
def test_another_spelling_of_the_address_is_the_same_item(asked: str, final: str) -> None:
    assert moves.strayed(asked, final) == ""


@pytest.mark.parametrize(("asked", "final", "reason"), LOST)
def test_a_redirect_that_loses_the_name_of_the_item_proves_nothing(asked: str, final: str, reason: str) -> None:
    assert moves.strayed(asked, final) == reason


@pytest.mark.parametrize(
    ("path", "nowhere"),
    [
        ("/404", True),
        ("/404.html", True),
        ("/en/404/", True),
        ("/not-found", True),
        ("/page_not_found.php", True),
        ("/error", True),
        ("/error?code=5", True),
        ("/index.php?page=404", True),
        ("/?status=not_found", True),
        ("/peugeot-404-review/", False),
        ("/statue-removed/", False),
        ("/4040", False),
        ("/errors-in-physics", False),
        ("/?q=peugeot-404", False),
        ("/a?404=1", False),
    ],
)
def test_only_a_whole_word_of_an_address_says_not_found(path: str, nowhere: bool) -> None:
    assert (moves.NOWHERE.search(path) is not None) is nowhere


@pytest.mark.parametrize(
    ("asked", "final", "reason"),
    [
        ("https://a.example/x", "https://b.example/x", ""),
        ("https://a.example/x", "https://b.example/y", "other_host"),
        ("https://a.example/", "https://b.example/", "other_host"),
        ("https://a.example/", "https://www.a.example/", ""),
    ],
)
def test_a_front_page_on_another_site_is_another_page(asked: str, final: str, reason: str) -> None:
    assert moves.moved_away(asked, final, 200) == reason
