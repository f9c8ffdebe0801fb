"""What is bought now, and what is to be expected of it?

Where suppliers and shop ask nothing beyond packs and minimum orders, one look ahead decides every line
and judges it. Otherwise the first look proposes the lines and what their packs are worth, the orders
are fitted to the rules, and a second look at the same worlds judges what is ordered.

Bridges stand among their fast supplier's lines. Where its rules or the shop's limits leave less of
them than was thought, the lines beside them are decided once more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.rounding import RoundedOrder
from onhand.forecast.forecaster import FittedForecaster
from onhand.inventory.stock import Stock
from onhand.plan.buying.bridges import Bridges, both_of, on_the_way
from onhand.plan.buying.buy import Bought, Wait, buy
from onhand.plan.buying.packing import Solver
from onhand.plan.buying.proposals import Proposal, joined, propose
from onhand.plan.buying.rules import Rules
from onhand.plan.buying.worlds import Worlds
from onhand.plan.economics import Economics
from onhand.plan.outlook import Lookahead, Outlook, look_ahead, own_order, views
from onhand.plan.progress import Progress, silent
from onhand.plan.projection import View

__all__ = ["Decided", "decide"]

Array = NDArray[np.float64]
Second = Callable[[Bought], Bridges | None]

_CELLS = 1 << 21  # steps of worth over all stock points: 16 MiB each of worth and saving


@dataclass(frozen=True)
class Decided:
    """The orders of every stock point, the lines beside them, and what to expect of all.

    bridges : small orders until a slow supplier delivers
    splits : what the chosen supplier cannot deliver, from a second one
    """

    bought: Bought
    bridges: Bridges | None
    outlook: Outlook
    ahead: Lookahead
    splits: Bridges | None = None


def decide(
    fitted: FittedForecaster,
    stock: Stock,
    terms: Economics,
    rules: Rules,
    ahead: Lookahead,
    progress: Progress = silent,
    *,
    bridges: Bridges | None = None,
    worlds: Worlds | None = None,
    solver: Solver | None = None,
    second: Second | None = None,
) -> Decided:
    """The orders of every stock point and what to expect with and without them.

    `bridges` are the small orders that are thought of, `worlds` the supply that they are added to;
    `solver` fills containers, None: the plain rule does; `second` finds lines of second suppliers where a
    capacity cuts those of the first.
    """
    n = len(stock.on_hand)
    n_steps = int(np.clip(_CELLS // max(1, n), 32, 512))
    if rules.is_plain and bridges is None:
        parts: list[Proposal] = []

        def collect(rows: slice, view: View, own: RoundedOrder) -> None:
            parts.append(propose(view, own, rules, rows, n_steps))

        outlook = look_ahead(
            fitted, stock, terms.terms, terms.costs, ahead, progress, watch=collect
        )
        return Decided(Bought.plain(joined(parts), outlook.quantity), None, outlook, ahead)
    for _ in range(2):
        seen = ahead
        if bridges is not None:
            known = worlds or Worlds.known(stock, terms.terms, ahead.n_samples)
            # The same supply without the bridges, so that both are judged in the same worlds.
            seen = replace(ahead, supply=known.of, bridges=on_the_way(bridges, known, stock))
        lines = _proposed(fitted, stock, terms, rules, seen, n_steps, progress)
        bought, left = _bought(lines, terms, rules, bridges, solver)
        is_as_thought = bridges is None or (left == bridges.quantity).all()
        if bridges is not None:
            bridges = bridges.with_quantity(left)
            bridges = bridges if len(bridges.row) else None
        if is_as_thought:
            break
    known = worlds or Worlds.known(stock, terms.terms, ahead.n_samples)
    if bridges is None:
        seen = ahead
    elif not is_as_thought:
        seen = replace(seen, bridges=on_the_way(bridges, known, stock))
    splits = None if second is None else second(bought)
    if splits is not None:
        bought, bridges, splits = _with_splits(lines, terms, rules, bridges, splits, solver)
    beside = both_of(bridges, splits)
    if splits is not None and beside is not None:
        seen = replace(seen, supply=known.of, splits=on_the_way(beside, known, stock))
    outlook = look_ahead(
        fitted, stock, terms.terms, terms.costs, seen, progress, quantity=bought.quantity
    )
    return Decided(bought, bridges, outlook, seen, splits)


def _with_splits(
    lines: Proposal,
    terms: Economics,
    rules: Rules,
    bridges: Bridges | None,
    splits: Bridges,
    solver: Solver | None,
) -> tuple[Bought, Bridges | None, Bridges | None]:
    """The orders with the second suppliers' lines among theirs, and what is left of all lines beside."""
    n = 0 if bridges is None else len(bridges.row)
    bought, left = _bought(lines, terms, rules, both_of(bridges, splits), solver)
    if bridges is not None:
        bridges = bridges.with_quantity(left[:n])
        bridges = bridges if len(bridges.row) else None
    splits = splits.with_quantity(left[n:])
    return bought, bridges, splits if len(splits.row) else None


def _proposed(
    fitted: FittedForecaster,
    stock: Stock,
    terms: Economics,
    rules: Rules,
    ahead: Lookahead,
    n_steps: int,
    progress: Progress,
) -> Proposal:
    """Every line for itself."""
    parts = []
    for rows, view in views(fitted, stock, terms.terms, terms.costs, ahead):
        parts.append(propose(view, own_order(view, ahead), rules, rows, n_steps))
        progress("Proposing", rows.stop / len(stock.on_hand))
    return joined(parts)


def _bought(
    lines: Proposal,
    terms: Economics,
    rules: Rules,
    bridges: Bridges | None,
    solver: Solver | None,
) -> tuple[Bought, Array]:
    """The orders as suppliers and shop accept them, and what is left of the bridges, (B,)."""
    if bridges is None:
        return buy(lines, terms.supplier, rules, solver), np.zeros(0)
    n = len(lines.quantity)
    origin = np.concatenate([np.arange(n), bridges.row])
    both = replace(
        rules,
        weight=rules.weight[origin],
        volume=rules.volume[origin],
        previous=np.concatenate([rules.previous, np.zeros(len(bridges.row))]),
        suppliers={**bridges.suppliers, **rules.suppliers},
    )
    supplier = np.concatenate([terms.supplier, bridges.supplier])
    found = buy(joined([lines, bridges.lines(lines.worth.shape[1])]), supplier, both, solver)
    own = Bought(
        proposal=lines,
        quantity=found.quantity[:n],
        unit_cost=found.unit_cost[:n],
        increments={k: v[:n] for k, v in found.increments.items() if v[:n].any()},
        waits=tuple(
            Wait(w.supplier, np.unique(origin[w.rows]), w.value, w.reasons) for w in found.waits
        ),
        packed=found.packed,
    )
    return own, found.quantity[n:]
