"""How much is missing up to a base-stock level, when no order may be much larger than usual demand?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.cover import demand_in_cover, demand_quantile, protection_horizon
from onhand.decide.replenish.fractions import between_0_and_1
from onhand.errors import ConfigError
from onhand.inventory.policy import Situation
from onhand.inventory.terms import SupplyTerms

__all__ = ["CappedBaseStock"]


@dataclass(frozen=True)
class CappedBaseStock:
    """Orders up to a quantile of demand over L + R, but never more than `cap` reviews' demand.

    order = min(cap · E[demand of the R periods it covers],  max(0, S - inventory position)),
    S     = quantile of demand over L + R

    Where deliveries are uncertain, S counts with each world's own L and R; the cap with the planned ones.

    Under lost sales a base-stock level alone orders again what nobody waited for. A cap takes the
    peaks off; the two numbers together come close to the optimum, and orders are smoother.

    Parameters
    ----------
    quantile : float, 0..1, exclusive
    cap : float, >= 1
        In reviews' worth of expected demand. 1: orders hardly vary; infinity: plain base stock.

    References
    ----------
    Johansen & Thorstenson (2008), *Pure and restricted base-stock policies for the lost-sales inventory
    system with periodic review and constant lead times*; Xin (2021), *Understanding the performance
    of capped base-stock policies in lost-sales inventory models*, Operations Research 69(1),
    doi:10.1287/opre.2020.2019.

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> CappedBaseStock(0.9).order(two_worlds()).tolist()            # up to 15 would be 10; 1.5 · 3
    [4.5]
    """

    quantile: float
    cap: float = 1.5

    def __post_init__(self) -> None:
        between_0_and_1("quantile", self.quantile)
        if not (self.cap >= 1 and math.isfinite(self.cap)):
            raise ConfigError(f"cap is {self.cap}; below 1 review's demand stock would run dry")

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        return f"base stock at quantile {self.quantile:g}, capped at {self.cap:g} reviews' demand"

    def horizon(self, terms: SupplyTerms) -> int:
        """How many future periods of paths it must be given."""
        return protection_horizon(terms)

    def order(self, situation: Situation) -> NDArray[np.float64]:
        """Units to order now, (N,), finite and >= 0."""
        missing = demand_quantile(situation, self.quantile) - situation.stock.inventory_position
        return np.clip(missing, 0.0, self.cap * demand_in_cover(situation))
