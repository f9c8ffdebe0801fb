"""How much do we need so that demand over the protection interval is met in most worlds?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.cover import demand_quantile, protection_horizon
from onhand.decide.replenish.fractions import between_0_and_1
from onhand.inventory.policy import Situation
from onhand.inventory.terms import SupplyTerms

__all__ = ["OrderUpToQuantile"]


@dataclass(frozen=True)
class OrderUpToQuantile:
    """Orders up to a quantile of the demand over the protection interval.

    order = max(0, quantile of (demand of L + R periods) - inventory position)

    Right when unmet demand waits. When it is lost, the inventory position counts demand that has
    gone away as still to be served, and the rule buys too much whenever a stock-out is coming:
    `ProjectedInventory` mends that.

    Parameters
    ----------
    quantile : float, 0..1, exclusive

    References
    ----------
    Zipkin (2000), *Foundations of Inventory Management*, section 6.2; Snyder & Shen (2019),
    *Fundamentals of Supply Chain Theory*, 2nd ed., equation (4.27), with demand over L + R.

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> OrderUpToQuantile(0.9).order(two_worlds()).tolist()          # the fast world: 15 - 5
    [10.0]
    """

    quantile: float

    def __post_init__(self) -> None:
        between_0_and_1("quantile", self.quantile)

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        return f"order up to quantile {self.quantile:g}"

    def horizon(self, terms: SupplyTerms) -> int:
        """How many future periods of paths it must be given."""
        return protection_horizon(terms)

    def order(self, situation: Situation) -> NDArray[np.float64]:
        """Units to order now, (N,), finite and >= 0."""
        target = demand_quantile(situation, self.quantile)
        return np.maximum(0.0, target - situation.stock.inventory_position)
