"""What would each line be if it were alone, and what is each of its packs worth?

The pure need is rounded to packs and the minimum order, cut to what will sell before it perishes or
is phased out, kept as the previous plan had it where little changed, cut to what the supplier can
deliver, and raised to a price break where that saves money. Each step is kept, so that the line can be explained.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.cover import Shortage, row_quantile
from onhand.decide.replenish.marginal import Worth, worth_of_steps
from onhand.decide.replenish.price_breaks import PriceLadder, raise_to_breaks
from onhand.decide.replenish.rounding import RoundedOrder
from onhand.decide.replenish.whole_order import whole_packs
from onhand.inventory.lots import LotsProjected
from onhand.inventory.policy import Situation
from onhand.inventory.terms import SupplyTerms
from onhand.plan.buying.rules import Rules
from onhand.plan.projection import View, supply_of

__all__ = [
    "LOOK_AHEAD",
    "Offers",
    "Proposal",
    "earned",
    "either",
    "in_steps",
    "joined",
    "offer_of",
    "propose",
]

Array = NDArray[np.float64]
Offers = dict[bytes, tuple[Array, Array, Array]]

LOOK_AHEAD = 13  # periods after the arrival over which every world's own leftovers are charged
_LONGEST = 365.0  # periods after those in which they are charged at mean demand: a year of days


@dataclass(frozen=True)
class Proposal:
    """The lines of n stock points, each decided for itself; each (n,), units unless said.

    need + by_cycle + by_minimum + by_pack + by_shelf_life + by_phase_out + by_silence + kept
        + by_capacity + by_price_break + by_fee = quantity
    by_cycle : what sells beyond the next review while an order lasts that costs something
    by_fee : what is left out because placing the line costs more than it earns
    least : below it a line is left out; a line raised to a break goes no lower than the break
    most : what will sell in time, and less than the next price break
    unit_cost : money per unit at the quantity
    pack : units that are sold together
    step, worth, saves : of each further step (n,), (n, K), (n, K): units (of very large orders several
        packs, all alike), money, units saved from loss
    """

    need: Array
    by_cycle: Array
    by_minimum: Array
    by_pack: Array
    by_shelf_life: Array
    by_phase_out: Array
    by_silence: Array
    kept: Array
    by_capacity: Array
    by_price_break: Array
    by_fee: Array
    quantity: Array
    least: Array
    most: Array
    unit_cost: Array
    pack: Array
    step: Array
    worth: Array
    saves: Array


def propose(
    view: View,
    rounded: RoundedOrder,
    rules: Rules,
    rows: slice | NDArray[np.int64],
    n_steps: int,
    *,
    breaks: bool = True,
    offers: Offers | None = None,
) -> Proposal:
    """The lines of some stock points, `rows` of the shop.

    A line is raised to a price break where that saves money per period in the long run, and is not expected
    to lose any on this very lot.

    breaks : False: as if everything had its first price whatever the quantity
    offers : worths found so far for these stock points, by their steps; new ones are added
    """
    situation = view.shown
    terms, costs = situation.terms, situation.costs
    ladder = PriceLadder(rules.ladder.start[rows], rules.ladder.unit_cost[rows])
    ladder = ladder if breaks else PriceLadder.flat(ladder.unit_cost[:, 0])
    life, ends = rules.shelf_life[rows], rules.ends[rows] - terms.lead_time
    for_life, for_end = _sellable(view, life, ladder), _sellable(view, ends, ladder)
    after_life = _cut_to(rounded.quantity, for_life, terms)
    after_end = _cut_to(after_life, for_end, terms)
    is_over = rules.is_over[rows]
    alive = np.where(is_over, 0.0, after_end)
    most = np.where(is_over, 0.0, np.minimum(for_life, for_end))
    kept = _as_before(alive, rules.previous[rows], rules.keep_within, terms, most)
    is_frozen = rules.is_frozen[rows]
    before = np.maximum(rules.previous[rows], terms.minimum_order)
    kept = np.where(is_frozen, whole_packs(before, terms.pack_size, up=True), kept)
    capacity = rules.capacity[rows]
    within = _cut_to(kept, capacity, terms)
    most = np.minimum(most, capacity)
    mean = situation.paths.mean(axis=(1, 2), dtype=np.float64)
    raised = raise_to_breaks(
        within,
        ladder,
        terms,
        mean_demand=mean,
        holding_cost=costs.holding_cost,
        order_cost=costs.order_cost,
        most=most,
    )
    raised = np.where(is_frozen, within, raised)
    packs = np.ceil(np.round(raised / terms.pack_size, 9))
    coarse = np.maximum(1.0, np.ceil(packs / (0.6 * n_steps)))
    step, offers = coarse * terms.pack_size, {} if offers is None else offers
    offer = offers.get(step.tobytes())
    if offer is None:
        offer = _offer(situation, step, n_steps, cast(Shortage, view.shortage))
        offers[step.tobytes()] = offer
    raised = np.where(_lot(raised, offer, ladder) < _lot(within, offer, ladder), within, raised)
    fewest = np.maximum(np.maximum(terms.minimum_order, ladder.begin(raised)), terms.pack_size)
    least = whole_packs(fewest, terms.pack_size, up=True)
    least = np.where(is_frozen, within, least)  # all of it or nothing
    most = np.where(is_frozen, within, most)
    priced = np.maximum(raised, least)
    return Proposal(
        need=rounded.need,
        by_cycle=rounded.increments.get("order_cycle", np.zeros(len(raised))),
        by_minimum=rounded.increments["minimum_order"],
        by_pack=rounded.increments["pack_size"],
        by_shelf_life=after_life - rounded.quantity,
        by_phase_out=after_end - after_life,
        by_silence=alive - after_end,
        kept=kept - alive,
        by_capacity=within - kept,
        by_price_break=raised - within,
        by_fee=np.zeros(len(raised)),
        quantity=raised,
        least=least,
        most=np.minimum(most, ladder.end(priced) * (1 - 1e-6)),
        unit_cost=ladder.at(priced),
        pack=terms.pack_size,
        step=offer[0],
        worth=offer[1],
        saves=offer[2],
    )


def joined(parts: list[Proposal]) -> Proposal:
    """The proposals of all blocks as one."""
    return Proposal(
        *(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Proposal))
    )


def either(is_first: NDArray[np.bool_], first: Proposal, second: Proposal) -> Proposal:
    """The lines of `first` where told, (n,), of `second` elsewhere."""
    return Proposal(
        *(
            np.where(is_first if a.ndim == 1 else is_first[:, None], a, b)
            for a, b in (
                (getattr(first, f.name), getattr(second, f.name)) for f in fields(Proposal)
            )
        )
    )


def earned(proposal: Proposal, quantity: Array) -> Array:
    """Expected money that each line's packs earn, (n,); packs beyond the offer earn nothing."""
    return _earned(quantity, proposal.step, proposal.worth)


