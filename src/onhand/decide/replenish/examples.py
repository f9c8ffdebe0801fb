"""A situation small enough to work out by hand, for examples and tests."""

from __future__ import annotations

import numpy as np

from onhand.inventory.costs import Costs
from onhand.inventory.policy import Situation
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

__all__ = ["two_worlds"]


def two_worlds() -> Situation:
    """One stock point: 4 on hand, 1 due in two periods, lead time 2, reviewed every period.

    In the slow world customers want 1 per period, in the fast one 5. A unit held costs 0.2 per
    period, a lost sale 1.

    >>> situation = two_worlds()
    >>> situation.paths.shape
    (1, 2, 4)
    """
    paths = np.array([[[1.0, 1, 1, 1], [5, 5, 5, 5]]], dtype=np.float32)
    return Situation(
        stock=Stock.of(on_hand=[4.0], pipeline=[[0.0, 1.0, 0.0]]),
        paths=paths,
        terms=SupplyTerms.of(lead_time=2, n_series=1),
        costs=Costs.of(holding_cost=0.2, shortage_cost=1.0, n_series=1),
    )
