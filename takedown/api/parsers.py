"""JSON from strangers."""

import codecs
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class StrictJSONParser(JSONParser):
    """UTF-8, or UTF-16 or UTF-32 as the bytes themselves tell, with or without a byte order mark.

    Refuses what would be read one way here and another way elsewhere: keys that stand twice, other character sets, NaN.
    """

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        _be_unicode((parser_context or {}).get("encoding", "utf-8"))
        try:
            return json.loads(stream.read(), parse_constant=_no_number, object_pairs_hook=_once)
        except RecursionError:
            raise ParseError("This JSON is nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"This is not JSON: {error}") from None


def _be_unicode(declared: str) -> None:
    """Whether the declared character set is one that JSON is written in; ASCII is part of UTF-8."""
    try:
        name = codecs.lookup(declared).name
    except LookupError:
        name = ""
    if not name.startswith(("utf-8", "utf-16", "utf-32", "ascii")):
        raise ParseError(f"JSON is sent as UTF-8, not as {declared}.")


def _no_number(name: str) -> float:
    raise ParseError(f"{name} is no number in JSON.")


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = [key for key, times in Counter(key for key, _ in pairs).items() if times > 1]
        raise ParseError(f"The key {json.dumps(twice[0])} stands twice in one object.")
    return found
