"""How large a lot balances the cost of ordering against that of holding?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.cover import mean_demand
from onhand.inventory.policy import Situation

__all__ = ["economic_lot"]


def economic_lot(situation: Situation) -> NDArray[np.float64]:
    """√(2 K λ / h) at each stock point, (N,) units; 0 where an order or holding costs nothing.

    λ is mean demand per period over the protection interval. Harris (1913); Snyder & Shen (2019),
    *Fundamentals of Supply Chain Theory*, 2nd ed., (3.4). Where holding costs nothing the formula has
    no end; 0 leaves the lot to the reorder point.

    >>> from dataclasses import replace
    >>> from onhand.decide.replenish.examples import two_worlds
    >>> from onhand.inventory.costs import Costs
    >>> costly = replace(two_worlds(), costs=Costs.of(0.2, 1.0, order_cost=3.0, n_series=1))
    >>> economic_lot(costly).round(2).tolist()                       # λ = 3
    [9.49]
    """
    interval = situation.terms.protection_interval
    rate = mean_demand(situation, 0, interval) / interval
    costs = situation.costs
    has_holding = costs.holding_cost > 0
    per_lot = np.divide(
        2 * costs.order_cost * rate, costs.holding_cost, out=np.zeros_like(rate), where=has_holding
    )
    return np.sqrt(per_lot)
