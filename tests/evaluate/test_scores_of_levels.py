"""The M5 scores, against the sums of their definitions written out."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.evaluate.scores import M5_QUANTILES, wrmsse, wspl

RNG = np.random.default_rng(5)
HISTORY = RNG.poisson(3, (4, 20)).astype(float) + 1
ACTUAL = RNG.poisson(3, (4, 6)).astype(float)
SAMPLES = RNG.poisson(4, (4, 50, 6)).astype(float)
REVENUE = np.array([5.0, 1.0, 2.0, 2.0])
LEVELS = [[0, 0, 0, 0], ["a", "b", "a", "b"], [0, 1, 2, 3]]


def members(labels: list[object]) -> list[list[int]]:
    """Row numbers of each group."""
    return [[i for i, x in enumerate(labels) if x == name] for name in sorted(set(labels), key=str)]


def plain_wspl() -> float:
    """Mean over levels of the revenue-weighted mean over groups of the mean over quantiles."""
    levels = []
    for labels in LEVELS:
        score = 0.0
        for group in members(list(labels)):
            past, y = HISTORY[group].sum(axis=0), ACTUAL[group].sum(axis=0)
            scale = np.abs(np.diff(past)).mean()
            losses = []
            for u in M5_QUANTILES:
                q = np.quantile(SAMPLES[group].sum(axis=0), u, axis=0)
                losses.append(
                    np.mean(
                        [
                            u * (a - b) if a >= b else (1 - u) * (b - a)
                            for a, b in zip(y, q, strict=True)
                        ]
                    )
                    / scale
                )
            score += REVENUE[group].sum() / REVENUE.sum() * np.mean(losses)
        levels.append(score)
    return float(np.mean(levels))


def plain_wrmsse(forecast: np.ndarray) -> float:
    """The same with the root of the mean squared error over that of the steps of the history."""
    levels = []
    for labels in LEVELS:
        score = 0.0
        for group in members(list(labels)):
            past = HISTORY[group].sum(axis=0)
            error = ACTUAL[group].sum(axis=0) - forecast[group].sum(axis=0)
            scale = np.mean(np.diff(past) ** 2)
            score += REVENUE[group].sum() / REVENUE.sum() * np.sqrt(np.mean(error**2) / scale)
        levels.append(score)
    return float(np.mean(levels))


def test_wspl_is_a_mean_over_levels_and_quantiles() -> None:
    """With nine quantiles and three levels, as in the competition."""
    assert wspl(ACTUAL, SAMPLES, HISTORY, REVENUE, LEVELS) == pytest.approx(plain_wspl())


def test_wrmsse_is_a_mean_over_levels() -> None:
    """Weights are shares of revenue within a level; levels count the same."""
    forecast = SAMPLES.mean(axis=1)
    assert wrmsse(ACTUAL, forecast, HISTORY, REVENUE, LEVELS) == pytest.approx(
        plain_wrmsse(forecast)
    )
