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

from onhand.decide.replenish.price_breaks import PriceLadder
from onhand.decide.replenish.rounding import RoundedOrder
from onhand.decide.replenish.whole_order import whole_packs
from onhand.forecast.forecaster import FittedForecaster
from onhand.inventory.stock import Stock
from onhand.plan.buying.bridges import Bridges, both_of, on_the_way
from onhand.plan.buying.buy import Bought, Wait, buy
from onhand.plan.buying.lots import Lots, with_lots
from onhand.plan.buying.packing import Solver
from onhand.plan.buying.proposals import Offers, Proposal, earned, either, joined, propose
from onhand.plan.buying.rules import Rules
from onhand.plan.buying.worlds import Worlds
from onhand.plan.contenders import quantiles_of
from onhand.plan.economics import Economics
from onhand.plan.outlook import Lookahead, Outlook, look_ahead, need_of, own_order, views
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
    lots: Lots | None = None,
) -> Decided:
    """The orders of every stock point and what to expect with and without them.

    `bridges` are the small orders that are thought of, `worlds` the supply that they are added to;
    `solver` fills containers, None: the plain rule does; `second` finds lines of second suppliers where a
    capacity cuts those of the first; `lots` are what orders grow by because they cost something.
    """
    n = len(stock.on_hand)
    n_steps = int(np.clip(_CELLS // max(1, n), 32, 512))
    if rules.is_plain and bridges is None and lots is None:
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
        lines = _proposed(fitted, stock, terms, rules, seen, n_steps, progress, lots)
        bought, left = _best_bought(lines, terms, bridges, solver)
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
        bought, bridges, splits = _with_splits(lines, terms, bridges, splits, solver)
    beside = both_of(bridges, splits)
    if splits is not None and beside is not None:
        seen = replace(seen, supply=known.of, splits=on_the_way(beside, known, stock))
    outlook = look_ahead(
        fitted, stock, terms.terms, terms.costs, seen, progress, quantity=bought.quantity
    )
    return Decided(bought, bridges, outlook, seen, splits)


def _with_splits(
    lines: _Lines,
    terms: Economics,
    bridges: Bridges | None,
    splits: Bridges,
    solver: Solver | None,
) -> tuple[Bought, Bridges | None, Bridges | None]:
    """The orders with the second suppliers' lines among theirs, and what is left of all lines beside."""
    n = 0 if bridges is None else len(bridges.row)
    bought, left = _best_bought(lines, terms, both_of(bridges, splits), solver)
    if bridges is not None:
        bridges = bridges.with_quantity(left[:n])
        bridges = bridges if len(bridges.row) else None
    splits = splits.with_quantity(left[n:])
    return bought, bridges, splits if len(splits.row) else None


@dataclass(frozen=True)
class _Lines:
    """Every line for itself: as proposed, and as if there were no price breaks, where they may be in the way.

    fees : the rules, orders charged as they are weighed at this review
    """

    chosen: Proposal
    flat: Proposal | None
    fees: Rules


def _proposed(
    fitted: FittedForecaster,
    stock: Stock,
    terms: Economics,
    rules: Rules,
    ahead: Lookahead,
    n_steps: int,
    progress: Progress,
    lots: Lots | None,
) -> _Lines:
    """Every line for itself, and made to last where its supplier is ordered from and that costs something."""
    is_tied = rules.has_limits or bool(rules.suppliers)
    ways = (True, False) if is_tied and rules.ladder.start.shape[1] > 1 else (True,)
    plain: dict[bool, list[Proposal]] = {way: [] for way in ways}
    lasting: dict[bool, list[Proposal]] = {way: [] for way in ways}
    for rows, view in views(fitted, stock, terms.terms, terms.costs, ahead):
        own, known = own_order(view, ahead), Offers()
        longer = None if lots is None else _longer(view, own, lots, rows, ahead)
        for way in ways:
            plain[way].append(propose(view, own, rules, rows, n_steps, breaks=way, offers=known))
            if longer is not None:
                lasting[way].append(
                    propose(view, longer, rules, rows, n_steps, breaks=way, offers=known)
                )
        progress("Proposing", rows.stop / len(stock.on_hand))
    found = [
        joined(plain[way])
        if lots is None
        else _in_cycles(joined(plain[way]), joined(lasting[way]), terms.supplier, rules, lots)
        for way in ways
    ]
    return _Lines(found[0], found[1] if len(found) > 1 else None, _charged(rules, lots))


def _longer(
    view: View, own: RoundedOrder, lots: Lots, rows: slice, ahead: Lookahead
) -> RoundedOrder:
    """The orders of some stock points as they are once their suppliers are ordered from."""
    shown = view.shown
    signed = own.need
    if lots.joins[rows].any():
        quantile = quantiles_of(ahead.policy, shown)
        total = need_of(ahead.policy, view, view.without(), quantile, own.need).total
        signed = np.where(own.need > 0, own.need, np.minimum(total, 0.0))
    rate = shown.paths.mean(axis=(1, 2), dtype=np.float64)
    return with_lots(own, signed, lots, rows, shown.terms, rate, ahead.rounding)


def _in_cycles(
    plain: Proposal, lasting: Proposal, supplier: NDArray[np.str_], rules: Rules, lots: Lots
) -> Proposal:
    """The lines that last where one line of their supplier is needed, the others as they were.

    What is ordered to save later fees is not left out for what it costs to hold: that was weighed. Lines
    that never earn their fee are left out.
    """
    names, of_name = np.unique(supplier, return_inverse=True)
    is_asked = np.bincount(of_name, plain.quantity > 0, len(names)) > 0
    found = either(is_asked[of_name], lasting, plain)
    steps = found.quantity / found.step
    k = np.arange(found.worth.shape[1])
    is_lot = (found.by_cycle > 0)[:, None] & (k < steps[:, None])
    found = replace(found, worth=np.where(is_lot, np.maximum(found.worth, 0.0), found.worth))
    is_vain = lots.never & (earned(found, found.quantity) < lots.line_cost) & ~rules.is_frozen
    return replace(
        found,
        quantity=np.where(is_vain, 0.0, found.quantity),
        by_fee=np.where(is_vain, -found.quantity, 0.0),
    )


def _charged(rules: Rules, lots: Lots | None) -> Rules:
    """The rules, an order charged only with what of its cost falls on the time until the next review."""
    if lots is None:
        return rules
    charged = {
        name: replace(rule, order_cost=lots.share.get(name, rule.order_cost))
        for name, rule in rules.suppliers.items()
    }
    return replace(rules, suppliers=charged)


def _best_bought(
    lines: _Lines,
    terms: Economics,
    bridges: Bridges | None,
    solver: Solver | None,
) -> tuple[Bought, Array]:
    """The orders as suppliers and shop accept them, and what is left of the bridges, (B,).

    A line at a lower price is not to be had in part, nor beyond the next break. Where that is in the way of
    a limit or a minimum, lines are offered as if there were no breaks: those that were cut, and all; and
    then once more at the prices of what is left of them. What earns most is taken, so that a price break
    never makes the plan worse.
    """
    best, left = _bought(lines.chosen, terms, lines.fees, bridges, solver)
    if lines.flat is None:
        return best, left
    has_breaks = np.asarray(np.isfinite(lines.fees.ladder.start[:, 1:]).any(axis=1))
    is_cut = has_breaks & (best.quantity < lines.chosen.quantity)
    most = _gain(best, terms, lines)
    different = (is_cut, has_breaks) if (is_cut != has_breaks).any() else (has_breaks,)
    for rows in different:
        if not rows.any():
            continue
        flat = either(rows, lines.flat, lines.chosen)
        found, its_left = _bought(flat, terms, lines.fees, bridges, solver)
        found = replace(found, unit_cost=_priced(found, lines.fees.ladder))
        landed = _at_prices_of(found, rows, flat, lines.fees.ladder)
        again, again_left = _bought(landed, terms, lines.fees, bridges, solver)
        again = _told(again, found, flat)
        for other, other_left in ((again, again_left), (found, its_left)):
            gain = _gain(other, terms, lines)
            if gain > most + 1e-9 and _reaches_minima(other, terms, lines.fees):
                best, left, most = other, other_left, gain
    return best, left


def _at_prices_of(
    bought: Bought, rows: NDArray[np.bool_], flat: Proposal, ladder: PriceLadder
) -> Proposal:
    """The lines of some rows at the price of what was bought of them: no less and no more than has it."""
    first = np.where(bought.quantity > 0, bought.quantity, flat.least)
    least = np.maximum(flat.least, whole_packs(ladder.begin(first), flat.pack, up=True))
    below = whole_packs(ladder.end(first) * (1 - 1e-6), flat.pack, up=False)
    quantity = np.where(
        flat.quantity > 0, np.clip(flat.quantity, least, np.maximum(least, below)), 0
    )
    return either(
        rows,
        replace(
            flat,
            by_price_break=flat.by_price_break + np.maximum(0.0, quantity - flat.quantity),
            quantity=quantity,
            least=least,
            most=np.minimum(flat.most, below),
            unit_cost=ladder.at(first),
        ),
        flat,
    )


def _told(again: Bought, found: Bought, flat: Proposal) -> Bought:
    """`again` with all that was cut from the lines put down to what had cut them in `found`."""
    less = np.minimum(0.0, again.proposal.quantity - flat.quantity)
    if not less.any():
        return again
    names = list(found.increments)
    most = np.argmin([found.increments[name] for name in names], axis=0)
    increments = {
        name: again.increments.get(name, np.zeros(len(less))) + np.where(most == i, less, 0.0)
        for i, name in enumerate(names)
    }
    afforded = again.afforded
    if afforded is not None and found.afforded is not None:
        wanted = found.afforded.wanted_worth, found.afforded.wanted_cost
        afforded = replace(afforded, wanted_worth=wanted[0], wanted_cost=wanted[1])
    return replace(
        again,
        proposal=replace(again.proposal, quantity=again.proposal.quantity - less),
        increments={**again.increments, **increments},
        afforded=afforded,
    )


def _priced(bought: Bought, ladder: PriceLadder) -> Array:
    """Unit costs of the orders as the suppliers' price lists have them, (N,)."""
    ordered = bought.quantity > 0
    return np.where(ordered, ladder.at(bought.quantity), bought.unit_cost)


def _reaches_minima(bought: Bought, terms: Economics, rules: Rules) -> bool:
    """Whether the orders are worth their suppliers' minima at the prices they will be charged."""
    value = bought.unit_cost * bought.quantity
    asked = (
        (value[terms.supplier == n].sum(), r.minimum_value) for n, r in rules.suppliers.items()
    )
    return all(total == 0 or total >= least * (1 - 1e-9) for total, least in asked)


def _gain(bought: Bought, terms: Economics, lines: _Lines) -> float:
    """Expected money that orders earn, what they save by price breaks included, fees taken off."""
    q = bought.quantity
    saved = (lines.fees.ladder.unit_cost[:, 0] - bought.unit_cost) * q
    fees = float(terms.costs.order_cost[q > 0].sum())
    for name, rule in lines.fees.suppliers.items():
        fees += rule.order_cost * bool(q[terms.supplier == name].any())
    return float(earned(bought.proposal, q).sum() + saved.sum()) - fees


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
        place=None if rules.place is None else rules.place[origin],
        previous=np.concatenate([rules.previous, np.zeros(len(bridges.row))]),
        is_frozen=np.concatenate([rules.is_frozen, bridges.is_kept]),
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
        afforded=found.afforded,
    )
    return own, found.quantity[n:]
