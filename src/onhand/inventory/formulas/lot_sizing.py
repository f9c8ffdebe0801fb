"""In which periods should we order, and for how long, when each period's demand is known?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from onhand.errors import InputError, ShapeError

__all__ = ["LotPlan", "wagner_whitin"]


@dataclass(frozen=True)
class LotPlan:
    """Units to order in each period, and the cost of the whole horizon."""

    order_quantities: tuple[float, ...]
    cost: float


def wagner_whitin(
    demand: Sequence[float],
    order_cost: float,
    holding_cost: float,
    unit_costs: Sequence[float] | None = None,
) -> LotPlan:
    """The cheapest lots for known demand: each order covers whole periods, (3.39).

    θ_t = min over s > t of  K + c_t Σ d_i + h Σ (i - t) d_i + θ_s,  i = t, ..., s - 1.

    demand : units per period; goods ordered in a period serve it, and nothing may be late
    holding_cost : money per unit on hand at the end of a period
    unit_costs : money per unit bought in each period; None: all equal, and left out of the cost

    Source: Wagner, H. M., Whitin, T. M. (1958), Dynamic version of the economic lot size model,
    Management Science 5(1), 89-96.

    >>> wagner_whitin([90, 120, 80, 70], order_cost=500, holding_cost=2)
    LotPlan(order_quantities=(210.0, 0.0, 150.0, 0.0), cost=1380.0)
    """
    T = len(demand)
    prices = [0.0] * T if unit_costs is None else list(unit_costs)
    if len(prices) != T:
        raise ShapeError(f"{len(prices)} unit costs for {T} periods; give one for each period")
    if min([*demand, *prices, order_cost, holding_cost]) < 0:
        raise InputError("demand and costs must not be negative")
    best = [math.inf] * T + [0.0]  # cheapest from period t on
    until = [T] * T  # the first period that the order of period t does not cover
    for t in reversed(range(T)):
        units = held = 0.0
        for end in range(t + 1, T + 1):
            units += demand[end - 1]
            held += (end - 1 - t) * demand[end - 1]
            cost = order_cost + prices[t] * units + holding_cost * held + best[end]
            if units == 0:
                cost = best[end]  # nothing is wanted, nothing is ordered
            if cost < best[t]:
                best[t], until[t] = cost, end
    quantities = [0.0] * T
    t = 0
    while t < T:
        quantities[t] = float(sum(demand[t : until[t]]))
        t = until[t]
    return LotPlan(tuple(quantities), float(best[0]))
