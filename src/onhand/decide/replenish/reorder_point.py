"""How many lots bring the stock back to its reorder point?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.cover import demand_quantile, protection_horizon
from onhand.decide.replenish.fractions import between_0_and_1
from onhand.errors import ConfigError
from onhand.inventory.policy import Situation
from onhand.inventory.terms import SupplyTerms

__all__ = ["ReorderPointQuantity"]


@dataclass(frozen=True)
class ReorderPointQuantity:
    """(r, nQ) at every review: below r as many whole lots of Q as bring the position back to r.

    r = quantile of demand over L + R
    order = ⌈(r - inventory position) / Q⌉ · Q  where  inventory position < r,  else 0

    The lot is fixed beforehand, as it is on the shop floor: a pallet, a layer, a truck. By default it is
    what the supplier asks for, the larger of pack and minimum order. A lot that followed the forecast
    could make the order fall when demand rises.

    Parameters
    ----------
    quantile : float, 0..1, exclusive
    lot : float, units, > 0
        None: the supplier's own at each stock point.

    References
    ----------
    Hadley & Whitin (1963), *Analysis of Inventory Systems*, ch. 4; Snyder & Shen (2019),
    *Fundamentals of Supply Chain Theory*, 2nd ed., ch. 5; equation (5.7) is its cost.

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> ReorderPointQuantity(0.9, lot=4.0).order(two_worlds()).tolist()   # r = 15; 5 are there
    [12.0]
    """

    quantile: float
    lot: float | None = None

    def __post_init__(self) -> None:
        between_0_and_1("quantile", self.quantile)
        if self.lot is not None and not (self.lot > 0 and math.isfinite(self.lot)):
            raise ConfigError(f"lot is {self.lot}; it must be above 0 units")

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        lots = "the supplier's lots" if self.lot is None else f"lots of {self.lot:g}"
        return f"(r, nQ) with r at quantile {self.quantile:g}, {lots}"

    def horizon(self, terms: SupplyTerms) -> int:
        """How many future periods of paths it must be given."""
        return protection_horizon(terms)

    def order(self, situation: Situation) -> NDArray[np.float64]:
        """Units to order now, (N,), finite and >= 0."""
        terms = situation.terms
        lot = np.maximum(terms.pack_size, terms.minimum_order) if self.lot is None else self.lot
        missing = demand_quantile(situation, self.quantile) - situation.stock.inventory_position
        # A need a billionth of a lot above whole lots is a rounding error.
        return np.ceil(np.round(np.maximum(missing, 0.0) / lot, 9)) * lot
