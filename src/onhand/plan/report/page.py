"""Which part of the plan stands on the page, and what follows from it by plain arithmetic?

Everything here is a function of plan.json alone: subtotals, running sums, the steps of each
quantity. The template and the script write and draw these values, and compute no others, so a
test on this file is a test of every number the planner sees.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from onhand.plan.orders_csv import COLUMNS
from onhand.plan.report.frontier import frontier_drawing
from onhand.plan.report.wording import KINDS, Wording

__all__ = ["build_page"]

Record = dict[str, Any]

# What one page can hold and a person can read; the rest stays in orders.csv and plan.json.
MOST_ORDERS = 500
MOST_POINTS = 500
MOST_EXCEPTIONS = 300
MOST_CARDS = 60
MOST_FINDINGS = 200
# Cards are the heaviest part: stop adding them when they hold this many numbers together.
MOST_CARD_NUMBERS = 120_000

# What a shop that names no supplier gets from the settings; on the page it is left unnamed.
UNNAMED_SUPPLIER = "supplier"
CARD_FACTS = ("on_hand", "on_order", "mean_demand", "cover", "abc", "xyz", "demand_class")
CONSTRAINTS = {
    "order_cycle": "To last longer: placing an order costs something",
    "minimum_order": "Up to the minimum order",
    "pack_size": "To whole packs",
    "shelf_life": "Only what sells before it perishes",
    "phase_out": "Only what sells before the item ends",
    "no_longer_sells": "Held back: it hardly sells any more",
    "kept_from_last_plan": "As in the last plan",
    "capacity": "No more than the supplier can deliver",
    "price_break": "Up to a lower price",
    "order_cost": "Left out: placing it costs more than it earns",
    "minimum_value": "For the supplier's minimum value",
    "minimum_weight": "For the supplier's minimum weight",
    "minimum_volume": "For the supplier's minimum volume",
    "container_volume": "For full containers",
    "container_weight": "For full containers",
    "budget": "Left out for the budget",
    "space": "Left out for the space",
    "budget_and_space": "Left out for the budget or the space",
}
SMALLEST_UNIT = 0.005  # plans are written to hundredths of a unit


def build_page(plan: Mapping[str, Any]) -> Record:
    """What the page shows, as plain values ready for JSON.

    plan : the contents of plan.json (`onhand.plan.plan.Plan.to_dict`)

    Orders are grouped by supplier, largest sum first, and ranked by money at risk within. Lists
    are cut to what a page can hold; `shown` says how many of how many. Subtotals are over all
    lines, also those cut away.
    """
    suppliers, orders = _by_supplier([_order(line) for line in plan["orders"]])
    exceptions = sorted(plan["exceptions"], key=lambda e: -e["money"])
    points = sorted(plan["stock_points"], key=_money_in_point, reverse=True)
    page = {
        **{key: plan[key] for key in ("onhand", "snapshot", "seed", "made_for", "shop", "config")},
        "sign": Wording(plan["shop"]["currency"], plan["shop"]["frequency"]).sign,
        "assumptions": plan["assumptions"],
        "findings": sorted(plan["findings"], key=_severity)[:MOST_FINDINGS],
        "board": plan["board"],
        "suppliers": suppliers,
        "orders": orders,
        "exceptions": [dict(e) for e in exceptions[:MOST_EXCEPTIONS]],
        "exception_kinds": _exception_kinds(exceptions),
        "statuses": _statuses(points),
        "stock_points": [dict(p) for p in points[:MOST_POINTS]],
        "matrix": plan["matrix"],
        "cards": _cards(plan),
        "frontier": frontier_drawing(plan.get("frontier")),
        "joint": [dict(j) for j in plan.get("joint", [])],
        "calendars": [dict(c) for c in plan.get("calendars", [])],
        "replay": _replay(plan["replay"]),
        "columns": list(COLUMNS),
        "policies": sorted({line["reason"]["policy"] for line in plan["orders"]}),
    }
    page["shown"] = {
        name: {"shown": len(page[name]), "of": len(plan[name])}
        for name in ("orders", "exceptions", "stock_points", "cards", "findings")
    }
    _point_to_cards(page)
    return page


# --- orders ---------------------------------------------------------------------------------


def _order(line: Mapping[str, Any]) -> Record:
    """An order line with the steps of its quantity; an unnamed supplier becomes None."""
    supplier = line["supplier"].strip()
    return {
        **line,
        "supplier": None if supplier in ("", UNNAMED_SUPPLIER) else supplier,
        "steps": order_steps(line["reason"]),
        "kind": line.get("kind", "order"),
    }


_BESIDES = {
    "owed": "Owed to customers",
    "perishes": "Will perish",
    "by_chance": "Stock and demand vary together",
}


def order_steps(reason: Mapping[str, Any]) -> list[Record]:
    """The quantity as steps a reader can add up: target, less projected stock, is the need; and so on.

    Each step has `label`, `units` (signed for a change, the running sum for a total) and
    `is_total`. A gap the reason does not name is a step of its own rather than hidden.

    >>> for step in order_steps({"target": 50, "projected_stock": 20, "need": 30, "quantity": 36,
    ...                          "increments": [{"constraint": "pack_size", "units": 6}]}):
    ...     print(step["label"], step["units"], step["is_total"])
    Target 50.0 True
    Projected stock -20.0 False
    Need 30.0 True
    To whole packs 6.0 False
    Order 36.0 True
    """
    target, projected, need, quantity = (
        float(reason[k]) for k in ("target", "projected_stock", "need", "quantity")
    )
    besides = [
        (_BESIDES[part["constraint"]], float(part["units"])) for part in reason.get("besides", ())
    ]
    to_need_units = need - (target - projected) - math.fsum(units for _, units in besides)
    # Where stock is above target the need stops at zero; other gaps are units made whole.
    to_need = "Nothing is ordered below zero" if need == 0 else "To whole units"
    increments = [
        (_constraint(part["constraint"]), float(part["units"])) for part in reason["increments"]
    ]
    unnamed = quantity - need - math.fsum(units for _, units in increments)
    return [
        _step("Target", target, is_total=True),
        _step("Projected stock", -projected),
        *_changes([*besides, (to_need, to_need_units)]),
        _step("Need", need, is_total=True),
        *_changes([*increments, ("Not named by the plan", unnamed)]),
        _step("Order", quantity, is_total=True),
    ]


def _step(label: str, units: float, *, is_total: bool = False) -> Record:
    return {"label": label, "units": units, "is_total": is_total}


def _changes(parts: Sequence[tuple[str, float]]) -> list[Record]:
    """The steps that change anything."""
    return [_step(label, units) for label, units in parts if abs(units) > SMALLEST_UNIT]


def _constraint(name: str) -> str:
    return CONSTRAINTS.get(name, name.replace("_", " ").capitalize())


def _by_supplier(all_orders: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """Groups with sums over all lines, and the lines shown, in the order of the groups."""
    ranked = sorted(all_orders, key=lambda o: -o["money_at_risk_without"])
    kept = ranked[:MOST_ORDERS]
    groups: dict[str | None, list[Record]] = {}
    for order in ranked:
        groups.setdefault(order["supplier"], []).append(order)
    suppliers = [_supplier(name, lines) for name, lines in groups.items()]
    suppliers.sort(key=lambda s: (-s["cost"], s["supplier"] or ""))
    shown: list[Record] = []
    for group in suppliers:
        lines = [o for o in kept if o["supplier"] == group["supplier"]]
        group["first"], group["n_shown"] = len(shown), len(lines)
        shown.extend(lines)
    return suppliers, shown


def _supplier(name: str | None, lines: Sequence[Record]) -> Record:
    return {
        "supplier": name,
        "n_lines": len(lines),
        "units": math.fsum(o["quantity"] for o in lines),
        "cost": math.fsum(o["cost"] for o in lines),
        "money_at_risk_without": math.fsum(o["money_at_risk_without"] for o in lines),
        "money_at_risk_with": math.fsum(o["money_at_risk_with"] for o in lines),
        "first_due": min(o["due_date"] for o in lines),
    }


# --- stock, exceptions, cards ---------------------------------------------------------------


def _money_in_point(point: Mapping[str, Any]) -> float:
    return float(point["stock_value"] + point["money"])


def _exception_kinds(exceptions: Sequence[Record]) -> list[Record]:
    """How many of each kind and how much money, in the order a planner's day takes them."""
    order = {kind: i for i, kind in enumerate(KINDS)}
    kinds = sorted({e["kind"] for e in exceptions}, key=lambda k: (order.get(k, 99), str(k)))
    return [
        {
            "kind": kind,
            "n": sum(e["kind"] == kind for e in exceptions),
            "money": math.fsum(e["money"] for e in exceptions if e["kind"] == kind),
        }
        for kind in kinds
    ]


