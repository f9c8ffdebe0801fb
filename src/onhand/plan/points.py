"""How does every stock point stand, and which of them need a look?"""

from __future__ import annotations

import math

import numpy as np

from onhand.plan.plan import MatrixCell, PointOutlook, Trouble
from onhand.plan.why_not import cause_of, held_back, perishing, why_not
from onhand.plan.wording import money, percent, periods, plural, units
from onhand.plan.workings import Workings

__all__ = ["matrix", "point_outlooks", "troubles"]


def point_outlooks(work: Workings) -> tuple[PointOutlook, ...]:
    """One row per stock point, in the order of the panel."""
    return tuple(_point(work, row) for row in range(work.panel.n_series))


def _point(work: Workings, row: int) -> PointOutlook:
    out, terms = work.outlook, work.economics
    on_hand = round(float(work.stock.on_hand[row]), 2)
    unit_cost = round(float(terms.unit_cost[row]), 4)
    return PointOutlook(
        item=str(work.panel.items[row]),
        location=str(work.panel.locations[row]),
        title=str(terms.title[row]),
        supplier=str(terms.supplier[row]),
        abc=str(work.abc[row]),
        xyz=str(work.xyz[row]),
        demand_class=str(work.demand_class[row]),
        status=str(work.status[row]),
        on_hand=on_hand,
        on_order=round(float(work.on_order[row]), 2),
        mean_demand=round(float(out.mean_demand[row]), 3),
        unit_cost=unit_cost,
        price=round(float(terms.price[row]), 4),
        stock_value=round(on_hand * unit_cost, 2),
        money=round(float(work.at_stake[row]), 2),
        cover=round(float(out.cover[row]), 2) if math.isfinite(out.cover[row]) else None,
        stockout_probability=round(float(out.stockout[row]), 4),
        stockout_date=stockout_date(work, row),
        alive=round(float(work.life.alive[row]), 4),
        not_ordered=why_not(work, row),
        parts=work.parts.get(row, ()),
        likes=work.likes.get(row, ()),
        sold=work.sold[row],
    )


def stockout_date(work: Workings, row: int) -> str | None:
    """First day of the period by whose end half of the worlds have run out; None: not in sight."""
    period = int(work.outlook.stockout_period[row])
    return None if period < 0 else str(work.panel.future_dates(period + 1)[period])


def troubles(work: Workings) -> tuple[Trouble, ...]:
    """What needs a look, the most money first: stock points, and orders that wait."""
    rows = np.flatnonzero(work.status != "ok")
    order = sorted(rows, key=lambda r: (-round(float(work.at_stake[r]), 2), int(r)))
    found = [_trouble(work, int(row)) for row in order]
    found += [*waiting(work), *left_over(work), *held_back(work), *perishing(work)]
    return tuple(sorted(found, key=lambda trouble: -trouble.money))


def left_over(work: Workings) -> list[Trouble]:
    """Stock of items that will be discontinued before it is expected to sell."""
    ends, horizon = work.rules.ends, work.ahead.horizon
    out, terms = work.outlook, work.economics
    sells = (
        out.mean_demand * np.maximum(np.where(np.isfinite(ends), ends, 0) / horizon, 1) * horizon
    )
    rest = np.where(np.isfinite(ends), work.stock.inventory_position - sells, 0.0)
    found = []
    for row in np.flatnonzero(rest * terms.unit_cost >= 0.01).tolist():
        value = round(float(rest[row] * terms.unit_cost[row]), 2)
        said = (
            f"To be discontinued; of {units(float(work.stock.inventory_position[row]))} on the shelf and "
            f"on order {units(float(rest[row]))} will not sell by then: "
            f"{money(value, work.config.shop.currency)} at cost. Mark them down, or send them back."
        )
        item, location = str(work.panel.items[row]), str(work.panel.locations[row])
        found.append(Trouble("phase_out", item, location, str(terms.title[row]), value, said))
    return found


def waiting(work: Workings) -> list[Trouble]:
    """Suppliers' orders that are not placed now, and the margin at risk of their lines."""
    currency = work.config.shop.currency
    found = []
    for wait in work.bought.waits:
        at_risk = round(float((work.outlook.lost * work.margin)[wait.rows].sum()), 2)
        said = (
            f"The order to {wait.supplier}, {plural(len(wait.rows), 'line')} for "
            f"{money(wait.value, currency)}, waits: {cause_of(wait)}. About {money(at_risk, currency)} of "
            "margin is at risk on its lines."
        )
        first = int(wait.rows[0])
        item, location = str(work.panel.items[first]), str(work.panel.locations[first])
        found.append(Trouble("order_waits", item, location, wait.supplier, at_risk, said))
    return found


def _trouble(work: Workings, row: int) -> Trouble:
    return Trouble(
        kind=str(work.status[row]),
        item=str(work.panel.items[row]),
        location=str(work.panel.locations[row]),
        title=str(work.economics.title[row]),
        money=round(float(work.at_stake[row]), 2),
        sentence=sentence_about(work, row),
    )


def sentence_about(work: Workings, row: int) -> str:
    """What the status means for this stock point."""
    out, stock, kind = work.outlook, work.stock, str(work.status[row])
    stake = money(float(work.at_stake[row]), work.config.shop.currency)
    rate = f"{units(float(out.mean_demand[row]))} per {work.frequency} expected"
    on_order = float(work.on_order[row])
    coming = f", {units(on_order)} on order" if on_order > 0 else ", nothing on order"
    hand = units(float(stock.on_hand[row]))
    if kind == "stocked_out":
        shelf = (
            "Assumed to have nothing on the shelf"
            if work.is_stock_assumed
            else "Nothing on the shelf"
        )
        return f"{shelf}, {rate}{coming}; about {stake} of margin will be lost."
    if kind == "at_risk":
        return (
            f"{percent(float(out.stockout_early[row]))} likely to run out before an order placed now "
            f"can help: {hand} on the shelf{coming}, {rate}; about {stake} of margin at stake."
        )
    if kind == "dying":
        chance = percent(float(work.life.alive[row]))
        return (
            f"{hand} on the shelf and no sale for a while, {chance} likely to sell again{coming}; "
            f"{stake} is tied up in it."
        )
    if kind == "excess":
        cover = float(out.cover[row])
        lasts = f"last {periods(cover, work.frequency)}" if math.isfinite(cover) else "never sell"
        return (
            f"{hand} on the shelf{coming}, {rate}: they would {lasts}; {stake} is tied up in what "
            "will not sell soon."
        )
    if kind == "new":
        return f"New, with little history: {hand} on the shelf{coming}, {rate}; watch it."
    return f"{hand} on the shelf{coming}, {rate}."


def matrix(work: Workings) -> tuple[MatrixCell, ...]:
    """The nine cells of the ABC-XYZ matrix, A before C and X before Z."""
    value = np.array(
        [
            round(round(float(h), 2) * round(float(c), 4), 2)
            for h, c in zip(work.stock.on_hand, work.economics.unit_cost, strict=True)
        ]
    )
    total = float(work.revenue.sum())
    cells = []
    for a in "ABC":
        for x in "XYZ":
            inside = (work.abc == a) & (work.xyz == x)
            revenue = float(work.revenue[inside].sum())
            cells.append(
                MatrixCell(
                    abc=a,
                    xyz=x,
                    n=int(inside.sum()),
                    revenue=round(revenue, 2),
                    stock_value=round(math.fsum(value[inside]), 2),
                    revenue_share=round(revenue / total, 4) if total > 0 else 0.0,
                )
            )
    return tuple(cells)
