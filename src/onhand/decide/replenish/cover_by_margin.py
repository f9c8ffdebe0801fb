"""How sure should we be of each stock point, where some earn more for what they cost to hold?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.decide.replenish.cover import Shortage, shortfall_quantile
from onhand.decide.replenish.projected_cover import ProjectedCover
from onhand.errors import ConfigError
from onhand.inventory.costs import Costs
from onhand.inventory.policy import Situation
from onhand.inventory.terms import SupplyTerms

__all__ = ["CoverByMargin", "bucket_of", "holding_paid"]


def holding_paid(costs: Costs) -> NDArray[np.float64]:
    """Periods of holding a unit that its margin pays for, p / h, (N,); inf where holding is free."""
    free = np.full(len(costs.holding_cost), np.inf)
    return np.divide(
        costs.shortage_cost, costs.holding_cost, out=free, where=costs.holding_cost > 0
    )


def bucket_of(paid: ArrayLike, borders: tuple[float, ...]) -> NDArray[np.int64]:
    """The bucket of each stock point, (N,); one on a border belongs below it.

    >>> bucket_of([10.0, 20.0, 50.0], (20.0, 40.0)).tolist()
    [0, 0, 2]
    """
    return np.searchsorted(np.asarray(borders, dtype=np.float64), np.asarray(paid), side="left")


@dataclass(frozen=True)
class CoverByMargin:
    """`ProjectedCover` with one quantile for each bucket of margins beside holding costs.

    A lost sale of what earns much costs more than one of what earns little, while a unit held costs
    the same share of its price. The textbook's critical ratio p / (p + h) of each stock point says so, but
    holds for one period alone; here few quantiles are tuned, each for many stock points.

    Parameters
    ----------
    quantiles_by_bucket : B of them, 0..1, exclusive, from the least margin up
    borders : B - 1 of them, rising: p / h at which the next bucket begins, periods
    extra, shortage : as in `ProjectedCover`

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> two_worlds().costs.shortage_cost / two_worlds().costs.holding_cost
    array([5.])
    >>> CoverByMargin((0.4, 0.9), (4.0,)).order(two_worlds()).tolist()  # above the border: 0.9
    [5.0]
    >>> CoverByMargin((0.4, 0.9), (6.0,)).order(two_worlds()).tolist()  # below it: 0.4
    [0.0]
    """

    quantiles_by_bucket: tuple[float, ...]
    borders: tuple[float, ...]
    extra: int = 0
    shortage: Shortage = "lost_sales"

    def __post_init__(self) -> None:
        if len(self.borders) != len(self.quantiles_by_bucket) - 1:
            raise ConfigError(
                f"{len(self.quantiles_by_bucket)} quantiles need one border fewer; there are "
                f"{len(self.borders)}"
            )
        if any(not a < b for a, b in pairwise((0.0, *self.borders))):
            raise ConfigError(
                f"borders are {self.borders}; each must be above 0 and above the one before"
            )
        for quantile in self.quantiles_by_bucket:
            ProjectedCover(quantile, self.extra, self.shortage)

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        *first, last = (f"{q:g}" for q in self.quantiles_by_bucket)
        more = f", {self.extra} more periods" if self.extra else ""
        levels = f"{', '.join(first)} and {last}" if first else last
        return f"projected inventory at quantiles {levels} by margin{more}"

    def horizon(self, terms: SupplyTerms) -> int:
        """How many future periods of paths it must be given."""
        return self._of(0).horizon(terms)

    def quantiles(self, situation: Situation) -> NDArray[np.float64]:
        """The quantile asked of each stock point, (N,)."""
        bucket = bucket_of(holding_paid(situation.costs), self.borders)
        return np.asarray(self.quantiles_by_bucket)[bucket]

    def order(self, situation: Situation) -> NDArray[np.float64]:
        """Units to order now, (N,), finite and >= 0."""
        supply = situation.supply
        longer = replace(
            situation,
            terms=self._of(0).longer(situation.terms),
            supply=None if supply is None else supply.until_later(self.extra),
        )
        missing = shortfall_quantile(longer, self.quantiles(situation), self.shortage)
        return np.maximum(0.0, missing)

    def _of(self, bucket: int) -> ProjectedCover:
        return ProjectedCover(self.quantiles_by_bucket[bucket], self.extra, self.shortage)
