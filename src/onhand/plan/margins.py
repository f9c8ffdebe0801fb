"""Should what earns more for what it costs to hold be there in more of the possible worlds?

One number for the whole shop covers an item that earns half of its price like one that earns a tenth. Where
margins differ, the stock points are therefore put in three buckets by how many periods of holding a unit its
margin pays for, and each bucket gets a number of its own, none below that of the bucket before: what is
known of the direction need not be learned from few windows. Where margins are alike, or stock points few, one
number serves all (`docs/concepts/replay.md` has what was measured).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.cover_by_margin import CoverByMargin, bucket_of, holding_paid
from onhand.decide.replenish.projected_cover import ProjectedCover
from onhand.inventory.costs import Costs
from onhand.inventory.policy import Policy
from onhand.optimize.ladder import smoothed, valley

__all__ = ["Margins", "by_margin", "margins_of", "rising_rungs", "rungs_by_margin", "rungs_of"]

Array = NDArray[np.float64]

_N_BUCKETS = 3
_FEWEST = 50  # stock points in a bucket: a number is never that of a few items
_APART = 1.5  # the middle of the best third over that of the poorest, below which margins are alike


@dataclass(frozen=True)
class Margins:
    """Which stock points earn alike.

    borders : periods of holding that a unit's margin pays for, where the next bucket begins
    bucket : (N,) from 0, the least margin, up
    """

    borders: tuple[float, ...]
    bucket: NDArray[np.int64]


def margins_of(costs: Costs) -> Margins | None:
    """The thirds of the stock points by margin; None where margins are alike or stock points few.

    >>> from onhand.inventory.costs import Costs
    >>> margin = np.repeat([1.0, 2.0, 8.0], 60)
    >>> margins_of(Costs.of(0.1, margin, n_series=180)).borders
    (10.0, 20.0)
    >>> margins_of(Costs.of(0.1, np.ones(180), n_series=180)) is None
    True
    """
    paid = holding_paid(costs)
    known = paid[np.isfinite(paid) & (paid > 0)]
    if len(known) < _N_BUCKETS * _FEWEST:
        return None
    low, high = np.quantile(known, (1 / 6, 5 / 6), method="lower")
    inner = np.quantile(known, np.arange(1, _N_BUCKETS) / _N_BUCKETS, method="lower")
    borders = tuple(float(x) for x in inner)
    bucket = bucket_of(paid, borders)
    is_rising = len(set(borders)) == len(borders)
    fewest = np.bincount(bucket, minlength=_N_BUCKETS).min()
    if high < _APART * low or not is_rising or fewest < _FEWEST:
        return None
    return Margins(borders, bucket)


def rising_rungs(costs: Array, bucket: NDArray[np.int64]) -> tuple[int, ...]:
    """The rung of each bucket, none below that of the bucket before, with the least smoothed cost together.

    costs : (K, W, N) of every rung, the lowest first, in each window;  bucket : (N,)

    >>> costs = np.array([[[3.0, 0.0]], [[2.0, 1.0]], [[0.0, 2.0]]])     # the first wants more than the second
    >>> rising_rungs(costs, np.array([1, 0])), rising_rungs(costs, np.array([0, 1]))
    ((0, 2), (2, 2))
    """
    n_buckets = int(bucket.max()) + 1
    curves = [smoothed(costs[:, :, bucket == b].sum(axis=2).mean(axis=1)) for b in range(n_buckets)]
    total, chosen = curves[0], []
    for curve in curves[1:]:
        best = np.minimum.accumulate(total)
        is_new = np.r_[True, total[1:] < best[:-1]]
        chosen.append(np.maximum.accumulate(np.where(is_new, np.arange(len(total)), 0)))
        total = best + curve
    rungs = [int(np.argmin(total))]
    for before in reversed(chosen):
        rungs.insert(0, int(before[rungs[0]]))
    return tuple(rungs)


def rungs_by_margin(costs: Array, bucket: NDArray[np.int64]) -> tuple[int, ...] | None:
    """The rung of each bucket; None where on windows left out one rung for all is as cheap.

    With one window none can be left out: one rung for all.
    """
    n_windows = costs.shape[1]
    if n_windows < 2:
        return None
    apart = together = 0.0
    for w in range(n_windows):
        others = np.delete(costs, w, axis=1)
        rungs = np.array(rising_rungs(others, bucket))
        apart += float(costs[rungs[bucket], w, np.arange(len(bucket))].sum())
        together += float(costs[valley(others.sum(axis=2).mean(axis=1)), w].sum())
    return rising_rungs(costs, bucket) if apart < together else None


def rungs_of(
    policies: tuple[Policy, ...], costs: Array, margins: Margins | None
) -> tuple[int, ...] | None:
    """The rung of each bucket on a ladder; None where one serves all, or the policy is another.

    policies : a ladder, for `ProjectedCover` alone, the lowest quantile first;  costs : (K, W, N) of each
    """
    is_cover = all(isinstance(policy, ProjectedCover) for policy in policies)
    if margins is None or not is_cover or len(policies) < 2:
        return None
    rungs = rungs_by_margin(costs, margins.bucket)
    return None if rungs is None or len(set(rungs)) == 1 else rungs


def by_margin(policies: tuple[Policy, ...], costs: Array, margins: Margins | None) -> Policy | None:
    """The policy with a number for each bucket; None where one number serves all."""
    rungs = rungs_of(policies, costs, margins)
    covers = [policy for policy in policies if isinstance(policy, ProjectedCover)]
    if rungs is None or margins is None:
        return None
    quantiles = tuple(covers[rung].quantile for rung in rungs)
    return CoverByMargin(quantiles, margins.borders, covers[0].extra, covers[0].shortage)
