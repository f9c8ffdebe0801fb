"""A what-if says what it changes: settings, money, suppliers, lines, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from onhand.data import Tables
from onhand.plan.config import Config
from onhand.plan.diff import compare_plans
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import Plan

Shop = Callable[..., Tables]


def test_a_plan_does_not_differ_from_itself(plan: Plan) -> None:
    """No setting, no supplier and no line."""
    found = compare_plans(plan, plan)
    assert found.same_data
    assert (found.settings, found.suppliers, found.lines) == ({}, (), ())
    assert all(change.difference == 0 for change in found.board)


def test_differences_add_up(shop: Shop, quick: Config, plan: Plan) -> None:
    """What lines and suppliers change in money is what the total changes."""
    budget = plan.board.order_value / 2
    tight = make_plan(shop(), quick.with_settings({"limits.budget": str(budget)}))
    found = compare_plans(plan, tight)
    assert found.settings == {"limits.budget": (0.0, budget)}
    total = next(c for c in found.board if c.name == "order value")
    assert total.after <= budget < total.before
    lines = math.fsum(line.money for line in found.lines)
    suppliers = math.fsum(change.difference for change in found.suppliers)
    assert total.difference == pytest.approx(lines, abs=0.01)
    assert total.difference == pytest.approx(suppliers, abs=0.01)
    moved = [abs(line.money) for line in found.lines]
    assert moved == sorted(moved, reverse=True)
