"""The forms each platform's addresses take in the real world: tables beside the rules, `platforms/connectors/<slug>/addresses.json`.

`content`: what is named, and the forms that name it. `links`: short and share links, known as such. `pages`: addresses on the platform's
hosts that name no content of it.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from platforms import connectors, registry
from platforms.base import ContentRef
from platforms.identity import identify, is_link

TABLES: dict[str, Any] = {
    path.parent.name: json.loads(path.read_text()) for path in sorted(Path(connectors.__path__[0]).glob("*/addresses.json"))
}
BIG = {"youtube", "x", "facebook", "instagram", "tiktok", "telegram", "reddit"}


def forms() -> Iterator[Any]:
    for slug, table in TABLES.items():
        for content in table["content"]:
            ref = ContentRef(slug, content["kind"], content["external_id"], content["canonical_url"])
            for form in content["forms"]:
                yield pytest.param(form, ref, id=f"{slug}-{form}")


@pytest.mark.parametrize(("form", "ref"), list(forms()))
def test_every_form_of_an_address_names_the_same_content(form: str, ref: ContentRef) -> None:
    assert identify(form) == ref
    assert identify(ref.canonical_url) == ref
    assert not is_link(ref)


@pytest.mark.parametrize(("slug", "url"), [(slug, url) for slug, table in TABLES.items() for url in table.get("links", [])])
def test_a_short_link_is_known_and_not_taken_for_content(slug: str, url: str) -> None:
    ref = identify(url)
    assert ref.platform == slug
    assert is_link(ref)
    assert identify(ref.canonical_url) == ref


@pytest.mark.parametrize(("slug", "url"), [(slug, url) for slug, table in TABLES.items() for url in table.get("pages", [])])
def test_other_addresses_of_a_platform_are_plain_pages(slug: str, url: str) -> None:
    ref = identify(url)
    assert (ref.platform, ref.kind) == ("web", "page")
    assert identify(ref.canonical_url) == ref


@pytest.mark.parametrize("slug", sorted(TABLES))
def test_a_table_covers_what_its_platform_has(slug: str) -> None:
    contents = TABLES[slug]["content"]
    assert {content["kind"] for content in contents} == registry.get(slug).kinds
    assert len({form for content in contents for form in content["forms"]}) >= (25 if slug in BIG else 8)
