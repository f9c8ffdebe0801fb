"""How much will be missing once the order can be on the shelf?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from onhand.decide.replenish.cover import (
    Shortage,
    demand_in_cover,
    protection_horizon,
    shortfall_quantile,
)
from onhand.decide.replenish.fractions import between_0_and_1
from onhand.errors import ConfigError
from onhand.inventory.policy import Situation
from onhand.inventory.terms import SupplyTerms

__all__ = ["BalancedProjection", "PointProjection", "ProjectedInventory"]


@dataclass(frozen=True)
class ProjectedInventory:
    """Orders the shortfall that a given share of the worlds will not exceed. The default policy.

    In every world the stock is projected through the pipeline, losing the sales that cannot be
    served, to the moment when an order placed now would arrive. What that stock lacks for the
    periods until the next order can arrive is the world's shortfall:

    order = max(0, quantile over worlds of the shortfall)

    so that a share `quantile` of the worlds sees no stock-out in the periods which this order is
    for. Compared with ordering up to a target on the inventory position it does not buy again the
    demand that will be lost before the goods can come.

    Parameters
    ----------
    quantile : float, 0..1, exclusive
        The critical ratio p / (p + h) is the textbook's value. A lower one is often better:
        what is left over is held for more than one period where demand is slow. Tune it.
    shortage : "lost_sales" or "backorder"
        What happens to demand that finds an empty shelf.

    References
    ----------
    van Jaarsveld & Arts (2024), *Projected inventory-level policies for lost sales inventory
    systems*, Operations Research 72(5), doi:10.1287/opre.2021.0032. de Kok & Meijer (2023),
    arXiv 2304.06936: the fixed no-stock-out probability (FP3) form on a forecast's distribution.

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> ProjectedInventory(0.9).order(two_worlds()).tolist()     # the fast world arrives empty
    [5.0]
    >>> ProjectedInventory(0.4).order(two_worlds()).tolist()     # the slow world has 3 left
    [0.0]
    """

    quantile: float
    shortage: Shortage = "lost_sales"

    def __post_init__(self) -> None:
        between_0_and_1("quantile", self.quantile)

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        return f"projected inventory at quantile {self.quantile:g}"

    def horizon(self, terms: SupplyTerms) -> int:
        """How many future periods of paths it must be given."""
        return protection_horizon(terms)

    def order(self, situation: Situation) -> NDArray[np.float64]:
        """Units to order now, (N,), finite and >= 0."""
        return np.maximum(0.0, shortfall_quantile(situation, self.quantile, self.shortage))


@dataclass(frozen=True)
class BalancedProjection:
    """`ProjectedInventory` with each stock point's own quantile, from its decision costs.

    quantile = p / (p + holding_weight · h · R)

    p and h are the shortage and holding costs of the situation, R the periods for which an order
    has to last. One number is left to tune for a shop whose margins differ.

    Parameters
    ----------
    holding_weight : float, > 0
        1: the textbook's critical ratio. Above 1: what is left over costs more than one review
        period's holding, because it will not sell at once.
    shortage : "lost_sales" or "backorder"

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> BalancedProjection().order(two_worlds()).tolist()            # quantile 1 / 1.2
    [5.0]
    """

    holding_weight: float = 1.0
    shortage: Shortage = "lost_sales"

    def __post_init__(self) -> None:
        if not (self.holding_weight > 0 and math.isfinite(self.holding_weight)):
            raise ConfigError(f"holding_weight is {self.holding_weight}; it must be above 0")

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        return f"projected inventory, holding cost x {self.holding_weight:g}"

    def horizon(self, terms: SupplyTerms) -> int:
        """How many future periods of paths it must be given."""
        return protection_horizon(terms)

    def quantiles(self, situation: Situation) -> NDArray[np.float64]:
        """The quantile asked of each stock point, (N,); 1 where holding costs nothing."""
        costs = situation.costs
        holding = self.holding_weight * costs.holding_cost * situation.terms.review_period
        total = costs.shortage_cost + holding
        return np.divide(costs.shortage_cost, total, out=np.ones_like(total), where=total > 0)

    def order(self, situation: Situation) -> NDArray[np.float64]:
        """Units to order now, (N,), finite and >= 0."""
        levels = self.quantiles(situation)
        return np.maximum(0.0, shortfall_quantile(situation, levels, self.shortage))


@dataclass(frozen=True)
class PointProjection:
    """Projects the stock along the expected demand and adds a buffer of √forecast units.

    order = max(0, f + z·φ·√f - projected stock),   z = Φ⁻¹(p / (p + h))

    f is the expected demand of the periods which the order covers. The rule that won the VN2
    competition: it needs no distribution, and φ stands for how noisy the shop's demand is.

    Parameters
    ----------
    spread : float, φ, √units, >= 0
        1 is Poisson noise; tune it.
    shortage : "lost_sales" or "backorder"

    References
    ----------
    Szabłowski (2026), arXiv 2601.18919.

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> PointProjection(spread=0.0).order(two_worlds()).tolist()     # 4 -3, +1 -3: 0 left; f = 3
    [3.0]
    """

    spread: float
    shortage: Shortage = "lost_sales"

    def __post_init__(self) -> None:
        if not (self.spread >= 0 and math.isfinite(self.spread)):
            raise ConfigError(f"spread is {self.spread}; it must be 0 or above")

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        return f"point projection, φ = {self.spread:g}"

    def horizon(self, terms: SupplyTerms) -> int:
        """How many future periods of paths it must be given."""
        return protection_horizon(terms)

    def order(self, situation: Situation) -> NDArray[np.float64]:
        """Units to order now, (N,), finite and >= 0."""
        expected = situation.paths.mean(axis=1, keepdims=True, dtype=np.float32)
        along_mean = Situation(situation.stock, expected, situation.terms, situation.costs)
        missing = shortfall_quantile(along_mean, 0.5, self.shortage)
        # Where holding costs nothing the ratio is 1 and z infinite; 0.999 is as sure as we get.
        z = ndtri(np.clip(situation.costs.critical_ratio, 0.001, 0.999))
        buffer = z * self.spread * np.sqrt(demand_in_cover(situation))
        return np.maximum(0.0, missing + buffer)
