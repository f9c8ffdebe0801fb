"""The simulator's clock against exact costs of Zipkin's lost-sales test bed.

Zipkin, P. (2008), Old and new methods for lost-sales inventory systems, Operations Research 56(5),
1256-1263: Poisson demand of mean 5, h = 1, p = 4, an order placed before the demand of period t
can be sold from period t + L on. Costs of the best base-stock levels come from value iteration on
the exact chain; one period more or less of lead time moves them by 4 % and more.
"""

from __future__ import annotations

import numpy as np
import pytest

from onhand.inventory.costs import Costs
from onhand.inventory.level_rule import LevelRule
from onhand.inventory.simulate import simulate
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

EXACT = {2: (16.0, 4.63864), 3: (20.0, 4.97500), 4: (25.0, 5.19777)}  # L: (level, cost)


def simulated_cost(lead_time: int, level: float, largest_order: float = np.inf) -> float:
    """Cost per period over 2,000 paths of 2,000 periods, without the first 200."""
    demand = np.random.default_rng(8).poisson(5.0, size=(1, 2_000, 2_000)).astype(np.uint8)
    opening = Stock.of([8.0], np.full((1, 6), 3.0))
    rule = LevelRule.of([level], largest_order=largest_order)
    terms, costs = SupplyTerms.of(lead_time, n_series=1), Costs.of(1.0, 4.0, n_series=1)
    early, late = (
        simulate(demand[:, :n], opening, rule, terms).cost(costs).item() for n in (200, 2_000)
    )
    return (late - early) / 1_800


@pytest.mark.parametrize("lead_time", [2, 3, 4])
def test_base_stock_costs_what_the_exact_chain_says(lead_time: int) -> None:
    level, exact = EXACT[lead_time]
    assert simulated_cost(lead_time, level) == pytest.approx(exact, rel=0.004)


def test_a_lead_time_off_by_one_is_noticed() -> None:
    level, exact = EXACT[3]
    assert simulated_cost(4, level) != pytest.approx(exact, rel=0.02)


def test_capped_base_stock_costs_what_the_exact_chain_says() -> None:
    """L = 4, S = 26, r = 5: 4.79785, 7.7 % below the best base stock."""
    assert simulated_cost(4, 26.0, largest_order=5.0) == pytest.approx(4.79785, rel=0.004)
