"""How do the orders of a replay really come, and what may a policy know of it?

An order is late and short as the supplier's record makes it: its lead time and share are drawn once, for
its stock point and the review at which it is placed, whoever places it and however large. The policy sees
which of its orders are still open, and worlds drawn from the same record given their age.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.errors import ShapeError
from onhand.inventory.receipts import SupplyPaths
from onhand.inventory.stock import Stock
from onhand.inventory.supply_odds import OrderWorlds
from onhand.inventory.terms import SupplyTerms

__all__ = ["PastDeliveries"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PastDeliveries:
    """The luck of every order that N stock points may place in a window of P periods.

    lead_time : (N, P) periods that an order placed at the review just before each period takes
    share : (N, P) of it that is delivered, above 0 and at most 1; the rest never comes
    kind : (N,) which kind of order a stock point's are in `worlds`
    worlds : what a policy may foresee

    Raises
    ------
    ShapeError
        When the parts do not fit, or a lead time is longer than any in `worlds`.
    """

    lead_time: NDArray[np.int64]
    share: Array
    kind: NDArray[np.int64]
    worlds: OrderWorlds

    def __post_init__(self) -> None:
        if self.share.shape != self.lead_time.shape or self.kind.shape != self.share.shape[:1]:
            raise ShapeError(
                f"lead_time {self.lead_time.shape} asks for shares of the same shape and a kind for "
                f"each stock point; they are {self.share.shape} and {self.kind.shape}"
            )
        if self.lead_time.max(initial=0) > self.worlds.open_lead.shape[1]:
            raise ShapeError(
                f"a lead time of {self.lead_time.max()} periods is not among the "
                f"{self.worlds.open_lead.shape[1]} that policies are told of"
            )

    @property
    def longest(self) -> int:
        """The longest lead time of an order in the window, periods."""
        return int(self.lead_time.max(initial=0))

    def rows(self, index: slice | NDArray[Any]) -> PastDeliveries:
        """The deliveries of some stock points."""
        return replace(
            self,
            lead_time=self.lead_time[index],
            share=self.share[index],
            kind=self.kind[index],
        )

    def still_open(self, orders: Sequence[Array], period: int) -> Array:
        """Units ordered 1, 2, … reviews before the one just before `period`, not arrived by then, (N, A).

        `orders` are those placed before periods 0 .. period - 1, each (N,).
        """
        n_ages = self.worlds.open_lead.shape[1]
        waiting = np.zeros((len(self.kind), n_ages))
        for age in range(min(n_ages, period)):
            placed = period - 1 - age
            waiting[:, age] = np.where(self.lead_time[:, placed] > age, orders[placed], 0.0)
        return waiting

    def seen(
        self,
        stock: Stock,
        opening: Stock,
        orders: Sequence[Array],
        period: int,
        terms: SupplyTerms,
        horizon: int,
    ) -> tuple[Stock, SupplyPaths]:
        """What a policy may know at the review just before `period`: the stock, and how it may come.

        What was on its way when the window began comes as `opening` says. An open order is in the
        pipeline as it was ordered, where the terms expect it: an overdue one next period.
        """
        waiting = self.still_open(orders, period)
        known = opening.pipeline[:, period:]
        width = max(known.shape[1], int(terms.lead_time.max(initial=0)) + 1)
        pipeline = np.zeros((len(self.kind), width))
        pipeline[:, : known.shape[1]] = known
        row, age = np.nonzero(waiting)
        slot = np.maximum(0, terms.lead_time[row] - age - 1)
        np.add.at(pipeline, (row, slot), waiting[row, age])
        told = Stock(stock.on_hand, pipeline, stock.backorders)
        return told, self.worlds.paths(self.kind, waiting, known, horizon)
