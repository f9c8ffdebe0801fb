"""Which offers should be taken together, where suppliers ask something of an order as a whole?

Item by item, the offer with the least landed cost is best. A minimum, a container or the cost of an order
ties the items of a supplier together: the cheapest offer may leave it below its minimum, and then
nothing comes, or packs are pulled forward; or it may cost an order that two other items could have
shared. So whole assignments are judged: every supplier's order is made as it accepts it
(`onhand.plan.buying.buy`), and the landed cost of what is then really ordered is added up.

A mixed-integer program (`onhand.plan.buying.assign`) gives the best assignment and a bound that no other can
beat, where it finishes in the time it has. A search goes on from it, or from the cheapest offer of each
item, and goes downhill: all items that a supplier offers go to it, or all leave it, or one item changes.
Each step is the exact cost, so the answer is never worse than item by item.

Where the orders chosen so do not fit the shop's budget or space, the search goes on with these limits
(`choose_within_limits`): what a supplier's minimum, or its containers, put out of reach may be had elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from onhand.plan.buying.assign import Assigned, assign
from onhand.plan.buying.buy import buy
from onhand.plan.buying.packing import Solver
from onhand.plan.buying.proposals import Proposal
from onhand.plan.buying.rules import Rules, SupplierRule

__all__ = ["Options", "Together", "choose_together", "choose_within_limits"]

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

_MOST_TRIED = 400  # assignments judged at most
_MOST_ROWS_TRIED = (
    100_000  # stock points times assignments, where the shop's limits are shared out as well
)
_MOST_SINGLE = 60  # items tried one by one in a round, those with the least to lose first


@dataclass(frozen=True)
class Options:
    """Every offer of every stock point that is looked at, as a flat list of O options.

    row, offer : (O,) stock point, and the number of the offer there
    supplier : (O,) names
    lines : (O,) each option's own line
    cost : (O, K + 1) landed cost with k steps of the line ordered, money per review
    """

    row: Whole
    offer: Whole
    supplier: NDArray[np.str_]
    lines: Proposal
    cost: Array

    def of(self, rows: Whole) -> Options:
        """The options of some stock points."""
        return self.where(np.isin(self.row, rows))

    def where(self, kept: NDArray[np.bool_]) -> Options:
        """The options that are marked, (O,)."""
        lines = _picked(self.lines, np.flatnonzero(kept))
        return Options(
            self.row[kept], self.offer[kept], self.supplier[kept], lines, self.cost[kept]
        )

    @property
    def own_cost(self) -> Array:
        """Landed cost with each option's own line, (O,)."""
        return self.cost_of(np.arange(len(self.row)), self.lines.quantity)

    def cost_of(self, options: Whole, quantity: Array) -> Array:
        """Landed cost of some options with these quantities (n,), (n,)."""
        steps = np.rint(quantity / self.lines.step[options]).astype(np.int64)
        return np.asarray(self.cost[options, np.minimum(steps, self.cost.shape[1] - 1)])


@dataclass(frozen=True)
class Together:
    """One option for each stock point.

    option : (R,) numbers of the options taken;  alone : (R,) the cheapest for each by itself
    cost : money per review, orders as the suppliers accept them;  cost_alone : likewise for `alone`
    bound : money that no assignment can beat
    proven : whether the solver finished; else the bound is the sum of every item's own best
    is_limited : whether the shop's limits are kept; `alone` is then what is chosen without them
    """

    option: Whole
    alone: Whole
    cost: float
    cost_alone: float
    bound: float
    proven: bool = False
    is_limited: bool = False

    @property
    def saved(self) -> float:
        """Money per review saved by choosing together."""
        return self.cost_alone - self.cost


def choose_together(
    options: Options,
    suppliers: Mapping[str, SupplierRule],
    rules: Rules,
    solver: Solver | None = None,
) -> Together:
    """The options to take, one for each stock point, in the order of their rows.

    Parameters
    ----------
    suppliers : what they ask of an order as a whole; without any, every item's cheapest is exact
    rules : for weight and volume; the shop's own limits are left out here
    solver : how long the solver may look; None: only the search
    """
    own = options.own_cost
    order = np.lexsort((options.offer, own, options.row))
    first = order[np.r_[True, np.diff(options.row[order]) > 0]] if len(order) else order
    bound = float(own[first].sum())
    if not suppliers or len(first) == len(own):
        return Together(first, first, bound, bound, bound, proven=True)
    judge = _Judge(options, suppliers, rules)
    best, cost = first, judge.cost(first)
    alone = cost
    proven = None if solver is None else _proven(options, suppliers, rules, solver)
    if proven is not None:
        bound = max(bound, min(proven.bound, cost))
        found = judge.cost(proven.option)
        if found < cost - 1e-9:
            best, cost = proven.option, found
    if cost > bound + 1e-9:
        best, cost = _downhill(judge, best, cost, own, _MOST_TRIED)
    return Together(best, first, cost, alone, min(bound, cost), proven=proven is not None)


