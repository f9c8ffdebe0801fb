"""What does each supplier get, what should money buy next, and what does more money bring?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.budget import buy_list
from onhand.decide.replenish.whole_order import Blocks, ranked_blocks
from onhand.plan.buying.beyond import orders_beyond
from onhand.plan.buying.proposals import Proposal, offer_of
from onhand.plan.plan import Board, Frontier, FrontierPoint, NextPack, OrderLine, SupplierTotal
from onhand.plan.wording import money, plural, units
from onhand.plan.workings import Workings

__all__ = ["frontier_of", "next_packs", "supplier_totals"]

Array = NDArray[np.float64]

WHOLE_ORDER = (
    "capacity",
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
    """What money brings, up to this plan and beyond it; None where nothing is worth buying.

    Up to the plan these are its own packs, in the order in which a smaller budget would buy them; beyond
    it, the packs that come next, or, where suppliers or the shop ask something of orders as a whole, what
    they would accept then. So the plan lies on the curve, whatever its policy was tuned to.
    """
    out, rules = work.outlook, work.rules
    is_tied = bool(rules.suppliers) or rules.has_limits
    beyond = _accepted_beyond(work) if is_tied else _beyond_the_plan(work)
    blocks = [_up_to_the_plan(work), beyond]
    if not any(len(block.size) for block in blocks):
        return None
    size, saved, margin = (
        np.concatenate([[0.0], *(getattr(block, name) for block in blocks)])
        for name in ("size", "saved", "margin")
    )
    wanted = max(float(out.interval_mean.sum()), 1e-12)
    lost = float(out.lost.sum())
    spend, gained = np.cumsum(size), np.cumsum(margin)
    fill = 1 - np.maximum(lost - np.cumsum(saved), 0.0) / wanted
    at = np.searchsorted(spend, np.linspace(0, spend[-1], _POINTS)).clip(0, len(spend) - 1)
    own = len(blocks[0].size)
    if is_tied:  # between the points beyond it nothing is to be had
        at = np.append(at[at < own], np.arange(own, len(spend)))
    at = np.unique(np.append(at, own))  # the plan itself is one of the points
    won = float(((out.lost - out.lost_with) * work.margin).sum())
    return Frontier(
        curve=tuple(_point(spend[i], gained[i], fill[i]) for i in at),
        today=_point(0.0, 0.0, board.expected_fill_rate_without),
        chosen=_point(board.order_value, won, board.expected_fill_rate),
    )


@dataclass(frozen=True)
class _Blocks:
    """Packs bought one block after the other: money, units saved from being lost, margin; each (B,)."""

    size: Array
    saved: Array
    margin: Array


def _up_to_the_plan(work: Workings) -> _Blocks:
    """The plan's own packs and bridges, the best worth per money first.

    What they save is scaled to what the plan as a whole saves, packs of one line being counted apart.
    """
    line = work.bought.proposal
    inside = np.minimum(work.outlook.quantity / line.step, line.worth.shape[1])
    found = _ranked(line, np.zeros_like(inside), inside)
    row, worth = found.row, found.worth
    size = found.size * _ratio(
        (work.outlook.quantity * work.bought.unit_cost).sum(), found.size.sum()
    )
    saved = _units_saved(line.saves, found, np.zeros_like(inside))
    margin = saved * work.margin[row]
    out, bridges = work.outlook, work.bridges
    all_saved = float((out.lost - out.lost_with).sum())
    all_margin = float(((out.lost - out.lost_with) * work.margin).sum())
    if bridges is not None:
        early = (out.lost_early - out.lost_early_with)[bridges.row]
        worth = np.concatenate([worth, bridges.gain])
        size = np.concatenate([size, bridges.quantity * bridges.unit_cost])
        saved = np.concatenate([saved, early])
        margin = np.concatenate([margin, early * work.margin[bridges.row]])
    splits = work.splits
    if splits is not None:
        each = splits.gain / np.maximum(work.margin[splits.row], 1e-12)
        worth = np.concatenate([worth, splits.gain])
        size = np.concatenate([size, splits.quantity * splits.unit_cost])
        saved = np.concatenate([saved, each])
        margin = np.concatenate([margin, splits.gain])
    order = np.argsort(-worth / np.maximum(size, 1e-12), kind="stable")
    return _Blocks(
        size[order],
        saved[order] * _ratio(all_saved, saved.sum()),
        margin[order] * _ratio(all_margin, margin.sum()),
    )


def _beyond_the_plan(work: Workings) -> _Blocks:
    """The packs that would be bought next, as long as they are worth anything."""
    line = work.bought.proposal
    first = np.minimum(work.outlook.quantity / line.step, line.worth.shape[1])
    last = np.maximum(first, (line.worth > 0).sum(axis=1))
    last = np.maximum(first, np.minimum(last, np.floor(line.most / line.step + 1e-9)))
    last = np.where(last >= line.least / line.step - 1e-9, last, first)
    found = _ranked(line, first, last)
    found = found.at(np.flatnonzero(found.worth > 0))
    saved = _units_saved(line.saves, found, first)
    return _Blocks(found.size, saved, saved * work.margin[found.row])


def _accepted_beyond(work: Workings) -> _Blocks:
    """From one larger order that suppliers accept to the next, those that save more margin only."""
    rules, line = work.rules, work.bought.proposal
    now = work.outlook.quantity
    running = np.concatenate([np.zeros((len(now), 1)), np.cumsum(line.saves, axis=1)], axis=1)
    rows = np.arange(len(now))
    before = _until_step(running, rows, now / line.step)
    at_plan = float(work.bought.unit_cost @ now)
    found = []
    for quantity in orders_beyond(line, work.economics.supplier, rules):
        spend = float(rules.ladder.at(np.maximum(quantity, line.least)) @ quantity)
        is_within = spend <= rules.budget and rules.has_room(quantity)
        if spend > at_plan + 0.005 and not (rules.has_limits and is_within):
            more = _until_step(running, rows, quantity / line.step) - before
            found.append((spend - at_plan, float(more.sum()), float(more @ work.margin)))
    steps, last = [], (0.0, 0.0, 0.0)
    for point in sorted(found):
        if point[2] > last[2] + 0.005 and point[1] > last[1]:
            steps.append([a - b for a, b in zip(point, last, strict=True)])
            last = point
    size, saved, margin = np.array(steps).reshape(-1, 3).T
    return _Blocks(size, saved, margin)


def _ranked(line: Proposal, first: Array, last: Array) -> Blocks:
    """The blocks from step `first` to `last`, the best worth per money first."""
    priced = np.maximum(line.unit_cost, 1e-9)
    return ranked_blocks(first, last, line.least / line.step, offer_of(line), priced)


def _ratio(whole: float, parts: float) -> float:
    return whole / parts if parts > 1e-12 else 1.0


def _units_saved(saves: Array, blocks: Blocks, first: Array) -> Array:
    """Units that each block of the list is expected to save from being lost, (B,)."""
    running = np.concatenate([np.zeros((len(saves), 1)), np.cumsum(saves, axis=1)], axis=1)
    order = np.argsort(blocks.row, kind="stable")  # those of a stock point one after the other
    row, steps = blocks.row[order], blocks.steps[order]
    total = np.cumsum(steps)
    at = np.searchsorted(row, row)  # the first of its stock point
    end = first[row] + total - (total[at] - steps[at])
    saved = np.empty(len(row))
    saved[order] = _until_step(running, row, end) - _until_step(running, row, end - steps)
    return saved


def _until_step(running: Array, row: NDArray[np.int64], step: Array) -> Array:
    """Sums up to a step of each row, a part of the next one included."""
    place = np.clip(step, 0.0, running.shape[1] - 1.0)
    whole = np.minimum(np.floor(place + 1e-9).astype(np.int64), running.shape[1] - 2)
    part = place - whole
    return np.asarray(running[row, whole] * (1 - part) + running[row, whole + 1] * part)


def _point(spend: float, margin: float, fill: float) -> FrontierPoint:
    return FrontierPoint(round(float(spend), 2), round(float(margin), 2), round(float(fill), 4))
