"""Where orders cost something they are made to last, and a fee is neither ignored nor paid for nothing."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from onhand.data import Tables
from onhand.data.panel import Frequency, Panel
from onhand.decide.replenish.min_max import MinMax
from onhand.decide.replenish.order_cycle import order_cycle
from onhand.decide.replenish.price_breaks import PriceLadder
from onhand.decide.replenish.projected_cover import ProjectedCover
from onhand.demand import believe
from onhand.inventory.costs import Costs
from onhand.inventory.moves import place, serve_or_lose
from onhand.inventory.policy import Policy, Situation
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms
from onhand.plan.buying.decide import decide
from onhand.plan.buying.lots import lots_of
from onhand.plan.buying.order_days import Timing
from onhand.plan.buying.rules import Rules, SupplierRule
from onhand.plan.config import Config
from onhand.plan.economics import Economics
from onhand.plan.explain import explain
from onhand.plan.make_plan import make_plan
from onhand.plan.outlook import Lookahead
from onhand.plan.plan import OrderLine, Plan

QUICK = {
    "plan": {"n_samples": 60, "n_cards": 0},
    "replay": {"days": 1.0, "tuning_days": 1.0},  # too short to replay anything
    "forecast": {"forecaster": "seasonal_naive"},
    "policy": {"level": 0.9, "extra_periods": 0},
}


def settings(**sections: dict[str, Any]) -> Config:
    """Settings that plan a small shop in a moment."""
    return Config.from_dict({**QUICK, **sections})


def shop(on_hand: list[float], *, fee: float = 0.0, line: float = 0.0, **more: Any) -> Tables:
    """Ten a week of each item, bought at 10 and sold at 20, with a week's lead time and a weekly review."""
    n, weeks, monday = len(on_hand), 30, date(2024, 1, 1)
    items = [f"item-{i}" for i in range(n)]
    return Tables(
        sales=pl.DataFrame(
            {
                "item": np.repeat(items, weeks),
                "location": ["shop"] * (n * weeks),
                "date": [monday + timedelta(weeks=w) for w in range(weeks)] * n,
                "quantity": np.random.default_rng(1).poisson(10, n * weeks) * 1.0,
            }
        ),
        items=pl.DataFrame({"item": items, "price": [20.0] * n, "unit_cost": [10.0] * n}),
        supply=pl.DataFrame(
            {
                "item": items,
                "supplier": ["A"] * n,
                "lead_time": [7.0] * n,
                "order_cost": [line] * n,
            }
        ),
        suppliers=pl.DataFrame({"supplier": ["A"], "order_cost": [fee]}),
        stock=pl.DataFrame({"item": items, "location": ["shop"] * n, "on_hand": on_hand}),
        **more,
    )


def added(line: OrderLine, name: str = "order_cycle") -> float:
    """What one rule added."""
    return sum(step.units for step in line.reason.increments if step.constraint == name)


def check_sums(plan: Plan) -> None:
    """Every quantity is the sum of its reasons."""
    for line in plan.orders:
        parts = [line.reason.need, *(step.units for step in line.reason.increments)]
        assert line.quantity == pytest.approx(math.fsum(parts), abs=1e-6)


def test_one_item_has_harris_cycle_and_a_family_shares_the_fee() -> None:
    """√(2 · 8 / (0.1 · 10)) = 4; four such items at once last half as long; without a fee nothing lasts."""
    assert order_cycle(8.0, [0.0], [0.1], [10.0])[0] == pytest.approx(4.0)
    every, lasts = order_cycle(8.0, np.zeros(4), np.full(4, 0.1), np.full(4, 10.0))
    assert every == pytest.approx(2.0)
    np.testing.assert_allclose(lasts, 2.0)
    assert order_cycle(0.0, [0.0, 8.0], [0.1, 0.1], [10.0, 10.0])[1].tolist() == [0.0, 4.0]
    assert order_cycle(5.0, [0.0], [0.1], [0.0])[0] == np.inf


