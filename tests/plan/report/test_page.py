"""Are the numbers on the page the plan's own, and do they add up?"""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onhand.plan.plan import Plan
from onhand.plan.report import page as page_module
from onhand.plan.report.page import build_page, order_steps

units = st.floats(min_value=0, max_value=1e6).map(lambda v: round(v, 2))


def holds(whole, part) -> bool:
    """Whether `part` is `whole` with some keys left out, which then have their defaults."""
    if isinstance(part, dict):
        return all(key in whole and holds(whole[key], each) for key, each in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(holds, whole, part))
    return whole == part


def test_the_made_up_plan_has_the_shape_of_a_real_one(plan_dict):
    """Otherwise every test here would speak of a plan that nobody makes."""
    assert holds(Plan.from_json(json.dumps(plan_dict)).to_dict(), plan_dict)


def test_supplier_sums_are_sums_of_their_lines_and_together_the_board(plan_dict):
    page = build_page(plan_dict)
    for group in page["suppliers"]:
        lines = page["orders"][group["first"] : group["first"] + group["n_shown"]]
        assert {line["supplier"] for line in lines} == {group["supplier"]}
        assert group["n_lines"] == len(lines)
        assert group["cost"] == pytest.approx(sum(line["cost"] for line in lines))
        assert group["units"] == pytest.approx(sum(line["quantity"] for line in lines))
    board = page["board"]
    assert sum(g["cost"] for g in page["suppliers"]) == pytest.approx(board["order_value"])
    assert sum(g["units"] for g in page["suppliers"]) == pytest.approx(board["order_units"])
    assert sum(g["n_lines"] for g in page["suppliers"]) == board["n_order_lines"]


def test_supplier_sums_count_lines_that_the_page_has_no_room_for(plan_dict, monkeypatch):
    whole = build_page(plan_dict)
    monkeypatch.setattr(page_module, "MOST_ORDERS", 5)
    cut = build_page(plan_dict)
    assert cut["shown"]["orders"] == {"shown": 5, "of": len(plan_dict["orders"])}
    assert [g["cost"] for g in cut["suppliers"]] == [g["cost"] for g in whole["suppliers"]]
    kept = {o["id"] for o in cut["orders"]}
    least_kept = min(o["money_at_risk_without"] for o in cut["orders"])
    assert all(
        o["money_at_risk_without"] <= least_kept for o in plan_dict["orders"] if o["id"] not in kept
    )


def test_every_stock_point_has_one_status_and_the_board_counts_them(plan_dict):
    page = build_page(plan_dict)
    for status in page["statuses"]:
        assert status["n"] == plan_dict["board"][f"n_{status['kind']}"]
    assert sum(s["n"] for s in page["statuses"]) == len(plan_dict["stock_points"])


def test_exceptions_are_ranked_by_money_and_counted_by_kind(plan_dict):
    page = build_page(plan_dict)
    money = [e["money"] for e in page["exceptions"]]
    assert money == sorted(money, reverse=True)
    assert sum(k["n"] for k in page["exception_kinds"]) == len(plan_dict["exceptions"])
    assert sum(k["money"] for k in page["exception_kinds"]) == pytest.approx(sum(money))


def test_each_quantity_is_the_sum_of_its_steps(plan_dict):
    for order in build_page(plan_dict)["orders"]:
        total = 0.0
        for step in order["steps"]:
            total = step["units"] if step["label"] == "Target" else total
            if step["is_total"]:
                assert total == pytest.approx(step["units"])
            else:
                total += step["units"]
        assert order["steps"][-1]["units"] == order["quantity"]
        assert "Not named by the plan" not in {s["label"] for s in order["steps"]}


@given(target=units, projected=units, need=units, extra=units, quantity=units)
def test_steps_add_up_even_when_the_reason_does_not(target, projected, need, extra, quantity):
    """A gap in a reason becomes a visible step; it is never swallowed by the drawing."""
    steps = order_steps(
        {
            "target": target,
            "projected_stock": projected,
            "need": need,
            "increments": [{"constraint": "pack_size", "units": extra}],
            "quantity": quantity,
        }
    )
    changes = math.fsum(s["units"] for s in steps if not s["is_total"])
    assert target + changes == pytest.approx(quantity, abs=0.02)


def test_a_missing_reason_is_named_as_missing():
    steps = order_steps(
        {"target": 10, "projected_stock": 4, "need": 6, "increments": [], "quantity": 9}
    )
    assert [(s["label"], s["units"]) for s in steps][-2:] == [
        ("Not named by the plan", 3.0),
        ("Order", 9.0),
    ]


def test_running_cost_ends_at_the_total_and_gaps_are_between_totals(plan_dict):
    replay = build_page(plan_dict)["replay"]
    ours = replay["contenders"][replay["default"]]
    for contender in replay["contenders"].values():
        assert contender["cumulative"][-1] == pytest.approx(contender["total"])
        parts = contender["holding"] + contender["shortage"] + contender["ordering"]
        assert parts == pytest.approx(contender["total"])
        assert contender["above_default"] == pytest.approx(contender["total"] - ours["total"])
    for rival, margin in replay["differences"].items():
        assert margin["mean"] == pytest.approx(replay["contenders"][rival]["above_default"])
        assert 0 <= margin["n_won"] <= margin["n_windows"] == len(replay["dates"])


def test_the_default_comes_first_and_rivals_by_cost(plan_dict):
    names = list(build_page(plan_dict)["replay"]["contenders"])
    assert names == ["projected_inventory", "classical", "coverage"]


def test_rows_point_to_the_card_of_their_own_item(plan_dict):
    page = build_page(plan_dict)
    for name in ("orders", "exceptions", "stock_points"):
        for row in page[name]:
            if row["card"] is not None:
                assert page["cards"][row["card"]]["item"] == row["item"]


def test_a_card_knows_its_order_even_when_the_list_has_no_room_for_it(plan_dict, monkeypatch):
    """A card that said "order nothing" because a list was cut would be a lie."""
    monkeypatch.setattr(page_module, "MOST_ORDERS", 0)
    monkeypatch.setattr(page_module, "MOST_POINTS", 0)
    orders = {o["item"]: o for o in plan_dict["orders"]}
    points = {p["item"]: p for p in plan_dict["stock_points"]}
    cards = build_page(plan_dict)["cards"]
    assert any(card["item"] in orders for card in cards)
    for card in cards:
        assert card["quantity"] == orders.get(card["item"], {"quantity": 0})["quantity"]
        assert card["on_hand"] == points[card["item"]]["on_hand"]


def test_an_unnamed_supplier_stays_unnamed(make_plan_dict):
    """The settings call it "supplier"; printing that as a name would look like one."""
    page = build_page(make_plan_dict(20, suppliers=("supplier", "")))
    assert [g["supplier"] for g in page["suppliers"]] == [None]


def test_building_the_page_leaves_the_plan_as_it_was(plan_dict):
    before = json.dumps(plan_dict)
    build_page(plan_dict)
    assert json.dumps(plan_dict) == before


def test_the_frontier_is_drawn_from_left_to_right_and_rises(plan_dict):
    """More money to the right, more service up; the plan's own point lies under the curve."""
    picture = build_page(plan_dict)["frontier"]
    places = [tuple(map(float, at.split(","))) for at in picture["curve"].split()]
    assert places == sorted(places, key=lambda at: (at[0], -at[1]))
    assert picture["today"]["x"] == places[0][0]
    over = min(y for x, y in places if x <= picture["chosen"]["x"])
    assert picture["chosen"]["y"] > over
    assert build_page(plan_dict | {"frontier": None})["frontier"] is None
