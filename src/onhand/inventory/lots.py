"""What is on the shelf when goods perish, lot by lot?

A lot can be sold up to its last period and is thrown away at the end of it, after the demand of the
period was served:

    goods arrive  ->  demand takes from the lots  ->  shortage lost or owed  ->  what has had its last
    period is thrown away

`fifo`: demand takes the lot that perishes first, as a careful shop fills its shelves. `lifo`: customers reach for
the freshest. Without perishing lots this is `onhand.inventory.moves` to the unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from onhand.errors import ShapeError

__all__ = ["Issue", "LotsProjected", "ShelfLots", "project_lots"]

Array = NDArray[np.float64]
Issue = Literal["fifo", "lifo"]


@dataclass(frozen=True)
class ShelfLots:
    """What perishes when, at N stock points.

    opening : (N, A) units on hand; column a: their last period is a, counted from 0, the next one.
        What is on hand beyond their sum keeps longer than A periods
    life : (N,) periods in which a unit can be sold, counted from the one it arrives in, >= 1;
        inf: it does not perish
    """

    opening: Array
    life: Array

    def __post_init__(self) -> None:
        if self.life.shape != self.opening.shape[:1]:
            raise ShapeError(f"opening has {len(self.opening)} rows; life has {self.life.shape}")
        if (self.opening < 0).any() or not (self.life >= 1).all():
            raise ShapeError(
                "lots hold 0 units or more, and a unit can be sold for 1 period or more"
            )

    def rows(self, index: slice | NDArray[Any]) -> ShelfLots:
        """The lots of some stock points."""
        return ShelfLots(self.opening[index], self.life[index])

    @property
    def perishes(self) -> NDArray[np.bool_]:
        """Whether anything at the stock point perishes, (N,)."""
        return np.isfinite(self.life) | (self.opening > 0).any(axis=1)


@dataclass(frozen=True)
class LotsProjected:
    """What becomes of the lots in every world, each (N, S, H) in units.

    on_hand : at the end of each period;  short : lost or newly owed in it;  expired : thrown away in it
    """

    on_hand: NDArray[np.float32]
    short: NDArray[np.float32]
    expired: NDArray[np.float32]


def project_lots(
    on_hand: Array,
    backorders: Array,
    lots: ShelfLots,
    due: NDArray[Any],
    demand: NDArray[np.float32],
    *,
    shortage: str = "lost_sales",
    issue: Issue = "fifo",
) -> LotsProjected:
    """The shelf of N stock points in S worlds over H periods.

    Parameters
    ----------
    on_hand, backorders : (N,) units now
    due : (N, H) or (N, S, H) units arriving at the start of each period
    demand : (N, S, H)

    >>> lots = ShelfLots(np.array([[3.0, 2.0]]), np.array([np.inf]))     # 3 perish after this period
    >>> found = project_lots(np.array([5.0]), np.zeros(1), lots, np.zeros((1, 3)),
    ...                      np.ones((1, 1, 3), dtype=np.float32))
    >>> found.expired.tolist(), found.on_hand.tolist()
    ([[[2.0, 1.0, 0.0]]], [[[2.0, 0.0, 0.0]]])
    """
    from onhand.inventory.lots_kernel import walk_lots

    n, _, horizon = demand.shape
    if len(on_hand) != n or len(lots.life) != n:
        raise ShapeError(f"on_hand and lots must have {n} rows, one for each of the demand")
    coming = np.broadcast_to(due[:, None, :] if due.ndim == 2 else due, demand.shape)
    opening = np.zeros((n, horizon + 1))
    width = min(horizon, lots.opening.shape[1])
    opening[:, :width] = lots.opening[:, :width]
    opening[:, horizon] = np.maximum(0.0, on_hand - opening.sum(axis=1))
    life = np.minimum(np.where(np.isfinite(lots.life), lots.life, horizon + 1), horizon + 1)
    shelf, short, expired = walk_lots(
        opening,
        np.ascontiguousarray(backorders, dtype=np.float64),
        life.astype(np.int64),
        coming,
        np.ascontiguousarray(demand),
        shortage == "lost_sales",
        issue == "fifo",
    )
    return LotsProjected(shelf, short, expired)
