"""The compiled loops say what slow, plain Python says, also where periods are unknown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from onhand.forecast import kernels

ALPHAS = (0.05, 0.1, 0.3)
BETAS = (0.02, 0.2)


def a_panel(seed: int = 0, n: int = 25, t: int = 70) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y = rng.poisson(rng.gamma(1, 2, (n, 1)), (n, t)).astype(np.float32)
    y[rng.random((n, t)) < 0.15] = np.nan
    y[0], y[1], y[2, :60] = np.nan, 0, np.nan
    return y


def plain_simple(values: Iterable[float], alpha: float) -> tuple[float, float]:
    level, squares, n = 0.0, [], 0
    for value in values:
        if math.isnan(value):
            continue
        if n == 0:
            level = value
        else:
            squares.append((value - level) ** 2)
            level = level + max(alpha, 1 / (n + 1)) * (value - level)
        n += 1
    return level, sum(squares) / max(len(squares), 1)


def plain_trend(values: Iterable[float], alpha: float, beta: float, phi: float) -> Sequence[float]:
    level, trend, squares, n = 0.0, 0.0, [], 0
    for value in values:
        ahead = level + phi * trend
        if math.isnan(value):
            if n:
                level, trend = ahead, phi * trend
            continue
        if n == 0:
            level = value
        else:
            error = value - ahead
            squares.append(error**2)
            gain = max(alpha, 1 / (n + 1))
            level, trend = ahead + gain * error, phi * trend + gain * beta * error
        n += 1
    return level, trend, sum(squares) / max(len(squares), 1)


def plain_tsb(values: Iterable[float], alpha: float, beta: float) -> tuple[float, float, float]:
    size, probability, squares, n, n_demands = 0.0, 0.0, [], 0, 0
    for value in values:
        if math.isnan(value):
            continue
        if n:
            squares.append((value - probability * size) ** 2)
        n += 1
        happened = 1.0 if value > 0 else 0.0
        probability += max(beta, 1 / n) * (happened - probability)
        if happened:
            n_demands += 1
            size += max(alpha, 1 / n_demands) * (value - size)
    return size, probability, sum(squares) / max(len(squares), 1)


def plain_croston(values: Iterable[float], alpha: float) -> tuple[float, float, float]:
    size, interval, squares, n, n_demands, gap = 0.0, 1.0, [], 0, 0, 0
    for value in values:
        if math.isnan(value):
            continue
        if n:
            squares.append((value - size / interval * (1 - alpha / 2)) ** 2)
        n += 1
        gap += 1
        if value > 0:
            n_demands += 1
            gain = max(alpha, 1 / n_demands)
            size += gain * (value - size)
            interval = gap if n_demands == 1 else interval + gain * (gap - interval)
            gap = 0
    return size, interval, sum(squares) / max(len(squares), 1)


def test_simple_smoothing_takes_the_constant_of_least_error() -> None:
    y = a_panel()
    level, alpha, mse = kernels.simple_smoothing(y, np.array(ALPHAS))
    for i, row in enumerate(y.tolist()):
        tried = [(plain_simple(row, a)[1], plain_simple(row, a)[0], a) for a in ALPHAS]
        best = min(tried, key=lambda one: one[0])
        np.testing.assert_allclose([mse[i], level[i], alpha[i]], best, rtol=1e-5)


def test_damped_trend_equals_the_plain_recursion() -> None:
    y = a_panel(1)
    level, trend, mse = kernels.trend_smoothing(y, np.array([0.2]), np.array([0.1]), 0.9)
    for i, row in enumerate(y.tolist()):
        expected = plain_trend(row, 0.2, 0.1, 0.9)
        np.testing.assert_allclose([level[i], trend[i], mse[i]], expected, rtol=1e-4, atol=1e-5)


def test_tsb_takes_the_constants_of_least_error() -> None:
    y = a_panel(2)
    size, probability, mse = kernels.tsb(y, np.array(ALPHAS), np.array(BETAS))
    for i, row in enumerate(y.tolist()):
        tried = [plain_tsb(row, a, b) for a in ALPHAS for b in BETAS]
        best = min(tried, key=lambda one: one[2])
        np.testing.assert_allclose([size[i], probability[i], mse[i]], best, rtol=1e-5, atol=1e-6)


def test_croston_equals_the_plain_recursion() -> None:
    y = a_panel(3)
    size, interval, _, mse = kernels.croston(y, np.array([0.1]))
    for i, row in enumerate(y.tolist()):
        expected = plain_croston(row, 0.1)
        np.testing.assert_allclose([size[i], interval[i], mse[i]], expected, rtol=1e-5)


@settings(max_examples=40, deadline=None)
@given(arrays(np.float32, (1, 12), elements=st.sampled_from([0.0, 1.0, 2.0, 7.0, math.nan])))
def test_unknown_periods_leave_tsb_as_if_they_had_not_been(y: np.ndarray) -> None:
    known = y[:, np.isfinite(y[0])]
    constants = np.array([0.1]), np.array([0.1])
    for with_gaps, without in zip(
        kernels.tsb(y, *constants), kernels.tsb(known, *constants), strict=True
    ):
        np.testing.assert_array_equal(with_gaps, without)


def test_seasonal_smoothing_learns_a_weekly_pattern_exactly_when_there_is_no_noise() -> None:
    pattern = np.array([1, 2, 3, 4, 5, 6, 14], np.float32)
    y = np.tile(pattern, (2, 20))
    level, states, _ = kernels.seasonal_smoothing(y, 7, np.array([0.1]), np.array([0.2]))
    np.testing.assert_allclose(level[:, None] + states, np.tile(pattern, (2, 1)), atol=0.5)


@pytest.mark.parametrize(
    ("mean", "ratio"), [(0.3, 1.0), (0.3, 4.0), (6.0, 1.0), (6.0, 3.0), (40, 2)]
)
def test_count_paths_follow_the_negative_binomial(mean: float, ratio: float) -> None:
    from scipy import stats

    drawn = kernels.count_paths(
        np.array([[mean]], np.float32),
        np.array([ratio], np.float32),
        np.array([True]),
        np.array([0]),
        40_000,
        np.uint64(5),
    ).ravel()
    r = mean / (ratio - 1) if ratio > 1 else None
    law = stats.nbinom(r, 1 / ratio) if r else stats.poisson(mean)
    for k in range(int(mean + 4 * math.sqrt(ratio * mean))):
        assert abs((drawn <= k).mean() - law.cdf(k)) < 0.012


@pytest.mark.parametrize("mean", [200.0, 5000.0])
def test_large_counts_keep_mean_and_variance(mean: float) -> None:
    drawn = kernels.count_paths(
        np.array([[mean]], np.float32),
        np.array([3.0], np.float32),
        np.array([True]),
        np.array([0]),
        40_000,
        np.uint64(6),
    )
    assert abs(drawn.mean() / mean - 1) < 0.01
    assert abs(drawn.var() / (3 * mean) - 1) < 0.05
    assert (drawn == np.rint(drawn)).all()


def test_streams_of_neighbouring_rows_and_seeds_are_not_alike() -> None:
    mean = np.full((50, 1), 10, np.float32)
    ones, yes = np.ones(50, np.float32), np.ones(50, bool)
    draws = [
        kernels.count_paths(mean, ones, yes, np.arange(50), 400, np.uint64(seed))[:, :, 0]
        for seed in (1, 2)
    ]
    correlation = np.corrcoef(np.concatenate(draws))
    off_diagonal = correlation[~np.eye(100, dtype=bool)]
    assert np.abs(off_diagonal).max() < 0.25  # 5 standard errors of 1 / sqrt(400)


def test_rounding_at_random_keeps_the_mean_and_gives_whole_units() -> None:
    values = np.full((2, 20_000, 1), 0.3, np.float32)
    rounded = kernels.round_at_random(values, np.array([True, False]), np.arange(2), np.uint64(1))
    assert set(np.unique(rounded[0])) == {0.0, 1.0}
    assert abs(rounded[0].mean() - 0.3) < 0.02
    np.testing.assert_array_equal(rounded[1], values[1])
