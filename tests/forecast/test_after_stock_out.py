"""After stock-outs: is the forecast drawn to what returns were like, and only there?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand.believe import believe
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast import MovingAverage
from onhand.forecast.after_stock_out import AfterStockOut
from onhand.forecast.forecaster import FittedForecaster

PLAIN = MovingAverage(13)


def a_shop(share_on_return: float, n_periods: int = 104, seed: int = 0) -> DemandHistory:
    """60 stock points; half of them run out for two weeks now and then, the first ten of them now.

    The first week back sells `share_on_return` of the usual 20.
    """
    rng = np.random.default_rng(seed)
    is_out = np.zeros((60, n_periods), bool)
    for row in range(30):
        for start in rng.integers(5, n_periods - 6, 6):
            is_out[row, start : start + 2] = True
    is_out[:10, -2:] = True
    is_back = ~is_out & np.roll(is_out, 1, axis=1)
    rate = np.where(is_out, 0, np.where(is_back, 20 * share_on_return, 20))
    panel = Panel.of(rng.poisson(rate), in_stock=~is_out, frequency=Frequency.WEEK)
    return believe(panel)


@pytest.mark.parametrize("share", [0.6, 1.0])
def test_the_week_of_return_is_learned_and_what_is_in_stock_is_left_alone(share: float) -> None:
    history = a_shop(share)
    plain, fitted = PLAIN.fit(history).mean(6), AfterStockOut(PLAIN).fit(history).mean(6)
    np.testing.assert_array_equal(fitted[10:], plain[10:])
    np.testing.assert_array_equal(fitted[:, 4:], plain[:, 4:])
    first = fitted[:10, 0] / plain[:10, 0]
    # The next week is surely the first back, the one after may be: they share one coefficient.
    assert first.mean() == pytest.approx({0.6: 0.75, 1.0: 1.0}[share], abs=0.1)


def test_paths_are_stretched_like_the_mean() -> None:
    fitted = AfterStockOut(PLAIN).fit(a_shop(0.5))
    paths = fitted.paths(3, 3000, rng=np.random.default_rng(0)).values
    np.testing.assert_allclose(paths.mean(axis=1), fitted.mean(3), rtol=0.05)


def test_without_stock_outs_the_forecaster_itself_is_returned() -> None:
    history = believe(Panel.of(np.full((5, 60), 3.0), frequency=Frequency.WEEK))
    assert type(AfterStockOut(PLAIN).fit(history)) is type(PLAIN.fit(history))


@dataclass(frozen=True)
class Dear:
    """A forecaster that notes from how much history it learned, and when it was trained."""

    learned: list[int] = field(default_factory=list)
    name: str = "dear"

    def fit(self, history: DemandHistory) -> FittedForecaster:
        return PLAIN.fit(history)

    def learn(self, history: DemandHistory) -> MovingAverage:
        self.learned.append(history.n_periods)
        return PLAIN


def test_a_dear_forecaster_learns_once_before_the_first_origin_it_is_asked_at() -> None:
    dear = Dear()
    AfterStockOut(PLAIN, scout=dear, n_origins=30).fit(a_shop(0.8))
    assert dear.learned == [104 - 30]


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match="n_origins"):
        AfterStockOut(PLAIN, n_origins=0)
    with pytest.raises(ConfigError, match="penalty"):
        AfterStockOut(PLAIN, penalty=0.0)
