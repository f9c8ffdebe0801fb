"""Is a season that was seen once told apart from growth, and from a step of the level?"""

from __future__ import annotations

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand.believe import believe
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast import MovingAverage, default_forecaster
from onhand.forecast.season_and_level import season_and_level
from onhand.forecast.steadied import Steadied, movement_of

WEEKS = np.arange(120)
GROWING = 1 + WEEKS / 104  # by a half in a year
STEP = np.where(WEEKS >= 44, 2.0, 1.0)
FALLING = 1 - WEEKS / 170
STEEP = 1 + WEEKS / 20
YEAR = 1 + 0.4 * np.sin(2 * np.pi * WEEKS / 52)


def shop(rate: np.ndarray, n_weeks: int) -> tuple[DemandHistory, float]:
    """Twenty items, and what all of them will sell in the six weeks after the history."""
    rng = np.random.default_rng(0)
    level = np.exp(rng.normal(2, 0.7, 20))
    dates = np.datetime64("2023-01-02") + 7 * np.arange(n_weeks)
    sales = rng.poisson(level[:, None] * rate)[:, :n_weeks]
    history = believe(Panel.of(sales, dates=dates, frequency=Frequency.WEEK))
    return history, float(level.sum() * rate[n_weeks : n_weeks + 6].sum())


@pytest.mark.parametrize("rate", [GROWING, STEP, FALLING, STEEP])
@pytest.mark.parametrize("n_weeks", [52, 53, 60, 80])
def test_the_default_does_not_fall_off_its_level_when_a_year_is_over(
    rate: np.ndarray, n_weeks: int
) -> None:
    history, truth = shop(rate, n_weeks)
    told = default_forecaster(Frequency.WEEK).fit(history).mean(6).sum()
    assert 0.8 < told / truth < 1.25


def test_a_year_that_closes_is_a_season() -> None:
    """The level stays, and the factors are those of the year, a little drawn to 1."""
    factors, level = season_and_level(YEAR[:56], WEEKS[:56] % 52, 52)
    np.testing.assert_allclose(level, 1, atol=0.1)
    np.testing.assert_allclose(factors[:52], YEAR[:52], atol=0.12)


def test_most_of_a_step_is_no_season() -> None:
    """The second January is as high as December was: were it a season, factors went up to 1.7."""
    factors, level = season_and_level(STEP[:56], WEEKS[:56] % 52, 52)
    assert level[0] < 0.6
    assert factors.max() < 1.4


def test_unknown_periods_and_silence_say_nothing() -> None:
    """A missing week is filled by its neighbours; of a shop that never sold nothing is claimed."""
    holes = YEAR[:56].copy()
    holes[20:23] = np.nan
    factors, _ = season_and_level(holes, WEEKS[:56] % 52, 52)
    np.testing.assert_allclose(factors[:52], YEAR[:52], atol=0.12)
    for nothing in (np.zeros(56), np.full(56, np.nan)):
        factors, level = season_and_level(nothing, WEEKS[:56] % 52, 52)
        assert (factors == 1).all()
        assert (level == 1).all()


def test_steadying_fades_out_and_does_not_stop_at_once() -> None:
    """A quarter after the year half of the movement, as a power, is still taken out."""
    history, _ = shop(STEP, 65)
    point = Steadied(MovingAverage(8), fading=0.5)
    movement = movement_of(history, np.zeros(20, np.int64))
    np.testing.assert_allclose(
        point.steady(history).values, history.values / movement**0.5, rtol=1e-5
    )
    late, _ = shop(STEP, 78)
    assert point.steady(late) is late


def test_fading_below_zero_is_refused() -> None:
    with pytest.raises(ConfigError, match="fading is -1"):
        Steadied(MovingAverage(8), fading=-1)
