"""When not to believe what we see: thresholds, and what counts as a failure."""

from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.base import ContentRef, Outcome, Sighting
from platforms.breaker import BreakerRule, failed

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
REF = ContentRef("web", "page", "", "https://site.example/page")
RULE = BreakerRule()


def seen(outcome: Outcome, reason: str) -> Sighting:
    return Sighting(REF, outcome, reason, NOW, NOW)


def test_a_rule_takes_what_is_configured_and_ignores_the_rest() -> None:
    rule = BreakerRule.from_config({"failures": "3", "share": 0.5, "hold_seconds": 60, "colour": "red"})
    assert (rule.failures, rule.share, rule.hold_seconds, rule.fewest) == (3, 0.5, 60.0, RULE.fewest)
    assert BreakerRule.from_config({}) == RULE
    assert {type(getattr(rule, one.name)) for one in fields(rule)} == {int, float}


@pytest.mark.parametrize(
    "config",
    [
        *({"failures": 0}, {"failures": -1}, {"failures": "many"}, {"failures": []}, {"failures": None}),
        *({"share": 0}, {"share": 1.1}, {"share": "nan"}, {"back_share": 0}, {"back_share": 2}),
        *({"fewest": 0}, {"window_minutes": 0}, {"window_minutes": 10**9}, {"hold_seconds": 0}, {"hold_seconds": "inf"}),
        *({"cooldown_seconds": 0}, {"cooldown_seconds": "nan"}, {"cooldown_seconds": 60, "longest_seconds": 30}),
        {"cooldown_seconds": "inf", "longest_seconds": "inf"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        BreakerRule.from_config(config)


@pytest.mark.parametrize("config", ["failures", 5, [("failures", 3)]])
def test_a_rule_that_is_no_mapping_stops_nobody_else(config: Any) -> None:
    with suppress(ValueError, TypeError, AttributeError):  # what `Settings.of` is known to raise
        assert BreakerRule.from_config(config) == RULE


@pytest.mark.parametrize(
    ("failures", "trips", "opens"),
    [(0, 0, False), (4, 0, False), (5, 0, True), (10**9, 0, True), (0, 1, False), (2, 1, False), (3, 1, True), (3, 9, True)],
)
def test_it_opens_at_the_threshold_and_again_after_three_more(failures: int, trips: int, opens: bool) -> None:
    assert RULE.opens(failures, trips) is opens


def test_it_is_not_more_patient_after_it_has_opened_than_before() -> None:
    assert BreakerRule(failures=1).opens(1, 0)
    assert BreakerRule(failures=1).opens(1, 1)
    assert not BreakerRule(failures=50).opens(2, 1)
    assert BreakerRule(failures=50).opens(3, 1)


def test_a_longer_first_pause_is_the_longest_where_that_is_not_told() -> None:
    rule = BreakerRule.from_config({"cooldown_seconds": "900"})
    assert rule.cooldown(1) == rule.cooldown(9) == 900
    assert BreakerRule.from_config({"cooldown_seconds": 30}).longest_seconds == RULE.longest_seconds


@pytest.mark.parametrize(("trips", "seconds"), [(1, 60), (2, 120), (3, 240), (4, 480), (5, 600), (6, 600), (10**9, 600)])
def test_the_pause_doubles_up_to_a_limit(trips: int, seconds: float) -> None:
    assert RULE.cooldown(trips) == seconds


@pytest.mark.parametrize(
    ("disappeared", "had_been_up", "held"),
    [(9, 9, False), (10, 10, True), (10, 49, True), (10, 50, False), (11, 50, True), (30, 1000, False), (201, 1000, True), (0, 0, False)],
)
def test_many_at_once_are_held_and_few_never(disappeared: int, had_been_up: int, held: bool) -> None:
    assert RULE.holds(disappeared=disappeared, had_been_up=had_been_up) is held


@pytest.mark.parametrize(
    ("lost", "still_gone", "seconds", "passed"),
    [(20, 20, 0, False), (20, 11, 0, False), (20, 10, 0, True), (20, 0, 0, True), (20, 20, 86_399, False), (20, 20, 86_400, True)],
)
def test_a_hold_lets_go_when_half_is_back_or_a_day_has_passed(lost: int, still_gone: int, seconds: float, passed: bool) -> None:
    assert RULE.lets_go(lost=lost, still_gone=still_gone, held_seconds=seconds) is passed


SHARES = st.floats(min_value=0.01, max_value=1)
COUNTS = st.integers(min_value=0, max_value=10**6)
RULES = st.builds(BreakerRule, failures=st.integers(1, 100), share=SHARES, fewest=st.integers(1, 100), back_share=SHARES)


@given(rule=RULES, disappeared=COUNTS, more=COUNTS, looked=COUNTS)
def test_what_holds_for_some_holds_for_more_of_them(rule: BreakerRule, disappeared: int, more: int, looked: int) -> None:
    if rule.holds(disappeared=disappeared, had_been_up=looked):
        assert rule.holds(disappeared=disappeared + more, had_been_up=looked)
        assert disappeared >= rule.fewest


@given(rule=RULES, lost=st.integers(1, 10**6), still=COUNTS, back=COUNTS, seconds=st.floats(0, 10**6))
def test_what_has_passed_has_passed_all_the_more_once_more_are_back(
    rule: BreakerRule, lost: int, still: int, back: int, seconds: float
) -> None:
    if rule.lets_go(lost=lost, still_gone=still, held_seconds=seconds):
        assert rule.lets_go(lost=lost, still_gone=max(0, still - back), held_seconds=seconds)
    assert not rule.lets_go(lost=lost, still_gone=lost, held_seconds=0)


@given(rule=RULES, trips=st.integers(1, 10**9))
def test_pauses_never_shrink_and_never_exceed_the_longest(rule: BreakerRule, trips: int) -> None:
    assert rule.cooldown_seconds <= rule.cooldown(trips) <= rule.cooldown(trips + 1) <= rule.longest_seconds


@pytest.mark.parametrize(
    "reason",
    ["timeout", "dns", "connect", "tls", "malformed", "not_json", "http_500", "http_503", "http_401", "bot_wall"],
)
def test_what_is_the_platforms_fault_or_ours_is_a_failure(reason: str) -> None:
    assert failed(seen(Outcome.INDETERMINATE, reason))


@pytest.mark.parametrize(
    "reason",
    ["rate_limited", "no_credentials", "name_not_found", "dns_nxdomain", "refused_address", "link_followed", "js_shell"],
)
def test_what_is_the_items_fault_or_a_wish_to_wait_is_none(reason: str) -> None:
    assert not failed(seen(Outcome.INDETERMINATE, reason))


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.INDETERMINATE])
def test_whatever_could_be_told_is_no_failure(outcome: Outcome) -> None:
    assert not failed(seen(outcome, "timeout"))
