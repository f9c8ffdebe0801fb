"""Trees that learn once: the same forecast where they learned, a fresh look later, never ahead."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.errors import HistoryError
from onhand.forecast import MovingAverage
from onhand.forecast.boosted import Boosted, Trees
from onhand.forecast.steered import Steered

SMALL = Boosted(horizon=4, trees=Trees(n_trees=8), n_rows=2_000, n_error_origins=0)


def _shop(n_periods: int = 70) -> DemandHistory:
    rng = np.random.default_rng(3)
    sales = rng.poisson(rng.uniform(1, 9, (20, 1)), (20, n_periods)).astype(np.float32)
    panel = Panel.of(sales, frequency=Frequency.WEEK)
    return DemandHistory(panel, sales, np.zeros(sales.shape, bool))


def test_at_the_origin_of_its_learning_it_says_what_a_fit_says() -> None:
    """Learning once and fitting are the same trees."""
    shop = _shop()
    np.testing.assert_array_equal(SMALL.learn(shop).fit(shop).mean(4), SMALL.fit(shop).mean(4))


def test_later_it_sees_what_happened_since() -> None:
    """The trees stay, the features move: a jump in demand moves the forecast."""
    shop = _shop()
    learned = SMALL.learn(shop.until(60))
    jumped = shop.values.copy()
    jumped[:, 60:] *= 10
    after = DemandHistory(Panel.of(jumped, frequency=Frequency.WEEK), jumped, shop.is_censored)
    assert learned.fit(after).mean(1).sum() > 2 * learned.fit(shop).mean(1).sum()


def test_it_refuses_an_origin_before_its_learning() -> None:
    """Trees that have seen week 70 may not forecast week 61."""
    with pytest.raises(HistoryError, match="would know what comes"):
        SMALL.learn(_shop()).fit(_shop().until(60))


def test_steered_reuses_what_the_dear_one_learned() -> None:
    """The mean is half of the average's, made anew, and half of the trees'."""
    shop = _shop()
    steered = Steered(MovingAverage(8), SMALL).learn(shop.until(60)).fit(shop)
    trees = SMALL.learn(shop.until(60)).fit(shop).mean(4)
    expected = 0.5 * MovingAverage(8).fit(shop).mean(4) + 0.5 * trees
    np.testing.assert_allclose(steered.mean(4), expected, rtol=1e-6)
    paths = steered.paths(4, 400, rng=np.random.default_rng(0)).values.mean(axis=1)
    assert np.abs(paths.sum() / expected.sum() - 1) < 0.05


@pytest.mark.filterwarnings("ignore:covariate 'activity' ends:onhand.errors.OnhandWarning")
def test_a_calendar_may_end_sooner_at_a_later_origin() -> None:
    """Planned days that reached far enough when it learned, and no longer do: unknown, not a crash."""
    rng = np.random.default_rng(0)
    planned = {"activity": rng.integers(0, 2, (20, 61)).astype(np.float32)}
    panel = Panel.of(rng.poisson(4, (20, 60)), known=planned)
    learned = SMALL.learn(believe(panel.until(45)))
    assert np.isfinite(learned.fit(believe(panel.until(58))).mean(4)).all()
