"""What an address may have been before somebody copied it: to ask at, beside the canonical one, before anything counts as gone."""

import re
from html import unescape

import can_ada

_SENTENCE = re.compile(
    r"[\u2026\u3001-\u3003\u3008-\u3011\u3014-\u301b\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f\uff61-\uff64\u060c\u061b\u061f\u06d4\u0964]"
)
"""Punctuation that ends a sentence or a part of it and hardly ever stands in an address."""
_LAST = re.compile(r"[.,;:!?)\]}'\"*]+$")


def other_readings(url: str) -> list[str]:
    """Addresses that may have been meant, where `url` carries what copying leaves behind: entities of HTML, the sentence around it."""
    try:
        parsed = can_ada.parse(url)
    except ValueError:
        return []
    origin = f"{parsed.protocol}//{parsed.host}"
    tail = parsed.pathname + parsed.search
    shown = _shown(tail)
    readings = [unescape(tail) if "&" in tail and ";" in tail else tail, _LAST.sub("", tail)]
    if cut := _SENTENCE.search(shown):
        readings.append(shown[: cut.start()])
    try:
        found = [str(can_ada.parse(origin + reading).href) for reading in readings]
    except ValueError:
        return []
    return [one for one in dict.fromkeys(found) if one != parsed.href]


def _shown(tail: str) -> str:
    """With what is no ASCII as it is read."""
    return re.sub(
        r"(?:%[89a-f][0-9a-f])+",
        lambda match: bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "replace"),
        tail,
        flags=re.IGNORECASE,
    )
