"""What a platform says it did, against what was seen. Pure."""

from datetime import UTC, datetime
from enum import StrEnum


class Finding(StrEnum):
    CONTRADICTED = "before_last_seen_up"
    INSIDE = "inside_bracket"
    AFTER = "after_first_seen_gone"
    NOT_GONE = "not_seen_gone"


def compare(claimed: datetime, last_up: datetime | None, first_gone: datetime | None) -> Finding:
    """Where a claimed instant of removal lies against the bracket.

    It was up at some instant after `last_up`, the sending of that look. People write down whole seconds: a claim for the very second is
    no contradiction.
    """
    if last_up and claimed < last_up.replace(microsecond=0):
        return Finding.CONTRADICTED
    if first_gone is None:
        return Finding.NOT_GONE
    return Finding.AFTER if claimed > first_gone else Finding.INSIDE


def sentence(finding: Finding, claimed: datetime, last_up: datetime | None, first_gone: datetime | None) -> str:
    """The finding in words, with the instants in UTC."""
    says = f"The platform says it was done at {_at(claimed)}"
    if finding is Finding.CONTRADICTED:
        return f"{says}, but it was seen up at {_at(last_up)}."
    if finding is Finding.AFTER:
        return f"{says}; it was seen gone at {_at(first_gone)}, before that."
    if finding is Finding.NOT_GONE:
        return f"{says}. It was not seen gone yet."
    return f"{says}. That fits what was seen."


def _at(instant: datetime | None) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if instant else "an unknown time"