def choose_within_limits(
    options: Options, start: Whole, suppliers: Mapping[str, SupplierRule], rules: Rules
) -> Together | None:
    """The options to take where the shop's limits bind, starting from those chosen without them.

    None where all fits, or nothing better than `start` was found.

    Parameters
    ----------
    options : of every stock point of the shop;  start : (R,) one of each
    suppliers : what all suppliers ask of an order as a whole
    """
    judge = _Judge(options, suppliers, rules, is_limited=True)
    lines, supplier, free = judge.orders(start, is_limited=False)
    quantity = buy(lines, supplier, free).quantity
    limited = judge.orders(start, is_limited=True)[2]
    if float(lines.unit_cost @ quantity) <= rules.budget * (1 + 1e-9) and limited.has_room(
        quantity
    ):
        return None
    n = len(start)
    most_tried = int(np.clip(_MOST_ROWS_TRIED // max(n, 1), 12, _MOST_TRIED))
    before = judge.cost(start)
    best, cost = _downhill(judge, start, before, options.own_cost, most_tried)
    if (best == start).all():
        return None
    at = np.searchsorted(options.row, options.row[start])
    bound = float(np.minimum.reduceat(options.cost.min(axis=1), at).sum())
    return Together(best, start, cost, before, min(bound, cost), is_limited=True)


def _downhill(
    judge: _Judge, best: Whole, cost: float, own: Array, most_tried: int
) -> tuple[Whole, float]:
    """The best assignment that is found by single steps, and its cost."""
    names = judge.names
    improved = True
    while improved and judge.tried < most_tried:
        improved = False
        for other in _moves(judge.options, own, best, names):
            found = judge.cost(other)
            if found < cost - 1e-9:
                best, cost, improved = other, found, True
            if judge.tried >= most_tried:
                break
    return best, cost


def _proven(
    options: Options, suppliers: Mapping[str, SupplierRule], rules: Rules, solver: Solver
) -> Assigned | None:
    """The solver's answer, where it finished."""
    sizes = rules.weight[options.row], rules.volume[options.row]
    return assign(
        options.row, options.supplier, options.lines, options.cost, suppliers, sizes, solver
    )


class _Judge:
    """Judges assignments, and counts them.

    is_limited : whether the shop's own limits are kept
    """

    def __init__(
        self,
        options: Options,
        suppliers: Mapping[str, SupplierRule],
        rules: Rules,
        *,
        is_limited: bool = False,
    ) -> None:
        self.options, self.suppliers, self.rules = options, suppliers, rules
        self.is_limited = is_limited
        self.tried = 0

    @property
    def names(self) -> list[str]:
        """Suppliers whose items may go elsewhere together, or come to them."""
        if not self.is_limited:
            return sorted(set(self.suppliers) & set(self.options.supplier.tolist()))
        row = self.options.row
        has_choice = np.bincount(row, minlength=int(row.max(initial=0)) + 1)[row] > 1
        return sorted(set(self.options.supplier[has_choice].tolist()))

    def orders(
        self, chosen: Whole, *, is_limited: bool
    ) -> tuple[Proposal, NDArray[np.str_], Rules]:
        """The lines of an assignment, their suppliers, and the rules that hold for them."""
        rows = self.options.row[chosen]
        all_of_them = self.rules if is_limited else self.rules.without_limits()
        place = all_of_them.place
        rules = replace(
            all_of_them,
            suppliers=self.suppliers,
            weight=self.rules.weight[rows],
            volume=self.rules.volume[rows],
            previous=self.rules.previous[rows],
            is_frozen=self.rules.is_frozen[rows],
            place=None if place is None else place[rows],
        )
        return _picked(self.options.lines, chosen), self.options.supplier[chosen], rules

    def cost(self, chosen: Whole) -> float:
        """Landed cost of the orders that the suppliers accept, and what the orders themselves cost."""
        self.tried += 1
        lines, supplier, rules = self.orders(chosen, is_limited=self.is_limited)
        quantity = buy(lines, supplier, rules).quantity
        total = float(self.options.cost_of(chosen, quantity).sum())
        for name in np.unique(supplier[quantity > 0]).tolist():
            total += _order_cost(self.suppliers.get(name), rules, quantity * (supplier == name))
        return total


def _order_cost(rule: SupplierRule | None, rules: Rules, quantity: Array) -> float:
    """What one supplier's order costs beside its goods."""
    if rule is None:
        return 0.0
    filled = [
        float(each @ quantity) / holds
        for each, holds in (
            (rules.volume, rule.container_volume),
            (rules.weight, rule.container_weight),
        )
        if holds > 0
    ]
    n_containers = np.ceil(max(filled) - 1e-9) if filled else 0.0
    return rule.order_cost + float(n_containers) * rule.container_cost


def _picked(lines: Proposal, chosen: Whole) -> Proposal:
    return Proposal(*(getattr(lines, f.name)[chosen] for f in fields(Proposal)))


def _moves(options: Options, own: Array, now: Whole, names: list[str]) -> Iterator[Whole]:
    """Assignments near `now`, the broad ones first."""
    row = options.row[now]
    for name in names:
        mine = np.flatnonzero(options.supplier == name)
        to_it = now.copy()
        to_it[np.searchsorted(row, options.row[mine])] = mine
        yield to_it
        elsewhere = _best(options, own, now, np.flatnonzero(options.supplier != name))
        leaves = options.supplier[now] == name
        yield np.where(leaves, elsewhere, now)
    others = np.flatnonzero(~np.isin(np.arange(len(own)), now))
    is_tied = np.isin(options.supplier, names)
    place = np.searchsorted(row, options.row[others])
    regret = own[others] - own[now[place]]
    tied = is_tied[others] | is_tied[now[place]]
    for i in np.argsort(np.where(tied, regret, np.inf), kind="stable")[:_MOST_SINGLE].tolist():
        if tied[i]:
            one = now.copy()
            one[place[i]] = others[i]
            yield one


def _best(options: Options, own: Array, now: Whole, allowed: Whole) -> Whole:
    """The cheapest allowed option of each row of `now`; `now` itself where there is none."""
    order = allowed[np.lexsort((own[allowed], options.row[allowed]))]
    first = order[np.r_[True, np.diff(options.row[order]) > 0]] if len(order) else order
    best = now.copy()
    best[np.searchsorted(options.row[now], options.row[first])] = first
    return best
