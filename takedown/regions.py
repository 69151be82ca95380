"""Where content has to be gone, and what withholding it in some countries is worth. Pure: no clock, no database.

Countries are ISO 3166-1 alpha-2 codes. What is withheld in some countries is up: no look of ours proves that it cannot be reached from any
of them. What the platform says about them is told beside the verdict and never changes it.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from takedown.annexes.states import EU_STATES, STATES
from takedown.choices import Compliance

UNIONS = {"EU": ("the EU", frozenset(EU_STATES))}
"""Names of unions that stand for their members, in words and by country. EU: the 27 States of Art. 52 TEU, without the United Kingdom."""
MOST_NAMED = 5


class WhatComplies(Protocol):
    """The part of a policy that says what complies."""

    @property
    def complies_when(self) -> str:
        """A `Compliance`."""

    @property
    def regions(self) -> Sequence[str]:
        """Countries and unions where it has to be gone; empty: everywhere."""


def is_region(code: str) -> bool:
    """Whether it is a country or a union, as written in policies."""
    return code in STATES or code in UNIONS


def countries_of(regions: Collection[str]) -> frozenset[str]:
    """The countries of these regions, unions by their members. Raises ValueError for what is neither."""
    if unknown := sorted(code for code in regions if not is_region(code)):
        raise ValueError(f"No country or union is called {', '.join(unknown)}")
    return frozenset(country for code in regions for country in (UNIONS[code][1] if code in UNIONS else (code,)))


def in_words(policy: WhatComplies) -> str:
    """`Removed, or access disabled, in the EU`; `Removed, everywhere`."""
    return f"{Compliance(policy.complies_when).label}, {_where(policy)}"


def worth(policy: WhatComplies, countries: Collection[str]) -> str:
    """What it means for a policy that a platform says it withholds something in these countries, as sentences; it always counts as up.

    `countries`: as the platform names them; empty where it does not say.
    """
    named = sorted({country.upper() for country in countries})
    where = f"in {_some(named)}" if named else "in some countries, and did not say in which"
    said = f"When it was first found so, the platform withheld it {where}"
    asked = in_words(policy)
    return f"{said}. The policy asks for it to be {asked[0].lower()}{asked[1:]}. {_gap(policy, named)} It counts as up."


def _gap(policy: WhatComplies, named: Sequence[str]) -> str:
    if policy.complies_when == Compliance.REMOVED:
        return "Withholding it is no removal."
    if not policy.regions:
        return "It can be reached from elsewhere."
    asked = countries_of(policy.regions)
    if missing := sorted(asked.difference(named)):
        return f"That leaves {_some(missing)}."
    return "No look of ours from each of them has confirmed that."


def _where(policy: WhatComplies) -> str:
    if not policy.regions:
        return "everywhere"
    return f"in {' and '.join(UNIONS[code][0] if code in UNIONS else code for code in policy.regions)}"


def _some(codes: Sequence[str]) -> str:
    more = len(codes) - MOST_NAMED
    return ", ".join(codes) if more <= 1 else f"{', '.join(codes[:MOST_NAMED])} and {more} more"
