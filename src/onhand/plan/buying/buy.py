"""Which orders do the suppliers accept, and which of them can the shop afford?

Every line is first decided for itself (`proposals`). Then each supplier's lines are fitted to what it
asks of an order as a whole, containers filled as is best (`onhand.plan.buying.packing`), and at last all
orders to the shop's budget and stock room. Each step writes down what it added or took away, line by line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.containers import Container, fit_containers
from onhand.decide.replenish.marginal import Worth
from onhand.decide.replenish.whole_order import Limit, WholeOrder, fit_whole_order
from onhand.plan.buying.afford import Afforded, Group, Menu, afford, limit_name
from onhand.plan.buying.asks import container_of, minima_of
from onhand.plan.buying.frozen import frozen_first
from onhand.plan.buying.packing import Asked, Packed, Solver, as_before, pack
from onhand.plan.buying.proposals import Proposal
from onhand.plan.buying.rules import Rules, SupplierRule

__all__ = ["Bought", "Wait", "buy"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Wait:
    """An order that is not placed now.

    rows : its stock points;  value : money it would have cost
    reasons : the limits in the way; empty: it would cost more than it earns
    """

    supplier: str
    rows: NDArray[np.int64]
    value: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Bought:
    """The orders of N stock points, as suppliers and shop accept them.

    proposal : each line for itself
    quantity : (N,) units;  unit_cost : (N,) money per unit at that quantity
    increments : rule -> (N,) units added or taken away after the proposal, in the order applied
    waits : orders left for later
    packed : how each supplier's containers were filled, where the solver was asked
    afforded : what the shop's limits left; None: they do not bind
    """

    proposal: Proposal
    quantity: Array
    unit_cost: Array
    increments: dict[str, Array]
    waits: tuple[Wait, ...]
    packed: tuple[Packed, ...] = ()
    afforded: Afforded | None = None

    @classmethod
    def plain(cls, proposal: Proposal, quantity: Array) -> Bought:
        """The policy's own orders, where nothing else is asked of them."""
        return cls(proposal, quantity, proposal.unit_cost, {}, ())


def buy(
    proposal: Proposal,
    supplier: NDArray[np.str_],
    rules: Rules,
    solver: Solver | None = None,
) -> Bought:
    """The orders to place, from each line's own proposal.

    `solver` fills containers and shares out what the shop can afford; None: the plain rules do.
    """
    quantity = proposal.quantity.copy()
    increments: dict[str, Array] = {}
    waits = []
    menus = []
    groups: list[Group] = []
    for name, rows in _groups(supplier):
        rule = rules.suppliers.get(name)
        groups.append((rows, rule or SupplierRule()))
        if rule is None or not quantity[rows].any():
            continue
        order, menu = _one_order(name, proposal, rows, rule, rules, solver)
        for key, change in order.increments.items():
            increments.setdefault(key, np.zeros(len(quantity)))[rows] += change
        if not order.quantity.any():
            value = float(proposal.unit_cost[rows] @ quantity[rows])
            reasons = order.is_short_of if order.is_deferred else ("capacity",)
            waits.append(Wait(name, rows[quantity[rows] > 0], value, reasons))
        quantity[rows] = order.quantity
        menus += [] if menu is None else [menu]
    after, packed, afforded = afford(proposal, quantity, groups, rules, menus, solver)
    if (after != quantity).any():
        increments[limit_name(rules)] = after - quantity
        waits += _pushed_out(proposal, quantity, after, supplier, rules)
    kept = {name: change for name, change in increments.items() if change.any()}
    return Bought(proposal, after, proposal.unit_cost, kept, tuple(waits), packed, afforded)


def _one_order(
    name: str,
    proposal: Proposal,
    rows: NDArray[np.int64],
    rule: SupplierRule,
    rules: Rules,
    solver: Solver | None,
) -> tuple[WholeOrder, Menu | None]:
    """One supplier's order as it accepts it, and what else its containers could hold."""
    offer = Worth(proposal.step[rows], proposal.worth[rows])
    wanted = proposal.quantity[rows]
    is_frozen = rules.is_frozen[rows] & (wanted > 0)
    ranked, bonus = frozen_first(offer, is_frozen)
    minima = minima_of(proposal, rows, rule, rules)

    def fit(limits: tuple[Limit, ...], lines: Array = wanted) -> WholeOrder:
        return fit_whole_order(
            lines,
            ranked,
            (*minima, *limits),
            order_cost=rule.order_cost,
            line_least=proposal.least[rows],
            line_most=proposal.most[rows],
            pack=proposal.pack[rows],
        )

    container = container_of(rules, rows, rule)
    if container is None:
        return fit(()), None
    by_rule = fit_containers(wanted, container, fit)
    if (by_rule.quantity < wanted)[is_frozen].any():  # new lines are in their way
        by_rule = _alone(by_rule, np.where(is_frozen, wanted, 0.0), wanted, container, fit)
    by_rule = replace(by_rule, worth=by_rule.worth - bonus(by_rule.quantity))
    if solver is None:
        return by_rule, None
    asked = Asked(
        supplier=name,
        wanted=wanted,
        offer=offer,
        container=container,
        limits=minima,
        order_cost=rule.order_cost,
        line_least=proposal.least[rows],
        line_most=proposal.most[rows],
    )
    if is_frozen.any() and not by_rule.is_deferred:  # only what goes beside them is open
        order, packed = by_rule, as_before(asked, by_rule)
    else:
        order, packed = pack(asked, by_rule, solver, keep=bool(rules.previous[rows].any()))
    return order, Menu(rows, asked, solver, order.quantity, packed, by_rule.quantity)


def _alone(
    order: WholeOrder,
    frozen: Array,
    wanted: Array,
    container: Container,
    fit: Callable[[tuple[Limit, ...], Array], WholeOrder],
) -> WholeOrder:
    """The order in containers made of the frozen lines (n,) where all of them go in, or else `order`."""
    alone = fit_containers(frozen, container, lambda limits: fit(limits, frozen))
    if (alone.quantity < frozen).any():
        return order
    name = max(container.holds, key=lambda m: float(m[1] @ alone.quantity) / m[2])[0]
    return replace(alone, increments={name: alone.quantity - wanted})


def _pushed_out(
    proposal: Proposal, before: Array, after: Array, supplier: NDArray[np.str_], rules: Rules
) -> Iterator[Wait]:
    """Suppliers of whose order the shop's limits left nothing."""
    for name, rows in _groups(supplier):
        had = rows[before[rows] > 0]
        if len(had) and not after[had].any():
            value = float(proposal.unit_cost[had] @ before[had])
            yield Wait(name, had, value, (limit_name(rules),))


def _groups(supplier: NDArray[np.str_]) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Each supplier and its stock points."""
    names, inverse = np.unique(supplier, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    bounds = np.searchsorted(inverse[order], np.arange(len(names) + 1))
    for i, name in enumerate(names.tolist()):
        yield name, order[bounds[i] : bounds[i + 1]]
