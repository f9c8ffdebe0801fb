"""The seam between a situation and an order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from onhand.errors import ShapeError
from onhand.inventory.costs import Costs
from onhand.inventory.receipts import SupplyPaths
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

__all__ = ["Policy", "Situation"]


@dataclass(frozen=True)
class Situation:
    """All that is known at a review, at N stock points.

    stock : Stock with leading shape (N,), at the end of the period just over
    paths : (N, S, H) float32, possible demand of the next H periods
    terms : SupplyTerms, (N,)
    costs : Costs, (N,), the costs to decide by (which need not be the ones we are judged by)
    supply : when goods may come, in the same S worlds as the demand; None: exactly when the
        pipeline and the terms say

    Raises
    ------
    ShapeError
        When the parts do not have the same N, or supply not the worlds of the paths.
    """

    stock: Stock
    paths: NDArray[np.float32]
    terms: SupplyTerms
    costs: Costs
    supply: SupplyPaths | None = None

    def __post_init__(self) -> None:
        n = self.paths.shape[0]
        for name, m in (
            ("stock", self.stock.on_hand.shape[0]),
            ("terms", self.terms.lead_time.shape[0]),
            ("costs", self.costs.holding_cost.shape[0]),
        ):
            if m != n:
                raise ShapeError(f"{name} has {m} stock points; paths have {n}")
        if self.supply is not None and self.supply.arrivals.shape != self.paths.shape:
            raise ShapeError(
                f"supply has worlds {self.supply.arrivals.shape}; paths are {self.paths.shape}"
            )

    def rows(self, index: slice | NDArray[Any]) -> Situation:
        """The situation of some stock points."""
        return Situation(
            self.stock.rows(index),
            self.paths[index],
            self.terms.rows(index),
            self.costs.rows(index),
            None if self.supply is None else self.supply.rows(index),
        )


@runtime_checkable
class Policy(Protocol):
    """Answers one question: how much do we need, at this review?

    The answer is the *pure need*, before packs and minimum orders, which
    `onhand.decide.replenish.rounding` applies afterwards and explains.
    """

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        ...

    def horizon(self, terms: SupplyTerms) -> int:
        """How many future periods of paths it must be given."""
        ...

    def order(self, situation: Situation) -> NDArray[np.float64]:
        """Units to order now, (N,), finite and >= 0."""
        ...
