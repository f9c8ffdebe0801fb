"""At which stock should a fixed quantity be ordered? The (r, Q) rule, watched all the time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy import stats
from scipy.optimize import brentq

from onhand.inventory.formulas.eoq import (
    economic_order_quantity,
    economic_order_quantity_with_backorders,
)
from onhand.inventory.formulas.loss import WholeDemand, normal_loss, normal_second_loss
from onhand.inventory.formulas.positive import require_positive

__all__ = [
    "ContinuousReview",
    "ReorderPoint",
    "expected_inventory_approximation",
    "loss_function_approximation",
    "optimal_reorder_point",
    "order_quantity_with_backorders_approximation",
    "order_quantity_with_safety_stock",
]


@dataclass(frozen=True)
class ContinuousReview:
    """One item under continuous review; money and units per unit of time.

    order_cost K; holding_cost h; shortage_cost p (per unit and time where backorders are charged
    by time, per unit where by piece: each rule says which); demand of mean λ and deviation σ per
    unit of time, normal; lead_time L in the same time.
    """

    order_cost: float
    holding_cost: float
    shortage_cost: float
    demand_mean: float
    demand_sd: float
    lead_time: float

    def __post_init__(self) -> None:
        require_positive(**vars(self))

    @property
    def lead_time_mean(self) -> float:
        """λL."""
        return self.demand_mean * self.lead_time

    @property
    def lead_time_sd(self) -> float:
        """σ√L."""
        return self.demand_sd * math.sqrt(self.lead_time)


@dataclass(frozen=True)
class ReorderPoint:
    """Order Q when the inventory position falls to r; cost per time, NaN: not part of the rule."""

    reorder_point: float
    order_quantity: float
    cost: float = math.nan


def expected_inventory_approximation(item: ContinuousReview) -> ReorderPoint:
    """r and Q in turn until they settle, with a piece price for shortages, (5.16)-(5.18).

    Q = √(2λ(K + p n(r))/h), 1 - F(r) = hQ/(pλ);
    cost h(r - λL + Q/2) + Kλ/Q + pλ n(r)/Q. Algorithm 5.1 (Whitin 1953).

    >>> item = ContinuousReview(8, 0.225, 7.5, 1300, 150, 1 / 12)
    >>> round(expected_inventory_approximation(item).reorder_point, 2)
    213.97
    """
    K, h, p, rate = item.order_cost, item.holding_cost, item.shortage_cost, item.demand_mean
    mean, sd = item.lead_time_mean, item.lead_time_sd

    def level(Q: float) -> float:
        return float(stats.norm.isf(h * Q / (p * rate), mean, sd))

    def lot(r: float) -> float:
        return math.sqrt(2 * rate * (K + p * normal_loss(r, mean, sd)) / h)

    r, Q = _settle(level, lot, economic_order_quantity(K, h, rate).order_quantity)
    cost = h * (r - mean + Q / 2) + K * rate / Q + p * rate * normal_loss(r, mean, sd) / Q
    return ReorderPoint(r, Q, cost)


def loss_function_approximation(item: ContinuousReview) -> ReorderPoint:
    """r and Q in turn, shortages charged by time, leaving out n₂(r + Q), (5.28)-(5.29).

    n(r) = hQ/(h + p), Q = √(2(Kλ + (h + p) n₂(r))/h).

    >>> item = ContinuousReview(8, 0.225, 7.5, 1300, 150, 1 / 12)
    >>> round(loss_function_approximation(item).order_quantity, 2)
    328.45
    """
    K, h, p, rate = item.order_cost, item.holding_cost, item.shortage_cost, item.demand_mean
    mean, sd = item.lead_time_mean, item.lead_time_sd

    def level(Q: float) -> float:
        target = h * Q / (h + p)
        low, high = mean - target - sd, mean + 40 * sd  # n(low) > target > n(high)
        return float(brentq(lambda r: normal_loss(r, mean, sd) - target, low, high, xtol=1e-12))

    def lot(r: float) -> float:
        return math.sqrt(2 * (K * rate + (h + p) * normal_second_loss(r, mean, sd)) / h)

    return ReorderPoint(*_settle(level, lot, economic_order_quantity(K, h, rate).order_quantity))


def order_quantity_with_backorders_approximation(item: ContinuousReview) -> ReorderPoint:
    """Q from the EOQ with backorders, then the best r for it: G(r) = G(r + Q), (3.27), (5.9).

    G(y) = h E[(y - D)+] + p E[(D - y)+], D being the lead-time demand.

    >>> item = ContinuousReview(8, 0.225, 7.5, 1300, 150, 1 / 12)
    >>> round(order_quantity_with_backorders_approximation(item).reorder_point, 2)
    128.64
    """
    h, p = item.holding_cost, item.shortage_cost
    mean, sd = item.lead_time_mean, item.lead_time_sd
    Q = economic_order_quantity_with_backorders(
        item.order_cost, h, p, item.demand_mean
    ).order_quantity

    def expected_cost(y: float) -> float:
        short = normal_loss(y, mean, sd)
        return h * (y - mean + short) + p * short

    peak = float(stats.norm.ppf(p / (p + h), mean, sd))  # G is least here
    r = brentq(lambda y: expected_cost(y) - expected_cost(y + Q), peak - Q, peak, xtol=1e-12)
    return ReorderPoint(float(r), Q)


def order_quantity_with_safety_stock(item: ContinuousReview) -> ReorderPoint:
    """Q from the plain EOQ, r = λL + Φ⁻¹(p/(p + h)) σ√L, (3.4), (5.21).

    >>> item = ContinuousReview(8, 0.225, 7.5, 1300, 150, 1 / 12)
    >>> round(order_quantity_with_safety_stock(item).reorder_point, 2)
    190.34
    """
    ratio = item.shortage_cost / (item.shortage_cost + item.holding_cost)
    r = item.lead_time_mean + float(stats.norm.ppf(ratio)) * item.lead_time_sd
    Q = economic_order_quantity(item.order_cost, item.holding_cost, item.demand_mean)
    return ReorderPoint(r, Q.order_quantity)


def optimal_reorder_point(
    order_cost: float,
    holding_cost: float,
    shortage_cost: float,
    demand_mean: float,
    lead_time: float,
) -> ReorderPoint:
    """The best (r, Q) for Poisson demand, exactly, shortages charged by time, (5.48).

    cost(r, Q) = (Kλ + Σ G(y), y = r + 1 .. r + Q) / Q: take the cheapest levels one by one, while
    the next is below the average so far.

    Source: Federgruen, A., Zheng, Y.-S. (1992), An efficient algorithm for computing an optimal
    (r, Q) policy in continuous review stochastic inventory systems, Operations Research 40(4),
    808-813.

    >>> best = optimal_reorder_point(100, 20, 150, 1.5, 2)
    >>> best.reorder_point, best.order_quantity, round(best.cost, 2)
    (3, 5, 107.92)
    """
    require_positive(
        order_cost=order_cost,
        holding_cost=holding_cost,
        shortage_cost=shortage_cost,
        demand_mean=demand_mean,
        lead_time=lead_time,
    )
    demand = WholeDemand.poisson(demand_mean * lead_time)

    def expected_cost(y: int) -> float:
        return float(demand.cost(y, holding_cost, shortage_cost))

    first = demand.quantile(shortage_cost / (shortage_cost + holding_cost))
    r, Q, total = first - 1, 1, order_cost * demand_mean + expected_cost(first)
    while True:
        below, above = expected_cost(r), expected_cost(r + Q + 1)
        if min(below, above) >= total / Q:
            return ReorderPoint(r, Q, total / Q)
        total += min(below, above)
        Q += 1
        if below <= above:
            r -= 1


def _settle(
    level: Callable[[float], float], lot: Callable[[float], float], Q: float
) -> tuple[float, float]:
    """The fixed point of r = level(Q), Q = lot(r)."""
    for _ in range(1000):
        r = level(Q)
        before, Q = Q, lot(r)
        if abs(Q - before) <= 1e-12 * Q:
            break
    return level(Q), Q
