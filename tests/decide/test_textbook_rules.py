"""Coverage and the classical formula, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.decide.replenish import ClassicalSafetyStock, Coverage, ProtectionCoverage
from onhand.inventory.costs import Costs
from onhand.inventory.policy import Situation
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms


def situation(paths: list[list[list[float]]], backorders: float = 0.0) -> Situation:
    n = len(paths)
    return Situation(
        Stock.of([1.0] * n, [[0.0, 2.0, 0.0]] * n, backorders),
        np.asarray(paths, dtype=np.float32),
        SupplyTerms.of(2, n_series=n),
        Costs.of(0.2, 1.0, n_series=n),
    )


def test_the_vn2_benchmark_covers_four_weeks_of_forecast() -> None:
    """5 + 6 + 7 + 8 forecast, 1 on hand and 2 on order."""
    assert Coverage(4).order(situation([[[5, 6, 7, 8]]])).tolist() == [23.0]


def test_a_quarter_of_a_period_has_a_quarter_of_its_demand() -> None:
    """3.25 periods: 5 + 6 + 7 + 8 / 4, less the 3 in hand and on order."""
    assert Coverage(3.25).order(situation([[[5, 6, 7, 8]]])).tolist() == [17.0]


def test_backorders_are_owed_before_anything_is_covered() -> None:
    """Two promised units make the position 1 instead of 3."""
    assert Coverage(1).order(situation([[[5.0]]], backorders=2.0)).tolist() == [4.0]


def test_protection_coverage_scales_with_each_stock_points_interval() -> None:
    """L + R = 3: half again as much as 5 + 6 + 7."""
    order = ProtectionCoverage(1.5).order(situation([[[5, 6, 7, 8]]]))
    assert order.tolist() == [1.5 * 18 - 3]


def test_classical_safety_stock_is_z_sigma_root_of_the_interval() -> None:
    """Demand 4 or 6: σ = 1, mean 15 over three periods; z(0.975) = 1.96, √3 = 1.732."""
    order = ClassicalSafetyStock(0.975).order(situation([[[4, 5, 5], [6, 5, 5]]]))
    assert order[0] == pytest.approx(15 + 1.959964 * 1.0 * 3**0.5 - 3, abs=1e-5)
