"""Past errors become the spread: calibrated, joint in time and across the shop, and honest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from onhand.data.panel import Panel
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.evaluate.calibration import pit_bounds, pit_coverage
from onhand.forecast import TSB, Bootstrap, Calibrated, MovingAverage
from onhand.forecast.calibrated import earlier_origins, error_library, reliability


def history_of(values: np.ndarray, is_censored: np.ndarray | None = None) -> DemandHistory:
    array = np.asarray(values, np.float32)
    nothing = np.zeros(array.shape, bool) if is_censored is None else is_censored
    return DemandHistory(Panel.of(array), array, nothing)


@dataclass(frozen=True)
class Always:
    """A forecaster that says `level` whatever it sees."""

    level: float

    @property
    def name(self) -> str:
        return "always"

    def fit(self, history: DemandHistory) -> FittedAlways:
        return FittedAlways(self.level, history.n_series)


@dataclass(frozen=True)
class FittedAlways:
    """Has no paths: calibration uses nothing but the mean."""

    level: float
    n_series: int

    def mean(self, horizon: int) -> np.ndarray:
        return np.full((self.n_series, horizon), self.level, np.float32)


def paths_of(
    forecaster: Calibrated, history: DemandHistory, horizon: int, n: int = 400
) -> np.ndarray:
    return forecaster.fit(history).paths(horizon, n, rng=np.random.default_rng(0)).values


def test_nine_of_ten_periods_fall_within_the_nominal_90_percent() -> None:
    rng = np.random.default_rng(0)
    level = rng.gamma(1, 4, (300, 1))
    demand = rng.negative_binomial(2, 2 / (2 + level), (300, 150)).astype(np.float32)
    paths = paths_of(Calibrated(MovingAverage(28)), history_of(demand[:, :136]), 14, n=200)
    low, high = pit_bounds(demand[:, 136:], paths)
    assert abs(pit_coverage(low, high, 0.05, 0.95) - 0.9) < 0.025
    assert abs(pit_coverage(low, high, 0.25, 0.75) - 0.5) < 0.03


def test_errors_that_last_make_sums_as_wide_as_they_are() -> None:
    # Demand is 10 or 30 for a whole block of 14 days: a day tells the next, so the sum over a
    # week has seven times the spread of a day, where independent days would have 2.6 times.
    rng = np.random.default_rng(1)
    demand = np.repeat(rng.choice([10.0, 30.0], (200, 20)), 14, axis=1)
    values = paths_of(
        Calibrated(Always(20), horizon=7, stride=14, n_origins=8), history_of(demand), 7
    )
    ratio = values.sum(axis=2).std(axis=1).mean() / values[:, :, 0].std(axis=1).mean()
    assert 6 < ratio < 7.5


def test_what_hits_the_whole_shop_together_stays_together() -> None:
    rng = np.random.default_rng(2)
    shock = np.repeat(rng.choice([0.5, 1.5], 12), 14)  # good and bad fortnights, for everybody
    demand = rng.poisson(20 * shock, (100, 168))
    values = paths_of(
        Calibrated(Always(20), horizon=14, stride=14, n_origins=9), history_of(demand), 7
    )
    total = values.sum(axis=(0, 2))  # the shop's week in every world
    assert total.std() / total.mean() > 0.3


def test_a_bias_that_came_every_time_is_corrected_and_one_that_came_and_went_is_not() -> None:
    rng = np.random.default_rng(3)
    steady = rng.poisson(12, (80, 200))
    fitted = Calibrated(Always(10)).fit(history_of(steady))
    assert abs(fitted.mean(7).mean() - 12) < 0.2
    changing = rng.poisson(np.repeat(np.tile([8, 12], 8), 14)[:200], (80, 200))
    fitted = Calibrated(Always(10), stride=14, horizon=14, n_origins=10).fit(history_of(changing))
    assert abs(fitted.mean(7).mean() - 10) < 0.3


def test_the_share_of_bias_correction_can_be_given() -> None:
    history = history_of(np.random.default_rng(4).poisson(30, (60, 200)))
    for share, expected in [(0.0, 20), (0.5, 25), (1.0, 30)]:
        mean = Calibrated(Always(20), bias_correction=share).fit(history).mean(5).mean()
        assert abs(mean - expected) < 0.4


def test_the_told_mean_is_the_mean_of_the_paths() -> None:
    rng = np.random.default_rng(5)
    history = history_of(rng.negative_binomial(1, 0.3, (40, 120)))
    fitted = Calibrated(TSB()).fit(history)
    drawn = fitted.paths(7, 4800, rng=rng).mean()
    np.testing.assert_allclose(drawn, fitted.mean(7), rtol=0.15, atol=0.02)
    assert abs(drawn.mean() / fitted.mean(7).mean() - 1) < 0.01


def test_censored_periods_lend_no_errors() -> None:
    rng = np.random.default_rng(6)
    demand = rng.poisson(10, (50, 120)).astype(np.float32)
    is_censored = rng.random(demand.shape) < 0.4
    spoilt = np.where(is_censored, 500, demand)
    clean = Calibrated(Always(10)).fit(history_of(spoilt, is_censored))
    assert clean.mean(7).max() < 11
    assert Calibrated(Always(10)).fit(history_of(spoilt)).mean(7).min() > 50


def test_big_sellers_and_small_ones_do_not_lend_to_each_other() -> None:
    rng = np.random.default_rng(7)
    demand = np.vstack([rng.poisson(1, (60, 120)), rng.poisson(400, (60, 120))])
    values = paths_of(Calibrated(MovingAverage(28)), history_of(demand), 3)
    assert np.quantile(values[:60], 0.999) < 10
    assert np.quantile(values[60:], 0.001) > 300


def test_without_any_past_to_learn_from_the_paths_are_the_point_forecast() -> None:
    history = history_of(np.array([[7.0]]))
    assert (paths_of(Calibrated(MovingAverage(3)), history, 4) == 7).all()
    unknown = history_of(np.full((2, 40), np.nan))
    assert (paths_of(Calibrated(MovingAverage(3)), unknown, 4) == 0).all()


def test_paths_longer_than_the_error_trajectories_chain_them() -> None:
    history = history_of(np.random.default_rng(8).poisson(9, (30, 100)))
    values = paths_of(Calibrated(MovingAverage(14), horizon=5), history, 23)
    assert values.shape == (30, 400, 23)
    assert abs(values[:, :, 20:].std() / values[:, :, :5].std() - 1) < 0.1


def test_origins_leave_enough_past_and_some_future() -> None:
    for n_periods in range(1, 60):
        for origin in earlier_origins(n_periods, horizon=13, stride=None, n_origins=12):
            assert max(1, n_periods // 4) <= origin < n_periods


def test_a_bias_is_reliable_when_it_agreed_with_itself() -> None:
    assert reliability(np.array([0.2, 0.21, 0.19, 0.2])) > 0.95
    assert reliability(np.array([0.3, -0.2, 0.25, -0.3])) < 0.05
    assert reliability(np.array([0.2])) == 0


def test_an_error_library_can_be_made_from_forecasts_of_ones_own() -> None:
    rng = np.random.default_rng(9)
    history = history_of(rng.poisson(10, (40, 60)))
    point = Always(10).fit(history)
    earlier = {o: point.mean(7) for o in (40, 46, 53, 58)}  # the last one sees only two days
    fitted = error_library(history, point, earlier)
    spread = fitted.paths(7, 500, rng=rng).values.std(axis=1).mean()
    assert 2.5 < spread < 3.8  # Poisson: the square root of 10


@pytest.mark.parametrize("setting", [{"n_origins": 0}, {"power": 1.5}, {"bias_correction": -0.1}])
def test_settings_out_of_range_are_refused(setting: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(setting))):
        Calibrated(TSB(), **setting)  # type: ignore[arg-type]


def test_a_bootstrap_keeps_periods_that_follow_each_other_together() -> None:
    history = history_of(np.tile([0, 0, 0, 12], (1, 30)))
    values = Bootstrap(block=4).fit(history).paths(4, 300, rng=np.random.default_rng(0)).values
    assert (values.sum(axis=2) == 12).all()