@pytest.mark.parametrize("seed", range(5))
def test_no_other_cycles_of_a_family_cost_less(seed: int) -> None:
    """Against ten thousand random choices of when to order and how long each line lasts."""
    rng = np.random.default_rng(seed)
    fee, lines, held = rng.uniform(1, 50), rng.uniform(0, 20, 3), rng.uniform(0.1, 9, 3)
    every, lasts = order_cycle(fee, lines, held, np.ones(3))

    def cost(between: NDArray[np.float64], each: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(fee / between + (lines / each + held * each / 2).sum(axis=-1))

    between = np.exp(rng.uniform(-2, 4, 10_000))
    each = np.maximum(between[:, None], np.exp(rng.uniform(-2, 4, (10_000, 3))))
    assert cost(np.array(every), lasts) <= cost(between, each).min() + 1e-9


def test_all_lines_of_an_order_that_costs_something_are_made_to_last() -> None:
    """Two of five are needed; all are raised to the same cover, and the plan says what it assumes."""
    stock = [0.0, 15.0, 30.0, 40.0, 60.0]
    free, dear = (make_plan(shop(stock, fee=fee), settings()) for fee in (0.0, 100.0))
    assert [line.item for line in free.orders] == ["item-0", "item-1"]
    assert not any(added(line) for line in free.orders)
    assert not any(a.key == "supply.order_cycle" for a in free.assumptions)
    assert sorted(line.item for line in dear.orders) == [f"item-{i}" for i in range(5)]
    check_sums(dear)
    assert all(added(line) > 0 for line in dear.orders)
    covers = [line.cover_with for line in dear.orders if line.item != "item-0"]
    assert max(c for c in covers if c) - min(c for c in covers if c) < 1.5
    (told,) = [a for a in dear.assumptions if a.key == "supply.order_cycle"]
    # √(2 · 100 / (5 · 10 · 10 · 0.25 / 52.18)) = 9.1 weeks
    assert float(told.value) == pytest.approx(64, abs=4)
    assert "an order last longer" in dear.orders[0].sentence
    assert "order cycle" in explain(dear, "item-4")


def test_nothing_is_ordered_for_the_cycle_alone() -> None:
    """Where no line is needed, the fee is not paid."""
    assert not make_plan(shop([60.0] * 3, fee=100.0), settings()).orders


def test_a_fee_of_a_line_raises_that_line_alone_or_leaves_it_out() -> None:
    """40 a line: the needed ones last; a million: none ever earns it."""
    stock = [0.0, 15.0, 60.0]
    dear, vain = (make_plan(shop(stock, line=fee), settings()) for fee in (40.0, 1e6))
    assert [line.item for line in dear.orders] == ["item-0", "item-1"]
    assert all(added(line) > 50 for line in dear.orders)
    check_sums(dear)
    assert not vain.orders
    assert "costs more than it earns" in explain(vain, "item-0")


@pytest.mark.parametrize("seed", range(8))
def test_every_sum_and_rule_holds_beside_fees(seed: int) -> None:
    """Packs, minima, capacities, price breaks and a budget at random; the parts add up, the rules are kept."""
    rng = np.random.default_rng(seed)
    n = 4
    given = shop(rng.integers(0, 60, n).tolist(), fee=float(rng.choice([0, 30, 300])))
    assert given.supply is not None
    packs, capacity = rng.choice([1.0, 6.0, 24.0], n), rng.choice([30.0, 1000.0], n)
    supply = given.supply.with_columns(
        pack_size=pl.Series(packs),
        capacity=pl.Series(capacity),
        moq=pl.Series(rng.choice([0.0, 20.0], n)),
        order_cost=pl.Series(rng.choice([0.0, 5.0, 40.0], n)),
    )
    breaks = pl.DataFrame({"item": ["item-0"], "quantity": [100.0], "unit_cost": [8.0]})
    budget = float(rng.choice([0, 700, 2000]))
    tables = replace(given, supply=supply, price_breaks=breaks)
    plan = make_plan(tables, settings(limits={"budget": budget}))
    check_sums(plan)
    assert budget == 0 or sum(line.cost for line in plan.orders) <= budget + 0.01
    for line in plan.orders:
        i = int(line.item[-1])
        assert line.quantity % packs[i] == 0
        assert line.quantity <= capacity[i]
        assert line.reason.need > 0 or added(line) > 0


def test_longer_reviews_are_not_lengthened_twice() -> None:
    """With the proposed cycles the need itself reaches so far; little or nothing is added to it."""
    tables = shop([0.0, 15.0, 30.0], fee=100.0)
    stated, proposed = (
        make_plan(tables, settings(supply={"cycles": cycles})) for cycles in ("stated", "proposed")
    )
    check_sums(proposed)
    by = {line.item: line for line in proposed.orders}
    for line in stated.orders:
        assert added(by[line.item]) < 0.25 * added(line)
        assert by[line.item].quantity < 1.3 * line.quantity


def test_a_line_beyond_the_excess_limit_says_so() -> None:
    """A minimum of two years' sales is warned of in weeks; a usual one is not."""
    given = shop([0.0, 0.0])
    assert given.supply is not None
    moq = given.supply.with_columns(moq=pl.Series([1000.0, 0.0]))
    plan = make_plan(replace(given, supply=moq), settings())
    much, usual = sorted(plan.orders, key=lambda line: line.item)
    assert "lasts about 100 weeks" in much.sentence or "lasts about 9" in much.sentence
    assert "beyond which the plan speaks of excess" in much.sentence
    assert "the supplier sells no less" in much.sentence
    assert "excess" not in usual.sentence


def test_a_price_break_never_leaves_a_shop_with_less() -> None:
    """Raised to 500 units nothing fits a budget that pays for what is needed; so what is needed is bought."""
    given = shop([0.0, 0.0])
    breaks = pl.DataFrame({"item": ["item-0", "item-1"], "quantity": [500.0] * 2, "unit_cost": 5.0})
    with_breaks = replace(given, price_breaks=breaks)
    poor = settings(limits={"budget": 400.0})
    raised = make_plan(with_breaks, settings())
    assert max(line.quantity for line in raised.orders) >= 500
    plain, fitted = (make_plan(tables, poor) for tables in (given, with_breaks))
    assert {x.item: x.quantity for x in fitted.orders} == {x.item: x.quantity for x in plain.orders}
    assert len(fitted.orders) == 2
    check_sums(fitted)


class _Poisson:
    """Knows that ten are sold in every period."""

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice
    ) -> SimpleNamespace:
        n = len(range(*rows.indices(1000)))
        draws = rng.poisson(10, (n, n_samples, horizon))
        return SimpleNamespace(values=draws.astype(np.float32))


