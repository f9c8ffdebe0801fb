"""How late may this supplier be, going by what it has delivered so far?

Lateness is counted in days beyond the promise (below 0: early). A supplier's own receipts count one
each; they are joined by the promise itself and by what the shop's suppliers do as a whole, so that
one late delivery of a new supplier does not decide everything:

    weights:  each own receipt 1,   the promise 2,   all receipts of the others together at most 4
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.errors import ShapeError

__all__ = ["Lateness", "fit_lateness"]

Array = NDArray[np.float64]

PROMISE = 2.0  # receipts that the promise itself is worth
OTHERS = 4.0  # receipts that all other suppliers together are worth, at most


@dataclass(frozen=True)
class Lateness:
    """How late a delivery may be, as a weighted record.

    days : (M,) days late, rising
    weight : (M,) share of each, sums to 1
    """

    days: Array
    weight: Array

    def __post_init__(self) -> None:
        if self.days.shape != self.weight.shape or not len(self.days):
            raise ShapeError("lateness needs at least one day, and a weight for each")

    def quantile(self, share: float) -> float:
        """The least number of days late that at least `share` of deliveries do not exceed.

        >>> fit_lateness([0, 0, 6]).quantile(0.5), fit_lateness([0, 0, 6]).quantile(0.9)
        (0.0, 6.0)
        """
        reached = np.cumsum(self.weight)
        place = int(np.searchsorted(reached, share - 1e-9))
        return float(self.days[min(place, len(self.days) - 1)])

    def remaining(self, days_late: float) -> float | None:
        """Days until a delivery already `days_late` comes, in the middle of the cases that were later.

        None: none was ever that late.

        >>> record = fit_lateness([0, 0, 6, 9])
        >>> record.remaining(0), record.remaining(7), record.remaining(9)
        (6.0, 2.0, None)
        """
        is_later = self.days > days_late
        if not is_later.any():
            return None
        days, weight = self.days[is_later], self.weight[is_later]
        return Lateness(days, weight / weight.sum()).quantile(0.5) - days_late


def fit_lateness(own: ArrayLike, others: ArrayLike = ()) -> Lateness:
    """The record of a supplier from days late of its `own` receipts and of the `others`', any number.

    >>> fit_lateness([]).quantile(0.99)                # nothing seen: the promise
    0.0
    >>> fit_lateness([], [10, 10, 10, 10]).weight.round(2).tolist()
    [0.33, 0.17, 0.17, 0.17, 0.17]
    """
    mine, theirs = (np.asarray(x, dtype=np.float64).ravel() for x in (own, others))
    each = min(1.0, OTHERS / len(theirs)) if len(theirs) else 0.0
    days = np.concatenate([[0.0], mine, theirs])
    weight = np.concatenate([[PROMISE], np.ones(len(mine)), np.full(len(theirs), each)])
    order = np.argsort(days, kind="stable")
    return Lateness(days[order], weight[order] / weight.sum())
