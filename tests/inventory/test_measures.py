"""Each measure on flows that can be counted on fingers."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.errors import ShapeError
from onhand.inventory.level_rule import LevelRule
from onhand.inventory.measures import (
    average_inventory,
    cycle_service_level,
    fill_rate,
    periods_of_cover,
    ready_rate,
    turns,
)
from onhand.inventory.moves import place, serve_or_lose
from onhand.inventory.simulate import simulate
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms


def test_fill_rate_weighs_units_not_periods() -> None:
    """One unit of one, none of nine: 10 %, not 50 %."""
    assert fill_rate([1, 0], [1, 9]) == 0.1


def test_cycle_with_two_short_periods_fails_once() -> None:
    """Arrivals in periods 1, 4, 6; short in 0 (before any cycle), 2 and 3 (cycle 1)."""
    arrivals = [0, 5, 0, 0, 5, 0, 5]
    short = [1, 0, 2, 2, 0, 0, 0]
    assert cycle_service_level(arrivals, short) == pytest.approx(2 / 3)


def test_consecutive_short_cycles_each_fail() -> None:
    assert cycle_service_level([5, 5, 5], [1, 1, 0]) == pytest.approx(1 / 3)


def test_unknown_is_nan_not_perfect() -> None:
    """No demand, no arrival, no stock: nothing can be said."""
    assert np.isnan(fill_rate([0, 0], [0, 0]))
    assert np.isnan(cycle_service_level([0, 0], [0, 0]))
    assert np.isnan(turns([1, 1], [0, 0], periods_per_year=52))
    assert np.isnan(periods_of_cover(3.0, [0.0, 0.0]))


def test_turns_and_average() -> None:
    """Two a week from a shelf of four: 26 turns of 52 weeks."""
    assert average_inventory([4, 4, 4]) == 4
    assert turns([2, 2, 2], [4, 4, 4], periods_per_year=52) == 26


def test_cover_steps_over_periods_without_demand() -> None:
    """Two units: all of period 0, nothing wanted in 1, half of period 2."""
    assert periods_of_cover(2.0, [1.0, 0.0, 2.0]) == 2.5
    assert periods_of_cover(1.0, [1.0, 0.0, 2.0]) == 2.0


def test_measures_take_any_leading_shape() -> None:
    served = np.ones((2, 3, 4))
    assert fill_rate(served, 2 * served).shape == (2, 3)
    assert (ready_rate(served) == 1).all()


def test_measures_agree_with_the_simulator() -> None:
    """The same flows, once as sums and once period by period."""
    rng = np.random.default_rng(4)
    demand = rng.poisson(3.0, size=(2, 40, 1)).astype(np.uint8)
    opening = Stock.of([6.0, 2.0], np.zeros((2, 3)))
    terms = SupplyTerms.of(2, n_series=2)
    seen = simulate(demand, opening, LevelRule.of([12.0, 9.0]), terms)
    stock, flows = opening, []
    for t in range(40):
        order = np.maximum(np.array([12.0, 9.0]) - stock.inventory_position, 0)
        stock, flow = serve_or_lose(place(stock, order, 2), demand[:, t, 0])
        flows.append(flow)
    served, wanted, shelf = (
        np.stack([getattr(f, name) for f in flows], axis=-1)
        for name in ("served", "demand", "on_hand")
    )
    np.testing.assert_allclose(fill_rate(served, wanted), seen.fill_rate[:, 0])
    np.testing.assert_allclose(ready_rate(shelf), seen.ready_rate[:, 0])
    np.testing.assert_allclose(average_inventory(shelf), seen.average_inventory[:, 0])


def test_arrays_of_different_shape_are_refused() -> None:
    with pytest.raises(ShapeError, match="belong together"):
        fill_rate([1, 2], [1, 2, 3])
    with pytest.raises(ShapeError, match="no period"):
        ready_rate([])
    with pytest.raises(ShapeError, match="stock asks for"):
        periods_of_cover([1.0, 2.0], [1.0, 2.0])