def run(n: int, fee: float, *, joint: bool, periods: int = 60) -> float:
    """Money per week of holding, lost margin and fees: Onhand's orders, or (s, S) with the fee shared out."""
    lead_time, holding, margin = 1, 10 * 0.25 / 52, 10.0
    rng = np.random.default_rng(5)
    terms = SupplyTerms.of(lead_time, n_series=n)
    costs = Costs.of(holding, margin, n_series=n)
    today = np.full(n, np.datetime64("2024-07-01"))
    rules = Rules(
        ladder=PriceLadder.flat(np.full(n, 10.0)),
        capacity=np.full(n, np.inf),
        weight=np.zeros(n),
        volume=np.zeros(n),
        suppliers={"A": SupplierRule(order_cost=fee)},
        timing=Timing(today, today, terms, today),
        shelf_life=np.full(n, np.inf),
        ends=np.full(n, np.inf),
        budget=np.inf,
        space=np.inf,
        previous=np.zeros(n),
        keep_within=0.0,
        is_frozen=np.zeros(n, dtype=bool),
        is_over=np.zeros(n, dtype=bool),
    )
    known = SimpleNamespace(supplier=np.full(n, "A"), terms=terms, costs=costs)
    economics = cast(Economics, known)
    history = believe(Panel.of(np.full((n, 52), 10.0), frequency=Frequency.WEEK))
    policy: Policy = ProjectedCover(0.95, 0)
    ahead = Lookahead(policy, horizon=15, n_samples=100, seed=3)
    lots = lots_of(history, economics, rules, policy, Config())
    shared = replace(costs, order_cost=np.full(n, fee / n))
    stock, total = Stock.of(np.full(n, 30.0), np.zeros((n, lead_time + 1))), 0.0
    for t in range(periods):
        if joint:
            fitted = cast(Any, _Poisson())
            quantity = decide(fitted, stock, economics, rules, ahead, lots=lots).bought.quantity
        else:
            paths = np.random.default_rng(t).poisson(10, (n, 100, 15)).astype(np.float32)
            quantity = np.round(MinMax(0.95).order(Situation(stock, paths, terms, shared)))
        stock, flow = serve_or_lose(place(stock, quantity, lead_time), rng.poisson(10, n))
        total += margin * flow.short.sum() + holding * flow.on_hand.sum() + fee * quantity.any()
    return total / periods


def test_orders_for_one_and_for_five_lines_cost_no_more_than_min_max() -> None:
    """One line: as good as (s, S), whose fee it is; five lines sharing a fee: much better than each alone."""
    assert run(1, 40.0, joint=True) < 1.15 * run(1, 40.0, joint=False)
    assert run(5, 100.0, joint=True) < 0.75 * run(5, 100.0, joint=False)
