"""A plan for the tutorials' objective says which service it asks for and what that costs."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from onhand.data import Tables
from onhand.plan.config import Config
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import OrderLine, Plan

Shop = Callable[..., Tables]
RATIO = {"policy.objective": "ratio", "policy.ratio_beta": "0", "policy.ratio_gamma": "5"}


def said(plan: Plan, value: str) -> str:
    """Why the plan says this about its objective."""
    return next(n.why for n in plan.assumptions if n.value == value)


@pytest.fixture(scope="module")
def ratio_plan(shop: Shop, quick: Config) -> Plan:
    """Weights that ask for 80 %: alpha / gamma = 1 / 5."""
    config = quick.with_settings(RATIO | {"policy.ratio_solver": "both"})
    return make_plan(shop(), config)


def test_every_line_asks_for_the_implied_service(ratio_plan: Plan) -> None:
    """1 - alpha / gamma, and the line's numbers still add up."""
    assert ratio_plan.orders
    for line in ratio_plan.orders:
        why = line.reason
        assert why.quantile == 0.8
        assert why.policy == "ratio objective, α = 1, β = 0, γ = 5"
        assert why.need == pytest.approx(why.target - why.projected_stock, abs=0.011)
        assert why.quantity == pytest.approx(why.need + sum(i.units for i in why.increments))


def test_the_plan_tells_service_and_price(ratio_plan: Plan) -> None:
    """The price is the replay's, to the cent of rounding."""
    assert "no stock-out in 80% of cases at the middle stock point" in said(ratio_plan, "ratio")
    assert ratio_plan.replay is not None
    ours, other = (ratio_plan.replay.contenders[n] for n in ("default", "projected_inventory"))
    price = said(ratio_plan, "its price")
    assert ours.label.startswith("Ratio objective")
    assert f"filled {ours.fill_rate:.1%}" in price
    assert f"filled {other.fill_rate:.1%}" in price
    assert ("more" in price) == (ours.total > other.total)


def test_the_genetic_algorithm_stands_beside_the_quantile(ratio_plan: Plan) -> None:
    """Six stock points are few enough for it: the gap is printed, and small."""
    assert "on 6 stock points the quantile reaches" in said(ratio_plan, "both")
    cold, warm = (
        float(part.split("%")[0]) for part in said(ratio_plan, "both").split("a gap of ")[1:]
    )
    assert 0 <= cold < 5
    assert warm == 0  # begun from the exact answer: nothing is better


def test_an_order_cost_does_not_raise_the_level(shop: Shop, quick: Config) -> None:
    """The weights ask for a level, and nothing is added that they did not ask for; in money it is."""
    supply = pl.DataFrame(
        {"item": [f"item-{i}" for i in range(6)], "lead_time": [7.0] * 6, "unit_cost": [2.0] * 6,
         "order_cost": [20.0] * 6}
    )  # fmt: skip
    tables = shop(supply=supply)
    by_ratio = make_plan(tables, quick.with_settings(RATIO))
    assert by_ratio.orders
    assert all(increment_of(line, "order_cycle") == 0 for line in by_ratio.orders)
    for line in by_ratio.orders:
        assert line.quantity < line.reason.need + 1  # rounded up to whole units, and no more
    in_money = make_plan(tables, quick)
    assert any(increment_of(line, "order_cycle") > 0 for line in in_money.orders)


def increment_of(line: OrderLine, constraint: str) -> float:
    """Units that a constraint added to a line."""
    return sum(i.units for i in line.reason.increments if i.constraint == constraint)


def test_money_says_nothing_of_ratios(plan: Plan) -> None:
    """The default plan is not concerned."""
    assert not [n for n in plan.assumptions if n.key.startswith("policy.ratio")]
