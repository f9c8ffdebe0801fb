"""The state of stock: what is on the shelf, what is coming, what is owed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.errors import ShapeError

__all__ = ["Stock"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Stock:
    """Stock at the end of a period, after its demand was served and before the review.

    The leading shape `...` is usually `(N,)` stock points, or `(N, S)` for stock points in S worlds.

    Parameters
    ----------
    on_hand : (...,) units on the shelf, >= 0
    pipeline : (..., W) units ordered and not yet received
        Slot `k` arrives at the start of the `k + 1`-th period from now. `W` is at least
        `lead_time + 1`: an order placed now goes into slot `lead_time`.
    backorders : (...,) units promised to customers and not yet delivered, >= 0

    >>> stock = Stock.of(on_hand=[5.0], pipeline=[[2.0, 0.0]])
    >>> stock.inventory_position.tolist()
    [7.0]
    """

    on_hand: Array
    pipeline: Array
    backorders: Array

    def __post_init__(self) -> None:
        if self.pipeline.shape[:-1] != self.on_hand.shape or self.pipeline.ndim == 0:
            raise ShapeError(
                f"pipeline has shape {self.pipeline.shape}; on_hand {self.on_hand.shape} asks for "
                f"{(*self.on_hand.shape, 'lead_time + 1')}"
            )
        if self.backorders.shape != self.on_hand.shape:
            raise ShapeError(
                f"backorders have shape {self.backorders.shape}; on_hand has {self.on_hand.shape}"
            )

    @classmethod
    def of(cls, on_hand: ArrayLike, pipeline: ArrayLike, backorders: ArrayLike = 0.0) -> Stock:
        """Stock from anything that looks like arrays; no backorders unless given."""
        shelf = np.asarray(on_hand, dtype=np.float64)
        owed = np.broadcast_to(np.asarray(backorders, dtype=np.float64), shelf.shape)
        return cls(shelf, np.asarray(pipeline, dtype=np.float64), owed)

    @property
    def on_order(self) -> Array:
        """Units ordered and not yet received, (...,)."""
        return np.asarray(self.pipeline.sum(axis=-1))

    @property
    def net_inventory(self) -> Array:
        """On hand minus backorders, (...,)."""
        return self.on_hand - self.backorders

    @property
    def inventory_position(self) -> Array:
        """On hand plus on order minus backorders, (...,)."""
        return self.on_hand + self.on_order - self.backorders

    def rows(self, index: slice | NDArray[Any]) -> Stock:
        """The stock of some stock points."""
        return Stock(self.on_hand[index], self.pipeline[index], self.backorders[index])
