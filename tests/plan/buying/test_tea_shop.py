"""A shop with minima, packs, price breaks, a budget, open orders, a closure: from tables to orders."""

from __future__ import annotations

import importlib.util
import math
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from onhand.data import Tables, read_tables
from onhand.plan.config import Config
from onhand.plan.explain import explain
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import Plan

EXAMPLE = Path(__file__).parents[3] / "examples" / "tea_shop.py"
QUICK = {
    "shop": {"frequency": "day", "name": "The tea shop"},
    "plan": {"n_samples": 40, "n_cards": 0},
    "policy": {"level": 0.9, "extra_periods": 0},
    "replay": {"n_samples": 20, "days": 14, "tuning_days": 14},
}


def config(**sections: dict[str, object]) -> Config:
    """Settings that plan the tea shop in a moment."""
    return Config.from_dict({**QUICK, **sections})


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The example's own tables."""
    spec = importlib.util.spec_from_file_location("tea_shop", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return read_tables(module.write_tea_shop(tmp_path_factory.mktemp("tea")))


@pytest.fixture(scope="module")
def free(tables: Tables) -> Plan:
    """The plan without a budget."""
    return make_plan(tables, config())


@pytest.fixture(scope="module")
def tight(tables: Tables) -> Plan:
    """The plan with 900 to spend."""
    return make_plan(tables, config(limits={"budget": 900.0}))


def check_lines(plan: Plan) -> None:
    """The identities of every printed line, and the sums by supplier."""
    for line in plan.orders:
        why = line.reason
        besides = math.fsum(step.units for step in why.besides)
        assert why.need == pytest.approx(why.target - why.projected_stock + besides, abs=0.031)
        parts = math.fsum([why.need, *(step.units for step in why.increments)])
        assert line.quantity == pytest.approx(parts, abs=1e-6)
        assert line.cost == pytest.approx(line.quantity * line.unit_cost, abs=0.0051)
        assert plan.made_for <= line.order_date <= line.due_date
    by_supplier = {total.supplier: total for total in plan.supplier_orders}
    assert set(by_supplier) == {line.supplier for line in plan.orders}
    for name, total in by_supplier.items():
        lines = [line for line in plan.orders if line.supplier == name]
        assert total.n_lines == len(lines)
        assert total.value == pytest.approx(math.fsum(line.cost for line in lines), abs=0.005)
    assert Plan.from_json(plan.to_json()) == plan


def test_every_line_adds_up(free: Plan, tight: Plan) -> None:
    """With and without a budget."""
    check_lines(free)
    check_lines(tight)


def test_suppliers_get_what_they_ask_for(free: Plan) -> None:
    """Leaf's 250 and its packs, Harbour's full containers, and prices by quantity."""
    value = {total.supplier: total.value for total in free.supplier_orders}
    assert value.get("Leaf & Co", 250.0) >= 250.0
    volume = next((t.volume for t in free.supplier_orders if t.supplier == "Harbour Imports"), None)
    assert volume is None or volume / 220 >= 0.9 * math.ceil(volume / 220 - 1e-9)
    for line in free.orders:
        if line.item == "EARL":
            assert line.quantity % 6 == 0
            assert line.unit_cost == (2.20 if line.quantity >= 96 else 2.50)


def test_a_budget_is_kept_and_what_it_cuts_is_said(free: Plan, tight: Plan) -> None:
    """Less is spent, each cut line says so, and the margin at risk is the price of it."""
    assert free.board.order_value > 900 >= tight.board.order_value
    cut = [
        line
        for line in tight.orders
        if any(step.constraint == "budget" and step.units < 0 for step in line.reason.increments)
    ]
    waits = [trouble for trouble in tight.exceptions if trouble.kind == "order_waits"]
    assert cut or waits
    assert all("the budget takes off" in line.sentence.lower() for line in cut)
    assert tight.board.expected_fill_rate <= free.board.expected_fill_rate


def test_bought_ahead_of_the_closure(tables: Tables, free: Plan) -> None:
    """Leaf closes from 8 to 21 July: what it delivers comes later and must last longer."""
    always_open = make_plan(
        Tables(**{**tables.given, "closures": None}),
        config(),
    )
    leaf = {line.item: line for line in free.orders if line.supplier == "Leaf & Co"}
    before = {line.item: line for line in always_open.orders if line.supplier == "Leaf & Co"}
    for item in leaf.keys() & before.keys():
        assert leaf[item].due_date > before[item].due_date
    assert leaf.keys() & before.keys()


def test_what_perishes_or_ends_is_bought_no_further(free: Plan) -> None:
    """Mint keeps four days, the calendar is gone in August: neither is stocked up."""
    quantity = {line.item: line.quantity for line in free.orders}
    mean = {point.item: point.mean_demand for point in free.stock_points}
    assert quantity.get("MINT", 0) <= 2 * 4 * mean["MINT"]
    assert quantity.get("ADVENT", 0) <= 35 * mean["ADVENT"]


def test_every_offer_is_compared_and_the_cheapest_taken(free: Plan) -> None:
    """Honey and filters come from two suppliers; the parts of each cost add up."""
    compared = [line for line in free.orders if line.offers]
    assert compared
    for line in compared:
        best = min(line.offers, key=lambda offer: offer.cost)
        assert line.supplier == best.supplier
        for offer in line.offers:
            parts = offer.premium + offer.order + offer.transit + offer.shelf + offer.shortage
            parts += offer.bridge
            assert offer.cost == pytest.approx(parts, abs=0.02)
        assert f"from {best.supplier}" in explain(free, line.item)


def test_planning_twice_orders_nothing_twice(tables: Tables, free: Plan) -> None:
    """With the first plan's orders open, the second orders nothing."""
    assert tables.inbound is not None
    placed = pl.DataFrame(
        [
            {
                "item": line.item,
                "location": line.location,
                "quantity": line.quantity,
                "supplier": line.supplier,
                "order_date": line.order_date,
                "due_date": line.due_date,
            }
            for line in free.orders
        ]
    ).with_columns(pl.col("order_date", "due_date").str.to_date())
    both = pl.concat([tables.inbound, placed], how="diagonal_relaxed")
    again = make_plan(Tables(**{**tables.given, "inbound": both}), config())
    assert again.orders == ()


def test_the_last_plan_is_kept_where_little_changed(tables: Tables, free: Plan) -> None:
    """Two more on the shelf than yesterday: quantities within a tenth stay as they were."""
    assert tables.stock is not None
    more = tables.stock.with_columns(pl.col("on_hand") + 2)
    changed = Tables(**{**tables.given, "stock": more})
    fresh = make_plan(changed, config())
    calm = make_plan(changed, config(), previous=free)
    before = {line.item: line.quantity for line in free.orders}
    now = {line.item: line.quantity for line in calm.orders}
    anew = {line.item: line.quantity for line in fresh.orders}
    assert sum(now.get(i) == before[i] for i in before) >= sum(
        anew.get(i) == before[i] for i in before
    )
    kept = [
        line
        for line in calm.orders
        if any(step.constraint == "kept_from_last_plan" for step in line.reason.increments)
    ]
    for line in kept:
        assert line.quantity == before[line.item]
    check_lines(calm)


def test_a_frozen_plan_under_a_budget_is_the_same_plan(tables: Tables, tight: Plan) -> None:
    """Another seed sees other needs: inside the frozen window every line stays, bridges and containers too."""
    settings = config().model_dump() | {"limits": tight.config["limits"]}
    frozen = Config.from_dict(settings | {"plan": settings["plan"] | {"frozen_days": 7.0}})
    again = make_plan(tables, frozen, seed=3, previous=tight)
    assert [(x.id, x.supplier, x.quantity) for x in again.orders] == [
        (x.id, x.supplier, x.quantity) for x in tight.orders
    ]
    check_lines(again)


def test_the_frontier_rises_from_today_through_the_plan(free: Plan, tight: Plan) -> None:
    """More money never saves less margin; without orders nothing is saved; the plan is on the curve."""
    for plan in (free, tight):
        frontier = plan.frontier
        assert frontier is not None
        margins = [point.margin_saved for point in frontier.curve]
        assert margins == sorted(margins)
        assert frontier.today.spend == 0
        assert frontier.today == frontier.curve[0]
        assert frontier.chosen.spend == plan.board.order_value
        nearest = min(frontier.curve, key=lambda point: abs(point.spend - frontier.chosen.spend))
        assert nearest.spend == pytest.approx(frontier.chosen.spend, abs=0.02)
        assert nearest.margin_saved == pytest.approx(frontier.chosen.margin_saved, abs=0.02)
        assert nearest.fill_rate == pytest.approx(frontier.chosen.fill_rate, abs=2e-4)
    for better, next_one in pairwise(free.buy_list):
        cent = 0.01 / better.cost + 0.01 / next_one.cost  # what rounding to cents can turn around
        assert next_one.worth / next_one.cost <= better.worth / better.cost + cent


def test_what_will_be_left_of_an_ending_item_is_listed(tables: Tables, free: Plan) -> None:
    """200 calendars are on the shelf and about 20 will sell by August: the rest is named, in money."""
    assert tables.stock is not None
    is_advent = pl.col("item") == "ADVENT"
    heap = pl.when(is_advent).then(200.0).otherwise("on_hand").alias("on_hand")
    plan = make_plan(Tables(**{**tables.given, "stock": tables.stock.with_columns(heap)}), config())
    (left,) = [trouble for trouble in plan.exceptions if trouble.kind == "phase_out"]
    assert left.item == "ADVENT"
    assert left.money == pytest.approx(9.0 * (200 - 35 * 0.5), rel=0.1)
    assert "ADVENT" not in {line.item for line in plan.orders}
    assert not [trouble for trouble in free.exceptions if trouble.kind == "phase_out"]
