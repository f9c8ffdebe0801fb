"""Widened: do intervals grow where what came lay beyond them too often, and only there?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand.believe import believe
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.evaluate.calibration import pit_bounds, pit_coverage
from onhand.forecast.forecaster import FittedForecaster
from onhand.forecast.paths import DemandPaths
from onhand.forecast.widened import Widened, shares_beyond, spread_apart


@dataclass(frozen=True)
class Believer:
    """Says that demand is normal around 100 with a deviation of `deviation`, whatever was seen."""

    deviation: float
    seen: list[int] = field(default_factory=list)
    name: str = "believer"

    def fit(self, history: DemandHistory) -> FittedForecaster:
        self.seen.append(history.n_periods)
        return _Believing(history.panel, self.deviation)


@dataclass(frozen=True)
class _Believing:
    panel: Panel
    deviation: float

    def mean(self, horizon: int) -> np.ndarray:
        return np.full((self.panel.n_series, horizon), 100, np.float32)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        whole = rng.normal(100, self.deviation, (self.panel.n_series, n_samples, horizon))
        panel = self.panel.rows(np.arange(self.panel.n_series)[rows])
        values = whole[rows].astype(np.float32)
        return DemandPaths(values, panel.items, panel.locations, panel.future_dates(horizon))


def a_shop(deviation: float, n_periods: int = 46) -> Panel:
    """300 stock points that sell 100 a week, give or take `deviation`."""
    values = np.random.default_rng(3).normal(100, deviation, (300, n_periods))
    return Panel.of(values, frequency=Frequency.WEEK)


def test_intervals_a_third_too_narrow_are_widened_until_they_cover() -> None:
    panel = a_shop(12)
    history = believe(panel.until(40))
    fitted = Widened(Believer(9), horizon=6, doubt=0).fit(history)
    np.testing.assert_allclose(fitted.above[:2], 12 / 9, rtol=0.06)
    np.testing.assert_allclose(fitted.below[:2], 12 / 9, rtol=0.06)
    paths = fitted.paths(6, 400, rng=np.random.default_rng(0)).values
    low, high = pit_bounds(panel.sales[:, 40:], paths)
    assert pit_coverage(low, high, 0.05, 0.95) == pytest.approx(0.9, abs=0.02)


def test_the_more_doubt_the_less_is_moved_and_what_covers_is_left_alone() -> None:
    history = believe(a_shop(12))
    bold, shy = (Widened(Believer(9), horizon=6, doubt=d).fit(history) for d in (0, 20))
    assert (bold.above > shy.above).all()
    assert (shy.above > 1).all()
    wide = Widened(Believer(20), horizon=6).fit(history)
    np.testing.assert_array_equal(wide.above, 1)
    np.testing.assert_array_equal(wide.mean(6), 100)


def test_only_the_side_that_is_exceeded_is_moved_and_the_mean_goes_with_it() -> None:
    values = 100 + np.random.default_rng(4).exponential(12, (300, 40)) - 4  # low is never far
    fitted = Widened(Believer(9), horizon=6).fit(believe(Panel.of(values)))
    assert (fitted.above > 1.15).all()
    np.testing.assert_array_equal(fitted.below, 1)
    paths = fitted.paths(6, 2000, rng=np.random.default_rng(0)).values
    np.testing.assert_allclose(fitted.mean(6).mean(axis=0), paths.mean(axis=(0, 1)), rtol=0.01)


def test_every_origin_knows_only_what_came_before_it() -> None:
    believer = Believer(9)
    Widened(believer, horizon=12, n_origins=3).fit(believe(a_shop(12, 40)))
    assert believer.seen == [35, 37, 39, 40]


def test_stock_points_without_a_past_and_empty_shelves_teach_nothing() -> None:
    wild = a_shop(60).sales
    in_stock = np.ones(wild.shape)
    in_stock[:, 30:] = 0.5  # censored: a guess is not compared with a guess
    fitted = Widened(Believer(9), horizon=6, n_origins=3).fit(
        believe(Panel.of(wild, in_stock=in_stock, frequency=Frequency.WEEK))
    )
    np.testing.assert_array_equal(fitted.above, 1)


def test_counts_stay_counts_and_are_moved_by_what_is_asked_on_average() -> None:
    paths = np.random.default_rng(0).poisson(4, (50, 400, 2)).astype(np.float32)
    factor = np.full(2, 1.3, np.float32)
    moved = spread_apart(paths, factor, np.ones(2, np.float32), np.ones(50, bool), np.arange(50))
    assert (moved == np.round(moved)).all()
    middle = np.median(paths, axis=1, keepdims=True)
    wanted = 0.3 * np.maximum(paths - middle, 0).mean()
    assert (moved - paths).mean() == pytest.approx(wanted, rel=0.02)


def test_a_value_that_ties_with_paths_is_shared_out() -> None:
    told = np.zeros((1, 99, 1), np.float32)
    upper, lower = shares_beyond(np.zeros((1, 1)), told, 0.05)
    assert (upper[0, 0], lower[0, 0]) == pytest.approx((0.05, 0.05))


@pytest.mark.parametrize(
    "wrong", [{"n_origins": 0}, {"level": 1.0}, {"doubt": -1.0}, {"horizon": 0}, {"n_series": 0}]
)
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Widened(Believer(9), **wrong)
