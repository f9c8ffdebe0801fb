"""What a supplier allows: when goods come, and in which quantities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.errors import ShapeError

__all__ = ["SupplyTerms"]


@dataclass(frozen=True)
class SupplyTerms:
    """The terms on which each stock point is supplied; each (N,).

    lead_time : whole periods between the review and the arrival, >= 0 (see `onhand.inventory.moves`)
    review_period : periods from one review to the next, >= 1
    minimum_order : smallest quantity of an order, units; 0: none
    pack_size : orders are multiples of it, units; 1: loose

    >>> SupplyTerms.of(lead_time=2, n_series=3).protection_interval.tolist()
    [3, 3, 3]
    """

    lead_time: NDArray[np.int64]
    review_period: NDArray[np.int64]
    minimum_order: NDArray[np.float64]
    pack_size: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name, least in (("lead_time", 0), ("review_period", 1), ("minimum_order", 0)):
            values = getattr(self, name)
            if values.shape != self.lead_time.shape:
                raise ShapeError(
                    f"{name} has shape {values.shape}; lead_time has {self.lead_time.shape}"
                )
            if (values < least).any():
                raise ShapeError(f"{name} holds {values.min()}; the least it can be is {least}")
        if self.pack_size.shape != self.lead_time.shape or (self.pack_size <= 0).any():
            raise ShapeError("pack_size must be above 0 for every stock point")

    @classmethod
    def of(
        cls,
        lead_time: ArrayLike,
        review_period: ArrayLike = 1,
        minimum_order: ArrayLike = 0.0,
        pack_size: ArrayLike = 1.0,
        *,
        n_series: int,
    ) -> SupplyTerms:
        """Terms from numbers or arrays, spread over `n_series` stock points."""
        whole = [
            np.broadcast_to(np.asarray(v, dtype=np.int64), (n_series,))
            for v in (lead_time, review_period)
        ]
        units = [
            np.broadcast_to(np.asarray(v, dtype=np.float64), (n_series,))
            for v in (minimum_order, pack_size)
        ]
        return cls(whole[0], whole[1], units[0], units[1])

    @property
    def protection_interval(self) -> NDArray[np.int64]:
        """Review period plus lead time: the periods that one order must cover, (N,)."""
        return self.lead_time + self.review_period

    def rows(self, index: slice | NDArray[Any]) -> SupplyTerms:
        """The terms of some stock points."""
        return SupplyTerms(
            self.lead_time[index],
            self.review_period[index],
            self.minimum_order[index],
            self.pack_size[index],
        )
