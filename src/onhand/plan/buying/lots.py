"""How much more than it needs does an order bring, because orders cost something?

A fee for each order or line makes many small orders dear. How long an order should last then is one
formula (`onhand.decide.replenish.order_cycle`). Up to the next review the need itself reaches; what a
longer cycle sells beyond it is added to every line as soon as one line of the supplier needs something.
Nothing is added where nothing is charged, and nothing twice: where the reviews themselves lie as far
apart as is cheapest (`supply.cycles = "proposed"`), nothing lies beyond them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.decide.replenish.capped_base_stock import CappedBaseStock
from onhand.decide.replenish.look_ahead import LookAhead
from onhand.decide.replenish.min_max import MinMax
from onhand.decide.replenish.newsvendor import Newsvendor
from onhand.decide.replenish.order_cycle import order_cycle
from onhand.decide.replenish.power_approximation import PowerApproximation
from onhand.decide.replenish.ratio import RatioLevels
from onhand.decide.replenish.reorder_point import ReorderPointQuantity
from onhand.decide.replenish.rounding import RoundedOrder, RoundingMode, round_order
from onhand.demand.history import DemandHistory
from onhand.inventory.policy import Policy
from onhand.inventory.terms import SupplyTerms
from onhand.plan.buying.cycles import pace
from onhand.plan.buying.rules import Rules
from onhand.plan.config import Config
from onhand.plan.economics import Economics
from onhand.plan.plan import Assumption
from onhand.plan.wording import money, plural

__all__ = ["Lots", "lot_notes", "lots_of", "with_lots"]

Array = NDArray[np.float64]

_SIZED = (
    MinMax,
    ReorderPointQuantity,
    PowerApproximation,
    LookAhead,
    Newsvendor,
    CappedBaseStock,
    RatioLevels,
)
"""Policies whose own lots weigh fees, that cap their orders on purpose, or whose level is all that was asked."""


@dataclass(frozen=True)
class Lots:
    """What fees make of the orders of N stock points.

    lasts : (N,) periods that a line should last; 0: nothing is charged
    extra : (N,) periods beyond the next review that are ordered for
    joins : (N,) lines that are ordered for those as soon as another line of their supplier is needed
    never : (N,) lines whose sales do not earn what even the best cycle costs
    line_cost : (N,) money for placing the line
    share : supplier -> part of its order cost that falls on the time until the next review, money; of
        suppliers whose sales do not earn it, all of it
    """

    lasts: Array
    extra: Array
    joins: NDArray[np.bool_]
    never: NDArray[np.bool_]
    line_cost: Array
    share: Mapping[str, float]

    @property
    def is_needed(self) -> bool:
        """Whether they change any order."""
        return bool((self.extra > 0).any() or self.never.any())


def lots_of(
    history: DemandHistory, terms: Economics, rules: Rules, policy: Policy, config: Config
) -> Lots | None:
    """How much longer than to the next review orders should last; None: no fee asks for it.

    At most `plan.excess_days`. Policies that weigh fees themselves are left alone, as are levels that weights
    without money ask for (`RatioLevels`), and suppliers that ship whole containers: what fills one is
    chosen for its freight.
    """
    n, costs = len(terms.supplier), terms.costs
    asks = any(rule.order_cost > 0 for rule in rules.suppliers.values())
    if isinstance(policy, _SIZED) or not (asks or costs.order_cost.any()):
        return None
    rate, _ = pace(history, np.arange(n))
    rate = np.where(rules.is_over, 0.0, rate)
    longest = config.plan.excess_days * history.panel.frequency.per_year / 365.25
    review = terms.terms.review_period.astype(np.float64)
    lasts, joins, never = np.zeros(n), np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    share = {}
    for name in np.unique(terms.supplier).tolist():
        rows = np.flatnonzero(terms.supplier == name)
        rule = rules.suppliers.get(name)
        fee = 0.0 if rule is None else rule.order_cost
        if rule is not None and rule.has_container:
            continue
        each, held = costs.order_cost[rows], costs.holding_cost[rows]
        sold, margin = rate[rows], costs.shortage_cost[rows] * rate[rows]
        every, mine = order_cycle(fee, each, held, sold)
        most = np.maximum(longest - terms.terms.protection_interval[rows], review[rows])
        own = _cost(each, held * sold, np.minimum(mine, most))  # of a line alone, per period
        never[rows] = (each > 0) & (margin > 0) & (margin < own)
        together = min(every, float(most.min()))
        pays = fee == 0 or margin.sum() > _cost(fee, float((held * sold).sum()), together)
        if fee > 0:
            until = float(review[rows].min())
            share[name] = fee * min(1.0, until / together) if pays else fee
        if pays:
            lasts[rows] = np.where(never[rows] | (sold <= 0), 0.0, np.minimum(mine, most))
            joins[rows] = (fee > 0) & (mine <= every * (1 + 1e-9)) & (lasts[rows] > 0)
    extra = np.maximum(0.0, lasts - review)
    found = Lots(lasts, extra, joins, never, costs.order_cost, share)
    return found if found.is_needed or share else None


def _cost(fee: ArrayLike, held: ArrayLike, periods: ArrayLike) -> Array:
    """Money per period of an order every so many periods, and of the stock between."""
    lasting = np.maximum(np.asarray(periods, dtype=np.float64), 1e-9)
    return np.asarray(np.asarray(fee) / lasting + np.asarray(held) * lasting / 2)


def with_lots(
    rounded: RoundedOrder,
    signed: Array,
    lots: Lots,
    rows: slice | NDArray[np.int64],
    terms: SupplyTerms,
    rate: Array,
    mode: RoundingMode,
) -> RoundedOrder:
    """The order of each line once its supplier is ordered from; `signed` (n,) is the need, also below 0.

    Its increments say what the cycle added before rounding. What only joins is rounded down: nothing
    compels it, and half a cycle must be missing where the line itself costs something.

    rate : (n,) expected units per period
    """
    more = rate * lots.extra[rows]
    is_needed = rounded.quantity > 0
    wanted = np.maximum(0.0, signed + more)
    worth_a_line = (lots.line_cost[rows] == 0) | (wanted >= more / 2)
    joins = lots.joins[rows] & worth_a_line & ~is_needed & (more > 0)
    raised = round_order(np.where(is_needed, rounded.need + more, rounded.need), terms, mode)
    joined = round_order(np.where(joins, wanted, 0.0), terms, "down")
    joins = joins & (joined.quantity > 0)
    before = np.where(joins, wanted, np.where(is_needed, rounded.need + more, rounded.need))
    quantity = np.where(joins, joined.quantity, raised.quantity)
    by = {
        name: np.where(joins, joined.increments[name], raised.increments[name])
        for name in ("minimum_order", "pack_size")
    }
    return replace(
        rounded,
        need=rounded.need,
        increments={"order_cycle": before - rounded.need, **by},
        quantity=quantity,
    )


def lot_notes(
    lots: Lots | None, history: DemandHistory, terms: Economics, rules: Rules, currency: str
) -> tuple[Assumption, ...]:
    """What is assumed of the orders of suppliers that charge something, for the plan's list."""
    if lots is None:
        return ()
    days = 365.25 / history.panel.frequency.per_year
    notes = []
    for name in np.unique(terms.supplier).tolist():
        rows = np.flatnonzero((terms.supplier == name) & (lots.extra > 0))
        if not len(rows):
            continue
        rule = rules.suppliers.get(name)
        fee = 0.0 if rule is None else rule.order_cost
        charged = (
            f"an order costs {money(fee, currency)}" if fee > 0 else "each line costs something"
        )
        why = (
            f"{name}: {charged}, so the {plural(len(rows), 'line')} ordered there "
            f"{'is' if len(rows) == 1 else 'are'} made to last as long as fees and holding together "
            "cost least, √(2 × fee / holding cost of what sells per period); median over the lines"
        )
        value = f"{float(np.median(lots.lasts[rows])) * days:.3g}"
        notes.append(Assumption("supply.order_cycle", value, "days", "assumed", why))
    return tuple(notes)
