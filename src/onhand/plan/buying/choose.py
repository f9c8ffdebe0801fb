"""From whom is each item bought, where several suppliers offer it?

Every offer is asked for its own order (its packs, minima, price breaks and lead times, the same policy),
and all are judged by their landed cost on the same sample paths (`onhand.decide.replenish.sourcing`).
An offer that keeps the shop waiting may be bridged: the fast offer brings just what would be missed
until the slow order comes.

Item by item the cheapest is taken. Where a supplier asks something of an order as a whole, the
items are not free of each other, and the offers are then chosen together
(`onhand.plan.buying.together`).

What was ordered today does not change from whom (`onhand.plan.buying.placed`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.data.tables import Tables
from onhand.decide.replenish.marginal import Worth
from onhand.decide.replenish.price_breaks import PriceLadder
from onhand.decide.replenish.sourcing import (
    LandedCost,
    Missing,
    bridge_worth,
    landed_cost,
    missing,
)
from onhand.forecast.forecaster import FittedForecaster
from onhand.inventory.policy import Situation
from onhand.inventory.receipts import SupplyPaths, known_supply
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms
from onhand.plan.buying.calm import LastTime, staying, staying_within_limits
from onhand.plan.buying.offers import offers_of
from onhand.plan.buying.order_days import order_days_of
from onhand.plan.buying.packing import Solver
from onhand.plan.buying.placed import Before, before_today
from onhand.plan.buying.proposals import Proposal, in_steps, joined, propose
from onhand.plan.buying.rules import Rules, SupplierRule, rules_of
from onhand.plan.buying.together import (
    Options,
    Together,
    choose_together,
    choose_within_limits,
)
from onhand.plan.buying.worlds import Worlds, supply_worlds
from onhand.plan.config import Config
from onhand.plan.economics import Economics, economics
from onhand.plan.outlook import Lookahead, blocks, own_order, until_the_end
from onhand.plan.plan import OfferCompared, Plan
from onhand.plan.projection import View
from onhand.plan.shelf import open_orders

__all__ = ["Bridge", "Candidate", "Choice", "choose_offers"]

Array = NDArray[np.float64]

_STEPS = 32  # of an order's worth


@dataclass(frozen=True)
class Candidate:
    """One offer of every stock point: its terms, its suppliers' rules, and its deliveries in each world."""

    terms: Economics
    rules: Rules
    worlds: Worlds | None

    def supply(self, rows: NDArray[np.int64], now: Situation) -> SupplyPaths:
        """When goods may come on these terms."""
        _, n_samples, horizon = now.paths.shape
        if self.worlds is not None:
            return self.worlds.of(rows, horizon)
        return known_supply(now.stock, now.terms, n_samples=n_samples, horizon=horizon)


@dataclass(frozen=True)
class Bridge:
    """A small order from a fast offer, until the order from the slow one comes.

    row : stock point;  offer : number of the fast offer
    quantity : units;  need : units that are each worth their price; the rest is for the minimum
    gain : money it is expected to earn, its dearer price taken off;  gain_all : with the bridges that
        later plans can add until the slow order comes
    step : units;  worth : money that each further step earns, its dearer price taken off
    is_kept : whether it stays because the last plan froze it
    """

    row: int
    offer: int
    quantity: float
    need: float
    gain: float
    gain_all: float
    step: float
    worth: Array
    is_kept: bool = False


@dataclass(frozen=True)
class Choice:
    """The offer taken at every stock point, and what the offers were judged by.

    terms : with the chosen offers
    compared : row -> its offers as judged; rows with one offer are not in it
    together : row -> money saved in all by not taking the cheapest offer there, where that is so
    bridges : small orders from fast offers;  candidates : all offers, by number
    horizon : periods that were looked at
    number : (N,) of the offer taken
    taken : the offers taken together, and their bound; None: every item chose for itself
    tied : suppliers that ask something of an order as a whole, among whom there was a choice
    without_limits : the choice as it would be without the shop's budget and space, where these change it
    """

    terms: Economics
    compared: Mapping[int, tuple[OfferCompared, ...]]
    together: Mapping[int, float]
    bridges: tuple[Bridge, ...]
    candidates: tuple[Candidate, ...]
    horizon: int
    number: NDArray[np.int64]
    taken: Together | None = None
    tied: tuple[str, ...] = ()
    without_limits: Choice | None = None


