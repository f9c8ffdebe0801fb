"""Is the item's own width drawn jointly, so that sums over weeks and items are as wide as they should be?"""

from __future__ import annotations

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.forecast.averages import MovingAverage
from onhand.forecast.default import default_forecaster
from onhand.forecast.own_spread import OwnSpread, variance_ratios
from onhand.forecast.responsive import Responsive

N, T, H = 150, 110, 9


def drifting_shop() -> tuple[DemandHistory, np.ndarray]:
    """The level of the shop and of each item wander, so the errors of later weeks go together."""
    rng = np.random.default_rng(0)
    shop = np.exp(np.cumsum(rng.normal(0, 0.03, (1, T + H)), axis=1))
    own = np.exp(np.cumsum(rng.normal(0, 0.10, (N, T + H)), axis=1))
    demand = rng.poisson(rng.gamma(2, 10, (N, 1)) * shop * own).astype(np.float32)
    return believe(Panel.of(demand[:, :T], frequency=Frequency.WEEK)), demand[:, T:]


def covered(paths: np.ndarray, later: np.ndarray) -> float:
    """Share of the items whose demand over all weeks lies within the middle 90 % of the worlds."""
    low, high = np.quantile(paths.sum(axis=2), [0.05, 0.95], axis=1)
    return float(np.mean((later.sum(axis=1) >= low) & (later.sum(axis=1) <= high)))


def test_sums_over_weeks_and_over_items_are_as_joint_as_the_paths_that_order_them() -> None:
    """The same draws with the worlds of each week shuffled would cover far too little."""
    history, later = drifting_shop()
    fitted = OwnSpread(default_forecaster(Frequency.WEEK)).fit(history)
    paths = fitted.paths(H, 200, rng=np.random.default_rng(1)).values
    alone = np.random.default_rng(2).permuted(paths, axis=1)
    assert covered(paths, later) > covered(alone, later) + 0.2
    first, fifth = paths[:, :, 0], paths[:, :, 4]
    together = np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(first, fifth, strict=True)])
    assert together > 0.2
    assert paths.sum(axis=(0, 2)).std() > 5 * alone.sum(axis=(0, 2)).std()


def test_each_period_keeps_its_own_mean_and_width() -> None:
    """Negative binomials around the forecaster's mean, whatever the width of its own paths."""
    history, _ = drifting_shop()
    fitted = OwnSpread(default_forecaster(Frequency.WEEK)).fit(history)
    paths = fitted.paths(2, 400, rng=np.random.default_rng(2)).values
    mean, ratio = fitted.mean(2), variance_ratios(history, 20.0)
    sure = mean[:, 0] > 5
    assert paths.mean(axis=1)[sure] == pytest.approx(mean[sure], rel=0.03)
    width = paths[sure].var(axis=1) / mean[sure]
    assert np.median(width / ratio[sure, None]) == pytest.approx(1.0, abs=0.05)


def test_what_planned_promotions_did_is_no_unrest_of_a_forecast_that_answers_to_them() -> None:
    """Steady items, three times as busy when promoted: an ordinary day varies like a Poisson one."""
    rng = np.random.default_rng(3)
    promotion = (rng.random((15, 220)) < 0.1).astype(np.float32)
    promotion[:, 200:] = 0
    sales = rng.poisson(10 * np.where(promotion[:, :200] > 0, 3, 1))
    history = believe(Panel.of(sales, known={"promotion": promotion}))
    told = [
        OwnSpread(Responsive(MovingAverage(28)), is_responsive=answers)
        .fit(history)
        .paths(5, 400, rng=np.random.default_rng(0))
        .values.std(axis=1)
        .mean()
        for answers in (True, False)
    ]
    assert told[0] < 1.2 * np.sqrt(10)
    assert told[1] > 1.5 * np.sqrt(10)
