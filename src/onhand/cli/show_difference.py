"""What does a planner want to see of two plans side by side?"""

from __future__ import annotations

from onhand.cli.screen import heading, out, table
from onhand.plan.diff import Change, PlanDifference
from onhand.plan.wording import money, percent, units

__all__ = ["show_difference"]

_N_SHOWN = 10


def show_difference(found: PlanDifference, currency: str) -> None:
    """The settings, totals, suppliers and lines that change."""
    if not found.same_data:
        out().print("The two plans were made from different tables.")
    if found.settings:
        heading("Settings that differ")
        rows = [(key, str(old), str(new)) for key, (old, new) in found.settings.items()]
        out().print(table({"setting": "left", "before": "right", "now": "right"}, rows))
    heading("What that changes")
    columns = {"": "left", "before": "right", "now": "right", "change": "right"}
    out().print(table(columns, [_row(change, currency) for change in found.board]))
    if _changes_supplier(found):
        out().print(
            "Some items change their supplier. Demand met and margin at risk look as far ahead as each "
            "item's next order can help: with another supplier that is another stretch of time."
        )
    if found.suppliers:
        heading("Ordered from each supplier")
        out().print(table(columns, [_row(change, currency) for change in found.suppliers]))
    _show_forecasts(found, currency)
    if not found.lines:
        out().print("No order line differs.")
        return
    heading(f"Lines that change most (of {len(found.lines):,})")
    lines = [
        (
            line.item,
            line.title[:32],
            _who(line.supplier_before, line.supplier_after),
            units(line.quantity_before),
            units(line.quantity_after),
            money(line.money, currency),
        )
        for line in found.lines[:_N_SHOWN]
    ]
    names = ("item", "title", "supplier", "before", "now", "money")
    sides = ("left", "left", "left", "right", "right", "right")
    out().print(table(dict(zip(names, sides, strict=True)), lines))


def _show_forecasts(found: PlanDifference, currency: str) -> None:
    """The expected demands that change most, and what moved them."""
    if not found.forecasts:
        return
    heading(f"Forecasts that change most (of {len(found.forecasts):,})")
    rows = [
        (
            change.item,
            change.title[:32],
            "" if change.before is None else units(change.before),
            "" if change.after is None else units(change.after),
            money(change.money, currency),
            ", ".join(f"{group} {moved:+,.3g}" for group, moved in change.parts[:3]),
        )
        for change in found.forecasts[:_N_SHOWN]
    ]
    columns = {"item": "left", "title": "left", "before": "right", "now": "right"}
    out().print(table(columns | {"money": "right", "moved by": "wide"}, rows))


def _changes_supplier(found: PlanDifference) -> bool:
    return any(
        line.supplier_before and line.supplier_after and line.supplier_before != line.supplier_after
        for line in found.lines
    )


def _who(before: str, after: str) -> str:
    return f"{before} → {after}" if before and after and before != after else after or before


def _row(change: Change, currency: str) -> tuple[str, str, str, str]:
    def said(value: float) -> str:
        if change.unit == "money":
            return money(value, currency)
        return percent(value) if change.unit == "share" else units(value)

    difference = change.difference
    if change.unit == "share":
        text = f"{100 * difference:+.1f} points"
    else:
        text = f"{'+' if difference > 0 else ''}{said(difference)}"
    return change.name, said(change.before), said(change.after), text
