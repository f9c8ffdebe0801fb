"""How much should we have for one season, or at a base-stock level, when demand is uncertain?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

from onhand.errors import InputError
from onhand.inventory.formulas.loss import WholeDemand, lognormal_loss
from onhand.inventory.formulas.positive import require_positive

__all__ = [
    "BaseStock",
    "Season",
    "newsvendor_lognormal",
    "newsvendor_normal",
    "newsvendor_poisson",
    "newsvendor_season",
    "newsvendor_whole",
]


@dataclass(frozen=True)
class BaseStock:
    """A base-stock level (units) and its expected cost (money per period)."""

    level: float
    cost: float


@dataclass(frozen=True)
class Season:
    """What to buy for one season (units) and the profit to expect (money)."""

    level: float
    profit: float


def newsvendor_normal(
    holding_cost: float,
    shortage_cost: float,
    demand_mean: float,
    demand_sd: float,
    lead_time: float = 0.0,
) -> BaseStock:
    """The base-stock level for normal demand: the p/(p + h) quantile over L + 1 periods.

    S = μ' + zσ', cost (h + p) φ(z) σ', with μ' = (L + 1)μ, σ' = σ√(L + 1), (4.24), (4.27).

    >>> round(newsvendor_normal(0.18, 0.70, 50, 8).level, 2)
    56.6
    """
    require_positive(holding_cost=holding_cost, shortage_cost=shortage_cost, demand_sd=demand_sd)
    mean, sd = demand_mean * (lead_time + 1), demand_sd * math.sqrt(lead_time + 1)
    z = stats.norm.ppf(shortage_cost / (shortage_cost + holding_cost))
    cost = (holding_cost + shortage_cost) * stats.norm.pdf(z) * sd
    return BaseStock(float(mean + z * sd), float(cost))


def newsvendor_season(
    price: float,
    unit_cost: float,
    salvage_value: float,
    demand_mean: float,
    demand_sd: float,
) -> Season:
    """What to buy for one season of normal demand, and the profit: h = c - v, p = r - c.

    Profit = (r - c)μ - newsvendor cost (section 4.3.2).

    >>> round(newsvendor_season(1.0, 0.3, 0.12, 50, 8).profit, 2)
    33.0
    """
    if not price > unit_cost > salvage_value:
        raise InputError(
            f"price {price}, unit cost {unit_cost}, salvage value {salvage_value}; "
            "each must be above the next, or buying nothing (or everything) is best"
        )
    best = newsvendor_normal(unit_cost - salvage_value, price - unit_cost, demand_mean, demand_sd)
    return Season(best.level, (price - unit_cost) * demand_mean - best.cost)


def newsvendor_whole(holding_cost: float, shortage_cost: float, demand: WholeDemand) -> BaseStock:
    """The least whole level with P(D <= S) >= p/(p + h), (4.30).

    >>> newsvendor_whole(1, 3, WholeDemand.of({0: 0.5, 10: 0.5})).level
    10.0
    """
    require_positive(holding_cost=holding_cost, shortage_cost=shortage_cost)
    level = demand.quantile(shortage_cost / (shortage_cost + holding_cost))
    return BaseStock(float(level), float(demand.cost(level, holding_cost, shortage_cost)))


def newsvendor_poisson(holding_cost: float, shortage_cost: float, demand_mean: float) -> BaseStock:
    """The base-stock level for Poisson demand.

    >>> newsvendor_poisson(200, 270, 18).level
    19.0
    """
    require_positive(demand_mean=demand_mean)
    return newsvendor_whole(holding_cost, shortage_cost, WholeDemand.poisson(demand_mean))


def newsvendor_lognormal(
    holding_cost: float, shortage_cost: float, mu: float, sigma: float
) -> BaseStock:
    """The base-stock level when ln D is normal with mean μ and deviation σ: exp(μ + zσ).

    >>> round(newsvendor_lognormal(1.0, 0.1765, 6, 0.3).level, 1)
    295.6
    """
    require_positive(holding_cost=holding_cost, shortage_cost=shortage_cost, sigma=sigma)
    z = stats.norm.ppf(shortage_cost / (shortage_cost + holding_cost))
    level = math.exp(mu + sigma * z)
    short = lognormal_loss(level, mu, sigma)
    left = level - math.exp(mu + sigma**2 / 2) + short
    return BaseStock(level, holding_cost * left + shortage_cost * short)
