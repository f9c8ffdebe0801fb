"""What does each supplier get, what should money buy next, and what does more money bring?"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.budget import buy_list
from onhand.plan.buying.proposals import offer_of
from onhand.plan.plan import Board, Frontier, FrontierPoint, NextPack, OrderLine, SupplierTotal
from onhand.plan.wording import money, plural, units
from onhand.plan.workings import Workings

__all__ = ["frontier_of", "next_packs", "supplier_totals"]

Array = NDArray[np.float64]

WHOLE_ORDER = (
    "minimum_value",
    "minimum_weight",
    "minimum_volume",
    "container_volume",
    "container_weight",
    "budget",
    "space",
    "budget_and_space",
)
_POINTS = 60  # of the curve


def supplier_totals(work: Workings, orders: tuple[OrderLine, ...]) -> tuple[SupplierTotal, ...]:
    """The orders by supplier, in the order of their lines."""
    rows = {
        (item, place): row
        for row, (item, place) in enumerate(
            zip(work.panel.items.tolist(), work.panel.locations.tolist(), strict=True)
        )
    }
    groups: dict[str, list[OrderLine]] = {}
    for line in orders:
        groups.setdefault(line.supplier, []).append(line)
    return tuple(
        _total(work, supplier, lines, [rows[line.item, line.location] for line in lines])
        for supplier, lines in groups.items()
    )


def _total(work: Workings, supplier: str, lines: list[OrderLine], rows: list[int]) -> SupplierTotal:
    rules = work.rules
    quantity = np.array([line.quantity for line in lines])
    shaped: dict[str, list[float]] = {}
    for line in lines:
        for step in line.reason.increments:
            if step.constraint in WHOLE_ORDER and abs(step.units) > 1e-9:
                shaped.setdefault(step.constraint, []).append(step.units)
    changes = [u for each in shaped.values() for u in each]
    value = round(math.fsum(line.cost for line in lines), 2)
    weight = float(rules.weight[rows] @ quantity)
    volume = float(rules.volume[rows] @ quantity)
    added = round(math.fsum(u for u in changes if u > 0), 4)
    taken = round(math.fsum(-u for u in changes if u < 0), 4)
    names = tuple(name for name in WHOLE_ORDER if name in shaped)
    return SupplierTotal(
        supplier=supplier,
        order_date=min(line.order_date for line in lines),
        due_date=max(line.due_date for line in lines),
        n_lines=len(lines),
        units=round(float(quantity.sum()), 4),
        value=value,
        weight=round(weight, 4),
        volume=round(volume, 4),
        money_at_risk=round(math.fsum(line.money_at_risk_without for line in lines), 2),
        rules=names,
        units_added=added,
        units_taken=taken,
        sentence=_sentence(work, len(lines), value, names, added, taken),
    )


def _sentence(
    work: Workings, n: int, value: float, names: tuple[str, ...], added: float, taken: float
) -> str:
    text = f"{plural(n, 'line')}, {money(value, work.config.shop.currency)}"
    if not names:
        return f"{text}."
    changes = [
        f"{units(added)} units added" if added else "",
        f"{units(taken)} left out" if taken else "",
    ]
    said = " and ".join(c for c in changes if c)
    return f"{text}; {said} for {', '.join(n.replace('_', ' ') for n in names)}."


def next_packs(work: Workings) -> tuple[NextPack, ...]:
    """The first packs of the buy list, from nothing ordered."""
    proposal = work.bought.proposal
    priced = np.maximum(proposal.unit_cost, 1e-9)
    plan = buy_list(offer_of(proposal), unit_size=priced, minimum_order=proposal.least)
    ordered = np.zeros(work.panel.n_series)
    total, rows = 0.0, []
    for rank in range(min(len(plan.row), work.config.plan.n_buy_list)):
        row, quantity = int(plan.row[rank]), float(plan.units[rank])
        ordered[row] += quantity
        cost = round(quantity * float(proposal.unit_cost[row]), 2)
        total = round(total + cost, 2)
        rows.append(
            NextPack(
                rank=rank + 1,
                item=str(work.panel.items[row]),
                location=str(work.panel.locations[row]),
                title=str(work.economics.title[row]),
                supplier=str(work.economics.supplier[row]),
                units=round(quantity, 4),
                cost=cost,
                worth=round(float(plan.value[rank]), 2),
                total=total,
                is_ordered=bool(ordered[row] <= work.bought.quantity[row] + 1e-9),
            )
        )
    return tuple(rows)


def frontier_of(work: Workings, board: Board) -> Frontier | None:
    """What more and more money buys, down the buy list; None where nothing is worth buying."""
    proposal, out = work.bought.proposal, work.outlook
    priced = np.maximum(proposal.unit_cost, 1e-9)
    plan = buy_list(offer_of(proposal), unit_size=priced, minimum_order=proposal.least)
    if not len(plan.row):
        return None
    saved = _units_saved(proposal.saves, proposal.step, plan.row, plan.units)
    wanted = max(float(out.interval_mean.sum()), 1e-12)
    lost = float(out.lost.sum())
    spend = np.concatenate([[0.0], np.cumsum(plan.size)])
    margin = np.concatenate([[0.0], np.cumsum(saved * work.margin[plan.row])])
    fill = 1 - np.maximum(lost - np.concatenate([[0.0], np.cumsum(saved)]), 0.0) / wanted
    at = np.unique(
        np.searchsorted(spend, np.linspace(0, spend[-1], _POINTS)).clip(0, len(spend) - 1)
    )
    curve = tuple(_point(spend[i], margin[i], fill[i]) for i in at)
    gained = float(((out.lost - out.lost_with) * work.margin).sum())
    return Frontier(
        curve=curve,
        today=_point(0.0, 0.0, board.expected_fill_rate_without),
        chosen=_point(board.order_value, gained, board.expected_fill_rate),
    )


def _units_saved(saves: Array, step: Array, row: NDArray[np.int64], block: Array) -> Array:
    """Units that each block of the list is expected to save from being lost, (B,)."""
    done = np.zeros(len(step), dtype=np.int64)
    saved = np.zeros(len(row))
    running = np.concatenate([np.zeros((len(saves), 1)), np.cumsum(saves, axis=1)], axis=1)
    for b, (i, units_of) in enumerate(zip(row.tolist(), block.tolist(), strict=True)):
        n = round(units_of / step[i])
        saved[b] = running[i, min(done[i] + n, saves.shape[1])] - running[i, done[i]]
        done[i] = min(done[i] + n, saves.shape[1])
    return saved


def _point(spend: float, margin: float, fill: float) -> FrontierPoint:
    return FrontierPoint(round(float(spend), 2), round(float(margin), 2), round(float(fill), 4))
