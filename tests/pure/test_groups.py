import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lifelines.statistics import logrank_test

from takedown.survival import log_rank, score_test, turnbull
from tests.pure.trials import CHEMOTHERAPY, MAINTAINED, NOT_MAINTAINED, PLACEBO, RADIATION, SIX_MP, brackets, exact

Rows = list[tuple[float, float]]
ENDS = st.tuples(st.integers(0, 9), st.integers(1, 5) | st.just(math.inf)).map(lambda pair: (float(pair[0]), float(pair[0] + pair[1])))
GROUPED = st.lists(st.tuples(ENDS, st.booleans()), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("first", "second", "statistic", "p"), [(PLACEBO, SIX_MP, "16.793", "4.17e-05"), (NOT_MAINTAINED, MAINTAINED, "3.396", "0.0653")]
)
def test_the_log_rank_test_gives_the_published_values(first: str, second: str, statistic: str, p: str) -> None:
    (some, some_seen), (others, others_seen) = exact(first), exact(second)
    groups = [True] * len(some) + [False] * len(others)
    found = log_rank(some + others, some_seen + others_seen, groups)
    assert (f"{found.statistic:.3f}", f"{found.p:.3g}") == (statistic, p)
    assert found.z > 0  # the untreated relapse sooner
    assert log_rank(some + others, some_seen + others_seen, [not group for group in groups]).z == pytest.approx(-found.z)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.booleans(), st.booleans()), min_size=2, max_size=30))
def test_the_log_rank_test_agrees_with_another_implementation(rows: list[tuple[int, bool, bool]]) -> None:
    durations, seen, groups = (np.array(column) for column in zip(*rows, strict=True))
    assume(groups.any() and not groups.all())
    found = log_rank(durations, seen, groups)
    with np.errstate(all="ignore"):
        oracle = logrank_test(durations[groups], durations[~groups], seen[groups], seen[~groups])
    assume(math.isfinite(oracle.test_statistic))
    assert (found.statistic, found.p) == pytest.approx((oracle.test_statistic, oracle.p_value), abs=1e-9)


@pytest.mark.parametrize("groups", [[True, True], [False, False]])
def test_one_group_alone_is_compared_with_nothing(groups: list[bool]) -> None:
    assert log_rank([1, 2], [True, True], groups).p == 1
    assert score_test([(0, 1), (1, 2)], groups).p == 1
    assert score_test([(0, 1)], groups[:1]).z == 0


def test_groups_must_be_told_of_each() -> None:
    with pytest.raises(ValueError, match="groups"):
        log_rank([1, 2], [True, True], [True])
    with pytest.raises(ValueError, match="groups"):
        score_test([(0, 1), (1, 2)], [True], [1, 1])
    with pytest.raises(ValueError, match="bracket"):
        score_test([(1, 1)], [True])


def test_the_score_test_gives_the_published_value_of_the_cosmesis_trial() -> None:
    # Fay and Shaw (2010), whose copy of the data has (19, 26] in place of (18, 26]: Z = -2.6684, p = 0.007622.
    radiation = brackets(RADIATION.replace("18-26", "19-26"))
    rows, groups = radiation + brackets(CHEMOTHERAPY), [True] * 46 + [False] * 48
    found = score_test(rows, groups)
    assert (f"{found.z:.4f}", f"{found.p:.6f}") == ("-2.6684", "0.007622")
    assert score_test(brackets(RADIATION) + brackets(CHEMOTHERAPY), groups).z == pytest.approx(found.z, abs=0.02)


def scores(rows: Rows) -> list[float]:
    """By the formula of Fay and Shaw (2010): (S(L) log S~(L) - S(R) log S~(R)) / (S(L) - S(R)), where -log S~ is the cumulative hazard."""
    fit = turnbull(rows)
    up = [1.0]
    for mass in fit.mass:
        up.append(up[-1] - mass)
    hazard = [0.0]
    for mass, before in zip(fit.mass, up, strict=False):
        hazard.append(hazard[-1] + mass / before)
    found = []
    for left, right in rows:
        start, stop = int((fit.left < left).sum()), int((fit.right <= right).sum())
        found.append((-up[start] * hazard[start] + up[stop] * hazard[stop]) / (up[start] - up[stop]))
    return found


