"""How late may this supplier be, and how much of an order may be missing, going by its record?

Lateness is counted in days beyond the promise (below 0: early). A supplier's own receipts count one
each; they are joined by the promise itself and by what the shop's suppliers do as a whole, so that
one late delivery of a new supplier does not decide everything:

    weights:  each own receipt 1,   the promise 2,   all receipts of the others together at most 4

What is missing is counted as the share of an order that was delivered, with the same weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.errors import ShapeError

__all__ = ["Delivered", "Lateness", "fit_delivered", "fit_lateness"]

Array = NDArray[np.float64]

PROMISE = 2.0  # receipts that the promise itself is worth
OTHERS = 4.0  # receipts that all other suppliers together are worth, at most
LEAST_DELIVERED = 0.1  # share; below it an order is taken to be lost in the post, not cut short


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

    def draw(self, uniform: ArrayLike, *, at_least: float = -np.inf) -> Array:
        """Days late at each `uniform` number 0..1, given that they are `at_least` so many.

        Where none was ever so late: exactly so late.

        >>> record = fit_lateness([0, 0, 6, 9])
        >>> record.draw([0.1, 0.7, 0.99]).tolist(), record.draw([0.1, 0.99], at_least=7).tolist()
        ([0.0, 6.0, 9.0], [9.0, 9.0])
        """
        u = np.asarray(uniform, dtype=np.float64)
        is_left = self.days >= at_least
        if not is_left.any():
            return np.full(u.shape, float(at_least))
        return _drawn(self.days[is_left], self.weight[is_left], u)


@dataclass(frozen=True)
class Delivered:
    """Which share of an order a supplier delivers, as a weighted record.

    share : (M,) above 0 and at most 1, rising
    weight : (M,) share of each, sums to 1
    """

    share: Array
    weight: Array

    def __post_init__(self) -> None:
        if self.share.shape != self.weight.shape or not len(self.share):
            raise ShapeError("what was delivered needs at least one share, and a weight for each")
        if not ((self.share > 0) & (self.share <= 1)).all():
            raise ShapeError("a share delivered lies above 0 and is at most 1")

    @property
    def mean(self) -> float:
        """The share delivered on average."""
        return float(self.share @ self.weight)

    def draw(self, uniform: ArrayLike) -> Array:
        """The share delivered at each `uniform` number 0..1."""
        return _drawn(self.share, self.weight, np.asarray(uniform, dtype=np.float64))


def fit_lateness(own: ArrayLike, others: ArrayLike = ()) -> Lateness:
    """The record of a supplier from days late of its `own` receipts and of the `others`', any number.

    >>> fit_lateness([]).quantile(0.99)                # nothing seen: the promise
    0.0
    >>> fit_lateness([], [10, 10, 10, 10]).weight.round(2).tolist()
    [0.33, 0.17, 0.17, 0.17, 0.17]
    """
    return Lateness(*_record(0.0, own, others))


def fit_delivered(own: ArrayLike, others: ArrayLike = ()) -> Delivered:
    """The record of a supplier from the shares delivered of its `own` orders and of the `others`'.

    More than was ordered counts as all of it, less than a tenth as a tenth.

    >>> fit_delivered([1, 1, 0.5, 0.5]).mean.__round__(2)
    0.83
    """
    mine, theirs = (np.clip(np.asarray(x, float), LEAST_DELIVERED, 1.0) for x in (own, others))
    return Delivered(*_record(1.0, mine, theirs))


def _record(promise: float, own: ArrayLike, others: ArrayLike) -> tuple[Array, Array]:
    """Values, rising, and their weights: the promise, a supplier's own receipts, and the others'."""
    mine, theirs = (np.asarray(x, dtype=np.float64).ravel() for x in (own, others))
    each = min(1.0, OTHERS / len(theirs)) if len(theirs) else 0.0
    values = np.concatenate([[promise], mine, theirs])
    weight = np.concatenate([[PROMISE], np.ones(len(mine)), np.full(len(theirs), each)])
    order = np.argsort(values, kind="stable")
    return values[order], weight[order] / weight.sum()


def _drawn(values: Array, weight: Array, uniform: Array) -> Array:
    """The value at each uniform number, by the inverse of the weighted record."""
    reached = np.cumsum(weight) / weight.sum()
    place = np.searchsorted(reached, uniform - 1e-12)
    return np.asarray(values[np.minimum(place, len(values) - 1)])
