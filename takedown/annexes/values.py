"""One value of an annex: from whatever came in to what is kept, or a sentence that says what is wrong with it."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from takedown.annexes.fields import Field, Kind
from takedown.annexes.states import EU_STATES, STATES

Value = str | bool | int | list[str]

LONGEST = {Kind.LONG: 10_000, Kind.URI: 8000, Kind.URLS: 8000}
LONGEST_LINE = 500
MOST_URLS, LONGEST_URLS = 100, 100_000
"""How many, and how many characters all of them may have: paper is patient, printing them is not."""
MOST_UNITS = 1000
FIRST_YEAR = 2000
EASTERNMOST = timedelta(hours=14)
"""There the day begins first (UTC+14): a date later than the one there now is in the future everywhere."""

# Controls, which PostgreSQL or the paper would choke on, and marks that make text read in another order than it is written in.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}@[^\s@.<>()\[\],;:\"\\]+(?:\.[^\s@.<>()\[\],;:\"\\]+)+")
_PHONE = re.compile(r"(?:\+|00)[0-9](?:[ ()./-]*[0-9]){5,16}")
_URI_SAFE = re.compile(r"[^\s<>\"\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")


class Wrong(ValueError):
    """Says in a sentence what is wrong with a value."""


def clean(field: Field, value: object, now: datetime) -> Value:
    """The value as it is kept, empty where there is none. Raises `Wrong`."""
    return _READERS[field.kind](field, value, now)


def _text(field: Field, value: object, now: datetime) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Wrong("Write this as text.")
    text = _INVISIBLE.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if field.kind is not Kind.LONG:
        text = " ".join(text.split())
    longest = LONGEST.get(field.kind, LONGEST_LINE)
    if len(text) > longest:
        raise Wrong(f"At most {longest} characters.")
    return text


def _matching(pattern: re.Pattern[str], otherwise: str) -> Callable[[Field, object, datetime], str]:
    def read(field: Field, value: object, now: datetime) -> str:
        text = _text(field, value, now)
        if text and not pattern.fullmatch(text):
            raise Wrong(otherwise)
        return text

    return read


def _state(field: Field, value: object, now: datetime) -> str:
    text = _text(field, value, now).upper()
    if text and text not in (EU_STATES if field.kind is Kind.EU_STATE else STATES):
        union = " of the European Union" if field.kind is Kind.EU_STATE else ""
        raise Wrong(f"Give the two letters of a State{union} (ISO 3166-1), such as IE.")
    return text


def _instant(field: Field, value: object, now: datetime) -> str:
    text = _text(field, value, now)
    if not text:
        return ""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Wrong("Give date and time, such as 2026-11-22T09:30:00+01:00.") from error
    if at.utcoffset() is None:
        raise Wrong("Say in which zone, such as +01:00.")
    if at.year < FIRST_YEAR:
        raise Wrong("Check the year.")
    if at > now:
        raise Wrong("This is in the future.")
    return at.isoformat(timespec="seconds")


def _day(field: Field, value: object, now: datetime) -> str:
    text = _text(field, value, now)
    if not text:
        return ""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Wrong("Give a date, such as 2026-11-22.") from error
    if day.year < FIRST_YEAR:
        raise Wrong("Check the year.")
    if day > (now.astimezone(UTC) + EASTERNMOST).date():
        raise Wrong("This is in the future.")
    return day.isoformat()


def _uri(field: Field, value: object, now: datetime) -> str:
    text = _text(field, value, now)
    if text and not _is_uri(text):
        raise Wrong("Give a whole web address, beginning with https:// or http://.")
    return text


def _is_uri(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and bool(_URI_SAFE.fullmatch(text))
    except ValueError:  # brackets that hold no address
        return False


def _contact(field: Field, value: object, now: datetime) -> str:
    text = _text(field, value, now)
    if text and not _EMAIL.fullmatch(text) and not _is_uri(text):
        raise Wrong("Give an e-mail address or a whole web address.")
    return text


def _urls(field: Field, value: object, now: datetime) -> list[str]:
    found = _texts(field, value, now)
    if len(found) > MOST_URLS:
        raise Wrong(f"At most {MOST_URLS} URLs.")
    if sum(map(len, found)) > LONGEST_URLS:
        raise Wrong(f"At most {LONGEST_URLS} characters in all URLs.")
    for number, url in enumerate(found, 1):
        if not _is_uri(url):
            raise Wrong(f"URL {number} is not a whole web address, beginning with https:// or http://.")
    return found


def _texts(field: Field, value: object, now: datetime) -> list[str]:
    """Each once, in the order given."""
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise Wrong("Give a list.")
    return list(dict.fromkeys(text for each in value if (text := _text(field, each, now))))


def _choice(field: Field, value: object, now: datetime) -> str:
    text = _text(field, value, now)
    if text and text not in field.options:
        raise Wrong(f"Choose one of: {', '.join(field.options)}.")
    return text


def _choices(field: Field, value: object, now: datetime) -> list[str]:
    chosen = _texts(field, value, now)
    if not set(chosen) <= set(field.options):
        raise Wrong(f"Choose from: {', '.join(field.options)}.")
    return [option for option in field.options if option in chosen]


def _flag(field: Field, value: object, now: datetime) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    raise Wrong("Say true or false.")


def _number(field: Field, value: object, now: datetime) -> int | str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MOST_UNITS:
        raise Wrong(f"Give a whole number from 1 to {MOST_UNITS}.")
    return value


_READERS: Mapping[Kind, Callable[[Field, object, datetime], Value]] = {
    Kind.TEXT: _text,
    Kind.LONG: _text,
    Kind.STATE: _state,
    Kind.EU_STATE: _state,
    Kind.INSTANT: _instant,
    Kind.DAY: _day,
    Kind.EMAIL: _matching(_EMAIL, "Give an e-mail address."),
    Kind.CONTACT: _contact,
    Kind.PHONE: _matching(_PHONE, "Give country code, area code and number, such as +353 1 666 0000."),
    Kind.URI: _uri,
    Kind.URLS: _urls,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.FLAG: _flag,
    Kind.NUMBER: _number,
}
