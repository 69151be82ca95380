"""From where somebody asks."""

from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from takedown.peer import address_of, address_text


def asked(peer: str, forwarded: str | None = None) -> str | None:
    more: dict[str, Any] = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return address_text(RequestFactory().get("/", REMOTE_ADDR=peer, **more))


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "address"),
    [
        (0, "192.0.2.1", None, "192.0.2.1"),
        (0, "192.0.2.1", "198.51.100.9", "192.0.2.1"),  # nobody is in front: what is written is invented
        (0, "::ffff:192.0.2.1", None, "192.0.2.1"),
        (0, "", None, None),  # a socket of the file system
        (1, "10.0.0.1", "198.51.100.9", "198.51.100.9"),
        (1, "10.0.0.1", "203.0.113.7, 198.51.100.9", "198.51.100.9"),
        (1, "10.0.0.1", "[2001:db8::1]", "2001:db8::1"),
        (1, "10.0.0.1", None, None),
        (1, "10.0.0.1", "unknown", None),
        (2, "10.0.0.1", "203.0.113.7, 198.51.100.9, 10.0.0.2", "198.51.100.9"),
        (2, "10.0.0.1", "198.51.100.9", None),  # it did not come through both
    ],
)
def test_the_address_is_what_the_outermost_proxy_saw(
    settings: Settings, proxies: int, peer: str, forwarded: str | None, address: str | None
) -> None:
    settings.PROXY_COUNT = proxies
    assert asked(peer, forwarded) == address


@given(invented=st.lists(st.text(st.characters(exclude_characters=",", codec="ascii"), max_size=20), max_size=4))
def test_nothing_that_is_sent_along_changes_it(invented: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.PROXY_COUNT", 1)
        assert asked("10.0.0.1", ",".join([*invented, "198.51.100.9"])) == "198.51.100.9"


def test_what_is_no_address_is_none() -> None:
    assert address_of(RequestFactory().get("/", REMOTE_ADDR="somewhere")) is None