@settings(max_examples=40, deadline=None)
@given(st.lists(ENDS, min_size=2, max_size=8), st.integers(1, 7))
def test_the_variance_is_that_of_all_ways_to_draw_the_first_group(rows: Rows, size: int) -> None:
    assume(size < len(rows))
    score = scores(rows)
    assert sum(score) == pytest.approx(0, abs=1e-6)
    sums = [sum(score[place] for place in drawn) for drawn in combinations(range(len(rows)), size)]
    spread = float(np.std(sums))
    expected = sums[0] / spread if spread > 1e-3 else 0.0
    assert score_test(rows, [place < size for place in range(len(rows))]).z == pytest.approx(expected, abs=1e-4)


@settings(max_examples=50, deadline=None)
@given(GROUPED)
def test_exchanging_the_groups_turns_the_sign(rows: list[tuple[tuple[float, float], bool]]) -> None:
    ends, groups = [end for end, _ in rows], [group for _, group in rows]
    assert score_test(ends, groups).z == pytest.approx(-score_test(ends, [not group for group in groups]).z, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.lists(ENDS, min_size=1, max_size=30))
def test_equal_groups_do_not_differ(rows: Rows) -> None:
    assert score_test(rows + rows, [True] * len(rows) + [False] * len(rows)).z == pytest.approx(0, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(ENDS, st.booleans(), st.integers(1, 4)), min_size=1, max_size=15))
def test_a_number_is_as_good_as_repetition(rows: list[tuple[tuple[float, float], bool, int]]) -> None:
    ends, groups, number = [end for end, _, _ in rows], [group for _, group, _ in rows], [n for _, _, n in rows]
    repeated = [(end, group) for end, group, n in rows for _ in range(n)]
    one_by_one = score_test([end for end, _ in repeated], [group for _, group in repeated])
    assert score_test(ends, groups, number).z == pytest.approx(one_by_one.z, abs=1e-6)


def looked_at(random: np.random.Generator, every: float, until: float) -> Rows:
    """60 items that go after 5 hours in the median, looked at every so many hours from a random moment on until at most then."""
    gone, phase, last = random.exponential(5 / math.log(2), 60), random.uniform(0, every, 60), random.uniform(0, until, 60)
    looks = [np.append(0, np.arange(start, end, every)) for start, end in zip(phase, last, strict=True)]
    places = [int(np.searchsorted(times, at)) for times, at in zip(looks, gone, strict=True)]
    return [(times[place - 1], times[place] if place < times.size else math.inf) for times, place in zip(looks, places, strict=True)]


@pytest.mark.parametrize(("every", "until"), [((1, 1), (60, 60)), ((0.2, 12), (60, 60)), ((1, 1), (20, 100)), ((12, 0.2), (20, 100))])
def test_groups_that_go_alike_are_seldom_told_apart_however_they_were_looked_at(
    every: tuple[float, float], until: tuple[float, float]
) -> None:
    random, groups = np.random.default_rng(1), np.arange(120) < 60
    found = [score_test(looked_at(random, every[0], until[0]) + looked_at(random, every[1], until[1]), groups) for _ in range(150)]
    assert abs(np.mean([one.z for one in found])) < 0.25
    assert np.mean([one.p < 0.05 for one in found]) < 0.09  # 0.05 is expected


def test_what_goes_later_by_any_amount_goes_later() -> None:
    random = np.random.default_rng(1)
    left = np.floor(random.exponential(60, 400))
    rows = np.column_stack([left, left + 10])
    later = rows.copy()
    later[:200] += 40
    groups = np.arange(400) < 200
    assert score_test(later, groups).z < -4
    assert abs(score_test(rows, groups).z) < 2
