"""How much does the textbook order, with each item's own service level from its costs?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from onhand.decide.replenish.cover import mean_demand, protection_horizon
from onhand.decide.replenish.fractions import between_0_and_1
from onhand.inventory.policy import Situation
from onhand.inventory.terms import SupplyTerms

__all__ = ["TextbookSafetyStock"]


@dataclass(frozen=True)
class TextbookSafetyStock:
    """`ClassicalSafetyStock` at each stock point's critical ratio; there is no number to tune.

    order = max(0, mean demand of L + R periods + z · σ · √(L + R) - inventory position)
    z     = Φ⁻¹(p / (p + h · R))

    p and h are the shortage and holding costs of the situation. What a shop gets that forecasts,
    looks up its safety factor, and never asks what it would have cost.

    Parameters
    ----------
    highest : float, 0..1, exclusive
        Cycle service level that is never exceeded: where holding costs nothing z would be infinite.

    References
    ----------
    Silver, Pyke & Thomas (2017), *Inventory and Production Management in Supply Chains*, 4th ed.,
    sections 6.9 and 9.2.

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> TextbookSafetyStock().order(two_worlds()).round(1).tolist()  # 9 + z(1 / 1.2) 2 √3 - 5
    [7.4]
    """

    highest: float = 0.999

    def __post_init__(self) -> None:
        between_0_and_1("highest", self.highest)

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        return "classical z·σ·√(L+R) at the critical ratio"

    def horizon(self, terms: SupplyTerms) -> int:
        """How many future periods of paths it must be given."""
        return protection_horizon(terms)

    def order(self, situation: Situation) -> NDArray[np.float64]:
        """Units to order now, (N,), finite and >= 0."""
        costs, terms = situation.costs, situation.terms
        total = costs.shortage_cost + costs.holding_cost * terms.review_period
        ratio = np.divide(costs.shortage_cost, total, out=np.ones_like(total), where=total > 0)
        z = ndtri(np.clip(ratio, 1 - self.highest, self.highest))
        interval = terms.protection_interval
        sigma = situation.paths[:, :, 0].std(axis=1, dtype=np.float64)
        target = mean_demand(situation, 0, interval) + z * sigma * np.sqrt(interval)
        return np.maximum(0.0, target - situation.stock.inventory_position)
