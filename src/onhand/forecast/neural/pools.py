"""How did the item, the place, the category and the whole shop sell, against what is usual for them?

A series alone is short and noisy. What strikes all shelves of a shop, or an item wherever it is sold,
is seen much better in their sum; so windows also hold how the groups of a series sold lately, as the
logarithm of their demand over the levels of their members at that time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.demand.features import Past

__all__ = ["Pools"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
_BLOCK = 4096  # series whose levels are laid out at once
_PRIOR = 0.5  # usual periods that every mean is drawn to


@dataclass(frozen=True)
class Pools:
    """Running sums of the groups of every pool.

    Parameters
    ----------
    group : (P, N) int, row of each series in the tables, for each of P pools
    sold : (R, T + 1) float64, demand before each period, summed over the members and over time
    expected : (R, T + 1) float64, the same of the members' levels, where demand is known
    """

    group: Ints
    sold: NDArray[np.float64]
    expected: NDArray[np.float64]

    @classmethod
    def of(cls, past: Past, names: Sequence[str], usual: Floats, context: int) -> Pools:
        """The pools `names` of a history; of one that it has not, the whole shop.

        usual : (T + 1,) mean demand of the whole shop before each period
        """
        n, t = past.filled.shape
        groups, n_rows = [], 0
        for name in names:
            own = past.pools.get(name, past.pools["all"])
            groups.append(own + n_rows)
            n_rows += int(own.max(initial=0)) + 1
        sold, expected = np.zeros((2, n_rows, t + 1))
        for start in range(0, n, _BLOCK):
            rows = slice(start, start + _BLOCK)
            filled, known = past.filled[rows], past.is_known[rows]
            due = known * _levels(filled, known, usual, context)
            for group in groups:
                np.add.at(sold[:, 1:], group[rows], filled)
                np.add.at(expected[:, 1:], group[rows], due)
        group = np.stack(groups) if groups else np.zeros((0, n), np.int64)
        return cls(group, sold.cumsum(axis=1), expected.cumsum(axis=1))

    def recent(self, series: Ints, end: Ints, width: int) -> Floats:
        """Log ratio (B, P) of the last `width` periods before `end`, (B,)."""
        start = np.maximum(end - width, 0)
        group = self.group[:, series]  # (P, B)
        sold = self.sold[group, end] - self.sold[group, start]
        due = self.expected[group, end] - self.expected[group, start]
        return self._ratio(sold, due, due / np.maximum(end - start, 1)).T

    def echo(self, series: Ints, at: Ints, is_seen: NDArray[np.bool_]) -> Floats:
        """Log ratio (P, B, H) over the periods `at` (B, H, k) that are seen."""
        inside = np.clip(at, 0, self.sold.shape[1] - 2)
        row = self.group[:, series][:, :, None, None] * self.sold.shape[1]
        sold, due = (
            ((t.ravel()[row + inside + 1] - t.ravel()[row + inside]) * is_seen).sum(axis=3)
            for t in (self.sold, self.expected)
        )
        return self._ratio(sold, due, due / np.maximum(is_seen.sum(axis=2), 1))

    def _ratio(
        self, sold: NDArray[np.float64], due: NDArray[np.float64], usual: NDArray[np.float64]
    ) -> Floats:
        """log(sold / due), both drawn to the usual by half a period; 0 where nothing was due."""
        few = _PRIOR * usual + 1e-12
        return np.clip(np.log((sold + few) / (due + few)), -3, 3).astype(np.float32)


def _levels(filled: Floats, known: Floats, usual: Floats, context: int) -> NDArray[np.float64]:
    """Mean (n, T) of the `context` periods before each, drawn by one period to the shop's."""
    t = filled.shape[1]
    end = np.arange(t)
    start = np.maximum(end - context, 0)
    sums = [
        np.concatenate([np.zeros((len(x), 1)), x.cumsum(axis=1, dtype=np.float64)], axis=1)
        for x in (filled, known)
    ]
    total, count = (s[:, end] - s[:, start] for s in sums)
    return np.asarray((total + usual[:t]) / (count + 1))
