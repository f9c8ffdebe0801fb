"""What would be different, between one plan and another?

For what-ifs (`onhand plan --set … --against plan.json`): the money, the units and the service of two
plans side by side, in all and by supplier, and the lines that change most.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from onhand.plan.plan import OrderLine, Plan

__all__ = ["Change", "LineChange", "PlanDifference", "compare_plans"]


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
class PlanDifference:
    """What changes from one plan to another.

    settings : setting -> its value before and after, where it differs
    board : the totals
    suppliers : money ordered from each supplier, those with a change
    lines : the lines that differ, the most money first
    same_data : whether both were made from the same tables
    """

    settings: dict[str, tuple[object, object]]
    board: tuple[Change, ...]
    suppliers: tuple[Change, ...]
    lines: tuple[LineChange, ...]
    same_data: bool


_BOARD = (
    ("order value", "money", "order_value"),
    ("units ordered", "units", "order_units"),
    ("order lines", "lines", "n_order_lines"),
    ("demand met from stock", "share", "expected_fill_rate"),
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
    old, new = ({(x.item, x.location): x for x in plan.orders} for plan in (before, after))
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
