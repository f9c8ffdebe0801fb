"""Is one policy really cheaper than another, or was it luck?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from onhand.errors import ShapeError

__all__ = ["Difference", "paired"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """What the first contender cost more than the second (below 0: it was cheaper), in money.

    mean : per window, on average
    low, high : interval that holds the mean difference with probability `level`
    per_window : (W,) difference in each window
    """

    mean: float
    low: float
    high: float
    per_window: Array
    level: float = 0.95

    @property
    def n_won(self) -> int:
        """Windows in which the first contender was cheaper."""
        return int((self.per_window < 0).sum())

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes 0."""
        return self.high < 0 or self.low > 0


def paired(
    costs_a: Sequence[Array],
    costs_b: Sequence[Array],
    *,
    level: float = 0.95,
    consecutive: bool = False,
) -> Difference:
    """The cost of contender a minus that of b on the same windows and stock points.

    Two kinds of luck are in the interval: that of a window (a quiet spring) and that of a stock
    point (one customer with big orders, in every window). With d the differences, (W, N), and T
    their mean over windows summed over stock points, the two-way clustered variance is

        Var T = V_windows + V_stock_points - V_cells,     never less than V_windows

    where each V treats its own clusters as independent draws. Student's t on W - 1 degrees of
    freedom turns it into an interval, because a handful of windows tells little about their
    spread. With one window only the stock points are draws: the interval then says nothing about
    other windows. Windows that overlap share luck, and the interval does not know it.

    Weeks that follow each other share luck too: a policy that entered a week with too much stock
    leaves it with too much. With `consecutive`, neighbouring windows are put together into a few
    blocks, and the blocks are the draws; the interval is never narrower than without. Where weekly
    differences follow an AR(1) of 0.5, an interval that took 13 of them as independent held the
    truth in 75 % of simulated worlds instead of 95 %; the one of blocks does in 92 %, and of 26 to 365
    differences in 94 to 95 %.

    Parameters
    ----------
    costs_a, costs_b : W arrays (N,) money
        Cost per stock point in each window; the same N in all.
    level : float, 0..1
    consecutive : the windows are in order of time and follow each other without a gap

    Raises
    ------
    ShapeError
        When the contenders do not have the same windows and stock points, or there are none.

    References
    ----------
    Cameron, Gelbach & Miller (2011), *Robust inference with multiway clustering*, Journal of
    Business & Economic Statistics 29(2), doi:10.1198/jbes.2010.07136, eq. 2.11.

    >>> a, b = [np.array([1.0, 2.0]), np.array([2.0, 2.0])], [np.array([2.0, 2.0])] * 2
    >>> difference = paired(a, b)
    >>> difference.mean, difference.per_window.tolist(), difference.n_won
    (-0.5, [-1.0, 0.0], 1)
    """
    a, b = _as_matrix(costs_a), _as_matrix(costs_b)
    if a.shape != b.shape or a.size == 0:
        raise ShapeError(
            f"contenders have costs of shape {a.shape} and {b.shape}; a paired comparison needs "
            "the same windows and stock points, at least one of each"
        )
    by_cell = a - b  # (W, N)
    n_windows = by_cell.shape[0]
    per_window = by_cell.sum(axis=1)
    mean = float(per_window.mean())
    reach = _reach(by_cell, level)
    if consecutive:
        # A block's sum, spread over its share of the windows: the mean over blocks stays the mean.
        blocks = _in_blocks(by_cell)
        reach = max(reach, _reach(blocks * (len(blocks) / n_windows), level))
    return Difference(mean, mean - reach, mean + reach, per_window, level)


def _reach(by_cell: Array, level: float) -> float:
    """Half the width of the interval for the mean over windows of the sum over stock points."""
    n_windows = len(by_cell)
    freedom = n_windows - 1 if n_windows > 1 else np.inf
    return float(stdtrit(freedom, 0.5 + level / 2) * np.sqrt(_variance(by_cell)))


def _in_blocks(by_cell: Array) -> Array:
    """Sums over blocks of neighbouring windows of nearly the same length, (B, N).

    Four blocks, or 0.7 times the root of the number of windows where that is more: fewer tell little
    about their spread, shorter ones still share luck with their neighbours. The longer the past, the
    longer blocks can be.

    >>> _in_blocks(np.arange(9.0)[:, None])[:, 0].tolist()
    [1.0, 5.0, 15.0, 15.0]
    """
    n_windows = len(by_cell)
    if n_windows < 4:
        return by_cell
    n_blocks = min(n_windows // 2, max(4, round(0.7 * n_windows**0.5)))
    starts = np.round(np.linspace(0, n_windows, n_blocks + 1)).astype(int)[:-1]
    return np.add.reduceat(by_cell, starts, axis=0)


def _variance(by_cell: Array) -> float:
    """Two-way clustered variance of the mean over windows of the sum over stock points."""
    n_windows, n_series = by_cell.shape
    of_series = _variance_of_sum(by_cell.mean(axis=0))
    if n_windows == 1:
        return of_series
    of_windows = _variance_of_sum(by_cell.sum(axis=1) / n_windows)
    of_cells = _variance_of_sum(by_cell.ravel() / n_windows)
    return max(of_windows, of_windows + of_series - of_cells) if n_series > 1 else of_windows


def _variance_of_sum(terms: Array) -> float:
    """The variance of a sum of independent terms, from their own spread; 0 for a single one."""
    return float(len(terms) * terms.var(ddof=1)) if len(terms) > 1 else 0.0


def _as_matrix(costs: Sequence[Array]) -> Array:
    lengths = {len(c) for c in costs}
    if len(lengths) > 1:
        raise ShapeError(f"windows have {sorted(lengths)} stock points; they need the same number")
    return np.asarray(costs, dtype=np.float64).reshape(len(costs), max(lengths, default=0))