def choose_offers(
    tables: Tables,
    panel: Panel,
    config: Config,
    first: Economics,
    fitted: FittedForecaster,
    stock: Stock,
    ahead: Lookahead,
    solver: Solver | None,
    previous: Plan | None = None,
) -> Choice:
    """The offers to take now; `first` are the terms with each stock point's first offer.

    solver : chooses them together; None: only the search
    previous : the last plan, whose suppliers are kept where others save little (`onhand.plan.buying.calm`)
    """
    keys = pl.DataFrame({"item": panel.items, "location": panel.locations}).with_row_index("row")
    n_offers = offers_of(keys, tables).group_by("row").agg(n=pl.len()).sort("row")["n"].to_numpy()
    if n_offers.max(initial=1) == 1:
        return Choice(first, {}, {}, (), (), ahead.horizon, np.zeros(len(keys), dtype=np.int64))
    before = before_today(tables, panel, first, stock, config)
    offers = _candidates(before, panel, config, first, int(n_offers.max()), ahead.seed, previous)
    ahead = replace(ahead, horizon=max(ahead.horizon, *(_reach(offer, ahead) for offer in offers)))
    suppliers = {name: rule for c in offers for name, rule in c.rules.suppliers.items()}
    looked_at = _looked_at(offers, n_offers, suppliers)
    rules = _with_last_time(offers)
    rows = np.arange(panel.n_series) if rules.has_limits else looked_at
    asked = _Asked(offers, n_offers, rows, config.supply.bridges)
    for block, paths in _worlds_of(rows, fitted, offers, ahead):
        asked.ask(block, paths, before.stock, ahead)
    if before.placed is not None:  # from here on it counts, against capacities as well
        offers = tuple(
            replace(c, rules=rules_of(tables, panel, c.terms, config, stock=stock)) for c in offers
        )
    of_all = asked.options()
    last = asked.last_time(of_all, config.plan.keep_within)
    is_open = last.is_open(of_all)
    of_all, last = of_all.where(is_open), last.at(is_open)
    options = of_all.of(looked_at) if rules.has_limits else of_all
    tied = _tied(suppliers, options, n_offers)
    taken = staying(
        lambda some: choose_together(some, tied, rules, solver),
        options,
        last.at(np.isin(of_all.row, options.row)),
        is_tied=bool(tied),
    )

    def choice_of(options: Options, taken: Together, names: Mapping[str, object]) -> Choice:
        number = np.zeros(panel.n_series, dtype=np.int64)
        number[options.row[taken.option]] = options.offer[taken.option]
        moved = taken.option[taken.option != taken.alone]
        bridges = (
            asked.bridges.get((int(options.row[o]), int(options.offer[o]))) for o in taken.option
        )
        if before.placed is not None:
            bridges = (_still_needed(x, number, offers, before) for x in bridges)
        return Choice(
            terms=economics(tables, panel, config, number) if number.any() else first,
            compared=asked.compared(),
            together=dict.fromkeys(options.row[moved].tolist(), taken.saved),
            bridges=tuple(x for x in bridges if x is not None and x.quantity > 0),
            candidates=offers,
            horizon=ahead.horizon,
            number=number,
            taken=taken if names else None,
            tied=tuple(sorted(names)),
        )

    free = choice_of(options, taken, tied)
    if not rules.has_limits:
        return free
    start = np.searchsorted(of_all.row, np.arange(panel.n_series)) + _place(of_all, free.number)
    within = staying_within_limits(
        lambda some, begin: choose_within_limits(some, begin, suppliers, rules), of_all, start, last
    )
    if within is None:
        return free
    names = dict.fromkeys(of_all.supplier[within.option[within.option != start]].tolist())
    names |= dict.fromkeys(of_all.supplier[start[within.option != start]].tolist())
    return replace(choice_of(of_all, within, names), without_limits=free)