def _statuses(points: Sequence[Record]) -> list[Record]:
    """How many stock points have each status; together, all of them."""
    return [
        {"kind": kind, "n": n}
        for kind in KINDS
        if (n := sum(p["status"] == kind for p in points)) > 0
    ]


def _cards(plan: Mapping[str, Any]) -> list[Record]:
    """The first cards, until there are many or they weigh much, each with the facts of its item.

    The facts are looked up in the whole plan, so that a card is right about an order line that
    the list on the page had no room for.
    """
    points = {(p["item"], p["location"]): p for p in plan["stock_points"]}
    orders = {(o["item"], o["location"]): o for o in plan["orders"]}
    shown: list[Record] = []
    numbers = 0
    for card in plan["cards"][:MOST_CARDS]:
        numbers += 5 * len(card["history"]["dates"])
        if numbers > MOST_CARD_NUMBERS and shown:
            break
        key = (card["item"], card["location"])
        facts = {name: points[key][name] for name in CARD_FACTS}
        order = orders.get(key, {"quantity": 0.0, "cost": 0.0})
        shown.append(
            {**_rounded(dict(card)), **facts, "quantity": order["quantity"], "cost": order["cost"]}
        )
    return shown


def _rounded(value: Any) -> Any:
    """Numbers to three decimals: finer than a chart can show, and half the bytes."""
    if isinstance(value, float):
        short = round(value, 3)
        return int(short) if short == int(short) else short
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_rounded(v) for v in value]
    return value


