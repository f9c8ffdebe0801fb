"""A forecast is the sum of its parts, and each part is found where it came from."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.forecast import (
    TSB,
    Calibrated,
    Forecaster,
    MovingAverage,
    Naive,
    Seasonalised,
    default_forecaster,
)
from onhand.forecast.align import Aligned
from onhand.forecast.boosted import Boosted, Member, Trees
from onhand.forecast.ending import Ending
from onhand.forecast.new_items import NewItems
from onhand.forecast.own_spread import OwnSpread
from onhand.forecast.parts import GROUPS, parts_of
from onhand.forecast.stacked import Stacked
from onhand.forecast.steered import Steered

SMALL = Boosted(
    horizon=4,
    members=(Member("tweedie", 1.0, 1), Member("l2", 1.0, 2)),
    trees=Trees(n_trees=30),
    n_rows=6_000,
    n_origins=60,
    n_error_origins=0,
)


def a_shop_with_prices(n: int = 30, t: int = 120) -> DemandHistory:
    """Weekly; a third off in every sixth week doubles demand; half of the shelves are often empty."""
    rng = np.random.default_rng(0)
    weeks = np.arange(t + 8)
    price = np.where((weeks[None, :] + np.arange(n)[:, None]) % 6 == 0, 6.0, 9.0)
    level = rng.gamma(4.0, 5.0, n)[:, None] * (1 + 0.3 * np.sin(2 * np.pi * weeks / 52))
    sales = rng.poisson(level * np.where(price < 9, 2.5, 1.0))[:, :t].astype(np.float32)
    in_stock = np.ones((n, t))
    in_stock[::2] = rng.random((n, t))[::2] > 0.25
    sales[in_stock == 0] = 0
    sales[-1, : t - 2] = np.nan
    panel = Panel.of(
        sales,
        frequency=Frequency.WEEK,
        in_stock=in_stock,
        known={"price": price.astype(np.float32)},
    )
    return believe(panel)


HISTORY = a_shop_with_prices()


def test_a_forecast_that_is_not_let_so_far_is_told_in_proportion() -> None:
    """Steered towards twenty times its own mean, it goes as far as its paths can: no part is a rest."""
    sales = np.r_[np.ones(100), [400.0]][None, :]
    history = believe(Panel.of(np.repeat(sales, 3, axis=0)))
    fitted = Steered(MovingAverage(101), Naive(), share=1.0).fit(history)
    assert fitted.mean(1)[0, 0] < 100 < 400
    parts = parts_of(fitted, history, 2, np.array([0]))
    assert set(parts) == {"level"}
    np.testing.assert_allclose(parts["level"], fitted.mean(2)[:1], rtol=1e-5)


FORECASTERS: dict[str, Forecaster] = {
    "default": default_forecaster(Frequency.WEEK),
    "life": Ending(NewItems(Calibrated(Seasonalised(MovingAverage(8))))),
    "trees": SMALL,
    "steered": Steered(default_forecaster(Frequency.WEEK), SMALL, 0.6),
    "stack": Stacked([Seasonalised(MovingAverage(8)), SMALL, TSB()], trust=0),
    "own spread": OwnSpread(default_forecaster(Frequency.WEEK)),
    "aligned": Aligned(TSB(), MovingAverage(8)),
    "one that does not say": TSB(),
}


@pytest.mark.parametrize("name", list(FORECASTERS))
def test_the_parts_add_up_to_the_mean(name: str) -> None:
    """To a thousandth of a unit, for every series and period, old or new."""
    fitted = FORECASTERS[name].fit(HISTORY)
    rows = np.array([0, 1, 7, 29])
    parts = parts_of(fitted, HISTORY, 6, rows)
    assert list(parts) == [group for group in GROUPS if group in parts]
    np.testing.assert_allclose(sum(parts.values()), fitted.mean(6)[rows], rtol=1e-3, atol=2e-3)


def test_trees_tell_the_discount_from_the_level() -> None:
    """In the weeks of a third off, price and promotion add demand; in the others they take some."""
    parts = parts_of(SMALL.fit(HISTORY), HISTORY, 4, np.arange(1, 29, 2))
    cheap = HISTORY.panel.known["price"][1:29:2, 120:124] < 9
    assert set(parts) >= {"level", "price and promotion", "stock status"}
    assert "other signals" not in parts  # nothing is left over
    added = parts["price and promotion"]
    assert added[cheap].mean() > 3
    assert added[~cheap].mean() < 0.2 * added[cheap].mean()


def test_the_season_of_the_shop_is_a_part_of_its_own() -> None:
    """Above the level in high season; the level itself has no season."""
    t = np.arange(110)
    season = 10 * (1 + 0.5 * np.sin(2 * np.pi * t / 52.18))
    panel = Panel.of(np.tile(season, (5, 1)), frequency=Frequency.WEEK)
    history = believe(panel)
    parts = parts_of(Seasonalised(MovingAverage(52)).fit(history), history, 40, np.array([0]))
    assert np.ptp(parts["level"]) < 0.5
    assert parts["season"].max() > 3
    assert parts["season"].min() < -3


def test_what_empty_shelves_hid_is_a_part() -> None:
    """Out of stock in every other week: half of the level would be lost if that counted as no demand."""
    panel = Panel.of(
        [[8, 0] * 30, [8, 8] * 30],
        in_stock=[[1, 0] * 30, [1, 1] * 30],
        frequency=Frequency.WEEK,
    )
    history = believe(panel)
    parts = parts_of(MovingAverage(8).fit(history), history, 2, np.array([0, 1]))
    np.testing.assert_allclose(parts["level"], [[4, 4], [8, 8]], atol=0.01)
    np.testing.assert_allclose(parts["stock status"], [[4, 4], [0, 0]], atol=0.01)


def test_comparable_items_are_the_life_cycle_part() -> None:
    """Of an item that never sold, all of the forecast comes from its likes."""
    panel = Panel.of([[4.0] * 40] * 12 + [[np.nan] * 40], frequency=Frequency.WEEK)
    history = believe(panel)
    fitted = NewItems(MovingAverage(8), from_nothing=True).fit(history)
    parts = parts_of(fitted, history, 1, np.array([12]))
    assert parts["level"][0, 0] == 0
    assert parts["life cycle"][0, 0] == pytest.approx(4.0, abs=0.1)
