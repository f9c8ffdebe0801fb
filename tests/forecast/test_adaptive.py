"""Several speeds of learning: the one that foresaw best has the say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.data.panel import Frequency, Panel
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.adaptive import Adaptive
from onhand.forecast.adaptive_kernel import follow


def history_of(values: Any) -> DemandHistory:
    array = np.atleast_2d(np.asarray(values, np.float32))
    panel = Panel.of(array, frequency=Frequency.WEEK)
    return DemandHistory(panel, array, np.zeros(array.shape, bool))


def plainly(y: np.ndarray, speed: float, pull: float) -> tuple[float, float, float]:
    """One expert's level, error scale and log score over one series, written as in the docstring."""
    known = [float(v) for v in y if not np.isnan(v)]
    level = known[0]
    squares, weight, score = 0.0, 0.0, 0.0
    for i, value in enumerate(known[1:], start=1):
        expected = level + pull * (np.mean(known[:i]) - level)
        error = value - expected
        sd = math.sqrt((squares + 2 * (0.35 * max(level, 1)) ** 2) / (weight + 2))
        score = 0.97 * score - math.log(sd) - 3.5 * math.log1p((error / sd) ** 2 / 6)
        squares, weight = 0.9 * squares + error**2, 0.9 * weight + 1
        level = max(0.0, expected + max(speed, 1 / (i + 1)) * error)
    sd = math.sqrt((squares + 2 * (0.35 * max(level, 1)) ** 2) / (weight + 2))
    return level, sd, score


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_compiled_loop_does_what_the_plain_one_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.poisson(9, (3, 25)).astype(float)
    y[rng.random(y.shape) < 0.2] = np.nan
    y[:, 0] = 5.0
    speeds, pulls = np.array([0.1, 0.6]), np.array([0.0, 0.1])
    level, scale, score, centre = follow(y, speeds, pulls, 0.9, 0.97, 0.35, 2.0, 6.0)
    for row in range(3):
        assert centre[row] == pytest.approx(np.nanmean(y[row]))
        for m in range(2):
            told = level[row, m], scale[row, m], score[row, m]
            assert told == pytest.approx(plainly(y[row], speeds[m], pulls[m]))


def test_slow_experts_win_where_demand_is_steady_and_fast_ones_after_a_walk() -> None:
    rng = np.random.default_rng(2)
    steady = rng.normal(100, 20, (20, 60)).clip(0)
    walking = np.exp(np.cumsum(rng.normal(0, 0.35, (20, 60)), axis=1)) * 200
    fitted = Adaptive(returning_speeds=()).fit(history_of(np.concatenate([steady, walking])))
    speed = fitted.weights @ fitted.speeds
    assert speed[:20].mean() < 0.2
    assert speed[20:].mean() > 0.4


def test_five_periods_are_enough_and_a_jump_is_followed_within_a_few() -> None:
    short = Adaptive().fit(history_of([[100, 92, 110, 97, 101]]))
    assert short.mean(1)[0, 0] == pytest.approx(100, rel=0.05)
    jumped = Adaptive().fit(history_of([[100.0] * 20 + [300.0] * 4]))
    assert jumped.mean(1)[0, 0] > 250


def test_experts_that_return_expect_the_long_run_in_the_long_run() -> None:
    """A burst at the end: the forecast sinks towards the mean of all that was seen."""
    only_returning = Adaptive(speeds=(), returning_speeds=(0.8,), pull=0.2)
    fitted = only_returning.fit(history_of([[10.0] * 30 + [90.0] * 3]))
    mean = fitted.mean(60)[0]
    assert mean[0] > 40
    assert (np.diff(mean) <= 0).all()
    assert mean[-1] == pytest.approx(fitted.centre[0], rel=0.01)


def test_worlds_part_sooner_where_demand_has_been_moving() -> None:
    """The width of the sum of five periods, against five independent ones: 1 if no world leans."""
    rng = np.random.default_rng(3)
    steady = rng.normal(100, 20, (30, 60)).clip(0)
    walking = 100 * np.exp(np.cumsum(rng.normal(0, 0.25, (30, 60)), axis=1))

    def growth(y: np.ndarray) -> float:
        paths = Adaptive().fit(history_of(y)).paths(5, 500, rng=np.random.default_rng(0))
        one, five = paths.total(0, 1).std(axis=1), paths.total(0, 5).std(axis=1)
        return float(np.median(five / (math.sqrt(5) * one)))

    assert growth(steady) < 2 < 2.5 < growth(walking)


def test_a_drift_widens_the_far_future_and_leaves_the_mean() -> None:
    y = history_of([100 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.25, 60)))])
    straight, leaning = Adaptive(drift=0.0).fit(y), Adaptive(drift=0.3).fit(y)
    assert np.array_equal(straight.mean(6), leaning.mean(6))
    a = straight.paths(6, 8000, rng=np.random.default_rng(0)).values[0, :, 5]
    b = leaning.paths(6, 8000, rng=np.random.default_rng(0)).values[0, :, 5]
    assert b.std() > 1.2 * a.std()
    assert b.mean() == pytest.approx(leaning.mean(6)[0, 5], rel=0.1)


def test_most_of_what_comes_was_thought_possible() -> None:
    """80 % of the periods of steady demand fall between the 10 % and the 90 % quantile."""
    rng = np.random.default_rng(7)
    y = rng.gamma(16, 100 / 16, (300, 31))
    paths = Adaptive().fit(history_of(y[:, :30])).paths(1, 400, rng=rng)
    low, high = paths.quantile(np.array([0.1, 0.9]))[:, :, 0]
    inside = ((low <= y[:, 30]) & (y[:, 30] <= high)).mean()
    assert 0.74 < inside < 0.88


def test_whole_units_stay_whole_and_half_a_unit_stays_half_on_average() -> None:
    rare = np.tile([0.0, 1.0], 30)
    fitted = Adaptive().fit(history_of([rare]))
    values = fitted.paths(4, 6000, rng=np.random.default_rng(0)).values
    assert (values == np.rint(values)).all()
    assert values.mean() == pytest.approx(fitted.mean(4).mean(), rel=0.05)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"speeds": (), "returning_speeds": ()}, "at least one speed"),
        ({"speeds": (1.5,)}, "a speed is 1.5"),
        ({"pull": -0.1}, "pull is -0.1"),
        ({"even_share": 2}, "even_share is 2"),
        ({"drift": float("nan")}, "drift is nan"),
    ],
)
def test_nonsense_is_refused(numbers: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Adaptive(**numbers)
