"""The annexes: what was valid comes back as it went, what is not is told by field, and nothing that comes in raises."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedown import annexes
from takedown.annexes import ANNEX_I, ANNEX_II, ANNEX_III, ANNEXES, EU_STATES, Annex, Kind
from takedown.annexes.states import STATES
from takedown.choices import AnswerKind, Category
from tests.factories import ORDER, PARTIES

NOW = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)
RECEIVED = PARTIES | {"order_received_at": "2026-11-22T11:00:00+00:00"}
DONE: dict[str, Any] = RECEIVED | {"measure": "removed", "measure_at": "2026-11-22T11:30:00+00:00", "date": "2026-11-22"}
IMPOSSIBLE: dict[str, Any] = RECEIVED | {
    "non_execution_reasons": ["force_majeure"],
    "further_information": "A fire.",
    "submitted_at": "2026-11-22T11:20:00+00:00",
}
VALID = [(ANNEX_I, ORDER), (ANNEX_II, DONE), (ANNEX_III, IMPOSSIBLE)]


def errors_of(annex: Annex, values: Any) -> dict[str, str]:
    return annexes.check(annex, values, now=NOW)[1]


@pytest.mark.parametrize(("annex", "values"), VALID)
def test_what_is_complete_has_no_errors(annex: Annex, values: dict[str, Any]) -> None:
    kept, errors = annexes.check(annex, values, now=NOW)
    assert errors == {}
    assert kept.items() >= values.items()


@pytest.mark.parametrize(
    ("annex", "change", "key"),
    [
        (ANNEX_I, {"issuing_member_state": "GB"}, "issuing_member_state"),
        (ANNEX_I, {"issuing_member_state": "XX"}, "issuing_member_state"),
        (ANNEX_I, {"addressee_member_state": "ZZ"}, "addressee_member_state"),
        (ANNEX_I, {"contact_point": "host"}, "contact_point"),
        (ANNEX_I, {"contact_point": "javascript:alert(1)"}, "contact_point"),
        (ANNEX_I, {"issued_at": "2026-11-22T12:00:00"}, "issued_at"),
        (ANNEX_I, {"issued_at": "2026-11-22T12:00:31+00:00"}, "issued_at"),
        (ANNEX_I, {"issued_at": "yesterday"}, "issued_at"),
        (ANNEX_I, {"issued_at": "0001-01-01T00:00:00+14:00"}, "issued_at"),
        (ANNEX_I, {"urls": []}, "urls"),
        (ANNEX_I, {"urls": "https://host.example/"}, "urls"),
        (ANNEX_I, {"urls": ["ftp://host.example/"]}, "urls"),
        (ANNEX_I, {"urls": ["https://["]}, "urls"),
        (ANNEX_I, {"urls": [f"https://host.example/{number}" for number in range(101)]}, "urls"),
        (ANNEX_I, {"urls": [f"https://host.example/{number}/{'x' * 7900}" for number in range(13)]}, "urls"),
        (ANNEX_I, {"urls": ["https://host.example/\u202egpj.exe"]}, None),  # the mark is dropped, not the URL
        (ANNEX_I, {"urls": ["https://host.example/\u200b"]}, "urls"),
        (ANNEX_I, {"reasons_types": []}, "reasons_types"),
        (ANNEX_I, {"reasons_types": ["hate_speech"]}, "reasons_types"),
        (ANNEX_I, {"reasons_text": " \n"}, "reasons_text"),
        (ANNEX_I, {"copy_sent_to_hsp_state": False}, "copy_sent_to_hsp_state"),
        (ANNEX_I, {"copy_sent_to_hsp_state": False, "addressee_member_state": "FR"}, None),
        (ANNEX_I, {"authority_type": "other"}, "followup_contact"),
        (ANNEX_I, {"phone": "0666"}, "phone"),
        (ANNEX_I, {"phone": "+33 1 23 45 67 89"}, None),
        (ANNEX_I, {"date": "2026-11-24"}, "date"),
        (ANNEX_I, {"date": "2026-11-23"}, None),  # it is that day already in Kiribati
        (ANNEX_I, {"redress_deadline": 0}, "redress_deadline"),
        (ANNEX_I, {"redress_deadline": True}, "redress_deadline"),
        (ANNEX_I, {"redress_law_link": "law.example"}, "redress_law_link"),
        (ANNEX_I, {"nondisclosure": "yes"}, "nondisclosure"),
        (ANNEX_I, {"surprise": "?"}, "surprise"),
        (ANNEX_II, {"measure": "hidden"}, "measure"),
        (ANNEX_II, {"measure_at": "2026-11-22T10:59:59+00:00"}, "measure_at"),
        (ANNEX_II, {"measure_at": "2026-11-22T11:00:00+00:00"}, None),
        (ANNEX_II, {"measure_at": "2026-11-22T12:00:31+00:00"}, "measure_at"),
        (ANNEX_II, {"contact_email": "nobody"}, "contact_email"),
        (ANNEX_III, {"non_execution_reasons": ["force_majeure", "manifest_errors"]}, "errors_and_clarification_needed"),
        (ANNEX_III, {"non_execution_reasons": ["insufficient_info"], "errors_and_clarification_needed": "Which?"}, None),
        (ANNEX_III, {"submitted_at": "2026-11-22T10:00:00+00:00"}, "submitted_at"),
        (ANNEX_III, {"submitted_at": "2026-11-22T12:01:00+00:00"}, "submitted_at"),
    ],
)
def test_what_is_wrong_is_told_by_its_field(annex: Annex, change: dict[str, Any], key: str | None) -> None:
    kept, errors = annexes.check(annex, _valid(annex) | change, now=NOW)
    assert set(errors) == ({key} if key else set())
    assert key == "copy_sent_to_hsp_state" or key not in kept


def _valid(annex: Annex) -> dict[str, Any]:
    return next(values for each, values in VALID if each is annex)


@pytest.mark.parametrize("key", [key for key in ORDER if key.startswith("redress")])
@pytest.mark.parametrize("secret", [True, False])
def test_redress_is_needed_unless_the_content_provider_is_not_told(key: str, secret: bool) -> None:
    without = {name: value for name, value in ORDER.items() if name != key} | {"nondisclosure": secret}
    assert set(errors_of(ANNEX_I, without)) == (set() if secret else {key})


@pytest.mark.parametrize(("annex", "values"), VALID)
def test_what_is_needed_is_missing_and_not_wrong(annex: Annex, values: dict[str, Any]) -> None:
    for key in (key for key, field in annex.fields.items() if field.required):
        errors = errors_of(annex, {name: value for name, value in values.items() if name != key})
        assert key in annexes.missing(errors)
        assert annexes.wrong(errors) == {}


@pytest.mark.parametrize(("states", "crosses"), [(("FR", "IE"), True), (("IE", "IE"), False), (("FR", ""), None)])
def test_cross_border_follows_from_the_states_whatever_was_said(states: tuple[str, str], crosses: bool | None) -> None:
    said = ORDER | dict(zip(("issuing_member_state", "addressee_member_state"), states, strict=True))
    for claim in (True, False):
        assert annexes.check(ANNEX_I, said | {"is_cross_border": claim}, now=NOW)[0].get("is_cross_border") is crosses


def test_the_tables_are_whole() -> None:
    assert (len(STATES), len(EU_STATES), set(EU_STATES) <= STATES) == (249, 27, True)
    assert [annex.key for annex in ANNEXES.values()] == ["annex_1", *AnswerKind.values]
    assert list(ANNEX_I.fields["reasons_types"].options) == Category.values[:5]
    for annex in ANNEXES.values():
        words = [annex.title, *annex.sections.values(), *(field.label for field in annex.fields.values())]
        words += [each for field in annex.fields.values() for each in field.options.values()]
        assert all(each.en.strip() and each.fr.strip() for each in words)
        assert {field.section for field in annex.fields.values()} == set(annex.sections)


# Properties -----------------------------------------------------------------------------------------------------------------------

SPAN = datetime(2022, 1, 1), datetime(2026, 11, 20)  # noqa: DTZ001  the zone is drawn
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
text = st.text(min_size=1, max_size=60)
a_value: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: text,
    Kind.LONG: text,
    Kind.STATE: st.sampled_from(sorted(STATES)),
    Kind.EU_STATE: st.sampled_from(sorted(EU_STATES)),
    Kind.INSTANT: st.datetimes(*SPAN, timezones=zones).map(datetime.isoformat),
    Kind.DAY: st.dates(*(end.date() for end in SPAN)).map(str),
    Kind.EMAIL: st.just("unit@north.example"),
    Kind.CONTACT: st.sampled_from(["unit@north.example", "https://host.example/tco"]),
    Kind.PHONE: st.just("+33 (1) 23-45.67"),
    Kind.URI: st.just("https://law.example/?a=1"),
    Kind.URLS: st.lists(st.text("abcß\\#$*_é", min_size=1).map(lambda path: f"https://host.example/{path}"), min_size=1, max_size=5),
    Kind.FLAG: st.booleans(),
    Kind.NUMBER: st.integers(1, 1000),
}


def some(annex: Annex) -> st.SearchStrategy[dict[str, Any]]:
    def of(key: str) -> st.SearchStrategy[Any]:
        field = annex.fields[key]
        if field.kind is Kind.CHOICES:
            return st.lists(st.sampled_from(list(field.options)), min_size=1)
        return st.sampled_from(list(field.options)) if field.kind is Kind.CHOICE else a_value[field.kind]

    return st.fixed_dictionaries({}, optional={key: of(key) for key in annex.fields})


garbage = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@pytest.mark.parametrize("annex", ANNEXES.values(), ids=list(ANNEXES))
@given(data=st.data())
def test_what_is_kept_travels_and_is_kept_again_as_it_is(annex: Annex, data: st.DataObject) -> None:
    kept, _ = annexes.check(annex, data.draw(some(annex)), now=NOW)
    told = annexes.to_json(annex, kept)
    assert annexes.from_json(annex, told, now=NOW)[0] == kept
    assert all("\x00" not in str(value) for value in kept.values())
    told.encode()  # no lone surrogate, which no database takes


@pytest.mark.parametrize("annex", ANNEXES.values(), ids=list(ANNEXES))
@given(data=st.data())
def test_garbage_is_refused_and_never_raises(annex: Annex, data: st.DataObject) -> None:
    keys = st.sampled_from(list(annex.fields)) | st.text()
    values = data.draw(garbage | st.dictionaries(keys, garbage))
    kept, errors = annexes.check(annex, values, now=NOW)
    assert errors
    assert set(kept) <= set(annex.fields)
    assert not isinstance(values, dict) or annexes.check(annex, kept, now=NOW)[0].items() >= kept.items()


@given(st.text() | st.binary() | garbage.map(lambda value: json.dumps(value, default=str)))
def test_garbage_as_json_is_an_error_without_a_field(said: str | bytes) -> None:
    assert annexes.from_json(ANNEX_I, said, now=NOW) == ({}, {"": annexes.from_json(ANNEX_I, said, now=NOW)[1][""]})


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"version": 2}, "Only version 1"),
        ({"annex": "annex_2"}, "not Annex I"),
        ({"format": "x"}, "not Annex I"),
        ({"fields": 7}, "by name"),
    ],
)
def test_json_of_another_kind_is_refused(change: dict[str, Any], error: str) -> None:
    said = json.loads(annexes.to_json(ANNEX_I, ORDER)) | change
    assert error in annexes.from_json(ANNEX_I, json.dumps(said), now=NOW)[1][""]


def test_deeply_nested_json_is_refused() -> None:
    assert annexes.from_json(ANNEX_I, "[" * 100_000, now=NOW)[1] == {"": "This is not JSON."}