def _point_to_cards(page: Record) -> None:
    """Says in each list which card belongs to a row, by position, or None."""
    card_of = {(c["item"], c["location"]): i for i, c in enumerate(page["cards"])}
    for name in ("orders", "exceptions", "stock_points"):
        for row in page[name]:
            row["card"] = card_of.get((row["item"], row["location"]))


def _severity(finding: Mapping[str, Any]) -> int:
    return ("error", "warning", "info").index(finding["severity"])


# --- replay ---------------------------------------------------------------------------------


def _replay(replay: Mapping[str, Any] | None) -> Record | None:
    """The replay with running sums and means, the default first; None when there was none."""
    if replay is None or not replay["contenders"]:
        return None
    contenders, default = replay["contenders"], replay["default"]
    ranked = sorted(contenders, key=lambda name: (name != default, contenders[name]["total"]))
    ours = contenders[default]["total"]
    return {
        **replay,
        "contenders": {name: _contender(contenders[name], ours) for name in ranked},
        "differences": {
            rival: {
                **margin,
                "n_won": sum(gap > 0 for gap in margin["per_window"]),
                "n_windows": len(margin["per_window"]),
            }
            for rival in ranked
            if (margin := replay["differences"].get(rival)) is not None
        },
    }


def _contender(given: Mapping[str, Any], ours: float) -> Record:
    value = given["inventory_value"]
    return {
        **given,
        "cumulative": list(accumulate(given["cost"])),
        "mean_inventory_value": math.fsum(value) / len(value) if value else None,
        "above_default": given["total"] - ours,
    }
