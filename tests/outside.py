"""Text from outside, made hostile: a canary in every stored text, and what must not come of it wherever it is shown."""

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value
from django.db.models.functions import Cast, Concat

from takedown.annexes import ANNEXES
from takedown.annexes.fields import Kind
from takedown.web.csvs import guarded
from tests.guards import unguarded

SPARED = {
    *("password", "digest", "payload_digest", "fingerprint", "hint", "identity"),  # computed
    *("timezone", "connector", "policy_key", "default_policy_key", "subject_type"),  # looked up: another value would be no value
    *("config", "credentials", "data"),  # settings of operators, and what connectors keep for themselves: never shown
    *("language", "kind", "channel"),  # of an order: en or fr; of an item and a platform: chooses code
    *("bucket", "method", "vantage", "last_failure"),  # words of ours
}
"""Columns whose text nobody outside can write."""
MARK = "x-can"
_ATTACK = '\'"></pre></textarea></title></script></svg><x-can hx-post="withdraw/" hx-trigger=load onclick=1>{{ 7|add:7 }}#[*b*]'
_VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])


def canary(name: str, room: int | None) -> str:
    """Begins like a formula, ends every element it may stand in, and opens one of its own; at most `room` characters."""
    for text in (
        f"={name}{_ATTACK}",
        f"={name}'\"></pre><x-can hx-get=/ >",
        "='\"></pre><x-can hx-get=/ >",
        "=<x-can hx-get=/>",
        "=<x-can>",
    ):
        if room is None or len(text) + 12 <= room:
            return text
    raise AssertionError(f"{name} has room for {room} characters only: no canary is that short")


def spoil() -> set[str]:
    """Write a canary over every text that somebody outside could have written; the names of the columns."""
    spoilt = set()
    with unguarded():
        for model in (*apps.get_app_config("takedown").get_models(), *apps.get_app_config("platforms").get_models()):
            for field in model._meta.concrete_fields:
                if _is_open(field) and model._base_manager.exists():
                    name = f"{model.__name__}_{field.name}"
                    _overwrite(model, field, name)
                    spoilt.add(name)
    return spoilt


def _is_open(field: "models.Field[Any, Any]") -> bool:
    texts = isinstance(field, models.CharField | models.TextField | models.JSONField) and not isinstance(field, models.SlugField)
    return texts and not isinstance(field, ArrayField) and not field.choices and field.name not in SPARED


def _overwrite(model: type[models.Model], field: "models.Field[Any, Any]", name: str) -> None:
    if isinstance(field, models.JSONField):
        for row in model._base_manager.all():
            value = _within(getattr(row, field.attname), canary(name, None))
            model._base_manager.filter(pk=row.pk).update(**{field.name: value})
        return
    # With its number behind, for some must be unique. What is empty means something and stays: no adjudication, no address for mail.
    own = Concat(Value(canary(name, field.max_length)), Cast("pk", models.CharField()))
    model._base_manager.exclude(**{field.name: ""}).exclude(**{f"{field.name}__isnull": True}).update(**{field.name: own})


def _within(value: Any, text: str) -> Any:
    """`value` with its free texts replaced: those of a form by their kind, all others."""
    kinds = {key: field.kind for annex in ANNEXES.values() for key, field in annex.fields.items()}
    if isinstance(value, dict):
        free = {Kind.TEXT, Kind.LONG, Kind.URLS, Kind.URI, Kind.CONTACT, Kind.EMAIL, Kind.PHONE}
        return {key: _within(one, text) if kinds.get(key, Kind.TEXT) in free else one for key, one in value.items()}
    if isinstance(value, list):
        return [_within(one, text) for one in value]
    return text if isinstance(value, str) else value


class Page(HTMLParser):
    """What a browser would make of a page, as far as it matters here."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.texts: list[str] = []
        self.fields: list[tuple[str, str]] = []
        """Names and values of the fields of its forms."""
        self._open: list[tuple[str, bool]] = []
        self._obeys = "htmx-2" in html  # a page that loads it; fragments come to stand in one that is checked itself
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        safe = "hx-disable" in given or bool(self._open and self._open[-1][1])
        asks = {name for name in given if name.startswith("hx-") and name not in {"hx-disable", "hx-swap-oob"}}
        if tag == MARK or MARK in given or any(name.startswith("on") for name in given):
            self.problems.append(f"<{tag}> with {sorted(given)}")
        if asks and not (given.get("id", "ask").startswith("ask") and not safe):
            self.problems.append(f"<{tag} {sorted(asks)}> inside of content")
        for name, value in given.items():
            if MARK in value and name not in {
                "value",
                "title",
                "content",
                "lang",
                "aria-label",
                "data-copy",
                "data-options",
                "href",
                "datetime",
            }:
                self.problems.append(f"{name} of <{tag}> holds text from outside")
            self._see(value, safe)
        if "name" in given:
            self.fields.append((given["name"], given.get("value", "")))
        if tag not in _VOID:
            self._open.append((tag, safe))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        self._see(data, bool(self._open and self._open[-1][1]))

    def _see(self, text: str, safe: bool) -> None:
        if MARK in text:
            self.texts.append(text)
            title = bool(self._open and self._open[-1][0] == "title")
            if self._obeys and not (safe or title):
                self.problems.append(f"outside of hx-disable: {text[:60]}")


def problems_of(content: bytes, content_type: str) -> tuple[list[str], str]:
    """What is wrong with an answer, and the text of it that holds canaries."""
    text = content.decode("utf-8", "replace")
    if content_type.startswith("text/html"):
        page = Page(text)
        return [*page.problems, *_raw(text)], "\n".join(page.texts)
    if content_type.startswith("image/svg"):
        root = ET.fromstring(text)
        return [f"<{one.tag}>" for one in root.iter() if MARK in one.tag], "".join(root.itertext())
    if content_type.startswith("text/csv"):
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        return [f"formula: {cell[:40]}" for cell in cells if MARK in cell and guarded([cell]) != [cell]], "\n".join(cells)
    if "json" in content_type:
        found: list[str] = []
        for one in _strings(json.loads(text)):
            found += _raw(one) if one.lstrip().startswith(("<tr", "<div", "<section")) else []
        return found, "\n".join(_strings(json.loads(text)))
    return [], text


def _raw(text: str) -> list[str]:
    """An element or a broken attribute, however a parser would mend it."""
    return [f"as markup: {text[max(0, text.index(bad) - 60) : text.index(bad) + 20]}" for bad in (f"<{MARK}", "='\"") if bad in text]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)
