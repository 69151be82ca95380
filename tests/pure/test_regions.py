"""What withholding content in some countries is worth: it always counts as up, and the page says why."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedown.annexes import EU_STATES
from takedown.annexes.states import STATES
from takedown.choices import Compliance
from takedown.regions import UNIONS, countries_of, in_words, worth

DISABLED = Compliance.REMOVED_OR_DISABLED
MEMBERS = sorted(EU_STATES)


@dataclass
class Policy:
    complies_when: str = DISABLED
    regions: list[str] = field(default_factory=list)


def test_the_union_is_its_27_member_states() -> None:
    members = countries_of(["EU"])
    assert len(members) == 27
    assert {"FR", "HR", "GR"} <= members <= STATES
    assert not members & {"GB", "CH", "NO", "EU"}
    assert not set(UNIONS) & STATES


@pytest.mark.parametrize(
    ("regions", "countries"), [((), set()), (("AU",), {"AU"}), (("EU", "FR"), set(MEMBERS)), (("EU", "CH"), {*MEMBERS, "CH"})]
)
def test_regions_are_countries_and_unions(regions: tuple[str, ...], countries: set[str]) -> None:
    assert countries_of(regions) == countries


@pytest.mark.parametrize("code", ["UK", "eu", "fr", "XX", "", "EUR"])
def test_what_is_neither_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="No country or union"):
        countries_of(["FR", code])


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (Policy(), "Removed, or access disabled, everywhere"),
        (Policy(regions=["EU"]), "Removed, or access disabled, in the EU"),
        (Policy(Compliance.REMOVED, ["AU", "NZ"]), "Removed, in AU and NZ"),
    ],
)
def test_what_complies_is_said_in_words(policy: Policy, words: str) -> None:
    assert in_words(policy) == words


@pytest.mark.parametrize(
    ("policy", "countries", "says"),
    [
        (Policy(regions=["EU"]), ["FR", "DE"], ["withheld it in DE, FR.", "in the EU.", "That leaves AT, BE, BG, CY, CZ and 20 more."]),
        (Policy(regions=["EU"]), MEMBERS[1:], ["That leaves AT."]),
        (Policy(regions=["EU"]), MEMBERS[6:], ["That leaves AT, BE, BG, CY, CZ, DE."]),
        (Policy(regions=["EU"]), MEMBERS, ["withheld it in AT, BE, BG, CY, CZ and 22 more.", "No look of ours from each of them"]),
        (Policy(regions=["EU"]), [], ["did not say in which.", "That leaves AT"]),
        (Policy(regions=["AU"]), ["au", "NZ"], ["withheld it in AU, NZ.", "disabled, in AU.", "No look of ours"]),
        (Policy(), sorted(STATES), ["disabled, everywhere.", "It can be reached from elsewhere."]),
        (Policy(Compliance.REMOVED, ["EU"]), MEMBERS, ["to be removed, in the EU.", "Withholding it is no removal."]),
    ],
)
def test_what_is_withheld_somewhere_counts_as_up_and_says_why(policy: Policy, countries: list[str], says: list[str]) -> None:
    text = worth(policy, countries)
    assert [part for part in [*says, "It counts as up."] if part not in text] == []


codes = st.sampled_from(sorted(STATES))


@given(st.sampled_from(Compliance), st.lists(codes | st.just("EU"), max_size=5), st.lists(codes, max_size=40))
def test_it_is_never_said_to_comply(complies_when: str, regions: list[str], countries: list[str]) -> None:
    text = worth(Policy(complies_when, regions), countries)
    assert text.endswith("It counts as up.")
    left = complies_when == DISABLED and bool(regions) and not countries_of(regions) <= set(countries)
    assert ("That leaves" in text) == left
