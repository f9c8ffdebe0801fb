"""How large should an order be when demand is steady and known?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from onhand.errors import InputError
from onhand.inventory.formulas.positive import require_positive

__all__ = [
    "Discounted",
    "Lot",
    "all_units_discount",
    "economic_order_quantity",
    "economic_order_quantity_with_backorders",
    "economic_production_quantity",
    "incremental_discount",
]


@dataclass(frozen=True)
class Lot:
    """An order quantity (units) and its cost (money per period).

    `stockout_fraction` is the share of demand that waits; 0 where nothing may wait.
    """

    order_quantity: float
    cost: float
    stockout_fraction: float = 0.0


@dataclass(frozen=True)
class Discounted:
    """A lot under a price schedule: `region` is the index of its price break, from 0."""

    order_quantity: float
    cost: float
    region: int


def economic_order_quantity(order_cost: float, holding_cost: float, demand_rate: float) -> Lot:
    """The lot that balances ordering and holding: Q = √(2Kλ/h), cost √(2Kλh), (3.4)-(3.5).

    >>> round(economic_order_quantity(8, 0.225, 1300).order_quantity, 2)
    304.05
    """
    require_positive(order_cost=order_cost, holding_cost=holding_cost, demand_rate=demand_rate)
    area = 2 * order_cost * demand_rate
    return Lot(math.sqrt(area / holding_cost), math.sqrt(area * holding_cost))


def economic_order_quantity_with_backorders(
    order_cost: float, holding_cost: float, shortage_cost: float, demand_rate: float
) -> Lot:
    """The lot and the share x of demand left waiting, when waiting costs p per unit and period.

    Q = √(2Kλ(h + p)/(hp)), x = h/(h + p), cost √(2Kλhp/(h + p)), (3.27)-(3.29).

    >>> round(economic_order_quantity_with_backorders(8, 0.225, 5, 1300).stockout_fraction, 4)
    0.0431
    """
    require_positive(shortage_cost=shortage_cost)
    plain = economic_order_quantity(order_cost, holding_cost, demand_rate)
    waiting = holding_cost / (holding_cost + shortage_cost)
    share = math.sqrt(1 - waiting)
    return Lot(plain.order_quantity / share, plain.cost * share, waiting)


def economic_production_quantity(
    order_cost: float, holding_cost: float, demand_rate: float, production_rate: float
) -> Lot:
    """The lot when it arrives at a finite rate μ > λ: EOQ with h(1 - λ/μ), (3.31)-(3.32).

    >>> round(economic_production_quantity(4, 0.08, 80, 110).order_quantity, 2)
    171.27
    """
    require_positive(production_rate=production_rate)
    if production_rate <= demand_rate:
        raise InputError(
            f"production_rate is {production_rate}; it must be above demand_rate {demand_rate}"
        )
    return economic_order_quantity(
        order_cost, holding_cost * (1 - demand_rate / production_rate), demand_rate
    )


def all_units_discount(
    order_cost: float,
    holding_cost_rate: float,
    demand_rate: float,
    breakpoints: Sequence[float],
    unit_costs: Sequence[float],
) -> Discounted:
    """The cheapest lot when reaching a breakpoint lowers the price of every unit, section 3.4.

    Holding costs `holding_cost_rate` × unit cost. In region j the cost is
    c_j λ + Kλ/Q + i c_j Q/2 (3.18); its EOQ is used if it lies in or above the region, else the
    region's breakpoint. The purchase is part of the cost.

    >>> all_units_discount(8, 0.3, 1300, [0, 400, 800], [0.75, 0.72, 0.68]).order_quantity
    800
    """
    _check_schedule(breakpoints, unit_costs)
    tops = [*breakpoints[1:], math.inf]
    lots = []
    for region, (low, top, price) in enumerate(zip(breakpoints, tops, unit_costs, strict=True)):
        holding = holding_cost_rate * price
        quantity = max(
            economic_order_quantity(order_cost, holding, demand_rate).order_quantity, low
        )
        if quantity < top:
            ordering = order_cost * demand_rate / quantity
            cost = price * demand_rate + ordering + holding * quantity / 2
            lots.append(Discounted(quantity, cost, region))
    return min(lots, key=lambda lot: lot.cost)


def incremental_discount(
    order_cost: float,
    holding_cost_rate: float,
    demand_rate: float,
    breakpoints: Sequence[float],
    unit_costs: Sequence[float],
) -> Discounted:
    """The cheapest lot when a lower price holds for the units beyond a breakpoint only.

    In region j buying Q costs c̄_j + c_j Q, c̄_j being the fixed part, so that each region is an
    EOQ with order cost K + c̄_j, (3.20)-(3.22).

    >>> incremental_discount(8, 0.3, 1300, [0, 400, 800], [0.75, 0.72, 0.68]).region
    0
    """
    _check_schedule(breakpoints, unit_costs)
    tops = [*breakpoints[1:], math.inf]
    fixed = [0.0]
    for (before, price), low in zip(pairwise(unit_costs), breakpoints[1:], strict=True):
        fixed.append(fixed[-1] + (before - price) * low)
    lots = []
    for region, (low, top, price) in enumerate(zip(breakpoints, tops, unit_costs, strict=True)):
        lot = economic_order_quantity(
            order_cost + fixed[region], holding_cost_rate * price, demand_rate
        )
        if low <= lot.order_quantity < top:
            cost = price * demand_rate + holding_cost_rate * fixed[region] / 2 + lot.cost
            lots.append(Discounted(lot.order_quantity, cost, region))
    return min(lots, key=lambda lot: lot.cost)


def _check_schedule(breakpoints: Sequence[float], unit_costs: Sequence[float]) -> None:
    if len(breakpoints) != len(unit_costs) or not breakpoints or breakpoints[0] != 0:
        raise InputError(
            f"{len(breakpoints)} breakpoints and {len(unit_costs)} unit costs; "
            "give one cost for each breakpoint, and 0 as the first breakpoint"
        )
    if any(b <= a for a, b in pairwise(breakpoints)):
        raise InputError(f"breakpoints {list(breakpoints)} must rise")
    if any(b >= a for a, b in pairwise(unit_costs)):
        raise InputError(f"unit_costs {list(unit_costs)} must fall")
