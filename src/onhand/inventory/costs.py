"""What stock costs, per period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.errors import ShapeError
from onhand.inventory.moves import Flow

__all__ = ["LONGEST_LEFTOVER", "Charge", "Costs", "charge"]

Array = NDArray[np.float64]

LONGEST_LEFTOVER = 52.0
"""Periods for which stock left at the end of a stretch is charged at most."""


@dataclass(frozen=True)
class Costs:
    """Money per stock point; each (N,).

    holding_cost : money per unit on hand at the end of a period
    shortage_cost : money per unit short, once when it is lost (lost sales), or per unit and
        period that it waits (backorders)
    order_cost : money per order placed, whatever its size

    >>> Costs.of(holding_cost=0.2, shortage_cost=1.0, n_series=1).critical_ratio.round(3).tolist()
    [0.833]
    """

    holding_cost: Array
    shortage_cost: Array
    order_cost: Array

    def __post_init__(self) -> None:
        for name in ("holding_cost", "shortage_cost", "order_cost"):
            values = getattr(self, name)
            if values.shape != self.holding_cost.shape:
                raise ShapeError(
                    f"{name} has shape {values.shape}; holding_cost has {self.holding_cost.shape}"
                )
            if not (np.isfinite(values).all() and (values >= 0).all()):
                raise ShapeError(f"{name} holds a negative or non-finite cost; costs are >= 0")

    @classmethod
    def of(
        cls,
        holding_cost: ArrayLike,
        shortage_cost: ArrayLike,
        order_cost: ArrayLike = 0.0,
        *,
        n_series: int,
    ) -> Costs:
        """Costs from numbers or arrays, spread over `n_series` stock points."""
        spread = [
            np.broadcast_to(np.asarray(c, dtype=np.float64), (n_series,))
            for c in (holding_cost, shortage_cost, order_cost)
        ]
        return cls(*spread)

    @property
    def critical_ratio(self) -> Array:
        """p / (p + h): the no-stock-out probability that balances one more unit. 1 where h = 0."""
        total = self.shortage_cost + self.holding_cost
        return np.divide(self.shortage_cost, total, out=np.ones_like(total), where=total > 0)

    def rows(self, index: slice | NDArray[Any]) -> Costs:
        """The costs of some stock points."""
        return Costs(self.holding_cost[index], self.shortage_cost[index], self.order_cost[index])


@dataclass(frozen=True)
class Charge:
    """What one period cost, each (...,) in money."""

    holding: Array
    shortage: Array
    ordering: Array

    @property
    def total(self) -> Array:
        """Holding, shortage and ordering together."""
        return self.holding + self.shortage + self.ordering


def charge(flow: Flow, order_quantity: ArrayLike, costs: Costs) -> Charge:
    """The charge for one period's flow and for the order placed at the review before it.

    Leading axes of `flow` are `(N,)` or `(N, S)`; costs spread over the samples. Under lost sales
    `flow.backorders` is 0 and a shortage is charged once; under backorders every unit still owed
    at the end of the period is charged.
    """
    extra = (1,) * (flow.on_hand.ndim - 1)
    h, p, k = (
        c.reshape(-1, *extra) for c in (costs.holding_cost, costs.shortage_cost, costs.order_cost)
    )
    owed = np.where(flow.backorders > 0, flow.backorders, flow.short)
    ordered = np.broadcast_to(np.asarray(order_quantity, dtype=np.float64), flow.on_hand.shape) > 0
    return Charge(h * flow.on_hand, p * owed, k * ordered)
