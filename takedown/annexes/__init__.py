"""The forms of Regulation (EU) 2021/784: the order (Annex I) and the answers to it (Annexes II and III). Pure: no clock, no database."""

from takedown.annexes.check import REDRESS, Errors, Missing, Values, check, from_json, instant, missing, to_json, wrong
from takedown.annexes.fields import ANNEX_I, ANNEX_II, ANNEX_III, ANNEXES, LANGUAGES, Annex, Field, Kind, Words
from takedown.annexes.states import EU_STATES, state_name

__all__ = [
    "ANNEXES",
    "ANNEX_I",
    "ANNEX_II",
    "ANNEX_III",
    "EU_STATES",
    "LANGUAGES",
    "REDRESS",
    "Annex",
    "Errors",
    "Field",
    "Kind",
    "Missing",
    "Values",
    "Words",
    "check",
    "from_json",
    "instant",
    "missing",
    "state_name",
    "to_json",
    "wrong",
]
