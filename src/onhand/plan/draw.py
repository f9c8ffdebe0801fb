"""Which stock points stand for the whole shop when the past is replayed, and for how many each?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory

__all__ = ["Draw", "draw", "turnover"]

Array = NDArray[np.float64]

_LEAST = 0.5  # of the usual chance: what never sold may sell in the stretch that is judged


@dataclass(frozen=True)
class Draw:
    """Stock points drawn from a shop.

    rows : (n,) their numbers, in order
    weight : (n,) >= 1, how many stock points each stands for; all 1 where all were taken
    n_series : of the shop
    """

    rows: NDArray[np.int64]
    weight: Array
    n_series: int

    @property
    def is_all(self) -> bool:
        """Whether nobody stands for anybody else."""
        return len(self.rows) == self.n_series

    @property
    def said(self) -> str:
        """Who was replayed, in words."""
        if self.is_all:
            return f"all {self.n_series:,} stock points"
        return (
            f"{len(self.rows):,} of {self.n_series:,} stock points, drawn with a chance that grows with "
            "what they turned over before, each counted for as many as it stands for"
        )


def draw(turned_over: Array, most: int, seed: int) -> Draw:
    """All stock points, or `most` of them: the larger, the likelier, each with 1 / chance as weight.

    A few stock points earn most of the money, so that drawing all with the same chance leaves the cost of
    a shop to luck. Chances grow with the root of what a stock point turned over, and one that would be
    above 1 is 1. Stock points are ordered by size and one is taken from each run whose chances add up to
    1: every size has its share of the draw. Weighted sums over the draw are those of the shop, on average
    over draws, whatever the chances.

    Parameters
    ----------
    turned_over : (N,) money, >= 0, by which to tell large from small
    most : stock points, >= 1
    seed : of the draw

    Source: systematic sampling with chances in proportion to size, W. G. Madow (1949), On the theory of
    systematic sampling II, Annals of Mathematical Statistics 20(3); weights are those of Horvitz and
    Thompson (1952), doi:10.1080/01621459.1952.10483446.

    >>> drawn = draw(np.array([100.0, 1, 1, 1, 1, 1, 1]), most=3, seed=0)
    >>> len(drawn.rows), drawn.weight.round(9).tolist()            # the large one for itself, two for the others
    (3, [1.0, 3.0, 3.0])
    >>> draw(np.ones(3), most=3, seed=0).is_all
    True
    """
    n = len(turned_over)
    if n <= most:
        return Draw(np.arange(n), np.ones(n), n)
    root = np.sqrt(turned_over)
    usual = float(root.mean())
    chance = _chances(np.maximum(root, _LEAST * usual) if usual > 0 else np.ones(n), most)
    order = np.argsort(-chance, kind="stable")
    reached = np.round(np.cumsum(chance[order]), 9) + np.random.default_rng(seed).random()
    is_taken = np.diff(np.floor(reached), prepend=0) > 0
    rows = np.sort(order[is_taken])
    return Draw(rows, 1 / chance[rows], n)


def _chances(size: Array, most: int) -> Array:
    """Chances in proportion to size (N,) that add up to `most`, none above 1."""
    is_sure = np.zeros(len(size), dtype=bool)
    while True:
        left = most - is_sure.sum()
        chance = np.where(is_sure, 1.0, left * size / size[~is_sure].sum())
        if not (chance > 1).any():
            return chance
        is_sure |= chance > 1


def turnover(history: DemandHistory, price: Array) -> Array:
    """Money that each stock point turned over in the last year of `history`, (N,); 0 where nothing is known.

    price : (N,) money per unit
    """
    year = round(history.panel.frequency.per_year)
    return np.asarray(np.nansum(history.values[:, -year:], axis=1, dtype=np.float64) * price)
