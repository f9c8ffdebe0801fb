"""Is it time to order, and then up to where?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.cover import demand_quantile, protection_horizon
from onhand.decide.replenish.economic_lot import economic_lot
from onhand.decide.replenish.fractions import between_0_and_1
from onhand.inventory.policy import Situation
from onhand.inventory.terms import SupplyTerms

__all__ = ["MinMax"]


@dataclass(frozen=True)
class MinMax:
    """(s, S) at every review: nothing above s; at or below it, up to S.

    s = quantile of demand over L + R
    S = s + √(2 K λ / h)
    order = S - inventory position  where  inventory position <= s,  else 0

    λ is mean demand per period over L + R; K and h are the order and holding cost. Where an order
    costs nothing S is s, and this is base stock.

    Parameters
    ----------
    quantile : float, 0..1, exclusive
        Share of worlds in which s lasts until the next review's order can arrive.

    References
    ----------
    Scarf (1960), *The optimality of (S, s) policies in the dynamic inventory problem*, for the form;
    Silver, Pyke & Thomas (2017), *Inventory and Production Management in Supply Chains*, 4th ed.,
    sections 6.5-6.9, for s by service and S - s by the economic lot (Harris 1913).

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> MinMax(0.9).order(two_worlds()).tolist()                     # s = 15; an order is free
    [10.0]
    >>> MinMax(0.4).order(two_worlds()).tolist()                     # s = 3; 5 are there
    [0.0]
    """

    quantile: float

    def __post_init__(self) -> None:
        between_0_and_1("quantile", self.quantile)

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        return f"(s, S) with s at quantile {self.quantile:g}"

    def horizon(self, terms: SupplyTerms) -> int:
        """How many future periods of paths it must be given."""
        return protection_horizon(terms)

    def order(self, situation: Situation) -> NDArray[np.float64]:
        """Units to order now, (N,), finite and >= 0."""
        reorder_point = demand_quantile(situation, self.quantile)
        position = situation.stock.inventory_position
        up_to = reorder_point + economic_lot(situation)
        return np.where(position <= reorder_point, up_to - position, 0.0)
