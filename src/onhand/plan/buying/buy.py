"""Which orders do the suppliers accept, and which of them can the shop afford?

Every line is first decided for itself (`proposals`). Then each supplier's lines are fitted to what it
asks of an order as a whole, and at last all orders to the shop's budget and stock room. Each step
writes down what it added or took away, line by line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.containers import Container, fit_containers
from onhand.decide.replenish.marginal import Worth
from onhand.decide.replenish.shop_limits import SupplierOrder, share_out
from onhand.decide.replenish.whole_order import Limit, WholeOrder, fit_whole_order
from onhand.plan.buying.proposals import Proposal, offer_of
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
    """

    proposal: Proposal
    quantity: Array
    unit_cost: Array
    increments: dict[str, Array]
    waits: tuple[Wait, ...]

    @classmethod
    def plain(cls, proposal: Proposal, quantity: Array) -> Bought:
        """The policy's own orders, where nothing else is asked of them."""
        return cls(proposal, quantity, proposal.unit_cost, {}, ())


def buy(proposal: Proposal, supplier: NDArray[np.str_], rules: Rules) -> Bought:
    """The orders to place, from each line's own proposal."""
    quantity = proposal.quantity.copy()
    increments: dict[str, Array] = {}
    waits = []
    for name, rows in _groups(supplier):
        rule = rules.suppliers.get(name)
        if rule is None or not quantity[rows].any():
            continue
        order = _one_order(proposal, rows, rule, rules)
        for key, change in order.increments.items():
            increments.setdefault(key, np.zeros(len(quantity)))[rows] += change
        if order.is_deferred:
            value = float(proposal.unit_cost[rows] @ quantity[rows])
            waits.append(Wait(name, rows[quantity[rows] > 0], value, order.is_short_of))
        quantity[rows] = order.quantity
    after = _afford(proposal, quantity, supplier, rules)
    if (after != quantity).any():
        increments[_limit_name(rules)] = after - quantity
        waits += _pushed_out(proposal, quantity, after, supplier, rules)
    kept = {name: change for name, change in increments.items() if change.any()}
    return Bought(proposal, after, proposal.unit_cost, kept, tuple(waits))


def _one_order(
    proposal: Proposal, rows: NDArray[np.int64], rule: SupplierRule, rules: Rules
) -> WholeOrder:
    """One supplier's order as it accepts it."""
    offer = Worth(proposal.step[rows], proposal.worth[rows])
    wanted = proposal.quantity[rows]
    minima = _minima(proposal, rows, rule, rules)

    def fit(limits: tuple[Limit, ...]) -> WholeOrder:
        return fit_whole_order(
            wanted,
            offer,
            (*minima, *limits),
            order_cost=rule.order_cost,
            line_least=proposal.least[rows],
            line_most=proposal.most[rows],
        )

    if not rule.has_container:
        return fit(())
    measures = (
        ("container_volume", rules.volume[rows], rule.container_volume),
        ("container_weight", rules.weight[rows], rule.container_weight),
    )
    holds = tuple(m for m in measures if m[2] > 0 and m[1].any())
    if not holds:
        return fit(())
    return fit_containers(wanted, Container(holds, rule.container_cost), fit)


def _minima(
    proposal: Proposal, rows: NDArray[np.int64], rule: SupplierRule, rules: Rules
) -> tuple[Limit, ...]:
    measures = (
        ("minimum_value", proposal.unit_cost[rows], rule.minimum_value),
        ("minimum_weight", rules.weight[rows], rule.minimum_weight),
        ("minimum_volume", rules.volume[rows], rule.minimum_volume),
    )
    return tuple(Limit(name, each, least) for name, each, least in measures if least > 0)


def _afford(proposal: Proposal, quantity: Array, supplier: NDArray[np.str_], rules: Rules) -> Array:
    """The quantities that the shop's limits leave."""
    limits = shop_limits(proposal, rules)
    if not limits or not quantity.any():
        return quantity
    orders = []
    for name, rows in _groups(supplier):
        rule = rules.suppliers.get(name, SupplierRule())
        whole = rule.has_container
        minima = _minima(proposal, np.arange(len(quantity)), rule, rules)
        orders.append(SupplierOrder(rows, minima, rule.order_cost, whole))
    return share_out(quantity, offer_of(proposal), limits, tuple(orders), line_least=proposal.least)


def shop_limits(proposal: Proposal, rules: Rules) -> tuple[Limit, ...]:
    """The shop's budget and space, where it has them."""
    both = (
        Limit("budget", proposal.unit_cost, most=rules.budget),
        Limit("space", rules.volume, most=rules.space),
    )
    return tuple(limit for limit in both if np.isfinite(limit.most))


def _limit_name(rules: Rules) -> str:
    names = [n for n, most in (("budget", rules.budget), ("space", rules.space)) if most < np.inf]
    return "_and_".join(names)


def _pushed_out(
    proposal: Proposal, before: Array, after: Array, supplier: NDArray[np.str_], rules: Rules
) -> Iterator[Wait]:
    """Suppliers of whose order the shop's limits left nothing."""
    for name, rows in _groups(supplier):
        had = rows[before[rows] > 0]
        if len(had) and not after[had].any():
            value = float(proposal.unit_cost[had] @ before[had])
            yield Wait(name, had, value, (_limit_name(rules),))


def _groups(supplier: NDArray[np.str_]) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Each supplier and its stock points."""
    names, inverse = np.unique(supplier, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    bounds = np.searchsorted(inverse[order], np.arange(len(names) + 1))
    for i, name in enumerate(names.tolist()):
        yield name, order[bounds[i] : bounds[i + 1]]
