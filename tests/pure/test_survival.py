import math
from collections.abc import Iterator
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter

from takedown.survival import (
    EXACT_LIMIT,
    Turnbull,
    binomial_limits,
    bootstrap_quantile,
    cumulative_incidence,
    kaplan_meier,
    turnbull,
    wilson,
)
from tests.patience import linear
from tests.pure.trials import CHEMOTHERAPY, MAINTAINED, NOT_MAINTAINED, PLACEBO, RADIATION, SIX_MP, brackets, exact


@pytest.fixture(scope="module", params=[0, 250], ids=["chosen", "all"], autouse=True)
def _few(request: pytest.FixtureRequest) -> Iterator[None]:
    """Support points are chosen step by step where they are many, which no small example has: here they are many at once, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("takedown.survival.turnbull"), "FEW", request.param)
        yield


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(462, 482, 0.9368, 0.9730), (19, 20, 0.7639, 0.9911), (0, 20, 0, 0.1611), (20, 20, 0.8389, 1), (7, 10, 0.3968, 0.8922), (0, 0, 0, 1)],
)
def test_wilson_gives_the_published_interval(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("successes", "n"), [(-1, 2), (3, 2)])
def test_wilson_refuses_what_is_no_proportion(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="no proportion"):
        wilson(successes, n)


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_share_lies_inside_its_interval(successes: int, failures: int) -> None:
    n = successes + failures
    low, high = wilson(successes, n)
    assert 0 <= low <= high <= 1
    assert not n or low - 1e-12 <= successes / n <= high + 1e-12


def test_kaplan_meier_gives_the_published_leukaemia_table() -> None:
    # Freireich et al. (1963), 6-MP: time, survival, Greenwood error, log-log 95 % limits.
    table = [
        (6, 0.8571, 0.0764, 0.6197, 0.9516),
        (7, 0.8067, 0.0869, 0.5631, 0.9228),
        (10, 0.7529, 0.0963, 0.5032, 0.8894),
        (13, 0.6902, 0.1068, 0.4316, 0.8491),
        (16, 0.6275, 0.1141, 0.3675, 0.8049),
        (22, 0.5378, 0.1282, 0.2678, 0.7468),
        (23, 0.4482, 0.1346, 0.1881, 0.6801),
    ]
    curve = kaplan_meier(*exact(SIX_MP))
    columns = np.column_stack([curve.times, curve.survival, curve.standard_error, curve.lower, curve.upper])
    assert columns == pytest.approx(np.array(table), abs=5e-5)
    assert curve.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert curve.events.tolist() == [3, 1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("data", "median", "interval"),
    [
        (SIX_MP, 23, (13, None)),
        (PLACEBO, 8, (4, 11)),
        (MAINTAINED, 31, (13, None)),
        (NOT_MAINTAINED, 23, (5, 33)),
        ("3+ 4+", None, (None, None)),
    ],
)
def test_the_median_comes_with_its_interval(data: str, median: float | None, interval: tuple[float | None, float | None]) -> None:
    curve = kaplan_meier(*exact(data))
    assert (curve.median, curve.median_interval) == (median, interval)


@pytest.mark.parametrize(("data", "interval"), [(MAINTAINED, (18, 48)), (NOT_MAINTAINED, (8, 33))])
def test_on_the_plain_scale_the_interval_of_the_median_would_be_another(data: str, interval: tuple[float, float]) -> None:
    curve = kaplan_meier(*exact(data))
    ends = (curve.survival + sign * 1.96 * curve.standard_error for sign in (-1, 1))
    assert tuple(curve.times[np.flatnonzero(end <= 0.5)[0]] for end in ends) == interval != curve.median_interval


@pytest.mark.parametrize(
    ("data", "survival"),
    [
        (MAINTAINED, {9: 0.9091, 13: 0.8182, 18: 0.7159, 23: 0.6136, 31: 0.4909, 34: 0.3682, 48: 0.1841}),
        (
            NOT_MAINTAINED,
            {5: 0.8333, 8: 0.6667, 12: 0.5833, 23: 0.4861, 27: 0.3889, 30: 0.2917, 33: 0.1944, 43: 0.0972, 45: 0},
        ),
    ],
)
def test_kaplan_meier_gives_the_published_maintenance_curves(data: str, survival: dict[float, float]) -> None:
    curve = kaplan_meier(*exact(data))
    assert dict(zip(curve.times.tolist(), curve.survival.tolist(), strict=True)) == pytest.approx(survival, abs=5e-5)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 20), st.booleans()), min_size=1, max_size=40))
def test_kaplan_meier_agrees_with_another_implementation(rows: list[tuple[int, bool]]) -> None:
    durations, observed = [float(duration) for duration, _ in rows], [seen for _, seen in rows]
    curve = kaplan_meier(durations, observed)
    oracle = KaplanMeierFitter().fit(durations, observed).predict(curve.times)
    assert curve.survival == pytest.approx(np.atleast_1d(oracle))
    assert np.all(curve.lower <= curve.survival + 1e-12)
    assert np.all(curve.survival <= curve.upper + 1e-12)


def test_where_everything_is_gone_the_band_is_as_wide_as_before() -> None:
    curve = kaplan_meier([1, 2], [True, True])
    assert (curve.lower[-1], curve.upper[-1], curve.standard_error[-1]) == (0, curve.upper[0], 0)
    assert kaplan_meier([1], [True]).upper.tolist() == [1]


def test_nothing_observed_is_an_empty_curve() -> None:
    assert kaplan_meier([], []).times.size == 0
    assert kaplan_meier([], []).median is None


@pytest.mark.parametrize(("durations", "observed"), [([1.0], []), ([-1.0], [True]), ([math.nan], [True]), ([math.inf], [False])])
def test_kaplan_meier_refuses_what_makes_no_sense(durations: list[float], observed: list[bool]) -> None:
    with pytest.raises(ValueError, match="durations"):
        kaplan_meier(durations, observed)


def test_competing_causes_share_what_is_gone() -> None:
    incidence = cumulative_incidence(range(1, 9), ["a", "b", "a", None, "a", "b", None, "a"])
    times, first = incidence["a"]
    assert times.tolist() == [1, 2, 3, 5, 6, 8]
    assert first == pytest.approx(np.array([1 / 8, 1 / 8, 1 / 4, 13 / 32, 13 / 32, 23 / 32]))
    assert incidence["b"][1] == pytest.approx(np.array([0, 1 / 8, 1 / 8, 1 / 8, 9 / 32, 9 / 32]))


def test_one_minus_a_curve_per_cause_would_say_too_much() -> None:
    seen = [True, True, True, False, True, True, False, True]
    assert kaplan_meier(range(1, 9), seen).survival == pytest.approx(np.array([7 / 8, 3 / 4, 5 / 8, 15 / 32, 5 / 16, 0]))
    first = kaplan_meier(range(1, 9), [True, False, True, False, True, False, False, True])
    assert first.times.tolist() == [1, 3, 5, 8]
    assert 1 - first.survival == pytest.approx(np.array([0.125, 0.2708, 0.4531, 1]), abs=5e-5)  # against 1/8, 1/4, 13/32, 23/32


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from([None, "a", "b"])), max_size=30))
def test_the_causes_and_what_is_still_up_make_one(rows: list[tuple[int, str | None]]) -> None:
    durations, causes = [float(duration) for duration, _ in rows], [cause for _, cause in rows]
    curve = kaplan_meier(durations, [cause is not None for cause in causes])
    gone = sum((values for _, values in cumulative_incidence(durations, causes).values()), np.zeros_like(curve.survival))
    assert gone + curve.survival == pytest.approx(np.ones_like(gone))


def test_equal_items_may_come_as_a_number() -> None:
    one_by_one = cumulative_incidence([1, 1, 1, 2, 2, 3], ["a", "a", "b", None, None, "b"])
    together = cumulative_incidence([1, 1, 2, 3], ["a", "b", None, "b"], [2, 1, 2, 1])
    assert {cause: values.tolist() for cause, (_, values) in together.items()} == {"a": [1 / 3, 1 / 3], "b": [1 / 6, 2 / 3]}
    for cause, (times, values) in one_by_one.items():
        assert (times.tolist(), values.tolist()) == (together[cause][0].tolist(), together[cause][1].tolist())


@pytest.mark.parametrize(
    ("durations", "causes", "number"), [([1], [], None), ([-1], ["a"], None), ([math.inf], [None], None), ([1], ["a"], [1, 2])]
)
def test_cumulative_incidence_refuses_what_makes_no_sense(durations: list[float], causes: list[str], number: list[int] | None) -> None:
    with pytest.raises(ValueError, match="durations"):
        cumulative_incidence(durations, causes, number)


@settings(deadline=None)
@given(st.floats(0.01, 0.99), st.integers(1, 150), st.sampled_from([0.001, 0.025]))
def test_a_count_is_beyond_a_limit_where_so_few_or_so_many_are_rarer_than_the_tail(share: float, n: int, tail: float) -> None:
    low, high = binomial_limits(share, n, tail)
    chance = [math.comb(n, count) * share**count * (1 - share) ** (n - count) for count in range(n + 1)]
    for count in range(n + 1):
        so_few, so_many = math.fsum(chance[: count + 1]), math.fsum(chance[count:])
        if abs(so_few - tail) > 1e-9:
            assert (count / n < low - 1e-12) == (so_few < tail)
        if abs(so_many - tail) > 1e-9:
            assert (count / n > high + 1e-12) == (so_many < tail)


def test_beyond_the_exact_limit_the_approximation_takes_over_without_a_step() -> None:
    exact_limits, near = binomial_limits(0.9, EXACT_LIMIT, 0.025), binomial_limits(0.9, EXACT_LIMIT + 1, 0.025)
    assert exact_limits == pytest.approx(near, abs=1 / EXACT_LIMIT)
    assert binomial_limits(0.5, 1_000_000, 0.025) == pytest.approx((0.49902, 0.50098), abs=1e-5)
    assert (binomial_limits(0, 20, 0.025), binomial_limits(1, 20, 0.025)) == ((0, 0), (1, 1))


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"), [(462, 482, 0.9366, 0.9745), (19, 20, 0.7513, 0.9987), (0, 20, 0, 0.1684), (7, 10, 0.3475, 0.9333)]
)
def test_shares_that_leave_a_count_within_their_limits_are_its_exact_interval(successes: int, n: int, low: float, high: float) -> None:
    # Clopper and Pearson (1934), to the four decimals that are published.
    for end, inwards in ((low, 5e-5), (high, -5e-5)):
        assert _within(successes / n, binomial_limits(end + inwards, n, 0.025))
        assert not end or not _within(successes / n, binomial_limits(end - inwards, n, 0.025))


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] - 1e-9 <= value <= limits[1] + 1e-9


@pytest.mark.parametrize(("share", "n", "tail"), [(1.1, 5, 0.1), (0.5, 0, 0.1), (0.5, 5, 0), (0.5, 5, 0.5)])
def test_limits_are_refused_for_what_is_no_binomial(share: float, n: int, tail: float) -> None:
    with pytest.raises(ValueError, match="limits"):
        binomial_limits(share, n, tail)


@pytest.mark.parametrize(
    ("given_brackets", "expected"),
    [
        ([(0, 1), (1, 2), (1, 2), (2, 3)], [(0, 1, 0.25), (1, 2, 0.5), (2, 3, 0.25)]),
        ([(1, 3)] * 5 + [(3, 5)], [(1, 3, 5 / 6), (3, 5, 1 / 6)]),
        ([(0, 10), (10, 20), (5, 15)], [(5, 10, 0.5), (10, 15, 0.5)]),
        ([(0, 4)], [(0, 4, 1)]),
        ([(2, math.inf)] * 3, [(2, math.inf, 1)]),
        (
            brackets(RADIATION),
            [
                (4, 5, 0.0463),
                (6, 7, 0.0334),
                (7, 8, 0.0887),
                (11, 12, 0.0708),
                (24, 25, 0.0926),
                (33, 34, 0.0818),
                (38, 40, 0.1209),
                (46, 48, 0.4656),
            ],
        ),
        (
            brackets(CHEMOTHERAPY),
            [
                (4, 5, 0.0433),
                (5, 8, 0.0433),
                (11, 12, 0.0692),
                (16, 17, 0.1454),
                (18, 19, 0.1411),
                (19, 20, 0.1157),
                (24, 25, 0.0999),
                (30, 31, 0.0709),
                (35, 36, 0.1608),
                (44, 48, 0.0552),
                (48, 60, 0.0552),
            ],
        ),
    ],
)
def test_turnbull_finds_the_published_masses(given_brackets: list[tuple[float, float]], expected: list[tuple[float, float, float]]) -> None:
    estimate = turnbull(given_brackets)
    assert estimate.converged
    assert np.column_stack([estimate.left, estimate.right]).tolist() == [[left, right] for left, right, _ in expected]
    assert estimate.mass == pytest.approx(np.array([mass for _, _, mass in expected]), abs=5e-5)


def test_two_brackets_in_which_the_published_copies_differ_change_nothing() -> None:
    for data, copied in ((RADIATION, RADIATION.replace("18-26", "19-26")), (CHEMOTHERAPY, CHEMOTHERAPY.replace("32-40", "33-40"))):
        assert data != copied
        assert turnbull(brackets(copied)).mass == pytest.approx(turnbull(brackets(data)).mass, abs=5e-5)


@pytest.mark.parametrize(
    ("data", "n", "censored", "log_likelihood", "median"),
    [(RADIATION, 46, 25, -58.0600, (38, 40)), (CHEMOTHERAPY, 48, 13, -65.6370, (19, 20))],
)
def test_turnbull_finds_the_published_likelihood_and_median(
    data: str, n: int, censored: int, log_likelihood: float, median: tuple[float, float]
) -> None:
    estimate = turnbull(brackets(data))
    assert (estimate.n, estimate.censored, estimate.quantile(0.5)) == (n, censored, median)
    assert estimate.log_likelihood == pytest.approx(log_likelihood, abs=5e-5)


def test_inside_an_innermost_interval_the_curve_is_not_determined() -> None:
    estimate = turnbull([(0, 1), (1, 2), (1, 2), (2, math.inf)])
    at = {time: estimate.survival_at(time) for time in (-1, 0, 0.5, 1, 1.5, 2, 99)}
    expected = {-1: (1, 1), 0: (1, 1), 0.5: (0.75, 1), 1: (0.75, 0.75), 1.5: (0.25, 0.75), 2: (0.25, 0.25), 99: (0, 0.25)}
    assert at == {time: pytest.approx(bounds, abs=1e-9) for time, bounds in expected.items()}


def test_a_quantile_after_the_last_look_is_not_reached() -> None:
    estimate = turnbull([(0, 1), (1, 2), (1, 2), (2, math.inf)])
    assert [estimate.quantile(share) for share in (0.25, 0.26, 0.75, 0.76)] == [(0, 1), (1, 2), (1, 2), None]


@pytest.mark.parametrize("data", [SIX_MP, PLACEBO, MAINTAINED, NOT_MAINTAINED])
def test_exact_times_reproduce_kaplan_meier(data: str) -> None:
    durations, observed = exact(data)
    estimate = turnbull([(t, t if seen else math.inf) for t, seen in zip(durations, observed, strict=True)], exact=True)
    curve = kaplan_meier(durations, observed)
    after = [estimate.survival_at(t) for t in curve.times]
    assert [high for _, high in after] == pytest.approx(curve.survival.tolist(), abs=1e-6)


@pytest.mark.parametrize(
    "wrong", [[], [(1, 1)], [(2, 1)], [(math.nan, 1)], [(0, math.nan)], [(-math.inf, 1)], [(math.inf, math.inf)], [(1, 2, 3)]]
)
def test_turnbull_refuses_what_is_no_bracket(wrong: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="bracket"):
        turnbull(wrong)


def test_turnbull_says_when_it_was_not_given_the_time_to_converge() -> None:
    many = [(float(start), start + 1.0 + start % 7) for start in range(320)]
    assert not turnbull(many, max_iterations=1).converged
    assert turnbull(many).converged


def test_thousands_of_exact_times_are_fitted_without_second_derivatives() -> None:
    times = np.arange(1.0, 3001.0)
    estimate = turnbull(np.column_stack([times, times]), exact=True)
    assert estimate.converged
    assert estimate.mass == pytest.approx(np.full(3000, 1 / 3000))


def test_many_small_masses_converge_as_well_as_few() -> None:
    rows = [(float(start), start + 0.5 if start % 2 else math.inf) for start in range(320)]
    assert turnbull(rows).converged


def likelihood(estimate: Turnbull, rows: list[tuple[float, float]]) -> list[float]:
    return [float(estimate.mass[(estimate.left >= left) & (estimate.right <= right)].sum()) for left, right in rows]


def test_the_interval_of_a_quantile_is_that_of_the_drawn_items() -> None:
    # 20 items, one gone in each unit of time: half of a resample is gone by k where at least 10 of 20 draws are among the first k.
    n, rows = 20, [(float(k), k + 1.0) for k in range(20)]
    reached = [math.fsum(math.comb(n, i) * (k / n) ** i * (1 - k / n) ** (n - i) for i in range(n // 2, n + 1)) for k in range(n + 1)]
    low, high = (next(k for k, chance in enumerate(reached) if chance >= share) for share in (0.025, 0.975))
    found = bootstrap_quantile(rows, None, 0.5, resamples=1000, seed=1)
    assert found == pytest.approx((low - 1, high), abs=1)


def test_the_interval_of_a_quantile_depends_on_seed_and_items_alone() -> None:
    rows = brackets(RADIATION)
    found = bootstrap_quantile(rows, None, 0.25, resamples=100, seed=7)
    assert bootstrap_quantile(rows[::-1], None, 0.25, resamples=100, seed=7) == found
    distinct = sorted(set(rows))
    assert bootstrap_quantile(distinct, [rows.count(row) for row in distinct], 0.25, resamples=100, seed=7) == found
    assert len({bootstrap_quantile(rows, None, 0.25, resamples=20, seed=seed) for seed in range(5)}) > 1


@pytest.mark.parametrize(
    ("gone", "up", "expected"), [(52, 48, (90, math.inf)), (10, 90, (math.inf, math.inf)), (90, 10, (90, 100)), (1, 0, (90, 100))]
)
def test_the_interval_of_a_quantile_may_be_open_or_not_reached(gone: int, up: int, expected: tuple[float, float]) -> None:
    rows = [((90.0, 100.0), gone), ((500.0, math.inf), up)]
    ends, number = zip(*(row for row in rows if row[1]), strict=True)
    assert bootstrap_quantile(ends, number, 0.5, resamples=100, seed=1) == expected


ENDS = st.tuples(st.integers(0, 12), st.integers(1, 6) | st.just(math.inf)).map(lambda pair: (float(pair[0]), float(pair[0] + pair[1])))


@settings(max_examples=60, deadline=None)
@given(st.lists(ENDS, min_size=1, max_size=40))
def test_no_mass_moved_elsewhere_would_raise_the_likelihood(rows: list[tuple[float, float]]) -> None:
    estimate = turnbull(rows)
    assert estimate.converged
    assert estimate.mass.sum() == pytest.approx(1)
    probability = likelihood(estimate, rows)
    assert estimate.log_likelihood == pytest.approx(float(np.log(probability).sum()), abs=1e-6)
    for left, right in {(left, right) for left, _ in rows for _, right in rows if left < right}:
        inside = [p for p, (low, high) in zip(probability, rows, strict=True) if low <= left and right <= high]
        assert sum(1 / p for p in inside) <= len(rows) * (1 + 1e-6)


def test_ten_times_the_brackets_take_about_ten_times_as_long() -> None:
    def work(size: int) -> None:
        left = np.round(np.random.default_rng(1).exponential(4000, size))
        rows = np.column_stack([left, left + np.ceil(left / 10 + 60)])
        rows[left > 14_000] = [14_000, math.inf]
        assert turnbull(rows).converged

    assert linear(work, 100_000)
