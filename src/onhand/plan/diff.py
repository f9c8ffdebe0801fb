"""What would be different, between one plan and another?

For what-ifs (`onhand plan --set … --against plan.json`) and for what the last run did not know: the
money, the units and the service of two plans side by side, in all and by supplier, the lines that
change most, and the forecasts that do, with the part of each that moved them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from onhand.plan.plan import OrderLine, Plan, PointOutlook
from onhand.plan.wording import signed
from onhand.plan.wording import units as said

__all__ = [
    "Change",
    "ForecastChange",
    "LineChange",
    "PlanDifference",
    "changed_since",
    "compare_plans",
]


@dataclass(frozen=True)
class Change:
    """One number of two plans.

    unit : "money", "units", "share" or "lines"
    """

    name: str
    unit: str
    before: float
    after: float

    @property
    def difference(self) -> float:
        """After minus before."""
        return self.after - self.before


@dataclass(frozen=True)
class LineChange:
    """An order line that differs; a quantity of 0: the plan does not order it."""

    item: str
    location: str
    title: str
    supplier_before: str
    supplier_after: str
    quantity_before: float
    quantity_after: float
    money: float


@dataclass(frozen=True)
class ForecastChange:
    """An expected demand per period that differs; None: the stock point was not, or is no more, planned.

    parts : what each part of the forecast adds to the change, the most first; empty where either plan
        does not know its parts
    money : the change at the price of the item
    """

    item: str
    location: str
    title: str
    before: float | None
    after: float | None
    parts: tuple[tuple[str, float], ...]
    money: float


@dataclass(frozen=True)
class PlanDifference:
    """What changes from one plan to another.

    settings : setting -> its value before and after, where it differs
    board : the totals
    suppliers : money ordered from each supplier, those with a change
    lines : the lines that differ, the most money first
    same_data : whether both were made from the same tables
    forecasts : the expected demands that differ by a twentieth or more, the most money first
    """

    settings: dict[str, tuple[object, object]]
    board: tuple[Change, ...]
    suppliers: tuple[Change, ...]
    lines: tuple[LineChange, ...]
    same_data: bool
    forecasts: tuple[ForecastChange, ...] = ()


_BOARD = (
    ("order value", "money", "order_value"),
    ("units ordered", "units", "order_units"),
    ("order lines", "lines", "n_order_lines"),
    ("demand met from stock", "share", "expected_fill_rate"),
    ("margin at risk", "money", "money_at_risk_with"),
)


def compare_plans(before: Plan, after: Plan) -> PlanDifference:
    """What changes from `before` to `after`."""
    board = (
        Change(name, unit, getattr(before.board, key), getattr(after.board, key))
        for name, unit, key in _BOARD
    )
    return PlanDifference(
        settings=_settings(before, after),
        board=tuple(board),
        suppliers=_suppliers(before, after),
        lines=_lines(before, after),
        same_data=before.snapshot == after.snapshot,
        forecasts=_forecasts(before, after),
    )


def _settings(before: Plan, after: Plan) -> dict[str, tuple[object, object]]:
    changed = {}
    for section in before.config.keys() | after.config.keys():
        old, new = before.config.get(section, {}), after.config.get(section, {})
        for name in old.keys() | new.keys():
            if old.get(name) != new.get(name):
                changed[f"{section}.{name}"] = (old.get(name), new.get(name))
    return dict(sorted(changed.items()))


def _suppliers(before: Plan, after: Plan) -> tuple[Change, ...]:
    money = [{t.supplier: t.value for t in plan.supplier_orders} for plan in (before, after)]
    names = sorted(money[0].keys() | money[1].keys())
    changes = [Change(n, "money", money[0].get(n, 0.0), money[1].get(n, 0.0)) for n in names]
    return tuple(change for change in changes if abs(change.difference) >= 0.005)


def _lines(before: Plan, after: Plan) -> tuple[LineChange, ...]:
    old, new = ({(x.item, x.location, x.kind): x for x in plan.orders} for plan in (before, after))
    changes = [_line(old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys())]
    real = [change for change in changes if change is not None]
    return tuple(sorted(real, key=lambda change: -abs(change.money)))


def _line(old: OrderLine | None, new: OrderLine | None) -> LineChange | None:
    any_line = new or old
    assert any_line is not None  # the key is of one of them
    quantity = [line.quantity if line else 0.0 for line in (old, new)]
    supplier = [line.supplier if line else "" for line in (old, new)]
    if math.isclose(*quantity) and supplier[0] == supplier[1]:
        return None
    cost = [line.cost if line else 0.0 for line in (old, new)]
    return LineChange(
        item=any_line.item,
        location=any_line.location,
        title=any_line.title,
        supplier_before=supplier[0],
        supplier_after=supplier[1],
        quantity_before=quantity[0],
        quantity_after=quantity[1],
        money=round(cost[1] - cost[0], 2),
    )


_HARDLY = 0.05  # of an expected demand: less is the luck of the draw


def _forecasts(before: Plan, after: Plan) -> tuple[ForecastChange, ...]:
    old, new = ({(p.item, p.location): p for p in plan.stock_points} for plan in (before, after))
    changes = [_forecast(old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys())]
    real = [change for change in changes if change is not None]
    return tuple(sorted(real, key=lambda change: -abs(change.money)))


def _forecast(old: PointOutlook | None, new: PointOutlook | None) -> ForecastChange | None:
    point = new or old
    assert point is not None  # the key is of one of them
    before, after = (p.mean_demand if p else None for p in (old, new))
    change = (after or 0.0) - (before or 0.0)
    if abs(change) < max(_HARDLY * max(before or 0.0, after or 0.0), 0.005):
        return None
    moved: dict[str, float] = {}
    if old and new and old.parts and new.parts:
        for sign, parts in ((-1, old.parts), (1, new.parts)):
            for part in parts:
                moved[part.group] = moved.get(part.group, 0.0) + sign * part.units
    return ForecastChange(
        item=point.item,
        location=point.location,
        title=point.title,
        before=before,
        after=after,
        parts=tuple(
            (group, round(units, 3))
            for group, units in sorted(moved.items(), key=lambda entry: -abs(entry[1]))
            if abs(units) >= 0.005
        ),
        money=round(change * point.price, 2),
    )


def changed_since(before: Plan, after: Plan, item: str, location: str | None = None) -> str:
    """What is different for one item since another plan, in sentences: demand, stock, target, order."""
    found = compare_plans(before, after)
    told = [
        " ".join((_said_forecast(change, after.shop.frequency), _said_sold(before, after, change)))
        for change in found.forecasts
        if change.item == item and location in (None, change.location)
    ]
    told += [
        _said_line(before, after, line)
        for line in found.lines
        if line.item == item and location in (None, line.location)
    ]
    since = f"Since the plan for {before.made_for}"
    sentences = " ".join(" ".join(told).split())
    return f"{since}: {sentences}" if told else f"{since} nothing has changed for {item}."


def _said_forecast(change: ForecastChange, frequency: str) -> str:
    if change.before is None or change.after is None:
        there = "is new in" if change.before is None else "is no longer in"
        return f"The item {there} the plan at {change.location}."
    moved = ", ".join(f"{group} {signed(units)}" for group, units in change.parts[:3])
    why = f": {moved}" if moved else ""
    return (
        f"At {change.location} {said(change.after)} are expected per {frequency} instead of "
        f"{said(change.before)}{why}."
    )


def _said_sold(before: Plan, after: Plan, change: ForecastChange) -> str:
    """What of late was seen between the two plans; empty: it did not move."""
    old, new = (_month(_point(plan, change.item, change.location)) for plan in (before, after))
    if old == new or not old or not new:
        return ""
    return f"Its last 28 days sold {new} per {after.shop.frequency}, where it had been {old}."


def _said_line(before: Plan, after: Plan, line: LineChange) -> str:
    """The order that changed, and what of stock and target moved it."""
    text = (
        f"At {line.location} {said(line.quantity_after)} are ordered instead of "
        f"{said(line.quantity_before)}"
    )
    points = [_point(plan, line.item, line.location) for plan in (before, after)]
    orders = [_order(plan, line.item, line.location) for plan in (before, after)]
    causes = []
    if points[0] and points[1]:
        there = [said(point.on_hand + point.on_order) for point in points if point]
        if there[0] != there[1]:
            causes.append(f"{there[1]} are on the shelf and on order, {there[0]} were")
    if orders[0] and orders[1]:
        targets = [said(order.reason.target) for order in orders if order]
        if targets[0] != targets[1]:
            causes.append(f"the target is {targets[1]}, it was {targets[0]}")
    return f"{text}: {'; '.join(causes)}." if causes else f"{text}."


def _month(point: PointOutlook | None) -> str:
    """What it sold per period in its last 28 days; empty: nobody knows."""
    month = point.sold.month if point and point.sold else None
    return "" if month is None else said(month)


def _point(plan: Plan, item: str, location: str) -> PointOutlook | None:
    found = (p for p in plan.stock_points if (p.item, p.location) == (item, location))
    return next(found, None)


def _order(plan: Plan, item: str, location: str) -> OrderLine | None:
    found = (o for o in plan.orders if (o.item, o.location) == (item, location))
    return next(found, None)
