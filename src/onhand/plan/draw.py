"""Which stock points stand for the whole shop when the past is replayed, and for how many each?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory

__all__ = ["Draw", "draw", "turnover"]

Array = NDArray[np.float64]

_LEAST = 0.5  # of the usual chance: what never sold may sell in the stretch that is judged
_TAUGHT = 4000  # stock points that forecasters learn from at past reviews, however few are replayed


@dataclass(frozen=True)
class Draw:
    """Stock points drawn from a shop.

    rows : (n,) their numbers, in order
    weight : (n,) >= 1, how many stock points each stands for; all 1 where all were taken
    beside : (m,) numbers of others that forecasters learn from, so that what they see of items like
        one another is no shop of bestsellers
    n_series : of the shop
    """

    rows: NDArray[np.int64]
    weight: Array
    beside: NDArray[np.int64]
    n_series: int

    @property
    def taught(self) -> NDArray[np.int64]:
        """Those drawn, and then the others that are learned from, (n + m,)."""
        return np.concatenate([self.rows, self.beside])

    def among(self, rows: NDArray[np.int64], n_series: int) -> Draw:
        """The same draw, where it was made from the stock points `rows` of a shop of `n_series`.

        The others are stood for by nobody: the weights are those of `rows`.
        """
        return Draw(rows[self.rows], self.weight, rows[self.beside], n_series)

    @property
    def is_all(self) -> bool:
        """Whether nobody stands for anybody else."""
        return len(self.rows) == self.n_series

    @property
    def said(self) -> str:
        """Who was replayed, in words."""
        if self.is_all:
            return f"all {self.n_series:,} stock points"
        if (self.weight == 1).all():
            return (
                f"the {len(self.rows):,} of {self.n_series:,} stock points whose orders arrive soon "
                "enough to be judged on so short a past"
            )
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
    over draws, whatever the chances. Of a very large shop 4,000 stock points are taken by lot first.

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
        return Draw(np.arange(n), np.ones(n), np.arange(0), n)
    rng = np.random.default_rng(seed)
    taught = np.arange(n)
    if n > max(most, _TAUGHT):
        taught = np.sort(rng.choice(n, max(most, _TAUGHT), replace=False))
    chance, is_taken = _by_size(turned_over[taught], most, rng)
    chance *= len(taught) / n
    return Draw(taught[is_taken], 1 / chance[is_taken], taught[~is_taken], n)


def _by_size(
    turned_over: Array, most: int, rng: np.random.Generator
) -> tuple[Array, NDArray[np.bool_]]:
    """The chance of each, and which were taken, both (N,)."""
    root = np.sqrt(turned_over)
    usual = float(root.mean())
    size = np.maximum(root, _LEAST * usual) if usual > 0 else np.ones(len(root))
    chance = _chances(size, most)
    order = np.argsort(-chance, kind="stable")
    reached = np.round(np.cumsum(chance[order]), 9) + rng.random()
    is_taken = np.zeros(len(root), dtype=bool)
    is_taken[order[np.diff(np.floor(reached), prepend=0) > 0]] = True
    return chance, is_taken


def _chances(size: Array, most: int) -> Array:
    """Chances in proportion to size (N,) that add up to `most` <= N, none above 1."""
    if most >= len(size):
        return np.ones(len(size))
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
