"""The removal order on paper: a PDF with the sections of Annex I, in English or French, whatever the script of the names in it."""

import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from takedown import typeset
from takedown.annexes import ANNEX_I, Annex, Field, Kind, Values, Words, state_name
from takedown.annexes.values import Value

SOURCE = Path(__file__).with_name("order.typ")
MARK = Words("DRAFT, NOT APPROVED", "PROJET, NON APPROUVÉ")
LAW = Words("Regulation (EU) 2021/784, Annex I", "Règlement (UE) 2021/784, annexe I")
INTRO = (
    Words(
        "Under Article 3 of Regulation (EU) 2021/784, the addressee removes the terrorist content named in section B, or disables access to"
        " it in all Member States, as soon as possible and in any event within one hour of receipt of this order.",
        "En vertu de l'article 3 du règlement (UE) 2021/784, le destinataire retire le contenu à caractère terroriste désigné à la section"
        " B, ou en bloque l'accès dans tous les États membres, dès que possible et en tout état de cause dans l'heure qui suit la réception"
        " de la présente injonction.",
    ),
    Words(
        "Under Article 6, the addressee keeps the content and the data related to it for six months, or longer where the authority or a"
        " court asks for it. This order is made out in one of the languages named under Article 15(2).",
        "En vertu de l'article 6, le destinataire conserve le contenu et les données connexes pendant six mois, ou plus longtemps à la"
        " demande de l'autorité ou d'une juridiction. La présente injonction est établie dans une des langues désignées au titre de"
        " l'article 15, paragraphe 2.",
    ),
)
MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
SIGNED_BY_HAND = frozenset({"signature", "stamp"})
"""Left room for, where nothing is entered."""


def render(fields: Values, *, language: str, number: str, approved: bool, saved_at: datetime) -> bytes:
    """The order as PDF. `number` stands for a reference that is not entered yet; without `approved` each page says that it is a draft."""
    data = paper(fields, language=language, number=number, approved=approved)
    return typeset.pdf(SOURCE, data, saved_at)


def paper(fields: Values, *, language: str, number: str, approved: bool) -> dict[str, Any]:
    """What stands on the paper, as text and boxes."""
    return {
        "language": language,
        "title": ANNEX_I.title.in_language(language),
        "law": LAW.in_language(language),
        "reference": str(fields.get("reference_number", number)),
        "mark": "" if approved else MARK.in_language(language),
        "page": "Page",
        "intro": [each.in_language(language) for each in INTRO],
        "sections": sections_of(ANNEX_I, fields, language),
    }


def sections_of(annex: Annex, fields: Values, language: str) -> list[dict[str, Any]]:
    """An annex as it is read, on paper or on a screen: sections with `letter`, `title` and `rows`.

    A row has a `label`, `ticks` (each `on` and `text`), `values` (each `text` and `rtl`), and says whether these are a `url` and whether
    room is left to `sign`.
    """
    shown: dict[str, list[dict[str, Any]]] = {section: [] for section in annex.sections}
    for field in annex.fields.values():
        shown[field.section].append(_row(field, fields.get(field.key), language))
    return [{"letter": letter, "title": title.in_language(language), "rows": shown[letter]} for letter, title in annex.sections.items()]


def _row(field: Field, value: Value | None, language: str) -> dict[str, Any]:
    label = field.label.in_language(language)
    ticked = value if isinstance(value, list) else [value]
    ticks = [{"on": option in ticked, "text": words.in_language(language)} for option, words in field.options.items()]
    if field.kind is Kind.FLAG:
        label, ticks = "", [{"on": value is True, "text": label}]
    texts = [] if ticks or value is None else [*_texts(field, value, language)]
    return {
        "label": label,
        "ticks": ticks,
        "values": [{"text": text, "rtl": _is_rtl(text)} for text in texts],
        "url": field.kind in {Kind.URLS, Kind.URI},
        "sign": field.key in SIGNED_BY_HAND,
    }


def _texts(field: Field, value: Value, language: str) -> Iterator[str]:
    if isinstance(value, list):
        yield from value
    elif field.kind in {Kind.STATE, Kind.EU_STATE}:
        yield state_name(str(value), language)
    elif field.kind is Kind.INSTANT:
        at = datetime.fromisoformat(str(value))
        yield f"{_day(at, language)}, {at:%H:%M:%S} (UTC{at.isoformat()[19:]})"
    elif field.kind is Kind.DAY:
        yield _day(date.fromisoformat(str(value)), language)
    else:
        yield str(value)


def _day(day: date, language: str) -> str:
    month = MONTHS.split()[day.month - 1] if language == "fr" else f"{day:%B}"
    return f"{day.day} {month} {day.year}"


def _is_rtl(text: str) -> bool:
    """By its first letter that has a direction (rule P2 of the Unicode bidirectional algorithm)."""
    return next((kind != "L" for letter in text if (kind := unicodedata.bidirectional(letter)) in {"L", "R", "AL"}), False)
