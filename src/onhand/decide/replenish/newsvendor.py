"""How much for one season, after which what is left is worth little?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.cover import Shortage, protection_horizon, shortfall_quantile
from onhand.decide.replenish.fractions import between_0_and_1
from onhand.errors import ConfigError
from onhand.inventory.policy import Situation
from onhand.inventory.receipts import SupplyPaths
from onhand.inventory.terms import SupplyTerms

__all__ = ["Newsvendor"]


@dataclass(frozen=True)
class Newsvendor:
    """Covers all demand of a season with one order: a season's goods, or what perishes after it.

    order = max(0, quantile over worlds of the season's shortfall),
    quantile = c_u / (c_u + c_o)

    The season is the `season` periods from the order's arrival on, or up to the next review's
    order if that is later. What will be on the shelf when the order arrives is projected along each
    path, as `ProjectedInventory` does. c_u is the margin lost with a unit too few, c_o the money lost with a
    unit too many: its cost less what the leftovers fetch.

    Parameters
    ----------
    quantile : float, 0..1, exclusive
        The critical ratio c_u / (c_u + c_o).
    season : int, periods, >= 1
        Length of the season, or the shelf life of a perishable.
    shortage : "lost_sales" or "backorder"

    References
    ----------
    Arrow, Harris & Marschak (1951), *Optimal inventory policy*, Econometrica 19(3); Snyder & Shen
    (2019), *Fundamentals of Supply Chain Theory*, 2nd ed., equation (4.27).

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> Newsvendor(0.4, season=2).order(two_worlds()).tolist()       # slow world: 3 there, 2 wanted
    [0.0]
    >>> Newsvendor(0.9, season=2).order(two_worlds()).tolist()       # fast world: 10 wanted, none there
    [10.0]
    """

    quantile: float
    season: int = 1
    shortage: Shortage = "lost_sales"

    def __post_init__(self) -> None:
        between_0_and_1("quantile", self.quantile)
        if self.season < 1:
            raise ConfigError(f"season is {self.season}; it must be at least 1 period")

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        return f"newsvendor at quantile {self.quantile:g}, season of {self.season:g}"

    def horizon(self, terms: SupplyTerms) -> int:
        """How many future periods of paths it must be given."""
        return protection_horizon(self._until_the_end(terms))

    def order(self, situation: Situation) -> NDArray[np.float64]:
        """Units to order now, (N,), finite and >= 0."""
        season = replace(
            situation,
            terms=self._until_the_end(situation.terms),
            supply=None if situation.supply is None else self._lasting(situation.supply),
        )
        return np.maximum(0.0, shortfall_quantile(season, self.quantile, self.shortage))

    def _until_the_end(self, terms: SupplyTerms) -> SupplyTerms:
        """Terms by which the order has to last for the season."""
        return replace(terms, review_period=np.maximum(terms.review_period, int(self.season)))

    def _lasting(self, supply: SupplyPaths) -> SupplyPaths:
        """Supply in which no later order comes before the season is over."""
        end = np.minimum(supply.lead_time + int(self.season), supply.arrivals.shape[2])
        return replace(supply, relief=np.maximum(supply.relief, end))
