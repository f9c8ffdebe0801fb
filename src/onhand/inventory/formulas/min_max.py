"""When should we order, and up to which level, when every order has a fixed cost? The (s, S) rule."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from onhand.inventory.formulas.loss import WholeDemand
from onhand.inventory.formulas.positive import require_positive

__all__ = ["MinMax", "min_max_cost", "optimal_min_max", "power_approximation"]


@dataclass(frozen=True)
class MinMax:
    """Order up to S when the inventory position is at or below s; cost per period, NaN: unknown."""

    reorder_point: float
    order_up_to_level: float
    cost: float = math.nan


def min_max_cost(
    reorder_point: int,
    order_up_to_level: int,
    order_cost: float,
    holding_cost: float,
    shortage_cost: float,
    demand: WholeDemand,
    lead_time_demand: WholeDemand | None = None,
) -> float:
    """The expected cost per period of an (s, S) rule under backorders, by renewal, (4.71)-(4.75).

    c(s, S) = (K + Σ_j m(j) G(S - j)) / M(S - s): m(j) periods are expected at S - j before the
    position falls to s. `demand` is that of one period; `lead_time_demand` that of the L + 1
    periods after a review (None: L = 0).
    """
    G = (lead_time_demand or demand).cost(
        np.arange(reorder_point + 1, order_up_to_level + 1), holding_cost, shortage_cost
    )
    m = _renewals(demand, order_up_to_level - reorder_point)
    return float((order_cost + m @ G[::-1]) / m.sum())


def optimal_min_max(
    order_cost: float,
    holding_cost: float,
    shortage_cost: float,
    demand: WholeDemand,
    lead_time_demand: WholeDemand | None = None,
) -> MinMax:
    """The best (s, S), found exactly by the search of Zheng & Federgruen.

    Source: Zheng, Y.-S., Federgruen, A. (1991), Finding optimal (s, S) policies is about as simple
    as evaluating a single policy, Operations Research 39(4), 654-665; Algorithm 4.2 in the book.

    >>> best = optimal_min_max(5, 1, 4, WholeDemand.poisson(6))
    >>> best.reorder_point, best.order_up_to_level, round(best.cost, 3)
    (4, 10, 8.034)
    """
    require_positive(holding_cost=holding_cost, shortage_cost=shortage_cost)
    later = lead_time_demand or demand
    peak = later.quantile(shortage_cost / (shortage_cost + holding_cost))  # G is least here

    def expected_cost(y: int) -> float:
        return float(later.cost(y, holding_cost, shortage_cost))

    def c(s: int, S: int) -> float:
        return min_max_cost(s, S, order_cost, holding_cost, shortage_cost, demand, later)

    s, best = peak - 1, peak
    while c(s, best) > expected_cost(s):
        s -= 1
    cost = c(s, best)
    S = best + 1
    while expected_cost(S) <= cost:  # beyond, no S can be better
        if c(s, S) < cost:
            best = S
            while c(s, best) <= expected_cost(s + 1):
                s += 1
            cost = c(s, best)
        S += 1
    return MinMax(s, best, cost)


def power_approximation(
    order_cost: float,
    holding_cost: float,
    shortage_cost: float,
    demand_mean: float,
    demand_sd: float,
    lead_time: float = 0.0,
) -> MinMax:
    """An (s, S) rule from mean and deviation alone, (4.77)-(4.80).

    Q = 1.30 μ^0.494 (K/h)^0.506 (1 + σ_L²/μ²)^0.116,  z = √(Q h/(σ_L p)),
    s = 0.973 μ_L + σ_L (0.183/z + 1.063 - 2.192 z),  S = s + Q;
    as in the book. The paper goes further where Q/μ <= 1.5: neither number above the newsvendor's.

    Source: Ehrhardt, R., Mosier, C. (1984), A revision of the power approximation for computing
    (s, S) policies, Management Science 30(5), 618-622.

    >>> rule = power_approximation(2.5, 0.18, 0.70, 50, 8)
    >>> round(rule.reorder_point, 2), round(rule.order_up_to_level, 2)
    (40.19, 74.29)
    """
    require_positive(
        order_cost=order_cost,
        holding_cost=holding_cost,
        shortage_cost=shortage_cost,
        demand_mean=demand_mean,
        demand_sd=demand_sd,
    )
    mean, sd = demand_mean * (lead_time + 1), demand_sd * math.sqrt(lead_time + 1)
    quantity = (
        1.30
        * demand_mean**0.494
        * (order_cost / holding_cost) ** 0.506
        * (1 + sd**2 / demand_mean**2) ** 0.116
    )
    z = math.sqrt(quantity * holding_cost / (sd * shortage_cost))
    s = 0.973 * mean + sd * (0.183 / z + 1.063 - 2.192 * z)
    return MinMax(s, s + quantity)


def _renewals(demand: WholeDemand, n: int) -> np.ndarray:
    """m(0), ..., m(n - 1): expected periods spent j units below S within one order cycle."""
    p = demand.probabilities
    m = np.zeros(n)
    m[0] = 1.0 / (1.0 - p[0])
    for j in range(1, n):
        most = min(j, len(p) - 1)
        m[j] = p[1 : most + 1] @ m[j - most : j][::-1] / (1.0 - p[0])
    return m
