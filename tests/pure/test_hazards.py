import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from takedown.survival import HazardRatio, hazard_ratio, score_test
from tests.pure.trials import CHEMOTHERAPY, RADIATION, brackets

Rows = list[tuple[float, float]]
Numbered = list[tuple[tuple[float, float], bool, int]]
STAYS = math.inf


def found(rows: Rows, groups: list[bool], number: list[int] | None = None) -> HazardRatio:
    ratio = hazard_ratio(rows, groups, number)
    assert ratio is not None
    return ratio


def test_the_published_coefficient_of_the_cosmesis_trial() -> None:
    # Huang and Wellner (1997): 0.797, standard error 0.29. Their copy of the data has (19, 26] in place of (18, 26].
    groups = [True] * 48 + [False] * 46
    ratio = found(brackets(CHEMOTHERAPY) + brackets(RADIATION.replace("18-26", "19-26")), groups)
    assert (f"{ratio.coefficient:.3f}", f"{ratio.error:.2f}") == ("0.797", "0.29")
    assert (f"{ratio.ratio:.2f}", *(f"{end:.2f}" for end in ratio.interval)) == ("2.22", "1.26", "3.92")
    other_copy = found(brackets(CHEMOTHERAPY) + brackets(RADIATION), groups)
    assert (f"{other_copy.coefficient:.3f}", f"{other_copy.error:.2f}") == ("0.795", "0.29")


@settings(deadline=None)
@given(*[st.tuples(st.integers(1, 200), st.integers(1, 200))] * 2)
def test_one_look_has_an_answer_in_closed_form(some: tuple[int, int], others: tuple[int, int]) -> None:
    rows: Rows = [(0, 1), (1, STAYS)] * 2
    groups = [True, True, False, False]
    up, up_there = (stay / (go + stay) for go, stay in (some, others))
    coefficient = math.log(math.log(up) / math.log(up_there))
    # The delta method for log(-log S).
    variance = sum((1 - one) / (n * one * math.log(one) ** 2) for one, n in ((up, sum(some)), (up_there, sum(others))))
    assume(abs(coefficient) < 3.5)
    ratio = found(rows, groups, [*some, *others])
    assert ratio.coefficient == pytest.approx(coefficient, abs=1e-3)
    assert ratio.error == pytest.approx(math.sqrt(variance), rel=1e-2)


ENDS = st.tuples(st.integers(0, 9), st.integers(1, 5) | st.just(STAYS)).map(lambda pair: (float(pair[0]), float(pair[0] + pair[1])))
GROUPED = st.lists(st.tuples(ENDS, st.booleans(), st.integers(1, 4)), min_size=8, max_size=30)


@settings(max_examples=30, deadline=None)
@given(GROUPED)
def test_exchanging_the_groups_turns_the_sign_and_a_number_is_as_good_as_repetition(rows: Numbered) -> None:
    ends, groups, number = [end for end, _, _ in rows], [group for _, group, _ in rows], [n for _, _, n in rows]
    one = hazard_ratio(ends, groups, number)
    turned = hazard_ratio(ends, [not group for group in groups], number)
    repeated = [(end, group) for end, group, n in rows for _ in range(n)]
    same = hazard_ratio([end for end, _ in repeated], [group for _, group in repeated])
    if one and turned and same:  # at the edge of having a maximum, rounding decides
        # Few items leave the maximum flat: what is lost in its search is little beside what nobody knows.
        assert one.coefficient == pytest.approx(-turned.coefficient, abs=one.error / 10)
        assert one.coefficient == pytest.approx(same.coefficient, abs=one.error / 10)


@pytest.mark.parametrize(
    ("rows", "groups"),
    [
        ([(0, 1), (1, 2)], [True, True]),  # nothing to compare with
        ([(0, 1), (1, 2)], [False, False]),
        ([(0, STAYS), (1, STAYS)], [True, False]),  # nothing went
        ([(0, 1), (0, 1)], [True, False]),  # one cell: no time is before another
        ([(0, 1)] * 20 + [(1, 2)] * 20, [True] * 20 + [False] * 20),  # all of one before all of the other
        ([(0, 1)] * 20 + [(0, STAYS)] * 20, [True] * 20 + [False] * 20),  # none of one
        ([(0, 1), (1, 2), (2, 3)] * 1_000, [True] * 3_000),  # many of one, none of the other
    ],
)
def test_where_the_likelihood_has_no_maximum_there_is_no_ratio(rows: Rows, groups: list[bool]) -> None:
    assert hazard_ratio(rows, groups) is None


def test_groups_must_be_told_of_each() -> None:
    with pytest.raises(ValueError, match="groups"):
        hazard_ratio([(0, 1), (1, 2)], [True])
    with pytest.raises(ValueError, match="bracket"):
        hazard_ratio([(2, 1), (1, 2)], [True, False])


@pytest.mark.parametrize("number", [1, 10**3, 10**6, 10**8])
def test_more_of_the_same_leaves_the_ratio_and_narrows_the_interval(number: int) -> None:
    random, groups = np.random.default_rng(3), [True] * 200 + [False] * 200
    rows = looked_at(random, 0.13) + looked_at(random, 0.1)
    one, many = found(rows, groups), found(rows, groups, [number] * 400)
    assert many.coefficient == pytest.approx(one.coefficient, abs=one.error / 100)
    assert many.error == pytest.approx(one.error / math.sqrt(number), rel=0.02)


def looked_at(random: np.random.Generator, rate: float) -> Rows:
    """200 items that go at this rate an hour, looked at every two hours from a random moment on, for a day at most."""
    gone, phase, last = random.exponential(1 / rate, 200), random.uniform(0, 2, 200), random.uniform(4, 24, 200)
    rows = []
    for at, start, end in zip(gone, phase, last, strict=True):
        times = np.append(0, np.arange(start, end, 2))
        place = int(np.searchsorted(times, at))
        rows.append((float(times[place - 1]), float(times[place]) if place < times.size else STAYS))
    return rows


def test_the_true_ratio_is_within_the_interval_as_often_as_it_says() -> None:
    random, groups = np.random.default_rng(1), [True] * 200 + [False] * 200
    ratios = [found(looked_at(random, 0.2) + looked_at(random, 0.1), groups) for _ in range(40)]
    assert np.mean([one.coefficient for one in ratios]) == pytest.approx(math.log(2), abs=0.05)
    assert sum(one.interval[0] <= 2 <= one.interval[1] for one in ratios) >= 35  # 38 are expected


def test_it_points_where_the_log_rank_test_points() -> None:
    random, groups = np.random.default_rng(2), [True] * 200 + [False] * 200
    rows = looked_at(random, 0.13) + looked_at(random, 0.1)
    ratio, test = found(rows, groups), score_test(rows, groups)
    assert ratio.coefficient / ratio.error == pytest.approx(test.z, abs=0.15)