def _earned(quantity: Array, step: Array, worth: Array) -> Array:
    inside = np.clip((quantity / step)[:, None] - np.arange(worth.shape[1]), 0.0, 1.0)
    return np.asarray((worth * inside).sum(axis=1))


def _lot(quantity: Array, offer: tuple[Array, Array, Array], ladder: PriceLadder) -> Array:
    """What a lot earns, and saves against the first price, (n,) money."""
    saved = (ladder.unit_cost[:, 0] - ladder.at(quantity)) * quantity
    return _earned(quantity, offer[0], offer[1]) + saved


def offer_of(proposal: Proposal) -> Worth:
    """The worth of every line's steps."""
    return Worth(proposal.step, proposal.worth)


def _offer(
    situation: Situation, step: Array, n_steps: int, shortage: Shortage
) -> tuple[Array, Array, Array]:
    """Step, worth and units saved from being lost, of each further step."""
    from onhand.inventory.costs import Costs

    money = worth_of_steps(
        situation,
        step=step,
        look_ahead=LOOK_AHEAD,
        n_steps=n_steps,
        shortage=shortage,
        until_sold=_LONGEST,
    )
    n = len(step)
    units = Situation(
        situation.stock,
        situation.paths,
        situation.terms,
        Costs.of(holding_cost=0.0, shortage_cost=1.0, n_series=n),
        situation.supply,
    )
    saved = worth_of_steps(
        units, step=money.step, look_ahead=LOOK_AHEAD, n_steps=n_steps, shortage=shortage
    )
    return money.step, money.worth, saved.worth


def in_steps(lines: Proposal) -> Proposal:
    """The lines in whole steps; only those of very many packs have steps of more than one."""
    least = whole_packs(lines.least, lines.step, up=True)
    steps = np.maximum(whole_packs(lines.quantity, lines.step, up=False), least)
    quantity = np.where(lines.quantity > 0, steps, 0.0)
    by_pack = lines.by_pack + (quantity - lines.quantity)
    return replace(lines, by_pack=by_pack, quantity=quantity, least=least, pack=lines.step)


