"""What the annexes ask of their fields together, and how they travel as JSON."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from takedown.annexes.fields import ANNEX_I, ANNEX_II, ANNEX_III, Annex
from takedown.annexes.values import Value, Wrong, clean

FORMAT, VERSION = "takedown.annex", 1
NEEDED = "This is needed."
REDRESS = ("redress_body", "redress_deadline", "redress_deadline_unit", "redress_deadline_start", "redress_law_link")
"""Needed unless the content provider is not told."""

Values = dict[str, Value]
Errors = dict[str, str]


class Missing(str):
    """An error that only says that something is not there yet: a draft may be kept with it."""

    __slots__ = ()


def check(annex: Annex, values: object, *, now: datetime) -> tuple[Values, Errors]:
    """The values as they are kept, without empty ones, and what is wrong by key. `now` is aware. Never raises, whatever `values` is.

    Keys of no field of this annex are errors. Whether an order is cross-border follows from its two States and from nothing else.
    A value that is wrong is not among the values; one that is missing is a `Missing` error.
    """
    if not isinstance(values, Mapping):
        return {}, {"": "Give the fields by name."}
    kept: Values = {}
    errors: Errors = {str(key): "There is no such field." for key in values if key not in annex.fields}
    for key, field in annex.fields.items():
        try:
            value = clean(field, values.get(key), now)
        except Wrong as problem:
            errors[key] = str(problem)
        else:
            if value not in ("", []):
                kept[key] = value
    kept.pop("is_cross_border", None)
    if {"issuing_member_state", "addressee_member_state"} <= kept.keys():
        kept |= _cross_border(annex, kept)
    needed = {*(key for key, field in annex.fields.items() if field.required), *_needed(annex, kept)}
    errors |= {key: Missing(NEEDED) for key in annex.fields if key in needed and key not in kept and key not in errors}
    errors |= {key: error for key, error in _together(annex, kept).items() if key not in errors}
    return {key: value for key, value in kept.items() if key not in wrong(errors)}, errors


def missing(errors: Mapping[str, str]) -> list[str]:
    """Keys of what is not there yet."""
    return [key for key, error in errors.items() if isinstance(error, Missing)]


def wrong(errors: Mapping[str, str]) -> Errors:
    """Errors that even a draft is not kept with."""
    return {key: error for key, error in errors.items() if not isinstance(error, Missing)}


def to_json(annex: Annex, values: Mapping[str, Value]) -> str:
    """One annex as a JSON object: `format`, `version`, `annex` and `fields`."""
    return json.dumps({"format": FORMAT, "version": VERSION, "annex": annex.key, "fields": dict(values)}, ensure_ascii=False, indent=2)


def from_json(annex: Annex, text: str | bytes, *, now: datetime) -> tuple[Values, Errors]:
    """The reverse, checked as by `check`. What is no such object is an error under the key ``""``; it never raises."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}, {"": "This is not JSON."}
    if not isinstance(found, dict) or found.get("format") != FORMAT or found.get("annex") != annex.key:
        return {}, {"": f"This is not Annex {annex.number} in our JSON."}
    if found.get("version") != VERSION:
        return {}, {"": f"Only version {VERSION} is understood."}
    return check(annex, found.get("fields"), now=now)


def _cross_border(annex: Annex, kept: Values) -> Values:
    return {"is_cross_border": kept["issuing_member_state"] != kept["addressee_member_state"]} if annex is ANNEX_I else {}


def _needed(annex: Annex, kept: Values) -> Iterator[str]:
    """What is needed because of something else."""
    if annex is ANNEX_I and not kept.get("nondisclosure"):
        yield from REDRESS
    if annex is ANNEX_I and kept.get("authority_type") == "other":
        yield "followup_contact"
    if annex is ANNEX_III and kept.get("non_execution_reasons") != ["force_majeure"]:
        yield "errors_and_clarification_needed"


def _together(annex: Annex, kept: Values) -> Errors:
    """What only several fields together can be wrong about."""
    errors: Errors = {}
    if annex is ANNEX_I and kept.get("is_cross_border") and not kept.get("copy_sent_to_hsp_state"):
        errors["copy_sent_to_hsp_state"] = Missing("Send a copy: the addressee's State is not yours (Art. 4(1)).")
    if annex is ANNEX_II and _before(kept, "measure_at", "order_received_at"):
        errors["measure_at"] = "This is before the order was received."
    if annex is ANNEX_III and _before(kept, "submitted_at", "order_received_at"):
        errors["submitted_at"] = "This is before the order was received."
    return errors


def _before(kept: Values, one: str, other: str) -> bool:
    return one in kept and other in kept and instant(kept, one) < instant(kept, other)


def instant(values: Mapping[str, Value], key: str) -> datetime:
    """An instant among values that `check` kept. Raises KeyError without it."""
    return datetime.fromisoformat(str(values[key]))
