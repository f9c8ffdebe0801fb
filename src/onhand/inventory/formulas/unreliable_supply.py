"""How much should we order when the supplier may fail, or deliver another quantity?"""

from __future__ import annotations

import math

from scipy.optimize import minimize_scalar

from onhand.inventory.formulas.eoq import Lot, economic_order_quantity
from onhand.inventory.formulas.newsvendor import BaseStock
from onhand.inventory.formulas.positive import require_positive

__all__ = [
    "base_stock_with_disruptions",
    "order_quantity_with_additive_yield",
    "order_quantity_with_disruptions",
    "order_quantity_with_multiplicative_yield",
]


def order_quantity_with_disruptions(
    order_cost: float,
    holding_cost: float,
    shortage_cost: float,
    demand_rate: float,
    disruption_rate: float,
    recovery_rate: float,
) -> Lot:
    """The lot when the supplier is down now and then and demand meanwhile is lost, (9.5).

    The supplier is down when we order with probability
    β(Q) = α/(α + μ) · (1 - exp(-(α + μ)Q/λ)), for 1/μ on average; renewal gives
    cost(Q) = (K + hQ²/2λ + pλβ(Q)/μ) / (Q/λ + β(Q)/μ), minimised numerically.

    shortage_cost : p per lost unit; disruption_rate : α and recovery_rate : μ, per unit of time

    Source: Parlar, M., Berkin, D. (1991), Future supply uncertainty in EOQ models, Naval Research
    Logistics 38(1), 107-121, as corrected in the book, section 9.2.1.

    >>> round(order_quantity_with_disruptions(8, 0.225, 5, 1300, 1.5, 14).order_quantity, 1)
    772.8
    """
    require_positive(
        shortage_cost=shortage_cost, disruption_rate=disruption_rate, recovery_rate=recovery_rate
    )
    plain = economic_order_quantity(order_cost, holding_cost, demand_rate).order_quantity
    rates = disruption_rate + recovery_rate

    def cost(log_quantity: float) -> float:
        Q = math.exp(log_quantity)
        down = -math.expm1(-rates * Q / demand_rate) * disruption_rate / rates / recovery_rate
        held = holding_cost * Q * Q / (2 * demand_rate)
        return (order_cost + held + shortage_cost * demand_rate * down) / (Q / demand_rate + down)

    found = minimize_scalar(
        cost, bracket=(math.log(plain), math.log(plain) + 1.0), method="brent", tol=1e-10
    )
    return Lot(math.exp(found.x), float(found.fun))


def base_stock_with_disruptions(
    holding_cost: float,
    shortage_cost: float,
    demand: float,
    disruption_probability: float,
    recovery_probability: float,
) -> BaseStock:
    """The base-stock level when demand is steady and only supply is uncertain, (9.14), (9.18).

    The supplier has been down for n periods with probability π₀ = β/(α + β),
    π_n = αβ/(α + β) · (1 - β)^(n - 1); cover the periods that the critical ratio asks for.

    demand : units per period; disruption_probability : α, up now and down next period;
    recovery_probability : β, down now and up next period

    >>> base_stock_with_disruptions(0.25, 3, 2000, 0.04, 0.25).level
    8000.0
    """
    require_positive(
        holding_cost=holding_cost,
        shortage_cost=shortage_cost,
        demand=demand,
        disruption_probability=disruption_probability,
        recovery_probability=recovery_probability,
    )
    down = disruption_probability / (disruption_probability + recovery_probability)
    ratio = shortage_cost / (shortage_cost + holding_cost)
    stay = 1 - recovery_probability
    n = 0
    while 1 - down * stay**n < ratio:
        n += 1
    level = demand * (n + 1)
    cost, share, k = 0.0, 1 - down, 0
    while share > 1e-18:
        gap = level - (k + 1) * demand
        cost += share * (holding_cost * max(gap, 0.0) + shortage_cost * max(-gap, 0.0))
        k += 1
        share = down * recovery_probability * stay ** (k - 1)
    return BaseStock(float(level), cost)


def order_quantity_with_additive_yield(
    order_cost: float,
    holding_cost: float,
    demand_rate: float,
    yield_mean: float,
    yield_sd: float,
) -> Lot:
    """The lot when Q + Y units arrive, whatever Q: √(2Kλ/h + σ²) - μ, (9.24)-(9.25).

    >>> round(order_quantity_with_additive_yield(18500, 0.06, 75000, -15000, 9000).order_quantity)
    230246
    """
    require_positive(order_cost=order_cost, holding_cost=holding_cost, demand_rate=demand_rate)
    arrives = math.sqrt(2 * order_cost * demand_rate / holding_cost + yield_sd**2)
    return Lot(arrives - yield_mean, holding_cost * arrives)


def order_quantity_with_multiplicative_yield(
    order_cost: float,
    holding_cost: float,
    demand_rate: float,
    yield_mean: float,
    yield_sd: float,
) -> Lot:
    """The lot when Q·Z units arrive: √(2Kλ/(h E[Z²])), cost √(2Kλh E[Z²])/E[Z], (9.27)-(9.28).

    >>> round(order_quantity_with_multiplicative_yield(2250, 275, 182500, 0.9, 0.0577).cost)
    476206
    """
    require_positive(yield_mean=yield_mean)
    square = yield_mean**2 + yield_sd**2
    plain = economic_order_quantity(order_cost, holding_cost, demand_rate)
    return Lot(
        plain.order_quantity / math.sqrt(square), plain.cost * math.sqrt(square) / yield_mean
    )