def _place(options: Options, number: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of each stock point's offer of that number among its options, (N,)."""
    return np.bincount(options.row[options.offer < number[options.row]], minlength=len(number))


def _reach(offer: Candidate, ahead: Lookahead) -> int:
    """Periods that a decision on this offer looks at."""
    terms = offer.rules.timing.terms
    interval = int(terms.protection_interval.max(initial=1))
    longest = max(interval, ahead.policy.horizon(terms))
    return (
        longest if offer.worlds is None else max(longest, offer.worlds.reach() + longest - interval)
    )


def _still_needed(
    bridge: Bridge | None, choice: NDArray[np.int64], offers: tuple[Candidate, ...], before: Before
) -> Bridge | None:
    """What is left of a bridge beside today's orders that come before the slow one; None: nothing."""
    if bridge is None:
        return None
    row, fast = bridge.row, offers[bridge.offer].rules
    slow = offers[choice[row]].rules.timing.terms
    come = before.sooner(row, int(slow.lead_time[row]))
    n_gone = int(np.ceil(come / bridge.step - 1e-9))
    left = min(bridge.quantity - come, float(fast.capacity[row]))
    left = max(0.0, float(np.floor(left / bridge.step + 1e-9) * bridge.step))
    terms = fast.timing.terms
    if left < max(float(terms.minimum_order[row]), bridge.step) - 1e-9:
        return None
    worth = bridge.worth[n_gone:]
    gain = float(worth[: round(left / bridge.step)].sum())
    need = max(0.0, min(bridge.need - come, left))
    return replace(bridge, quantity=left, need=need, gain=gain, worth=worth) if gain > 0 else None


def _candidates(
    before: Before,
    panel: Panel,
    config: Config,
    first: Economics,
    n_offers: int,
    seed: int,
    previous: Plan | None,
) -> tuple[Candidate, ...]:
    """The offers by number; stock points with fewer have their first again."""
    tables, stock = before.tables, before.stock
    days = order_days_of(tables)
    found = []
    for m in range(n_offers):
        number = np.full(panel.n_series, m)
        terms = first if m == 0 else economics(tables, panel, config, number)
        rules = rules_of(tables, panel, terms, config, previous, stock=stock)
        worlds = None
        if config.supply.deliveries == "random":
            opened = open_orders(tables, panel, terms, config)
            worlds = supply_worlds(
                panel, terms, days, stock, opened, n_samples=config.plan.n_samples, seed=seed
            )
        found.append(Candidate(terms, rules, worlds))
    return tuple(found)


def _with_last_time(offers: tuple[Candidate, ...]) -> Rules:
    """The rules of the first offers with what the last plan ordered from whomever."""
    each = [c.rules for c in offers]
    return replace(
        each[0],
        previous=np.max([x.previous for x in each], axis=0),
        is_frozen=np.any([x.is_frozen for x in each], axis=0),
    )


def _looked_at(
    offers: tuple[Candidate, ...],
    n_offers: NDArray[np.int64],
    suppliers: Mapping[str, SupplierRule],
) -> NDArray[np.int64]:
    """Stock points with several offers, and those that share an order with them, rising."""
    several = n_offers > 1
    contested = {
        name
        for m, c in enumerate(offers)
        for name in c.terms.supplier[several & (n_offers > m)].tolist()
    }
    shares = np.isin(offers[0].terms.supplier, sorted(contested & set(suppliers)))
    return np.flatnonzero(several | shares)


def _tied(
    suppliers: Mapping[str, SupplierRule], options: Options, n_offers: NDArray[np.int64]
) -> Mapping[str, SupplierRule]:
    """The rules of suppliers among which there is a choice."""
    names = set(options.supplier[n_offers[options.row] > 1].tolist())
    return {name: rule for name, rule in suppliers.items() if name in names}


def _worlds_of(
    rows: NDArray[np.int64],
    fitted: FittedForecaster,
    offers: tuple[Candidate, ...],
    ahead: Lookahead,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """The stock points and their paths, block by block."""
    ends = offers[0].rules.ends
    n = int(rows.max(initial=-1)) + 1
    for block in blocks(n, ahead.n_samples * ahead.horizon):
        here = rows[(rows >= block.start) & (rows < block.stop)]
        if len(here):
            rng = np.random.default_rng(ahead.seed)
            paths = fitted.paths(ahead.horizon, ahead.n_samples, rng=rng, rows=block).values
            yield here, until_the_end(paths[here - block.start], ends[here])


class _Asked:
    """Collects what every offer of every stock point answers."""

    def __init__(
        self,
        offers: tuple[Candidate, ...],
        n_offers: NDArray[np.int64],
        rows: NDArray[np.int64],
        may_bridge: bool,
    ) -> None:
        self.offers, self.n_offers, self.rows, self.may_bridge = offers, n_offers, rows, may_bridge
        self.bridges: dict[tuple[int, int], Bridge] = {}
        self._parts: list[_Answer] = []

    def ask(
        self,
        rows: NDArray[np.int64],
        paths: NDArray[np.float32],
        stock: Stock,
        ahead: Lookahead,
    ) -> None:
        """Ask every offer of some stock points for its own order, and what it would cost."""
        answers = [
            _answer(m, rows[has], paths[has], offer, stock, ahead)
            for m, offer in enumerate(self.offers)
            if (has := (self.n_offers[rows] > m)).any()
        ]
        if self.may_bridge:
            for slow in answers:
                for fast in answers:
                    if fast.offer != slow.offer:
                        self._bridge(slow, fast)
        least, margin, until = (np.zeros(len(self.n_offers)) for _ in range(3))
        least[:] = np.inf
        for a in answers:
            least[a.rows] = np.minimum(least[a.rows], a.line.unit_cost)
            margin[a.rows] = np.maximum(margin[a.rows], a.situation.costs.shortage_cost)
            until[a.rows] = np.maximum(until[a.rows], a.gap.lead_time + a.gap.review_period)
        for a in answers:
            elsewhere = np.full(len(self.n_offers), np.inf)
            for b in answers:
                if b.offer != a.offer:
                    elsewhere[b.rows] = np.minimum(elsewhere[b.rows], b.line.unit_cost)
            self._parts.append(
                a.judged(least[a.rows], margin[a.rows], until[a.rows], elsewhere[a.rows])
            )

    def _bridge(self, slow: _Answer, fast: _Answer) -> None:
        """Small orders from the fast offer, where they earn something until the slow one's comes."""
        both = np.intersect1d(slow.rows, fast.rows)
        s, f = np.searchsorted(slow.rows, both), np.searchsorted(fast.rows, both)
        mine, its = slow.situation.rows(s), fast.situation.rows(f)
        assert mine.supply is not None  # answers always have one
        assert its.supply is not None
        sooner = its.supply.lead_time.mean(axis=1) < mine.supply.lead_time.mean(axis=1)
        at = np.flatnonzero(sooner)
        if not len(at):
            return
        mine, its, f, s = mine.rows(at), its.rows(at), f[at], s[at]
        assert mine.supply is not None
        assert its.supply is not None
        single = fast.ladder.unit_cost[f, 0]
        premium = np.maximum(0.0, single - slow.line.unit_cost[s])
        rule = [self.offers[fast.offer].rules.suppliers.get(n) for n in fast.supplier[f].tolist()]
        fixed = its.costs.order_cost + np.array([0.0 if r is None else r.order_cost for r in rule])
        whole, first = (
            _net_worth(mine, its.supply, mine.supply, its.terms, premium, once=once)
            for once in (True, False)
        )
        capacity = self.offers[fast.offer].rules.capacity[fast.rows[f]]
        gain_all, _ = _best_of(whole, its.terms, fixed)
        gain, n_steps = _best_of(first, its.terms, fixed, capacity)
        for i in np.flatnonzero(gain_all > 0.005).tolist():
            key = int(slow.rows[s[i]]), slow.offer
            known = self.bridges.get(key)
            if known is None or known.gain_all < gain_all[i]:
                step, worth = float(first.step[i]), first.worth[i]
                # Enough may be on its way until the next plan, which can then go on bridging.
                quantity = float(n_steps[i] * step) if gain[i] > 0.005 else 0.0
                need = min(quantity, float((worth > 0).sum() * step))
                self.bridges[key] = Bridge(
                    key[0],
                    fast.offer,
                    quantity,
                    need,
                    float(gain[i]),
                    float(gain_all[i]),
                    step,
                    worth,
                )

    def options(self) -> Options:
        """Every offer as one flat list, by stock point."""
        parts = self._parts
        row = np.concatenate([a.rows for a in parts])
        order = np.argsort(row, kind="stable")
        offer = np.concatenate([np.full(len(a.rows), a.offer) for a in parts])
        gain = np.array(
            [
                b.gain_all if (b := self.bridges.get((r, m))) is not None else 0.0
                for r, m in zip(row.tolist(), offer.tolist(), strict=True)
            ]
        )
        lines = joined([a.line for a in parts])
        cost = np.concatenate([a.cost for a in parts])
        cost -= gain[:, None]
        return Options(
            row[order],
            offer[order],
            np.concatenate([a.supplier for a in parts])[order],
            Proposal(*(getattr(lines, x.name)[order] for x in fields(Proposal))),
            cost[order],
        )

    def last_time(self, options: Options, share: float) -> LastTime:
        """What the last plan had of these options; a change must save this share."""
        spent = np.zeros((len(self.offers), len(self.n_offers)))
        for a in self._parts:
            times = np.maximum(1.0, (a.until - a.gap.lead_time) / a.gap.review_period)
            spent[a.offer, a.rows] = times * a.asked * a.line.unit_cost
        at = options.offer, options.row
        return LastTime(
            is_taken=np.stack([c.rules.previous > 0 for c in self.offers])[at],
            is_frozen=np.stack([c.rules.is_frozen for c in self.offers])[at],
            spent=spent[at],
            share=share,
        )

    def compared(self) -> dict[int, tuple[OfferCompared, ...]]:
        """Row -> its offers as judged, where there are several."""
        found: dict[int, list[OfferCompared]] = {}
        for a in self._parts:
            for i in np.flatnonzero(self.n_offers[a.rows] > 1).tolist():
                row = int(a.rows[i])
                found.setdefault(row, []).append(
                    a.shown(i, self.bridges.get((row, a.offer)), self.offers)
                )
        return {row: tuple(offers) for row, offers in found.items()}


def _net_worth(
    now: Situation,
    fast: SupplyPaths,
    slow: SupplyPaths,
    terms: SupplyTerms,
    premium: Array,
    *,
    once: bool,
) -> Worth:
    """The worth of the packs of a bridge, their dearer price taken off."""
    found = bridge_worth(now, fast, slow, terms.pack_size, _STEPS, once=once)
    return Worth(found.step, found.worth - (premium * found.step)[:, None])


def _best_of(
    packs: Worth, terms: SupplyTerms, fixed: Array, most: Array | float = np.inf
) -> tuple[Array, NDArray[np.int64]]:
    """What the best number of packs earns beyond the cost of the order, and that number, (n,).

    `most` (n,) units are not exceeded.
    """
    total = np.cumsum(packs.worth, axis=1)  # (n, K)
    fewest = np.ceil(np.maximum(terms.minimum_order, terms.pack_size) / packs.step - 1e-9)
    count = np.arange(1, packs.worth.shape[1] + 1)
    allowed = count >= fewest[:, None]
    allowed &= count <= np.broadcast_to(np.asarray(most) / packs.step + 1e-9, len(fixed))[:, None]
    total = np.where(allowed, total, -np.inf)
    return total.max(axis=1) - fixed, total.argmax(axis=1) + 1


@dataclass(frozen=True)
class _Answer:
    """What one offer answers, for the stock points that have it.

    gap : what is missing on its terms;  line : what it would deliver, and at what price, in whole steps
    asked : (n,) units it would deliver, in whole packs
    until : (n,) periods over which all offers are compared
    cost : (n, K + 1) landed cost with k steps ordered;  parts : of its own line, by name
    """

    offer: int
    rows: NDArray[np.int64]
    supplier: NDArray[np.str_]
    lead_days: Array
    situation: Situation
    ladder: PriceLadder
    gap: Missing
    line: Proposal
    asked: Array
    until: Array
    cost: Array
    parts: Mapping[str, Array]

    def judged(self, least: Array, margin: Array, until: Array, elsewhere: Array) -> _Answer:
        """The same, with its landed cost `until` the slowest offer's next order could help.

        What a capacity cuts off is bought `elsewhere`, at that price (n,); inf: nowhere.
        """
        gap, costs = self.gap, self.situation.costs
        is_split = (self.line.by_capacity < 0) & np.isfinite(elsewhere)
        beyond = np.where(is_split, -self.line.by_capacity, 0.0)
        other = np.where(is_split, elsewhere, 0.0)
        times = np.maximum(1.0, (until - gap.lead_time) / gap.review_period)

        def landed(quantity: Array) -> LandedCost:
            price = self.ladder.at(np.maximum(quantity, self.line.least))
            found = landed_cost(
                gap,
                costs,
                quantity + beyond,
                unit_cost=price,
                least_unit_cost=np.minimum(least, self.ladder.at(quantity)),
                shortage_cost=margin,
                n_reviews=times,
            )
            dearer = np.maximum(0.0, other - price) * beyond
            return replace(found, premium=found.premium + times * dearer)

        n_steps = self.line.worth.shape[1]
        cost = [landed(k * self.line.step).total for k in range(n_steps + 1)]
        own = landed(self.asked)
        parts = {f.name: getattr(own, f.name) for f in fields(LandedCost)}
        return replace(self, until=until, cost=np.stack(cost, axis=1), parts=parts)

    def shown(self, i: int, bridge: Bridge | None, offers: tuple[Candidate, ...]) -> OfferCompared:
        """One row of the comparison, its parts rounded so that they add up as printed."""
        part = {name: round(float(values[i]), 2) for name, values in self.parts.items()}
        saved = 0.0 if bridge is None else round(bridge.gain_all, 2)
        by = "" if bridge is None else str(offers[bridge.offer].terms.supplier[bridge.row])
        return OfferCompared(
            supplier=str(self.supplier[i]),
            quantity=round(float(self.asked[i]), 4),
            unit_cost=round(float(self.line.unit_cost[i]), 4),
            lead_time_days=round(float(self.lead_days[i]), 1),
            cost=round(sum(part.values()) - saved, 2),
            **part,
            periods=round(float(self.until[i]), 1),
            bridge=-saved,
            bridged_by=by,
        )


def _answer(
    offer: int,
    rows: NDArray[np.int64],
    paths: NDArray[np.float32],
    candidate: Candidate,
    stock: Stock,
    ahead: Lookahead,
) -> _Answer:
    terms, rules = candidate.terms, candidate.rules
    now = rules.timing.terms.rows(rows)
    situation = Situation(stock.rows(rows), paths, now, terms.costs.rows(rows))
    # The same worlds for all: where nothing is uncertain they are alike, but they are worlds.
    decided = replace(situation, supply=candidate.supply(rows, situation))
    view = View(decided, decided, None, ahead.shortage, ahead.issue)
    own = own_order(view, ahead)
    line = propose(view, own, rules, rows, _STEPS)
    return _Answer(
        offer=offer,
        rows=rows,
        supplier=terms.supplier[rows],
        lead_days=terms.lead_time_days[rows],
        situation=decided,
        ladder=PriceLadder(rules.ladder.start[rows], rules.ladder.unit_cost[rows]),
        gap=missing(decided),
        until=np.ones(len(rows)),
        line=in_steps(line),
        asked=line.quantity,
        cost=np.zeros((len(rows), _STEPS + 1)),
        parts={},
    )
