"""What a sighting rests on, as PostgreSQL can keep it."""

from collections.abc import Mapping
from typing import Any

from platforms.base import Sighting

LONGEST_TEXT = 1000


def evidence_of(sighting: Sighting) -> Any:
    return storable({**sighting.evidence, **({"countries": sighting.countries} if sighting.countries else {})})


def storable(value: Any) -> Any:
    """Strangers' pages hold NUL characters, broken Unicode and titles without end."""
    if isinstance(value, Mapping):
        return {str(key): storable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [storable(part) for part in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")[:LONGEST_TEXT]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
