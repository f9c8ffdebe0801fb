"""How much will be missing if this order also has to last beyond the next one?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.cover import Shortage
from onhand.decide.replenish.projected import ProjectedInventory
from onhand.errors import ConfigError
from onhand.inventory.policy import Situation
from onhand.inventory.terms import SupplyTerms

__all__ = ["ProjectedCover"]


@dataclass(frozen=True)
class ProjectedCover:
    """`ProjectedInventory` that looks some periods beyond the next review's order.

    order = max(0, quantile over worlds of the shortfall of L + R + extra periods)

    Where holding is cheap beside a lost sale, the best stock lasts for longer than until the next
    order can help: a high quantile of few periods then asks for the rarest of peaks, item by item,
    while a moderate quantile of more periods keeps a cushion in proportion to what sells, which
    also takes up growth that no forecast saw coming. Tune both numbers.

    Parameters
    ----------
    quantile : float, 0..1, exclusive
    extra : int, periods, >= 0
        0: exactly `ProjectedInventory`.
    shortage : "lost_sales" or "backorder"

    References
    ----------
    As `ProjectedInventory`; that the interval may be longer than L + R is ours, and tuned like the
    quantile (`policy.extra_periods`).

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> ProjectedCover(0.9, extra=1).order(two_worlds()).tolist()    # one more period of 5
    [10.0]
    """

    quantile: float
    extra: int
    shortage: Shortage = "lost_sales"

    def __post_init__(self) -> None:
        if self.extra < 0:
            raise ConfigError(f"extra is {self.extra} periods; it must be 0 or above")
        ProjectedInventory(self.quantile)

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        inner = ProjectedInventory(self.quantile, self.shortage).name
        return f"{inner}, {self.extra} more periods" if self.extra else inner

    def horizon(self, terms: SupplyTerms) -> int:
        """How many future periods of paths it must be given."""
        return self._inner().horizon(self.longer(terms))

    def longer(self, terms: SupplyTerms) -> SupplyTerms:
        """The terms as if the next review came `extra` periods later."""
        return replace(terms, review_period=terms.review_period + self.extra)

    def order(self, situation: Situation) -> NDArray[np.float64]:
        """Units to order now, (N,), finite and >= 0."""
        supply = situation.supply
        longer = replace(
            situation,
            terms=self.longer(situation.terms),
            supply=None if supply is None else supply.until_later(self.extra),
        )
        return self._inner().order(longer)

    def _inner(self) -> ProjectedInventory:
        return ProjectedInventory(self.quantile, self.shortage)
