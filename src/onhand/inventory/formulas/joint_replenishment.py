"""How often should items that share an order be bought?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from onhand.errors import ShapeError
from onhand.inventory.formulas.positive import require_positive

__all__ = ["JointCycle", "joint_replenishment"]


@dataclass(frozen=True)
class JointCycle:
    """Order every `cycle_time` periods; item n in every `order_multiples[n]`-th order.

    `order_quantities` in units, `cost` in money per period (ordering and holding).
    """

    cycle_time: float
    order_multiples: tuple[int, ...]
    order_quantities: tuple[float, ...]
    cost: float


def joint_replenishment(
    shared_order_cost: float,
    own_order_costs: Sequence[float],
    holding_costs: Sequence[float],
    demand_rates: Sequence[float],
) -> JointCycle:
    """Silver's heuristic for the joint replenishment problem.

    The item with the least k/(hλ) is in every order (multiple 1); the others get
    m_n = round √( k_n/(h_n λ_n) · h_1 λ_1/(K + k_1) ), at least 1; then
    T = √( 2(K + Σ k_n/m_n) / Σ m_n h_n λ_n ).

    shared_order_cost : K, money per order, > 0; own_order_costs : k, money for each time an item
    is in it; holding_costs : h, per unit and period; demand_rates : λ, units per period.

    Source: Silver, E. A. (1976), A simple method of determining order quantities in joint
    replenishments under deterministic demand, Management Science 22(12), 1351-1361.

    >>> joint_replenishment(600, [120, 840, 300], [160, 20, 50], [1, 1, 1]).order_multiples
    (1, 3, 1)
    """
    n_items = len(own_order_costs)
    if not len(holding_costs) == len(demand_rates) == n_items > 0:
        raise ShapeError(
            f"{n_items} own order costs, {len(holding_costs)} holding costs and "
            f"{len(demand_rates)} demand rates; give one of each for every item"
        )
    require_positive(shared_order_cost=shared_order_cost)
    for k, h, rate in zip(own_order_costs, holding_costs, demand_rates, strict=True):
        require_positive(own_order_cost=k, holding_cost=h, demand_rate=rate)
    weights = [h * rate for h, rate in zip(holding_costs, demand_rates, strict=True)]
    ratios = [k / w for k, w in zip(own_order_costs, weights, strict=True)]
    first = min(range(n_items), key=ratios.__getitem__)
    scale = weights[first] / (shared_order_cost + own_order_costs[first])
    multiples = [max(1, math.floor(math.sqrt(r * scale) + 0.5)) for r in ratios]
    multiples[first] = 1
    ordering = shared_order_cost + sum(
        k / m for k, m in zip(own_order_costs, multiples, strict=True)
    )
    holding = sum(m * w for m, w in zip(multiples, weights, strict=True))
    cycle = math.sqrt(2 * ordering / holding)
    quantities = [rate * m * cycle for rate, m in zip(demand_rates, multiples, strict=True)]
    cost = math.sqrt(2 * ordering * holding)
    return JointCycle(cycle, tuple(multiples), tuple(quantities), cost)
