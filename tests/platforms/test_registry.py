"""Connectors are found by looking; what is wrong with one is found at import."""

from types import ModuleType
from typing import Any

import pytest

from platforms import registry
from platforms.base import Connector


def define(module: str, **attributes: Any) -> ModuleType:
    body = {"slug": "one", "label": "One", "kinds": frozenset({"post"}), "defaults": {"api_base_url": "", "batch_size": 1}, **attributes}
    found = ModuleType(module)
    found.One = type("One", (Connector,), {"__module__": module, **{key: value for key, value in body.items() if value is not None}})  # type: ignore[attr-defined]
    return found


def test_every_folder_is_a_connector() -> None:
    assert {"bluesky", "mastodon", "web", "x", "youtube"} <= set(registry.connectors())
    assert list(registry.connectors()) == sorted(registry.connectors())
    for slug, connector in registry.connectors().items():
        assert registry.get(slug) is connector
        assert connector.__module__ == f"platforms.connectors.{slug}"


def test_an_unknown_slug_is_answered_with_those_there_are() -> None:
    with pytest.raises(LookupError, match=r"There are: .*youtube"):
        registry.get("myspace")


def test_two_connectors_of_one_name_are_an_error() -> None:
    with pytest.raises(registry.DuplicateConnectorError, match="one"):
        registry.collect([define("a"), define("b")])


def test_a_connector_imported_elsewhere_is_found_once() -> None:
    first, second = define("a"), ModuleType("b")
    second.One = first.One  # type: ignore[attr-defined]
    assert list(registry.collect([first, second])) == ["one"]


@pytest.mark.parametrize(
    "attributes",
    [
        {"slug": None},
        {"label": None},
        {"kinds": None},
        {"defaults": None},
        {"kinds": frozenset({"thing"})},
        {"defaults": {"batch_size": 1}},
    ],
)
def test_an_incomplete_connector_is_an_error_where_it_is_written(attributes: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        define("a", **attributes)