def _sellable(view: View, window: Array, ladder: PriceLadder) -> Array:
    """Units that are worth buying for a shelf life or a phase-out, (n,); inf where there is none.

    A unit is worth its cost c while its margin p times the probability that it sells in the window
    after the arrival is no less than c times the probability that it does not: so the order may reach
    the p / (p + c) quantile of what would be missing in the window without it, and of what is owed to
    customers when it comes, which is delivered at once. The window is in periods; beyond the paths, demand
    goes on at its mean.
    """
    n = len(window)
    most = np.full(n, np.inf)
    rows = np.flatnonzero(np.isfinite(window))
    if not len(rows):
        return most
    without = view.with_orders(np.zeros(n))  # the bridges are there, what perishes is not
    paths, horizon = view.now.paths, view.now.paths.shape[2]
    _, own, _ = supply_of(view.shown)
    cost = ladder.unit_cost[:, 0]
    margin = view.now.costs.shortage_cost
    periods = np.arange(horizon)
    for row in rows.tolist():
        first = np.broadcast_to(own[row], paths.shape[1])[:, None]  # (S, 1)
        last = first + max(0.0, float(window[row]))
        share = np.clip(last - periods, 0.0, 1.0) * (periods >= first)
        inside = _missing(view, without, row, first, share)
        beyond = np.maximum(0.0, last[:, 0] - np.maximum(horizon, first[:, 0]))
        later = np.maximum(0.0, beyond * paths[row].mean() - without.on_hand[row, :, -1])
        target = margin[row] / max(margin[row] + cost[row], 1e-12)
        need = row_quantile((inside + later)[None], np.array([target]))[0]
        most[row] = max(0.0, float(need))
    return most


def _missing(
    view: View, without: LotsProjected, row: int, first: NDArray[Any], share: Array
) -> Array:
    """Units that an order of a stock point could sell in each world, (S,), while it can be sold.

    first : (S, 1) the period in which it comes;  share : (S, H) of each period in which it can be sold

    In the last part of a period, what is there without the order is sold first. Where customers wait, the
    most that is owed to them at any time inside is missing; where they go, what each period is short of.
    """
    shown, demand = view.beside or view.shown, view.now.paths[row]
    stock, (due, _, _) = shown.stock, supply_of(shown)
    horizon = demand.shape[1]
    coming = np.cumsum(np.broadcast_to(due[row], demand.shape), axis=1, dtype=np.float64)
    later = (1 - share) * demand  # what is asked for when the order is not on the shelf
    waits = view.shortage == "backorder"
    there = coming + stock.on_hand[row] - stock.backorders[row]
    if waits:
        gone = demand + without.expired[row].astype(np.float64)
        there = there - np.cumsum(gone, axis=1)
        at_start = there + gone
    else:
        at_start = there
    owed = np.maximum(
        0.0, -np.take_along_axis(at_start, np.minimum(first, horizon - 1), axis=1)[:, 0]
    )
    if waits:
        return np.maximum(owed, np.where(share > 0, -there - later, 0.0).max(axis=1))
    short = np.where(share > 0, np.maximum(0.0, without.short[row] - later), 0.0)
    return np.asarray(owed + short.sum(axis=1))


def _cut_to(quantity: Array, most: Array, terms: SupplyTerms) -> Array:
    """The quantity, or the whole packs up to the most that sells or comes if those are fewer."""
    if not np.isfinite(most).any():
        return quantity
    packs = np.floor(np.where(np.isfinite(most), most, 0.0) / terms.pack_size + 1e-9)
    cut = packs * terms.pack_size
    cut = np.where(cut < np.maximum(terms.minimum_order, terms.pack_size), 0.0, cut)
    return np.where(quantity > most, cut, quantity)


def _as_before(
    quantity: Array, previous: Array, within: float, terms: SupplyTerms, most: Array
) -> Array:
    """The previous plan's quantity where this one's differs little and the supplier still accepts it."""
    packs = previous / terms.pack_size
    is_allowed = (np.abs(packs - np.rint(packs)) < 1e-6) & (previous >= terms.minimum_order)
    is_near = (quantity > 0) & (previous > 0) & (np.abs(quantity - previous) <= within * previous)
    return np.where(is_near & is_allowed & (previous <= most), previous, quantity)
