"""What customers were promised is ordered and delivered, also where new demand that waits is lost."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.decide.replenish import ProjectedInventory
from onhand.inventory.costs import Costs
from onhand.inventory.moves import serve_or_lose
from onhand.inventory.policy import Situation
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms


@pytest.mark.parametrize("lead_time", [0, 1, 3])
@pytest.mark.parametrize("owed", [0.0, 10.0])
def test_the_order_covers_what_is_owed(lead_time: int, owed: float) -> None:
    """An empty shelf, 3 wanted per period: the 3 of the cover, and every unit promised before."""
    stock = Stock.of([0.0], np.zeros((1, lead_time + 1)), [owed])
    terms = SupplyTerms.of(lead_time, n_series=1)
    paths = np.full((1, 5, lead_time + 1), 3, np.float32)
    situation = Situation(stock, paths, terms, Costs.of(1.0, 1.0, n_series=1))
    assert ProjectedInventory(0.5).order(situation).tolist() == [3 + owed]


def test_arrivals_serve_the_promised_first() -> None:
    """12 arrive, 10 are owed, 5 are wanted: 2 are sold, 3 lost, and nothing is owed any more."""
    after, flow = serve_or_lose(Stock.of([0.0], [[12.0]], [10.0]), [5.0])
    assert flow.served.tolist() == [2.0]
    assert flow.short.tolist() == [3.0]
    assert after.backorders.tolist() == after.on_hand.tolist() == [0.0]
